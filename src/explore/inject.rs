//! The failure injection test in five steps, on any configuration: execute, crash between the commit and what follows,
//! restart, verify downstream, confirm the repair. Every step cites a record of the run.

use crate::kernel::time::Us;
use crate::run::account::Alarm;
use crate::run::recording::Recording;
use crate::scenario::permalink::{self, Extras};
use crate::scenario::plan::Plan;
use crate::scenario::{Document, Refusal};
use crate::strategy::CrashPoint;
use crate::world::ids::{Key, NodeId, Op, RecordId};
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
/// event heals what it loses.
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
        Some(format!("crash:{}@{}*{}", plan.node_name(chosen.node), point.id(), chosen.extra))
    };
    POINTS.into_iter().find_map(at)
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
    let steps = steps(&recording);
    Ok(head(recording.plan(), fault, &document, steps))
}

fn told(nth: usize, passed: bool, evidence: String, record: Option<RecordId>) -> InjectStep {
    InjectStep { step: nth as u32 + 1, title: TITLES[nth], passed, evidence, record: record.map(|record| record.0) }
}

fn steps(recording: &Recording) -> Vec<InjectStep> {
    let records = &recording.trace().records;
    let find = |wanted: &dyn Fn(&Record) -> bool| records.iter().position(wanted).map(|at| RecordId(at as u32));
    let crash = find(&|record| record.kind == Kind::Crashed && record.extra == 0 && record.detail > 0);
    // The crash is caused by the record of passing its point, which knows the operation.
    let passed = crash.and_then(|crash| records.get(records[crash.index()].cause.index()));
    let op = passed.map_or(Op::NONE, |passed| passed.op);
    let commit = find(&|record| record.kind == Kind::Committed && record.op == op);
    let node = crash.map_or(NodeId::NONE, |crash| records[crash.index()].node);
    let drain = find(&|record| record.kind == Kind::DrainBegan).unwrap_or(RecordId::NONE);
    let restart = (0..records.len()).map(|at| RecordId(at as u32)).find(|at| {
        let record = &records[at.index()];
        record.kind == Kind::Restarted && record.node == node && Some(*at) > crash && *at < drain
    });
    let cite = |record: Option<RecordId>, none: &str| match record {
        Some(record) => sentence(recording, record),
        None => none.to_owned(),
    };
    let mut steps = vec![
        told(0, commit.is_some(), cite(commit, "The transaction did not commit."), commit),
        told(1, crash.is_some(), cite(crash, "The crash did not strike."), crash),
        told(2, restart.is_some(), cite(restart, "The node did not come back before the load stopped."), restart),
    ];
    match commit.map(|commit| (records[commit.index()].key, records[commit.index()].at)) {
        Some((key, at)) => steps.extend([verify(recording, key, at), repaired(recording, key, at)]),
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

/// In which store a row differs, and since when, after an instant.
fn differs(recording: &Recording, key: Key, from: Us) -> Option<(usize, Us)> {
    let stores = 0..recording.trace().ledger.stores.len();
    let first = |store: usize| {
        let states = recording.judgement().states(store, key);
        states.iter().find(|(at, state)| *at >= from && state.differs()).map(|(at, _)| (store, *at))
    };
    stores.filter_map(first).min_by_key(|(_, at)| *at)
}

fn store_name(recording: &Recording, store: usize) -> &str {
    recording.plan().stores.get(store).map_or("broker", |store| &store.id)
}

fn verify(recording: &Recording, key: Key, from: Us) -> InjectStep {
    let (plan, records) = (recording.plan(), &recording.trace().records);
    let name = plan.key_name(key);
    let Some((store, since)) = differs(recording, key, from) else {
        let shown = records.iter().rposition(|record| {
            matches!(record.kind, Kind::Applied | Kind::NotNewer | Kind::Appended) && record.key == key
        });
        let shown = shown.map(|at| RecordId(at as u32));
        let evidence = shown.map_or_else(String::new, |record| sentence(recording, record));
        return told(3, true, format!("{name} never differs downstream. {evidence}"), shown);
    };
    let place = store_name(recording, store);
    let alarm = recording.alarms().iter().find(|alarm| !alarm.is_false && alarm.at >= since);
    let id = alarm.and_then(|alarm| record_of_alarm(recording, alarm));
    let when = crate::run::words::instant(since);
    match id {
        Some(id) => {
            told(3, true, format!("{name} differs in {place} since {when}. {}", sentence(recording, id)), Some(id))
        }
        None => {
            let cause = recording.cause(store, key, since).map(|(record, _)| record);
            let evidence = cause.map_or_else(String::new, |record| sentence(recording, record));
            let silent = format!("{name} differs in {place} since {when}, and nobody notices. {evidence}");
            told(3, false, silent, cause)
        }
    }
}

fn repaired(recording: &Recording, key: Key, from: Us) -> InjectStep {
    let (records, ended) = (&recording.trace().records, recording.trace().ended);
    let name = recording.plan().key_name(key);
    let still = (0..recording.trace().ledger.stores.len())
        .find(|store| recording.judgement().state(*store, key, ended).differs());
    if let Some(store) = still {
        let cause = recording.cause(store, key, ended).map(|(record, _)| record);
        let evidence = format!("{name} still differs in {} after the drain.", store_name(recording, store));
        return told(4, false, evidence, cause);
    }
    if differs(recording, key, from).is_none() {
        let last = records.len().checked_sub(1).map(|at| RecordId(at as u32));
        return told(4, true, format!("{name} never differed: there is nothing to repair."), last);
    }
    let mended = records.iter().rposition(|record| record.kind == Kind::Applied && record.key == key);
    let mended = mended.map(|at| RecordId(at as u32));
    let evidence = mended.map_or_else(String::new, |record| sentence(recording, record));
    told(4, true, format!("{name} is as in the database again. {evidence}"), mended)
}
