//! The story: what does not change with the cursor. Verdict, faults, alarms, the divergence area, instants to jump to.

use super::account::Alarm;
use super::frame::{AlarmMark, FaultChip, FaultMark, RowState, Stops, Story, VerdictLine};
use super::report::{Report, Verdict};
use super::stage::short_key;
use super::trace::Trace;
use super::words::{count, instant, short_instant, span};
use crate::kernel::sorted::{sort, sort_by_key};
use crate::kernel::time::Us;
use crate::scenario::plan::{FaultKind, FaultPlan, FaultTarget, FaultWhen, Plan};
use crate::strategy::machine::Verb;
use crate::truth::judge::Judgement;
use crate::world::ids::{Key, RecordId};
use crate::world::record::{Kind, Record};

/// The story of a finished run.
#[must_use]
pub fn story(
    plan: &Plan,
    trace: &Trace,
    judgement: &Judgement,
    report: &Report,
    alarms: &[Alarm],
    opens_at: Option<Us>,
) -> Story {
    let stops = stops(trace, judgement, alarms);
    let faults = fault_marks(plan, trace);
    // The most telling moment: just after the fault that begins the first difference, or the first difference itself.
    let first = report.divergence.first_us.map(Us);
    let telling = first.map(|first| {
        faults.iter().map(|mark| mark.at).find(|at| *at >= first && at.since(first) < Us::secs(1)).unwrap_or(first)
    });
    let telling = telling.or_else(|| faults.first().map(|mark| mark.at)).map_or(Us::ZERO, |at| at.after(Us::millis(3)));
    Story {
        keys: (0..plan.keys() as u32).map(|key| (plan.key_name(Key(key)), short_key(plan, Key(key)))).collect(),
        opens_at: opens_at.unwrap_or(telling).min(trace.ended),
        duration: plan.duration,
        ends: trace.ended.max(plan.duration),
        records: trace.records.len() as u32,
        path: path(plan),
        verdict: verdict(plan, trace, report),
        chips: plan.faults.iter().zip(&trace.fired).map(|(fault, fired)| chip(plan, fault, *fired)).collect(),
        faults,
        alarms: alarms.iter().map(|alarm| alarm_mark(plan, trace, alarm)).collect(),
        alarms_line: alarms_line(plan, alarms),
        area: judgement.area.clone(),
        area_words: area_words(judgement, report),
        stops,
        again: again(trace),
    }
}

/// The first record of an event that reaches a store which has had it.
fn again(trace: &Trace) -> Option<(RecordId, Us)> {
    let first = trace.ledger.stores.iter().filter_map(|store| store.first_duplicate.some()).min()?;
    trace.records.get(first.index()).map(|record| (first, record.at))
}

/// `direct-db-first: write the database, then call the search index`
fn path(plan: &Plan) -> String {
    let second = match (plan.roles.broker.is_some(), plan.stores.as_slice()) {
        (true, _) => "publish to the broker".to_owned(),
        (false, [one]) => format!("call {}", one.id),
        (false, stores) => format!("call {} stores", stores.len()),
    };
    let steps = plan.strategy.steps();
    let at = |verb: Verb| steps.iter().position(|step| step.verb == verb);
    if at(Verb::Validate).is_some() {
        return format!("{}: {second} and answer; the app's own consumer writes the database", plan.strategy.id());
    }
    if at(Verb::CommitAll).is_some() {
        return format!("{}: write the row; a coordinator makes all participants commit, or none", plan.strategy.id());
    }
    if at(Verb::Buffer).is_some() {
        return format!("{}: write the database, answer, and {second} from a buffer later", plan.strategy.id());
    }
    let way = match (at(Verb::Publish), at(Verb::Commit), at(Verb::Enqueue)) {
        (Some(_), Some(_), _) if plan.strategy.publishes_inside() => {
            format!("write the row, {second} inside the transaction, then commit")
        }
        (Some(publish), Some(commit), _) if publish < commit => format!("{second}, then write the database"),
        (Some(_), ..) => format!("write the database, then {second}"),
        (None, _, Some(_)) => "write the row and an outbox row together; the relay publishes".to_owned(),
        (None, ..) if plan.strategy.has_connector() => {
            "write the database; the connector reads its log and publishes".to_owned()
        }
        (None, ..) => "write the database".to_owned(),
    };
    format!("{}: {way}", plan.strategy.id())
}

