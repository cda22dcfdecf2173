//! The head of the page: the mark, the places, theme, keys, share.

use super::state::{Action, Dispatch, Look, Overlay, Place, Theme, on};
use yew::prelude::*;

/// The head of the page.
pub fn top(theme: Theme, place: Place, dispatch: &Dispatch) -> Html {
    let next = match theme {
        Theme::System => Theme::Light,
        Theme::Light => Theme::Dark,
        Theme::Dark => Theme::System,
    };
    html! {
        <header class="top">
            if place == Place::Lab {
                <a class="skip" href="#rows" onclick={skip()}>{ "Skip to the rows" }</a>
            }
            <span class="brand">
                <svg width="22" height="16" viewBox="0 0 22 16" aria-hidden="true">
                    <rect class="inkf" y="3" width="10" height="10" />
                    <rect class="bad" x="13" y="4" width="8" height="8" />
                </svg>
                { "Driftscope" }
            </span>
            <nav class="places" aria-label="Places">
                for other in Place::ALL.iter() {
                    { place_button(*other, place, dispatch) }
                }
                <a class="place" href="fidelity.html">{ "Fidelity" }</a>
            </nav>
            <div class="end">
                <button type="button" class="quiet" onclick={on(dispatch, move || Action::Look(Look::Theme(next)))}>
                    { "Theme: " }{ theme.id() }
                </button>
                <button type="button" class="quiet wide" onclick={on(dispatch, || Action::Look(Look::Overlay(Overlay::Keys)))}>
                    { "Keys" }
                </button>
                <button type="button" class="share" onclick={on(dispatch, || Action::Look(Look::Overlay(Overlay::Share)))}>
                    { "Share" }
                </button>
            </div>
        </header>
    }
}

fn place_button(other: Place, now: Place, dispatch: &Dispatch) -> Html {
    let current = (other == now).then_some("page");
    html! {
        <button type="button" class="place" aria-current={current} onclick={on(dispatch, move || Action::Look(Look::Place(other)))}>
            { other.id() }
        </button>
    }
}

/// Moves the focus instead of the address: the hash is the permalink.
fn skip() -> Callback<MouseEvent> {
    Callback::from(|event: MouseEvent| {
        event.prevent_default();
        super::dom::focus("#rows [tabindex='0']");
    })
}
