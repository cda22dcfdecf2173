#!/usr/bin/env bash
# The static page, into dist/: relative addresses, no inline script or style; copy it anywhere.
. "$(dirname "$0")/lib.sh"
need_page_tools
build_page
say "dist/ is ready: any static server can serve it, from any folder"
