//! The simulation: plan in, trace out. The only driver: it routes commands and answers, counts crash points, kills.
//!
//! - `call`: requests and answers over links, with their five outcomes
//! - `serve`: what source and stores do with a request; `broker`: what the broker does, and its replicas
//! - `app`, `relay`, `connector`, `consumer`: the processes, each driven by its pure machine
//! - `producer`: the client library that sends what the app has put into its buffer
//! - `slot`: the source's side of the connector
//! - `coordinator`, `participant`: the two-phase commit
//! - `listen`: an app that writes only the log, and its own consumer
//! - `reader`: who reads through a cache, and fills it
//! - `fault`: crashes, restarts, link faults
//! - `recovery`: what mends what differs
//! - `search`: what a search shows of an index
//! - `watch`: detectors; `drain`: the end of a run

mod app;
mod broker;
mod call;
mod connector;
mod consumer;
mod coordinator;
mod drain;
mod due;
mod failover;
mod fault;
#[cfg(test)]
mod outbox_tests;
mod listen;
#[cfg(test)]
pub mod mutant;
mod participant;
mod producer;
mod reader;
mod recovery;
mod relay;
mod retention;
mod search;
mod serve;
mod slot;
mod watch;

use crate::kernel::calendar::Calendar;
use crate::kernel::rng::Draws;
use crate::kernel::sorted::SortedMap;
use crate::kernel::time::Us;
use crate::run::trace::Trace;
use crate::scenario::plan::{NodeRole, Plan, StorePlan};
use crate::strategy::machine::AppKnobs;
use crate::world::broker::Broker;
use crate::world::group::Group;
use crate::world::ids::{EventId, Key, LinkId, NodeId, Op, OpKind, RecordId, RelayId, StoreId};
use crate::world::observe::{Books, CallCounters};
use crate::world::record::{Kind, Record};
use crate::world::replica::ReplicaMode;
use crate::world::source::{Source, Xid};
use crate::world::store::Store;
use crate::world::xa::Holds;
pub use call::FIDELITY;

use app::{OpProc, Request};
use broker::{Replication, Wait};
use call::{Call, CallId, LinkState, Timeouts};
use connector::ConnectorProc;
use consumer::{ConsumerProc, Seat};
use coordinator::CoordinatorProc;
use due::Due;
use fault::{Armed, NodeState};
use listen::Listened;
use producer::{ProducerProc, Session};
use reader::ReaderProc;
use recovery::{Past, RecoveryProc, Shadow};
use relay::RelayProc;
use slot::LogState;
use std::collections::VecDeque;
use watch::Watch;

/// What the simulation knows of an event.
#[derive(Clone, Copy, Debug)]
struct EventInfo {
    /// The client's request behind it: what its draws belong to.
    request: u32,
    op: Op,
    key: Key,
    kind: OpKind,
    /// Given at commit; what it would get, before.
    version: u32,
    /// Its place in commit order, from 1; 0: not committed.
    commit: u64,
    /// How often a relay has sent it.
    sent: u16,
    /// The event that it takes back; [`EventId::NONE`]: none.
    cancels: EventId,
}

