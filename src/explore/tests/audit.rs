//! The audit reads runs, not options: one behaviour turned at an unchanged configuration turns its answer.

use super::preset;
use crate::explore::audit::{Audit, audit};
use crate::explore::inject::{faultless, sentence};
use crate::run::recording::Recording;
use crate::run::report::Verdict;
use crate::run::simulation::mutant::{Mutant, with};
use crate::scenario::Document;
use crate::scenario::presets::find;
use crate::strategy::StrategyId;
use crate::world::ids::RecordId;
use crate::world::observe::BY_REPAIR;
use crate::world::record::Kind;

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

fn told(id: &str, strategy: Option<StrategyId>) -> Audit {
    let document = preset(id);
    audit(&strategy.map_or(document.clone(), |strategy| document.with_strategy(strategy))).unwrap()
}

/// What is lost without any fault is not blamed on one.
#[test]
fn the_calm_run_is_looked_at_first() {
    let atomic = &told("outbox-id-gap", None).checklist[1];
    assert!(!atomic.yes && atomic.faults.is_empty() && atomic.evidence.contains("no fault put in"), "{atomic:?}");
    assert!(atomic.evidence.contains("below the position"), "{atomic:?}");
    let atomic = &told("listen-to-yourself", None).checklist[1];
    assert!(!atomic.yes && atomic.faults.is_empty() && atomic.evidence.contains("out of date"), "{atomic:?}");
}

/// What a repair writes is not published by whoever could not publish it.
#[test]
fn a_repair_is_no_publish() {
    for (id, strategy) in [("reconcile-search-index", Some(StrategyId::Outbox)), ("rebuild-index", None)] {
        let assumes = &told(id, strategy).anti_patterns[0];
        let cites = assumes.evidence.contains("published later. ") && assumes.evidence.contains("is record 0 of");
        assert!(!assumes.yes && cites && !assumes.evidence.contains("repaired"), "{id}: {assumes:?}");
    }
}

/// A person who repairs by hand is no job.
#[test]
fn a_person_is_no_job() {
    let audit = told("manual-repair", None);
    let (job, pattern) = (&audit.checklist[2], &audit.anti_patterns[3]);
    assert!(!job.yes && !job.good && job.evidence.contains("by hand"), "{job:?}");
    assert!(pattern.yes && !pattern.good, "{pattern:?}");
}

/// A job that heals before the detector looks does not make the detector blind.
#[test]
fn a_detector_is_given_the_time_to_look() {
    let watched = &told("rebuild-index", None).anti_patterns[2];
    assert!(!watched.yes && watched.good && watched.evidence.contains("full-diff fires"), "{watched:?}");
}

/// Where every call comes twice a row differs: so the question who notices has something to show.
#[test]
fn what_comes_twice_differs() {
    let audit = told("retries-duplicate-effects", Some(StrategyId::Outbox));
    let (idempotent, watched) = (&audit.checklist[4], &audit.anti_patterns[2]);
    assert!(!idempotent.yes && idempotent.evidence.contains("effect twice"), "{idempotent:?}");
    assert!(watched.yes && watched.evidence.contains("rows differ") && !watched.faults.is_empty(), "{watched:?}");
}

/// An alarm is monitoring; what it misses is said beside it.
#[test]
fn what_an_alarm_misses_is_said() {
    let watched = &told("two-phase-commit-unsupported", None).anti_patterns[2];
    let both =
        watched.evidence.contains("count-compare fires") && watched.evidence.contains("Nobody notices what update:");
    assert!(!watched.yes && both, "counts are blind to a change: {watched:?}");
}

/// The client of a commit in two phases waits for the broker's vote, that of an outbox for the database only.
#[test]
fn who_waits_for_two_systems() {
    for (strategy, waits, cites) in [
        (StrategyId::TwoPhaseCommit, true, "request to prepare to broker"),
        (StrategyId::PublishInTransaction, true, "the event to broker"),
        (StrategyId::ListenToYourself, false, "answers the client"),
        (StrategyId::Outbox, false, "answers the client"),
    ] {
        let pattern = &told("order-created-lost", Some(strategy)).anti_patterns[4];
        let right = pattern.yes == waits && pattern.evidence.contains(cites);
        assert!(right, "{}: {pattern:?}", strategy.id());
    }
}

/// The second write is the one that comes second: with the broker first, it is the database's.
#[test]
fn which_write_is_the_second() {
    for (strategy, present, fault) in [
        (StrategyId::DirectDbFirst, true, "fail-before:app-broker*1"),
        (StrategyId::DirectBrokerFirst, true, "fail-before:app-source*1"),
        (StrategyId::PublishInTransaction, false, "fail-before:app-broker*1"),
        (StrategyId::ListenToYourself, false, "fail-before:source-consumer-source*1"),
        (StrategyId::Outbox, false, "fail-before:relay-broker*1"),
    ] {
        let pattern = &told("order-created-lost", Some(strategy)).anti_patterns[1];
        assert!(pattern.yes == present && pattern.faults == [fault], "{}: {pattern:?}", strategy.id());
    }
    let pattern = &told("outbox-skip-locked", None).anti_patterns[1];
    assert!(!pattern.yes && pattern.evidence.contains("relay-2 sends"), "the other relay makes it again: {pattern:?}");
}

