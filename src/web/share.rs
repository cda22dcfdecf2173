//! Share: the link to this moment, and what can be taken along: scenario, trace, figures, diagram, pictures; and opening.

use super::dom::{document, use_dialog};
use super::file::chosen;
use super::format::duration;
use super::import::bring;
use super::state::{Action, Dispatch, Look, Overlay, on};
use super::world::World;
use super::{clipboard, save};
use crate::export::{csv, mermaid, trace};
use crate::kernel::time::Us;
use crate::scenario::form::readable;
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

/// Properties of [`Share`].
#[derive(PartialEq, Properties)]
pub struct ShareProps {
    /// Whether it is open.
    pub shown: bool,
    /// The link to what is on the page.
    pub link: AttrValue,
    /// What runs.
    pub world: World,
    /// The instant in view.
    pub at: Us,
    /// Where its closing goes.
    pub dispatch: Dispatch,
}

/// A text that can be taken along.
#[derive(Clone, Copy)]
struct Paper {
    /// What it is called.
    name: &'static str,
    /// What it is.
    words: &'static str,
    /// How the file's name ends.
    ending: &'static str,
    sort: &'static str,
    text: fn(&World) -> String,
}

const PAPERS: [Paper; 4] = [
    Paper {
        name: "Scenario",
        words: "JSON; opens here and on the command line",
        ending: "json",
        sort: "application/json",
        text: |world| readable(&Value::Object(world.document.root().clone())) + "\n",
    },
    Paper {
        name: "Trace",
        words: "JSON, a line a record; opens here again",
        ending: "trace.jsonl",
        sort: "application/jsonl",
        text: |world| trace::with_document(&world.document, &world.recording),
    },
    Paper {
        name: "Rows that differ",
        words: "CSV, over time",
        ending: "csv",
        sort: "text/csv",
        text: |world| csv::divergence(&world.recording),
    },
    Paper {
        name: "Sequence diagram",
        words: "Mermaid, the decisive moment",
        ending: "mmd",
        sort: "text/plain",
        text: |world| mermaid::sequence(&world.recording),
    },
];

/// The pictures: name, file, and where they stand on the page.
const PICTURES: [(&str, &str, &str); 3] =
    [("Rows", "rows", "svg.strips"), ("Stage", "stage", "svg.path"), ("Time line", "time-line", ".timeline svg")];

/// The dialog; nothing while it is closed.
#[component]
pub fn Share(props: &ShareProps) -> Html {
    let (node, input, said) = (use_node_ref(), use_node_ref(), use_state(|| ""));
    use_dialog(&node, props.shown);
    {
        let (input, said) = (input.clone(), said.clone());
        use_effect_with((props.shown, props.link.clone()), move |(shown, link)| {
            if *shown {
                if let Some(input) = input.cast::<HtmlTextAreaElement>() {
                    input.select();
                }
                clipboard::copy(link.to_string(), move |words| said.set(words));
            }
        });
    }
    if !props.shown {
        return Html::default();
    }
    let close = on(&props.dispatch, || Action::Look(Look::Overlay(Overlay::None)));
    let onclose = on(&props.dispatch, || Action::Look(Look::Overlay(Overlay::None)));
    html! {
        <dialog class="dialog share-dialog" ref={node} aria-labelledby="dialog-title" {onclose}>
            <h2 id="dialog-title">{ "Link to this moment" }</h2>
            <label class="share-link">
                <span class="unseen">{ "Link" }</span>
                <textarea readonly=true rows="3" class="mono" value={props.link.clone()} ref={input} />
            </label>
            <p class="small second" role="status">{ *said }</p>
            { exports(props, &said) }
            <h3>{ "Open" }</h3>
            <div class="share-open">
                { opener(props) }
                <p class="small third">{ "A scenario, a link or a trace of this page. It can be dropped on the page or pasted, too." }</p>
            </div>
            <button type="button" class="primary dialog-close" onclick={close}>{ "Close" }</button>
        </dialog>
    }
}

