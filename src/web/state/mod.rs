//! Everything the page knows, and the one place where it changes.
//!
//! What is on screen is a function of (scenario, cursor) and of what the person is looking at. Only
//! [`Action::EditScenario`] and [`Action::Open`] change the world, and only by way of its document.

mod action;
mod cursor;

pub use action::{Action, Look, Move, Notice, Overlay, Place, Tab, Theme, Unit, View};

use super::branches::{History, How};
use super::compare::lanes::Lanes;
use super::guide::{Guide, holds};
use super::matrix::model::{Ask, Explored};
use super::tour::Tour;
use super::world::{Edit, Opening, RecordingRef, World};
use crate::kernel::time::Us;
use crate::run::recording::Subject;
use crate::scenario::plan::FaultWhen;
use crate::strategy::StrategyId;
use std::rc::Rc;
use yew::prelude::*;

/// Everything the page knows.
#[derive(Clone, PartialEq)]
pub struct State {
    /// The scenario and its recording.
    pub world: World,
    /// The instant in view.
    pub cursor: Us,
    /// Whether the cursor runs.
    pub playing: bool,
    /// The speed: index in [`super::playhead::SPEEDS`].
    pub speed: usize,
    /// Whether play slows down so that each message can be followed.
    pub follow: bool,
    /// What Back and Next go by.
    pub unit: Unit,
    /// The theme.
    pub theme: Theme,
    /// How much of the page is shown.
    pub view: View,
    /// What stands under the head.
    pub place: Place,
    /// The strategies that are compared, in the order of their lanes.
    pub compare: Vec<StrategyId>,
    /// Their runs, while they are compared.
    pub lanes: Lanes,
    /// The panel's tab.
    pub tab: Tab,
    /// What the panel explains.
    pub subject: Subject,
    /// What lies over the page.
    pub overlay: Overlay,
    /// What went wrong.
    pub notice: Option<Notice>,
    /// The tour, while it runs.
    pub tour: Option<Tour>,
    /// Whether the tour has been left: then Play is the next thing to do.
    pub toured: bool,
    /// What the screen reader is told.
    pub spoken: String,
    /// Whether the scenario that is being written is refused: what is shown is the last one that was not.
    pub refused: bool,
    /// What of the first visit is done.
    pub guide: Guide,
    /// Whether the stage is seen in space and time.
    pub space: bool,
    /// The matrix.
    pub explored: Explored,
    /// The branches, of which the world is the one in view, and the way back.
    pub history: History,
}

impl State {
    /// The page as a link opens it.
    #[must_use]
    pub fn open(opening: &Opening) -> State {
        let at = opening.at.unwrap_or(opening.world.recording.story().opens_at);
        let mut state = State {
            cursor: at,
            world: opening.world.clone(),
            playing: false,
            speed: super::playhead::USUAL,
            follow: true,
            unit: Unit::Event,
            theme: opening.theme.unwrap_or(Theme::System),
            view: opening.view,
            place: opening.place,
            compare: opening.compare.clone(),
            lanes: Lanes::default(),
            tab: Tab::Why,
            subject: Subject::Worst,
            overlay: Overlay::None,
            notice: opening.notice.clone(),
            tour: None,
            toured: false,
            spoken: String::new(),
            refused: false,
            guide: Guide::recalled(),
            space: false,
            explored: Explored::default(),
            history: History::new(opening.world.document.clone()),
        };
        super::settings::recall(&mut state, opening.theme);
        state.settle();
        state
    }

    /// The runs on the page: the lanes of a comparison, else the one run.
    #[must_use]
    pub fn runs(&self) -> Vec<RecordingRef> {
        let lanes: Vec<RecordingRef> = self.lanes.runs().cloned().collect();
        if self.place == Place::Compare && !lanes.is_empty() { lanes } else { vec![self.world.recording.clone()] }
    }

    /// The strategies that are lanes: those that were chosen, else the scenario's own.
    #[must_use]
    pub fn compared(&self) -> Vec<StrategyId> {
        if self.compare.is_empty() { vec![self.world.document.strategy()] } else { self.compare.clone() }
    }

    /// Makes the runs that the page is about to show.
    fn settle(&mut self) {
        if self.place == Place::Compare {
            let strategies = self.compared();
            self.lanes.settle(&self.world, &strategies);
        }
        self.cursor = self.cursor.min(self.ends());
    }

    fn ends(&self) -> Us {
        self.runs().iter().map(|run| run.story().ends).max().unwrap_or_default()
    }

    fn edit(&mut self, edit: &Edit) {
        match self.world.edited(edit) {
            Ok(world) => {
                let how = match edit {
                    Edit::Preset(_) => How::Fresh,
                    Edit::AddFault(_) | Edit::RemoveFault(_) if self.cursor < self.ends() => How::Branch(self.cursor),
                    _ => How::InPlace,
                };
                self.history.edit(world.document.clone(), how);
                self.show(world);
                self.see_it_strike(edit);
            }
            Err(notice) => self.notice = Some(notice),
        }
        (self.playing, self.tour, self.overlay, self.refused) = (false, None, Overlay::None, false);
    }

