//! The broker: one topic with partitions, offsets, and one consumer group per store.

use super::ids::{EventId, Key, StoreId};

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 2] = [
    ("broker: log", "modelled", "partitions by key, offsets, one consumer group per store, committed offsets"),
    ("broker: delivery", "simplified", "a record is pushed as soon as it is in the log, within a prefetch window"),
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
    partitions: Vec<Vec<Entry>>,
    /// By store, then partition.
    groups: Vec<Vec<Position>>,
}

impl Broker {
    /// An empty log with that many partitions, and a group for each store.
    #[must_use]
    pub fn new(partitions: u32, stores: usize) -> Broker {
        let partitions = partitions as usize;
        Broker { partitions: vec![Vec::new(); partitions], groups: vec![vec![Position::default(); partitions]; stores] }
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

    /// Appends a record. Gives its partition and offset.
    pub fn append(&mut self, key: Key, entry: Entry) -> (u32, u64) {
        let partition = self.partition(key);
        let log = &mut self.partitions[partition as usize];
        log.push(entry);
        (partition, log.len() as u64 - 1)
    }

    /// The offset that the next record of a partition will have.
    #[must_use]
    pub fn end(&self, partition: u32) -> u64 {
        self.partitions[partition as usize].len() as u64
    }

    /// The next record to push to a store's consumer from a partition, if there is one; counts it as pushed.
    pub fn push(&mut self, store: StoreId, partition: u32) -> Option<(u64, Entry)> {
        let position = &mut self.groups[store.index()][partition as usize];
        let entry = *self.partitions[partition as usize].get(usize::try_from(position.next).ok()?)?;
        position.next += 1;
        Some((position.next - 1, entry))
    }

    /// A group's place in a partition.
    #[must_use]
    pub fn position(&self, store: StoreId, partition: u32) -> Position {
        self.groups[store.index()][partition as usize]
    }

    /// A consumer has processed everything below an offset.
    pub fn commit(&mut self, store: StoreId, partition: u32, offset: u64) {
        self.groups[store.index()][partition as usize].committed = offset;
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

    /// How many records a group has not yet committed.
    #[must_use]
    pub fn lag(&self, store: StoreId) -> u64 {
        let behind = |(log, position): (&Vec<Entry>, &Position)| (log.len() as u64).saturating_sub(position.committed);
        self.partitions.iter().zip(&self.groups[store.index()]).map(behind).sum()
    }

    /// The records that a group has not yet committed.
    pub fn uncommitted(&self, store: StoreId) -> impl Iterator<Item = Entry> + '_ {
        let behind = |(log, position): (&'_ Vec<Entry>, &Position)| {
            log.get(usize::try_from(position.committed).unwrap_or(usize::MAX)..).unwrap_or_default().to_vec()
        };
        self.partitions.iter().zip(&self.groups[store.index()]).flat_map(behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_reads_from_its_committed_offset() {
        let (mut broker, store) = (Broker::new(2, 1), StoreId(0));
        for key in 0..6 {
            broker.append(Key(key), Entry { event: EventId(key), version: 1, again: false });
        }
        assert_eq!((broker.end(0), broker.end(1), broker.lag(store)), (3, 3, 6));
        let pushed: Vec<u64> = std::iter::from_fn(|| broker.push(store, 0)).map(|(offset, _)| offset).collect();
        assert_eq!(pushed, [0, 1, 2]);
        broker.commit(store, 0, 1);
        assert_eq!(broker.rewind(store, 0), 1);
        assert_eq!(broker.push(store, 0), Some((1, Entry { event: EventId(2), version: 1, again: false })));
        assert_eq!((broker.lag(store), broker.uncommitted(store).count()), (5, 5));
    }
}
