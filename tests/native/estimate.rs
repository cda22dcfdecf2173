//! What the closed forms share: a run of a document with its laws checked, and a figure held against a formula.

use driftscope::run::report::Report;
use driftscope::run::simulation::Simulation;
use driftscope::run::{account, trace::Trace};
use driftscope::scenario::Document;
use driftscope::truth::judge::Judgement;
use serde_json::Value;

/// A finished run that keeps its first records: its report, of which every law holds, and its trace.
pub fn run(document: &Value, keep: usize) -> (Report, Trace) {
    let document = Document::parse(&document.to_string()).unwrap_or_else(|refusals| panic!("{}", refusals[0]));
    let plan = document.plan().unwrap_or_else(|refusals| panic!("{}", refusals[0]));
    let trace = Simulation::new(&plan, keep).finish();
    let judgement = Judgement::new(&trace.ledger, &account::misses(&plan));
    let report = account::report(&plan, &trace, &judgement);
    for law in &report.invariants {
        assert!(law.holds, "{}: {:?}", law.id, law.witness);
    }
    (report, trace)
}

/// A figure's mean over seeds from 1 on, against a formula.
#[track_caller]
pub fn over_seeds(name: &str, formula: f64, document: &Value, seeds: u64, figure: impl Fn(&Report) -> f64) {
    let value = |seed: u64| {
        let mut document = document.clone();
        document["seed"] = seed.into();
        figure(&run(&document, 0).0)
    };
    Estimate::of(&(1..=seeds).map(value).collect::<Vec<f64>>()).is(name, formula, 0.002 * formula);
}

/// A figure and its standard error.
pub struct Estimate {
    /// The figure.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
}

impl Estimate {
    /// Of the mean of independent values.
    pub fn of(values: &[f64]) -> Estimate {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
        Estimate { mean, error: (variance / n).sqrt() }
    }

    /// The figure is the formula's, within four standard errors, which are at most 3 % of it, and one that is wrong by a
    /// tenth would not pass. `grain`: what the world rounds to, which no number of runs averages out.
    #[track_caller]
    pub fn is(&self, name: &str, formula: f64, grain: f64) {
        let (mean, band) = (self.mean, (4.0 * self.error).max(grain));
        println!("{name}: measured {mean:.5}, formula {formula:.5}, within {band:.5}");
        assert!(band <= 0.03 * formula, "{name}: {band} is more than 3 % of {formula}: too few runs");
        assert!((mean - formula).abs() <= band, "{name}: measured {mean}, formula {formula}, within {band}");
        for wrong in [0.9 * formula, 1.1 * formula] {
            assert!((mean - wrong).abs() > band, "{name}: {wrong}, a formula changed by 10 %, would pass too");
        }
    }
}

/// The test can fail: a figure that is not the formula's, and an estimate that is too coarse to tell.
#[test]
fn a_wrong_figure_does_not_pass() {
    let passes =
        |mean: f64, error: f64| std::panic::catch_unwind(|| Estimate { mean, error }.is("", 100.0, 0.0)).is_ok();
    assert!(passes(101.0, 0.5));
    for (mean, error) in [(103.0, 0.5), (110.0, 0.5), (100.0, 0.8)] {
        assert!(!passes(mean, error), "{mean} with error {error}");
    }
}
