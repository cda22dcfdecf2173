//! Brute force over everything that small workloads offer to fail finds nothing smaller than what the shrinker leaves.

use super::preset;
use super::shrink::{explained, shrunk, subsequences};
use crate::explore::crash_search::{Bounds, CrashSearch};
use crate::explore::edit::{at_of, operations, with_operations};
use crate::explore::job::Job;
use crate::explore::outcome;
use crate::explore::small::{Small, small};
use crate::explore::trial::{self, Trial};
use crate::kernel::time::Us;
use crate::scenario::Document;
use crate::scenario::plan::Plan;
use crate::strategy::StrategyId;
use crate::truth::anomaly::Anomaly;
use serde_json::Value;
use std::collections::BTreeMap;

/// A scenario and a strategy: together they show every anomaly.
fn questions() -> Vec<(Document, StrategyId)> {
    let mut blind = preset("missing-search-index");
    blind.set("stores.search-index.apply", "blind").unwrap();
    let mut service = preset("missing-search-index");
    service.set("stores.search-index.kind", "service").unwrap();
    service.set("stores.search-index.apply", "increment").unwrap();
    vec![
        (blind.clone(), StrategyId::DirectDbFirst),
        (blind.clone(), StrategyId::DirectBrokerFirst),
        (blind.clone(), StrategyId::Outbox),
        (blind, StrategyId::TwoPhaseCommit),
        (preset("early-read"), StrategyId::PublishInTransaction),
        (service, StrategyId::Outbox),
    ]
}

/// By anomaly: the least faults and operations, and the last scenario that shows it.
#[derive(Default)]
struct Least(BTreeMap<Anomaly, ((usize, usize), Document)>);

impl Least {
    /// Runs a scenario of so many operations with faults; takes what it shows of what is asked for.
    fn take(
        &mut self,
        (base, plan, count): &(Document, Plan, usize),
        faults: &[&Trial],
        asked: impl Fn(Anomaly) -> bool,
    ) {
        let report = outcome::run(&outcome::with_faults(plan, faults), 0).0;
        for anomaly in outcome::anomalies(&report).into_iter().filter(|anomaly| asked(*anomaly)) {
            let mut document = base.clone();
            faults.iter().for_each(|trial| document.add_fault(&trial.fault.text).unwrap());
            let size = (faults.len(), *count);
            let least = self.0.get(&anomaly).map_or(size, |(least, _)| size.min(*least));
            self.0.insert(anomaly, (least, document));
        }
    }

    /// Shrinks the last of each: there must be none smaller.
    fn hold_against_the_shrinker(&self, strategy: StrategyId) {
        for (anomaly, (least, document)) in &self.0 {
            let shrink = shrunk(document, *anomaly);
            let found = shrink.shrunk();
            let size = (found.after.faults as usize, found.after.operations as usize);
            let what = format!("{}, {}\n{}", strategy.id(), anomaly.id(), shrink.document().to_json());
            assert!(size <= *least, "{what}: {size:?}, but there is {least:?}");
            explained(&found, &what);
            assert_eq!(
                shrunk(shrink.document(), *anomaly).document().root(),
                shrink.document().root(),
                "{what}: again"
            );
        }
    }
}

/// The small scenario with every subsequence of at most three of its operations.
fn scenarios(small: &Small) -> Vec<(Document, Plan, usize)> {
    let with = |kept: Vec<_>| {
        let (count, mut document) = (kept.len(), small.document.clone());
        document.set_value("workload.arrivals", kept.into()).unwrap();
        let plan = document.plan().unwrap();
        (document, plan, count)
    };
    subsequences(&operations(&small.document), 3).map(with).collect()
}

/// Everything that a run offers to fail.
fn trials(small: &Small, plan: &Plan) -> Vec<Trial> {
    let trace = outcome::run(plan, usize::MAX).1;
    let records = trial::before_drain(&trace.records);
    let mut trials = trial::crashes(plan, records, Some(small.restart));
    trials.extend(trial::messages(plan, records, small.delay));
    trials
}

/// What at most one fault of any kind does.
fn by_one_fault(small: &Small) -> Least {
    let mut least = Least::default();
    for scenario in scenarios(small) {
        least.take(&scenario, &[], |_| true);
        for trial in trials(small, &scenario.1) {
            least.take(&scenario, &[&trial], |_| true);
        }
    }
    least
}

