//! What was refused, in full, until it is dismissed or something works again.

use super::state::{Action, Dispatch, Look, Notice, on};
use yew::prelude::*;

/// Properties of [`NoticeBox`].
#[derive(PartialEq, Properties)]
pub struct NoticeProps {
    /// What to say.
    pub notice: Notice,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The notice.
#[component]
pub fn NoticeBox(props: &NoticeProps) -> Html {
    let NoticeProps { notice, dispatch } = props;
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
