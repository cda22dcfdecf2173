//! The write-ahead log as its readers see it: changed rows by LSN, and the replication slot that holds it back.
//!
//! `wal_end >= confirmed_flush_lsn >= restart_lsn >= kept_from`. The log is removed at checkpoints only, and only below
//! the slot's `restart_lsn`; the slot itself becomes durable at checkpoints only, so that a crash of the database may
//! bring an older position back (DOMAIN 0.5).

use super::ids::{EventId, Lsn};
use crate::kernel::time::Us;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 4] = [
    (
        "replication slot",
        "modelled",
        "confirmed_flush_lsn, restart_lsn held back by the oldest open transaction, durable at checkpoints, lost by a cap",
    ),
    ("write-ahead log: removal", "simplified", "byte by byte at a checkpoint; a real one goes by segments of 16 MB"),
    (
        "write-ahead log: checkpoints",
        "simplified",
        "every `source.checkpoint`, and when the disk is full; a real one comes after so much log too, and a restart takes as \
         long as there is log to replay, not `nodes.source.restart`",
    ),
    ("write-ahead log: full disk", "simplified", "commits wait for space; PostgreSQL stops with a panic and recovers"),
];

/// One changed row in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalEntry {
    /// Where the row's record ends.
    pub lsn: Lsn,
    /// What it says.
    pub event: EventId,
    /// The version that its commit gave it.
    pub version: u32,
    /// When it was written.
    pub at: Us,
}

/// A replication slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What its reader has confirmed: decoding starts here, never before.
    pub confirmed: Lsn,
    /// The oldest log that decoding needs.
    pub restart: Lsn,
    /// Both, as they are on disk.
    saved: (Lsn, Lsn),
    /// Whether the log that it needs was removed (`wal_status` is `lost`).
    pub lost: bool,
}

/// What a checkpoint did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Everything below is removed.
    pub kept_from: Lsn,
    /// Whether the slot fell too far behind, and is lost.
    pub lost: bool,
}

/// The log's entries, and its slot.
#[derive(Clone, Debug, Default)]
pub struct Wal {
    /// Whether anybody reads the log: else nothing is remembered.
    pub captured: bool,
    /// Every entry ever written: what was removed is still known to the truth.
    entries: Vec<WalEntry>,
    kept_from: Lsn,
    slot: Option<Slot>,
}

impl Wal {
    /// A changed row is in the log.
    pub fn append(&mut self, entry: WalEntry) {
        if self.captured {
            self.entries.push(entry);
        }
    }

    /// A failover took entries back: no reader will see them again.
    pub fn retract(&mut self, lost: impl Fn(EventId) -> bool) {
        self.entries.retain(|entry| !lost(entry.event));
    }

    /// How many rows were ever changed.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Whether no row was ever changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The n-th changed row.
    #[must_use]
    pub fn entry(&self, index: u32) -> Option<WalEntry> {
        self.entries.get(index as usize).copied()
    }

    /// How many rows were changed up to a position.
    #[must_use]
    pub fn index_of(&self, lsn: Lsn) -> u32 {
        self.entries.partition_point(|entry| entry.lsn <= lsn) as u32
    }

    /// The slot, if there is one.
    #[must_use]
    pub fn slot(&self) -> Option<Slot> {
        self.slot
    }

    /// Everything below this is removed.
    #[must_use]
    pub fn kept_from(&self) -> Lsn {
        self.kept_from
    }

    /// Creates a slot at the end of the log, in place of one that there may be. It is durable at once.
    pub fn create_slot(&mut self, end: Lsn) {
        self.slot = Some(Slot { confirmed: end, restart: end, saved: (end, end), lost: false });
    }

    /// Drops the slot. Says whether there was one.
    pub fn drop_slot(&mut self) -> bool {
        self.slot.take().is_some()
    }

    /// The slot's reader confirms a position; `oldest` is where the oldest open transaction began. Positions never go
    /// back. Says whether the slot moved.
    pub fn confirm(&mut self, lsn: Lsn, oldest: Lsn) -> bool {
        let Some(slot) = self.slot.as_mut().filter(|slot| !slot.lost && slot.confirmed < lsn) else { return false };
        slot.confirmed = lsn;
        slot.restart = slot.restart.max(lsn.min(oldest));
        true
    }

    /// A checkpoint with the log ending at `end`: the slot is saved, or is lost if it holds more than `cap` bytes, and
    /// what it does not hold is removed.
    pub fn checkpoint(&mut self, end: Lsn, cap: Option<u64>) -> Checkpoint {
        let mut lost = false;
        if let Some(slot) = self.slot.as_mut().filter(|slot| !slot.lost) {
            lost = cap.is_some_and(|cap| end.0 - slot.restart.0 > cap);
            slot.lost = lost;
            slot.saved = (slot.confirmed, slot.restart);
        }
        let held = self.slot.filter(|slot| !slot.lost).map_or(end, |slot| slot.restart);
        self.kept_from = self.kept_from.max(held);
        Checkpoint { kept_from: self.kept_from, lost }
    }

    /// The database crashes: the slot is as it was at its last checkpoint. Says whether that is further back.
    pub fn crash(&mut self) -> bool {
        let Some(slot) = self.slot.as_mut() else { return false };
        let before = slot.confirmed;
        (slot.confirmed, slot.restart) = slot.saved;
        slot.confirmed < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(rows: u32) -> Wal {
        let mut wal = Wal { captured: true, ..Wal::default() };
        wal.create_slot(Lsn(0));
        for n in 0..rows {
            wal.append(WalEntry { lsn: Lsn(u64::from(n + 1) * 64), event: EventId(n), version: 1, at: Us::ZERO });
        }
        wal
    }

    #[test]
    fn positions() {
        let mut wal = log(10);
        assert_eq!([0, 63, 64, 640].map(|lsn| wal.index_of(Lsn(lsn))), [0, 0, 1, 10]);
        assert!(wal.confirm(Lsn(320), Lsn(128)), "an open transaction holds restart_lsn back");
        assert_eq!(wal.slot().map(|slot| (slot.confirmed, slot.restart)), Some((Lsn(320), Lsn(128))));
        assert!(!wal.confirm(Lsn(256), Lsn(640)), "a position never goes back");
        assert_eq!(wal.checkpoint(Lsn(640), None), Checkpoint { kept_from: Lsn(128), lost: false });
        assert!(wal.confirm(Lsn(640), Lsn(640)));
        assert!(wal.crash(), "what was confirmed since the checkpoint is forgotten");
        assert_eq!(wal.slot().map(|slot| (slot.confirmed, slot.restart)), Some((Lsn(320), Lsn(128))));
    }

    /// `max_slot_wal_keep_size`: a slot that holds more than the cap is lost at the next checkpoint, and no longer holds.
    #[test]
    fn a_cap() {
        for (cap, lost, kept_from) in [(None, false, 0), (Some(640), false, 0), (Some(639), true, 640)] {
            let mut wal = log(10);
            assert_eq!(wal.checkpoint(Lsn(640), cap), Checkpoint { kept_from: Lsn(kept_from), lost }, "{cap:?}");
            assert_eq!(wal.confirm(Lsn(640), Lsn(640)), !lost, "a lost slot does not move");
        }
    }
}
