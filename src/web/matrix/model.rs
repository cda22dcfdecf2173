//! What the matrix knows, and how it changes: a part of the page's one state.

use super::desk::Task;
use crate::explore::grid::{Grid, Square};
use crate::explore::tale::Tale;
use crate::scenario::Document;
use crate::scenario::permalink::{Extras, encode};
use crate::web::shared::Shared;
use std::rc::Rc;

/// How far the search is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not begun.
    #[default]
    Idle,
    /// Under way.
    Running,
    /// All is done.
    Done,
    /// Given up, or refused.
    Cancelled,
}

/// The square that is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    /// Row, by group and name.
    pub row: (String, String),
    /// Column.
    pub column: usize,
    /// `relay.after-ack-before-mark`, or `late relay-broker`.
    pub place: String,
    /// How many runs of the square end the same way.
    pub alike: String,
    /// What the panel's hand does.
    pub task: Task,
}

/// What the matrix knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explored {
    /// The document that is explored.
    pub document: Option<Rc<Document>>,
    /// The document of the square that was watched: coming back from it begins nothing anew.
    pub watched: Option<Rc<Document>>,
    /// What is known.
    pub grid: Option<Shared<Grid>>,
    /// How far the search is.
    pub phase: Phase,
    /// Counts the searches: another number is another search.
    pub turn: u32,
    /// What was refused.
    pub refused: Vec<String>,
    /// Whether each way in which a message fails has a row of its own.
    pub unfolded: bool,
    /// The open square.
    pub open: Option<Open>,
    /// Its story.
    pub tale: Option<Shared<Tale>>,
    /// What was copied of it, or else what could not be copied.
    pub copied: String,
}

/// What happens to the matrix.
#[derive(Clone, Debug)]
pub enum Ask {
    /// The document on the page is explored, from the start.
    Begin,
    /// The search is given up.
    Cancel,
    /// The search has found so much; whether it is all.
    Found(Shared<Grid>, bool),
    /// The search cannot be made.
    Refused(Vec<String>),
    /// A square is opened: row, among those that are shown, and column.
    Open(usize, usize),
    /// Its story is known so far.
    Told(Shared<Tale>),
    /// Its story cannot be told.
    Untold(Vec<String>),
    /// Messages by link, or by link and by how they fail.
    Unfold(bool),
    /// The open square's run is opened in the Lab.
    Watch,
    /// Something was copied, or could not be: then this is it.
    Copied(String),
}

/// A row as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Node or link.
    pub group: String,
    /// Crash point, or how a message fails.
    pub name: String,
    /// Whether it is a crash.
    pub crash: bool,
    /// How many rows its group has, if it is the first.
    pub span: usize,
    /// One for each strategy.
    pub squares: Vec<Square>,
}

impl Explored {
    /// The rows that are shown: links as one row each, unless they are unfolded.
    #[must_use]
    pub fn rows(&self) -> Vec<Shown> {
        let Some(grid) = &self.grid else { return Vec::new() };
        let mut rows = Vec::new();
        for (from, to) in grid.groups() {
            let fold = !grid.lines[from].crash && !self.unfolded;
            let lines = if fold { vec![grid.folded(from, to)] } else { grid.lines[from..to].to_vec() };
            let all = lines.len();
            rows.extend(lines.into_iter().enumerate().map(|(at, line)| Shown {
                group: line.group,
                name: line.name,
                crash: line.crash,
                span: if at == 0 { all } else { 0 },
                squares: line.squares,
            }));
        }
        rows
    }

    /// Whether the document on the page is another than the one that is explored.
    #[must_use]
    pub fn is_other(&self, document: &Rc<Document>) -> bool {
        self.document.as_ref() != Some(document) && self.watched.as_ref() != Some(document)
    }

    /// The link that the hand takes.
    #[must_use]
    pub fn link(&self) -> String {
        self.document.as_ref().map_or_else(String::new, |document| encode(document, &Extras::default()))
    }

    /// Takes what happened; what the screen reader is told.
    pub fn take(&mut self, ask: Ask, document: &Rc<Document>) -> Option<String> {
        match ask {
            Ask::Begin => {
                let (turn, unfolded) = (self.turn + 1, self.unfolded);
                let document = Some(document.clone());
                *self = Explored { document, turn, unfolded, phase: Phase::Running, ..Explored::default() };
            }
            Ask::Cancel => {
                self.phase = Phase::Cancelled;
                return Some(super::head::words(self));
            }
            Ask::Found(grid, done) => {
                self.grid = Some(grid);
                if done {
                    self.phase = Phase::Done;
                    return Some(super::head::words(self));
                }
            }
            Ask::Refused(refused) => (self.refused, self.phase) = (refused, Phase::Cancelled),
            Ask::Open(row, column) => self.open(row, column),
            Ask::Told(tale) => {
                let said = tale.done.then(|| tale.headline.clone());
                self.tale = Some(tale);
                return said;
            }
            Ask::Untold(refused) => {
                self.tale = Some(Shared::new(Tale { headline: refused.concat(), done: true, ..Tale::default() }));
            }
            Ask::Unfold(unfolded) => self.unfolded = unfolded,
            Ask::Copied(said) => {
                self.copied.clone_from(&said);
                return Some(said);
            }
            // The page's state opens the run.
            Ask::Watch => {}
        }
        None
    }

    fn open(&mut self, row: usize, column: usize) {
        let rows = self.rows();
        let Some((shown, square)) = rows.get(row).and_then(|row| Some((row, row.squares.get(column)?))) else { return };
        let Some(grid) = self.grid.as_ref().filter(|_| square.done > 0) else { return };
        let fault = square.fault.clone();
        let kind = fault.split(':').next().unwrap_or_default();
        let place = match shown.crash {
            true => format!("{}.{}", shown.group, shown.name),
            false => format!("{kind} {}", shown.group),
        };
        let task = Task::Tell(self.link(), grid.strategies[column].clone(), fault);
        if self.open.as_ref().is_some_and(|open| open.task == task) {
            return;
        }
        let (row, alike) = ((shown.group.clone(), shown.name.clone()), square.alike(shown.crash));
        (self.open, self.tale) = (Some(Open { row, column, place, alike, task }), None);
        self.copied.clear();
    }
}
