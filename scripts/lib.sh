# What the other scripts share: where the tools stand, and how each one gets there. Sourced by bash, never run.
# Everything a person must have is cargo, make and a C compiler; the rest is found or installed here, once for all clones.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

TRUNK_VERSION=0.21.14           # 0.22 asks for a newer rustc than rust-toolchain.toml names
WASM_BINDGEN_VERSION=0.2.126    # the same as in Cargo.toml and Trunk.toml: crate and command must agree
# What rustc lets a wasm program use, said again to wasm-opt since linking drops the note of it (also in index.html).
WASM_FEATURES="--enable-bulk-memory --enable-mutable-globals --enable-nontrapping-float-to-int --enable-sign-ext --enable-reference-types --enable-multivalue"
# What makes wasm small as it is sent, compressed: inlining costs 9 to 14 kB gzip, sharing subexpressions 1 kB; a second
# round over flattened code saves 1 kB (also in index.html).
WASM_SMALL="--skip-pass=inlining-optimizing --skip-pass=local-cse --flatten --rereloop -Oz"

CACHE=${DRIFTSCOPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/driftscope}
TARGET_DIR=${CARGO_TARGET_DIR:-target}
WASM_TARGET=wasm32-unknown-unknown
unset NO_COLOR                  # Trunk 0.21 refuses the usual NO_COLOR=1
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}

