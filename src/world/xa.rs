//! What the broker holds for transactions that are prepared: records that no consumer sees before the decision.

use super::ids::{EventId, Op, RecordId};

/// The broker's part of one prepared transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whose it is.
    pub op: Op,
    /// Its records.
    pub entries: Vec<HeldEntry>,
    /// The record of its commit, once that is known: from then on it waits only for what was prepared before it.
    committed: Option<RecordId>,
}

/// A record that a prepared transaction brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldEntry {
    /// The event.
    pub event: EventId,
    /// The version that it carries.
    pub version: u32,
    /// Where it goes.
    pub partition: u32,
}

/// The prepared transactions of a broker that can take part (XA), in the order of their votes. They are durable.
///
/// A transaction's records become visible when it is committed **and** every one that was prepared before it in the same
/// partition is decided: Kafka's last stable offset, which readers with `isolation.level=read_committed` do not pass
/// (Kafka documentation, `isolation.level`). One in doubt therefore stops its partition's readers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    held: Vec<Held>,
}

impl Holds {
    /// Holds the records of a transaction. Says whether it did not hold them before.
    pub fn prepare(&mut self, op: Op, entries: Vec<HeldEntry>) -> bool {
        let new = !self.held.iter().any(|held| held.op == op);
        if new {
            self.held.push(Held { op, entries, committed: None });
        }
        new
    }

    /// Whether a transaction is prepared, and not decided.
    #[must_use]
    pub fn is_prepared(&self, op: Op) -> bool {
        self.ops().any(|prepared| prepared == op)
    }

    /// Marks a prepared transaction as committed, by the record of its commit.
    pub fn commit(&mut self, op: Op, by: RecordId) {
        if let Some(held) = self.held.iter_mut().find(|held| held.op == op) {
            held.committed = held.committed.or(Some(by));
        }
    }

    /// Takes a transaction that is not decided out, to drop its records.
    pub fn abort(&mut self, op: Op) -> Option<Held> {
        let at = self.held.iter().position(|held| held.op == op && held.committed.is_none())?;
        Some(self.held.remove(at))
    }

    /// Takes out the oldest committed transaction with nothing undecided before it in any of its partitions, and the record
    /// of its commit.
    pub fn next_visible(&mut self) -> Option<(Held, RecordId)> {
        let free = |at: usize| !self.held[..at].iter().any(|earlier| earlier.meets(&self.held[at]));
        let at = (0..self.held.len()).find(|at| self.held[*at].committed.is_some() && free(*at))?;
        let held = self.held.remove(at);
        let by = held.committed?;
        Some((held, by))
    }

    /// The event of an operation's part, for what is said of it as a whole.
    #[must_use]
    pub fn first_event(&self, op: Op) -> EventId {
        let held = self.held.iter().find(|held| held.op == op);
        held.and_then(|held| held.entries.first()).map_or(EventId::NONE, |entry| entry.event)
    }

    /// The transactions that are prepared, and not decided.
    pub fn ops(&self) -> impl Iterator<Item = Op> + '_ {
        self.held.iter().filter(|held| held.committed.is_none()).map(|held| held.op)
    }

    /// The events that no consumer sees yet.
    pub fn events(&self) -> impl Iterator<Item = EventId> + '_ {
        self.held.iter().flat_map(|held| held.entries.iter().map(|entry| entry.event))
    }
}

impl Held {
    fn meets(&self, other: &Self) -> bool {
        self.entries.iter().any(|entry| other.entries.iter().any(|theirs| theirs.partition == entry.partition))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(event: u32, partition: u32) -> HeldEntry {
        HeldEntry { event: EventId(event), version: 1, partition }
    }

    #[test]
    fn held_until_decided() {
        let mut holds = Holds::default();
        assert!(holds.prepare(Op(1), vec![entry(0, 0), entry(1, 1)]));
        assert!(!holds.prepare(Op(1), vec![]), "a second copy of the request changes nothing");
        assert_eq!((holds.ops().collect::<Vec<_>>(), holds.events().count()), (vec![Op(1)], 2));
        assert_eq!(holds.next_visible(), None, "in doubt");
        assert_eq!(holds.abort(Op(1)).map(|held| held.entries.len()), Some(2));
        assert_eq!((holds.abort(Op(1)), holds.is_prepared(Op(1))), (None, false));
    }

    #[test]
    fn a_commit_waits_for_what_was_prepared_before_it_in_its_partition() {
        let mut holds = Holds::default();
        for (op, partition) in [(1, 0), (2, 0), (3, 1)] {
            holds.prepare(Op(op), vec![entry(op, partition)]);
        }
        holds.commit(Op(2), RecordId(7));
        holds.commit(Op(3), RecordId(8));
        let mut visible = || holds.next_visible().map(|(held, by)| (held.op, by));
        assert_eq!((visible(), visible()), (Some((Op(3), RecordId(8))), None), "op 1 stands before op 2");
        assert!(!holds.is_prepared(Op(2)), "its commit cannot be taken back");
        assert_eq!(holds.abort(Op(2)), None);
        holds.abort(Op(1));
        assert_eq!(holds.next_visible().map(|(held, _)| held.op), Some(Op(2)));
    }
}
