//! What can be done to a node, or at the gap between two steps. Each entry ends with what it writes to the document.

use super::dom::focus;
use super::format::duration;
use super::shared::Shared;
use super::state::{Action, Dispatch, Look, Overlay};
use super::world::{Edit, RecordingRef};
use crate::run::frame::{Frame, GapFrame, NodeFrame, NodeState};
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
    /// Where the choice goes.
    pub dispatch: Dispatch,
}

/// One entry.
struct Entry {
    words: String,
    /// `faults += crash:app@12.503s`
    writes: String,
    edit: Edit,
}

/// The menu of a node or of a gap; nothing if none is open.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let node = use_node_ref();
    let opened = open(&props.overlay, &props.frame, &props.recording);
    let anchor = opened.as_ref().map(|(anchor, _, _)| anchor.clone());
    {
        let node = node.clone();
        use_effect_with(anchor, move |anchor| {
            if let Some(anchor) = anchor {
                settle(&node, anchor);
                focus(".menu [role='menuitem']");
            }
        });
    }
    let Some((anchor, title, entries)) = opened else { return Html::default() };
    let onkeydown = {
        let (dispatch, node) = (props.dispatch.clone(), node.clone());
        Callback::from(move |event: KeyboardEvent| walk(&event, &node, &dispatch, &anchor))
    };
    html! {
        <div class="menu" role="menu" aria-label={title.clone()} ref={node} {onkeydown}>
            <p class="menu-title bold" role="presentation">{ title }</p>
            for entry in entries {
                { item(entry, &props.dispatch) }
            }
        </div>
    }
}

fn item(entry: Entry, dispatch: &Dispatch) -> Html {
    let Entry { words, writes, edit } = entry;
    let dispatch = dispatch.clone();
    let onclick = Callback::from(move |_: MouseEvent| dispatch.dispatch(Action::EditScenario(edit.clone())));
    html! {
        <button type="button" role="menuitem" tabindex="-1" class="menu-item" {onclick}>
            <span>{ words }</span>
            <span class="mono third">{ writes }</span>
        </button>
    }
}

/// The anchor's name, the title and the entries of the menu that is open.
fn open(overlay: &Overlay, frame: &Frame, recording: &RecordingRef) -> Option<(String, String, Vec<Entry>)> {
    match overlay {
        Overlay::Node(at) => {
            let node = frame.nodes.get(*at)?;
            Some((format!("node-{}", node.id), format!("{}, {}", node.id, node.word), node_entries(node, frame)))
        }
        Overlay::Gap(at, step) => {
            let node = frame.nodes.get(*at)?;
            let gap = node.steps.get(*step)?.gap.as_ref()?;
            Some((format!("gap-{}-{step}", node.id), gap.id.clone(), gap_entries(node, gap, recording)))
        }
        Overlay::None | Overlay::Keys | Overlay::Share | Overlay::Scenario => None,
    }
}

fn add(words: &str, fault: String) -> Entry {
    Entry { words: words.to_owned(), writes: format!("faults += {fault}"), edit: Edit::AddFault(fault) }
}

fn node_entries(node: &NodeFrame, frame: &Frame) -> Vec<Entry> {
    let (id, at) = (&node.id, duration(frame.at));
    match node.state {
        NodeState::Up => {
            vec![add("Crash now", format!("crash:{id}@{at}")), add("Switch off", format!("off:{id}@{at}"))]
        }
        NodeState::Crashed | NodeState::Off => vec![add("Restart now", format!("restart:{id}@{at}"))],
    }
}

fn gap_entries(node: &NodeFrame, gap: &GapFrame, recording: &RecordingRef) -> Vec<Entry> {
    let fault = format!("crash:{}@{}", node.id, gap.id);
    let next = gap.passes + 1;
    let mut entries = vec![
        add(&format!("Crash here at the next pass, the {}", ordinal(next)), format!("{fault}*{next}")),
        add("Crash here at every pass", format!("{fault}*0")),
    ];
    let named = recording
        .story()
        .chips
        .iter()
        .enumerate()
        .filter(|(_, chip)| chip.text.starts_with(&format!("{fault}*")) || chip.text == fault);
    entries.extend(named.map(|(index, chip)| Entry {
        words: "Take this crash away".to_owned(),
        writes: format!("faults -= {}", chip.text),
        edit: Edit::RemoveFault(index),
    }));
    entries
}

/// `1st`, `2nd`, `13th`
fn ordinal(n: u32) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        (_, _) => "th",
    };
    format!("{n}{ending}")
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
            focus(&format!("[data-name='{anchor}']"));
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
    let found = super::dom::document().query_selector(&format!("[data-name='{anchor}']"));
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

#[cfg(test)]
mod tests {
    #[test]
    fn ordinals() {
        let words = [1, 2, 3, 4, 11, 12, 13, 21, 112].map(super::ordinal);
        assert_eq!(words, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"]);
    }
}
