//! The mark of a row, at 20, 16 or 12 px: one outline each, so that none needs its colour (UI 3).

use super::format::px;
use crate::run::frame::RowState;
use yew::prelude::*;

/// A square, for the paths of strips.
#[must_use]
pub fn square(x: f64, y: f64, size: f64) -> String {
    format!("M{} {}h{size}v{size}h-{size}z", px(x), px(y))
}

/// The 2-px dot of a key that has no row, in a cell of that size.
#[must_use]
pub fn dot(x: f64, y: f64, size: f64) -> String {
    square(x + size / 2.0 - 1.0, y + size / 2.0 - 1.0, 2.0)
}

/// The mark of a state with its upper left corner at (x, y).
#[must_use]
pub fn mark(state: RowState, x: f64, y: f64, size: f64) -> Html {
    let rect = |class: &'static str, inset: f64, side: f64| {
        html! { <rect class={class} x={px(x + inset)} y={px(y + inset)} width={px(side)} height={px(side)} /> }
    };
    let outline = || match size >= 20.0 {
        true => html! { <>{ rect("under", 0.0, size) }{ rect("bad thick", 0.5, size - 1.0) }</> },
        false => html! { <>{ rect("under", 0.0, size) }{ rect("bad", 1.0, size - 2.0) }</> },
    };
    match state {
        RowState::NoRow => html! { <path class="dot" d={dot(x, y, size)} /> },
        RowState::Same => rect("copy", 0.0, size),
        RowState::InFlight => html! {
            <>{ rect("under", 0.0, size) }{ rect("fly", 0.5, size - 1.0) }{ rect("core", 0.3 * size, 0.4 * size) }</>
        },
        RowState::Missing => outline(),
        RowState::Stale => html! {
            <>{ outline() }<path class="badf" d={format!("M{} {}v{size}h{size}z", px(x), px(y))} /></>
        },
        RowState::Ghost => html! {
            <circle class="badf" cx={px(x + size / 2.0)} cy={px(y + size / 2.0)} r={px(size / 2.0)} />
        },
        RowState::DuplicateEffect => {
            let (side, at) = if size >= 20.0 { (13.0, 7.0) } else { (size * 0.625 + 0.5, size * 0.375 - 0.5) };
            let (side, at) = (side.floor(), at.round());
            html! { <>{ rect("badf", 0.0, side) }{ rect("under", at - 1.0, side + 1.0) }{ rect("badf", at, side) }</> }
        }
    }
}

/// Properties of [`Glyph`].
#[derive(PartialEq, Properties)]
pub struct GlyphProps {
    /// Which mark.
    pub state: RowState,
    /// 16 or 12 px.
    pub size: u32,
    /// In the edge colour: it is not on the stage now.
    #[prop_or_default]
    pub quiet: bool,
    /// `blocked` instead of the mark: two ink bars.
    #[prop_or_default]
    pub blocked: bool,
}

/// A mark in a line of text.
#[component]
pub fn Glyph(props: &GlyphProps) -> Html {
    let size = f64::from(props.size);
    let bars = format!("M{} {}h{}v{}h-{0}zm{} 0h{2}v{3}h-{2}z", size / 8.0, 1, size * 0.3, size - 2.0, size * 0.45);
    html! {
        <svg class={classes!("glyph", props.quiet.then_some("quiet"))} width={px(size)} height={px(size)} aria-hidden="true">
            if props.blocked {
                <path class="inkf" d={bars} />
            } else {
                { mark(props.state, 0.0, 0.0, size) }
            }
        </svg>
    }
}

/// An icon of the page, 16 px, drawn by its path.
#[must_use]
pub fn icon(d: &'static str) -> Html {
    html! { <svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d={d} /></svg> }
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
