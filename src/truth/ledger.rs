//! The ledger: what was committed, what was delivered where, and where the path of the rest ended (CONTRACT 3).

use crate::kernel::time::Us;
use crate::world::ids::{EventId, Key, LinkId, NodeId, OpKind, RecordId};
use crate::world::observe::BY_REPAIR;
use crate::world::record::{Kind, Parcel, PoisonPolicy, Record};

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventFate {
    /// Its row's key.
    pub key: Key,
    /// Its version: given at commit; what it would get, before.
    pub version: u32,
    /// What it does to the row.
    pub kind: OpKind,
    /// When it was committed; [`Us::NEVER`]: never.
    pub committed: Us,
    /// The record of its commit.
    pub commit: RecordId,
    /// When its path ended, if it was not delivered later; [`Us::NEVER`]: never.
    pub ended: Us,
    /// The record that ended it.
    pub end: RecordId,
    /// The record of its rollback.
    pub aborted: RecordId,
    /// The record by which a failover took its commit back.
    pub retracted: RecordId,
    /// Whether a recovery has sent it again.
    pub reemitted: bool,
    /// The client's request behind it; `u32::MAX`: none.
    pub request: u32,
    /// The event that it takes back, and the one that takes it back; [`EventId::NONE`]: none.
    pub cancels: EventId,
    /// See `cancels`.
    pub cancelled: EventId,
}

impl EventFate {
    const UNKNOWN: EventFate = EventFate {
        key: Key::NONE,
        version: 0,
        kind: OpKind::Update,
        committed: Us::NEVER,
        commit: RecordId::NONE,
        ended: Us::NEVER,
        end: RecordId::NONE,
        aborted: RecordId::NONE,
        retracted: RecordId::NONE,
        reemitted: false,
        request: u32::MAX,
        cancels: EventId::NONE,
        cancelled: EventId::NONE,
    };

    /// Whether it is in the source's surviving history.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.committed != Us::NEVER && self.retracted == RecordId::NONE
    }
}

/// How often, and when, a store was given one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// First; [`Us::NEVER`]: never.
    pub first: Us,
    /// Last.
    pub last: Us,
    /// How often.
    pub count: u32,
    /// The how-manieth delivery of the store the first one was.
    pub order: u32,
    /// The record of the first delivery.
    pub record: RecordId,
}

impl Seen {
    const NEVER: Seen = Seen { first: Us::NEVER, last: Us::ZERO, count: 0, order: 0, record: RecordId::NONE };
}

/// A change of a row, at the source or at a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowChange {
    /// When.
    pub at: Us,
    /// The event that it shows from now on; [`EventId::NONE`]: nothing.
    pub event: EventId,
    /// The version that it shows; at the source also that of a deleted row.
    pub version: u32,
    /// Whether there is a row.
    pub present: bool,
    /// Whether there is none and an entry of a cache says so, which is no miss.
    pub denied: bool,
    /// The record of the change.
    pub record: RecordId,
}

/// What one store was given, and what it showed.
#[derive(Clone, Debug, Default)]
pub struct StoreLedger {
    /// The node that it is.
    pub node: NodeId,
    /// By event.
    seen: Vec<Seen>,
    /// By key.
    pub rows: Vec<Vec<RowChange>>,
    /// All deliveries.
    pub delivered: u64,
    /// First deliveries.
    pub distinct: u64,
    /// The record of the first delivery of an event that was delivered before.
    pub first_duplicate: RecordId,
    /// Its consumer's reads of the source for an event whose commit was not visible yet.
    pub early_reads: u64,
    /// The record of the first such read.
    pub first_early: RecordId,
    /// Events still on their way at the drain's limit.
    pub queued: Vec<EventId>,
    /// Rows that a recovery wrote: key, place among the row's changes, and how many changes the source's row had then.
    pub repairs: Vec<(Key, u32, u32)>,
    /// Readers that looked, those that found an entry, and entries that a reader put when they were out of date already.
    pub reads: (u64, u64, u64),
    /// Of a store that another one's consumer feeds: over which link, and by event whether it was emitted.
    pub emitted: Option<(LinkId, Vec<bool>)>,
    /// Whether what it applies adds up: then its rows are the events that it took, each as often as it took it.
    pub effects: bool,
}

impl StoreLedger {
    /// How one event fared here.
    #[must_use]
    pub fn seen(&self, event: EventId) -> Seen {
        self.seen.get(event.index()).copied().unwrap_or(Seen::NEVER)
    }

    /// Whether an event is to reach it: of a store that another one's consumer feeds, what that has emitted.
    #[must_use]
    pub fn owes(&self, event: EventId) -> bool {
        self.emitted.as_ref().is_none_or(|(_, emitted)| emitted.get(event.index()) == Some(&true))
    }

