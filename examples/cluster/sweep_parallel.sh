#!/usr/bin/env bash
# A sweep by GNU parallel: seed ranges on the cores of this machine, or of others (PARALLEL="--sshloginfile hosts").
#
#   sweep_parallel.sh 0 10000 40 outbox --vary outbox.poll=100ms,1s > whole.json
#
# Seeds from the first number, below the second, in that many pieces; the rest goes to `driftscope sweep`.
set -euo pipefail
DRIFTSCOPE=${DRIFTSCOPE:-driftscope}
first=$1 last=$2 pieces=$3
shift 3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
quoted=$(printf '%q ' "$DRIFTSCOPE" sweep "$@")
for ((n = 0; n < pieces; n++)); do
  a=$((first + (last - first) * n / pieces)) b=$((first + (last - first) * (n + 1) / pieces))
  [ "$a" -ge "$b" ] || echo "$a..$b"
done | parallel --halt now,fail=1 --retries 3 "$quoted --seeds {} --jobs 1 --format json > $folder/{}.json"
"$DRIFTSCOPE" merge "$folder"/*.json
