//! Recent scenarios: what a person made of a preset, or opened, one entry for each; remembered from visit to visit.

use super::route;
use super::state::State;
use super::storage::{remember, remembered};
use crate::scenario::presets;
use gloo::timers::callback::Timeout;
use serde_json::{Value, json};
use yew::prelude::*;

const NAME: &str = "recent";

/// How many are remembered.
const MOST: usize = 8;

/// The longest link that is remembered: the document of a megabyte is not.
const LONGEST: usize = 16_384;

/// How long a scenario must stand until it counts, in ms.
const STANDS_MS: u32 = 1_000;

/// Title and link of each, the newest first.
#[must_use]
pub fn recent() -> Vec<(String, String)> {
    let Value::Array(list) = remembered(NAME) else { return Vec::new() };
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let entries = list.iter().filter_map(|entry| Some((text(entry, "title")?, text(entry, "link")?)));
    entries.filter(|(_, link)| link.starts_with('#')).take(MOST).collect()
}

/// Remembers the scenario on the page, once it has stood for a while.
#[hook]
pub fn use_recent(state: &State) {
    let (world, embedded) = (state.world.clone(), state.view.embedded());
    // What is remembered of the scenario that is being changed: the next change takes its place.
    let last = use_mut_ref(|| (String::new(), String::new()));
    use_effect_with(state.world.document.clone(), move |document| {
        let document = document.clone();
        let timeout = (!embedded).then(|| {
            Timeout::new(STANDS_MS, move || {
                let (link, from) = (route::link_of(&document), document.name().unwrap_or_default().to_owned());
                let untouched = presets::find(&from).is_ok_and(|preset| preset.document().root() == document.root());
                if untouched || link.len() > LONGEST {
                    return;
                }
                let mut last = last.borrow_mut();
                let old = if last.0 == from { std::mem::take(&mut last.1) } else { String::new() };
                let mut list = recent();
                list.retain(|(_, other)| *other != link && *other != old);
                list.insert(0, (super::bar::line(&world), link.clone()));
                list.truncate(MOST);
                *last = (from, link);
                remember(NAME, list.iter().map(|(title, link)| json!({ "title": title, "link": link })).collect());
            })
        });
        move || drop(timeout)
    });
}
