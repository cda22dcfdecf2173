//! The laws that hold on every run (DOMAIN 1.5), checked as the records come and once more at the end.

use super::ledger::{Ledger, StoreLedger};
use super::pending::Pending;
use crate::kernel::time::Us;
use crate::world::ids::{EventId, NodeId, RecordId};
use crate::world::observe::BY_REPAIR;
use crate::world::record::{Kind, Record};

crate::ids! {
    /// A law.
    pub enum Law {
        /// committed = delivered + in flight + lost, and delivered = distinct + duplicates, at every store.
        Conservation = "conservation",
        /// The integral of the number of pending events, kept as the records come, equals the sum of the ledger's lags,
        /// exactly.
        Little = "little",
        /// The log is in commit order: its positions only grow.
        LogOrder = "log-order",
        /// The offsets of a partition have no gap, and a group goes back only where it starts again.
        OffsetOrder = "offset-order",
        /// A versioned store never goes back.
        VersionOrder = "version-order",
    }
}

/// The laws that can be checked record by record, and the first record that broke each.
#[derive(Clone, Debug)]
pub struct Checks {
    broken: [RecordId; Law::ALL.len()],
    wal_end: u64,
    /// By partition.
    log_ends: Vec<u64>,
    /// By store, then partition: the committed offset.
    committed: Vec<Vec<u64>>,
    /// By store: its node, and by key the version that it shows; `None`: it is not versioned.
    versions: Vec<(NodeId, Option<Vec<u32>>)>,
    /// By store: the link from the broker to its consumer, which carries its offsets.
    links: Vec<crate::world::ids::LinkId>,
    /// By store of the ledger: what it is owed, over time.
    pending: Vec<Pending>,
}

impl Checks {
    /// For a run: partitions, and for each store its node, whether it is versioned, and its consumer's link.
    #[must_use]
    pub fn new(partitions: u32, keys: usize, stores: &[(NodeId, bool, crate::world::ids::LinkId)]) -> Checks {
        let versions = |(node, versioned, _): &(NodeId, bool, _)| (*node, versioned.then(|| vec![0; keys]));
        Checks {
            broken: [RecordId::NONE; Law::ALL.len()],
            wal_end: 0,
            log_ends: vec![0; partitions as usize],
            committed: vec![vec![0; partitions as usize]; stores.len()],
            versions: stores.iter().map(versions).collect(),
            links: stores.iter().map(|(_, _, link)| *link).collect(),
            pending: Vec::new(),
        }
    }

    /// The same, and Little's law for the stores of a ledger that has seen no record yet.
    #[must_use]
    pub fn with_pending(mut self, ledger: &Ledger) -> Checks {
        let of = |store: &StoreLedger| {
            Pending::new(store.node, store.emitted.as_ref().map(|(link, _)| *link), ledger.log_stands_for_stores)
        };
        self.pending = ledger.stores.iter().map(of).collect();
        self
    }

    /// The record that broke a law first.
    #[must_use]
    pub fn broken(&self, law: Law) -> Option<RecordId> {
        self.broken[law as usize].some()
    }

    fn holds(&mut self, law: Law, holds: bool, id: RecordId) {
        if !holds {
            let first = &mut self.broken[law as usize];
            *first = (*first).min(id);
        }
    }

    /// Takes one more record into account.
    #[inline]
    pub fn apply(&mut self, record: &Record, id: RecordId) {
        for pending in self.pending.iter_mut().filter(|_| record.event != EventId::NONE) {
            pending.apply(record);
        }
        match record.kind {
            Kind::Committed => {
                self.holds(Law::LogOrder, record.value >= self.wal_end, id);
                self.wal_end = record.value;
            }
            Kind::Appended => {
                let end = &mut self.log_ends[record.extra as usize];
                let next = std::mem::replace(end, record.value + 1);
                self.holds(Law::OffsetOrder, next == record.value, id);
            }
            Kind::Truncated => {
                // A failover cuts the log: here, and only here, a partition and its groups go back.
                let (partition, cut) = (record.extra as usize, record.value);
                self.log_ends[partition] = self.log_ends[partition].min(cut);
                self.committed.iter_mut().for_each(|offsets| offsets[partition] = offsets[partition].min(cut));
            }
            Kind::OffsetCommitted => {
                if let Some(store) = self.links.iter().position(|link| *link == record.link) {
                    let at = &mut self.committed[store][record.extra as usize];
                    let before = std::mem::replace(at, record.value);
                    self.holds(Law::OffsetOrder, record.value >= before, id);
                }
            }
            Kind::Applied => self.applied(record, id, 1),
            Kind::Filled | Kind::Denied => self.applied(record, id, 0),
            Kind::TombstoneGone | Kind::Emptied | Kind::Crashed | Kind::Swapped | Kind::Evicted => self.forgets(record),
            _ => {} // Other records move no position.
        }
    }

