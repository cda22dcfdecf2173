//! `Watch it happen`: the causal chain of the worst row, played in slow motion, one caption a step.
//!
//! The captions are the recording's own steps of "why": nothing is told here that did not happen in this run.

use crate::kernel::time::Us;
use crate::run::frame::{WhyMark, WhyStep};
use crate::run::recording::{Recording, Subject};
use std::rc::Rc;

/// The tour and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Tour {
    /// Its beats.
    pub beats: Rc<Vec<Beat>>,
    /// The one that is on.
    pub at: usize,
    /// Whether it has come to its end and waits for Continue.
    pub stands: bool,
}

/// One stretch of time with one caption.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    /// Where it begins.
    pub from: Us,
    /// Where it ends.
    pub to: Us,
    /// How long it takes the reader, in ms: two seconds at least, so that it can be read.
    pub ms: f64,
    /// What happens.
    pub caption: String,
    /// Where, and why.
    pub place: String,
    /// Whether it waits for Continue at its end.
    pub stop: bool,
}

/// How far before the first step the tour begins, at most.
const BEFORE: Us = Us::millis(2);

impl Tour {
    /// The tour of a recording.
    #[must_use]
    pub fn new(recording: &Recording) -> Tour {
        let story = recording.story();
        let why = recording.why(&Subject::Worst, story.ends);
        let timed = |step: &&WhyStep| step.at.is_some() || step.mark == WhyMark::Never;
        let steps: Vec<&WhyStep> = why.steps.iter().filter(timed).collect();
        let first = steps.iter().find_map(|step| step.at).unwrap_or(story.opens_at);
        let mut from = first.since(BEFORE);
        let mut beats = Vec::new();
        for step in &steps {
            let to = step.at.unwrap_or(from).max(from);
            let stop = matches!(step.mark, WhyMark::Cross | WhyMark::Never);
            let (caption, place) = (step.what.clone(), step.place.clone());
            beats.push(Beat { from, to, ms: span_ms(to.since(from)), caption, place, stop });
            from = to;
        }
        if beats.is_empty() {
            beats.push(whole(recording));
        }
        Tour { beats: Rc::new(beats), at: 0, stands: false }
    }

    /// The beat that is on.
    #[must_use]
    pub fn beat(&self) -> &Beat {
        &self.beats[self.at.min(self.beats.len() - 1)]
    }

    /// Where its beat begins.
    #[must_use]
    pub fn begins(&self) -> Us {
        self.beat().from
    }
}

/// Two to three and a half seconds: longer spans play faster, in the order of their lengths.
fn span_ms(span: Us) -> f64 {
    let digits = span.0.checked_ilog10().unwrap_or(0);
    2_000.0 + 200.0 * f64::from(digits.saturating_sub(2).min(7))
}

/// With no row to explain: the time around the moment the page opens at, under its own headline.
fn whole(recording: &Recording) -> Beat {
    let at = recording.story().opens_at;
    let headline = recording.headline(at);
    let caption = format!("{} {}", headline.source, headline.store);
    Beat {
        from: at.since(Us::millis(20)),
        to: at,
        ms: 6_000.0,
        caption: caption.trim().to_owned(),
        place: String::new(),
        stop: true,
    }
}