    /// A fault of this instant comes just after what has happened then: the cursor follows it, so that it is seen.
    fn see_it_strike(&mut self, edit: &Edit) {
        let added = matches!(edit, Edit::AddFault(_)).then(|| self.world.recording.plan().faults.last()).flatten();
        if let Some(FaultWhen::At(at)) = added.map(|fault| fault.when)
            && at == self.cursor.after(Us(1))
        {
            self.cursor = at;
            self.say();
        }
    }

    /// Shows another world, at the same instant if it is of the same scenario.
    fn show(&mut self, world: World) {
        if world.preset() != self.world.preset() {
            self.cursor = world.recording.story().opens_at;
        }
        self.world = world;
        self.settle();
        (self.subject, self.notice) = (Subject::Worst, None);
        self.say();
    }

    /// Runs the document that the history has in view, if it is not the one that is shown.
    fn run_again(&mut self) {
        (self.playing, self.tour, self.overlay) = (false, None, Overlay::None);
        if *self.history.document() == self.world.document {
            return;
        }
        match World::run((**self.history.document()).clone()) {
            Ok(world) => self.show(world),
            Err(refusals) => self.notice = Some(Notice::refused("Not run.", &refusals)),
        }
        self.spoken = format!("{}. {}", self.history.branches()[self.history.at()].words, self.spoken);
    }

    fn open_link(&mut self, opening: &Opening) {
        let theme = opening.theme.unwrap_or(self.theme);
        let mut history = self.history.clone();
        history.edit(opening.world.document.clone(), How::Fresh);
        let Self { speed, follow, unit, guide, space, .. } = *self;
        let explored = std::mem::take(&mut self.explored);
        *self = State { theme, history, speed, follow, unit, guide, space, explored, ..State::open(opening) };
        self.say();
    }

    /// The run of the open square, in the Lab, at its decisive moment.
    fn watch_square(&mut self) {
        let Some(tale) = &self.explored.tale else { return };
        match super::route::open(&tale.link) {
            Ok(mut opening) => {
                opening.view = if self.view.embedded() { View::Stage } else { View::Lab };
                self.open_link(&opening);
                self.explored.watched = Some(self.world.document.clone());
            }
            Err(notice) => self.notice = Some(notice),
        }
    }

    fn look(&mut self, look: Look) {
        if matches!(look, Look::Place(_) | Look::Compare(_)) {
            (self.playing, self.tour, self.overlay) = (false, None, Overlay::None);
        }
        match look {
            Look::Unit(unit) => self.unit = unit,
            Look::Speed(speed) => self.speed = speed.min(super::playhead::SPEEDS.len() - 1),
            Look::Follow(follow) => self.follow = follow,
            Look::Theme(theme) => self.theme = theme,
            Look::Tab(tab) => self.tab = tab,
            Look::Subject(subject) => (self.subject, self.tab, self.overlay) = (subject, Tab::Why, Overlay::None),
            Look::Overlay(overlay) => {
                self.playing = self.playing && overlay == Overlay::None;
                self.overlay = overlay;
                self.refused = false;
            }
            Look::Dismiss => self.notice = None,
            Look::Place(place) => self.place = place,
            Look::Compare(strategies) => (self.compare, self.place) = (strategies, Place::Compare),
            Look::Refused(refused) => self.refused = refused,
            Look::Space(space) => self.space = space,
            Look::Select(subject) => self.subject = subject,
            Look::LeaveGuide => self.guide.left = true,
        }
    }
}

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let (before, opens) = (holds(&self), matches!(action, Action::Open(_)));
        let mut state = Rc::unwrap_or_clone(self);
        match action {
            Action::EditScenario(edit) => state.edit(&edit),
            Action::Open(opening) => state.open_link(&opening),
            Action::Refuse(notice) => state.notice = Some(notice),
            Action::MoveCursor(to) => state.go(to),
            Action::Play(playing) => state.play(playing),
            Action::Look(look) => state.look(look),
            Action::Watch => state.watch(),
            Action::Beat(beat) => state.beat(beat),
            Action::Stand => state.stand(),
            Action::Leave => {
                (state.tour, state.playing) = (None, false);
                state.say();
            }
            Action::Matrix(Ask::Watch) => state.watch_square(),
            Action::Matrix(ask) => {
                if let Some(said) = state.explored.take(ask, &state.world.document) {
                    state.spoken = said;
                }
            }
            Action::Undo(back) => {
                if state.history.step(back) {
                    state.run_again();
                }
            }
            Action::Branch(at) => {
                state.history.go(at);
                state.run_again();
            }
            Action::RemoveBranch => {
                state.history.remove();
                state.run_again();
            }
        }
        state.settle();
        if !opens {
            state.guide.done |= holds(&state) & !before;
        }
        Rc::new(state)
    }
}

/// What components change the page with.
pub type Dispatch = UseReducerDispatcher<State>;

/// A callback that does one thing.
pub fn on<E: 'static>(dispatch: &Dispatch, action: impl Fn() -> Action + 'static) -> Callback<E> {
    let dispatch = dispatch.clone();
    Callback::from(move |_: E| dispatch.dispatch(action()))
}
