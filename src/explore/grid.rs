//! The matrix as it is looked at: a row for each crash point and each way in which a message fails, a column for each
//! strategy, and in each square the worst that comes of it. It fills run by run.

use super::crash_search::CrashSearch;
use super::matrix::{Cell, Harm};
use super::trial::OUTCOMES;
use crate::kernel::sorted::sort_by_key;
use crate::run::words::{capital, count, list};
use crate::scenario::plan::FaultKind;
use crate::strategy::CrashPoint;
use crate::truth::anomaly::Anomaly;
use serde::{Deserialize, Serialize};

/// The nodes of crash points, in the order of a change's way.
const NODES: [&str; 8] = ["app", "source", "relay", "connector", "coordinator", "broker", "consumer", "store"];

/// A square as it travels: in the order of its fields, since there are hundreds of them in each message.
type Packed = (u32, u32, u32, Harm, bool, String);

/// Every pass of a crash point, or every message of a link, under one strategy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Packed", into = "Packed")]
pub struct Square {
    /// How many runs there are; 0: the strategy has no such step.
    pub of: u32,
    /// How many are done.
    pub done: u32,
    /// How many of these end in the worst way.
    pub such: u32,
    /// The worst that comes of it.
    pub harm: Harm,
    /// Whether an alarm told the truth in one of those.
    pub noticed: bool,
    /// The fault of the first of those, in short form.
    pub fault: String,
}

impl From<Packed> for Square {
    fn from((of, done, such, harm, noticed, fault): Packed) -> Square {
        Square { of, done, such, harm, noticed, fault }
    }
}

impl From<Square> for Packed {
    fn from(square: Square) -> Packed {
        (square.of, square.done, square.such, square.harm, square.noticed, square.fault)
    }
}

impl Square {
    /// Whether something differs for good, or somebody had to stand still.
    #[must_use]
    pub fn harmful(&self) -> bool {
        self.done > 0 && self.harm >= Harm::Blocked
    }

    /// One more run.
    fn take(&mut self, harm: Harm, noticed: bool, fault: &str) {
        self.add(&Square { of: 0, done: 1, such: 1, harm, noticed, fault: fault.to_owned() });
    }

    /// The runs of another square too.
    fn add(&mut self, other: &Square) {
        let (mine, theirs) = (self.harm.gravity(), other.harm.gravity());
        if other.done > 0 && (self.done == 0 || theirs > mine) {
            (self.harm, self.such, self.noticed) = (other.harm, other.such, other.noticed);
            self.fault.clone_from(&other.fault);
        } else if other.done > 0 && theirs == mine {
            self.such += other.such;
            self.noticed |= other.noticed;
        }
        self.of += other.of;
        self.done += other.done;
    }

    /// `effect twice, 3 of 3 passes`: what a square says in words.
    #[must_use]
    pub fn words(&self, crash: bool) -> String {
        let alarm = if self.noticed { ", an alarm fired" } else { "" };
        match (self.of, self.done) {
            (0, _) => "no such step".to_owned(),
            (_, 0) => "not done yet".to_owned(),
            (of, _) => {
                let of = count(of.into(), if crash { "pass" } else { "message" });
                format!("{}, {} of {of}{alarm}", self.harm.said(), self.such)
            }
        }
    }

    /// `All 3 passes of this point end the same way.`
    #[must_use]
    pub fn alike(&self, crash: bool) -> String {
        let (one, of) =
            if crash { ("pass", "passes of this point") } else { ("message", "messages that fail like this") };
        match (self.of, self.such) {
            (1, _) => format!("It is the only {one}."),
            (all, such) if all == such => format!("All {all} {of} end the same way."),
            (all, 1) => format!("1 of {all} {of} ends like this, none worse."),
            (all, such) => format!("{such} of {all} {of} end like this, none worse."),
        }
    }
}

/// `outbox, relay after ack before mark: effect twice, 3 of 3 passes.`: what a square is called (UI 14).
#[must_use]
pub fn label(strategy: &str, group: &str, name: &str, crash: bool, square: &Square) -> String {
    let name = if crash { name.replace('-', " ") } else { name.to_owned() };
    format!("{strategy}, {group} {name}: {}.", square.words(crash))
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The node that crashes, or the link whose message fails.
    pub group: String,
    /// `after-ack-before-mark`, or how a message fails: `late`.
    pub name: String,
    /// Whether it is a crash.
    pub crash: bool,
    /// One for each strategy.
    pub squares: Vec<Square>,
    /// Where it stands among the others.
    #[serde(skip)]
    place: usize,
}

/// The matrix, as far as it is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// The columns.
    pub strategies: Vec<String>,
    /// The rows: crash points by node, then failing messages by link.
    pub lines: Vec<Line>,
    /// Why a strategy was not tried: empty if it was.
    pub refused: Vec<String>,
    /// How many runs are done.
    pub runs: u32,
    /// How many there are, as far as it is known.
    pub total: u32,
    /// Whether every fault was tried and every one of them struck.
    pub complete: bool,
    /// The anomalies that some run has shown.
    pub reached: Vec<String>,
    /// Laws of the simulator that a run broke, known at the end: always empty, or the simulator is wrong.
    pub broken: Vec<String>,
    /// What a reader must know about the scenario in which the faults are tried.
    pub legend: Vec<String>,
    /// The links, in the order in which they were met.
    #[serde(skip)]
    links: Vec<String>,
}

impl Grid {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(strategies: &[&str]) -> Grid {
        let strategies: Vec<String> = strategies.iter().map(|id| (*id).to_owned()).collect();
        Grid { refused: vec![String::new(); strategies.len()], strategies, ..Grid::default() }
    }

