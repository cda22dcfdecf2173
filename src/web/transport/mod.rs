//! The transport: start, back, play, next; the time; the speed; the time line.

pub mod drag;
pub mod lanes;
pub mod speed;
pub mod timeline;

use super::format::{clock, count, seconds};
use super::mark::{BACK, NEXT, PAUSE, PLAY, icon};
use super::playhead::{PlayheadRef, use_mover};
use super::screen::Screen;
use super::shared::Shared;
use super::state::{Action, Dispatch, Look, Move, Unit, View, on};
use super::world::RecordingRef;
use crate::kernel::time::Us;
use crate::run::frame::Frame;
use speed::Speed;
use timeline::Timeline;
use web_sys::{Element, HtmlSelectElement};
use yew::prelude::*;

/// Properties of [`Transport`].
#[derive(PartialEq, Properties)]
pub struct TransportProps {
    /// What is shown.
    pub recording: RecordingRef,
    /// At this instant.
    pub frame: Shared<Frame>,
    /// The cursor as it moves.
    pub playhead: PlayheadRef,
    /// Whether it moves.
    pub playing: bool,
    /// Whether Play is the next thing to do.
    pub primary: bool,
    /// Whether what comes after the cursor is hidden.
    pub veiled: bool,
    /// The speed: index.
    pub speed: usize,
    /// Whether play slows down for messages.
    pub follow: bool,
    /// What Back and Next go by.
    pub unit: Unit,
    /// The room there is.
    pub screen: Screen,
    /// The link to the whole page, for an embed.
    pub lab: AttrValue,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The transport.
#[component]
pub fn Transport(props: &TransportProps) -> Html {
    let TransportProps { frame, screen, dispatch, .. } = props;
    let line = html! {
        <Timeline recording={props.recording.clone()} frame={frame.clone()} playhead={props.playhead.clone()} width={screen.timeline()}
            folded={screen.folded()} bare={screen.view == View::Stage} unit={props.unit} veiled={props.veiled} playing={props.playing} dispatch={dispatch.clone()} />
    };
    html! {
        <footer class={classes!("transport", screen.folded().then_some("folded"))} aria-label="Transport">
            <div class="controls">
                { buttons(props) }
                { units(props.unit, dispatch) }
                <Now playhead={props.playhead.clone()} playing={props.playing} />
                <span class="small third event">{ place(frame, &props.recording) }</span>
                if screen.view == View::Stage {
                    { line.clone() }
                    <a class="small lab" href={props.lab.clone()} target="_blank" rel="noopener">{ "Open in Lab" }</a>
                } else {
                    <Speed speed={props.speed} follow={props.follow} dispatch={dispatch.clone()} />
                }
            </div>
            if screen.view == View::Lab {
                { line }
            }
        </footer>
    }
}

fn place(frame: &Frame, recording: &RecordingRef) -> String {
    format!("event {} of {}", count(frame.records), count(recording.story().records))
}

fn buttons(props: &TransportProps) -> Html {
    let (dispatch, playing) = (&props.dispatch, props.playing);
    let moves = |to: Move| on(dispatch, move || Action::MoveCursor(to));
    html! {
        <>
            <button type="button" class="start" onclick={moves(Move::Start)}>{ "Start" }</button>
            <button type="button" class="back" onclick={moves(Move::Back)}>{ icon(BACK) }{ "Back" }</button>
            <button type="button" class={classes!("play", props.primary.then_some("primary"))} onclick={on(dispatch, move || Action::Play(!playing))}>
                { icon(if playing { PAUSE } else { PLAY }) }
                <span class="play-word">{ if playing { "Pause" } else { "Play" } }</span>
            </button>
            <button type="button" class="next" onclick={moves(Move::Next)}>{ "Next" }{ icon(NEXT) }</button>
        </>
    }
}

fn units(unit: Unit, dispatch: &Dispatch) -> Html {
    let dispatch = dispatch.clone();
    let onchange = Callback::from(move |event: Event| {
        let value = event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value());
        if let Some(unit) = value.and_then(|value| Unit::from_id(&value)) {
            dispatch.dispatch(Action::Look(Look::Unit(unit)));
        }
    });
    html! {
        <span class="select plain units">
            <select aria-label="Back and Next go" {onchange}>
                for other in Unit::ALL.iter() {
                    <option value={other.id()} selected={*other == unit}>{ other.id() }</option>
                }
            </select>
            { icon(super::mark::DOWN) }
        </span>
    }
}

/// Properties of [`Now`].
#[derive(PartialEq, Properties)]
struct NowProps {
    playhead: PlayheadRef,
    playing: bool,
}

/// The time, written by the playhead alone.
#[component]
fn Now(props: &NowProps) -> Html {
    let (node, playing) = (use_node_ref(), props.playing);
    {
        let node = node.clone();
        use_mover(&props.playhead, move |at: Us| {
            if let Some(element) = node.cast::<Element>() {
                element.set_text_content(Some(&if playing { clock(at) } else { seconds(at) }));
            }
        });
    }
    html! { <span class="now" ref={node} /> }
}
