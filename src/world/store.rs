//! A derived store: a search index or a cache, and how it applies what arrives.

use super::ids::{Apply, Durable, EventId, Key, OpKind, StoreKind};
use crate::kernel::time::Us;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 3] = [
    ("store: search index", "modelled", "external versions, tombstones with a time to live, what a restart forgets"),
    ("store: search index refresh", "absent", "a document is visible as soon as it is applied"),
    ("store: cache", "modelled", "rows in memory only: a crash empties it"),
];

/// What a store has for a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slot {
    /// Nothing, and it remembers nothing.
    #[default]
    Empty,
    /// A row.
    Row {
        /// The event that made it.
        event: EventId,
        /// Its version.
        version: u32,
    },
    /// A deleted row's version, remembered for a time.
    Tombstone {
        /// The version of the delete.
        version: u32,
        /// When it was applied.
        since: Us,
    },
}

/// What came of applying an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The store shows it.
    Yes,
    /// The store has something as new or newer: for its caller a success.
    NotNewer,
}

/// How tombstones are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstones {
    /// How long a tombstone is kept; [`Us::NEVER`]: for ever.
    pub ttl: Us,
    /// What survives a crash.
    pub durable: Durable,
    /// How often they become safe.
    pub flush: Us,
}

/// A derived store.
#[derive(Clone, Debug)]
pub struct Store {
    kind: StoreKind,
    apply: Apply,
    tombstones: Tombstones,
    slots: Vec<Slot>,
    rows: u32,
    /// The place in commit order of the newest event that was applied: what it could report as its position.
    position: u64,
}

impl Store {
    /// An empty store with room for that many keys.
    #[must_use]
    pub fn new(kind: StoreKind, apply: Apply, tombstones: Tombstones, keys: usize) -> Store {
        Store { kind, apply, tombstones, slots: vec![Slot::Empty; keys], rows: 0, position: 0 }
    }

    /// What it has for a key.
    #[must_use]
    pub fn slot(&self, key: Key) -> Slot {
        self.slots.get(key.index()).copied().unwrap_or_default()
    }

