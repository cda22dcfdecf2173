//! The account: trace and judgement in, report out. False alarms and `silent` are decided here and nowhere else.

use super::narrate;
use super::report::{
    BlockedReport, ClientLatency, ClientReport, CostReport, DetectorReport, DivergenceReport, FaultCounts, FaultReport,
    InvariantReport, LedgerReport, Quantiles, ReadsReport, RepairReport, Report, StoreReport, VERSION, Verdict,
    Witness,
};
use super::trace::Trace;
use crate::kernel::sorted::sort;
use crate::kernel::time::Us;
use crate::scenario::plan::Plan;
use crate::truth::anomaly::{Anomaly, RowState};
use crate::truth::cause;
use crate::truth::checks::{self, Fate, Law};
use crate::truth::effects;
use crate::truth::judge::Judgement;
use crate::truth::ledger::{EventFate, StoreLedger, repaired};
use crate::truth::order::{inverted_pairs, reordered};
use crate::world::ids::{EventId, Key, Outcome, RecordId, StoreKind};
use crate::world::record::{Kind, Record};

/// How many witnesses of one anomaly a store's report names.
const WITNESSES: usize = 50;

/// An alarm of a detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// When it fired.
    pub at: Us,
    /// Which detector, by its place in the plan.
    pub detector: usize,
    /// Whether no row differed then in a store that it watches.
    pub is_false: bool,
    /// Whether it is one of the last look, after the drain.
    pub last: bool,
}

/// The stores whose absent rows are misses.
#[must_use]
pub fn misses(plan: &Plan) -> Vec<bool> {
    plan.stores.iter().map(|store| store.kind == StoreKind::Cache).collect()
}

/// Judges alarms: `looks` are the detectors' records.
#[must_use]
pub fn alarms(looks: &[Record], judgement: &Judgement, ended: Us, duration: Us) -> Vec<Alarm> {
    let alarm = |record: &Record| {
        let is_false = judgement.counts(record.at).0 == 0;
        let last = record.at >= ended && record.at >= duration;
        Alarm { at: record.at, detector: record.extra as usize, is_false, last }
    };
    looks.iter().filter(|record| record.kind == Kind::Alarm).map(alarm).collect()
}

/// The report of a finished run.
#[must_use]
pub fn report(plan: &Plan, trace: &Trace, judgement: &Judgement) -> Report {
    let stores: Vec<StoreReport> =
        (0..plan.stores.len()).map(|store| store_report(plan, trace, judgement, store)).collect();
    let ledger = total(trace, &stores);
    let blocked = blocked(trace);
    let rows: u64 = stores.iter().map(|s| s.missing + s.stale + s.ghost + s.duplicate_effects).sum();
    let diverged = if stores.is_empty() { ledger.lost + ledger.ghost > 0 } else { rows > 0 };
    let verdict = if diverged {
        Verdict::Diverged
    } else if blocked.operations > 0 {
        Verdict::Blocked
    } else {
        Verdict::Consistent
    };
    let alarms = alarms(&trace.tally.alarms, judgement, trace.ended, plan.duration);
    let divergence = divergence(judgement, plan.duration);
    Report {
        report: VERSION,
        scenario: plan.scenario.clone(),
        strategy: plan.strategy.id().to_owned(),
        seed: plan.seed,
        trace_hash: format!("{:016x}", trace.hash()),
        events: u64::from(trace.len()),
        simulated_us: trace.ended.0,
        verdict,
        silent: verdict == Verdict::Diverged && alarms.iter().all(|alarm| alarm.is_false),
        ledger,
        lag_us: quantiles(&mut lags(trace)),
        client: client(trace),
        blocked,
        detectors: detectors(plan, trace, judgement, &alarms, &divergence),
        divergence,
        repair: repair(plan, trace),
        cost: cost(trace),
        faults: faults(plan, trace),
        fault_counts: fault_counts(plan, trace),
        invariants: invariants(trace),
        notes: notes(plan, trace),
        stores,
    }
}

fn store_report(plan: &Plan, trace: &Trace, judgement: &Judgement, store: usize) -> StoreReport {
    let at_store = &trace.ledger.stores[store];
    let states = (0..plan.keys()).map(|key| judgement.state(store, Key(key as u32), trace.ended));
    let mut counts = [0u64; RowState::ALL.len()];
    states.for_each(|state| counts[state as usize] += 1);
    let rows = at_store.rows.iter().filter(|row| row.last().is_some_and(|last| last.present)).count() as u64;
    let ledger = ledger_of(trace, at_store);
    StoreReport {
        id: plan.stores[store].id.clone(),
        kind: plan.stores[store].kind.id().to_owned(),
        rows,
        missing: counts[RowState::Missing as usize],
        stale: counts[RowState::Stale as usize],
        ghost: counts[RowState::Ghost as usize],
        duplicate_effects: effects::twice(&trace.ledger, at_store),
        in_flight: ledger.in_flight,
        reads: ReadsReport {
            reads: at_store.reads.0,
            hits: at_store.reads.1,
            misses: at_store.reads.0 - at_store.reads.1,
            stale_sets: at_store.reads.2,
        },
        witnesses: witnesses(plan, trace, judgement, store),
        ledger,
    }
}

