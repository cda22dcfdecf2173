//! A node: its box, its name and state, its steps with the gaps between them, and the crash where it struck.

use super::content::{content, items};
use super::layout::{Form, GapPlace, NodePlace, StageLayout};
use super::measure::short;
use crate::charts::metrics::{Weight, break_id, width as text_width};
use crate::run::frame::{Column, Frame, GapFrame, NodeFrame, NodeState, Story};
use crate::web::format::{px, seconds};
use yew::prelude::*;

/// A node as SVG.
#[must_use]
pub fn node(story: &Story, frame: &Frame, layout: &StageLayout, at: usize) -> Html {
    let (Some(node), Some(place)) = (frame.nodes.get(at), layout.nodes.get(at)) else { return Html::default() };
    let down = match node.state {
        NodeState::Up => None,
        NodeState::Crashed => Some("dead"),
        NodeState::Off => Some("off"),
    };
    let source = (node.column == Column::Source).then_some("source");
    let inset = if source.is_some() { 1.0 } else { 0.5 };
    let rect = place.rect;
    html! {
        <g>
            <rect class={classes!("node", source, down)} x={px(rect.x + inset)} y={px(rect.y + inset)} rx="2"
                width={px(rect.w - 2.0 * inset)} height={px(rect.h - 2.0 * inset)} />
            { title(node, place, layout.form) }
            if layout.form != Form::Compact {
                { steps(story, node, place, layout.form) }
                { content(node, place, layout.form) }
            }
            for (step, gap) in node.steps.iter().zip(&place.gaps) {
                if let (Some(gap), Some(place)) = (&step.gap, gap) {
                    { crash(gap, place, layout) }
                }
            }
        </g>
    }
}

/// Where the title's baseline stands: in the middle of a box that holds nothing else.
fn baseline(node: &NodeFrame, place: &NodePlace, form: Form) -> f64 {
    let bare = node.steps.is_empty() && items(node, place.rect.w, form).is_empty();
    match form {
        Form::Compact => place.rect.y + 22.0,
        Form::Full | Form::Tight | Form::Turned if bare && place.rect.h <= 72.0 => {
            place.rect.y + place.rect.h / 2.0 + 5.0
        }
        Form::Full | Form::Tight | Form::Turned => place.rect.y + 24.0,
    }
}

/// Whether the state stands beside the name; else it stands under it.
#[must_use]
pub fn state_fits(node: &NodeFrame, width: f64) -> bool {
    text_width(&node.title, 14.0, Weight::Bold) + text_width(&node.word, 12.0, Weight::Bold) + 36.0 <= width
}

/// The name, and what the node is doing.
fn title(node: &NodeFrame, place: &NodePlace, form: Form) -> Html {
    let (rect, y) = (place.rect, baseline(node, place, form));
    let halo = if node.state == NodeState::Up { "" } else { "halo" };
    let loud = if node.state == NodeState::Up { "second" } else { "bold" };
    if form == Form::Compact {
        let lines = break_id(&node.title, 12.0, Weight::Bold, rect.w - 16.0);
        let state = rect.y + 22.0 + 16.0 * lines.len() as f64;
        return html! {
            <>
                for (at, line) in lines.iter().enumerate() {
                    <text class={classes!("bold", halo)} x={px(rect.x + 10.0)} y={px(y + 16.0 * at as f64)}>{ line }</text>
                }
                <text class={classes!(loud, halo)} x={px(rect.x + 10.0)} y={px(state)}>{ &node.word }</text>
            </>
        };
    }
    let left = rect.x + 12.0;
    let fits = state_fits(node, rect.w);
    html! {
        <>
            <text class={classes!("bold", "large", halo)} x={px(left)} y={px(y)}>{ &node.title }</text>
            if fits {
                <text class={classes!(loud, halo, "end")} x={px(rect.x + rect.w - 12.0)} y={px(y)}>{ &node.word }</text>
            } else if node.state != NodeState::Up {
                <text class={classes!(loud, halo)} x={px(left)} y={px(y + 16.0)}>{ &node.word }</text>
            }
        </>
    }
}

/// The steps, what binds them, and where the change in view stands.
fn steps(story: &Story, node: &NodeFrame, place: &NodePlace, form: Form) -> Html {
    let text = |words: &str| if form == Form::Tight { short(story, words) } else { words.to_owned() };
    let bracket = node.bracket.and_then(|(first, last)| {
        let ((x, top), (_, bottom)) = (*place.steps.get(first as usize)?, *place.steps.get(last as usize)?);
        Some(format!("M{} {}h-5V{}h5", px(x - 6.0), px(top - 12.0), px(bottom + 4.0)))
    });
    html! {
        <>
            if let Some(d) = bracket {
                <path class="ink two" {d} />
            }
            for (at, (step, (x, y))) in node.steps.iter().zip(&place.steps).enumerate() {
                <text class="third halo" x={px(*x)} y={px(*y)}>{ at + 1 }</text>
                <text class={classes!("halo", (!step.done && !step.now).then_some("third"))} x={px(x + 14.0)} y={px(*y)}>{ text(&step.text) }</text>
                if step.now {
                    <path class="inkf" d={format!("M{} {}l6 5-6 5z", px(x - 20.0), px(y - 9.0))} />
                }
            }
        </>
    }
}

/// The crash in a gap: armed it is a thin line, struck a thick one with its label outside the box.
fn crash(gap: &GapFrame, place: &GapPlace, layout: &StageLayout) -> Html {
    if gap.crashed_at.is_none() && !gap.armed || layout.form == Form::Compact {
        return Html::default();
    }
    let ((x1, y1), (x2, y2), (cx, cy)) = (place.line.from, place.line.to, place.cross);
    let ink = if gap.crashed_at.is_some() { "ink two" } else { "ink" };
    let label = gap.crashed_at.map(|at| label(gap, place, &seconds(at), layout.size.0));
    html! {
        <g>
            <path class={ink} d={format!("M{} {}L{} {}", px(x1), px(y1), px(x2), px(y2))} />
            <rect class="under" x={px(cx - 10.0)} y={px(cy - 9.0)} width="20" height="18" />
            <path class={ink} d={format!("m{} {} 10 10m0-10-10 10", px(cx - 5.0), px(cy - 5.0))} />
            { label }
        </g>
    }
}

fn label(gap: &GapFrame, place: &GapPlace, time: &str, width: f64) -> Html {
    let words = format!("crashed here, {time}");
    let wide = text_width(&words, 12.0, Weight::Bold);
    match place.label {
        Some((x, y)) => {
            let id = x + wide + 12.0 + gap.id.len() as f64 * 7.3 <= width;
            html! {
                <>
                    <text class="bold halo" x={px(x)} y={px(y)}>{ words }</text>
                    if id {
                        <text class="mono third halo" x={px(x + wide + 12.0)} y={px(y)}>{ &gap.id }</text>
                    }
                </>
            }
        }
        None if place.line.from.0 == place.line.to.0 => Html::default(),
        None => {
            let right = place.line.to.0.max(place.line.from.0) - 8.0;
            let wide = text_width(time, 12.0, Weight::Bold) + 8.0;
            html! {
                <>
                    <rect class="under" x={px(right - wide + 4.0)} y={px(place.line.from.1 - 8.0)} width={px(wide)} height="16" />
                    <text class="bold end" x={px(right)} y={px(place.line.from.1 + 4.0)}>{ time }</text>
                </>
            }
        }
    }
}
