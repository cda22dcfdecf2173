//! What holds on every run, over random scenarios: the laws of the report, a second count, and time travel.
//!
//! 1,000 scenarios as a rule, 20,000 with `DRIFTSCOPE_SOAK`.

use crate::books::{self, Books};
use crate::cases::{Case, case};
use crate::drains::drains;
use crate::lab;
use driftscope::kernel::time::Us;
use driftscope::run::recording::Recording;
use driftscope::run::report::{LedgerReport, Report, Verdict};
use driftscope::run::simulation::Simulation;
use driftscope::run::trace::KEEP;
use driftscope::run::view::{RowView, View};
use driftscope::scenario::Document;
use driftscope::scenario::plan::Plan;
use driftscope::truth::anomaly::RowState;
use driftscope::truth::checks::{Checks, Law};
use driftscope::truth::ledger::Ledger;
use driftscope::world::ids::{EventId, Key, Op, RecordId};
use driftscope::world::record::{Kind, Record};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::collections::{BTreeMap, BTreeSet};

fn check(usual: u32, soak: u32, operations: u64, property: impl Fn(&Case) -> Result<(), String>) {
    let cases = if lab::soak() { soak } else { usual };
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
    let outcome = runner(config).run(&case(operations), |case| property(&case).map_err(TestCaseError::fail));
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn every_law_holds() {
    check(1_000, 20_000, 30, |case| {
        let plan = lab::plan(&case.document);
        ends(&plan)?;
        let unkept = Simulation::new(&plan, 0).finish().hash();
        let recording = Recording::run(plan);
        let (plan, report, records) = (recording.plan(), recording.report(), &recording.trace().records);
        require(unkept == recording.trace().hash(), || "the hash depends on recording".to_owned())?;
        laws(report)?;
        drains(plan, records)?;
        sums(plan, report)?;
        books(&recording)?;
        books::order(records)?;
        books::the_dead_do_nothing(plan, records)?;
        books::messages(records)?;
        books::source(plan, records)?;
        books::pipeline(plan, records)?;
        rows_at_the_end(&recording)?;
        rows_as_judged(&recording)
    });
}

/// Longer runs, so that there is more than one checkpoint: at any instant all of them give the same view.
#[test]
fn any_checkpoint_gives_the_same_view() {
    let several = std::cell::Cell::new(0);
    check(24, 300, 700, |case| {
        let recording = Recording::run(lab::plan(&case.document));
        let (lens, records, checkpoints) = (recording.lens(), &recording.trace().records, recording.checkpoints());
        several.set(several.get() + u32::from(checkpoints.len() > 1));
        for at in [case.at, case.other] {
            let n = at.index(records.len() + 1);
            let mut fresh = View::new(lens);
            records[..n].iter().for_each(|record| fresh.apply(lens, record));
            require(checkpoints.view(lens, records, n) == fresh, || format!("view after {n} records"))?;
            for from in 0..checkpoints.len() {
                let view = checkpoints.view_from(lens, records, n, from);
                require(view == fresh, || format!("view after {n} records, from checkpoint {from}"))?;
            }
            let at = Us(at.index(recording.trace().ended.0 as usize + 1) as u64);
            require(recording.frame(at) == recording.frame(at), || format!("frame at {at}"))?;
            back_and_forth(&recording, at, Us(case.other.index(recording.trace().ended.0 as usize + 1) as u64))?;
        }
        Ok(())
    });
    assert!(several.get() >= 3, "only {} runs had more than one checkpoint", several.get());
}

/// A look elsewhere changes nothing: the frame at an instant is a function of the instant.
fn back_and_forth(recording: &Recording, at: Us, other: Us) -> Result<(), String> {
    let before = recording.frame(at);
    let _ = (recording.frame(other), recording.headline(other), recording.spoken(other));
    let view = recording.view(at);
    let until = recording.records_until(at);
    require(view.records as usize == until, || format!("the view at {at} has {} of {until} records", view.records))?;
    require(recording.frame(at) == before, || format!("frame at {at} after a look at {other}"))
}

/// The usual suite draws the same cases every time, so that a red run is red again; the long form draws new ones.
pub fn runner(config: Config) -> TestRunner {
    if std::env::var_os("DRIFTSCOPE_SOAK").is_some() {
        return TestRunner::new(config);
    }
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// CONTRACT 3: what a row that differs is, no longer in flight: absent, above the source, or anything else.
fn difference(recording: &Recording, shown: RowView, source: RowView) -> RowState {
    let fate = shown.event.map(|event| recording.trace().ledger.event(event)).filter(|fate| fate.is_committed());
    let version = fate.map_or(shown.version, |fate| fate.version);
    match (source.present, shown.present) {
        (true, false) => RowState::Missing,
        (true, true) if version <= source.version => RowState::Stale,
        (true | false, _) => RowState::Ghost,
    }
}

pub fn require(holds: bool, what: impl Fn() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// The run ends, within as many events as its size allows.
fn ends(plan: &Plan) -> Result<(), String> {
    let mut simulation = Simulation::new(plan, 0);
    require(!simulation.advance(300_000), || "the run has not ended after 300,000 events".to_owned())
}

fn laws(report: &Report) -> Result<(), String> {
    require(report.invariants.len() >= 5, || "there are laws".to_owned())?;
    let broken = report.invariants.iter().find(|law| !law.holds);
    broken.map_or(Ok(()), |law| Err(format!("{} is broken at {:?}", law.id, law.witness)))
}

/// The report agrees with itself.
fn sums(plan: &Plan, report: &Report) -> Result<(), String> {
    for store in &report.stores {
        conserved(&store.ledger).map_err(|what| format!("{}: {what}", store.id))?;
        require(store.in_flight == store.ledger.in_flight, || format!("{}: in flight", store.id))?;
    }
    conserved(&report.ledger)?;
    let sum = |of: fn(&LedgerReport) -> u64| report.stores.iter().map(|store| of(&store.ledger)).sum::<u64>();
    let parts: [(&str, fn(&LedgerReport) -> u64); 9] = [
        ("committed", |ledger| ledger.committed),
        ("delivered", |ledger| ledger.delivered),
        ("delivered_distinct", |ledger| ledger.delivered_distinct),
        ("lost", |ledger| ledger.lost),
        ("superseded", |ledger| ledger.superseded),
        ("ghost", |ledger| ledger.ghost),
        ("duplicates", |ledger| ledger.duplicates),
        ("reordered", |ledger| ledger.reordered),
        ("in_flight", |ledger| ledger.in_flight),
    ];
    for (name, of) in parts.iter().filter(|_| !report.stores.is_empty()) {
        require(of(&report.ledger) == sum(*of), || format!("ledger.{name} is not the sum over the stores"))?;
    }
    let first = report.stores.iter().filter_map(|store| store.ledger.first_lost_us).min();
    require(report.stores.is_empty() || report.ledger.first_lost_us == first, || "first_lost_us".to_owned())?;
    let client = &report.client;
    require(client.requests == client.ok + client.failed + client.unknown, || "requests of clients".to_owned())?;
    require(client.requests <= plan.workload.limit, || "more requests than the limit".to_owned())?;
    let bad: u64 = report.stores.iter().map(|s| s.missing + s.stale + s.ghost + s.duplicate_effects).sum();
    let bad = if report.stores.is_empty() { report.ledger.lost + report.ledger.ghost } else { bad };
    let diverged = report.verdict == Verdict::Diverged;
    require(diverged == (bad > 0), || format!("{bad} rows or events differ, and the verdict is {:?}", report.verdict))?;
    require(diverged || !report.silent, || "silent without divergence".to_owned())?;
    let true_alarms: u64 = report.detectors.iter().map(|detector| detector.alarms - detector.false_alarms).sum();
    require(report.silent == (diverged && true_alarms == 0), || format!("silent with {true_alarms} true alarms"))?;
    require(report.divergence.first_us.is_some() || report.divergence.peak == 0, || "a peak of nothing".to_owned())
}

fn conserved(ledger: &LedgerReport) -> Result<(), String> {
    let of_committed = ledger.delivered_distinct - ledger.ghost;
    let holds = ledger.committed == of_committed + ledger.in_flight + ledger.lost;
    require(holds, || format!("committed = delivered + in flight + lost: {ledger:?}"))?;
    require(ledger.delivered == ledger.delivered_distinct + ledger.duplicates, || format!("duplicates: {ledger:?}"))?;
    require(ledger.superseded <= ledger.lost, || format!("superseded: {ledger:?}"))?;
    require((ledger.lost > 0) == ledger.first_lost_us.is_some(), || format!("first_lost_us: {ledger:?}"))?;
    require((ledger.reordered > 0) == (ledger.inverted_pairs > 0), || format!("inverted pairs: {ledger:?}"))
}

/// The report agrees with a second count.
fn books(recording: &Recording) -> Result<(), String> {
    let report = recording.report();
    let books = Books::new(recording.plan(), &recording.trace().records);
    require(report.events == recording.trace().records.len() as u64, || "events".to_owned())?;
    let ledgers: Vec<&LedgerReport> = match report.stores.is_empty() {
        true => vec![&report.ledger],
        false => report.stores.iter().map(|store| &store.ledger).collect(),
    };
    for (store, ledger) in ledgers.into_iter().enumerate() {
        let has = [ledger.delivered, ledger.delivered_distinct, ledger.ghost, ledger.in_flight, ledger.lost];
        let want = books.counts(store);
        let what = "delivered, distinct, ghosts, in flight, lost";
        require(has == want, || format!("store {store}: {what}: the report says {has:?}, the records {want:?}"))?;
        require(ledger.committed == books.committed.len() as u64, || "committed".to_owned())?;
    }
    Ok(())
}

/// After the last record the view shows the rows that the ledger has.
fn rows_at_the_end(recording: &Recording) -> Result<(), String> {
    let view = recording.view(recording.trace().ended);
    let ledger = &recording.trace().ledger;
    let stores = ledger.stores.iter().zip(&view.stores).map(|(store, seen)| (&store.rows, seen));
    for (changes, seen) in stores.chain([(&ledger.source, &view.source)]) {
        for (key, (changes, row)) in changes.iter().zip(seen).enumerate() {
            let last = changes.last().filter(|last| last.present);
            let want = last.map(|last| (last.event, last.version));
            let has = row.present.then_some((row.event.unwrap_or_default(), row.version));
            require(want == has, || format!("key {key}: the ledger has {want:?}, the view {has:?}"))?;
        }
    }
    Ok(())
}

/// A store whose events add up: the set of versions that it took against the source's, and what it did twice.
fn effects_as_judged(recording: &Recording, at: usize) -> Result<(), String> {
    let (plan, records) = (recording.plan(), &recording.trace().records);
    let (store, node) = (&recording.report().stores[at], plan.roles.stores[at]);
    let mut requests: BTreeMap<Op, u64> = BTreeMap::new();
    let mut source: Vec<BTreeSet<EventId>> = vec![BTreeSet::new(); plan.keys()];
    let mut taken: Vec<Vec<(EventId, u64)>> = vec![Vec::new(); plan.keys()];
    let mut cancels: BTreeMap<EventId, EventId> = BTreeMap::new();
    // By event: the request behind it. A repair names the event only.
    let mut wishes: BTreeMap<EventId, u64> = BTreeMap::new();
    for record in records {
        let key = record.key.index();
        if let Some(request) = requests.get(&record.op) {
            wishes.entry(record.event).or_insert(*request);
        }
        match (record.kind, cancels.get(&record.event).copied()) {
            (Kind::Requested, _) => drop(requests.insert(record.op, record.value)),
            (Kind::Compensates, _) => drop(cancels.insert(record.event, EventId(record.extra))),
            // What takes an event back adds nothing, and leaves nothing of it.
            (Kind::Committed, Some(back)) => drop(source[key].remove(&back)),
            (Kind::Applied, Some(back)) if record.node == node => taken[key].retain(|(event, _)| *event != back),
            (Kind::Committed, None) => drop(source[key].insert(record.event)),
            (Kind::Retracted, _) => drop(source[key].remove(&record.event)),
            (Kind::Applied, None) if record.node == node => {
                let own = u64::MAX - u64::from(record.event.0);
                taken[key].push((record.event, wishes.get(&record.event).copied().unwrap_or(own)));
            }
            (Kind::Emptied, _) if record.node == node => taken.iter_mut().for_each(Vec::clear),
            _ => {} // Other records neither commit nor take.
        }
    }
    let mut twice = 0;
    for key in 0..plan.keys() {
        let took: BTreeSet<EventId> = taken[key].iter().map(|(event, _)| *event).collect();
        let wanted: BTreeSet<u64> = taken[key].iter().map(|(_, request)| *request).collect();
        let again = taken[key].len() - wanted.len();
        twice += again as u64;
        let (lacks, invented) = (!source[key].is_subset(&took), !took.is_subset(&source[key]));
        let want = match (lacks, invented) {
            (true, _) if took.is_empty() => RowState::Missing,
            (_, true) => RowState::Ghost,
            (true, false) => RowState::Stale,
            (false, false) if again > 0 => RowState::DuplicateEffect,
            (false, false) if took.is_empty() => RowState::NoRow,
            (false, false) => RowState::Same,
        };
        let has = recording.judgement().state(at, Key(key as u32), recording.trace().ended);
        require(has == want, || format!("{}: key {key} is {has:?}, not {want:?}", store.id))?;
    }
    require(store.duplicate_effects == twice, || {
        format!("{}: {} effects twice, not {twice}", store.id, store.duplicate_effects)
    })
}

/// The report's rows are those of the judgement at the end, and no row that equals the source's counts as an anomaly.
fn rows_as_judged(recording: &Recording) -> Result<(), String> {
    let (report, ended) = (recording.report(), recording.trace().ended);
    let view = recording.view(ended);
    for (at, store) in report.stores.iter().enumerate() {
        if recording.plan().stores[at].has_effects() {
            effects_as_judged(recording, at)?;
            continue;
        }
        let mut counts = [0; RowState::ALL.len()];
        for key in 0..recording.plan().keys() {
            let state = recording.judgement().state(at, Key(key as u32), ended);
            counts[state as usize] += 1;
            let (shown, source) = (view.stores[at][key], view.source[key]);
            let same = shown.present == source.present && (!shown.present || shown.event == source.event);
            let miss = recording.plan().stores[at].kind.id() == "cache" && !shown.present;
            require(!same || !state.differs(), || format!("{}: key {key} is the same and {state:?}", store.id))?;
            require(same || miss || state.differs(), || format!("{}: key {key} differs and is {state:?}", store.id))?;
            let want = difference(recording, shown, source);
            require(!state.differs() || state == want, || {
                format!("{}: key {key} is {state:?}, not {want:?}", store.id)
            })?;
        }
        let want = [RowState::Missing, RowState::Stale, RowState::Ghost].map(|state| counts[state as usize]);
        let has = [store.missing, store.stale, store.ghost];
        require(has == want, || format!("{}: missing, stale, ghost: {has:?} is not {want:?}", store.id))?;
    }
    let kept = recording.trace().records.len() <= KEEP;
    require(kept, || "a recording is cut at its limit".to_owned())
}

/// How Little's law stands, and how many deliveries there were, if the count of what is owed sees other records than the
/// ledger: `alter` may change the n-th delivery, or leave it out.
fn little_holds(alter: impl Fn(usize, &mut Record) -> bool) -> (bool, usize) {
    let document = Document::parse(r#"{"strategy": "outbox", "faults": ["crash:app@8s+2s"]}"#).expect("a scenario");
    let plan = document.plan().expect("a plan");
    let trace = Simulation::new(&plan, usize::MAX).finish();
    let mut ledger = Ledger::new(plan.keys(), &plan.roles.stores, plan.roles.broker);
    let mut checks = Checks::new(plan.broker.partitions, plan.keys(), &[]).with_pending(&ledger);
    let mut stops = 0;
    for (id, record) in (0..).map(RecordId).zip(&trace.records) {
        let mut told = *record;
        ledger.apply(record, id);
        let is_stop = record.kind == Kind::Applied && record.event != EventId::NONE;
        stops += usize::from(is_stop);
        if !is_stop || alter(stops, &mut told) {
            checks.apply(&told, id);
        }
    }
    checks.close(&ledger, trace.ended);
    (checks.broken(Law::Little).is_none(), stops)
}

/// Little's law holds of a run as it was, and breaks by one delivery that is left out, or comes a microsecond late.
#[test]
fn littles_law_can_break() {
    let (law, stops) = little_holds(|_, _| true);
    assert!(law && stops > 20, "{stops} stops");
    assert!(!little_holds(|stop, _| stop != 5).0, "a stop is missing");
    let late = |stop: usize, record: &mut Record| {
        record.at = Us(record.at.0 + u64::from(stop == 5));
        true
    };
    assert!(!little_holds(late).0, "a stop is late");
}
