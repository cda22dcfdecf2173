//! Readers of the caches: `get -> miss -> read the database -> set` (DOMAIN 2b), also that there is nothing to read (a
//! negative entry), and the second delete of a writer.

use super::call::{CLASS_SOURCE, CallId, Caller, Identity, Payload};
use super::{Due, Simulation};
use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::scenario::plan::NodeRole;
use crate::world::ids::{EventId, Key, LinkId, NodeId, Outcome, RecordId, StoreId};
use crate::world::record::{Kind, Parcel, Record};
use crate::world::store::Slot;

/// One read, in the app's memory.
#[derive(Clone, Debug)]
pub struct ReaderProc {
    /// The how-manieth it is; `u32::MAX`: it is over.
    number: u32,
    pub key: Key,
    store: StoreId,
    pub waiting: CallId,
    /// What it found at the database, and the lease under which it may put it.
    found: (EventId, u32),
    lease: u64,
}

impl Simulation<'_> {
    /// Schedules the first read of each key, and those that are written down.
    pub(super) fn schedule_reads(&mut self) {
        for (at, key) in &self.plan.workload.written_reads {
            self.calendar.put(*at, Due::Read(*key, u32::MAX));
        }
        if self.plan.workload.reads.is_some() {
            for key in 0..self.plan.workload.keys.count {
                self.schedule_read(Key(key), 0, Us::ZERO);
            }
        }
    }

    fn schedule_read(&mut self, key: Key, nth: u32, before: Us) {
        let Some(mean) = self.plan.workload.reads else { return };
        let span = self.draws.of(Purpose::Reader, u64::from(nth), key.0, 0).exponential_us(mean);
        let at = before.after(span);
        if at < self.plan.duration {
            self.calendar.put(at, Due::Read(key, nth));
        }
    }

    /// Somebody reads a key, through every cache. `nth`: the how-manieth at random; `u32::MAX`: it is written down.
    pub(super) fn read_due(&mut self, key: Key, nth: u32) {
        if self.draining {
            return;
        }
        if nth != u32::MAX {
            self.schedule_read(key, nth + 1, self.now);
        }
        for store in 0..self.plan.stores.len() as u16 {
            let store = StoreId(store);
            let link = self.plan.roles.app_store[store.index()].filter(|_| self.plan.stores[store.index()].read);
            if let Some(link) = link.filter(|_| self.up(self.plan.roles.app)) {
                self.begin_read(store, key, link);
            }
        }
    }

    fn begin_read(&mut self, store: StoreId, key: Key, link: LinkId) {
        let number = self.next_reader;
        self.next_reader += 1;
        let proc = ReaderProc { number, key, store, waiting: CallId::NONE, found: (EventId::NONE, 0), lease: 0 };
        let free = self.readers.iter().position(|reader| reader.number == u32::MAX);
        let slot = free.unwrap_or(self.readers.len()) as u32;
        match free {
            Some(at) => self.readers[at] = proc,
            None => self.readers.push(proc),
        }
        self.reader_calls(slot, link, Payload::about(Parcel::Get, EventId::NONE, 0), true);
    }

    fn reader_calls(&mut self, slot: u32, link: LinkId, payload: Payload, waits: bool) {
        let number = self.readers[slot as usize].number;
        let identity = Identity { major: 1 << 40 | u64::from(number), attempt: 1, row: 0, life: 0 };
        let class = waits.then_some(CLASS_SOURCE);
        let id = self.call(link, Caller::Reader(slot, number), class, payload, identity, RecordId::NONE);
        self.readers[slot as usize].waiting = id;
    }

    /// The reader of that number, if it still reads.
    pub(super) fn reader(&self, slot: u32, number: u32) -> Option<&ReaderProc> {
        self.readers.get(slot as usize).filter(|reader| reader.number == number && number != u32::MAX)
    }

    /// A cache is asked for a row.
    pub(super) fn serve_get(&mut self, node: NodeId, id: CallId, caller: Caller, cause: RecordId) {
        let (NodeRole::Store(store), Caller::Reader(slot, number)) = (self.role(node), caller) else { return };
        let Some(key) = self.reader(slot, number).map(|reader| reader.key) else { return };
        let found = self.stores[store.index()].get(key, self.now);
        let mut record = Record { key, cause, extra: number, ..Record::new(self.now, node, Kind::Got) };
        if let Ok((event, version)) = found {
            (record.event, record.version, record.value, record.detail) = (event, version, u64::from(version), 1);
        }
        let last = self.record(record);
        if let Some(call) = self.call_mut(id) {
            (call.payload.small, call.payload.large) = (u32::from(found.is_ok()), found.err().unwrap_or_default());
        }
        self.answer(id, true, last);
    }

    /// The database is asked for a row by a reader that found nothing.
    pub(super) fn serve_fetch(&mut self, node: NodeId, id: CallId, slot: u32, number: u32, cause: RecordId) {
        let Some((key, store)) = self.reader(slot, number).map(|reader| (reader.key, reader.store)) else { return };
        let row = self.source.row(key);
        let found = row.event.filter(|_| row.present);
        let mut record = Record { key, cause, ..Record::new(self.now, node, Kind::Read) };
        record.value = found.map_or(0, |_| u64::from(row.version));
        (record.version, record.detail) = (if found.is_some() { row.version } else { 0 }, store.0 as u8);
        let last = self.record(record);
        if let Some(call) = self.call_mut(id) {
            (call.payload.told, call.payload.small) = (found.unwrap_or(EventId::NONE), row.version);
        }
        self.answer(id, true, last);
    }

    /// A call of a reader has ended.
    pub(super) fn cache_reader_answered(&mut self, slot: u32, id: CallId, outcome: Outcome) {
        let Some(call) = self.get_call(id) else { return };
        let (parcel, small, large, told) =
            (call.payload.parcel, call.payload.small, call.payload.large, call.payload.told);
        let reader = &mut self.readers[slot as usize];
        let (number, store, key) = (reader.number, reader.store, reader.key);
        match (outcome, parcel) {
            (Outcome::Ok, Parcel::Get) if small == 0 => {
                reader.lease = large;
                let link = self.plan.roles.app_source;
                self.reader_calls(slot, link, Payload::about(Parcel::Read, EventId::NONE, 0), true);
            }
            (Outcome::Ok, Parcel::Read)
                if told != EventId::NONE || self.plan.stores[store.index()].negative_ttl > Us::ZERO =>
            {
                reader.found = (told, small);
                let delay = &self.plan.stores[store.index()].set_delay;
                let span = delay.draw(&mut self.draws.of(Purpose::Reader, u64::from(number), key.0, 1));
                self.moving += 1;
                self.calendar.put(self.now.after(span), Due::ReaderSets(slot, number));
            }
            // It has its row, there is none, or it goes without.
            _ => self.readers[slot as usize].number = u32::MAX,
        }
    }

    /// A reader puts what it read into the cache, and is over.
    pub(super) fn reader_sets(&mut self, slot: u32, number: u32) {
        self.moving -= 1;
        let Some(reader) = self.reader(slot, number) else { return };
        let (store, key, (event, version), lease) = (reader.store, reader.key, reader.found, reader.lease);
        let leased = self.plan.stores[store.index()].lease > Us::ZERO;
        if let Some(link) = self.plan.roles.app_store[store.index()].filter(|_| !leased || lease != 0) {
            let mut payload = Payload { large: lease, ..Payload::about(Parcel::Fill, event, version) };
            payload.list = vec![key.0];
            self.reader_calls(slot, link, payload, false);
        }
        self.readers[slot as usize].number = u32::MAX;
    }

    /// What a reader read reaches the cache.
    pub(super) fn serve_fill(&mut self, node: NodeId, payload: &Payload, caller: Caller, cause: RecordId) {
        let (NodeRole::Store(store), Caller::Reader(_, number)) = (self.role(node), caller) else { return };
        let Some(key) = payload.list.first().copied().map(Key) else { return };
        let taken = self.stores[store.index()].fill(key, payload.event, payload.version, payload.large);
        let kind = match (taken, payload.event) {
            (false, _) => Kind::FillRefused,
            (true, EventId::NONE) => Kind::Denied,
            (true, _) => Kind::Filled,
        };
        let mut record = Record { key, ..self.about(node, kind, payload.event, cause) };
        (record.version, record.extra) = (payload.version, number);
        let last = self.record(record);
        if taken {
            self.entry_lives(store, key, last);
        }
    }

    /// An entry of a cache is there from now on, for its time.
    pub(super) fn entry_lives(&mut self, store: StoreId, key: Key, since: RecordId) {
        let plan = &self.plan.stores[store.index()];
        let ttl = match self.stores[store.index()].slot(key) {
            Slot::Row { .. } => plan.ttl,
            Slot::Denied { .. } => plan.negative_ttl,
            Slot::Tombstone { .. } | Slot::Empty => Us::ZERO,
        };
        if ttl > Us::ZERO {
            let entries = &mut self.entries[store.index()];
            if entries.len() <= key.index() {
                entries.resize(key.index() + 1, RecordId::NONE);
            }
            entries[key.index()] = since;
            self.calendar.put(self.now.after(ttl), Due::Evict(store, key, since));
        }
    }

    /// The time of an entry is over, unless it was written anew since. Not in the drain.
    pub(super) fn evict(&mut self, store: StoreId, key: Key, since: RecordId) {
        let node = self.plan.roles.stores[store.index()];
        let current = self.entries[store.index()].get(key.index()) == Some(&since);
        if self.draining || !current || !self.up(node) {
            return;
        }
        let (Slot::Row { version, .. } | Slot::Denied { version }) = self.stores[store.index()].slot(key) else {
            return;
        };
        self.stores[store.index()].evict(key);
        self.record(Record { key, version, cause: since, ..Record::new(self.now, node, Kind::Evicted) });
    }

    /// A writer's commit is confirmed to it: it will drop the entries once more, from its memory.
    pub(super) fn deletes_again(&mut self, node: NodeId, store: StoreId, link: Option<LinkId>, event: EventId) {
        let plan = &self.plan.stores[store.index()];
        if let Some(link) = link.filter(|_| plan.invalidates && plan.delete_delay > Us::ZERO) {
            let epoch = self.epoch(node);
            self.moving += 1;
            self.calendar.put(self.now.after(plan.delete_delay), Due::DeleteAgain(node, epoch, link, event));
        }
    }

    /// The second delete leaves, if its writer still lives.
    pub(super) fn delete_again(&mut self, node: NodeId, epoch: u32, link: LinkId, event: EventId) {
        self.moving -= 1;
        if self.epoch(node) != epoch || !self.up(node) {
            return;
        }
        let info = self.events[event.index()];
        let payload = Payload { again: true, ..Payload::about(Parcel::Apply, event, info.version) };
        let identity = Identity { major: u64::from(info.request), attempt: 0xffe, row: event.0 % 16, life: epoch };
        self.call(link, Caller::Reader(u32::MAX, u32::MAX), None, payload, identity, RecordId::NONE);
    }
}
