//! The broker: one topic with partitions of two replicas, offsets, and one consumer group per store (DOMAIN 2g).

mod partition;

pub use partition::{Partition, Roll};

use super::ids::{EventId, Key, StoreId};
use crate::kernel::time::Us;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 11] = [
    ("broker: log", "modelled", "partitions by key, offsets, one consumer group per store, committed offsets"),
    (
        "broker: delivery",
        "simplified",
        "a record is pushed as soon as it is readable, within a prefetch window; a second copy of a push is not taken, as a fetch \
         asks for an offset",
    ),
    (
        "broker: replication",
        "modelled",
        "one follower: high watermark, in-sync set that shrinks after a time, acks 0, 1 and all, min in-sync replicas",
    ),
    (
        "broker: failover",
        "modelled",
        "the follower becomes leader and the log is cut to what it has; a consumer that read further goes back to the cut",
    ),
    (
        "broker: crash",
        "simplified",
        "a crash of `broker` is a restart of its process: the log survives and nobody is elected; that is what `failover` is",
    ),
    (
        "broker: retention",
        "modelled",
        "whole closed segments older than the retention, looked for periodically; a consumer out of range is reset",
    ),
    (
        "broker: segments",
        "simplified",
        "closed by records or by age, not by bytes; the active one is never deleted (Kafka first closes one that is all old)",
    ),
    (
        "broker: idempotent producer",
        "modelled",
        "numbers per producer and partition: what comes twice is confirmed and not appended, what comes early is refused; \
         a new producer id after a restart or a publish that was given up",
    ),
    ("broker: transactions", "absent", "no `transactional.id`: a restarted producer is another one"),
    (
        "broker: compaction",
        "simplified",
        "at each look for old segments, however little there is to clean; a tombstone goes `delete_retention` after it was \
         written (Kafka: after it was first cleaned)",
    ),
    ("broker: after a failover", "simplified", "the old leader follows the new one from the cut, in sync at once"),
];

/// A record of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it says.
    pub event: EventId,
    /// The version that it carries.
    pub version: u32,
    /// Whether its row is shown again, which is no delivery.
    pub again: bool,
    /// When the leader appended it.
    pub at: Us,
}

/// A consumer group's place in a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The next offset to push.
    pub next: u64,
    /// The next offset to read after a restart.
    pub committed: u64,
}

/// The message broker.
#[derive(Clone, Debug, Default)]
pub struct Broker {
    partitions: Vec<Partition>,
    /// By store, then partition.
    groups: Vec<Vec<Position>>,
}

impl Broker {
    /// An empty log with that many partitions, and a group for each store.
    #[must_use]
    pub fn new(partitions: u32, stores: usize, roll: Roll) -> Broker {
        let partitions = partitions as usize;
        Broker {
            partitions: vec![Partition::new(roll); partitions],
            groups: vec![vec![Position::default(); partitions]; stores],
        }
    }

    /// The partition of a key: the same key, the same partition.
    #[must_use]
    pub fn partition(&self, key: Key) -> u32 {
        key.0 % self.partitions.len().max(1) as u32
    }

    /// How many partitions there are.
    #[must_use]
    pub fn partitions(&self) -> u32 {
        self.partitions.len() as u32
    }

    /// A partition's log and replicas.
    #[must_use]
    pub fn log(&self, partition: u32) -> &Partition {
        &self.partitions[partition as usize]
    }

    /// A partition's log and replicas, to change them.
    pub fn log_mut(&mut self, partition: u32) -> &mut Partition {
        &mut self.partitions[partition as usize]
    }

    /// The next record to push to a store's consumer from a partition, if it may be read; counts it as pushed.
    pub fn push(&mut self, store: StoreId, partition: u32) -> Option<(u64, Entry)> {
        let position = &mut self.groups[store.index()][partition as usize];
        let log = &self.partitions[partition as usize];
        let next = log.next_kept(position.next);
        if next >= log.high() {
            return None;
        }
        let entry = log.entry(next)?;
        position.next = next;
        position.next += 1;
        Some((position.next - 1, entry))
    }

    /// A group's place in a partition.
    #[must_use]
    pub fn position(&self, store: StoreId, partition: u32) -> Position {
        self.groups[store.index()][partition as usize]
    }

