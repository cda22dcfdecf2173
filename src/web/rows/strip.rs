//! The picture of the strips: axis, cells, stems, callouts.

use super::layout::{Callout, StripLayout, callouts};
use crate::charts::metrics::{Weight, width as text_width};
use crate::run::frame::{Frame, RowState, Story, Strip};
use crate::web::format::px;
use crate::web::mark::{dot, mark, square};
use yew::prelude::*;

/// The strips as SVG.
#[must_use]
pub fn strips(
    story: &Story,
    frame: &Frame,
    layout: &StripLayout,
    chosen: Option<(usize, usize)>,
    active: (usize, usize),
) -> Html {
    let (width, height) = (px(layout.size.0), px(layout.size.1));
    let ring = |class: &'static str, (strip, key): (usize, usize)| {
        let ((x, y), side) = (layout.cell_at(strip, key), px(layout.cell + 6.0));
        html! { <rect {class} x={px(x - 3.0)} y={px(y - 3.0)} width={side.clone()} height={side} /> }
    };
    html! {
        <svg class="strips" width={width.clone()} height={height.clone()} viewBox={format!("0 0 {width} {height}")} aria-hidden="true">
            { axis(story, frame, layout) }
            { stems(frame, layout) }
            for (at, strip) in frame.strips.iter().enumerate() {
                { cells(at, strip, layout) }
            }
            if let Some(cell) = chosen {
                { ring("chosen", cell) }
            }
            { ring("ring", active) }
            if layout.counts {
                { notes(frame, layout) }
            } else {
                { list(story, frame, layout) }
            }
        </svg>
    }
}

fn axis(story: &Story, frame: &Frame, layout: &StripLayout) -> Html {
    let baseline = if layout.cell > 12.0 { 12.0 } else { 10.0 };
    let number = |(key, bad): (usize, bool)| {
        let (x, y) = layout.cell_at(0, key);
        let class = if bad { "accent bold middle" } else { "third middle" };
        let (x, y) = (px(x + layout.cell / 2.0), px(y - layout.axis + baseline));
        html! { <text {class} {x} {y}>{ &story.keys[key].1 }</text> }
    };
    html! {
        <>
            if layout.cell > 12.0 {
                <text class="third end" x={px(layout.left - 7.0)} y={px(baseline)}>{ "rows" }</text>
            }
            for at in layout.numbers(story, frame) {
                { number(at) }
            }
        </>
    }
}

/// From the source's row of a key to the lowest store in which it differs, under the cells.
fn stems(frame: &Frame, layout: &StripLayout) -> Html {
    let keys = frame.strips.first().map_or(0, |strip| strip.cells.len());
    let mut d = String::new();
    for key in 0..keys {
        if let Some(lowest) = (1..frame.strips.len()).rfind(|&strip| frame.strips[strip].cells[key].state.differs()) {
            let ((x, top), (_, bottom)) = (layout.cell_at(0, key), layout.cell_at(lowest, key));
            let beyond = layout.cell + if layout.cell > 12.0 { 8.0 } else { 5.0 };
            let to = if layout.counts && lowest + 1 == frame.strips.len() { bottom + beyond } else { bottom };
            d.push_str(&format!("M{} {}V{}", px(x + layout.cell / 2.0), px(top + layout.cell), px(to)));
        }
    }
    html! { <path class="bad" {d} /> }
}

/// One strip: all cells of one look are one path, so that a store of any size is a handful of elements.
fn cells(at: usize, strip: &Strip, layout: &StripLayout) -> Html {
    let (mut same, mut none) = (String::new(), String::new());
    let mut others = Vec::new();
    for (key, cell) in strip.cells.iter().enumerate() {
        let (x, y) = layout.cell_at(at, key);
        match cell.state {
            RowState::Same => same.push_str(&square(x, y, layout.cell)),
            RowState::NoRow => none.push_str(&dot(x, y, layout.cell)),
            RowState::InFlight | RowState::Missing | RowState::Stale | RowState::Ghost | RowState::DuplicateEffect => {
                others.push(mark(cell.state, x, y, layout.cell));
            }
        }
    }
    let names = (0..layout.blocks).map(|block| {
        let y = layout.cell_at(at, block * layout.per_block).1 + layout.cell / 2.0 + 4.0;
        let count = layout
            .counts
            .then(|| html! { <text class="second end" x={px(layout.left - 7.0)} y={px(y)}>{ strip.rows }</text> });
        html! { <><text class="bold" x="0" y={px(y)}>{ &strip.id }</text>{ count }</> }
    });
    html! {
        <g>
            { for names }
            <path class={if at == 0 { "truth" } else { "copy" }} d={same} />
            <path class="dot" d={none} />
            { for others }
        </g>
    }
}

/// The callouts under the lowest strip.
fn notes(frame: &Frame, layout: &StripLayout) -> Html {
    let (below, class) = if layout.cell >= 20.0 { (21.0, "accent bold large") } else { (17.0, "accent bold") };
    let note = |callout: &Callout| {
        let y = layout.cell_at(frame.strips.len() - 1, callout.key).1 + layout.cell + below;
        let note = if callout.more > 0 { format!("+{} more", callout.more) } else { callout.note.clone() };
        html! {
            <text {class} x={px(callout.x)} y={px(y)}>
                { callout.state.word() }<tspan class="note" dx="8">{ note }</tspan>
            </text>
        }
    };
    html! { for callout in callouts(layout, frame).iter() { { note(callout) } } }
}

/// The phone's callouts: one line for each kind, with the keys.
fn list(story: &Story, frame: &Frame, layout: &StripLayout) -> Html {
    let y = layout.size.1 - 14.0;
    let bad: Vec<(RowState, &str)> = (0..story.keys.len())
        .filter_map(|key| {
            let cell = frame.strips.iter().map(|strip| &strip.cells[key]).find(|cell| cell.state.differs())?;
            Some((cell.state, story.keys[key].0.as_str()))
        })
        .collect();
    let Some(&(state, _)) = bad.first() else { return Html::default() };
    let alike: Vec<&str> = bad.iter().filter(|(other, _)| *other == state).map(|(_, key)| *key).collect();
    let mut words = format!("{}: {}", state.word(), alike[0]);
    let mut named = 1;
    for key in &alike[1..] {
        let longer = format!("{words}, {key}");
        if text_width(&longer, 12.0, Weight::Bold) > layout.size.0 - layout.left - 80.0 {
            break;
        }
        (words, named) = (longer, named + 1);
    }
    if bad.len() > named {
        words = format!("{words}, +{} more", bad.len() - named);
    }
    html! {
        <>
            { mark(state, layout.left, y, 12.0) }
            <text class="accent bold" x={px(layout.left + 18.0)} y={px(y + 10.0)}>{ words }</text>
        </>
    }
}
