//! The lanes under their axis; on a phone one at a time, with tabs.

use super::axis::Axis;
use super::choose::remove;
use super::lane::LaneView;
use super::lanes::{Lane, plain};
use crate::charts::area::peak;
use crate::kernel::time::Us;
use crate::run::compare::{Parting, shows, spoken};
use crate::run::frame::FaultMark;
use crate::strategy::StrategyId;
use crate::web::playhead::PlayheadRef;
use crate::web::rows::legend::legend;
use crate::web::shared::Shared;
use crate::web::state::{Dispatch, Unit};
use crate::web::world::RecordingRef;
use yew::prelude::*;

/// Where the plots begin.
pub const LEFT: f64 = 112.0;

/// Properties of [`Board`].
#[derive(PartialEq, Properties)]
pub struct BoardProps {
    /// What is compared.
    pub lanes: Vec<Lane>,
    /// Where the fates part.
    pub parting: Option<Parting>,
    /// The cursor.
    pub at: Us,
    /// The cursor as it moves.
    pub playhead: PlayheadRef,
    /// The room there is.
    pub width: f64,
    /// Whether it stands in another page: then there is room for no path.
    pub embed: bool,
    /// Whether it is the phone's form.
    pub narrow: bool,
    /// What the arrow keys go by.
    pub unit: Unit,
    /// Whether the cursor moves.
    pub playing: bool,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The board.
#[component]
pub fn Board(props: &BoardProps) -> Html {
    let BoardProps { lanes, at, width, narrow, dispatch, .. } = props;
    let tab = use_state(|| 0_usize);
    let runs: Vec<RecordingRef> = lanes.iter().filter_map(|lane| lane.run.clone().ok()).collect();
    let scale = use_memo((runs.clone(), *width), |(runs, width)| Scale::of(runs, *width));
    let parts = props.parting.as_ref().map(|parting| parting.parts);
    let list: Vec<StrategyId> = lanes.iter().map(|lane| lane.strategy).collect();
    let shown = (*tab).min(lanes.len().saturating_sub(1));
    let view = |lane: &Lane, index: usize| match &lane.run {
        Ok(run) => html! {
            <LaneView key={lane.strategy.id()} recording={run.clone()} {index} at={*at} playhead={props.playhead.clone()} {width} ends={scale.ends}
                peak={scale.peak} {parts} path={lanes.len() < 4 && !props.embed && !narrow} change={!props.embed}>
                if lanes.len() > 1 && !props.embed {
                    { remove(lane.strategy, &list, dispatch) }
                }
            </LaneView>
        },
        Err(refusals) => html! {
            <section class="lane" aria-label={lane.strategy.id()}>
                <div class="lane-head">
                    <h2>{ lane.strategy.id() }</h2>
                    <p class="small second">{ "Not run. " }{ refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ") }</p>
                    { remove(lane.strategy, &list, dispatch) }
                </div>
            </section>
        },
    };
    html! {
        <div class="board" id="lanes">
            <Axis faults={scale.faults.clone()} ends={scale.ends} at={*at} playhead={props.playhead.clone()} says={spoken(&plain(&runs), *at)} {parts}
                {width} unit={props.unit} playing={props.playing} dispatch={dispatch.clone()} />
            if *narrow && lanes.len() > 1 {
                { tabs(&list, shown, &tab) }
                <div role="tabpanel" id="lane" aria-label={list[shown].id()}>{ view(&lanes[shown], shown) }</div>
            } else {
                for (index, lane) in lanes.iter().enumerate() {
                    { view(lane, index) }
                }
            }
            { legend(&|state| runs.iter().any(|run| shows(run, state, *at))) }
        </div>
    }
}

/// What all lanes share.
struct Scale {
    ends: Us,
    peak: u32,
    faults: Shared<Vec<FaultMark>>,
}

impl Scale {
    fn of(runs: &[RecordingRef], width: f64) -> Scale {
        let ends = runs.iter().map(|run| run.story().ends).max().unwrap_or_default();
        let most = runs.iter().map(|run| peak(&run.story().area, ends, (width - LEFT) as u32)).max();
        let mut faults: Vec<FaultMark> = Vec::new();
        for fault in runs.iter().flat_map(|run| &run.story().faults) {
            if !faults.contains(fault) {
                faults.push(fault.clone());
            }
        }
        crate::kernel::sorted::sort_by_key(&mut faults, |fault| fault.at);
        Scale { ends, peak: most.unwrap_or(1), faults: Shared::new(faults) }
    }
}

fn tabs(list: &[StrategyId], shown: usize, tab: &UseStateHandle<usize>) -> Html {
    let onkeydown = {
        let (tab, count) = (tab.clone(), list.len());
        Callback::from(move |event: KeyboardEvent| {
            let to = match event.key().as_str() {
                "ArrowRight" => (shown + 1) % count,
                "ArrowLeft" => (shown + count - 1) % count,
                _ => return,
            };
            event.prevent_default();
            tab.set(to);
            crate::web::dom::focus(&format!("#lane-{to}"));
        })
    };
    html! {
        <div class="tabs lane-tabs" role="tablist" aria-label="Strategies" {onkeydown}>
            for (at, strategy) in list.iter().enumerate() {
                <button type="button" role="tab" class="tab" id={format!("lane-{at}")} aria-selected={(at == shown).to_string()} aria-controls="lane"
                    tabindex={if at == shown { "0" } else { "-1" }} onclick={let tab = tab.clone(); Callback::from(move |_: MouseEvent| tab.set(at))}>
                    { strategy.id() }
                </button>
            }
        </div>
    }
}
