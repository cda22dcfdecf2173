//! Crashes, restarts and scripted faults. Only here are crash points counted and nodes killed.

use super::call::CallId;
#[cfg(test)]
use super::mutant::{Mutant, on};
use super::{Due, Simulation, role_code};
use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::scenario::plan::{FaultKind, FaultTarget, FaultWhen, NodePlan, NodeRole, Plan};
use crate::strategy::CrashPoint;
use crate::world::ids::{EventId, LinkId, NodeId, Op, RecordId};
use crate::world::record::{AbortReason, Kind, Record};
use std::collections::VecDeque;

/// What the simulation knows of a node.
#[derive(Clone, Debug)]
pub struct NodeState {
    pub up: bool,
    /// Switched off until the drain.
    off: bool,
    /// How often it has died: what an earlier life began does not reach a later one.
    pub epoch: u32,
    /// How many requests it serves at once; 0: any number.
    pub workers: u32,
    pub busy: u32,
    pub serving: Vec<CallId>,
    pub queue: VecDeque<CallId>,
    /// How many stochastic crashes were drawn.
    drawn: u64,
    /// When it died last.
    died: Us,
    /// By crash point.
    passes: Vec<u32>,
}

impl NodeState {
    /// A node that is up.
    pub fn new(plan: &NodePlan) -> NodeState {
        NodeState {
            up: true,
            off: false,
            epoch: 0,
            workers: plan.workers,
            busy: 0,
            serving: Vec::new(),
            queue: VecDeque::new(),
            drawn: 0,
            died: Us::ZERO,
            passes: vec![0; CrashPoint::ALL.len()],
        }
    }
}

/// The scripted faults, sorted by what sets them off.
#[derive(Clone, Debug, Default)]
pub struct Armed {
    /// Fault, node, crash point, pass.
    points: Vec<(u32, NodeId, CrashPoint, u32)>,
    /// Fault, link, number of the message.
    messages: Vec<(u32, LinkId, u32)>,
    /// Fault, number of the commit.
    aborts: Vec<(u32, u32)>,
    /// Aborts that strike the next commit.
    abort_next: Vec<u32>,
    commits: u32,
}

impl Armed {
    /// The faults of a plan.
    pub fn new(plan: &Plan) -> Armed {
        let mut armed = Armed::default();
        for (index, fault) in plan.faults.iter().enumerate() {
            let index = index as u32;
            match (fault.target, fault.when) {
                (FaultTarget::Node(node), FaultWhen::Pass(Some(point), pass)) => {
                    armed.points.push((index, node, point, pass));
                }
                (FaultTarget::Link(link), FaultWhen::Pass(_, number)) => armed.messages.push((index, link, number)),
                (FaultTarget::Node(_), FaultWhen::Pass(None, number)) if fault.kind == FaultKind::Abort => {
                    armed.aborts.push((index, number));
                }
                (FaultTarget::Node(_), FaultWhen::Pass(None, _) | FaultWhen::At(_))
                | (FaultTarget::Link(_), FaultWhen::At(_))
                | (FaultTarget::Key(_) | FaultTarget::Absent, FaultWhen::At(_) | FaultWhen::Pass(..)) => {}
            }
        }
        armed
    }

    /// The faults that strike the n-th message of a link, and those that wait for its next.
    pub fn message_faults(&self, link: LinkId, number: u32, next: &mut Vec<u32>) -> Vec<u32> {
        if self.messages.is_empty() && next.is_empty() {
            return Vec::new();
        }
        let hits = |&&(_, on, nth): &&(u32, LinkId, u32)| on == link && (nth == number || nth == 0);
        let mut faults: Vec<u32> = self.messages.iter().filter(hits).map(|&(fault, ..)| fault).collect();
        faults.append(next);
        faults
    }
}

