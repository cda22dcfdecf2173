//! The speed: a slider on a logarithmic scale with eleven stops.

use crate::web::playhead::SPEEDS;
use crate::web::state::{Action, Dispatch, Look, on};
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The slider with its label.
pub fn speed(speed: usize, follow: bool, dispatch: &Dispatch) -> Html {
    let (_, name, words) = SPEEDS[speed];
    let to = dispatch.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        let value = event.target_dyn_into::<HtmlInputElement>().and_then(|input| input.value().parse().ok());
        if let Some(speed) = value {
            to.dispatch(Action::Look(Look::Speed(speed)));
        }
    });
    let onfollow = on(dispatch, move || Action::Look(Look::Follow(!follow)));
    html! {
        <div class="speed">
            <label class="check follow" title="Slows down so that each message can be followed">
                <input type="checkbox" checked={follow} onchange={onfollow} />
                { "Follow" }
            </label>
            <label class="speed-label">
            <span class="small third speed-name">{ "Speed" }</span>
            <input type="range" min="0" max={(SPEEDS.len() - 1).to_string()} step="1" value={speed.to_string()}
                aria-valuetext={format!("{name}, {words}")} {oninput} />
            <span class="small"><span class="bold">{ name }</span>{ " " }<span class="third speed-words">{ words }</span></span>
            </label>
        </div>
    }
}
