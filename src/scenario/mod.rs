//! The document: as typed, validated into a plan; presets, permalink, schema.

pub mod plan;
