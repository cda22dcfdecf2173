//! The sentence, the paragraph, the next thing to do, and the verdict at the end.

use super::mark::{Glyph, PLAY, icon};
use super::state::{Action, Dispatch, View, on};
use super::tour::Tour;
use super::world::{Edit, World};
use crate::run::frame::{Headline as Words, VerdictLine};
use crate::strategy::StrategyId;
use yew::prelude::*;

/// Properties of [`Headline`].
#[derive(PartialEq, Properties)]
pub struct HeadlineProps {
    /// The scenario and its recording.
    pub world: World,
    /// What is so at the cursor.
    pub words: Words,
    /// The tour, while it runs.
    pub tour: Option<Tour>,
    /// Whether the tour has been left: then Play is the next thing to do.
    pub toured: bool,
    /// How much of the page is shown.
    pub view: View,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The head of the stage.
#[component]
pub fn Headline(props: &HeadlineProps) -> Html {
    let HeadlineProps { world, words, tour, view, .. } = props;
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
                    { caption(tour, &props.dispatch) }
                } else {
                    <p class="paragraph">{ &words.paragraph }</p>
                    if *view == View::Lab {
                        { acts(props) }
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
                <Glyph state={verdict.mark} size={16} blocked={verdict.blocked} />
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

fn acts(props: &HeadlineProps) -> Html {
    let HeadlineProps { world, toured, dispatch, .. } = props;
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
    let (to, words) = match world.document.strategy() {
        StrategyId::Outbox => (StrategyId::DirectDbFirst, "Same crash, without the outbox"),
        StrategyId::DirectDbFirst | StrategyId::DirectBrokerFirst => (StrategyId::Outbox, "Same crash, with an outbox"),
    };
    let onclick = on(dispatch, move || Action::EditScenario(Edit::Strategy(to)));
    html! { <button type="button" class="other" {onclick}>{ words }</button> }
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
