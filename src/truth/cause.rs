//! Causes: the record that made a row differ, or that ended an event's path.

use super::anomaly::RowState;
use super::ledger::Ledger;
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
        /// The store lost its rows.
        Emptied = "emptied",
        /// It is still on its way.
        Moving = "moving",
    }
}

/// Why a row of a store is in that state at `at`.
#[must_use]
pub fn of_row(ledger: &Ledger, store: usize, key: Key, state: RowState, at: Us) -> Option<RowCause> {
    let at_store = ledger.stores.get(store)?;
    let shown = at_store.rows[key.index()].iter().rev().find(|change| change.at <= at);
    let source = ledger.source[key.index()].iter().rev().find(|change| change.at <= at);
    if state == RowState::Ghost
        && let Some(shows) = shown.filter(|shows| shows.present)
    {
        let fate = ledger.event(shows.event);
        if !fate.is_committed() {
            if let Some(record) = fate.aborted.some() {
                return Some(RowCause { event: shows.event, record, how: How::RolledBack });
            }
            let record = fate.end.some().unwrap_or(shows.record);
            return Some(RowCause { event: shows.event, record, how: How::NeverCommitted });
        }
    }
    let owed = source?;
    let seen = at_store.seen(owed.event);
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
