#!/usr/bin/env bash
# The long form of the random tests. They read DRIFTSCOPE_SOAK and draw more.
. "$(dirname "$0")/lib.sh"
need_rust
cargo test --locked --lib --test native --no-run
start=$SECONDS
cargo test --locked --lib -- --ignored
DRIFTSCOPE_SOAK=1 cargo test --locked --test native
took=$((SECONDS - start))
say "soaked for $((took / 60)) min $((took % 60)) s"
[ "$took" -le 900 ] || die "the soak may take 15 minutes"
