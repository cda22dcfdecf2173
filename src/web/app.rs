//! The page: one state, its effects, and the order of its parts from top to bottom.

use super::bar::bar;
use super::clock::{Pace, use_clock};
use super::compare::compare;
use super::dialog::Dialog;
use super::editor::Editor;
use super::guide::{guide, use_guide};
use super::headline::headline;
use super::import::use_import;
use super::live::live;
use super::matrix::matrix;
use super::menu::Menu;
use super::notice::notice_box;
use super::panel::panel;
use super::panel::why::why;
use super::playhead::PlayheadRef;
use super::recent::use_recent;
use super::route;
use super::rows::Rows;
use super::screen::{Screen, use_room};
use super::settings::use_settings;
use super::share::Share;
use super::shared::Shared;
use super::stage::{Stage, hatch};
use super::state::{Action, Look, Overlay, Place, State, Theme, View};
use super::top::top;
use super::transport::{Shown, transport};
use crate::run::frame::Frame;
use crate::run::recording::Subject;
use gloo::events::EventListener;
use web_sys::{Element, VisibilityState};
use yew::prelude::*;

/// The page.
#[component]
pub fn App() -> Html {
    let state = use_reducer(|| State::open(&route::at_start()));
    let root = use_node_ref();
    let (width, height) = use_room(&root);
    let screen = Screen { width, height, view: state.view };
    let playhead = use_playhead(&state);
    let frame = use_memo((state.world.recording.clone(), state.cursor), |(recording, at)| {
        super::failure::reaches(recording.records_until(*at) as u32);
        recording.frame(*at)
    });
    let frame = Shared::from(frame);
    use_links(&state);
    use_theme(state.theme);
    use_settings(&state);
    use_recent(&state);
    use_hidden(&state);
    use_guide(state.guide);
    use_clock(pace(&state), &playhead, &state.dispatcher());
    route::use_address(&state);
    use_import(state.view == View::Lab, &state.dispatcher());
    let (lab, dispatch) = (state.view == View::Lab, &state.dispatcher());
    let class = classes!(
        "app",
        if lab { "lab" } else { "embedded" },
        screen.narrow().then_some("narrow"),
        screen.beside().then_some("beside")
    );
    html! {
        <div {class} ref={root} onkeydown={keys(&state)} onclick={away(&state)}>
            if lab {
                { top(state.theme, state.place, dispatch) }
                { bar(&state, dispatch) }
            }
            if let Some(notice) = &state.notice {
                { notice_box(notice, dispatch) }
            }
            { guide(&state, dispatch) }
            { place(&state, &frame, &playhead, &screen) }
            { live(&state.spoken) }
            { hatch() }
            { dialog(&state) }
            if lab {
                <Editor shown={state.overlay == Overlay::Editor} world={state.world.clone()} dispatch={dispatch.clone()} />
            }
        </div>
    }
}

/// What stands under the head and the scenario.
fn place(state: &UseReducerHandle<State>, frame: &Shared<Frame>, playhead: &PlayheadRef, screen: &Screen) -> Html {
    let dispatch = state.dispatcher();
    let lab = if state.view.embedded() { route::address(state, View::Lab) } else { String::new() };
    match state.place {
        Place::Lab => html! {
            <>
                { body(state, frame, playhead, screen) }
                { transport(state, &Shown { frame, playhead, screen: *screen, lab }, &dispatch) }
            </>
        },
        Place::Compare => compare(state, &Shown { frame, playhead, screen: *screen, lab }, &dispatch),
        Place::Matrix => matrix(state, screen, &dispatch),
    }
}

fn body(state: &UseReducerHandle<State>, frame: &Shared<Frame>, playhead: &PlayheadRef, screen: &Screen) -> Html {
    let (recording, dispatch) = (&state.world.recording, state.dispatcher());
    let (rows, stage) = (state.view != View::Why, matches!(state.view, View::Lab | View::Stage));
    html! {
        <main class="main">
            <div class="lead">
                if state.refused {
                    <p class="accepted small bold">{ "showing the last run that was accepted" }</p>
                }
                { headline(state, &dispatch) }
                if rows {
                    <Rows recording={recording.clone()} frame={frame.clone()} subject={state.subject.clone()} width={screen.stage()}
                        narrow={screen.narrow()} view={state.view} dispatch={dispatch.clone()} />
                }
                if stage {
                    <Stage recording={recording.clone()} frame={frame.clone()} playhead={playhead.clone()} width={screen.stage()}
                        view={state.view} overlay={state.overlay.clone()} subject={state.subject.clone()} space={state.space} dispatch={dispatch.clone()} />
                }
                if state.view == View::Why {
                    <section class="panel-body" aria-label="Why">{ why(state, frame, &dispatch) }</section>
                }
            </div>
            <Menu recording={recording.clone()} frame={frame.clone()} overlay={state.overlay.clone()} panel={state.view == View::Lab} dispatch={dispatch.clone()} />
            if state.view == View::Lab {
                { panel(state, frame, &dispatch) }
            }
        </main>
    }
}

