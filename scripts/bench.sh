#!/usr/bin/env bash
# examples/bench.rs natively, then the same program as wasm under Node, then the two side by side.
. "$(dirname "$0")/lib.sh"
need_rust
need_wasm_target
need_npm_tools
need_wasm_bindgen
out="$TARGET_DIR/bench"
mkdir -p "$out"
say "native"
cargo run --locked --release --example bench --no-default-features | tee "$out/native.txt"
say "the explorer against the models on stateright, with debug assertions"
cargo test --locked --test native the_models_agree -- --nocapture | grep -E " states .* runs |^test result"
say "wasm under Node $(node --version)"
wasm_package nodejs release -O3 "$out/node" --example bench --no-default-features --features js
node scripts/bench.mjs "$out/node/driftscope.js" "$out/native.txt"
