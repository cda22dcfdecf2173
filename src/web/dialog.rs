//! The dialog of the keys.

use super::dom::use_dialog;
use super::state::{Action, Dispatch, Look, Overlay, on};
use yew::prelude::*;

/// Properties of [`Dialog`].
#[derive(PartialEq, Properties)]
pub struct DialogProps {
    /// Which one.
    pub overlay: Overlay,
    /// Where its closing goes.
    pub dispatch: Dispatch,
}

/// What the keys do, by where the focus is.
const KEYS: [(&str, &[(&str, &str)]); 6] = [
    (
        "Anywhere",
        &[
            ("?", "this list"),
            ("Ctrl Z, Ctrl Shift Z", "undo, redo"),
            ("Esc", "close the menu, the dialog or the tour; then leave the selection"),
        ],
    ),
    (
        "Rows",
        &[
            ("arrows", "by cell"),
            ("Ctrl and arrows", "to the next difference"),
            ("Enter", "why is it so, and what can be done to it"),
        ],
    ),
    (
        "Stage",
        &[
            ("arrows", "to the nearest node, gap, link or message"),
            ("Enter or Space", "what can be done to it"),
            ("Home, End", "first, last"),
        ],
    ),
    (
        "Time",
        &[
            ("left, right", "by the chosen unit"),
            ("Shift and arrows", "by crash point"),
            ("Page up, Page down", "by difference"),
            ("Home, End", "start, end"),
            ("Space", "play or pause"),
        ],
    ),
    (
        "Space-time",
        &[("up, down", "what happened before, after"), ("Enter", "what led to it"), ("Home, End", "first, last")],
    ),
    ("Tabs", &[("left, right", "the next tab")]),
];

/// The open dialog; nothing if none is open.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    let shown = props.overlay == Overlay::Keys;
    use_dialog(&node, shown);
    if !shown {
        return Html::default();
    }
    let close = on(&props.dispatch, || Action::Look(Look::Overlay(Overlay::None)));
    let onclose = on(&props.dispatch, || Action::Look(Look::Overlay(Overlay::None)));
    html! {
        <dialog class="dialog" ref={node} aria-labelledby="dialog-title" {onclose}>
            <h2 id="dialog-title">{ "Keys" }</h2>
            { keys() }
            <button type="button" class="primary dialog-close" onclick={close}>{ "Close" }</button>
        </dialog>
    }
}

fn keys() -> Html {
    html! {
        for (place, keys) in KEYS {
            <h3>{ place }</h3>
            <dl class="keys">
                for (key, does) in keys.iter() {
                    <dt>{ *key }</dt>
                    <dd>{ *does }</dd>
                }
            </dl>
        }
    }
}
