//! Rows of a store whose events add up: the set of versions that it took against the source's, and what it did twice.
//!
//! An effect too many is one beyond the first of a client's intention: a request that was sent twice makes two events,
//! and still one intention (CONTRACT 3).

use super::anomaly::RowState;
use super::judge::Since;
use super::ledger::{EventFate, Ledger, RowChange, StoreLedger};
use crate::kernel::time::Us;
use crate::world::ids::{EventId, Key};

/// An event of a row: whether the source has it, and whether the store took it, at one moment.
#[derive(Clone, Copy, Debug)]
struct Part {
    event: EventId,
    at_source: bool,
    taken: bool,
}

/// A row as the merge of what the source and the store did goes on.
struct Row<'a> {
    ledger: &'a Ledger,
    store: &'a StoreLedger,
    /// Sorted by event.
    parts: Vec<Part>,
    /// The effects that are there: what the client wanted, and the event; sorted.
    effects: Vec<(u64, EventId)>,
}

impl Row<'_> {
    fn part(&mut self, event: EventId) -> (&mut Part, bool) {
        let at = self.parts.partition_point(|part| part.event < event);
        let new = self.parts.get(at).is_none_or(|part| part.event != event);
        if new {
            self.parts.insert(at, Part { event, at_source: false, taken: false });
        }
        (&mut self.parts[at], new)
    }

    /// The source commits an event, or, where it is one of before, has lost all versions above it. What takes an event back
    /// is none of the row's: without it the other is none either.
    fn committed(&mut self, change: &RowChange) {
        if let Some(cancelled) = self.ledger.event(change.event).cancels.some() {
            self.part(cancelled).0.at_source = false;
            return;
        }
        let again = match change.event.some() {
            None => true,
            Some(event) => std::mem::replace(&mut self.part(event).0.at_source, true),
        };
        let ledger = self.ledger;
        let above = |part: &&mut Part| again && ledger.event(part.event).version > change.version;
        self.parts.iter_mut().filter(above).for_each(|part| part.at_source = false);
    }

    fn took(&mut self, change: &RowChange) {
        let Some(event) = change.event.some() else {
            // It has lost its rows, and what it did twice with them.
            self.parts.iter_mut().for_each(|part| part.taken = false);
            self.effects.clear();
            return;
        };
        if let Some(cancelled) = self.ledger.event(event).cancels.some() {
            self.part(cancelled).0.taken = false;
            self.effects.retain(|(_, event)| *event != cancelled);
            return;
        }
        self.part(event).0.taken = true;
        let effect = (intention(self.ledger, event), event);
        let at = self.effects.partition_point(|known| *known < effect);
        self.effects.insert(at, effect);
    }

    /// Whether some client's wish has more than one effect.
    fn twice(&self) -> bool {
        self.effects.windows(2).any(|pair| pair[0].0 == pair[1].0)
    }

    /// Whether what takes an event back will reach the store after `now`.
    fn will_be_undone(&self, event: EventId, now: Us) -> bool {
        let by = self.ledger.event(event).cancelled;
        let seen = self.store.seen(by);
        seen.count > 0 && seen.last > now
    }

    fn state(&self, now: Us) -> RowState {
        let (mut moving, mut missing, mut ghost, mut took) = (false, false, false, false);
        for part in &self.parts {
            took |= part.taken;
            match (part.at_source, part.taken) {
                (true, false) => {
                    let seen = self.store.seen(part.event);
                    let comes = seen.count > 0 && seen.last > now;
                    (moving, missing) = (moving || comes, missing || !comes);
                }
                (false, true) => {
                    let committed = self.ledger.event(part.event).committed;
                    let comes = committed != Us::NEVER && committed > now || self.will_be_undone(part.event, now);
                    (moving, ghost) = (moving || comes, ghost || !comes);
                }
                (true, true) | (false, false) => {}
            }
        }
        match (missing, ghost, took) {
            (true, _, false) => RowState::Missing,
            (_, true, _) => RowState::Ghost,
            (true, false, true) => RowState::Stale,
            (false, false, _) if self.twice() => RowState::DuplicateEffect,
            (false, false, _) if moving => RowState::InFlight,
            (false, false, true) => RowState::Same,
            (false, false, false) => RowState::NoRow,
        }
    }
}

/// What a client wanted: its request, or the event itself if no client stands behind it.
fn intention(ledger: &Ledger, event: EventId) -> u64 {
    match ledger.event(event).request {
        u32::MAX => 1 << 32 | u64::from(event.0),
        request => u64::from(request),
    }
}

/// The states of one row in order of time.
pub fn states(ledger: &Ledger, store: &StoreLedger, key: Key, instants: &[Us]) -> Vec<Since> {
    let (source, shown) = (&ledger.source[key.index()], &store.rows[key.index()]);
    let mut row = Row { ledger, store, parts: Vec::new(), effects: Vec::new() };
    let (mut at_source, mut at_store) = (0, 0);
    let mut states: Vec<Since> = Vec::new();
    for &now in instants {
        while let Some(change) = source.get(at_source).filter(|change| change.at <= now) {
            row.committed(change);
            at_source += 1;
        }
        while let Some(change) = shown.get(at_store).filter(|change| change.at <= now) {
            row.took(change);
            at_store += 1;
        }
        let state = row.state(now);
        if states.last().is_none_or(|(_, last)| *last != state) {
            states.push((now, state));
        }
    }
    states
}

/// Effects beyond the first of each intention, over all rows at the end; none if the store has no effects.
#[must_use]
pub fn twice(ledger: &Ledger, store: &StoreLedger) -> u64 {
    let keys = if store.effects { store.rows.len() } else { 0 };
    (0..keys).map(|key| again(ledger, store, Key(key as u32), Us::NEVER).count() as u64).sum()
}

/// The effects of a row that were one too many, up to `at`.
pub fn again<'a>(ledger: &'a Ledger, store: &'a StoreLedger, key: Key, at: Us) -> impl Iterator<Item = &'a RowChange> {
    let mut seen: Vec<u64> = Vec::new();
    // What was taken back, and what did so, is no effect any more.
    let undone = move |at_row: usize, rows: &[RowChange]| {
        let fate = ledger.event(rows[at_row].event);
        let by = |change: &RowChange| change.event == fate.cancelled && change.at <= at;
        fate.cancels != EventId::NONE || fate.cancelled != EventId::NONE && rows[at_row + 1..].iter().any(by)
    };
    let rows = &store.rows[key.index()];
    // Of rows that are gone nothing is left.
    let from =
        rows.iter().rposition(|change| change.event == EventId::NONE && change.at <= at).map_or(0, |gone| gone + 1);
    let stands = (from..rows.len()).filter(move |at_row| !undone(*at_row, rows)).map(|at_row| &rows[at_row]);
    stands.filter(move |change| change.at <= at).filter(move |change| {
        let intention = intention(ledger, change.event);
        match seen.binary_search(&intention) {
            Ok(_) => true,
            Err(place) => {
                seen.insert(place, intention);
                false
            }
        }
    })
}

/// An event of a row that the source has and the store was never given.
#[must_use]
pub fn never_taken(ledger: &Ledger, store: &StoreLedger, key: Key) -> Option<EventId> {
    let owed = ledger.source[key.index()].iter().filter_map(|change| change.event.some());
    let stands = |fate: EventFate| fate.is_committed() && [fate.cancels, fate.cancelled] == [EventId::NONE; 2];
    owed.filter(|event| stands(ledger.event(*event))).find(|event| store.seen(*event).count == 0)
}
