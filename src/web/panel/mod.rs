//! The panel: why, events, rows.

pub mod events;
pub mod table;
pub mod why;

use super::shared::Shared;
use super::state::{Action, Dispatch, Look, Tab, on};
use super::world::RecordingRef;
use crate::run::frame::Frame;
use crate::run::recording::Subject;
use events::Events;
use table::Table;
use why::WhyTab;
use yew::prelude::*;

/// Properties of [`Panel`].
#[derive(PartialEq, Properties)]
pub struct PanelProps {
    /// What is shown.
    pub recording: RecordingRef,
    /// At this instant.
    pub frame: Shared<Frame>,
    /// The tab that is open.
    pub tab: Tab,
    /// What is explained.
    pub subject: Subject,
    /// Whether what comes after the cursor is hidden.
    pub veiled: bool,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The panel.
#[component]
pub fn Panel(props: &PanelProps) -> Html {
    let PanelProps { tab, dispatch, .. } = props;
    html! {
        <aside class="panel" aria-label="Details">
            <div class="tabs" role="tablist" aria-label="Details" onkeydown={arrows(*tab, dispatch)}>
                for other in Tab::ALL.iter() {
                    { tab_button(*other, *tab, dispatch) }
                }
            </div>
            <div class="pane" role="tabpanel" id="pane" aria-labelledby={format!("tab-{}", tab.id())}>
                { pane(props) }
            </div>
        </aside>
    }
}

fn pane(props: &PanelProps) -> Html {
    let (recording, frame, dispatch) = (props.recording.clone(), props.frame.clone(), props.dispatch.clone());
    match props.tab {
        Tab::Why => html! {
            <WhyTab {recording} {frame} subject={props.subject.clone()} veiled={props.veiled} {dispatch} />
        },
        Tab::Events => html! { <Events {recording} {frame} {dispatch} /> },
        Tab::Rows => html! { <Table {recording} {frame} {dispatch} /> },
    }
}

/// A tab's word.
fn word(tab: Tab) -> &'static str {
    match tab {
        Tab::Why => "Why",
        Tab::Events => "Events",
        Tab::Rows => "Rows",
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
