//! The core in wasm. The same file runs in Node and in headless Chromium: `scripts/test.sh` says which.
#![cfg(target_arch = "wasm32")]

use driftscope::kernel::time::Us;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_duration_reads_as_it_does_natively() {
    assert_eq!("12.5s".parse::<Us>(), Ok(Us(12_500_000)));
    assert_eq!(Us::secs(90).to_string(), "90s");
}
