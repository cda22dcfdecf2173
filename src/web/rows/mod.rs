//! Rows by key: the source and every store on one axis, so that a hole is seen and not read.

pub mod grid;
pub mod layout;
pub mod legend;
pub mod strip;

use super::draw::{nodes, picture};
use super::shared::Shared;
use super::state::{Action, Dispatch, Look, Overlay, View};
use super::world::RecordingRef;
use crate::run::frame::Frame;
use crate::run::recording::Subject;
use grid::{grid, open};
use layout::StripLayout;
use legend::legend;
use strip::strips;
use web_sys::Element;
use yew::prelude::*;

/// Properties of [`Rows`].
#[derive(PartialEq, Properties)]
pub struct RowsProps {
    /// What is shown.
    pub recording: RecordingRef,
    /// At this instant.
    pub frame: Shared<Frame>,
    /// What the panel explains.
    pub subject: Subject,
    /// The room there is.
    pub width: f64,
    /// Whether it is the phone's form.
    pub narrow: bool,
    /// How much of the page is shown.
    pub view: View,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The strips, their legend, and the grid that the keyboard and the screen reader walk.
#[component]
pub fn Rows(props: &RowsProps) -> Html {
    let story = props.recording.story();
    let place = use_node_ref();
    let active = use_state(|| (0_usize, 0_usize));
    let layout = use_memo((props.recording.clone(), props.width, props.narrow), |(recording, width, narrow)| {
        StripLayout::new(recording.story(), &props.frame, *width, *narrow)
    });
    let chosen = match &props.subject {
        Subject::Row(strip, key) => Some((*strip, *key)),
        Subject::Worst | Subject::Record(_) => None,
    };
    let onclick = {
        let (place, layout, dispatch) = (place.clone(), layout.clone(), props.dispatch.clone());
        let (strips, keys) = (props.frame.strips.len(), story.keys.len());
        Callback::from(move |event: MouseEvent| {
            let Some(element) = place.cast::<Element>() else { return };
            let origin = element.get_bounding_client_rect();
            let (x, y) = (f64::from(event.client_x()) - origin.left(), f64::from(event.client_y()) - origin.top());
            match layout.hit(x, y, strips, keys) {
                Some(cell) => open(&dispatch, cell),
                None => dispatch.dispatch(Action::Look(Look::Overlay(Overlay::None))),
            }
        })
    };
    let drawing = strips(story, &props.frame, &layout, chosen, *active);
    html! {
        <section class="rows" id="rows" aria-label="Rows by key">
            if props.view == View::Lab {
                <div class="section-head">
                    <h2>{ "Rows by key" }</h2>
                    { legend(&|state| props.frame.strips.iter().any(|strip| strip.cells.iter().any(|c| c.state == state))) }
                </div>
            }
            <div class="rows-picture" ref={place} {onclick}>
                { grid(&props.frame, &active, &props.dispatch) }
                { picture("strips", layout.size, nodes(&drawing.shapes)) }
            </div>
        </section>
    }
}
