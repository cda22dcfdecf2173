//! Detectors look on their schedule. They are handed `Observed`, and nothing else of the world.

use super::{Due, Simulation};
use crate::detect::{DetectorKind, Look, Memory};
use crate::kernel::rng::Purpose;
use crate::kernel::sorted::sort;
use crate::kernel::time::Us;
use crate::scenario::plan::Plan;
use crate::world::ids::{EventId, Key, NodeId, RecordId, StoreId, StoreKind};
use crate::world::observe::{Books, NO_ROW, Observed, ObservedRow, ObservedStore};
use crate::world::record::{CANARY, Kind, Record};
use crate::world::store::Slot;

/// One detector at work.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    memory: Memory,
    firing: bool,
    /// How many looks it has begun.
    looks: u64,
    /// When each of its canaries was sent, and its number among all.
    canaries: (Vec<Us>, Vec<u32>),
    /// What it looks at again: store, key, and when the store's row was changed last.
    found: Vec<(u16, Key, Us)>,
}

/// The books that a plan's detectors read.
pub fn books(plan: &Plan) -> Books {
    let audited = plan.detectors.iter().any(|detector| detector.kind == DetectorKind::SequenceAudit);
    let on = !plan.detectors.is_empty() || !plan.recoveries.is_empty();
    Books { on, audited, ..Books::new(plan.keys(), plan.nodes.len(), &plan.roles.stores) }
}

