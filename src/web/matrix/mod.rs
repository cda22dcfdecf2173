//! Every crash point under every strategy: the search, its board, and the square that is open.

pub mod board;
pub mod cell;
pub mod desk;
pub mod hand;
pub mod head;
pub mod model;
pub mod sweep;

use super::screen::Screen;
use super::shared::Shared;
use super::state::{Action, Dispatch, State};
use crate::scenario::permalink::{Extras, encode};
use board::board;
use cell::cell;
use desk::{News, Task};
use hand::Hand;
use head::head;
use model::{Ask, Phase};
use sweep::Sweep;
use yew::prelude::*;

/// The place.
pub fn matrix(state: &UseReducerHandle<State>, screen: &Screen, dispatch: &Dispatch) -> Html {
    html! {
        <>
            <Search state={state.clone()} beside={screen.beside()} />
            <main class="main matrix-main">
                <div class="lead">
                    { head(&state.explored, dispatch) }
                    { board(&state.explored, screen, dispatch) }
                    <Sweep link={encode(&state.world.document, &Extras::default())} width={room(screen)} />
                </div>
                { cell(state, dispatch) }
            </main>
        </>
    }
}

/// The room beside the panel, in px.
fn room(screen: &Screen) -> f64 {
    screen.width - if screen.beside() { 400.0 + 48.0 } else { 32.0 }
}

/// Properties of [`Search`].
#[derive(PartialEq, Properties)]
pub struct SearchProps {
    /// The page.
    pub state: UseReducerHandle<State>,
    /// Whether the panel stands beside the board.
    pub beside: bool,
}

/// The hands of the place: one searches, one tells the open square. They let go when the place is left.
#[component]
pub fn Search(props: &SearchProps) -> Html {
    let (explored, document) = (&props.state.explored, &props.state.world.document);
    let dispatch = props.state.dispatcher();
    {
        // The document on the page is explored at once: a search that is not over begins again with the place.
        let (dispatch, other) = (dispatch.clone(), explored.is_other(document));
        use_effect_with(document.clone(), move |_| {
            if other {
                dispatch.dispatch(Action::Matrix(Ask::Begin));
            }
        });
    }
    let search = (explored.phase == Phase::Running).then(|| (explored.turn, Task::Explore(explored.link())));
    use_hand(search, &dispatch);
    let open = explored.open.as_ref().filter(|_| !explored.tale.as_ref().is_some_and(|tale| tale.done));
    use_hand(open.map(|open| (explored.turn, open.task.clone())), &dispatch);
    {
        // Under the board the panel is out of sight when a person opens a square.
        let under = (!props.beside).then(|| explored.open.clone()).flatten();
        use_effect_with(under, |under| {
            let panel = under.as_ref().and_then(|_| super::dom::document().query_selector(".matrix-panel").ok()?);
            if let Some(panel) = panel {
                panel.scroll_into_view();
            }
        });
    }
    Html::default()
}

/// A hand for a task, as long as there is one.
#[hook]
fn use_hand(task: Option<(u32, Task)>, dispatch: &Dispatch) {
    let dispatch = dispatch.clone();
    use_effect_with(task, move |task| {
        let hand = task.clone().map(|(_, task)| {
            let telling = matches!(task, Task::Tell(..));
            Hand::start(task, move |news| dispatch.dispatch(Action::Matrix(ask(news, telling))))
        });
        move || drop(hand)
    });
}

/// What news means to the page.
fn ask(news: News, telling: bool) -> Ask {
    match news {
        News::Grid(grid, done) => Ask::Found(Shared::new(grid), done),
        News::Tale(tale) => Ask::Told(Shared::new(tale)),
        News::Refused(refused) if telling => Ask::Untold(refused),
        News::Refused(refused) => Ask::Refused(refused),
        News::Line(_) | News::Ready => Ask::Refused(Vec::new()),
    }
}