fn verdict(plan: &Plan, trace: &Trace, report: &Report) -> VerdictLine {
    let sum = |of: fn(&super::report::StoreReport) -> u64| report.stores.iter().map(of).sum::<u64>();
    let counts = [
        (RowState::Missing, sum(|s| s.missing)),
        (RowState::Ghost, sum(|s| s.ghost)),
        (RowState::Stale, sum(|s| s.stale)),
        (RowState::DuplicateEffect, sum(|s| s.duplicate_effects)),
    ];
    let worst = counts.iter().find(|(_, n)| *n > 0).map_or(RowState::Same, |(state, _)| *state);
    let noticed = report.detectors.iter().filter_map(|detector| detector.first_alarm_us).min();
    let word = match (report.verdict, report.silent, noticed) {
        (Verdict::Diverged, true, _) => "diverged, silent".to_owned(),
        (Verdict::Diverged, false, Some(at)) => format!("diverged, noticed at {}", short_instant(Us(at))),
        (Verdict::Diverged, false, None) => "diverged, noticed at the last look".to_owned(),
        (Verdict::Consistent | Verdict::Blocked, ..) => report.verdict.id().to_owned(),
    };
    let mut lines: Vec<String> = counts
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(state, n)| match state {
            RowState::DuplicateEffect => format!("{} too many.", count(*n, "effect")),
            _ => format!("{} {} for good.", count(*n, "row"), state.word()),
        })
        .collect();
    if report.verdict == Verdict::Consistent {
        lines.push("Nothing differs.".to_owned());
    }
    if report.ledger.duplicates > 0 {
        lines.push(format!("{} delivered again.", count(report.ledger.duplicates, "event")));
    }
    let fired = report.detectors.iter().filter(|detector| detector.alarms > detector.false_alarms).count();
    lines.push(match report.detectors.len() {
        0 => "No detector is on.".to_owned(),
        all => format!("{fired} of {} fired.", count(all as u64, "detector")),
    });
    let head = format!("Verdict at the end, {}", short_instant(trace.ended.max(plan.duration)));
    VerdictLine { mark: worst, blocked: report.verdict == Verdict::Blocked, word, head, lines }
}

/// `crash app, 12.5 s`
fn fault_words(plan: &Plan, fault: &FaultPlan) -> String {
    let whom = match fault.target {
        FaultTarget::Node(node) => plan.node_name(node).to_owned(),
        FaultTarget::Link(link) => plan.link_name(link).to_owned(),
        FaultTarget::Key(key) => plan.key_name(key),
        FaultTarget::Absent => {
            let rest = fault.text.split_once(':').map_or("", |(_, rest)| rest);
            rest.split(['@', '*']).next().unwrap_or("").to_owned()
        }
    };
    let when = match fault.when {
        FaultWhen::At(at) => short_instant(at),
        FaultWhen::Pass(Some(point), 0) => format!("{}, every time", super::narrate::point_words(point)),
        FaultWhen::Pass(Some(point), pass) => format!("{}, pass {pass}", super::narrate::point_words(point)),
        FaultWhen::Pass(None, 0) => "every time".to_owned(),
        FaultWhen::Pass(None, number) => format!("number {number}"),
    };
    format!("{} {whom}, {when}", fault.kind.id())
}

fn chip(plan: &Plan, fault: &FaultPlan, (fired, struck): (u64, Option<Us>)) -> FaultChip {
    let words = fault_words(plan, fault);
    let idle = match (fired, fault.target) {
        (0, FaultTarget::Absent) => format!("{words}: {} has nothing of that name.", plan.strategy.id()),
        (0, _) => format!("{words}: it never struck in this run."),
        _ => String::new(),
    };
    let at_gap = fault.kind == FaultKind::Crash && matches!(fault.when, FaultWhen::Pass(..));
    FaultChip { text: fault.text.clone(), words, idle, struck, at_gap }
}

