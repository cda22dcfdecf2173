//! The JSON: read, typed, pasted, read from a file; in its margin the numbers of the lines, and which are to be changed.

use crate::charts::shape::Drawing;
use crate::scenario::Refusal;
use crate::scenario::place::line_of;
use crate::web::draw::{nodes, picture};
use crate::web::file::chosen;
use std::rc::Rc;
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

/// The height of a line, in px: `editor.css` says the same with a token.
const LINE: f64 = 16.0;
/// The width of the margin.
const MARGIN: f64 = 40.0;
/// What stands above the first line.
const ABOVE: f64 = 8.0;
/// More lines than any window shows at once.
const MOST: usize = 160;

/// Properties of [`Json`].
#[derive(PartialEq, Properties)]
pub struct JsonProps {
    /// The text.
    pub text: Rc<String>,
    /// What is wrong with it.
    pub refusals: Rc<Vec<Refusal>>,
    /// Where another text goes.
    pub typed: Callback<String>,
    /// Where goes why a file could not be read.
    pub failed: Callback<String>,
}

/// The pane.
#[component]
pub fn Json(props: &JsonProps) -> Html {
    let scroll = use_state(|| 0.0_f64);
    let onscroll = {
        let scroll = scroll.clone();
        Callback::from(move |event: Event| {
            if let Some(area) = event.target_dyn_into::<Element>() {
                scroll.set(f64::from(area.scroll_top()));
            }
        })
    };
    let oninput = props.typed.reform(|event: InputEvent| {
        event.target_dyn_into::<HtmlTextAreaElement>().map(|area| area.value()).unwrap_or_default()
    });
    let wrong = use_memo((props.text.clone(), props.refusals.clone()), |(text, refusals)| {
        refusals.iter().map(|refusal| line_of(text, refusal)).collect::<Vec<usize>>()
    });
    let invalid = (!props.refusals.is_empty()).then_some("true");
    html! {
        <div class="json">
            <div class="json-head">
                <h3>{ "The same as JSON" }</h3>
                { chosen("Open a file", &props.typed, &props.failed) }
            </div>
            <div class="json-box">
                <div class="json-margin">{ margin(&props.text, &wrong, *scroll) }</div>
                <textarea id="json" class="mono" wrap="off" spellcheck="false" autocomplete="off" aria-label="The scenario as JSON" aria-invalid={invalid}
                    value={(*props.text).clone()} {oninput} {onscroll} />
            </div>
        </div>
    }
}

fn margin(text: &str, wrong: &[usize], scroll: f64) -> Html {
    let lines = text.split('\n').count();
    let first = (scroll / LINE) as usize;
    let mut drawing = Drawing::default();
    for line in first + 1..=lines.min(first + MOST) {
        let y = ABOVE + (line - 1) as f64 * LINE - scroll;
        let class = if wrong.contains(&line) {
            drawing.rect("inkf", 0.0, y, MARGIN, LINE);
            "end inverse bold"
        } else {
            "end third"
        };
        drawing.text(class, MARGIN - 8.0, y + 12.0, &line.to_string());
    }
    picture("", (MARGIN, MOST as f64 * LINE), nodes(&drawing.shapes))
}

/// Goes to the line of a refusal, and selects it.
pub fn go_to(text: &str, refusal: &Refusal) {
    let element = crate::web::dom::document().get_element_by_id("json");
    let Some(area) = element.and_then(|e| wasm_bindgen::JsCast::dyn_into::<HtmlTextAreaElement>(e).ok()) else {
        return;
    };
    let line = line_of(text, refusal);
    // The browser counts in UTF-16.
    let units = |text: &str| text.encode_utf16().count() as u32;
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let end = start + text[start..].split('\n').next().map_or(0, str::len);
    // A text area has a selection, and takes the focus.
    drop(area.focus());
    drop(area.set_selection_range(units(&text[..start]), units(&text[..end])));
    area.set_scroll_top(((line as f64 - 5.0) * LINE).max(0.0) as i32);
}
