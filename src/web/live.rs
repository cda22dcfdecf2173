//! What the screen reader is told: one polite region.

use yew::prelude::*;

/// Properties of [`Live`].
#[derive(PartialEq, Properties)]
pub struct LiveProps {
    /// The last sentence.
    pub spoken: AttrValue,
}

/// The live region.
#[component]
pub fn Live(props: &LiveProps) -> Html {
    html! { <p class="unseen" role="status" aria-live="polite">{ &props.spoken }</p> }
}
