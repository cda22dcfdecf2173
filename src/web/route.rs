//! The address: a permalink in the hash, read at the start and when it changes, written as the person goes on.

use super::compare::MOST;
use super::state::{Notice, Place, State, Theme, View};
use super::world::{Opening, World};
use crate::scenario::permalink::{Extras, Opened, decode, encode};
use crate::scenario::{Document, Refusal, presets};
use crate::strategy::StrategyId;
use std::cell::RefCell;
use yew::prelude::*;

/// How long the page waits before it writes the address again, in ms: it is not written at every step of a drag.
const PAUSE_MS: u32 = 300;

/// The hash of the address.
#[must_use]
pub fn hash() -> String {
    super::dom::window().location().hash().unwrap_or_default()
}

/// What the address opens at the start: if it cannot be opened, the first preset with the reason.
#[must_use]
pub fn at_start() -> Opening {
    let hash = hash();
    if hash.len() <= 1 {
        return first(None);
    }
    let mut opening = open(&hash).unwrap_or_else(|notice| first(Some(notice)));
    if opening.view == View::Lab && opening.place == Place::Lab {
        opening.place = left_at().unwrap_or(Place::Lab);
    }
    opening
}

/// The place that a page was left at that is loaded again: a link has no word for it.
fn left_at() -> Option<Place> {
    let state = super::dom::window().history().ok()?.state().ok()?;
    Place::from_id(&state.as_string()?)
}

fn first(notice: Option<Notice>) -> Opening {
    let run = presets::find(presets::FIRST).map_err(|refusal| vec![refusal]).and_then(|p| World::run(p.document()));
    match run {
        Ok(world) => Opening { notice, ..Opening::of(world) },
        Err(refusals) => unreachable!("the first preset runs: {}", refusals[0]),
    }
}

/// What a link opens.
///
/// # Errors
/// What to show if it cannot be opened at all.
pub fn open(hash: &str) -> Result<Opening, Notice> {
    let Opened { document, extras, mut refusals } = decode(hash);
    let Some(document) = document else { return Err(not_opened(&refusals)) };
    let world = World::run(document).map_err(|reasons| not_opened(&reasons))?;
    let (view, theme) = (view(&extras, &mut refusals), word(&extras.theme, Theme::from_id));
    let compare = compared(&extras.compare, &mut refusals);
    let place = match view {
        None if !compare.is_empty() => Place::Compare,
        Some(View::Compare) => Place::Compare,
        Some(View::Matrix) => Place::Matrix,
        Some(_) | None => Place::Lab,
    };
    let mut notice = None;
    if !refusals.is_empty() {
        let parts = if refusals.len() == 1 { "1 part".to_owned() } else { format!("{} parts", refusals.len()) };
        let lines = refusals.drain(..).map(|refusal| refusal.to_string()).collect();
        notice = Some(Notice { head: format!("Opened without {parts}."), lines });
    } else if changed(&extras, &world) {
        let line = "The preset, or the simulator, is not what it was when this link was made: the run differs.";
        notice = Some(Notice { head: "This run has changed since.".to_owned(), lines: vec![line.to_owned()] });
    }
    Ok(Opening { world, at: extras.at, view: view.unwrap_or(View::Lab), place, compare, theme, notice })
}

fn view(extras: &Extras, refusals: &mut Vec<Refusal>) -> Option<View> {
    let asked = extras.view.as_deref()?;
    let view = View::from_id(asked);
    if view.is_none() {
        refusals.push(Refusal::one_of("view", asked, View::IDS));
    }
    view
}

/// The strategies of a link, each once, as many as there are lanes.
fn compared(asked: &[StrategyId], refusals: &mut Vec<Refusal>) -> Vec<StrategyId> {
    let mut found: Vec<StrategyId> = Vec::new();
    for strategy in asked {
        let reason = match found.contains(strategy) {
            true => "It stands there twice; once is enough.".to_owned(),
            false if found.len() == MOST => format!("At most {MOST} can be compared; the first {MOST} are."),
            false => {
                found.push(*strategy);
                continue;
            }
        };
        refusals.push(Refusal::reason("compare", &strategy.id().into(), reason));
    }
    found
}

fn word<T>(text: &Option<String>, from_id: impl Fn(&str) -> Option<T>) -> Option<T> {
    text.as_deref().and_then(from_id)
}

fn not_opened(refusals: &[Refusal]) -> Notice {
    Notice { head: "Not opened.".to_owned(), lines: refusals.iter().map(ToString::to_string).collect() }
}

fn changed(extras: &Extras, world: &World) -> bool {
    extras.h.as_ref().is_some_and(|h| *h != short_hash(world))
}

fn short_hash(world: &World) -> String {
    world.recording.report().trace_hash.chars().take(8).collect()
}

/// The link to what is on the page, from `#` on.
#[must_use]
pub fn link(state: &State, view: View) -> String {
    let document: &Document = &state.world.document;
    let extras = Extras {
        at: Some(state.cursor),
        compare: if state.place == Place::Compare { state.compared() } else { Vec::new() },
        view: (view != View::Lab).then(|| view.id().to_owned()),
        theme: (state.theme != Theme::System).then(|| state.theme.id().to_owned()),
        h: Some(short_hash(&state.world)),
    };
    encode(document, &extras)
}

/// The whole address of what is on the page.
#[must_use]
pub fn address(state: &State, view: View) -> String {
    at_page(&link(state, view))
}

/// The link to a document, from `#` on.
#[must_use]
pub fn link_of(document: &Document) -> String {
    encode(document, &Extras::default())
}

/// The whole address of a document.
#[must_use]
pub fn address_of(document: &Document) -> String {
    at_page(&link_of(document))
}

/// The address of the page with another hash.
#[must_use]
pub fn at_page(link: &str) -> String {
    let location = super::dom::window().location();
    let before = location.href().unwrap_or_default();
    let page = before.split('#').next().unwrap_or_default();
    format!("{page}{link}")
}

thread_local! {
    static WAITING: RefCell<Option<gloo::timers::callback::Timeout>> = const { RefCell::new(None) };
}

/// Writes the address once the page has rested; while it plays nothing is written.
#[hook]
pub fn use_address(state: &UseReducerHandle<State>) {
    let key = (
        state.world.clone(),
        state.cursor,
        state.theme,
        (state.view, state.place, state.compare.clone()),
        state.playing,
    );
    let (state, opened) = ((**state).clone(), use_mut_ref(|| false));
    use_effect_with(key, move |_| {
        // The first render shows what the address says already.
        let known = std::mem::replace(&mut *opened.borrow_mut(), true);
        if !known {
            super::failure::is_fine(&hash());
        }
        let rested = known && !state.playing;
        let timeout = rested.then(|| gloo::timers::callback::Timeout::new(PAUSE_MS, move || write(&state)));
        WAITING.with_borrow_mut(|waiting| *waiting = timeout);
    });
}

fn write(state: &State) {
    let link = link(state, state.view);
    super::failure::is_fine(&link);
    if let Ok(history) = super::dom::window().history() {
        // A sandboxed frame may refuse: then the address stays as it is, and Share still has the link.
        drop(history.replace_state_with_url(&state.place.id().into(), "", Some(&link)));
    }
}
