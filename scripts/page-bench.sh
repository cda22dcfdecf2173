#!/usr/bin/env bash
# What the page costs on the main thread of the system's Chromium; see page-bench.mjs.
. "$(dirname "$0")/lib.sh"
need_page_tools
need_browser
build_page
node scripts/page-bench.mjs
