//! A counter-example that was shrunk, as text: what is left, and what happens without each part of it.

use super::text::{section, wrapped};
use crate::explore::need::Need;
use crate::explore::shrink::{Shrunk, Size};
use crate::kernel::time::Us;
use crate::run::words::{count, list, span};

/// The counter-example, with a line feed at its end.
#[must_use]
pub fn text(shrunk: &Shrunk) -> String {
    let Shrunk { anomaly, before, after, .. } = shrunk;
    let tried = count(shrunk.runs, "run");
    let minimal = match shrunk.minimal {
        true => format!("Nothing that is left can be taken away alone ({tried})."),
        false => format!("It may not be the smallest yet ({tried})."),
    };
    let mut text = format!("The smallest scenario that shows {anomaly}\n\n");
    text += &format!("  before  {}\n  after   {}\n", size(before), size(after));
    text += &wrapped(&minimal, "  ");
    text += &section("Take one thing away", &parts(shrunk));
    text + &section("Replay", &format!("  driftscope run '{}'\n", shrunk.scenario))
}

fn size(size: &Size) -> String {
    let counts = [(size.faults, "fault"), (size.operations, "operation"), (size.keys, "key"), (size.options, "option")];
    let mut parts: Vec<String> = counts.iter().map(|(n, one)| count(*n, one)).collect();
    parts.push(span(Us(size.duration_us)));
    list(&parts)
}

fn parts(shrunk: &Shrunk) -> String {
    let all = [&shrunk.faults, &shrunk.operations, &shrunk.options];
    all.into_iter().flatten().map(|Need { without, .. }| wrapped(without, "  ")).collect()
}
