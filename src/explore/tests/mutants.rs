//! Broken on purpose: the search catches every variant of `run::simulation::mutant`, and says which fault does.

use super::preset;
use crate::explore::crash_search::{Bounds, CrashSearch};
use crate::explore::job::Job;
use crate::explore::matrix::{Cell, Matrix};
use crate::run::report::Verdict;
use crate::run::simulation::mutant::{Mutant, with};
use crate::strategy::StrategyId;
use std::collections::BTreeMap;

/// The table that the docs keep.
const DOCS: &str = include_str!("../../../docs/broken-variants.md");

/// A strategy that a variant breaks.
fn under(mutant: Mutant) -> StrategyId {
    use Mutant as M;
    match mutant {
        M::RelayTrusts | M::RelayMarksAtStart | M::StoreBlind | M::StoreForgets => StrategyId::Outbox,
        M::ConsumerTrusts | M::ConsumerSkips => StrategyId::Outbox,
        M::ConsumerCommitsFirst | M::ConsumerCommitsReplay => StrategyId::Outbox,
        M::CoordinatorMishears | M::CoordinatorHurries | M::CoordinatorForgets => StrategyId::TwoPhaseCommit,
        M::CoordinatorPresumesCommit | M::SourceForgetsVote => StrategyId::TwoPhaseCommit,
        M::ConnectorStoresEarly | M::ConnectorTrusts | M::ConnectorSkips => StrategyId::Cdc,
    }
}

fn searched(strategy: StrategyId, bounds: Bounds) -> Matrix {
    let mut search = CrashSearch::new(&preset("missing-search-index"), &[strategy], bounds).unwrap();
    while search.advance(64) {}
    search.matrix()
}

/// What sort of fault it takes, the simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Takes {
    Crash,
    FailedCall,
    Reordering,
    TwoCrashes,
}

fn takes(cell: &Cell) -> Takes {
    match (&cell.then, &cell.point) {
        (Some(_), _) => Takes::TwoCrashes,
        (None, Some(_)) => Takes::Crash,
        (None, None) if cell.fault.starts_with("late:") || cell.fault.starts_with("delay:") => Takes::Reordering,
        (None, None) => Takes::FailedCall,
    }
}

impl Takes {
    const fn words(self) -> &'static str {
        match self {
            Takes::Crash => "one crash",
            Takes::FailedCall => "one failed call",
            Takes::Reordering => "one message out of order",
            Takes::TwoCrashes => "two crashes",
        }
    }
}

/// No variant breaks what nothing else strikes: without a fault each of them is consistent, and so is the true strategy
/// under every fault. So it is the fault that the search has found.
#[test]
fn every_broken_variant_is_caught() {
    let mut counts: BTreeMap<Takes, usize> = BTreeMap::new();
    let (mut rows, mut missed) = (String::new(), Vec::new());
    for mutant in Mutant::ALL {
        // Pairs are tried only where no single fault tells.
        let with_bounds = |bounds| with(*mutant, || searched(under(*mutant), bounds));
        let single = with_bounds(Bounds::ONE);
        let matrix = if diverged(&single).next().is_some() { single } else { with_bounds(Bounds::TWO) };
        assert_eq!(matrix.fault_free[0].verdict, Verdict::Consistent, "{}: nothing failed", mutant.id());
        let Some(simplest) = diverged(&matrix).min_by_key(|cell| takes(cell)) else {
            missed.push(mutant.id());
            continue;
        };
        *counts.entry(takes(simplest)).or_default() += 1;
        rows += &format!(
            "| {} | {} | {} | `{}` | {} | {} |\n",
            mutant.id(),
            under(*mutant).id(),
            takes(simplest).words(),
            simplest.faults(),
            simplest.harm().word(),
            diverged(&matrix).count()
        );
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
    println!("{rows}");
    let hard = counts.get(&Takes::Reordering).unwrap_or(&0) + counts.get(&Takes::TwoCrashes).unwrap_or(&0);
    assert!(Mutant::ALL.len() >= 12 && hard >= 3, "{counts:?}");
    let kept: String = DOCS.lines().filter(|line| line.contains(" | `")).map(|line| format!("{line}\n")).collect();
    assert_eq!(kept, rows, "docs/broken-variants.md is to hold these rows:\n{rows}");
}

/// The true strategies: no cell diverges, under one fault or under two crashes.
#[test]
fn the_true_strategies_are_not() {
    for strategy in [StrategyId::Outbox, StrategyId::Cdc, StrategyId::TwoPhaseCommit] {
        let matrix = searched(strategy, Bounds::TWO);
        assert!(matrix.complete && matrix.broken_laws.is_empty(), "{:?}", matrix.broken_laws);
        assert!(matrix.cells.iter().any(|cell| cell.then.is_some()));
        let bad: Vec<&str> = diverged(&matrix).map(|cell| cell.scenario.as_str()).collect();
        assert!(bad.is_empty(), "{}:\n{}", strategy.id(), bad.join("\n"));
        let blocked = matrix.cells.iter().filter(|cell| cell.verdict == Verdict::Blocked).count();
        // A participant in doubt holds its locks: that is the price.
        assert_eq!(blocked > 0, strategy == StrategyId::TwoPhaseCommit, "{}: {blocked} cells block", strategy.id());
    }
}

fn diverged(matrix: &Matrix) -> impl Iterator<Item = &Cell> {
    matrix.cells.iter().filter(|cell| cell.verdict == Verdict::Diverged)
}