/// A run in progress.
#[derive(Debug)]
pub struct Simulation<'p> {
    plan: &'p Plan,
    knobs: AppKnobs,
    now: Us,
    calendar: Calendar<Due>,
    draws: Draws,
    trace: Trace,
    nodes: Vec<NodeState>,
    links: Vec<LinkState>,
    calls: Vec<Call>,
    free_calls: Vec<u32>,
    timeouts: Vec<Timeouts>,
    source: Source,
    broker: Broker,
    /// By partition.
    replication: Vec<Replication>,
    /// Publishes that wait for the high watermark, by number.
    waits: SortedMap<u32, Wait>,
    next_wait: u32,
    stores: Vec<Store>,
    /// By store, then key: the record since which a cache has its entry, where entries have a time to live.
    entries: Vec<Vec<RecordId>>,
    readers: Vec<ReaderProc>,
    next_reader: u32,
    /// By member of a consumer group.
    consumers: Vec<ConsumerProc>,
    seats: Vec<Seat>,
    /// By store; the app's own consumer is the last.
    groups: Vec<Group>,
    producer: ProducerProc,
    /// By node: what its idempotent producer numbers.
    sessions: Vec<Session>,
    connector: ConnectorProc,
    log: LogState,
    relays: Vec<RelayProc>,
    listened: Listened,
    coordinator: CoordinatorProc,
    /// What the broker has prepared.
    holds: Holds,
    events: Vec<EventInfo>,
    /// The app's operations by slot; a slot is used again.
    ops: Vec<OpProc>,
    free_ops: Vec<u32>,
    active_ops: u32,
    next_op: u32,
    accept: VecDeque<u32>,
    /// Blocking retry: the operation that may publish, and those behind it.
    lane: VecDeque<u32>,
    requests: Vec<Request>,
    /// The requests of canaries, by their number above those of clients.
    canaries: Vec<Request>,
    client_watch: VecDeque<(Us, u32, u32)>,
    watch_armed: bool,
    unresolved: u32,
    /// Requests at the source that wait for a row lock: whose, which call, since when, and the record of the wait.
    parked: Vec<(Xid, CallId, Us, RecordId)>,
    armed: Armed,
    /// Events that can never be handled at a node.
    poison: Vec<(NodeId, EventId)>,
    /// Those that were repaired since.
    redriven: Vec<(NodeId, EventId)>,
    publish_calls: CallCounters,
    recoveries: Vec<RecoveryProc>,
    /// What is being made anew beside stores.
    shadows: Vec<Shadow>,
    /// What operators measure.
    books: Books,
    searched: search::Searched,
    past: Past,
    watch: Vec<Watch>,
    next_message: u32,
    /// When the request that was sent last arrives.
    last_arrival: Us,
    /// Messages on their way, requests being served, broken connections, restarts: what the drain waits for.
    moving: u32,
    draining: bool,
    zipf: app::Zipf,
}

