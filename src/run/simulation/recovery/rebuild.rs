//! A store that is made anew beside the old one, fed, copied into, and swapped.

use super::NTH_BITS;
use super::repair::repaired;
use crate::kernel::time::Us;
use crate::run::simulation::Simulation;
use crate::run::simulation::call::{CallId, Caller, Payload};
use crate::scenario::plan::NodeRole;
use crate::world::ids::{Apply, EventId, Key, NodeId, RecordId, RecoveryId, StoreId, StoreKind};
use crate::world::observe::BY_REPAIR;
use crate::world::record::{Kind, Record};
use crate::world::store::{Applied, Arriving, Rules, Slot, Store};

/// A store that a rebuild makes anew beside the old one. It belongs to that rebuild's pass, and goes with it.
#[derive(Clone, Debug)]
pub struct Shadow {
    pub(super) of: RecoveryId,
    beside: StoreId,
    /// Whether what comes to the old one comes to it too.
    fed: bool,
    /// `None`: it has taken the old one's place.
    made: Option<Store>,
}

impl Simulation<'_> {
    /// A new store is opened beside the old one, empty, and fed from here on. A cache is emptied instead.
    pub(in crate::run::simulation) fn serve_open(&mut self, node: NodeId, id: CallId, caller: Caller, cause: RecordId) {
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
    pub(in crate::run::simulation) fn feed_shadow(&mut self, store: StoreId, event: EventId, version: u32) {
        let (info, clock) = (self.events[event.index()], self.now.min(self.plan.duration));
        let (key, kind, commit, request) = (info.key, info.kind, info.commit, info.request);
        for shadow in self.shadows.iter_mut().filter(|shadow| shadow.fed && shadow.beside == store) {
            if let Some(made) = &mut shadow.made {
                made.apply(
                    &Arriving { key, kind, event, version, commit, request, id: None, cancels: EventId::NONE },
                    clock,
                );
            }
        }
    }

    /// Rows that the source showed are copied into the new store; into a cache, where it shows nothing newer.
    pub(in crate::run::simulation) fn serve_copy(
        &mut self,
        node: NodeId,
        id: CallId,
        payload: &Payload,
        caller: Caller,
        cause: RecordId,
    ) {
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
                let arriving = Arriving {
                    key,
                    kind,
                    event,
                    version: row.version,
                    commit,
                    request,
                    id: None,
                    cancels: EventId::NONE,
                };
                let applied = made.apply(&arriving, clock);
                debug_assert!(versioned || applied == Applied::Yes);
            }
        }
        self.answer(id, cache || shadow.is_some(), last);
    }

    /// The new store takes the old one's place: a record for each row that is another from here on.
    pub(in crate::run::simulation) fn serve_swap(&mut self, node: NodeId, id: CallId, caller: Caller, cause: RecordId) {
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
}

fn shown(slot: Slot) -> Option<(EventId, u32)> {
    match slot {
        Slot::Row { event, version } => Some((event, version)),
        Slot::Tombstone { .. } | Slot::Denied { .. } | Slot::Empty => None,
    }
}