say() { printf '== %s\n' "$*"; }
die() { printf 'driftscope: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- what a person must have, and the toolchain that the repository pins

need_rust() {
  has cargo || die "cargo is missing. Install Rust with:  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
  has cc || die "a C compiler is missing. Install it with:  $(install_line build-essential gcc gcc gcc)"
  if ! cargo --version >/dev/null 2>&1; then
    has rustup || die "cargo does not start; see:  cargo --version"
    say "installing the Rust toolchain of rust-toolchain.toml"
    rustup toolchain install
  fi
}

need_component() { # NAME COMMAND
  cargo "$2" --version >/dev/null 2>&1 && return
  has rustup || die "$1 is missing. Install it with the package that brought your cargo"
  rustup component add "$1"
}

need_wasm_target() {
  [ -d "$(rustc --print sysroot)/lib/rustlib/$WASM_TARGET/lib" ] && return
  has rustup || die "the Rust target $WASM_TARGET is missing, and rustup too. Install Rust from https://rustup.rs, then:  rustup target add $WASM_TARGET"
  say "installing the Rust target $WASM_TARGET"
  rustup target add "$WASM_TARGET"
}

# --- tools from crates.io, one folder a version in the user's cache

# Two clones may want the same tool at once: one builds, the other waits. A lock whose owner is gone is taken over.
lock() {
  local waited=0 owner
  mkdir -p "$(dirname "$1")"
  until mkdir "$1" 2>/dev/null; do
    owner=$(cat "$1/pid" 2>/dev/null || true)
    if { [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; } || { [ -z "$owner" ] && [ "$waited" -gt 10 ]; }; then
      rm -rf "$1"
      continue
    fi
    [ "$waited" -ne 1 ] || say "waiting for process $owner, which is installing the same tool"
    waited=$((waited + 1))
    sleep 1
  done
  echo $$ >"$1/pid"
  HELD_LOCK=$1
}
HELD_LOCK=
HELD_TEMP=
release() {
  [ -z "$HELD_TEMP" ] || rm -rf "$HELD_TEMP"
  [ -z "$HELD_LOCK" ] || rm -rf "$HELD_LOCK"
  HELD_TEMP=
  HELD_LOCK=
}
trap release EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Into a folder of its own first, then renamed: a tool is there whole or not at all.
need_crate_tool() { # NAME CRATE VERSION COMMAND MINUTES
  local home="$CACHE/tools/$1-$3" quiet=--quiet
  [ ! -t 2 ] || quiet=    # somebody is watching: show that it moves
  if [ ! -x "$home/bin/$4" ]; then
    lock "$CACHE/tools/.$1-$3.lock"
    if [ ! -x "$home/bin/$4" ]; then
      say "installing $2 $3 (about $5 minutes, once for all clones)"
      HELD_TEMP="$CACHE/tools/.$1-$3.new"
      rm -rf "$HELD_TEMP" "$home"
      # shellcheck disable=SC2086 -- nothing or one word
      env -u RUSTFLAGS -u CARGO_BUILD_TARGET CARGO_TARGET_DIR="$HELD_TEMP/target" \
        cargo install $quiet --locked --root "$HELD_TEMP/root" --version "=$3" "$2"
      mv "$HELD_TEMP/root" "$home"
    fi
    release
  fi
  PATH="$home/bin:$PATH"
}
need_wasm_bindgen() { need_crate_tool wasm-bindgen wasm-bindgen-cli $WASM_BINDGEN_VERSION wasm-bindgen-test-runner 3; }
need_trunk() { need_crate_tool trunk trunk $TRUNK_VERSION trunk 7; }

# --- packages of the system

install_line() { # APT DNF PACMAN BREW: the line a person types
  if has apt-get; then echo "sudo apt-get install -y $1"
  elif has dnf; then echo "sudo dnf install $2"
  elif has pacman; then echo "sudo pacman -S $3"
  elif has brew; then echo "brew install $4"
  else echo "the package manager of this system (Debian calls it: $1)"; fi
}

# Installs with apt when it may do so without asking, else says what to type. DRIFTSCOPE_NO_SYSTEM=1 forbids it.
need_system() { # WHAT APT DNF PACMAN BREW
  local root=
  if has apt-get && [ -z "${DRIFTSCOPE_NO_SYSTEM:-}" ]; then
    if [ "$(id -u)" = 0 ]; then root=env
    elif has sudo && sudo -n true 2>/dev/null; then root="sudo -n env"; fi
  fi
  [ -n "$root" ] || die "$1 is missing. Install it with:  $(install_line "$2" "$3" "$4" "$5")"
  say "installing $2 with apt-get"
  # shellcheck disable=SC2086 -- both are lists of words
  { $root apt-get update -qq && $root DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $2; } </dev/null >&2 \
    || die "apt-get could not install $1. Try:  $(install_line "$2" "$3" "$4" "$5")"
}

need_node() {
  { has node && has npm; } || need_system "Node.js 18.15 or newer with npm" "nodejs npm" nodejs "nodejs npm" node
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 18 || (a === 18 && b >= 15) ? 0 : 1)' \
    || die "Node.js $(node --version) is too old: 18.15 or newer is needed. See https://nodejs.org/en/download"
}

first_of() { for name in "$@"; do if has "$name"; then command -v "$name"; return; fi; done; return 1; }
find_browser() {
  CHROMIUM=${CHROMIUM:-$(first_of chromium chromium-browser google-chrome google-chrome-stable || true)}
  CHROMEDRIVER=${CHROMEDRIVER:-$(first_of chromedriver chromium.chromedriver || true)}
  [ -n "$CHROMIUM" ] && [ -n "$CHROMEDRIVER" ]
}
# CHROMIUM and CHROMEDRIVER may name others than those on PATH.
need_browser() {
  local apt="chromium chromium-driver fonts-liberation"
  ! grep -qs '^ID=ubuntu' /etc/os-release || apt="chromium-browser chromium-chromedriver fonts-liberation"
  find_browser || need_system "Chromium with chromedriver" "$apt" "chromium chromedriver" chromium "--cask chromium chromedriver"
  find_browser || die "Chromium or chromedriver is still missing: set CHROMIUM and CHROMEDRIVER to their paths"
  export CHROMIUM CHROMEDRIVER
}

# --- packages of npm (wasm-opt, Playwright, axe), one folder a lock file in the user's cache

need_npm_tools() {
  need_node
  local key home link=tests/browser/node_modules
  key=$(node -p 'require("crypto").createHash("sha256").update(require("fs").readFileSync("tests/browser/package-lock.json")).digest("hex").slice(0, 16)')
  home="$CACHE/npm/$key"
  if [ ! -x "$home/node_modules/.bin/wasm-opt" ]; then
    lock "$CACHE/npm/.$key.lock"
    if [ ! -x "$home/node_modules/.bin/wasm-opt" ]; then
      say "installing wasm-opt, Playwright and axe from npm (once for all clones)"
      HELD_TEMP="$CACHE/npm/.$key.new"
      rm -rf "$HELD_TEMP" "$home"
      mkdir -p "$HELD_TEMP"
      cp tests/browser/package.json tests/browser/package-lock.json "$HELD_TEMP/"
      (cd "$HELD_TEMP" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2)
      mv "$HELD_TEMP" "$home"
      HELD_TEMP=
    fi
    release
  fi
  # ES modules ignore NODE_PATH, so the tests find their packages through a link. A real folder is somebody's own.
  if [ ! -e "$link" ] || [ -L "$link" ]; then ln -sfn "$home/node_modules" "$link"; fi
  PATH="$home/node_modules/.bin:$PATH"
}

# --- packages of PyPI (Dask), one folder a list of versions in the user's cache

# Sets PYTHON, or SKIP to what is missing: nobody must have Python to work on the rest.
find_cluster_tools() {
  local key home list=examples/cluster/requirements.txt
  SKIP="Python 3.10 or newer with venv is missing. Install it with:  $(install_line "python3 python3-venv" "python3 python3-pip" python python)"
  has python3 && python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || return 1
  key=$(python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read() + sys.version.encode()).hexdigest()[:16])' "$list")
  home="$CACHE/python/$key"
  PYTHON="$home/bin/python"
  if [ ! -e "$home/complete" ]; then
    lock "$CACHE/python/.$key.lock"
    if [ ! -e "$home/complete" ]; then
      say "installing Dask distributed from PyPI (once for all clones)"
      rm -rf "$home"     # a venv cannot be renamed: it is whole when it says so
      SKIP="Dask distributed could not be installed. Try:  python3 -m venv venv && venv/bin/pip install -r $list"
      if ! { python3 -m venv "$home" && "$PYTHON" -m pip install --quiet --disable-pip-version-check -r "$list" && touch "$home/complete"; } </dev/null >&2; then
        rm -rf "$home"
        release
        return 1
      fi
    fi
    release
  fi
}