fn ledger_of(trace: &Trace, store: &StoreLedger) -> LedgerReport {
    let ledger = &trace.ledger;
    let mut report = LedgerReport {
        committed: match store.emitted {
            None => ledger.committed,
            Some(_) => {
                let owed =
                    |(index, event): &(usize, &EventFate)| event.is_committed() && store.owes(EventId(*index as u32));
                ledger.events.iter().enumerate().filter(owed).count() as u64
            }
        },
        delivered: store.delivered,
        delivered_distinct: store.distinct,
        duplicates: store.delivered - store.distinct,
        reordered: reordered(ledger, store).0,
        inverted_pairs: inverted_pairs(ledger, store),
        early_reads: store.early_reads,
        ..LedgerReport::default()
    };
    // By key: the highest version that arrived, and when it did first.
    let mut newest: Vec<Vec<(u32, Us)>> = vec![Vec::new(); store.rows.len()];
    for (index, event) in ledger.events.iter().enumerate() {
        let seen = store.seen(EventId(index as u32));
        if seen.count > 0 && event.is_committed() {
            newest[event.key.index()].push((event.version, seen.last));
        }
    }
    for (index, event) in ledger.events.iter().enumerate() {
        if !event.is_committed() {
            report.ghost += u64::from(store.seen(EventId(index as u32)).count > 0);
            continue;
        }
        if !store.owes(EventId(index as u32)) {
            continue;
        }
        match checks::fate(store, EventId(index as u32)) {
            Fate::Delivered => {}
            Fate::InFlight => report.in_flight += 1,
            Fate::Lost => {
                report.lost += 1;
                let later = newest[event.key.index()].iter().any(|&(version, _)| version > event.version);
                report.superseded += u64::from(later);
                let when = event.ended.max(event.committed).0;
                report.first_lost_us = Some(report.first_lost_us.map_or(when, |first| first.min(when)));
            }
        }
    }
    report
}

