//! The failure injection test in five steps, on any configuration: execute, crash between the commit and what follows,
//! restart, verify downstream, confirm the repair. Every step cites a record of the run.

use crate::kernel::time::Us;
use crate::run::account::{Alarm, event_anomalies};
use crate::run::recording::Recording;
use crate::run::report::Verdict;
use crate::scenario::permalink::{self, Extras};
use crate::scenario::plan::Plan;
use crate::scenario::{Document, Refusal};
use crate::strategy::CrashPoint;
use crate::truth::anomaly::{Anomaly, RowState};
use crate::world::ids::{Key, NodeId, Op, RecordId};
use crate::world::observe::BY_REPAIR;
use crate::world::record::{Kind, Record};
use serde::Serialize;

/// One step of the test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InjectStep {
    /// From 1.
    pub step: u32,
    /// What is done.
    pub title: &'static str,
    /// Whether it went as it should.
    pub passed: bool,
    /// What shows that, in a sentence.
    pub evidence: String,
    /// The record that it is read from.
    pub record: Option<u32>,
}

/// What came of the test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Injection {
    /// The scenario.
    pub scenario: String,
    /// Its strategy.
    pub strategy: String,
    /// The crash that was forced.
    pub fault: String,
    /// The permalink of the run.
    pub replay: String,
    /// The five steps.
    pub steps: Vec<InjectStep>,
    /// Whether all passed.
    pub passed: bool,
}

const TITLES: [&str; 5] = [
    "Execute a business transaction",
    "Force a crash after the commit",
    "Restart",
    "Verify whether every downstream system reflects it, or somebody notices",
    "Confirm that what differs is repaired",
];

/// Where a crash falls after the commit, most telling first.
const POINTS: [CrashPoint; 4] =
    [CrashPoint::AppCommitPublish, CrashPoint::AppCommitReply, CrashPoint::AppCommitAck, CrashPoint::SourceCommitAck];

/// The document without its own scripted faults.
#[must_use]
pub fn faultless(document: &Document) -> Document {
    let mut document = document.clone();
    while !document.faults().is_empty() {
        document.remove_fault(0);
    }
    document
}

/// A crash right after a commit of that run, in short form: the first whose row nothing changes later, so that no later
/// event heals what it loses. If its node would be up again only after the load has stopped, the crash is shorter.
#[must_use]
pub fn crash_after_commit(recording: &Recording) -> Option<String> {
    let (plan, records) = (recording.plan(), &recording.trace().records);
    let at = |point: CrashPoint| {
        let passed = |record: &&Record| record.kind == Kind::Passed && record.detail == point as u8;
        let mut passes = records.iter().take_while(|record| record.kind != Kind::DrainBegan).filter(passed);
        let first = passes.clone().next()?;
        let last = |record: &&Record| {
            let commits = records.iter().filter(|commit| commit.kind == Kind::Committed);
            let own = commits.clone().find(|commit| commit.op == record.op);
            own.is_some_and(|own| !commits.clone().any(|later| later.key == own.key && later.at > own.at))
        };
        let chosen = passes.find(last).unwrap_or(first);
        let length = shorter(plan, chosen).map_or_else(String::new, |span| format!("+{span}"));
        Some(format!("crash:{}@{}*{}{length}", plan.node_name(chosen.node), point.id(), chosen.extra))
    };
    POINTS.into_iter().find_map(at)
}

/// How long a crash there may take at most, if its node's own restart falls after the load has stopped: half of what is
/// left of the run, so that there is load after it.
fn shorter(plan: &Plan, passed: &Record) -> Option<Us> {
    let (restart, left) = (plan.nodes[passed.node.index()].restart, plan.duration.since(passed.at));
    let half = left.0 / 2;
    (restart >= left && half > 0).then_some(Us(if half > 1000 { half - half % 1000 } else { half }))
}

/// The test on a document.
pub fn inject(document: &Document) -> Result<Injection, Vec<Refusal>> {
    let base = faultless(document);
    let calm = Recording::run(base.plan()?);
    let head = |plan: &Plan, fault: String, document: &Document, steps: Vec<InjectStep>| {
        let passed = steps.len() == TITLES.len() && steps.iter().all(|step| step.passed);
        let (scenario, strategy) = (plan.scenario.clone(), plan.strategy.id().to_owned());
        Injection { scenario, strategy, fault, replay: permalink::encode(document, &Extras::default()), steps, passed }
    };
    let Some(fault) = crash_after_commit(&calm) else {
        let nothing = |n: usize| told(n, false, "No transaction was committed in the run.".to_owned(), None);
        return Ok(head(calm.plan(), String::new(), &base, (0..TITLES.len()).map(nothing).collect()));
    };
    let mut document = base;
    document.add_fault(&fault)?;
    let recording = Recording::run(document.plan()?);
    let steps = steps(&recording, &calm);
    Ok(head(recording.plan(), fault, &document, steps))
}

