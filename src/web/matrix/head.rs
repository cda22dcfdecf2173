//! The head of the matrix: what is searched, how far it is, and Cancel.

use super::model::{Ask, Explored, Phase};
use crate::charts::shape::Drawing;
use crate::explore::grid::Grid;
use crate::run::frame::RowState;
use crate::web::draw::{nodes, picture};
use crate::web::format::count;
use crate::web::mark::{blocked, glyph};
use crate::web::state::{Action, Dispatch, on};
use yew::prelude::*;

/// The length of the bar, in px.
const BAR: f64 = 120.0;

/// Heading, state and legend.
pub fn head(explored: &Explored, dispatch: &Dispatch) -> Html {
    let running = explored.phase == Phase::Running;
    let (button, ask): (&str, fn() -> Ask) =
        if running { ("Cancel", || Ask::Cancel) } else { ("Run again", || Ask::Begin) };
    html! {
        <>
            <h1 id="headline">{ explored.grid.as_ref().map_or_else(|| Grid::default().headline(), |grid| grid.headline()) }</h1>
            <p class="paragraph">
                { "One crash, at every step of every node, at every pass; then every message, failing in each way. \
                   Each square shows the worst run: what still differs when faults have healed and queues are empty, \
                   or who had to stand still until then." }
            </p>
            <div class="matrix-state">
                { bar(explored) }
                <p class="small second matrix-words">{ words(explored) }</p>
                <button type="button" onclick={on(dispatch, move || Action::Matrix(ask()))}>{ button }</button>
            </div>
            for line in explored.refused.iter() {
                <p class="small matrix-refused">{ line }</p>
            }
            { legend() }
        </>
    }
}

fn bar(explored: &Explored) -> Html {
    let (runs, total) = explored.grid.as_ref().map_or((0, 0), |grid| (grid.runs, grid.total));
    let mut drawing = Drawing::default();
    drawing.rect("edge", 0.5, 0.5, BAR - 1.0, 7.0);
    drawing.rect("inkf", 0.0, 0.0, BAR * f64::from(runs) / f64::from(total.max(1)), 8.0);
    picture("matrix-bar", (BAR, 8.0), nodes(&drawing.shapes))
}

/// UI 12, "Matrix running / cancelled"; UI 10, the head.
#[must_use]
pub fn words(explored: &Explored) -> String {
    let Some(grid) = &explored.grid else { return "Starting.".to_owned() };
    let of = format!("{} of {} runs", count(grid.runs), count(grid.total));
    match explored.phase {
        Phase::Idle | Phase::Running => format!("{of}. Dots are not done yet."),
        Phase::Cancelled => format!("Cancelled at {of}. Not complete."),
        Phase::Done if grid.complete => format!("{of}, none skipped; {}", grid.witnesses()),
        Phase::Done => match grid.broken.first() {
            Some(law) => format!("{of}. Not to be trusted: the simulator broke its own law {law}."),
            None => format!("{of}. Not complete: a fault never struck."),
        },
    }
}

fn legend() -> Html {
    let rows = [
        ("consistent", RowState::Same),
        ("missing", RowState::Missing),
        ("ghost", RowState::Ghost),
        ("stale", RowState::Stale),
        ("effect twice", RowState::DuplicateEffect),
    ];
    html! {
        <ul class="matrix-legend small second">
            for (word, state) in rows {
                <li>{ glyph(state, 12.0) }{ word }</li>
            }
            <li>{ blocked(12.0) }{ "blocked" }</li>
            <li>{ flag() }{ "an alarm fired" }</li>
            <li>{ dot() }{ "not done yet" }</li>
            <li>{ "empty: no such step" }</li>
        </ul>
    }
}

/// A flag: an alarm told the truth.
pub fn flag() -> Html {
    let mut drawing = Drawing::default();
    drawing.path("inkf", "M2 1h1v10H2zM3 1h7L8 3.5 10 6H3z".to_owned());
    picture("glyph", (12.0, 12.0), nodes(&drawing.shapes))
}

/// A dot: not done yet.
pub fn dot() -> Html {
    glyph(RowState::NoRow, 12.0)
}
