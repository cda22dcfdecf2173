//! What a run costs, as a table over several: the same rows always, the worst of each known.

use super::recording::Recording;
use super::report::StoreReport;
use super::words::{about, thousandths};
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
    /// `131 ms`; `-` where there is nothing to measure, and where nobody notices.
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

/// What a value says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Rows, or effects, that are wrong for good.
    Wrong,
    /// What a short table shows too.
    Main,
    /// What a short table leaves out.
    Rest,
}

type Measure = (&'static str, Weight, Unit, fn(&Recording) -> Option<u64>);

fn rows_of(run: &Recording, of: fn(&StoreReport) -> u64) -> Option<u64> {
    Some(run.report().stores.iter().map(of).sum())
}

fn milli(value: f64) -> Option<u64> {
    Some((value * 1000.0).round() as u64)
}

/// How long it takes until somebody notices; [`Us::NEVER`]: something differs, and nobody does.
fn noticed(run: &Recording) -> Option<u64> {
    let first = run.report().detectors.iter().filter_map(|detector| detector.detect_us).min();
    first.or(run.report().divergence.first_us.map(|_| Us::NEVER.0))
}

/// Of all of them less is better.
const MEASURES: [Measure; 28] = [
    ("Rows missing for good", Weight::Wrong, Unit::Count, |run| rows_of(run, |store| store.missing)),
    ("Rows stale for good", Weight::Wrong, Unit::Count, |run| rows_of(run, |store| store.stale)),
    ("Rows ghost for good", Weight::Wrong, Unit::Count, |run| rows_of(run, |store| store.ghost)),
    ("Effects too many", Weight::Wrong, Unit::Count, |run| rows_of(run, |store| store.duplicate_effects)),
    ("Row-seconds, wrong", Weight::Main, Unit::Milli, |run| milli(run.report().divergence.row_seconds)),
    ("Row-seconds, on the way", Weight::Main, Unit::Milli, |run| milli(run.report().divergence.in_flight_row_seconds)),
    ("Noticed after", Weight::Main, Unit::Span, noticed),
    ("Events lost", Weight::Main, Unit::Count, |run| Some(run.report().ledger.lost)),
    ("Ghost events", Weight::Rest, Unit::Count, |run| Some(run.report().ledger.ghost)),
    ("Reordered", Weight::Main, Unit::Count, |run| Some(run.report().ledger.reordered)),
    ("Arrived twice", Weight::Main, Unit::Count, |run| Some(run.report().ledger.duplicates)),
    ("Early reads", Weight::Rest, Unit::Count, |run| Some(run.report().ledger.early_reads)),
    ("Visible after, p50", Weight::Main, Unit::Span, |run| run.report().lag_us.p50),
    ("Visible after, p99", Weight::Main, Unit::Span, |run| run.report().lag_us.p99),
    ("Client waits, p50", Weight::Rest, Unit::Span, |run| run.report().client.latency_us.p50),
    ("Client waits, p99", Weight::Main, Unit::Span, |run| run.report().client.latency_us.p99),
    ("Clients refused", Weight::Rest, Unit::Count, |run| Some(run.report().client.failed)),
    ("Clients in doubt", Weight::Main, Unit::Count, |run| Some(run.report().client.unknown)),
    ("Operations blocked", Weight::Main, Unit::Count, |run| Some(run.report().blocked.operations)),
    ("Transactions", Weight::Rest, Unit::Count, |run| Some(run.report().cost.transactions)),
    ("Source queries", Weight::Main, Unit::Count, |run| Some(run.report().cost.queries)),
    ("Messages", Weight::Main, Unit::Count, |run| Some(run.report().cost.messages)),
    ("Outbox rows, peak", Weight::Main, Unit::Count, |run| Some(run.report().cost.outbox_peak_rows)),
    ("Outbox rows at the end", Weight::Rest, Unit::Count, |run| Some(run.report().cost.outbox_rows_at_end)),
    ("Inbox rows, peak", Weight::Rest, Unit::Count, |run| Some(run.report().cost.inbox_peak_rows)),
    ("Log kept, peak", Weight::Main, Unit::Bytes, |run| Some(run.report().cost.wal_retained_peak_bytes)),
    ("Consumer lag, peak", Weight::Rest, Unit::Count, |run| Some(run.report().cost.consumer_lag_peak)),
    ("Nodes that must run", Weight::Main, Unit::Count, |run| Some(run.plan().nodes.len() as u64)),
];

/// The table of costs: the same rows always, whatever the runs.
#[must_use]
pub fn costs(runs: &[&Recording]) -> Vec<CostRow> {
    let row = |(name, weight, unit, of): &Measure| {
        let values: Vec<Option<u64>> = runs.iter().map(|run| of(run)).collect();
        let known = || values.iter().flatten().copied();
        let (most, equal) = (known().max(), known().max() == known().min());
        // That nobody notices is the worst also beside a run in which there is nothing to notice.
        let all = values.iter().all(|value| *value == most);
        let cell = |value: &Option<u64>| CostCell {
            text: value.map_or_else(|| "-".to_owned(), |value| written(value, *unit)),
            worst: *value == most && if most == Some(Us::NEVER.0) { !all } else { !equal },
            wrong: *weight == Weight::Wrong && value.is_some_and(|value| value > 0),
        };
        CostRow { name, main: *weight != Weight::Rest, cells: values.iter().map(cell).collect() }
    };
    MEASURES.iter().map(row).collect()
}

fn written(value: u64, unit: Unit) -> String {
    match unit {
        Unit::Count => value.to_string(),
        Unit::Span if value == Us::NEVER.0 => "-".to_owned(),
        Unit::Span => about(Us(value)),
        Unit::Milli => thousandths(value),
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

    /// What ends well is not wrong for good, however long it was wrong.
    #[test]
    fn what_converges_has_no_accent() {
        let mut met = 0;
        for preset in presets::PRESETS {
            let run = Recording::run(preset.document().plan().unwrap());
            let divergence = run.report().divergence;
            let wrong = costs(&[&run]).iter().filter(|row| row.cells[0].wrong).count();
            if divergence.row_seconds > 0.0 && run.judgement().counts(run.story().ends).0 == 0 {
                met += 1;
                assert_eq!(wrong, 0, "{}", preset.id);
            }
        }
        assert!(met > 0);
    }

    /// That nobody notices is worse than any time, and that there is nothing to notice is no fault.
    #[test]
    fn not_noticed_is_the_worst() {
        let with = |detector: Option<&str>, strategy: StrategyId| {
            let mut document = presets::find("missing-search-index").unwrap().document().with_strategy(strategy);
            document.set("detectors", "{}").unwrap();
            if let Some(detector) = detector {
                document.set(detector, "10s").unwrap();
            }
            Recording::run(document.plan().unwrap())
        };
        let seen = with(Some("detectors.full-diff.period"), StrategyId::DirectDbFirst);
        let unseen = with(None, StrategyId::DirectDbFirst);
        let right = with(None, StrategyId::Outbox);
        let row = |runs: &[&Recording]| {
            let table = costs(runs);
            let cells = &table.iter().find(|row| row.name == "Noticed after").unwrap().cells;
            cells.iter().map(|cell| (cell.text.clone(), cell.worst)).collect::<Vec<_>>()
        };
        let cells = row(&[&seen, &unseen, &right]);
        assert!(cells[0].0.ends_with(" s") && !cells[0].1, "{cells:?}");
        assert_eq!(cells[1..], [("-".to_owned(), true), ("-".to_owned(), false)]);
        assert_eq!(row(&[&unseen, &unseen]), [("-".to_owned(), false), ("-".to_owned(), false)], "all are equal");
    }

    #[test]
    fn a_short_table_leaves_eight_rows_out() {
        let run = run("missing-search-index", StrategyId::DirectDbFirst);
        let table = costs(&[&run]);
        let rest: Vec<&str> = table.iter().filter(|row| !row.main).map(|row| row.name).collect();
        assert_eq!((table.len(), rest.len(), rest[0], rest[7]), (28, 8, "Ghost events", "Consumer lag, peak"));
    }
}
