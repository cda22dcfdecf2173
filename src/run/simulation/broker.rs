//! What the broker does with a publish, and how its two replicas, the in-sync set and a failover move the log.

use super::call::{CallId, Payload};
use super::{Due, Simulation, role_code};
use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::scenario::plan::NodeRole;
use crate::strategy::CrashPoint;
use crate::world::broker::Entry;
use crate::world::ids::{Acks, EventId, NodeId, RecordId, StoreId};
use crate::world::record::{AGAIN, Kind, Record};
use std::collections::VecDeque;

#[cfg(test)]
mod tests;

/// What the simulation knows of a partition's replication.
#[derive(Clone, Debug, Default)]
pub struct Replication {
    /// Publishes that wait for the high watermark: the last offset of each, and its number among the waits.
    waiting: VecDeque<(u64, u32)>,
    /// The records of appending what is above the high watermark, by offset.
    appended: VecDeque<(u64, RecordId)>,
    /// When the follower has what was sent to it last: it fetches in the order of the log.
    last: Us,
    /// Whether a look at the in-sync set is in the calendar.
    watched: bool,
    /// The high watermark as the records tell it.
    told: u64,
}

/// A publish that waits for the high watermark.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    id: CallId,
    /// In how many partitions.
    left: u32,
    /// Whether enough replicas were in sync in those where it waits no longer.
    enough: bool,
}

/// The n-th event of a request to publish, the version that it carries, and whether it only shows its row again.
pub(super) fn nth_published(payload: &Payload, nth: usize) -> (EventId, u32, bool) {
    let one = (payload.event, payload.version, payload.again);
    payload.changes.get(nth).map_or(one, |change| (change.event, change.version, change.again))
}

