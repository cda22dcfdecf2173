#!/usr/bin/env bash
# Builds the page and takes its pictures; see screenshots.mjs for the arguments.
. "$(dirname "$0")/lib.sh"
need_page_tools
need_browser
build_page
node scripts/screenshots.mjs "$@"
