//! The list of events: only the lines in view are elements, so that it holds any number of records.

use crate::run::frame::{EventLine, Frame};
use crate::web::format::{px, seconds};
use crate::web::shared::Shared;
use crate::web::state::{Action, Dispatch, Move, on};
use crate::web::world::RecordingRef;
use crate::world::ids::RecordId;
use js_sys::JsString;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// Properties of [`Events`].
#[derive(PartialEq, Properties)]
pub struct EventsProps {
    /// What is shown.
    pub recording: RecordingRef,
    /// At this instant.
    pub frame: Shared<Frame>,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The height of a line, in px: `events.css` says the same with a token.
const LINE: f64 = 40.0;
/// Lines above and below the view that are made too.
const SPARE: usize = 8;

/// The tab.
#[component]
pub fn Events(props: &EventsProps) -> Html {
    let EventsProps { recording, frame, dispatch } = props;
    let (filter, scroll, view) = (use_state(String::new), use_state(|| 0.0_f64), use_node_ref());
    let matching = use_memo((recording.clone(), (*filter).clone()), |(recording, filter)| matching(recording, filter));
    let current = frame.records.checked_sub(1).and_then(|last| match &*matching {
        Some(records) => records.partition_point(|record| record.0 <= last).checked_sub(1),
        None => Some(last as usize),
    });
    {
        // The cursor moved: the list follows it, unless it is in view already.
        let (view, scroll) = (view.clone(), scroll.clone());
        use_effect_with((current, (*filter).clone()), move |(current, _)| {
            let Some(list) = view.cast::<HtmlElement>() else { return };
            let (top, high) = (f64::from(list.scroll_top()), f64::from(list.client_height()));
            let at = current.unwrap_or(0) as f64 * LINE;
            if at < top || at + LINE > top + high {
                list.set_scroll_top((at - high / 2.0).max(0.0) as i32);
                scroll.set(f64::from(list.scroll_top()));
            }
        });
    }
    let all = recording.story().records as usize;
    let count = matching.as_ref().as_ref().map_or(all, Vec::len);
    let from = ((*scroll / LINE) as usize).saturating_sub(SPARE).min(count);
    let to = (from + 24 + 2 * SPARE).min(count);
    let (above, below) = (use_node_ref(), use_node_ref());
    {
        let spacers = [(above.clone(), from), (below.clone(), count - to)];
        use_effect_with((from, to, count), move |_| spacers.iter().for_each(|(node, lines)| stand_for(node, *lines)));
    }
    html! {
        <>
            { search(&filter) }
            if count == 0 {
                { nothing(&filter, all) }
            } else {
                <div class="events" tabindex="0" role="region" aria-label="Events" ref={view.clone()} onscroll={follow(&scroll)}>
                    <div ref={above} />
                    <ol class="event-list">
                        for at in from..to {
                            { line(&recording.event_line(record(&matching, at)), current == Some(at), dispatch) }
                        }
                    </ol>
                    <div ref={below} />
                </div>
            }
        </>
    }
}

/// The record of a line.
fn record(matching: &Option<Vec<RecordId>>, at: usize) -> RecordId {
    matching.as_ref().map_or(RecordId(at as u32), |records| records[at])
}

/// Gives a spacer the height of the lines that it stands for.
fn stand_for(spacer: &NodeRef, lines: usize) {
    if let Some(element) = spacer.cast::<HtmlElement>() {
        // A height cannot be refused.
        drop(element.style().set_property("height", &format!("{}px", px(lines as f64 * LINE))));
    }
}

/// In small letters, by the browser: the standard library's tables of letters are 13 kB.
fn lower(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}

/// The records whose line contains the words; `None`: all of them.
fn matching(recording: &RecordingRef, filter: &str) -> Option<Vec<RecordId>> {
    let filter = lower(filter);
    let words: Vec<&str> = filter.split_whitespace().collect();
    if words.is_empty() {
        return None;
    }
    let fits = |record: &RecordId| {
        let line = recording.event_line(*record);
        let text = lower(&format!("{} {} {}", line.node, line.kind, line.text));
        words.iter().all(|word| text.contains(word))
    };
    Some((0..recording.story().records).map(RecordId).filter(fits).collect())
}

fn follow(scroll: &UseStateHandle<f64>) -> Callback<Event> {
    let scroll = scroll.clone();
    Callback::from(move |event: Event| {
        if let Some(list) = event.target_dyn_into::<HtmlElement>() {
            scroll.set(f64::from(list.scroll_top()));
        }
    })
}

fn search(filter: &UseStateHandle<String>) -> Html {
    let set = filter.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            set.set(input.value());
        }
    });
    html! {
        <label class="search">
            <span class="small third">{ "Filter" }</span>
            <input type="search" autocomplete="off" placeholder="node, kind or key" value={(**filter).clone()} {oninput} />
        </label>
    }
}

fn nothing(filter: &UseStateHandle<String>, all: usize) -> Html {
    let clear = filter.clone();
    html! {
        <div class="no-events">
            <p>{ format!("No event matches. {} are hidden.", crate::web::format::count(all as u32)) }</p>
            <button type="button" onclick={Callback::from(move |_| clear.set(String::new()))}>{ "Clear filter" }</button>
        </div>
    }
}

fn line(line: &EventLine, current: bool, dispatch: &Dispatch) -> Html {
    let at = line.at;
    html! {
        <li key={line.record.0}>
            <button type="button" class="event-line" aria-current={current.then_some("time")} onclick={on(dispatch, move || Action::MoveCursor(Move::To(at)))}>
                <span class="event-time third">{ seconds(line.at) }</span>
                <span class="event-words"><span class="bold">{ &line.node }</span>{ " " }{ &line.text }</span>
            </button>
        </li>
    }
}
