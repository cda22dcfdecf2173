//! The runs that are compared: one a lane, on the document of the page.

use crate::run::compare::{Parting, parting};
use crate::run::recording::Recording;
use crate::scenario::Refusal;
use crate::strategy::StrategyId;
use crate::web::world::{RecordingRef, World};

/// One strategy and its run.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// The strategy.
    pub strategy: StrategyId,
    /// Its run; or why it cannot run this document.
    pub run: Result<RecordingRef, Vec<Refusal>>,
}

/// All of them, and where they part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lanes {
    /// The run of the page that they belong to.
    of: Option<RecordingRef>,
    /// In the order in which they were chosen.
    pub list: Vec<Lane>,
    /// The first change that ends differently.
    pub parting: Option<Parting>,
}

impl Lanes {
    /// The runs, without the strategies that could not run.
    pub fn runs(&self) -> impl Iterator<Item = &RecordingRef> + Clone {
        self.list.iter().filter_map(|lane| lane.run.as_ref().ok())
    }

    /// Makes the runs of these strategies that are not there yet.
    pub fn settle(&mut self, world: &World, strategies: &[StrategyId]) {
        let fresh = self.of.as_ref() != Some(&world.recording);
        if !fresh && self.list.iter().map(|lane| lane.strategy).eq(strategies.iter().copied()) {
            return;
        }
        let before = if fresh { Vec::new() } else { std::mem::take(&mut self.list) };
        let lane = |strategy: &StrategyId| {
            let known = before.iter().find(|lane| lane.strategy == *strategy).map(|lane| lane.run.clone());
            Lane { strategy: *strategy, run: known.unwrap_or_else(|| run(world, *strategy)) }
        };
        self.list = strategies.iter().map(lane).collect();
        self.of = Some(world.recording.clone());
        let runs: Vec<&Recording> = self.runs().map(|run| &**run).collect();
        self.parting = if runs.len() < 2 { None } else { parting(&runs) };
    }
}

fn run(world: &World, strategy: StrategyId) -> Result<RecordingRef, Vec<Refusal>> {
    if strategy == world.document.strategy() {
        return Ok(world.recording.clone());
    }
    World::run(world.document.with_strategy(strategy)).map(|world| world.recording)
}

/// The runs as the library takes them.
#[must_use]
pub fn plain(runs: &[RecordingRef]) -> Vec<&Recording> {
    runs.iter().map(|run| &**run).collect()
}