/// The sum over the stores; with no store, the broker's log.
fn total(trace: &Trace, stores: &[StoreReport]) -> LedgerReport {
    if trace.ledger.log_stands_for_stores {
        return trace.ledger.stores.first().map(|log| ledger_of(trace, log)).unwrap_or_default();
    }
    let mut sum = LedgerReport::default();
    for LedgerReport {
        committed,
        delivered,
        delivered_distinct,
        lost,
        superseded,
        ghost,
        duplicates,
        reordered,
        inverted_pairs,
        early_reads,
        in_flight,
        first_lost_us,
    } in stores.iter().map(|store| store.ledger)
    {
        sum.committed += committed;
        sum.delivered += delivered;
        sum.delivered_distinct += delivered_distinct;
        sum.lost += lost;
        sum.superseded += superseded;
        sum.ghost += ghost;
        sum.duplicates += duplicates;
        sum.reordered += reordered;
        sum.inverted_pairs += inverted_pairs;
        sum.early_reads += early_reads;
        sum.in_flight += in_flight;
        sum.first_lost_us = match (sum.first_lost_us, first_lost_us) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    sum
}

fn witnesses(plan: &Plan, trace: &Trace, judgement: &Judgement, store: usize) -> Vec<Witness> {
    let mut list = Vec::new();
    for key in (0..plan.keys()).map(|key| Key(key as u32)) {
        let state = judgement.state(store, key, trace.ended);
        let Some(anomaly) = state.anomaly() else { continue };
        if list.len() >= WITNESSES {
            break;
        }
        let Some(cause) = cause::of_row(&trace.ledger, store, key, state, trace.ended) else { continue };
        list.push(Witness {
            key: plan.key_name(key),
            anomaly: anomaly.id().to_owned(),
            cause: narrate::row_cause(plan, trace, store, key, state, cause),
            record: cause.record.0,
        });
    }
    list.extend(event_witnesses(plan, trace, store));
    list
}

/// By anomaly of events, the first event of a store, or of the log that stands for the stores, that shows it, and the
/// record that is to blame.
#[must_use]
pub fn event_anomalies(trace: &Trace, store: usize) -> [(Anomaly, Option<(EventId, RecordId)>); 5] {
    let at_store = &trace.ledger.stores[store];
    let events = || trace.ledger.events.iter().enumerate().map(|(index, fate)| (EventId(index as u32), fate));
    let owed = |id: EventId, fate: &EventFate| fate.is_committed() && at_store.owes(id);
    let lost = events().find(|(id, fate)| owed(*id, fate) && checks::fate(at_store, *id) == Fate::Lost);
    let ghost = events().find(|(id, fate)| !fate.is_committed() && at_store.seen(*id).count > 0);
    let duplicate = events().find(|(id, _)| at_store.seen(*id).count > 1);
    let (_, order) = reordered(&trace.ledger, at_store);
    let late = events().find(|(id, _)| at_store.seen(*id).count > 0 && Some(at_store.seen(*id).order) == order);
    let early = trace.records.get(at_store.first_early.index()).filter(|_| at_store.early_reads > 0);
    [
        (Anomaly::Lost, lost.map(|(id, fate)| (id, fate.end))),
        (
            Anomaly::GhostEvent,
            ghost.map(|(id, fate)| {
                (
                    id,
                    fate.retracted
                        .some()
                        .or(fate.aborted.some())
                        .or(fate.end.some())
                        .unwrap_or(at_store.seen(id).record),
                )
            }),
        ),
        (Anomaly::Duplicate, duplicate.map(|(id, _)| (id, at_store.first_duplicate))),
        (Anomaly::Reordered, late.map(|(id, _)| (id, at_store.seen(id).record))),
        (Anomaly::EarlyRead, early.map(|read| (read.event, at_store.first_early))),
    ]
}

/// One witness for each anomaly of events: the first of its kind.
fn event_witnesses(plan: &Plan, trace: &Trace, store: usize) -> Vec<Witness> {
    let witness = |(anomaly, event): (Anomaly, Option<(EventId, RecordId)>)| {
        let (event, record) = event?;
        Some(Witness {
            key: plan.key_name(trace.ledger.event(event).key),
            anomaly: anomaly.id().to_owned(),
            cause: narrate::event_cause(plan, trace, store, event, anomaly, record),
            record: record.0,
        })
    };
    event_anomalies(trace, store).into_iter().filter_map(witness).collect()
}

/// Source commit to first application, of committed and delivered events, in microseconds.
fn lags(trace: &Trace) -> Vec<u64> {
    let mut lags = Vec::new();
    for store in &trace.ledger.stores {
        for (index, event) in trace.ledger.events.iter().enumerate() {
            let seen = store.seen(EventId(index as u32));
            if event.is_committed() && seen.count > 0 {
                lags.push(seen.first.since(event.committed).0);
            }
        }
    }
    lags
}

/// Mean and nearest-rank quantiles.
#[must_use]
pub fn quantiles(values: &mut [u64]) -> Quantiles {
    if values.is_empty() {
        return Quantiles::default();
    }
    sort(values);
    let rank = |per_cent: usize| values[(values.len() * per_cent).div_ceil(100).max(1) - 1];
    let sum: u128 = values.iter().map(|value| u128::from(*value)).sum();
    Quantiles {
        mean: Some(sum as f64 / values.len() as f64),
        p50: Some(rank(50)),
        p95: Some(rank(95)),
        p99: Some(rank(99)),
        max: values.last().copied(),
    }
}

fn client(trace: &Trace) -> ClientReport {
    let tally = &trace.tally;
    let Quantiles { mean, p50, p99, .. } = quantiles(&mut tally.latencies.clone());
    ClientReport {
        requests: tally.requests(),
        ok: tally.ended(Outcome::Ok),
        failed: tally.ended(Outcome::Failed),
        unknown: tally.ended(Outcome::Unknown),
        failed_but_applied: tally.contradicted(Outcome::Failed, true),
        ok_but_lost: tally.contradicted(Outcome::Ok, false),
        latency_us: ClientLatency { mean, p50, p99 },
    }
}

fn blocked(trace: &Trace) -> BlockedReport {
    let tally = &trace.tally;
    BlockedReport {
        operations: tally.blocked.max(tally.still_waiting()),
        max_us: tally.longest_wait.0,
        in_doubt_peak: tally.in_doubt_peak(),
        waiting_peak: tally.waiting_peak,
    }
}

fn divergence(judgement: &Judgement, duration: Us) -> DivergenceReport {
    let mut report = DivergenceReport::default();
    let (mut differs_us, mut moving_us): (u128, u128) = (0, 0);
    for (nth, &(at, differs, moving)) in judgement.area.iter().enumerate() {
        let until = judgement.area.get(nth + 1).map_or(duration, |next| next.0).min(duration);
        let span = u128::from(until.since(at).0);
        differs_us += span * u128::from(differs);
        moving_us += span * u128::from(moving);
        if differs > 0 && at <= duration {
            report.peak = report.peak.max(u64::from(differs));
        }
        if differs > 0 && report.first_us.is_none() {
            report.first_us = Some(at.0);
        }
        match (differs, report.first_us) {
            (0, Some(_)) if report.converged_us.is_none() => report.converged_us = Some(at.0),
            (0, _) => {}
            _ => report.converged_us = None,
        }
    }
    report.row_seconds = differs_us as f64 / 1e6;
    report.in_flight_row_seconds = moving_us as f64 / 1e6;
    report
}

fn detectors(
    plan: &Plan,
    trace: &Trace,
    judgement: &Judgement,
    alarms: &[Alarm],
    divergence: &DivergenceReport,
) -> Vec<DetectorReport> {
    let report = |(index, detector): (usize, &crate::scenario::plan::DetectorPlan)| {
        let own = || alarms.iter().filter(move |alarm| alarm.detector == index);
        let scheduled = || own().filter(|alarm| !alarm.last);
        let first_true = scheduled().find(|alarm| !alarm.is_false);
        let detect = first_true.and_then(|alarm| divergence.first_us.map(|first| alarm.at.0.saturating_sub(first)));
        let flags = || trace.tally.flags.iter().filter(move |(_, detector, ..)| *detector as usize == index);
        let wrong = flags().filter(|(at, _, store, key)| !judgement.state(usize::from(*store), *key, *at).differs());
        DetectorReport {
            id: detector.id.clone(),
            passes: trace.tally.looks_of(index),
            flagged_rows: flags().count() as u64,
            false_rows: wrong.count() as u64,
            alarms: own().count() as u64,
            false_alarms: own().filter(|alarm| alarm.is_false).count() as u64,
            first_alarm_us: scheduled().next().map(|alarm| alarm.at.0),
            detect_us: detect,
        }
    };
    plan.detectors.iter().enumerate().map(report).collect()
}

fn repair(plan: &Plan, trace: &Trace) -> RepairReport {
    let tally = &trace.tally;
    let mut report = RepairReport { runs: tally.passes, rows_read: tally.rows_read, ..RepairReport::default() };
    for (store, misses) in trace.ledger.stores.iter().zip(misses(plan)) {
        let (mended, harmed) = repaired(&trace.ledger, store, misses);
        (report.repaired, report.harmful) = (report.repaired + mended, report.harmful + harmed);
    }
    report
}

fn cost(trace: &Trace) -> CostReport {
    let tally = &trace.tally;
    CostReport {
        transactions: tally.transactions,
        queries: tally.queries,
        messages: tally.messages,
        outbox_peak_rows: tally.outbox_peak,
        outbox_rows_at_end: tally.outbox_left,
        inbox_peak_rows: tally.inbox_peak,
        wal_retained_peak_bytes: tally.wal_peak,
        consumer_lag_peak: tally.lag_peak,
        consumer_lag_clear_us: tally.lag_clear.map(|at| at.0),
    }
}

fn faults(plan: &Plan, trace: &Trace) -> Vec<FaultReport> {
    let report = |(fault, (fired, first)): (&crate::scenario::plan::FaultPlan, &(u64, Option<Us>))| FaultReport {
        fault: fault.text.clone(),
        fired: *fired,
        first_us: first.map(|at| at.0),
    };
    plan.faults.iter().zip(&trace.fired).map(report).collect()
}

fn fault_counts(plan: &Plan, trace: &Trace) -> FaultCounts {
    let crashed = plan.nodes.iter().zip(&trace.tally.crashes).filter(|(_, crashes)| **crashes > 0);
    FaultCounts { crashes: crashed.map(|(node, crashes)| (node.id.clone(), *crashes)).collect() }
}

fn invariants(trace: &Trace) -> Vec<InvariantReport> {
    let report = |law: &Law| {
        let broken = trace.checks.broken(*law);
        let witness = broken.map(|record| format!("record {}", record.0));
        InvariantReport { id: law.id().to_owned(), holds: broken.is_none(), witness }
    };
    Law::ALL.iter().map(report).collect()
}

fn notes(plan: &Plan, trace: &Trace) -> Vec<String> {
    let mut notes = plan.notes.clone();
    if plan.detectors.is_empty() {
        notes.push("No detector is on. This run can only be silent.".to_owned());
    }
    for (fault, (fired, _)) in plan.faults.iter().zip(&trace.fired) {
        let absent = fault.target == crate::scenario::plan::FaultTarget::Absent;
        if *fired == 0 && !absent {
            notes.push(format!("{} never struck.", fault.text));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_rank() {
        let q = quantiles(&mut (1..=100).collect::<Vec<u64>>());
        assert_eq!((q.p50, q.p95, q.p99, q.max, q.mean), (Some(50), Some(95), Some(99), Some(100), Some(50.5)));
        let one = quantiles(&mut [7]);
        assert_eq!((one.p50, one.p95, one.max), (Some(7), Some(7), Some(7)));
        assert_eq!(quantiles(&mut []), Quantiles::default());
    }
}
