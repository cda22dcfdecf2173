//! A derived store: a search index, a cache or a second service, and how it applies what arrives.

use super::ids::{Apply, Durable, EventId, Key, OpKind, StoreKind};
use super::inbox::{Found, Inbox};
use crate::kernel::time::Us;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 7] = [
    ("store: search index", "modelled", "external versions, tombstones with a time to live, what a restart forgets"),
    (
        "store: search index refresh",
        "simplified",
        "at fixed times, for who reads by search; a shard that nobody searches refreshes too, and counts are of what is applied",
    ),
    (
        "store: cache",
        "modelled",
        "rows in memory only; written through, or dropped by the writer and filled by readers; time to live, lease, versions",
    ),
    (
        "store: lease of a cache",
        "simplified",
        "a reader that gets no lease reads the database and puts nothing; a real one waits and looks again",
    ),
    (
        "store: negative caching",
        "simplified",
        "a reader that finds no row puts that, for its own time to live; a checksum over a cache takes it for a miss",
    ),
    ("store: effects", "modelled", "a row for each event, a count, or a call: what happened twice did happen twice"),
    (
        "store: idempotency key",
        "simplified",
        "the key and the effect are one transaction; a second call while the first is served waits for its answer",
    ),
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
    /// Of a cache: a reader put that there is no row.
    Denied {
        /// The version of the delete that it read at the source; 0: there never was a row.
        version: u32,
    },
}

impl Slot {
    /// The newest version of its key that it knows of; 0: of none.
    #[must_use]
    pub fn version(self) -> u32 {
        match self {
            Slot::Row { version, .. } | Slot::Tombstone { version, .. } | Slot::Denied { version } => version,
            Slot::Empty => 0,
        }
    }
}

/// What came of applying an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The store shows it.
    Yes,
    /// The store has something as new or newer: for its caller a success.
    NotNewer,
    /// The store has had it before: for its caller a success.
    Known,
    /// The store takes it for another event that it has had: for its caller a success.
    Mistaken,
    /// The store has taken back the effect of the event that this one cancels.
    Undone,
    /// There is no effect to take back: for its caller a success.
    Nothing,
}

/// An event that reaches a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arriving {
    /// Its row.
    pub key: Key,
    /// What it does to the row.
    pub kind: OpKind,
    /// Which it is.
    pub event: EventId,
    /// Its version.
    pub version: u32,
    /// Its place in commit order.
    pub commit: u64,
    /// The client's request behind it; `u32::MAX`: none.
    pub request: u32,
    /// Its id, if that is short enough to collide.
    pub id: Option<u64>,
    /// The event that it takes back; [`EventId::NONE`]: none.
    pub cancels: EventId,
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

/// What a store does with what arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What it is.
    pub kind: StoreKind,
    /// How it applies an event.
    pub apply: Apply,
    /// How it remembers deleted rows.
    pub tombstones: Tombstones,
    /// How long a row of its inbox is kept; zero: it has none.
    pub window: Us,
    /// Whether the inbox row is written in the transaction of the effect.
    pub same_tx: bool,
    /// How long a client's key is remembered; zero: clients send none.
    pub keys_for: Us,
    /// Whether changes may be taken back, so that it must know which effects it has had.
    pub undoes: bool,
    /// How long it remembers that what it has not had was cancelled; zero: it does not.
    pub cancels_for: Us,
    /// Whether an event drops a row instead of writing it: a cache that its readers fill.
    pub invalidates: bool,
    /// How long a reader's lease holds, and keeps others from one; zero: there are none.
    pub lease: Us,
}

