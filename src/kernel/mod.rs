//! Simulated time, the event calendar, random draws, hashing and sorting. Knows nothing of databases.

pub mod calendar;
pub mod distribution;
pub mod hash;
pub mod ids;
pub mod rng;
pub mod sorted;
pub mod time;
