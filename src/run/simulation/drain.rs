//! The end of a run: arrivals stop, nodes and links heal, the queues empty, every detector looks once more.

use super::Simulation;
use super::recovery::RecoveryProc;
use super::relay::RelayProc;
use crate::kernel::sorted::sort;
use crate::world::ids::{EventId, NodeId, RecordId, RelayId, StoreId};
use crate::world::record::{Kind, Record};

impl Simulation<'_> {
    /// Arrivals stop; what is down comes up.
    pub(super) fn begin_drain(&mut self) {
        self.draining = true;
        let record = Record::new(self.now, NodeId::NONE, Kind::DrainBegan);
        let cause = self.record(record);
        self.heal(cause);
    }

    /// Whether nothing is in flight any more.
    pub(super) fn quiet(&self) -> bool {
        self.moving == 0
            && self.active_ops == 0
            && self.producer.idle()
            && self.relay_is_quiet()
            && self.connector_is_quiet()
            && self.nothing_in_doubt()
            && self.consumers_are_quiet()
            && self.recoveries.iter().all(RecoveryProc::idle)
    }

    /// Whether every two-phase commit is over, at its coordinator and at its participants.
    fn nothing_in_doubt(&self) -> bool {
        self.coordinator.idle() && self.holds.events().next().is_none() && self.source.prepared().next().is_none()
    }

    pub(super) fn relay_is_quiet(&self) -> bool {
        self.relays.is_empty() || (self.relays.iter().all(RelayProc::sleeps) && self.source.outbox.waiting().is_empty())
    }

    fn consumers_are_quiet(&self) -> bool {
        let behind = |group: usize| self.broker.lag(StoreId(group as u16)) > 0;
        let fed = |member: usize| self.plan.roles.consumers[member].is_some();
        (0..self.groups.len()).all(|group| !fed(group) || !behind(group))
            && (0..self.consumers.len()).all(|member| !fed(member) || self.consumers[member].idle())
    }

    /// The run is over. `limit`: because the drain's limit is reached.
    pub(super) fn end(&mut self, limit: bool) {
        if limit {
            self.now = self.plan.duration.after(self.plan.drain_limit).max(self.now);
            self.record_still_queued();
        }
        self.record_unread();
        self.now = self.now.max(self.plan.duration);
        self.last_looks();
        let record = Record { detail: u8::from(limit), ..Record::new(self.now, NodeId::NONE, Kind::DrainEnded) };
        self.record(record);
        let inbox = self.stores.iter().map(|store| store.inbox.peak()).max().unwrap_or(0);
        self.trace.close(self.now, self.source.outbox.rows(), self.source.outbox.peak(), inbox);
    }

    /// Committed events that are still on their way: one record for each, and each store (or the log, with no store).
    fn record_still_queued(&mut self) {
        let mut moving: Vec<EventId> = self.source.outbox.waiting().iter().map(|row| row.event).collect();
        // What is marked before it is published is in the relay's memory only.
        for relay in 0..self.relays.len() as u16 {
            moving.extend(self.marked_unpublished(RelayId(relay), 0, u32::MAX));
        }
        moving.extend(self.unread());
        moving.extend(self.on_the_way());
        moving.extend(self.owed_by_operations());
        moving.extend(self.producer.events());
        moving.extend(self.holds.events());
        let stores: Vec<NodeId> = self.plan.roles.stores.clone();
        let log = self.plan.roles.broker.filter(|_| stores.is_empty());
        for (store, node) in stores.into_iter().chain(log).enumerate() {
            let mut queued = moving.clone();
            if log.is_none()
                && let Some(feeder) = self.feeder(store)
            {
                queued.extend(self.broker.uncommitted(StoreId(feeder as u16)).map(|entry| entry.event));
                // What is committed before it is applied is in the consumer's memory only.
                for member in self.plan.roles.group_of(StoreId(feeder as u16)) {
                    queued.extend(self.consumers[member.index()].events());
                }
            }
            queued.retain(|event| self.events[event.index()].commit > 0);
            sort(&mut queued);
            queued.dedup();
            for event in queued {
                let record = self.about(node, Kind::StillQueued, event, RecordId::NONE);
                self.record(record);
            }
        }
    }

    /// The store whose consumer feeds a store: its own, or that of the first of those that emit to it.
    pub(super) fn feeder(&self, store: usize) -> Option<usize> {
        let mut at = store;
        let emits =
            |at: usize| self.plan.stores.iter().position(|from| from.emits_to.is_some_and(|to| to.index() == at));
        while let Some(from) = emits(at) {
            at = from;
        }
        self.plan.roles.consumers[at].is_some().then_some(at)
    }
}
