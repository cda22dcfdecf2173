//! What a recovery compares, and how it repairs what differs.

use crate::detect::full_diff;
use crate::kernel::sorted::sort_by_key;
use crate::kernel::time::Us;
use crate::recovery::{Compare, Event, RecoveryKind, State};
use crate::run::simulation::Simulation;
use crate::run::simulation::call::{CallId, Caller, Payload};
use crate::scenario::plan::{NodeRole, RecoveryPlan};
use crate::world::ids::{Apply, EventId, Key, NodeId, OpKind, RecordId, RecoveryId, StoreId, StoreKind};
use crate::world::observe::{BY_REPAIR, ObservedRow};
use crate::world::record::{AGAIN, Kind, Parcel, Record};

/// A row to repair: as the source and the store showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repair {
    store: StoreId,
    key: Key,
    ours: ObservedRow,
    theirs: ObservedRow,
}

impl Simulation<'_> {
    /// Which rows are to be repaired: those that differ; on the second look those that still do, and stand still.
    pub(super) fn recovery_compares(&mut self, id: RecoveryId, cause: RecordId) {
        let (plan, proc) = (&self.plan.recoveries[id.index()], &self.recoveries[id.index()]);
        let again = proc.state == State::Comparing { again: true };
        let through = plan.reemit || plan.kind == RecoveryKind::Resnapshot;
        let aligned = plan.compare == Compare::Aligned && self.has_log();
        let mut repairs: Vec<Repair> = Vec::new();
        for (nth, &store) in plan.stores.iter().enumerate() {
            let shown = &self.plan.stores[store.index()];
            let snapshot = plan.kind == RecoveryKind::Resnapshot; // It looks at no store.
            if !snapshot && !mends(shown.apply) {
                continue;
            }
            for (at, &key) in proc.keys.iter().enumerate() {
                let ours = proc.source.1.get(at).copied().unwrap_or_default();
                let theirs = proc.tables.get(nth).and_then(|table| table.get(at)).copied().unwrap_or_default();
                let mut repair = Repair { store, key: Key(key), ours, theirs };
                let wanted = match plan.kind {
                    RecoveryKind::Resnapshot => ours.present,
                    _ if aligned && !self.align(id, nth, &mut repair) => false,
                    _ => self.is_to_repair(plan, &repair, proc.source.0, shown.kind == StoreKind::Cache),
                };
                let before = |old: &&Repair| old.store == store && old.key == repair.key;
                let stands =
                    !again || proc.repairs.iter().find(before).is_some_and(|old| old.theirs.changed == theirs.changed);
                // What the source never had has no event that could be published again.
                if wanted && stands && !(through && repair.ours.content == EventId::NONE.0) {
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
        // A replica may not have it yet.
        let ahead = plan.replica && plan.versioned && theirs.version > ours.version;
        !same && settled(ours.changed) && settled(theirs.changed) && !newer && !ahead
    }

    /// Whether what is committed comes to the stores through a log of the source's own.
    fn has_log(&self) -> bool {
        self.plan.roles.connector.is_some() || !self.plan.roles.relays.is_empty()
    }

    /// Puts the source's row of the place at which the store was read into a pair. Says whether there is one.
    fn align(&self, id: RecoveryId, nth: usize, pair: &mut Repair) -> bool {
        let places = self.recoveries[id.index()].places.get(nth).map_or(&[][..], Vec::as_slice);
        let row = self.row_at_place(places, pair.key.0, &pair.theirs);
        pair.ours = row.unwrap_or(pair.ours);
        row.is_some()
    }

    /// Whether a recovery repairs through the log.
    fn emits(&self, id: RecoveryId) -> bool {
        let plan = &self.plan.recoveries[id.index()];
        (plan.reemit || plan.kind == RecoveryKind::Resnapshot) && self.plan.roles.recovery_broker[id.index()].is_some()
    }

    pub(super) fn recovery_repairs(&mut self, id: RecoveryId, at: u32, cause: RecordId) {
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
    pub(in crate::run::simulation) fn serve_repair(
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
}

/// The record of a row that a recovery has written past the store's own rule.
pub(super) fn repaired(record: Record, shows: Option<EventId>) -> Record {
    let kind = if shows.is_some() { OpKind::Update } else { OpKind::Delete };
    Record { kind: Kind::Applied, extra: BY_REPAIR, detail: AGAIN | kind as u8, ..record }
}

/// Whether a store's rows are states: an effect cannot be taken back.
pub(super) fn mends(apply: Apply) -> bool {
    matches!(apply, Apply::Blind | Apply::Versioned)
}
