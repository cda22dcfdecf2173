//! The shrinker: minimal, idempotent, the same anomaly (`brute_force`: and nothing is smaller).

use super::preset;
use crate::explore::crash_search::{Bounds, CrashSearch};
use crate::explore::edit::operations;
use crate::explore::job::Job;
use crate::explore::matrix::Cell;
use crate::explore::outcome;
use crate::explore::shrink::{Shrink, Shrunk};
use crate::explore::small::small;
use crate::run::simulation::mutant::{Mutant, with};
use crate::scenario::{Document, permalink};
use crate::strategy::StrategyId;
use crate::truth::anomaly::Anomaly;
use serde_json::Value;

pub fn shrunk(document: &Document, anomaly: Anomaly) -> Shrink {
    let mut shrink = Shrink::new(document, Some(anomaly)).unwrap();
    while shrink.advance(100) {}
    shrink
}

fn shows(document: &Document, anomaly: Anomaly) -> bool {
    document.plan().is_ok_and(|plan| outcome::count(&outcome::run(&plan, 0).0, anomaly) > 0)
}

#[test]
fn the_first_preset_shrinks_to_one_operation_and_one_crash() {
    let shrink = shrunk(&preset("missing-search-index"), Anomaly::Missing);
    let found = shrink.shrunk();
    assert!(found.minimal);
    assert_eq!(
        (found.after.faults, found.after.operations, found.after.keys),
        (1, 1, 1),
        "{}",
        shrink.document().to_json()
    );
    assert!(found.before.operations > 30 && found.after.duration_us <= 1_000_000, "{found:?}");
    for need in found.faults.iter().chain(&found.operations).chain(&found.options) {
        assert!(need.needed, "{} is not needed: {}", need.part, need.without);
    }
    assert_eq!(found.faults.len(), 1);
    let why = &found.faults[0].without;
    assert!(
        why.starts_with("Without crash:app@app.")
            && why.ends_with("no row is missing, and every store ends as the source."),
        "{why}"
    );
    // It replays from its link, and shrinking it again changes nothing.
    let opened = permalink::decode(&found.scenario);
    assert!(shows(&opened.document.unwrap(), Anomaly::Missing));
    let again = shrunk(shrink.document(), Anomaly::Missing);
    assert_eq!(again.document().root(), shrink.document().root());
}

/// Random arrivals and crashes are written down first.
#[test]
fn chance_is_written_down() {
    let text = r#"{"duration": "20s", "workload": {"arrivals": "poisson(10/s)"}, "nodes": {"app": {"crash_rate": "30/m", "restart": "500ms"}},
                   "direct": {"gap": "exp(20ms)"}}"#;
    let document = Document::parse(text).unwrap();
    assert!(shows(&document, Anomaly::Lost));
    let shrink = shrunk(&document, Anomaly::Lost);
    let found = shrink.shrunk();
    assert_eq!((found.after.faults, found.after.operations), (1, 1), "{}", shrink.document().to_json());
}

#[test]
fn nothing_to_shrink() {
    let says = |document: &Document, anomaly| Shrink::new(document, anomaly).unwrap_err()[0].to_string();
    let outbox = preset("missing-search-index").with_strategy(StrategyId::Outbox);
    assert_eq!(
        says(&outbox, None),
        "scenario is consistent. Nothing is wrong in this run: there is nothing to shrink."
    );
    let ghost = says(&preset("missing-search-index"), Some(Anomaly::Ghost));
    assert!(
        ghost.starts_with("--anomaly is \"ghost\". There is no such anomaly in this run; there are missing, lost"),
        "{ghost}"
    );
}

/// A sentence for each fault that is left, and none that is not needed.
pub fn explained(found: &Shrunk, what: &str) {
    assert!(found.minimal && found.faults.len() as u64 == found.after.faults, "{what}");
    for need in &found.faults {
        assert!(need.needed, "{what}: {} is not needed: {}", need.part, need.without);
        let whole = need.without.starts_with(&format!("Without {} no", need.part)) && need.without.ends_with('.');
        assert!(whole, "{what}: {}", need.without);
    }
}

/// Every subsequence of a small workload of at most so many operations.
pub fn subsequences(all: &[Value], most: usize) -> impl Iterator<Item = Vec<Value>> + '_ {
    let kept = |mask: u32| (0..all.len()).filter(move |at| mask >> at & 1 == 1).map(|at| all[at].clone()).collect();
    (1..1u32 << all.len()).map(kept).filter(move |kept: &Vec<Value>| kept.len() <= most)
}

