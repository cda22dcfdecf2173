//! The mark of a row, at 20, 16 or 12 px: one outline each, so that none needs its colour (UI 3).

use super::draw::{nodes, picture};
use super::format::px;
use crate::charts::shape::Drawing;
use crate::run::frame::RowState;
use yew::prelude::*;

/// A square, for the paths of strips.
#[must_use]
pub fn square(x: f64, y: f64, size: f64) -> String {
    let size = px(size);
    format!("M{} {}h{size}v{size}h-{size}z", px(x), px(y))
}

/// The 2-px dot of a key that has no row, in a cell of that size.
#[must_use]
pub fn dot(x: f64, y: f64, size: f64) -> String {
    square(x + size / 2.0 - 1.0, y + size / 2.0 - 1.0, 2.0)
}

/// Draws the mark of a state with its upper left corner at (x, y).
pub fn mark(drawing: &mut Drawing, state: RowState, x: f64, y: f64, size: f64) {
    let mut rect = |class: &'static str, inset: f64, side: f64| drawing.rect(class, x + inset, y + inset, side, side);
    match state {
        RowState::NoRow => drawing.path("dot", dot(x, y, size)),
        RowState::Same => rect("copy", 0.0, size),
        RowState::InFlight => {
            rect("under", 0.0, size);
            rect("fly", 0.5, size - 1.0);
            rect("core", 0.3 * size, 0.4 * size);
        }
        RowState::Missing | RowState::Stale => {
            rect("under", 0.0, size);
            if size >= 20.0 {
                rect("bad thick", 0.5, size - 1.0)
            } else {
                rect("bad", 1.0, size - 2.0)
            }
            if state == RowState::Stale {
                drawing.path("badf", format!("M{} {}v{2}h{2}z", px(x), px(y), px(size)));
            }
        }
        RowState::Ghost => drawing.disc("badf", x + size / 2.0, y + size / 2.0, size / 2.0),
        RowState::DuplicateEffect => {
            let side = if size >= 20.0 { 13.0 } else { (size * 0.625 + 0.5).floor() };
            let at = size - side;
            rect("badf", 0.0, side);
            rect("under", at - 1.0, side + 1.0);
            rect("badf", at, side);
        }
    }
}

/// A mark in a line of text, 16 or 12 px.
pub fn glyph(state: RowState, size: f64) -> Html {
    let mut drawing = Drawing::default();
    mark(&mut drawing, state, 0.0, 0.0, size);
    picture("glyph", (size, size), nodes(&drawing.shapes))
}

/// The same in the edge colour: it is not on the stage now.
pub fn quiet(state: RowState, size: f64) -> Html {
    let mut drawing = Drawing::default();
    mark(&mut drawing, state, 0.0, 0.0, size);
    picture("glyph quiet", (size, size), nodes(&drawing.shapes))
}

/// Two ink bars: blocked.
pub fn blocked(size: f64) -> Html {
    let mut drawing = Drawing::default();
    drawing.rect("inkf", 0.12 * size, 1.0, 0.3 * size, size - 2.0);
    drawing.rect("inkf", 0.58 * size, 1.0, 0.3 * size, size - 2.0);
    picture("glyph", (size, size), nodes(&drawing.shapes))
}

/// An icon of the page, 16 px, drawn by its path.
pub fn icon(d: &'static str) -> Html {
    let mut drawing = Drawing::default();
    drawing.path("", d.to_owned());
    picture("icon", (16.0, 16.0), nodes(&drawing.shapes))
}

/// Play.
pub const PLAY: &str = "M4 2.5 13 8 4 13.5z";
/// Pause.
pub const PAUSE: &str = "M4 3h3v10H4zM9 3h3v10H9z";
/// Back.
pub const BACK: &str = "M12 3v10L5 8zM3 3h1.8v10H3z";
/// Next.
pub const NEXT: &str = "M4 3v10l7-5zM11.2 3H13v10h-1.8z";
/// An open list.
pub const DOWN: &str = "m3.6 5.5 1-1L8 8l3.4-3.5 1 1L8 10z";
/// Take away.
pub const CLOSE: &str = "m4 5 1-1 3 3 3-3 1 1-3 3 3 3-1 1-3-3-3 3-1-1 3-3z";
/// Done.
pub const TICK: &str = "m2.9 8.6 1.2-1.2 2.6 2.6 5.2-5.4 1.2 1.2-6.4 6.6z";
