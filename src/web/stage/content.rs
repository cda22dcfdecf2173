//! What a box holds besides its steps: facts, marks of rows that differ, slots. What has no room is left out whole;
//! it stands in the node's name and in the panel.

use super::layout::{Form, NodePlace};
use super::node::{back_fits, state_fits};
use super::slots::{height, slots};
use crate::charts::metrics::{Weight, width as text_width};
use crate::charts::shape::Drawing;
use crate::run::frame::{NodeFrame, NodeState};
use crate::web::mark::mark;

/// One line of a box.
pub enum Item<'a> {
    /// A fact: label and value.
    Fact(&'a str, &'a str),
    /// A mark, by its number.
    Mark(usize),
    /// A row of slots, by its number.
    Slots(usize),
}

/// From one line to the next.
const LINE: f64 = 24.0;

/// Draws the lines that have room under the title.
pub fn content(drawing: &mut Drawing, node: &NodeFrame, place: &NodePlace, form: Form) {
    let rect = place.rect;
    if !node.steps.is_empty() {
        return;
    }
    let one = (state_fits(node, rect.w) && !back_fits(node, rect.w)) || node.state == NodeState::Up;
    let head = if one { 24.0 } else { 40.0 };
    let mut y = rect.y + head + if form == Form::Turned { 20.0 } else { 26.0 };
    let bottom = rect.y + rect.h - 8.0;
    let items = items(node, rect.w, form);
    // Slots say more than facts: if both have no room, the facts go.
    let all: f64 = items.iter().map(|item| depth(node, item, rect.w - 24.0)).sum();
    let slots_first = !node.slots.is_empty() && all > bottom - y + LINE;
    for facts in [false, true] {
        for item in items.iter().filter(|item| !slots_first || matches!(item, Item::Fact(..)) == facts) {
            let below = if let Item::Slots(at) = item { height(&node.slots[*at], rect.w - 24.0) } else { 0.0 };
            if y + below <= bottom {
                draw(drawing, node, item, (rect.x + 12.0, rect.x + rect.w - 12.0, y));
                y += depth(node, item, rect.w - 24.0);
            }
        }
        if !slots_first {
            return;
        }
    }
}

/// How far the next line stands below this one.
fn depth(node: &NodeFrame, item: &Item<'_>, width: f64) -> f64 {
    match item {
        Item::Fact(..) | Item::Mark(_) => LINE,
        Item::Slots(at) => height(&node.slots[*at], width) + 20.0,
    }
}

/// The first fact, then marks (that a row differs is what the stage is for), then slots, then the other facts. On a
/// phone there is room for one line: there the marks come first.
#[must_use]
pub fn items(node: &NodeFrame, width: f64, form: Form) -> Vec<Item<'_>> {
    let fits = |(label, value): &&(String, String)| {
        let apart = if label.is_empty() || value.is_empty() { 22.0 } else { 32.0 };
        text_width(label, 12.0, Weight::Regular) + text_width(value, 12.0, Weight::Regular) + apart <= width
    };
    let mut facts: Vec<Item<'_>> =
        node.facts.iter().filter(fits).map(|(label, value)| Item::Fact(label, value)).collect();
    let ahead = if form == Form::Turned && !node.marks.is_empty() { 0 } else { 1 };
    let mut others = facts.split_off(facts.len().min(ahead));
    facts.extend((0..node.marks.len()).map(Item::Mark));
    facts.extend((0..node.slots.len()).map(Item::Slots));
    facts.append(&mut others);
    facts
}

fn draw(drawing: &mut Drawing, node: &NodeFrame, item: &Item<'_>, (left, right, y): (f64, f64, f64)) {
    let halo = if node.state == NodeState::Up { "" } else { "halo" };
    match item {
        Item::Fact(label, value) => {
            drawing.words(&["second", halo], left, y, label);
            if !value.is_empty() {
                drawing.words(&["end", halo], right, y, value);
            }
        }
        Item::Mark(at) => {
            let (state, words) = &node.marks[*at];
            mark(drawing, *state, left, y - 10.0, 12.0);
            drawing.words(&[if state.differs() { "accent bold" } else { "second" }, halo], left + 20.0, y, words);
        }
        Item::Slots(at) => slots(drawing, &node.slots[*at], left, right, y),
    }
}
