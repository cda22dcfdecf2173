//! A sweep as a line: one figure of a run over the values of one option, or over blocks of seeds, with its interval, and
//! beside it what a formula says where one holds.

use super::job::{Job, Progress};
use super::outcome;
use super::statistics::{MICRO, Tally};
use super::vary::{Vary, product};
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Us;
use crate::run::report::Report;
use crate::scenario::plan::{LinkPlan, Plan};
use crate::scenario::{Allowed, Document, Refusal};
use crate::strategy::StrategyId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

crate::ids! {
    /// A figure of a run. Its id is the path that `driftscope sweep --metric` takes.
    pub enum Figure {
        /// Committed events that never arrived.
        Lost = "ledger.lost",
        /// Events that came again.
        Again = "ledger.duplicates",
        /// The most rows that differed at one time.
        Peak = "divergence.peak",
        /// How long an event took to the stores, on average.
        Lag = "lag_us.mean",
        /// Operations that waited too long.
        Blocked = "blocked.operations",
    }
}

impl Figure {
    /// What it is called.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Figure::Lost => "events lost",
            Figure::Again => "events delivered again",
            Figure::Peak => "rows that differ at most",
            Figure::Lag => "mean time to the stores, ms",
            Figure::Blocked => "operations blocked",
        }
    }

    /// What a run has, as a sweep holds it; nothing if there was nothing to measure.
    #[must_use]
    pub fn of(self, report: &Report) -> Option<u64> {
        match self {
            Figure::Lost => Some(report.ledger.lost),
            Figure::Again => Some(report.ledger.duplicates),
            Figure::Peak => Some(report.divergence.peak),
            Figure::Lag => report.lag_us.mean.map(|mean| libm::rint(mean * MICRO as f64) as u64),
            Figure::Blocked => Some(report.blocked.operations),
        }
    }

    /// What a shown value of 1 is held as.
    const fn scale(self) -> u64 {
        match self {
            Figure::Lag => MICRO * 1_000,
            Figure::Lost | Figure::Again | Figure::Peak | Figure::Blocked => 1,
        }
    }
}

/// What to sweep: the form of `--vary`, or nothing for the seeds alone; how many seeds at each value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// `outbox.poll=100ms,1s`; empty: blocks of seeds.
    pub vary: String,
    /// The id of a [`Figure`].
    pub figure: String,
    /// How many seeds.
    pub seeds: u64,
}

/// One point of the line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// The value of the option, or the seeds.
    pub name: String,
    /// How many runs had something to measure.
    pub runs: u64,
    /// Their mean.
    pub mean: Option<f64>,
    /// The interval that covers the true mean 95 times in 100.
    pub ci95: Option<(f64, f64)>,
    /// What the formula says.
    pub formula: Option<f64>,
}

/// The line so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What is varied; empty: the seeds.
    pub path: String,
    /// What is measured.
    pub words: String,
    /// By value.
    pub spots: Vec<Spot>,
    /// The formula, in words; empty if there is none.
    pub formula: String,
    /// Runs done.
    pub done: u64,
    /// Runs in all.
    pub total: u64,
}

/// How many blocks the seeds make where nothing is varied.
const BLOCKS: u64 = 10;
/// The most seeds.
const MOST: u64 = 1_000_000;

/// One value of the option.
#[derive(Clone, Debug)]
struct Place {
    name: String,
    plan: Plan,
    first: u64,
    tally: Tally,
    committed: Tally,
}

/// A line being measured.
#[derive(Clone, Debug)]
pub struct Curve {
    path: String,
    figure: Figure,
    places: Vec<Place>,
    seeds: u64,
    done: u64,
}

