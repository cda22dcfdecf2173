//! The recoveries and detectors of a plan.

use super::Parts;
use crate::kernel::time::Us;
use crate::recovery::{Compare, RecoveryKind};
use crate::world::ids::{Key, StoreId};

/// A recovery and its options.
#[derive(Clone, Debug, PartialEq)]
pub struct RecoveryPlan {
    /// Its id.
    pub id: String,
    /// How it works.
    pub kind: RecoveryKind,
    /// The stores that it covers.
    pub stores: Vec<StoreId>,
    /// When its first pass begins.
    pub first: Us,
    /// From one pass to the next; `None`: there is one only.
    pub period: Option<Us>,
    /// Rows that changed within this span before the pass are left alone.
    pub grace: Us,
    /// After how long it looks again before it repairs; zero: it does not.
    pub recheck: Us,
    /// Whether it repairs by publishing the row's event again.
    pub reemit: bool,
    /// How long it waits before its first repair.
    pub delay: Us,
    /// Whether a repair is written only if the store's row is still as it was read; a rebuild: whether copies check versions.
    pub versioned: bool,
    /// From one repair to the next; `None`: none.
    pub pause: Option<Us>,
    /// The share of the rows that a pass reads.
    pub sample: Parts,
    /// Whether it looks only for what the source has.
    pub one_way: bool,
    /// How long reading a row takes.
    pub read_row: Us,
    /// How long it waits for an answer.
    pub timeout: Us,
    /// Whether a rebuild records the log's position before it copies.
    pub position_first: bool,
    /// What it compares first.
    pub compare: Compare,
    /// Whether a re-snapshot is the connector's: in chunks, while it follows the log.
    pub incremental: bool,
    /// How many rows a chunk has.
    pub chunk: u32,
    /// Whether what the log says between a chunk's watermarks drops the chunk's rows.
    pub window: bool,
    /// Whether it reads the source's replica.
    pub replica: bool,
    /// Whether it searches an index, instead of getting each row.
    pub search: bool,
}

/// A detector and its options.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorPlan {
    /// Its id.
    pub id: String,
    /// Which one it is.
    pub kind: crate::detect::DetectorKind,
    /// How often it looks.
    pub period: Us,
    /// What it is told to do.
    pub settings: crate::detect::Settings,
    /// After how long it looks again at what it found, before it says so; zero: it does not.
    pub recheck: Us,
    /// The share of the rows that a look reads.
    pub sample: Parts,
    /// From what value on it fires.
    pub threshold: u64,
    /// Whether it searches an index, instead of getting each row.
    pub search: bool,
    /// The row that only it uses, if it sends canaries.
    pub canary: Option<Key>,
}
