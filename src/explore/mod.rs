//! What breaks a scenario: every fault tried, the smallest counter-example, many seeds.
//!
//! - `small`: the small scenario in which faults are tried; `trial`: which faults there are to try in a run
//! - `outcome`: a run with faults, and what it shows; `crash_search`: every one of them, into a `matrix`
//! - `grid`: the matrix as it is looked at, a row for each crash point; `fill`: the search that fills it, run by run
//! - `tale`: one of its squares opened: a headline, the smallest counter-example as a story, what happens without its parts
//! - `sweep`: many seeds, varied options (`vary`), into `statistics` of `metrics` that merge exactly
//! - `curve`: a sweep as a line, one figure over one option, with its formula
//! - `shrink`: the smallest scenario that still shows an anomaly, by `reduce`d candidates, each an `edit`; `need`: why each part is needed
//! - `inject`: the failure injection test in five steps; `audit`: the operational checklist, answered from runs
//! - `job`: how long work is done in slices, watched and given up
//!
//! Nothing here owns a clock or a thread: whoever calls decides how much is done at a time, and where.

pub mod audit;
pub mod crash_search;
pub mod curve;
mod edit;
pub mod fill;
pub mod grid;
pub mod inject;
pub mod job;
pub mod matrix;
pub mod metrics;
pub mod need;
pub mod outcome;
pub mod reduce;
pub mod shrink;
pub mod small;
pub mod statistics;
pub mod sweep;
pub mod tale;
pub mod trial;
pub mod vary;
pub mod wide;

#[cfg(test)]
mod tests;
