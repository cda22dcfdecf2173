//! A desk: one task, done run by run, wherever it stands: in a worker, or on the page where no worker can start.

use crate::explore::curve::{Asked, Curve, Line};
use crate::explore::fill::Fill;
use crate::explore::grid::Grid;
use crate::explore::job::Job;
use crate::explore::tale::{Tale, Telling};
use crate::scenario::permalink::decode;
use crate::scenario::{Document, Refusal};
use crate::strategy::StrategyId;
use serde::{Deserialize, Serialize};

/// What there is to do. A scenario travels as its permalink, which keeps its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Every fault under every strategy.
    Explore(String),
    /// One square: scenario, strategy, fault.
    Tell(String, String, String),
    /// One figure over many seeds.
    Sweep(String, Asked),
}

/// What came of it so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum News {
    /// The worker has started.
    Ready,
    /// The matrix, and whether it is all.
    Grid(Grid, bool),
    /// The story.
    Tale(Tale),
    /// The line.
    Line(Line),
    /// What was refused.
    Refused(Vec<String>),
}

/// One task being done.
#[derive(Debug)]
pub enum Desk {
    /// Every fault under every strategy.
    Explore(Box<Fill>, bool),
    /// One square.
    Tell(Box<Telling>),
    /// One figure over many seeds.
    Sweep(Box<Curve>),
}

impl Desk {
    /// Begins a task.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn take(task: &Task) -> Result<Desk, Vec<String>> {
        let desk = match task {
            Task::Explore(link) => document(link)
                .and_then(|document| Fill::new(&document, StrategyId::ALL))
                .map(|fill| Desk::Explore(Box::new(fill), false)),
            Task::Tell(link, strategy, fault) => document(link)
                .and_then(|document| {
                    let strategy = StrategyId::from_id(strategy).unwrap_or_else(|| document.strategy());
                    Telling::new(&document, strategy, fault)
                })
                .map(|telling| Desk::Tell(Box::new(telling))),
            Task::Sweep(link, asked) => document(link)
                .and_then(|document| Curve::new(&document, asked))
                .map(|curve| Desk::Sweep(Box::new(curve))),
        };
        desk.map_err(|refusals| refusals.iter().map(ToString::to_string).collect())
    }

    /// Does one run; false if that was all.
    pub fn step(&mut self) -> bool {
        match self {
            Desk::Explore(fill, done) => {
                *done = !fill.advance(1);
                !*done
            }
            Desk::Tell(telling) => telling.advance(1),
            Desk::Sweep(curve) => curve.advance(1),
        }
    }

    /// What is known so far.
    #[must_use]
    pub fn news(&self) -> News {
        match self {
            Desk::Explore(fill, done) => News::Grid(fill.grid().clone(), *done),
            Desk::Tell(telling) => News::Tale(telling.tale().clone()),
            Desk::Sweep(curve) => News::Line(curve.line()),
        }
    }
}

fn document(link: &str) -> Result<Document, Vec<Refusal>> {
    let opened = decode(link);
    opened.document.ok_or(opened.refusals)
}
