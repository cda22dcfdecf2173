//! The scenario bar: preset, strategy, seed, faults. Every control edits the document.

use super::branches::undo;
use super::compare::choose::button;
use super::mark::{CLOSE, DOWN, icon};
use super::recent::recent;
use super::route;
use super::state::{Action, Dispatch, Look, Overlay, Place, State, on};
use super::world::{Edit, World};
use crate::run::frame::FaultChip;
use crate::scenario::presets;
use crate::strategy::StrategyId;
use serde_json::Value;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// The scenario bar.
pub fn bar(state: &State, dispatch: &Dispatch) -> Html {
    let (world, open) = (&state.world, matches!(state.overlay, Overlay::Scenario | Overlay::Compare));
    let toggled = if open { Overlay::None } else { Overlay::Scenario };
    html! {
        <section class="bar" aria-label="Scenario">
            <p class="bar-line">
                <span>{ line(world) }</span>
                <button type="button" class="quiet" aria-expanded={open.to_string()} aria-controls="bar-controls"
                    onclick={on(dispatch, move || Action::Look(Look::Overlay(toggled.clone())))}>
                    { if open { "Done" } else { "Edit" } }
                </button>
            </p>
            <div id="bar-controls" class={classes!("bar-controls", open.then_some("open"))}>
                { preset_select(world, dispatch) }
                if state.place != Place::Compare {
                    { strategy_select(world, dispatch) }
                }
                { seed_input(world, dispatch) }
                { faults(world, dispatch) }
                <div class="bar-acts">
                    <button type="button" class="quiet edit-scenario" onclick={on(dispatch, || Action::Look(Look::Overlay(Overlay::Editor)))}>
                        { "Edit scenario" }
                    </button>
                    { button(state, dispatch) }
                    { undo(state, true, dispatch) }
                </div>
            </div>
        </section>
    }
}

fn title(world: &World) -> String {
    let preset = presets::find(world.preset());
    let own =
        || world.document.get("title").and_then(Value::as_str).filter(|title| !title.is_empty()).unwrap_or("your own");
    preset.map_or_else(|_| own().to_owned(), |preset| preset.title.to_owned())
}

/// `Missing search index, outbox, 2 faults`
#[must_use]
pub fn line(world: &World) -> String {
    let faults = world.recording.story().chips.len();
    let plural = if faults == 1 { "fault" } else { "faults" };
    format!("{}, {}, {faults} {plural}", title(world), world.document.strategy().id())
}

fn select(
    label: &'static str,
    now: &str,
    options: Html,
    pick: impl Fn(&HtmlSelectElement) -> Option<Action> + 'static,
    dispatch: &Dispatch,
) -> Html {
    let dispatch = dispatch.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(action) = event.target_dyn_into::<HtmlSelectElement>().and_then(|select| pick(&select)) {
            dispatch.dispatch(action);
        }
    });
    html! {
        <label class="field">
            <span class="field-name">{ label }</span>
            <span class="select"><select {onchange} ~value={now.to_owned()}>{ options }</select>{ icon(DOWN) }</span>
        </label>
    }
}

fn preset_select(world: &World, dispatch: &Dispatch) -> Html {
    let (known, recent) = (presets::find(world.preset()).is_ok(), recent());
    let options = html! {
        <>
            if !known {
                <option value="" selected=true disabled=true>{ "your own" }</option>
            }
            for preset in presets::PRESETS.iter() {
                <option value={preset.id} selected={preset.id == world.preset()}>{ preset.title }</option>
            }
            if !recent.is_empty() {
                <optgroup label="Recent">
                    for (title, link) in recent {
                        <option value={link}>{ title }</option>
                    }
                </optgroup>
            }
        </>
    };
    let now = if known { world.preset().to_owned() } else { String::new() };
    let shown = now.clone();
    let pick = move |select: &HtmlSelectElement| {
        let chosen = select.value();
        if !chosen.starts_with('#') {
            return Some(Action::EditScenario(Edit::Preset(chosen)));
        }
        // The list names what runs, not where it came from.
        select.set_value(&now);
        Some(match route::open(&chosen) {
            Ok(opening) => Action::Open(Box::new(opening)),
            Err(notice) => Action::Refuse(notice),
        })
    };
    select("Scenario", &shown, options, pick, dispatch)
}

fn strategy_select(world: &World, dispatch: &Dispatch) -> Html {
    let now = world.document.strategy();
    let options = html! {
        for strategy in StrategyId::ALL.iter() {
            <option value={strategy.id()} selected={*strategy == now}>{ strategy.id() }</option>
        }
    };
    select(
        "Strategy",
        now.id(),
        options,
        |select| StrategyId::from_id(&select.value()).map(|strategy| Action::EditScenario(Edit::Strategy(strategy))),
        dispatch,
    )
}

fn seed_input(world: &World, dispatch: &Dispatch) -> Html {
    let seed = world.recording.plan().seed.to_string();
    let onchange = {
        let (dispatch, seed) = (dispatch.clone(), seed.clone());
        Callback::from(move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            dispatch.dispatch(Action::EditScenario(Edit::Seed(input.value())));
            // If it is refused the notice says so, and the field shows again what runs.
            input.set_value(&seed);
        })
    };
    html! {
        <label class="field">
            <span class="field-name">{ "Seed" }</span>
            <input class="seed" type="text" inputmode="numeric" autocomplete="off" value={seed} {onchange} />
        </label>
    }
}

fn faults(world: &World, dispatch: &Dispatch) -> Html {
    let chips = &world.recording.story().chips;
    html! {
        <div class="field faults" role="group" aria-label="Faults">
            <span class="field-name" aria-hidden="true">{ "Faults" }</span>
            if chips.is_empty() {
                <span class="none">{ "none" }</span>
            }
            for (index, chip) in chips.iter().enumerate() {
                { fault(index, chip, dispatch) }
            }
        </div>
    }
}

fn fault(index: usize, chip: &FaultChip, dispatch: &Dispatch) -> Html {
    let idle = (!chip.idle.is_empty()).then(|| chip.idle.clone());
    let struck = idle.is_some().then_some("idle");
    let label = format!("Remove fault: {}. {}", chip.words, chip.idle);
    html! {
        <button type="button" class={classes!("chip", struck)} title={idle} aria-label={label}
            onclick={on(dispatch, move || Action::EditScenario(Edit::RemoveFault(index)))}>
            <span>{ &chip.words }</span>
            { icon(CLOSE) }
        </button>
    }
}
