//! The five questions of the operational checklist.

use super::tried::{Tried, is};
use super::{Answer, Auditor, CHECKLIST};
use crate::explore::inject::crash_after_commit;
use crate::kernel::sorted::sort;
use crate::recovery::RecoveryKind;
use crate::scenario::Refusal;
use crate::strategy::CrashPoint;
use crate::truth::anomaly::RowState;
use crate::world::ids::{LinkId, Op, RecordId};
use crate::world::observe::BY_REPAIR;
use crate::world::record::{Kind, Parcel, Record};

/// Whether one operation of the app calls the database and a second system.
pub fn separate(calm: &Tried) -> Answer {
    let subject = CHECKLIST[0];
    let writes = |op: Op| {
        let own = |record: &Record| {
            record.op == op && calm.is_from_app(record) && (is(record, Parcel::Write) || is(record, Parcel::Commit))
        };
        op != Op::NONE && calm.records().iter().any(own)
    };
    let second = |record: &Record| {
        let calls = calm.calls_second(record) || record.kind == Kind::Buffered;
        calm.is_from_app(record) && calls && writes(record.op)
    };
    match calm.find(second) {
        Some(at) => calm.says(subject, true, false, "Yes: the operation that commits also calls this.", Some(at)),
        None => {
            let commit = calm.find(|record| record.kind == Kind::Committed);
            calm.says(subject, false, true, "No: an operation writes one system, or all of them together.", commit)
        }
    }
}

/// Whether neither the calm run, nor an abort, nor a crash at any point on the way to the second system, leaves an event
/// without its commit or the other way round.
pub fn atomic(auditor: &mut Auditor<'_>, calm: &Tried) -> Result<Answer, Vec<Refusal>> {
    let subject = CHECKLIST[1];
    let has_log = calm.has_log();
    if let Some((_, lost, record)) = calm.parted(has_log).first() {
        let words = match lost {
            true => "No: with no fault put in a row is committed, and its event never gets to the second system.",
            false => "No: with no fault put in an event is out, and its row is not committed.",
        };
        return Ok(calm.says(subject, false, false, words, Some(*record)));
    }
    for fault in partings(calm) {
        let tried = auditor.with(&[fault])?;
        if let Some((_, lost, record)) = tried.parted(has_log).first() {
            let words = match lost {
                true => "No: a fault leaves the commit without the event.",
                false => "No: a fault leaves the event without the commit.",
            };
            return Ok(tried.says(subject, false, false, words, Some(*record)));
        }
    }
    let commit = calm.find(|record| record.kind == Kind::Committed);
    let words = "Yes: no abort, and no crash on the way to the second system, parts the two.";
    Ok(calm.says(subject, true, true, words, commit))
}

/// An abort, and a crash at the first pass of every point between the client and the second system: the app's first.
fn partings(calm: &Tried) -> Vec<String> {
    let (plan, roles) = (calm.recording.plan(), &calm.recording.plan().roles);
    let behind = |record: &Record| {
        let consumes = roles.consumers.contains(&Some(record.node)) && Some(record.node) != roles.own_consumer;
        consumes || roles.recoveries.contains(&record.node)
    };
    let first = |record: &&Record| record.kind == Kind::Passed && record.extra == 1 && !behind(record);
    let (apps, others): (Vec<&Record>, Vec<&Record>) =
        calm.records().iter().filter(first).partition(|record| calm.is_from_app(record));
    let crash = |record: &Record| {
        let point = CrashPoint::ALL.get(usize::from(record.detail))?;
        Some(format!("crash:{}@{}*1", plan.node_name(record.node), point.id()))
    };
    let mut faults = vec!["abort:source*1".to_owned()];
    faults.extend(apps.into_iter().filter_map(crash));
    faults.extend(crash_after_commit(&calm.recording));
    faults.extend(others.into_iter().filter_map(crash));
    faults
}

