//! Beside the lanes: the table of costs, and the first change that ends differently.

use super::costs::table;
use super::lanes::Lane;
use crate::run::compare::Parting;
use crate::web::format::seconds;
use crate::web::state::{Action, Dispatch, Move, Unit, on};
use crate::web::world::RecordingRef;
use yew::prelude::*;

/// Properties of [`Side`].
#[derive(PartialEq, Properties)]
pub struct SideProps {
    /// What is compared.
    pub lanes: Vec<Lane>,
    /// Where the fates part.
    pub parting: Option<Parting>,
    /// Whether it has room for four columns.
    pub wide: bool,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The panel of the comparison.
#[component]
pub fn Side(props: &SideProps) -> Html {
    let runs: Vec<RecordingRef> = props.lanes.iter().filter_map(|lane| lane.run.clone().ok()).collect();
    html! {
        <aside class={classes!("panel", "side", props.wide.then_some("four"))} aria-label="Costs and the first different fate">
            <div class="pane">
                <h2>{ if runs.len() > 1 { "What each one costs" } else { "What it costs" } }</h2>
                { table(&runs) }
                if runs.len() > 1 {
                    { fates(&runs, props) }
                }
            </div>
        </aside>
    }
}

fn fates(runs: &[RecordingRef], props: &SideProps) -> Html {
    let Some(Parting { key, parts, sentence, fates, .. }) = &props.parting else {
        return html! { <><h2>{ "No different fate" }</h2><p class="small second">{ "Every change ends the same in all of them." }</p></> };
    };
    let (at, dispatch) = (*parts, &props.dispatch);
    html! {
        <>
            <h2>{ "First different fate: " }{ key }</h2>
            <p class="small second parting-words">{ sentence }</p>
            <dl class="fates small">
                for (run, fate) in runs.iter().zip(fates) {
                    <dt class="bold">{ &run.report().strategy }</dt>
                    <dd>{ fate }</dd>
                }
            </dl>
            <div class="acts">
                <button type="button" class="parting-go" onclick={on(dispatch, move || Action::MoveCursor(Move::To(at)))}>
                    { "Go to " }{ seconds(at) }
                </button>
                <button type="button" class="quiet" onclick={on(dispatch, || Action::MoveCursor(Move::By(Unit::Difference, true)))}>
                    { "Next difference" }
                </button>
            </div>
        </>
    }
}