impl Simulation<'_> {
    /// The broker appends what a request publishes: one event, or a batch. It takes all of it or nothing.
    pub(super) fn serve_publish(&mut self, node: NodeId, id: CallId, payload: &Payload, cause: RecordId) {
        if let Some(short) = self.short_of_replicas(payload) {
            let mut record = self.about(node, Kind::NotEnoughReplicas, payload.event, cause);
            (record.value, record.extra, record.version) =
                (u64::from(self.broker.log(short).in_sync()), short, payload.version);
            let refused = self.record(record);
            return self.answer(id, false, refused);
        }
        let identity = self.get_call(id).map_or((0, 0), |call| call.identity);
        let Some((known, mut last)) = self.in_sequence(node, id, payload, cause) else { return };
        for nth in 0..payload.changes.len().max(1) {
            let (event, version, again) = nth_published(payload, nth);
            if known.contains(&self.partition_of(event)) {
                continue;
            }
            let offset = self.broker.log(self.partition_of(event)).end();
            let (partition, appended) = self.append_only(node, event, version, again, cause);
            last = appended;
            self.follow(partition, offset, identity, nth as u32, last);
        }
        for &(partition, number) in payload.offsets.iter().filter(|(partition, _)| !known.contains(partition)) {
            self.broker.log_mut(partition).number(payload.looks, number as u32);
        }
        let op = self.events[payload.event.index()].op;
        if self.pass(node, CrashPoint::BrokerAppendAck, op, payload.event, last) {
            return self.strand(id);
        }
        self.confirm(id, payload, last);
        for nth in 0..payload.changes.len().max(1) {
            let (event, ..) = nth_published(payload, nth);
            let partition = self.partition_of(event);
            let last = self.tell_watermark(node, partition, last);
            self.pump_groups(partition, last);
        }
    }

    /// Appends an event that a two-phase commit has prepared. Gives its partition and the record of it.
    pub(super) fn append(
        &mut self,
        node: NodeId,
        event: EventId,
        version: u32,
        again: bool,
        cause: RecordId,
    ) -> (u32, RecordId) {
        let offset = self.broker.log(self.partition_of(event)).end();
        let (partition, appended) = self.append_only(node, event, version, again, cause);
        let request = u64::from(self.events[event.index()].request);
        self.follow(partition, offset, (request, event.0 % 16), 0, appended);
        (partition, self.tell_watermark(node, partition, appended))
    }

    fn append_only(
        &mut self,
        node: NodeId,
        event: EventId,
        version: u32,
        again: bool,
        cause: RecordId,
    ) -> (u32, RecordId) {
        let (partition, version) = (self.partition_of(event), self.version_in_log(event, version));
        let offset = self.broker.log_mut(partition).append(Entry { event, version, again, at: self.now });
        let mut record = self.about(node, Kind::Appended, event, cause);
        (record.value, record.extra, record.version) = (offset, partition, version);
        record.detail |= if again { AGAIN } else { 0 };
        (partition, self.record(record))
    }

    pub(super) fn partition_of(&self, event: EventId) -> u32 {
        self.broker.partition(self.events[event.index()].key)
    }

    /// The partitions that have a numbered publish already, and the last record that says so; `None`: it is refused, for
    /// one before it is missing somewhere.
    fn in_sequence(
        &mut self,
        node: NodeId,
        id: CallId,
        payload: &Payload,
        cause: RecordId,
    ) -> Option<(Vec<u32>, RecordId)> {
        let (mut known, mut last) = (Vec::new(), cause);
        for &(partition, number) in &payload.offsets {
            let next = u64::from(self.broker.log(partition).next_number(payload.looks));
            if number == next {
                continue;
            }
            let again = number < next;
            let record = self.about(node, Kind::OutOfSequence, payload.event, cause);
            let (value, extra, detail) = (number, partition, u8::from(again));
            last = self.record(Record { value, extra, detail, version: payload.version, ..record });
            if !again {
                if let Some(call) = self.call_mut(id) {
                    call.payload.large = 1;
                }
                self.answer(id, false, last);
                return None;
            }
            known.push(partition);
        }
        Some((known, last))
    }

    /// A partition that a publish touches, and that has too few replicas in sync to take it.
    fn short_of_replicas(&self, payload: &Payload) -> Option<u32> {
        let plan = &self.plan.broker;
        if plan.acks != Acks::All || plan.min_insync <= 1 {
            return None;
        }
        let touched = (0..payload.changes.len().max(1)).map(|nth| {
            let (event, ..) = nth_published(payload, nth);
            self.partition_of(event)
        });
        touched.into_iter().find(|partition| self.broker.log(*partition).in_sync() < plan.min_insync)
    }

    /// Answers a publish, at once or when every record of it is below the high watermark.
    fn confirm(&mut self, id: CallId, payload: &Payload, last: RecordId) {
        let mut left = 0;
        if self.plan.broker.acks == Acks::All {
            for nth in 0..payload.changes.len().max(1) {
                let (event, ..) = nth_published(payload, nth);
                let partition = self.partition_of(event);
                let log = self.broker.log(partition);
                let waiting = &mut self.replication[partition as usize].waiting;
                let mine = |(_, wait): &(u64, u32)| *wait == self.next_wait;
                if log.high() < log.end() && !waiting.back().is_some_and(mine) {
                    waiting.push_back((log.end() - 1, self.next_wait));
                    left += 1;
                }
            }
        }
        if left == 0 {
            return self.answer(id, true, last);
        }
        self.hold(id);
        self.waits.insert(self.next_wait, Wait { id, left, enough: true });
        self.next_wait += 1;
    }

    pub(super) fn pump_groups(&mut self, partition: u32, cause: RecordId) {
        for store in 0..self.groups.len() {
            self.pump(StoreId(store as u16), partition, cause);
        }
    }

    /// Whether the follower has a record in the moment in which its leader appends it.
    fn at_once(&self) -> bool {
        self.plan.broker.replication_lag.constant() == Some(Us::ZERO)
    }

    /// The follower fetches a record that was appended just now, the n-th of its batch.
    fn follow(&mut self, partition: u32, offset: u64, (major, minor): (u64, u32), nth: u32, appended: RecordId) {
        let up = self.plan.roles.follower.is_some_and(|follower| self.up(follower));
        let caught_up = self.broker.log(partition).follower() == offset;
        if self.at_once() {
            self.replication[partition as usize].told = offset + 1;
            if up && caught_up {
                self.replicate(partition, offset + 1);
                return;
            }
        }
        self.replication[partition as usize].appended.push_back((offset, appended));
        if up {
            let code = role_code(NodeRole::Follower) | (nth & 0xfff) << 12;
            let lag =
                self.plan.broker.replication_lag.draw(&mut self.draws.of(Purpose::Replication, major, code, minor));
            self.fetch(partition, offset + 1, lag);
        }
        self.watch_in_sync(partition);
    }

    /// The follower will have everything below an offset, a lag from now, but not before what it fetched earlier.
    fn fetch(&mut self, partition: u32, below: u64, lag: Us) {
        let at = self.now.after(lag).max(self.replication[partition as usize].last);
        self.replication[partition as usize].last = at;
        self.calendar.put(at, Due::Replicated(partition, below as u32, self.replication_life()));
    }

    /// Changes whenever one of the two replicas dies: what was being fetched then does not arrive.
    fn replication_life(&self) -> u32 {
        [self.plan.roles.broker, self.plan.roles.follower].into_iter().flatten().map(|node| self.epoch(node)).sum()
    }

    /// The follower has everything below an offset, if both replicas live since.
    pub(super) fn replicated(&mut self, partition: u32, below: u32, life: u32) {
        let Some(node) = self.plan.roles.broker.filter(|_| life == self.replication_life()) else { return };
        let before = self.broker.log(partition).in_sync();
        self.replicate(partition, u64::from(below));
        if self.broker.log(partition).in_sync() > before {
            self.tell_in_sync(node, partition, true);
        }
        self.watch_in_sync(partition);
        self.watermark_moved(node, partition);
    }

    fn replicate(&mut self, partition: u32, below: u64) {
        let since = Us(self.now.0.saturating_sub(self.plan.broker.isr_timeout.0));
        self.broker.log_mut(partition).replicate(below, since);
    }

    /// Both replicas are up: the follower fetches what it lacks.
    pub(super) fn catch_up(&mut self) {
        let nodes = [self.plan.roles.broker, self.plan.roles.follower];
        if !nodes.into_iter().all(|node| node.is_some_and(|node| self.up(node))) {
            return;
        }
        let life = self.replication_life();
        for partition in 0..self.broker.partitions() {
            self.replication[partition as usize].last = Us::ZERO;
            let log = self.broker.log(partition);
            if log.follower() < log.end() {
                let (end, code) = (log.end(), role_code(NodeRole::Follower));
                let mut draw = self.draws.of(Purpose::Replication, u64::from(life), code, 1 << 31 | partition);
                let lag = self.plan.broker.replication_lag.draw(&mut draw);
                self.fetch(partition, end, lag);
                self.watch_in_sync(partition);
            }
        }
    }

    /// Looks at the in-sync set when the follower will have lacked its oldest record for too long.
    fn watch_in_sync(&mut self, partition: u32) {
        let log = self.broker.log(partition);
        let Some(since) = log.lags_since().filter(|_| log.waits()) else { return };
        if !std::mem::replace(&mut self.replication[partition as usize].watched, true) {
            let at = since.after(self.plan.broker.isr_timeout).max(self.now);
            self.calendar.put(at, Due::InSync(partition));
        }
    }

    /// Puts the follower out of the in-sync set if it has lacked a record for too long.
    pub(super) fn look_at_in_sync(&mut self, partition: u32) {
        self.replication[partition as usize].watched = false;
        let Some(node) = self.plan.roles.broker.filter(|node| self.up(*node)) else { return };
        let since = self.broker.log(partition).lags_since();
        let overdue = since.is_some_and(|since| since.after(self.plan.broker.isr_timeout) <= self.now);
        if overdue && self.broker.log(partition).waits() {
            self.broker.log_mut(partition).drop_out();
            self.tell_in_sync(node, partition, false);
            self.watermark_moved(node, partition);
        } else {
            self.watch_in_sync(partition);
        }
    }

    fn tell_in_sync(&mut self, node: NodeId, partition: u32, back: bool) {
        let record = Record { extra: partition, detail: u8::from(back), ..Record::new(self.now, node, Kind::InSync) };
        self.record(record);
    }

    /// The high watermark may have moved: what waits for it is answered, and consumers see what is below it.
    fn watermark_moved(&mut self, node: NodeId, partition: u32) {
        let last = self.tell_watermark(node, partition, RecordId::NONE);
        let high = self.broker.log(partition).high();
        // Fewer are in sync than when the record was taken: it is in the log, and its producer hears of a failure.
        let enough = self.broker.log(partition).in_sync() >= self.plan.broker.min_insync;
        while let Some(&(offset, wait)) = self.replication[partition as usize].waiting.front()
            && offset < high
        {
            self.replication[partition as usize].waiting.pop_front();
            let Some(waits) = self.waits.get_mut(&wait) else { continue };
            (waits.left, waits.enough) = (waits.left - 1, waits.enough && enough);
            if let Wait { id, left: 0, enough } = *waits {
                self.waits.remove(&wait);
                self.answer(id, enough, last);
                self.release(id);
            }
        }
        self.pump_groups(partition, last);
    }

    /// A record of the high watermark, if the records tell another one.
    fn tell_watermark(&mut self, node: NodeId, partition: u32, cause: RecordId) -> RecordId {
        let high = self.broker.log(partition).high();
        let replication = &mut self.replication[partition as usize];
        let (mut newest, mut cause) = (EventId::NONE, cause);
        while let Some(&(offset, appended)) = replication.appended.front()
            && offset < high
        {
            cause = appended;
            replication.appended.pop_front();
        }
        if std::mem::replace(&mut replication.told, high) == high {
            return cause;
        }
        if let Some(entry) = high.checked_sub(1).and_then(|last| self.broker.log(partition).entry(last)) {
            newest = entry.event;
        }
        let record = self.about(node, Kind::HighWatermark, newest, cause);
        self.record(Record { value: high, extra: partition, ..record })
    }

    /// The broker dies: the connections of those who wait for the high watermark break. The log survives.
    pub(super) fn kill_broker(&mut self) {
        self.replication.iter_mut().for_each(|partition| partition.waiting.clear());
        for Wait { id, .. } in std::mem::take(&mut self.waits).into_values() {
            self.strand(id);
            self.release(id);
        }
    }

    /// The leader is lost. In each partition its follower takes over, if it may, with what it has.
    pub(super) fn fail_over(&mut self, fault: u32, node: NodeId, span: Option<Us>) {
        if !self.up(node) {
            return;
        }
        self.fired(fault);
        let follows = self.plan.roles.follower.is_some_and(|follower| self.up(follower));
        let elects =
            |log: &crate::world::broker::Partition| follows && (log.in_sync() > 1 || self.plan.broker.unclean_election);
        let elected: Vec<u32> =
            (0..self.broker.partitions()).filter(|partition| elects(self.broker.log(*partition))).collect();
        let down = span.unwrap_or(self.plan.nodes[node.index()].restart);
        let mut record = Record::new(self.now, node, Kind::FailedOver);
        record.value = self.now.after(down).0;
        (record.extra, record.detail) = (fault, u8::from(!elected.is_empty()));
        let cause = self.record(record);
        self.crash(node, Some(down), 0, fault, cause);
        for partition in elected {
            self.take_over(node, partition, cause);
        }
    }

    fn take_over(&mut self, node: NodeId, partition: u32, cause: RecordId) {
        let gone = self.broker.fail_over(partition);
        let (end, high) = (self.broker.log(partition).end(), self.broker.log(partition).high());
        self.replication[partition as usize].appended.retain(|(offset, _)| *offset < end);
        self.replication[partition as usize].told = high;
        for (offset, entry) in &gone {
            let record = self.about(node, Kind::Truncated, entry.event, cause);
            self.record(Record { value: *offset, extra: partition, version: entry.version, ..record });
        }
        for store in 0..self.groups.len() as u16 {
            self.consumer_cut(StoreId(store), partition, end);
        }
    }
}