/// Whether a job makes a pass. A person who repairs by hand is none.
pub fn reconciled(calm: &Tried) -> Answer {
    let (plan, subject) = (calm.recording.plan(), CHECKLIST[2]);
    let by_hand = |record: &Record| {
        let at = plan.roles.recoveries.iter().position(|node| *node == record.node);
        at.is_some_and(|at| plan.recoveries[at].kind == RecoveryKind::Manual)
    };
    if let Some(pass) = calm.find(|record| record.kind == Kind::PassBegan && !by_hand(record)) {
        return calm.says(subject, true, true, "A job compares or rebuilds.", Some(pass));
    }
    let hand = calm.find(|record| record.kind == Kind::PassBegan);
    let words = match hand {
        Some(_) => "No job ran: a person compares and repairs by hand.",
        None => "No job ran.",
    };
    calm.says(subject, false, false, words, hand)
}

/// Whether an alarm fires when every call fails that does not fire when none does.
pub fn monitored(calm: &Tried, failing: &Tried) -> Answer {
    let subject = CHECKLIST[3];
    if failing.faults.is_empty() {
        return failing.says(subject, false, true, "Nothing to try: nobody calls a second system.", None);
    }
    let before = |detector: u32| calm.find(|record| record.kind == Kind::Alarm && record.extra == detector).is_some();
    let alarm = failing.find(|record| record.kind == Kind::Alarm && !before(record.extra));
    match alarm {
        Some(alarm) => failing.says(subject, true, true, "Yes: every publish fails, and an alarm fires.", Some(alarm)),
        None => {
            let dropped = failing.find(|record| failing.fails(record));
            failing.says(subject, false, false, "No: every publish fails, and no alarm fires.", dropped)
        }
    }
}

impl Tried {
    /// Whether a call of the second system is lost here.
    pub fn fails(&self, record: &Record) -> bool {
        let call = self.record(record.cause);
        record.kind == Kind::Dropped && call.is_some_and(|call| self.calls_second(call))
    }
}

/// Whether no row differs more if every call of a store comes twice.
pub fn idempotent(auditor: &mut Auditor<'_>, calm: &Tried) -> Result<Answer, Vec<Refusal>> {
    let (plan, subject) = (calm.recording.plan(), CHECKLIST[4]);
    let called = |link: &LinkId| calm.find(|record| record.link == *link && is(record, Parcel::Apply)).is_some();
    let links = (0..plan.links.len()).map(|link| LinkId(link as u16)).filter(called);
    let faults: Vec<String> = links.map(|link| format!("duplicate:{}*0", plan.link_name(link))).collect();
    if faults.is_empty() {
        return Ok(calm.says(subject, false, true, "Nothing to try: nobody calls a store.", None));
    }
    let twice = auditor.with(&faults)?;
    let ended = (calm.recording.trace().ended, twice.recording.trace().ended);
    let was = |store, key| calm.recording.judgement().state(store, key, ended.0);
    let mut rows = twice.recording.judgement().rows_at(ended.1);
    if let Some((store, key, state)) = rows.find(|(store, key, state)| was(*store, *key) != *state) {
        let words = match state {
            RowState::DuplicateEffect => "No: what comes twice has its effect twice.",
            _ => "No: every call came twice, and a row differs that does not if it comes once.",
        };
        return Ok(twice.says(subject, false, false, words, twice.blamed(store, key)));
    }
    let words = match twice.difference() {
        None => "Yes: every call came twice, and no row shows it.",
        Some(_) => "Yes: every call came twice, and no row differs more than if it comes once.",
    };
    Ok(twice.says(subject, true, true, words, second_arrival(&twice)))
}

/// Where a store is first told again of what it had.
fn second_arrival(twice: &Tried) -> Option<RecordId> {
    let shows = |record: &Record| {
        matches!(record.kind, Kind::Applied | Kind::NotNewer | Kind::Known)
            && record.extra != BY_REPAIR
            && twice.recording.plan().roles.stores.contains(&record.node)
    };
    let mut seen: Vec<(u32, u16, u32)> = (0..)
        .zip(twice.records())
        .filter(|(_, record)| shows(record))
        .map(|(at, record)| (record.event.0, record.node.0, at))
        .collect();
    sort(&mut seen);
    let again = seen.windows(2).find(|two| (two[0].0, two[0].1) == (two[1].0, two[1].1));
    again.map(|two| RecordId(two[1].2))
}
