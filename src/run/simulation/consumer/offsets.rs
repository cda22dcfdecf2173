//! When and how a consumer commits its offsets.

use crate::run::simulation::call::{CallId, Caller, Identity, Payload, class_of_consumer};
use crate::run::simulation::{Due, Simulation};
use crate::world::consumer::State;
use crate::world::ids::{EventId, NodeId, RecordId, StoreId};
use crate::world::record::Parcel;

impl Simulation<'_> {
    /// The offsets behind a batch, added to those of earlier ones.
    pub(super) fn offsets_behind(&self, store: StoreId, mut offsets: Vec<(u32, u64, u32)>) -> Vec<(u32, u64, u32)> {
        let consumer = &self.consumers[store.index()];
        for fetched in consumer.batch.iter().filter(|fetched| !fetched.redriven) {
            let next = consumer.floors[fetched.partition as usize].max(fetched.offset + 1);
            match offsets.iter_mut().find(|(partition, ..)| *partition == fetched.partition) {
                Some((_, offset, epoch)) => (*offset, *epoch) = (next, fetched.epoch),
                None => offsets.push((fetched.partition, next, fetched.epoch)),
            }
        }
        offsets
    }

    pub(super) fn consumer_commits(&mut self, store: StoreId, cause: RecordId) {
        let offsets = self.offsets_behind(store, Vec::new());
        let class = Some(class_of_consumer(self.plan, store));
        self.consumers[store.index()].waiting = self.send_offsets(store, offsets, class, cause);
    }

    pub(super) fn send_offsets(
        &mut self,
        store: StoreId,
        offsets: Vec<(u32, u64, u32)>,
        class: Option<u16>,
        cause: RecordId,
    ) -> CallId {
        let Some(link) = self.plan.roles.broker_consumer[store.index()] else { return CallId::NONE };
        let consumer = &mut self.consumers[store.index()];
        consumer.commits += 1;
        let major = consumer.commits;
        let mut payload = Payload::about(Parcel::CommitOffset, EventId::NONE, 0);
        payload.commits = offsets;
        let identity = Identity { major, attempt: 1, row: 0, life: 0 };
        self.call(link, Caller::Consumer(store), class, payload, identity, cause)
    }

    /// A poll: what earlier ones returned is committed, if the interval is over. Nobody waits for the answer.
    pub(super) fn auto_commits(&mut self, store: StoreId, node: NodeId, cause: RecordId) {
        let returned = std::mem::take(&mut self.consumers[store.index()].returned);
        let returned = self.offsets_behind(store, returned);
        let interval = self.plan.fed(store).auto_interval;
        let consumer = &mut self.consumers[store.index()];
        consumer.returned.clone_from(&returned);
        consumer.auto_due = consumer.auto_due.max(interval);
        if consumer.auto_due <= self.now {
            consumer.auto_due = self.now.after(interval);
            self.send_offsets(store, returned, None, cause);
        }
        self.arm_auto_commit(store, node);
    }

    /// Polls go on while there is nothing to return; the one that may commit is worth an entry of the calendar.
    pub(super) fn arm_auto_commit(&mut self, store: StoreId, node: NodeId) {
        let epoch = self.epoch(node);
        let consumer = &mut self.consumers[store.index()];
        if !std::mem::replace(&mut consumer.auto_armed, true) {
            self.calendar.put(consumer.auto_due, Due::AutoCommit(store, epoch));
        }
    }

    /// A poll that found nothing may commit, unless the consumer is busy: then the poll after that does.
    pub(in crate::run::simulation) fn auto_commit_due(&mut self, store: StoreId, epoch: u32) {
        let Some(node) = self.plan.roles.consumers[store.index()] else { return };
        if self.epoch(node) != epoch {
            return;
        }
        let consumer = &mut self.consumers[store.index()];
        consumer.auto_armed = false;
        if consumer.state == State::Idle && self.broker.lag(store) > 0 && !consumer.returned.is_empty() {
            self.auto_commits(store, node, RecordId::NONE);
        }
    }
}
