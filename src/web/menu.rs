//! What can be done to a node, gap, link, message or row: the recording says what. Each entry ends with what it writes to
//! the document.

use super::dom::focus;
use super::shared::Shared;
use super::state::{Action, Dispatch, Look, Overlay};
use super::world::{Edit, RecordingRef};
use crate::run::acts::{Act, Thing, acts};
use crate::run::frame::Frame;
use crate::run::recording::Subject;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Properties of [`Menu`].
#[derive(PartialEq, Properties)]
pub struct MenuProps {
    /// What is shown.
    pub recording: RecordingRef,
    /// At this instant.
    pub frame: Shared<Frame>,
    /// Whose menu it is.
    pub overlay: Overlay,
    /// Whether there is a panel, which says why.
    pub panel: bool,
    /// Where the choice goes.
    pub dispatch: Dispatch,
}

/// The menu that is open; nothing if none is.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with(props.overlay.clone(), move |overlay| {
            if let Overlay::Menu(_, anchor) = overlay {
                settle(&node, anchor);
                focus(".menu [role='menuitem']");
            }
        });
    }
    let Overlay::Menu(thing, anchor) = &props.overlay else { return Html::default() };
    let Some(found) = acts(&props.recording, thing, &props.frame) else { return Html::default() };
    let onkeydown = {
        let (dispatch, node, anchor) = (props.dispatch.clone(), node.clone(), anchor.clone());
        Callback::from(move |event: KeyboardEvent| walk(&event, &node, &dispatch, &anchor))
    };
    let bare = found.acts.is_empty();
    html! {
        <div class="menu" role="menu" aria-label={found.title.clone()} ref={node} {onkeydown}>
            <p class="menu-title bold" role="presentation">{ found.title }</p>
            if !found.note.is_empty() {
                <p class="menu-title small second" role="presentation">{ found.note }</p>
            }
            if let (Thing::Row(strip, key), true) = (thing, props.panel) {
                { item("Why is it so?", "", Action::Look(Look::Subject(Subject::Row(*strip, *key))), "#tab-why", props) }
            }
            for act in &found.acts {
                { item(&act.words, &writes(act), Action::EditScenario(edit(act)), anchor, props) }
            }
            if bare {
                { item("Close", "", Action::Look(Look::Overlay(Overlay::None)), anchor, props) }
            }
        </div>
    }
}

fn edit(act: &Act) -> Edit {
    act.takes_out.map_or_else(|| Edit::AddFault(act.fault.clone()), Edit::RemoveFault)
}

/// `faults += crash:app@12.503s`
fn writes(act: &Act) -> String {
    format!("faults {}= {}", if act.takes_out.is_some() { '-' } else { '+' }, act.fault)
}

/// An entry; it closes the menu, and the focus goes to `then`.
fn item(words: &str, writes: &str, action: Action, then: &str, props: &MenuProps) -> Html {
    let (dispatch, then) = (props.dispatch.clone(), then.to_owned());
    let onclick = Callback::from(move |_: MouseEvent| {
        dispatch.dispatch(Action::Look(Look::Overlay(Overlay::None)));
        dispatch.dispatch(action.clone());
        back(&then);
    });
    html! {
        <button type="button" role="menuitem" tabindex="-1" class="menu-item" {onclick}>
            <span>{ words.to_owned() }</span>
            if !writes.is_empty() {
                <span class="mono third">{ writes.to_owned() }</span>
            }
        </button>
    }
}

/// The focus goes back to what the menu was of; a cell of the strips is drawn, and its grid has the focus.
fn back(anchor: &str) {
    focus(if anchor.starts_with(".strips") { ".rows-grid" } else { anchor });
}

/// Arrows walk, Escape and Tab close and give the focus back.
fn walk(event: &KeyboardEvent, node: &NodeRef, dispatch: &Dispatch, anchor: &str) {
    let Some(menu) = node.cast::<Element>() else { return };
    let Ok(items) = menu.query_selector_all("[role='menuitem']") else { return };
    let active = super::dom::document().active_element();
    let here = (0..items.length())
        .find(|&at| items.item(at).is_some_and(|item| active.as_ref().is_some_and(|a| a.is_same_node(Some(&item)))));
    let (here, last) = (here.unwrap_or(0), items.length().saturating_sub(1));
    let to = match event.key().as_str() {
        "ArrowDown" => {
            if here == last {
                0
            } else {
                here + 1
            }
        }
        "ArrowUp" => {
            if here == 0 {
                last
            } else {
                here - 1
            }
        }
        "Home" => 0,
        "End" => last,
        "Escape" | "Tab" => {
            event.prevent_default();
            event.stop_propagation();
            dispatch.dispatch(Action::Look(Look::Overlay(Overlay::None)));
            back(anchor);
            return;
        }
        _ => return,
    };
    event.prevent_default();
    if let Some(item) = items.item(to).and_then(|item| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(item).ok()) {
        // An item of an open menu takes the focus.
        drop(item.focus());
    }
}

/// Puts the menu beside its anchor, inside the window.
fn settle(menu: &NodeRef, anchor: &str) {
    let found = super::dom::document().query_selector(anchor);
    let (Ok(Some(anchor)), Some(menu)) = (found, menu.cast::<HtmlElement>()) else { return };
    let (anchor, own) = (anchor.get_bounding_client_rect(), menu.get_bounding_client_rect());
    let (width, height) = super::screen::window_size();
    let below = anchor.bottom() + 4.0;
    let y = if below + own.height() <= height { below } else { (anchor.top() - own.height() - 4.0).max(8.0) };
    let x = (anchor.left()).min(width - own.width() - 8.0).max(8.0);
    for (property, length) in [("left", x), ("top", y.min(height - own.height() - 8.0).max(8.0))] {
        // A browser that does not know one of these two leaves the menu at the corner.
        drop(menu.style().set_property(property, &format!("{}px", super::format::px(length))));
    }
}
