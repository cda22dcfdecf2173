//! What the detectors believe, beside what is so; and the laws with their witnesses.

use crate::run::alarms::{DetectorLine, LawLine, detectors, laws};
use crate::run::frame::Frame;
use crate::web::format::seconds;
use crate::web::state::{Action, Dispatch, Move, on};
use crate::web::world::{Edit, RecordingRef};
use yew::prelude::*;

/// The pane.
pub fn alarms(recording: &RecordingRef, frame: &Frame, dispatch: &Dispatch) -> Html {
    let lines = detectors(recording, frame.at);
    let silent = lines.iter().all(|line| !line.on);
    html! {
        <>
            <h2>{ "What the operator believes" }</h2>
            if silent {
                <p class="second">{ "No detector is on. This run can only be silent." }</p>
            }
            <ul class="detectors">
                for line in lines {
                    <li>{ detector(&line, dispatch) }</li>
                }
            </ul>
            <h2>{ "Laws that hold in every run" }</h2>
            <dl class="laws small">
                for law in laws(recording, frame.at) {
                    <dt>{ law.says }</dt>
                    <dd>{ held(&law, dispatch) }</dd>
                }
            </dl>
        </>
    }
}

fn detector(line: &DetectorLine, dispatch: &Dispatch) -> Html {
    let DetectorLine { id, on: is_on, firing, rule, looks, saw, truth } = line;
    let onchange = {
        let (path, value) = (format!("detectors.{id}"), if *is_on { "" } else { "{}" });
        on(dispatch, move || Action::EditScenario(Edit::Option(path.clone(), value.to_owned())))
    };
    html! {
        <>
            <label class="check"><input type="checkbox" checked={*is_on} {onchange} /><span class="mono">{ id }</span></label>
            if *is_on {
                <p class="small third">{ rule }{ "; " }{ looks }</p>
                <dl class="believed small">
                    <dt class="second">{ "saw" }</dt>
                    <dd class={if *firing { "bold" } else { "" }}>{ saw }{ if *firing { ": alarm" } else { "" } }</dd>
                    <dt class="second">{ "is so" }</dt>
                    <dd>{ truth }</dd>
                </dl>
            }
        </>
    }
}

fn held(law: &LawLine, dispatch: &Dispatch) -> Html {
    let Some((_, at)) = law.broken else { return html! { "holds" } };
    let go = on(dispatch, move || Action::MoveCursor(Move::To(at)));
    html! { <button type="button" class="link bold" onclick={go}>{ "broken at " }{ seconds(at) }</button> }
}
