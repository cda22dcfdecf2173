//! The operational checklist and the anti-patterns, answered from runs: what a configuration does, not what it says.
//!
//! Each answer is read from a run, some of them with a fault put in, and cites a record of it. The link that stands
//! beside the answer makes the run again.

use super::inject::{crash_after_commit, faultless, record_of_alarm, sentence};
use crate::kernel::sorted::sort;
use crate::kernel::time::Us;
use crate::run::account::event_anomalies;
use crate::run::recording::Recording;
use crate::scenario::permalink::{self, Extras};
use crate::scenario::{Document, Refusal};
use crate::world::ids::{LinkId, Op, Outcome, RecordId};
use crate::world::record::{Kind, Parcel, Record};
use serde::Serialize;

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The question of the checklist, or the name of the anti-pattern.
    pub subject: &'static str,
    /// `yes` or `no`; of an anti-pattern: whether it is present.
    pub yes: bool,
    /// Whether that is as it should be.
    pub good: bool,
    /// What shows it, in a sentence.
    pub evidence: String,
    /// The record that it is read from.
    pub record: u32,
    /// The faults of the run that it is read from.
    pub faults: Vec<String>,
    /// The permalink of that run.
    pub replay: String,
}

/// All answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// The scenario.
    pub scenario: String,
    /// Its strategy.
    pub strategy: String,
    /// The five questions of the checklist.
    pub checklist: Vec<Answer>,
    /// The five anti-patterns.
    pub anti_patterns: Vec<Answer>,
}

/// The questions of the operational checklist.
pub const CHECKLIST: [&str; 5] = [
    "Are any operations writing to multiple systems separately?",
    "Is atomicity guaranteed at least for primary state and event log?",
    "Are reconciliation jobs implemented?",
    "Are event publishing failures monitored?",
    "Is idempotency enforced downstream?",
];

/// The anti-patterns.
pub const ANTI_PATTERNS: [&str; 5] = [
    "Assuming that the publish call will always succeed",
    "No retry mechanism for the second write",
    "No monitoring for divergence",
    "No reconciliation job",
    "Mixing business logic with side-effect publishing in the same request thread",
];

/// How a document is run: a test may put other behaviour behind the same configuration.
pub type Runner<'a> = &'a dyn Fn(&Document) -> Result<Recording, Vec<Refusal>>;

/// Audits a document by runs of it.
pub fn audit(document: &Document) -> Result<Audit, Vec<Refusal>> {
    audit_by(document, &|document| Ok(Recording::run(document.plan()?)))
}

/// Audits what a runner makes of a document.
pub fn audit_by(document: &Document, run: Runner<'_>) -> Result<Audit, Vec<Refusal>> {
    let auditor = Auditor { base: faultless(document), run };
    let calm = auditor.with(&[])?;
    let plan = calm.recording.plan();
    let (scenario, strategy) = (plan.scenario.clone(), plan.strategy.id().to_owned());
    let failing = auditor.failing(&calm)?;
    let checklist = vec![
        separate(&calm),
        auditor.atomic(&calm)?,
        reconciled(&calm),
        monitored(&calm, &failing),
        auditor.idempotent(&calm)?,
    ];
    let anti_patterns = vec![
        assumes(&failing),
        auditor.retries(&calm)?,
        auditor.watched(&calm)?,
        Answer { subject: ANTI_PATTERNS[3], yes: !checklist[2].yes, ..checklist[2].clone() },
        same_thread(&calm),
    ];
    Ok(Audit { scenario, strategy, checklist, anti_patterns })
}

/// A run with faults put in.
struct Tried {
    faults: Vec<String>,
    document: Document,
    recording: Recording,
}

impl Tried {
    fn records(&self) -> &[Record] {
        &self.recording.trace().records
    }

    fn find(&self, wanted: impl Fn(&Record) -> bool) -> Option<RecordId> {
        self.records().iter().position(wanted).map(|at| RecordId(at as u32))
    }

    /// An answer that cites a record of this run; its last one, if there is no better.
    fn says(&self, subject: &'static str, yes: bool, good: bool, words: &str, record: Option<RecordId>) -> Answer {
        let record = record.unwrap_or(RecordId(self.records().len().saturating_sub(1) as u32));
        let evidence = format!("{words} {}", sentence(&self.recording, record));
        let replay = permalink::encode(&self.document, &Extras::default());
        Answer { subject, yes, good, evidence, record: record.0, faults: self.faults.clone(), replay }
    }

