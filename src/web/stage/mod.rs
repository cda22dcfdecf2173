//! Path of a change: the nodes, the links between them, and what is on its way.

pub mod content;
pub mod layout;
pub mod link;
pub mod measure;
pub mod message;
pub mod node;
pub mod slots;
pub mod targets;
pub mod turned;

use super::format::px;
use super::playhead::PlayheadRef;
use super::shared::Shared;
use super::state::{Dispatch, Overlay, View};
use super::world::RecordingRef;
use crate::run::frame::{Frame, Story};
use layout::{Form, StageLayout};
use message::Messages;
use targets::Targets;
use yew::prelude::*;

/// Properties of [`Stage`].
#[derive(PartialEq, Properties)]
pub struct StageProps {
    /// What is shown.
    pub recording: RecordingRef,
    /// At this instant.
    pub frame: Shared<Frame>,
    /// What carries the messages.
    pub playhead: PlayheadRef,
    /// The room there is.
    pub width: f64,
    /// How much of the page is shown.
    pub view: View,
    /// Which menu is open.
    pub overlay: Overlay,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The stage.
#[component]
pub fn Stage(props: &StageProps) -> Html {
    let StageProps { recording, frame, width, view, .. } = props;
    let story = recording.story();
    let layout = use_memo((recording.clone(), *width), |(recording, width)| lay_out(recording, *width));
    let layout = Shared::from(layout);
    html! {
        <section class="stage" aria-labelledby="path">
            { head(story, *view) }
            <div class="stage-picture">
                { picture(story, frame, &layout, &props.playhead) }
                <Targets frame={frame.clone()} layout={layout.clone()} overlay={props.overlay.clone()} dispatch={props.dispatch.clone()} />
            </div>
        </section>
    }
}

/// The layout holds for the whole recording: it is made of what is to be seen at its start, its moment and its end.
fn lay_out(recording: &RecordingRef, width: f64) -> StageLayout {
    let story = recording.story();
    let samples = [story.opens_at, story.duration, story.ends].map(|at| recording.frame(at));
    StageLayout::new(story, &samples, width, None)
}

fn head(story: &Story, view: View) -> Html {
    let (name, words) = story.path.split_once(": ").unwrap_or((&story.path, ""));
    match view {
        View::Lab => html! {
            <div class="section-head">
                <h2 id="path">{ "Path of a change" }</h2>
                <p class="small third path-words">{ &story.path }</p>
            </div>
        },
        View::Stage => html! {
            <p class="path-line small"><span id="path" class="bold">{ name }</span>{ " " }<span class="third">{ words }</span></p>
        },
    }
}

fn picture(story: &Story, frame: &Shared<Frame>, layout: &Shared<StageLayout>, playhead: &PlayheadRef) -> Html {
    let (width, height) = (px(layout.size.0), px(layout.size.1));
    let form = match layout.form {
        Form::Full => "full",
        Form::Tight => "tight",
        Form::Compact => "compact",
        Form::Turned => "turned",
    };
    html! {
        <svg class={classes!("path", form)} width={width.clone()} height={height.clone()} viewBox={format!("0 0 {width} {height}")} aria-hidden="true">
            <defs>
                <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <rect class="under" width="6" height="6" />
                    <path class="hair" d="M0 0V6" />
                </pattern>
            </defs>
            for at in 0..frame.links.len() {
                { link::link(frame, layout, at) }
            }
            for at in 0..frame.nodes.len() {
                { node::node(story, frame, layout, at) }
            }
            for at in 0..frame.links.len() {
                { link::unsent(frame, layout, at) }
            }
            <Messages frame={frame.clone()} layout={layout.clone()} playhead={playhead.clone()} />
        </svg>
    }
}
