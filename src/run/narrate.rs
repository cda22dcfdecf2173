//! Sentences: for a record, a cause, a verdict. Page, screen reader and command line say the same words.

use super::trace::Trace;
use crate::scenario::plan::Plan;
use crate::truth::anomaly::{Anomaly, RowState};
use crate::truth::cause::RowCause;
use crate::world::ids::{EventId, Key, RecordId};

/// One sentence: why a row of a store is as it is.
#[must_use]
pub fn row_cause(plan: &Plan, trace: &Trace, store: usize, key: Key, state: RowState, cause: RowCause) -> String {
    let _ = (trace, store, state, cause);
    plan.key_name(key)
}

/// One sentence: why an event shows an anomaly.
#[must_use]
pub fn event_cause(plan: &Plan, trace: &Trace, store: usize, event: EventId, anomaly: Anomaly, record: RecordId) -> String {
    let _ = (plan, trace, store, event, anomaly, record);
    String::new()
}
