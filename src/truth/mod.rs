//! What only the simulator knows: which rows really differ, which events are lost, and which record is the cause.
//!
//! A fold over the trace's records: it knows no strategy and no machine.

pub mod anomaly;
pub mod cause;
pub mod checks;
pub mod effects;
pub mod judge;
pub mod ledger;
pub mod order;
pub mod pending;
