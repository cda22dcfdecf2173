//! What leaves the house says what the run was: every format, for every preset under every strategy.

use driftscope::export::{comparison, csv, json, mermaid, text, trace};
use driftscope::run::recording::Recording;
use driftscope::run::report::{Report, StoreReport};
use driftscope::scenario::presets::PRESETS;
use driftscope::strategy::StrategyId;
use serde_json::Value;
use std::collections::BTreeSet;

fn runs() -> impl Iterator<Item = Recording> {
    PRESETS.iter().flat_map(|preset| {
        let plan = |strategy: &StrategyId| preset.document().with_strategy(*strategy).plan().unwrap();
        StrategyId::ALL.iter().map(move |strategy| Recording::run(plan(strategy)))
    })
}

fn name(run: &Recording) -> String {
    format!("{} under {}", run.report().scenario, run.report().strategy)
}

/// A line a record; each knows an earlier cause; times never fall.
#[test]
fn traces() {
    for run in runs() {
        let lines: Vec<Value> = trace::lines(&run).map(|line| serde_json::from_str(&line).unwrap()).collect();
        assert_eq!(lines.len() as u64, run.report().events, "{}", name(&run));
        let mut last = 0;
        for (index, line) in lines.iter().enumerate() {
            let members: Vec<&String> = line.as_object().unwrap().keys().take(8).collect();
            assert_eq!(members, ["record", "t_us", "node", "kind", "op", "key", "version", "cause"]);
            assert_eq!(line["record"], index);
            assert!(line["cause"].as_u64().is_none_or(|cause| cause < index as u64), "{}: {line}", name(&run));
            let at = line["t_us"].as_u64().unwrap();
            assert!(at >= last, "{}: {line}", name(&run));
            last = at;
        }
        for witness in run.report().stores.iter().flat_map(|store| &store.witnesses) {
            assert!((witness.record as usize) < lines.len(), "{}: {witness:?}", name(&run));
        }
    }
}

/// The series adds up to the report's row-seconds, to the microsecond.
#[test]
fn series() {
    for run in runs() {
        let series = csv::divergence(&run);
        let mut lines = series.lines();
        assert_eq!(lines.next(), Some("t_us,differs,in_flight"));
        let point = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect::<Vec<u64>>();
        let points: Vec<Vec<u64>> = lines.map(point).collect();
        assert!(points[0][0] == 0 && points.is_sorted_by(|a, b| a[0] < b[0]), "{}", name(&run));
        let duration = run.plan().duration.0;
        let mut sums = [0, 0];
        for pair in points.windows(2) {
            let span = pair[1][0].min(duration) - pair[0][0].min(duration);
            sums[0] += pair[0][1] * span;
            sums[1] += pair[0][2] * span;
        }
        // The last state holds from the end of the run to the end of the load, if the run ends before it.
        let end = points.last().unwrap();
        let rest = duration.saturating_sub(end[0]);
        sums = [sums[0] + end[1] * rest, sums[1] + end[2] * rest];
        let report = run.report().divergence;
        let want = [report.row_seconds, report.in_flight_row_seconds].map(|seconds| (seconds * 1e6).round() as u64);
        assert_eq!(sums, want, "{}", name(&run));
    }
}

/// At most so many lines, between participants that are declared; the last one says why.
#[test]
fn diagrams() {
    for run in runs() {
        let diagram = mermaid::sequence(&run);
        let mut lines = diagram.lines();
        assert_eq!(lines.next(), Some("sequenceDiagram"));
        let mut known = BTreeSet::new();
        let mut drawn = 0;
        for line in lines.map(str::trim).filter(|line| !line.starts_with("%%")) {
            if let Some(declared) = line.strip_prefix("participant ").or(line.strip_prefix("actor ")) {
                known.insert(declared.split(' ').next().unwrap().to_owned());
                continue;
            }
            drawn += 1;
            let (who, words) = line.split_once(": ").unwrap_or_else(|| panic!("{}: {line}", name(&run)));
            let ends: Vec<&str> = match who.strip_prefix("Note over ") {
                Some(over) => over.split(',').collect(),
                None => ["-->>", "->>", "--x", "-x"]
                    .iter()
                    .find_map(|arrow| who.split_once(arrow))
                    .map(|(a, b)| vec![a, b])
                    .unwrap(),
            };
            assert!(ends.iter().all(|end| known.contains(*end)), "{}: {line}", name(&run));
            assert!(!words.is_empty() && !words.contains('<'), "{}: {line}", name(&run));
        }
        assert!(drawn > 1 && drawn <= mermaid::MOST + 1, "{}: {drawn}", name(&run));
        let row = |store: &&StoreReport| store.missing + store.stale + store.ghost > 0;
        if let Some(store) = run.report().stores.iter().find(row) {
            let why = store.witnesses[0].cause.split(';').next().unwrap();
            assert!(diagram.lines().last().unwrap().contains(why), "{}: {diagram}", name(&run));
        }
    }
}

/// The text names the verdict, every store and every witness; the JSON is the report.
#[test]
fn reports() {
    for run in runs() {
        let report = run.report();
        let text = text::report(&run);
        let one_line: Vec<&str> = text.split_whitespace().collect();
        let one_line = one_line.join(" ");
        assert!(text.contains(report.verdict.id()) && text.contains(&report.trace_hash), "{text}");
        for store in &report.stores {
            assert!(text.contains(&store.id), "{text}");
            for witness in &store.witnesses {
                assert!(one_line.contains(&witness.cause), "{}: {}\n{text}", name(&run), witness.cause);
            }
        }
        assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
        let read: Report = serde_json::from_str(&json::pretty(report)).unwrap();
        // A mean may lose its last bit when it is read back: what counts is compared.
        let (stores, ledger, faults) = (&read.stores, &read.ledger, &read.faults);
        assert_eq!((stores, ledger, faults), (&report.stores, &report.ledger, &report.faults), "{}", name(&run));
        assert_eq!((read.verdict, read.trace_hash.as_str()), (report.verdict, report.trace_hash.as_str()));
    }
}

/// A run beside itself differs nowhere.
#[test]
fn a_run_beside_itself() {
    let twice = [PRESETS[0], PRESETS[0]].map(|preset| Recording::run(preset.document().plan().unwrap()));
    let text = comparison::text(&twice);
    assert!(text.ends_with("direct-db-first: every record is that of direct-db-first\n"), "{text}");
}
