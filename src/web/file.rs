//! Files: chosen or dropped, and read as text.

use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

/// The largest file that is read, in bytes: an exported trace of a million records is smaller.
const LARGEST: f64 = 512.0 * 1024.0 * 1024.0;

/// A control that lets a person choose a file; its text goes to `then`, or to `failed` why there is none.
pub fn chosen(words: &'static str, then: &Callback<String>, failed: &Callback<String>) -> Html {
    let (then, failed) = (then.clone(), failed.clone());
    let onchange = Callback::from(move |event: Event| {
        let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            read(&file, then.clone(), failed.clone());
        }
        // The same file can be chosen again.
        input.set_value("");
    });
    html! {
        <label class="file">
            <input type="file" class="unseen" accept=".json,.jsonl,.txt,application/json,text/plain" {onchange} />
            { words }
        </label>
    }
}

/// Reads a file; its text goes to `then`, or to `failed` why there is none.
pub fn read(file: &File, then: Callback<String>, failed: Callback<String>) {
    if file.size() > LARGEST {
        return failed.emit(format!("{} is too large: at most 512 MB can be opened.", file.name()));
    }
    let file = file.clone();
    spawn_local(async move {
        match JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string()) {
            Some(text) => then.emit(text),
            None => failed.emit(format!("{} could not be read.", file.name())),
        }
    });
}
