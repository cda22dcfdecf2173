//! The audit reads runs, not options: one behaviour turned at an unchanged configuration turns its answer.

use crate::explore::audit::{Audit, audit};
use crate::run::simulation::mutant::{Mutant, with};
use crate::scenario::Document;
use crate::scenario::presets::find;
use crate::strategy::StrategyId;

fn present(audit: &Audit) -> Vec<bool> {
    audit.anti_patterns.iter().map(|answer| answer.yes).collect()
}

#[test]
fn a_relay_that_trusts_turns_two_answers() {
    let document = find("outbox").unwrap().document();
    let (true_one, mutant) = (audit(&document).unwrap(), with(Mutant::RelayTrusts, || audit(&document)).unwrap());
    assert_eq!(present(&true_one)[..2], [false, false]);
    assert_eq!(present(&mutant)[..2], [true, true]);
    assert_eq!(true_one.checklist[1].yes, mutant.checklist[1].yes, "the write is as atomic as before");
}

/// Where no store is declared the log stands for them: what is lost, or was never committed, shows there.
#[test]
fn the_log_stands_for_the_stores() {
    let text = r#"{"duration": "20s", "target": "broker", "stores": {}, "workload": {"arrivals": "every(1s)", "limit": 5, "keys": {"count": 4}}}"#;
    for (strategy, atomic, assumes) in [
        (StrategyId::DirectDbFirst, false, true),
        (StrategyId::DirectBrokerFirst, false, false),
        (StrategyId::Outbox, true, false),
    ] {
        let document = Document::parse(text).unwrap().with_strategy(strategy);
        let told = audit(&document).unwrap();
        assert_eq!((told.checklist[1].yes, told.anti_patterns[0].yes), (atomic, assumes), "{}", strategy.id());
    }
}

/// The words are those of what the run did, and cite a record of it.
#[test]
fn the_words_are_of_the_run() {
    let text = r#"{"duration": "20s", "workload": {"arrivals": "every(1s)", "limit": 5, "keys": {"count": 4}}, "stores": {"search-index": {}}}"#;
    let told = |strategy: StrategyId, settings: &[(&str, &str)]| {
        let mut document = Document::parse(text).unwrap().with_strategy(strategy);
        for (path, value) in settings {
            document.set(path, value).unwrap();
        }
        audit(&document).unwrap()
    };
    for (strategy, words, record) in [
        (StrategyId::Outbox, "published later. ", "is record"),
        (StrategyId::Cdc, "published later. ", "is record"),
        (StrategyId::TwoPhaseCommit, "is not committed. ", "gives"),
        (StrategyId::ListenToYourself, "is not committed. ", "gives"),
    ] {
        let able = [("source.max_prepared_transactions", "8"), ("broker.xa", "true")];
        let able = if strategy == StrategyId::TwoPhaseCommit { &able[..] } else { &[] };
        let assumes = &told(strategy, able).anti_patterns[0];
        let cites = assumes.evidence.contains(words) && assumes.evidence.contains(record);
        assert!(!assumes.yes && cites && !assumes.faults.is_empty(), "{}: {}", strategy.id(), assumes.evidence);
    }
    let log = told(StrategyId::Outbox, &[("stores", "{}")]);
    let idempotent = &log.checklist[4];
    assert!(!idempotent.yes && idempotent.good && idempotent.evidence.starts_with("Nothing to try"), "{idempotent:?}");
    assert!(log.anti_patterns[2].yes, "a change by hand is not in the log: {:?}", log.anti_patterns[2]);
    let mut cdc = find("cdc").unwrap().document();
    cdc.set("detectors", "{}").unwrap();
    let watched = &audit(&cdc).unwrap().anti_patterns[2];
    assert!(watched.yes && !watched.good && watched.evidence.contains("no detector"), "{watched:?}");
}
