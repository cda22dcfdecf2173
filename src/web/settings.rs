//! How a person likes the page: theme, speed, follow, unit. Remembered from one visit to the next.

use super::playhead::SPEEDS;
use super::state::{State, Theme, Unit};
use super::storage::{remember, remembered};
use serde_json::{Map, Value};
use yew::prelude::*;

const NAME: &str = "settings";

/// Sets what is remembered; what is not, or is nothing the page knows, stays. A link's theme goes before.
pub fn recall(state: &mut State, linked: Option<Theme>) {
    if state.view.embedded() {
        return;
    }
    let all = remembered(NAME);
    let word = |name: &str| all.get(name).and_then(Value::as_str);
    let speed = word("speed").and_then(|speed| SPEEDS.iter().position(|(_, name, _)| *name == speed));
    state.theme = linked.or_else(|| word("theme").and_then(Theme::from_id)).unwrap_or(state.theme);
    state.speed = speed.unwrap_or(state.speed);
    state.unit = word("unit").and_then(Unit::from_id).unwrap_or(state.unit);
    state.follow = all.get("follow").and_then(Value::as_bool).unwrap_or(state.follow);
}

/// Remembers them when they change. An embed looks the same to everybody, and remembers nothing.
#[hook]
pub fn use_settings(state: &State) {
    let (theme, speed, unit, follow) = (state.theme, state.speed, state.unit, state.follow);
    let (first, embedded) = (use_mut_ref(|| true), state.view.embedded());
    use_effect_with((theme, speed, unit, follow), move |_| {
        if std::mem::replace(&mut *first.borrow_mut(), false) || embedded {
            return;
        }
        let mut all = Map::new();
        for (name, word) in [("theme", theme.id()), ("speed", SPEEDS[speed].1), ("unit", unit.id())] {
            all.insert(name.to_owned(), word.into());
        }
        all.insert("follow".to_owned(), follow.into());
        remember(NAME, Value::Object(all));
    });
}