fn fault_marks(plan: &Plan, trace: &Trace) -> Vec<FaultMark> {
    let mut marks = Vec::new();
    for record in &trace.records {
        match record.kind {
            Kind::FailedOver => {
                let until = Us(record.value).min(plan.duration.max(record.at));
                let text =
                    format!("failover {}, no leader for {}", plan.node_name(record.node), span(until.since(record.at)));
                marks.push(FaultMark { at: record.at, until, text, crash: true });
            }
            // The death of a leader is told by its failover.
            Kind::Crashed if trace.records.get(record.cause.index()).is_some_and(|c| c.kind == Kind::FailedOver) => {}
            Kind::Crashed => {
                let until = Us(record.value).min(plan.duration.max(record.at));
                let down = if record.value == u64::MAX {
                    "down until the drain".to_owned()
                } else {
                    format!("down {}", span(until.since(record.at)))
                };
                let text = format!("crash {}, {down}", plan.node_name(record.node));
                marks.push(FaultMark { at: record.at, until, text, crash: true });
            }
            Kind::LinkFault => {
                let until = Us(record.value).min(plan.duration.max(record.at));
                let text = format!("cut {}, {}", plan.link_name(record.link), span(until.since(record.at)));
                marks.push(FaultMark { at: record.at, until, text, crash: false });
            }
            _ => {} // Only crashes and cuts last.
        }
    }
    for (fault, (fired, first)) in plan.faults.iter().zip(&trace.fired) {
        let lasting = matches!(
            fault.kind,
            FaultKind::Crash | FaultKind::Off | FaultKind::Cut | FaultKind::Restart | FaultKind::Failover
        );
        if let (false, true, Some(at)) = (lasting, *fired > 0, first) {
            marks.push(FaultMark { at: *at, until: *at, text: fault_words(plan, fault), crash: false });
        }
    }
    sort_by_key(&mut marks, |mark| mark.at);
    marks
}

fn alarm_mark(plan: &Plan, trace: &Trace, alarm: &Alarm) -> AlarmMark {
    let (detector, records) = (detector_id(plan, alarm), &trace.records);
    let is = |record: &Record| record.kind == Kind::Alarm && record.extra as usize == alarm.detector;
    let from = records.partition_point(|record| record.at < alarm.at);
    let place = records[from..].iter().position(is).unwrap_or(0);
    AlarmMark { at: alarm.at, detector, false_alarm: alarm.is_false, record: RecordId((from + place) as u32) }
}

fn detector_id(plan: &Plan, alarm: &Alarm) -> String {
    plan.detectors.get(alarm.detector).map_or_else(String::new, |detector| detector.id.clone())
}

fn alarms_line(plan: &Plan, alarms: &[Alarm]) -> String {
    match (plan.detectors.len(), alarms) {
        (0, _) => "none. No detector is on".to_owned(),
        (1, []) => "none. The detector does not fire in this run".to_owned(),
        (2, []) => "none. Neither of the 2 detectors fires in this run".to_owned(),
        (n, []) => format!("none. None of the {n} detectors fires in this run"),
        (_, alarms) => {
            let first = alarms.iter().min_by_key(|alarm| alarm.at);
            let words = |alarm: &Alarm| {
                let kind = if alarm.is_false { "false alarm of" } else { "alarm of" };
                format!("{kind} {}, {}", detector_id(plan, alarm), instant(alarm.at))
            };
            first.map_or_else(String::new, words)
        }
    }
}

fn area_words(judgement: &Judgement, report: &Report) -> Option<(String, String)> {
    let first = Us(report.divergence.first_us?);
    let peak = judgement.area.iter().map(|(_, differs, _)| *differs).max().unwrap_or(0);
    let worst = ["missing", "ghost", "stale"];
    let sums = [
        report.stores.iter().map(|s| s.missing).sum::<u64>(),
        report.stores.iter().map(|s| s.ghost).sum(),
        report.stores.iter().map(|s| s.stale).sum(),
    ];
    let only =
        if sums.iter().filter(|n| **n > 0).count() == 1 { worst.iter().zip(sums).find(|(_, n)| *n > 0) } else { None };
    let rows = match only {
        Some((word, n)) if n == u64::from(peak) => format!("{} {word}", count(n, "row")),
        Some(_) | None => format!("{} differ at most", count(u64::from(peak), "row")),
    };
    let rows = rows.replace("1 row differ at most", "1 row differs");
    let until = match report.divergence.converged_us {
        Some(at) => format!("from {} to {}; then nothing differs", instant(first), instant(Us(at))),
        None => format!("from {} to the end of the run; it never converges", instant(first)),
    };
    Some((rows, until))
}

fn stops(trace: &Trace, judgement: &Judgement, alarms: &[Alarm]) -> Stops {
    let mut stops = Stops { alarms: alarms.iter().map(|alarm| alarm.at).collect(), ..Stops::default() };
    for record in &trace.records {
        match record.kind {
            Kind::Passed => stops.crash_points.push(record.at),
            Kind::Crashed | Kind::LinkFault | Kind::Restarted => stops.faults.push(record.at),
            _ => {} // Nothing to stop at.
        }
    }
    let mut before = 0;
    for &(at, differs, _) in &judgement.area {
        if differs != before {
            stops.differences.push(at);
        }
        before = differs;
    }
    for list in [&mut stops.crash_points, &mut stops.differences, &mut stops.faults, &mut stops.alarms] {
        sort(list);
        list.dedup();
    }
    stops
}
