//! Closed forms of DOMAIN 5 that a correct simulator reproduces: O1, O2, O4. Each through a public scenario document,
//! within four standard errors and three per cent; and a formula that is wrong by a tenth does not pass.

use crate::estimate::Estimate;
use crate::lab;
use driftscope::kernel::time::Us;
use driftscope::run::simulation::Simulation;
use driftscope::run::trace::Trace;
use driftscope::scenario::Document;
use driftscope::world::ids::{EventId, Outcome};

/// How many operations one estimate stands on.
const OPERATIONS: u32 = 120_000;

/// No latency, no time for a commit: what is left is the window that the formula is about. No store: the log stands for it.
fn bare(settings: &[(&str, &str)]) -> Document {
    let document = lab::document(&format!(
        r#"{{"seed": 5, "duration": "2h", "workload": {{"arrivals": "poisson(20/s)", "limit": {OPERATIONS}, "keys": {{"count": 1000}}}},
            "links": {{"app-source": {{"latency": "0s"}}, "app-broker": {{"latency": "0s"}}}},
            "nodes": {{"app": {{"restart": "1ms"}}}}, "source": {{"commit_time": "0s", "tx_time": "0s"}}, "stores": {{}}}}"#
    ));
    lab::with(&document, settings)
}

fn finish(document: &Document) -> Trace {
    let plan = lab::plan(document);
    let trace = Simulation::new(&plan, 0).finish();
    assert!(trace.ended > Us::secs(60), "it ran");
    trace
}

/// Counts of a run whose broker's log stands for the stores.
struct Counts {
    committed: f64,
    lost: f64,
    distinct: f64,
    copies: f64,
    ghosts: f64,
    /// Answered otherwise than `ok`.
    refused: f64,
}

fn counts(trace: &Trace) -> Counts {
    let (ledger, log) = (&trace.ledger, &trace.ledger.stores[0]);
    let (mut lost, mut ghosts) = (0u32, 0u32);
    for (index, event) in ledger.events.iter().enumerate() {
        let seen = log.seen(EventId(index as u32)).count > 0;
        lost += u32::from(event.is_committed() && !seen);
        ghosts += u32::from(!event.is_committed() && seen);
    }
    Counts {
        committed: ledger.committed as f64,
        lost: f64::from(lost),
        distinct: log.distinct as f64,
        copies: log.delivered as f64,
        ghosts: f64::from(ghosts),
        refused: (trace.tally.ended(Outcome::Failed) + trace.tally.ended(Outcome::Unknown)) as f64,
    }
}

/// A share that was seen, of how many, and how much more it scatters than independent trials.
#[derive(Clone, Copy)]
struct Share {
    seen: f64,
    of: f64,
    scatter: f64,
}

impl Share {
    /// How many standard errors of the formula's own prediction lie between it and what was seen.
    fn errors(self, formula: f64) -> f64 {
        let deviation = (self.scatter * formula * (1.0 - formula) / self.of).sqrt();
        (self.seen / self.of - formula) / deviation
    }

    /// Holds within 4 standard errors and 3 %, and would not hold for a formula that is off by a tenth.
    fn is(self, what: &str, formula: f64) {
        let share = self.seen / self.of;
        println!("{what}: {share:.5}, formula {formula:.5}, {:+.1} standard errors", self.errors(formula));
        assert!(self.errors(formula).abs() <= 4.0, "{what}: {share} is not {formula}: {} errors", self.errors(formula));
        assert!((share / formula - 1.0).abs() <= 0.03, "{what}: {share} is not {formula} within 3 %");
        for wrong in [formula * 1.1, formula * 0.9] {
            assert!(self.errors(wrong).abs() > 4.0, "{what}: {wrong} passes too, so the test shows nothing");
        }
    }
}

/// O1: crashes at rate 10/s, a window of exponential length with mean 20 ms: p = nu m / (1 + nu m).
///
/// Operations that are open together die together. With 0.4 open on average the number that a crash takes is geometric:
/// the variance is about 1 + 2 * 0.4 times that of independent trials at most.
#[test]
fn o1_lost_in_the_window() {
    let document = bare(&[("nodes.app.crash_rate", "10/s"), ("direct.gap", "exp(20ms)")]);
    let counts = counts(&finish(&document));
    let window = 10.0 * 0.020;
    let lost = Share { seen: counts.lost, of: counts.committed, scatter: 1.8 };
    lost.is("O1, lost per committed event", window / (1.0 + window));
    assert!(counts.ghosts == 0.0 && counts.committed > 0.9 * f64::from(OPERATIONS));
}

