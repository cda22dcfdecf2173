//! What the other modules share: documents in, runs out.

use driftscope::run::recording::Recording;
use driftscope::run::report::{LedgerReport, Report};
use driftscope::run::simulation::Simulation;
use driftscope::scenario::plan::Plan;
use driftscope::scenario::{Document, Refusal};
use driftscope::strategy::StrategyId;
use driftscope::world::record::{Kind, Record};

/// Whether this is the long form of the random tests.
pub fn soak() -> bool {
    std::env::var_os("DRIFTSCOPE_SOAK").is_some()
}

/// Whether goldens are to be written instead of compared.
pub fn update() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// A text's document.
pub fn document(text: &str) -> Document {
    Document::parse(text).unwrap_or_else(|refusals| panic!("{text}\n{}", lines(&refusals)))
}

/// The same document with options set as `--set` would.
pub fn with(document: &Document, settings: &[(&str, &str)]) -> Document {
    let mut document = document.clone();
    for (path, value) in settings {
        document.set(path, value).unwrap_or_else(|refusals| panic!("{path}={value}\n{}", lines(&refusals)));
    }
    document
}

/// The same document with one more fault, in short form.
pub fn and_fault(document: &Document, fault: &str) -> Document {
    let mut document = document.clone();
    document.add_fault(fault).unwrap_or_else(|refusals| panic!("{fault}\n{}", lines(&refusals)));
    document
}

/// A document's plan; it is an error of the test if it has none.
pub fn plan(document: &Document) -> Plan {
    document.plan().unwrap_or_else(|refusals| panic!("{}\n{}", document.to_json(), lines(&refusals)))
}

/// A finished run.
pub fn run(document: &Document) -> Recording {
    Recording::run(plan(document))
}

/// A run's hash, its records not kept.
pub fn hash(document: &Document) -> u64 {
    Simulation::new(&plan(document), 0).finish().hash()
}

/// Refusals, one a line.
pub fn lines(refusals: &[Refusal]) -> String {
    refusals.iter().map(|refusal| format!("{refusal}\n")).collect()
}

/// The strategy of that id.
pub fn strategy(id: &str) -> StrategyId {
    StrategyId::from_id(id).unwrap_or_else(|| panic!("no strategy {id}"))
}

/// The records of a kind.
pub fn of_kind(records: &[Record], kind: Kind) -> impl Iterator<Item = &Record> {
    records.iter().filter(move |record| record.kind == kind)
}

/// How often the fault at that place of the document struck.
pub fn fired(report: &Report, fault: usize) -> u64 {
    report.faults.get(fault).map_or(0, |fault| fault.fired)
}

/// Rows that differ after the drain, by anomaly, over all stores: `missing 1 stale 2`; `-` if none does.
pub fn rows_that_differ(report: &Report) -> String {
    let sum = |of: fn(&driftscope::run::report::StoreReport) -> u64| report.stores.iter().map(of).sum::<u64>();
    said(&[
        ("missing", sum(|store| store.missing)),
        ("stale", sum(|store| store.stale)),
        ("ghost", sum(|store| store.ghost)),
        ("duplicate-effect", sum(|store| store.duplicate_effects)),
    ])
}

/// What went wrong with events: `lost 1 ghost 2`; `-` if nothing did.
pub fn events_that_differ(ledger: &LedgerReport) -> String {
    said(&[
        ("lost", ledger.lost),
        ("ghost", ledger.ghost),
        ("duplicates", ledger.duplicates),
        ("reordered", ledger.reordered),
        ("in-flight", ledger.in_flight),
    ])
}

fn said(counts: &[(&str, u64)]) -> String {
    let said: Vec<String> = counts.iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{what} {n}")).collect();
    if said.is_empty() { "-".to_owned() } else { said.join(" ") }
}

/// How the clients' requests ended: `ok 2 unknown 1`.
pub fn clients(report: &Report) -> String {
    let client = &report.client;
    said(&[("ok", client.ok), ("failed", client.failed), ("unknown", client.unknown)])
}
