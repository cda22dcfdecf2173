//! What the page remembers from one visit to the next: settings, recent scenarios, what was done once.
//!
//! One object under one versioned key of the local storage. All of it is optional: where the browser refuses storage
//! (a sandboxed frame, a private window, a full disk), or where what is stored is rubbish, the page works the same and
//! says nothing; what it was told then holds until it is closed.
//!
//! ```ignore
//! storage::remember("first-visit", true.into());
//! if storage::remembered("first-visit") == Value::Bool(true) { .. }
//! storage::remember("first-visit", Value::Null); // forgotten
//! ```

use gloo::storage::{LocalStorage, Storage};
use serde_json::{Map, Value};
use std::cell::RefCell;

/// The key of the local storage; another version of what stands there gets another key.
pub const KEY: &str = "driftscope.1";

/// The largest value that is kept, in bytes of JSON; a larger one is remembered until the page is closed only.
const LARGEST: usize = 1 << 20;

thread_local! {
    /// What was read or said since the page opened: it holds even where nothing can be stored.
    static SAID: RefCell<Map<String, Value>> = RefCell::new(Map::new());
}

/// What is remembered under a name; `Value::Null` if nothing is.
#[must_use]
pub fn remembered(name: &str) -> Value {
    SAID.with_borrow_mut(|said| {
        let read = || stored().shift_remove(name).unwrap_or(Value::Null);
        if !said.contains_key(name) {
            said.insert(name.to_owned(), read());
        }
        said[name].clone()
    })
}

/// Remembers a value under a name, if it can; `Value::Null` forgets it.
///
/// Other pages of this site may have stored something in the meantime: only the member of this name is replaced.
pub fn remember(name: &str, value: Value) {
    SAID.with_borrow_mut(|said| said.insert(name.to_owned(), value.clone()));
    if !is_there() {
        return;
    }
    let mut all = stored();
    all.insert(name.to_owned(), value);
    let all = Value::Object(all);
    if all.to_string().len() <= LARGEST {
        // A full storage refuses: then it holds until the page is closed.
        drop(LocalStorage::set(KEY, &all));
    }
}

/// What is stored now; nothing if it cannot be read.
fn stored() -> Map<String, Value> {
    let all = is_there().then(|| LocalStorage::get(KEY)).and_then(Result::ok);
    match all {
        Some(Value::Object(all)) => all,
        _ => Map::new(),
    }
}

/// Whether there is a local storage: without it gloo's calls would stop the page.
fn is_there() -> bool {
    super::dom::window().local_storage().is_ok_and(|storage| storage.is_some())
}
