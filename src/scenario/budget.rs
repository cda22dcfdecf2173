//! Bounds on the work of a whole run: no accepted scenario runs for hours or fills the memory.
//!
//! A step is one event at one node, one look of a relay or detector, one row of a recovery's pass, or one crash: about five
//! entries of the calendar.

use super::document::get;
use super::options::row;
use super::plan::{Arrivals, DetectorPlan, Plan, StorePlan};
use super::refusal::{Allowed, Refusal, shown};
use crate::detect::DetectorKind;
use crate::kernel::time::Us;
use serde_json::{Map, Value};

/// The most steps a run may be expected to take: about 50,000,000 entries of the calendar.
pub const MOST_STEPS: u64 = 10_000_000;

/// So many rows that a detector reads take as long as a step, measured: 200 of a full diff, 500 of an audit of events.
const ROWS_A_STEP: u128 = 128;

/// The most rows, over source and stores.
pub const MOST_ROWS: u64 = 2_000_000;

/// Refuses a plan that would take too many steps, at the option that asks for most of them.
pub fn check(plan: &Plan, root: &Map<String, Value>, refusals: &mut Vec<Refusal>) {
    let value = |path: &str| get(root, path).map(shown).unwrap_or_else(|| default_of(root, path));
    let parts = parts(plan);
    let sum: u128 = parts.iter().map(|(_, steps)| steps).sum();
    if sum > u128::from(MOST_STEPS) {
        let most = parts.iter().max_by_key(|(_, steps)| *steps);
        let path = most.map_or_else(|| "duration".to_owned(), |(path, _)| path.clone());
        let reason = format!(
            "Over a duration of {} the run would take about {} steps; it may take {}. \
             Fewer arrivals, a longer span or a shorter duration would do.",
            plan.duration,
            grouped(sum),
            grouped(MOST_STEPS.into()),
        );
        refusals.push(Refusal::new(path.clone(), value(&path), Allowed::Reason(reason)));
    }
    let rows = plan.keys() as u64 * (plan.stores.len() as u64 + 1);
    if rows > MOST_ROWS {
        let reason = format!(
            "With {} stores that makes {} rows; there may be {}.",
            plan.stores.len(),
            grouped(rows.into()),
            grouped(MOST_ROWS.into()),
        );
        let path = "workload.keys.count";
        refusals.push(Refusal::new(path, value(path), Allowed::Reason(reason)));
    }
}

/// What makes steps, and how many it is expected to make.
fn parts(plan: &Plan) -> Vec<(String, u128)> {
    let duration = u128::from(plan.duration.0);
    let times = |span: Us| duration / u128::from(span.0.max(1));
    let operations = match &plan.workload.arrivals {
        Arrivals::Poisson(span) | Arrivals::Every(span) => times(*span),
        Arrivals::Bursts { size, every } => times(*every) * u128::from(*size),
        Arrivals::Script(list) => list.len() as u128,
    };
    let limit = u128::from(plan.workload.limit);
    let operations = if limit > 0 { operations.min(limit) } else { operations };
    let tries = u128::from(plan.workload.client_retries) + 1;
    let rows = u128::from(plan.workload.rows_per_tx);
    let transaction = tries * rows * (plan.stores.len() as u128 + 1);
    let mut parts = vec![("workload.arrivals".to_owned(), operations * transaction)];
    if let Some(span) = plan.workload.reads {
        let caches = plan.stores.iter().filter(|store| store.read).count() as u128;
        parts.push(("workload.reads_per_key".to_owned(), times(span) * caches * plan.keys() as u128));
    }
    if !plan.roles.relays.is_empty() {
        let polls = (duration + u128::from(plan.drain_limit.0)) / u128::from(plan.outbox.poll.0.max(1));
        parts.push(("outbox.poll".to_owned(), polls * plan.roles.relays.len() as u128));
    }
    if plan.roles.connector.is_some() {
        let whole = duration + u128::from(plan.drain_limit.0);
        let mut often = |path: &str, span: Us| parts.push((path.to_owned(), whole / u128::from(span.0.max(1))));
        if plan.cdc.lsn_flush_mode == crate::strategy::cdc::LsnFlushMode::ConnectorAndDriver {
            often("cdc.status", plan.cdc.status);
        }
        often("cdc.heartbeat", plan.cdc.heartbeat.unwrap_or(Us::NEVER));
        often("source.checkpoint", plan.source.checkpoint);
    }
    if plan.roles.coordinator.is_some() {
        let asks = (duration + u128::from(plan.drain_limit.0)) / u128::from(plan.two_phase.recovery.0.max(1));
        parts.push(("two-phase-commit.recovery".to_owned(), asks * plan.two_phase.voters.len() as u128));
    }
    if plan.roles.broker.is_some() && (plan.broker.compact || plan.broker.retention < plan.duration) {
        let partitions = u128::from(plan.broker.partitions);
        parts.push(("broker.retention_check".to_owned(), times(plan.broker.retention_check) * partitions));
    }
    for recovery in &plan.recoveries {
        let passes = recovery.period.map_or(1, times);
        // Each row of each store is read, and repaired at the worst, in each pass.
        let pass = (plan.keys() as u128 + 2) * recovery.stores.len().max(1) as u128;
        parts.push((format!("recovery.{}.period", recovery.id), passes * pass));
    }
    for detector in &plan.detectors {
        let canary = if detector.canary.is_some() { transaction } else { 0 };
        let look = 1 + rows_of_look(plan, detector, operations * rows) / ROWS_A_STEP + canary;
        parts.push((format!("detectors.{}.period", detector.id), times(detector.period) * look));
    }
    for node in &plan.nodes {
        if let Some(every) = node.crash_every {
            parts.push((format!("nodes.{}.crash_rate", node.id), times(every)));
        }
    }
    parts
}