/// O1, per crash: with a window of mean W as many events are in it as a Poisson variable of mean rate * W says, however the
/// window is distributed: so many are lost, and at least one with probability 1 - exp(-rate * W). A crash every 100 ms is too
/// far from the next for one window to meet two.
#[test]
fn o1_a_crash_loses_at_least_one() {
    let of = |window: &str, seeds: u32| (0..seeds).flat_map(|seed| lost_by_crash(window, seed)).collect::<Vec<f64>>();
    // Counts scatter more than shares: more crashes for the same three per cent.
    let (constant, exponential) = (of("8ms", 5), of("exp(8ms)", 15));
    let mean = 200.0 * 0.008;
    for (crashes, spread) in [(&constant, "constant"), (&exponential, "exponential")] {
        let some: Vec<f64> = crashes.iter().map(|lost| f64::from(*lost > 0.0)).collect();
        Estimate::of(&some).is(&format!("O1, P(>= 1), {spread} window"), 1.0 - libm::exp(-mean), 0.0);
    }
    Estimate::of(&exponential).is("O1, lost per crash", mean, 0.0);
}

/// How many events each of a thousand crashes takes, 100 ms apart, at 200 arrivals a second.
fn lost_by_crash(window: &str, seed: u32) -> Vec<f64> {
    let faults: Vec<String> = (1..=1_000).map(|n| format!("\"crash:app@{}ms\"", n * 100)).collect();
    let document = bare(&[
        ("seed", &seed.to_string()),
        ("duration", "100s"),
        ("workload.arrivals", "poisson(200/s)"),
        ("direct.gap", window),
        ("faults", &format!("[{}]", faults.join(","))),
    ]);
    let trace = finish(&document);
    let mut lost = vec![0.0; 1_000];
    for (index, event) in trace.ledger.events.iter().enumerate() {
        if event.is_committed() && trace.ledger.stores[0].seen(EventId(index as u32)).count == 0 {
            lost[(event.committed.0 / 100_000) as usize] += 1.0;
        }
    }
    lost
}

/// O1, the other factor: no window, no loss, whatever crashes.
#[test]
fn o1_no_window_no_loss() {
    let document = bare(&[("nodes.app.crash_rate", "10/s"), ("direct.gap", "0s"), ("workload.limit", "20000")]);
    let trace = finish(&document);
    assert!(trace.tally.crashes[0] > 5_000, "{} crashes", trace.tally.crashes[0]);
    assert_eq!(counts(&trace).lost, 0.0);
}

/// O2: ghosts per published event: q + (1 - q) p, with the abort q and p as in O1.
#[test]
fn o2_ghosts_of_aborts_and_crashes() {
    let settings = [
        ("strategy", "direct-broker-first"),
        ("nodes.app.crash_rate", "5/s"),
        ("direct.gap", "exp(10ms)"),
        ("source.abort", "0.05"),
    ];
    let both = counts(&finish(&bare(&settings)));
    let crash = 0.05 / (1.0 + 0.05);
    let ghosts = Share { seen: both.ghosts, of: both.distinct, scatter: 1.4 };
    ghosts.is("O2, ghosts per published event", 0.05 + 0.95 * crash);
    let aborts = counts(&finish(&bare(&[settings[0], settings[3]])));
    let ghosts = Share { seen: aborts.ghosts, of: aborts.distinct, scatter: 1.0 };
    ghosts.is("O2, ghosts per published event without a crash", 0.05);
    assert!(aborts.lost == 0.0 && both.lost == 0.0, "nothing is lost");
}

/// O4: fail-before f, append with its answer lost a, else success s. With n attempts: lost f^n, present although given
/// up (f + a)^n - f^n, copies (a + s)(1 - (1 - s)^n) / s. Without end: a / s duplicates per message.
#[test]
fn o4_ambiguous_answers() {
    let (f, a) = (0.4, 0.2);
    let s = 1.0 - f - a;
    let settings = [
        ("links.app-broker.outcomes.fail_before", "0.4"),
        ("links.app-broker.outcomes.ack_lost", "0.2"),
        ("direct.retry.timeout", "1ms"),
        ("direct.retry.backoff", "1ms"),
        ("direct.retry.attempts", "3"),
    ];
    let three = counts(&finish(&bare(&settings)));
    assert_eq!(three.committed, f64::from(OPERATIONS));
    let share = |seen| Share { seen, of: three.committed, scatter: 1.0 };
    share(three.lost).is("O4, lost with 3 attempts", f * f * f);
    let none = (f + a) * (f + a) * (f + a);
    // Who is not answered `ok` is lost or there all the same.
    share(three.refused - three.lost).is("O4, present although given up", none - f * f * f);
    // Copies are a count, not a share: their second moment by the same three attempts is below 2 per message.
    let copies = (a + s) * (1.0 - none) / s;
    let error = (2.0 / three.committed).sqrt();
    Estimate { mean: three.copies / three.committed, error }.is("O4, copies with 3 attempts", copies, 0.0);
    let settings = [settings[0], settings[1], settings[2], settings[3], ("direct.retry.attempts", "0")];
    let ever = counts(&finish(&bare(&settings)));
    assert_eq!((ever.lost, ever.refused), (0.0, 0.0), "unlimited attempts lose nothing");
    // Each success is preceded by a geometric number of lost answers: variance (a / s)(1 + a / s).
    let duplicates = (ever.copies - ever.distinct) / ever.committed;
    let error = ((a / s) * (1.0 + a / s) / ever.committed).sqrt();
    Estimate { mean: duplicates, error }.is("O4, duplicates without end", a / s, 0.0);
}
