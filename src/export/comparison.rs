//! Several runs of one scenario side by side: anomalies, lag, cost, the first change that ends differently, and the first
//! record that differs.

use super::table::Table;
use crate::run::compare::{Parting, parting};
use crate::run::costs::{CostRow, costs};
use crate::run::frame::EventLine;
use crate::run::recording::Recording;
use crate::run::words::instant;
use crate::world::ids::RecordId;

/// The comparison, with a line feed at its end.
#[must_use]
pub fn text(recordings: &[Recording]) -> String {
    let Some(first) = recordings.first() else { return String::new() };
    let report = first.report();
    let runs: Vec<&Recording> = recordings.iter().collect();
    let mut text = format!("{}, seed {}\n\n{}", report.scenario, report.seed, table(&runs).aligned(""));
    if runs.len() > 1 {
        text += &first_parting(&runs);
    }
    for other in &recordings[1..] {
        text += &first_difference(first, other);
    }
    text
}

fn table(runs: &[&Recording]) -> Table {
    let names = runs.iter().map(|run| run.report().strategy.clone());
    let heads: Vec<String> = std::iter::once(String::new()).chain(names).collect();
    let mut table = Table::new(&heads);
    let row = |name: &str, of: fn(&Recording) -> String| {
        std::iter::once(name.to_owned()).chain(runs.iter().map(|run| of(run))).collect::<Vec<_>>()
    };
    table.push(row("Verdict", |run| run.story().verdict.word.clone()));
    for CostRow { name, cells, .. } in costs(runs) {
        table.push(std::iter::once(name.to_owned()).chain(cells.into_iter().map(|cell| cell.text)));
    }
    table.push(row("Trace", |run| run.report().trace_hash.clone()));
    table
}

/// The first change that ends differently, and how it ends in each run.
fn first_parting(runs: &[&Recording]) -> String {
    let Some(Parting { key, sentence, fates, .. }) = parting(runs) else {
        return "\nEvery change ends the same.\n".to_owned();
    };
    let mut text = format!("\nThe first change that ends differently: {key}\n  {sentence}\n");
    let width = runs.iter().map(|run| run.report().strategy.len()).max().unwrap_or(0);
    for (run, fate) in runs.iter().zip(fates) {
        text += &format!("  {:<width$}  {fate}\n", run.report().strategy);
    }
    text
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
