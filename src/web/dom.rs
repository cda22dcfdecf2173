//! The browser: window, document, focus.

use web_sys::{Document, HtmlDialogElement, HtmlElement, Window};
use yew::NodeRef;

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
        && let Ok(element) = wasm_bindgen::JsCast::dyn_into::<HtmlElement>(element)
    {
        // A browser refuses focus to what is not rendered: then it stays where it is.
        drop(element.focus());
    }
}

/// Moves the focus to the element of that id.
pub fn focus_by_id(id: &str) {
    if let Some(element) = document().get_element_by_id(id)
        && let Ok(element) = wasm_bindgen::JsCast::dyn_into::<HtmlElement>(element)
    {
        // As above.
        drop(element.focus());
    }
}

/// Opens a dialog over the page.
pub fn show_modal(node: &NodeRef) {
    if let Some(dialog) = node.cast::<HtmlDialogElement>() {
        // It is open already if the element was kept: no error then.
        drop(dialog.show_modal());
    }
}
