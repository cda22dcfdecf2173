//! A report as text for a person.

use super::table::{NONE, Table};
use crate::kernel::time::Us;
use crate::run::recording::Recording;
use crate::run::report::{
    ClientReport, CostReport, DetectorReport, DivergenceReport, FaultReport, InvariantReport, LedgerReport, Report,
    StoreReport,
};
use crate::run::words::{count, differ, instant, short_instant, span};

/// How wide a line of prose may be.
const WIDTH: usize = 100;

/// The report of a recording, with a line feed at its end.
#[must_use]
pub fn report(recording: &Recording) -> String {
    let report = recording.report();
    let mut text = heading(recording);
    text += &section("Stores", &stores(&report.stores));
    text += &section("Events", &events(report));
    text += &section("Divergence", &prose(&divergence(&report.divergence)));
    text += &section("Clients", &prose(&clients(&report.client)));
    text += &section("Detectors", &detectors(&report.detectors));
    text += &section("Faults", &faults(report));
    text += &section("Cost", &cost(&report.cost));
    text += &section("Waiting", &waiting(report));
    text += &section("Repair", &repair(report));
    text += &section("Witnesses", &witnesses(&report.stores));
    text += &section("Laws", &laws(&report.invariants));
    text += &section("Notes", &report.notes.iter().map(|note| wrapped(note, "  ")).collect::<String>());
    text
}

fn heading(recording: &Recording) -> String {
    let (report, story) = (recording.report(), recording.story());
    let drain = Us(report.simulated_us).since(story.duration);
    let run = format!(
        "{} and {} of drain, {}, trace {}",
        short_instant(story.duration),
        span(drain),
        count(report.events, "record"),
        report.trace_hash
    );
    let rows = [("Verdict", story.verdict.word.clone()), ("", story.verdict.lines.join(" ")), ("Run", run)];
    let lines: String = rows.iter().map(|(name, value)| format!("{name:<9}{value}\n")).collect();
    format!("{}, seed {}\n{}\n\n{lines}", report.scenario, report.seed, story.path)
}

/// A heading and what stands under it; nothing if that is nothing.
pub(super) fn section(title: &str, body: &str) -> String {
    if body.is_empty() { String::new() } else { format!("\n{title}\n{body}") }
}

fn stores(stores: &[StoreReport]) -> String {
    let mut table =
        Table::new(&["store", "kind", "rows", "missing", "stale", "ghost", "effects twice", "still on their way"]);
    for store in stores {
        let numbers = [store.rows, store.missing, store.stale, store.ghost, store.duplicate_effects, store.in_flight];
        let names = [store.id.clone(), store.kind.clone()];
        table.push(names.into_iter().chain(numbers.map(|number| number.to_string())));
    }
    if table.is_empty() { prose("none: the log of the broker stands for it") } else { table.aligned("  ") }
}

/// Whether a column stands in the table even if it is nothing but noughts.
const ALWAYS: bool = true;
const IF_ANY: bool = false;

