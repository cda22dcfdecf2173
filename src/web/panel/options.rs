//! The knobs of the chosen strategy: a change runs again in place, keeps the time, and can be undone.

use crate::scenario::form::{Field, Group};
use crate::scenario::{Document, presets};
use crate::web::editor::field::{Shown, field};
use crate::web::state::{Action, Dispatch, Look, Overlay, on};
use crate::web::words::{Words, meaning, use_words};
use crate::web::world::{Edit, World};
use std::rc::Rc;
use yew::prelude::*;

/// Properties of [`Options`].
#[derive(PartialEq, Properties)]
pub struct OptionsProps {
    /// Whose options.
    pub world: World,
    /// Where changes go.
    pub dispatch: Dispatch,
}

/// What was typed into a field and cannot be, and why.
type Refused = UseStateHandle<Option<(String, String, Vec<String>)>>;

/// The tab.
#[component]
pub fn Options(props: &OptionsProps) -> Html {
    let (words, refused) = (use_words(true), use_state(|| None));
    let (world, dispatch) = (&props.world, &props.dispatch);
    let base = use_memo(world.preset().to_owned(), |preset| {
        presets::find(preset).map(presets::Preset::document).unwrap_or_default()
    });
    let knobs = use_memo(world.document.clone(), |document| document.knobs());
    let strategy = world.document.strategy().id();
    html! {
        <div class="knobs">
            <h2>{ "Options of " }{ strategy }</h2>
            if knobs.is_empty() {
                <p class="second">{ "It has none of its own." }</p>
            }
            for group in knobs.iter() {
                { block(group, world, &base, (&words, &refused), dispatch) }
            }
            <button type="button" onclick={on(dispatch, || Action::Look(Look::Overlay(Overlay::Editor)))}>{ "All options" }</button>
        </div>
    }
}

fn block(group: &Group, world: &World, base: &Document, (words, refused): (&Words, &Refused), to: &Dispatch) -> Html {
    html! {
        <section aria-label={group.path.clone()}>
            <h3 class="mono">{ &group.path }</h3>
            for one in group.fields.iter() {
                { knob(one, &group.path, (&world.document, base), (words, refused), to) }
            }
        </section>
    }
}

fn knob(
    one: &Field,
    group: &str,
    (document, base): (&Rc<Document>, &Document),
    (words, refused): (&Words, &Refused),
    to: &Dispatch,
) -> Html {
    let (text, wrong) = match &**refused {
        Some((path, text, wrong)) if *path == one.path => (text.as_str(), wrong.clone()),
        _ => (one.text.as_deref().unwrap_or(""), Vec::new()),
    };
    let typed = {
        let (path, document, refused, to) = (one.path.clone(), document.clone(), refused.clone(), to.clone());
        Callback::from(move |text: String| {
            let mut other = (*document).clone();
            match other.type_in(&path, &text).and_then(|()| other.plan()) {
                Ok(_) => {
                    refused.set(None);
                    to.dispatch(Action::EditScenario(Edit::Option(path.clone(), text)));
                }
                Err(why) => {
                    refused.set(Some((path.clone(), text, why.iter().map(ToString::to_string).collect())));
                }
            }
        })
    };
    let before = base.typed_at(&one.path);
    let more = (before != one.text).then(|| {
        let (typed, before) = (typed.clone(), before.clone().unwrap_or_default());
        let label = format!("Undo the change of {}", one.path);
        html! {
            <p class="changed small">
                <span class="bold">{ "changed" }</span>
                <button type="button" class="link" aria-label={label} onclick={Callback::from(move |_| typed.emit(before.clone()))}>{ "Undo" }</button>
            </p>
        }
    });
    let shown = Shown { text, wrong, meaning: meaning(words, one.row), live: false, form: "knob" };
    field(one, group, &shown, &typed, more.unwrap_or_default())
}
