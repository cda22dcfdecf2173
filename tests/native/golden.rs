//! Goldens: the hash of every preset under every strategy, the start of every preset's trace as text, and what each run
//! comes to. A hash says that a run differs, a trace says where, the table says what it means.
//!
//! `UPDATE_GOLDEN=1 cargo test --test native golden` writes them; `CHANGELOG.md` names their hash and says why.

use crate::lab;
use driftscope::kernel::hash::TraceHasher;
use driftscope::run::recording::{Recording, Subject};
use driftscope::run::report::{Report, StoreReport};
use driftscope::run::words::instant;
use driftscope::scenario::presets::{PRESETS, Preset, find};
use driftscope::strategy::StrategyId;
use driftscope::world::ids::RecordId;
use std::fs;
use std::path::{Path, PathBuf};

/// How many records of a trace are kept as text.
const KEPT: u32 = 200;

const IF_MEANT: &str =
    "If meant: UPDATE_GOLDEN=1 cargo test --test native golden; read git diff; say why in CHANGELOG.md";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The golden text, written first if asked to; and the first line that differs from it.
fn compare(name: &str, got: &str) -> String {
    let path = path(name);
    if lab::update() {
        fs::write(&path, got).unwrap();
    }
    let want = fs::read_to_string(&path).unwrap_or_default();
    let lines = got.lines().count().max(want.lines().count());
    let differs = (0..lines).find(|&n| got.lines().nth(n) != want.lines().nth(n));
    differs.map_or_else(String::new, |n| {
        format!("tests/golden/{name}:{}\n  was {:?}\n  now {:?}\n", n + 1, want.lines().nth(n), got.lines().nth(n))
    })
}

fn run(preset: &Preset, strategy: StrategyId) -> Recording {
    lab::run(&preset.document().with_strategy(strategy))
}

/// `preset strategy seed hash events`, one line a run. `tests/wasm` compares with the same file.
fn hashes() -> String {
    let mut text = String::new();
    for preset in PRESETS {
        for strategy in StrategyId::ALL {
            let recording = run(preset, *strategy);
            let report = recording.report();
            text +=
                &format!("{} {} {} {} {}\n", preset.id, strategy.id(), report.seed, report.trace_hash, report.events);
        }
    }
    text
}

#[test]
fn golden_hashes() {
    let report = compare("hashes.txt", &hashes());
    assert!(report.is_empty(), "{report}{IF_MEANT}");
}

/// Each preset under its own strategy: time, node and sentence.
fn trace(preset: &Preset) -> String {
    let recording = lab::run(&preset.document());
    let (strategy, events) = (&recording.report().strategy, recording.report().events);
    let mut text = format!("# {} under {strategy}: the first {KEPT} of {events} records\n", preset.id);
    for n in 0..KEPT.min(recording.trace().len()) {
        let line = recording.event_line(RecordId(n));
        text += &format!("{:>4} {:>12}  {:<22} {}\n", n, instant(line.at), line.node, line.text);
    }
    text
}

#[test]
fn golden_traces() {
    let report: String =
        PRESETS.iter().map(|preset| compare(&format!("{}.trace", preset.id), &trace(preset))).collect();
    assert!(report.is_empty(), "{report}{IF_MEANT}");
}

/// What the page says of each preset on the moment that it opens on, and why it is so.
fn headlines() -> String {
    PRESETS.iter().map(headline).collect()
}

fn headline(preset: &Preset) -> String {
    let recording = lab::run(&preset.document());
    let words = recording.headline(preset.opens_at);
    let mut text = format!("{} at {}\n", preset.id, instant(preset.opens_at));
    let mut line = |words: &str| {
        text.push_str("  ");
        text.push_str(words.trim_end());
        text.push('\n');
    };
    line(&format!("{} {}", words.source, words.store));
    line(&words.paragraph);
    for step in recording.why(&Subject::Worst, preset.opens_at).steps {
        line(&format!("  {:>10}  {} | {}", step.time, step.what, step.place));
    }
    text
}

#[test]
fn golden_headlines() {
    let report = compare("headlines.txt", &headlines());
    assert!(report.is_empty(), "{report}{IF_MEANT}");
}

