//! The source: transactions with row locks, a write-ahead log, an outbox table. The single source of truth.
//!
//! Three numbers stay apart, since they may be in three different orders (DOMAIN 1.1): `alloc_seq` is taken when an
//! outbox row is inserted, the transaction id `xid` at the first write, the LSN at the commit.

use super::ids::{EventId, Key, Lsn, Op, OpKind};
use super::nextval::Nextval;
use super::outbox::{Marked, Outbox, OutboxRow, Rules, Undo};
use super::replica::{Loss, Replica, Retracted, Step};
use super::wal::{Wal, WalEntry};
use crate::kernel::time::Us;
use std::collections::VecDeque;

/// Fidelity of this part: what is modelled, simplified and absent.
pub const FIDELITY: [(&str, &str, &str); 3] = [
    (
        "source: transactions",
        "modelled",
        "row locks held to the end, commit order, aborts, rollback of a broken connection",
    ),
    (
        "source: write-ahead log",
        "simplified",
        "one record of `source.wal.row_bytes` per changed row; a commit is one durable step",
    ),
    (
        "source: isolation",
        "simplified",
        "a writer waits for a row lock; reads see the last commit. Rows are locked in the order of their keys: no deadlock but as \
         one of the aborts",
    ),
];

/// Bytes that one changed row takes in the log. Illustrative: PostgreSQL's smallest heap record with its header.
pub const WAL_BYTES_PER_ROW: u64 = 64;

/// The current state of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// How many versions it has had; the version of the last commit.
    pub version: u32,
    /// The event of the last commit.
    pub event: Option<EventId>,
    /// Whether the row exists now.
    pub present: bool,
    /// The transaction that holds its lock.
    holder: Option<Xid>,
}

/// A transaction's number, taken at its first write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Xid(pub u32);

/// One row that a transaction changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which row.
    pub key: Key,
    /// What happens to it, as the row stands.
    pub kind: OpKind,
    /// The event that says so.
    pub event: EventId,
    /// The version that it gets at the commit.
    pub version: u32,
}

/// An open transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Its number.
    pub xid: Xid,
    /// Whose it is.
    pub op: Op,
    /// The rows it has changed.
    pub changes: Vec<Change>,
    /// Its outbox rows.
    pub outbox: Vec<OutboxRow>,
    /// Where the log ended when it began.
    began: Lsn,
    /// Rows it still has to lock.
    wanted: VecDeque<Key>,
    /// Whether it is prepared (2PC): durable with its locks, and no longer bound to a connection.
    pub prepared: bool,
    /// Its place in the log, once its commit is written there and waits for the replica.
    flushed: Option<Lsn>,
}

impl Transaction {
    /// Whether it is durable: no broken connection and no crash ends it.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.prepared || self.flushed.is_some()
    }
}

/// What came of asking for row locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// All rows are locked.
    All,
    /// It waits for this transaction.
    WaitsFor(Xid),
}

/// A durable commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its place in the log.
    pub lsn: Lsn,
    /// The transaction.
    pub transaction: Transaction,
    /// Its outbox rows that no relay can ever see.
    pub unseen: Vec<OutboxRow>,
}

/// The database.
#[derive(Clone, Debug, Default)]
pub struct Source {
    rows: Vec<Row>,
    present: u32,
    open: Vec<Transaction>,
    waiting: VecDeque<Xid>,
    next_xid: u32,
    numbers: Nextval,
    wal_end: Lsn,
    /// The outbox table.
    pub outbox: Outbox,
    commits: u64,
    /// Bytes that one changed row takes in the log; 0: [`WAL_BYTES_PER_ROW`].
    row_bytes: u64,
    /// The log as its readers see it.
    pub wal: Wal,
    /// What a replica does not have yet.
    replica: Replica,
}

impl Source {
    /// An empty database with room for that many keys.
    #[must_use]
    pub fn new(keys: usize) -> Source {
        Source { rows: vec![Row::default(); keys], ..Source::default() }
    }

    /// The same database, whose log has readers, and that many bytes for a changed row.
    #[must_use]
    pub fn captured(mut self, captured: bool, row_bytes: u64) -> Source {
        (self.wal.captured, self.row_bytes) = (captured, row_bytes);
        self
    }

