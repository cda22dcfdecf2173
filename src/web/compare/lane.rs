//! One strategy: its path in compact form, source and stores at 12 px, the rows that differ on the shared scale.

use super::board::LEFT;
use super::verdict;
use crate::charts::area::{AreaChart, draw};
use crate::charts::metrics::{Weight, width as text_width};
use crate::charts::shape::{Drawing, Shape};
use crate::kernel::time::Us;
use crate::run::compare::{last_change, note};
use crate::run::frame::{Frame, Story};
use crate::web::draw::{nodes, picture};
use crate::web::format::{px, ticks};
use crate::web::playhead::{PlayheadRef, use_mover};
use crate::web::rows::layout::StripLayout;
use crate::web::rows::strip::bare;
use crate::web::stage::{drawing, slim};
use crate::web::world::RecordingRef;
use web_sys::Element;
use yew::prelude::*;

/// Properties of [`LaneView`].
#[derive(PartialEq, Properties)]
pub struct LaneProps {
    /// Its run.
    pub recording: RecordingRef,
    /// Which lane it is.
    pub index: usize,
    /// The cursor.
    pub at: Us,
    /// The cursor as it moves.
    pub playhead: PlayheadRef,
    /// The room there is.
    pub width: f64,
    /// When the longest run ends.
    pub ends: Us,
    /// The top of the shared scale.
    pub peak: u32,
    /// Where the fates part.
    pub parts: Option<Us>,
    /// Whether there is room for its path.
    pub path: bool,
    /// Whether there is room for the last change that was asked for.
    pub change: bool,
    /// What stands at the end of its head.
    pub children: Html,
}

/// The height of the plot.
const PLOT: f64 = 48.0;

/// The lane.
#[component]
pub fn LaneView(props: &LaneProps) -> Html {
    let LaneProps { recording, at, width, .. } = props;
    let story = recording.story();
    let frame = use_memo((recording.clone(), *at), |(recording, at)| recording.frame(*at));
    let (name, words) = story.path.split_once(": ").unwrap_or((&story.path, ""));
    let room = *width - LEFT;
    let layout = use_memo((recording.clone(), room), |(recording, room)| slim(recording, *room));
    let idle = || story.chips.iter().filter(|chip| !chip.idle.is_empty());
    html! {
        <section class="lane" aria-label={name.to_owned()} data-strategy={name.to_owned()}>
            <div class="lane-head">
                <h2>{ name }</h2>
                <p class="small third lane-words">{ words }</p>
                { verdict(story) }
                { props.children.clone() }
            </div>
            for chip in idle() {
                <p class="small second lane-idle">{ &chip.idle }</p>
            }
            if props.path && room >= 600.0 {
                { path(story, &frame, &layout, *width) }
            }
            { strips(recording, &frame, *width, props.change) }
            for strip in frame.strips.iter() {
                <p class="unseen">{ &strip.summary }</p>
            }
            <Plot recording={recording.clone()} index={props.index} playhead={props.playhead.clone()} {width} ends={props.ends} peak={props.peak}
                parts={props.parts} />
        </section>
    }
}

/// The path of a change, names and states only.
fn path(story: &Story, frame: &Frame, layout: &crate::web::stage::layout::StageLayout, width: f64) -> Html {
    let mut label = Drawing::default();
    label.text("second", 0.0, layout.size.1 / 2.0 + 4.0, "path");
    let inside = html! {
        <>
            { nodes(&label.shapes) }
            <g transform={format!("translate({} 0)", px(LEFT))}>{ nodes(&drawing(story, frame, layout).shapes) }</g>
        </>
    };
    picture("path", (width, layout.size.1 + 4.0), inside)
}

