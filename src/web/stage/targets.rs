//! What can be pointed at on the stage: nodes, and the gaps between their steps. One tab stop; arrows lead to the
//! nearest in their direction; Enter opens the menu.

use super::layout::{Form, Rect, StageLayout};
use crate::run::frame::{Column, Frame};
use crate::web::dom::focus;
use crate::web::format::px;
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
    /// Which menu is open.
    pub overlay: Overlay,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// One thing that can be pointed at.
struct Spot {
    name: String,
    label: String,
    rect: Rect,
    opens: Overlay,
    class: &'static str,
}

/// The layer of buttons over the stage.
#[component]
pub fn Targets(props: &TargetsProps) -> Html {
    let active = use_state(|| 0_usize);
    let spots = spots(&props.frame, &props.layout);
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
    html! {
        <div class="targets" role="group" aria-label="Nodes and crash points" ref={layer} {onkeydown}>
            for (at, spot) in spots.into_iter().enumerate() {
                { target(props, spot, at == now, { let active = active.clone(); Callback::from(move |_| active.set(at)) }) }
            }
        </div>
    }
}

/// A real button over the picture: pointer target, keyboard stop and name for what is drawn beneath it.
fn target(props: &TargetsProps, spot: Spot, stop: bool, onfocus: Callback<FocusEvent>) -> Html {
    let (dispatch, expanded) = (props.dispatch.clone(), props.overlay == spot.opens);
    let onclick = Callback::from(move |_: MouseEvent| {
        let overlay = if expanded { Overlay::None } else { spot.opens.clone() };
        dispatch.dispatch(Action::Look(Look::Overlay(overlay)));
    });
    html! {
        <button key={spot.name.clone()} type="button" class={spot.class} aria-label={spot.label} aria-haspopup="menu"
            aria-expanded={expanded.to_string()} tabindex={if stop { "0" } else { "-1" }} data-name={spot.name} {onclick} {onfocus} />
    }
}

/// Puts the buttons over their rectangles, through the CSSOM: the page's content security policy forbids `style`
/// attributes.
fn put(layer: &NodeRef, rects: &[Rect]) {
    let Some(layer) = layer.cast::<Element>() else { return };
    let mut next = layer.first_element_child();
    for rect in rects {
        let Some(element) = next else { return };
        next = element.next_element_sibling();
        let Ok(button) = element.dyn_into::<HtmlElement>() else { continue };
        for (property, length) in [("left", rect.x), ("top", rect.y), ("width", rect.w), ("height", rect.h)] {
            // A browser that does not know one of these four leaves the button where it is.
            drop(button.style().set_property(property, &format!("{}px", px(length))));
        }
    }
}

/// Nodes first, each followed by its gaps: the order of the screen reader.
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
            opens: Overlay::Node(at),
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
                    opens: Overlay::Gap(at, step),
                    class: "target target-gap",
                });
            }
        }
    }
    spots
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
}
