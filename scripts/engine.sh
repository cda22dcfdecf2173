#!/usr/bin/env bash
# The engine alone, without the page: an ES module for Node and browsers, into target/engine.
. "$(dirname "$0")/lib.sh"
need_rust
need_wasm_target
need_npm_tools
need_wasm_bindgen
build_engine
say "$TARGET_DIR/engine/driftscope.js is ready"
