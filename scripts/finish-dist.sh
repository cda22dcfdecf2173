#!/bin/sh
# Trunk runs this after each build, before its staging folder becomes dist/ (Trunk.toml, hooks).
set -eu
cd "${TRUNK_STAGING_DIR:?run by Trunk}"
styles="${TRUNK_SOURCE_DIR:?run by Trunk}/static/styles"

# One stylesheet, so that a new component's styles need no new line in index.html. Tokens first, then the base.
: >page.css
for name in tokens base; do
  [ ! -f "$styles/$name.css" ] || cat "$styles/$name.css" >>page.css
done
for file in "$styles"/*.css; do
  case $file in */tokens.css | */base.css) continue ;; esac
  [ ! -f "$file" ] || cat "$file" >>page.css
done

# Without comments and line breaks, which no browser needs.
node -e '
  const fs = require("fs");
  const text = fs.readFileSync("page.css", "utf8").replace(/\/\*[^]*?\*\//g, "");
  fs.writeFileSync("page.css", text.replace(/\s+/g, " ").replace(/ ?([{};]) ?/g, "$1").replace(/;}/g, "}"));
'

# Trunk leaves its own build instruction in the page.
sed '/<link[^>]*data-trunk[^>]*>/d' index.html >index.html.new
mv index.html.new index.html