    fn deliver(&mut self, record: &Record, id: RecordId) {
        if self.seen.len() <= record.event.index() {
            self.seen.resize(record.event.index() + 1, Seen::NEVER);
        }
        self.delivered += 1;
        let seen = &mut self.seen[record.event.index()];
        seen.last = record.at;
        seen.count += 1;
        if seen.count > 1 {
            self.first_duplicate = self.first_duplicate.min(id);
            return;
        }
        (seen.first, seen.order, seen.record) = (record.at, self.distinct as u32, id);
        self.distinct += 1;
    }

    fn show(&mut self, record: &Record, id: RecordId) {
        let present = self.effects || record.op_detail() != OpKind::Delete as u8;
        let event = if present { record.event } else { EventId::NONE };
        let (at, version) = (record.at, record.version);
        self.rows[record.key.index()].push(RowChange { at, event, version, present, denied: false, record: id });
    }

    /// A record of the log is gone, and the log stands for the store: it is not delivered any more.
    fn withdraw(&mut self, record: &Record, id: RecordId) {
        let Some(seen) = self.seen.get_mut(record.event.index()).filter(|seen| seen.count > 0) else { return };
        self.delivered -= 1;
        seen.count -= 1;
        if seen.count == 0 {
            self.distinct -= 1;
            *seen = Seen::NEVER;
        }
        let rows = &mut self.rows[record.key.index()];
        let before = rows.iter().rev().find(|row| row.event != record.event).copied();
        let nothing =
            RowChange { at: record.at, event: EventId::NONE, version: 0, present: false, denied: false, record: id };
        rows.push(RowChange { at: record.at, record: id, ..before.unwrap_or(nothing) });
    }

    fn empty(&mut self, at: Us, id: RecordId) -> Vec<Key> {
        let mut gone = Vec::new();
        for (key, row) in (0..).zip(&mut self.rows) {
            if row.last().is_some_and(|last| last.present || last.denied) {
                row.push(RowChange { at, event: EventId::NONE, version: 0, present: false, denied: false, record: id });
                gone.push(Key(key));
            }
        }
        gone
    }

    /// A recovery has changed a row, when the source's had so many changes.
    fn note_repair(&mut self, key: Key, changes: usize) {
        let at = self.rows[key.index()].len() as u32 - 1;
        self.repairs.push((key, at, changes as u32));
    }
}

/// The truth as far as the records have told it.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// By event.
    pub events: Vec<EventFate>,
    /// The source's rows by key: every committed change.
    pub source: Vec<Vec<RowChange>>,
    /// The stores; or the broker's log, if there is no store.
    pub stores: Vec<StoreLedger>,
    /// Whether the one "store" is the broker's log.
    pub log_stands_for_stores: bool,
    /// Committed events.
    pub committed: u64,
    /// By operation: its client's request.
    requests: Vec<u32>,
}

impl Ledger {
    /// For that many keys, and these store nodes; with none, the broker's log stands for them.
    #[must_use]
    pub fn new(keys: usize, stores: &[NodeId], broker: Option<NodeId>) -> Ledger {
        let log_stands_for_stores = stores.is_empty();
        let nodes = if log_stands_for_stores { broker.as_slice() } else { stores };
        let store = |node: &NodeId| StoreLedger {
            node: *node,
            rows: vec![Vec::new(); keys],
            first_duplicate: RecordId::NONE,
            first_early: RecordId::NONE,
            ..StoreLedger::default()
        };
        Ledger {
            source: vec![Vec::new(); keys],
            stores: nodes.iter().map(store).collect(),
            log_stands_for_stores,
            ..Ledger::default()
        }
    }

    /// The same, for stores of which some have effects, in the order of the stores.
    #[must_use]
    pub fn with_effects(mut self, effects: impl Iterator<Item = bool>) -> Ledger {
        for (store, has) in self.stores.iter_mut().zip(effects).filter(|_| !self.log_stands_for_stores) {
            store.effects = has;
        }
        self
    }

    /// The same, for stores of which some are fed by another one's consumer: over which links.
    #[must_use]
    pub fn with_emits(mut self, links: impl Iterator<Item = Option<LinkId>>) -> Ledger {
        for (store, link) in self.stores.iter_mut().zip(links).filter(|_| !self.log_stands_for_stores) {
            store.emitted = link.map(|link| (link, Vec::new()));
        }
        self
    }

    /// What became of one event.
    #[must_use]
    pub fn event(&self, event: EventId) -> EventFate {
        self.events.get(event.index()).copied().unwrap_or(EventFate::UNKNOWN)
    }

