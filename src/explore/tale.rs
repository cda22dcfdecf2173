//! A square opened: a headline, the smallest run that shows it as a short story, and what happens without each part.

use super::job::{Job, Progress};
use super::matrix::Harm;
use super::need::Need;
use super::outcome;
use super::shrink::{Shrink, Shrunk};
use super::small::small;
use crate::kernel::time::Us;
use crate::run::frame::{Story, WhyMark, WhyStep};
use crate::run::recording::{Recording, Subject};
use crate::run::words::{count, instant, list, span};
use crate::scenario::permalink::{self, Extras};
use crate::scenario::plan::FaultKind;
use crate::scenario::{Document, Refusal};
use crate::strategy::StrategyId;
use crate::truth::anomaly::Anomaly;
use crate::world::ids::{Key, Op, RecordId};
use crate::world::record::{Kind, Record};
use serde::{Deserialize, Serialize};

/// The most lines that a story may have (UI 8).
pub const LINES: usize = 9;

/// One line of the story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// `0.104 s`, a span, or `never`.
    pub time: String,
    /// What happened.
    pub what: String,
    /// Where.
    pub place: String,
    /// The id of its [`WhyMark`].
    pub mark: String,
    /// Whether it is the harm itself.
    pub harm: bool,
}

/// What an open square says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tale {
    /// The strategy.
    pub strategy: String,
    /// `The database has product-1. The search index does not.`
    pub headline: String,
    /// How far it shrank; empty while that is not known.
    pub size: String,
    /// At most [`LINES`] of them.
    pub steps: Vec<Step>,
    /// What is left: each part, and what happens without it.
    pub parts: Vec<(String, String)>,
    /// The worst that its run shows.
    pub harm: Harm,
    /// The permalink of the run, at its decisive moment.
    pub link: String,
    /// The command that fails unless the run ends the same way.
    pub test: String,
    /// Runs done, and whether there is nothing more to do.
    pub runs: u32,
    /// Whether nothing more will change.
    pub done: bool,
}

/// Opens a square: first the run as it was tried, then the smallest one.
#[derive(Clone, Debug)]
pub struct Telling {
    document: Document,
    shrink: Option<Shrink>,
    tale: Tale,
}

impl Telling {
    /// The run of a fault under a strategy, as the search makes it.
    ///
    /// # Errors
    /// What is wrong with the document or the fault.
    pub fn new(document: &Document, strategy: StrategyId, fault: &str) -> Result<Telling, Vec<Refusal>> {
        let mut document = small(document, strategy)?.document;
        document.set_value("faults", vec![fault.to_owned()].into())?;
        let recording = Recording::run(document.plan()?);
        let tale = tale(&document, &recording);
        // A run in which nothing is wrong has nothing to be shrunk to.
        let shrink = if tale.harm == Harm::None { None } else { Some(Shrink::new(&document, None)?) };
        let tale = Tale { done: shrink.is_none(), ..tale };
        Ok(Telling { document, shrink, tale })
    }

    /// What is known so far.
    #[must_use]
    pub fn tale(&self) -> &Tale {
        &self.tale
    }

    fn close(&mut self, shrunk: &Shrunk, document: &Document) -> Result<(), Vec<Refusal>> {
        let recording = Recording::run(document.plan()?);
        let mut tale = tale(document, &recording);
        tale.size = size(shrunk, &self.document, document, &recording);
        tale.parts = parts(shrunk, recording.story());
        self.tale = Tale { done: true, ..tale };
        Ok(())
    }
}

impl Job for Telling {
    fn advance(&mut self, max_runs: u64) -> bool {
        let Some(shrink) = &mut self.shrink else { return false };
        let more = shrink.advance(max_runs);
        self.tale.runs = u32::try_from(shrink.progress().done).unwrap_or(u32::MAX);
        if more {
            return true;
        }
        let (shrunk, document) = (shrink.shrunk(), shrink.document().clone());
        self.shrink = None;
        // What the shrinker has run is a scenario: nothing is refused here.
        drop(self.close(&shrunk, &document));
        self.tale.done = true;
        false
    }

    fn progress(&self) -> Progress {
        self.shrink.as_ref().map_or_else(Progress::default, Job::progress)
    }
}

