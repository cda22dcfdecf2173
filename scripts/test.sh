#!/usr/bin/env bash
# Every test, stage by stage; a failed stage does not hide the next. Arguments choose stages by name.
# The last line counts: each test of a runner is one, each other stage is one.
. "$(dirname "$0")/lib.sh"

ALL="fmt clippy native cluster node chromium page size browser"
STAGES=${*:-$ALL}
for stage in $STAGES; do
  case " $ALL " in *" $stage "*) ;; *) die "no stage $stage: there are $ALL" ;; esac
done
wants() { case " $STAGES " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

LOGS="$TARGET_DIR/test-logs"
mkdir -p "$LOGS"
passed=0
failed=0
broken=""

need_rust
if wants fmt; then need_component rustfmt fmt; fi
if wants clippy; then need_component clippy clippy; fi
if wants clippy || wants node || wants chromium || wants page || wants size; then need_wasm_target; fi
if wants node || wants chromium || wants page || wants size; then need_wasm_bindgen; need_npm_tools; fi
if wants page || wants size; then need_trunk; fi
if wants chromium || wants browser; then need_browser; fi
if wants browser; then need_npm_tools; fi

stage_fmt() { cargo fmt --check; }
# All features; the core alone, which must not lean on a feature; and the page as the browser gets it.
stage_clippy() {
  cargo clippy --locked --quiet --all-targets --all-features -- -D warnings &&
    cargo clippy --locked --quiet --lib --no-default-features -- -D warnings &&
    cargo clippy --locked --quiet --target $WASM_TARGET --lib --bin page --test wasm --no-default-features --features web -- -D warnings
}
stage_native() { cargo test --locked --no-fail-fast -- --quiet; }
# A real cluster of three processes. Without Python it is left out, and says what to install.
stage_cluster() {
  if ! find_cluster_tools; then
    echo "skipped: $SKIP"
    return 0
  fi
  # As the native tests build it, so that nothing is built twice.
  cargo test --locked --no-run --test native || return 1
  DRIFTSCOPE=$(cd "$TARGET_DIR/debug" && pwd)/driftscope "$PYTHON" tests/cluster/test_cluster.py --verbose
}
wasm_tests() {
  env -u GECKODRIVER -u SAFARIDRIVER -u MSEDGEDRIVER CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner \
    "$@" cargo test --locked --target $WASM_TARGET --test wasm --no-default-features --features js
}
stage_node() { wasm_tests env; }
stage_chromium() {
  wasm_tests env WASM_BINDGEN_USE_BROWSER=1 WASM_BINDGEN_TEST_TIMEOUT=300 WASM_BINDGEN_TEST_WEBDRIVER_JSON=tests/wasm/webdriver.json
}
stage_page() { build_page; }
stage_size() { build_engine && node scripts/size.mjs dist "$TARGET_DIR/engine" scripts/sizes.json; }
stage_browser() { node --test --test-reporter=spec tests/browser/*.test.mjs; }

# Adds up what cargo, wasm-bindgen and node print when they close: "12 passed; 0 failed", "ℹ pass 3", "ℹ fail 0".
count() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    /^test result: / { for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) p += $(i - 1); if ($i ~ /^failed/) f += $(i - 1) } }
    /^[^ ]+ pass [0-9]+$/ { p += $3 }
    /^[^ ]+ fail [0-9]+$/ { f += $3 }
    END { print p + 0, f + 0 }'
}

for stage in $STAGES; do
  say "$stage"
  start=$SECONDS
  status=0
  (set +e; "stage_$stage") </dev/null 2>&1 | tee "$LOGS/$stage.log" || status=$?
  case $stage in
    native | node | chromium | browser)
      read -r p f <<<"$(count "$LOGS/$stage.log")"
      if [ "$p" -eq 0 ] && [ "$f" -eq 0 ]; then echo "stage $stage ran no test"; status=1; fi
      ;;
    *)
      p=$((status == 0)) f=0
      # What was skipped has not passed.
      if grep -q "^skipped: " "$LOGS/$stage.log"; then p=0; fi
      ;;
  esac
  if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
  passed=$((passed + p))
  failed=$((failed + f))
  [ "$status" -eq 0 ] || broken="$broken $stage"
  echo "   $stage: $p passed, $f failed, $((SECONDS - start)) s"
done

[ -z "$broken" ] || say "failed:$broken (logs in $LOGS)"
say "$((SECONDS / 60)) min $((SECONDS % 60)) s"
echo "$passed passed, $failed failed"
[ -z "$broken" ]