/// How many rows a look goes through, at so many events.
fn rows_of_look(plan: &Plan, detector: &DetectorPlan, events: u128) -> u128 {
    let (keys, stores) = (plan.keys() as u128, plan.stores.len() as u128);
    match detector.kind {
        // The source's rows too; and all of them again where it looks again.
        kind if kind.reads_rows() => keys * (stores + 1) * if detector.recheck > Us::ZERO { 2 } else { 1 },
        // An event whose repeats have effects is looked at for ever: half of all of them on the average.
        DetectorKind::SequenceAudit if detector.settings.by_event => {
            events * plan.stores.iter().filter(|store| StorePlan::has_effects(store)).count() as u128 / 2
        }
        DetectorKind::SequenceAudit => keys * stores,
        _ => 0,
    }
}

fn default_of(root: &Map<String, Value>, path: &str) -> String {
    let names: Vec<&str> = path.split('.').collect();
    let pattern = match names.as_slice() {
        [map, id, name] if root.get(*map).and_then(|map| map.get(*id)).is_some() => format!("{map}.*.{name}"),
        _ => path.to_owned(),
    };
    row(&pattern).map_or_else(String::new, |row| shown(&super::options::literal(row.default)))
}

/// A number with its thousands apart: `50,000,000`.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Document;

    #[test]
    fn thousands() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(50_000_000), "50,000,000");
    }

    #[test]
    #[rustfmt::skip]
    fn too_much() {
        let table = [
            (r#"{"workload": {"arrivals": "poisson(1000000/s)"}}"#,
             r#"workload.arrivals is "poisson(1000000/s)". Over a duration of 1m the run would take about 120,000,000 steps; it may take 10,000,000. Fewer arrivals, a longer span or a shorter duration would do."#),
            (r#"{"duration": "366d"}"#,
             r#"workload.arrivals is "poisson(10/s)". Over a duration of 366d the run would take about 632,553,408 steps; it may take 10,000,000. Fewer arrivals, a longer span or a shorter duration would do."#),
            (r#"{"duration": "366d", "strategy": "outbox", "outbox": {"poll": "1ms"}, "workload": {"limit": 1}}"#,
             r#"outbox.poll is "1ms". Over a duration of 366d the run would take about 31,626,105,410 steps; it may take 10,000,000. Fewer arrivals, a longer span or a shorter duration would do."#),
            // Each of 60 stores is read in each pass, each of 100,000 rows in each look; each canary is a transaction.
            (r#"{"duration": "366d", "workload": {"limit": 1, "fanout": 60, "keys": {"count": 2}}, "recovery": {"mend": {"period": "60s"}}}"#,
             r#"recovery.mend.period is "60s". Over a duration of 366d the run would take about 126,595,069 steps; it may take 10,000,000. Fewer arrivals, a longer span or a shorter duration would do."#),
            (r#"{"duration": "366d", "workload": {"limit": 1, "keys": {"count": 100000}}, "detectors": {"full-diff": {"recheck": "0s"}}}"#,
             r#"detectors.full-diff.period is "10s". Over a duration of 366d the run would take about 4,942,686,530 steps; it may take 10,000,000. Fewer arrivals, a longer span or a shorter duration would do."#),
            (r#"{"duration": "366d", "workload": {"limit": 1, "keys": {"count": 100000}}, "detectors": {"sequence-audit": {}}}"#,
             r#"detectors.sequence-audit.period is "10s". Over a duration of 366d the run would take about 2,472,977,090 steps; it may take 10,000,000. Fewer arrivals, a longer span or a shorter duration would do."#),
            (r#"{"duration": "366d", "workload": {"limit": 1, "rows_per_tx": 10}, "detectors": {"canary": {"period": "60s"}}}"#,
             r#"detectors.canary.period is "60s". Over a duration of 366d the run would take about 11,173,268 steps; it may take 10,000,000. Fewer arrivals, a longer span or a shorter duration would do."#),
            (r#"{"duration": "3d", "stores": {"payment": {"kind": "service", "apply": "increment"}}, "detectors": {"sequence-audit": {"by": "event-id"}}}"#,
             r#"detectors.sequence-audit.period is "10s". Over a duration of 3d the run would take about 267,649,920 steps; it may take 10,000,000. Fewer arrivals, a longer span or a shorter duration would do."#),
            (r#"{"workload": {"keys": {"count": 100000}, "fanout": 20}}"#,
             r#"workload.keys.count is 100000. With 20 stores that makes 2,100,000 rows; there may be 2,000,000."#),
        ];
        for (text, want) in table {
            let refusals = Document::parse(text).unwrap().plan().unwrap_err();
            assert_eq!(refusals.iter().map(ToString::to_string).collect::<Vec<_>>(), [want]);
        }
    }
}
