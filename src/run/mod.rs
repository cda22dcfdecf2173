//! Where plan, world, machines and detectors meet: simulation, recording, frame, narration, report.

pub mod frame;
pub mod recording;
pub mod report;
