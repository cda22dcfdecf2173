//! The search that fills a grid: one search for each strategy, run by run in turn, so that all columns fill together.

use super::crash_search::{Bounds, CrashSearch};
use super::grid::Grid;
use super::job::{Job, Progress};
use crate::scenario::{Document, Refusal};
use crate::strategy::StrategyId;

/// A grid being filled.
#[derive(Clone, Debug)]
pub struct Fill {
    document: Document,
    strategies: Vec<StrategyId>,
    /// One for each strategy that has been begun; nothing for one that cannot be tried.
    searches: Vec<Option<CrashSearch>>,
    grid: Grid,
    turn: usize,
}

impl Fill {
    /// Nothing is done yet.
    ///
    /// # Errors
    /// What is wrong with the document.
    pub fn new(document: &Document, strategies: &[StrategyId]) -> Result<Fill, Vec<Refusal>> {
        document.plan()?;
        let ids: Vec<&str> = strategies.iter().map(|strategy| strategy.id()).collect();
        let (searches, grid) = (Vec::new(), Grid::new(&ids));
        Ok(Fill { document: document.clone(), strategies: strategies.to_vec(), searches, grid, turn: 0 })
    }

    /// What is known so far.
    #[must_use]
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Begins the next strategy. One that this document cannot have says why, and keeps its column empty.
    fn begin(&mut self, strategy: StrategyId) {
        let column = self.searches.len();
        let search = CrashSearch::new(&self.document, &[strategy], Bounds::ONE);
        self.searches.push(match search {
            Ok(search) => {
                self.grid.expect(column, &search);
                Some(search)
            }
            Err(refusals) => {
                self.grid.refused[column] = refusals.first().map(ToString::to_string).unwrap_or_default();
                None
            }
        });
    }

    /// One run of the next strategy that has one to do; false if none has.
    fn next(&mut self) -> bool {
        for _ in 0..self.searches.len() {
            let column = self.turn;
            self.turn = (self.turn + 1) % self.searches.len();
            let Some(search) = &mut self.searches[column] else { continue };
            let done = search.cells().len();
            search.advance(1);
            if let Some(cell) = search.cells().get(done) {
                self.grid.take(column, cell);
                return true;
            }
        }
        false
    }

    fn close(&mut self) {
        let searches = self.searches.iter().flatten();
        let struck = searches.clone().all(|search| search.cells().iter().all(|cell| cell.reached));
        self.grid.broken = searches.clone().flat_map(CrashSearch::broken_laws).cloned().collect();
        self.grid.complete =
            struck && self.grid.broken.is_empty() && self.grid.runs == self.grid.total && searches.count() > 0;
    }
}

impl Job for Fill {
    fn advance(&mut self, max_runs: u64) -> bool {
        for _ in 0..max_runs {
            if let Some(strategy) = self.strategies.get(self.searches.len()) {
                self.begin(*strategy);
            } else if !self.next() {
                self.close();
                return false;
            }
        }
        true
    }

    fn progress(&self) -> Progress {
        Progress { done: self.grid.runs.into(), total: self.grid.total.into() }
    }
}
