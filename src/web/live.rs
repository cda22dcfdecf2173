//! What the screen reader is told: one polite region.

use yew::prelude::*;

/// The live region.
pub fn live(spoken: &str) -> Html {
    html! { <p class="unseen" role="status" aria-live="polite">{ spoken }</p> }
}
