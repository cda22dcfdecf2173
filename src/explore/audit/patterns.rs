//! The anti-patterns that are read off calls: who calls what, when, and what becomes of a call that fails.

use super::tried::{Tried, is};
use super::{ANTI_PATTERNS, Answer, Auditor};
use crate::scenario::Refusal;
use crate::world::ids::{Op, Outcome, RecordId};
use crate::world::observe::BY_REPAIR;
use crate::world::record::{Kind, Parcel, Record};

/// Whether an event is lost if the call fails for good that is not lost if it does not.
pub fn assumes(calm: &Tried, failing: &Tried) -> Answer {
    let (subject, has_log) = (ANTI_PATTERNS[0], calm.has_log());
    let lost = |tried: &Tried| tried.parted(has_log).into_iter().filter(|(_, lost, _)| *lost).collect::<Vec<_>>();
    let before: Vec<_> = lost(calm).into_iter().map(|(event, ..)| calm.identity(event)).collect();
    let new = lost(failing).into_iter().find(|(event, ..)| !before.contains(&failing.identity(*event)));
    let Some((event, _, record)) = new else {
        let (words, record) = kept(failing);
        return failing.says(subject, false, true, words, record);
    };
    let op = failing.identity(event).0;
    let told_ok =
        |record: &Record| record.op == op && record.kind == Kind::Replied && record.detail == Outcome::Ok as u8;
    let words = match failing.find(told_ok) {
        Some(_) => "Present: every publish fails, the event is lost, and the client was told that all went well.",
        None => "Present: every publish fails, and the event is lost.",
    };
    failing.says(subject, true, false, words, Some(record))
}

/// What becomes of an event that is not lost where every publish fails.
fn kept(failing: &Tried) -> (&'static str, Option<RecordId>) {
    if failing.faults.is_empty() {
        return ("Nothing to try: nobody calls a second system.", None);
    }
    let failed = |record: &&Record| failing.fails(record);
    // What a repair writes, or sends again, is not published.
    let out = |record: &Record| {
        matches!(record.kind, Kind::Appended | Kind::Applied) && record.extra != BY_REPAIR && !record.is_again()
    };
    for lost in failing.records().iter().filter(failed) {
        let own = |record: &Record| out(record) && record.event == lost.event && record.at > lost.at;
        if let Some(later) = failing.find(own) {
            return ("Not present: what cannot be published now is published later.", Some(later));
        }
    }
    let first = |kinds: &[Kind]| failing.find(|record| kinds.contains(&record.kind));
    if failing.recording.trace().ledger.committed > 0 {
        return (
            "Not present: what cannot be published waits.",
            first(&[Kind::StillQueued]).or(first(&[Kind::Committed])),
        );
    }
    let refused = |record: &Record| record.kind == Kind::Replied && record.detail != Outcome::Ok as u8;
    let end = first(&[Kind::Aborted, Kind::GaveUp]).or_else(|| failing.find(refused));
    ("Not present: what cannot be published is not committed.", end)
}

/// The first operation that writes both systems: the record by which it calls the one that comes second.
fn second_write(calm: &Tried) -> Option<RecordId> {
    let publishes = calm.find(|record| calm.calls_second(record))?;
    let call = calm.record(publishes)?;
    let own = |record: &Record| record.event == call.event || (call.op != Op::NONE && record.op == call.op);
    let written = calm.find(|record| matches!(record.kind, Kind::Written | Kind::Committed) && own(record));
    if written.is_some_and(|written| written < publishes) {
        return Some(publishes);
    }
    calm.find(|record| (is(record, Parcel::Write) || is(record, Parcel::Upsert)) && own(record)).or(Some(publishes))
}

/// Whether the second write is made again if it fails once, where the first one stands.
pub fn retries(auditor: &mut Auditor<'_>, calm: &Tried) -> Result<Answer, Vec<Refusal>> {
    let subject = ANTI_PATTERNS[1];
    let second = second_write(calm).and_then(|at| Some((at, *calm.record(at)?)));
    let Some((at, call)) = second else {
        return Ok(calm.says(subject, false, true, "Not present: nobody calls a second system.", None));
    };
    let counts = |record: &&Record| {
        let unnamed = Parcel::is_answer(record.detail) || record.detail == Parcel::CommitOffset as u8;
        record.kind == Kind::Sent && record.link == call.link && !unnamed
    };
    let nth = calm.records()[..=at.index()].iter().filter(counts).count();
    let plan = calm.recording.plan();
    let once = auditor.with(&[format!("fail-before:{}*{nth}", plan.link_name(call.link))])?;
    // Up to the call the run is the same.
    let own = |record: &Record| match call.event.some() {
        Some(event) => record.event == event,
        None => record.op == call.op,
    };
    let later = |wanted: &dyn Fn(&Record) -> bool| {
        let after = once.records().iter().skip(at.index() + 1).position(wanted);
        after.map(|after| RecordId((at.index() + 1 + after) as u32))
    };
    // Another process of the same role may be the one that makes it.
    let to = |record: &Record| plan.links[record.link.index()].to;
    let again = |record: &Record| {
        record.kind == Kind::Sent && record.detail == call.detail && own(record) && to(record) == to(&call)
    };
    if let Some(again) = later(&again) {
        let words = "Not present: the call that failed is made again.";
        return Ok(once.says(subject, false, true, words, Some(again)));
    }
    let same = |record: &Record| own(record) || (call.op != Op::NONE && record.op == call.op);
    let stands =
        |record: &Record| same(record) && matches!(record.kind, Kind::Committed | Kind::Appended | Kind::Applied);
    let end = later(&|record| matches!(record.kind, Kind::GaveUp | Kind::Aborted) && same(record));
    Ok(match once.find(stands) {
        Some(_) => {
            once.says(subject, true, false, "Present: the call that failed is not made again.", end.or(Some(at)))
        }
        None => {
            let words = "Not present: where the second write fails the first one does not stand.";
            once.says(subject, false, true, words, end.or(Some(at)))
        }
    })
}

/// Whether the client of an operation that writes the database waits for the second system too.
pub fn same_thread(calm: &Tried) -> Answer {
    let subject = ANTI_PATTERNS[4];
    let writes = |op: Op| {
        let own = |record: &Record| record.op == op && is(record, Parcel::Write) && calm.is_from_app(record);
        calm.find(own).is_some()
    };
    let replied = |op: Op| calm.find(|record| record.kind == Kind::Replied && record.op == op);
    let inside = (0..).zip(calm.records()).find(|(at, record)| {
        let roles = &calm.recording.plan().roles;
        let asked = calm.is_from_app(record) || Some(record.node) == roles.coordinator;
        let own = record.op != Op::NONE && asked && calm.calls_second(record) && writes(record.op);
        own && replied(record.op).is_none_or(|reply| reply > RecordId(*at))
    });
    match inside {
        Some((at, _)) => {
            calm.says(subject, true, false, "Present: the client waits while this is called.", Some(RecordId(at)))
        }
        None => {
            let reply = calm.find(|record| record.kind == Kind::Replied);
            calm.says(
                subject,
                false,
                true,
                "Not present: the client's answer waits for no more than one system.",
                reply,
            )
        }
    }
}
