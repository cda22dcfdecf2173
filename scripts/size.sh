#!/usr/bin/env bash
# Builds what a visitor downloads and holds it against the size budgets.
. "$(dirname "$0")/lib.sh"
need_page_tools
build_page
build_engine
node scripts/size.mjs dist "$TARGET_DIR/engine"
