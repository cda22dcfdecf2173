//! `driftscope audit`: the operational checklist and the anti-patterns, answered from runs.

use super::args::{CompareFormat, StepsArgs};
use super::failure::Failure;
use super::{output, scenario};
use crate::explore::audit::audit;
use crate::export::{json, steps};

/// Runs the command.
pub fn run(args: &StepsArgs) -> Result<(), Failure> {
    let loaded = scenario::load(&args.scenario, args.strategy.as_deref())?;
    let audit = audit(&loaded.document)?;
    let text = match args.format {
        CompareFormat::Text => steps::audit(&audit),
        CompareFormat::Json => json::pretty(&audit),
    };
    output::write(&args.out, &text)
}
