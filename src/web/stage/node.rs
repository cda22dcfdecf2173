//! A node: its box, its name and state, its steps with the gaps between them, and the crash where it struck.

use super::content::{content, items};
use super::layout::{Form, GapPlace, NodePlace, StageLayout};
use super::measure::short;
use crate::charts::metrics::{Weight, break_id, width as text_width};
use crate::charts::shape::Drawing;
use crate::run::frame::{Column, Frame, GapFrame, NodeFrame, NodeState, Story};
use crate::web::format::{px, seconds};

/// Draws a node.
pub fn node(drawing: &mut Drawing, story: &Story, frame: &Frame, layout: &StageLayout, at: usize) {
    let (Some(node), Some(place)) = (frame.nodes.get(at), layout.nodes.get(at)) else { return };
    let down = match node.state {
        NodeState::Up => "",
        NodeState::Crashed => "dead",
        NodeState::Off => "off",
    };
    let (source, inset) = if node.column == Column::Source { ("source", 1.0) } else { ("", 0.5) };
    let rect = place.rect;
    let (w, h) = (rect.w - 2.0 * inset, rect.h - 2.0 * inset);
    drawing.node(&["node", source, down], rect.x + inset, rect.y + inset, w, h);
    title(drawing, node, place, layout.form);
    if layout.form.terse() {
        return;
    }
    steps(drawing, story, node, place, layout.form);
    content(drawing, node, place, layout.form);
    for (step, gap) in node.steps.iter().zip(&place.gaps) {
        if let (Some(gap), Some(place)) = (&step.gap, gap) {
            crash(drawing, gap, place);
        }
    }
}

/// Whether the state stands beside the name; else it stands under it.
#[must_use]
pub fn state_fits(node: &NodeFrame, width: f64) -> bool {
    text_width(&node.title, 14.0, Weight::Bold) + text_width(&node.word, 12.0, Weight::Bold) + 36.0 <= width
}

/// Whether there is room for when it is back, under the state.
#[must_use]
pub fn back_fits(node: &NodeFrame, width: f64) -> bool {
    let beside = if state_fits(node, width) { 0.0 } else { text_width(&node.word, 12.0, Weight::Bold) + 12.0 };
    !node.back.is_empty() && text_width(&node.back, 12.0, Weight::Regular) + beside + 24.0 <= width
}

/// The name, and what the node is doing. That it is up is left out where there is no room: its plain box says so.
fn title(drawing: &mut Drawing, node: &NodeFrame, place: &NodePlace, form: Form) {
    let rect = place.rect;
    let (halo, loud) = if node.state == NodeState::Up { ("", "second") } else { ("halo", "bold") };
    if form == Form::Slim {
        drawing.words(&["bold", halo], rect.x + 10.0, rect.y + 18.0, &node.title);
        if node.state != NodeState::Up {
            drawing.path("ink two", format!("m{} {} 8 8m0-8-8 8", px(rect.x + rect.w - 18.0), px(rect.y + 10.0)));
        }
        return;
    }
    if form == Form::Compact {
        let state = if node.word.is_empty() { "" } else { node.state.id() };
        let lines = break_id(&node.title, 12.0, Weight::Bold, rect.w - 16.0);
        for (at, line) in lines.iter().enumerate() {
            drawing.words(&["bold", halo], rect.x + 10.0, rect.y + 22.0 + 16.0 * at as f64, line);
        }
        drawing.words(&[loud, halo], rect.x + 10.0, rect.y + 22.0 + 16.0 * lines.len() as f64, state);
        return;
    }
    let bare = node.steps.is_empty() && items(node, rect.w, form).is_empty() && rect.h <= 72.0;
    let (left, y) = (rect.x + 12.0, rect.y + if bare { rect.h / 2.0 + 5.0 } else { 24.0 });
    drawing.words(&["bold large", halo], left, y, &node.title);
    if state_fits(node, rect.w) {
        drawing.words(&[loud, halo, "end"], rect.x + rect.w - 12.0, y, &node.word);
    } else if node.state != NodeState::Up {
        drawing.words(&[loud, halo], left, y + 16.0, &node.word);
    }
    // A crash in the first gap needs that line for its time.
    let mut gaps = node.steps.iter().zip(&place.gaps).filter_map(|(step, place)| step.gap.as_ref().zip(place.as_ref()));
    let struck = gaps.any(|(gap, place)| gap.crashed_at.is_some() && place.line.from.1 < y + 32.0);
    if back_fits(node, rect.w) && !struck {
        drawing.text("second halo end", rect.x + rect.w - 12.0, y + 16.0, &node.back);
    }
}

/// The steps, what binds them, and where the change in view stands.
fn steps(drawing: &mut Drawing, story: &Story, node: &NodeFrame, place: &NodePlace, form: Form) {
    let ends =
        node.bracket.and_then(|(first, last)| place.steps.get(first as usize).zip(place.steps.get(last as usize)));
    if let Some((&(x, top), &(_, bottom))) = ends {
        drawing.path("ink two", format!("M{} {}h-5V{}h5", px(x - 6.0), px(top - 12.0), px(bottom + 4.0)));
    }
    for (at, (step, &(x, y))) in node.steps.iter().zip(&place.steps).enumerate() {
        let text = if form == Form::Tight { short(story, &step.text) } else { step.text.clone() };
        drawing.text("third halo", x, y, &(at + 1).to_string());
        drawing.text(if step.done || step.now { "halo" } else { "third halo" }, x + 14.0, y, &text);
        if step.now {
            drawing.path("inkf", format!("M{} {}l6 5-6 5z", px(place.rect.x + 6.0), px(y - 9.0)));
        }
    }
}

/// The crash in a gap: armed it is a thin line, struck a thick one. Its label stands outside the box, in the free band;
/// inside there is room for the time alone.
fn crash(drawing: &mut Drawing, gap: &GapFrame, place: &GapPlace) {
    if gap.crashed_at.is_none() && !gap.armed {
        return;
    }
    let ((x1, y1), (mut x2, y2), (cx, cy)) = (place.line.from, place.line.to, place.cross);
    let ink = if gap.crashed_at.is_some() { "ink two" } else { "ink" };
    if let Some(at) = gap.crashed_at {
        let words = format!("crashed here, {}", seconds(at));
        let wide = text_width(&words, 12.0, Weight::Bold);
        if let Some((x, y, end)) = place.label.filter(|(x, _, end)| x + wide <= *end) {
            let id = x + wide + 12.0;
            let long = gap.id.len() as f64 * 7.3;
            let named = id + long <= end;
            // A recovery's upright link passes behind the label.
            drawing.rect("under", x - 4.0, y - 10.0, wide + 8.0 + if named { 12.0 + long } else { 0.0 }, 14.0);
            drawing.text("bold halo", x, y, &words);
            if named {
                drawing.text("mono third halo", id, y, &gap.id);
            }
        } else if x1 < x2 {
            let (right, time) = (place.target.x + place.target.w - 8.0, seconds(at));
            drawing.text("bold end halo", right, y1 + 4.0, &time);
            x2 = right - text_width(&time, 12.0, Weight::Bold) - 6.0;
            // Less than that right of the cross would look like a dash.
            x2 = if x2 < cx + 20.0 { cx } else { x2 };
        }
    }
    drawing.path(ink, format!("M{} {}L{} {}", px(x1), px(y1), px(x2), px(y2)));
    drawing.rect("under", cx - 10.0, cy - 9.0, 20.0, 18.0);
    drawing.path(ink, format!("m{} {} 10 10m0-10-10 10", px(cx - 5.0), px(cy - 5.0)));
}
