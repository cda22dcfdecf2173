//! Where lifelines, messages and moments stand in space and time, and how they are drawn.

use super::layout::Rect;
use crate::charts::metrics::{Weight, break_id, width as text_width};
use crate::charts::shape::Drawing;
use crate::kernel::sorted::sort;
use crate::kernel::time::Us;
use crate::run::frame::{Frame, MessageShape};
use crate::run::spacetime::{Happening, Hop, SpaceTime};
use crate::web::draw::{nodes, picture};
use crate::web::format::{px, seconds};
use crate::world::ids::RecordId;
use std::rc::Rc;
use yew::prelude::*;

/// The height of the heads.
pub const HEAD: f64 = 40.0;
/// The height of what is seen of time.
pub const TALL: f64 = 520.0;
/// The room for the times at the left.
const AXIS: f64 = 84.0;

/// Time as a length: every instant at which something happens has a place, and a long silence is little longer than a
/// short one.
#[derive(Debug, Default, PartialEq)]
pub struct Times {
    at: Vec<Us>,
    y: Vec<f64>,
}

impl Times {
    fn new(mut at: Vec<Us>) -> Times {
        sort(&mut at);
        at.dedup();
        let (mut y, mut below) = (Vec::new(), 0.0);
        for (place, instant) in at.iter().enumerate() {
            if place > 0 {
                let digits = instant.since(at[place - 1]).0.checked_ilog10().unwrap_or(0);
                below += 5.0 + 1.5 * f64::from(digits);
            }
            y.push(below);
        }
        Times { at, y }
    }

    /// Where an instant lies: between two of them in proportion.
    #[must_use]
    pub fn y(&self, at: Us) -> f64 {
        let after = self.at.partition_point(|other| *other <= at);
        let Some(before) = after.checked_sub(1) else { return self.y.first().copied().unwrap_or(0.0) };
        let Some(next) = self.at.get(after) else { return self.y[before] };
        let part = at.since(self.at[before]).0 as f64 / next.since(self.at[before]).0.max(1) as f64;
        self.y[before] + (self.y[after] - self.y[before]) * part
    }
}

/// What is seen, and where.
pub struct Crossings {
    seen: SpaceTime,
    /// Time as a length.
    pub times: Rc<Times>,
    /// By lane.
    x: Vec<f64>,
}

/// Something that can be chosen.
pub struct Spot {
    /// Its record.
    pub record: RecordId,
    /// What it is.
    pub label: String,
    /// Its message, if it is one.
    pub message: Option<u32>,
    /// Where, before the playhead moves it.
    pub rect: Rect,
}

impl Crossings {
    /// Places everything.
    #[must_use]
    pub fn new(seen: SpaceTime, width: f64) -> Crossings {
        let hops = seen.hops.iter().flat_map(|hop| [hop.message.sent, hop.message.arrives]);
        let times = Times::new(hops.chain(seen.moments.iter().map(|moment| moment.at)).collect());
        let pitch = (width - AXIS) / seen.lanes.len().max(1) as f64;
        let x = (0..seen.lanes.len()).map(|lane| (AXIS + pitch * (lane as f64 + 0.5)).round()).collect();
        Crossings { seen, times: Rc::new(times), x }
    }

    /// From where to where a message goes; a lost one ends on its way.
    fn line(&self, hop: &Hop) -> (f64, f64, f64, f64) {
        let (x1, y1) = (self.x[hop.from], self.times.y(hop.message.sent));
        let (x2, y2) = (self.x[hop.to], self.times.y(hop.message.arrives));
        if hop.message.lost { (x1, y1, x1 + (x2 - x1) * 0.7, y1 + (y2 - y1) * 0.7) } else { (x1, y1, x2, y2) }
    }

    /// Where its tag stands: half way to the next lifeline, so that it stands on none.
    fn tag(&self, hop: &Hop) -> (f64, f64) {
        let (x1, y1, x2, y2) = self.line(hop);
        let part = 0.5 / hop.from.abs_diff(hop.to).max(1) as f64;
        (x1 + (x2 - x1) * part, y1 + (y2 - y1) * part)
    }

    /// What is in view at an instant, in the order of time.
    #[must_use]
    pub fn spots(&self, at: Us) -> Vec<Spot> {
        let (now, half) = (self.times.y(at), TALL / 2.0 - 12.0);
        let mut spots: Vec<Spot> = Vec::new();
        for hop in &self.seen.hops {
            let (x, y) = self.tag(hop);
            let wide = (text_width(&hop.message.tag, 12.0, Weight::Regular) + 12.0).max(24.0);
            let rect = Rect { x: x - wide / 2.0, y: y - 14.0, w: wide, h: 24.0 };
            let (label, message) = (hop.message.label.clone(), Some(hop.message.id));
            spots.push(Spot { record: hop.record, label, message, rect });
        }
        for moment in &self.seen.moments {
            let (x, y) = (self.x[moment.lane] - 12.0, self.times.y(moment.at) - 12.0);
            spots.push(Spot {
                record: moment.record,
                label: moment.label.clone(),
                message: None,
                rect: Rect { x, y, w: 24.0, h: 24.0 },
            });
        }
        spots.retain(|spot| (spot.rect.y + 12.0 - now).abs() < half);
        crate::kernel::sorted::sort_by_key(&mut spots, |spot| spot.record);
        spots
    }