    fn row_bytes(&self) -> u64 {
        if self.row_bytes == 0 { WAL_BYTES_PER_ROW } else { self.row_bytes }
    }

    /// What is not captured writes to the log too: other tables, other databases.
    pub fn flow(&mut self, bytes: u64) {
        self.wal_end.0 += bytes;
    }

    /// How many bytes the commit of a transaction will write to the log.
    #[must_use]
    pub fn commit_bytes(&self, xid: Xid) -> u64 {
        self.transaction(xid).map_or(0, |open| self.row_bytes() * (open.changes.len() + open.outbox.len()) as u64)
    }

    /// Where the oldest open transaction began in the log; the log's end if none is open.
    #[must_use]
    pub fn oldest(&self) -> Lsn {
        self.open.iter().map(|open| open.began).min().unwrap_or(self.wal_end)
    }

    /// The same, with an outbox table that is read by these rules.
    #[must_use]
    pub fn with_outbox(mut self, rules: Rules) -> Source {
        self.outbox = Outbox::new(rules);
        self
    }

    /// The same, with a replica that is that far behind; `None`: with none that could lose anything.
    #[must_use]
    pub fn with_replica(mut self, lag: Option<Us>) -> Source {
        self.replica = Replica::new(lag);
        self
    }

    /// The oldest open transaction; if none is open, the next one: `pg_snapshot_xmin(pg_current_snapshot())`.
    #[must_use]
    pub fn xmin(&self) -> Xid {
        self.open.iter().map(|open| open.xid).min().unwrap_or(Xid(self.next_xid))
    }

    /// A row as it is committed.
    #[must_use]
    pub fn row(&self, key: Key) -> Row {
        self.rows.get(key.index()).copied().unwrap_or_default()
    }

