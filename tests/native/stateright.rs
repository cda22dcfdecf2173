//! A second opinion: four strategies again, as small as they can be written, on a model checker that somebody else wrote.
//!
//! Nothing here is taken from the engine but the names of anomalies. There is no time, only order: whoever can act next may
//! act next, and one fault may strike anywhere. The anomalies that some end of such a model shows are exactly those that
//! some cell of the explorer shows, strategy by strategy and workload by workload.

use ::stateright::{Checker, Model, Property};
use driftscope::explore::crash_search::{Bounds, CrashSearch};
use driftscope::explore::job::Job;
use driftscope::scenario::presets;
use driftscope::strategy::StrategyId;
use driftscope::truth::anomaly::Anomaly;
use std::collections::BTreeSet;
use std::fmt::Write;

/// What the app does for an operation, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Verb {
    Write,
    Enqueue,
    Commit,
    Apply,
    CommitAll,
}

/// How a call ends (DOMAIN 1.3). A timeout without effect is the same as `Failed`, as far as ends go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Ends {
    Well,
    Failed,
    Unheard,
    Late,
}

/// A message whose sender has given it up, and that arrives all the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Late {
    Commit(usize),
    Append(usize),
    Apply(usize, Told),
}

/// What an event says: the row's version, and whether there is a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Told {
    version: u8,
    row: bool,
}

/// A row, here or there: the operation that made it, none if it is not there, and the newest version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Row {
    by: Option<usize>,
    version: u8,
}

/// How far the coordinator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    AskSource,
    AskBroker,
    Decide,
    TellSource,
    TellBroker,
}

