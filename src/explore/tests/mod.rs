//! Tests of the room as a whole, on scenarios of its own and on presets.

mod audit;
mod brute_force;
mod curve;
mod grid;
mod inject;
mod mutants;
mod promises;
mod search;
mod shrink;
mod sweep;

use crate::scenario::{Document, presets};

/// A preset's document.
fn preset(id: &str) -> Document {
    presets::find(id).unwrap().document()
}