    /// Takes one more record into account.
    #[inline]
    pub fn apply(&mut self, record: &Record, id: RecordId) {
        match record.kind {
            Kind::Written => self.know(record).version = record.version,
            Kind::Sent if record.event != EventId::NONE => {
                self.know(record);
                if record.detail == Parcel::Apply as u8 {
                    self.emit(record);
                }
            }
            Kind::Committed => self.commit(record, id),
            Kind::Retracted => self.retract(record, id),
            Kind::Aborted if record.event != EventId::NONE => self.know(record).aborted = id,
            Kind::Applied
            | Kind::NotNewer
            | Kind::Known
            | Kind::NothingToCancel
            | Kind::Got
            | Kind::Filled
            | Kind::Denied
            | Kind::Evicted
            | Kind::StillQueued => self.at_store(record, id),
            Kind::Appended => {
                self.carry(record);
                if self.log_stands_for_stores {
                    self.at_store(record, id);
                }
            }
            Kind::Emptied => self.emptied(record, id),
            Kind::Requested => {
                self.requests.resize(record.op.index() + 1, u32::MAX);
                self.requests[record.op.index()] = record.value as u32;
            }
            Kind::Compensates => self.compensates(record),
            Kind::Reemitted => self.know(record).reemitted = true,
            Kind::Expired | Kind::PassedOver => self.end(record, id),
            Kind::Compacted if record.detail == 1 => self.end(record, id),
            Kind::Truncated => {
                self.end(record, id);
                if self.log_stands_for_stores
                    && let Some(store) = self.store_at(record.node)
                {
                    store.withdraw(record, id);
                }
            }
            Kind::Read if record.extra == 1 => {
                if let Some(store) = self.stores.get_mut(usize::from(record.detail)) {
                    store.early_reads += 1;
                    store.first_early = store.first_early.min(id);
                }
            }
            Kind::Killed | Kind::GaveUp | Kind::Rejected | Kind::CursorPassed | Kind::Vanished
                if record.event != EventId::NONE =>
            {
                self.end(record, id);
            }
            Kind::Dropped if record.event != EventId::NONE && ends_here(record) => self.end(record, id),
            Kind::Poisoned if record.detail != PoisonPolicy::Stop as u8 => self.end(record, id),
            _ => {} // Records that neither commit, deliver nor end anything: most of them.
        }
    }

    /// What a store, or the log that stands for the stores, was given or showed.
    fn at_store(&mut self, record: &Record, id: RecordId) {
        let key = record.key.index();
        let shown = self.source.get(key).and_then(|rows| rows.last());
        let denied = record.kind == Kind::Denied;
        let out_of_date = if denied {
            shown.is_some_and(|row| row.present)
        } else {
            shown.is_none_or(|row| row.event != record.event)
        };
        let changes = self.source.get(key).map_or(0, Vec::len);
        let repair = record.extra == BY_REPAIR || (record.is_again() && self.event(record.event).reemitted);
        let Some(store) = self.store_at(record.node) else { return };
        match record.kind {
            Kind::Applied => {
                if record.extra == 0 && !record.is_again() {
                    store.deliver(record, id);
                }
                store.show(record, id);
                if repair {
                    store.note_repair(record.key, changes);
                }
            }
            Kind::Appended => {
                if !record.is_again() {
                    store.deliver(record, id);
                }
                store.show(record, id);
            }
            Kind::Got => {
                store.reads.0 += 1;
                store.reads.1 += u64::from(record.detail);
            }
            Kind::Filled => {
                store.reads.2 += u64::from(out_of_date);
                store.show(record, id);
            }
            Kind::Denied => {
                store.reads.2 += u64::from(out_of_date);
                let (at, version) = (record.at, record.version);
                let change = RowChange { at, event: EventId::NONE, version, present: false, denied, record: id };
                store.rows[key].push(change);
            }
            Kind::Evicted => {
                let nothing = RowChange {
                    at: record.at,
                    event: EventId::NONE,
                    version: 0,
                    present: false,
                    denied: false,
                    record: id,
                };
                store.rows[key].push(nothing);
            }
            Kind::StillQueued => store.queued.push(record.event),
            _ if record.is_again() => {}
            _ => store.deliver(record, id), // Refused as not newer, known already, or nothing to cancel.
        }
    }

    fn emptied(&mut self, record: &Record, id: RecordId) {
        let changes: Vec<usize> = self.source.iter().map(Vec::len).collect();
        let Some(store) = self.store_at(record.node) else { return };
        let gone = store.empty(record.at, id);
        if record.extra == BY_REPAIR {
            gone.into_iter().for_each(|key| store.note_repair(key, changes[key.index()]));
        }
    }

    fn emit(&mut self, record: &Record) {
        for (_, emitted) in
            self.stores.iter_mut().filter_map(|store| store.emitted.as_mut()).filter(|(link, _)| *link == record.link)
        {
            if emitted.len() <= record.event.index() {
                emitted.resize(record.event.index() + 1, false);
            }
            emitted[record.event.index()] = true;
        }
    }