impl Curve {
    /// Reads what is asked.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(document: &Document, asked: &Asked) -> Result<Curve, Vec<Refusal>> {
        let figure = Figure::from_id(&asked.figure)
            .ok_or_else(|| vec![Refusal::one_of("--metric", &asked.figure, Figure::IDS.iter().copied())])?;
        if !(1..=MOST).contains(&asked.seeds) {
            let allowed = Allowed::Form(format!("a whole number from 1 to {MOST}"));
            return Err(vec![Refusal::new("--seeds", asked.seeds.to_string(), allowed)]);
        }
        let place = |name: String, plan: Plan, first: u64| Place {
            name,
            plan,
            first,
            tally: Tally::default(),
            committed: Tally::default(),
        };
        if asked.vary.trim().is_empty() {
            let (blocks, plan) = (BLOCKS.min(asked.seeds), document.plan()?);
            if !asked.seeds.is_multiple_of(blocks) {
                let allowed = Allowed::Form(format!(
                    "a number below {BLOCKS}, or one that {BLOCKS} divides: they are {BLOCKS} blocks"
                ));
                return Err(vec![Refusal::new("--seeds", asked.seeds.to_string(), allowed)]);
            }
            let seeds = asked.seeds / blocks;
            let block = |block: u64| {
                let (from, to) = (block * seeds, (block + 1) * seeds - 1);
                place(format!("{from} to {to}"), plan.clone(), from)
            };
            return Ok(Curve { path: String::new(), figure, places: (0..blocks).map(block).collect(), seeds, done: 0 });
        }
        let vary = Vary::parse(asked.vary.trim()).map_err(|refusal| vec![refusal])?;
        let path = vary.path.clone();
        let mut places = Vec::new();
        for (set, document) in product(document, &[vary])? {
            let value = set.values().next().cloned().unwrap_or_default();
            let name = value.as_str().map_or_else(|| Value::to_string(&value), str::to_owned);
            places.push(place(name, document.plan()?, 0));
        }
        Ok(Curve { path, figure, places, seeds: asked.seeds, done: 0 })
    }

    fn total(&self) -> u64 {
        self.seeds * self.places.len() as u64
    }

    /// What is known so far.
    #[must_use]
    pub fn line(&self) -> Line {
        let spot = |place: &Place| {
            let summary = place.tally.summary(self.figure.scale());
            Spot {
                name: place.name.clone(),
                runs: summary.n,
                mean: summary.mean,
                ci95: summary.ci95.map(|[low, high]| (low, high)),
                formula: formula(&place.plan, self.figure, place.committed.summary(1).mean),
            }
        };
        let spots: Vec<Spot> = self.places.iter().map(spot).collect();
        let holds = spots.iter().any(|spot| spot.formula.is_some());
        Line {
            path: self.path.clone(),
            words: self.figure.words().to_owned(),
            spots,
            formula: if holds { FORMULA.to_owned() } else { String::new() },
            done: self.done,
            total: self.total(),
        }
    }
}

impl Job for Curve {
    fn advance(&mut self, max_runs: u64) -> bool {
        for _ in 0..max_runs {
            if self.done == self.total() {
                return false;
            }
            let all = self.places.len() as u64;
            let (at, nth) = ((self.done % all) as usize, self.done / all);
            let place = &mut self.places[at];
            place.plan.seed = place.first + nth;
            let (report, _) = outcome::run(&place.plan, 0);
            place.tally.add(self.figure.of(&report));
            place.committed.add(Some(report.ledger.committed));
            self.done += 1;
        }
        self.done < self.total()
    }

    fn progress(&self) -> Progress {
        Progress { done: self.done, total: self.total() }
    }
}

/// O1 in words.
const FORMULA: &str = "lost = committed x (1 - E[exp(-vW)]): crashes of the app at rate v, and the window W in which only the \
                       app knows of the second write, the commit's way there and back, its time, and direct.gap";

/// O1 (DOMAIN 5): what a crash rate loses of what was committed, where the app writes twice and nothing else fails.
fn formula(plan: &Plan, figure: Figure, committed: Option<f64>) -> Option<f64> {
    let crashes = plan.nodes.get(plan.roles.app.index())?.crash_every?;
    let alone = plan.nodes.iter().filter(|node| node.crash_every.is_some()).count() == 1;
    let other = plan.links.iter().any(loses) || plan.stores.iter().any(|store| store.poison > 0);
    let kind = plan.strategy == StrategyId::DirectDbFirst && !plan.direct.background;
    if figure != Figure::Lost || !kind || !plan.faults.is_empty() || !alone || other {
        return None;
    }
    // A commit that is under way when the app dies is made all the same. The parts of the window are drawn apart, so
    // the chance that no crash falls into any of them is a product.
    let (rate, way) = (1.0 / crashes.as_secs_f64(), &plan.links.get(plan.roles.app_source.index())?.latency);
    let parts = [way, way, &plan.source.commit_time, &plan.direct.gap];
    let mut spared = 1.0;
    for part in parts {
        spared *= without_crash(part, rate)?;
    }
    Some(committed? * (1.0 - spared))
}

/// Whether a link may lose or hold up what is sent over it.
fn loses(link: &LinkPlan) -> bool {
    [link.fail_before, link.ack_lost, link.timeout_no_effect, link.late_effect].iter().any(|parts| *parts > 0)
}

/// E[exp(-rate x T)]: the chance that no crash falls into a span of that distribution; none where no closed form is known.
fn without_crash(span: &Distribution, rate: f64) -> Option<f64> {
    let of = |us: Us| libm::exp(-rate * us.as_secs_f64());
    match span {
        Distribution::Constant(us) => Some(of(*us)),
        Distribution::Exponential(mean) => Some(1.0 / (1.0 + rate * mean.as_secs_f64())),
        Distribution::Erlang(k, mean) => {
            let one = 1.0 / (1.0 + rate * mean.as_secs_f64() / f64::from(*k));
            Some((0..*k).map(|_| one).product())
        }
        Distribution::Uniform(low, high) if low == high => Some(of(*low)),
        Distribution::Uniform(low, high) => Some((of(*low) - of(*high)) / (rate * high.since(*low).as_secs_f64())),
        Distribution::Mix(each) => Some(each.iter().map(|(parts, us)| f64::from(*parts) / 1e9 * of(*us)).sum()),
        Distribution::Lognormal(..) => None,
    }
}
