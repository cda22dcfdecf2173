//! A report or a recording as text: for people, for programs, for diagrams. Nothing here writes a file.

pub mod catalog;
pub mod comparison;
pub mod csv;
pub mod fidelity;
pub mod json;
pub mod junit;
pub mod matrix;
pub mod mermaid;
pub mod shrunk;
pub mod sweep;
pub mod steps;
pub mod table;
pub mod text;
pub mod trace;
