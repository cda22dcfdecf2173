//! Where plan, world, machines and detectors meet: simulation, recording, frame, narration, report.

pub mod account;
pub mod frame;
pub mod narrate;
pub mod recording;
pub mod report;
pub mod simulation;
pub mod tally;
pub mod trace;