fn told(nth: usize, passed: bool, evidence: String, record: Option<RecordId>) -> InjectStep {
    let evidence = evidence.trim_end().to_owned();
    InjectStep { step: nth as u32 + 1, title: TITLES[nth], passed, evidence, record: record.map(|record| record.0) }
}

fn find(recording: &Recording, wanted: impl Fn(RecordId, &Record) -> bool) -> Option<RecordId> {
    let all = (0..).zip(&recording.trace().records).map(|(at, record)| (RecordId(at), record));
    all.into_iter().find(|(at, record)| wanted(*at, record)).map(|(at, _)| at)
}

fn steps(recording: &Recording, calm: &Recording) -> Vec<InjectStep> {
    let records = &recording.trace().records;
    let crash = find(recording, |_, record| record.kind == Kind::Crashed && record.extra == 0 && record.detail > 0);
    // The crash is caused by the record of passing its point, which knows the operation.
    let passed = crash.and_then(|crash| records.get(records[crash.index()].cause.index()));
    let op = passed.map_or(Op::NONE, |passed| passed.op);
    let commit = find(recording, |_, record| record.kind == Kind::Committed && record.op == op);
    let node = crash.map_or(NodeId::NONE, |crash| records[crash.index()].node);
    let drain = find(recording, |_, record| record.kind == Kind::DrainBegan).unwrap_or(RecordId::NONE);
    let restart = find(recording, |at, record| {
        record.kind == Kind::Restarted && record.node == node && Some(at) > crash && at < drain
    });
    let cite = |record: Option<RecordId>, none: &str| match record {
        Some(record) => sentence(recording, record),
        None => none.to_owned(),
    };
    let mut back = cite(restart, "The load stops before the node can be back.");
    if let (Some(_), Some(span)) = (restart, recording.plan().faults.first().and_then(|fault| fault.span)) {
        let own = recording.plan().nodes[node.index()].restart;
        back += &format!(" It was down for {span} only: after its own {own} the load would have stopped.");
    }
    let mut steps = vec![
        told(0, commit.is_some(), cite(commit, "The transaction did not commit."), commit),
        told(1, crash.is_some(), cite(crash, "The crash did not strike."), crash),
        told(2, restart.is_some(), back, restart),
    ];
    match commit {
        Some(commit) => {
            let spans = differences(recording, calm, &records[commit.index()]);
            steps.extend([verify(recording, calm, commit, &spans), repaired(recording, calm, &spans)]);
        }
        None => steps.extend((3..5).map(|n| told(n, false, "There is nothing to verify.".to_owned(), None))),
    }
    steps
}

/// `record 70, 3.000 s: app crashes`.
#[must_use]
pub fn sentence(recording: &Recording, record: RecordId) -> String {
    let line = recording.event_line(record);
    format!("{}: {} {}.", crate::run::words::instant(line.at), line.node, line.text)
}

/// The record of an alarm.
#[must_use]
pub fn record_of_alarm(recording: &Recording, alarm: &Alarm) -> Option<RecordId> {
    let own = |record: &Record| {
        record.kind == Kind::Alarm && record.at == alarm.at && record.extra as usize == alarm.detector
    };
    recording.trace().records.iter().position(own).map(|at| RecordId(at as u32))
}

/// A time in which a row differs.
#[derive(Clone, Copy, Debug)]
struct Span {
    store: usize,
    key: Key,
    since: Us,
    /// `Us::NEVER` if it does for good.
    until: Us,
}

/// Every time in which some row differs that is not over when a row was committed: that row first. What heals, and is so
/// without the crash too, is no matter of the crash.
fn differences(recording: &Recording, calm: &Recording, commit: &Record) -> Vec<Span> {
    let own = std::iter::once(commit.key);
    let others = (0..recording.plan().keys()).map(|key| Key(key as u32)).filter(|key| *key != commit.key);
    let mut spans = Vec::new();
    for key in own.chain(others) {
        for store in 0..recording.trace().ledger.stores.len() {
            let states = recording.judgement().states(store, key);
            // From one kind of difference to the next it differs all the same.
            let mut open: Option<Us> = None;
            for &(at, state) in states.iter().chain([&(Us::NEVER, RowState::NoRow)]) {
                match open {
                    None if state.differs() => open = Some(at),
                    Some(since) if !state.differs() => {
                        open = None;
                        let mere = key != commit.key && at != Us::NEVER;
                        if at > commit.at && !(mere && calm.judgement().state(store, key, since).differs()) {
                            spans.push(Span { store, key, since, until: at });
                        }
                    }
                    None | Some(_) => {}
                }
            }
        }
    }
    spans
}

fn store_name(recording: &Recording, store: usize) -> &str {
    recording.plan().stores.get(store).map_or("broker", |store| &store.id)
}

/// The node that stands for a store.
fn store_node(recording: &Recording, store: usize) -> Option<NodeId> {
    let roles = &recording.plan().roles;
    roles.stores.get(store).copied().or(roles.broker)
}