    /// Node and place of each head.
    #[must_use]
    pub fn heads(&self, width: f64) -> Vec<(usize, Rect)> {
        let pitch = (width - AXIS) / self.x.len().max(1) as f64;
        let wide = (pitch - 4.0).min(160.0);
        let place = |(lane, x): (&crate::run::spacetime::Lane, &f64)| {
            // The clients are no node.
            (lane.node > 0).then_some((lane.node, Rect { x: x - wide / 2.0, y: 0.0, w: wide, h: HEAD - 4.0 }))
        };
        self.seen.lanes.iter().zip(&self.x).filter_map(place).collect()
    }
}

/// The names above the lifelines, and the cursor: what does not move.
#[must_use]
pub fn heads(crossings: &Crossings, frame: &Frame, width: f64) -> Drawing {
    let mut drawing = Drawing::default();
    let pitch = (width - AXIS) / crossings.x.len().max(1) as f64;
    for (lane, x) in crossings.seen.lanes.iter().zip(&crossings.x) {
        let Some(node) = frame.nodes.get(lane.node) else { continue };
        let lines = break_id(&node.title, 12.0, Weight::Bold, (pitch - 8.0).max(20.0));
        for (at, line) in lines.iter().enumerate() {
            let y = HEAD - 12.0 - 14.0 * (lines.len() - 1 - at) as f64;
            drawing.text("bold middle", *x, y, line);
        }
    }
    drawing.path("hair", format!("M0 {y}H{}", px(width), y = px(HEAD - 0.5)));
    let middle = HEAD + TALL / 2.0;
    drawing.path("ink", format!("M0 {}H{}", px(middle), px(width)));
    drawing.path("inkf", format!("M0 {}l8 5-8 5z", px(middle - 5.0)));
    drawing
}

/// What the playhead moves.
#[must_use]
pub fn draw(crossings: &Crossings) -> Drawing {
    let mut drawing = Drawing::default();
    let Crossings { seen, times, x } = crossings;
    let (top, bottom) = (-TALL, times.y.last().copied().unwrap_or(0.0) + TALL);
    let y = |at: Us| match (times.at.first(), times.at.last()) {
        (Some(first), _) if at < *first => top,
        (_, Some(last)) if at > *last => bottom,
        _ => times.y(at),
    };
    for (lane, x) in seen.lanes.iter().zip(x) {
        let mut from = top;
        for (down, up) in &lane.down {
            drawing.path("edge", format!("M{x} {}V{}", px(from), px(y(*down)), x = px(*x)));
            drawing.path("edge off-line", format!("M{x} {}V{}", px(y(*down)), px(y(*up)), x = px(*x)));
            from = y(*up);
        }
        drawing.path("edge", format!("M{x} {}V{}", px(from), px(bottom), x = px(*x)));
    }
    if let Some((lane, from, to)) = seen.apart {
        drawing.path("apart", format!("M{x} {}V{}", px(y(from)), px(y(to)), x = px(x[lane])));
    }
    axis(&mut drawing, crossings);
    for told in [false, true] {
        seen.hops.iter().filter(|hop| hop.told == told).for_each(|hop| hop_line(&mut drawing, crossings, hop));
        for moment in seen.moments.iter().filter(|moment| moment.told == told) {
            let (at, y) = (x[moment.lane], times.y(moment.at));
            client(&mut drawing, moment.happening, (x[0], at, y), ink(seen, told));
            mark(&mut drawing, moment.happening, (at, y), seen.chosen && !told);
        }
    }
    tags(&mut drawing, crossings);
    drawing
}

/// The ink of a line: what is chosen depends on it, does not, or nothing is chosen.
fn ink(seen: &SpaceTime, told: bool) -> &'static str {
    match (seen.chosen, told) {
        (false, _) => "cross-line",
        (true, true) => "cross-line told",
        (true, false) => "cross-line rest",
    }
}

fn axis(drawing: &mut Drawing, crossings: &Crossings) {
    let mut free = f64::MIN;
    for (at, y) in crossings.times.at.iter().zip(&crossings.times.y) {
        if *y >= free {
            drawing.text("third end", AXIS - 12.0, y + 4.0, &seconds(*at));
            free = y + 20.0;
        }
    }
}

