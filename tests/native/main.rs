//! The native tests, one module a subject.
//!
//! `lab` runs documents, `cases` draws random ones, `books` counts again what the engine counts; the others are tests.

mod architecture;
mod books;
mod cases;
mod cdc;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
mod cli_explore;
mod common;
mod compensation;
mod crash_points;
mod detection;
mod determinism;
mod docs;
mod drains;
mod estimate;
mod exports;
mod formulas;
mod formulas_broker;
mod formulas_cdc;
mod formulas_flows;
mod formulas_outbox;
mod formulas_stores;
mod golden;
mod groups;
mod guarantees;
mod guarantees_stores;
mod incremental;
mod inert;
mod invariants;
mod lab;
mod matrix;
mod numbers;
mod options;
mod outcomes;
mod producer;
mod property;
mod recovery;
mod recovery_compare;
mod scenarios;
mod stateright;
mod stores;