fn exports(props: &ShareProps, said: &UseStateHandle<&'static str>) -> Html {
    let there = |picture: &&(&str, &str, &str)| matches!(document().query_selector(picture.2), Ok(Some(_)));
    html! {
        <>
            <h3>{ "Take along" }</h3>
            if save::boxed() {
                <p class="small second">{ "This frame may not be allowed to save files. Copy works, or open the page itself." }</p>
            }
            <ul class="share-list">
                for paper in PAPERS.iter() {
                    <li>
                        <span>{ paper.name }<span class="small third">{ paper.words }</span></span>
                        { paper_buttons(*paper, props, said) }
                    </li>
                }
                for picture in PICTURES.iter().filter(there) {
                    <li>
                        <span>{ picture.0 }<span class="small third">{ "as it looks now" }</span></span>
                        { picture_buttons(picture, props, said) }
                    </li>
                }
            </ul>
        </>
    }
}

fn file_name(world: &World) -> String {
    let name = if world.preset().is_empty() { "scenario" } else { world.preset() };
    format!("{name}-{}", world.document.strategy().id())
}

fn paper_buttons(paper: Paper, props: &ShareProps, said: &UseStateHandle<&'static str>) -> Html {
    let name = format!("{}.{}", file_name(&props.world), paper.ending);
    let (world, told) = (props.world.clone(), said.clone());
    let copy = Callback::from(move |_: MouseEvent| {
        let told = told.clone();
        clipboard::copy((paper.text)(&world), move |words| told.set(words));
    });
    let (world, told) = (props.world.clone(), said.clone());
    let save = Callback::from(move |_: MouseEvent| {
        told.set(saved(save::text(&name, paper.sort, &(paper.text)(&world)).is_ok()));
    });
    html! {
        <>
            <button type="button" aria-label={format!("Save: {}", paper.name)} onclick={save}>{ "Save" }</button>
            <button type="button" aria-label={format!("Copy: {}", paper.name)} onclick={copy}>{ "Copy" }</button>
        </>
    }
}

fn picture_buttons(
    (words, file, place): &'static (&str, &str, &str),
    props: &ShareProps,
    said: &UseStateHandle<&'static str>,
) -> Html {
    let name = format!("{}-{file}-{}", file_name(&props.world), duration(props.at));
    let drawn = move || document().query_selector(place).ok().flatten();
    let (svg_name, told) = (format!("{name}.svg"), said.clone());
    let svg = Callback::from(move |_: MouseEvent| {
        let text = drawn().and_then(|picture| save::svg(&picture).ok());
        let done = text.is_some_and(|text| save::text(&svg_name, "image/svg+xml", &text).is_ok());
        told.set(saved(done));
    });
    let (png_name, told) = (format!("{name}.png"), said.clone());
    let png = Callback::from(move |_: MouseEvent| {
        let (told, name) = (told.clone(), png_name.clone());
        let Some(picture) = drawn() else { return };
        spawn_local(async move { told.set(saved(save::png(name, picture).await.is_ok())) });
    });
    html! {
        <>
            <button type="button" aria-label={format!("Save: {words} as SVG")} onclick={svg}>{ "SVG" }</button>
            <button type="button" aria-label={format!("Save: {words} as PNG")} onclick={png}>{ "PNG" }</button>
        </>
    }
}

/// What is said when the browser was asked to save something.
fn saved(done: bool) -> &'static str {
    match (done, save::boxed()) {
        (true, false) => "Saved where this browser keeps downloads.",
        (true, true) => "If nothing was saved, this frame may not: copy it, or open the page itself.",
        (false, _) => "This browser did not let the page save it.",
    }
}

fn opener(props: &ShareProps) -> Html {
    let (then, failed) = (props.dispatch.clone(), props.dispatch.clone());
    let then = Callback::from(move |text: String| {
        then.dispatch(Action::Look(Look::Overlay(Overlay::None)));
        bring(&text, &then);
    });
    let failed = Callback::from(move |why: String| {
        failed.dispatch(Action::Refuse(super::import::refused(why)));
    });
    chosen("Open a file", &then, &failed)
}
