//! The rows as a table: key, the source's version, one column per store. By default only what differs.

use super::tables::{chooser, one};
use crate::run::acts::Thing;
use crate::run::frame::{Cell, Frame, RowState};
use crate::run::tables::{names, table};
use crate::web::mark::glyph;
use crate::web::shared::Shared;
use crate::web::state::{Action, Dispatch, Look, Overlay, on};
use crate::web::world::RecordingRef;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Properties of [`Table`].
#[derive(PartialEq, Properties)]
pub struct TableProps {
    /// What is shown.
    pub recording: RecordingRef,
    /// At this instant.
    pub frame: Shared<Frame>,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The table.
#[component]
pub fn Table(props: &TableProps) -> Html {
    let TableProps { recording, frame, dispatch } = props;
    let (only, of) = (use_state(|| true), use_state(String::new));
    let named = names(recording);
    let of = Some((*of).clone()).filter(|of| named.contains(of)).map_or((of.clone(), String::new()), |name| (of, name));
    let onchange = {
        let only = only.clone();
        Callback::from(move |event: Event| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                only.set(input.checked());
            }
        })
    };
    let keys = &recording.story().keys;
    let odd = |state: RowState| state.differs() || state == RowState::InFlight;
    let shown: Vec<usize> =
        (0..keys.len()).filter(|&key| !*only || frame.strips.iter().any(|strip| odd(strip.cells[key].state))).collect();
    html! {
        <>
            <div class="table-head">
                { chooser(&named, &of.0, &of.1) }
                <label class="check"><input type="checkbox" checked={*only} {onchange} />{ "only differences" }</label>
            </div>
            if !of.1.is_empty() {
                { one(&table(recording, &of.1, frame.at), &of.1, *only, frame, dispatch) }
            } else if shown.is_empty() {
                <p class="second">{ &recording.headline(frame.at).source }</p>
            } else {
                <div class="scroll" tabindex="0" role="region" aria-label="Rows">
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">{ "key" }</th>
                                for strip in frame.strips.iter() {
                                    <th scope="col">{ &strip.id }</th>
                                }
                            </tr>
                        </thead>
                        <tbody>
                            for key in shown {
                                { row(&keys[key].0, key, frame, dispatch) }
                            }
                        </tbody>
                    </table>
                </div>
            }
        </>
    }
}

fn row(name: &str, key: usize, frame: &Frame, dispatch: &Dispatch) -> Html {
    let worst = (1..frame.strips.len()).find(|&strip| frame.strips[strip].cells[key].state.differs()).unwrap_or(1);
    let menu = move || Overlay::Menu(Thing::Row(worst, key), format!("[data-name='line-{key}']"));
    let opened = on(dispatch, move || Action::Look(Look::Overlay(menu())));
    html! {
        <tr key={key}>
            <th scope="row"><button type="button" class="link" aria-haspopup="menu" data-name={format!("line-{key}")} onclick={opened}>{ name }</button></th>
            for (at, strip) in frame.strips.iter().enumerate() {
                <td>{ cell(&strip.cells[key], at == 0) }</td>
            }
        </tr>
    }
}

fn cell(cell: &Cell, source: bool) -> Html {
    let version = cell.version.map_or_else(|| "-".to_owned(), |version| format!("v{version}"));
    let plain = source || matches!(cell.state, RowState::Same | RowState::NoRow);
    html! {
        <span class={classes!("cell", cell.state.differs().then_some("accent"))}>
            if !plain {
                { glyph(cell.state, 12.0) }
            }
            { if plain { version } else if cell.version.is_some() { format!("{version}, {}", cell.state.word()) } else { cell.state.word().to_owned() } }
        </span>
    }
}
