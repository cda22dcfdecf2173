//! Recoveries at work, driven by `recovery::step`: what they read, compare and repair, and what that costs.

use super::call::{CallId, Caller, Identity, Payload, class_of_recovery};
use super::{Due, Simulation};
use crate::detect::full_diff;
use crate::kernel::rng::Purpose;
use crate::kernel::sorted::sort_by_key;
use crate::kernel::time::Us;
use crate::recovery::{Command, Event, Knobs, RecoveryKind, State, step};
use crate::scenario::plan::{NodeRole, RecoveryPlan};
use crate::world::ids::{Apply, EventId, Key, LinkId, NodeId, Op, Outcome, RecordId, RecoveryId, StoreId, StoreKind};
use crate::world::observe::{BY_REPAIR, ObservedRow};
use crate::world::record::{AGAIN, Kind, Parcel, Record};
use crate::world::store::{Applied, Arriving, Rules, Slot, Store};

/// In the identity of a call: below the number of its pass, which of the pass's calls it is.
const NTH_BITS: u32 = 20;

/// A row to repair: as the source and the store showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Repair {
    store: StoreId,
    key: Key,
    ours: ObservedRow,
    theirs: ObservedRow,
}

/// One recovery's memory: a crash loses all of it.
#[derive(Clone, Debug, Default)]
pub struct RecoveryProc {
    state: State,
    pub waiting: Option<CallId>,
    passes: u64,
    keys: Vec<u32>,
    /// The source's rows, in the order of `keys`, and when its snapshot was taken.
    source: (Us, Vec<ObservedRow>),
    /// By store that it covers: its rows, in the order of `keys`.
    tables: Vec<Vec<ObservedRow>>,
    repairs: Vec<Repair>,
    cause: RecordId,
}

impl RecoveryProc {
    /// Whether no pass is under way.
    pub fn idle(&self) -> bool {
        self.state == State::Idle
    }
}

/// A store that a rebuild makes anew beside the old one. It belongs to that rebuild's pass, and goes with it.
#[derive(Clone, Debug)]
pub struct Shadow {
    of: RecoveryId,
    beside: StoreId,
    /// Whether what comes to the old one comes to it too.
    fed: bool,
    /// `None`: it has taken the old one's place.
    made: Option<Store>,
}

