//! What can be pointed at on the stage: nodes, the gaps between their steps, links, and messages on their way. One tab
//! stop; arrows lead to the nearest in their direction; Enter opens the menu.

use super::layout::{Form, Line, Rect, StageLayout};
use super::message::{Flight, flights};
use crate::kernel::time::Us;
use crate::run::acts::Thing;
use crate::run::frame::{Column, Frame};
use crate::web::dom::focus;
use crate::web::format::px;
use crate::web::playhead::{PlayheadRef, use_mover};
use crate::web::shared::Shared;
use crate::web::state::{Action, Dispatch, Look, Overlay};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Properties of [`Targets`].
#[derive(PartialEq, Properties)]
pub struct TargetsProps {
    /// What is shown.
    pub frame: Shared<Frame>,
    /// Where it stands.
    pub layout: Shared<StageLayout>,
    /// What carries the messages.
    pub playhead: PlayheadRef,
    /// Which menu is open.
    pub overlay: Overlay,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The least side of a target.
const LEAST: f64 = 24.0;

/// One thing that can be pointed at.
struct Spot {
    name: String,
    label: String,
    rect: Rect,
    thing: Thing,
    class: &'static str,
}

/// The layer of buttons over the stage.
#[component]
pub fn Targets(props: &TargetsProps) -> Html {
    let active = use_state(|| 0_usize);
    let mut spots = spots(&props.frame, &props.layout);
    let flights = flights(&props.frame, &props.layout);
    let fixed = spots.len();
    spots.extend(flights.iter().map(|(at, flight)| message(&props.frame, *at, flight)));
    let now = (*active).min(spots.len().saturating_sub(1));
    let onkeydown = {
        let rects: Vec<(Rect, String)> = spots.iter().map(|spot| (spot.rect, spot.name.clone())).collect();
        Callback::from(move |event: KeyboardEvent| {
            if let Some(name) = lead(&rects, now, &event.key()) {
                event.prevent_default();
                focus(&format!("[data-name='{name}']"));
            }
        })
    };
    let layer = use_node_ref();
    {
        let (layer, rects) = (layer.clone(), spots.iter().map(|spot| spot.rect).collect::<Vec<Rect>>());
        use_effect_with(rects, move |rects| put(&layer, rects));
    }
    {
        let layer = layer.clone();
        use_mover(&props.playhead, move |at| carry(&layer, fixed, &flights, at));
    }
    html! {
        <div class="targets" role="group" aria-label="Nodes, crash points, links and messages" ref={layer} {onkeydown}>
            for (at, spot) in spots.into_iter().enumerate() {
                { target(props, spot, at == now, { let active = active.clone(); Callback::from(move |_| active.set(at)) }) }
            }
        </div>
    }
}

/// A real button over the picture: pointer target, keyboard stop and name for what is drawn beneath it.
fn target(props: &TargetsProps, spot: Spot, stop: bool, onfocus: Callback<FocusEvent>) -> Html {
    let dispatch = props.dispatch.clone();
    let expanded = matches!(&props.overlay, Overlay::Menu(thing, _) if *thing == spot.thing);
    let (thing, anchor) = (spot.thing, format!("[data-name='{}']", spot.name));
    let onclick = Callback::from(move |_: MouseEvent| {
        let overlay = if expanded { Overlay::None } else { Overlay::Menu(thing.clone(), anchor.clone()) };
        dispatch.dispatch(Action::Look(Look::Overlay(overlay)));
    });
    html! {
        <button key={spot.name.clone()} type="button" class={spot.class} aria-label={spot.label} aria-haspopup="menu"
            aria-expanded={expanded.to_string()} tabindex={if stop { "0" } else { "-1" }} data-name={spot.name} {onclick} {onfocus} />
    }
}

/// Puts the buttons over their rectangles, through the CSSOM: the page's content security policy forbids `style`
/// attributes.
pub(super) fn put(layer: &NodeRef, rects: &[Rect]) {
    let Some(layer) = layer.cast::<Element>() else { return };
    let mut next = layer.first_element_child();
    for rect in rects {
        let Some(element) = next else { return };
        next = element.next_element_sibling();
        let lengths = [("left", rect.x), ("top", rect.y), ("width", rect.w), ("height", rect.h)];
        set(element, &lengths);
    }
}

/// The buttons of messages move with them.
fn carry(layer: &NodeRef, fixed: usize, flights: &[(usize, Flight)], at: Us) {
    let Some(layer) = layer.cast::<Element>().filter(|_| !flights.is_empty()) else { return };
    let buttons = layer.children();
    for (index, (_, flight)) in flights.iter().enumerate() {
        let Some(element) = buttons.item((fixed + index) as u32) else { return };
        let rect = around(flight, at);
        set(element, &[("left", rect.x), ("top", rect.y)]);
    }
}

fn set(element: Element, lengths: &[(&str, f64)]) {
    let Ok(button) = element.dyn_into::<HtmlElement>() else { return };
    for (property, length) in lengths {
        // A browser that does not know one of these four leaves the button where it is.
        drop(button.style().set_property(property, &format!("{}px", px(*length))));
    }
}

fn around(flight: &Flight, at: Us) -> Rect {
    let ((x, y), w) = (flight.shown(at), (flight.half * 2.0).max(LEAST));
    Rect { x: x - w / 2.0, y: y - LEAST / 2.0, w, h: LEAST }
}

/// Nodes first, each followed by its gaps, then links: the order of the screen reader. Messages come after them.
fn spots(frame: &Frame, layout: &StageLayout) -> Vec<Spot> {
    let mut spots = Vec::new();
    for (at, (node, place)) in frame.nodes.iter().zip(&layout.nodes).enumerate() {
        if node.column == Column::Clients {
            continue;
        }
        spots.push(Spot {
            name: format!("node-{}", node.id),
            label: node.label.clone(),
            rect: place.rect,
            thing: Thing::Node(at),
            class: "target target-node",
        });
        if layout.form == Form::Compact {
            continue;
        }
        for (step, (frame, gap)) in node.steps.iter().zip(&place.gaps).enumerate() {
            if let (Some(gap), Some(place)) = (&frame.gap, gap) {
                spots.push(Spot {
                    name: format!("gap-{}-{step}", node.id),
                    label: gap.label.clone(),
                    rect: place.target,
                    thing: Thing::Gap(at, step),
                    class: "target target-gap",
                });
            }
        }
    }
    // The clients' own link is none of the document's.
    for (at, (link, line)) in frame.links.iter().zip(&layout.links).enumerate().skip(1) {
        spots.push(Spot {
            name: format!("link-{}", link.id),
            label: link.label.clone(),
            rect: beside(*line),
            thing: Thing::Link(at),
            class: "target target-link",
        });
    }
    spots
}

fn message(frame: &Frame, at: usize, flight: &Flight) -> Spot {
    let message = &frame.messages[at];
    Spot {
        name: format!("message-{}", message.id),
        label: message.label.clone(),
        rect: around(flight, frame.at),
        thing: Thing::Message(message.id),
        class: "target target-message",
    }
}

/// Where a link can be hit: all of a level one; of an upright one the lowest part, which no other passes.
fn beside(line: Line) -> Rect {
    let ((x1, y1), (x2, y2)) = (line.from, line.to);
    let (left, w) = (x1.min(x2), (x2 - x1).abs());
    if x1 == x2 {
        let h = (y2 - y1).abs().clamp(LEAST, 44.0);
        return Rect { x: x1 - LEAST / 2.0, y: y1.max(y2) - h, w: LEAST, h };
    }
    let wide = w.max(LEAST);
    Rect { x: left - (wide - w) / 2.0, y: y1 - LEAST / 2.0, w: wide, h: LEAST }
}

/// The name of the nearest spot in the direction of a key.
fn lead(spots: &[(Rect, String)], from: usize, key: &str) -> Option<String> {
    let middle = |rect: &Rect| (rect.x + rect.w / 2.0, rect.y + rect.h / 2.0);
    let (dx, dy) = match key {
        "ArrowLeft" => (-1.0, 0.0),
        "ArrowRight" => (1.0, 0.0),
        "ArrowUp" => (0.0, -1.0),
        "ArrowDown" => (0.0, 1.0),
        "Home" => return spots.first().map(|(_, name)| name.clone()),
        "End" => return spots.last().map(|(_, name)| name.clone()),
        _ => return None,
    };
    let (x, y) = middle(&spots.get(from)?.0);
    let far = |rect: &Rect| {
        let (to_x, to_y) = middle(rect);
        let (along, aside) = ((to_x - x) * dx + (to_y - y) * dy, (to_x - x) * dy - (to_y - y) * dx);
        (along > 1.0).then_some(along + 2.0 * aside.abs())
    };
    let reachable = spots.iter().filter_map(|(rect, name)| Some((far(rect)?, name)));
    reachable.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_lead_to_the_nearest() {
        let spot = |x, y, name: &str| (Rect { x, y, w: 10.0, h: 10.0 }, name.to_owned());
        let spots = [spot(0.0, 0.0, "app"), spot(50.0, 0.0, "source"), spot(90.0, 80.0, "index")];
        assert_eq!(lead(&spots, 0, "ArrowRight").as_deref(), Some("source"));
        assert_eq!(lead(&spots, 1, "ArrowDown").as_deref(), Some("index"));
        assert_eq!(lead(&spots, 1, "ArrowUp"), None);
        assert_eq!(lead(&spots, 1, "Home").as_deref(), Some("app"));
        assert_eq!(lead(&spots, 1, "x"), None);
    }

    #[test]
    fn every_link_is_24_px_wide_and_high() {
        let line = |from, to| beside(Line { from, to });
        assert_eq!(line((10.0, 50.0), (90.0, 50.0)), Rect { x: 10.0, y: 38.0, w: 80.0, h: 24.0 });
        assert_eq!(line((90.0, 50.0), (80.0, 50.0)), Rect { x: 73.0, y: 38.0, w: 24.0, h: 24.0 });
        assert_eq!(line((50.0, 10.0), (50.0, 300.0)), Rect { x: 38.0, y: 256.0, w: 24.0, h: 44.0 });
        assert_eq!(line((50.0, 30.0), (50.0, 20.0)), Rect { x: 38.0, y: 6.0, w: 24.0, h: 24.0 });
    }
}
