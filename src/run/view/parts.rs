//! What a view consists of.

use crate::kernel::time::Us;
use crate::strategy::CrashPoint;
use crate::world::ids::{EventId, Key, Op};
use crate::world::record::Record;
use std::collections::VecDeque;

/// A row as it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowView {
    /// The event that made it.
    pub event: Option<EventId>,
    /// Its version; at the source also a deleted row's.
    pub version: u32,
    /// Whether there is a row.
    pub present: bool,
}

/// One process, and the change that it is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The operation; [`Op::NONE`]: none, or not the app's.
    pub op: Op,
    /// The row's key.
    pub key: Key,
    /// The version, once it is known.
    pub version: u32,
    /// The event, once it is known.
    pub event: EventId,
    /// How many steps are done.
    pub done: u8,
    /// The step that it is in; `u8::MAX`: none.
    pub now: u8,
}

impl Default for Progress {
    fn default() -> Self {
        let (op, key, event) = (Op::NONE, Key::NONE, EventId::NONE);
        Progress { op, key, version: 0, event, done: 0, now: u8::MAX }
    }
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeView {
    /// Whether it runs.
    pub up: bool,
    /// When it died last.
    pub crashed_at: Us,
    /// When it comes back; [`Us::NEVER`]: at the drain.
    pub back: Us,
    /// The crash point at which it died, if at one.
    pub died_at: Option<u8>,
    /// By crash point: passes.
    pub passes: [u16; CrashPoint::ALL.len()],
    /// The change in view.
    pub progress: Progress,
}

/// A slot of the outbox or of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotView {
    /// `alloc_seq` or offset.
    pub number: u64,
    /// The row's key.
    pub key: Key,
    /// Its version.
    pub version: u32,
    /// Whether it says that the row is deleted.
    pub delete: bool,
    /// Whether it is marked as published, or out of every relay's sight.
    pub marked: bool,
    /// Whether no relay will ever see it although nobody published it.
    pub passed: bool,
}

crate::ids! {
    /// What a connector is at.
    pub enum Phase {
        /// It has no stream.
        Waits = "waits for its start",
        /// It reads rows as they are.
        Snapshots = "snapshot",
        /// It follows the log.
        Streams = "streaming",
        /// The broker does not take what it publishes: the log grows.
        Paused = "paused",
        /// It has nothing left to do.
        Finished = "finished",
        /// It has given up, and says so.
        Failed = "failed",
    }
}

/// The log of the source, where a connector reads it. Positions count changed rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalView {
    /// The last changed rows.
    pub rows: VecDeque<SlotView>,
    /// All there ever were: the log's end.
    pub end: u32,
    /// Sent to the connector.
    pub sent: u32,
    /// In the connector's queue, or past it.
    pub queued: u32,
    /// Confirmed by the broker.
    pub acked: u32,
    /// What the connector is at.
    pub phase: Phase,
    /// Up to the connector's stored offset.
    pub stored: u32,
    /// Up to the slot's `confirmed_flush_lsn`.
    pub confirmed: u32,
    /// Up to the slot's `restart_lsn`.
    pub restart: u32,
    /// Up to the oldest log that is kept.
    pub kept: u32,
    /// Whether there is a slot.
    pub slot: bool,
}

impl WalView {
    /// Before the first record.
    pub(super) const START: WalView = WalView {
        rows: VecDeque::new(),
        end: 0,
        sent: 0,
        queued: 0,
        acked: 0,
        phase: Phase::Waits,
        stored: 0,
        confirmed: 0,
        restart: 0,
        kept: 0,
        slot: false,
    };
}

/// A message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// The record of sending it.
    pub sent: Record,
    /// Whether its caller has given up.
    pub late: bool,
}

/// What a detector saw last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DetectorView {
    /// When.
    pub looked: Option<Us>,
    /// What, packed as in the record.
    pub value: u64,
    /// Whether it fires.
    pub firing: bool,
}
