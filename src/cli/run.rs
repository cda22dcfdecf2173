//! `driftscope run`: a scenario to its end, and what came of it.

use super::args::{Format, RunArgs};
use super::failure::{Failure, say};
use super::{output, scenario};
use crate::export::{csv, json, mermaid, text, trace};
use crate::run::recording::Recording;
use crate::run::report::Verdict;
use crate::scenario::Refusal;

/// Runs the command.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let expected = args.expect.as_deref().map(verdict).transpose()?;
    let loaded = scenario::load(&args.scenario, args.strategy.as_deref())?;
    let recording = Recording::run(loaded.document.plan()?);
    let report = recording.report();
    let hash = &report.trace_hash;
    if let Some(h) = loaded.extras.h.filter(|h| !loaded.changed && !hash.starts_with(h.as_str())) {
        say(&format!("note: the link was made for a run whose hash begins with {h}; this run's is {hash}"));
    }
    match args.format {
        Format::Text => output::write(&args.out, &text::report(&recording))?,
        Format::Json => output::write(&args.out, &json::pretty(report))?,
        Format::Csv => output::write(&args.out, &csv::divergence(&recording))?,
        Format::Mermaid => output::write(&args.out, &mermaid::sequence(&recording))?,
        Format::Trace => {
            let (kept, all) = (recording.trace().records.len(), recording.trace().len());
            if recording.trace().is_cut() {
                say(&format!("note: the trace has the first {kept} of {all} records; report and hash are of all"));
            }
            output::write_all(&args.out, trace::lines(&recording))?;
        }
    }
    match expected {
        Some(expected) if expected != report.verdict => Err(Failure::Unexpected { expected, found: report.verdict }),
        Some(_) | None => Ok(()),
    }
}

/// What `--expect` names.
pub fn verdict(id: &str) -> Result<Verdict, Refusal> {
    Verdict::from_id(id).ok_or_else(|| Refusal::one_of("--expect", id, Verdict::IDS))
}
