//! When and how a consumer commits its offsets.

use crate::run::simulation::call::{CallId, Caller, Identity, Payload, class_of_consumer};
use crate::run::simulation::{Due, Simulation};
use crate::world::consumer::State;
use crate::world::ids::{EventId, MemberId, NodeId, RecordId};
use crate::world::record::Parcel;

impl Simulation<'_> {
    /// The offsets behind a batch, added to those of earlier ones.
    pub(super) fn offsets_behind(&self, member: MemberId, mut offsets: Vec<(u32, u64, u32)>) -> Vec<(u32, u64, u32)> {
        let consumer = &self.consumers[member.index()];
        for fetched in consumer.batch.iter().filter(|fetched| !fetched.redriven) {
            let next = consumer.floors[fetched.partition as usize].max(fetched.offset + 1);
            match offsets.iter_mut().find(|(partition, ..)| *partition == fetched.partition) {
                Some((_, offset, epoch)) => (*offset, *epoch) = (next, fetched.epoch),
                None => offsets.push((fetched.partition, next, fetched.epoch)),
            }
        }
        offsets
    }

    pub(super) fn consumer_commits(&mut self, member: MemberId, cause: RecordId) {
        let offsets = self.offsets_behind(member, Vec::new());
        let class = Some(class_of_consumer(self.plan, self.plan.roles.group(member)));
        self.consumers[member.index()].waiting = self.send_offsets(member, offsets, class, cause);
    }

    pub(super) fn send_offsets(
        &mut self,
        member: MemberId,
        offsets: Vec<(u32, u64, u32)>,
        class: Option<u16>,
        cause: RecordId,
    ) -> CallId {
        let Some(link) = self.plan.roles.broker_consumer[member.index()] else { return CallId::NONE };
        let consumer = &mut self.consumers[member.index()];
        consumer.commits += 1;
        let major = consumer.commits;
        let mut payload = Payload::about(Parcel::CommitOffset, EventId::NONE, 0);
        payload.commits = offsets;
        payload.looks = u64::from(self.member_epoch(member));
        let identity = Identity { major, attempt: 1, row: 0, life: 0 };
        self.call(link, Caller::Consumer(member), class, payload, identity, cause)
    }

    /// A poll: what earlier ones returned is committed, if the interval is over. Nobody waits for the answer.
    pub(super) fn auto_commits(&mut self, member: MemberId, node: NodeId, cause: RecordId) {
        let returned = std::mem::take(&mut self.consumers[member.index()].returned);
        let returned = self.offsets_behind(member, returned);
        let interval = self.plan.fed_by(member).auto_interval;
        let consumer = &mut self.consumers[member.index()];
        consumer.returned.clone_from(&returned);
        consumer.auto_due = consumer.auto_due.max(interval);
        if consumer.auto_due <= self.now {
            consumer.auto_due = self.now.after(interval);
            self.send_offsets(member, returned, None, cause);
        }
        self.arm_auto_commit(member, node);
    }

    /// Polls go on while there is nothing to return; the one that may commit is worth an entry of the calendar.
    pub(super) fn arm_auto_commit(&mut self, member: MemberId, node: NodeId) {
        let epoch = self.epoch(node);
        let consumer = &mut self.consumers[member.index()];
        if !std::mem::replace(&mut consumer.auto_armed, true) {
            self.calendar.put(consumer.auto_due, Due::AutoCommit(member, epoch));
        }
    }

    /// A poll that found nothing may commit, unless the consumer is busy: then the poll after that does.
    pub(in crate::run::simulation) fn auto_commit_due(&mut self, member: MemberId, epoch: u32) {
        let Some(node) = self.plan.roles.consumers[member.index()] else { return };
        if self.epoch(node) != epoch {
            return;
        }
        let consumer = &mut self.consumers[member.index()];
        consumer.auto_armed = false;
        if consumer.state == State::Idle
            && self.broker.lag(self.plan.roles.group(member)) > 0
            && !consumer.returned.is_empty()
        {
            self.auto_commits(member, node, RecordId::NONE);
        }
    }
}
