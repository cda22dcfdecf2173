//! The time line: one axis with handle, faults, rows that differ, alarms and ticks. It is the slider of the cursor.

use super::drag::{Handlers, handlers, instant};
use super::lanes::{Lanes, alarms, axis, faults};
use crate::charts::area::{AreaChart, draw};
use crate::charts::metrics::{Weight, width as text_width};
use crate::charts::shape::{Drawing, Shape};
use crate::kernel::time::Us;
use crate::run::frame::{AlarmMark, Frame, Story};
use crate::run::recording::Subject;
use crate::web::draw::{nodes, picture};
use crate::web::format::{px, seconds};
use crate::web::playhead::{PlayheadRef, use_mover};
use crate::web::shared::Shared;
use crate::web::state::{Action, Dispatch, Look, Move, Unit};
use crate::web::world::RecordingRef;
use web_sys::Element;
use yew::prelude::*;

/// Properties of [`Timeline`].
#[derive(PartialEq, Properties)]
pub struct TimelineProps {
    /// What is shown.
    pub recording: RecordingRef,
    /// At this instant.
    pub frame: Shared<Frame>,
    /// The cursor as it moves.
    pub playhead: PlayheadRef,
    /// The room there is.
    pub width: f64,
    /// Whether all lanes are one.
    pub folded: bool,
    /// Whether the axis has no labels.
    pub bare: bool,
    /// What the arrow keys go by.
    pub unit: Unit,
    /// Whether what comes after the cursor is hidden.
    pub veiled: bool,
    /// Whether the cursor moves.
    pub playing: bool,
    /// Where the cursor is sent.
    pub dispatch: Dispatch,
}

/// The time line.
#[component]
pub fn Timeline(props: &TimelineProps) -> Html {
    let TimelineProps { recording, frame, width, folded, .. } = props;
    let (story, place) = (recording.story(), use_node_ref());
    let lanes = Lanes::new(*width, *folded, props.bare);
    let chart = use_memo((recording.clone(), lanes), |(recording, lanes)| {
        draw(&recording.story().area, recording.story().ends, (lanes.plot as u32, lanes.area.1 as u32), 1)
    });
    let Handlers { down, drag, key } = {
        let (place, ends) = (place.clone(), story.ends);
        let at = move |event: &PointerEvent| instant(&place, event.client_x(), lanes.left, lanes.plot, ends);
        handlers(&props.dispatch, props.unit, props.playing, at)
    };
    let (down, key) = asked(props, &place, lanes, down, key);
    let places = Places { before: use_node_ref(), after: use_node_ref(), handle: use_node_ref() };
    {
        let (places, ends) = (places.clone(), story.ends);
        use_mover(&props.playhead, move |at| places.show(lanes.x(at, ends), &lanes));
    }
    let veil = props.veiled.then_some(frame.at);
    let (mut under, mut over) = (Drawing::default(), Drawing::default());
    axis(&mut under, story, &lanes);
    if veil.is_none() {
        words(&mut over, story, chart.peak, frame.at, &lanes);
        alarms(&mut over, story, frame.at, &lanes);
    }
    faults(&mut over, &story.faults, story.ends, &lanes, veil);
    let inside = html! {
        <>
            { nodes(&under.shapes) }
            { plot(&chart, &lanes, &places, props.veiled) }
            { nodes(&over.shapes) }
            { handle(&lanes, &places) }
        </>
    };
    html! {
        <div class="timeline" role="slider" tabindex="0" aria-label="Time" aria-valuemin="0"
            aria-valuemax={px(story.ends.as_secs_f64())} aria-valuenow={px(frame.at.as_secs_f64())}
            aria-valuetext={valuetext(frame, story)} ref={place} onpointerdown={down} onpointermove={drag} onkeydown={key}>
            { picture("lanes", (lanes.left + lanes.plot, lanes.height), inside) }
        </div>
    }
}

