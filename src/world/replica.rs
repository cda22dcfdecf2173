//! The source's replica: what it does not have yet, and what a failover to it undoes.
//!
//! An asynchronous replica shows the primary as it was `lag` ago. A failover promotes it: the commits and marks of the
//! last `lag` never happened, rows and outbox are as before them, and the next change of a row gets its version again.

use super::ids::{EventId, Key};
use super::outbox::{OutboxRow, Undo};
use super::source::{Change, Row, Transaction, Xid};
use crate::kernel::time::Us;
use std::collections::VecDeque;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 5] = [
    (
        "replica: a crash of the primary in the wait",
        "simplified",
        "takes a commit or a vote back that waits for the synchronous replica, unless a connector reads the log; PostgreSQL has \
         it in its own log and keeps it",
    ),
    (
        "source: asynchronous replica",
        "simplified",
        "it is exactly `lag` behind; a failover loses the commits of that span, with the outbox marks among them",
    ),
    (
        "source: synchronous replica",
        "modelled",
        "a commit takes `lag` longer; until then only a reader of the log sees it, unless synchronized_standby_slots holds it back",
    ),
    (
        "source: loss of the replica",
        "absent",
        "the replica never fails, and after a failover there is another at once; while a synchronous one is away, every commit waits",
    ),
    (
        "source: timelines",
        "simplified",
        "log positions and transaction numbers go on after a failover; a promoted standby begins a timeline at its own position",
    ),
];

crate::ids! {
    /// Whether the source has a replica, and what a commit waits for.
    pub enum ReplicaMode {
        /// There is none: a failover has nowhere to go.
        None = "none",
        /// A commit waits for the primary only (PostgreSQL's default).
        Async = "async",
        /// A commit waits until the replica has it too.
        Sync = "sync",
    }
}

/// One thing that the primary did and an asynchronous replica may not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A row was committed: the change, and the row of before.
    Row(Change, Row),
    /// The outbox changed.
    Outbox(Undo),
    /// A transaction was prepared.
    Prepared(Xid),
}

/// A change that a failover took back: what the source shows instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retracted {
    /// The row's key.
    pub key: Key,
    /// The event that is not in the surviving history.
    pub event: EventId,
    /// The row as it is now.
    pub row: Row,
}

/// What a failover took back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// Changes of rows, the newest first.
    pub rows: Vec<Retracted>,
    /// Outbox rows that are to be published again, since their mark is lost.
    pub unmarked: Vec<OutboxRow>,
    /// Transactions that were durable but not visible, prepared or waiting for the replica, and that it never heard of.
    pub prepared: Vec<Transaction>,
}

/// What the replica does not have yet.
#[derive(Clone, Debug, Default)]
pub struct Replica {
    /// How far it is behind; `None`: nothing can be lost.
    lag: Option<Us>,
    /// In order of time.
    steps: VecDeque<(Us, Step)>,
}

impl Replica {
    /// A replica that is that far behind.
    #[must_use]
    pub fn new(lag: Option<Us>) -> Replica {
        Replica { lag, steps: VecDeque::new() }
    }

    /// The primary did something at `now`; what has reached the replica since is forgotten.
    pub fn note(&mut self, now: Us, step: Step) {
        let Some(lag) = self.lag else { return };
        while self.steps.front().is_some_and(|(at, _)| at.after(lag) <= now) {
            self.steps.pop_front();
        }
        self.steps.push_back((now, step));
    }

    /// The replica takes over from a primary that wrote last at `until`: what it never got, the newest first.
    pub fn promote(&mut self, until: Us) -> Vec<Step> {
        let Some(lag) = self.lag else { return Vec::new() };
        let steps = std::mem::take(&mut self.steps);
        steps.into_iter().rev().filter(|(at, _)| at.after(lag) > until).map(|(_, step)| step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::ids::{Op, OpKind};
    use crate::world::outbox::Rules;
    use crate::world::source::{Locked, Source};

    fn commit(source: &mut Source, event: u32, kind: OpKind, at: Us) {
        let xid = source.begin(Op(event), [Key(0)].into_iter());
        assert_eq!(source.lock(xid), Some(Locked::All));
        source.write(xid, Key(0), kind, EventId(event));
        source.enqueue(xid, EventId(event), Key(0), at);
        source.commit(xid, at).unwrap();
    }

    /// Commits at 10 s, 20 s (its outbox row is marked at 21 s) and 30 s (a delete); the replica is 5 s behind.
    #[test]
    #[rustfmt::skip]
    fn what_a_failover_takes_back() {
        // at, events lost (newest first), version and presence after, outbox rows that wait
        let table: [(u64, Vec<u32>, u32, bool, Vec<u64>); 6] = [
            (14, vec![0], 0, false, vec![]),
            (24, vec![1], 1, true,  vec![0]),
            (25, vec![],  2, true,  vec![0, 1]),
            (26, vec![],  2, true,  vec![0]),
            (31, vec![2], 2, true,  vec![0]),
            (35, vec![],  3, false, vec![0, 2]),
        ];
        for (until, lost, version, present, waiting) in table {
            let mut source = Source::new(1).with_outbox(Rules::default()).with_replica(Some(Us::secs(5)));
            let commits = [(0, OpKind::Insert, 10), (1, OpKind::Update, 20), (2, OpKind::Delete, 30)];
            for (event, kind, at) in commits.into_iter().filter(|(.., at)| *at <= until) {
                commit(&mut source, event, kind, Us::secs(at));
                if event == 1 {
                    source.mark(&[source.outbox.waiting()[1]], Us::secs(21));
                }
            }
            let gone = source.fail_over(Us::secs(until));
            assert_eq!(gone.rows.iter().map(|row| row.event.0).collect::<Vec<_>>(), lost, "{until}");
            assert_eq!((source.row(Key(0)).version, source.row(Key(0)).present), (version, present), "{until}");
            assert_eq!(source.count(), u32::from(present), "{until}");
            assert_eq!(source.outbox.waiting().iter().map(|row| row.alloc_seq).collect::<Vec<_>>(), waiting, "{until}");
        }
    }
}
