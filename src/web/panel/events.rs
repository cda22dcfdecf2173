//! The list of events: only the lines in view are elements, so that it holds any number of records.

use super::search::use_search;
use crate::run::events::{Choices, Filter};
use crate::run::frame::{EventLine, Frame};
use crate::run::recording::Subject;
use crate::web::format::{px, seconds};
use crate::web::mark::{DOWN, icon};
use crate::web::shared::Shared;
use crate::web::state::{Action, Dispatch, Look, Move, on};
use crate::web::world::RecordingRef;
use crate::world::ids::RecordId;
use web_sys::{HtmlElement, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Properties of [`Events`].
#[derive(PartialEq, Properties)]
pub struct EventsProps {
    /// What is shown.
    pub recording: RecordingRef,
    /// At this instant.
    pub frame: Shared<Frame>,
    /// What is chosen.
    pub subject: Subject,
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
    let EventsProps { recording, frame, dispatch, subject } = props;
    let (typed, filter) = (use_state(String::new), use_state(Filter::default));
    let (scroll, view) = (use_state(|| 0.0_f64), use_node_ref());
    let choices = use_memo(recording.clone(), |recording| recording.choices());
    let found = use_search(recording, &filter);
    let all = recording.story().records as usize;
    let searching = !filter.is_empty() && (found.upto as usize) < all;
    let matching = found.records.as_ref().filter(|_| !filter.is_empty()).map(|records| records.borrow());
    let current = frame.records.checked_sub(1).and_then(|last| match &matching {
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
    let count = matching.as_ref().map_or(all, |records| records.len());
    let from = ((*scroll / LINE) as usize).saturating_sub(SPARE).min(count);
    let to = (from + 24 + 2 * SPARE).min(count);
    let (above, below) = (use_node_ref(), use_node_ref());
    {
        let spacers = [(above.clone(), from), (below.clone(), count - to)];
        use_effect_with((from, to, count), move |_| spacers.iter().for_each(|(node, lines)| stand_for(node, *lines)));
    }
    let record = |at: usize| matching.as_ref().map_or(RecordId(at as u32), |records| records[at]);
    html! {
        <>
            { choosers(&typed, &filter, &choices) }
            <p class="small third event-count">{ counted(searching, count, all, found.upto, filter.is_empty()) }</p>
            if count == 0 && !searching {
                { nothing(&typed, &filter, all) }
            } else {
                <div class="events" tabindex="0" role="region" aria-label="Events" ref={view.clone()} onscroll={follow(&scroll)}>
                    <div ref={above} />
                    <ol class="event-list">
                        for at in from..to {
                            { line(&recording.event_line(record(at)), current == Some(at), subject, dispatch) }
                        }
                    </ol>
                    <div ref={below} />
                </div>
            }
        </>
    }
}

/// How many lines there are, while some are hidden.
fn counted(searching: bool, count: usize, all: usize, upto: u32, plain: bool) -> String {
    use crate::web::format::count as number;
    match (searching, plain) {
        (true, _) => format!("{} found in {} of {}", number(count as u32), number(upto), number(all as u32)),
        (false, false) => format!("{} of {}", number(count as u32), number(all as u32)),
        (false, true) => String::new(),
    }
}

/// Gives a spacer the height of the lines that it stands for.
fn stand_for(spacer: &NodeRef, lines: usize) {
    if let Some(element) = spacer.cast::<HtmlElement>() {
        // A height cannot be refused.
        drop(element.style().set_property("height", &format!("{}px", px(lines as f64 * LINE))));
    }
}

fn follow(scroll: &UseStateHandle<f64>) -> Callback<Event> {
    let scroll = scroll.clone();
    Callback::from(move |event: Event| {
        if let Some(list) = event.target_dyn_into::<HtmlElement>() {
            scroll.set(f64::from(list.scroll_top()));
        }
    })
}

/// Node, kind and key, and the words of a line.
fn choosers(typed: &UseStateHandle<String>, filter: &UseStateHandle<Filter>, choices: &Choices) -> Html {
    let oninput = {
        let (typed, filter) = (typed.clone(), filter.clone());
        Callback::from(move |event: InputEvent| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let words = input.value().to_ascii_lowercase().split_whitespace().map(str::to_owned).collect();
            filter.set(Filter { words, ..(*filter).clone() });
            typed.set(input.value());
        })
    };
    let (node, kind) = (filter.node.map(u32::from), filter.kind.map(u32::from));
    html! {
        <>
            <label class="search">
                <span class="small third">{ "Filter" }</span>
                <input type="search" autocomplete="off" placeholder="words of a line" value={(**typed).clone()} {oninput} />
            </label>
            <div class="event-by">
                { chooser("node", node, &choices.nodes, filter, |filter, node| filter.node = node.map(|node| node as u16)) }
                { chooser("kind", kind, &choices.kinds, filter, |filter, kind| filter.kind = kind.map(|kind| kind as u8)) }
                { chooser("key", filter.key, &choices.keys, filter, |filter, key| filter.key = key) }
            </div>
        </>
    }
}

fn chooser(
    word: &'static str,
    now: Option<u32>,
    choices: &[(u32, String)],
    filter: &UseStateHandle<Filter>,
    set: fn(&mut Filter, Option<u32>),
) -> Html {
    let filter = filter.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            let mut changed = (*filter).clone();
            set(&mut changed, select.value().parse().ok());
            filter.set(changed);
        }
    });
    html! {
        <span class="select">
            <select aria-label={format!("Filter by {word}")} {onchange}>
                <option value="" selected={now.is_none()}>{ format!("any {word}") }</option>
                for (place, name) in choices.iter() {
                    <option value={place.to_string()} selected={now == Some(*place)}>{ name }</option>
                }
            </select>
            { icon(DOWN) }
        </span>
    }
}

fn nothing(typed: &UseStateHandle<String>, filter: &UseStateHandle<Filter>, all: usize) -> Html {
    let (typed, filter) = (typed.clone(), filter.clone());
    let clear = Callback::from(move |_: MouseEvent| {
        typed.set(String::new());
        filter.set(Filter::default());
        crate::web::dom::focus(".search input");
    });
    html! {
        <div class="no-events">
            <p>{ format!("No event matches. {} are hidden.", crate::web::format::count(all as u32)) }</p>
            <button type="button" onclick={clear}>{ "Clear filter" }</button>
        </div>
    }
}

/// A line is a jump, and chooses its event; the current one can be asked why.
fn line(line: &EventLine, current: bool, subject: &Subject, dispatch: &Dispatch) -> Html {
    let (at, record) = (line.at, line.record);
    let chosen = *subject == Subject::Record(record);
    let jump = {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            dispatch.dispatch(Action::MoveCursor(Move::To(at)));
            dispatch.dispatch(Action::Look(Look::Select(Subject::Record(record))));
        })
    };
    html! {
        <li key={record.0} class={classes!("event-row", chosen.then_some("chosen"))}>
            <button type="button" class="event-line" aria-current={current.then_some("time")} onclick={jump}>
                <span class="event-time third">{ seconds(at) }</span>
                <span class="event-words"><span class="bold">{ &line.node }</span>{ " " }{ &line.text }</span>
            </button>
            if chosen {
                <button type="button" class="event-why" onclick={on(dispatch, move || Action::Look(Look::Subject(Subject::Record(record))))}>
                    { "Why?" }
                </button>
            }
        </li>
    }
}
