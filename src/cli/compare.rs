//! `driftscope compare`: one scenario under several strategies, on one seed.

use super::args::{CompareArgs, CompareFormat};
use super::failure::Failure;
use super::{output, scenario};
use crate::export::{comparison, json};
use crate::run::recording::Recording;
use crate::scenario::Refusal;
use crate::strategy::StrategyId;

/// The most strategies at once, each as often as it is named.
const MOST: usize = 16;

/// Runs the command.
pub fn run(args: &CompareArgs) -> Result<(), Failure> {
    let asked = args.strategy.as_deref().map(strategies).transpose()?;
    let loaded = scenario::load(&args.scenario, None)?;
    let strategies = asked.unwrap_or(loaded.extras.compare);
    if strategies.is_empty() {
        return Err(Failure::Usage("compare needs --strategy ID,ID,... (the permalink names none either)".into()));
    }
    let mut plans = Vec::new();
    for strategy in strategies {
        plans.push(loaded.document.with_strategy(strategy).plan()?);
    }
    let recordings: Vec<Recording> = plans.into_iter().map(Recording::run).collect();
    let text = match args.format {
        CompareFormat::Text => comparison::text(&recordings),
        CompareFormat::Json => json::pretty(&recordings.iter().map(Recording::report).collect::<Vec<_>>()),
    };
    output::write(&args.out, &text)
}

fn strategies(list: &str) -> Result<Vec<StrategyId>, Vec<Refusal>> {
    let ids: Vec<&str> = list.split(',').collect();
    if ids.len() > MOST {
        let reason = format!("It names {}; at most {MOST} can be compared.", ids.len());
        return Err(vec![Refusal::reason("--strategy", &list.into(), reason)]);
    }
    let mut refusals = Vec::new();
    let mut found = Vec::new();
    for id in ids {
        match StrategyId::from_id(id) {
            Some(strategy) => found.push(strategy),
            None => refusals.push(Refusal::one_of("--strategy", id, StrategyId::IDS)),
        }
    }
    if refusals.is_empty() { Ok(found) } else { Err(refusals) }
}
