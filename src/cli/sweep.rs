//! `driftscope sweep`: many seeds, and the product of varied options.

use super::args::{SweepArgs, SweepFormat};
use super::failure::Failure;
use super::progress::{Bar, Pace};
use super::{output, scenario, threads};
use crate::explore::job::Progress;
use crate::explore::sweep::{Question, Space, Sweep, add};
use crate::explore::vary::Vary;
use crate::export::{json, sweep};
use crate::scenario::Refusal;
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many runs a thread takes at a time.
const CHUNK: u64 = 16;

/// Runs the command.
pub fn run(args: &SweepArgs) -> Result<(), Failure> {
    let jobs = threads::count(args.jobs.as_deref())?;
    let mut refusals = Vec::new();
    let mut question = Question { metrics: args.metric.clone(), ..Question::default() };
    match seeds(&args.seeds) {
        Ok(seeds) => question.seeds = seeds,
        Err(refusal) => refusals.push(refusal),
    }
    for text in &args.vary {
        match Vary::parse(text) {
            Ok(vary) => question.varied.push(vary),
            Err(refusal) => refusals.push(refusal),
        }
    }
    if !refusals.is_empty() {
        return Err(refusals.into());
    }
    let document = scenario::load(&args.scenario, args.strategy.as_deref())?.document;
    let space = Space::new(&document, question)?;
    let pace = Pace::start();
    let found = swept(&space, jobs);
    pace.end(space.runs());
    output::write(&args.out, &written(&found, args.format))
}

/// The sweep in a format.
pub fn written(found: &Sweep, format: SweepFormat) -> String {
    match format {
        SweepFormat::Text => sweep::text(found),
        SweepFormat::Json => json::pretty(found),
        SweepFormat::Csv => sweep::csv(found),
    }
}

/// Each thread takes the next runs until none is left; what each has measured merges to the very digits of the whole.
fn swept(space: &Space, jobs: usize) -> Sweep {
    let (points, total) = (space.points() as u64, space.runs());
    let (next, done, bar) = (AtomicU64::new(0), AtomicU64::new(0), Bar::new());
    let pieces = threads::map(jobs, &vec![(); jobs], |()| {
        let mut piece = space.empty();
        loop {
            let from = next.fetch_add(CHUNK, Ordering::Relaxed);
            let to = from.saturating_add(CHUNK).min(total);
            if from >= to {
                return piece;
            }
            for run in from..to {
                let point = (run % points) as usize;
                space.measure(point, space.seeds().0 + run / points, &mut piece.points[point]);
            }
            let done = done.fetch_add(to - from, Ordering::Relaxed) + (to - from);
            bar.show(Progress { done, total });
        }
    });
    let mut whole = space.empty();
    for piece in &pieces {
        piece.points.iter().enumerate().for_each(|(point, measured)| add(&mut whole, point, measured));
    }
    whole
}

fn seeds(text: &str) -> Result<(u64, u64), Refusal> {
    let found = text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    found.ok_or_else(|| Refusal::form("--seeds", &Value::from(text), "A..B, from A and below B, such as 0..1000"))
}
