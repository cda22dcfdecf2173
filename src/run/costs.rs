//! What a run costs, as a table over several: the same rows always, the worst of each known.

use super::recording::Recording;
use super::report::StoreReport;
use super::words::about;
use crate::kernel::time::Us;

/// One row of the table of costs: what is measured, and how each run fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostRow {
    /// `Rows missing for good`
    pub name: &'static str,
    /// Whether it is one of those that a short table shows.
    pub main: bool,
    /// One a run.
    pub cells: Vec<CostCell>,
}

/// What one run costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostCell {
    /// `131 ms`; `-` where there is nothing to measure.
    pub text: String,
    /// Whether it is the worst of the row, and not all are equal.
    pub worst: bool,
    /// Whether it counts rows that are wrong for good.
    pub wrong: bool,
}

/// How a value is written.
#[derive(Clone, Copy)]
enum Unit {
    /// As it is.
    Count,
    /// Microseconds.
    Span,
    /// Thousandths.
    Milli,
    /// Bytes.
    Bytes,
}

type Measure = (&'static str, Unit, fn(&Recording) -> Option<u64>);

fn rows_of(run: &Recording, of: fn(&StoreReport) -> u64) -> Option<u64> {
    Some(run.report().stores.iter().map(of).sum())
}

fn milli(value: f64) -> Option<u64> {
    Some((value * 1000.0).round() as u64)
}

/// How many of the first measures count rows that are wrong for good.
const WRONG: usize = 5;

/// Of all of them less is better.
const MEASURES: [Measure; 28] = [
    ("Rows missing for good", Unit::Count, |run| rows_of(run, |store| store.missing)),
    ("Rows stale for good", Unit::Count, |run| rows_of(run, |store| store.stale)),
    ("Rows ghost for good", Unit::Count, |run| rows_of(run, |store| store.ghost)),
    ("Effects too many", Unit::Count, |run| rows_of(run, |store| store.duplicate_effects)),
    ("Row-seconds, wrong", Unit::Milli, |run| milli(run.report().divergence.row_seconds)),
    ("Row-seconds, on the way", Unit::Milli, |run| milli(run.report().divergence.in_flight_row_seconds)),
    ("Noticed after", Unit::Span, |run| run.report().detectors.iter().filter_map(|d| d.detect_us).min()),
    ("Events lost", Unit::Count, |run| Some(run.report().ledger.lost)),
    ("Ghost events", Unit::Count, |run| Some(run.report().ledger.ghost)),
    ("Reordered", Unit::Count, |run| Some(run.report().ledger.reordered)),
    ("Arrived twice", Unit::Count, |run| Some(run.report().ledger.duplicates)),
    ("Early reads", Unit::Count, |run| Some(run.report().ledger.early_reads)),
    ("Visible after, p50", Unit::Span, |run| run.report().lag_us.p50),
    ("Visible after, p99", Unit::Span, |run| run.report().lag_us.p99),
    ("Client waits, p50", Unit::Span, |run| run.report().client.latency_us.p50),
    ("Client waits, p99", Unit::Span, |run| run.report().client.latency_us.p99),
    ("Clients refused", Unit::Count, |run| Some(run.report().client.failed)),
    ("Clients in doubt", Unit::Count, |run| Some(run.report().client.unknown)),
    ("Operations blocked", Unit::Count, |run| Some(run.report().blocked.operations)),
    ("Transactions", Unit::Count, |run| Some(run.report().cost.transactions)),
    ("Source queries", Unit::Count, |run| Some(run.report().cost.queries)),
    ("Messages", Unit::Count, |run| Some(run.report().cost.messages)),
    ("Outbox rows, peak", Unit::Count, |run| Some(run.report().cost.outbox_peak_rows)),
    ("Outbox rows at the end", Unit::Count, |run| Some(run.report().cost.outbox_rows_at_end)),
    ("Inbox rows, peak", Unit::Count, |run| Some(run.report().cost.inbox_peak_rows)),
    ("Log kept, peak", Unit::Bytes, |run| Some(run.report().cost.wal_retained_peak_bytes)),
    ("Consumer lag, peak", Unit::Count, |run| Some(run.report().cost.consumer_lag_peak)),
    ("Nodes that must run", Unit::Count, |run| Some(run.plan().nodes.len() as u64)),
];

/// What a short table leaves out.
const REST: [&str; 8] = [
    "Ghost events",
    "Early reads",
    "Client waits, p50",
    "Clients refused",
    "Transactions",
    "Outbox rows at the end",
    "Inbox rows, peak",
    "Consumer lag, peak",
];

/// The table of costs: the same rows always, whatever the runs.
#[must_use]
pub fn costs(runs: &[&Recording]) -> Vec<CostRow> {
    let row = |(at, (name, unit, of)): (usize, &Measure)| {
        let values: Vec<Option<u64>> = runs.iter().map(|run| of(run)).collect();
        let known = || values.iter().flatten().copied();
        let (most, equal) = (known().max(), known().max() == known().min());
        let cell = |value: &Option<u64>| CostCell {
            text: value.map_or_else(|| "-".to_owned(), |value| written(value, *unit)),
            worst: !equal && *value == most,
            wrong: at < WRONG && value.is_some_and(|value| value > 0),
        };
        CostRow { name, main: !REST.contains(name), cells: values.iter().map(cell).collect() }
    };
    MEASURES.iter().enumerate().map(row).collect()
}

fn written(value: u64, unit: Unit) -> String {
    match unit {
        Unit::Count => value.to_string(),
        Unit::Span => about(Us(value)),
        Unit::Milli => {
            format!("{}.{:03}", value / 1000, value % 1000).trim_end_matches('0').trim_end_matches('.').into()
        }
        Unit::Bytes if value >= 10_000_000 => format!("{} MB", value / 1_000_000),
        Unit::Bytes if value >= 10_000 => format!("{} kB", value / 1_000),
        Unit::Bytes => format!("{value} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;
    use crate::strategy::StrategyId;

    fn run(preset: &str, strategy: StrategyId) -> Recording {
        Recording::run(presets::find(preset).unwrap().document().with_strategy(strategy).plan().unwrap())
    }

    #[test]
    fn the_table_names_the_worst_and_what_is_wrong_for_good() {
        let (direct, outbox) =
            (run("missing-search-index", StrategyId::DirectDbFirst), run("missing-search-index", StrategyId::Outbox));
        let table = costs(&[&direct, &outbox]);
        let row = |name: &str| table.iter().find(|row| row.name == name).unwrap().cells.clone();
        let missing = row("Rows missing for good");
        assert_eq!((missing[0].text.as_str(), missing[0].worst, missing[0].wrong), ("1", true, true));
        assert_eq!((missing[1].text.as_str(), missing[1].worst, missing[1].wrong), ("0", false, false));
        assert!(row("Nodes that must run")[1].worst && row("Messages")[1].worst && !row("Messages")[1].wrong);
        let equal = row("Rows ghost for good");
        assert!(equal.iter().all(|cell| !cell.worst && cell.text == "0"));
        let alone = costs(&[&outbox]);
        let names = |rows: &[CostRow]| rows.iter().map(|row| row.name).collect::<Vec<_>>();
        assert_eq!(names(&alone), names(&table), "the same rows always");
        assert!(alone.iter().all(|row| !row.cells[0].worst));
    }
}
