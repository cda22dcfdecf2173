//! Source, broker, links, stores, consumers, nodes: plain data and their state machines.

pub mod ids;
pub mod record;