fn dialog(state: &UseReducerHandle<State>) -> Html {
    let link = if state.overlay == Overlay::Share { route::address(state, state.view) } else { String::new() };
    let (dispatch, shown) = (state.dispatcher(), state.overlay == Overlay::Share);
    html! {
        <>
            <Dialog overlay={state.overlay.clone()} dispatch={dispatch.clone()} />
            <Share {shown} {link} world={state.world.clone()} at={state.cursor} {dispatch} />
        </>
    }
}

fn pace(state: &State) -> Pace {
    Pace {
        recordings: state.runs(),
        speed: state.speed,
        follow: state.follow,
        tour: state.tour.clone(),
        playing: state.playing,
    }
}

/// The playhead stands where the cursor is, except while it carries it.
#[hook]
fn use_playhead(state: &UseReducerHandle<State>) -> PlayheadRef {
    let playhead = (*use_memo((), |()| PlayheadRef::default())).clone();
    {
        let playhead = playhead.clone();
        use_effect_with((state.world.recording.clone(), state.cursor), move |(_, cursor)| playhead.show(*cursor));
    }
    playhead
}

/// Opens the link when the address changes; if it cannot be opened the page stays as it is and says why.
#[hook]
fn use_links(state: &UseReducerHandle<State>) {
    let dispatch = state.dispatcher();
    use_effect_with((), move |()| {
        let listener = EventListener::new(&super::dom::window(), "hashchange", move |_| {
            let hash = route::hash();
            if hash.len() > 1 {
                dispatch.dispatch(match route::open(&hash) {
                    Ok(opening) => Action::Open(Box::new(opening)),
                    Err(notice) => Action::Refuse(notice),
                });
            }
        });
        move || drop(listener)
    });
}

#[hook]
fn use_theme(theme: Theme) {
    use_effect_with(theme, move |theme| {
        let Some(root) = super::dom::document().document_element() else { return };
        // An attribute of a fixed name on the root: neither call can be refused.
        drop(match theme {
            Theme::System => root.remove_attribute("data-theme"),
            Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.id()),
        });
    });
}

/// A hidden page does not play.
#[hook]
fn use_hidden(state: &UseReducerHandle<State>) {
    let dispatch = state.dispatcher();
    use_effect_with(state.playing, move |playing| {
        let listener = playing.then(|| {
            EventListener::new(&super::dom::document(), "visibilitychange", move |_| {
                if super::dom::document().visibility_state() == VisibilityState::Hidden {
                    dispatch.dispatch(Action::Play(false));
                }
            })
        });
        move || drop(listener)
    });
}

/// Where a person types, or does something that is not the page's.
const TYPED: &str = "input:not([type=checkbox], [type=range]), textarea, dialog";

/// The keys that work anywhere in the page, except where a person types.
fn keys(state: &UseReducerHandle<State>) -> Callback<KeyboardEvent> {
    let state = state.clone();
    Callback::from(move |event: KeyboardEvent| {
        let target = event.target_dyn_into::<Element>();
        let typing = target.and_then(|element| element.closest(TYPED).ok().flatten()).is_some();
        let command = !typing && (event.ctrl_key() || event.meta_key());
        match event.key().as_str() {
            "z" | "Z" if command => {
                event.prevent_default();
                state.dispatch(Action::Undo(!event.shift_key()));
            }
            "?" if !typing => state.dispatch(Action::Look(Look::Overlay(Overlay::Keys))),
            "Escape" if state.overlay != Overlay::None => state.dispatch(Action::Look(Look::Overlay(Overlay::None))),
            "Escape" if state.tour.is_some() => state.dispatch(Action::Leave),
            "Escape" if state.subject != Subject::Worst => state.dispatch(Action::Look(Look::Select(Subject::Worst))),
            _ => {}
        }
    })
}

/// A click beside a menu closes it.
fn away(state: &UseReducerHandle<State>) -> Callback<MouseEvent> {
    let state = state.clone();
    Callback::from(move |event: MouseEvent| {
        if !matches!(state.overlay, Overlay::Menu(..) | Overlay::Compare) {
            return;
        }
        let inside = event
            .target_dyn_into::<Element>()
            .and_then(|element| element.closest(".menu, .target, .hop, .rows-picture, .table, .with").ok().flatten());
        if inside.is_none() {
            state.dispatch(Action::Look(Look::Overlay(Overlay::None)));
        }
    })
}
