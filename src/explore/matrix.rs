//! The matrix: every fault that was tried under every strategy, and what came of it (CONTRACT 4).

use super::outcome::Outcome;
use crate::run::report::Verdict;
use crate::scenario::Refusal;
use crate::strategy::StrategyId;
use crate::truth::anomaly::{Anomaly, RowState};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The version of this object.
pub const VERSION: u32 = 1;

/// What a search has found so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Matrix {
    /// The version of this object.
    pub explore: u32,
    /// The preset or file that was explored.
    pub scenario: String,
    /// The strategies that were tried, in the order asked.
    pub strategies: Vec<String>,
    /// The strategies among those asked for that cannot run this scenario.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// The crash points that some strategy passes, in the order of a change's way.
    pub points: Vec<String>,
    /// What each strategy shows when nothing fails.
    pub fault_free: Vec<FaultFree>,
    /// One run each: first every single fault of every strategy, then the pairs of crashes.
    pub cells: Vec<Cell>,
    /// Each anomaly that a cell shows, and the first cell that does: the matrix is not empty of harm by accident.
    pub witnesses: BTreeMap<String, Cell>,
    /// How many runs were done: one for each cell.
    pub runs: u64,
    /// How many runs are known to be needed.
    pub total: u64,
    /// Whether every fault was tried and every one of them struck.
    pub complete: bool,
    /// Laws of the simulator that a run broke, each with its scenario: always empty, or the simulator is wrong.
    pub broken_laws: Vec<String>,
    /// The scaled timers and the span of faults, for the legend.
    pub legend: Vec<String>,
}

/// A strategy that cannot run the scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The strategy.
    pub strategy: String,
    /// Why, in sentences.
    pub why: String,
}

impl LeftOut {
    /// What refuses it.
    #[must_use]
    pub fn new(strategy: StrategyId, refusals: &[Refusal]) -> LeftOut {
        let why: Vec<String> = refusals.iter().map(ToString::to_string).collect();
        LeftOut { strategy: strategy.id().to_owned(), why: why.join(" ") }
    }
}

/// What a strategy shows when nothing fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultFree {
    /// The strategy.
    pub strategy: String,
    /// How its run ends.
    pub verdict: Verdict,
    /// What it shows.
    pub anomalies: Vec<String>,
    /// The permalink of the run.
    pub scenario: String,
}

/// One run with its fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The strategy.
    pub strategy: String,
    /// The fault, in short form.
    pub fault: String,
    /// The crash point, if it is a crash.
    pub point: Option<String>,
    /// Which pass of the point, or which message of the link, from 1.
    pub pass: u32,
    /// The second crash, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub then: Option<Then>,
    /// How the run ends.
    pub verdict: Verdict,
    /// Whether it diverged and no alarm was true.
    pub silent: bool,
    /// What it shows.
    pub anomalies: Vec<String>,
    /// Whether every fault of it struck: a cell that says no proves nothing.
    pub reached: bool,
    /// The permalink of the run.
    pub scenario: String,
}

/// A second crash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Then {
    /// The fault, in short form.
    pub fault: String,
    /// Its crash point.
    pub point: String,
    /// Which pass of it.
    pub pass: u32,
}

/// What a cell says at a glance: the worst that its run shows. Of two, the graver is the greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum Harm {
    /// Nothing is wrong at the end.
    #[default]
    None,
    /// Events came twice, late or early, and nobody was harmed.
    Harmless(Anomaly),
    /// Somebody had to stand still.
    Blocked,
    /// The stores differ for good.
    Diverged(Anomaly),
}

impl Harm {
    /// What a verdict and its anomalies come to.
    #[must_use]
    pub fn of(verdict: Verdict, anomalies: &[Anomaly]) -> Harm {
        let first = |list: &[Anomaly]| list.iter().copied().find(|anomaly| anomalies.contains(anomaly));
        match verdict {
            Verdict::Diverged => Harm::Diverged(first(&WORST).unwrap_or(Anomaly::Lost)),
            Verdict::Blocked => Harm::Blocked,
            Verdict::Consistent => first(&HARMLESS).map_or(Harm::None, Harm::Harmless),
        }
    }

