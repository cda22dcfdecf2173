//! The form: parts, groups that open and close, members of maps that come and go.

use super::draft::Draft;
use super::field::{Shown, field};
use super::within;
use crate::scenario::form::{Field, Group, Part};
use crate::scenario::{Document, Refusal};
use crate::web::mark::{CLOSE, DOWN, icon};
use crate::web::words::{Words, meaning};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// What happens in the form.
#[derive(Clone)]
pub enum Does {
    /// A text is typed into a field.
    Type(String, String),
    /// A group is opened or closed.
    Fold(String),
    /// A member is added to a map.
    Add(&'static str, String),
    /// A member is taken out: `stores.cache`.
    Remove(String),
}

/// What the form shows.
pub struct Form<'a> {
    /// What is being written.
    pub draft: &'a Draft,
    /// What is wrong with it.
    pub refusals: &'a [Refusal],
    /// The groups that are open.
    pub open: &'a [String],
    /// What the options mean.
    pub words: Words,
    /// Where it all goes.
    pub does: Callback<Does>,
}

/// The groups that are open at first: those of which something is set.
#[must_use]
pub fn telling(document: &Document) -> Vec<String> {
    let groups = Part::ALL.iter().flat_map(|part| document.form(*part));
    groups.filter(|group| group.used && (group.member || group.set() > 0)).map(|group| group.path).collect()
}

impl Form<'_> {
    /// The form.
    pub fn html(&self) -> Html {
        html! {
            <fieldset class="editor-form" disabled={!self.draft.reads}>
                <legend class="unseen">{ "Options" }</legend>
                if !self.draft.reads {
                    <p class="small second">{ "The text beside is no JSON now: the form waits until it is." }</p>
                }
                for part in Part::ALL.iter() {
                    { self.part(*part) }
                }
            </fieldset>
        }
    }

    fn part(&self, part: Part) -> Html {
        let groups = self.draft.document.form(part);
        let (used, unused): (Vec<Group>, Vec<Group>) = groups.into_iter().partition(|group| group.used);
        let fold = format!("{}!", part.id());
        let alone = used.len() == 1 && !used[0].member && part.maps().is_empty();
        html! {
            <section class="part" aria-label={word(part)}>
                <h3>{ word(part) }</h3>
                for group in used.iter() {
                    { if alone { self.fields(group) } else { self.group(group) } }
                }
                for map in part.maps().iter() {
                    { self.add(map) }
                }
                if !unused.is_empty() {
                    { self.fold(&fold, self.lacking(&unused).into(), Html::default()) }
                    if self.is_open(&fold) {
                        for group in unused.iter() {
                            { self.group(group) }
                        }
                    }
                }
            </section>
        }
    }

    fn lacking(&self, groups: &[Group]) -> String {
        let set: usize = groups.iter().map(Group::set).sum();
        let set = if set > 0 { format!(", {set} set") } else { String::new() };
        format!("not used by {}{set}", self.draft.document.strategy().id())
    }

    fn is_open(&self, path: &str) -> bool {
        self.open.iter().any(|open| open == path)
    }

    /// A line that opens and closes what follows it.
    fn fold(&self, path: &str, words: Html, more: Html) -> Html {
        let (open, target) = (self.is_open(path), path.to_owned());
        html! {
            <div class="fold">
                <button type="button" class={classes!("quiet", "fold-line", open.then_some("open"))} aria-expanded={open.to_string()}
                    onclick={self.does.reform(move |_: MouseEvent| Does::Fold(target.clone()))}>
                    { icon(DOWN) }<span>{ words }</span>
                </button>
                { more }
            </div>
        }
    }

    fn group(&self, group: &Group) -> Html {
        let (set, path) = (group.set(), group.path.clone());
        let wrong = self.refusals.iter().any(|refusal| within(&refusal.path, &path));
        let words = html! {
            <>
                <span class="mono bold">{ &path }</span>
                if set > 0 { <span class="small third">{ format!("{set} set") }</span> }
                if wrong { <span class="small bold">{ "to change" }</span> }
            </>
        };
        let target = path.clone();
        let remove = html! {
            if group.member {
                <button type="button" class="quiet" aria-label={format!("Remove {path}")}
                    onclick={self.does.reform(move |_: MouseEvent| Does::Remove(target.clone()))}>{ icon(CLOSE) }</button>
            }
        };
        html! {
            <div class="group" key={path.clone()}>
                { self.fold(&path, words, remove) }
                if self.is_open(&path) {
                    { self.fields(group) }
                }
            </div>
        }
    }

    fn fields(&self, group: &Group) -> Html {
        let (used, unused): (Vec<&Field>, Vec<&Field>) =
            group.fields.iter().partition(|field| field.used == group.used);
        let fold = format!("{}!", group.path);
        let set = unused.iter().filter(|field| field.text.is_some()).count();
        let set = if set > 0 { format!(", {set} set") } else { String::new() };
        let words = format!("{} not used by {}{set}", unused.len(), self.draft.document.strategy().id());
        html! {
            <div class="fields">
                for one in used {
                    { self.field(one, &group.path) }
                }
                if !unused.is_empty() {
                    { self.fold(&fold, words.into(), Html::default()) }
                    if self.is_open(&fold) {
                        for one in unused {
                            { self.field(one, &group.path) }
                        }
                    }
                }
            </div>
        }
    }

    fn field(&self, one: &Field, group: &str) -> Html {
        let typing = self.draft.typing.as_ref().filter(|(path, _)| *path == one.path).map(|(_, text)| text.as_str());
        let text = typing.or(one.text.as_deref()).unwrap_or("");
        let wrong = self.refusals.iter().filter(|refusal| within(&refusal.path, &one.path));
        let wrong = wrong.map(ToString::to_string).collect();
        let path = one.path.clone();
        let typed = self.does.reform(move |text: String| Does::Type(path.clone(), text));
        let shown = Shown { text, wrong, meaning: meaning(&self.words, one.row), live: true, form: "edit" };
        field(one, group, &shown, &typed, Html::default())
    }

    /// The line that adds a member to a map.
    fn add(&self, map: &'static str) -> Html {
        let choices = self.draft.document.addable(map);
        let (one, id, control) = (single(map), format!("add-{map}"), use_of(map));
        let onclick = self.does.reform(move |_: MouseEvent| Does::Add(map, chosen(&format!("add-{map}"))));
        let does = self.does.clone();
        let onkeydown = Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Enter" {
                event.prevent_default();
                does.emit(Does::Add(map, chosen(&format!("add-{map}"))));
            }
        });
        if choices.as_ref().is_some_and(Vec::is_empty) {
            return Html::default();
        }
        html! {
            <div class="add">
                <label for={id.clone()}>{ one }</label>
                if let Some(choices) = choices {
                    <span class="select">
                        <select {id}>
                            for choice in choices { <option value={choice.clone()}>{ choice }</option> }
                        </select>
                        { icon(DOWN) }
                    </span>
                } else {
                    <input type="text" {id} placeholder={control} autocomplete="off" spellcheck="false" {onkeydown} />
                }
                <button type="button" {onclick} aria-label={format!("Add {one}")}>{ "Add" }</button>
            </div>
        }
    }
}