/// Source and stores at 12 px, and beside them, or under them, what differs.
fn strips(recording: &RecordingRef, frame: &Frame, width: f64, change: bool) -> Html {
    let story = recording.story();
    let layout = StripLayout::small(story.keys.len(), frame.strips.len(), LEFT, width);
    let mut drawing = bare(frame, &layout);
    let begins = LEFT + layout.pitch * layout.per_block as f64 + 12.0;
    let beside = layout.blocks == 1 && width - begins >= 170.0;
    let (mut height, last) = (layout.size.1, frame.strips.len() - 1);
    let roomy = beside && width - begins >= 300.0;
    let change = if change { last_change(recording, frame.at) } else { String::new() };
    if !change.is_empty() {
        height += if roomy { 0.0 } else { 18.0 };
        let (x, y) = if roomy { (begins, layout.cell_at(0, 0).1 + 10.0) } else { (0.0, height - 4.0) };
        drawing.text("third lane-change", x, y, &change);
    }
    for (at, strip) in frame.strips.iter().enumerate().skip(1) {
        let (x, y, room) = match beside {
            true => (begins, layout.cell_at(at, 0).1 + 10.0, width - begins),
            false => {
                height += 18.0;
                let named = if last > 1 { text_width(&strip.id, 12.0, Weight::Bold) + 8.0 } else { 0.0 };
                (LEFT, height - 4.0, width - LEFT - named)
            }
        };
        let words = note(story, strip);
        let wide = |text: &str, weight| text_width(text, 12.0, weight);
        let late = wide(&words.late, Weight::Regular);
        let bad = if wide(&words.long, Weight::Bold) + 12.0 + late <= room { &words.long } else { &words.short };
        drawing.text("accent bold", x, y, bad);
        let after = if bad.is_empty() { x } else { x + wide(bad, Weight::Bold) + 12.0 };
        drawing.text("second", after, y, &words.late);
    }
    picture("strips", (width, height + 4.0), nodes(&drawing.shapes))
}

/// Properties of [`Plot`].
#[derive(PartialEq, Properties)]
struct PlotProps {
    recording: RecordingRef,
    index: usize,
    playhead: PlayheadRef,
    width: f64,
    ends: Us,
    peak: u32,
    parts: Option<Us>,
}

/// Rows that differ over time. The playhead moves the clip and the cursor, nothing else.
#[component]
fn Plot(props: &PlotProps) -> Html {
    let PlotProps { recording, index, width, ends, peak, .. } = props;
    let (plot, ends) = (width - LEFT, *ends);
    let chart = use_memo((recording.clone(), plot as u32, *peak), |(recording, plot, peak)| {
        draw(&recording.story().area, ends, (*plot, PLOT as u32), *peak)
    });
    let (before, after, cursor) = (use_node_ref(), use_node_ref(), use_node_ref());
    {
        let (before, after, cursor) = (before.clone(), after.clone(), cursor.clone());
        use_mover(&props.playhead, move |at| {
            let x = plot * (at.0.min(ends.0) as f64 / ends.0.max(1) as f64);
            let (inside, rest) = (px(x), px(plot - x));
            let places = [
                (&before, "width", &inside),
                (&after, "x", &inside),
                (&after, "width", &rest),
                (&cursor, "x", &inside),
            ];
            for (node, name, value) in places {
                if let Some(element) = node.cast::<Element>() {
                    // Lengths on elements of our own: none can be refused.
                    drop(element.set_attribute(name, value));
                }
            }
        });
    }
    let (mut under, mut words) = (Drawing::default(), Drawing::default());
    let x = |at: Us| plot * (at.0.min(ends.0) as f64 / ends.0.max(1) as f64);
    for (at, _) in ticks(ends) {
        under.path("hair", format!("M{} 0V{}", px(x(at).min(plot - 0.5)), px(PLOT)));
    }
    if let Some(parts) = props.parts {
        under.path("parting", format!("M{} 0V{}", px(x(parts)), px(PLOT)));
    }
    under.path("edge", format!("M0 {}H{}", px(PLOT + 0.5), px(plot)));
    words.text("third end", -8.0, 9.0, &peak.to_string());
    words.text("third end", -8.0, PLOT + 1.0, "0");
    words.text("second", -LEFT, PLOT / 2.0 - 3.0, "rows that");
    words.text("second", -LEFT, PLOT / 2.0 + 13.0, "differ");
    let AreaChart { late, bad, .. } = &*chart;
    let layer = |parts: [&[Shape]; 4]| nodes(&parts.concat());
    let inside = html! {
        <g transform={format!("translate({} 4)", px(LEFT))}>
            <clipPath id={format!("before-{index}")}><rect ref={before} x="0" y="-2" height={px(PLOT + 4.0)} /></clipPath>
            <clipPath id={format!("after-{index}")}><rect ref={after} y="-2" height={px(PLOT + 4.0)} /></clipPath>
            { nodes(&under.shapes) }
            <g clip-path={format!("url(#before-{index})")}>{ layer([&late.0, &late.1, &bad.0, &bad.2]) }</g>
            <g clip-path={format!("url(#after-{index})")}>{ layer([&bad.1, &late.1, &bad.2, &[]]) }</g>
            { nodes(&words.shapes) }
            <rect ref={cursor} class="inkf" width="2" y="0" height={px(PLOT)} />
        </g>
    };
    picture("plot", (*width, PLOT + 10.0), inside)
}
