//! The strategies that can be compared: a button in the scenario bar that opens a list of them.

use super::MOST;
use crate::strategy::StrategyId;
use crate::web::dom::focus;
use crate::web::state::{Action, Dispatch, Look, Overlay, Place, State, on};
use yew::prelude::*;

/// The strategies that are lanes now, or would be if another one were chosen.
fn chosen(state: &State) -> Vec<StrategyId> {
    match state.place {
        Place::Compare => state.compared(),
        Place::Lab | Place::Matrix => vec![state.world.document.strategy()],
    }
}

/// `Compare with..`, or `Add strategy, 3 of 4`; with the list that it opens.
pub fn button(state: &State, dispatch: &Dispatch) -> Html {
    let (open, here) = (state.overlay == Overlay::Compare, state.place == Place::Compare);
    let lanes = chosen(state).len();
    let words = if here { format!("Add strategy, {} of {MOST}", lanes) } else { "Compare with..".to_owned() };
    let toggled = if open { Overlay::None } else { Overlay::Compare };
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            if open && event.key() == "Escape" {
                event.stop_propagation();
                dispatch.dispatch(Action::Look(Look::Overlay(Overlay::None)));
                focus(".with button");
            }
        })
    };
    html! {
        <div class="with" {onkeydown}>
            <button type="button" aria-expanded={open.to_string()} aria-controls="with-list" disabled={here && lanes >= MOST}
                onclick={on(dispatch, move || Action::Look(Look::Overlay(toggled.clone())))}>
                { words }
            </button>
            <div id="with-list" class={if open { "with-list" } else { "with-list closed" }}>
                if open {
                    { choices(state, dispatch) }
                }
            </div>
        </div>
    }
}

/// Every strategy that is not chosen yet.
pub fn choices(state: &State, dispatch: &Dispatch) -> Html {
    let now = chosen(state);
    let others = StrategyId::ALL.iter().filter(|strategy| !now.contains(strategy));
    html! {
        <ul class="choices" aria-label="Strategies">
            for strategy in others {
                <li>{ choice(*strategy, now.clone(), dispatch) }</li>
            }
        </ul>
    }
}

fn choice(strategy: StrategyId, mut list: Vec<StrategyId>, dispatch: &Dispatch) -> Html {
    list.push(strategy);
    // With the last lane the button can do no more.
    let then = if list.len() < MOST { ".with button" } else { ".axis" };
    let onclick = pick(list, then, dispatch);
    html! { <button type="button" {onclick}>{ strategy.id() }</button> }
}

/// Compares these. The button that was pressed goes away: the focus goes to what stays.
fn pick(list: Vec<StrategyId>, then: &'static str, dispatch: &Dispatch) -> Callback<MouseEvent> {
    let dispatch = dispatch.clone();
    Callback::from(move |_| {
        dispatch.dispatch(Action::Look(Look::Compare(list.clone())));
        focus(then);
    })
}

/// Takes a lane away.
pub fn remove(strategy: StrategyId, list: &[StrategyId], dispatch: &Dispatch) -> Html {
    let rest: Vec<StrategyId> = list.iter().copied().filter(|other| *other != strategy).collect();
    let onclick = pick(rest, ".axis", dispatch);
    html! {
        <button type="button" class="quiet remove" aria-label={format!("Take {} away", strategy.id())} {onclick}>
            { crate::web::mark::icon(crate::web::mark::CLOSE) }
        </button>
    }
}
