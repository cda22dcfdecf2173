//! A run is a function of its plan: twice the same, record by record; in slices as in one go; whether recorded or not.

use crate::cases::case;
use crate::lab;
use driftscope::kernel::hash::TraceHasher;
use driftscope::run::simulation::Simulation;
use driftscope::run::trace::{KEEP, Trace};
use driftscope::scenario::Document;
use driftscope::scenario::plan::Plan;
use driftscope::scenario::presets::PRESETS;
use driftscope::strategy::StrategyId;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// Every preset under every strategy, and some random scenarios: always the same ones.
fn documents() -> Vec<(String, Document)> {
    let mut documents = Vec::new();
    for preset in PRESETS {
        for strategy in StrategyId::ALL {
            let name = format!("{} under {}", preset.id, strategy.id());
            documents.push((name, preset.document().with_strategy(*strategy)));
        }
    }
    let mut runner = TestRunner::deterministic();
    let drawn = |n| (format!("random scenario {n}"), case(60).new_tree(&mut runner).unwrap().current().document);
    documents.extend((0..60).map(drawn));
    documents
}

/// Where two traces part, in words: a hash says that they do, a record says where.
fn first_difference(one: &Trace, other: &Trace) -> Option<String> {
    let (one, other) = (&one.records, &other.records);
    let at = (0..one.len().max(other.len())).find(|&n| one.get(n) != other.get(n))?;
    Some(format!("record {at}: {:?}\nand: {:?}", one.get(at), other.get(at)))
}

/// So many slices of so many events, then the rest in one go.
fn in_slices(plan: &Plan, slices: u32, events: u64) -> Trace {
    let mut simulation = Simulation::new(plan, KEEP);
    for _ in 0..slices {
        assert!(simulation.advance(events), "the run is longer than that");
    }
    simulation.finish()
}

#[test]
fn twice_the_same_record_by_record() {
    for (name, document) in documents() {
        let plan = lab::plan(&document);
        let (one, two) = (Simulation::new(&plan, KEEP).finish(), Simulation::new(&plan, KEEP).finish());
        assert_eq!(first_difference(&one, &two), None, "{name}");
        assert_eq!(one.hash(), two.hash(), "{name}");
        assert!(!one.is_empty() && one.len() as usize == one.records.len(), "{name}");
    }
}

#[test]
fn the_same_hash_whatever_is_kept() {
    for (name, document) in documents() {
        let plan = lab::plan(&document);
        let whole = Simulation::new(&plan, KEEP).finish();
        for keep in [0, 1, 17] {
            let part = Simulation::new(&plan, keep).finish();
            assert_eq!((part.hash(), part.len()), (whole.hash(), whole.len()), "{name}, {keep} kept");
            assert_eq!(part.records[..], whole.records[..part.records.len()], "{name}, {keep} kept");
        }
    }
}

/// The hash is that of the records, in their order, and of nothing else.
#[test]
fn the_hash_is_of_the_records() {
    for (name, document) in documents() {
        let trace = Simulation::new(&lab::plan(&document), KEEP).finish();
        let mut hasher = TraceHasher::new();
        trace.records.iter().for_each(|record| record.write_to(&mut hasher));
        assert_eq!(hasher.finish(), trace.hash(), "{name}");
        let mut without = TraceHasher::new();
        trace.records[1..].iter().for_each(|record| record.write_to(&mut without));
        assert_ne!(without.finish(), trace.hash(), "{name}");
    }
}

#[test]
fn in_slices_as_in_one_go() {
    for (name, document) in documents() {
        let plan = lab::plan(&document);
        let whole = Simulation::new(&plan, KEEP).finish();
        // Each record comes of some event, and an event makes at most a handful of records.
        let slices = whole.len() / 100;
        for events in [1, 7] {
            assert_eq!(
                first_difference(&in_slices(&plan, slices, events), &whole),
                None,
                "{name} in slices of {events}"
            );
        }
    }
}

/// What a document looks like changes nothing: printed and read again it is the same run.
#[test]
fn the_text_of_a_document_changes_nothing() {
    for (name, document) in documents() {
        let again = lab::document(&document.to_json());
        let again = document.name().map_or(again.clone(), |name| again.clone().named(name));
        assert_eq!(lab::hash(&again), lab::hash(&document), "{name}");
    }
}

/// Another seed is another run, where anything is drawn.
#[test]
fn another_seed_is_another_run() {
    let document = lab::document(r#"{"workload": {"limit": 20}}"#);
    let hashes: Vec<u64> = (0..20).map(|seed| lab::hash(&document.with_seed(seed))).collect();
    let mut distinct = hashes.clone();
    driftscope::kernel::sorted::sort(&mut distinct);
    distinct.dedup();
    assert_eq!(distinct.len(), hashes.len());
}