    fn store_at(&mut self, node: NodeId) -> Option<&mut StoreLedger> {
        self.stores.iter_mut().find(|store| store.node == node)
    }

    fn know(&mut self, record: &Record) -> &mut EventFate {
        if self.events.len() <= record.event.index() {
            self.events.resize(record.event.index() + 1, EventFate::UNKNOWN);
        }
        let fate = &mut self.events[record.event.index()];
        if fate.key == Key::NONE {
            (fate.key, fate.version) = (record.key, record.version);
            fate.request = self.requests.get(record.op.index()).copied().unwrap_or(u32::MAX);
        }
        fate
    }

    fn commit(&mut self, record: &Record, id: RecordId) {
        let kind = OpKind::ALL.get(usize::from(record.detail)).copied().unwrap_or(OpKind::Update);
        let fate = self.know(record);
        (fate.version, fate.kind, fate.committed, fate.commit) = (record.version, kind, record.at, id);
        self.committed += 1;
        let present = kind != OpKind::Delete;
        let (at, event, version) = (record.at, record.event, record.version);
        self.source[record.key.index()].push(RowChange { at, event, version, present, denied: false, record: id });
    }

    /// An event will take another one back, for the same client.
    fn compensates(&mut self, record: &Record) {
        let cancels = EventId(record.extra);
        let fate = self.know(record);
        (fate.cancels, fate.request) = (cancels, record.value as u32);
        if let Some(fate) = self.events.get_mut(cancels.index()) {
            fate.cancelled = record.event;
        }
    }

    /// What was never committed counts by the version that its record in the log carries.
    fn carry(&mut self, record: &Record) {
        let fate = self.know(record);
        if fate.committed == Us::NEVER {
            fate.version = record.version;
        }
    }

    /// From here on the source shows what it showed before the commit (CONTRACT 3).
    fn retract(&mut self, record: &Record, id: RecordId) {
        self.know(record).retracted = id;
        self.committed -= 1;
        let (event, version, present) = (EventId(record.extra), record.value as u32, record.detail == 1);
        let change = RowChange { at: record.at, event, version, present, denied: false, record: id };
        self.source[record.key.index()].push(change);
    }

    fn end(&mut self, record: &Record, id: RecordId) {
        let fate = self.know(record);
        (fate.ended, fate.end) = (record.at, id);
    }
}

/// What a recovery did to rows, of one store (CONTRACT 3): how many that differed it made equal, and how many it made
/// differ that were equal to the source's or newer than what it wrote. A row that is on its way does neither.
/// `misses`: a row that is absent is a miss there, and differs in nothing.
#[must_use]
pub fn repaired(ledger: &Ledger, store: &StoreLedger, misses: bool) -> (u64, u64) {
    let (mut mended, mut harmed) = (0, 0);
    for &(key, at, changes) in &store.repairs {
        let (rows, source) = (&store.rows[key.index()], &ledger.source[key.index()]);
        let (now, present) = (rows[at as usize].at, |change: &&RowChange| change.present);
        let current = changes.checked_sub(1).and_then(|last| source.get(last as usize));
        let after = rows.get(at as usize).filter(present);
        let before = at.checked_sub(1).and_then(|at| rows.get(at as usize)).filter(present);
        let event = |change: Option<&RowChange>| change.map_or(EventId::NONE, |change| change.event);
        let equal = |row: Option<&RowChange>| event(row) == event(current.filter(present)) || (misses && row.is_none());
        // What the source will commit only later is ahead of it, not wrong; what will still come, mends.
        let fate = ledger.event(event(before));
        let ahead = fate.is_committed() && fate.committed > now;
        let coming = current.is_some_and(|current| {
            let seen = store.seen(current.event);
            seen.count > 0 && seen.last > now
        });
        // An entry that says that there is no row is no miss.
        let denied = at.checked_sub(1).and_then(|at| rows.get(at as usize)).is_some_and(|change| change.denied);
        let denied = denied && current.is_some_and(|current| current.present);
        let (was, is) = (equal(before) && !denied, equal(after));
        let newer = before.is_some_and(|before| after.is_none_or(|after| before.version > after.version));
        mended += u64::from(!was && !ahead && !coming && is);
        harmed += u64::from(!is && !coming && (was || newer) || ahead && event(before) != event(after));
    }
    (mended, harmed)
}

/// Whether a dropped message carried an event forward; a lost answer ends no path.
fn ends_here(record: &Record) -> bool {
    [Parcel::Publish, Parcel::Apply].iter().any(|parcel| record.detail == *parcel as u8)
}
