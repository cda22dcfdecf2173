//! The transport: start, back, play, next; the time; the speed; the time line.

pub mod drag;
pub mod lanes;
pub mod speed;
pub mod timeline;

use super::branches::{branches, undo};
use super::format::{clock, count, seconds};
use super::mark::{BACK, NEXT, PAUSE, PLAY, icon};
use super::playhead::{PlayheadRef, use_mover};
use super::screen::Screen;
use super::shared::Shared;
use super::state::{Action, Dispatch, Look, Move, Place, State, Unit, on};
use super::world::RecordingRef;
use crate::kernel::time::Us;
use crate::run::frame::Frame;
use speed::speed;
use timeline::Timeline;
use web_sys::{Element, HtmlSelectElement};
use yew::prelude::*;

/// What the transport shows besides the state.
pub struct Shown<'a> {
    /// What is to be seen at the cursor.
    pub frame: &'a Shared<Frame>,
    /// The cursor as it moves.
    pub playhead: &'a PlayheadRef,
    /// The room there is.
    pub screen: Screen,
    /// The link to the whole page, for an embed.
    pub lab: String,
}

/// The room that the button Undo takes in an embed, in px.
const UNDO: f64 = 64.0;

/// The transport.
pub fn transport(state: &State, shown: &Shown<'_>, dispatch: &Dispatch) -> Html {
    let Shown { frame, playhead, screen, lab } = shown;
    let (recording, veiled, embed) = (&state.world.recording, state.tour.is_some(), screen.view.embedded());
    // Over the lanes of a comparison stands their own axis.
    let alone = state.place != Place::Compare;
    // An embed has no room for branches: there undoing is the way back.
    let back = embed && state.history.undoes(true).is_some();
    let width = screen.timeline() - if back && screen.folded() && !screen.narrow() { UNDO } else { 0.0 };
    let line = html! {
        <Timeline recording={recording.clone()} frame={(*frame).clone()} playhead={(*playhead).clone()} {width}
            folded={screen.folded()} bare={embed && screen.folded()} unit={state.unit} {veiled} playing={state.playing} dispatch={dispatch.clone()} />
    };
    html! {
        <footer class={if screen.folded() { "transport folded" } else { "transport" }} aria-label="Transport">
            if !embed {
                { branches(state, screen.narrow(), dispatch) }
            }
            <div class="controls">
                { buttons(state, dispatch) }
                { units(state.unit, dispatch) }
                <Now playhead={(*playhead).clone()} playing={state.playing} />
                <span class="small third event">{ if alone { place(frame, recording) } else { "one cursor for all lanes".to_owned() } }</span>
                if back {
                    { undo(state, false, dispatch) }
                }
                if embed {
                    if alone && screen.folded() {
                        { line.clone() }
                    }
                    <a class="small lab" href={lab.clone()} target="_blank" rel="noopener">{ "Open in Lab" }</a>
                } else {
                    { speed(state.speed, state.follow, dispatch) }
                }
            </div>
            if alone && (!embed || !screen.folded()) {
                { line }
            }
        </footer>
    }
}

fn place(frame: &Frame, recording: &RecordingRef) -> String {
    format!("event {} of {}", count(frame.records), count(recording.story().records))
}

fn buttons(state: &State, dispatch: &Dispatch) -> Html {
    let playing = state.playing;
    let primary = state.view.embedded() || (state.toured && state.tour.is_none());
    let moves = |to: Move| on(dispatch, move || Action::MoveCursor(to));
    html! {
        <>
            <button type="button" class="start" onclick={moves(Move::Start)}>{ "Start" }</button>
            <button type="button" class="back" onclick={moves(Move::Back)}>{ icon(BACK) }{ "Back" }</button>
            <button type="button" class={if primary { "play primary" } else { "play" }} onclick={on(dispatch, move || Action::Play(!playing))}>
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
