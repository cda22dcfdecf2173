//! The outbox table, and how relays read it (DOMAIN 2e): who may read which row, in which order, and how progress is kept.
//!
//! Three switches, each independent of the others: which committed rows may be read (`Eligible`), in which order
//! (`ReadOrder`), and how the table knows what is published (`Progress`). `outbox.cursor` names the usual combinations;
//! which of them lose or reorder follows from the reading, not from a rule written here.

use super::ids::{EventId, Key, RelayId};
use super::source::Xid;
use crate::kernel::sorted::{SortedMap, sort_by_key};
use crate::kernel::time::Us;
use std::collections::VecDeque;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 3] = [
    (
        "outbox: reading",
        "modelled",
        "flag, delete, last id, grace, gap timeout and xmin horizon, as three independent switches",
    ),
    (
        "outbox: claims",
        "simplified",
        "FOR UPDATE SKIP LOCKED holds its row locks until the relay sleeps; a mark inside commits at once",
    ),
    ("outbox: table", "simplified", "published rows cost nothing further; a lease is per key, without a fencing token"),
];

crate::ids! {
    /// Which committed rows a relay may read.
    pub enum Eligible {
        /// All.
        Committed = "committed",
        /// Those inserted at least `outbox.grace` ago.
        Grace = "grace",
        /// Those before the first gap in `alloc_seq` that is younger than `outbox.gap_timeout`.
        GapTimeout = "gap-timeout",
        /// Those whose transaction is older than every open one: `xid < pg_snapshot_xmin(pg_current_snapshot())`.
        Xmin = "xmin",
    }
}

crate::ids! {
    /// In which order rows are read.
    pub enum ReadOrder {
        /// By `alloc_seq`.
        Id = "id",
        /// By transaction, then `alloc_seq`.
        XidId = "xid-id",
    }
}

crate::ids! {
    /// How the table knows what is published.
    pub enum Progress {
        /// A flag on the row.
        Flag = "flag",
        /// The row is deleted.
        Delete = "delete",
        /// One number (or pair, in the order of reading): the last row that was published. What is not above it is never read.
        Position = "position",
    }
}

crate::ids! {
    /// How several relays share the rows.
    pub enum Claim {
        /// They do not: each reads what there is.
        Single = "single",
        /// Each locks the rows that it reads and skips those that are locked.
        SkipLocked = "skip-locked",
        /// Each leases the keys that it reads and skips those that another has leased.
        KeyLease = "key-lease",
    }
}

/// How the relays read the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Which rows.
    pub eligible: Eligible,
    /// In which order.
    pub order: ReadOrder,
    /// How progress is kept.
    pub progress: Progress,
    /// How relays share.
    pub claim: Claim,
    /// The grace of [`Eligible::Grace`].
    pub grace: Us,
    /// How long a lease of [`Claim::KeyLease`] holds.
    pub lease: Us,
    /// Whether the row is deleted in the transaction that inserts it (Debezium's Quarkus extension; DOMAIN S5): right for
    /// a reader of the log, fatal for a poller.
    pub delete_after_insert: bool,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            eligible: Eligible::Committed,
            order: ReadOrder::Id,
            progress: Progress::Flag,
            claim: Claim::Single,
            grace: Us::ZERO,
            lease: Us::NEVER,
            delete_after_insert: false,
        }
    }
}

/// A row of the outbox table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Taken at its insert, before its commit.
    pub alloc_seq: u64,
    /// Its transaction, whose number was taken at its first write.
    pub xid: Xid,
    /// What it says.
    pub event: EventId,
    /// The row's key: what a lease is for.
    pub key: Key,
    /// When it was inserted.
    pub since: Us,
}

/// What one read gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The rows.
    pub rows: Vec<OutboxRow>,
    /// Numbers below the last row that no committed row has: in an open transaction, or given up by a rollback.
    pub gaps: Vec<u64>,
    /// How many committed rows it may not read yet.
    pub held_back: u32,
}

/// What takes a step of the table back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// A row was committed.
    Committed(OutboxRow),
    /// Rows were marked.
    Marked {
        /// Those that are to be published again.
        removed: Vec<OutboxRow>,
        /// The position of before.
        position: Option<(Xid, u64)>,
        /// The gaps of before.
        missing: Vec<u64>,
    },
}

/// What a mark did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// Rows that no relay will see any more although nobody marked them.
    pub passed: Vec<OutboxRow>,
    /// How to take it back.
    pub undo: Undo,
}