# --- building

need_page_tools() { need_rust; need_wasm_target; need_npm_tools; need_wasm_bindgen; need_trunk; }

# Builds a wasm module of the crate, with its JavaScript, into a folder.
wasm_package() { # WASM-BINDGEN-TARGET CARGO-PROFILE OPTIMISATION OUT CARGO-ARGUMENTS...
  local bindgen=$1 profile=$2 level=$3 out=$4 wasm
  shift 4
  wasm=$(cargo rustc --locked --target $WASM_TARGET --profile "$profile" --message-format json-render-diagnostics "$@" \
    | node -e 'let last = ""; for (const line of require("fs").readFileSync(0, "utf8").split("\n")) { if (!line.startsWith("{")) continue; const files = JSON.parse(line).filenames ?? []; last = files.find((file) => file.endsWith(".wasm")) ?? last } console.log(last)')
  [ -n "$wasm" ] || die "cargo built no wasm file"
  rm -rf "$out"
  wasm-bindgen --target "$bindgen" --no-typescript --out-dir "$out" --out-name driftscope "$wasm"
  local small=""
  if [ "$level" = -Oz ]; then small=$WASM_SMALL; fi
  # shellcheck disable=SC2086 -- lists of words
  wasm-opt "$level" $small $WASM_FEATURES "$out/driftscope_bg.wasm" -o "$out/driftscope_bg.wasm"
}

build_page() {
  trunk build --skip-version-check --color auto
}
build_engine() { # headless: no Yew, no charts
  wasm_package web page -Oz "$TARGET_DIR/engine" --lib --crate-type cdylib --no-default-features --features js
}
