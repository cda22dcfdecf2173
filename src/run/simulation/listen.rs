//! `listen-to-yourself`: what the app validates, the versions that the log gives, and what its own consumer writes.
//!
//! The own consumer is one more of the stores' consumers (`consumer`), with the source as its store.

use super::Simulation;
use super::app::OpProc;
use super::call::{CLASS_SOURCE, CallId, Caller, Identity, Payload};
use crate::strategy::CrashPoint;
use crate::strategy::machine::AppEvent;
use crate::world::ids::{EventId, Key, Op, RecordId};
use crate::world::record::{Kind, Parcel, Record, RejectReason};
use crate::world::source::Change;

/// What is known of an event before the database has it.
#[derive(Clone, Copy, Debug, Default)]
struct Foretold {
    /// The version of the row that it was validated on; `None`: it was not validated.
    base: Option<u32>,
    /// Whether it is in the log, and so has its version.
    logged: bool,
}

/// What the simulation knows of the log's order.
#[derive(Clone, Debug, Default)]
pub struct Listened {
    /// By event.
    foretold: Vec<Foretold>,
    /// By key: the version of its last record in the log.
    versions: Vec<u32>,
}

impl Listened {
    fn of(&mut self, event: EventId) -> &mut Foretold {
        if self.foretold.len() <= event.index() {
            self.foretold.resize(event.index() + 1, Foretold::default());
        }
        &mut self.foretold[event.index()]
    }

    fn version(&mut self, key: Key) -> &mut u32 {
        if self.versions.len() <= key.index() {
            self.versions.resize(key.index() + 1, 0);
        }
        &mut self.versions[key.index()]
    }
}

impl Simulation<'_> {
    /// The app reads the row, to see whether the change may be; or it does not look.
    pub(super) fn op_validates(&mut self, slot: u32, op: Op, cause: RecordId) -> bool {
        if !self.plan.listen.validate {
            self.op_event(slot, AppEvent::Done, cause);
            return false;
        }
        let OpProc { request, attempt, .. } = self.ops[slot as usize];
        let payload = Payload { op, ..Payload::about(Parcel::Read, EventId::NONE, 0) };
        let identity = Identity { major: u64::from(request), attempt: 1, row: 0, life: attempt };
        let link = self.plan.roles.app_source;
        let id = self.call(link, Caller::Op(slot, op), Some(CLASS_SOURCE), payload, identity, cause);
        self.ops[slot as usize].waiting = id;
        true
    }

    /// The source shows an operation its rows as they are committed now. What is on its way to it is not among them.
    pub(super) fn serve_validation(&mut self, id: CallId, slot: u32, op: Op, cause: RecordId) {
        for event in self.events_of(slot, op) {
            let base = self.source.row(self.events[event.index()].key).version;
            self.listened.of(event).base = Some(base);
        }
        self.answer(id, true, cause);
    }

    /// The log gives an event its version, the first time that it is appended: it is the order that everybody follows.
    pub(super) fn version_in_log(&mut self, event: EventId, version: u32) -> u32 {
        if self.plan.roles.own_consumer.is_none() {
            return version;
        }
        let key = self.events[event.index()].key;
        if !std::mem::replace(&mut self.listened.of(event).logged, true) {
            let at_source = self.source.row(key).version;
            let last = self.listened.version(key);
            *last = 1 + at_source.max(*last);
            self.events[event.index()].version = *last;
        }
        self.events[event.index()].version
    }

    /// The own consumer writes an event to the database: once, and only if the database takes it.
    pub(super) fn serve_upsert(&mut self, id: CallId, payload: &Payload, cause: RecordId) {
        let (node, event) = (self.plan.roles.source, payload.event);
        let info = self.events[event.index()];
        if info.commit > 0 {
            let record = self.about(node, Kind::NotNewer, event, cause);
            let last = self.record(record);
            return self.answer(id, true, last);
        }
        if let Some(reason) = self.refuses(event) {
            let record = Record { detail: reason as u8, ..self.about(node, Kind::Rejected, event, cause) };
            let last = self.record(record);
            return self.answer(id, true, last);
        }
        let xid = self.source.begin(info.op, [info.key].into_iter());
        self.source.lock(xid);
        self.source.put(xid, Change { key: info.key, kind: info.kind, event, version: info.version });
        let last = self.commit_transaction(xid, cause);
        if self.pass(node, CrashPoint::SourceCommitAck, info.op, event, last) {
            return self.strand(id);
        }
        self.answer(id, true, last);
    }

    /// Why the database does not take an event that is public already.
    fn refuses(&mut self, event: EventId) -> Option<RejectReason> {
        let info = self.events[event.index()];
        let abort = self.requests.get(info.request as usize).is_some_and(super::app::Request::aborts);
        if abort || self.scripted_abort() {
            return Some(RejectReason::Refused);
        }
        let base = self.listened.of(event).base.filter(|_| self.plan.listen.reject);
        let changed = base.is_some_and(|base| base != self.source.row(info.key).version);
        changed.then_some(RejectReason::Changed)
    }
}
