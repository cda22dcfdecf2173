//! What the broker holds for transactions that are prepared: records that no consumer sees before the decision.

use super::ids::{EventId, Op};

/// The broker's part of one prepared transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whose it is.
    pub op: Op,
    /// Its records, each with the version that it carries.
    pub entries: Vec<(EventId, u32)>,
}

/// The prepared transactions of a broker that can take part (XA). They are durable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    held: Vec<Held>,
}

impl Holds {
    /// Holds the records of a transaction. Says whether it did not hold them before.
    pub fn prepare(&mut self, op: Op, entries: Vec<(EventId, u32)>) -> bool {
        let new = !self.is_prepared(op);
        if new {
            self.held.push(Held { op, entries });
        }
        new
    }

    /// Whether a transaction is prepared.
    #[must_use]
    pub fn is_prepared(&self, op: Op) -> bool {
        self.held.iter().any(|held| held.op == op)
    }

    /// Takes a transaction's records out, to append or to drop them.
    pub fn take(&mut self, op: Op) -> Option<Held> {
        let at = self.held.iter().position(|held| held.op == op)?;
        Some(self.held.remove(at))
    }

    /// The transactions that are prepared.
    #[must_use]
    pub fn ops(&self) -> Vec<Op> {
        self.held.iter().map(|held| held.op).collect()
    }

    /// The events that are held.
    pub fn events(&self) -> impl Iterator<Item = EventId> + '_ {
        self.held.iter().flat_map(|held| held.entries.iter().map(|(event, _)| *event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_until_decided() {
        let mut holds = Holds::default();
        assert!(holds.prepare(Op(1), vec![(EventId(0), 1), (EventId(1), 1)]));
        assert!(!holds.prepare(Op(1), vec![]), "a second copy of the request changes nothing");
        assert_eq!((holds.ops(), holds.events().count()), (vec![Op(1)], 2));
        assert_eq!(holds.take(Op(1)).map(|held| held.entries.len()), Some(2));
        assert_eq!((holds.take(Op(1)), holds.is_prepared(Op(1))), (None, false));
    }
}
