//! Common random numbers: under one seed two strategies meet the same arrivals, keys, operations and crashes, and the
//! same latencies on the links that they share; so what differs between their runs is the strategy.

use crate::lab;
use driftscope::run::recording::Recording;
use driftscope::scenario::Document;
use driftscope::scenario::presets::PRESETS;
use driftscope::strategy::StrategyId;
use driftscope::world::ids::Op;
use driftscope::world::record::{Kind, Parcel};
use std::collections::BTreeMap;

/// When, which request, which key, what: the first attempts.
type Arrival = (u64, u64, String, u8);

fn arrivals(recording: &Recording) -> Vec<Arrival> {
    let records = recording.trace().records.iter();
    let first = records.filter(|record| matches!(record.kind, Kind::Requested | Kind::Refused) && record.extra == 1);
    first.map(|r| (r.at.0, r.value, recording.plan().key_name(r.key), r.detail)).collect()
}

/// The crashes of the nodes that every strategy has.
fn crashes(recording: &Recording, node: &str) -> Vec<u64> {
    let crashed = lab::of_kind(&recording.trace().records, Kind::Crashed);
    crashed.filter(|record| recording.plan().node_name(record.node) == node).map(|record| record.at.0).collect()
}

/// How long the first write and the first commit of each request were on their way to the database, there.
fn latencies(recording: &Recording) -> BTreeMap<(u64, u8), u64> {
    let records = &recording.trace().records;
    let mut request_of: BTreeMap<Op, u64> = BTreeMap::new();
    let mut latencies = BTreeMap::new();
    for record in records {
        if record.kind == Kind::Requested {
            request_of.insert(record.op, record.value);
        }
        let asks = [Parcel::Write, Parcel::Commit].iter().any(|parcel| record.detail == *parcel as u8);
        if record.kind == Kind::Sent && asks && record.node == recording.plan().roles.app {
            let request = request_of[&record.op];
            latencies.entry((request, record.detail)).or_insert(record.value.wrapping_sub(record.at.0));
        }
    }
    latencies
}

fn under(document: &Document, strategy: StrategyId) -> Recording {
    lab::run(&document.with_strategy(strategy))
}

fn busy() -> Document {
    lab::document(
        r#"{"seed": 11, "duration": "20s", "workload": {"arrivals": "poisson(20/s)", "keys": {"dist": "zipf(0.99)"}},
            "nodes": {"app": {"crash_rate": "20/m", "restart": "300ms"}, "source": {"crash_rate": "6/m", "restart": "200ms"},
                      "search-index": {"crash_rate": "6/m", "restart": "200ms"}, "broker": {"crash_rate": "6/m", "restart": "200ms"}},
            "links": {"app-source": {"latency": "exp(3ms)"}},
            "source": {"abort": 0.1, "tx_time": "exp(5ms)", "max_prepared_transactions": 100}, "broker": {"xa": true}}"#,
    )
}

#[test]
fn the_same_arrivals_and_crashes_under_every_strategy() {
    let document = busy();
    let [first, others @ ..] = StrategyId::ALL else { panic!("there are strategies") };
    let one = under(&document, *first);
    assert!(arrivals(&one).len() > 300, "{} arrivals", arrivals(&one).len());
    for strategy in others {
        let other = under(&document, *strategy);
        assert_eq!(arrivals(&one), arrivals(&other), "{} and {}", first.id(), strategy.id());
        for node in ["app", "source", "broker", "search-index"] {
            assert!(!crashes(&one, node).is_empty(), "{node} crashes");
            assert_eq!(crashes(&one, node), crashes(&other, node), "{node} under {} and {}", first.id(), strategy.id());
        }
        assert_ne!(one.trace().hash(), other.trace().hash(), "the strategies do differ");
    }
}

#[test]
fn the_same_latencies_on_a_shared_link() {
    let document = busy();
    let one = latencies(&under(&document, StrategyId::DirectDbFirst));
    for strategy in [StrategyId::DirectBrokerFirst, StrategyId::Outbox] {
        let other = latencies(&under(&document, strategy));
        let shared: Vec<_> = one.iter().filter_map(|(call, span)| Some((call, *span, *other.get(call)?))).collect();
        assert!(shared.len() > 300, "{} calls", shared.len());
        let spans: std::collections::BTreeSet<u64> = shared.iter().map(|(_, span, _)| *span).collect();
        assert!(spans.len() > 100, "they are drawn");
        for (call, one, other) in shared {
            assert_eq!(one, other, "{call:?} under {}", strategy.id());
        }
    }
}

/// The crashes at a time of the nodes that every strategy has.
fn timed(recording: &Recording) -> Vec<(u64, String)> {
    let crashed = lab::of_kind(&recording.trace().records, Kind::Crashed).filter(|record| record.detail == 0);
    let all = crashed.map(|record| (record.at.0, recording.plan().node_name(record.node).to_owned()));
    all.filter(|(_, node)| ["app", "source", "search-index-consumer", "search-index"].contains(&node.as_str()))
        .collect()
}

/// The same for every preset, whose arrivals are written.
#[test]
fn the_same_arrivals_in_every_preset() {
    let mut crashes = 0;
    for preset in PRESETS {
        let first = under(&preset.document(), StrategyId::ALL[0]);
        let (one, fell) = (arrivals(&first), timed(&first));
        crashes += fell.len();
        for strategy in StrategyId::ALL {
            let (other, place) = (under(&preset.document(), *strategy), format!("{} {}", preset.id, strategy.id()));
            assert_eq!(arrivals(&other), one, "{place}");
            assert_eq!(timed(&other), fell, "{place}");
        }
    }
    assert!(crashes > 5, "{crashes} crashes at a time");
}

/// One more retry, another store or another rate of failure moves no other draw.
#[test]
fn one_option_moves_no_other_draw() {
    let document = busy();
    let one = lab::run(&document);
    let changes: [&[(&str, &str)]; 6] = [
        &[("direct.retry.attempts", "3"), ("links.app-broker.outcomes.fail_before", "0.3")],
        &[("workload.client.retries", "2")],
        &[("stores.cache", "{}"), ("stores.search-index", "{}")],
        &[("source.abort", "0.5")],
        &[("direct.gap", "exp(9ms)")],
        &[("nodes.broker.crash_rate", "2/s")],
    ];
    for change in changes {
        let other = lab::run(&lab::with(&document, change));
        assert_eq!(arrivals(&one), arrivals(&other), "{change:?}");
        assert_eq!(crashes(&one, "app"), crashes(&other, "app"), "{change:?}");
        assert_ne!(one.trace().hash(), other.trace().hash(), "{change:?} changes something");
    }
}

/// A longer run begins as the shorter one.
#[test]
fn a_longer_run_begins_as_the_shorter_one() {
    let (short, long) = (lab::run(&busy()), lab::run(&lab::with(&busy(), &[("duration", "40s")])));
    let drain = short.trace().records.iter().position(|record| record.kind == Kind::DrainBegan).unwrap();
    assert_eq!(short.trace().records[..drain], long.trace().records[..drain]);
}
