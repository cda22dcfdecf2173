//! Why a row is as it is: the causal chain on a rail, each line a jump to its instant.

use crate::charts::shape::Drawing;
use crate::run::frame::{Frame, RowState, WhyMark, WhyStep};
use crate::run::recording::Subject;
use crate::web::draw::{nodes, picture};
use crate::web::mark::mark;
use crate::web::state::{Action, Dispatch, Look, Move, State, on};
use yew::prelude::*;

/// The tab.
pub fn why(state: &State, frame: &Frame, dispatch: &Dispatch) -> Html {
    let (subject, veiled) = (&state.subject, state.tour.is_some());
    let why = state.world.recording.why(subject, frame.at);
    let shown = |step: &&WhyStep| !veiled || step.at.is_some_and(|at| at <= frame.at);
    html! {
        <>
            <h2>{ &why.title }</h2>
            if why.steps.is_empty() || *subject != Subject::Worst {
                <p class="second why-sentence">{ &why.sentence }</p>
            }
            <ol class="why">
                for step in why.steps.iter().filter(shown) {
                    { line(step, frame, dispatch) }
                }
            </ol>
            if *subject != Subject::Worst {
                <button type="button" class="why-worst" onclick={on(dispatch, || Action::Look(Look::Subject(Subject::Worst)))}>
                    { if matches!(subject, Subject::Record(_)) { "Leave this event" } else { "Leave this row" } }
                </button>
            }
            if !why.noticed.is_empty() && !veiled {
                { noticed(&why.noticed) }
            }
        </>
    }
}

fn line(step: &WhyStep, frame: &Frame, dispatch: &Dispatch) -> Html {
    let never = matches!(step.mark, WhyMark::Never);
    let strong = matches!(step.mark, WhyMark::Cross | WhyMark::Never);
    let body = html! {
        <>
            <span class="why-time small">{ &step.time }</span>
            { rail(step.mark) }
            <span class="why-words">
                <span class={classes!("why-what", strong.then_some("bold"), never.then_some("accent"))}>{ &step.what }</span>
                if !step.place.is_empty() {
                    <span class="small third">{ &step.place }</span>
                }
            </span>
        </>
    };
    let current = step.at == Some(frame.at);
    let class = classes!("why-line", step.mark.id());
    match step.at {
        Some(at) => html! {
            <li>
                <button type="button" {class} aria-current={current.then_some("time")} onclick={on(dispatch, move || Action::MoveCursor(Move::To(at)))}>
                    { body }
                </button>
            </li>
        },
        None => html! { <li><div {class}>{ body }</div></li> },
    }
}

fn rail(mark_of: WhyMark) -> Html {
    let mut drawing = Drawing::default();
    match mark_of {
        WhyMark::Dot => drawing.disc("inkf", 8.0, 10.0, 3.5),
        WhyMark::Cross => {
            drawing.rect("under", 1.0, 3.0, 14.0, 14.0);
            drawing.path("ink two", "m3.5 5.5 9 9m0-9-9 9".to_owned());
        }
        WhyMark::Never => {
            drawing.rect("under", 1.0, 2.0, 14.0, 16.0);
            mark(&mut drawing, RowState::Missing, 2.0, 4.0, 12.0);
        }
        WhyMark::Span => return html! { <span class="why-span" aria-hidden="true" /> },
    }
    picture("why-mark", (16.0, 20.0), nodes(&drawing.shapes))
}

fn noticed(noticed: &[(String, String)]) -> Html {
    html! {
        <div class="noticed">
            <h3>{ "Who could have noticed?" }</h3>
            <dl class="small">
                for (detector, saw) in noticed.iter() {
                    <dt class="mono">{ detector }</dt>
                    <dd>{ saw }</dd>
                }
            </dl>
        </div>
    }
}
