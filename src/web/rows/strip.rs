//! The picture of the strips: axis, cells, stems, callouts.

use super::layout::{StripLayout, callouts};
use crate::charts::metrics::{Weight, width as text_width};
use crate::charts::shape::Drawing;
use crate::run::frame::{Frame, RowState, Story, Strip};
use crate::web::format::px;
use crate::web::mark::{dot, mark, square};

/// The strips.
#[must_use]
pub fn strips(
    story: &Story,
    frame: &Frame,
    layout: &StripLayout,
    chosen: Option<(usize, usize)>,
    active: (usize, usize),
) -> Drawing {
    let mut drawing = Drawing::default();
    axis(&mut drawing, story, frame, layout);
    stems(&mut drawing, frame, layout);
    for (at, strip) in frame.strips.iter().enumerate() {
        cells(&mut drawing, at, strip, layout);
    }
    let mut ring = |class: &'static str, (strip, key): (usize, usize)| {
        let (x, y) = layout.cell_at(strip, key);
        drawing.rect(class, x - 3.0, y - 3.0, layout.cell + 6.0, layout.cell + 6.0);
    };
    if let Some(cell) = chosen {
        ring("chosen", cell);
    }
    ring("ring", active);
    if layout.counts {
        notes(&mut drawing, frame, layout);
    } else {
        list(&mut drawing, story, frame, layout);
    }
    drawing
}

/// The cells and stems alone.
#[must_use]
pub fn bare(frame: &Frame, layout: &StripLayout) -> Drawing {
    let mut drawing = Drawing::default();
    stems(&mut drawing, frame, layout);
    for (at, strip) in frame.strips.iter().enumerate() {
        cells(&mut drawing, at, strip, layout);
    }
    drawing
}

fn axis(drawing: &mut Drawing, story: &Story, frame: &Frame, layout: &StripLayout) {
    let baseline = if layout.cell > 12.0 { 12.0 } else { 10.0 };
    if layout.cell > 12.0 {
        drawing.text("third end", layout.left - 7.0, baseline, "rows");
    }
    for (key, bad) in layout.numbers(story, frame) {
        let (x, y) = layout.cell_at(0, key);
        let class = if bad { "accent bold middle" } else { "third middle" };
        drawing.text(class, x + layout.cell / 2.0, y - layout.axis + baseline, &story.keys[key].1);
    }
}

/// From the source's row of a key to the lowest store in which it differs, under the cells.
fn stems(drawing: &mut Drawing, frame: &Frame, layout: &StripLayout) {
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
    drawing.path("bad", d);
}

/// One strip: all cells of one look are one path, so that a store of any size is a handful of elements.
fn cells(drawing: &mut Drawing, at: usize, strip: &Strip, layout: &StripLayout) {
    let (mut same, mut none) = (String::new(), String::new());
    let mut others = Drawing::default();
    for (key, cell) in strip.cells.iter().enumerate() {
        let (x, y) = layout.cell_at(at, key);
        match cell.state {
            RowState::Same => same.push_str(&square(x, y, layout.cell)),
            RowState::NoRow => none.push_str(&dot(x, y, layout.cell)),
            RowState::InFlight | RowState::Missing | RowState::Stale | RowState::Ghost | RowState::DuplicateEffect => {
                mark(&mut others, cell.state, x, y, layout.cell);
            }
        }
    }
    for block in 0..layout.blocks {
        let y = layout.cell_at(at, block * layout.per_block).1 + layout.cell / 2.0 + 4.0;
        drawing.text("bold", 0.0, y, &strip.id);
        if layout.counts {
            drawing.text("second end", layout.left - 7.0, y, &strip.rows.to_string());
        }
    }
    drawing.path(if at == 0 { "truth" } else { "copy" }, same);
    drawing.path("dot", none);
    drawing.shapes.append(&mut others.shapes);
}

/// The callouts under the lowest strip.
fn notes(drawing: &mut Drawing, frame: &Frame, layout: &StripLayout) {
    let (below, class) = if layout.cell >= 20.0 { (21.0, "accent bold large") } else { (17.0, "accent bold") };
    for callout in callouts(layout, frame) {
        let y = layout.cell_at(frame.strips.len() - 1, callout.key).1 + layout.cell + below;
        let note = if callout.more > 0 { format!("+{} more", callout.more) } else { callout.note };
        drawing.noted(class, callout.x, y, callout.state.word(), note);
    }
}

/// The phone's callouts: one line for the worst kind, with the keys that have room.
fn list(drawing: &mut Drawing, story: &Story, frame: &Frame, layout: &StripLayout) {
    let y = layout.size.1 - 14.0;
    let bad: Vec<(RowState, &str)> = (0..story.keys.len())
        .filter_map(|key| {
            let cell = frame.strips.iter().map(|strip| &strip.cells[key]).find(|cell| cell.state.differs())?;
            Some((cell.state, story.keys[key].0.as_str()))
        })
        .collect();
    let Some(&(state, first)) = bad.first() else { return };
    let mut words = format!("{}: {first}", state.word());
    let mut named = 1;
    for (_, key) in bad.iter().skip(1).filter(|(other, _)| *other == state) {
        let longer = format!("{words}, {key}");
        if text_width(&longer, 12.0, Weight::Bold) > layout.size.0 - layout.left - 80.0 {
            break;
        }
        (words, named) = (longer, named + 1);
    }
    if bad.len() > named {
        words = format!("{words}, +{} more", bad.len() - named);
    }
    mark(drawing, state, layout.left, y, 12.0);
    drawing.text("accent bold", layout.left + 18.0, y + 10.0, &words);
}
