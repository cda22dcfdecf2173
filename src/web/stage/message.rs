//! Messages on their way: one keyed layer. Its elements are placed by reference at each frame, `x` linear in simulated
//! time, so that every frame equals a seek and nothing has a state of its own (UI 15).

use super::layout::{Line, StageLayout};
use crate::charts::metrics::{Weight, width as text_width};
use crate::charts::shape::Drawing;
use crate::kernel::time::Us;
use crate::run::frame::{Frame, MessageFrame, MessageShape};
use crate::web::draw::nodes;
use crate::web::format::px;
use crate::web::playhead::{PlayheadRef, use_mover};
use crate::web::screen::still;
use crate::web::shared::Shared;
use web_sys::Element;
use yew::prelude::*;

/// Properties of [`Messages`].
#[derive(PartialEq, Properties)]
pub struct MessagesProps {
    /// What is shown.
    pub frame: Shared<Frame>,
    /// Where the links run.
    pub layout: Shared<StageLayout>,
    /// What carries them.
    pub playhead: PlayheadRef,
}

/// A message as it moves: from where to where, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
    line: Line,
    sent: Us,
    arrives: Us,
    /// Half the length of its tag, which stays between the two boxes.
    pub half: f64,
    /// Whether it stands in mid-link, for a reader who wants no motion.
    still: bool,
}

impl Flight {
    /// Where its middle is shown at an instant.
    #[must_use]
    pub fn shown(&self, at: Us) -> (f64, f64) {
        self.at(if self.still { Us((self.sent.0 + self.arrives.0) / 2) } else { at })
    }

    /// Where its middle is at an instant.
    fn at(&self, at: Us) -> (f64, f64) {
        let span = self.arrives.since(self.sent).0.max(1) as f64;
        let part = (at.since(self.sent).0 as f64 / span).min(1.0);
        let ((x1, y1), (x2, y2)) = (self.line.from, self.line.to);
        let length = ((x2 - x1).abs() + (y2 - y1).abs()).max(1.0);
        let inset = (self.half / length).min(0.5);
        let part = inset + part * (1.0 - 2.0 * inset);
        (x1 + (x2 - x1) * part, y1 + (y2 - y1) * part)
    }
}

/// Above so many messages on one link they are one tag.
const MANY: usize = 60;

/// The moving layer.
#[component]
pub fn Messages(props: &MessagesProps) -> Html {
    let layer = use_node_ref();
    let flights = flights(&props.frame, &props.layout);
    let shown: Vec<&MessageFrame> = flights.iter().map(|(at, _)| &props.frame.messages[*at]).collect();
    {
        let layer = layer.clone();
        use_mover(&props.playhead, move |now| {
            let Some(group) = layer.cast::<Element>() else { return };
            let mut next = group.first_element_child();
            for (_, flight) in &flights {
                let Some(element) = next else { return };
                let (x, y) = flight.shown(now);
                // An attribute of a fixed name on an SVG element: it cannot be refused.
                drop(element.set_attribute("transform", &format!("translate({} {})", px(x), px(y))));
                next = element.next_element_sibling();
            }
        });
    }
    html! {
        <g ref={layer}>
            for message in shown {
                { node(message, &props.layout) }
            }
        </g>
    }
}

/// How many messages are on each link.
fn per_link(frame: &Frame) -> Vec<usize> {
    let mut per_link = vec![0_usize; frame.links.len()];
    frame.messages.iter().for_each(|message| per_link[message.link as usize] += 1);
    per_link
}

/// The messages that stand alone, by their index, as they move.
#[must_use]
pub fn flights(frame: &Frame, layout: &StageLayout) -> Vec<(usize, Flight)> {
    let (per_link, still) = (per_link(frame), still());
    let alone = frame.messages.iter().enumerate().filter(|(_, message)| per_link[message.link as usize] <= MANY);
    alone.map(|(at, message)| (at, flight(message, layout, still))).collect()
}

fn flight(message: &MessageFrame, layout: &StageLayout, still: bool) -> Flight {
    let line = layout.links[message.link as usize];
    let line = if message.back { Line { from: line.to, to: line.from } } else { line };
    let (words, upright) = (words(message, layout), line.from.0 == line.to.0);
    let half = if words.is_empty() {
        6.0
    } else if upright {
        12.0
    } else {
        text_width(&words, 12.0, Weight::Regular) / 2.0 + 8.0
    };
    Flight { line, sent: message.sent, arrives: message.arrives, half, still }
}

