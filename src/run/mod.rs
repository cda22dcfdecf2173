//! Where plan, world, machines and detectors meet.
//!
//! `simulation` runs a plan into a `trace`; `account` makes the report of it; `view`, `stage`, `story` and `why` make what
//! a `recording` shows at an instant, `tables`, `events`, `spacetime` and `alarms` the same in other forms, `because` why
//! one record happened; `compare` and `costs` set several recordings side by side; `acts` says what can be done at an
//! instant, `branch` what that changes; `narrate` and `words` say it.

pub mod account;
pub mod acts;
pub mod alarms;
pub mod because;
pub mod branch;
pub mod compare;
pub mod costs;
pub mod events;
#[cfg(test)]
mod flows;
pub mod frame;
pub mod narrate;
pub mod recording;
pub mod report;
pub mod simulation;
pub mod spacetime;
pub mod stage;
pub mod story;
pub mod tables;
pub mod tally;
pub mod trace;
pub mod view;
mod votes;
pub mod why;
pub mod words;
