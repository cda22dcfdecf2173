//! How much room a node's words need, with the fixed metrics of the widest system font.

use crate::charts::metrics::{Weight, width};
use crate::run::frame::{Frame, NodeFrame};

/// What a node needs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Need {
    /// Its width in the compact form.
    pub compact: f64,
    /// Its least width in the full form: title and steps whole.
    pub full: f64,
    /// Its width if every fact is to stand on one line.
    pub facts: f64,
    /// How many lines stand under its title.
    pub lines: f64,
}

/// What a node needs over some frames of a recording.
#[must_use]
pub fn need(frames: &[Frame], at: usize) -> Need {
    let mut most = Need::default();
    for node in frames.iter().filter_map(|frame| frame.nodes.get(at)) {
        let one = of(node);
        most.compact = most.compact.max(one.compact);
        most.full = most.full.max(one.full);
        most.facts = most.facts.max(one.facts);
        most.lines = most.lines.max(one.lines);
    }
    most
}

fn of(node: &NodeFrame) -> Need {
    let title = width(&node.title, 14.0, Weight::Bold);
    let words =
        |text: &str, size| text.split_inclusive(['-', '.']).map(|w| width(w, size, Weight::Bold)).fold(0.0, f64::max);
    let steps = node.steps.iter().map(|step| 50.0 + width(&step.text, 12.0, Weight::Regular)).fold(0.0, f64::max);
    let marks = node.marks.iter().map(|(_, text)| 46.0 + width(text, 12.0, Weight::Bold)).fold(0.0, f64::max);
    let fact = |(label, value): &(String, String)| {
        36.0 + width(label, 12.0, Weight::Regular) + width(value, 12.0, Weight::Regular)
    };
    let facts = node.facts.iter().map(fact).fold(0.0, f64::max);
    let value = |(_, value): &(String, String)| 24.0 + width(value, 12.0, Weight::Regular);
    let values = node.facts.iter().map(value).fold(0.0, f64::max);
    let state = width(&node.word, 12.0, Weight::Bold);
    Need {
        compact: (words(&node.title, 12.0) + 20.0).max(64.0),
        full: (title + 24.0).max(steps).max(marks).max(if node.steps.is_empty() { values.min(150.0) } else { 0.0 }),
        facts: facts.max(title + state + 36.0),
        lines: node.facts.len().min(2) as f64 + 1.0,
    }
}
