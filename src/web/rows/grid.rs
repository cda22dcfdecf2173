//! The strips as a grid of real elements: one tab stop, arrows by cell, Ctrl and arrows to the next difference.

use crate::run::acts::Thing;
use crate::run::frame::{Frame, Strip};
use crate::run::recording::Subject;
use crate::web::shared::Shared;
use crate::web::state::{Action, Dispatch, Look, Overlay};
use yew::prelude::*;

/// The grid; `active` is the cell that the keyboard stands on.
pub fn grid(frame: &Shared<Frame>, active: &UseStateHandle<(usize, usize)>, dispatch: &Dispatch) -> Html {
    let ((strip_at, key), strips) = (**active, &frame.strips);
    let onkeydown = {
        let (frame, active, dispatch) = (frame.clone(), active.clone(), dispatch.clone());
        Callback::from(move |event: KeyboardEvent| {
            if matches!(event.key().as_str(), "Enter" | " ") {
                event.prevent_default();
                open(&dispatch, *active);
            } else if let Some(cell) = step(&frame.strips, *active, &event.key(), event.ctrl_key()) {
                event.prevent_default();
                active.set(cell);
            }
        })
    };
    html! {
        <div class="rows-grid" role="grid" tabindex="0" aria-label="Rows by key" {onkeydown}
            aria-activedescendant={format!("cell-{strip_at}-{key}")} aria-colcount={strips.first().map(|s| s.cells.len().to_string())}>
            for (row, strip) in strips.iter().enumerate() {
                <div role="row" class="unseen" aria-label={strip.summary.clone()}>
                    for (column, cell) in strip.cells.iter().enumerate() {
                        <span role="gridcell" id={format!("cell-{row}-{column}")} aria-selected={((strip_at, key) == (row, column)).to_string()}>
                            { &cell.label }
                        </span>
                    }
                </div>
            }
        </div>
    }
}

/// The ring about the row that the panel explains.
const CHOSEN: &str = ".strips .chosen";

/// Explains a row, and opens the menu of what can be done to it.
pub fn open(dispatch: &Dispatch, (strip, key): (usize, usize)) {
    dispatch.dispatch(Action::Look(Look::Subject(Subject::Row(strip, key))));
    dispatch.dispatch(Action::Look(Look::Overlay(Overlay::Menu(Thing::Row(strip, key), CHOSEN.to_owned()))));
}

/// Where a key leads from a cell; `None` if it is no key of a grid.
fn step(strips: &[Strip], (row, column): (usize, usize), key: &str, jump: bool) -> Option<(usize, usize)> {
    let last = strips.first()?.cells.len().checked_sub(1)?;
    let differs = |&at: &usize| strips.iter().any(|strip| strip.cells[at].state.differs());
    Some(match (key, jump) {
        ("ArrowLeft", false) => (row, column.saturating_sub(1)),
        ("ArrowRight", false) => (row, (column + 1).min(last)),
        ("ArrowLeft", true) => (row, (0..column).rev().find(differs).unwrap_or(column)),
        ("ArrowRight", true) => (row, (column + 1..=last).find(differs).unwrap_or(column)),
        ("ArrowUp", _) => (row.saturating_sub(1), column),
        ("ArrowDown", _) => ((row + 1).min(strips.len() - 1), column),
        ("Home", _) => (row, 0),
        ("End", _) => (row, last),
        _ => return None,
    })
}