/// The same, and more: a press on a flag chooses its alarm, and so does Enter at its instant. Why explains it.
fn asked(
    props: &TimelineProps,
    place: &NodeRef,
    lanes: Lanes,
    down: Callback<PointerEvent>,
    key: Callback<KeyboardEvent>,
) -> (Callback<PointerEvent>, Callback<KeyboardEvent>) {
    let choose = {
        let dispatch = props.dispatch.clone();
        move |alarm: &AlarmMark| {
            dispatch.dispatch(Action::MoveCursor(Move::To(alarm.at)));
            dispatch.dispatch(Action::Look(Look::Subject(Subject::Record(alarm.record))));
        }
    };
    let (place, recording, veiled) = (place.clone(), props.recording.clone(), props.veiled);
    let pressed = {
        let choose = choose.clone();
        Callback::from(move |event: PointerEvent| {
            down.emit(event.clone());
            let at = (f64::from(event.client_x()), f64::from(event.client_y()));
            if let Some(alarm) = flag(&place, at, &recording, &lanes).filter(|_| !veiled && event.button() == 0) {
                choose(alarm);
            }
        })
    };
    let (recording, at) = (props.recording.clone(), props.frame.at);
    let entered = Callback::from(move |event: KeyboardEvent| {
        match recording.story().alarms.iter().find(|alarm| alarm.at == at) {
            Some(alarm) if event.key() == "Enter" => choose(alarm),
            _ => key.emit(event),
        }
    });
    (pressed, entered)
}

/// The alarm whose flag is under a pointer.
fn flag<'a>(place: &NodeRef, (x, y): (f64, f64), recording: &'a RecordingRef, lanes: &Lanes) -> Option<&'a AlarmMark> {
    let (story, corner) = (recording.story(), place.cast::<Element>()?.get_bounding_client_rect());
    let (x, y) = (x - corner.left(), y - corner.top());
    let far = |alarm: &AlarmMark| (lanes.x(alarm.at, story.ends) + 6.0 - x).abs();
    let lane = if lanes.folded { y <= lanes.axis } else { y > lanes.area.0 + lanes.area.1 };
    let near = story.alarms.iter().filter(|alarm| lane && far(alarm) <= 12.0);
    near.min_by(|one, other| far(one).total_cmp(&far(other)))
}

/// `12.503 seconds of 60. 1 row differs. App is down.`
fn valuetext(frame: &Frame, story: &Story) -> String {
    let plain = |at: Us| seconds(at).trim_end_matches(" s").to_owned();
    let ends = plain(story.ends);
    format!("{} seconds of {}. {}", plain(frame.at), ends.trim_end_matches(".000"), frame.summary)
}

/// The words in the plot, right of the cursor, left of it beyond 70 %; over a filled area in the colour that it takes.
fn words(drawing: &mut Drawing, story: &Story, peak: u32, at: Us, lanes: &Lanes) {
    let Some((what, when)) = &story.area_words else { return };
    let first = story.area.iter().find(|(_, bad, _)| *bad > 0).map_or(Us::ZERO, |(at, _, _)| *at);
    let (begins, cursor) = (lanes.x(first, story.ends), lanes.x(at, story.ends));
    let (end, right) = (lanes.left + lanes.plot, begins.max(cursor) + 16.0);
    let soft = if lanes.folded { 0.0 } else { text_width(when, 12.0, Weight::Regular) };
    // The second line is left out where neither side of the cursor has room for it.
    let soft = if soft + 8.0 <= (end - right).max(cursor - 16.0 - lanes.left) { soft } else { 0.0 };
    let wide = text_width(what, 12.0, Weight::Bold).max(soft);
    let fits = right + wide + 8.0 <= end && (cursor - lanes.left) < 0.7 * lanes.plot;
    let before = cursor - 16.0 - wide >= lanes.left;
    let (x, side) = if fits { (right, "") } else { (if before { cursor - 16.0 } else { end - 8.0 }, "end") };
    let (high, low) = baselines(story, peak, lanes);
    let filled = !fits && before && cursor - 24.0 - wide >= begins;
    let over = story.area.iter().find(|(since, bad, _)| *since > first && *bad == 0);
    let over = over.map_or(end, |(since, _, _)| lanes.x(*since, story.ends));
    let mut line = |y: f64, ink: &str, plain: &str, words: &str| {
        let under = y - 10.0 >= level(story, peak, lanes) && x + wide <= over;
        match (filled && under, fits && under) {
            (true, _) => drawing.words(&["on-accent", plain, side], x, y, words),
            (false, true) => drawing.words(&[ink, plain, "over", side], x, y, words),
            (false, false) => drawing.words(&[ink, plain, "halo", side], x, y, words),
        }
    };
    line(high, "accent", "bold", what);
    if let Some(low) = low.filter(|_| soft > 0.0) {
        line(low, "second", "", when);
    }
}

