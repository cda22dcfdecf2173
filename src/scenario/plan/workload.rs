//! The workload of a plan.

use super::Parts;
use crate::kernel::time::Us;
use crate::world::ids::{Key, OpKind};

/// When operations arrive.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// A Poisson process with that mean span between arrivals.
    Poisson(Us),
    /// One every so often, the first after one span.
    Every(Us),
    /// That many at once every so often, the first after one span.
    Bursts {
        /// How many.
        size: u32,
        /// How often.
        every: Us,
    },
    /// As written, in order of time.
    Script(Vec<Scripted>),
}

/// One operation of a written workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scripted {
    /// When the client sends it.
    pub at: Us,
    /// Which key.
    pub key: Key,
    /// What it does.
    pub op: OpKind,
    /// How long its transaction stays open; `None`: as `source.tx_time` says.
    pub tx_time: Option<Us>,
}

/// How keys are named and chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyPlan {
    /// The stem of their names.
    pub name: String,
    /// How many.
    pub count: u32,
    /// Further keys that a written workload or a fault names.
    pub named: Vec<String>,
    /// The probability of a key's rank; `None`: uniform.
    pub zipf: Option<f64>,
}

/// What the clients do.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// When operations arrive.
    pub arrivals: Arrivals,
    /// At most this many operations; 0: no limit.
    pub limit: u64,
    /// Which keys.
    pub keys: KeyPlan,
    /// Probability of an insert, an update and a delete; they sum to 10^9.
    pub mix: [Parts; 3],
    /// How many rows a transaction changes.
    pub rows_per_tx: u32,
    /// The mean span between two reads of one key; `None`: nobody reads.
    pub reads: Option<Us>,
    /// Reads as written, in the order of the list.
    pub written_reads: Vec<(Us, Key)>,
    /// How long a client waits for an answer.
    pub client_timeout: Us,
    /// How often a client asks again.
    pub client_retries: u32,
    /// Whether its request carries a key that stays the same when it asks again.
    pub idempotency_key: bool,
}