/// How many keys and operations there are at most.
const KEYS: usize = 2;
const MOST: usize = 3;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct World {
    /// The operation under way, and which of its steps is next.
    op: usize,
    step: usize,
    /// At the source: each row, whose transaction holds it, and what is committed.
    source: [Row; KEYS],
    open: [Option<usize>; KEYS],
    told: [Told; MOST],
    committed: Vec<usize>,
    /// Rows of the outbox that are not marked, and whether the relay has heard that the first is published.
    outbox: Vec<usize>,
    published: bool,
    /// The coordinator's transaction, and whether source and broker have voted and wait.
    global: Option<(usize, Phase)>,
    prepared: [bool; 2],
    /// The log, the consumer's committed offset, and how far it is.
    log: Vec<usize>,
    offset: usize,
    position: usize,
    /// The store, and every delivery.
    store: [Row; KEYS],
    delivered: Vec<(usize, u8)>,
    flying: Vec<Late>,
    /// Whether the one fault has struck, and whether somebody had to wait for its end.
    struck: bool,
    blocked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Act {
    App(Ends),
    Relay(Ends),
    Consumer(Ends),
    Coordinator(Ends),
    Arrives(usize),
    WaiterGivesUp,
    AppDies,
    RelayDies,
    ConsumerDies,
    CoordinatorDies,
    SourceDies,
}

/// An operation: the key, and whether it deletes.
type Op = (usize, bool);

/// A strategy as its app's steps, and the workload.
struct Simple {
    steps: &'static [Verb],
    ops: &'static [Op],
}

impl Simple {
    /// Whose transaction holds the row of the operation under way.
    fn holds(&self, world: &World) -> Option<usize> {
        world.open[self.ops[world.op].0]
    }

    /// Whether who waits for a row may give up before it is free. A commit is held up for as long as the workload takes: that
    /// of the first operation comes when the last one has only begun to wait.
    fn gives_up(&self, world: &World) -> bool {
        self.holds(world).is_some_and(|holder| holder > 0 || world.op + 1 < self.ops.len())
    }

    fn outbox(&self) -> bool {
        self.steps.contains(&Verb::Enqueue)
    }
}

impl World {
    /// What an operation comes to, as the row stands: a delete of nothing is an insert.
    fn change(&self, (key, delete): Op) -> Told {
        let row = &self.source[key];
        Told { version: row.version + 1, row: !(delete && row.by.is_some()) }
    }

    fn commit(&mut self, op: usize, model: &Simple) {
        let (told, key) = (self.change(model.ops[op]), model.ops[op].0);
        (self.told[op], self.open[key]) = (told, None);
        self.source[key] = Row { by: told.row.then_some(op), version: told.version };
        self.committed.push(op);
        if model.outbox() {
            self.outbox.push(op);
        }
    }

    fn apply(&mut self, op: usize, told: Told, model: &Simple) {
        self.delivered.push((op, told.version));
        let row = &mut self.store[model.ops[op].0];
        if told.version > row.version {
            *row = Row { by: told.row.then_some(op), version: told.version };
        }
    }

    fn next_op(&mut self) {
        (self.op, self.step) = (self.op + 1, 0);
    }

    fn give_up(&mut self) {
        self.let_go(self.op);
        self.next_op();
    }

    /// What a transaction holds is free again.
    fn let_go(&mut self, op: usize) {
        self.open.iter_mut().filter(|open| **open == Some(op)).for_each(|open| *open = None);
    }

    /// The app's next call ends.
    fn app(&mut self, model: &Simple, ends: Ends) {
        let (op, verb) = (self.op, model.steps[self.step]);
        let key = model.ops[op].0;
        let lost = matches!(verb, Verb::Enqueue | Verb::Commit | Verb::CommitAll) && self.open[key] != Some(op);
        match (verb, ends) {
            _ if lost => return self.give_up(),
            (Verb::Write, Ends::Well) => self.open[key] = Some(op),
            (Verb::Enqueue, Ends::Well) => {}
            (Verb::Write | Verb::Enqueue, Ends::Failed | Ends::Unheard | Ends::Late) => return self.give_up(),
            (Verb::Commit, Ends::Well) => self.commit(op, model),
            (Verb::Commit, Ends::Failed) => return self.give_up(),
            (Verb::Commit, Ends::Unheard) => {
                self.commit(op, model);
                return self.next_op();
            }
            (Verb::Commit, Ends::Late) => {
                // The transaction, and its lock, wait for what is still on its way.
                self.flying.push(Late::Commit(op));
                return self.next_op();
            }
            (Verb::Apply, _) => {
                // Who publishes first tells the version that the change would get.
                let first = model.steps[0] == Verb::Apply;
                let told = if first { self.change(model.ops[op]) } else { self.told[op] };
                match ends {
                    Ends::Well | Ends::Unheard => self.apply(op, told, model),
                    Ends::Late => self.flying.push(Late::Apply(op, told)),
                    Ends::Failed => {}
                }
                if ends != Ends::Well {
                    return self.next_op();
                }
            }
            (Verb::CommitAll, Ends::Well | Ends::Unheard) => self.global = Some((op, Phase::AskSource)),
            // Asked when the app has disconnected, the coordinator finds nothing to commit.
            (Verb::CommitAll, Ends::Failed | Ends::Late) => return self.give_up(),
        }
        self.step += 1;
        if self.step == model.steps.len() {
            self.next_op();
        }
    }

    /// The relay publishes the first row, then marks it.
    fn relay(&mut self, ends: Ends) {
        let first = self.outbox[0];
        match (self.published, ends) {
            (false, Ends::Well) => {
                self.log.push(first);
                self.published = true;
            }
            (false, Ends::Unheard) => self.log.push(first),
            (false, Ends::Late) => self.flying.push(Late::Append(first)),
            (false, Ends::Failed) => {}
            (true, Ends::Well | Ends::Unheard) => {
                self.outbox.remove(0);
                self.published = false;
            }
            // It looks again, and finds the row.
            (true, Ends::Failed | Ends::Late) => self.published = false,
        }
    }

    /// The consumer applies the next record, then commits its offset.
    fn consumer(&mut self, model: &Simple, ends: Ends) {
        if self.position > self.offset {
            if ends == Ends::Well || ends == Ends::Unheard {
                self.offset = self.position;
            }
            return;
        }
        let op = self.log[self.position];
        match ends {
            Ends::Well => {
                self.apply(op, self.told[op], model);
                self.position += 1;
            }
            Ends::Unheard => self.apply(op, self.told[op], model),
            Ends::Late => self.flying.push(Late::Apply(op, self.told[op])),
            Ends::Failed => {}
        }
    }

    fn abort(&mut self) {
        if let Some((op, _)) = self.global.take() {
            self.let_go(op);
        }
        self.prepared = [false; 2];
    }

    /// The coordinator's next step; what is prepared waits for whatever it does.
    fn coordinator(&mut self, model: &Simple, ends: Ends) {
        let Some((op, phase)) = self.global else { return };
        let effect = ends == Ends::Well || ends == Ends::Unheard;
        match phase {
            Phase::AskSource | Phase::AskBroker => {
                let (who, next) = if phase == Phase::AskSource { (0, Phase::AskBroker) } else { (1, Phase::Decide) };
                self.prepared[who] = effect && self.open[model.ops[op].0] == Some(op);
                if !self.prepared[who] || ends != Ends::Well {
                    return self.abort();
                }
                self.global = Some((op, next));
            }
            Phase::Decide => self.global = Some((op, Phase::TellSource)),
            Phase::TellSource | Phase::TellBroker => {
                let who = usize::from(phase == Phase::TellBroker);
                if effect && std::mem::take(&mut self.prepared[who]) {
                    match who {
                        0 => self.commit(op, model),
                        _ => self.log.push(op),
                    }
                }
                if ends == Ends::Well {
                    self.global = (who == 0).then_some((op, Phase::TellBroker));
                } else {
                    self.blocked = true;
                }
            }
        }
    }

    fn coordinator_dies(&mut self) {
        self.blocked |= self.prepared.contains(&true);
        match self.global {
            Some((op, Phase::TellSource | Phase::TellBroker)) => self.global = Some((op, Phase::TellSource)),
            // Presumed abort: what the log does not know is aborted.
            Some(_) => self.abort(),
            None => {}
        }
    }

    fn arrives(&mut self, model: &Simple, at: usize) {
        match self.flying.remove(at) {
            Late::Commit(op) => self.commit(op, model),
            Late::Append(op) => self.log.push(op),
            Late::Apply(op, told) => self.apply(op, told, model),
        }
    }

    /// Whether nothing is left to do.
    fn ended(&self, model: &Simple) -> bool {
        let quiet = self.outbox.is_empty() && self.global.is_none() && self.flying.is_empty();
        quiet && self.op == model.ops.len() && self.offset == self.log.len() && self.position == self.offset
    }

    /// What is wrong with a row.
    fn row(&self, key: usize) -> Option<Anomaly> {
        let (source, store) = (&self.source[key], &self.store[key]);
        match (source.by, store.by) {
            (same, shown) if same == shown => None,
            (Some(_), None) => Some(Anomaly::Missing),
            (None, _) => Some(Anomaly::Ghost),
            _ if store.version > source.version => Some(Anomaly::Ghost),
            _ => Some(Anomaly::Stale),
        }
    }

    fn shows(&self, model: &Simple, anomaly: Anomaly) -> bool {
        let delivered = |op: usize| self.delivered.iter().filter(|(other, _)| *other == op).count();
        let (ops, key) = (0..model.ops.len(), |op: usize| model.ops[op].0);
        match anomaly {
            Anomaly::Missing | Anomaly::Stale | Anomaly::Ghost => (0..KEYS).any(|key| self.row(key) == Some(anomaly)),
            Anomaly::Lost => self.committed.iter().any(|op| delivered(*op) == 0),
            Anomaly::GhostEvent => self.delivered.iter().any(|(op, _)| !self.committed.contains(op)),
            Anomaly::Duplicate => ops.into_iter().any(|op| delivered(op) > 1),
            Anomaly::Reordered => self.delivered.iter().enumerate().any(|(at, (op, version))| {
                let before = &self.delivered[..at];
                let newer = |(other, newer): &(usize, u8)| key(*other) == key(*op) && newer > version;
                !before.iter().any(|(other, _)| other == op) && before.iter().any(newer)
            }),
            Anomaly::Blocked => self.blocked,
            Anomaly::DuplicateEffect | Anomaly::EarlyRead => false,
        }
    }
}

/// Says of an end whether it shows an anomaly.
type Shows = fn(&Simple, &World) -> bool;

macro_rules! shown {
    ($($anomaly:ident),+) => { [$((Anomaly::$anomaly, |model, world| world.ended(model) && world.shows(model, Anomaly::$anomaly))),+] };
}

/// A property cannot hold a value, so there is one for each.
const SHOWN: [(Anomaly, Shows); 8] = shown!(Missing, Stale, Ghost, Lost, GhostEvent, Duplicate, Reordered, Blocked);

impl Model for Simple {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        vec![World::default()]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        let every = [Ends::Well, Ends::Failed, Ends::Unheard, Ends::Late];
        let ends = if world.struck { &every[..1] } else { &every[..] };
        let goes_on = world.op < self.ops.len();
        let waits = match self.steps[world.step] {
            Verb::Write => goes_on && world.open[self.ops[world.op].0].is_some(),
            Verb::CommitAll => world.global.is_some(),
            Verb::Enqueue | Verb::Commit | Verb::Apply => false,
        };
        if goes_on && !waits {
            acts.extend(ends.iter().map(|ends| Act::App(*ends)));
        }
        if waits && self.gives_up(world) {
            acts.push(Act::WaiterGivesUp);
        }
        if !world.outbox.is_empty() {
            acts.extend(ends.iter().map(|ends| Act::Relay(*ends)));
        }
        if world.position < world.log.len() || world.offset < world.position {
            acts.extend(ends.iter().map(|ends| Act::Consumer(*ends)));
        }
        if world.global.is_some() {
            acts.extend(ends.iter().map(|ends| Act::Coordinator(*ends)));
        }
        acts.extend((0..world.flying.len()).map(Act::Arrives));
        if !world.struck {
            // A broker or store that dies is to its callers a call that fails, or is not heard of.
            acts.extend([Act::AppDies, Act::RelayDies, Act::ConsumerDies, Act::CoordinatorDies, Act::SourceDies]);
        }
    }

    fn next_state(&self, world: &World, act: Act) -> Option<World> {
        let mut next = world.clone();
        let struck = |ends: Ends| ends != Ends::Well;
        next.struck |= match act {
            Act::App(ends) | Act::Relay(ends) | Act::Consumer(ends) | Act::Coordinator(ends) => struck(ends),
            Act::Arrives(_) | Act::WaiterGivesUp => false,
            Act::AppDies | Act::RelayDies | Act::ConsumerDies | Act::CoordinatorDies | Act::SourceDies => true,
        };
        match act {
            Act::App(ends) => next.app(self, ends),
            Act::Relay(ends) => next.relay(ends),
            Act::Consumer(ends) => next.consumer(self, ends),
            Act::Coordinator(ends) => next.coordinator(self, ends),
            Act::Arrives(at) => next.arrives(self, at),
            Act::WaiterGivesUp => next.give_up(),
            Act::AppDies if world.op < self.ops.len() && self.holds(world).is_none_or(|op| op == world.op) => {
                next.give_up()
            }
            Act::SourceDies => {
                // What is prepared outlives it.
                let kept = world.global.map(|(op, _)| op).filter(|_| world.prepared[0]);
                next.open.iter_mut().filter(|open| **open != kept).for_each(|open| *open = None);
            }
            Act::RelayDies => next.published = false,
            Act::ConsumerDies => next.position = next.offset,
            Act::CoordinatorDies => next.coordinator_dies(),
            Act::AppDies => return None,
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        SHOWN.iter().map(|(anomaly, shows)| Property::sometimes(anomaly.id(), *shows)).collect()
    }
}

const STRATEGIES: [(StrategyId, &[Verb]); 4] = [
    (StrategyId::DirectDbFirst, &[Verb::Write, Verb::Commit, Verb::Apply]),
    (StrategyId::DirectBrokerFirst, &[Verb::Apply, Verb::Write, Verb::Commit]),
    (StrategyId::Outbox, &[Verb::Write, Verb::Enqueue, Verb::Commit]),
    (StrategyId::TwoPhaseCommit, &[Verb::Write, Verb::CommitAll]),
];

/// What comes: one key, then two, so that one key's operation may end while the other's waits.
const WORKLOADS: [&[Op]; 6] = [
    &[(0, false)],
    &[(0, false), (0, false)],
    &[(0, false), (0, true)],
    &[(0, false), (1, false), (0, false)],
    &[(0, false), (1, false), (0, true)],
    &[(0, false), (0, true), (0, false)],
];

/// The same for the explorer: far enough apart that a node is up again, and a late message there, before the next. An
/// update of what is not there is an insert.
fn workload(ops: &[Op]) -> String {
    let op = |(n, (key, delete)): (usize, &Op)| {
        let verb = if *delete { "delete" } else { "update" };
        format!(r#"{{"at":"{}ms","key":{},"op":"{verb}"}}"#, 100 + 3_000 * n, key + 1)
    };
    format!("[{}]", ops.iter().enumerate().map(op).collect::<Vec<_>>().join(","))
}

/// The anomalies that the explorer shows, and in how many runs.
fn explored(strategy: StrategyId, workload: &str) -> (BTreeSet<Anomaly>, u64) {
    let mut document = presets::find("missing-search-index").unwrap().document();
    document.set("explore.workload", workload).unwrap();
    let mut search = CrashSearch::new(&document, &[strategy], Bounds::ONE).unwrap();
    while search.advance(64) {}
    let matrix = search.matrix();
    assert!(matrix.complete);
    (matrix.witnesses.keys().filter_map(|id| Anomaly::from_id(id)).collect(), matrix.runs)
}

#[test]
#[expect(clippy::disallowed_types, reason = "it says how long both took")]
fn the_models_agree() {
    let (mut table, mut errors) = (String::new(), String::new());
    for (strategy, steps) in STRATEGIES {
        for ops in WORKLOADS {
            let workload = workload(ops);
            let start = std::time::Instant::now();
            let checker = Simple { steps, ops }.checker().spawn_bfs().join();
            let (model, simple) = (start.elapsed(), checker.unique_state_count());
            let found = SHOWN.iter().map(|(anomaly, _)| *anomaly);
            let reachable: BTreeSet<Anomaly> =
                found.filter(|anomaly| checker.discovery(anomaly.id()).is_some()).collect();
            let start = std::time::Instant::now();
            let (cells, runs) = explored(strategy, &workload);
            let engine = start.elapsed();
            let words = |set: &BTreeSet<Anomaly>| set.iter().map(|anomaly| anomaly.id()).collect::<Vec<_>>().join(" ");
            let of = |(key, delete): &Op| format!("{}{}", if *delete { "-" } else { "+" }, key + 1);
            let what = format!("{} on {}", strategy.id(), ops.iter().map(of).collect::<Vec<_>>().join(" "));
            let _ = writeln!(
                table,
                "{what:<38} {simple:>5} states {:>5} ms, {runs:>4} runs {:>5} ms: {}",
                model.as_millis(),
                engine.as_millis(),
                words(&cells)
            );
            if reachable != cells {
                let both = format!("the model reaches {}, the cells {}", words(&reachable), words(&cells));
                let _ = writeln!(errors, "{what}: {both}\n{workload}");
            }
        }
    }
    println!("{table}");
    assert!(errors.is_empty(), "{table}\n{errors}");
}
