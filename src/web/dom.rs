//! The browser: window, document, focus.

use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlDialogElement, HtmlElement, Window};
use yew::prelude::*;

/// The window. The page does not run outside of one.
///
/// # Panics
/// In a worker, where the page is never started.
#[must_use]
pub fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

/// The document.
///
/// # Panics
/// In a window without a document: there is none such.
#[must_use]
pub fn document() -> Document {
    window().document().expect("a window has a document")
}

/// Moves the focus to the first element that fits a selector. Only ever called for something the person did.
pub fn focus(selector: &str) {
    if let Ok(Some(element)) = document().query_selector(selector)
        && let Ok(element) = element.dyn_into::<HtmlElement>()
    {
        // A browser refuses focus to what is not rendered: then it stays where it is.
        drop(element.focus());
    }
}

/// Moves the focus to the element of that id.
pub fn focus_by_id(id: &str) {
    if let Some(element) = document().get_element_by_id(id)
        && let Ok(element) = element.dyn_into::<HtmlElement>()
    {
        // As above.
        drop(element.focus());
    }
}

/// Opens a dialog over the page; when it closes, the focus is again where it was when it opened.
#[hook]
pub fn use_dialog(node: &NodeRef, shown: bool) {
    let node = node.clone();
    use_effect_with(shown, move |shown| {
        let from = if *shown { document().active_element() } else { None };
        if let (true, Some(dialog)) = (*shown, node.cast::<HtmlDialogElement>()) {
            // It is open already if the element was kept: no error then.
            drop(dialog.show_modal());
        }
        move || {
            if let Some(Ok(from)) = from.map(JsCast::dyn_into::<HtmlElement>) {
                // What is gone takes no focus.
                drop(from.focus());
            }
        }
    });
}
