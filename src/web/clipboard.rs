//! Copying.

use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Copies a text, and says whether the browser let the page do so.
pub fn copy(text: String, then: impl FnOnce(&'static str) + 'static) {
    spawn_local(async move {
        let clipboard = super::dom::window().navigator().clipboard();
        let done = JsFuture::from(clipboard.write_text(&text)).await;
        then(if done.is_ok() { "Copied." } else { "This browser does not let the page copy it." });
    });
}
