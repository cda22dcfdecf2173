//! What the marks mean. Kinds that are on the stage now stand in their own ink.

use crate::run::frame::{Frame, RowState};
use crate::web::mark::Glyph;
use crate::web::shared::Shared;
use yew::prelude::*;

/// Properties of [`Legend`].
#[derive(PartialEq, Properties)]
pub struct LegendProps {
    /// What is shown.
    pub frame: Shared<Frame>,
}

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

/// The legend.
#[component]
pub fn Legend(props: &LegendProps) -> Html {
    let here = |state: RowState| props.frame.strips.iter().any(|strip| strip.cells.iter().any(|c| c.state == state));
    html! {
        <ul class="legend" aria-label="Marks">
            for state in ORDER {
                <li class={classes!(state.differs().then_some("differs"), here(state).then_some("here"))}>
                    <Glyph {state} size={12} quiet={state.differs() && !here(state)} />
                    { state.word() }
                </li>
            }
        </ul>
    }
}
