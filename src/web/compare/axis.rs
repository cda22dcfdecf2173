//! The axis over the lanes: time, the faults of all runs, and the cursor. It is the slider of the one cursor.

use super::board::LEFT;
use crate::charts::shape::Drawing;
use crate::kernel::time::Us;
use crate::run::frame::FaultMark;
use crate::web::draw::{nodes, picture};
use crate::web::format::{px, seconds, ticks};
use crate::web::playhead::{PlayheadRef, use_mover};
use crate::web::shared::Shared;
use crate::web::state::{Dispatch, Unit};
use crate::web::transport::drag::{Handlers, handlers, instant};
use crate::web::transport::lanes::{Lanes, faults};
use web_sys::Element;
use yew::prelude::*;

/// Properties of [`Axis`].
#[derive(PartialEq, Properties)]
pub struct AxisProps {
    /// The faults of all runs.
    pub faults: Shared<Vec<FaultMark>>,
    /// When the longest run ends.
    pub ends: Us,
    /// The cursor.
    pub at: Us,
    /// The cursor as it moves.
    pub playhead: PlayheadRef,
    /// What the screen reader is told of the instant.
    pub says: String,
    /// Where the fates part.
    pub parts: Option<Us>,
    /// The room there is.
    pub width: f64,
    /// What the arrow keys go by.
    pub unit: Unit,
    /// Whether the cursor moves.
    pub playing: bool,
    /// Where the cursor is sent.
    pub dispatch: Dispatch,
}

/// Where the lane of faults begins.
const TOP: f64 = 14.0;
/// Where it ends.
const HEIGHT: f64 = 46.0;

/// The axis.
#[component]
pub fn Axis(props: &AxisProps) -> Html {
    let AxisProps { ends, width, at, .. } = props;
    let (ends, place, handle) = (*ends, use_node_ref(), use_node_ref());
    let lanes = Lanes { folded: false, left: LEFT, plot: width - LEFT, area: (0.0, 0.0), axis: HEIGHT, height: HEIGHT };
    let Handlers { down, drag, key } = {
        let place = place.clone();
        let at = move |event: &PointerEvent| instant(&place, event.client_x(), lanes.left, lanes.plot, ends);
        handlers(&props.dispatch, props.unit, props.playing, at)
    };
    {
        let handle = handle.clone();
        use_mover(&props.playhead, move |at| {
            if let Some(element) = handle.cast::<Element>() {
                // A transform on an element of our own: it cannot be refused.
                drop(element.set_attribute("transform", &format!("translate({} 0)", px(lanes.x(at, ends)))));
            }
        });
    }
    let (mut under, mut marks, mut over) = (scale(&lanes, ends), Drawing::default(), Drawing::default());
    faults(&mut marks, &props.faults, ends, &lanes, None);
    if let Some(parts) = props.parts {
        under.path("parting", format!("M{} 16V{}", px(lanes.x(parts, ends)), px(HEIGHT)));
    }
    over.path("ink two", format!("M0 20V{}", px(HEIGHT)));
    over.path("inkf", "M-6 15h12v4l-6 6-6-6z".to_owned());
    let inside = html! {
        <>
            { nodes(&under.shapes) }
            <g transform={format!("translate(0 {TOP})")}>{ nodes(&marks.shapes) }</g>
            <g ref={handle}>{ nodes(&over.shapes) }</g>
        </>
    };
    let plain = |at: Us| seconds(at).trim_end_matches(" s").trim_end_matches(".000").to_owned();
    html! {
        <div class="timeline axis" role="slider" tabindex="0" aria-label="Time of all lanes" aria-valuemin="0"
            aria-valuemax={px(ends.as_secs_f64())} aria-valuenow={px(at.as_secs_f64())}
            aria-valuetext={format!("{} seconds of {}. {}", plain(*at), plain(ends), props.says)}
            ref={place} onpointerdown={down} onpointermove={drag} onkeydown={key}>
            { picture("lanes", (*width, HEIGHT), inside) }
        </div>
    }
}

/// The labels of time, and the line under the faults.
fn scale(lanes: &Lanes, ends: Us) -> Drawing {
    let (mut drawing, right) = (Drawing::default(), lanes.left + lanes.plot);
    let all = ticks(ends);
    let last = all.len() - 1;
    // On a phone there is room for the first and the last only.
    let roomy = lanes.plot / all.len() as f64 >= 48.0;
    for (at, (instant, label)) in all.iter().enumerate() {
        let x = lanes.x(*instant, ends);
        drawing.path("hair", format!("M{} 18V{}", px(x.min(right - 0.5)), px(HEIGHT)));
        if !roomy && at != 0 && at != last {
            continue;
        }
        let (class, x) = match (at, x > right - 20.0) {
            (0, _) => ("third", x),
            (_, true) => ("third end", right),
            (_, false) => ("third middle", x),
        };
        drawing.text(class, x, 11.0, label);
    }
    drawing.path("hair", format!("M0 {y}H{}", px(right), y = px(HEIGHT - 0.5)));
    drawing.text("second", 0.0, TOP + 23.0, "faults");
    drawing
}
