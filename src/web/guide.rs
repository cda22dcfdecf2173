//! The first visit: five steps on one scenario. Each is ticked by what the page shows, never by a click.

use super::format::seconds;
use super::mark::{TICK, icon};
use super::state::{Action, Dispatch, Look, Move, Overlay, Place, State, View};
use super::storage::{remember, remembered};
use crate::kernel::time::Us;
use crate::run::frame::FaultChip;
use crate::run::recording::Subject;
use crate::scenario::presets;
use crate::strategy::StrategyId;
use crate::world::ids::RecordId;
use yew::prelude::*;

/// What of the first visit is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guide {
    /// By step: a bit.
    pub done: u8,
    /// Whether the person has left it.
    pub left: bool,
}

/// Under which name it is remembered.
const NAME: &str = "first-visit";
/// The bit that says that it was left.
const LEFT: u8 = 1 << 7;

impl Guide {
    /// What is remembered of it.
    #[must_use]
    pub fn recalled() -> Guide {
        let bits = remembered(NAME).as_u64().unwrap_or(0) as u8;
        Guide { done: bits & !LEFT, left: bits & LEFT != 0 }
    }
}

/// Remembers it when it changes.
#[hook]
pub fn use_guide(guide: Guide) {
    use_effect_with(guide, |guide| {
        let bits = guide.done | if guide.left { LEFT } else { 0 };
        if *guide != Guide::recalled() {
            remember(NAME, bits.into());
        }
    });
}

/// The steps, and how each is done.
const STEPS: [(&str, &str); 5] = [
    ("See it", "Watch the crash once, to its end."),
    ("Crash it elsewhere", "Choose another gap between two steps of the app, and crash it there."),
    ("Switch to the outbox", "Take the outbox: the same crash again, on another path."),
    ("See the duplicate", "Crash the relay between publish and mark: nobody noted that it had sent."),
    ("Share the moment", "Press Share: its link opens what you see now."),
];

/// Whether the first visit is to be seen.
fn shown(state: &State) -> bool {
    !state.guide.left && state.view == View::Lab && state.place == Place::Lab && state.world.preset() == presets::FIRST
}

/// A crash between two steps, before there is an outbox.
fn elsewhere(state: &State) -> Option<&FaultChip> {
    let direct = state.world.document.strategy() != StrategyId::Outbox;
    let chips = &state.world.recording.story().chips;
    chips.iter().filter(|chip| direct && chip.at_gap).min_by_key(|chip| chip.struck.unwrap_or(Us::NEVER))
}

/// What the outbox delivers twice first, and when.
fn again(state: &State) -> Option<(RecordId, Us)> {
    let outbox = state.world.document.strategy() == StrategyId::Outbox;
    state.world.recording.story().again.filter(|_| outbox)
}

/// By step: whether it is so now.
#[must_use]
pub fn holds(state: &State) -> u8 {
    if !shown(state) {
        return 0;
    }
    let seen = |at: Option<Us>| at.is_some_and(|at| at <= state.cursor);
    let steps = [
        state.tour.as_ref().is_some_and(|tour| tour.at + 1 == tour.beats.len()),
        seen(elsewhere(state).and_then(|chip| chip.struck)),
        state.world.document.strategy() == StrategyId::Outbox,
        seen(again(state).map(|(_, at)| at)),
        state.overlay == Overlay::Share,
    ];
    steps.iter().enumerate().map(|(at, holds)| u8::from(*holds) << at).sum()
}

/// The list; nothing where it has no place.
pub fn guide(state: &State, dispatch: &Dispatch) -> Html {
    if !shown(state) {
        return Html::default();
    }
    let done = |at: usize| state.guide.done >> at & 1 == 1;
    let now = (0..STEPS.len()).find(|&at| !done(at));
    let leave = {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            dispatch.dispatch(Action::Look(Look::LeaveGuide));
            super::dom::focus(".acts button");
        })
    };
    html! {
        <section class="guide" aria-label="First visit" tabindex="-1">
            <span class="bold">{ "First visit" }</span>
            <ol class="guide-steps">
                for (at, (title, _)) in STEPS.iter().enumerate() {
                    <li key={at} aria-current={(now == Some(at)).then_some("step")}>
                        if done(at) {
                            { icon(TICK) }
                        } else {
                            <span>{ at + 1 }</span>
                        }
                        <span class="guide-title">{ *title }</span>
                        if done(at) {
                            <span class="unseen">{ ": done" }</span>
                        }
                    </li>
                }
            </ol>
            <p class="guide-next">{ next(state, now, dispatch) }</p>
            <button type="button" class="quiet guide-leave" onclick={leave}>{ if now.is_some() { "Skip" } else { "Close" } }</button>
        </section>
    }
}

/// What is to be done next; if it has been caused already, when it is to be seen.
fn next(state: &State, now: Option<usize>, dispatch: &Dispatch) -> Html {
    let ahead = match now {
        Some(1) => elsewhere(state).map(|chip| (chip.struck, Subject::Worst, "The crash strikes at ", &*chip.idle)),
        Some(3) => again(state).map(|(id, at)| (Some(at), Subject::Record(id), "The same event comes again at ", "")),
        _ => None,
    };
    match (ahead, now) {
        (Some((Some(at), subject, words, _)), _) => {
            let dispatch = dispatch.clone();
            let go = Callback::from(move |_: MouseEvent| {
                dispatch.dispatch(Action::Look(Look::Subject(subject.clone())));
                dispatch.dispatch(Action::MoveCursor(Move::To(at)));
                // The button goes with what it says: what has the focus stays in the list.
                super::dom::focus(".guide");
            });
            html! {
                <>
                    { words }{ seconds(at) }{ "." }
                    <button type="button" class="link" onclick={go}>{ "Go there" }</button>
                </>
            }
        }
        (Some((None, _, _, idle)), _) => html! { <>{ idle }{ " Choose an earlier moment, and crash it again." }</> },
        (None, Some(at)) => STEPS[at].1.into(),
        (None, None) => "All five steps are done. The whole page is yours.".into(),
    }
}
