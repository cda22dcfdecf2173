//! Two to four strategies on the same document and seed, on one axis with one cursor.

use super::state::{Dispatch, State};
use super::transport::Shown;
use yew::prelude::*;

/// The most lanes there are.
pub const MOST: usize = 4;

/// The place.
pub fn compare(state: &State, _shown: &Shown<'_>, _dispatch: &Dispatch) -> Html {
    html! {
        <main class="main">
            <div class="lead">
                <h1 id="headline">{ "Choose a second strategy." }</h1>
                <p class="paragraph">{ state.compare.iter().map(|strategy| strategy.id()).collect::<Vec<_>>().join(", ") }</p>
            </div>
        </main>
    }
}
