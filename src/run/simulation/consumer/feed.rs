//! How records reach a consumer: pushed by the broker, lost, fetched again.

use super::Fetched;
use crate::run::simulation::call::{Caller, Identity, Payload};
use crate::run::simulation::{Due, Simulation};
use crate::world::consumer::State;
use crate::world::ids::{MemberId, RecordId, StoreId};
use crate::world::record::{Kind, Parcel, Record};

impl Simulation<'_> {
    /// The broker pushes what a store's consumer has room for.
    pub(in crate::run::simulation) fn pump(&mut self, group: StoreId, partition: u32, cause: RecordId) {
        let Some(member) = self.reader_of(group, partition) else { return };
        let (Some(node), Some(link), Some(broker)) = (
            self.plan.roles.consumers[member.index()],
            self.plan.roles.broker_consumer[member.index()],
            self.plan.roles.broker,
        ) else {
            return;
        };
        // Twice a poll: enough that a busy consumer never waits, and a bound on what is under way.
        let window = self.plan.fed_by(member).max_poll.saturating_mul(2).max(2);
        while self.up(node) && self.up(broker) && !self.consumers[member.index()].refetching {
            if self.consumers[member.index()].ahead >= window {
                return;
            }
            self.reset_if_out_of_range(member, partition, cause);
            let Some((offset, entry)) = self.broker.push(group, partition) else { return };
            let consumer = &mut self.consumers[member.index()];
            consumer.ahead += 1;
            let life = consumer.fetches;
            let mut payload = Payload::about(Parcel::Deliver, entry.event, entry.version);
            (payload.small, payload.large, payload.again) = (partition, offset, entry.again);
            payload.epoch = self.broker.log(partition).epoch();
            let request = self.events[entry.event.index()].request;
            let row = entry.event.0 % 16;
            let identity = Identity { major: u64::from(request), attempt: 1, row, life };
            self.call(link, Caller::Nobody(member), None, payload, identity, cause);
        }
    }

    pub(super) fn pump_all(&mut self, group: StoreId, cause: RecordId) {
        for partition in 0..self.broker.partitions() {
            self.pump(group, partition, cause);
        }
    }

    /// A pushed record reaches a consumer.
    pub(in crate::run::simulation) fn serve_deliver(&mut self, payload: &Payload, caller: Caller, cause: RecordId) {
        let Caller::Nobody(member) = caller else { return };
        let (partition, offset, epoch) = (payload.small, payload.large, payload.epoch);
        // What was sent to it before the partition was another's is for that one now.
        if !self.owns(member, partition) {
            return;
        }
        let consumer = &mut self.consumers[member.index()];
        let expected = &mut consumer.expected[partition as usize];
        if self.broker.log(partition).next_kept(*expected) < offset {
            // One before it is late, or lost: fetch again from the gap.
            return self.push_lost(member, cause);
        }
        // What a failover has cut off since is not what stands there now.
        if *expected > offset || offset >= self.broker.log(partition).common(epoch) {
            return;
        }
        *expected = offset + 1;
        let (event, version, again) = (payload.event, payload.version, payload.again);
        let redriven = false;
        consumer.buffer.push_back(Fetched { partition, offset, epoch, event, version, again, redriven, cause });
        if consumer.state == State::Idle {
            self.consumer_polls(member, cause);
        }
    }

    /// A push was lost, or found the consumer down: it fetches again, a little later.
    pub(in crate::run::simulation) fn push_lost(&mut self, member: MemberId, _cause: RecordId) {
        let Some(node) = self.plan.roles.consumers[member.index()] else { return };
        if !self.up(node) || self.consumers[member.index()].refetching {
            return;
        }
        self.consumers[member.index()].refetching = true;
        let epoch = self.epoch(node);
        self.calendar.put(self.now.after(self.plan.fed_by(member).retry), Due::Refetch(member, epoch));
    }

    /// The consumer fetches again from the offset that it expects.
    pub(in crate::run::simulation) fn refetch(&mut self, member: MemberId, epoch: u32) {
        let Some(node) = self.plan.roles.consumers[member.index()] else { return };
        if self.epoch(node) != epoch {
            return;
        }
        let consumer = &mut self.consumers[member.index()];
        consumer.refetching = false;
        consumer.fetches += 1;
        consumer.ahead = (consumer.buffer.len() + consumer.batch.len()) as u32;
        for partition in 0..self.broker.partitions() {
            if self.owns(member, partition) {
                let expected = self.consumers[member.index()].expected[partition as usize];
                self.broker.seek(self.plan.roles.group(member), partition, expected);
            }
        }
        self.pump_all(self.plan.roles.group(member), RecordId::NONE);
    }

    /// A partition's log was cut: a consumer that has read further goes back to the cut.
    pub(in crate::run::simulation) fn consumer_cut(&mut self, group: StoreId, partition: u32, end: u64) {
        let Some(member) = self.reader_of(group, partition) else { return };
        let Some(node) = self.plan.roles.consumers[member.index()] else { return };
        let expected = &mut self.consumers[member.index()].expected[partition as usize];
        if *expected <= end {
            return;
        }
        *expected = end;
        let mut record = Record::new(self.now, node, Kind::Rewound);
        (record.value, record.extra) = (end, partition);
        let cause = self.record(record);
        self.push_lost(member, cause);
    }
}