/// What its tag says: on a link shorter than 72 px the key alone.
fn words(message: &MessageFrame, layout: &StageLayout) -> String {
    let Line { from, to } = layout.links[message.link as usize];
    let short = (from.0 - to.0).abs() < 72.0 && from.0 != to.0;
    match message.tag.split_once(' ') {
        Some((key, _)) if short => key.to_owned(),
        Some(_) | None => message.tag.clone(),
    }
}

/// Which way a tag points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// To the right.
    Right,
    /// To the right, with a notched tail: a delete.
    Notched,
    /// To the left.
    Left,
    /// Down.
    Down,
}

/// The outline of a tag 20 px high whose middle is at (x, y).
#[must_use]
pub fn tag(x: f64, y: f64, wide: f64, points: Tag) -> String {
    let (half, body) = (px(wide / 2.0), px(wide - 7.0));
    let at = |dx: f64, dy: f64| format!("M{} {}", px(x + dx), px(y + dy));
    match points {
        Tag::Right => format!("{}h{body}l7 10l-7 10h-{body}z", at(-wide / 2.0, -10.0)),
        Tag::Notched => format!("{}h{body}l7 10l-7 10h-{body}l7-10z", at(-wide / 2.0, -10.0)),
        Tag::Left => format!("{}h-{body}l-7 10l7 10h{body}z", at(wide / 2.0, -10.0)),
        Tag::Down => format!("{}h{}v16l-{half} 8l-{half}-8z", at(-wide / 2.0, -12.0), px(wide)),
    }
}

/// A message around its middle, which the playhead places.
fn drawn(message: &MessageFrame, layout: &StageLayout) -> Drawing {
    let mut drawing = Drawing::default();
    let line = layout.links[message.link as usize];
    let words = words(message, layout);
    let wide = text_width(&words, 12.0, Weight::Regular) + 16.0;
    let forwards = (line.to.0 >= line.from.0) != message.back;
    let (points, middle) = match (line.from.0 == line.to.0, forwards, message.shape == MessageShape::Delete) {
        (true, _, _) => (Tag::Down, 0.0),
        (false, true, true) => (Tag::Notched, 0.0),
        (false, true, false) => (Tag::Right, -3.0),
        (false, false, _) => (Tag::Left, 3.0),
    };
    let (class, ink) = match message.shape {
        MessageShape::Write | MessageShape::Delete => ("tag", "inverse middle"),
        MessageShape::Read => ("tag-hollow", "middle"),
        MessageShape::Late => ("tag-hollow late", "middle"),
        MessageShape::Ok => {
            drawing.disc("tag-hollow", 0.0, 0.0, 6.0);
            return drawing;
        }
        MessageShape::Refused => {
            drawing.disc("tag-hollow", 0.0, 0.0, 8.0);
            drawing.path("ink", "m-3-3 6 6m0-6-6 6".to_owned());
            return drawing;
        }
    };
    drawing.path(class, tag(0.0, 0.0, wide, points));
    drawing.text(ink, middle, 4.0, &words);
    drawing
}

fn node(message: &MessageFrame, layout: &StageLayout) -> Html {
    let class = if message.lost { "message lost" } else { "message" };
    html! { <g key={message.id} {class}>{ nodes(&drawn(message, layout).shapes) }</g> }
}

/// Draws one tag for all, where there are too many to tell apart.
pub fn crowds(drawing: &mut Drawing, frame: &Frame, layout: &StageLayout) {
    for (link, count) in per_link(frame).into_iter().enumerate().filter(|&(_, count)| count > MANY) {
        let Line { from, to } = layout.links[link];
        let words = format!("{count} messages");
        let wide = text_width(&words, 12.0, Weight::Regular) + 16.0;
        let (x, y) = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        drawing.path("tag", tag(x, y, wide, Tag::Right));
        drawing.text("inverse middle", x - 3.0, y + 4.0, &words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_linear_in_simulated_time() {
        let line = Line { from: (100.0, 50.0), to: (300.0, 50.0) };
        let flight = Flight { line, sent: Us(1_000), arrives: Us(3_000), half: 10.0, still: false };
        assert_eq!(flight.at(Us(1_000)), (110.0, 50.0));
        assert_eq!(flight.at(Us(2_000)), (200.0, 50.0));
        assert_eq!(flight.at(Us(3_000)), (290.0, 50.0));
        assert_eq!(flight.at(Us(9_000)), (290.0, 50.0));
    }
}
