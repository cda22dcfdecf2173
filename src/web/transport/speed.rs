//! The speed: a slider on a logarithmic scale with eleven stops.

use crate::web::playhead::SPEEDS;
use crate::web::state::{Action, Dispatch, Look, on};
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Properties of [`Speed`].
#[derive(PartialEq, Properties)]
pub struct SpeedProps {
    /// Index in [`SPEEDS`].
    pub speed: usize,
    /// Whether play slows down for messages.
    pub follow: bool,
    /// Where changes go.
    pub dispatch: Dispatch,
}

/// The slider with its label.
#[component]
pub fn Speed(props: &SpeedProps) -> Html {
    let (_, name, words) = SPEEDS[props.speed];
    let dispatch = props.dispatch.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        let value = event.target_dyn_into::<HtmlInputElement>().and_then(|input| input.value().parse().ok());
        if let Some(speed) = value {
            dispatch.dispatch(Action::Look(Look::Speed(speed)));
        }
    });
    let follow = props.follow;
    let onfollow = on(&props.dispatch, move || Action::Look(Look::Follow(!follow)));
    html! {
        <div class="speed">
            <label class="check follow" title="Slows down so that each message can be followed">
                <input type="checkbox" checked={follow} onchange={onfollow} />
                { "Follow" }
            </label>
            <label class="speed-label">
            <span class="small third speed-name">{ "Speed" }</span>
            <input type="range" min="0" max={(SPEEDS.len() - 1).to_string()} step="1" value={props.speed.to_string()}
                aria-valuetext={format!("{name}, {words}")} {oninput} />
            <span class="small"><span class="bold">{ name }</span>{ " " }<span class="third speed-words">{ words }</span></span>
            </label>
        </div>
    }
}