fn word(part: Part) -> &'static str {
    match part {
        Part::Workload => "Workload",
        Part::Strategy => "Strategy",
        Part::Options => "Options",
        Part::Faults => "Faults",
        Part::Detectors => "Detectors",
        Part::Recovery => "Recovery",
        Part::Stop => "Stop",
    }
}

fn single(map: &str) -> &'static str {
    match map {
        "stores" => "a store",
        "nodes" => "a node",
        "links" => "a link",
        "detectors" => "a detector",
        _ => "a recovery",
    }
}

/// An id such as one could have.
fn use_of(map: &str) -> &'static str {
    match map {
        "stores" => "cache",
        "detectors" => "offset-lag",
        _ => "reconciler",
    }
}

/// What stands in the control that adds a member; the control is empty after that.
fn chosen(id: &str) -> String {
    let element = crate::web::dom::document().get_element_by_id(id);
    let Some(element) = element else { return String::new() };
    match wasm_bindgen::JsCast::dyn_into::<HtmlInputElement>(element) {
        Ok(input) => {
            let id = input.value().trim().to_owned();
            input.set_value("");
            id
        }
        Err(element) => wasm_bindgen::JsCast::dyn_into::<HtmlSelectElement>(element)
            .map(|select| select.value())
            .unwrap_or_default(),
    }
}

/// What happened in the form, done to the draft and to what is open.
#[must_use]
pub fn done(draft: &Draft, open: &[String], does: &Does) -> (Option<Draft>, Option<Vec<String>>) {
    match does {
        Does::Type(path, text) => {
            let typed = draft.with(Some((path, text)), |document| {
                // The path is a row's, in a document that has such blocks: if not, the text stays as it was.
                drop(document.type_in(path, text));
            });
            (Some(typed), None)
        }
        Does::Fold(path) => {
            let mut open = open.to_vec();
            let was = open.len();
            open.retain(|other| other != path);
            if open.len() == was {
                open.push(path.clone());
            }
            (None, Some(open))
        }
        Does::Add(_, id) if id.is_empty() => (None, None),
        Does::Add(map, id) => {
            let mut open = open.to_vec();
            open.push(format!("{map}.{id}"));
            (Some(draft.with(None, |document| document.add_member(map, id))), Some(open))
        }
        Does::Remove(path) => {
            let (map, id) = path.split_once('.').unwrap_or((path, ""));
            (Some(draft.with(None, |document| document.remove_member(map, id))), None)
        }
    }
}
