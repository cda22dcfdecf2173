//! The lanes of the time line and what stands in them: faults, alarms, ticks.

use crate::charts::metrics::{Weight, width as text_width};
use crate::kernel::time::Us;
use crate::run::frame::{FaultMark, Story};
use crate::web::format::{px, seconds, ticks};
use yew::prelude::*;

/// Where the lanes lie, in px.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lanes {
    /// Whether faults, area and alarms share one lane.
    pub folded: bool,
    /// Where the plot begins.
    pub left: f64,
    /// Its width.
    pub plot: f64,
    /// Top and height of the area.
    pub area: (f64, f64),
    /// The lower edge of the lanes.
    pub axis: f64,
    /// The height of it all.
    pub height: f64,
}

impl Lanes {
    /// The lanes of a time line of that width.
    #[must_use]
    pub fn new(width: f64, folded: bool, bare: bool) -> Lanes {
        match folded {
            true if bare => Lanes { folded, left: 0.0, plot: width, area: (10.0, 18.0), axis: 32.0, height: 32.0 },
            true => Lanes { folded, left: 0.0, plot: width, area: (12.0, 18.0), axis: 34.0, height: 44.0 },
            false => Lanes { folded, left: 120.0, plot: width - 120.0, area: (36.0, 43.0), axis: 102.0, height: 118.0 },
        }
    }

    /// Where an instant lies.
    #[must_use]
    pub fn x(&self, at: Us, ends: Us) -> f64 {
        self.left + self.plot * (at.0.min(ends.0) as f64 / ends.0.max(1) as f64)
    }
}

/// Ticks, grid and the lines between the lanes.
#[must_use]
pub fn axis(story: &Story, lanes: &Lanes) -> Html {
    let (right, base) = (lanes.left + lanes.plot, lanes.area.0 + lanes.area.1);
    let all = ticks(story.ends);
    let last = all.len() - 1;
    let bare = lanes.height <= lanes.axis;
    let shown = |at: usize| !bare && (!lanes.folded || at == 0 || at == last);
    let tick = |at: usize, instant: Us, label: &str| {
        let x = lanes.x(instant, story.ends);
        let class = if at == 0 {
            "third"
        } else if x > right - 20.0 {
            "third end"
        } else {
            "third middle"
        };
        let end = if x > right - 20.0 { right } else { x };
        html! {
            <>
                if !lanes.folded {
                    <path class="hair" d={format!("M{} 10V100", px(x.min(right - 0.5)))} />
                }
                <text {class} x={px(end)} y={px(lanes.height - 3.0)}>{ label }</text>
            </>
        }
    };
    let between = format!("M{0} 28.5H{1}M{0} 100.5H{1}", px(lanes.left), px(right));
    html! {
        <>
            for (at, (instant, label)) in all.iter().enumerate() {
                if shown(at) {
                    { tick(at, *instant, label) }
                }
            }
            if !lanes.folded {
                <path class="hair" d={between} />
            }
            <path class="edge" d={format!("M{} {}H{}", px(lanes.left), px(base + 0.5), px(right))} />
        </>
    }
}

/// The names of the lanes.
#[must_use]
pub fn labels(lanes: &Lanes) -> Html {
    if lanes.folded {
        return Html::default();
    }
    html! {
        <>
            <text class="second" x="0" y="23">{ "faults" }</text>
            <text class="second" x="0" y="60">{ "rows that differ" }</text>
            <text class="second" x="0" y="95">{ "alarms" }</text>
        </>
    }
}

