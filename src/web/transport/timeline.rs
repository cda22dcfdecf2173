//! The time line: one axis with handle, faults, rows that differ, alarms and ticks. It is the slider of the cursor.

use super::drag::{Handlers, handlers, instant};
use super::lanes::{Lanes, alarms, axis, faults, labels};
use crate::charts::area::{AreaChart, draw};
use crate::charts::metrics::{Weight, width as text_width};
use crate::charts::shape::{Outline, Shape};
use crate::kernel::time::Us;
use crate::run::frame::{Frame, Story};
use crate::web::format::{px, seconds};
use crate::web::playhead::{PlayheadRef, use_mover};
use crate::web::shared::Shared;
use crate::web::state::{Dispatch, Unit};
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
    let (story, picture) = (recording.story(), use_node_ref());
    let lanes = Lanes::new(*width, *folded, props.bare);
    let chart = use_memo((recording.clone(), lanes), |(recording, lanes)| {
        draw(&recording.story().area, recording.story().ends, (lanes.plot as u32, lanes.area.1 as u32))
    });
    let Handlers { down, drag, key } = {
        let (picture, ends) = (picture.clone(), story.ends);
        let at = move |event: &PointerEvent| instant(&picture, event.client_x(), lanes.left, lanes.plot, ends);
        handlers(&props.dispatch, props.unit, props.playing, at)
    };
    let ends = story.ends.as_secs_f64();
    let (w, h) = (px(lanes.left + lanes.plot), px(lanes.height));
    html! {
        <div class="timeline" role="slider" tabindex="0" aria-label="Time" aria-valuemin="0" aria-valuemax={px(ends)}
            aria-valuenow={px(frame.at.as_secs_f64())} aria-valuetext={valuetext(frame, story)} ref={picture}
            onpointerdown={down} onpointermove={drag} onkeydown={key}>
            <svg width={w.clone()} height={h.clone()} viewBox={format!("0 0 {w} {h}")} aria-hidden="true">
                { axis(story, &lanes) }
                <Plot chart={chart.clone()} {lanes} ends={story.ends} playhead={props.playhead.clone()} veiled={props.veiled} />
                if !props.veiled {
                    { words(story, chart.peak, frame.at, &lanes) }
                    { alarms(story, frame.at, &lanes) }
                }
                { faults(story, &lanes, props.veiled.then_some(frame.at)) }
                { labels(&lanes) }
                <Handle {lanes} ends={story.ends} playhead={props.playhead.clone()} />
            </svg>
        </div>
    }
}

/// `12.503 seconds of 60. 1 row differs. App is down.`
fn valuetext(frame: &Frame, story: &Story) -> String {
    let plain = |at: Us| seconds(at).trim_end_matches(" s").to_owned();
    let ends = plain(story.ends);
    format!("{} seconds of {}. {}", plain(frame.at), ends.trim_end_matches(".000"), frame.summary)
}

