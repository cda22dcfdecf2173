//! Charts: plotters on our own drawing backend, with fixed text metrics.

pub mod area;
pub mod backend;
pub mod curve;
pub mod metrics;
pub mod shape;
