//! What the marks mean. Kinds that are on the stage now stand in their own ink.

use crate::run::frame::RowState;
use crate::web::mark::{glyph, quiet};
use yew::prelude::*;

/// In the order of the page: from what is in order to what is not there.
const ORDER: [RowState; 7] = [
    RowState::Same,
    RowState::InFlight,
    RowState::Missing,
    RowState::Stale,
    RowState::Ghost,
    RowState::DuplicateEffect,
    RowState::NoRow,
];

/// The legend; `here`: whether a kind is on the stage now.
pub fn legend(here: &dyn Fn(RowState) -> bool) -> Html {
    let item = |state: RowState| {
        let (differs, here) = (state.differs(), here(state));
        let class = if differs && here { "differs here" } else { "" };
        html! {
            <li {class}>
                { if differs && !here { quiet(state, 12.0) } else { glyph(state, 12.0) } }
                { state.word() }
            </li>
        }
    };
    html! {
        <ul class="legend" aria-label="Marks">
            for state in ORDER {
                { item(state) }
            }
        </ul>
    }
}
