//! The stage in space and time: one lifeline a node, time down, the cursor in the middle. The picture is made once for
//! what happens round the cursor; the playhead moves it, so that every frame equals a seek.

use super::crossings::{Crossings, HEAD, Spot, TALL, draw, heads, legend};
use super::targets::put;
use crate::run::acts::Thing;
use crate::run::frame::Frame;
use crate::run::recording::Subject;
use crate::run::spacetime::space_time;
use crate::web::dom::focus;
use crate::web::draw::{nodes, picture};
use crate::web::format::px;
use crate::web::playhead::{PlayheadRef, use_mover};
use crate::web::shared::Shared;
use crate::web::state::{Action, Dispatch, Look, Overlay, on};
use crate::web::world::RecordingRef;
use crate::world::ids::RecordId;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Properties of [`Lifelines`].
#[derive(PartialEq, Properties)]
pub struct LifelinesProps {
    /// What is shown.
    pub recording: RecordingRef,
    /// At this instant.
    pub frame: Shared<Frame>,
    /// What moves it.
    pub playhead: PlayheadRef,
    /// The room there is.
    pub width: f64,
    /// What is chosen.
    pub subject: Subject,
    /// Which menu is open.
    pub overlay: Overlay,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The view.
#[component]
pub fn Lifelines(props: &LifelinesProps) -> Html {
    let LifelinesProps { recording, frame, width, subject, .. } = props;
    let seen = space_time(recording, &frame.nodes, subject, frame.at);
    let crossings = Crossings::new(seen, *width);
    let (group, layer) = (use_node_ref(), use_node_ref());
    {
        let (group, layer, times) = (group.clone(), layer.clone(), crossings.times.clone());
        use_mover(&props.playhead, move |at| {
            let y = px(TALL / 2.0 - times.y(at));
            if let Some(group) = group.cast::<Element>() {
                // An attribute of a fixed name on an SVG element: it cannot be refused.
                drop(group.set_attribute("transform", &format!("translate(0 {y})")));
            }
            if let Some(layer) = layer.cast::<HtmlElement>() {
                // A browser that does not know it leaves the buttons where they are.
                drop(layer.style().set_property("transform", &format!("translateY({y}px)")));
            }
        });
    }
    let spots = crossings.spots(frame.at);
    {
        let (layer, rects) = (layer.clone(), spots.iter().map(|spot| spot.rect).collect::<Vec<_>>());
        use_effect_with(rects, move |rects| put(&layer, rects));
    }
    let active = use_state(|| None::<RecordId>);
    let stop = spots.iter().position(|spot| Some(spot.record) == *active).unwrap_or(spots.len() / 2);
    let onkeydown = {
        let names: Vec<RecordId> = spots.iter().map(|spot| spot.record).collect();
        Callback::from(move |event: KeyboardEvent| walk(&event, &names, stop))
    };
    let inside = html! {
        <>
            <clipPath id="span"><rect y={px(HEAD)} width={px(*width)} height={px(TALL)} /></clipPath>
            { nodes(&heads(&crossings, frame, *width).shapes) }
            <g clip-path="url(#span)"><g transform={format!("translate(0 {})", px(HEAD))}>
                <g ref={group}>{ nodes(&draw(&crossings).shapes) }</g>
            </g></g>
        </>
    };
    html! {
        <>
            <div class="stage-picture">
                { picture("path", (*width, HEAD + TALL), inside) }
                { lanes(props, &crossings) }
                <div class="hops">
                    <ol ref={layer} aria-label="Messages and events, in order of time" {onkeydown}>
                        for (at, spot) in spots.into_iter().enumerate() {
                            <li key={spot.record.0} class="hop-place">
                                { hop(props, spot, at == stop, &active) }
                            </li>
                        }
                    </ol>
                </div>
            </div>
            { legend() }
        </>
    }
}

/// A message or event: chosen by the first press; a chosen message that is on its way has its menu.
fn hop(props: &LifelinesProps, spot: Spot, stop: bool, active: &UseStateHandle<Option<RecordId>>) -> Html {
    let (record, active) = (spot.record, active.clone());
    let chosen = props.subject == Subject::Record(record);
    let moving = spot.message.filter(|id| props.frame.messages.iter().any(|message| message.id == *id));
    let look = match (chosen, moving) {
        (false, _) => Look::Subject(Subject::Record(record)),
        (true, Some(id)) => {
            Look::Overlay(Overlay::Menu(Thing::Message(id), format!("[data-name='record-{}']", record.0)))
        }
        (true, None) => Look::Subject(Subject::Worst),
    };
    html! {
        <button type="button" class="hop" aria-label={spot.label} aria-pressed={chosen.to_string()} data-name={format!("record-{}", record.0)}
            tabindex={if stop { "0" } else { "-1" }} onfocus={Callback::from(move |_| active.set(Some(record)))}
            onclick={on(&props.dispatch, move || Action::Look(look.clone()))} />
    }
}

/// The heads of the lifelines, with the menus of their nodes.
fn lanes(props: &LifelinesProps, crossings: &Crossings) -> Html {
    html! {
        <Heads places={crossings.heads(props.width)} frame={props.frame.clone()} overlay={props.overlay.clone()}
            dispatch={props.dispatch.clone()} />
    }
}

/// Properties of [`Heads`].
#[derive(PartialEq, Properties)]
struct HeadsProps {
    /// Node and place.
    places: Vec<(usize, super::layout::Rect)>,
    frame: Shared<Frame>,
    overlay: Overlay,
    dispatch: Dispatch,
}

#[component]
fn Heads(props: &HeadsProps) -> Html {
    let layer = use_node_ref();
    {
        let (layer, rects) = (layer.clone(), props.places.iter().map(|(_, rect)| *rect).collect::<Vec<_>>());
        use_effect_with(rects, move |rects| put(&layer, rects));
    }
    html! {
        <div class="targets" role="group" aria-label="Nodes" ref={layer}>
            for (node, _) in props.places.iter() {
                { head(props, *node) }
            }
        </div>
    }
}

fn head(props: &HeadsProps, node: usize) -> Html {
    let Some(frame) = props.frame.nodes.get(node) else { return Html::default() };
    let menu = Overlay::Menu(Thing::Node(node), format!("[data-name='node-{}']", frame.id));
    let expanded = props.overlay == menu;
    let overlay = if expanded { Overlay::None } else { menu };
    let onclick = on(&props.dispatch, move || Action::Look(Look::Overlay(overlay.clone())));
    html! {
        <button key={node} type="button" class="target target-node" aria-label={frame.label.clone()} aria-haspopup="menu"
            aria-expanded={expanded.to_string()} data-name={format!("node-{}", frame.id)} {onclick} />
    }
}

/// Arrows go to what happened before and after.
fn walk(event: &KeyboardEvent, names: &[RecordId], from: usize) {
    let last = names.len().saturating_sub(1);
    let to = match event.key().as_str() {
        "ArrowUp" | "ArrowLeft" => from.saturating_sub(1),
        "ArrowDown" | "ArrowRight" => (from + 1).min(last),
        "Home" => 0,
        "End" => last,
        _ => return,
    };
    event.prevent_default();
    if let Some(name) = names.get(to) {
        focus(&format!("[data-name='record-{}']", name.0));
    }
}
