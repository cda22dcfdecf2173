//! Sweeps: pieces over disjoint seeds are the whole, to the very digit; a run of a sweep is the run of its document.

use super::preset;
use crate::explore::job::Job;
use crate::explore::outcome;
use crate::explore::sweep::{Question, Space, Sweep, SweepJob, merge};
use crate::explore::vary::Vary;
use crate::scenario::Document;

/// A scenario in which chance decides: losses, waits and fractions differ from seed to seed.
fn noisy() -> Document {
    let text = r#"{"strategy": "direct-db-first", "duration": "4s", "workload": {"arrivals": "poisson(20/s)", "keys": {"count": 4}},
        "nodes": {"app": {"crash_rate": "20/m", "restart": "200ms"}}, "direct": {"gap": "exp(20ms)"},
        "detectors": {"offset-lag": {"period": "1s"}}}"#;
    Document::parse(text).unwrap().named("noisy")
}

fn question(from: u64, to: u64) -> Question {
    Question { seeds: (from, to), varied: vec![Vary::parse("direct.gap=1ms,exp(20ms)").unwrap()], metrics: Vec::new() }
}

fn swept(from: u64, to: u64) -> Sweep {
    let mut job = SweepJob::new(Space::new(&noisy(), question(from, to)).unwrap());
    while job.advance(7) {}
    assert_eq!(job.progress().done, 2 * (to - from));
    job.sweep().clone()
}

fn text(sweep: &Sweep) -> String {
    serde_json::to_string_pretty(sweep).unwrap()
}

#[test]
fn pieces_are_the_whole_digit_by_digit() {
    let whole = swept(0, 60);
    // Through JSON and back, in any order.
    let pieces = [(31, 32), (0, 11), (32, 60), (11, 31)].map(|(from, to)| text(&swept(from, to)));
    let read = pieces.iter().map(|piece| serde_json::from_str(piece).unwrap()).collect();
    let merged = merge(read).unwrap();
    assert_eq!(text(&merged), text(&whole));
    let point = &whole.points[1];
    assert_eq!((whole.points.len(), point.runs, point.verdicts.values().sum::<u64>()), (2, 60, 60));
    let summaries = point.summaries();
    let lost = &summaries["ledger.lost"];
    assert!(lost.nonzero > 10 && lost.ci95.is_some_and(|[low, high]| low < high), "{lost:?}");
    assert!(summaries["divergence.first_us"].nulls > 0, "some runs never diverge");
    // Runs in which nobody crashed say nothing of crashes, and count as zero.
    assert!(summaries.values().all(|summary| summary.n + summary.nulls == 60));
    assert!(text(&whole).contains("\"direct.gap\": \"exp(20ms)\""));
}

/// The sums, from the reports themselves.
#[test]
fn a_sweep_is_its_runs() {
    let whole = swept(5, 15);
    let (mut lost, mut row_us) = (0u128, 0u128);
    for seed in 5..15 {
        let mut document = noisy().with_seed(seed);
        document.set("direct.gap", "exp(20ms)").unwrap();
        let (report, _) = outcome::run(&document.plan().unwrap(), 0);
        lost += u128::from(report.ledger.lost);
        row_us += (report.divergence.row_seconds * 1e6).round() as u128;
    }
    let summaries = whole.points[1].summaries();
    assert_eq!(summaries["ledger.lost"].sum, lost);
    assert_eq!(summaries["divergence.row_seconds"].sum, row_us);
    assert_eq!(summaries["ledger.lost"].mean, Some(lost as f64 / 10.0));
}

#[test]
fn refused_pieces() {
    let table = [
        (vec![swept(0, 2), swept(1, 3)], "merge is 0..2 and 1..3. These pieces share seeds."),
        (vec![swept(0, 2), swept(3, 4)], "merge is 0..2 and 3..4. The seeds between these pieces are missing."),
        (Vec::new(), "merge is empty. There must be a sweep to merge."),
    ];
    for (pieces, want) in table {
        assert_eq!(merge(pieces).unwrap_err()[0].to_string(), want);
    }
    let space = Space::new(&preset("outbox"), Question { seeds: (2, 3), ..Question::default() }).unwrap();
    let mut other = SweepJob::new(space);
    while other.advance(9) {}
    let refusals = merge(vec![swept(0, 2), other.sweep().clone()]).unwrap_err();
    assert!(
        refusals[0].to_string().ends_with("These are sweeps of different scenarios, options or metrics."),
        "{}",
        refusals[0]
    );
    let (mut elsewhere, mut less) = (swept(2, 3), swept(2, 3));
    elsewhere.points[1].set.insert("direct.gap".into(), "7ms".into());
    less.points[0].metrics.0.remove("ledger.lost");
    for piece in [elsewhere, less] {
        let told = merge(vec![swept(0, 2), piece]).unwrap_err()[0].to_string();
        assert!(told.ends_with("These are sweeps of different scenarios, options or metrics."), "{told}");
    }
    let mut short = swept(0, 2);
    short.points[0].runs = u64::MAX;
    let damaged = merge(vec![short, swept(2, 3)]).unwrap_err()[0].to_string();
    assert_eq!(damaged, "merge is 0..2. This piece is damaged: it does not have a run for each of its seeds.");
    let mut silent = swept(0, 2);
    silent.points[0].silent_runs = u64::MAX;
    assert_eq!(merge(vec![silent, swept(2, 3)]).unwrap_err()[0].to_string(), damaged);
    let mut thin = swept(0, 2);
    thin.points[0].metrics.0.insert("ledger.lost".into(), Default::default());
    assert_eq!(merge(vec![thin, swept(2, 3)]).unwrap_err()[0].to_string(), damaged);
    let damaged = text(&swept(0, 2)).replace("\"counts\": \"", "\"counts\": \"x");
    assert!(serde_json::from_str::<Sweep>(&damaged).unwrap_err().to_string().contains("VALUE:TIMES"));
}

#[test]
fn refused_questions() {
    let ask = |question: Question| Space::new(&noisy(), question).unwrap_err()[0].to_string();
    assert!(ask(question(3, 3)).starts_with("--seeds is 3..3. Seeds are A..B, half open"));
    let unknown = ask(Question { metrics: vec!["ledger.lots".into()], ..question(0, 1) });
    assert!(
        unknown.starts_with("--metric is \"ledger.lots\". There is no such metric")
            && unknown.ends_with("Did you mean ledger.lost?"),
        "{unknown}"
    );
    let bad = Question { varied: vec![Vary::parse("outbox.poll=0s,1s").unwrap()], ..question(0, 1) };
    assert!(ask(bad).starts_with("outbox.poll is \"0s\""));
    let named = Question { metrics: vec!["ledger.lost".into(), "fault_counts.crashes.app".into()], ..question(0, 3) };
    let mut job = SweepJob::new(Space::new(&noisy(), named).unwrap());
    while job.advance(9) {}
    assert!(
        job.sweep().points[0].metrics.0.keys().all(|path| path == "ledger.lost" || path == "fault_counts.crashes.app")
    );
}
