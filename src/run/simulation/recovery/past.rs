//! What a recovery may ask of the past: the source's rows as of a place in its log, or as a replica shows them that is
//! behind; and how far in that log each store has come.

use crate::kernel::time::Us;
use crate::recovery::Compare;
use crate::run::simulation::Simulation;
use crate::scenario::plan::Plan;
use crate::world::ids::{EventId, Key, OpKind, StoreId};
use crate::world::observe::ObservedRow;
use crate::world::record::{Kind, Record};
use crate::world::replica::ReplicaMode;

/// A fold over records, like the books of the detectors.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// Whether anybody asks: else nothing is kept.
    pub on: bool,
    /// By key: what its row was, with the number of the change that made it so among all, from 1.
    rows: Vec<Vec<(u64, ObservedRow)>>,
    /// By event: that number; 0: not committed.
    places: Vec<u64>,
    /// How many changes there are.
    changes: u64,
    /// By node: the store that it is, or whose consumer it is.
    store_of: Vec<Option<StoreId>>,
    /// By store, then partition: the newest change that came to it through the log, or that its consumer is done with.
    reached: Vec<Vec<u64>>,
}

impl Past {
    /// For a plan, of which nothing is past yet.
    pub fn new(plan: &Plan) -> Past {
        let roles = &plan.roles;
        let store_of = |node: usize| {
            let is =
                |at: usize| roles.stores[at].index() == node || roles.consumers[at].is_some_and(|c| c.index() == node);
            (0..plan.stores.len()).find(|at| is(*at)).map(|at| StoreId(at as u16))
        };
        Past {
            on: plan.recoveries.iter().any(|recovery| recovery.replica || recovery.compare == Compare::Aligned),
            rows: vec![Vec::new(); plan.keys()],
            store_of: (0..plan.nodes.len()).map(store_of).collect(),
            reached: vec![vec![0; plan.broker.partitions as usize]; plan.stores.len()],
            ..Past::default()
        }
    }

    /// Takes one more record into account.
    pub fn apply(&mut self, record: &Record) {
        match record.kind {
            Kind::Committed => {
                self.changes += 1;
                let present = record.detail != OpKind::Delete as u8;
                let row = ObservedRow { present, version: record.version, content: record.event.0, changed: record.at };
                self.rows[record.key.index()].push((self.changes, row));
                self.places.resize(self.places.len().max(record.event.index() + 1), 0);
                self.places[record.event.index()] = self.changes;
            }
            // The newest is taken back first, and its number is given again.
            Kind::Retracted => {
                self.changes -= 1;
                let changes = self.changes;
                self.rows[record.key.index()].retain(|(place, _)| *place <= changes);
                self.places[record.event.index()] = 0;
                for reached in self.reached.iter_mut().flatten() {
                    *reached = changes.min(*reached);
                }
            }
            // What is shown again says nothing about its place in the log; neither does what was read instead.
            Kind::Applied if record.is_again() || record.extra > 0 => {}
            Kind::NotNewer | Kind::Known if record.is_again() => {}
            Kind::Applied | Kind::NotNewer | Kind::Known | Kind::Rejected | Kind::Poisoned | Kind::PassedOver => {
                let store = self.store_of.get(record.node.index()).copied().flatten();
                let (Some(store), true) = (store, record.key != Key::NONE) else { return };
                let place = self.place(record.event);
                let partitions = self.reached[store.index()].len().max(1);
                let reached = &mut self.reached[store.index()][record.key.index() % partitions];
                *reached = place.max(*reached);
            }
            _ => {} // Nothing else changes a row, or tells how far a store is.
        }
    }

    /// The number of the change that an event says.
    pub fn place(&self, event: EventId) -> u64 {
        self.places.get(event.index()).copied().unwrap_or(0)
    }

    /// A row as the last change up to a place, or up to a time, has left it.
    pub fn row(&self, key: u32, still: impl Fn(u64, Us) -> bool) -> ObservedRow {
        let past = self.rows.get(key as usize).map_or(&[][..], Vec::as_slice);
        let last = past.iter().rev().find(|(place, row)| still(*place, row.changed));
        last.map_or(ObservedRow { content: EventId::NONE.0, ..ObservedRow::default() }, |(_, row)| *row)
    }
}

impl Simulation<'_> {
    /// The source's row as a recovery is shown it: by a replica, of `lag` ago.
    pub(super) fn row_at_source(&self, replica: bool, key: u32) -> ObservedRow {
        let plan = &self.plan.source;
        if !replica || plan.replica != ReplicaMode::Async {
            return self.source_row(Key(key));
        }
        self.past.row(key, |_, at| at.after(plan.replica_lag) <= self.now)
    }

    /// By partition: how far in the source's log a store has come. Where all that was committed has come through, that is
    /// the log's end, wherever the last record of the partition stands.
    pub(super) fn places(&self, store: StoreId) -> Vec<(u32, u64)> {
        let mut places: Vec<(u32, u64)> = (0..).zip(self.past.reached[store.index()].iter().copied()).collect();
        let read = |feeder: usize| {
            let consumer = &self.consumers[feeder];
            consumer.idle() && places.iter().all(|(at, _)| consumer.expected(*at) >= self.broker.log(*at).end())
        };
        let published = self.unpublished().is_empty() && self.relay_is_quiet();
        if published && self.feeder(store.index()).is_some_and(read) {
            // As it is now: what is committed until the source is read, the store cannot have.
            places.iter_mut().for_each(|(_, place)| *place = self.past.changes);
        }
        places
    }

    /// The source's row as of the place at which a store was read; `None`: the store is ahead of it, and nothing can be said.
    pub(super) fn row_at_place(&self, places: &[(u32, u64)], key: u32, theirs: &ObservedRow) -> Option<ObservedRow> {
        let at = places.get(self.broker.partition(Key(key)) as usize).map_or(u64::MAX, |(_, place)| *place);
        let ahead = theirs.present && self.past.place(EventId(theirs.content)) > at;
        (!ahead).then(|| self.past.row(key, |place, _| place <= at))
    }
}