    /// A versioned store shows another version: `above` the one of before at least.
    fn applied(&mut self, record: &Record, id: RecordId, above: u32) {
        let shown = self.versions.iter_mut().find(|(node, _)| *node == record.node);
        if let Some((_, Some(versions))) = shown {
            if record.kind == Kind::Applied && record.extra == BY_REPAIR {
                // A repair is no live event: it writes what the source showed, past the store's rule.
                versions[record.key.index()] = record.version;
                return;
            }
            let before = std::mem::replace(&mut versions[record.key.index()], record.version);
            self.holds(Law::VersionOrder, record.version >= before + above, id);
        }
    }

    /// A store that crashed, was made anew, or forgot a tombstone, may take an older version again.
    fn forgets(&mut self, record: &Record) {
        let shown = self.versions.iter_mut().find(|(node, _)| *node == record.node);
        if let Some((_, Some(versions))) = shown {
            match versions.get_mut(record.key.index()) {
                Some(version) => *version = 0,
                None => versions.fill(0),
            }
        }
    }

    /// The laws that need the finished run. `end`: when it ended.
    pub fn close(&mut self, ledger: &Ledger, end: Us) {
        for (at, store) in ledger.stores.iter().enumerate() {
            if let Err(witness) = conservation(ledger, store) {
                self.holds(Law::Conservation, false, witness);
            }
            if let Some(pending) = self.pending.get_mut(at) {
                let holds = pending.close(end) == lags(ledger, store, end);
                self.holds(Law::Little, holds, RecordId(0));
            }
        }
    }
}

/// What became of each committed event at a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was delivered.
    Delivered,
    /// It was still on its way at the drain's limit.
    InFlight,
    /// Its path ended.
    Lost,
}

/// What became of an event at a store.
#[must_use]
pub fn fate(store: &StoreLedger, event: EventId) -> Fate {
    if store.seen(event).count > 0 {
        Fate::Delivered
    } else if store.queued.binary_search(&event).is_ok() {
        Fate::InFlight
    } else {
        Fate::Lost
    }
}

fn conservation(ledger: &Ledger, store: &StoreLedger) -> Result<(), RecordId> {
    let (mut distinct, mut all) = (0u64, 0u64);
    for (index, event) in ledger.events.iter().enumerate() {
        let seen = store.seen(EventId(index as u32));
        (distinct, all) = (distinct + u64::from(seen.count > 0), all + u64::from(seen.count));
        // A lost event has a record that ended its path: an absence is a record too.
        let owed = event.is_committed() && store.owes(EventId(index as u32));
        let lost = owed && fate(store, EventId(index as u32)) == Fate::Lost;
        if lost && event.end == RecordId::NONE {
            return Err(event.commit);
        }
    }
    if (distinct, all) == (store.distinct, store.delivered) { Ok(()) } else { Err(RecordId(0)) }
}

/// The sum of the lags of what a store is owed, as the finished ledger has them: from an event's commit to its first
/// delivery; what was never delivered waits to the end of the run.
fn lags(ledger: &Ledger, store: &StoreLedger, end: Us) -> u128 {
    let ids = (0..).map(EventId).zip(&ledger.events);
    let owed = ids.filter(|(id, event)| event.is_committed() && store.owes(*id));
    let lag = |(id, event): (EventId, &super::ledger::EventFate)| {
        u128::from(store.seen(id).first.min(end).since(event.committed).0)
    };
    owed.map(lag).sum()
}
