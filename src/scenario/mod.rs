//! The document: as typed, validated into a plan; presets, permalink, schema.

pub mod arrivals;
mod block;
pub mod budget;
mod build;
mod document;
mod edit;
pub mod fault;
mod fault_plan;
pub mod kind;
mod notes;
pub mod options;
mod patch;
pub mod permalink;
pub mod plan;
pub mod presets;
mod refusal;
pub mod schema;
pub mod topology;
mod validate;
mod wiring;

pub use document::{Document, LARGEST};
pub use refusal::{Allowed, Choices, Refusal, nearest, shown};