    fn is_from_app(&self, record: &Record) -> bool {
        record.node == self.recording.plan().roles.app
    }

    /// The record to blame for the first of these anomalies; where no store is declared the log stands for them.
    fn witness(&self, anomalies: &[&str]) -> Option<RecordId> {
        let report = self.recording.report();
        if report.stores.is_empty() {
            let trace = self.recording.trace();
            let log = trace.ledger.stores.first().map(|_| event_anomalies(trace, 0));
            let mut shown = log.into_iter().flatten().filter(|(anomaly, _)| anomalies.contains(&anomaly.id()));
            return shown.find_map(|(_, found)| found).map(|(_, record)| record);
        }
        let mut all = report.stores.iter().flat_map(|store| &store.witnesses);
        all.find(|witness| anomalies.contains(&witness.anomaly.as_str())).map(|witness| RecordId(witness.record))
    }

    /// The record to blame for what differs after the drain.
    fn difference(&self) -> Option<RecordId> {
        match self.recording.report().stores.is_empty() {
            true => self.witness(&["lost", "ghost-event"]),
            false => self.witness(&["missing", "stale", "ghost", "duplicate-effect"]),
        }
    }

    /// The first true alarm.
    fn alarm(&self) -> Option<RecordId> {
        let alarm = self.recording.alarms().iter().find(|alarm| !alarm.is_false)?;
        record_of_alarm(&self.recording, alarm)
    }
}

fn is(record: &Record, parcel: Parcel) -> bool {
    record.kind == Kind::Sent && record.detail == parcel as u8
}

/// A record by which an event leaves for the second system.
fn publishes(tried: &Tried, record: &Record) -> bool {
    is(record, Parcel::Publish) || (is(record, Parcel::Apply) && tried.is_from_app(record))
}

/// The link over which events leave for the second system.
fn publishing(tried: &Tried) -> Option<LinkId> {
    let plan = tried.recording.plan();
    let first = tried.records().iter().find(|record| publishes(tried, record)).map(|record| record.link);
    first.or(plan.roles.coordinator_broker)
}

struct Auditor<'a> {
    base: Document,
    run: Runner<'a>,
}

