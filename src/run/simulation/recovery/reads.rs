//! What a recovery reads: rows as a node shows them when the read begins, and how long that takes.

use crate::kernel::hash;
use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::recovery::{Compare, Event, RecoveryKind};
use crate::run::simulation::Simulation;
use crate::run::simulation::call::{CallId, Caller, Payload};
use crate::scenario::plan::NodeRole;
use crate::world::ids::{Key, NodeId, RecordId, RecoveryId, StoreKind};
use crate::world::observe::ObservedRow;
use crate::world::record::{Kind, Parcel, Record};

/// How many sums a side gives.
const BUCKETS: usize = 64;

impl Simulation<'_> {
    /// The keys that a pass reads: all, or as many as its sample says, drawn anew for each pass.
    pub(super) fn keys_of_pass(&mut self, id: RecoveryId) -> Vec<u32> {
        let (sample, pass) = (self.plan.recoveries[id.index()].sample, self.recoveries[id.index()].passes);
        let minor = 0x1_0000 + u32::from(id.0);
        let whole = sample >= 1_000_000_000 || self.plan.recoveries[id.index()].kind == RecoveryKind::Rebuild;
        let draws = &mut self.draws;
        let read = |key: &u32| whole || draws.of(Purpose::Phase, pass, minor, *key).chance(sample);
        (0..self.plan.keys() as u32).filter(read).collect()
    }

    /// A node is asked for rows: what it shows now, when the read begins. Gives how long that takes.
    pub(in crate::run::simulation) fn scan(&mut self, node: NodeId, id: CallId) -> Us {
        let Some(Caller::Recovery(recovery)) = self.get_call(id).map(|call| call.caller) else { return Us::ZERO };
        let keys = self.get_call(id).map(|call| call.payload.list.clone()).unwrap_or_default();
        let plan = &self.plan.recoveries[recovery.index()];
        let row = |key: &u32| match self.role(node) {
            NodeRole::Store(store) => self.queried_row(store.index(), Key(*key), plan.search),
            _ => self.row_at_source(plan.replica, *key), // Nobody else is asked for rows.
        };
        let places = match self.role(node) {
            NodeRole::Store(store) if plan.compare == Compare::Aligned => self.places(store),
            _ => Vec::new(),
        };
        let slice: Vec<ObservedRow> = keys.iter().map(row).collect();
        let rows = slice.iter().filter(|row| row.present).count() as u64;
        let now = self.now.0;
        if let Some(call) = self.call_mut(id) {
            (call.payload.slice, call.payload.large, call.payload.offsets) = (slice, now, places);
        }
        Us(self.plan.recoveries[recovery.index()].read_row.0.saturating_mul(rows))
    }

    /// A node has read its rows.
    pub(in crate::run::simulation) fn serve_scan(
        &mut self,
        node: NodeId,
        id: CallId,
        payload: &Payload,
        cause: RecordId,
    ) {
        let rows = payload.slice.iter().filter(|row| row.present).count() as u64;
        let mut read = Record { cause, value: rows, ..Record::new(self.now, node, Kind::TableRead) };
        if payload.parcel == Parcel::Sum {
            let Some(Caller::Recovery(recovery)) = self.get_call(id).map(|call| call.caller) else { return };
            (read.kind, read.detail) = (Kind::Summed, self.plan.recoveries[recovery.index()].compare as u8);
        }
        let last = self.record(read);
        self.answer(id, true, last);
    }

    /// Asks the source, or a store, for rows, or for what they sum up to.
    pub(super) fn recovery_reads(&mut self, id: RecoveryId, store: Option<u32>, parcel: Parcel, cause: RecordId) {
        let keys = self.recoveries[id.index()].keys.clone();
        let payload = Payload { list: keys, ..super::bare(parcel) };
        match store {
            Some(at) => self.recovery_calls_store(id, at, payload, cause),
            None => self.recovery_calls(id, self.plan.roles.recovery_source[id.index()], payload, 0, cause),
        }
    }

    /// Counts or sums are there: from here on the pass is about the rows behind those that differ.
    pub(super) fn recovery_narrows(&mut self, id: RecoveryId, cause: RecordId) {
        let (plan, proc) = (&self.plan.recoveries[id.index()], &self.recoveries[id.index()]);
        let mut apart = [false; BUCKETS];
        for (&store, theirs) in plan.stores.iter().zip(&proc.tables) {
            let shown = &self.plan.stores[store.index()];
            if super::repair::mends(shown.apply) {
                let misses = shown.kind == StoreKind::Cache;
                differ(&mut apart, plan.compare, &proc.keys, (&proc.source.1, theirs), misses);
            }
        }
        let keys: Vec<u32> = proc.keys.iter().copied().filter(|key| apart[*key as usize % BUCKETS]).collect();
        let found = keys.len() as u32;
        self.recoveries[id.index()].keys = keys;
        let record = Record::new(self.now, self.plan.roles.recoveries[id.index()], Kind::Narrowed);
        let cause = self.record(Record { cause, value: found.into(), detail: plan.compare as u8, ..record });
        self.recovery_event(id, Event::Found(found), cause);
    }
}

/// Marks the buckets of rows whose numbers or sums differ between source and store; with counts there is one bucket. A
/// cache (`misses`) is compared by what it has.
fn differ(
    apart: &mut [bool; BUCKETS],
    compare: Compare,
    keys: &[u32],
    (ours, theirs): (&[ObservedRow], &[ObservedRow]),
    misses: bool,
) {
    let counts = compare == Compare::Counts;
    let mut sums = [[0u64; 2]; BUCKETS];
    for ((&key, ours), theirs) in keys.iter().zip(ours).zip(theirs) {
        let bucket = &mut sums[if counts { 0 } else { key as usize % BUCKETS }];
        for (side, row) in bucket.iter_mut().zip([ours, theirs]).filter(|_| !misses || theirs.present) {
            let sum = hash::of(&(u64::from(key) << 32 | u64::from(row.content)).to_le_bytes());
            *side = side.wrapping_add(if counts { 1 } else { sum } * u64::from(row.present));
        }
    }
    for (bucket, apart) in apart.iter_mut().enumerate() {
        let [ours, theirs] = sums[if counts { 0 } else { bucket }];
        *apart |= ours != theirs;
    }
}