    /// The runs that a strategy's search needs.
    pub fn expect(&mut self, column: usize, search: &CrashSearch) {
        for trial in search.needed() {
            let line = self.line(&trial.fault.text, trial.point);
            self.lines[line].squares[column].of += 1;
            self.total += 1;
        }
        if self.legend.is_empty() {
            self.legend = search.legend();
        }
        sort_by_key(&mut self.lines, |line| line.place);
    }

    /// What came of a run.
    pub fn take(&mut self, column: usize, cell: &Cell) {
        let point = cell.point.as_deref().and_then(CrashPoint::from_id);
        let line = self.line(&cell.fault, point);
        let noticed = cell.verdict == crate::run::report::Verdict::Diverged && !cell.silent;
        self.lines[line].squares[column].take(cell.harm(), noticed, &cell.fault);
        self.runs += 1;
        for anomaly in &cell.anomalies {
            if !self.reached.contains(anomaly) {
                self.reached.push(anomaly.clone());
            }
        }
    }

    /// The row of a fault; it is made if there is none.
    fn line(&mut self, fault: &str, point: Option<CrashPoint>) -> usize {
        let (group, name) = match point {
            Some(point) => point.id().split_once('.').unwrap_or(("", point.id())),
            None => {
                let head = fault.split('*').next().unwrap_or(fault);
                let (kind, link) = head.split_once(':').unwrap_or((head, ""));
                (link, kind)
            }
        };
        if let Some(at) = self.lines.iter().position(|line| line.group == group && line.name == name) {
            return at;
        }
        let place = match point {
            Some(point) => {
                let node = NODES.iter().position(|node| *node == group).unwrap_or(NODES.len());
                node * CrashPoint::ALL.len() + point as usize
            }
            None => {
                let known = self.links.iter().position(|link| link == group);
                let link = known.unwrap_or_else(|| {
                    self.links.push(group.to_owned());
                    self.links.len() - 1
                });
                let kinds = OUTCOMES.iter().chain(&[FaultKind::Delay]);
                let kind = kinds.clone().position(|kind| kind.id() == name).unwrap_or(OUTCOMES.len());
                (NODES.len() + 1) * CrashPoint::ALL.len() + link * (OUTCOMES.len() + 1) + kind
            }
        };
        let squares = vec![Square::default(); self.strategies.len()];
        self.lines.push(Line {
            group: group.to_owned(),
            name: name.to_owned(),
            crash: point.is_some(),
            squares,
            place,
        });
        self.lines.len() - 1
    }

    /// The rows of one node or link after the other: from, and below.
    #[must_use]
    pub fn groups(&self) -> Vec<(usize, usize)> {
        let mut groups: Vec<(usize, usize)> = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            match groups.last_mut() {
                Some(last) if self.lines[last.0].group == line.group && self.lines[last.0].crash == line.crash => {
                    last.1 = at + 1;
                }
                _ => groups.push((at, at + 1)),
            }
        }
        groups
    }

    /// Several rows as one.
    #[must_use]
    pub fn folded(&self, from: usize, to: usize) -> Line {
        let mut whole = Line { name: "any failure or delay".to_owned(), ..Line::default() };
        whole.squares.resize(self.strategies.len(), Square::default());
        for line in self.lines.get(from..to).unwrap_or_default() {
            (whole.group, whole.crash) = (line.group.clone(), line.crash);
            for (square, other) in whole.squares.iter_mut().zip(&line.squares) {
                square.add(other);
            }
        }
        whole
    }

    /// Of the crash points that a strategy has: how many do harm, and how many there are.
    #[must_use]
    pub fn harmful(&self, column: usize) -> (u32, u32) {
        let squares = self.lines.iter().filter(|line| line.crash).map(|line| &line.squares[column]);
        let had = squares.filter(|square| square.of > 0);
        had.fold((0, 0), |(harm, all), square| (harm + u32::from(square.harmful()), all + 1))
    }

    /// What it comes to, once it is complete.
    #[must_use]
    pub fn headline(&self) -> String {
        let tried = |column: &usize| self.lines.iter().any(|line| line.squares[*column].of > 0);
        let breaks = |column: &usize| self.lines.iter().any(|line| line.squares[*column].harmful());
        let columns: Vec<usize> = (0..self.strategies.len()).filter(tried).collect();
        let whole: Vec<String> =
            columns.iter().filter(|column| !breaks(column)).map(|column| self.strategies[*column].clone()).collect();
        let verb = if whole.len() == 1 { "does" } else { "do" };
        match (self.complete, whole.len()) {
            (false, _) => "Where does each strategy break?".to_owned(),
            (true, 0) => "Every strategy breaks somewhere. What differs is how.".to_owned(),
            (true, all) if all == columns.len() => "One fault breaks no strategy here.".to_owned(),
            (true, all) => {
                let broken = columns.len() - all;
                format!(
                    "{broken} of {} strategies break somewhere. {} {verb} not.",
                    columns.len(),
                    capital(&list(&whole))
                )
            }
        }
    }

    /// `each anomaly reached somewhere`, or which ones are and which are not.
    #[must_use]
    pub fn witnesses(&self) -> String {
        let missing: Vec<&str> =
            Anomaly::IDS.iter().copied().filter(|id| !self.reached.iter().any(|reached| reached == id)).collect();
        match missing.as_slice() {
            [] => "each anomaly reached somewhere".to_owned(),
            missing => {
                let all = Anomaly::ALL.len();
                let reached = all - missing.len();
                format!("{reached} of {all} anomalies reached somewhere, no {}", missing.join(", no "))
            }
        }
    }
}
