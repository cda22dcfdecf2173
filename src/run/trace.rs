//! The trace: every record of a run, hashed as it comes, folded into truth, laws and costs, and kept if asked to.

use super::tally::Tally;
use crate::kernel::hash::TraceHasher;
use crate::kernel::time::Us;
use crate::scenario::plan::{Plan, StorePlan};
use crate::truth::checks::Checks;
use crate::truth::ledger::Ledger;
use crate::world::ids::{Apply, LinkId, NodeId, RecordId};
use crate::world::record::Record;

/// How many records a recording keeps; the run, its report and its hash go on beyond.
pub const KEEP: usize = 1_000_000;

/// A run's records and what follows from them.
#[derive(Clone, Debug)]
pub struct Trace {
    hasher: TraceHasher,
    /// The first records, as many as were to be kept.
    pub records: Vec<Record>,
    keep: usize,
    count: u32,
    /// What was committed and delivered, and where the rest ended.
    pub ledger: Ledger,
    /// The laws.
    pub checks: Checks,
    /// Clients and costs.
    pub tally: Tally,
    /// By fault of the document: how often it struck, and when first.
    pub fired: Vec<(u64, Option<Us>)>,
    /// When the run ended.
    pub ended: Us,
}

impl Trace {
    /// An empty trace of a plan's run, that keeps at most so many records.
    #[must_use]
    pub fn new(plan: &Plan, keep: usize) -> Trace {
        let roles = &plan.roles;
        let store = |(index, node): (usize, &NodeId)| {
            let versioned = plan.stores[index].apply == Apply::Versioned;
            (*node, versioned, roles.broker_consumer[index].unwrap_or(LinkId::NONE))
        };
        let stores: Vec<(NodeId, bool, LinkId)> = roles.stores.iter().enumerate().map(store).collect();
        let ledger = Ledger::new(plan.keys(), &roles.stores, roles.broker)
            .with_effects(plan.stores.iter().map(StorePlan::has_effects))
            .with_emits((0..plan.stores.len()).map(|to| {
                let emits = |from: &StorePlan| from.emits_to.is_some_and(|next| next.index() == to);
                let from = plan.stores.iter().position(emits)?;
                roles.emit_store[from]
            }));
        Trace {
            hasher: TraceHasher::new(),
            records: Vec::new(),
            keep,
            count: 0,
            checks: Checks::new(plan.broker.partitions, plan.keys(), &stores).with_pending(&ledger),
            ledger,
            tally: Tally::new(plan),
            fired: vec![(0, None); plan.faults.len()],
            ended: Us::ZERO,
        }
    }

    /// Adds a record.
    #[inline]
    pub fn push(&mut self, record: &Record) -> RecordId {
        let id = RecordId(self.count);
        self.count += 1;
        record.write_to(&mut self.hasher);
        self.ledger.apply(record, id);
        self.checks.apply(record, id);
        self.tally.apply(record);
        if self.records.len() < self.keep {
            self.records.push(*record);
        }
        id
    }

    /// A fault of the document has struck.
    pub fn fired(&mut self, fault: usize, at: Us) {
        if let Some((times, first)) = self.fired.get_mut(fault) {
            *times += 1;
            first.get_or_insert(at);
        }
    }

    /// The run is over.
    pub fn close(&mut self, at: Us, outbox_left: usize, outbox_peak: usize, inbox_peak: u32) {
        self.ended = at;
        self.tally.close(outbox_left, outbox_peak, inbox_peak);
        self.checks.close(&self.ledger, at);
    }

    /// How many records there are, kept or not.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether nothing has happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether records were left out.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.records.len() < self.count as usize
    }

    /// The hash over all records.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hasher.finish()
    }
}
