//! The failure injection test: its five steps say what its run did, and never two things at once.

use super::preset;
use crate::explore::inject::{Injection, faultless, inject, sentence};
use crate::run::recording::Recording;
use crate::run::report::Verdict;
use crate::scenario::Document;
use crate::scenario::presets::PRESETS;
use crate::strategy::StrategyId;
use crate::world::ids::RecordId;
use crate::world::record::Kind;

/// A row that differs before the crash, and stays so, differs at the crash too.
#[test]
fn what_differed_before_differs() {
    let told = inject(&preset("two-writers-reordered")).unwrap();
    let [verify, repair] = [&told.steps[3], &told.steps[4]];
    assert!(!verify.passed && verify.evidence.contains("differs in cache since"), "{verify:?}");
    assert!(!repair.passed && repair.evidence.contains("for good"), "{repair:?}");
}

/// The crash is short enough for its node to be back before the load stops.
#[test]
fn the_crash_fits_into_the_run() {
    for strategy in [StrategyId::DirectDbFirst, StrategyId::Outbox] {
        let told = inject(&preset("retries-duplicate-effects").with_strategy(strategy)).unwrap();
        let back = &told.steps[2];
        assert!(back.passed && back.evidence.contains("after its own 10s the load would have stopped"), "{back:?}");
        assert!(told.fault.contains('+'), "{}", told.fault);
    }
    let long = inject(&preset("missing-search-index")).unwrap();
    assert!(!long.fault.contains('+') && long.steps[2].passed, "where there is time it is the node's own: {long:?}");
}

/// What the crash does beside the transaction counts too: any row of any store. While the database is down the app
/// publishes on, and what it validated before is refused.
#[test]
fn every_row_counts() {
    let told = inject(&preset("missing-search-index").with_strategy(StrategyId::ListenToYourself)).unwrap();
    let own = &told.steps[0].evidence;
    for step in &told.steps[3..] {
        let row = step.evidence.split(" differs").next().unwrap();
        assert!(!step.passed && row.starts_with("product-") && !own.contains(row), "{told:#?}");
    }
}

#[test]
fn the_steps_of_every_preset_and_strategy_agree() {
    for one in PRESETS {
        for strategy in StrategyId::ALL {
            let document = one.document().with_strategy(*strategy);
            let place = format!("{} under {}", one.id, strategy.id());
            steps_agree(&place, &document, &inject(&document).unwrap());
        }
    }
}

fn steps_agree(place: &str, document: &Document, told: &Injection) {
    let at = format!("{place}: {told:#?}");
    let mut document = faultless(document);
    document.add_fault(&told.fault).unwrap();
    let run = Recording::run(document.plan().unwrap());
    let kind = |step: usize| {
        let record = RecordId(told.steps[step].record.unwrap_or_else(|| panic!("step {step} cites nothing. {at}")));
        assert!(told.steps[step].evidence.contains(&sentence(&run, record)), "another record. {at}");
        let kind = run.trace().records.get(record.index()).map(|record| record.kind);
        kind.unwrap_or_else(|| panic!("no such record. {at}"))
    };
    assert_eq!([kind(0), kind(1), kind(2)], [Kind::Committed, Kind::Crashed, Kind::Restarted], "{at}");
    let (differs, repairs) = (kind(3), kind(4));
    let back = &run.trace().records[told.steps[2].record.unwrap() as usize];
    assert!(back.at < run.plan().duration, "the load has stopped. {at}");
    let says = |step: usize, words: &str| told.steps[step].evidence.contains(words);
    let (equal, mended) = (says(3, "No row differs"), says(4, "nothing to repair"));
    assert_eq!(equal, mended, "{at}");
    assert!(!equal || told.steps[3].passed && differs != Kind::Alarm, "{at}");
    assert!(!says(3, "nobody notices") || !told.steps[3].passed, "{at}");
    assert!(equal || !told.steps[3].passed || differs == Kind::Alarm, "{at}");
    assert_eq!(told.steps[4].passed, run.report().verdict != Verdict::Diverged, "{at}");
    assert!(!mended || repairs == Kind::DrainEnded, "{at}");
    assert_eq!(told.passed, told.steps.iter().all(|step| step.passed), "{at}");
}