impl Auditor<'_> {
    fn with(&self, faults: &[String]) -> Result<Tried, Vec<Refusal>> {
        let mut document = self.base.clone();
        for fault in faults {
            document.add_fault(fault)?;
        }
        let recording = (self.run)(&document)?;
        Ok(Tried { faults: faults.to_vec(), document, recording })
    }

    /// Every call of the second write fails.
    fn failing(&self, calm: &Tried) -> Result<Tried, Vec<Refusal>> {
        let link = publishing(calm).map(|link| calm.recording.plan().link_name(link).to_owned());
        self.with(&link.map(|link| format!("fail-before:{link}*0")).into_iter().collect::<Vec<_>>())
    }

    /// No crash of the app at any of its points, and no abort, leaves an event without its commit or the other way round.
    fn atomic(&self, calm: &Tried) -> Result<Answer, Vec<Refusal>> {
        let subject = CHECKLIST[1];
        let plan = calm.recording.plan();
        let mut faults: Vec<String> = vec!["abort:source*1".to_owned()];
        for record in calm.records().iter().filter(|r| r.kind == Kind::Passed && r.extra == 1 && calm.is_from_app(r)) {
            if let Some(point) = crate::strategy::CrashPoint::ALL.get(usize::from(record.detail)) {
                faults.push(format!("crash:{}@{}*1", plan.node_name(record.node), point.id()));
            }
        }
        faults.extend(crash_after_commit(&calm.recording));
        for fault in faults {
            let tried = self.with(&[fault])?;
            if let Some(record) = tried.witness(&["lost", "ghost-event"]) {
                let words = "No: a fault leaves the event without the commit, or the commit without the event.";
                return Ok(tried.says(subject, false, false, words, Some(record)));
            }
        }
        let commit = calm.find(|record| record.kind == Kind::Committed);
        Ok(calm.says(subject, true, true, "Yes: no crash of the app and no abort parts the two.", commit))
    }

    /// Every call of a store comes twice.
    fn idempotent(&self, calm: &Tried) -> Result<Answer, Vec<Refusal>> {
        let subject = CHECKLIST[4];
        let plan = calm.recording.plan();
        let mut links: Vec<LinkId> =
            calm.records().iter().filter(|record| is(record, Parcel::Apply)).map(|record| record.link).collect();
        sort(&mut links);
        links.dedup();
        if links.is_empty() {
            let words = "Nothing to try: nobody calls a store.";
            return Ok(calm.says(subject, false, true, words, None));
        }
        let faults: Vec<String> = links.iter().map(|link| format!("duplicate:{}*0", plan.link_name(*link))).collect();
        let twice = self.with(&faults)?;
        let (before, after) = (calm.recording.report(), twice.recording.report());
        let effects = |report: &crate::run::report::Report| -> u64 {
            report.stores.iter().map(|store| store.duplicate_effects + store.stale + store.ghost).sum()
        };
        if effects(after) > effects(before) {
            let record = twice.witness(&["duplicate-effect", "stale", "ghost"]);
            let words = "No: what comes twice has its effect twice.";
            return Ok(twice.says(subject, false, false, words, record));
        }
        let shows = |record: &Record| matches!(record.kind, Kind::Applied | Kind::NotNewer);
        let mut seen: Vec<(u32, u16, u32)> = (0..)
            .zip(twice.records())
            .filter(|(_, record)| shows(record))
            .map(|(at, record)| (record.event.0, record.node.0, at))
            .collect();
        sort(&mut seen);
        let again = seen.windows(2).find(|two| (two[0].0, two[0].1) == (two[1].0, two[1].1));
        let again = again.map(|two| RecordId(two[1].2));
        Ok(twice.says(subject, true, true, "Yes: every call came twice, and no row shows it.", again))
    }

    /// One call fails: is it made again?
    fn retries(&self, calm: &Tried) -> Result<Answer, Vec<Refusal>> {
        let subject = ANTI_PATTERNS[1];
        let link = publishing(calm).map(|link| calm.recording.plan().link_name(link).to_owned());
        let once = self.with(&link.map(|link| format!("fail-before:{link}*1")).into_iter().collect::<Vec<_>>())?;
        let mut first: Option<(RecordId, Record)> = None;
        for (at, record) in (0..).zip(once.records()).filter(|(_, record)| publishes(&once, record)) {
            match first {
                None => first = Some((RecordId(at), *record)),
                Some((_, tried)) if tried.event == record.event && tried.link == record.link => {
                    let words = "Not present: the call that failed is made again.";
                    return Ok(once.says(subject, false, true, words, Some(RecordId(at))));
                }
                Some(_) => {}
            }
        }
        let Some((at, tried)) = first else {
            let words = "Not present: nobody publishes by a call of its own.";
            return Ok(calm.says(subject, false, true, words, None));
        };
        let end = once.find(|record| record.event == tried.event && record.kind == Kind::GaveUp);
        Ok(once.says(subject, true, false, "Present: the call that failed is not made again.", end.or(Some(at))))
    }

    /// Whether somebody says so when rows differ.
    fn watched(&self, calm: &Tried) -> Result<Answer, Vec<Refusal>> {
        let subject = ANTI_PATTERNS[2];
        let mut healed = None;
        let faults = crash_after_commit(&calm.recording).into_iter().chain(by_hand(calm));
        let log = publishing(calm).map(|link| format!("drop:{}*1", calm.recording.plan().link_name(link)));
        for fault in faults.chain(log) {
            let tried = self.with(&[fault])?;
            if let Some(alarm) = tried.alarm() {
                return Ok(tried.says(subject, false, true, "Not present: somebody notices.", Some(alarm)));
            }
            if let Some(lost) = tried.difference() {
                return Ok(tried.says(subject, true, false, "Present: rows differ and nobody notices.", Some(lost)));
            }
            if tried.recording.report().divergence.first_us.is_some() && healed.is_none() {
                healed = Some(tried);
            }
        }
        Ok(match healed {
            Some(tried) => {
                let words = "Present: rows differ for a time and nobody notices.";
                tried.says(subject, true, false, words, tried.witness(&["lost"]))
            }
            None if calm.recording.plan().detectors.is_empty() => {
                calm.says(subject, true, false, "Present: there is no detector.", None)
            }
            None => calm.says(subject, false, true, "Not present: no fault that was tried makes a row differ.", None),
        })
    }
}

/// A person's change, past the app, of a row that nothing changes later.
fn by_hand(calm: &Tried) -> Option<String> {
    let commits = || calm.records().iter().filter(|record| record.kind == Kind::Committed);
    let last = |record: &&Record| !commits().any(|later| later.key == record.key && later.at > record.at);
    let commit = commits().find(last)?;
    let plan = calm.recording.plan();
    let at = Us(commit.at.0.max(plan.duration.0 / 2)).min(plan.duration);
    Some(format!("update:{}@{at}", plan.key_name(commit.key)))
}

