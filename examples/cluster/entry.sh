#!/bin/sh
# What a pod of job.yaml runs: the piece of the sweep that its index names. Run again, it writes the same file again.
set -eu
: "${JOB_COMPLETION_INDEX:?is set by an indexed Job}" "${PIECES:?how many pieces}" "${FIRST:?first seed}" "${LAST:?seed to end before}"
a=$((FIRST + (LAST - FIRST) * JOB_COMPLETION_INDEX / PIECES))
b=$((FIRST + (LAST - FIRST) * (JOB_COMPLETION_INDEX + 1) / PIECES))
[ "$a" -lt "$b" ] || exit 0
# --out writes the file whole or not at all, so that a pod that is killed leaves no half of a piece.
exec "${DRIFTSCOPE:-driftscope}" sweep "$@" --seeds "$a..$b" --format json --out "${OUT:-/pieces}/$a-$b.json"
