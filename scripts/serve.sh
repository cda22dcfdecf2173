#!/usr/bin/env bash
# Builds the page and serves it on localhost until interrupted. PORT chooses the port; else 8080, or a free one.
. "$(dirname "$0")/lib.sh"
need_page_tools
build_page
exec node scripts/serve.mjs