/// The story of a run.
fn tale(document: &Document, recording: &Recording) -> Tale {
    let (story, report) = (recording.story(), recording.report());
    let harm = Harm::of(report.verdict, &outcome::anomalies(report));
    let link = permalink::encode(document, &Extras { at: Some(story.opens_at), ..Extras::default() });
    let plain = permalink::encode(document, &Extras::default());
    Tale {
        strategy: document.strategy().id().to_owned(),
        headline: headline(recording, harm),
        steps: steps(recording, harm),
        test: format!("driftscope run '{plain}' --expect {}", report.verdict.id()),
        harm,
        link,
        ..Tale::default()
    }
}

/// One that a child can repeat.
fn headline(recording: &Recording, harm: Harm) -> String {
    let (story, report) = (recording.story(), recording.report());
    let ledger = &report.ledger;
    let harmless = |n: u64, what: &str| format!("{} {what}, and it did no harm.", count(n, "event"));
    match harm {
        Harm::Diverged(_) => {
            let headline = recording.headline(story.ends);
            format!("{} {}", headline.source, headline.store)
        }
        Harm::Blocked => {
            let waits = if report.blocked.operations == 1 { "change waits" } else { "changes wait" };
            format!("{} {waits} for {}.", report.blocked.operations, span(Us(report.blocked.max_us)))
        }
        Harm::Harmless(Anomaly::Duplicate) => harmless(ledger.duplicates, "came once more"),
        Harm::Harmless(Anomaly::Reordered) => harmless(ledger.reordered, "came after a newer one"),
        Harm::Harmless(Anomaly::EarlyRead) => harmless(ledger.early_reads, "came before the commit could be read"),
        Harm::Harmless(Anomaly::GhostEvent) => harmless(ledger.ghost, "told of a change that never was"),
        Harm::Harmless(_) => harmless(ledger.lost, "never arrived"),
        Harm::None if story.faults.iter().any(|fault| fault.crash) => recording.headline(story.ends).source,
        Harm::None => "A message failed. Nothing is missing.".to_owned(),
    }
}

/// The rail: the life of the row that differs, or else of the one that was struck, with the faults in it.
fn steps(recording: &Recording, harm: Harm) -> Vec<Step> {
    let (story, report) = (recording.story(), recording.report());
    let subject = match harm {
        Harm::Diverged(_) => Subject::Worst,
        _ => Subject::Row(1, struck(recording)),
    };
    let mut steps = recording.why(&subject, story.ends).steps;
    if steps.is_empty() {
        steps = of_operation(recording, struck(recording));
    }
    for fault in &story.faults {
        let told = steps.iter().any(|step| step.mark == WhyMark::Cross && step.at == Some(fault.at));
        let place = steps.iter().position(|step| step.at.is_some_and(|at| at > fault.at)).unwrap_or(steps.len());
        if !told {
            steps.insert(place, line(fault.at, fault.text.clone(), WhyMark::Cross));
        }
    }
    let mut last = steps.len().saturating_sub(1);
    if harm == Harm::Blocked {
        let operations = count(report.blocked.operations, "operation");
        let verb = if report.blocked.operations == 1 { "waits" } else { "wait" };
        last = steps.iter().rposition(|step| step.mark == WhyMark::Cross).map_or(steps.len(), |at| at + 1);
        let mut waits = line(Us::ZERO, format!("{operations} {verb}"), WhyMark::Dot);
        (waits.at, waits.time) = (None, span(Us(report.blocked.max_us)));
        steps.insert(last, waits);
    }
    let all = steps.len();
    let steps = folded(steps);
    // What is folded stands before the end.
    let last = last.saturating_sub(all - steps.len());
    let step = |(at, step): (usize, WhyStep)| Step {
        harm: at == last && matches!(harm, Harm::Diverged(_) | Harm::Blocked),
        time: step.time,
        what: step.what,
        place: step.place,
        mark: step.mark.id().to_owned(),
    };
    steps.into_iter().enumerate().map(step).collect()
}

