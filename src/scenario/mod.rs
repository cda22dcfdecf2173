//! The document: as typed, validated into a plan; presets, permalink, schema.
//!
//! - `document`, `edit`: JSON as typed, and what a person does to it; `refusal`: what cannot be used, and what could
//! - `options`, `kind`: every option, declared once; `schema`: the JSON Schema made from it
//! - `arrivals`, `fault`: the two parts of a document with a notation of their own
//! - `validate`: shape and ids; `topology`: which nodes and links there are; `build`, `wiring`, `fault_plan`, `participants`: the plan;
//!   `notes`: what has no effect; `budget`: what would take too long
//! - `form`: the document as fields to fill in; `place`: the line of a refusal
//! - `presets`; `permalink`, `patch`: a scenario in a link
//!
//! An option is added by one row in `options` and one field in `plan`.

pub mod arrivals;
mod block;
pub mod budget;
mod build;
mod document;
mod edit;
pub mod fault;
mod fault_plan;
pub mod form;
pub mod kind;
mod notes;
pub mod options;
mod participants;
mod patch;
pub mod permalink;
pub mod place;
pub mod plan;
pub mod presets;
mod refusal;
pub mod schema;
pub mod topology;
mod validate;
mod wiring;

pub use document::{Document, LARGEST};
pub use refusal::{Allowed, Choices, Refusal, nearest, shown};