impl Simulation<'_> {
    pub(super) fn schedule_faults(&mut self) {
        for (index, fault) in self.plan.faults.iter().enumerate() {
            if let FaultWhen::At(at) = fault.when
                && fault.target != FaultTarget::Absent
            {
                self.calendar.put(at, Due::Fault(index as u32));
            }
        }
        for node in 0..self.nodes.len() {
            self.schedule_crash(NodeId(node as u16), Us::ZERO);
        }
    }

    /// Draws the next stochastic crash of a node: Poisson over all time, whether the node is up or down.
    fn schedule_crash(&mut self, node: NodeId, before: Us) {
        let Some(mean) = self.plan.nodes[node.index()].crash_every else { return };
        let nth = self.nodes[node.index()].drawn;
        self.nodes[node.index()].drawn += 1;
        let code = role_code(self.role(node));
        let at = before.after(self.draws.of(Purpose::Crash, nth, code, 0).exponential_us(mean));
        if at < self.plan.duration {
            self.calendar.put(at, Due::Crash(node));
        }
    }

    pub(super) fn stochastic_crash(&mut self, node: NodeId) {
        self.schedule_crash(node, self.now);
        if !self.draining {
            let down = self.plan.nodes[node.index()].restart;
            self.crash(node, Some(down), 0, u32::MAX, RecordId::NONE);
        }
    }

    /// A fault of the document has struck.
    pub(super) fn fired(&mut self, fault: u32) {
        self.trace.fired(fault as usize, self.now);
    }

    /// A node passes a crash point. Says whether it died there.
    pub(super) fn pass(&mut self, node: NodeId, point: CrashPoint, op: Op, event: EventId, cause: RecordId) -> bool {
        let passes = &mut self.nodes[node.index()].passes[point as usize];
        *passes += 1;
        let pass = *passes;
        let mut record = self.about(node, Kind::Passed, event, cause);
        if op != Op::NONE {
            record.op = op;
        }
        (record.detail, record.extra) = (point as u8, pass);
        let cause = self.record(record);
        if self.draining {
            return false;
        }
        let hits = |&&(_, on, at, nth): &&(u32, NodeId, CrashPoint, u32)| {
            on == node && at == point && (nth == pass || nth == 0)
        };
        let Some(&(fault, ..)) = self.armed.points.iter().find(hits) else { return false };
        self.fired(fault);
        let plan = &self.plan.faults[fault as usize];
        let down = self.down_for(node, plan.kind, plan.span);
        self.crash(node, down, 1 + point as u8, fault, cause);
        true
    }

    /// Until when a node could write: now, or its death.
    pub(super) fn written_until(&self, node: NodeId) -> Us {
        let state = &self.nodes[node.index()];
        if state.up { self.now } else { state.died }
    }

    /// Another takes a node's place, which serves again after `down`: a node that lives dies, one that is down is back then.
    pub(super) fn replace(&mut self, node: NodeId, down: Us, fault: u32, cause: RecordId) {
        if self.up(node) {
            return self.crash(node, Some(down), 0, fault, cause);
        }
        let epoch = self.epoch(node);
        self.moving += 1;
        self.calendar.put(self.now.after(down), Due::Restart(node, epoch));
    }

    /// How long a scripted crash keeps a node down; `None`: until the drain.
    fn down_for(&self, node: NodeId, kind: FaultKind, span: Option<Us>) -> Option<Us> {
        if kind == FaultKind::Off { None } else { Some(span.unwrap_or(self.plan.nodes[node.index()].restart)) }
    }

    /// A node loses its memory and its connections; what is durable stays, what was sent still arrives.
    pub(super) fn crash(&mut self, node: NodeId, down: Option<Us>, detail: u8, fault: u32, cause: RecordId) {
        let state = &mut self.nodes[node.index()];
        if !state.up {
            return;
        }
        (state.up, state.off, state.died) = (false, down.is_none(), self.now);
        state.epoch += 1;
        state.busy = 0;
        let epoch = state.epoch;
        let back = down.map_or(Us::NEVER, |down| self.now.after(down));
        let mut record = Record::new(self.now, node, Kind::Crashed);
        (record.value, record.detail, record.extra, record.cause) = (back.0, detail, fault, cause);
        let crash = self.record(record);
        self.kill_requests(node, crash);
        match self.role(node) {
            NodeRole::App => self.kill_app(crash),
            NodeRole::Source => self.kill_source(crash),
            NodeRole::Broker => self.kill_broker(),
            NodeRole::Follower => {}
            NodeRole::Relay(relay) => self.kill_relay(relay, crash),
            NodeRole::Connector => self.kill_connector(crash),
            NodeRole::Coordinator => self.kill_coordinator(crash),
            NodeRole::Consumer(member) => self.kill_consumer(member, crash),
            NodeRole::Recovery(recovery) => self.kill_recovery(recovery, crash),
            NodeRole::Store(store) => {
                if self.stores[store.index()].crash(self.now) {
                    let record = Record { cause: crash, ..Record::new(self.now, node, Kind::Emptied) };
                    self.record(record);
                }
            }
        }
        if let Some(down) = down {
            self.moving += 1;
            self.calendar.put(self.now.after(down), Due::Restart(node, epoch));
        }
    }

    /// Requests that the node was serving, or that waited for it, die; their callers hear nothing.
    fn kill_requests(&mut self, node: NodeId, crash: RecordId) {
        let serving = std::mem::take(&mut self.nodes[node.index()].serving);
        let waiting = std::mem::take(&mut self.nodes[node.index()].queue);
        for &id in serving.iter().chain(&waiting) {
            self.kill_request(node, id, crash);
        }
        // What is being served has an entry in the calendar, which lets go of it; what waits has none.
        for id in waiting {
            self.release(id);
        }
    }

    fn kill_request(&mut self, node: NodeId, id: CallId, crash: RecordId) {
        let Some(call) = self.get_call(id) else { return };
        let (event, op) = (call.payload.event, call.payload.op);
        let mut record = self.about(node, Kind::Killed, event, crash);
        if op != Op::NONE {
            record.op = op;
        }
        self.record(record);
        self.strand(id);
    }

    fn kill_source(&mut self, crash: RecordId) {
        for (_, id, ..) in std::mem::take(&mut self.parked) {
            self.strand(id);
            self.release(id);
        }
        self.drop_log_waiters();
        #[cfg(test)]
        if on(Mutant::SourceForgetsVote) {
            let prepared: Vec<_> = self.source.prepared().map(|open| open.xid).collect();
            for xid in prepared {
                self.roll_back(xid, AbortReason::Crashed, crash);
            }
        }
        for transaction in self.source.crash() {
            self.record_aborted(&transaction, AbortReason::Crashed, crash);
        }
        if self.plan.roles.connector.is_some() {
            self.record_slot(crash);
            self.connector_broken(crash);
        }
    }

    /// A node's down time is over, unless it has been up since.
    pub(super) fn restart_due(&mut self, node: NodeId, epoch: u32) {
        self.moving -= 1;
        if self.epoch(node) == epoch {
            self.restart(node, RecordId::NONE);
        }
    }

    /// A node comes up, with what is durable.
    pub(super) fn restart(&mut self, node: NodeId, cause: RecordId) {
        let state = &mut self.nodes[node.index()];
        if state.up {
            return;
        }
        (state.up, state.off) = (true, false);
        let epoch = state.epoch;
        let cause = self.record(Record { cause, ..Record::new(self.now, node, Kind::Restarted) });
        match self.role(node) {
            NodeRole::App | NodeRole::Store(_) | NodeRole::Recovery(_) => {}
            NodeRole::Source => self.recover_commits(cause),
            NodeRole::Broker => {
                self.catch_up();
                self.broker_restarted(cause);
            }
            NodeRole::Follower => self.catch_up(),
            NodeRole::Relay(relay) => self.relay_restarted(relay, epoch),
            NodeRole::Connector => self.connector_restarted(),
            NodeRole::Coordinator => self.coordinator_restarted(epoch, cause),
            NodeRole::Consumer(member) => self.consumer_restarted(member, cause),
        }
    }

    /// Every node that is down comes up, every link is as before.
    pub(super) fn heal(&mut self, cause: RecordId) {
        for link in 0..self.links.len() {
            self.links[link].next.clear();
            if std::mem::take(&mut self.links[link].cuts) > 0 {
                let mut record = Record::new(self.now, self.plan.links[link].from, Kind::LinkHealed);
                (record.link, record.cause) = (LinkId(link as u16), cause);
                let healed = self.record(record);
                self.link_changed(LinkId(link as u16), healed);
            }
        }
        for node in 0..self.nodes.len() {
            self.restart(NodeId(node as u16), cause);
        }
    }

    /// A fault of the document is due.
    pub(super) fn scripted(&mut self, fault: u32) {
        if self.draining {
            return;
        }
        let plan = &self.plan.faults[fault as usize];
        match (plan.kind, plan.target) {
            (FaultKind::Crash | FaultKind::Off, FaultTarget::Node(node)) => {
                if self.up(node) {
                    self.fired(fault);
                }
                let down = self.down_for(node, plan.kind, plan.span);
                self.crash(node, down, 0, fault, RecordId::NONE);
            }
            (FaultKind::Restart, FaultTarget::Node(node)) => {
                if !self.up(node) {
                    self.fired(fault);
                } else if self.role(node) == NodeRole::Connector {
                    self.fired(fault);
                    self.connector_restarts_in_order();
                }
                self.restart(node, RecordId::NONE);
            }
            (FaultKind::Cut, FaultTarget::Link(link)) => self.cut(fault, link, plan.span),
            (FaultKind::Failover, FaultTarget::Node(node)) if self.role(node) == NodeRole::Source => {
                self.source_fails_over(fault, plan.span);
            }
            (FaultKind::Failover, FaultTarget::Node(node)) => self.fail_over(fault, node, plan.span),
            (FaultKind::Abort, FaultTarget::Node(_)) => self.armed.abort_next.push(fault),
            (FaultKind::Update, FaultTarget::Key(key)) => self.person_changes(fault, key, false),
            (FaultKind::Delete, FaultTarget::Key(key)) => self.person_changes(fault, key, true),
            (FaultKind::SlotLost, FaultTarget::Node(_)) => self.slot_lost(fault),
            (_, FaultTarget::Link(link)) => self.links[link.index()].next.push(fault),
            (_, FaultTarget::Node(_) | FaultTarget::Key(_) | FaultTarget::Absent) => {}
        }
    }

    fn cut(&mut self, fault: u32, link: LinkId, span: Option<Us>) {
        self.fired(fault);
        self.links[link.index()].cuts += 1;
        let until = span.map_or(Us::NEVER, |span| self.now.after(span));
        let mut record = Record::new(self.now, self.link_ends(link).0, Kind::LinkFault);
        (record.link, record.value, record.extra, record.detail) = (link, until.0, fault, FaultKind::Cut as u8);
        let cut = self.record(record);
        self.link_changed(link, cut);
        if let Some(span) = span {
            self.calendar.put(self.now.after(span), Due::FaultEnd(fault));
        }
    }

    /// A cut is over.
    pub(super) fn fault_end(&mut self, fault: u32) {
        let FaultTarget::Link(link) = self.plan.faults[fault as usize].target else { return };
        let cuts = &mut self.links[link.index()].cuts;
        if *cuts == 0 {
            return;
        }
        *cuts -= 1;
        if *cuts == 0 {
            let record = Record::new(self.now, self.link_ends(link).0, Kind::LinkHealed);
            let healed = self.record(Record { link, ..record });
            self.link_changed(link, healed);
        }
    }

    /// Whether the transaction that is at its commit now is to abort by the document.
    pub(super) fn scripted_abort(&mut self) -> bool {
        if self.draining {
            return false;
        }
        self.armed.commits += 1;
        let number = self.armed.commits;
        let nth = self.armed.aborts.iter().find(|&&(_, nth)| nth == number || nth == 0).map(|&(fault, _)| fault);
        let fault = nth.or_else(|| self.armed.abort_next.pop());
        if let Some(fault) = fault {
            self.fired(fault);
        }
        fault.is_some()
    }
}
