//! The scenario editor: every option as a form, and the same as JSON. Nothing is run until it can be, and is asked for.

mod draft;
pub mod field;
mod form;
mod json;

use super::dom::{document, focus_by_id, use_dialog};
use super::state::{Action, Dispatch, Look, Overlay};
use super::words::use_words;
use super::world::{Edit, World};
use crate::scenario::Refusal;
use draft::Draft;
use form::{Does, Form, done, telling};
use gloo::timers::callback::Timeout;
use json::{Json, go_to};
use std::rc::Rc;
use yew::prelude::*;

/// How long a person rests before what is typed is checked, in ms.
const IDLE_MS: u32 = 300;

/// Properties of [`Editor`].
#[derive(PartialEq, Properties)]
pub struct EditorProps {
    /// Whether it is open.
    pub shown: bool,
    /// The scenario that runs.
    pub world: World,
    /// Where the new one goes.
    pub dispatch: Dispatch,
}

/// Whether a path lies in another, or is it.
#[must_use]
pub fn within(path: &str, block: &str) -> bool {
    let rest = path.strip_prefix(block);
    !block.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// What the editor keeps while the page is open.
#[derive(Clone)]
struct Desk {
    draft: UseStateHandle<Option<Draft>>,
    open: UseStateHandle<Vec<String>>,
    refusals: UseStateHandle<Rc<Vec<Refusal>>>,
    said: UseStateHandle<String>,
    dispatch: Dispatch,
}

impl Desk {
    fn write(&self, draft: Draft) {
        self.said.set(String::new());
        self.draft.set(Some(draft));
    }

    fn check(&self, draft: &Draft) -> bool {
        let refusals = draft.refusals();
        let fine = refusals.is_empty();
        self.dispatch.dispatch(Action::Look(Look::Refused(!fine)));
        if **self.refusals != refusals {
            self.refusals.set(Rc::new(refusals));
        }
        fine
    }

    fn close(&self) {
        self.dispatch.dispatch(Action::Look(Look::Overlay(Overlay::None)));
    }

    fn forget(&self) {
        self.draft.set(None);
        self.refusals.set(Rc::default());
        self.said.set(String::new());
    }

    fn use_it(&self, draft: &Draft) {
        if self.check(draft) {
            self.forget();
            self.dispatch.dispatch(Action::EditScenario(Edit::Document((*draft.text).clone())));
        } else {
            focus_by_id("editor-refused");
        }
    }
}

/// The editor; nothing while it is closed.
#[component]
pub fn Editor(props: &EditorProps) -> Html {
    let desk = Desk {
        draft: use_state(|| None),
        open: use_state(Vec::new),
        refusals: use_state(Rc::default),
        said: use_state(String::new),
        dispatch: props.dispatch.clone(),
    };
    let (node, words) = (use_node_ref(), use_words(props.shown));
    let begun = use_memo(props.world.document.clone(), Draft::of);
    let draft = (*desk.draft).clone().unwrap_or_else(|| (*begun).clone());
    use_dialog(&node, props.shown);
    {
        let (desk, draft) = (desk.clone(), draft.clone());
        use_effect_with(props.shown, move |shown| {
            if *shown {
                desk.open.set(telling(&draft.document));
                if draft.changed {
                    desk.draft.set(Some(Draft { kept: true, ..draft }));
                }
            }
        });
    }
    {
        let (desk, draft) = (desk.clone(), draft.clone());
        use_effect_with((props.shown, draft.text.clone()), move |(shown, _)| {
            let rested = shown.then(|| Timeout::new(IDLE_MS, move || _ = desk.check(&draft)));
            move || drop(rested)
        });
    }
    if !props.shown {
        return Html::default();
    }
    html! {
        <dialog class="editor" ref={node} aria-labelledby="editor-title" onclose={close(&desk)} ondrop={dropped(&desk, &draft)}>
            { head(&desk, &draft) }
            <div class="editor-panes">
                { form_pane(&desk, &draft, words) }
                <Json text={draft.text.clone()} refusals={(*desk.refusals).clone()} typed={typed(&desk, &draft)} failed={failed(&desk)} />
            </div>
            { foot(&desk, &draft) }
        </dialog>
    }
}

fn close(desk: &Desk) -> Callback<Event> {
    let desk = desk.clone();
    Callback::from(move |_: Event| desk.close())
}

fn typed(desk: &Desk, draft: &Draft) -> Callback<String> {
    let (desk, draft) = (desk.clone(), draft.clone());
    Callback::from(move |text: String| desk.write(draft.with_text(text)))
}

/// A file that is dropped on the editor replaces the text.
fn dropped(desk: &Desk, draft: &Draft) -> Callback<DragEvent> {
    let (typed, failed) = (typed(desk, draft), failed(desk));
    Callback::from(move |event: DragEvent| {
        if let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)) {
            // Else the browser would leave the page and show the file.
            event.prevent_default();
            super::file::read(&file, typed.clone(), failed.clone());
        }
    })
}

