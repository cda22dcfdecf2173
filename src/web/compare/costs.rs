//! What each strategy costs: the same rows always, the worst of each row in bold.

use super::lanes::plain;
use crate::run::costs::{CostCell, costs};
use crate::web::world::RecordingRef;
use yew::prelude::*;

/// The table of several runs, or of one.
pub fn table(runs: &[RecordingRef]) -> Html {
    let several = runs.len() > 1;
    html! {
        <table class="table costs">
            <thead>
                <tr>
                    <th scope="col" class="third">{ if several { "bold: the worst of all" } else { "what it costs" } }</th>
                    for run in runs {
                        <th scope="col">{ &run.report().strategy }</th>
                    }
                </tr>
            </thead>
            <tbody>
                for row in costs(&plain(runs)).into_iter().filter(|row| row.main) {
                    <tr>
                        <th scope="row">{ row.name }</th>
                        for cell in row.cells.iter() {
                            { value(cell) }
                        }
                    </tr>
                }
            </tbody>
        </table>
    }
}

fn value(cell: &CostCell) -> Html {
    let class = classes!(cell.worst.then_some("bold"), cell.wrong.then_some("accent bold"));
    html! { <td {class}>{ &cell.text }</td> }
}