/// A derived store.
#[derive(Clone, Debug)]
pub struct Store {
    rules: Rules,
    slots: Vec<Slot>,
    rows: u32,
    /// The events that it has had.
    pub inbox: Inbox,
    /// By event: whether its row was inserted.
    inserted: Vec<bool>,
    /// By client request: when its call had its effect; [`Us::NEVER`]: not yet.
    called: Vec<Us>,
    /// By event, where changes may be taken back: whether its effect is there, and when it was cancelled before it came;
    /// [`Us::NEVER`]: it was not.
    done: Vec<(bool, Us)>,
    /// By key: the lease that a reader has, and since when; 0: nobody has one.
    leases: Vec<(u64, Us)>,
    /// How many leases there were.
    leased: u64,
    /// The place in commit order of the newest event that was applied: what it could report as its position.
    position: u64,
}

impl Store {
    /// An empty store with room for that many keys.
    #[must_use]
    pub fn new(rules: Rules, keys: usize) -> Store {
        Store {
            rules,
            slots: vec![Slot::Empty; keys],
            rows: 0,
            inbox: Inbox::new(rules.window),
            inserted: Vec::new(),
            called: Vec::new(),
            done: Vec::new(),
            leases: vec![(0, Us::ZERO); if rules.lease > Us::ZERO { keys } else { 0 }],
            leased: 0,
            position: 0,
        }
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
            Slot::Tombstone { .. } | Slot::Row { .. } | Slot::Denied { .. } | Slot::Empty => false,
        }
    }

    /// A soft delete is a document and does not expire; the others do.
    fn expired(&self, since: Us, now: Us) -> bool {
        let Tombstones { ttl, durable, .. } = self.rules.tombstones;
        durable != Durable::SoftDelete && ttl != Us::NEVER && now >= since.after(ttl)
    }

    /// Applies an event at `now`.
    pub fn apply(&mut self, arriving: &Arriving, now: Us) -> Applied {
        let Arriving { key, kind, event, version, commit, .. } = *arriving;
        self.position = self.position.max(commit);
        match self.inbox.find(event, arriving.id, now) {
            Found::Nothing => {}
            Found::Event => return Applied::Known,
            Found::Collision => return Applied::Mistaken,
        }
        let slot = self.slot(key);
        let refused = self.rules.apply == Apply::Versioned && version <= slot.version();
        let takes_back = arriving.cancels != EventId::NONE && self.has_effects();
        if !refused && !takes_back && (self.was_cancelled(event, now) || self.was_done(arriving, now)) {
            return Applied::Known;
        }
        if self.rules.same_tx {
            self.inbox.write(event, arriving.id, now);
        }
        if refused {
            return Applied::NotNewer;
        }
        if takes_back {
            return self.take_back(arriving, now);
        }
        if self.rules.undoes && self.has_effects() {
            self.effect(event).0 = true;
        }
        let was_row = matches!(slot, Slot::Row { .. });
        if let Some(lease) = self.leases.get_mut(key.index()) {
            lease.0 = 0;
        }
        // Effects add up: a delete is one more of them.
        let row = !self.rules.invalidates && (kind != OpKind::Delete || self.has_effects());
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

    /// A reader looks: the row, or [`EventId::NONE`] if the entry says that there is none; without an entry the lease under
    /// which the reader may put one; 0: it may not.
    pub fn get(&mut self, key: Key, now: Us) -> Result<(EventId, u32), u64> {
        match self.slot(key) {
            Slot::Row { event, version } => return Ok((event, version)),
            Slot::Denied { version } => return Ok((EventId::NONE, version)),
            Slot::Tombstone { .. } | Slot::Empty => {}
        }
        let lease = self.rules.lease;
        let Some((known, since)) = self.leases.get_mut(key.index()) else { return Err(0) };
        if *known != 0 && now < since.after(lease) {
            return Err(0);
        }
        self.leased += 1;
        (*known, *since) = (self.leased, now);
        Err(self.leased)
    }

    /// A reader puts what it read: a row, or, with [`EventId::NONE`], that there is none. Says whether the cache takes it: not under a lease that is void, and, where it knows
    /// versions, not what is older than what it has heard of.
    pub fn fill(&mut self, key: Key, event: EventId, version: u32, lease: u64) -> bool {
        if let Some((known, _)) = self.leases.get_mut(key.index()) {
            if lease == 0 || *known != lease {
                return false;
            }
            *known = 0;
        }
        let slot = self.slot(key);
        if self.rules.apply == Apply::Versioned && version < slot.version() {
            return false;
        }
        let row = event != EventId::NONE;
        self.rows = self.rows + u32::from(row) - u32::from(matches!(slot, Slot::Row { .. }));
        self.slots[key.index()] = if row { Slot::Row { event, version } } else { Slot::Denied { version } };
        true
    }

    /// The time of an entry is over.
    pub fn evict(&mut self, key: Key) {
        let slot = self.slot(key);
        if let Slot::Row { .. } | Slot::Denied { .. } = slot {
            self.slots[key.index()] = Slot::Empty;
            self.rows -= u32::from(matches!(slot, Slot::Row { .. }));
        }
    }

    fn effect(&mut self, event: EventId) -> &mut (bool, Us) {
        if self.done.len() <= event.index() {
            self.done.resize(event.index() + 1, (false, Us::NEVER));
        }
        &mut self.done[event.index()]
    }

    /// Whether the event was cancelled before it came, and that is remembered: the tombstone of a request.
    fn was_cancelled(&self, event: EventId, now: Us) -> bool {
        let since = self.done.get(event.index()).map_or(Us::NEVER, |(_, since)| *since);
        since != Us::NEVER && now <= since.after(self.rules.cancels_for)
    }

    /// The effect of an event goes, and with it what would refuse the same again; or there is none, and that it is not to
    /// come any more is remembered, or not.
    fn take_back(&mut self, arriving: &Arriving, now: Us) -> Applied {
        let Arriving { key, kind, event, version, request, cancels, .. } = *arriving;
        let remembers = self.rules.cancels_for > Us::ZERO;
        let effect = self.effect(cancels);
        if !std::mem::take(&mut effect.0) {
            effect.1 = if remembers { now } else { Us::NEVER };
            return Applied::Nothing;
        }
        if let Some(inserted) = self.inserted.get_mut(cancels.index()) {
            *inserted = false;
        }
        if let Some(called) = self.called.get_mut(request as usize) {
            *called = Us::NEVER;
        }
        self.overwrite(key, (kind != OpKind::Delete).then_some(event), version, arriving.commit, now);
        Applied::Undone
    }

    /// Whether what arrives adds to what is there, so that twice is once too often.
    fn has_effects(&self) -> bool {
        self.rules.apply.has_effects(self.rules.kind)
    }

    /// Whether the event's row, or the effect of its client's call, is there already; from now on it is.
    fn was_done(&mut self, arriving: &Arriving, now: Us) -> bool {
        let Arriving { event, request, .. } = *arriving;
        if self.rules.apply == Apply::Insert {
            if self.inserted.len() <= event.index() {
                self.inserted.resize(event.index() + 1, false);
            }
            if std::mem::replace(&mut self.inserted[event.index()], true) {
                return true;
            }
        }
        if self.rules.kind != StoreKind::Service || self.rules.keys_for == Us::ZERO || request == u32::MAX {
            return false;
        }
        if self.called.len() <= request as usize {
            self.called.resize(request as usize + 1, Us::NEVER);
        }
        let since = self.called[request as usize];
        if since != Us::NEVER && now <= since.after(self.rules.keys_for) {
            return true;
        }
        self.called[request as usize] = now;
        false
    }

    /// A crash at `now`. Says whether rows were lost.
    pub fn crash(&mut self, now: Us) -> bool {
        if self.rules.kind == StoreKind::Cache {
            let had = self.rows > 0;
            self.slots.fill(Slot::Empty);
            self.inbox.clear();
            self.inserted.clear();
            self.leases.fill((0, Us::ZERO));
            self.rows = 0;
            return had;
        }
        let Tombstones { durable, flush, .. } = self.rules.tombstones;
        let flushed = Us(now.0 - now.0 % flush.0.max(1));
        for slot in &mut self.slots {
            let forgets = match (*slot, durable) {
                (Slot::Tombstone { .. }, Durable::None) => true,
                (Slot::Tombstone { since, .. }, Durable::SinceLastFlush) => since <= flushed,
                (Slot::Tombstone { .. }, Durable::SoftDelete)
                | (Slot::Row { .. } | Slot::Denied { .. } | Slot::Empty, _) => false,
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

    const RULES: Rules = Rules {
        kind: StoreKind::SearchIndex,
        apply: Apply::Versioned,
        tombstones: Tombstones { ttl: Us::NEVER, durable: Durable::None, flush: Us::secs(1) },
        window: Us::ZERO,
        same_tx: true,
        keys_for: Us::ZERO,
        undoes: false,
        cancels_for: Us::ZERO,
        invalidates: false,
        lease: Us::ZERO,
    };

    fn arriving(kind: OpKind, version: u32) -> Arriving {
        let (key, event) = (Key(0), EventId(version));
        Arriving { key, kind, event, version, commit: 0, request: version, id: None, cancels: EventId::NONE }
    }

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
            let mut store = Store::new(Rules { tombstones, ..RULES }, 1);
            store.apply(&arriving(OpKind::Insert, 1), Us(0));
            store.apply(&arriving(OpKind::Delete, 3), Us(1));
            let at = Us::secs(at);
            if crash {
                store.crash(Us(at.0 - 1));
            }
            store.expire(Key(0), at);
            let got = store.apply(&arriving(OpKind::Update, 2), at);
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
            let mut store = Store::new(Rules { kind: StoreKind::Cache, apply, ..RULES }, 1);
            for version in &arrives {
                store.apply(&arriving(OpKind::Update, *version), Us(0));
            }
            assert_eq!(store.slot(Key(0)), Slot::Row { event: EventId(shown), version: shown }, "{apply:?} {arrives:?}");
            assert_eq!(store.count(), 1);
            assert!(store.crash(Us(1)), "a cache loses its rows");
            assert_eq!(store.count(), 0);
        }
    }

    /// DOMAIN 2b: a reader misses, a writer drops the row, the reader puts what it read before.
    #[test]
    #[rustfmt::skip]
    fn the_stale_set() {
        let cache = Rules { kind: StoreKind::Cache, apply: Apply::Blind, invalidates: true, ..RULES };
        let leased = Rules { lease: Us::secs(10), ..cache };
        let versioned = Rules { apply: Apply::Versioned, ..cache };
        // rules,   the writer comes between, the cache takes what the reader puts
        let table = [(cache, false, true), (cache, true, true), (leased, false, true), (leased, true, false),
                     (versioned, false, true), (versioned, true, false)];
        for (rules, between, taken) in table {
            let mut store = Store::new(rules, 1);
            let lease = store.get(Key(0), Us::ZERO).unwrap_err();
            if between {
                store.apply(&arriving(OpKind::Update, 2), Us(1));
            }
            assert_eq!(store.fill(Key(0), EventId(1), 1, lease), taken, "{rules:?} {between}");
            assert_eq!(store.get(Key(0), Us(2)).is_ok(), taken);
            store.evict(Key(0));
            assert_eq!((store.slot(Key(0)) == Slot::Row { event: EventId(1), version: 1 }, store.count()), (false, 0));
        }
        // One lease at a time, for its time; who has none puts nothing.
        let mut store = Store::new(leased, 1);
        let first = store.get(Key(0), Us::ZERO).unwrap_err();
        assert_eq!(store.get(Key(0), Us::secs(9)), Err(0));
        let second = store.get(Key(0), Us::secs(10)).unwrap_err();
        assert!(first != 0 && second != 0 && first != second);
        assert!(!store.fill(Key(0), EventId(1), 1, first) && !store.fill(Key(0), EventId(1), 1, 0));
        assert!(store.fill(Key(0), EventId(1), 1, second));
    }

    /// An event comes twice, and then the same request's second event: how often each has its effect.
    #[test]
    #[rustfmt::skip]
    fn what_comes_twice() {
        use {Applied as A, Apply as P, StoreKind as K};
        let (day, never) = (Us::secs(86_400), Us::NEVER);
        // kind,         apply,        inbox,          keys kept for, the second copy, the request's second event
        let table = [
            (K::Service,     P::Blind,     Us::ZERO,       Us::ZERO,      A::Yes,      A::Yes),
            (K::Service,     P::Blind,     Us::ZERO,       day,           A::Known,    A::Known),
            (K::Service,     P::Blind,     Us::ZERO,       Us::secs(1),   A::Yes,      A::Known),
            (K::Service,     P::Increment, Us::ZERO,       Us::ZERO,      A::Yes,      A::Yes),
            (K::SearchIndex, P::Increment, Us::ZERO,       never,         A::Yes,      A::Yes),
            (K::SearchIndex, P::Increment, Us::secs(30),   Us::ZERO,      A::Known,    A::Yes),
            (K::SearchIndex, P::Increment, Us::secs(1),    Us::ZERO,      A::Yes,      A::Yes),
            (K::SearchIndex, P::Insert,    Us::ZERO,       Us::ZERO,      A::Known,    A::Yes),
            (K::SearchIndex, P::Versioned, Us::ZERO,       Us::ZERO,      A::NotNewer, A::Yes),
        ];
        for (kind, apply, window, keys_for, copy, second) in table {
            let mut store = Store::new(Rules { kind, apply, window, keys_for, ..RULES }, 1);
            let one = arriving(OpKind::Insert, 1);
            assert_eq!(store.apply(&one, Us::ZERO), A::Yes);
            assert_eq!(store.apply(&one, Us::secs(2)), copy, "{kind:?} {apply:?} {window} {keys_for}");
            let other = Arriving { request: one.request, ..arriving(OpKind::Update, 2) };
            assert_eq!(store.apply(&other, Us::secs(2)), second, "{kind:?} {apply:?} {window} {keys_for}");
        }
    }

    /// DOMAIN 2d: a call, and its cancel before or after it, at a service that remembers the cancel or does not.
    #[test]
    #[rustfmt::skip]
    fn a_cancel_and_its_call() {
        use Applied as A;
        let (day, never) = (Us::secs(86_400), Us::ZERO);
        // cancels kept, the cancel first, the call comes at, cancel says, call says, rows at the end
        let table = [
            (never, false, 2,      A::Undone,  A::Yes,   0),
            (day,   false, 2,      A::Undone,  A::Yes,   0),
            (never, true,  2,      A::Nothing, A::Yes,   1),
            (day,   true,  2,      A::Nothing, A::Known, 0),
            (day,   true,  90_000, A::Nothing, A::Yes,   1),
        ];
        for (cancels_for, first, at, cancel, call, rows) in table {
            let rules = Rules { kind: StoreKind::Service, apply: Apply::Blind, undoes: true, cancels_for, keys_for: day, ..RULES };
            let mut store = Store::new(rules, 1);
            let original = arriving(OpKind::Insert, 1);
            let back = Arriving { request: original.request, cancels: original.event, ..arriving(OpKind::Delete, 2) };
            let mut got = [A::Yes; 2];
            for calls in [!first, first] {
                got[usize::from(calls)] = if calls { store.apply(&original, Us::secs(at)) } else { store.apply(&back, Us::secs(1)) };
            }
            assert_eq!((got, store.count()), ([cancel, call], rows), "{cancels_for} {first} {at}");
            if !first {
                assert_eq!(store.apply(&original, Us::secs(3)), A::Yes, "what was undone may be done anew");
            }
        }
    }
}
