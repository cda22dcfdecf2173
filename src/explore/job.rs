//! Long work in slices: an embedded page may not start a worker, so everything here can run on the caller's thread.

/// How far a job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Runs done.
    pub done: u64,
    /// Runs known to be needed; it may grow while more are found.
    pub total: u64,
}

/// Work that consists of runs. Giving it up is not calling `advance` again: what was found so far stays readable, and
/// says that it is not complete.
pub trait Job {
    /// Does up to so many runs. Says whether there is more to do.
    fn advance(&mut self, max_runs: u64) -> bool;

    /// How far it is.
    fn progress(&self) -> Progress;
}
