#!/usr/bin/env bash
# Removes what was built in this clone. The tools stay: other clones share them.
. "$(dirname "$0")/lib.sh"
rm -rf "$TARGET_DIR" dist
[ ! -L tests/browser/node_modules ] || rm tests/browser/node_modules
say "removed $TARGET_DIR and dist; the tools stay in $CACHE (delete that folder to be rid of them)"
