//! Several runs of one scenario side by side: anomalies, lag, cost, and the first record that differs.

use super::table::{NONE, Table};
use super::text::{costs, row_seconds};
use crate::kernel::time::Us;
use crate::run::frame::EventLine;
use crate::run::recording::Recording;
use crate::run::report::{Report, StoreReport};
use crate::run::words::{instant, span};
use crate::world::ids::RecordId;

/// The comparison, with a line feed at its end.
#[must_use]
pub fn text(recordings: &[Recording]) -> String {
    let Some(first) = recordings.first() else { return String::new() };
    let report = first.report();
    let reports: Vec<&Report> = recordings.iter().map(Recording::report).collect();
    let mut text = format!("{}, seed {}\n\n{}", report.scenario, report.seed, table(&reports).aligned(""));
    for other in &recordings[1..] {
        text += &first_difference(first, other);
    }
    text
}

fn table(reports: &[&Report]) -> Table {
    let heads: Vec<String> =
        std::iter::once(String::new()).chain(reports.iter().map(|report| report.strategy.clone())).collect();
    let mut table = Table::new(&heads);
    let columns: Vec<Vec<(&str, String)>> = reports.iter().map(|report| column(report)).collect();
    let names: Vec<&str> = columns.first().map_or(Vec::new(), |column| column.iter().map(|(name, _)| *name).collect());
    for (row, name) in names.into_iter().enumerate() {
        let cells = columns.iter().map(|column| column[row].1.clone());
        table.push(std::iter::once(name.to_owned()).chain(cells));
    }
    table
}

fn column(report: &Report) -> Vec<(&'static str, String)> {
    let rows = |of: fn(&StoreReport) -> u64| report.stores.iter().map(of).sum::<u64>().to_string();
    let us = |value: Option<u64>| value.map_or_else(|| NONE.to_owned(), |value| span(Us(value)));
    let (ledger, lag, client) = (report.ledger, report.lag_us, report.client);
    let silent = if report.silent { ", silent" } else { "" };
    let noticed = report.detectors.iter().filter_map(|detector| detector.detect_us).min();
    let mut column = vec![
        ("verdict", format!("{}{silent}", report.verdict.id())),
        ("missing", rows(|store| store.missing)),
        ("stale", rows(|store| store.stale)),
        ("ghost", rows(|store| store.ghost)),
        ("effects twice", rows(|store| store.duplicate_effects)),
        ("lost", ledger.lost.to_string()),
        ("ghost events", ledger.ghost.to_string()),
        ("duplicates", ledger.duplicates.to_string()),
        ("reordered", ledger.reordered.to_string()),
        ("early reads", ledger.early_reads.to_string()),
        ("blocked", report.blocked.operations.to_string()),
        ("row-seconds", row_seconds(report.divergence.row_seconds)),
        ("noticed after", us(noticed)),
        ("lag p50", us(lag.p50)),
        ("lag p95", us(lag.p95)),
        ("lag max", us(lag.max)),
        ("clients ok", client.ok.to_string()),
        ("clients failed", client.failed.to_string()),
        ("clients unknown", client.unknown.to_string()),
        ("answered p50", us(client.latency_us.p50)),
        ("answered p99", us(client.latency_us.p99)),
    ];
    column.extend(costs(&report.cost));
    column.push(("trace", report.trace_hash.clone()));
    column
}

/// The first record at which two runs part.
fn first_difference(one: &Recording, other: &Recording) -> String {
    let (name, against) = (&other.report().strategy, &one.report().strategy);
    let kept = one.trace().records.len().max(other.trace().records.len());
    let line = |run: &Recording, id: u32| {
        let is_there = (id as usize) < run.trace().records.len();
        is_there.then(|| run.event_line(RecordId(id)))
    };
    let same = |id: &u32| line(one, *id) == line(other, *id);
    let Some(id) = (0..kept as u32).find(|id| !same(id)) else {
        return format!("\n{name}: every record is that of {against}\n");
    };
    let shown = |run| match line(run, id) {
        Some(EventLine { at, node, text, .. }) => format!("{}, {node}: {text}", instant(at)),
        None => "the run is over".to_owned(),
    };
    let (left, right) = (shown(one), shown(other));
    let width = name.len().max(against.len());
    format!("\nThe first record that differs: {id}\n  {against:<width$}  {left}\n  {name:<width$}  {right}\n")
}