impl Simulation<'_> {
    pub(super) fn schedule_detectors(&mut self) {
        for (index, detector) in self.plan.detectors.iter().enumerate() {
            if detector.period <= self.plan.duration {
                self.calendar.put(detector.period, Due::Detect(index as u16));
            }
        }
    }

    /// A detector's period is over. No new pass starts in the drain.
    pub(super) fn detect_due(&mut self, index: u16) {
        if self.draining {
            return;
        }
        self.look(index, false);
        let plan = &self.plan.detectors[usize::from(index)];
        if let Some(key) = plan.canary {
            let (sent, numbers) = &mut self.watch[usize::from(index)].canaries;
            sent.push(self.now);
            numbers.push(self.canaries.len() as u32);
            self.canary(key);
        }
        let next = self.now.after(plan.period);
        if next <= self.plan.duration {
            self.calendar.put(next, Due::Detect(index));
        }
    }

    /// After the drain every detector looks once more.
    pub(super) fn last_looks(&mut self) {
        for index in 0..self.plan.detectors.len() as u16 {
            self.look(index, true);
        }
    }

    fn look(&mut self, index: u16, last: bool) {
        let at = usize::from(index);
        let plan = &self.plan.detectors[at];
        let keys = self.sampled(index);
        let mut memory = std::mem::take(&mut self.watch[at].memory);
        let look = plan.kind.look(&self.observe(at, keys), &plan.settings, &mut memory);
        self.watch[at].memory = memory;
        self.watch[at].looks += 1;
        if plan.recheck == Us::ZERO || last || look.rows.is_empty() {
            return self.saw(index, &look);
        }
        if self.watch[at].found.is_empty() {
            let changed = |(store, key): &(u16, Key)| self.books.store_changed[usize::from(*store)][key.index()];
            self.watch[at].found = look.rows.iter().map(|row| (row.0, row.1, changed(row))).collect();
            self.moving += 1;
            self.calendar.put(self.now.after(plan.recheck), Due::Recheck(index));
        }
    }

    /// A detector looks again: it flags what still differs, if the store's row is as it was.
    pub(super) fn recheck_due(&mut self, index: u16) {
        self.moving -= 1;
        let at = usize::from(index);
        let plan = &self.plan.detectors[at];
        let found = std::mem::take(&mut self.watch[at].found);
        // A key that differs in two stores is one key to read.
        let mut keys: Vec<Key> = found.iter().map(|(_, key, _)| *key).collect();
        sort(&mut keys);
        keys.dedup();
        let mut memory = Memory::default();
        let again = plan.kind.look(&self.observe(at, keys), &plan.settings, &mut memory);
        // All rows may differ: no look-up of one goes through them.
        let mut differs = vec![vec![false; self.plan.keys()]; self.stores.len()];
        again.rows.iter().for_each(|(store, key)| differs[usize::from(*store)][key.index()] = true);
        let still = |&(store, key, changed): &(u16, Key, Us)| {
            let same = self.books.store_changed[usize::from(store)][key.index()] == changed;
            (same && differs[usize::from(store)][key.index()]).then_some((store, key))
        };
        let rows: Vec<(u16, Key)> = found.iter().filter_map(still).collect();
        let value = again.value.min(rows.len() as u64);
        self.saw(index, &Look { value, rows, ..again });
    }

    /// A detector has looked: it flags rows, and fires or is quiet.
    fn saw(&mut self, index: u16, look: &Look) {
        let at = usize::from(index);
        let fires = look.value >= self.plan.detectors[at].threshold.max(1);
        let mut record = Record::new(self.now, NodeId::NONE, Kind::Looked);
        // Both numbers of a look in one field: what was seen above, out of how many below.
        record.value = look.value.min(u64::from(u32::MAX)) << 32 | look.of.min(u64::from(u32::MAX));
        (record.extra, record.detail) = (u32::from(index), u8::from(fires));
        let looked = self.record(record);
        for &(store, key) in &look.rows {
            let flag = Record { cause: looked, key, extra: index.into(), detail: store as u8, ..record };
            self.record(Record { value: 0, kind: Kind::Flagged, ..flag });
        }
        let was = std::mem::replace(&mut self.watch[at].firing, fires);
        let kind = match (was, fires) {
            (false, true) => Kind::Alarm,
            (true, false) => Kind::AllClear,
            (false, false) | (true, true) => return,
        };
        self.record(Record { kind, cause: looked, ..record });
    }

    /// The keys that a look reads, if it reads rows: all, or as many as its sample says, drawn anew for each look.
    fn sampled(&mut self, index: u16) -> Vec<Key> {
        let plan = &self.plan.detectors[usize::from(index)];
        if !plan.kind.reads_rows() {
            return Vec::new();
        }
        let (looks, all) = (self.watch[usize::from(index)].looks, 0..self.plan.keys() as u32);
        let draws = &mut self.draws;
        let read = |key: &u32| {
            plan.sample >= 1_000_000_000
                || draws.of(Purpose::Phase, looks, 1 + u32::from(index), *key).chance(plan.sample)
        };
        all.filter(read).map(Key).collect()
    }

    /// A row of a store as a query shows it.
    pub(super) fn store_row(&self, store: usize, key: Key) -> ObservedRow {
        let changed = self.books.store_changed[store][key.index()];
        match self.stores[store].slot(key) {
            Slot::Row { event, version } => ObservedRow { present: true, version, content: event.0, changed },
            Slot::Tombstone { version, .. } => ObservedRow { version, changed, ..ObservedRow::default() },
            Slot::Denied { version } => ObservedRow { version, changed, content: NO_ROW, present: false },
            Slot::Empty => ObservedRow { changed, ..ObservedRow::default() },
        }
    }

    /// A row of the source as a query shows it.
    pub(super) fn source_row(&self, key: Key) -> ObservedRow {
        let row = self.source.row(key);
        let content = row.event.map_or(u32::MAX, |event| event.0);
        ObservedRow {
            present: row.present,
            version: row.version,
            content,
            changed: self.books.source_changed[key.index()],
        }
    }

    /// What an operator can query now, for a detector.
    fn observe(&self, detector: usize, keys: Vec<Key>) -> Observed<'_> {
        let plan = &self.plan.detectors[detector];
        let table = |row: &dyn Fn(Key) -> ObservedRow| match plan.kind.reads_rows() {
            true => (0..self.plan.keys() as u32).map(|key| row(Key(key))).collect(),
            false => Vec::new(),
        };
        let stores = self.stores.iter().enumerate().map(|(index, store)| ObservedStore {
            rows: u64::from(store.count()),
            offset_lag: match self.plan.roles.broker_consumer[index] {
                Some(_) => self.broker.lag(StoreId(index as u16)),
                None => 0,
            },
            position: store.position(),
            misses: self.plan.stores[index].kind == StoreKind::Cache,
            effects: self.plan.stores[index].has_effects(),
            table: table(&|key| self.queried_row(index, key, plan.search)),
            sequences: &self.books.sequences[index],
            inbox: &self.books.inboxes[index],
            canary: plan.canary.map_or(0, |key| self.canary_shown(detector, index, key)),
        });
        Observed {
            now: self.now,
            source_rows: u64::from(self.source.count()),
            commits: &self.books.commits,
            publish: self.publish_calls,
            waiting: if plan.kind == DetectorKind::OutboxAge { self.unpublished() } else { Vec::new() },
            keys,
            source: table(&|key| self.source_row(key)),
            events: &self.books.events,
            canaries: &self.watch[detector].canaries.0,
            stores: stores.collect(),
        }
    }

    /// The newest canary of a detector that a store shows, from 1; of a cache, whose entries come and go, that it has had.
    fn canary_shown(&self, detector: usize, store: usize, key: Key) -> u32 {
        let event = match self.stores[store].slot(key) {
            Slot::Row { event, .. } => event,
            Slot::Tombstone { .. } | Slot::Denied { .. } | Slot::Empty => {
                match self.books.applied[store][key.index()].checked_sub(1) {
                    Some(event) if self.plan.stores[store].kind == StoreKind::Cache => EventId(event),
                    Some(_) | None => return 0,
                }
            }
        };
        let number = self.events[event.index()].request.saturating_sub(CANARY);
        let numbers = &self.watch[detector].canaries.1;
        numbers.partition_point(|sent| *sent <= number) as u32
    }

    /// Since when what is not published waits: outbox rows, or changes after the newest that the connector's topics show.
    pub(super) fn unpublished(&self) -> Vec<Us> {
        if self.plan.roles.connector.is_some() {
            let wal = &self.source.wal;
            // Before there is one its slot's position counts: what is older is for the snapshot to bring.
            let slot = wal.slot().map(|slot| slot.confirmed);
            let Some(position) = self.connector.published().or(slot) else { return Vec::new() };
            return (wal.index_of(position)..wal.len()).filter_map(|at| wal.entry(at)).map(|entry| entry.at).collect();
        }
        self.source.outbox.waiting().iter().map(|row| row.since).collect()
    }

    /// A person changes or deletes a row at the source, past the app: no event is owed by anybody.
    pub(super) fn person_changes(&mut self, fault: u32, key: Key, delete: bool) {
        use crate::world::ids::{Op, OpKind};
        let node = self.plan.roles.source;
        if !self.up(node) || key.index() >= self.plan.keys() {
            return;
        }
        let asked = if delete { OpKind::Delete } else { OpKind::Update };
        let event = EventId(self.events.len() as u32);
        let (kind, version) = (self.source.effective(key, asked), self.source.row(key).version + 1);
        self.events.push(super::EventInfo {
            request: u32::MAX,
            op: Op::NONE,
            key,
            kind,
            version,
            commit: 0,
            sent: 0,
            cancels: EventId::NONE,
        });
        let xid = self.source.begin(Op::NONE, [key].into_iter());
        // A person's statement does not wait: where the row is locked it fails.
        if self.source.lock(xid) != Some(crate::world::source::Locked::All) {
            self.source.abort(xid);
            return;
        }
        self.fired(fault);
        self.source.write(xid, key, asked, event);
        self.wal_flows();
        let Some(commit) = self.source.commit(xid, self.now) else { return };
        self.events[event.index()].commit = self.source.commits();
        let record = Record { value: commit.lsn.0, ..self.about(node, Kind::Committed, event, RecordId::NONE) };
        let committed = self.record(record);
        if self.plan.roles.connector.is_some() {
            // The log has it, whoever wrote it.
            return self.pump_wal(committed);
        }
        let record = self.about(node, Kind::GaveUp, event, committed);
        self.record(record);
    }
}
