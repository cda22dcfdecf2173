//! The sentence, the paragraph, the next thing to do, and the verdict at the end.

use super::mark::{PLAY, blocked, glyph, icon};
use super::state::{Action, Dispatch, State, View, on};
use super::tour::Tour;
use super::world::{Edit, World};
use crate::run::frame::VerdictLine;
use crate::scenario::plan::FaultKind;
use crate::strategy::StrategyId;
use yew::prelude::*;

/// The head of the stage.
pub fn headline(state: &State, dispatch: &Dispatch) -> Html {
    let State { world, tour, view, .. } = state;
    let words = world.recording.headline(state.cursor);
    let verdict = &world.recording.story().verdict;
    html! {
        <div class="head">
            <div class="said">
                <h1 id="headline">
                    <span>{ &words.source }</span>
                    if !words.store.is_empty() {
                        { " " }<span class="accent">{ &words.store }</span>
                    }
                </h1>
                if let Some(tour) = tour {
                    { caption(tour, dispatch) }
                } else {
                    <p class="paragraph">{ &words.paragraph }</p>
                    if *view == View::Lab {
                        { acts(state, dispatch) }
                    }
                }
            </div>
            { end(verdict, tour.is_some()) }
        </div>
    }
}

/// The verdict; hidden while the tour runs, so that it gives nothing away.
fn end(verdict: &VerdictLine, hidden: bool) -> Html {
    html! {
        <div class={classes!("verdict", hidden.then_some("hidden"))}>
            <p class="small third">{ &verdict.head }</p>
            <p class="verdict-word">
                { if verdict.blocked { blocked(16.0) } else { glyph(verdict.mark, 16.0) } }
                { &verdict.word }
            </p>
            <p class="small second">
                for line in verdict.lines.iter() {
                    <span class="line">{ line }</span>
                }
            </p>
        </div>
    }
}

fn acts(state: &State, dispatch: &Dispatch) -> Html {
    let State { world, toured, .. } = state;
    let first = if *toured { "" } else { "primary" };
    html! {
        <div class="acts">
            <button type="button" class={first} onclick={on(dispatch, || Action::Watch)}>
                { icon(PLAY) }{ "Watch it happen" }
            </button>
            { other(world, dispatch) }
            <span class="small third hint">{ "or choose a gap between two steps and crash it there" }</span>
        </div>
    }
}

/// The same faults under the other kind of strategy, in one click.
fn other(world: &World, dispatch: &Dispatch) -> Html {
    let crashed = world.recording.plan().faults.iter().any(|fault| fault.kind == FaultKind::Crash);
    let what = if crashed { "Same crash, " } else { "The same, " };
    let (to, words) = if world.document.strategy() == StrategyId::Outbox {
        (StrategyId::DirectDbFirst, "without the outbox")
    } else {
        (StrategyId::Outbox, "with an outbox")
    };
    let onclick = on(dispatch, move || Action::EditScenario(Edit::Strategy(to)));
    html! { <button type="button" class="other" {onclick}>{ what }{ words }</button> }
}

fn caption(tour: &Tour, dispatch: &Dispatch) -> Html {
    let (at, beat) = (tour.at, tour.beat());
    let last = at + 1 == tour.beats.len();
    html! {
        <>
            <p class="paragraph caption">
                <span class="third">{ format!("{} of {}", at + 1, tour.beats.len()) }</span>
                <span class="caption-text">{ &beat.caption }</span>
                <span class="small third">{ &beat.place }</span>
            </p>
            <div class="acts">
                <button type="button" class="primary" onclick={on(dispatch, move || Action::Beat(at + 1))}>
                    { if last { "Done" } else { "Continue" } }
                </button>
                <button type="button" disabled={at == 0} onclick={on(dispatch, move || Action::Beat(at.saturating_sub(1)))}>
                    { "Back" }
                </button>
                <button type="button" class="quiet" onclick={on(dispatch, || Action::Leave)}>{ "Leave" }</button>
            </div>
        </>
    }
}