/// The height of the line of what differs, where it is highest.
fn level(story: &Story, peak: u32, lanes: &Lanes) -> f64 {
    let most = story.area.iter().map(|(_, bad, _)| *bad).max().unwrap_or(0);
    lanes.area.0 + lanes.area.1 * (1.0 - f64::from(most) / f64::from(peak.max(1)))
}

/// The baselines of the two lines of words: neither stands on the line of what differs.
fn baselines(story: &Story, peak: u32, lanes: &Lanes) -> (f64, Option<f64>) {
    let ((top, height), line) = (lanes.area, level(story, peak, lanes));
    if lanes.folded {
        return (top + height - 4.0, None);
    }
    let (above, below) = (line - top, top + height - line);
    match (above >= 14.0, below >= 18.0) {
        (false, _) => (line + 18.0, Some(line + 34.0)),
        (true, true) => (line - 5.0, Some(line + 16.0)),
        (true, false) if above >= 30.0 => (line - 21.0, Some(line - 5.0)),
        (true, false) => (line - 5.0, None),
    }
}

/// What the playhead moves.
#[derive(Clone, PartialEq)]
struct Places {
    before: NodeRef,
    after: NodeRef,
    handle: NodeRef,
}

impl Places {
    /// Shows the cursor at `x`.
    fn show(&self, x: f64, lanes: &Lanes) {
        // Lengths and a transform on elements of our own: none can be refused.
        let set = |node: &NodeRef, name: &str, value: &str| {
            if let Some(element) = node.cast::<Element>() {
                drop(element.set_attribute(name, value));
            }
        };
        let inside = x - lanes.left;
        set(&self.before, "width", &px(inside));
        set(&self.after, "x", &px(inside));
        set(&self.after, "width", &px((lanes.plot - inside).max(0.0)));
        set(&self.handle, "transform", &format!("translate({} 0)", px(x)));
    }
}

/// The area: before the cursor filled, after it outline and wash. The playhead moves the clip, nothing else.
fn plot(chart: &AreaChart, lanes: &Lanes, places: &Places, veiled: bool) -> Html {
    let AreaChart { late, bad, peak, .. } = chart;
    let ((y, h), mut scale) = (lanes.area, Drawing::default());
    if !lanes.folded {
        scale.text("third end", -8.0, 4.0, &peak.to_string());
        scale.text("third end", -8.0, h + 1.0, "0");
    }
    let layer = |parts: [&[Shape]; 4]| nodes(&parts.concat());
    html! {
        <g transform={format!("translate({} {})", px(lanes.left), px(y))}>
            <clipPath id="before"><rect ref={places.before.clone()} x="0" y="-2" height={px(h + 4.0)} /></clipPath>
            <clipPath id="after"><rect ref={places.after.clone()} y="-2" height={px(h + 4.0)} /></clipPath>
            <g clip-path="url(#before)">{ layer([&late.0, &late.1, &bad.0, &bad.2]) }</g>
            if !veiled {
                <g clip-path="url(#after)">{ layer([&bad.1, &late.1, &bad.2, &[]]) }</g>
            }
            { nodes(&scale.shapes) }
        </g>
    }
}

/// The cursor.
fn handle(lanes: &Lanes, places: &Places) -> Html {
    let mut drawing = Drawing::default();
    drawing.path("ink two", format!("M0 6V{}", px(lanes.axis - 2.0)));
    drawing.path("inkf", "M-6 0h12v4l-6 6-6-6z".to_owned());
    html! { <g ref={places.handle.clone()}>{ nodes(&drawing.shapes) }</g> }
}
