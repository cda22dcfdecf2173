//! The open square: a headline, the smallest run as a story, what happens without each part, and what to do with it.

use super::model::{Ask, Explored, Open};
use crate::charts::shape::Drawing;
use crate::explore::matrix::Harm;
use crate::explore::tale::{Step, Tale};
use crate::run::frame::{RowState, WhyMark};
use crate::web::draw::{nodes, picture};
use crate::web::mark::{PLAY, icon, mark};
use crate::web::route;
use crate::web::state::{Action, Dispatch, State, on};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::prelude::*;

/// The panel.
pub fn cell(state: &State, dispatch: &Dispatch) -> Html {
    let explored = &state.explored;
    let inside = match (&explored.open, &explored.tale) {
        (Some(open), Some(tale)) => told(open, tale, &explored.copied, dispatch),
        (Some(open), None) => place(open, ""),
        (None, _) => closed(explored),
    };
    html! { <aside class="panel matrix-panel" aria-label="The open square"><div class="matrix-open">{ inside }</div></aside> }
}

fn closed(explored: &Explored) -> Html {
    html! {
        <>
            <h2>{ "Open a square" }</h2>
            <p class="second">{ "It tells the shortest run that ends like this, step by step, and what happens without each part of it." }</p>
            if let Some(grid) = &explored.grid {
                <h3>{ "How it was tried" }</h3>
                <ul class="small second matrix-legend-lines">
                    for line in grid.legend.iter() {
                        <li>{ line }</li>
                    }
                </ul>
            }
        </>
    }
}

fn place(open: &Open, strategy: &str) -> Html {
    html! { <p class="small second matrix-place"><span class="bold">{ strategy }</span><span class="mono">{ &open.place }</span></p> }
}

fn told(open: &Open, tale: &Tale, copied: &str, dispatch: &Dispatch) -> Html {
    let size = match (&*tale.size, tale.done) {
        ("", false) => format!("{} runs to make it shorter.", tale.runs),
        ("", true) => "Nothing is wrong in this run: there is nothing to shorten.".to_owned(),
        (size, _) => size.to_owned(),
    };
    html! {
        <>
            { place(open, &tale.strategy) }
            <h2>{ &tale.headline }</h2>
            <p class="small second matrix-size">{ size }{ " " }{ &open.alike }</p>
            <ol class="why">
                for step in tale.steps.iter() {
                    { line(step, tale.harm) }
                }
            </ol>
            if !tale.parts.is_empty() {
                <div class="matrix-need">
                    <h3>{ "Take one thing away" }</h3>
                    <dl class="small">
                        for (part, then) in tale.parts.iter() {
                            <dt class="second">{ part }</dt>
                            <dd>{ then }</dd>
                        }
                    </dl>
                </div>
            }
            { acts(tale, dispatch) }
            if !copied.is_empty() {
                <p class="small second matrix-copied">{ copied }</p>
            }
        </>
    }
}

fn line(step: &Step, harm: Harm) -> Html {
    let of = WhyMark::from_id(&step.mark).unwrap_or(WhyMark::Dot);
    let strong = step.harm || matches!(of, WhyMark::Cross | WhyMark::Never);
    let accent = (step.harm && harm.mark().is_some()) || of == WhyMark::Never;
    html! {
        <li>
            <div class={classes!("why-line", of.id())}>
                <span class="why-time small">{ &step.time }</span>
                { rail(of, step.harm.then_some(harm)) }
                <span class="why-words">
                    <span class={classes!(strong.then_some("bold"), accent.then_some("accent"))}>{ &step.what }</span>
                    if !step.place.is_empty() {
                        <span class="small third">{ &step.place }</span>
                    }
                </span>
            </div>
        </li>
    }
}

fn rail(of: WhyMark, harm: Option<Harm>) -> Html {
    let mut drawing = Drawing::default();
    match (of, harm.map(Harm::mark)) {
        (WhyMark::Span, _) => return html! { <span class="why-span" aria-hidden="true" /> },
        (WhyMark::Cross, _) => {
            drawing.rect("under", 1.0, 3.0, 14.0, 14.0);
            drawing.path("ink two", "m3.5 5.5 9 9m0-9-9 9".to_owned());
        }
        (_, Some(None)) => {
            drawing.rect("under", 1.0, 2.0, 14.0, 16.0);
            drawing.rect("inkf", 3.0, 5.0, 4.0, 10.0);
            drawing.rect("inkf", 9.0, 5.0, 4.0, 10.0);
        }
        (WhyMark::Never, None) | (_, Some(Some(_))) => {
            drawing.rect("under", 1.0, 2.0, 14.0, 16.0);
            mark(&mut drawing, harm.and_then(Harm::mark).unwrap_or(RowState::Missing), 2.0, 4.0, 12.0);
        }
        (WhyMark::Dot, None) => drawing.disc("inkf", 8.0, 10.0, 3.5),
    }
    picture("why-mark", (16.0, 20.0), nodes(&drawing.shapes))
}

fn acts(tale: &Tale, dispatch: &Dispatch) -> Html {
    let (link, test) = (route::at_page(&tale.link), tale.test.clone());
    html! {
        <div class="matrix-acts">
            <button type="button" class="primary" onclick={on(dispatch, || Action::Matrix(Ask::Watch))}>{ icon(PLAY) }{ "Watch it" }</button>
            { copy("Copy link", link, dispatch) }
            { copy("Copy as test", test, dispatch) }
        </div>
    }
}

/// A button that copies a text, and says that it did.
fn copy(word: &'static str, text: String, dispatch: &Dispatch) -> Html {
    let dispatch = dispatch.clone();
    let onclick = Callback::from(move |_: MouseEvent| {
        let (dispatch, text) = (dispatch.clone(), text.clone());
        spawn_local(async move {
            let clipboard = crate::web::dom::window().navigator().clipboard();
            let done = JsFuture::from(clipboard.write_text(&text)).await;
            // Without leave to copy the text is shown, to be copied by hand.
            let said = if done.is_ok() { "Copied.".to_owned() } else { text };
            dispatch.dispatch(Action::Matrix(Ask::Copied(said)));
        });
    });
    html! { <button type="button" {onclick}>{ word }</button> }
}