/// The outbox table.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    rules: Rules,
    /// Committed rows that are still to be published, by `alloc_seq`.
    waiting: VecDeque<OutboxRow>,
    /// Numbers that were taken and are not committed, ascending. Kept only where gaps matter.
    missing: Vec<u64>,
    /// The last row that was published, under [`Progress::Position`].
    position: Option<(Xid, u64)>,
    /// By locked row: which relay holds it, and by which of its reads.
    locked: SortedMap<u64, (RelayId, u64)>,
    /// By leased key: which relay, by which of its reads, and until when.
    leases: SortedMap<Key, (RelayId, u64, Us)>,
    /// By relay: its sessions up to this read are over.
    over: SortedMap<RelayId, u64>,
    /// Rows in the table, published or not, now and at most.
    rows: usize,
    peak: usize,
}

impl Outbox {
    /// An empty table that is read by these rules.
    #[must_use]
    pub fn new(rules: Rules) -> Outbox {
        Outbox { rules, ..Outbox::default() }
    }

    /// The committed rows that are still to be published, by `alloc_seq`.
    #[must_use]
    pub fn waiting(&self) -> &VecDeque<OutboxRow> {
        &self.waiting
    }

    /// How many rows the table has, published or not: a flag keeps them, a delete does not.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether a published row is deleted.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.rules.progress == Progress::Delete
    }

    /// The most rows that the table ever had.
    #[must_use]
    pub fn peak(&self) -> usize {
        self.peak
    }

    /// The last row that was published, under [`Progress::Position`]: its transaction and `alloc_seq`.
    #[must_use]
    pub fn position(&self) -> Option<(Xid, u64)> {
        self.position
    }

    /// A number is taken: whether a row will ever have it, nobody knows yet.
    pub fn allocated(&mut self, alloc_seq: u64) {
        if self.rules.eligible == Eligible::GapTimeout {
            let place = self.missing.partition_point(|seq| *seq < alloc_seq);
            self.missing.insert(place, alloc_seq);
        }
    }

    /// Where a row stands in the order of reading.
    fn place(&self, row: &OutboxRow) -> (Xid, u64) {
        match self.rules.order {
            ReadOrder::Id => (Xid(0), row.alloc_seq),
            ReadOrder::XidId => (row.xid, row.alloc_seq),
        }
    }

    /// A row's transaction commits. Says whether a relay can ever see it.
    pub fn committed(&mut self, row: OutboxRow) -> bool {
        if let Ok(place) = self.missing.binary_search(&row.alloc_seq) {
            self.missing.remove(place);
        }
        self.rows += usize::from(!self.rules.delete_after_insert);
        self.peak = self.peak.max(self.rows);
        if self.rules.delete_after_insert || self.position.is_some_and(|position| self.place(&row) <= position) {
            return false;
        }
        self.put(row);
        true
    }

    fn put(&mut self, row: OutboxRow) {
        let behind = self.waiting.iter().rev().take_while(|other| other.alloc_seq > row.alloc_seq).count();
        self.waiting.insert(self.waiting.len() - behind, row);
    }

    /// Reads at most `limit` rows for a relay, by its `read`-th read, and claims them. `xmin`: the oldest open transaction.
    pub fn read(&mut self, relay: RelayId, read: u64, limit: usize, xmin: Xid, now: Us) -> Read {
        let mut found = Read::default();
        let mine = |holder: RelayId| holder == relay;
        for row in &self.waiting {
            if self.rules.order == ReadOrder::Id && found.rows.len() >= limit {
                break;
            }
            let ready = match self.rules.eligible {
                Eligible::Committed | Eligible::GapTimeout => true,
                Eligible::Grace => now.since(row.since) >= self.rules.grace,
                Eligible::Xmin => row.xid < xmin,
            };
            let free = match self.rules.claim {
                Claim::Single => true,
                Claim::SkipLocked => self.locked.get(&row.alloc_seq).is_none_or(|(holder, _)| mine(*holder)),
                Claim::KeyLease => {
                    self.leases.get(&row.key).is_none_or(|&(holder, _, until)| mine(holder) || until <= now)
                }
            };
            match (ready, free) {
                (true, true) => found.rows.push(*row),
                (false, _) => found.held_back += 1,
                (true, false) => {}
            }
        }
        sort_by_key(&mut found.rows, |row| self.place(row));
        found.rows.truncate(limit);
        if let Some(last) = found.rows.last() {
            let first = self.position.map_or(0, |(_, seq)| seq + 1);
            let place = |below: u64| self.missing.partition_point(|seq| *seq < below);
            found.gaps = self.missing[place(first.min(last.alloc_seq))..place(last.alloc_seq)].to_vec();
        }
        self.claim(relay, read, &found.rows, now);
        found
    }

    fn claim(&mut self, relay: RelayId, read: u64, rows: &[OutboxRow], now: Us) {
        // A read that comes after its session broke locks nothing.
        if self.over.get(&relay).is_some_and(|over| read <= *over) {
            return;
        }
        for row in rows {
            match self.rules.claim {
                Claim::Single => {}
                Claim::SkipLocked => self.locked.insert(row.alloc_seq, (relay, read)),
                Claim::KeyLease => self.leases.insert(row.key, (relay, read, now.after(self.rules.lease))),
            }
        }
    }

    /// A relay's session is over: its row locks drop, and the leases that it gives back.
    pub fn release(&mut self, relay: RelayId, read: u64, leases: bool) {
        let over = self.over.or_insert(relay, 0);
        *over = read.max(*over);
        self.locked.retain(|_, (holder, by)| *holder != relay || *by > read);
        if leases {
            self.leases.retain(|_, (holder, by, _)| *holder != relay || *by > read);
        }
    }

    /// Whether a relay may mark rows: its transaction, with the row locks, must still be there.
    #[must_use]
    pub fn may_mark(&self, relay: RelayId, rows: &[OutboxRow]) -> bool {
        let holds = |row: &OutboxRow| self.locked.get(&row.alloc_seq).is_some_and(|(holder, _)| *holder == relay);
        self.rules.claim != Claim::SkipLocked || rows.iter().all(holds)
    }

    /// Marks rows as published.
    pub fn mark(&mut self, rows: &[OutboxRow]) -> Marked {
        let mut removed = Vec::new();
        for marked in rows {
            if let Some(at) = self.waiting.iter().position(|row| row.alloc_seq == marked.alloc_seq) {
                removed.extend(self.waiting.remove(at));
                self.rows -= usize::from(self.rules.progress == Progress::Delete);
            }
            self.locked.remove(&marked.alloc_seq);
        }
        let (position, missing) = (self.position, self.missing.clone());
        let passed = self.advance(rows.iter().map(|row| self.place(row)).max());
        removed.extend(&passed);
        Marked { passed, undo: Undo::Marked { removed, position, missing } }
    }

    /// Moves the position, if progress is one. Gives the rows that it passes.
    fn advance(&mut self, last: Option<(Xid, u64)>) -> Vec<OutboxRow> {
        if self.rules.progress != Progress::Position || last <= self.position {
            return Vec::new();
        }
        self.position = last;
        if let (Some((_, seq)), ReadOrder::Id) = (last, self.rules.order) {
            self.missing.retain(|missing| *missing >= seq);
        }
        let passed = |row: &&OutboxRow| Some(self.place(row)) <= last;
        let gone: Vec<OutboxRow> = self.waiting.iter().filter(passed).copied().collect();
        self.waiting.retain(|row| !gone.contains(row));
        gone
    }

    /// Takes a step back. Gives the rows that are to be published again.
    pub fn undo(&mut self, undo: Undo) -> Vec<OutboxRow> {
        match undo {
            Undo::Committed(row) => {
                self.waiting.retain(|other| other.alloc_seq != row.alloc_seq);
                self.rows -= usize::from(!self.rules.delete_after_insert);
                self.allocated(row.alloc_seq);
                Vec::new()
            }
            Undo::Marked { removed, position, missing } => {
                (self.position, self.missing) = (position, missing);
                removed.iter().for_each(|row| self.put(*row));
                self.rows += removed.len() * usize::from(self.rules.progress == Progress::Delete);
                removed
            }
        }
    }

    /// The database crashed: row locks are gone with their sessions; rows, position and leases are durable.
    pub fn crash(&mut self) {
        self.locked.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: RelayId = RelayId(0);
    const TWO: RelayId = RelayId(1);

    fn row(alloc_seq: u64, xid: u32, key: u32) -> OutboxRow {
        OutboxRow { alloc_seq, xid: Xid(xid), event: EventId(alloc_seq as u32), key: Key(key), since: Us::secs(1) }
    }

    fn seqs(rows: &[OutboxRow]) -> Vec<u64> {
        rows.iter().map(|row| row.alloc_seq).collect()
    }

    /// DOMAIN 2e: T1 takes 5, T2 takes 6 and commits; the poller reads 6; T1 commits. Who sees 5?
    #[test]
    #[rustfmt::skip]
    fn the_id_gap() {
        use {Eligible as E, Progress as P, ReadOrder as O};
        // eligible,      order,    progress,    xmin while T1 is open, read first, read after, seen at its commit
        let table = [
            (E::Committed,  O::Id,    P::Flag,     vec![6], vec![5], true),
            (E::Committed,  O::Id,    P::Delete,   vec![6], vec![5], true),
            (E::Committed,  O::Id,    P::Position, vec![6], vec![],  false),
            (E::Grace,      O::Id,    P::Position, vec![6], vec![],  false),
            (E::Xmin,       O::Id,    P::Flag,     vec![],  vec![5, 6], true),
            (E::Xmin,       O::XidId, P::Position, vec![],  vec![5, 6], true),
        ];
        for (eligible, order, progress, first, after, seen) in table {
            let rules = Rules { eligible, order, progress, grace: Us::secs(5), ..Rules::default() };
            let mut outbox = Outbox::new(rules);
            outbox.committed(row(6, 2, 1));
            let read = outbox.read(ONE, 1, 9, Xid(1), Us::secs(6));
            assert_eq!(seqs(&read.rows), first, "{eligible:?} {order:?} {progress:?}");
            assert_eq!(read.held_back as usize, 1 - first.len());
            assert_eq!(outbox.mark(&read.rows).passed, []);
            assert_eq!(outbox.committed(row(5, 1, 0)), seen, "{eligible:?} {order:?} {progress:?}");
            assert_eq!(seqs(&outbox.read(ONE, 2, 9, Xid(3), Us::secs(6)).rows), after);
        }
    }

    /// A newer transaction can hold a lower number (dba.SE 342896): xmin with a position in id alone still loses.
    #[test]
    fn xmin_with_the_wrong_progress() {
        let rules = Rules { eligible: Eligible::Xmin, progress: Progress::Position, ..Rules::default() };
        let mut outbox = Outbox::new(rules);
        outbox.committed(row(6, 1, 0));
        let read = outbox.read(ONE, 1, 9, Xid(2), Us::secs(2));
        outbox.mark(&read.rows);
        assert!(!outbox.committed(row(5, 2, 1)), "transaction 2 took number 5 before transaction 1 took 6");
        let mut right = Outbox::new(Rules { order: ReadOrder::XidId, ..rules });
        right.committed(row(6, 1, 0));
        right.mark(&[row(6, 1, 0)]);
        assert!(right.committed(row(5, 2, 1)));
    }

    #[test]
    fn gaps_are_seen_below_a_later_row() {
        let rules = Rules { eligible: Eligible::GapTimeout, progress: Progress::Position, ..Rules::default() };
        let mut outbox = Outbox::new(rules);
        (0..4).for_each(|seq| outbox.allocated(seq));
        outbox.committed(row(0, 0, 0));
        outbox.committed(row(2, 2, 0));
        assert_eq!(
            outbox.read(ONE, 1, 9, Xid(9), Us::secs(2)).gaps,
            [1],
            "3 is above every row: nobody can see that gap"
        );
        outbox.mark(&[row(0, 0, 0), row(2, 2, 0)]);
        outbox.committed(row(3, 3, 0));
        assert_eq!(outbox.read(ONE, 2, 9, Xid(9), Us::secs(2)).gaps, [0; 0], "what the position has passed is no gap");
    }

    #[test]
    #[rustfmt::skip]
    fn claims() {
        // claim,             what the second relay reads, after the first's session broke, after its lease is over
        let table = [
            (Claim::Single,     vec![0, 1], vec![0, 1], vec![0, 1]),
            (Claim::SkipLocked, vec![2, 3], vec![0, 1], vec![0, 1]),
            (Claim::KeyLease,   vec![1, 3], vec![1, 3], vec![0, 1]),
        ];
        for (claim, beside, broken, over) in table {
            let mut outbox = Outbox::new(Rules { claim, lease: Us::secs(30), ..Rules::default() });
            for seq in 0..4 {
                outbox.committed(row(seq, seq as u32, seq as u32 % 2));
            }
            let limit = if claim == Claim::KeyLease { 1 } else { 2 };
            outbox.read(ONE, 1, limit, Xid(9), Us::secs(2));
            assert_eq!(seqs(&outbox.read(TWO, 1, 2, Xid(9), Us::secs(2)).rows), beside, "{claim:?}");
            outbox.release(TWO, 1, true);
            outbox.release(ONE, 1, false);
            assert_eq!(seqs(&outbox.read(TWO, 2, 2, Xid(9), Us::secs(2)).rows), broken, "{claim:?}");
            outbox.release(TWO, 2, true);
            outbox.read(ONE, 1, limit, Xid(9), Us::secs(3));
            assert_eq!(seqs(&outbox.read(TWO, 3, 2, Xid(9), Us::secs(32)).rows), over, "{claim:?}: late read locks nothing");
        }
    }
}
