//! What can happen to the page, and the words in which it is asked for.

use crate::kernel::time::Us;
use crate::run::acts::Thing;
use crate::run::recording::Subject;
use crate::scenario::Refusal;
use crate::strategy::StrategyId;
use crate::web::matrix::model::Ask;
use crate::web::world::{Edit, Opening};

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
    /// The speed: index in [`crate::web::playhead::SPEEDS`].
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
