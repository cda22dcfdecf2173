//! The judge: what every row of every store is at every moment, judged with the finished run (CONTRACT 3).

use super::anomaly::RowState;
use super::effects;
use super::ledger::{Ledger, RowChange, StoreLedger};
use crate::kernel::sorted::{sort, sort_by_key};
use crate::kernel::time::Us;
use crate::world::ids::{EventId, Key};

/// From when on a row is in that state.
pub type Since = (Us, RowState);

/// The judged run.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// By store, then key: the states of the row in order of time.
    rows: Vec<Vec<Vec<Since>>>,
    /// At each change: rows that differ, and rows that are on their way, over all stores.
    pub area: Vec<(Us, u32, u32)>,
}

impl Judgement {
    /// Judges every row. `misses[store]`: an absent row is a miss there, not an anomaly.
    #[must_use]
    pub fn new(ledger: &Ledger, misses: &[bool]) -> Judgement {
        let judged = |(index, store): (usize, &StoreLedger)| {
            let miss = misses.get(index).copied().unwrap_or(false);
            (0..store.rows.len()).map(|key| row_states(ledger, store, Key(key as u32), miss)).collect::<Vec<_>>()
        };
        let rows: Vec<Vec<Vec<Since>>> = ledger.stores.iter().enumerate().map(judged).collect();
        let area = area(&rows);
        Judgement { rows, area }
    }

    /// What a row of a store is at `at`.
    #[must_use]
    pub fn state(&self, store: usize, key: Key, at: Us) -> RowState {
        self.since(store, key, at).1
    }

    /// What a row of a store is at `at`, and since when.
    #[must_use]
    pub fn since(&self, store: usize, key: Key, at: Us) -> Since {
        let states = self.rows.get(store).and_then(|rows| rows.get(key.index())).map_or(&[][..], Vec::as_slice);
        let after = states.partition_point(|(since, _)| *since <= at);
        after.checked_sub(1).map_or((Us::ZERO, RowState::NoRow), |last| states[last])
    }

    /// All states of a row in order of time.
    #[must_use]
    pub fn states(&self, store: usize, key: Key) -> &[Since] {
        self.rows.get(store).and_then(|rows| rows.get(key.index())).map_or(&[], Vec::as_slice)
    }

    /// Rows that differ, and rows on their way, at `at`.
    #[must_use]
    pub fn counts(&self, at: Us) -> (u32, u32) {
        let after = self.area.partition_point(|(since, ..)| *since <= at);
        after.checked_sub(1).map_or((0, 0), |last| (self.area[last].1, self.area[last].2))
    }

    /// The rows that differ at `at`: store, key and how, in the order of stores and keys.
    pub fn rows_at(&self, at: Us) -> impl Iterator<Item = (usize, Key, RowState)> {
        let rows = self.rows.iter().enumerate().flat_map(|(store, keys)| (0..keys.len()).map(move |key| (store, key)));
        rows.map(move |(store, key)| (store, Key(key as u32), self.state(store, Key(key as u32), at)))
            .filter(|(.., state)| state.differs())
    }
}

/// The states of one row of one store: a merge of what the source and the store showed.
fn row_states(ledger: &Ledger, store: &StoreLedger, key: Key, miss: bool) -> Vec<Since> {
    let (source, shown) = (&ledger.source[key.index()], &store.rows[key.index()]);
    let mut instants: Vec<Us> = source.iter().chain(shown).map(|change| change.at).collect();
    instants.extend(
        source.iter().map(|change| store.seen(change.event)).filter(|seen| seen.count > 0).map(|seen| seen.last),
    );
    let commits = shown.iter().filter_map(|change| change.event.some()).map(|event| ledger.event(event).committed);
    instants.extend(commits.filter(|at| *at != Us::NEVER));
    sort(&mut instants);
    instants.dedup();
    if store.effects {
        return effects::states(ledger, store, key, &instants);
    }
    let (mut at_source, mut at_store) = (0, 0);
    let mut states: Vec<Since> = Vec::new();
    for now in instants {
        while source.get(at_source).is_some_and(|change| change.at <= now) {
            at_source += 1;
        }
        while shown.get(at_store).is_some_and(|change| change.at <= now) {
            at_store += 1;
        }
        let current = at_source.checked_sub(1).map(|at| &source[at]);
        let last = at_store.checked_sub(1).map(|at| &shown[at]);
        let shows = last.filter(|change| change.present);
        let state = judge(ledger, store, current, shows, now, miss && !last.is_some_and(|change| change.denied));
        if states.last().is_none_or(|(_, last)| *last != state) {
            states.push((now, state));
        }
    }
    states
}

/// One row at one moment, after all that happens in that moment.
fn judge(
    ledger: &Ledger,
    store: &StoreLedger,
    source: Option<&RowChange>,
    shows: Option<&RowChange>,
    now: Us,
    miss: bool,
) -> RowState {
    let row = source.filter(|source| source.present);
    match (row, shows) {
        (None, None) => return RowState::NoRow,
        (Some(row), Some(shows)) if row.event == shows.event => return RowState::Same,
        (Some(_), None) if miss => return RowState::NoRow,
        (None | Some(_), Some(_)) | (Some(_), None) => {}
    }
    let will_be_told = source.is_some_and(|source| {
        let seen = store.seen(source.event);
        seen.count > 0 && seen.last > now
    });
    let will_commit = shows.is_some_and(|shows| {
        let committed = ledger.event(shows.event).committed;
        committed != Us::NEVER && committed > now
    });
    if will_be_told || will_commit {
        return RowState::InFlight;
    }
    match (row, shows) {
        (Some(_), None) => RowState::Missing,
        (None, _) => RowState::Ghost,
        (Some(row), Some(shows)) if shown_version(ledger, shows) > row.version => RowState::Ghost,
        (Some(_), Some(_)) => RowState::Stale,
    }
}

/// The version that a store shows: the committed one, if its event was committed.
fn shown_version(ledger: &Ledger, shows: &RowChange) -> u32 {
    let fate = ledger.event(shows.event);
    if shows.event != EventId::NONE && fate.is_committed() { fate.version } else { shows.version }
}

fn area(rows: &[Vec<Vec<Since>>]) -> Vec<(Us, u32, u32)> {
    let mut steps: Vec<(Us, i32, i32)> = Vec::new();
    for states in rows.iter().flatten() {
        let mut before = RowState::NoRow;
        for &(at, state) in states {
            let differs = i32::from(state.differs()) - i32::from(before.differs());
            let moving = i32::from(state == RowState::InFlight) - i32::from(before == RowState::InFlight);
            if differs != 0 || moving != 0 {
                steps.push((at, differs, moving));
            }
            before = state;
        }
    }
    sort_by_key(&mut steps, |(at, ..)| *at);
    let (mut differs, mut moving) = (0i32, 0i32);
    let mut area: Vec<(Us, u32, u32)> = Vec::new();
    for (at, more, way) in steps {
        (differs, moving) = (differs + more, moving + way);
        let point = (at, differs.max(0) as u32, moving.max(0) as u32);
        match area.last_mut() {
            Some(last) if last.0 == at => *last = point,
            Some(_) | None => area.push(point),
        }
    }
    area
}
