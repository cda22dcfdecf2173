//! Everything the page knows, and the one place where it changes.
//!
//! What is on screen is a function of (scenario, cursor) and of what the person is looking at. Only
//! [`Action::EditScenario`] and [`Action::Open`] change the world, and only by way of its document.

use super::branches::{History, How};
use super::compare::lanes::{Lanes, plain};
use super::format::{clock, seconds};
use super::guide::{Guide, holds};
use super::matrix::model::{Ask, Explored};
use super::tour::Tour;
use super::world::{Edit, Opening, RecordingRef, World};
use crate::kernel::time::Us;
use crate::run::acts::Thing;
use crate::run::compare::spoken;
use crate::run::recording::{Recording, Subject};
use crate::scenario::Refusal;
use crate::scenario::plan::FaultWhen;
use crate::strategy::StrategyId;
use crate::world::ids::RecordId;
use std::rc::Rc;
use yew::prelude::*;

crate::ids! {
    /// What Back and Next go by.
    pub enum Unit {
        /// The next record.
        Event = "by event",
        /// The next pass of a crash point.
        CrashPoint = "crash point",
        /// The next change of how many rows differ.
        Difference = "difference",
        /// The next fault.
        Fault = "fault",
        /// The next alarm.
        Alarm = "alarm",
    }
}

crate::ids! {
    /// Light, dark, or as the system has it.
    pub enum Theme {
        /// As the system has it.
        System = "system",
        /// Light.
        Light = "light",
        /// Dark.
        Dark = "dark",
    }
}

crate::ids! {
    /// How much of the page is shown.
    pub enum View {
        /// All of it.
        Lab = "lab",
        /// The stage and a short transport, for an embed.
        Stage = "stage",
        /// The time line alone, for an embed.
        Timeline = "timeline",
        /// The causal chain of the row that differs, for an embed.
        Why = "why",
        /// Two to four strategies side by side, for an embed.
        Compare = "compare",
        /// The matrix of crash points and strategies, for an embed.
        Matrix = "matrix",
    }
}

impl View {
    /// Whether it stands in another page, as one view without the page around it.
    #[must_use]
    pub const fn embedded(self) -> bool {
        !matches!(self, View::Lab)
    }
}

crate::ids! {
    /// What stands under the head of the page.
    pub enum Place {
        /// One run.
        Lab = "Lab",
        /// Two to four strategies on the same document and seed.
        Compare = "Compare",
        /// Every crash point under every strategy.
        Matrix = "Matrix",
    }
}

crate::ids! {
    /// The tabs of the panel.
    pub enum Tab {
        /// Why a row is as it is.
        Why = "why",
        /// The list of events.
        Events = "events",
        /// The table of rows.
        Rows = "rows",
        /// Detectors and laws.
        Alarms = "alarms",
        /// What the strategy costs.
        Costs = "costs",
        /// The knobs of the strategy.
        Options = "options",
    }
}

/// What lies over the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// What can be done to a thing, and the selector of the element that it stands beside.
    Menu(Thing, String),
    /// The keys.
    Keys,
    /// The link, copied.
    Share,
    /// The scenario bar of the phone.
    Scenario,
    /// The scenario editor.
    Editor,
    /// The strategies that can be compared.
    Compare,
}

/// A message that stays until it is dismissed, or until something works again.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// `Not run. 2 things to change.`
    pub head: String,
    /// One line for each.
    pub lines: Vec<String>,
}

impl Notice {
    /// What was refused, and that the run on the page is still the one before.
    #[must_use]
    pub fn refused(done: &str, refusals: &[Refusal]) -> Notice {
        let things = if refusals.len() == 1 { "1 thing" } else { &format!("{} things", refusals.len()) };
        let head = format!("{done} {things} to change. The page still shows the last run that was accepted.");
        Notice { head, lines: refusals.iter().map(ToString::to_string).collect() }
    }
}

/// Where the cursor goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Move {
    /// To an instant.
    To(Us),
    /// To where the run carried it while playing: nothing is said.
    Played(Us),
    /// To the start.
    Start,
    /// To the end.
    End,
    /// To the instant before, by the chosen unit.
    Back,
    /// To the instant after, by the chosen unit.
    Next,
    /// By a unit, forwards or back.
    By(Unit, bool),
}

/// A change of what the person looks at. None of it changes the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    /// What Back and Next go by.
    Unit(Unit),
    /// The speed: index in [`super::playhead::SPEEDS`].
    Speed(usize),
    /// Whether play slows down for messages.
    Follow(bool),
    /// The theme.
    Theme(Theme),
    /// The panel's tab.
    Tab(Tab),
    /// A row, and why it is as it is; `Subject::Worst` leaves the selection.
    Subject(Subject),
    /// A menu or dialog; `Overlay::None` closes it.
    Overlay(Overlay),
    /// The notice is read.
    Dismiss,
    /// Another place of the page.
    Place(Place),
    /// The strategies that are compared.
    Compare(Vec<StrategyId>),
    /// Whether the scenario that is being written is refused.
    Refused(bool),
    /// The first visit's list is left.
    LeaveGuide,
    /// Something is chosen, and the panel's tab stays as it is.
    Select(Subject),
    /// Whether the stage is seen in space and time.
    Space(bool),
}