/// The words in the plot, right of the cursor, left of it beyond 70 %; over a filled area in the colour that it takes.
fn words(story: &Story, peak: u32, at: Us, lanes: &Lanes) -> Html {
    let Some((what, when)) = &story.area_words else { return Html::default() };
    let first = story.area.iter().find(|(_, bad, _)| *bad > 0).map_or(Us::ZERO, |(at, _, _)| *at);
    let (begins, cursor) = (lanes.x(first, story.ends), lanes.x(at, story.ends));
    let soft = if lanes.folded { 0.0 } else { text_width(when, 12.0, Weight::Regular) };
    let (wide, end) = (text_width(what, 12.0, Weight::Bold).max(soft), lanes.left + lanes.plot);
    let right = begins.max(cursor) + 16.0;
    let fits = right + wide + 8.0 <= end && (cursor - lanes.left) < 0.7 * lanes.plot;
    let before = cursor - 16.0 - wide >= lanes.left;
    let (x, side) = if fits { (right, "") } else { (if before { cursor - 16.0 } else { end - 8.0 }, "end") };
    let (high, low) = baselines(story, peak, lanes);
    let filled = !fits && before && cursor - 24.0 - wide >= begins;
    let ink = |y: f64, loud: &'static str| {
        let under = y - 10.0 >= level(story, peak, lanes);
        match (filled && under, fits && under) {
            (true, _) => "on-accent".to_owned(),
            (false, true) => format!("{loud} over"),
            (false, false) => format!("{loud} halo"),
        }
    };
    html! {
        <>
            <text class={classes!("bold", ink(high, "accent"), side)} x={px(x)} y={px(high)}>{ what }</text>
            if let Some(low) = low {
                <text class={classes!(ink(low, "second"), side)} x={px(x)} y={px(low)}>{ when }</text>
            }
        </>
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

/// Properties of [`Plot`].
#[derive(PartialEq, Properties)]
struct PlotProps {
    chart: std::rc::Rc<AreaChart>,
    lanes: Lanes,
    ends: Us,
    playhead: PlayheadRef,
    veiled: bool,
}

/// The area: before the cursor filled, after it outline and wash. The playhead moves the clip, nothing else.
#[component]
fn Plot(props: &PlotProps) -> Html {
    let (before, after) = (use_node_ref(), use_node_ref());
    let (lanes, ends) = (props.lanes, props.ends);
    {
        let (before, after) = (before.clone(), after.clone());
        use_mover(&props.playhead, move |at| {
            let x = lanes.x(at, ends) - lanes.left;
            let set = |node: &NodeRef, name: &str, value: f64| {
                if let Some(element) = node.cast::<Element>() {
                    // A length on a rectangle: it cannot be refused.
                    drop(element.set_attribute(name, &px(value)));
                }
            };
            set(&before, "width", x);
            set(&after, "x", x);
            set(&after, "width", (lanes.plot - x).max(0.0));
        });
    }
    let AreaChart { late, bad, peak, .. } = &*props.chart;
    let (y, h) = lanes.area;
    let (high, rest) = (px(h + 4.0), html! { <><g>{ shapes(&bad.1) }</g>{ shapes(&late.1) }{ shapes(&bad.2) }</> });
    html! {
        <g transform={format!("translate({} {})", px(lanes.left), px(y))}>
            <clipPath id="before"><rect ref={before} x="0" y="-2" height={high.clone()} /></clipPath>
            <clipPath id="after"><rect ref={after} y="-2" height={high} /></clipPath>
            <g clip-path="url(#before)">{ shapes(&late.0) }{ shapes(&late.1) }{ shapes(&bad.0) }{ shapes(&bad.2) }</g>
            if !props.veiled {
                <g clip-path="url(#after)">{ rest }</g>
            }
            if !lanes.folded {
                <text class="third end" x="-8" y="4">{ *peak }</text>
                <text class="third end" x="-8" y={px(h + 1.0)}>{ "0" }</text>
            }
        </g>
    }
}

/// What plotters drew, as nodes.
fn shapes(shapes: &[Shape]) -> Html {
    let node = |Shape { outline, class }: &Shape| match outline {
        Outline::Path(d) => html! { <path class={*class} d={d.clone()} /> },
        Outline::Circle(x, y, r) => {
            html! { <circle class={*class} cx={x.to_string()} cy={y.to_string()} r={r.to_string()} /> }
        }
        Outline::Text(x, y, words) => {
            html! { <text class={*class} x={x.to_string()} y={y.to_string()}>{ words }</text> }
        }
    };
    shapes.iter().map(node).collect()
}

/// Properties of [`Handle`].
#[derive(PartialEq, Properties)]
struct HandleProps {
    lanes: Lanes,
    ends: Us,
    playhead: PlayheadRef,
}

/// The cursor.
#[component]
fn Handle(props: &HandleProps) -> Html {
    let (node, lanes, ends) = (use_node_ref(), props.lanes, props.ends);
    {
        let node = node.clone();
        use_mover(&props.playhead, move |at| {
            if let Some(element) = node.cast::<Element>() {
                // A transform on a group: it cannot be refused.
                drop(element.set_attribute("transform", &format!("translate({} 0)", px(lanes.x(at, ends)))));
            }
        });
    }
    html! {
        <g ref={node} class="handle">
            <path class="ink two" d={format!("M0 6V{}", px(lanes.axis - 2.0))} />
            <path class="inkf" d="M-6 0h12v4l-6 6-6-6z" />
        </g>
    }
}