impl Simulation<'_> {
    pub(super) fn schedule_recoveries(&mut self) {
        for (index, recovery) in self.plan.recoveries.iter().enumerate() {
            if recovery.first <= self.plan.duration {
                self.calendar.put(recovery.first, Due::Recovery(RecoveryId(index as u16)));
            }
        }
    }

    /// A pass is due. None starts in the drain, while one is under way, or while the node is down.
    pub(super) fn recovery_due(&mut self, id: RecoveryId) {
        if self.draining {
            return;
        }
        let plan = &self.plan.recoveries[id.index()];
        if let Some(period) = plan.period {
            let next = self.now.after(period);
            if next <= self.plan.duration {
                self.calendar.put(next, Due::Recovery(id));
            }
        }
        let node = self.plan.roles.recoveries[id.index()];
        if !self.up(node) || !self.recoveries[id.index()].idle() {
            return;
        }
        self.recoveries[id.index()].passes += 1;
        let mut record = Record::new(self.now, node, Kind::PassBegan);
        record.value = self.recoveries[id.index()].passes;
        let cause = self.record(record);
        self.recoveries[id.index()].keys = self.keys_of_pass(id);
        self.recovery_event(id, Event::Due, cause);
    }

    /// The keys that a pass reads: all, or as many as its sample says, drawn anew for each pass.
    fn keys_of_pass(&mut self, id: RecoveryId) -> Vec<u32> {
        let (sample, pass) = (self.plan.recoveries[id.index()].sample, self.recoveries[id.index()].passes);
        let minor = 0x1_0000 + u32::from(id.0);
        let whole = sample >= 1_000_000_000 || self.plan.recoveries[id.index()].kind == RecoveryKind::Rebuild;
        let draws = &mut self.draws;
        let read = |key: &u32| whole || draws.of(Purpose::Phase, pass, minor, *key).chance(sample);
        (0..self.plan.keys() as u32).filter(read).collect()
    }

    fn knobs(plan: &RecoveryPlan) -> Knobs {
        Knobs {
            kind: plan.kind,
            stores: plan.stores.len() as u32,
            recheck: plan.recheck > Us::ZERO,
            position_first: plan.position_first,
        }
    }

    fn recovery_event(&mut self, id: RecoveryId, event: Event, cause: RecordId) {
        let (plan, node) = (&self.plan.recoveries[id.index()], self.plan.roles.recoveries[id.index()]);
        let proc = &mut self.recoveries[id.index()];
        let (next, point, ask) = step(&Self::knobs(plan), proc.state, event);
        (proc.state, proc.cause) = (next, cause);
        if let Some(point) = point
            && self.pass(node, point, Op::NONE, EventId::NONE, cause)
        {
            return;
        }
        let Some(ask) = ask else { return };
        match ask {
            Command::ReadSource => {
                let keys = self.recoveries[id.index()].keys.clone();
                let link = self.plan.roles.recovery_source[id.index()];
                self.recovery_calls(id, link, Payload { list: keys, ..bare(Parcel::Scan) }, 0, cause);
            }
            Command::ReadStore(at) => {
                let keys = self.recoveries[id.index()].keys.clone();
                self.recovery_calls_store(id, at, Payload { list: keys, ..bare(Parcel::Scan) }, cause);
            }
            Command::Compare => self.recovery_compares(id, cause),
            Command::Settle => self.recovery_waits(id, plan.recheck, cause),
            Command::Delay => self.recovery_waits(id, plan.delay, cause),
            Command::Pause => self.recovery_waits(id, plan.pause.unwrap_or_default(), cause),
            Command::Repair(at) => self.recovery_repairs(id, at, cause),
            Command::Open(at) => self.recovery_calls_store(id, at, bare(Parcel::Open), cause),
            Command::Copy(at) => {
                let proc = &self.recoveries[id.index()];
                let (list, slice) = (proc.keys.clone(), proc.source.1.clone());
                self.recovery_calls_store(id, at, Payload { list, slice, ..bare(Parcel::Copy) }, cause);
            }
            Command::Swap(at) => self.recovery_calls_store(id, at, bare(Parcel::Swap), cause),
            Command::Finish | Command::GiveUp => {
                self.shadows.retain(|shadow| shadow.of != id);
                let record = Record { cause, ..Record::new(self.now, node, Kind::PassEnded) };
                self.record(Record { detail: u8::from(ask == Command::GiveUp), ..record });
            }
        }
    }

    fn recovery_waits(&mut self, id: RecoveryId, span: Us, cause: RecordId) {
        if span == Us::ZERO {
            return self.recovery_event(id, Event::Elapsed, cause);
        }
        let epoch = self.epoch(self.plan.roles.recoveries[id.index()]);
        self.calendar.put(self.now.after(span), Due::RecoveryWaited(id, epoch));
    }

    /// The time that a recovery waited is over, unless it died since.
    pub(super) fn recovery_waited(&mut self, id: RecoveryId, epoch: u32) {
        if self.epoch(self.plan.roles.recoveries[id.index()]) == epoch {
            self.recovery_event(id, Event::Elapsed, self.recoveries[id.index()].cause);
        }
    }

    fn recovery_calls_store(&mut self, id: RecoveryId, at: u32, payload: Payload, cause: RecordId) {
        let store = self.plan.recoveries[id.index()].stores.get(at as usize);
        match store.and_then(|store| self.plan.roles.recovery_store[id.index()][store.index()]) {
            Some(link) => self.recovery_calls(id, link, payload, at, cause),
            None => self.recovery_event(id, Event::Failed, cause),
        }
    }

    fn recovery_calls(&mut self, id: RecoveryId, link: LinkId, payload: Payload, nth: u32, cause: RecordId) {
        let life = self.epoch(self.plan.roles.recoveries[id.index()]);
        let proc = &self.recoveries[id.index()];
        let major = proc.passes << NTH_BITS | u64::from(nth);
        let again = matches!(proc.state, State::Source { again: true } | State::Store { again: true, .. });
        let identity = Identity { major, attempt: 1 + u32::from(again), row: u32::from(id.0) & 0xf, life };
        let class = class_of_recovery(self.plan, id);
        let call = self.call(link, Caller::Recovery(id), Some(class), payload, identity, cause);
        self.recoveries[id.index()].waiting = Some(call);
    }

    /// A call of a recovery has ended.
    pub(super) fn recovery_answered(&mut self, id: RecoveryId, call: CallId, outcome: Outcome, cause: RecordId) {
        let proc = &mut self.recoveries[id.index()];
        proc.waiting = None;
        if outcome != Outcome::Ok {
            return self.recovery_event(id, Event::Failed, cause);
        }
        if let Some(payload) = self.get_call(call).map(|call| &call.payload)
            && payload.parcel == Parcel::Scan
        {
            let (at, slice) = (Us(payload.large), payload.slice.clone());
            let proc = &mut self.recoveries[id.index()];
            match proc.state {
                State::Store { at, .. } => {
                    proc.tables.truncate(at as usize);
                    proc.tables.push(slice);
                }
                _ => proc.source = (at, slice), // It reads nothing else.
            }
        }
        self.recovery_event(id, Event::Done, cause);
    }

    /// A node is asked for rows: what it shows now, when the read begins. Gives how long that takes.
    pub(super) fn scan(&mut self, node: NodeId, id: CallId) -> Us {
        let Some(Caller::Recovery(recovery)) = self.get_call(id).map(|call| call.caller) else { return Us::ZERO };
        let keys = self.get_call(id).map(|call| call.payload.list.clone()).unwrap_or_default();
        let row = |key: &u32| match self.role(node) {
            NodeRole::Store(store) => self.store_row(store.index(), Key(*key)),
            _ => self.source_row(Key(*key)), // Nobody else is asked for rows.
        };
        let slice: Vec<ObservedRow> = keys.iter().map(row).collect();
        let rows = slice.iter().filter(|row| row.present).count() as u64;
        let now = self.now.0;
        if let Some(call) = self.call_mut(id) {
            (call.payload.slice, call.payload.large) = (slice, now);
        }
        Us(self.plan.recoveries[recovery.index()].read_row.0.saturating_mul(rows))
    }

    /// A node has read its rows.
    pub(super) fn serve_scan(&mut self, node: NodeId, id: CallId, payload: &Payload, cause: RecordId) {
        let rows = payload.slice.iter().filter(|row| row.present).count() as u64;
        let read = Record { cause, value: rows, ..Record::new(self.now, node, Kind::TableRead) };
        let last = self.record(read);
        self.answer(id, true, last);
    }

    /// Which rows are to be repaired: those that differ; on the second look those that still do, and stand still.
    fn recovery_compares(&mut self, id: RecoveryId, cause: RecordId) {
        let (plan, proc) = (&self.plan.recoveries[id.index()], &self.recoveries[id.index()]);
        let again = proc.state == State::Comparing { again: true };
        let through = plan.reemit || plan.kind == RecoveryKind::Resnapshot;
        let mut repairs: Vec<Repair> = Vec::new();
        for (nth, &store) in plan.stores.iter().enumerate() {
            let shown = &self.plan.stores[store.index()];
            let snapshot = plan.kind == RecoveryKind::Resnapshot; // It looks at no store.
            if !snapshot && !matches!(shown.apply, Apply::Blind | Apply::Versioned) {
                continue; // An effect cannot be taken back.
            }
            for (at, &key) in proc.keys.iter().enumerate() {
                let ours = proc.source.1.get(at).copied().unwrap_or_default();
                let theirs = proc.tables.get(nth).and_then(|table| table.get(at)).copied().unwrap_or_default();
                let repair = Repair { store, key: Key(key), ours, theirs };
                let wanted = match plan.kind {
                    RecoveryKind::Resnapshot => ours.present,
                    _ => self.is_to_repair(plan, &repair, proc.source.0, shown.kind == StoreKind::Cache),
                };
                let before = |old: &&Repair| old.store == store && old.key == repair.key;
                let stands =
                    !again || proc.repairs.iter().find(before).is_some_and(|old| old.theirs.changed == theirs.changed);
                // What the source never had has no event that could be published again.
                if wanted && stands && !(through && ours.content == EventId::NONE.0) {
                    repairs.push(repair);
                }
            }
        }
        if self.emits(id) {
            // Through the log one event tells every store.
            sort_by_key(&mut repairs, |repair| repair.key);
            repairs.dedup_by_key(|repair| repair.key);
        }
        let found = repairs.len() as u32;
        self.recoveries[id.index()].repairs = repairs;
        let node = self.plan.roles.recoveries[id.index()];
        let cause = self.record(Record { cause, value: found.into(), ..Record::new(self.now, node, Kind::Compared) });
        self.recovery_event(id, Event::Found(found), cause);
    }

    fn is_to_repair(&self, plan: &RecoveryPlan, repair: &Repair, snapshot: Us, misses: bool) -> bool {
        let Repair { ours, theirs, .. } = repair;
        let same = full_diff::same(ours, theirs, misses, plan.one_way);
        let settled = |changed: Us| snapshot.since(changed) >= plan.grace || changed == Us::ZERO;
        // What came to the store after the snapshot was taken may be newer than the snapshot, and no ghost.
        let newer = !ours.present && theirs.changed >= snapshot;
        !same && settled(ours.changed) && settled(theirs.changed) && !newer
    }

    /// Whether a recovery repairs through the log.
    fn emits(&self, id: RecoveryId) -> bool {
        let plan = &self.plan.recoveries[id.index()];
        (plan.reemit || plan.kind == RecoveryKind::Resnapshot) && self.plan.roles.recovery_broker[id.index()].is_some()
    }

    fn recovery_repairs(&mut self, id: RecoveryId, at: u32, cause: RecordId) {
        let plan = &self.plan.recoveries[id.index()];
        let Some(&repair) = self.recoveries[id.index()].repairs.get(at as usize) else {
            return self.recovery_event(id, Event::Done, cause);
        };
        let Repair { store, key, ours, theirs } = repair;
        let event = EventId(ours.content);
        let through = plan.reemit || plan.kind == RecoveryKind::Resnapshot;
        let broker = self.plan.roles.recovery_broker[id.index()].filter(|_| through);
        let direct = self.plan.roles.recovery_store[id.index()][store.index()];
        let Some(link) = broker.or(direct) else { return self.recovery_event(id, Event::Failed, cause) };
        let parcel = match (through, broker) {
            (true, Some(_)) => Parcel::Publish,
            (true, None) => Parcel::Apply,
            (false, _) => Parcel::Repair,
        };
        let mut payload = Payload::about(parcel, event, ours.version);
        payload.again = through;
        let mut cause = cause;
        if through {
            let node = self.plan.roles.recoveries[id.index()];
            cause = self.record(self.about(node, Kind::Reemitted, event, cause));
        } else {
            (payload.small, payload.large) = (u32::from(!ours.present), theirs.changed.0);
            payload.list = vec![key.0];
        }
        self.recovery_calls(id, link, payload, at + 1, cause);
    }

    /// A store is told of a repair: it writes it, whatever its own rule says; a versioned one only if its row is still
    /// as the pass read it.
    pub(super) fn serve_repair(
        &mut self,
        node: NodeId,
        id: CallId,
        payload: &Payload,
        caller: Caller,
        cause: RecordId,
    ) {
        let (NodeRole::Store(store), Caller::Recovery(recovery)) = (self.role(node), caller) else { return };
        let key = Key(payload.list.first().copied().unwrap_or(0));
        let versioned = self.plan.recoveries[recovery.index()].versioned;
        let moved = self.books.store_changed[store.index()][key.index()].0 != payload.large;
        let mut record = Record { cause, key, version: payload.version, ..Record::new(self.now, node, Kind::NotNewer) };
        (record.event, record.detail, record.extra) = (payload.event, AGAIN, BY_REPAIR);
        if !(versioned && moved) {
            let shows = (payload.small == 0).then_some(payload.event);
            let position = self.events.get(payload.event.index()).map_or(0, |info| info.commit);
            let clock = self.now.min(self.plan.duration);
            self.stores[store.index()].overwrite(key, shows, payload.version, position, clock);
            record = repaired(record, shows);
        }
        let last = self.record(record);
        if record.kind == Kind::Applied {
            self.entry_lives(store, key, last);
        }
        self.answer(id, true, last);
    }

    /// A new store is opened beside the old one, empty, and fed from here on. A cache is emptied instead.
    pub(super) fn serve_open(&mut self, node: NodeId, id: CallId, caller: Caller, cause: RecordId) {
        let (NodeRole::Store(store), Caller::Recovery(recovery)) = (self.role(node), caller) else { return };
        let plan = &self.plan.recoveries[recovery.index()];
        if self.plan.stores[store.index()].kind == StoreKind::Cache {
            if plan.position_first {
                self.stores[store.index()].crash(self.now);
                let record = Record { cause, extra: BY_REPAIR, ..Record::new(self.now, node, Kind::Emptied) };
                self.record(record);
            }
            return self.answer(id, true, cause);
        }
        let shadow = self.shadow(id, recovery, store, plan.position_first);
        if let Some(shadow) = shadow {
            self.shadows[shadow].fed = true;
        }
        self.answer(id, shadow.is_some(), cause);
    }

    /// Where the new store is of the pass that makes this call; one is made if there is none yet and `first` says so. What
    /// a pass left that is over is gone: a request of it that comes late is about nothing.
    fn shadow(&mut self, call: CallId, of: RecoveryId, beside: StoreId, first: bool) -> Option<usize> {
        let proc = &self.recoveries[of.index()];
        let major = self.get_call(call).map(|call| call.identity.0)?;
        if major >> NTH_BITS != proc.passes || proc.idle() {
            return None;
        }
        let known = self.shadows.iter().position(|shadow| shadow.of == of && shadow.beside == beside);
        if known.is_none() && first {
            let made = Some(self.new_beside(beside, self.plan.recoveries[of.index()].versioned));
            self.shadows.push(Shadow { of, beside, fed: false, made });
            return Some(self.shadows.len() - 1);
        }
        known
    }

    fn new_beside(&self, store: StoreId, versioned: bool) -> Store {
        let plan = &self.plan.stores[store.index()];
        let apply = if versioned { Apply::Versioned } else { Apply::Blind };
        // It takes rows: what had effects, or dropped entries, is what the old one is for.
        let (window, keys_for, lease) = (Us::ZERO, Us::ZERO, Us::ZERO);
        let rules = Rules { apply, window, keys_for, invalidates: false, lease, ..plan.rules() };
        Store::new(rules, self.plan.keys())
    }

    /// What comes to a store comes to the new ones beside it too.
    pub(super) fn feed_shadow(&mut self, store: StoreId, event: EventId, version: u32) {
        let (info, clock) = (self.events[event.index()], self.now.min(self.plan.duration));
        let (key, kind, commit, request) = (info.key, info.kind, info.commit, info.request);
        for shadow in self.shadows.iter_mut().filter(|shadow| shadow.fed && shadow.beside == store) {
            if let Some(made) = &mut shadow.made {
                made.apply(&Arriving { key, kind, event, version, commit, request, id: None }, clock);
            }
        }
    }

    /// Rows that the source showed are copied into the new store; into a cache, where it shows nothing newer.
    pub(super) fn serve_copy(&mut self, node: NodeId, id: CallId, payload: &Payload, caller: Caller, cause: RecordId) {
        let (NodeRole::Store(store), Caller::Recovery(recovery)) = (self.role(node), caller) else { return };
        let (plan, cache) =
            (&self.plan.recoveries[recovery.index()], self.plan.stores[store.index()].kind == StoreKind::Cache);
        let (versioned, first) = (plan.versioned, !plan.position_first);
        let shadow = if cache { None } else { self.shadow(id, recovery, store, first) };
        let clock = self.now.min(self.plan.duration);
        let mut last = cause;
        for (&key, row) in payload.list.iter().zip(&payload.slice).filter(|(_, row)| row.present) {
            let event = EventId(row.content);
            let info = self.events[event.index()];
            if cache {
                let slot = self.stores[store.index()].slot(Key(key));
                let has = shown(slot).is_some_and(|(has, _)| has == event);
                let newer = versioned && slot.version() > row.version;
                if !has && !newer {
                    last = self.show(node, store, Key(key), Some(event), row.version, last);
                }
            } else if let Some(made) = shadow.and_then(|shadow| self.shadows[shadow].made.as_mut()) {
                let (key, kind, commit, request) = (info.key, info.kind, info.commit, info.request);
                let arriving = Arriving { key, kind, event, version: row.version, commit, request, id: None };
                let applied = made.apply(&arriving, clock);
                debug_assert!(versioned || applied == Applied::Yes);
            }
        }
        self.answer(id, cache || shadow.is_some(), last);
    }

    /// The new store takes the old one's place: a record for each row that is another from here on.
    pub(super) fn serve_swap(&mut self, node: NodeId, id: CallId, caller: Caller, cause: RecordId) {
        let (NodeRole::Store(store), Caller::Recovery(recovery)) = (self.role(node), caller) else { return };
        let cache = self.plan.stores[store.index()].kind == StoreKind::Cache;
        let shadow = if cache { None } else { self.shadow(id, recovery, store, false) };
        let mut last = cause;
        if let Some(made) = shadow.and_then(|shadow| self.shadows[shadow].made.take()) {
            let swapped = Record { cause, ..Record::new(self.now, node, Kind::Swapped) };
            last = self.record(swapped);
            for key in (0..self.plan.keys() as u32).map(Key) {
                let (old, new) = (self.stores[store.index()].slot(key), made.slot(key));
                match (shown(old), shown(new)) {
                    (was, is) if was == is => {}
                    (_, Some((event, version))) => {
                        self.show(node, store, key, Some(event), version, last);
                    }
                    (_, None) => {
                        self.show(node, store, key, None, new.version(), last);
                    }
                }
                // The new store was never told of deletes before its time: a late event finds no tombstone.
                if shown(old).or(shown(new)).is_none() && new.version() < old.version() {
                    let gone = Record { cause: last, key, ..Record::new(self.now, node, Kind::TombstoneGone) };
                    self.record(gone);
                }
            }
            self.stores[store.index()].take_rows(made);
        }
        self.answer(id, cache || shadow.is_some(), last);
    }

    /// A store shows another row from now on.
    fn show(
        &mut self,
        node: NodeId,
        store: StoreId,
        key: Key,
        shows: Option<EventId>,
        version: u32,
        cause: RecordId,
    ) -> RecordId {
        let clock = self.now.min(self.plan.duration);
        let position = shows.map_or(0, |event| self.events[event.index()].commit);
        self.stores[store.index()].overwrite(key, shows, version, position, clock);
        let record = Record { cause, key, version, ..Record::new(self.now, node, Kind::Applied) };
        let event = shows.unwrap_or(EventId::NONE);
        let last = self.record(repaired(Record { event, ..record }, shows));
        self.entry_lives(store, key, last);
        last
    }

    /// A recovery dies, and its pass with it.
    pub(super) fn kill_recovery(&mut self, id: RecoveryId, crash: RecordId) {
        let proc = &self.recoveries[id.index()];
        let passes = proc.passes;
        if !proc.idle() {
            let node = self.plan.roles.recoveries[id.index()];
            self.record(Record { cause: crash, ..Record::new(self.now, node, Kind::Killed) });
        }
        self.recoveries[id.index()] = RecoveryProc { passes, ..RecoveryProc::default() };
        self.shadows.retain(|shadow| shadow.of != id);
    }
}

/// A request about no event.
fn bare(parcel: Parcel) -> Payload {
    Payload::about(parcel, EventId::NONE, 0)
}

fn shown(slot: Slot) -> Option<(EventId, u32)> {
    match slot {
        Slot::Row { event, version } => Some((event, version)),
        Slot::Tombstone { .. } | Slot::Empty => None,
    }
}

/// The record of a row that a recovery has written past the store's own rule.
fn repaired(record: Record, shows: Option<EventId>) -> Record {
    use crate::world::ids::OpKind;
    let kind = if shows.is_some() { OpKind::Update } else { OpKind::Delete };
    Record { kind: Kind::Applied, extra: BY_REPAIR, detail: AGAIN | kind as u8, ..record }
}
