//! What a store does with what it is told.

use crate::kernel::rng::Purpose;
use crate::run::simulation::Simulation;
use crate::run::simulation::call::{CallId, Caller, Identity, Payload};
use crate::scenario::plan::NodeRole;
use crate::strategy::CrashPoint;
use crate::world::ids::{EventId, NodeId, OpKind, RecordId, StoreId};
use crate::world::inbox::NO_COLLISIONS;
use crate::world::record::{AGAIN, CANARY, Kind, Parcel, Record, RejectReason};
use crate::world::store::{Applied, Arriving};

impl Simulation<'_> {
    pub(super) fn serve_apply(&mut self, node: NodeId, id: CallId, payload: &Payload, cause: RecordId) {
        let NodeRole::Store(store) = self.role(node) else { return };
        let info = self.events[payload.event.index()];
        let clock = self.now.min(self.plan.duration);
        if self.stores[store.index()].expire(info.key, clock) {
            let mut record = Record::new(self.now, node, Kind::TombstoneGone);
            (record.key, record.cause) = (info.key, cause);
            self.record(record);
        }
        let arriving = Arriving {
            key: info.key,
            kind: info.kind,
            event: payload.event,
            version: payload.version,
            commit: info.commit,
            // A canary is no client's, and has no key.
            request: if info.request < CANARY { info.request } else { u32::MAX },
            id: self.short_id(store, payload.event),
            cancels: info.cancels,
        };
        let applied = self.stores[store.index()].apply(&arriving, self.now);
        let kind = match applied {
            Applied::Yes | Applied::Undone => Kind::Applied,
            Applied::NotNewer => Kind::NotNewer,
            Applied::Known => Kind::Known,
            Applied::Mistaken => Kind::Rejected,
            Applied::Nothing => Kind::NothingToCancel,
        };
        self.feed_shadow(store, payload.event, payload.version);
        let mut record = Record { version: payload.version, ..self.about(node, kind, payload.event, cause) };
        if applied == Applied::Undone {
            record.value = 2;
        }
        if kind == Kind::Rejected {
            record.detail = RejectReason::Collision as u8;
        } else {
            if kind == Kind::Applied && self.plan.stores[store.index()].invalidates {
                // The entry goes, whatever became of the row.
                (record.detail, record.value) = (OpKind::Delete as u8, 1);
            }
            record.detail |= if payload.again { AGAIN } else { 0 };
        }
        let last = match payload.told.some() {
            None => self.record(record),
            Some(told) => self.record_read_state(node, told, record),
        };
        if kind == Kind::Applied {
            self.entry_lives(store, info.key, last);
            self.store_emits(store, payload, last);
        }
        if self.pass(node, CrashPoint::StoreApplyAck, record.op, payload.event, last) {
            return self.strand(id);
        }
        self.answer(id, true, last);
    }

    /// The store has what the consumer read at the source: a newer state than that of the event which it was told of,
    /// which is thereby delivered as not newer; or an older one, by which that event is not delivered.
    pub(super) fn record_read_state(&mut self, node: NodeId, told: EventId, shown: Record) -> RecordId {
        let mut last = shown.cause;
        if self.events[told.index()].commit > 0 && self.events[told.index()].version <= shown.version {
            let mut record = self.about(node, Kind::NotNewer, told, shown.cause);
            record.detail |= shown.detail & AGAIN;
            last = self.record(record);
        }
        if shown.kind == Kind::Applied {
            last = self.record(Record { extra: 1, ..shown });
        }
        last
    }

    /// A store that no consumer feeds hands on what it shows, without waiting for an answer.
    pub(super) fn store_emits(&mut self, store: StoreId, payload: &Payload, cause: RecordId) {
        let link = self.plan.roles.emit_store[store.index()];
        let Some(link) = link.filter(|_| self.plan.roles.consumers[store.index()].is_none()) else { return };
        let mut next = Payload::about(Parcel::Apply, payload.event, payload.version);
        next.again = payload.again;
        let (major, row) = (u64::from(self.events[payload.event.index()].request), payload.event.0 % 16);
        let identity = Identity { major, attempt: 1, row, life: self.epoch(self.link_ends(link).0) };
        self.call(link, Caller::Reader(u32::MAX, u32::MAX), None, next, identity, cause);
    }

    /// The id under which a store's inbox has an event, if that is short enough to collide.
    pub(super) fn short_id(&mut self, store: StoreId, event: EventId) -> Option<u64> {
        let bits = self.plan.stores[store.index()].id_bits;
        let id = || self.draws.of(Purpose::EventId, u64::from(event.0), 0, 0).bits() >> (NO_COLLISIONS - bits);
        (bits < NO_COLLISIONS).then(id)
    }

    /// A consumer marks in the inbox that the store has had an event.
    pub(super) fn serve_remember(&mut self, node: NodeId, id: CallId, payload: &Payload, cause: RecordId) {
        let NodeRole::Store(store) = self.role(node) else { return };
        let short = self.short_id(store, payload.event);
        self.stores[store.index()].inbox.write(payload.event, short, self.now);
        let record = self.about(node, Kind::Remembered, payload.event, cause);
        let last = self.record(record);
        self.answer(id, true, last);
    }

    /// A consumer reads the row that an event names, as it is committed now.
    pub(super) fn serve_read(&mut self, node: NodeId, id: CallId, payload: &Payload, caller: Caller, cause: RecordId) {
        if let Caller::Op(slot, op) = caller {
            return self.serve_validation(id, slot, op, cause);
        }
        if let Caller::Reader(slot, number) = caller {
            return self.serve_fetch(node, id, slot, number, cause);
        }
        let Caller::Consumer(member) = caller else { return };
        let store = self.plan.roles.group(member);
        let (key, early) = (self.events[payload.event.index()].key, self.events[payload.event.index()].commit == 0);
        let row = self.source.row(key);
        let found = row.event.filter(|_| row.present);
        let mut record = self.about(node, Kind::Read, payload.event, cause);
        record.value = found.map_or(0, |_| u64::from(row.version));
        (record.extra, record.detail) = (u32::from(early), store.0 as u8);
        let last = self.record(record);
        if let Some(call) = self.call_mut(id) {
            call.payload.told = found.unwrap_or(EventId::NONE);
        }
        self.answer(id, true, last);
    }
}
