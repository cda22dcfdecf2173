//! Path of a change: the nodes, the links between them, and what is on its way.

pub mod content;
pub mod crossings;
pub mod layout;
pub mod lifelines;
pub mod link;
pub mod measure;
pub mod message;
pub mod node;
pub mod slots;
pub mod targets;
pub mod turned;

use super::draw::{nodes, picture};
use super::playhead::PlayheadRef;
use super::shared::Shared;
use super::state::{Action, Dispatch, Look, Overlay, View, on};
use super::world::RecordingRef;
use crate::charts::shape::Drawing;
use crate::run::frame::{Frame, Story};
use crate::run::recording::Subject;
use layout::StageLayout;
use lifelines::Lifelines;
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
    /// What is chosen.
    pub subject: Subject,
    /// Whether it is seen in space and time.
    pub space: bool,
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
    let space = props.space && *view == View::Lab;
    html! {
        <section class="stage" aria-labelledby="path">
            { head(story, *view, space, &props.dispatch) }
            if space {
                <Lifelines recording={recording.clone()} frame={frame.clone()} playhead={props.playhead.clone()} width={*width}
                    subject={props.subject.clone()} overlay={props.overlay.clone()} dispatch={props.dispatch.clone()} />
            } else {
                { topology(props, &layout) }
            }
        </section>
    }
}

fn topology(props: &StageProps, layout: &Shared<StageLayout>) -> Html {
    let StageProps { recording, frame, .. } = props;
    let inside = html! {
        <>
            { nodes(&drawing(recording.story(), frame, layout).shapes) }
            <Messages frame={frame.clone()} layout={layout.clone()} playhead={props.playhead.clone()} />
        </>
    };
    html! {
        <div class="stage-picture">
            { picture("path", layout.size, inside) }
            <Targets frame={frame.clone()} layout={layout.clone()} playhead={props.playhead.clone()} overlay={props.overlay.clone()} dispatch={props.dispatch.clone()} />
        </div>
    }
}

/// The layout holds for the whole recording: it is made of what is to be seen at its start, its moment and its end.
fn lay_out(recording: &RecordingRef, width: f64) -> StageLayout {
    let story = recording.story();
    let samples = [story.opens_at, story.duration, story.ends].map(|at| recording.frame(at));
    StageLayout::new(story, &samples, width, None)
}

/// The slim form, for a lane of a comparison.
#[must_use]
pub fn slim(recording: &RecordingRef, width: f64) -> StageLayout {
    let story = recording.story();
    StageLayout::new(story, &[recording.frame(story.opens_at)], width, Some(layout::Form::Slim))
}

fn head(story: &Story, view: View, space: bool, dispatch: &Dispatch) -> Html {
    let (name, words) = story.path.split_once(": ").unwrap_or((&story.path, ""));
    match view {
        View::Lab => html! {
            <div class="section-head">
                <h2 id="path">{ "Path of a change" }</h2>
                <p class="small third path-words">{ &story.path }</p>
                <div class="views" role="group" aria-label="How the stage is seen">
                    for (word, is) in [("Topology", false), ("Space-time", true)] {
                        <button type="button" aria-pressed={(space == is).to_string()} onclick={on(dispatch, move || Action::Look(Look::Space(is)))}>
                            { word }
                        </button>
                    }
                </div>
            </div>
        },
        _ => html! {
            <p class="path-line small"><span id="path" class="bold">{ name }</span>{ " " }<span class="third">{ words }</span></p>
        },
    }
}

/// Nodes, links and what never left.
pub fn drawing(story: &Story, frame: &Frame, layout: &StageLayout) -> Drawing {
    let mut drawing = Drawing::default();
    (0..frame.links.len()).for_each(|at| link::link(&mut drawing, frame, layout, at));
    (0..frame.nodes.len()).for_each(|at| node::node(&mut drawing, story, frame, layout, at));
    (0..frame.links.len()).for_each(|at| link::unsent(&mut drawing, frame, layout, at));
    message::crowds(&mut drawing, frame, layout);
    drawing
}

/// The hatch of what is down: once for all pictures of the page.
pub fn hatch() -> Html {
    html! {
        <svg class="unseen" aria-hidden="true">
            <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect class="under" width="6" height="6" />
                <path class="hair" d="M0 0V6" />
            </pattern>
        </svg>
    }
}