/// The faults: a cross or two bars at the instant, a hatched bar for the length, words where there is room. With
/// `until` only those that have struck.
#[must_use]
pub fn faults(story: &Story, lanes: &Lanes, until: Option<Us>) -> Html {
    let x = |at: Us| lanes.x(at, story.ends);
    let (mut last, mut groups): (f64, Vec<(&FaultMark, usize)>) = (f64::MIN, Vec::new());
    for fault in story.faults.iter().filter(|fault| until.is_none_or(|until| fault.at <= until)) {
        match groups.last_mut().filter(|_| x(fault.at) - last < 12.0) {
            Some((_, more)) => *more += 1,
            None => {
                last = x(fault.at);
                groups.push((fault, 1));
            }
        }
    }
    let nexts: Vec<f64> =
        groups.iter().skip(1).map(|(fault, _)| x(fault.at) - 12.0).chain([lanes.left + lanes.plot]).collect();
    html! {
        for ((fault, count), next) in groups.into_iter().zip(nexts) {
            { mark(fault, count, (x(fault.at), x(fault.until)), next, lanes) }
        }
    }
}

fn mark(fault: &FaultMark, count: usize, (from, to): (f64, f64), next: f64, lanes: &Lanes) -> Html {
    let (words, y) = (
        if count > 1 { format!("{} (+{})", fault.text, count - 1) } else { fault.text.clone() },
        if lanes.folded { lanes.area.0 + lanes.area.1 / 2.0 } else { 19.0 },
    );
    let glyph = if fault.crash {
        format!("m{} {} 8 8m0-8-8 8", px(from - 4.0), px(y - 4.0))
    } else {
        format!("M{} {}v8M{} {1}v8", px(from - 3.0), px(y - 4.0), px(from + 3.0))
    };
    let (wide, right) = (text_width(&words, 12.0, Weight::Regular), to.max(from + 6.0) + 8.0);
    let before = from - 16.0 - wide;
    let place = if right + wide <= next {
        Some((right, ""))
    } else if before >= lanes.left && count == 1 {
        Some((from - 16.0, "end"))
    } else {
        None
    };
    html! {
        <g>
            <rect class="under" x={px(from - 7.0)} y={px(y - 7.0)} width="14" height="14" />
            if !lanes.folded {
                <rect class="hatched" x={px(from)} y="14.5" width={px((to - from).max(0.0))} height="9" />
                <rect class="under" x={px(from - 7.0)} y={px(y - 7.0)} width="14" height="14" />
                if let Some((x, class)) = place {
                    <text class={classes!("halo", class)} x={px(x)} y="23">{ words }</text>
                }
            }
            <path class="ink two" d={glyph} />
        </g>
    }
}

/// The alarms: flags, or the words that none fires.
#[must_use]
pub fn alarms(story: &Story, at: Us, lanes: &Lanes) -> Html {
    if lanes.folded && story.alarms.is_empty() {
        return Html::default();
    }
    if story.alarms.is_empty() {
        let (wide, cursor) = (text_width(&story.alarms_line, 12.0, Weight::Regular), lanes.x(at, story.ends));
        let fits = cursor + 16.0 + wide <= lanes.left + lanes.plot;
        let (x, class) = if fits { (cursor + 16.0, "second halo") } else { (cursor - 16.0, "second halo end") };
        return html! { <text {class} x={px(x)} y="95">{ &story.alarms_line }</text> };
    }
    let y = if lanes.folded { 0.0 } else { 82.0 };
    let mut last = f64::MIN;
    let mut drawn = Vec::new();
    for alarm in &story.alarms {
        let x = lanes.x(alarm.at, story.ends);
        let words = format!("{}, {}", alarm.detector, seconds(alarm.at));
        let wide = text_width(&words, 12.0, Weight::Regular);
        let (class, d) = if alarm.false_alarm {
            ("ink", format!("M{} {}v14M{0} {}h11l-3.5 3.5 3.5 3.5h-11", px(x), px(y), px(y + 1.0)))
        } else {
            ("inkf", format!("M{} {}h2v14h-2zm2 0h11l-3.5 4 3.5 4h-11z", px(x), px(y)))
        };
        drawn.push(html! { <path {class} {d} /> });
        if !lanes.folded && x >= last && x + 20.0 + wide <= lanes.left + lanes.plot {
            drawn.push(html! { <text class="halo" x={px(x + 18.0)} y="95">{ words }</text> });
            last = x + 30.0 + wide;
        }
    }
    Html::from_iter(drawn)
}