/// No golden of a preset that is gone.
#[test]
fn no_golden_is_left_over() {
    for entry in fs::read_dir(path("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let known = ["hashes.txt", "headlines.txt", "matrix-missing-search-index.txt", "outcomes.txt"]
            .contains(&name.as_str())
            || PRESETS.iter().any(|preset| name == format!("{}.trace", preset.id));
        assert!(known, "tests/golden/{name} belongs to no preset");
    }
}

/// `CHANGELOG.md` has a line `golden: HASH`, so that goldens do not change without a sentence.
#[test]
fn the_changelog_names_the_golden_hashes() {
    let mut hasher = TraceHasher::new();
    hasher.bytes(fs::read_to_string(path("hashes.txt")).unwrap_or_default().as_bytes());
    let want = format!("golden: {:016x}", hasher.finish());
    let changelog = Path::new(env!("CARGO_MANIFEST_DIR")).join("CHANGELOG.md");
    let text = fs::read_to_string(&changelog).unwrap_or_default();
    let has: Vec<&str> = text.lines().map(str::trim).filter(|line| line.starts_with("golden: ")).collect();
    assert_eq!(has, [want.as_str()], "CHANGELOG.md: say what changed in the runs, and set the one line of that form");
}

/// `preset strategy: verdict; rows that differ for good; events`; the preset's own strategy is marked `*`.
fn outcomes() -> String {
    let mut text = String::new();
    for preset in PRESETS {
        let own = preset.document().strategy();
        for strategy in StrategyId::ALL {
            let recording = run(preset, *strategy);
            let told = recording.report();
            let mark = if own == *strategy { "*" } else { "" };
            let silent = if told.silent { ", silent" } else { "" };
            let (rows, events) = (lab::rows_that_differ(told), lab::events_that_differ(&told.ledger));
            let verdict = format!("{}{silent}", told.verdict.id());
            text += &format!(
                "{:<30} {:<24} {verdict:<18} {rows:<22} {events}\n",
                preset.id,
                format!("{mark}{}", strategy.id())
            );
        }
    }
    text
}

#[test]
fn golden_outcomes() {
    let report = compare("outcomes.txt", &outcomes());
    assert!(report.is_empty(), "{report}{IF_MEANT}");
}

/// What is fixed after the drain: `=n`, or at least n.
type Fixed = (&'static str, &'static [(&'static str, u64)], &'static [(&'static str, u64)]);

/// CONTRACT 7, row by row: preset, verdict, what is exactly so, what is at least so. A preset without a row fails by name.
#[rustfmt::skip]
const CONTRACT: &[(&str, Fixed)] = &[
    ("order-created-lost",          ("diverged",   &[("lost", 1), ("missing", 1)], &[])),
    ("order-created-ghost",         ("diverged",   &[("ghost", 1), ("ghost-event", 1)], &[])),
    ("rollback-after-publish",      ("diverged",   &[("ghost", 1)], &[])),
    ("missing-search-index",        ("diverged",   &[("silent", 1), ("missing", 1)], &[])),
    ("stale-cache",                 ("diverged",   &[("stale", 1)], &[])),
    ("stale-set-race",              ("diverged",   &[("stale", 1)], &[])),
    ("compensation-overtaken",      ("diverged",   &[("ghost", 1)], &[("lost", 0), ("reordered", 1)])),
    ("double-charge",               ("diverged",   &[("duplicate-effects", 1)], &[])),
    ("two-writers-reordered",       ("diverged",   &[("stale", 1), ("reordered", 1)], &[])),
    ("early-read",                  ("diverged",   &[("early-reads", 1)], &[])),
    ("ack-lost-duplicate",          ("consistent", &[("duplicates", 1)], &[])),
    ("retries-duplicate-effects",   ("diverged",   &[("duplicate-effects", 1)], &[])),
    ("event-storm",                 ("diverged",   &[("lost", 5), ("missing", 5)], &[])),
    ("cascade",                     ("diverged",   &[("lost", 1)], &[])),
    ("outbox",                      ("consistent", &[], &[])),
    ("outbox-relay-crash",          ("consistent", &[("lost", 0)], &[("duplicates", 1)])),
    ("outbox-id-gap",               ("diverged",   &[("lost", 1)], &[])),
    ("outbox-skip-locked",          ("diverged",   &[], &[("reordered", 1)])),
    ("cdc",                         ("consistent", &[], &[])),
    ("cdc-replay",                  ("consistent", &[], &[("duplicates", 1)])),
    ("cdc-slot-lost",               ("diverged",   &[("ghost", 1)], &[("lost", 1)])),
    ("failover-ghost",              ("diverged",   &[("ghost", 1)], &[])),
    ("version-reused-after-failover", ("diverged", &[("stale", 1)], &[])),
    ("acks-one-failover",           ("diverged",   &[("lost", 1)], &[])),
    ("poison-message",              ("diverged",   &[("lost", 1)], &[])),
    ("zombie-consumer",             ("diverged",   &[("lost", 0), ("stale", 1), ("duplicates", 1)], &[])),
    ("retention-expired",           ("diverged",   &[], &[("lost", 2)])),
    ("two-phase-commit-blocked",    ("blocked",    &[], &[])),
    ("two-phase-commit-partition",  ("blocked",    &[], &[])),
    ("two-phase-commit-unsupported", ("diverged",  &[], &[])),
    ("listen-to-yourself",          ("diverged",   &[], &[("ghost", 1), ("ok-but-lost", 1)])),
    ("reconcile-search-index",      ("consistent", &[("repaired", 1)], &[])),
    ("reconcile-race",              ("diverged",   &[("stale", 1), ("harmful", 1)], &[])),
    ("manual-repair",               ("consistent", &[("repaired", 1)], &[("detect-us", 43_200_000_000)])),
    ("rebuild-index",               ("consistent", &[], &[])),
    ("rebuild-cache",               ("consistent", &[], &[])),
    ("tombstone-expired",           ("diverged",   &[("ghost", 1)], &[])),
    ("failure-injection-test",      ("consistent", &[("repaired", 1)], &[])),
];

/// A figure of a report by the name that the table above uses.
fn figure(report: &Report, name: &str) -> u64 {
    let sum = |of: fn(&StoreReport) -> u64| report.stores.iter().map(of).sum();
    match name {
        "missing" => sum(|store| store.missing),
        "stale" => sum(|store| store.stale),
        "ghost" => sum(|store| store.ghost),
        "duplicate-effects" => sum(|store| store.duplicate_effects),
        "lost" => report.ledger.lost,
        "ghost-event" => report.ledger.ghost,
        "duplicates" => report.ledger.duplicates,
        "reordered" => report.ledger.reordered,
        "early-reads" => report.ledger.early_reads,
        "ok-but-lost" => report.client.ok_but_lost,
        "repaired" => report.repair.repaired,
        "harmful" => report.repair.harmful,
        "detect-us" => report.detectors.iter().filter_map(|detector| detector.detect_us).min().unwrap_or(0),
        "silent" => u64::from(report.silent),
        _ => panic!("no figure {name}"),
    }
}

#[test]
fn the_contract_of_the_presets() {
    let mut errors = String::new();
    for preset in PRESETS {
        let Some((_, (verdict, exactly, at_least))) = CONTRACT.iter().find(|(id, _)| *id == preset.id) else {
            errors += &format!("{}: CONTRACT 7 has no such row\n", preset.id);
            continue;
        };
        let recording = lab::run(&preset.document());
        let told = recording.report();
        if told.verdict.id() != *verdict {
            errors += &format!("{}: {} is not {verdict}\n", preset.id, told.verdict.id());
        }
        let wrong = |(name, want): &&(&str, u64)| figure(told, name) != *want;
        let few = |(name, want): &&(&str, u64)| figure(told, name) < *want;
        for (name, want) in exactly.iter().filter(wrong).chain(at_least.iter().filter(few)) {
            errors += &format!("{}: {name} is {}, not {want}\n", preset.id, figure(told, name));
        }
    }
    assert!(errors.is_empty(), "{errors}");
}

/// Every preset under every strategy keeps the laws, is watched, and is small enough to look at.
#[test]
fn every_preset_is_fit_for_the_page() {
    for preset in PRESETS {
        for strategy in StrategyId::ALL {
            let recording = run(preset, *strategy);
            let (told, place) = (recording.report(), format!("{} under {}", preset.id, strategy.id()));
            assert!(told.events <= 8_000, "{place}: {} records", told.events);
            assert!(!told.detectors.is_empty(), "{place}");
            assert!(told.invariants.iter().all(|law| law.holds), "{place}: {:?}", told.invariants);
        }
        let recording = lab::run(&preset.document());
        let idle: Vec<&str> =
            recording.report().faults.iter().filter(|f| f.fired == 0).map(|f| f.fault.as_str()).collect();
        assert!(idle.is_empty(), "{}: never struck: {idle:?}", preset.id);
    }
}

/// The first screen: a row is missing for good, both detectors are blind, the cause is told; an outbox cures it.
#[test]
fn the_first_screen() {
    let preset = find("missing-search-index").unwrap();
    let recording = lab::run(&preset.document());
    let told = recording.report();
    let missing: Vec<_> = told.stores[0].witnesses.iter().filter(|witness| witness.anomaly == "missing").collect();
    assert_eq!((missing.len(), missing[0].key.as_str()), (1, "product-17"));
    assert!(missing[0].cause.contains("crashed") && missing[0].cause.ends_with('.'), "{}", missing[0].cause);
    assert!((missing[0].record as u64) < told.events);
    let seen: Vec<(&str, u64)> = told.detectors.iter().map(|d| (d.id.as_str(), d.alarms)).collect();
    assert_eq!(seen, [("publish-failure-rate", 0), ("offset-lag", 0)], "both are blind");
    assert_eq!(run(preset, lab::strategy("outbox")).report().verdict.id(), "consistent");
}

/// What the crashes written `@time` are for: they meet every strategy, and strike.
#[test]
fn the_crash_at_a_time_meets_every_strategy() {
    for id in ["order-created-lost", "missing-search-index", "outbox", "cdc"] {
        let Ok(preset) = find(id) else { continue };
        let faults = preset.document().faults();
        assert!(
            faults.iter().all(|fault| fault.starts_with("crash:app@") && !fault.contains("after-")),
            "{id}: {faults:?}"
        );
        for strategy in StrategyId::ALL {
            let recording = run(preset, *strategy);
            assert_eq!(lab::fired(recording.report(), 0), 1, "{id} under {}", strategy.id());
        }
    }
}
