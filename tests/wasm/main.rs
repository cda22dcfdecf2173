//! The core in wasm: every preset under every strategy has the hash that it has natively. The same file runs in Node and
//! in headless Chromium: `scripts/test.sh` says which.
#![cfg(target_arch = "wasm32")]

use driftscope::kernel::time::Us;
use driftscope::run::recording::Recording;
use driftscope::run::simulation::Simulation;
use driftscope::scenario::presets::PRESETS;
use driftscope::strategy::StrategyId;
use wasm_bindgen_test::wasm_bindgen_test;

/// `preset strategy seed hash events`, as the native test wrote them.
const HASHES: &str = include_str!("../golden/hashes.txt");

#[wasm_bindgen_test]
fn a_duration_reads_as_it_does_natively() {
    assert_eq!("12.5s".parse::<Us>(), Ok(Us(12_500_000)));
    assert_eq!(Us::secs(90).to_string(), "90s");
}

#[wasm_bindgen_test]
fn every_preset_has_its_golden_hash_under_every_strategy() {
    let mut lines = HASHES.lines();
    let mut seen = 0;
    for preset in PRESETS {
        for strategy in StrategyId::ALL {
            let plan = preset.document().with_strategy(*strategy).plan();
            let plan = plan.unwrap_or_else(|refusals| panic!("{}: {}", preset.id, refusals[0]));
            let recording = Recording::run(plan);
            let told = recording.report();
            let got = format!("{} {} {} {} {}", preset.id, strategy.id(), told.seed, told.trace_hash, told.events);
            assert_eq!(Some(got.as_str()), lines.next());
            seen += 1;
        }
    }
    assert!(lines.next().is_none(), "the golden file has more runs than there are here");
    assert!(seen >= PRESETS.len() * StrategyId::ALL.len() && seen >= 15, "{seen} runs");
}

/// Distributions that need logarithms and exponentials: the draws are those of every other target.
#[wasm_bindgen_test]
fn not_recorded_and_drawn_it_has_the_same_hash() {
    for preset in PRESETS {
        let mut document = preset.document();
        for (path, value) in [("links.app-source.latency", "lognormal(2ms,0.6)"), ("source.commit_time", "exp(2ms)")] {
            assert!(document.set(path, value).is_ok(), "{path}");
        }
        let Ok(plan) = document.plan() else { panic!("{} has a plan", preset.id) };
        let unrecorded = Simulation::new(&plan, 0).finish();
        assert_eq!(format!("{:016x}", unrecorded.hash()), Recording::run(plan).report().trace_hash, "{}", preset.id);
    }
}
