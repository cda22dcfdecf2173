//! The two dialogs: the keys, and the link.

use super::state::{Action, Dispatch, Look, Overlay, on};
use web_sys::{HtmlDialogElement, HtmlTextAreaElement};
use yew::prelude::*;

/// Properties of [`Dialog`].
#[derive(PartialEq, Properties)]
pub struct DialogProps {
    /// Which one.
    pub overlay: Overlay,
    /// The link to what is on the page.
    pub link: AttrValue,
    /// Where its closing goes.
    pub dispatch: Dispatch,
}

/// What the keys do, by where the focus is.
const KEYS: [(&str, &[(&str, &str)]); 5] = [
    ("Anywhere", &[("?", "this list"), ("Esc", "close the menu, the dialog or the tour; then leave the selection")]),
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
    ("Tabs", &[("left, right", "the next tab")]),
];

/// The open dialog; nothing if none is open.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    let shown = matches!(props.overlay, Overlay::Keys | Overlay::Share);
    {
        let node = node.clone();
        use_effect_with(shown, move |shown| {
            if let (true, Some(dialog)) = (*shown, node.cast::<HtmlDialogElement>()) {
                // It is open already if the element was kept: no error then.
                drop(dialog.show_modal());
            }
        });
    }
    let (copied, input) = (use_state(|| ""), use_node_ref());
    {
        let (copied, input, sharing) = (copied.clone(), input.clone(), props.overlay == Overlay::Share);
        use_effect_with((sharing, props.link.clone()), move |(sharing, link)| {
            if *sharing {
                copy(link, &input, &copied);
            }
        });
    }
    if !shown {
        return Html::default();
    }
    let close = on(&props.dispatch, || Action::Look(Look::Overlay(Overlay::None)));
    let onclose = on(&props.dispatch, || Action::Look(Look::Overlay(Overlay::None)));
    let title = if props.overlay == Overlay::Keys { "Keys" } else { "Link to this moment" };
    html! {
        <dialog class="dialog" ref={node} aria-labelledby="dialog-title" {onclose}>
            <h2 id="dialog-title">{ title }</h2>
            if props.overlay == Overlay::Keys {
                { keys() }
            } else {
                { share(&props.link, *copied, input) }
            }
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

/// The link, copied to the clipboard when it is shown; it can be read and copied by hand as well.
fn share(link: &AttrValue, copied: &str, input: NodeRef) -> Html {
    html! {
        <>
            <label class="share-link">
                <span class="unseen">{ "Link" }</span>
                <textarea readonly=true rows="4" class="mono" value={link.clone()} ref={input} />
            </label>
            <p class="small second" role="status">{ copied }</p>
        </>
    }
}

/// Copies a link, and says whether the browser let the page do so.
fn copy(link: &str, input: &NodeRef, copied: &UseStateHandle<&'static str>) {
    if let Some(input) = input.cast::<HtmlTextAreaElement>() {
        input.select();
    }
    let (copied, link) = (copied.clone(), link.to_owned());
    wasm_bindgen_futures::spawn_local(async move {
        let clipboard = super::dom::window().navigator().clipboard();
        let done = wasm_bindgen_futures::JsFuture::from(clipboard.write_text(&link)).await;
        copied.set(if done.is_ok() {
            "Copied."
        } else {
            "This browser does not let the page copy it: copy it from here."
        });
    });
}