    /// How many rows there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.present
    }

    /// How many rows were ever committed: a position in commit order.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits
    }

    /// The end of the log.
    #[must_use]
    pub fn wal_end(&self) -> Lsn {
        self.wal_end
    }

    /// The open transaction of that number.
    #[must_use]
    pub fn transaction(&self, xid: Xid) -> Option<&Transaction> {
        self.open.iter().find(|open| open.xid == xid)
    }

    /// The open transaction of an operation.
    #[must_use]
    pub fn transaction_of(&self, op: Op) -> Option<&Transaction> {
        self.open.iter().find(|open| open.op == op)
    }

    fn transaction_mut(&mut self, xid: Xid) -> Option<&mut Transaction> {
        self.open.iter_mut().find(|open| open.xid == xid)
    }

    /// What an operation does to the row as it stands: insert of a present row is an update, update or delete of an
    /// absent one an insert.
    #[must_use]
    pub fn effective(&self, key: Key, asked: OpKind) -> OpKind {
        match (self.row(key).present, asked) {
            (true, OpKind::Delete) => OpKind::Delete,
            (true, OpKind::Insert | OpKind::Update) => OpKind::Update,
            (false, OpKind::Insert | OpKind::Update | OpKind::Delete) => OpKind::Insert,
        }
    }

    /// Begins a transaction that wants the locks of these rows.
    pub fn begin(&mut self, op: Op, keys: impl Iterator<Item = Key>) -> Xid {
        let xid = Xid(self.next_xid);
        self.next_xid += 1;
        let began = self.wal_end;
        self.open.push(Transaction {
            xid,
            op,
            changes: Vec::new(),
            outbox: Vec::new(),
            began,
            wanted: keys.collect(),
            prepared: false,
            flushed: None,
        });
        xid
    }

    /// Takes the locks that the transaction still wants, in order, or says whom it waits for. `None`: no such transaction.
    pub fn lock(&mut self, xid: Xid) -> Option<Locked> {
        let at = self.open.iter().position(|open| open.xid == xid)?;
        while let Some(&key) = self.open[at].wanted.front() {
            match self.rows[key.index()].holder {
                Some(holder) if holder != xid => {
                    if !self.waiting.contains(&xid) {
                        self.waiting.push_back(xid);
                    }
                    return Some(Locked::WaitsFor(holder));
                }
                Some(_) | None => self.rows[key.index()].holder = Some(xid),
            }
            self.open[at].wanted.pop_front();
        }
        self.waiting.retain(|waiter| *waiter != xid);
        Some(Locked::All)
    }

    /// Writes a row under its lock. Gives the version that the commit will confirm.
    pub fn write(&mut self, xid: Xid, key: Key, asked: OpKind, event: EventId) -> Option<Change> {
        let (kind, version) = (self.effective(key, asked), self.row(key).version + 1);
        let change = Change { key, kind, event, version };
        self.transaction_mut(xid)?.changes.push(change);
        Some(change)
    }

    /// Writes a row under its lock, with the version and the kind that the log gave to it.
    pub fn put(&mut self, xid: Xid, change: Change) {
        if let Some(open) = self.transaction_mut(xid) {
            open.changes.push(change);
        }
    }

    /// Inserts an outbox row in the same transaction. Gives its `alloc_seq`, which a rollback does not give back.
    pub fn enqueue(&mut self, xid: Xid, event: EventId, key: Key, now: Us) -> Option<u64> {
        self.transaction(xid)?;
        let alloc_seq = self.numbers.take();
        self.transaction_mut(xid)?.outbox.push(OutboxRow { alloc_seq, xid, event, key, since: now });
        self.outbox.allocated(alloc_seq);
        Some(alloc_seq)
    }

    /// `PREPARE TRANSACTION`: from here on only a decision ends it, not a broken connection and not a crash. `None`: no
    /// such transaction; `Some(false)`: it would be one more than `most` (`max_prepared_transactions`).
    pub fn prepare(&mut self, xid: Xid, most: u32, now: Us) -> Option<bool> {
        let prepared = self.prepared().count() as u64;
        let open = self.transaction_mut(xid)?;
        open.prepared |= prepared < u64::from(most);
        let done = open.prepared;
        if done {
            self.replica.note(now, Step::Prepared(xid));
        }
        Some(done)
    }

    /// The transactions that are prepared.
    pub fn prepared(&self) -> impl Iterator<Item = &Transaction> + '_ {
        self.open.iter().filter(|open| open.prepared)
    }

    /// Writes the commit of a transaction to the log at `now`: its readers see it, and nobody else does yet. Gives its
    /// place in the log; `None`: no such transaction.
    pub fn flush(&mut self, xid: Xid, now: Us) -> Option<Lsn> {
        let row_bytes = self.row_bytes();
        let open = self.open.iter_mut().find(|open| open.xid == xid)?;
        if open.flushed.is_none() {
            let start = self.wal_end.0;
            let end = Lsn(start + row_bytes * (open.changes.len() + open.outbox.len()) as u64);
            for (nth, change) in open.changes.iter().enumerate() {
                let lsn = Lsn(start + row_bytes * (nth as u64 + 1));
                self.wal.append(WalEntry { lsn, event: change.event, version: change.version, at: now });
            }
            (open.flushed, self.wal_end) = (Some(end), end);
        }
        open.flushed
    }

    /// The transactions whose commit is in the log and waits for the replica, in the order of the log.
    #[must_use]
    pub fn flushed(&self) -> Vec<(Lsn, Xid)> {
        let mut flushed: Vec<_> = self.open.iter().filter_map(|open| Some((open.flushed?, open.xid))).collect();
        crate::kernel::sorted::sort(&mut flushed);
        flushed
    }

    /// Where a reader of the log begins that has seen the rows as they are: behind every commit that they show.
    #[must_use]
    pub fn shown_until(&self) -> Lsn {
        let row_bytes = self.row_bytes();
        let waits = self.open.iter().filter_map(|open| {
            Some(Lsn(open.flushed?.0 - row_bytes * (open.changes.len() + open.outbox.len()) as u64))
        });
        waits.min().unwrap_or(self.wal_end)
    }

    /// Makes the transaction durable at `now`, in commit order, and releases its locks.
    pub fn commit(&mut self, xid: Xid, now: Us) -> Option<Commit> {
        let lsn = self.flush(xid, now)?;
        let transaction = self.end(xid)?;
        for change in &transaction.changes {
            let row = &mut self.rows[change.key.index()];
            self.replica.note(now, Step::Row(*change, Row { holder: None, ..*row }));
            let present = change.kind != OpKind::Delete;
            self.present = self.present + u32::from(present) - u32::from(row.present);
            *row = Row { version: change.version, event: Some(change.event), present, holder: row.holder };
            self.commits += 1;
        }
        for row in &transaction.outbox {
            self.replica.note(now, Step::Outbox(Undo::Committed(*row)));
        }
        let unseen = transaction.outbox.iter().filter(|row| !self.outbox.committed(**row)).copied().collect();
        Some(Commit { lsn, transaction, unseen })
    }

    /// Rolls the transaction back and releases its locks.
    pub fn abort(&mut self, xid: Xid) -> Option<Transaction> {
        self.end(xid)
    }

    fn end(&mut self, xid: Xid) -> Option<Transaction> {
        let at = self.open.iter().position(|open| open.xid == xid)?;
        let transaction = self.open.swap_remove(at);
        for key in transaction.changes.iter().map(|change| change.key).chain(transaction.wanted.iter().copied()) {
            self.unlock(key, xid);
        }
        // Locks taken before all were there, when the transaction ends while it still waits.
        if transaction.changes.is_empty() {
            self.rows.iter_mut().filter(|row| row.holder == Some(xid)).for_each(|row| row.holder = None);
        }
        self.waiting.retain(|waiter| *waiter != xid);
        Some(transaction)
    }

    fn unlock(&mut self, key: Key, xid: Xid) {
        let row = &mut self.rows[key.index()];
        if row.holder == Some(xid) {
            row.holder = None;
        }
    }

    /// The transactions that wait for a row lock, first come first.
    #[must_use]
    pub fn waiters(&self) -> Vec<Xid> {
        self.waiting.iter().copied().collect()
    }

    /// Whether anybody waits for a row lock.
    #[must_use]
    pub fn has_waiters(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Marks outbox rows as published at `now`. Gives the rows that no relay will see any more although nobody marked them.
    pub fn mark(&mut self, rows: &[OutboxRow], now: Us) -> Vec<OutboxRow> {
        let Marked { passed, undo } = self.outbox.mark(rows);
        self.replica.note(now, Step::Outbox(undo));
        passed
    }

    /// The replica takes over from a primary that wrote last at `until`: what it does not have never happened.
    pub fn fail_over(&mut self, until: Us) -> Loss {
        let mut loss = Loss::default();
        for step in self.replica.promote(until) {
            match step {
                Step::Row(change, before) => {
                    let row = &mut self.rows[change.key.index()];
                    self.present = self.present + u32::from(before.present) - u32::from(row.present);
                    // A prepared transaction keeps its lock.
                    *row = Row { holder: row.holder, ..before };
                    self.commits -= 1;
                    loss.rows.push(Retracted { key: change.key, event: change.event, row: before });
                }
                Step::Prepared(xid) => loss.prepared.extend(self.end(xid)),
                Step::Outbox(undo) => {
                    if let Undo::Committed(row) = undo {
                        loss.unmarked.retain(|other| other.alloc_seq != row.alloc_seq);
                    }
                    loss.unmarked.extend(self.outbox.undo(undo));
                }
            }
        }
        for (_, xid) in self.flushed() {
            loss.prepared.extend(self.end(xid));
        }
        let unheard = |event| loss.prepared.iter().flat_map(|open| &open.changes).any(|change| change.event == event);
        self.wal.retract(|event| unheard(event) || loss.rows.iter().any(|lost| lost.event == event));
        loss
    }

    /// A crash: open transactions and their locks are gone; what is committed stays, and what is durable but not visible
    /// stays with its locks. Gives the lost transactions.
    pub fn crash(&mut self) -> Vec<Transaction> {
        let (kept, lost) = std::mem::take(&mut self.open).into_iter().partition(Transaction::is_durable);
        self.open = kept;
        for row in &mut self.rows {
            row.holder = row.holder.filter(|xid| self.open.iter().any(|open| open.xid == *xid));
        }
        self.waiting.clear();
        self.wal.crash();
        self.outbox.crash();
        self.numbers.crash().for_each(|skipped| self.outbox.allocated(skipped));
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn operations_as_the_row_stands() {
        use OpKind::{Delete, Insert, Update};
        // before      asked   effective, version
        let table = [
            (vec![],               Insert, Insert, 1),
            (vec![],               Update, Insert, 1),
            (vec![],               Delete, Insert, 1),
            (vec![Insert],         Insert, Update, 2),
            (vec![Insert],         Delete, Delete, 2),
            (vec![Insert, Delete], Delete, Insert, 3),
        ];
        for (before, asked, kind, version) in table {
            let mut source = Source::new(1);
            for (n, kind) in before.iter().enumerate() {
                change(&mut source, *kind, n as u32);
            }
            let got = change(&mut source, asked, 9);
            assert_eq!((got.kind, got.version), (kind, version), "{asked:?} after {before:?}");
            assert_eq!(source.count(), u32::from(kind != Delete));
        }
    }

    fn change(source: &mut Source, kind: OpKind, event: u32) -> Change {
        let xid = source.begin(Op(event), [Key(0)].into_iter());
        assert_eq!(source.lock(xid), Some(Locked::All));
        let change = source.write(xid, Key(0), kind, EventId(event)).unwrap();
        source.commit(xid, Us(1)).unwrap();
        change
    }

    /// A second writer of one row waits, a rollback gives no number back, and a late committer's outbox row goes before.
    #[test]
    fn three_numbers_three_orders() {
        let mut source = Source::new(2);
        let first = source.begin(Op(0), [Key(0)].into_iter());
        let second = source.begin(Op(1), [Key(1)].into_iter());
        let third = source.begin(Op(2), [Key(0)].into_iter());
        assert_eq!(source.lock(first), Some(Locked::All));
        assert_eq!(source.lock(second), Some(Locked::All));
        assert_eq!(source.lock(third), Some(Locked::WaitsFor(first)));
        source.write(first, Key(0), OpKind::Insert, EventId(0));
        source.write(second, Key(1), OpKind::Insert, EventId(1));
        assert_eq!(
            (source.enqueue(first, EventId(0), Key(0), Us(1)), source.enqueue(second, EventId(1), Key(1), Us(1))),
            (Some(0), Some(1))
        );
        let late = source.commit(second, Us(2)).unwrap().lsn;
        assert!(source.commit(first, Us(3)).unwrap().lsn > late, "the log is in commit order");
        assert_eq!(source.outbox.waiting().iter().map(|row| row.alloc_seq).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(source.waiters(), [third]);
        assert_eq!(source.lock(third), Some(Locked::All));
        source.enqueue(third, EventId(2), Key(0), Us(2));
        source.abort(third);
        let fourth = source.begin(Op(3), [Key(0)].into_iter());
        source.lock(fourth);
        assert_eq!(source.enqueue(fourth, EventId(3), Key(0), Us(3)), Some(3), "a rollback leaves a gap");
        source.crash();
        assert_eq!(source.commit(fourth, Us(4)), None, "an open transaction dies with the database");
        assert_eq!(source.count(), 2);
    }

    /// DOMAIN 2j: what is prepared survives a crash and keeps its locks; how many may be is bounded, 0 by default.
    #[test]
    fn prepared_keeps_its_locks() {
        let mut source = Source::new(2);
        let mut begin = |key: u32| {
            let xid = source.begin(Op(key), [Key(key)].into_iter());
            source.lock(xid);
            source.write(xid, Key(key), OpKind::Insert, EventId(key));
            xid
        };
        let (first, second) = (begin(0), begin(1));
        assert_eq!(source.prepare(first, 0, Us(1)), Some(false), "switched off");
        assert_eq!((source.prepare(first, 1, Us(1)), source.prepare(second, 1, Us(1))), (Some(true), Some(false)));
        assert_eq!(source.crash().iter().map(|lost| lost.xid).collect::<Vec<_>>(), [second]);
        let third = source.begin(Op(2), [Key(0)].into_iter());
        assert_eq!(source.lock(third), Some(Locked::WaitsFor(first)));
        assert!(source.commit(first, Us(2)).is_some());
        assert_eq!(source.lock(third), Some(Locked::All));
    }
}