/// `product-3 differs in cache since 8.017 s, without the crash too`
fn differs(recording: &Recording, calm: &Recording, span: Span) -> String {
    let (name, when) = (recording.plan().key_name(span.key), crate::run::words::instant(span.since));
    let too = match calm.judgement().state(span.store, span.key, span.since).differs() {
        true => ", without the crash too",
        false => "",
    };
    format!("{name} differs in {} since {when}{too}", store_name(recording, span.store))
}

fn verify(recording: &Recording, calm: &Recording, commit: RecordId, spans: &[Span]) -> InjectStep {
    let alarm = |span: &Span| {
        let during = |alarm: &&Alarm| !alarm.is_false && alarm.at >= span.since && alarm.at <= span.until;
        recording.alarms().iter().find(during).and_then(|alarm| record_of_alarm(recording, alarm))
    };
    if let Some(span) = spans.iter().find(|span| alarm(span).is_none()) {
        let cause = recording.cause(span.store, span.key, span.since).map(|(record, _)| record);
        let evidence = cause.map_or_else(String::new, |record| sentence(recording, record));
        let silent = format!("{}, and nobody notices. {evidence}", differs(recording, calm, *span));
        return told(3, false, silent, cause);
    }
    if let Some((span, id)) = spans.first().and_then(|span| Some((span, alarm(span)?))) {
        return told(3, true, format!("{}. {}", differs(recording, calm, *span), sentence(recording, id)), Some(id));
    }
    let shown = shown(recording, commit).or_else(|| ended(recording));
    let evidence = shown.map_or_else(String::new, |record| sentence(recording, record));
    told(3, true, format!("No row differs downstream. {evidence}"), shown)
}

fn ended(recording: &Recording) -> Option<RecordId> {
    find(recording, |_, record| record.kind == Kind::DrainEnded)
}

/// Where the last of the stores, or the log if there is none, is told of what was committed; or of its row, if it was
/// overtaken.
fn shown(recording: &Recording, commit: RecordId) -> Option<RecordId> {
    let records = &recording.trace().records;
    let commit = &records[commit.index()];
    let takes = |record: &Record| match recording.plan().stores.is_empty() {
        true => record.kind == Kind::Appended,
        false => {
            let told = matches!(record.kind, Kind::Applied | Kind::NotNewer | Kind::Known);
            told && recording.plan().roles.stores.contains(&record.node)
        }
    };
    let last = |own: &dyn Fn(&Record) -> bool| {
        records.iter().rposition(|record| takes(record) && own(record)).map(|at| RecordId(at as u32))
    };
    last(&|record| record.event == commit.event && record.extra != BY_REPAIR)
        .or_else(|| last(&|record| record.key == commit.key && record.at >= commit.at))
}

fn repaired(recording: &Recording, calm: &Recording, spans: &[Span]) -> InjectStep {
    let trace = recording.trace();
    if let Some(span) = spans.iter().find(|span| span.until == Us::NEVER) {
        let cause = recording.cause(span.store, span.key, trace.ended).map(|(record, _)| record);
        let shows = cause.map_or_else(String::new, |record| sentence(recording, record));
        return told(4, false, format!("{}, for good. {shows}", differs(recording, calm, *span)), cause);
    }
    // With no store the log stands for it, where what a later event of the row hides is missing all the same.
    if recording.plan().stores.is_empty() && recording.report().verdict == Verdict::Diverged {
        let wrong = |(anomaly, _): &(Anomaly, _)| matches!(anomaly, Anomaly::Lost | Anomaly::GhostEvent);
        let mut events = event_anomalies(trace, 0).into_iter().filter(wrong).filter_map(|(_, found)| found);
        let record = events.next().map(|(_, record)| record);
        let shows = record.map_or_else(String::new, |record| sentence(recording, record));
        return told(4, false, format!("The log differs from what was committed, for good. {shows}"), record);
    }
    let Some(last) = spans.iter().max_by_key(|span| span.until) else {
        let ended = ended(recording);
        let shows = ended.map_or_else(String::new, |record| sentence(recording, record));
        return told(4, true, format!("No row differed: there is nothing to repair. {shows}"), ended);
    };
    let states = recording.judgement().states(last.store, last.key);
    let equal = |(at, state): &&(Us, RowState)| *at >= last.until && matches!(state, RowState::Same | RowState::NoRow);
    let at = states.iter().find(equal).map_or(last.until, |(at, _)| *at);
    let node = store_node(recording, last.store);
    let same = |own: &dyn Fn(&Record) -> bool| find(recording, |_, record| record.at == at && own(record));
    let changes = |kind: Kind| matches!(kind, Kind::Applied | Kind::Filled | Kind::Denied | Kind::Evicted);
    let mended = same(&|record| Some(record.node) == node && record.key == last.key && changes(record.kind))
        .or_else(|| same(&|record| record.key == last.key && record.kind == Kind::Committed))
        .or_else(|| same(&|record| Some(record.node) == node && matches!(record.kind, Kind::Emptied | Kind::Swapped)));
    let evidence = mended.map_or_else(String::new, |record| sentence(recording, record));
    told(4, true, format!("{} is as in the database again. {evidence}", recording.plan().key_name(last.key)), mended)
}