/// A store that cannot prepare is told directly, as the last resource: who dies before it has answered parts the two.
#[test]
fn a_last_resource_is_not_atomic() {
    let audit = told("two-phase-commit-unsupported", None);
    let atomic = &audit.checklist[1];
    assert!(!atomic.yes && atomic.faults[0].starts_with("crash:search-index@store.after-apply"), "{atomic:?}");
    let failing = &audit.checklist[3];
    assert_eq!(failing.faults, ["fail-before:coordinator-search-index*0"], "{failing:?}");
}

/// What an audit says of the runs that it made.
#[test]
fn every_answer_of_every_preset_and_strategy_follows_from_its_run() {
    let mut wrong = Vec::new();
    for one in crate::scenario::presets::PRESETS {
        for strategy in StrategyId::ALL {
            let document = one.document().with_strategy(*strategy);
            let place = format!("{} under {}", one.id, strategy.id());
            let told = audit(&document).unwrap_or_else(|refusals| panic!("{place}: {refusals:?}"));
            follows(&place, &document, &told, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{} answers: {:#?}", wrong.len(), wrong.iter().take(20).collect::<Vec<_>>());
}

/// By the beginning of what an answer says: the kinds of record that can show it.
const SHOWN_BY: &[(&str, &[Kind])] = &[
    ("Yes: the operation that commits", &[Kind::Sent, Kind::Buffered]),
    ("No: an operation writes one", &[Kind::Committed]),
    ("Yes: no abort, and no crash", &[Kind::Committed]),
    ("No: with no fault put in", &[Kind::CursorPassed, Kind::Rejected, Kind::Vanished]),
    ("No: a fault leaves the commit", &[Kind::Killed, Kind::CursorPassed]),
    ("No: a fault leaves the event", &[Kind::Aborted, Kind::Rejected, Kind::Killed, Kind::GaveUp]),
    ("A job compares", &[Kind::PassBegan]),
    ("No job ran: a person", &[Kind::PassBegan]),
    ("No job ran.", &[Kind::DrainEnded]),
    ("Yes: every publish fails, and an alarm", &[Kind::Alarm]),
    ("No: every publish fails, and no alarm", &[Kind::Dropped]),
    ("Yes: every call came twice", &[Kind::Applied, Kind::NotNewer, Kind::Known]),
    ("No: what comes twice", &[Kind::Applied]),
    ("Present: every publish fails", &[Kind::GaveUp, Kind::Dropped]),
    ("Not present: what cannot be published now", &[Kind::Appended, Kind::Applied]),
    ("Not present: what cannot be published is not", &[Kind::GaveUp, Kind::Aborted]),
    ("Not present: the call that failed is made", &[Kind::Sent]),
    ("Present: the call that failed", &[Kind::GaveUp, Kind::Aborted, Kind::Sent]),
    ("Not present: where the second write", &[Kind::GaveUp, Kind::Aborted]),
    ("Not present: somebody notices", &[Kind::Alarm]),
    ("Present: rows differ and nobody", DIFFERS),
    ("Not present: no fault that was tried", &[Kind::DrainEnded]),
    ("Present: the client waits", &[Kind::Sent]),
    ("Not present: the client's answer", &[Kind::Replied]),
];

/// What can make a row differ.
const DIFFERS: &[Kind] = &[
    Kind::Killed,
    Kind::GaveUp,
    Kind::Rejected,
    Kind::Poisoned,
    Kind::Retried,
    Kind::Applied,
    Kind::Filled,
    Kind::CursorPassed,
    Kind::Aborted,
    Kind::NotNewer,
];

fn follows(place: &str, document: &Document, audit: &Audit, wrong: &mut Vec<String>) {
    let mut runs: Vec<(&[String], Recording)> = Vec::new();
    let mut says_equal = false;
    for answer in audit.checklist.iter().chain(&audit.anti_patterns) {
        if !runs.iter().any(|(faults, _)| *faults == answer.faults) {
            let mut document = faultless(document);
            answer.faults.iter().for_each(|fault| document.add_fault(fault).unwrap());
            runs.push((&answer.faults, Recording::run(document.plan().unwrap())));
        }
        let (_, run) = runs.iter().find(|(faults, _)| *faults == answer.faults).unwrap();
        let mut must = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{what}: {place}: {answer:?}"));
            }
        };
        let Some(record) = run.trace().records.get(answer.record as usize) else {
            must(false, "no such record");
            continue;
        };
        let said = |words: &str| answer.evidence.contains(words);
        must(said(&sentence(run, RecordId(answer.record))), "the sentence is another record's");
        let shown = SHOWN_BY.iter().find(|(words, _)| answer.evidence.starts_with(words));
        must(shown.is_some_and(|(_, kinds)| kinds.contains(&record.kind)), record.kind.id());
        must(run.report().faults.iter().all(|fault| fault.fired > 0), "a fault that never struck");
        let alarm = run.alarms().iter().any(|alarm| !alarm.is_false);
        must(!said("somebody notices.") || alarm, "nobody does");
        must(!said("nobody notices.") || !alarm, "somebody does");
        must(!said("published later") || !(record.extra == BY_REPAIR || record.is_again()), "it is a repair");
        says_equal |= said("makes a row differ");
    }
    let differs = runs.iter().find(|(_, run)| run.report().verdict == Verdict::Diverged);
    if let Some((faults, _)) = differs.filter(|_| says_equal) {
        wrong.push(format!("no row is said to differ, and one does with {faults:?}: {place}"));
    }
    if audit.checklist[2].yes == audit.anti_patterns[3].yes {
        wrong.push(format!("a job there and not there: {place}"));
    }
}
