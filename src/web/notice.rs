//! What was refused, in full, until it is dismissed or something works again.

use super::state::{Action, Dispatch, Look, Notice, on};
use yew::prelude::*;

/// The notice.
pub fn notice_box(notice: &Notice, dispatch: &Dispatch) -> Html {
    html! {
        <div class="notice" role="alert">
            <div class="notice-text">
                <p class="bold">{ &notice.head }</p>
                <ul>
                    for line in notice.lines.iter() {
                        <li>{ line }</li>
                    }
                </ul>
            </div>
            <button type="button" onclick={on(dispatch, || Action::Look(Look::Dismiss))}>{ "Dismiss" }</button>
        </div>
    }
}