    /// How many rows it has.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.rows
    }

    /// The place in commit order of the newest event that was applied.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Forgets a key's tombstone if its time is over at `now`. Says whether it did.
    pub fn expire(&mut self, key: Key, now: Us) -> bool {
        match self.slot(key) {
            Slot::Tombstone { since, .. } if self.expired(since, now) => {
                self.slots[key.index()] = Slot::Empty;
                true
            }
            Slot::Tombstone { .. } | Slot::Row { .. } | Slot::Empty => false,
        }
    }

    /// A soft delete is a document and does not expire; the others do.
    fn expired(&self, since: Us, now: Us) -> bool {
        let keeps = self.tombstones.durable == Durable::SoftDelete;
        !keeps && self.tombstones.ttl != Us::NEVER && now >= since.after(self.tombstones.ttl)
    }

    /// Applies an event of that version at `now`. `commit` is its place in commit order.
    pub fn apply(&mut self, key: Key, kind: OpKind, event: EventId, version: u32, commit: u64, now: Us) -> Applied {
        self.position = self.position.max(commit);
        let slot = self.slot(key);
        let newest = match slot {
            Slot::Empty => 0,
            Slot::Row { version, .. } | Slot::Tombstone { version, .. } => version,
        };
        if self.apply == Apply::Versioned && version <= newest {
            return Applied::NotNewer;
        }
        let was_row = matches!(slot, Slot::Row { .. });
        let row = kind != OpKind::Delete;
        self.rows = self.rows + u32::from(row) - u32::from(was_row);
        self.slots[key.index()] =
            if row { Slot::Row { event, version } } else { Slot::Tombstone { version, since: now } };
        Applied::Yes
    }

    /// Shows an event of that version, or nothing, from `now` on, whatever its own rule says: a repair.
    pub fn overwrite(&mut self, key: Key, event: Option<EventId>, version: u32, commit: u64, now: Us) {
        let was_row = matches!(self.slot(key), Slot::Row { .. });
        self.position = self.position.max(commit);
        self.rows = self.rows + u32::from(event.is_some()) - u32::from(was_row);
        self.slots[key.index()] = match event {
            Some(event) => Slot::Row { event, version },
            None => Slot::Tombstone { version, since: now },
        };
    }

    /// Takes the rows and tombstones of another store, which was made in its place.
    pub fn take_rows(&mut self, other: Store) {
        self.position = self.position.max(other.position);
        (self.slots, self.rows) = (other.slots, other.rows);
    }

    /// A crash at `now`. Says whether rows were lost.
    pub fn crash(&mut self, now: Us) -> bool {
        if self.kind == StoreKind::Cache {
            let had = self.rows > 0;
            self.slots.fill(Slot::Empty);
            self.rows = 0;
            return had;
        }
        let flushed = Us(now.0 - now.0 % self.tombstones.flush.0.max(1));
        let durable = self.tombstones.durable;
        for slot in &mut self.slots {
            let forgets = match (*slot, durable) {
                (Slot::Tombstone { .. }, Durable::None) => true,
                (Slot::Tombstone { since, .. }, Durable::SinceLastFlush) => since <= flushed,
                (Slot::Tombstone { .. }, Durable::SoftDelete) | (Slot::Row { .. } | Slot::Empty, _) => false,
            };
            if forgets {
                *slot = Slot::Empty;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DOMAIN 2c: a delete, then a late update below its version, by when it comes and what happened between.
    #[test]
    #[rustfmt::skip]
    fn a_late_update_meets_a_tombstone() {
        use Durable as D;
        // durable,           update at, crash between, resurrected?
        let table = [
            (D::None,           59, false, false),
            (D::None,           61, false, true),
            (D::None,           20, true,  true),
            (D::SinceLastFlush, 20, true,  false),
            (D::SinceLastFlush, 50, true,  true),
            (D::SinceLastFlush, 61, false, true),
            (D::SoftDelete,     61, false, false),
            (D::SoftDelete,     50, true,  false),
        ];
        for (durable, at, crash, resurrected) in table {
            let tombstones = Tombstones { ttl: Us::secs(60), durable, flush: Us::secs(30) };
            let mut store = Store::new(StoreKind::SearchIndex, Apply::Versioned, tombstones, 1);
            store.apply(Key(0), OpKind::Insert, EventId(0), 1, 1, Us(0));
            store.apply(Key(0), OpKind::Delete, EventId(2), 3, 3, Us(1));
            let at = Us::secs(at);
            if crash {
                store.crash(Us(at.0 - 1));
            }
            store.expire(Key(0), at);
            let got = store.apply(Key(0), OpKind::Update, EventId(1), 2, 2, at);
            assert_eq!(got == Applied::Yes, resurrected, "{durable:?} at {at}, crash: {crash}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn what_arrives_and_what_is_shown() {
        // apply,           versions that arrive, version shown
        let table = [
            (Apply::Blind,     vec![1, 2, 1], 1),
            (Apply::Versioned, vec![1, 2, 1], 2),
            (Apply::Versioned, vec![2, 2],    2),
            (Apply::Blind,     vec![3, 2],    2),
        ];
        for (apply, arrives, shown) in table {
            let tombstones = Tombstones { ttl: Us::NEVER, durable: Durable::None, flush: Us::secs(1) };
            let mut store = Store::new(StoreKind::Cache, apply, tombstones, 1);
            for version in &arrives {
                store.apply(Key(0), OpKind::Update, EventId(*version), *version, 0, Us(0));
            }
            assert_eq!(store.slot(Key(0)), Slot::Row { event: EventId(shown), version: shown }, "{apply:?} {arrives:?}");
            assert_eq!(store.count(), 1);
            assert!(store.crash(Us(1)), "a cache loses its rows");
            assert_eq!(store.count(), 0);
        }
    }
}