/// Whether one operation of the app calls the database and a second system.
fn separate(calm: &Tried) -> Answer {
    let subject = CHECKLIST[0];
    let writes = |op: Op| {
        let own = |record: &Record| {
            record.op == op && calm.is_from_app(record) && (is(record, Parcel::Write) || is(record, Parcel::Commit))
        };
        op != Op::NONE && calm.records().iter().any(own)
    };
    let second = |record: &Record| {
        calm.is_from_app(record) && (publishes(calm, record) || record.kind == Kind::Buffered) && writes(record.op)
    };
    match calm.find(second) {
        Some(at) => calm.says(subject, true, false, "Yes: the operation that commits also calls this.", Some(at)),
        None => {
            let commit = calm.find(|record| record.kind == Kind::Committed);
            calm.says(subject, false, true, "No: an operation writes one system, or all of them together.", commit)
        }
    }
}

fn reconciled(calm: &Tried) -> Answer {
    let pass = calm.find(|record| record.kind == Kind::PassBegan);
    let words = if pass.is_some() { "A job compares or rebuilds." } else { "No job ran." };
    calm.says(CHECKLIST[2], pass.is_some(), pass.is_some(), words, pass)
}

/// Whether an alarm fires when every call fails that does not fire when none does.
fn monitored(calm: &Tried, failing: &Tried) -> Answer {
    let before = |detector: u32| calm.find(|record| record.kind == Kind::Alarm && record.extra == detector).is_some();
    let alarm = failing.find(|record| record.kind == Kind::Alarm && !before(record.extra));
    let failed = failing.find(|record| record.kind == Kind::Dropped);
    match alarm {
        Some(alarm) => {
            failing.says(CHECKLIST[3], true, true, "Yes: every publish fails, and an alarm fires.", Some(alarm))
        }
        None => failing.says(CHECKLIST[3], false, false, "No: every publish fails, and no alarm fires.", failed),
    }
}

/// Whether an event is lost if the call fails for good.
fn assumes(failing: &Tried) -> Answer {
    let subject = ANTI_PATTERNS[0];
    let told_ok = |record: &Record| record.kind == Kind::Replied && record.detail == Outcome::Ok as u8;
    match failing.witness(&["lost"]) {
        Some(lost) => {
            let words = match failing.find(told_ok) {
                Some(_) => {
                    "Present: every publish fails, the event is lost, and the client was told that all went well."
                }
                None => "Present: every publish fails, and the event is lost.",
            };
            failing.says(subject, true, false, words, Some(lost))
        }
        None => {
            let (words, record) = kept(failing);
            failing.says(subject, false, true, words, record)
        }
    }
}

/// What becomes of an event that is not lost where every publish fails.
fn kept(failing: &Tried) -> (&'static str, Option<RecordId>) {
    let first = |kinds: &[Kind]| failing.find(|record| kinds.contains(&record.kind));
    let committed = failing.recording.trace().ledger.committed > 0;
    if failing.faults.is_empty() {
        return ("Nothing to try: nobody publishes.", None);
    }
    match first(&[Kind::Appended, Kind::Applied]).filter(|_| committed) {
        Some(later) => ("Not present: what cannot be published now is published later.", Some(later)),
        None if committed => {
            ("Not present: what cannot be published waits.", first(&[Kind::StillQueued, Kind::Committed]))
        }
        None => {
            let end = first(&[Kind::Aborted, Kind::GaveUp]).or(first(&[Kind::Replied]));
            ("Not present: what cannot be published is not committed.", end)
        }
    }
}

/// Whether the client waits for the second write.
fn same_thread(calm: &Tried) -> Answer {
    let subject = ANTI_PATTERNS[4];
    let replied = |op: Op| calm.find(|record| record.kind == Kind::Replied && record.op == op);
    let inside = (0..).zip(calm.records()).find(|(at, record)| {
        let own = record.op != Op::NONE && calm.is_from_app(record) && publishes(calm, record);
        own && replied(record.op).is_none_or(|reply| reply > RecordId(*at))
    });
    match inside {
        Some((at, _)) => {
            calm.says(subject, true, false, "Present: the client waits while this is called.", Some(RecordId(at)))
        }
        None => {
            let reply = calm.find(|record| record.kind == Kind::Replied);
            calm.says(subject, false, true, "Not present: the client's answer waits for no second system.", reply)
        }
    }
}
