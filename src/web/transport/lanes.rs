//! The lanes of the time line and what stands in them: faults, alarms, ticks.

use crate::charts::metrics::{Weight, width as text_width};
use crate::charts::shape::Drawing;
use crate::kernel::time::Us;
use crate::run::frame::{FaultMark, Story};
use crate::web::format::{px, seconds, ticks};

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

/// Draws ticks, grid and the lines between the lanes.
pub fn axis(drawing: &mut Drawing, story: &Story, lanes: &Lanes) {
    let (left, right, base) = (lanes.left, lanes.left + lanes.plot, lanes.area.0 + lanes.area.1);
    let all = ticks(story.ends);
    let (last, bare) = (all.len() - 1, lanes.height <= lanes.axis);
    for (at, (instant, label)) in all.iter().enumerate() {
        let x = lanes.x(*instant, story.ends);
        if !lanes.folded {
            drawing.path("hair", format!("M{} 10V100", px(x.min(right - 0.5))));
        }
        if bare || (lanes.folded && at != 0 && at != last) {
            continue;
        }
        let (class, x) = match (at, x > right - 20.0) {
            (0, _) => ("third", x),
            (_, true) => ("third end", right),
            (_, false) => ("third middle", x),
        };
        drawing.text(class, x, lanes.height - 3.0, label);
    }
    if !lanes.folded {
        drawing.path("hair", format!("M{left} 28.5H{right}M{left} 100.5H{right}", left = px(left), right = px(right)));
        for (words, y) in [("faults", 23.0), ("rows that differ", 60.0), ("alarms", 95.0)] {
            drawing.text("second", 0.0, y, words);
        }
    }
    drawing.path("edge", format!("M{} {}H{}", px(left), px(base + 0.5), px(right)));
}

/// Draws the faults: a cross or two bars at the instant, a hatched bar for the length, words where there is room. With
/// `until` only those that have struck.
pub fn faults(drawing: &mut Drawing, all: &[FaultMark], ends: Us, lanes: &Lanes, until: Option<Us>) {
    let x = |at: Us| lanes.x(at, ends);
    let (mut last, mut groups): (f64, Vec<(&FaultMark, usize)>) = (f64::MIN, Vec::new());
    for fault in all.iter().filter(|fault| until.is_none_or(|until| fault.at <= until)) {
        match groups.last_mut().filter(|_| x(fault.at) - last < 12.0) {
            Some((_, more)) => *more += 1,
            None => {
                last = x(fault.at);
                groups.push((fault, 1));
            }
        }
    }
    let mut free = lanes.left;
    for (at, (fault, count)) in groups.iter().enumerate() {
        let next = groups.get(at + 1).map_or(lanes.left + lanes.plot, |(next, _)| x(next.at) - 12.0);
        free = mark(drawing, fault, *count, (x(fault.at), x(fault.until), free, next), lanes);
    }
}

/// Draws one, between what stands before it and the next; gives back where the lane is free again.
fn mark(
    drawing: &mut Drawing,
    fault: &FaultMark,
    count: usize,
    (from, to, free, next): (f64, f64, f64, f64),
    lanes: &Lanes,
) -> f64 {
    let mut end = to.max(from + 6.0) + 8.0;
    let y = if lanes.folded { lanes.area.0 + lanes.area.1 / 2.0 } else { 19.0 };
    if !lanes.folded {
        let words = if count > 1 { format!("{} (+{})", fault.text, count - 1) } else { fault.text.clone() };
        let (wide, right) = (text_width(&words, 12.0, Weight::Regular), end);
        drawing.rect("hatched", from, 14.5, (to - from).max(0.0), 9.0);
        if right + wide <= next {
            drawing.text("halo", right, 23.0, &words);
            end = right + wide + 8.0;
        } else if from - 16.0 - wide >= free && count == 1 {
            drawing.text("halo end", from - 16.0, 23.0, &words);
        }
    }
    drawing.rect("under", from - 7.0, y - 7.0, 14.0, 14.0);
    let glyph = match fault.crash {
        true => format!("m{} {} 8 8m0-8-8 8", px(from - 4.0), px(y - 4.0)),
        false => format!("M{} {}v8M{} {1}v8", px(from - 3.0), px(y - 4.0), px(from + 3.0)),
    };
    drawing.path("ink two", glyph);
    end
}

/// Draws the alarms: flags, or the words that none fires.
pub fn alarms(drawing: &mut Drawing, story: &Story, at: Us, lanes: &Lanes) {
    let end = lanes.left + lanes.plot;
    if story.alarms.is_empty() && !lanes.folded {
        let (wide, cursor) = (text_width(&story.alarms_line, 12.0, Weight::Regular), lanes.x(at, story.ends));
        let fits = cursor + 16.0 + wide <= end;
        let (x, class) = if fits { (cursor + 16.0, "second halo") } else { (cursor - 16.0, "second halo end") };
        drawing.text(class, x, 95.0, &story.alarms_line);
    }
    let (y, mut last) = (if lanes.folded { 0.0 } else { 82.0 }, f64::MIN);
    for alarm in &story.alarms {
        let x = lanes.x(alarm.at, story.ends);
        let words = format!("{}, {}", alarm.detector, seconds(alarm.at));
        let wide = text_width(&words, 12.0, Weight::Regular);
        if alarm.false_alarm {
            drawing.path("ink", format!("M{} {}v14M{0} {}h11l-3.5 3.5 3.5 3.5h-11", px(x), px(y), px(y + 1.0)));
        } else {
            drawing.path("inkf", format!("M{} {}h2v14h-2zm2 0h11l-3.5 4 3.5 4h-11z", px(x), px(y)));
        }
        if !lanes.folded && x >= last && x + 20.0 + wide <= end {
            drawing.text("halo", x + 18.0, 95.0, &words);
            last = x + 30.0 + wide;
        }
    }
}