fn failed(desk: &Desk) -> Callback<String> {
    let said = desk.said.clone();
    Callback::from(move |why: String| said.set(why))
}

fn form_pane(desk: &Desk, draft: &Draft, words: super::words::Words) -> Html {
    let does = {
        let (desk, draft) = (desk.clone(), draft.clone());
        Callback::from(move |does: Does| {
            let (written, open) = done(&draft, &desk.open, &does);
            if let Some(open) = open {
                desk.open.set(open);
            }
            if let Some(written) = written {
                desk.write(written);
            }
        })
    };
    Form { draft, refusals: &desk.refusals, open: &desk.open, words, does }.html()
}

/// The title, and all that is to be changed, in one list.
fn head(desk: &Desk, draft: &Draft) -> Html {
    let count = desk.refusals.len();
    let things = if count == 1 { "1 thing".to_owned() } else { format!("{count} things") };
    let again = {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.forget())
    };
    html! {
        <div class="editor-head">
            <h2 id="editor-title">{ "Edit scenario" }</h2>
            if draft.kept {
                <p class="editor-kept small second">
                    { "This is what you had begun to write." }
                    <button type="button" class="link" onclick={again}>{ "Start again from what runs" }</button>
                </p>
            }
            <div id="editor-refused" role="status" tabindex="-1">
                if count > 0 {
                    <p class="bold">{ format!("Not run. {things} to change. The page is showing the last run that was accepted.") }</p>
                    <ul class="editor-list small">
                        for refusal in desk.refusals.iter() {
                            <li>{ jump(desk, draft, refusal) }</li>
                        }
                    </ul>
                }
            </div>
        </div>
    }
}

/// A refusal as a way to its field, or to its line.
fn jump(desk: &Desk, draft: &Draft, refusal: &Refusal) -> Html {
    let (text, refusal, open) = (draft.text.clone(), refusal.clone(), desk.open.clone());
    let words = refusal.to_string();
    let reads = draft.reads;
    let onclick = Callback::from(move |_: MouseEvent| {
        let path = refusal.path.split('[').next().unwrap_or_default();
        let field = field::id("edit", path);
        if reads && document().get_element_by_id(&field).is_some() {
            focus_by_id(&field);
        } else {
            let block = path.rsplit_once('.').map_or(path, |(block, _)| block).to_owned();
            if !open.contains(&block) {
                open.set(open.iter().cloned().chain([block]).collect());
            }
            go_to(&text, &refusal);
        }
    });
    html! { <button type="button" class="link" {onclick}>{ words }</button> }
}

fn foot(desk: &Desk, draft: &Draft) -> Html {
    let with = |does: fn(&Desk, &Draft)| {
        let (desk, draft) = (desk.clone(), draft.clone());
        Callback::from(move |_: MouseEvent| does(&desk, &draft))
    };
    let json = |desk: &Desk, draft: &Draft| copy(desk, (*draft.text).clone());
    let link = |desk: &Desk, draft: &Draft| copy(desk, super::route::address_of(&draft.document));
    html! {
        <div class="editor-foot">
            <button type="button" class="primary" onclick={with(|desk, draft| desk.use_it(draft))}>{ "Use it" }</button>
            <button type="button" onclick={with(json)}>{ "Copy JSON" }</button>
            <button type="button" disabled={!draft.reads} onclick={with(link)}>{ "Copy link" }</button>
            <button type="button" class="quiet" onclick={with(|desk, _| { desk.forget(); desk.close(); })}>{ "Cancel" }</button>
            <span class="small second" role="status">{ &**desk.said }</span>
        </div>
    }
}

fn copy(desk: &Desk, text: String) {
    let said = desk.said.clone();
    super::clipboard::copy(text, move |words| said.set(words.to_owned()));
}