/// Everything that can happen to the page.
#[derive(Clone, Debug)]
pub enum Action {
    /// The scenario changes; the run is made again in place.
    EditScenario(Edit),
    /// A link is opened.
    Open(Box<Opening>),
    /// A link cannot be opened: the page stays as it is.
    Refuse(Notice),
    /// The cursor moves.
    MoveCursor(Move),
    /// Play or pause.
    Play(bool),
    /// Something else is looked at.
    Look(Look),
    /// The tour begins.
    Watch,
    /// The tour goes to its beat of that number; beyond the last it ends.
    Beat(usize),
    /// The tour stands at the end of its beat.
    Stand,
    /// The tour ends.
    Leave,
    /// Something happens to the matrix.
    Matrix(Ask),
    /// Back before the last edit, or (false) on again.
    Undo(bool),
    /// The branch of that index is shown.
    Branch(usize),
    /// The branch in view is taken out.
    RemoveBranch,
}

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
        self.cursor = self.cursor.min(self.ends());
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

    fn go(&mut self, to: Move) {
        let at = match to {
            Move::To(at) | Move::Played(at) => at,
            Move::Start => Us::ZERO,
            Move::End => self.ends(),
            Move::Back => self.stop(self.unit, false),
            Move::Next => self.stop(self.unit, true),
            Move::By(unit, forwards) => self.stop(unit, forwards),
        };
        self.cursor = at.min(self.ends());
        if !matches!(to, Move::Played(_)) {
            (self.playing, self.tour) = (false, None);
            self.say();
        }
    }

    /// The next or the last instant of a unit; the cursor itself if there is none.
    fn stop(&self, unit: Unit, forwards: bool) -> Us {
        let each = self.runs();
        let each = each.iter().map(|run| self.stop_of(run, unit, forwards)).filter(|at| *at != self.cursor);
        let found = if forwards { each.min() } else { each.max() };
        found.unwrap_or(self.cursor)
    }

    fn stop_of(&self, run: &Recording, unit: Unit, forwards: bool) -> Us {
        let story = run.story();
        let stops = match unit {
            Unit::Event => return self.event(run, forwards),
            Unit::CrashPoint => &story.stops.crash_points,
            Unit::Difference => &story.stops.differences,
            Unit::Fault => &story.stops.faults,
            Unit::Alarm => &story.stops.alarms,
        };
        let found = match forwards {
            true => stops.iter().find(|&&at| at > self.cursor),
            false => stops.iter().rfind(|&&at| at < self.cursor),
        };
        found.copied().unwrap_or(self.cursor)
    }

    fn event(&self, recording: &Recording, forwards: bool) -> Us {
        let last = recording.record_at(self.cursor);
        if forwards {
            let next = last.map_or(0, |record| record.0 + 1);
            return if next < recording.story().records {
                recording.time_of(RecordId(next))
            } else {
                recording.story().ends
            };
        }
        let here = last.map_or(Us::ZERO, |record| recording.time_of(record));
        if here < self.cursor || here == Us::ZERO {
            return here;
        }
        recording.record_at(Us(here.0 - 1)).map_or(Us::ZERO, |record| recording.time_of(record))
    }

    fn say(&mut self) {
        self.spoken = match self.place {
            Place::Compare => spoken(&plain(&self.runs()), self.cursor),
            Place::Lab | Place::Matrix => self.world.recording.spoken(self.cursor),
        };
    }

    fn play(&mut self, playing: bool) {
        if playing && self.cursor >= self.ends() {
            self.cursor = Us::ZERO;
        }
        self.playing = playing;
        self.spoken = match playing {
            true => format!("Playing at {}.", super::playhead::SPEEDS[self.speed].1),
            false => format!("Paused at {}. {}", clock(self.cursor), self.world.recording.frame(self.cursor).summary),
        };
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
            Look::Subject(subject) => (self.subject, self.tab) = (subject, Tab::Why),
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

    fn watch(&mut self) {
        let tour = Tour::new(&self.world.recording);
        self.cursor = tour.begins();
        (self.tour, self.toured, self.overlay, self.playing) = (Some(tour), true, Overlay::None, true);
        self.caption();
    }

    fn beat(&mut self, beat: usize) {
        let Some(tour) = &mut self.tour else { return };
        if beat >= tour.beats.len() {
            // Back to the moment that it was about: there the next thing can be tried.
            (self.tour, self.playing, self.cursor) = (None, false, self.world.recording.story().opens_at);
            self.say();
            return;
        }
        (tour.at, tour.stands) = (beat, false);
        self.cursor = tour.begins();
        self.playing = true;
        self.caption();
    }

    fn stand(&mut self) {
        if let Some(tour) = &mut self.tour {
            tour.stands = true;
            self.cursor = tour.beat().to;
            self.playing = false;
        }
    }

    fn caption(&mut self) {
        if let Some(tour) = &self.tour {
            self.spoken = format!("{}. {}", seconds(tour.beat().to), tour.beat().caption);
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
