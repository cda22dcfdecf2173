//! What each option means, in words: from the schema, a file beside the page that is made from the same declarations.
//!
//! It is fetched when a form is first opened. Where it cannot be had the forms work without these words.

use crate::scenario::options::{Row, literal};
use serde_json::Value;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Response;
use yew::prelude::*;

/// The schema; `None` until it is there.
pub type Words = Option<Rc<Value>>;

thread_local! {
    static WORDS: RefCell<Words> = const { RefCell::new(None) };
}

/// The words, once they are wanted and there.
#[hook]
pub fn use_words(wanted: bool) -> Words {
    let words = use_state(|| WORDS.with_borrow(Clone::clone));
    {
        let words = words.clone();
        use_effect_with(wanted, move |wanted| {
            if *wanted && words.is_none() {
                spawn_local(async move {
                    let schema = fetch().await.ok().flatten().map(|text| Rc::new(literal(&text)));
                    WORDS.set(schema.clone());
                    words.set(schema);
                });
            }
        });
    }
    (*words).clone()
}

async fn fetch() -> Result<Option<String>, JsValue> {
    let response: Response = JsFuture::from(super::dom::window().fetch_with_str("schema.json")).await?.dyn_into()?;
    Ok(JsFuture::from(response.text()?).await?.as_string())
}

/// What an option means and where its default comes from; empty if that is not known yet.
#[must_use]
pub fn meaning<'w>(words: &'w Words, row: &Row) -> &'w str {
    let mut at = words.as_deref();
    for name in row.path.split('.') {
        at = at.and_then(|at| match name {
            "*" => at.get("additionalProperties"),
            name => at.get("properties").and_then(|names| names.get(name)),
        });
    }
    at.and_then(|option| option.get("description")).and_then(Value::as_str).unwrap_or("")
}
