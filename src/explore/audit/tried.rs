//! A run that the audit made, and what can be read off it.

use super::Answer;
use crate::explore::inject::{record_of_alarm, sentence};
use crate::run::recording::Recording;
use crate::scenario::Document;
use crate::scenario::permalink::{self, Extras};
use crate::truth::cause::{self, How};
use crate::truth::checks::{Fate, fate};
use crate::truth::ledger::EventFate;
use crate::world::ids::{EventId, Key, LinkId, NodeId, Op, RecordId};
use crate::world::record::{Kind, Parcel, Record};

/// A run with faults put in.
pub struct Tried {
    pub faults: Vec<String>,
    pub document: Document,
    pub recording: Recording,
}

impl Tried {
    pub fn records(&self) -> &[Record] {
        &self.recording.trace().records
    }

    pub fn find(&self, wanted: impl Fn(&Record) -> bool) -> Option<RecordId> {
        self.records().iter().position(wanted).map(|at| RecordId(at as u32))
    }

    pub fn record(&self, id: RecordId) -> Option<&Record> {
        self.records().get(id.index())
    }

    /// An answer that cites a record of this run; its last one, if there is no better.
    pub fn says(&self, subject: &'static str, yes: bool, good: bool, words: &str, record: Option<RecordId>) -> Answer {
        let record = record.unwrap_or(RecordId(self.records().len().saturating_sub(1) as u32));
        let evidence = format!("{words} {}", sentence(&self.recording, record));
        let replay = permalink::encode(&self.document, &Extras::default());
        Answer { subject, yes, good, evidence, record: record.0, faults: self.faults.clone(), replay }
    }

    pub fn is_from_app(&self, record: &Record) -> bool {
        record.node == self.recording.plan().roles.app
    }

    /// The record to blame for the first row that differs after the drain; where no store is declared, for the first
    /// event by which the log does.
    pub fn difference(&self) -> Option<RecordId> {
        if self.recording.plan().stores.is_empty() {
            return self.parted(true).first().map(|(_, _, record)| *record);
        }
        let ended = self.recording.trace().ended;
        self.recording.judgement().rows_at(ended).next().and_then(|(store, key, _)| self.blamed(store, key))
    }

    /// The record to blame for how a row is after the drain. What is queued for good behind an event that cannot be
    /// handled has the last try of it to blame.
    pub fn blamed(&self, store: usize, key: Key) -> Option<RecordId> {
        let trace = self.recording.trace();
        let state = self.recording.judgement().state(store, key, trace.ended);
        let cause = cause::of_row(&trace.ledger, store, key, state, trace.ended)?;
        let queued = cause.how == How::Moving
            || self.record(cause.record).is_none_or(|r| matches!(r.kind, Kind::StillQueued | Kind::Dropped));
        let tries = |record: &Record| matches!(record.kind, Kind::Poisoned | Kind::Retried);
        let last = self.records().iter().rposition(tries).filter(|_| queued).map(|at| RecordId(at as u32));
        last.or(Some(cause.record))
    }

    /// The first true alarm.
    pub fn alarm(&self) -> Option<RecordId> {
        let alarm = self.recording.alarms().iter().find(|alarm| !alarm.is_false)?;
        record_of_alarm(&self.recording, alarm)
    }

    /// A record by which a strategy calls the second system: an event leaves, or is put into one transaction with the row.
    /// A consumer that hands on, and a repair, are none.
    pub fn calls_second(&self, record: &Record) -> bool {
        let roles = &self.recording.plan().roles;
        let by = |node: Option<NodeId>| node == Some(record.node);
        let coordinator = by(roles.coordinator);
        if is(record, Parcel::Publish) {
            return self.is_from_app(record) || by(roles.connector) || roles.relays.contains(&record.node);
        }
        (is(record, Parcel::Apply) && (self.is_from_app(record) || coordinator))
            || (is(record, Parcel::Prepare) && coordinator && Some(record.link) != roles.coordinator_source)
    }

    /// The links over which the second system is called.
    pub fn second_links(&self) -> impl Iterator<Item = &str> {
        let called = |link: &LinkId| self.find(|record| record.link == *link && self.calls_second(record)).is_some();
        let plan = self.recording.plan();
        (0..plan.links.len()).map(|link| LinkId(link as u16)).filter(called).map(|link| plan.link_name(link))
    }

    /// Whether events go to the stores by way of a log.
    pub fn has_log(&self) -> bool {
        self.find(|record| record.kind == Kind::Appended).is_some()
    }

    /// What is in one of the two systems only, and the record to blame: the events that were committed and never got to
    /// the second system (`true`), then those that got there and were not committed. The second system is the log; without
    /// one, the stores. What becomes of an event behind the log is no matter of the two.
    pub fn parted(&self, has_log: bool) -> Vec<(EventId, bool, RecordId)> {
        let ledger = &self.recording.trace().ledger;
        let mut in_log = vec![RecordId::NONE; ledger.events.len()];
        for (at, record) in (0..).zip(self.records()).filter(|(_, record)| record.kind == Kind::Appended) {
            if let Some(first) = in_log.get_mut(record.event.index()).filter(|first| **first == RecordId::NONE) {
                // A row that is sent again by a repair, or read in a snapshot, is no event that got there.
                *first = if record.is_again() { RecordId::NONE } else { RecordId(at) };
            }
        }
        let mut lost = Vec::new();
        let mut ghosts = Vec::new();
        for (at, event) in ledger.events.iter().enumerate() {
            let id = EventId(at as u32);
            let (gone, came) = match has_log {
                true => (in_log[at] == RecordId::NONE && event.end != RecordId::NONE, in_log[at].some()),
                false => {
                    let gone = |store| fate(store, id) == Fate::Lost;
                    let seen = ledger.stores.iter().map(|store| store.seen(id)).find(|seen| seen.count > 0);
                    (ledger.stores.iter().any(gone), seen.map(|seen| seen.record))
                }
            };
            match (event.is_committed(), came) {
                (true, _) if gone => lost.push((id, true, event.end)),
                (false, Some(came)) => ghosts.push((id, false, never(event).unwrap_or(came))),
                (true | false, _) => {}
            }
        }
        lost.extend(ghosts);
        lost
    }

    /// The operation and the row that an event is of: the same in every run of a document.
    pub fn identity(&self, event: EventId) -> (Op, Key) {
        let fate = self.recording.trace().ledger.event(event);
        (self.record(fate.commit).map_or(Op::NONE, |commit| commit.op), fate.key)
    }
}

/// Why an event was never committed.
fn never(event: &EventFate) -> Option<RecordId> {
    event.retracted.some().or(event.aborted.some()).or(event.end.some())
}

/// Whether a record sends that.
pub fn is(record: &Record, parcel: Parcel) -> bool {
    record.kind == Kind::Sent && record.detail == parcel as u8
}