fn hop_line(drawing: &mut Drawing, crossings: &Crossings, hop: &Hop) {
    let (x1, y1, x2, y2) = crossings.line(hop);
    let ink = ink(&crossings.seen, hop.told);
    let d = format!("M{} {}L{} {}", px(x1), px(y1), px(x2), px(y2));
    if hop.message.lost {
        drawing.path("cross-line gone", d);
        drawing.path("bad", format!("m{} {} 6 6m0-6-6 6", px(x2 - 3.0), px(y2 - 3.0)));
        return;
    }
    // The head of the arrow, along the line.
    let (dx, dy) = (x2 - x1, y2 - y1);
    let length = libm::sqrt(dx * dx + dy * dy).max(1.0);
    let (ux, uy) = (dx / length * 6.0, dy / length * 6.0);
    let side = |sign: f64| format!("{} {}", px(x2 - ux - sign * uy * 0.5), px(y2 - uy + sign * ux * 0.5));
    drawing.path(ink, format!("{d}M{}L{} {}L{}", side(1.0), px(x2), px(y2), side(-1.0)));
    if hop.message.shape == MessageShape::Refused {
        drawing.path("ink", format!("m{} {} 6 6m0-6-6 6", px((x1 + x2) / 2.0 - 3.0), px((y1 + y2) / 2.0 - 3.0)));
    }
}

/// A client's request and answer take no time.
fn client(drawing: &mut Drawing, happening: Happening, (clients, x, y): (f64, f64, f64), ink: &'static str) {
    let (from, to, head) = match happening {
        Happening::Ask => (clients, x, -6.0),
        Happening::Reply => (x, clients, 6.0),
        _ => return,
    };
    let (back, y) = (px(to + head), px(y));
    drawing.path(ink, format!("M{} {y}H{to}M{back} {y}m0-3L{to} {y}l{} 3", px(from), px(head), to = px(to)));
}

/// The mark of what happened at a node, its middle at (x, y); in third ink if it is not what is told.
fn mark(drawing: &mut Drawing, happening: Happening, (x, y): (f64, f64), rest: bool) {
    let cross = |half: f64| format!("m{} {} {2} {2}m0-{2}-{2} {2}", px(x - half), px(y - half), px(2.0 * half));
    let (filled, line, thick) = if rest { ("restf", "rest-line", "rest-line two") } else { ("inkf", "ink", "ink two") };
    match happening {
        Happening::Ask | Happening::Reply => {}
        Happening::Crash => {
            drawing.rect("under", x - 7.0, y - 6.0, 14.0, 12.0);
            drawing.path(thick, cross(5.0));
        }
        Happening::Up => drawing.disc("tag-hollow", x, y, 4.0),
        Happening::Commit => drawing.disc(filled, x, y, 4.0),
        Happening::Show => drawing.rect(filled, x - 4.0, y - 4.0, 8.0, 8.0),
        Happening::Refuse => drawing.rect("tag-hollow", x - 3.5, y - 3.5, 7.0, 7.0),
        Happening::End => {
            drawing.disc("tag-hollow", x, y, 6.0);
            drawing.path(line, cross(3.0));
        }
    }
}

/// The tags of the messages, where none stands on another: first of what is told.
fn tags(drawing: &mut Drawing, crossings: &Crossings) {
    let mut placed: Vec<(f64, f64, f64)> = Vec::new();
    let seen = &crossings.seen;
    for told in [true, false] {
        for hop in seen.hops.iter().filter(|hop| hop.told == told && !hop.message.tag.is_empty()) {
            let (x, y) = crossings.tag(hop);
            let y = y - 3.0;
            let half = text_width(&hop.message.tag, 12.0, Weight::Bold) / 2.0 + 2.0;
            let wide = (x - crossings.x[hop.from]).abs() > half;
            if !wide || placed.iter().any(|(px, py, ph)| (py - y).abs() < 13.0 && (px - x).abs() < ph + half) {
                continue;
            }
            placed.push((x, y, half));
            let class = match (hop.message.lost, seen.chosen, told) {
                (true, ..) => "accent bold middle halo",
                (_, true, true) => "bold middle halo",
                (_, true, false) => "third middle halo",
                (_, false, _) => "second middle halo",
            };
            drawing.text(class, x, y, &hop.message.tag);
        }
    }
}

/// What the marks mean.
pub fn legend() -> Html {
    let shown =
        [Happening::Commit, Happening::Show, Happening::Refuse, Happening::End, Happening::Crash, Happening::Up];
    html! {
        <p class="small second cross-legend">
            for happening in shown {
                <span>
                    { picture("glyph", (14.0, 14.0), { let mut one = Drawing::default(); mark(&mut one, happening, (7.0, 7.0), false); nodes(&one.shapes) }) }
                    { happening.id() }
                </span>
            }
            <span class="apart-word">{ "first difference" }</span>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_a_length_that_never_goes_back() {
        let times = Times::new([5, 1, 5, 900_000, 40].map(Us).to_vec());
        assert_eq!(times.at, [1, 5, 40, 900_000].map(Us));
        assert!(times.y.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(times.y(Us(0)), 0.0);
        assert!(times.y(Us(450_000)) > times.y(Us(40)) && times.y(Us(450_000)) < times.y(Us(900_000)));
    }
}