type Column = (&'static str, bool, fn(&LedgerReport) -> u64);

fn events(report: &Report) -> String {
    let columns: [Column; 10] = [
        ("committed", ALWAYS, |ledger| ledger.committed),
        ("delivered", ALWAYS, |ledger| ledger.delivered),
        ("lost", ALWAYS, |ledger| ledger.lost),
        ("ghost", ALWAYS, |ledger| ledger.ghost),
        ("duplicates", ALWAYS, |ledger| ledger.duplicates),
        ("reordered", ALWAYS, |ledger| ledger.reordered),
        ("superseded", IF_ANY, |ledger| ledger.superseded),
        ("inverted pairs", IF_ANY, |ledger| ledger.inverted_pairs),
        ("early reads", IF_ANY, |ledger| ledger.early_reads),
        ("in flight", IF_ANY, |ledger| ledger.in_flight),
    ];
    let mut ledgers: Vec<(&str, &LedgerReport)> =
        report.stores.iter().map(|store| (store.id.as_str(), &store.ledger)).collect();
    if ledgers.len() != 1 {
        ledgers.push(("all", &report.ledger));
    }
    let any = |of: fn(&LedgerReport) -> u64| ledgers.iter().any(|(_, ledger)| of(ledger) > 0);
    let shown: Vec<_> = columns.into_iter().filter(|(_, always, of)| *always || any(*of)).collect();
    let heads: Vec<&str> =
        ["store"].into_iter().chain(shown.iter().map(|(name, ..)| *name)).chain(["first lost"]).collect();
    let mut table = Table::new(&heads);
    for (name, ledger) in ledgers {
        let numbers = shown.iter().map(|(.., of)| of(ledger).to_string());
        table.push(std::iter::once(name.to_owned()).chain(numbers).chain([when(ledger.first_lost_us)]));
    }
    let lag = report.lag_us;
    let mut text = table.aligned("  ");
    if let (Some(mean), Some(p50), Some(p95), Some(p99), Some(max)) = (lag.mean, lag.p50, lag.p95, lag.p99, lag.max) {
        let mean = span(Us(mean as u64));
        let [p50, p95, p99, max] = [p50, p95, p99, max].map(|us| span(Us(us)));
        text += &prose(&format!("commit to store: mean {mean}, p50 {p50}, p95 {p95}, p99 {p99}, max {max}"));
    }
    text
}

fn when(at: Option<u64>) -> String {
    at.map_or_else(|| NONE.to_owned(), |at| instant(Us(at)))
}

/// Row-seconds as people read them: three digits after the point.
fn row_seconds(value: f64) -> String {
    format!("{value:.3}")
}

fn divergence(divergence: &DivergenceReport) -> String {
    let moving = format!("{} row-seconds on their way", row_seconds(divergence.in_flight_row_seconds));
    let Some(first) = divergence.first_us else { return format!("no row ever differs; {moving}") };
    let rows = differ(divergence.peak);
    let end = match divergence.converged_us {
        Some(at) => format!("converged at {}", instant(Us(at))),
        None => "never converges".to_owned(),
    };
    let total = row_seconds(divergence.row_seconds);
    format!("at most {rows}, first at {}, {end}; {total} row-seconds, {moving}", instant(Us(first)))
}

fn clients(client: &ClientReport) -> String {
    let ClientReport { requests, ok, failed, unknown, failed_but_applied, ok_but_lost, latency_us } = client;
    let mut text = format!(
        "{}: {ok} ok, {failed} failed, {unknown} unknown; {failed_but_applied} failed but applied, \
         {ok_but_lost} ok but lost",
        count(*requests, "request")
    );
    if let (Some(mean), Some(p50), Some(p99)) = (latency_us.mean, latency_us.p50, latency_us.p99) {
        let [mean, p50, p99] = [mean as u64, p50, p99].map(|us| span(Us(us)));
        text += &format!("; answered after: mean {mean}, p50 {p50}, p99 {p99}");
    }
    text
}

fn detectors(detectors: &[DetectorReport]) -> String {
    let mut table = Table::new(&["detector", "looks", "alarms", "false alarms", "first alarm", "noticed after"]);
    for detector in detectors {
        table.push([
            detector.id.clone(),
            detector.passes.to_string(),
            detector.alarms.to_string(),
            detector.false_alarms.to_string(),
            when(detector.first_alarm_us),
            detector.detect_us.map_or_else(|| "never".to_owned(), |us| span(Us(us))),
        ]);
    }
    if table.is_empty() { String::new() } else { table.aligned("  ") }
}

fn faults(report: &Report) -> String {
    let mut table = Table::new(&["fault", "struck", "first"]);
    for FaultReport { fault, fired, first_us } in &report.faults {
        table.push([fault.clone(), fired.to_string(), when(*first_us)]);
    }
    let mut text = if table.is_empty() { String::new() } else { table.aligned("  ") };
    let crashes = report.fault_counts.crashes.iter().map(|(node, crashes)| format!("{node} {crashes}"));
    let crashes: Vec<String> = crashes.collect();
    if !crashes.is_empty() {
        text += &prose(&format!("crashes: {}", crashes.join(", ")));
    }
    text
}

/// The costs, each with its name.
#[must_use]
fn costs(cost: &CostReport) -> Vec<(&'static str, String)> {
    let clear = cost.consumer_lag_clear_us;
    vec![
        ("transactions", cost.transactions.to_string()),
        ("queries", cost.queries.to_string()),
        ("messages", cost.messages.to_string()),
        ("outbox rows, peak", cost.outbox_peak_rows.to_string()),
        ("outbox rows at the end", cost.outbox_rows_at_end.to_string()),
        ("inbox rows, peak", cost.inbox_peak_rows.to_string()),
        ("log kept, peak bytes", cost.wal_retained_peak_bytes.to_string()),
        ("consumer lag, peak", cost.consumer_lag_peak.to_string()),
        ("consumer lag cleared", clear.map_or_else(|| NONE.to_owned(), |us| span(Us(us)))),
    ]
}

fn cost(cost: &CostReport) -> String {
    let parts: Vec<String> = costs(cost).into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
    wrapped(&parts.join("; "), "  ")
}

fn waiting(report: &Report) -> String {
    let blocked = report.blocked;
    if blocked.max_us == 0 && blocked.waiting_peak == 0 {
        return String::new();
    }
    prose(&format!(
        "{} blocked, the longest wait {}, at most {} at once, {} in doubt",
        count(blocked.operations, "operation"),
        span(Us(blocked.max_us)),
        blocked.waiting_peak,
        blocked.in_doubt_peak
    ))
}

fn repair(report: &Report) -> String {
    let repair = report.repair;
    if repair.runs == 0 {
        return String::new();
    }
    prose(&format!(
        "{}, {} read, {} repaired, {} harmful",
        count(repair.runs, "run"),
        count(repair.rows_read, "row"),
        repair.repaired,
        repair.harmful
    ))
}

fn witnesses(stores: &[StoreReport]) -> String {
    let mut text = String::new();
    for store in stores {
        for witness in &store.witnesses {
            let head = format!("{}, {}, {} (record {})", witness.key, witness.anomaly, store.id, witness.record);
            text += &format!("  {head}\n{}", wrapped(&witness.cause, "    "));
        }
    }
    text
}

fn laws(laws: &[InvariantReport]) -> String {
    let broken: Vec<&InvariantReport> = laws.iter().filter(|law| !law.holds).collect();
    if broken.is_empty() {
        let ids: Vec<&str> = laws.iter().map(|law| law.id.as_str()).collect();
        return prose(&format!("all hold: {}", ids.join(", ")));
    }
    broken
        .iter()
        .map(|law| prose(&format!("BROKEN: {} at {}", law.id, law.witness.as_deref().unwrap_or("?"))))
        .collect()
}

fn prose(line: &str) -> String {
    wrapped(line, "  ")
}

/// Broken into lines at blanks, each behind `indent`.
pub(super) fn wrapped(words: &str, indent: &str) -> String {
    let mut text = String::new();
    let mut line = indent.to_owned();
    for word in words.split_whitespace() {
        // A number keeps its unit.
        let unit = ["s", "ms", "us", "min", "h"].contains(&word.trim_end_matches([',', ';', '.', ':']));
        if line.len() > indent.len() && !unit && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text += &line;
            text += "\n";
            line = indent.to_owned();
        }
        if line.len() > indent.len() {
            line.push(' ');
        }
        line += word;
    }
    text + &line + "\n"
}
