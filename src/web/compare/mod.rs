//! Two to four strategies on the same document and seed, on one axis with one cursor.

pub mod axis;
pub mod board;
pub mod choose;
pub mod costs;
pub mod lane;
pub mod lanes;
pub mod side;

use super::mark::glyph;
use super::state::{Dispatch, State};
use super::transport::{Shown, transport};
use crate::run::compare::headline;
use board::Board;
use choose::choices;
use lanes::plain;
use side::Side;
use yew::prelude::*;

/// The most lanes there are.
pub const MOST: usize = 4;
/// From that width of the page on the table stands beside the lanes.
const BESIDE: f64 = 1200.0;

/// The place.
pub fn compare(state: &State, shown: &Shown<'_>, dispatch: &Dispatch) -> Html {
    let (lanes, screen, embed) = (&state.lanes, &shown.screen, shown.screen.view.embedded());
    let beside = screen.width >= BESIDE && !embed;
    let (wide, margins) = (lanes.list.len() == MOST, if screen.beside() { 48.0 } else { 32.0 });
    let panel = match (beside, wide) {
        (true, true) => 448.0,
        (true, false) => 376.0,
        (false, _) => 0.0,
    };
    let width = (screen.width - panel - margins).clamp(280.0, 1600.0).floor();
    html! {
        <>
            <main class={classes!("main", "compare", beside.then_some("split"))}>
                <div class="lead">
                    { head(state) }
                    if lanes.list.len() < 2 {
                        { choices(state, dispatch) }
                    }
                    <Board lanes={lanes.list.clone()} parting={lanes.parting.clone()} at={state.cursor} playhead={shown.playhead.clone()}
                        {width} {embed} narrow={screen.narrow()} unit={state.unit} playing={state.playing} dispatch={dispatch.clone()} />
                </div>
                if !embed {
                    <Side lanes={lanes.list.clone()} parting={lanes.parting.clone()} {wide} dispatch={dispatch.clone()} />
                }
            </main>
            { transport(state, shown, dispatch) }
        </>
    }
}

fn head(state: &State) -> Html {
    let runs = state.runs();
    let words = headline(&plain(&runs), state.cursor);
    let one = state.lanes.list.len() < 2;
    html! {
        <div class="said">
            <h1 id="headline">
                if one {
                    { "Choose a second strategy." }
                } else {
                    <span>{ &words.source }</span>
                    if !words.store.is_empty() {
                        { " " }<span class="accent">{ &words.store }</span>
                    }
                }
            </h1>
            <p class="paragraph">{ &words.paragraph }</p>
        </div>
    }
}

/// The verdict of a lane.
fn verdict(story: &crate::run::frame::Story) -> Html {
    let line = &story.verdict;
    html! {
        <p class="verdict-word">
            { if line.blocked { super::mark::blocked(12.0) } else { glyph(line.mark, 12.0) } }
            { &line.word }
        </p>
    }
}
