//! The report of a run: CONTRACT 4's object, as plain data.

use crate::kernel::sorted::SortedMap;
use serde::{Deserialize, Serialize};

/// The version of this object.
pub const VERSION: u32 = 1;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "field names and meanings are docs/CONTRACT.md's, sections 3 and 4")]
pub struct Report {
    pub report: u32,
    pub scenario: String,
    pub strategy: String,
    pub seed: u64,
    pub trace_hash: String,
    pub events: u64,
    pub simulated_us: u64,
    pub verdict: Verdict,
    pub silent: bool,
    pub stores: Vec<StoreReport>,
    pub ledger: LedgerReport,
    pub divergence: DivergenceReport,
    pub lag_us: Quantiles,
    pub client: ClientReport,
    pub blocked: BlockedReport,
    pub detectors: Vec<DetectorReport>,
    pub repair: RepairReport,
    pub cost: CostReport,
    pub faults: Vec<FaultReport>,
    pub fault_counts: FaultCounts,
    pub invariants: Vec<InvariantReport>,
    pub notes: Vec<String>,
}

crate::ids! {
    /// How a run ended.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    pub enum Verdict {
        /// No row differs after the drain, and nothing waited too long.
        Consistent = "consistent",
        /// A row differs after the drain.
        Diverged = "diverged",
        /// No row differs, but an operation waited for `block_after` or longer.
        Blocked = "blocked",
    }
}

/// One store after the drain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct StoreReport {
    pub id: String,
    pub kind: String,
    pub rows: u64,
    pub missing: u64,
    pub stale: u64,
    pub ghost: u64,
    pub duplicate_effects: u64,
    pub in_flight: u64,
    pub ledger: LedgerReport,
    pub reads: ReadsReport,
    pub witnesses: Vec<Witness>,
}

/// How readers fared at a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct ReadsReport {
    pub reads: u64,
    pub hits: u64,
    pub misses: u64,
    pub stale_sets: u64,
}

/// A row, or an event, that shows an anomaly, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// The row's key.
    pub key: String,
    /// Its anomaly.
    pub anomaly: String,
    /// One sentence.
    pub cause: String,
    /// The record that caused it.
    pub record: u32,
}

/// What was committed, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct LedgerReport {
    pub committed: u64,
    pub delivered: u64,
    pub delivered_distinct: u64,
    pub lost: u64,
    pub superseded: u64,
    pub ghost: u64,
    pub duplicates: u64,
    pub reordered: u64,
    pub inverted_pairs: u64,
    pub early_reads: u64,
    pub in_flight: u64,
    pub first_lost_us: Option<u64>,
}

/// How much differed, and for how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct DivergenceReport {
    pub peak: u64,
    pub row_seconds: f64,
    pub in_flight_row_seconds: f64,
    pub first_us: Option<u64>,
    pub converged_us: Option<u64>,
}

/// Mean and nearest-rank quantiles, in microseconds; null if there is nothing to measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct Quantiles {
    pub mean: Option<f64>,
    pub p50: Option<u64>,
    pub p95: Option<u64>,
    pub p99: Option<u64>,
    pub max: Option<u64>,
}

/// What the clients saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct ClientReport {
    pub requests: u64,
    pub ok: u64,
    pub failed: u64,
    pub unknown: u64,
    pub failed_but_applied: u64,
    pub ok_but_lost: u64,
    pub latency_us: ClientLatency,
}

/// How long clients waited for an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct ClientLatency {
    pub mean: Option<f64>,
    pub p50: Option<u64>,
    pub p99: Option<u64>,
}

/// What waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct BlockedReport {
    pub operations: u64,
    pub max_us: u64,
    pub in_doubt_peak: u64,
    pub waiting_peak: u64,
}

/// What a detector saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct DetectorReport {
    pub id: String,
    pub passes: u64,
    pub flagged_rows: u64,
    pub false_rows: u64,
    pub alarms: u64,
    pub false_alarms: u64,
    pub first_alarm_us: Option<u64>,
    pub detect_us: Option<u64>,
}

/// What recovery did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct RepairReport {
    pub runs: u64,
    pub rows_read: u64,
    pub repaired: u64,
    pub harmful: u64,
}

/// What the strategy costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct CostReport {
    pub transactions: u64,
    pub queries: u64,
    pub messages: u64,
    pub outbox_peak_rows: u64,
    pub outbox_rows_at_end: u64,
    pub inbox_peak_rows: u64,
    pub wal_retained_peak_bytes: u64,
    pub consumer_lag_peak: u64,
    pub consumer_lag_clear_us: Option<u64>,
}

/// A scripted fault and how often it struck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct FaultReport {
    pub fault: String,
    pub fired: u64,
    pub first_us: Option<u64>,
}

/// How often each node crashed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct FaultCounts {
    pub crashes: SortedMap<String, u64>,
}

/// A law that holds on every run, or the record that shows that it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct InvariantReport {
    pub id: String,
    pub holds: bool,
    pub witness: Option<String>,
}
