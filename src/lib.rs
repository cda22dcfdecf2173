//! Driftscope, a deterministic simulator of the dual-write problem.
//!
//! The rooms, in reading order. A room names itself and the rooms above it, never one below
//! (`tests/native/architecture.rs` enforces it).

#![forbid(unsafe_code)]

/// The README's Rust is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

pub mod kernel;
pub mod world;
pub mod strategy;
pub mod recovery;
pub mod detect;
pub mod truth;
pub mod scenario;
pub mod run;
pub mod explore;
pub mod export;
#[cfg(feature = "charts")]
pub mod charts;
#[cfg(feature = "js")]
pub mod embed;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "web")]
pub mod web;
