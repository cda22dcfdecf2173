//! A finished run that can be looked at, at any time, forwards and backwards.

use super::frame::{EventLine, Frame, Headline, Story, Why};
use super::report::Report;
use crate::kernel::time::Us;
use crate::scenario::plan::Plan;
use crate::world::ids::RecordId;

/// What a person points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The worst bad row at the instant.
    Worst,
    /// A row: index in `Frame::strips`, index in `Story::keys`.
    Row(usize, usize),
}

/// A finished run.
#[derive(Clone, Debug)]
pub struct Recording {}

impl Recording {
    /// Runs a plan to its end.
    #[must_use]
    pub fn run(plan: Plan) -> Recording {
        let _ = plan;
        Recording {}
    }
    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        unreachable!()
    }
    /// What came of it.
    #[must_use]
    pub fn report(&self) -> &Report {
        unreachable!()
    }
    /// What does not change with the cursor.
    #[must_use]
    pub fn story(&self) -> &Story {
        unreachable!()
    }
    /// What is to be seen at an instant.
    #[must_use]
    pub fn frame(&self, at: Us) -> Frame {
        let _ = at;
        unreachable!()
    }
    /// The headline and paragraph at an instant.
    #[must_use]
    pub fn headline(&self, at: Us) -> Headline {
        let _ = at;
        unreachable!()
    }
    /// Why a row is as it is.
    #[must_use]
    pub fn why(&self, subject: &Subject, at: Us) -> Why {
        let _ = (subject, at);
        unreachable!()
    }
    /// What the screen reader says after a step to an instant.
    #[must_use]
    pub fn spoken(&self, at: Us) -> String {
        let _ = at;
        unreachable!()
    }
    /// The last record at or before an instant.
    #[must_use]
    pub fn record_at(&self, at: Us) -> Option<RecordId> {
        let _ = at;
        unreachable!()
    }
    /// When a record happened.
    #[must_use]
    pub fn time_of(&self, record: RecordId) -> Us {
        let _ = record;
        unreachable!()
    }
    /// One line of the event list.
    #[must_use]
    pub fn event_line(&self, record: RecordId) -> EventLine {
        let _ = record;
        unreachable!()
    }
}
