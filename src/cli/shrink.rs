//! `driftscope shrink`: the smallest scenario that still shows what is wrong.

use super::args::{CompareFormat, ShrinkArgs};
use super::failure::Failure;
use super::progress::Bar;
use super::{output, scenario};
use crate::explore::job::Job;
use crate::explore::shrink::Shrink;
use crate::export::{json, shrunk};
use crate::scenario::Refusal;
use crate::truth::anomaly::Anomaly;

/// How many runs before the bar moves.
const SLICE: u64 = 20;

/// Runs the command.
pub fn run(args: &ShrinkArgs) -> Result<(), Failure> {
    let anomaly = args.anomaly.as_deref().map(kind).transpose()?;
    let document = scenario::load(&args.scenario, args.strategy.as_deref())?.document;
    let mut shrink = Shrink::new(&document, anomaly)?;
    let bar = Bar::new();
    while shrink.advance(SLICE) {
        bar.show(shrink.progress());
    }
    let found = shrink.shrunk();
    drop(bar);
    let text = match args.format {
        CompareFormat::Text => shrunk::text(&found),
        CompareFormat::Json => json::pretty(&found),
    };
    output::write(&args.out, &text)
}

fn kind(id: &str) -> Result<Anomaly, Refusal> {
    Anomaly::from_id(id).ok_or_else(|| Refusal::one_of("--anomaly", id, Anomaly::IDS))
}
