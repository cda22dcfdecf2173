//! What a person brings: a scenario, a link, or an exported trace; from a file, pasted beside a field, or dropped.

use super::file::read;
use super::route;
use super::state::{Action, Dispatch, Notice};
use super::world::{Opening, World};
use crate::export::trace::document_of;
use crate::scenario::{Document, Refusal};
use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, Element, Event};
use yew::prelude::*;

/// What is said of a text that is nothing of this.
const NOTHING: &str =
    "It is neither a scenario (a JSON object), nor a link to one, nor a trace that carries its scenario.";

/// What a text opens.
///
/// # Errors
/// What to show if it opens nothing; the page stays as it is.
pub fn open(text: &str) -> Result<Opening, Notice> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if let Some(document) = document_of(text) {
        return run(document);
    }
    if text.starts_with(['{', '[']) {
        return run(Document::parse(text));
    }
    match text.split_once('#') {
        Some((_, hash)) if !text.contains(char::is_whitespace) => route::open(hash),
        _ => Err(refused(NOTHING.to_owned())),
    }
}

fn run(document: Result<Document, Vec<Refusal>>) -> Result<Opening, Notice> {
    let world = document.and_then(World::run).map_err(|refusals| Notice::refused("Not opened.", &refusals))?;
    Ok(Opening::of(world))
}

/// Says that nothing was opened, and why.
#[must_use]
pub fn refused(line: String) -> Notice {
    Notice { head: "Not opened.".to_owned(), lines: vec![line] }
}

/// Opens a text, or says why not.
pub fn bring(text: &str, dispatch: &Dispatch) {
    dispatch.dispatch(match open(text) {
        Ok(opening) => Action::Open(Box::new(opening)),
        Err(notice) => Action::Refuse(notice),
    });
}

/// Opens what is pasted beside a field, or dropped on the page.
#[hook]
pub fn use_import(wanted: bool, dispatch: &Dispatch) {
    let dispatch = dispatch.clone();
    use_effect_with(wanted, move |wanted| {
        let listeners = wanted.then(|| {
            let document = super::dom::document();
            let prevent = EventListenerOptions::enable_prevent_default();
            let (pasted, dropped) = (dispatch.clone(), dispatch);
            [
                EventListener::new(&document, "paste", move |event| paste(event, &pasted)),
                EventListener::new_with_options(&document, "dragover", prevent, |event| {
                    if !lies_in(event, FIELD) {
                        event.prevent_default();
                    }
                }),
                EventListener::new_with_options(&document, "drop", prevent, move |event| drop_on(event, &dropped)),
            ]
        });
        move || drop(listeners)
    });
}

/// Where a person types: what is pasted or dropped belongs to the field then.
const FIELD: &str = "input, textarea:not([readonly])";
/// The editor takes what is brought to it.
const EDITOR: &str = ".editor";

fn lies_in(event: &Event, selector: &str) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|element| element.closest(selector).ok().flatten().is_some())
}

fn paste(event: &Event, dispatch: &Dispatch) {
    let data = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
    if let (false, Some(data)) = (lies_in(event, FIELD) || lies_in(event, EDITOR), data) {
        take(&data, dispatch);
    }
}

fn drop_on(event: &Event, dispatch: &Dispatch) {
    let data = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
    if let (false, Some(data)) = (lies_in(event, FIELD), data) {
        // Else the browser would leave the page and show the file.
        event.prevent_default();
        if !lies_in(event, EDITOR) {
            take(&data, dispatch);
        }
    }
}

fn take(data: &DataTransfer, dispatch: &Dispatch) {
    if let Some(file) = data.files().and_then(|files| files.get(0)) {
        let (then, failed) = (dispatch.clone(), dispatch.clone());
        let failed = Callback::from(move |why| failed.dispatch(Action::Refuse(refused(why))));
        return read(&file, Callback::from(move |text: String| bring(&text, &then)), failed);
    }
    let text = data.get_data("text/plain").unwrap_or_default();
    if !text.trim().is_empty() {
        bring(&text, dispatch);
    }
}