    /// How grave it is: the higher, the worse. Of two alike, the one that stands first in its list below.
    #[must_use]
    pub fn gravity(self) -> usize {
        let among = |worst: &[Anomaly], anomaly| worst.iter().rev().position(|known| *known == anomaly).unwrap_or(0);
        match self {
            Harm::None => 0,
            Harm::Harmless(anomaly) => 1 + among(&HARMLESS, anomaly),
            Harm::Blocked => 1 + HARMLESS.len(),
            Harm::Diverged(anomaly) => 2 + HARMLESS.len() + among(&WORST, anomaly),
        }
    }

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Harm::None => "consistent",
            Harm::Blocked => Anomaly::Blocked.id(),
            Harm::Harmless(anomaly) | Harm::Diverged(anomaly) => anomaly.id(),
        }
    }

    /// What a person is told: `effect twice`, `consistent, an event came twice`.
    #[must_use]
    pub const fn said(self) -> &'static str {
        match self {
            Harm::None => "consistent",
            Harm::Blocked => "blocked",
            Harm::Harmless(Anomaly::Duplicate) => "consistent, an event came twice",
            Harm::Harmless(Anomaly::Reordered) => "consistent, events came out of order",
            Harm::Harmless(Anomaly::EarlyRead) => "consistent, somebody read before the commit",
            Harm::Harmless(Anomaly::GhostEvent) => "consistent, an event told of no change",
            Harm::Harmless(_) => "consistent, an event was lost",
            Harm::Diverged(Anomaly::Missing) => RowState::Missing.word(),
            Harm::Diverged(Anomaly::Stale) => RowState::Stale.word(),
            Harm::Diverged(Anomaly::Ghost | Anomaly::GhostEvent) => RowState::Ghost.word(),
            Harm::Diverged(Anomaly::DuplicateEffect) => RowState::DuplicateEffect.word(),
            Harm::Diverged(anomaly) => anomaly.id(),
        }
    }

    /// The same in one word, for a small square: empty if nothing is wrong.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Harm::None | Harm::Harmless(_) => "",
            Harm::Diverged(Anomaly::DuplicateEffect) => "twice",
            Harm::Blocked | Harm::Diverged(_) => self.said(),
        }
    }

    /// The row that its mark is that of; none if somebody is blocked.
    #[must_use]
    pub const fn mark(self) -> Option<RowState> {
        match self {
            Harm::None | Harm::Harmless(_) => Some(RowState::Same),
            Harm::Blocked => None,
            Harm::Diverged(Anomaly::Stale) => Some(RowState::Stale),
            Harm::Diverged(Anomaly::Ghost | Anomaly::GhostEvent) => Some(RowState::Ghost),
            Harm::Diverged(Anomaly::DuplicateEffect) => Some(RowState::DuplicateEffect),
            Harm::Diverged(_) => Some(RowState::Missing),
        }
    }
}

/// A class in the tens, an anomaly in the units.
impl From<Harm> for u8 {
    fn from(harm: Harm) -> u8 {
        match harm {
            Harm::None => 0,
            Harm::Harmless(anomaly) => 10 + anomaly as u8,
            Harm::Blocked => 20,
            Harm::Diverged(anomaly) => 30 + anomaly as u8,
        }
    }
}

impl From<u8> for Harm {
    fn from(code: u8) -> Harm {
        match (code / 10, Anomaly::ALL.get(usize::from(code % 10))) {
            (1, Some(anomaly)) if HARMLESS.contains(anomaly) => Harm::Harmless(*anomaly),
            (2, _) => Harm::Blocked,
            (3, Some(anomaly)) if WORST.contains(anomaly) => Harm::Diverged(*anomaly),
            _ => Harm::None,
        }
    }
}

impl PartialOrd for Harm {
    fn partial_cmp(&self, other: &Harm) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Harm {
    fn cmp(&self, other: &Harm) -> Ordering {
        self.gravity().cmp(&other.gravity())
    }
}

/// What differs for good, the worst first.
const WORST: [Anomaly; 6] =
    [Anomaly::Missing, Anomaly::Ghost, Anomaly::Stale, Anomaly::DuplicateEffect, Anomaly::Lost, Anomaly::GhostEvent];

/// What a consistent run may show, the worst first.
const HARMLESS: [Anomaly; 5] =
    [Anomaly::Lost, Anomaly::GhostEvent, Anomaly::Reordered, Anomaly::EarlyRead, Anomaly::Duplicate];

impl Cell {
    /// The worst that its run shows.
    #[must_use]
    pub fn harm(&self) -> Harm {
        let known: Vec<Anomaly> = self.anomalies.iter().filter_map(|id| Anomaly::from_id(id)).collect();
        Harm::of(self.verdict, &known)
    }

    /// Its faults in short form, the first of them first.
    #[must_use]
    pub fn faults(&self) -> String {
        match &self.then {
            Some(then) => format!("{} then {}", self.fault, then.fault),
            None => self.fault.clone(),
        }
    }

    /// What stands at the row's head: the crash point, or the kind of fault and its link: `late app-source`.
    #[must_use]
    pub fn row(&self) -> String {
        match &self.point {
            Some(point) => point.clone(),
            None => self.fault.split('*').next().unwrap_or(&self.fault).replace(':', " "),
        }
    }
}

/// The ids of anomalies.
#[must_use]
pub fn ids(outcome: &Outcome) -> Vec<String> {
    outcome.anomalies.iter().map(|anomaly| anomaly.id().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graver_is_the_greater() {
        let harmless = HARMLESS.iter().rev().map(|anomaly| Harm::Harmless(*anomaly));
        let worst = WORST.iter().rev().map(|anomaly| Harm::Diverged(*anomaly));
        let all: Vec<Harm> = [Harm::None].into_iter().chain(harmless).chain([Harm::Blocked]).chain(worst).collect();
        assert!(all.windows(2).all(|two| two[0] < two[1]), "{all:?}");
    }

    #[test]
    fn a_harm_is_a_number_and_back() {
        assert_eq!(Anomaly::ALL.len(), 10, "the anomaly is one digit");
        let harmless = HARMLESS.iter().map(|anomaly| Harm::Harmless(*anomaly));
        let each = harmless.chain(WORST.iter().map(|anomaly| Harm::Diverged(*anomaly)));
        for harm in each.chain([Harm::None, Harm::Blocked]) {
            assert_eq!(Harm::from(u8::from(harm)), harm);
        }
    }
}
