//! The broker deletes old segments, or compacts the log, and a consumer whose offset is no longer in the log goes on elsewhere (DOMAIN 2g).

use super::{Due, Simulation};
use crate::kernel::time::Us;
use crate::world::ids::{EventId, MemberId, NodeId, OpKind, RecordId, Reset, StoreId};
use crate::world::record::{Kind, Record};

#[cfg(test)]
mod tests;

impl Simulation<'_> {
    /// The first look for old segments, if one could find any while the load runs.
    pub(super) fn schedule_retention(&mut self) {
        let plan = &self.plan.broker;
        if self.plan.roles.broker.is_some() && (plan.compact || plan.retention < self.plan.duration) {
            self.calendar.put(plan.retention_check, Due::Retention);
        }
    }

    /// The broker looks for old segments. As with every periodic pass, none starts in the drain.
    pub(super) fn retention_due(&mut self) {
        if self.draining {
            return;
        }
        let Some(node) = self.plan.roles.broker else { return };
        let next = self.now.after(self.plan.broker.retention_check);
        if next <= self.plan.duration {
            self.calendar.put(next, Due::Retention);
        }
        if !self.up(node) {
            return;
        }
        let plan = &self.plan.broker;
        let span = if plan.compact { plan.delete_retention } else { plan.retention };
        let oldest = self.now.0.checked_sub(span.0).map(Us);
        for partition in 0..self.broker.partitions() {
            if self.plan.broker.compact {
                self.compact(node, partition, oldest.unwrap_or_default());
            } else if let Some(oldest) = oldest {
                self.delete_segments(node, partition, oldest);
            }
        }
    }

    /// One record for each that is removed.
    fn compact(&mut self, node: NodeId, partition: u32, oldest: Us) {
        let events = &self.events;
        let about = |event: EventId| (events[event.index()].key, events[event.index()].kind == OpKind::Delete);
        let gone = self.broker.log_mut(partition).compact(oldest, about);
        let read = self.read_by_all(partition).unwrap_or(u64::MAX);
        for (offset, entry) in gone.into_iter().rev() {
            let mut record = self.about(node, Kind::Compacted, entry.event, RecordId::NONE);
            record.detail = u8::from(offset >= read);
            self.record(Record { value: offset, extra: partition, version: entry.version, ..record });
        }
    }

    /// The offset below which every group has read a partition; `None`: there is no group.
    fn read_by_all(&self, partition: u32) -> Option<u64> {
        let groups = (0..self.groups.len()).filter(|store| self.plan.roles.consumers[*store].is_some());
        groups.map(|store| self.broker.position(StoreId(store as u16), partition).committed).min()
    }

    /// One record for the new start of a log, and one for each event that some group had not read.
    fn delete_segments(&mut self, node: NodeId, partition: u32, oldest: Us) {
        let gone = self.broker.log_mut(partition).delete_before(oldest);
        if gone.is_empty() {
            return;
        }
        let mut record = Record::new(self.now, node, Kind::LogStart);
        (record.value, record.extra) = (self.broker.log(partition).start(), partition);
        let cause = self.record(record);
        let Some(read) = self.read_by_all(partition) else { return };
        for (offset, entry) in gone.into_iter().filter(|(offset, _)| *offset >= read) {
            let record = self.about(node, Kind::Expired, entry.event, cause);
            self.record(Record { value: offset, extra: partition, version: entry.version, ..record });
        }
    }

    /// A consumer that fetches below the log's start goes on at its end, or at its start, as it is set. What is already
    /// on the way to it is read first.
    pub(super) fn reset_if_out_of_range(&mut self, member: MemberId, partition: u32, cause: RecordId) {
        let store = self.plan.roles.group(member);
        let (position, log) = (self.broker.position(store, partition), self.broker.log(partition));
        let expected = self.consumers[member.index()].expected(partition);
        if position.next >= log.start() || expected != position.next {
            return;
        }
        let (Some(node), Some(broker)) = (self.plan.roles.consumers[member.index()], self.plan.roles.broker) else {
            return;
        };
        let reset = self.plan.broker.reset;
        let target = match reset {
            Reset::Latest => log.high().max(log.start()),
            Reset::Earliest => log.start(),
        };
        let passed: Vec<_> = log.from(log.start()).take_while(|(offset, _)| *offset < target).collect();
        let mut record = Record::new(self.now, node, Kind::OffsetReset);
        (record.value, record.extra, record.detail, record.cause) = (target, partition, reset as u8, cause);
        let cause = self.record(record);
        for (offset, entry) in passed {
            let record = self.about(node, Kind::PassedOver, entry.event, cause);
            self.record(Record { value: offset, extra: partition, version: entry.version, ..record });
        }
        self.consumers[member.index()].jump(partition, target);
        self.broker.seek(store, partition, target);
        // Simplified: the new position is committed at once, not with the next poll.
        let epoch = self.broker.log(partition).epoch();
        let committed = self.broker.commit(store, partition, target, epoch);
        let mut record = Record::new(self.now, broker, Kind::OffsetCommitted);
        (record.value, record.extra, record.cause) = (committed, partition, cause);
        record.link = self.plan.roles.broker_consumer[store.index()].unwrap_or(record.link);
        self.record(record);
    }
}
