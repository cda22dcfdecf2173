//! Source, broker, links, stores, consumers, nodes: plain data and their state machines.

pub mod broker;
pub mod consumer;
pub mod group;
pub mod ids;
pub mod inbox;
pub mod nextval;
pub mod observe;
pub mod outbox;
pub mod record;
pub mod replica;
pub mod source;
pub mod store;
pub mod wal;
pub mod xa;
