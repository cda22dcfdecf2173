//! `driftscope inject`: the failure injection test in five steps.

use super::args::{CompareFormat, StepsArgs};
use super::failure::Failure;
use super::{output, scenario};
use crate::explore::inject::inject;
use crate::export::{json, steps};

/// Runs the command.
pub fn run(args: &StepsArgs) -> Result<(), Failure> {
    let loaded = scenario::load(&args.scenario, args.strategy.as_deref())?;
    let injection = inject(&loaded.document)?;
    let text = match args.format {
        CompareFormat::Text => steps::injection(&injection),
        CompareFormat::Json => json::pretty(&injection),
    };
    output::write(&args.out, &text)?;
    match injection.steps.iter().find(|step| !step.passed) {
        Some(step) => Err(Failure::Step(step.step)),
        None => Ok(()),
    }
}