impl<'p> Simulation<'p> {
    /// A run of a plan, before its first event. `keep`: whether the trace keeps its records, and how many at most.
    #[must_use]
    pub fn new(plan: &'p Plan, keep: usize) -> Simulation<'p> {
        let keys = plan.keys();
        let mut simulation = Simulation {
            plan,
            knobs: knobs(plan),
            now: Us::ZERO,
            calendar: Calendar::new(),
            draws: Draws::new(plan.seed),
            trace: Trace::new(plan, keep),
            nodes: plan.nodes.iter().map(NodeState::new).collect(),
            links: plan.links.iter().map(|link| LinkState::new(plan, link)).collect(),
            calls: Vec::new(),
            free_calls: Vec::new(),
            timeouts: Timeouts::classes(plan),
            source: Source::new(keys)
                .captured(plan.roles.connector.is_some(), plan.source.row_bytes)
                .with_outbox(plan.outbox.rules)
                .with_replica(Some(plan.source.replica_lag).filter(|_| plan.source.replica == ReplicaMode::Async)),
            broker: Broker::new(plan.broker.partitions, group_count(plan), plan.broker.segment),
            replication: vec![Replication::default(); plan.broker.partitions as usize],
            waits: SortedMap::default(),
            next_wait: 0,
            stores: plan.stores.iter().map(|store| new_store(store, keys)).collect(),
            entries: vec![Vec::new(); plan.stores.len()],
            readers: Vec::new(),
            next_reader: 0,
            consumers: plan.roles.consumers.iter().map(|_| ConsumerProc::new(plan.broker.partitions)).collect(),
            seats: vec![Seat::default(); plan.roles.consumers.len()],
            groups: new_groups(plan),
            producer: ProducerProc::default(),
            sessions: vec![Session::default(); plan.nodes.len()],
            connector: ConnectorProc::default(),
            log: LogState::default(),
            relays: vec![RelayProc::default(); plan.roles.relays.len()],
            listened: Listened::default(),
            coordinator: CoordinatorProc::default(),
            holds: Holds::default(),
            events: Vec::new(),
            ops: Vec::new(),
            free_ops: Vec::new(),
            active_ops: 0,
            next_op: 0,
            accept: VecDeque::new(),
            lane: VecDeque::new(),
            requests: Vec::new(),
            canaries: Vec::new(),
            client_watch: VecDeque::new(),
            watch_armed: false,
            unresolved: 0,
            parked: Vec::new(),
            armed: Armed::new(plan),
            poison: Vec::new(),
            redriven: Vec::new(),
            publish_calls: CallCounters::default(),
            recoveries: vec![RecoveryProc::default(); plan.recoveries.len()],
            shadows: Vec::new(),
            books: watch::books(plan),
            searched: search::Searched::new(plan),
            past: Past::new(plan),
            watch: vec![Watch::default(); plan.detectors.len()],
            next_message: 0,
            last_arrival: Us::ZERO,
            moving: 0,
            draining: false,
            zipf: app::Zipf::new(&plan.workload.keys),
        };
        simulation.schedule_start();
        simulation
    }

    fn schedule_start(&mut self) {
        self.calendar.put(self.plan.duration, Due::Drain);
        self.schedule_faults();
        self.schedule_first_arrival();
        self.schedule_reads();
        self.schedule_relay_start();
        self.schedule_connector_start();
        self.schedule_coordinator();
        self.schedule_recoveries();
        self.schedule_detectors();
        self.schedule_retention();
        self.schedule_groups();
    }

    /// Runs to the end.
    #[must_use]
    pub fn finish(mut self) -> Trace {
        while self.advance(u64::MAX) {}
        self.trace
    }

    /// Runs to the end, and tells after each event how many records there are.
    #[must_use]
    pub fn finish_told(mut self, told: fn(u32)) -> Trace {
        while self.advance(1) {
            told(self.trace.len());
        }
        self.trace
    }

    /// Handles up to that many events. Says whether there is more to do.
    pub fn advance(&mut self, events: u64) -> bool {
        for _ in 0..events {
            if self.draining && self.quiet() {
                self.end(false);
                return false;
            }
            let Some((at, due)) = self.calendar.take() else {
                self.end(true);
                return false;
            };
            if at > self.plan.duration.after(self.plan.drain_limit) {
                self.end(true);
                return false;
            }
            self.now = at;
            self.handle(due);
        }
        true
    }

    fn handle(&mut self, due: Due) {
        match due {
            Due::Arrival => self.arrival(),
            Due::ClientTimeout => self.client_timeouts(),
            Due::Arrive(call) => self.arrive(call, false),
            Due::ArriveCopy(call) => self.arrive(call, true),
            Due::Lost(call) => self.lost(call),
            Due::Served(call, epoch) => self.served(call, epoch),
            Due::Answer(call, ok) => self.answer_arrives(call, ok),
            Due::AnswerLost(call) => self.answer_lost(call),
            Due::Assumed(call) => self.assumed(call),
            Due::Replicated(partition, below, life) => self.replicated(partition, below, life),
            Due::Retention => self.retention_due(),
            Due::InSync(partition) => self.look_at_in_sync(partition),
            Due::Timeout(class) => self.call_timeouts(class),
            Due::OpTimer(slot, op) => self.op_timer(slot, op),
            Due::ConsumerTimer(member, epoch) => self.consumer_timer(member, epoch),
            Due::ConsumerWorked(member, epoch, cause) => self.consumer_worked(member, epoch, cause),
            Due::Session(member, silence, cause) => self.session_over(member, silence, cause),
            Due::PollInterval(member) => self.poll_interval_over(member),
            Due::Refetch(store, epoch) => self.refetch(store, epoch),
            Due::Read(key, nth) => self.read_due(key, nth),
            Due::ReaderSets(slot, number) => self.reader_sets(slot, number),
            Due::Evict(store, key, since) => self.evict(store, key, since),
            Due::DeleteAgain(node, epoch, link, event) => self.delete_again(node, epoch, link, event),
            Due::AutoCommit(store, epoch) => self.auto_commit_due(store, epoch),
            Due::Redrive(store) => self.redrive(store),
            Due::Linger(batch) => self.lingered(batch),
            Due::ProduceAgain(life) => self.produce_again(life),
            Due::ConnectorStarts(life) => self.connector_due(life),
            Due::ConnectorPolls(life) => self.poll_due(life),
            Due::ConnectorAgain(life) => self.connector_again(life),
            Due::ConnectorFlushes(epoch) => self.flush_due(epoch),
            Due::ConnectorBeats => self.connector_beats(),
            Due::ConnectorStatus => self.connector_status(),
            Due::Checkpoint => self.checkpoint_due(),
            Due::ReplicaHas(call, epoch) => self.replica_has(call, epoch),
            Due::WalReplicated => self.pump_wal(RecordId::NONE),
            Due::RelayLooks(relay, epoch) => self.relay_due(relay, epoch),
            Due::RelayAgain(relay, epoch) => self.relay_again(relay, epoch),
            Due::RelayGone(relay, looks, leases) => self.relay_gone(relay, looks, leases),
            Due::DecisionDurable(op, epoch, cause) => self.decision_durable(op, epoch, cause),
            Due::TellAgain(op, to, epoch) => self.tell_again(op, to, epoch),
            Due::Recovers(epoch) => self.recovers(epoch),
            Due::ByHand(op, node) => self.decide_by_hand(op, node),
            Due::Disconnect(op) => self.disconnected(op),
            Due::Crash(node) => self.stochastic_crash(node),
            Due::Restart(node, epoch) => self.restart_due(node, epoch),
            Due::Fault(fault) => self.scripted(fault),
            Due::FaultEnd(fault) => self.fault_end(fault),
            Due::Recovery(recovery) => self.recovery_due(recovery),
            Due::RecoveryWaited(recovery, epoch) => self.recovery_waited(recovery, epoch),
            Due::Detect(detector) => self.detect_due(detector),
            Due::Recheck(detector) => self.recheck_due(detector),
            Due::Drain => self.begin_drain(),
        }
    }

    /// Adds a record to the trace.
    fn record(&mut self, record: Record) -> RecordId {
        if self.books.on {
            self.books.apply(&record);
            self.searched_after(&record);
        }
        if self.past.on {
            self.past.apply(&record);
        }
        self.trace.push(&record)
    }

    /// A record here and now, about an event.
    fn about(&self, node: NodeId, kind: Kind, event: EventId, cause: RecordId) -> Record {
        let mut record = Record { cause, event, ..Record::new(self.now, node, kind) };
        if let Some(info) = self.events.get(event.index()) {
            (record.op, record.key, record.version) = (info.op, info.key, info.version);
            record.detail = info.kind as u8;
        }
        record
    }

    fn up(&self, node: NodeId) -> bool {
        self.nodes[node.index()].up
    }

    fn epoch(&self, node: NodeId) -> u32 {
        self.nodes[node.index()].epoch
    }

    fn role(&self, node: NodeId) -> NodeRole {
        self.plan.nodes[node.index()].role
    }

    fn link_ends(&self, link: LinkId) -> (NodeId, NodeId) {
        let link = &self.plan.links[link.index()];
        (link.from, link.to)
    }
}

/// What the app's machine may look at.
fn knobs(plan: &Plan) -> AppKnobs {
    let targets = if plan.strategy.direct() && plan.roles.broker.is_none() {
        plan.stores.iter().filter(|store| !store.fed).count()
    } else {
        1
    };
    AppKnobs {
        calls: plan.workload.rows_per_tx * targets as u32,
        attempts: plan.direct.attempts,
        background: plan.direct.background,
        outbox_first: plan.source.outbox_first,
        compensates: plan.direct.compensates,
    }
}

/// How many consumer groups there may be: one a store, and the app's own.
fn group_count(plan: &Plan) -> usize {
    plan.roles.members.iter().filter(|(_, nth)| *nth == 0).count()
}

fn new_groups(plan: &Plan) -> Vec<Group> {
    let members = |group: usize| plan.roles.group_of(StoreId(group as u16)).count();
    (0..group_count(plan)).map(|group| Group::new(members(group), plan.broker.partitions)).collect()
}

fn new_store(plan: &StorePlan, keys: usize) -> Store {
    let rules = plan.rules();
    #[cfg(test)]
    let rules = mutant::store(rules);
    Store::new(rules, keys)
}

/// A number for a role that does not depend on the strategy or the plan, for draws that strategies share.
fn role_code(role: NodeRole) -> u32 {
    match role {
        NodeRole::App => 0,
        NodeRole::Source => 1,
        NodeRole::Broker => 2,
        NodeRole::Relay(RelayId(0)) => 3,
        NodeRole::Relay(relay) => 256 + u32::from(relay.0),
        NodeRole::Connector => 4,
        NodeRole::Coordinator => 8,
        NodeRole::Follower => 12,
        NodeRole::Recovery(recovery) => 512 + u32::from(recovery.0),
        NodeRole::Consumer(member) => 16 + 2 * u32::from(member.0),
        NodeRole::Store(store) => 17 + 2 * u32::from(store.0),
    }
}