/// The life of a change that never came to be a row: what the trace has of its operation.
fn of_operation(recording: &Recording, key: usize) -> Vec<WhyStep> {
    let records = &recording.trace().records;
    let Some(op) =
        records.iter().find(|record| record.key.index() == key && record.op != Op::NONE).map(|record| record.op)
    else {
        return Vec::new();
    };
    let told = |record: &Record| {
        let kinds =
            [Kind::Requested, Kind::Written, Kind::Prepared, Kind::DecisionLogged, Kind::Committed, Kind::Aborted];
        record.op == op && kinds.contains(&record.kind)
    };
    let line = |(at, record): (usize, &Record)| {
        let event = recording.event_line(RecordId(at as u32));
        let mut line = line(record.at, event.text, WhyMark::Dot);
        line.place = event.node;
        line
    };
    records.iter().enumerate().filter(|(_, record)| told(record)).map(line).collect()
}

fn line(at: Us, what: String, mark: WhyMark) -> WhyStep {
    WhyStep { at: Some(at), time: instant(at), record: None, what, place: String::new(), mark }
}

/// The key that the first fault struck: that of the last record of a row before it.
fn struck(recording: &Recording) -> usize {
    let at = recording.story().faults.first().map_or(Us::NEVER, |fault| fault.at);
    let records = recording.trace().records.iter();
    let of_row = records.filter(|record| record.key != Key::NONE);
    let before = of_row.clone().take_while(|record| record.at <= at).last();
    before.or_else(|| of_row.clone().next()).map_or(0, |record| record.key.index())
}

/// At most [`LINES`] lines: what is too much in the middle becomes one line that says how much it was.
fn folded(mut steps: Vec<WhyStep>) -> Vec<WhyStep> {
    if steps.len() <= LINES {
        return steps;
    }
    let plain = |step: &WhyStep| step.mark == WhyMark::Dot;
    // From the second line on, the longest stretch of plain lines gives way.
    let (mut best, mut from) = ((1, 1), 1);
    for at in 1..steps.len() {
        if at + 1 == steps.len() || !plain(&steps[at]) {
            if at - from > best.1 - best.0 {
                best = (from, at);
            }
            from = at + 1;
        }
    }
    let gone = (steps.len() + 1 - LINES).min(best.1 - best.0);
    let cut: Vec<WhyStep> = steps.drain(best.1 - gone..best.1).collect();
    if let (Some(first), Some(last)) = (cut.first(), cut.last()) {
        let mut rest =
            line(first.at.unwrap_or_default(), format!("{} more steps, to {}", cut.len(), last.time), WhyMark::Dot);
        rest.time.clone_from(&first.time);
        steps.insert(best.1 - gone, rest);
    }
    steps.truncate(LINES);
    steps
}

/// `The shortest run that shows it: 1 change and 1 crash, shrunk from 4 changes.`
fn size(shrunk: &Shrunk, before: &Document, after: &Document, recording: &Recording) -> String {
    let mut left = vec![count(shrunk.after.operations, "change"), faults(recording)];
    if shrunk.after.options > 0 {
        left.push(count(shrunk.after.options, "option"));
    }
    let from = match shrunk.before.operations == shrunk.after.operations {
        true => "nothing of it can be left out".to_owned(),
        false => format!("shrunk from {}", count(shrunk.before.operations, "change")),
    };
    let other = match point(before) == point(after) {
        true => "",
        false => " With so few changes it is another fault that shows it.",
    };
    format!("The shortest run that shows it: {}, {from}.{other}", list(&left))
}

fn faults(recording: &Recording) -> String {
    let faults = &recording.plan().faults;
    let crashes = faults.iter().all(|fault| fault.kind == FaultKind::Crash);
    count(faults.len() as u64, if crashes { "crash" } else { "fault" })
}

/// The first fault of a document without its number and length.
fn point(document: &Document) -> String {
    let faults = document.faults();
    faults.first().and_then(|fault| fault.split(['*', '+']).next()).unwrap_or_default().to_owned()
}

/// Each part that is left, in words, and what happens without it.
fn parts(shrunk: &Shrunk, story: &Story) -> Vec<(String, String)> {
    let words = |fault: &Need| {
        let chip = story.chips.iter().find(|chip| chip.text == fault.part);
        chip.map_or_else(|| fault.part.clone(), |chip| chip.words.clone())
    };
    let faults = shrunk.faults.iter().map(|need| (words(need), need.then.clone()));
    let operations = shrunk.operations.iter().map(|need| (need.part.clone(), need.then.clone()));
    let options = shrunk.options.iter().map(|need| (format!("{} at its default", need.part), need.then.clone()));
    faults.chain(operations).chain(options).collect()
}
