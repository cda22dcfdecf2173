//! What a box holds besides its steps: facts, marks of rows that differ, slots. What has no room is left out whole;
//! it stands in the node's name and in the panel.

use super::layout::{Form, NodePlace};
use super::node::state_fits;
use super::slots::{height, slots};
use crate::charts::metrics::{Weight, width as text_width};
use crate::run::frame::{NodeFrame, NodeState};
use crate::web::format::px;
use crate::web::mark::mark;
use yew::prelude::*;

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

/// The lines that have room under the title.
#[must_use]
pub fn content(node: &NodeFrame, place: &NodePlace, form: Form) -> Html {
    let rect = place.rect;
    if !node.steps.is_empty() {
        return Html::default();
    }
    let head = if state_fits(node, rect.w) || node.state == NodeState::Up { 24.0 } else { 40.0 };
    let mut y = rect.y + head + if form == Form::Turned { 20.0 } else { 26.0 };
    let room = rect.y + rect.h - 8.0 - y;
    let mut items = items(node, rect.w, form);
    // Slots say more than facts: if both have no room, the facts go.
    if !node.slots.is_empty() && items.iter().map(|item| depth(node, item)).sum::<f64>() > room + LINE {
        items.sort_by_key(|item| u8::from(matches!(item, Item::Fact(..))));
    }
    let bottom = y + room;
    let mut drawn = Vec::new();
    for item in items {
        let below = if let Item::Slots(at) = item { height(&node.slots[at]) } else { 0.0 };
        if y + below <= bottom {
            drawn.push(draw(node, &item, rect.x + 12.0, rect.x + rect.w - 12.0, y));
            y += depth(node, &item);
        }
    }
    Html::from_iter(drawn)
}

/// How far the next line stands below this one.
fn depth(node: &NodeFrame, item: &Item<'_>) -> f64 {
    match item {
        Item::Fact(..) | Item::Mark(_) => LINE,
        Item::Slots(at) => height(&node.slots[*at]) + 20.0,
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
    let others = facts.split_off(facts.len().min(ahead));
    let marks = (0..node.marks.len()).map(Item::Mark);
    facts.into_iter().chain(marks).chain((0..node.slots.len()).map(Item::Slots)).chain(others).collect()
}

fn draw(node: &NodeFrame, item: &Item<'_>, left: f64, right: f64, y: f64) -> Html {
    let halo = if node.state == NodeState::Up { "" } else { "halo" };
    match item {
        Item::Fact(label, value) => html! {
            <>
                <text class={classes!("second", halo)} x={px(left)} y={px(y)}>{ *label }</text>
                <text class={classes!("end", halo)} x={px(right)} y={px(y)}>{ *value }</text>
            </>
        },
        Item::Mark(at) => {
            let (state, words) = &node.marks[*at];
            let class = if state.differs() { "accent bold" } else { "second" };
            html! {
                <>
                    { mark(*state, left, y - 10.0, 12.0) }
                    <text class={classes!(class, halo)} x={px(left + 20.0)} y={px(y)}>{ words }</text>
                </>
            }
        }
        Item::Slots(at) => slots(&node.slots[*at], left, right, y),
    }
}
