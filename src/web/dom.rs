//! The browser: window, document, focus.

use web_sys::{Document, HtmlElement, Window};

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
