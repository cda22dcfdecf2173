//! Every crash point under every strategy.

use super::screen::Screen;
use super::state::{Dispatch, State};
use yew::prelude::*;

/// The place.
pub fn matrix(state: &State, _screen: &Screen, _dispatch: &Dispatch) -> Html {
    html! {
        <main class="main">
            <div class="lead">
                <h1 id="headline">{ "Every crash point under every strategy" }</h1>
                <p class="paragraph">{ state.world.preset() }</p>
            </div>
        </main>
    }
}