/// None that shows the anomaly has fewer faults, or as many and fewer operations, than the shrunk one. Here two crashes do
/// nothing that one fault does not, which is smaller.
#[test]
fn nothing_is_smaller() {
    let mut met: Vec<Anomaly> = Vec::new();
    for (document, strategy) in questions() {
        let least = by_one_fault(&small(&document, strategy).unwrap());
        let mut search = CrashSearch::new(&document, &[strategy], Bounds::TWO).unwrap();
        while search.advance(64) {}
        for cell in search.matrix().cells {
            let more = cell.anomalies.iter().find(|id| !least.0.keys().any(|anomaly| anomaly.id() == **id));
            assert!(more.is_none(), "no single fault does {more:?}, as two crashes do: {}", cell.scenario);
        }
        least.hold_against_the_shrinker(strategy);
        met.extend(least.0.keys());
    }
    let unmet: Vec<&str> = Anomaly::ALL.iter().filter(|one| !met.contains(one)).map(|anomaly| anomaly.id()).collect();
    assert!(unmet.is_empty(), "{unmet:?} was not met");
}

/// Neither does any two of its operations at other times, with its own fault or none: what is left of these presets
/// depends on when operations come.
#[test]
fn no_two_operations_do_it_at_any_time() {
    let presets = [
        ("outbox-skip-locked", Anomaly::Reordered),
        ("two-writers-reordered", Anomaly::Reordered),
        ("stale-set-race", Anomaly::Stale),
        ("retention-expired", Anomaly::Lost),
    ];
    for (id, anomaly) in presets {
        let found = shrunk(&preset(id), anomaly);
        let document = found.document();
        let all = operations(document);
        let fewer = subsequences(&all, 2).filter(|kept| kept.len() < all.len());
        let smaller: Vec<_> = fewer.filter(|kept| at_any_time(document, kept, anomaly)).collect();
        assert!(smaller.is_empty(), "{id}: {} are left, and there is {smaller:?}", all.len());
    }
}

/// Whether so few operations show an anomaly if the first comes when the document's first does, and the other at some time
/// in the two seconds after it.
fn at_any_time(document: &Document, kept: &[Value], anomaly: Anomaly) -> bool {
    let times = [1, 2, 3, 5, 8, 13, 20, 50, 150, 250, 400, 700, 1_000].map(Us::millis);
    let first = at_of(&operations(document)[0]);
    times.iter().flat_map(|one| times.iter().map(move |two| one.after(*two))).any(|second| {
        let mut moved = kept.to_vec();
        for (operation, at) in moved.iter_mut().zip([first, first.after(second)]) {
            operation["at"] = at.to_string().into();
        }
        let smaller = with_operations(document, moved);
        smaller.plan().is_ok_and(|plan| outcome::count(&outcome::run(&plan, 0).0, anomaly) > 0)
    })
}

/// How many anomalies any two faults show, of a run with at most three operations, that no single fault does; the shrinker
/// leaves nothing larger of them.
fn of_two_faults(questions: impl IntoIterator<Item = (Document, StrategyId)>) -> usize {
    let mut met = 0;
    for (document, strategy) in questions {
        let small = small(&document, strategy).unwrap();
        let (single, mut least) = (by_one_fault(&small), Least::default());
        for scenario in scenarios(&small) {
            let trials = trials(&small, &scenario.1);
            for (nth, one) in trials.iter().enumerate() {
                for two in &trials[nth + 1..] {
                    least.take(&scenario, &[one, two], |anomaly| !single.0.contains_key(&anomaly));
                }
            }
        }
        least.hold_against_the_shrinker(strategy);
        met += least.0.len();
    }
    met
}

/// A delay lets a delete come before an insert, and the delete's late copy comes after it: the blind index misses a row.
#[test]
fn nothing_is_smaller_of_what_takes_two_faults() {
    let blind = questions().into_iter().filter(|(_, strategy)| *strategy == StrategyId::TwoPhaseCommit);
    assert_eq!(of_two_faults(blind), 1, "two faults do more than one");
}

#[test]
#[ignore = "all pairs of all questions take over a minute: make soak runs it"]
fn nothing_is_smaller_of_what_takes_two_faults_in_any_question() {
    assert_eq!(of_two_faults(questions()), 2);
}