    /// A consumer has processed everything below an offset that it read in that leader epoch. Gives what is committed:
    /// no further than the log that it read and today's have in common.
    pub fn commit(&mut self, store: StoreId, partition: u32, offset: u64, epoch: u32) -> u64 {
        let offset = offset.min(self.partitions[partition as usize].common(epoch));
        self.groups[store.index()][partition as usize].committed = offset;
        offset
    }

    /// A consumer fetches again from an offset.
    pub fn seek(&mut self, store: StoreId, partition: u32, offset: u64) {
        self.groups[store.index()][partition as usize].next = offset;
    }

    /// A consumer starts again at its committed offset. Gives that offset.
    pub fn rewind(&mut self, store: StoreId, partition: u32) -> u64 {
        let position = &mut self.groups[store.index()][partition as usize];
        position.next = position.committed;
        position.committed
    }

    /// The follower of a partition becomes its leader. Gives what is gone; no group is further than the log's end.
    pub fn fail_over(&mut self, partition: u32) -> Vec<(u64, Entry)> {
        let gone = self.partitions[partition as usize].truncate();
        let end = self.partitions[partition as usize].end();
        for group in &mut self.groups {
            let position = &mut group[partition as usize];
            (position.next, position.committed) = (position.next.min(end), position.committed.min(end));
        }
        gone
    }

    /// How many records a group has not yet committed.
    #[must_use]
    pub fn lag(&self, store: StoreId) -> u64 {
        let behind = |(log, position): (&Partition, &Position)| {
            let left = log.next_kept(position.committed) < log.end();
            if left { log.end().saturating_sub(position.committed) } else { 0 }
        };
        self.partitions.iter().zip(&self.groups[store.index()]).map(behind).sum()
    }

    /// The records that a group has not yet committed.
    pub fn uncommitted(&self, store: StoreId) -> impl Iterator<Item = Entry> + '_ {
        let both = self.partitions.iter().zip(&self.groups[store.index()]);
        both.flat_map(|(log, position)| log.from(position.committed).map(|(_, entry)| entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(event: u32) -> Entry {
        Entry { event: EventId(event), version: 1, again: false, at: Us::ZERO }
    }

    #[test]
    fn a_group_reads_from_its_committed_offset() {
        let (mut broker, store) = (Broker::new(2, 1, Roll::default()), StoreId(0));
        for key in 0..6 {
            let partition = broker.partition(Key(key));
            broker.log_mut(partition).append(entry(key));
        }
        assert_eq!((broker.log(0).end(), broker.log(1).end(), broker.lag(store)), (3, 3, 6));
        assert_eq!(broker.push(store, 0), None, "nothing is readable above the high watermark");
        broker.log_mut(0).replicate(3, Us::ZERO);
        let pushed: Vec<u64> = std::iter::from_fn(|| broker.push(store, 0)).map(|(offset, _)| offset).collect();
        assert_eq!(pushed, [0, 1, 2]);
        assert_eq!(broker.commit(store, 0, 1, 0), 1);
        assert_eq!(broker.rewind(store, 0), 1);
        assert_eq!(broker.push(store, 0), Some((1, entry(2))));
        assert_eq!((broker.lag(store), broker.uncommitted(store).count()), (5, 5));
    }

    #[test]
    fn a_failover_takes_groups_back_to_the_cut() {
        let (mut broker, store) = (Broker::new(1, 1, Roll::default()), StoreId(0));
        for event in 0..4 {
            broker.log_mut(0).append(entry(event));
        }
        broker.log_mut(0).replicate(2, Us::ZERO);
        broker.log_mut(0).drop_out();
        while broker.push(store, 0).is_some() {}
        broker.commit(store, 0, 3, 0);
        assert_eq!(broker.fail_over(0), [(2, entry(2)), (3, entry(3))]);
        assert_eq!(broker.position(store, 0), Position { next: 2, committed: 2 });
        broker.log_mut(0).append(entry(9));
        assert_eq!(broker.commit(store, 0, 4, 0), 2, "what was read of the old log is not what stands there now");
        assert_eq!(broker.commit(store, 0, 3, 1), 3);
    }
}
