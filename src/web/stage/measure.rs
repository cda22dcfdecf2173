//! How much room a node's words need, with the fixed metrics of the widest system font.

use crate::charts::metrics::{Weight, break_id, width};
use crate::run::frame::{Frame, NodeFrame, SlotRow, Story};

/// What a node needs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Need {
    /// Its width in the compact form.
    pub compact: f64,
    /// Its width with its name on one line, and room for a cross.
    pub slim: f64,
    /// How many lines its name takes there.
    pub names: f64,
    /// Its least width with its title and steps whole.
    pub full: f64,
    /// The same with short names of keys in its steps.
    pub short: f64,
    /// Its width if every fact is to stand on one line.
    pub facts: f64,
    /// How many lines stand under its title.
    pub lines: f64,
}

/// What a node needs over some frames of a recording.
#[must_use]
pub fn need(story: &Story, frames: &[Frame], at: usize) -> Need {
    let mut most = Need::default();
    for node in frames.iter().filter_map(|frame| frame.nodes.get(at)) {
        let one = of(story, node);
        most.compact = most.compact.max(one.compact);
        most.slim = most.slim.max(one.slim);
        most.names = most.names.max(one.names);
        most.full = most.full.max(one.full);
        most.short = most.short.max(one.short);
        most.facts = most.facts.max(one.facts);
        most.lines = most.lines.max(one.lines);
    }
    most
}

fn of(story: &Story, node: &NodeFrame) -> Need {
    let small = |text: &str| width(text, 12.0, Weight::Regular);
    let title = width(&node.title, 14.0, Weight::Bold) + 24.0;
    let up = if node.word.is_empty() { 0.0 } else { 12.0 + small("up") };
    let word = |text: &str| text.split_inclusive(['-', '.']).map(|w| width(w, 12.0, Weight::Bold)).fold(0.0, f64::max);
    let slim = width(&node.title, 12.0, Weight::Bold) + 36.0;
    let compact = (word(&node.title) + 20.0).max(76.0);
    let indent = if node.bracket.is_some() { 48.0 } else { 40.0 };
    let widest = |text: &dyn Fn(&str) -> String| {
        node.steps.iter().map(|step| indent + small(&text(&step.text))).fold(0.0, f64::max)
    };
    let marks = node.marks.iter().map(|(_, text)| 46.0 + width(text, 12.0, Weight::Bold)).fold(0.0, f64::max);
    let facts = node.facts.iter().map(|(label, value)| 36.0 + small(label) + small(value)).fold(0.0, f64::max);
    // A position's words may grow by a digit.
    let slot = |row: &SlotRow| match row.positions.as_slice() {
        [(words, _)] => 32.0 + small(words),
        [] | [_, _, ..] => 84.0,
    };
    let slots = node.slots.iter().map(slot).fold(0.0, f64::max);
    let state = if node.word.is_empty() { 0.0 } else { title + width(&node.word, 12.0, Weight::Bold) + 12.0 };
    let least = title.max(marks).max(slots);
    let bare = |(label, value): &(String, String)| if value.is_empty() { 24.0 + small(label) } else { 0.0 };
    let bare = node.facts.iter().map(bare).fold(0.0, f64::max);
    Need {
        slim,
        compact,
        names: break_id(&node.title, 12.0, Weight::Bold, compact - 16.0).len() as f64,
        full: least.max(title + up).max(bare).max(widest(&str::to_owned)),
        short: least.max(widest(&|text| short(story, text))),
        facts: facts.max(state),
        lines: node.facts.len().min(2) as f64 + 1.0,
    }
}

/// A step's words with the short name of its key: `write 17` for `write product-17`.
#[must_use]
pub fn short(story: &Story, text: &str) -> String {
    let word = |word: &str| {
        let key = story.keys.iter().find(|(name, _)| name == word);
        key.map_or_else(|| word.to_owned(), |(_, short)| short.clone())
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