/// The cells of a search that show an anomaly.
fn cells(document: &Document, bounds: Bounds, anomaly: Anomaly) -> Vec<Cell> {
    let mut search = CrashSearch::new(document, &[document.strategy()], bounds).unwrap();
    while search.advance(64) {}
    let shows = |cell: &Cell| cell.anomalies.iter().any(|id| id == anomaly.id());
    search.matrix().cells.into_iter().filter(shows).collect()
}

/// What takes two crashes keeps both: no single fault does it, with up to three operations; nor do two with fewer
/// operations. No true strategy needs two, so a broken one is shrunk: a consumer that is careless after a restart.
#[test]
fn two_faults_where_one_does_not_do() {
    with(Mutant::ConsumerCommitsReplay, || {
        let outbox = preset("missing-search-index").with_strategy(StrategyId::Outbox);
        let all = operations(&small(&outbox, StrategyId::Outbox).unwrap().document);
        let of = |kept: Vec<Value>| {
            let mut document = outbox.clone();
            document.set_value("explore.workload", kept.into()).unwrap();
            document
        };
        let found = cells(&of(vec![all[0].clone(), all[2].clone()]), Bounds::TWO, Anomaly::Missing);
        let cell = found.first().expect("two crashes lose an event");
        let shrink = shrunk(&permalink::decode(&cell.scenario).document.unwrap(), Anomaly::Missing);
        let size = (shrink.shrunk().after.faults, shrink.shrunk().after.operations as usize);
        explained(&shrink.shrunk(), &cell.scenario);
        assert_eq!(size.0, 2, "{}", shrink.document().to_json());
        for kept in subsequences(&all, 3) {
            let bounds = if kept.len() < size.1 { Bounds::TWO } else { Bounds::ONE };
            let smaller = cells(&of(kept), bounds, Anomaly::Missing);
            assert!(smaller.is_empty(), "{size:?}, but there is {}", smaller[0].scenario);
        }
    });
}

/// What takes an operation more at the times that were written takes one less at others: the second change only has to
/// come when one relay has looked and the other has not.
#[test]
fn an_operation_less_may_take_another_time() {
    let shrink = shrunk(&preset("outbox-skip-locked"), Anomaly::Reordered);
    let found = shrink.shrunk();
    explained(&found, "outbox-skip-locked");
    assert_eq!((found.after.faults, found.after.operations), (1, 2), "{}", shrink.document().to_json());
    assert!(found.runs < 2_000 && shows(shrink.document(), Anomaly::Reordered), "{} runs", found.runs);
    let again = shrunk(shrink.document(), Anomaly::Reordered);
    assert_eq!(again.document().root(), shrink.document().root());
}

/// A long random run with faults: the candidates are made one by one, and halves leave little of it in few runs.
#[test]
fn a_long_run_shrinks_in_few_runs() {
    let mut document = preset("missing-search-index");
    document.set("workload", r#"{"arrivals": "poisson(10/s)", "limit": 600}"#).unwrap();
    document.add_fault("crash:app@app.after-commit-before-publish*90").unwrap();
    let mut shrink = Shrink::new(&document, Some(Anomaly::Lost)).unwrap();
    let mut most = 0;
    while shrink.advance(1) {
        let progress = shrink.progress();
        most = most.max(progress.total - progress.done);
    }
    let found = shrink.shrunk();
    assert_eq!((found.before.operations, found.after.operations, found.after.faults), (550, 1, 1));
    assert!(found.minimal && found.runs < 1_000 && most < 2_000, "{} runs, {most} ahead", found.runs);
}

/// One that is given up says so, and goes through nothing that is left of it.
#[test]
fn a_shrink_that_is_too_much_work_ends() {
    let mut shrink = Shrink::new(&preset("missing-search-index"), Some(Anomaly::Missing)).unwrap().within(3_000);
    assert!(!shrink.advance(1_000));
    let found = shrink.shrunk();
    assert!(!found.minimal && found.runs > 1 && found.runs < 100, "{found:?}");
    assert!(found.faults.is_empty() && found.operations.is_empty() && found.options.is_empty(), "{found:?}");
    assert!(shows(shrink.document(), Anomaly::Missing));
}
