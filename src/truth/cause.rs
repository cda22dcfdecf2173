//! Causes: the record that made a row differ, or that ended an event's path.

use super::anomaly::RowState;
use super::effects;
use super::ledger::{EventFate, Ledger, RowChange, Seen};
use crate::kernel::time::Us;
use crate::world::ids::{EventId, Key, RecordId};

/// Why a row is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowCause {
    /// The event that the store lacks, or wrongly shows.
    pub event: EventId,
    /// The record that brought it about.
    pub record: RecordId,
    /// How.
    pub how: How,
}

crate::ids! {
    /// The ways in which a row comes to differ.
    pub enum How {
        /// The path of the event that it lacks ended.
        PathEnded = "path-ended",
        /// It was told, and then overwritten by an older event.
        Overwritten = "overwritten",
        /// It shows an event that was rolled back.
        RolledBack = "rolled-back",
        /// It shows an event whose commit never came.
        NeverCommitted = "never-committed",
        /// It shows an event whose commit a failover took back.
        Retracted = "retracted",
        /// It refused the event as not newer than one whose commit a failover took back: the same version, twice.
        VersionReused = "version-reused",
        /// The store lost its rows.
        Emptied = "emptied",
        /// Its effect happened once more.
        Twice = "twice",
        /// It was told to take the event back before it was told of it.
        Overtaken = "overtaken",
        /// A reader put that there is no row, as it read before.
        Denied = "denied",
        /// It is still on its way.
        Moving = "moving",
    }
}

/// Whether the row is as it is because of a commit that a failover took back: it shows that version, or a delete of it.
fn retracted(ledger: &Ledger, key: Key, owed: EventId, seen: Seen, shown: Option<&RowChange>) -> Option<RowCause> {
    let shown = shown?;
    let is = |fate: &&EventFate| fate.key == key && fate.version == shown.version && fate.retracted != RecordId::NONE;
    let at = ledger.events.iter().position(|fate| is(&fate))?;
    let event = EventId(at as u32);
    if event == owed || (shown.present && shown.event != event) {
        return None;
    }
    if seen.count > 0 && seen.record > shown.record {
        return Some(RowCause { event: owed, record: seen.record, how: How::VersionReused });
    }
    Some(RowCause { event, record: ledger.events[at].retracted, how: How::Retracted })
}

/// Why a row of a store is in that state at `at`.
#[must_use]
pub fn of_row(ledger: &Ledger, store: usize, key: Key, state: RowState, at: Us) -> Option<RowCause> {
    let at_store = ledger.stores.get(store)?;
    if state == RowState::DuplicateEffect {
        let change = effects::again(ledger, at_store, key, at).next()?;
        return Some(RowCause { event: change.event, record: change.record, how: How::Twice });
    }
    if at_store.effects
        && matches!(state, RowState::Missing | RowState::Stale)
        && let Some(event) = effects::never_taken(ledger, at_store, key)
        && let Some(record) = ledger.event(event).end.some()
    {
        return Some(RowCause { event, record, how: How::PathEnded });
    }
    let shown = at_store.rows[key.index()].iter().rev().find(|change| change.at <= at);
    let source = ledger.source[key.index()].iter().rev().find(|change| change.at <= at);
    if state == RowState::Ghost
        && let Some(shows) = shown.filter(|shows| shows.present)
    {
        let fate = ledger.event(shows.event);
        if let Some(record) = fate.retracted.some() {
            return Some(RowCause { event: shows.event, record, how: How::Retracted });
        }
        if !fate.is_committed() {
            if let Some(record) = fate.aborted.some() {
                return Some(RowCause { event: shows.event, record, how: How::RolledBack });
            }
            let record = fate.end.some().unwrap_or(shows.record);
            return Some(RowCause { event: shows.event, record, how: How::NeverCommitted });
        }
    }
    if state == RowState::Ghost
        && let Some(shows) = shown.filter(|shows| shows.present)
        && let by = ledger.event(shows.event).cancelled
        && let seen = at_store.seen(by)
        && seen.count > 0
        && seen.first < shows.at
    {
        return Some(RowCause { event: shows.event, record: shows.record, how: How::Overtaken });
    }
    let owed = source?;
    let seen = at_store.seen(owed.event);
    if let Some(change) = shown.filter(|change| change.denied && seen.count > 0 && seen.record < change.record) {
        return Some(RowCause { event: owed.event, record: change.record, how: How::Denied });
    }
    if let Some(cause) = retracted(ledger, key, owed.event, seen, shown) {
        return Some(cause);
    }
    if seen.count > 0 && seen.first <= at {
        let overwritten = shown.filter(|change| change.record > seen.record);
        let record = overwritten.map_or(seen.record, |change| change.record);
        let how = if overwritten.is_some_and(|change| change.event == EventId::NONE && change.version == 0) {
            How::Emptied
        } else {
            How::Overwritten
        };
        return Some(RowCause { event: owed.event, record, how });
    }
    let fate = ledger.event(owed.event);
    match fate.end.some() {
        Some(record) => Some(RowCause { event: owed.event, record, how: How::PathEnded }),
        None => Some(RowCause { event: owed.event, record: fate.commit, how: How::Moving }),
    }
}
