//! `driftscope explore`: every fault tried, in a small form of the scenario (docs/CONTRACT.md, section 4).

use super::args::{ExploreArgs, ExploreFormat};
use super::failure::Failure;
use super::progress::Bar;
use super::run::verdict;
use super::{output, scenario, threads};
use crate::explore::crash_search::{Bounds, CrashSearch};
use crate::explore::job::Job;
use crate::explore::matrix::Matrix;
use crate::export::{json, junit, matrix};
use crate::run::report::Verdict;
use crate::scenario::Refusal;
use crate::strategy::StrategyId;

/// How many runs a thread has before all wait for the slowest.
const BATCH: usize = 128;

/// The word for every strategy.
const ALL: &str = "all";

/// Runs the command.
pub fn run(args: &ExploreArgs) -> Result<(), Failure> {
    let expected = args.expect.as_deref().map(verdict).transpose()?;
    let (jobs, bounds) = (threads::count(args.jobs.as_deref())?, bounds(args)?);
    let asked = args.strategy.as_deref().map(strategies).transpose()?;
    let document = scenario::load(&args.scenario, None)?.document;
    let strategies = asked.unwrap_or_else(|| vec![document.strategy()]);
    let mut search = CrashSearch::new(&document, &strategies, bounds)?;
    let bar = Bar::new();
    loop {
        let found = threads::map(jobs, search.batch(jobs * BATCH), |work| search.space().probe(work));
        if found.is_empty() {
            break;
        }
        search.accept(found);
        bar.show(search.progress());
    }
    drop(bar);
    let found = search.matrix();
    let text = match args.format {
        ExploreFormat::Text => matrix::text(&found),
        ExploreFormat::Json => json::pretty(&found),
        ExploreFormat::Junit => junit::matrix(&found, expected),
    };
    output::write(&args.out, &text)?;
    if !found.broken_laws.is_empty() {
        return Err(Failure::BrokenLaws(found.broken_laws));
    }
    expected.map_or(Ok(()), |expected| everywhere(&found, expected))
}

fn bounds(args: &ExploreArgs) -> Result<Bounds, Refusal> {
    let mut bounds = match args.faults.as_str() {
        "1" => Bounds::ONE,
        "2" => Bounds::TWO,
        other => return Err(Refusal::one_of("--faults", other, ["1", "2"])),
    };
    if let Some(runs) = &args.runs {
        bounds.most_runs = threads::number("--runs", runs, Bounds::ONE.most_runs)?;
    }
    Ok(bounds)
}

fn strategies(id: &str) -> Result<Vec<StrategyId>, Refusal> {
    match StrategyId::from_id(id) {
        Some(strategy) => Ok(vec![strategy]),
        None if id == ALL => Ok(StrategyId::ALL.to_vec()),
        None => Err(Refusal::one_of("--strategy", id, StrategyId::IDS.iter().copied().chain([ALL]))),
    }
}

/// A cell that was not tried, or whose fault never struck, proves nothing: a search that is not complete fails too.
fn everywhere(matrix: &Matrix, expected: Verdict) -> Result<(), Failure> {
    let (word, all) = (expected.id(), matrix.cells.len());
    let others: Vec<_> = matrix.cells.iter().filter(|cell| cell.verdict != expected).collect();
    match others.first() {
        Some(first) => Err(Failure::NotEverywhere(format!(
            "expected {word} in every cell, and {} of {all} are not; the first is {} under {}: {}",
            others.len(),
            first.faults(),
            first.strategy,
            first.verdict.id()
        ))),
        None if !matrix.complete => Err(Failure::NotEverywhere(format!(
            "expected {word} in every cell, and the search is {}",
            matrix::completeness(matrix)
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;

    /// All is consistent and everything was run; but one fault never struck.
    #[test]
    fn a_fault_that_never_struck_is_no_success() {
        let document = presets::find("outbox").unwrap().document();
        let mut search = CrashSearch::new(&document, &[StrategyId::Outbox], Bounds::ONE).unwrap();
        search.advance(4);
        let mut matrix = search.matrix();
        matrix.total = matrix.runs;
        (matrix.cells[0].reached, matrix.complete) = (true, true);
        assert!(everywhere(&matrix, Verdict::Consistent).is_ok());
        (matrix.cells[0].reached, matrix.complete) = (false, false);
        let Err(Failure::NotEverywhere(said)) = everywhere(&matrix, Verdict::Consistent) else { panic!("it passes") };
        let want = "expected consistent in every cell, and the search is not complete: 4 runs of 4, in 1 of them the \
                    fault never struck";
        assert_eq!(said, want);
        let junit = junit::matrix(&matrix, Some(Verdict::Consistent));
        assert!(
            junit.contains("<failure type=\"vacuous\" message=\"the fault never struck\">driftscope run"),
            "{junit}"
        );
        assert!(junit.contains(" failures=\"1\" errors=\"0\">"), "{junit}");
    }
}
