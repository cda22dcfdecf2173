//! The panel: why, events, rows, costs, alarms.

pub mod alarms;
pub mod events;
pub mod options;
pub mod search;
pub mod table;
pub mod tables;
pub mod why;

use super::compare::costs::table as costs;
use super::shared::Shared;
use super::state::{Action, Dispatch, Look, State, Tab, on};
use crate::run::frame::Frame;
use alarms::alarms;
use events::Events;
use options::Options;
use table::Table;
use why::why;
use yew::prelude::*;

/// The panel.
pub fn panel(state: &State, frame: &Shared<Frame>, dispatch: &Dispatch) -> Html {
    let tab = state.tab;
    html! {
        <aside class="panel" aria-label="Details">
            <div class="tabs" role="tablist" aria-label="Details" onkeydown={arrows(tab, dispatch)}>
                for other in Tab::ALL.iter() {
                    { tab_button(*other, tab, dispatch) }
                }
            </div>
            <div class="pane" role="tabpanel" id="pane" aria-labelledby={format!("tab-{}", tab.id())}>
                { pane(state, frame, dispatch) }
            </div>
        </aside>
    }
}

fn pane(state: &State, frame: &Shared<Frame>, dispatch: &Dispatch) -> Html {
    let (recording, frame, dispatch) = (state.world.recording.clone(), frame.clone(), dispatch.clone());
    match state.tab {
        Tab::Why => why(state, &frame, &dispatch),
        Tab::Events => html! { <Events {recording} {frame} subject={state.subject.clone()} {dispatch} /> },
        Tab::Rows => html! { <Table {recording} {frame} {dispatch} /> },
        Tab::Costs => html! { <><h2>{ "What it costs" }</h2>{ costs(&[recording]) }</> },
        Tab::Alarms => alarms(&recording, &frame, &dispatch),
        Tab::Options => html! { <Options world={state.world.clone()} {dispatch} /> },
    }
}

/// A tab's word.
fn word(tab: Tab) -> &'static str {
    match tab {
        Tab::Why => "Why",
        Tab::Events => "Events",
        Tab::Rows => "Rows",
        Tab::Costs => "Costs",
        Tab::Alarms => "Alarms",
        Tab::Options => "Options",
    }
}

fn tab_button(tab: Tab, now: Tab, dispatch: &Dispatch) -> Html {
    let selected = tab == now;
    html! {
        <button type="button" role="tab" class="tab" id={format!("tab-{}", tab.id())} aria-selected={selected.to_string()} aria-controls="pane"
            tabindex={if selected { "0" } else { "-1" }} onclick={on(dispatch, move || Action::Look(Look::Tab(tab)))}>
            { word(tab) }
        </button>
    }
}

fn arrows(tab: Tab, dispatch: &Dispatch) -> Callback<KeyboardEvent> {
    let dispatch = dispatch.clone();
    Callback::from(move |event: KeyboardEvent| {
        let (at, all) = (tab as usize, Tab::ALL.len());
        let to = match event.key().as_str() {
            "ArrowRight" => (at + 1) % all,
            "ArrowLeft" => (at + all - 1) % all,
            "Home" => 0,
            "End" => all - 1,
            _ => return,
        };
        event.prevent_default();
        dispatch.dispatch(Action::Look(Look::Tab(Tab::ALL[to])));
        super::dom::focus(&format!("#tab-{}", Tab::ALL[to].id()));
    })
}
