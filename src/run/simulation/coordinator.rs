//! The coordinator of a two-phase commit, driven by `strategy::two_phase_commit::global_step`, and its recovery.

use super::call::{CallId, Caller, Identity, Payload, class_of_coordinator};
#[cfg(test)]
use super::mutant::{Mutant, on};
use super::{Due, Simulation};
use crate::scenario::plan::NodeRole;
use crate::strategy::two_phase_commit::{GlobalCommand, GlobalEvent, GlobalKnobs, GlobalState, global_step};
use crate::world::ids::{EventId, LinkId, NodeId, Op, Outcome, RecordId};
use crate::world::record::{Kind, Parcel, Record};

/// Which participant a call is for: its place among the voters, or the last resource.
pub type Participant = u32;

const LAST: Participant = u32::MAX;

/// What identifies a transaction, in memory and in the log.
#[derive(Clone, Debug)]
struct Branches {
    op: Op,
    request: u32,
    life: u32,
    events: Vec<EventId>,
}

/// A transaction in the coordinator's memory.
#[derive(Clone, Debug)]
struct Global {
    of: Branches,
    /// Whether its transaction at the source will abort, by the seed.
    abort: bool,
    /// The app's call, which is answered at the end.
    asked: Option<CallId>,
    state: GlobalState,
    /// Calls of the last resource that are not answered.
    last_left: u32,
}

/// The coordinator: its memory, and its log, which a crash does not touch.
#[derive(Clone, Debug, Default)]
pub struct CoordinatorProc {
    active: Vec<Global>,
    waiting: Vec<CallId>,
    /// Decisions to commit that not all participants have confirmed.
    log: Vec<Branches>,
    /// How often it has repeated or asked: what the draws of those calls belong to.
    rounds: u32,
}

impl CoordinatorProc {
    /// Whether it has nothing to do.
    pub fn idle(&self) -> bool {
        self.active.is_empty() && self.log.is_empty()
    }

    /// Whether it waits for the answer to a call.
    pub fn waits_for(&self, id: CallId) -> bool {
        self.waiting.contains(&id)
    }
}

impl Simulation<'_> {
    pub(super) fn schedule_coordinator(&mut self) {
        if let Some(node) = self.plan.roles.coordinator {
            let epoch = self.epoch(node);
            self.calendar.put(self.plan.two_phase.recovery, Due::Recovers(epoch));
        }
    }

    /// The app asks the coordinator to commit.
    pub(super) fn serve_commit_all(&mut self, id: CallId, payload: &Payload, caller: Caller, cause: RecordId) {
        let Caller::Op(slot, op) = caller else { return };
        let Some(proc) = self.ops.get(slot as usize).filter(|proc| proc.op == op) else { return };
        let (request, life) = (proc.request, proc.attempt);
        if self.coordinator.active.iter().any(|global| global.of.op == op) {
            return;
        }
        let events = self.events_of(slot, op);
        self.hold(id);
        self.coordinator.active.push(Global {
            of: Branches { op, request, life, events },
            abort: payload.small == 1,
            asked: Some(id),
            state: GlobalState::Idle,
            last_left: 0,
        });
        self.global_event(op, GlobalEvent::Start, cause);
    }

    fn global(&mut self, op: Op) -> Option<&mut Global> {
        self.coordinator.active.iter_mut().find(|global| global.of.op == op)
    }

    fn global_event(&mut self, op: Op, event: GlobalEvent, cause: RecordId) {
        let Some(node) = self.plan.roles.coordinator else { return };
        let two = &self.plan.two_phase;
        let knobs = GlobalKnobs { voters: two.voters.len() as u32, last_resource: two.last_resource.is_some() };
        let Some(global) = self.global(op) else { return };
        #[cfg(test)]
        let (event, state) = super::mutant::vote(event, global.state);
        #[cfg(test)]
        (global.state = state);
        let arrow = global_step(&knobs, global.state, event);
        global.state = arrow.next;
        let first = global.of.events.first().copied().unwrap_or(EventId::NONE);
        if let Some(point) = arrow.before
            && self.pass(node, point, op, first, cause)
        {
            return;
        }
        for ask in arrow.asks.into_iter().flatten() {
            self.global_asks(node, op, ask, cause);
        }
    }

    fn global_asks(&mut self, node: NodeId, op: Op, ask: GlobalCommand, cause: RecordId) {
        match ask {
            GlobalCommand::Prepare => {
                for voter in 0..self.plan.two_phase.voters.len() as u32 {
                    self.coordinator_tells(op, voter, Parcel::Prepare, false, cause);
                }
            }
            GlobalCommand::Tell(commit) => {
                if !commit {
                    self.coordinator_gives_up(node, op, cause);
                }
                for voter in 0..self.plan.two_phase.voters.len() as u32 {
                    self.coordinator_tells(op, voter, Parcel::Decide, commit, cause);
                }
            }
            GlobalCommand::LastResource => self.commit_last_resource(op, cause),
            GlobalCommand::Decide => {
                let Some(request) = self.global(op).map(|global| global.of.request) else { return };
                let code = super::role_code(NodeRole::Coordinator);
                let purpose = crate::kernel::rng::Purpose::Service;
                let span = self.plan.two_phase.log_time.draw(&mut self.draws.of(purpose, u64::from(request), code, 0));
                let epoch = self.epoch(node);
                self.moving += 1;
                self.calendar.put(self.now.after(span), Due::DecisionDurable(op, epoch, cause));
            }
            GlobalCommand::Answer(ok) => {
                if let Some(id) = self.global(op).and_then(|global| global.asked.take()) {
                    self.answer(id, ok, cause);
                    self.release(id);
                }
            }
            GlobalCommand::Forget => {
                self.coordinator.active.retain(|global| global.of.op != op);
                let before = self.coordinator.log.len();
                self.coordinator.log.retain(|logged| logged.op != op);
                if self.coordinator.log.len() < before {
                    self.record(Record { op, cause, ..Record::new(self.now, node, Kind::Forgotten) });
                }
            }
        }
    }

    /// The transaction is to abort: nobody will tell the stores, should the source commit it by hand.
    fn coordinator_gives_up(&mut self, node: NodeId, op: Op, cause: RecordId) {
        let events = self.global(op).map(|global| global.of.events.clone()).unwrap_or_default();
        for event in events {
            let record = self.about(node, Kind::GaveUp, event, cause);
            self.record(record);
        }
    }

    fn coordinator_calls(
        &mut self,
        link: LinkId,
        payload: Payload,
        to: Participant,
        identity: Identity,
        cause: RecordId,
    ) {
        let caller = Caller::Coordinator(payload.op, to);
        let class = class_of_coordinator(self.plan);
        let id = self.call(link, caller, Some(class), payload, identity, cause);
        self.coordinator.waiting.push(id);
    }

    /// Asks a participant for its vote, or tells it the decision.
    fn coordinator_tells(&mut self, op: Op, voter: u32, parcel: Parcel, commit: bool, cause: RecordId) {
        let Some(&link) = self.plan.two_phase.voters.get(voter as usize) else { return };
        let Some(global) = self.global(op) else { return };
        let (of, abort) = (global.of.clone(), global.abort);
        let event = of.events.first().copied().unwrap_or(EventId::NONE);
        let version = self.events.get(event.index()).map_or(0, |info| info.version);
        let mut payload = Payload { op, ..Payload::about(parcel, event, version) };
        payload.small = u32::from(if parcel == Parcel::Decide { commit } else { abort });
        payload.list = of.events.iter().map(|event| event.0).collect();
        let identity = Identity { major: u64::from(of.request), attempt: 1, row: voter, life: of.life };
        self.coordinator_calls(link, payload, voter, identity, cause);
    }

    /// The last resource commits, without a vote: a call for each event, or one commit if it is the source.
    fn commit_last_resource(&mut self, op: Op, cause: RecordId) {
        let Some(link) = self.plan.two_phase.last_resource else { return };
        let Some(global) = self.global(op) else { return };
        let (of, abort) = (global.of.clone(), global.abort);
        let parcel = match self.role(self.link_ends(link).1) {
            NodeRole::Source => Parcel::Commit,
            NodeRole::Broker => Parcel::Publish,
            NodeRole::Store(_)
            | NodeRole::App
            | NodeRole::Relay(_)
            | NodeRole::Connector
            | NodeRole::Coordinator
            | NodeRole::Follower
            | NodeRole::Recovery(_)
            | NodeRole::Consumer(_) => Parcel::Apply,
        };
        let calls = if parcel == Parcel::Commit { 1 } else { of.events.len() };
        if let Some(global) = self.global(op) {
            global.last_left = calls as u32;
        }
        for (row, &event) in of.events.iter().take(calls).enumerate() {
            let mut payload = Payload { op, ..Payload::about(parcel, event, self.events[event.index()].version) };
            payload.small = u32::from(abort && parcel == Parcel::Commit);
            let row = row as u32;
            let identity = Identity { major: u64::from(of.request), attempt: 1, row, life: of.life };
            self.coordinator_calls(link, payload, LAST, identity, cause);
        }
    }

    /// The decision is in the log, unless the coordinator died before.
    pub(super) fn decision_durable(&mut self, op: Op, epoch: u32, cause: RecordId) {
        self.moving -= 1;
        let Some(node) = self.plan.roles.coordinator.filter(|node| self.epoch(*node) == epoch) else { return };
        let Some(of) = self.global(op).map(|global| global.of.clone()) else { return };
        let event = of.events.first().copied().unwrap_or(EventId::NONE);
        let record = Record { op, ..self.about(node, Kind::DecisionLogged, event, cause) };
        let cause = self.record(record);
        self.coordinator.log.push(of);
        self.global_event(op, GlobalEvent::Durable, cause);
    }

    /// A call of the coordinator has ended.
    pub(super) fn coordinator_answered(
        &mut self,
        op: Op,
        to: Participant,
        id: CallId,
        outcome: Outcome,
        cause: RecordId,
    ) {
        self.coordinator.waiting.retain(|waiting| *waiting != id);
        let Some(payload) = self.get_call(id).map(|call| call.payload.clone()) else { return };
        let ok = outcome == Outcome::Ok;
        match payload.parcel {
            Parcel::Recover if ok => self.presume_abort(to, &payload.list, cause),
            Parcel::Prepare => self.global_event(op, if ok { GlobalEvent::Yes } else { GlobalEvent::No }, cause),
            Parcel::Decide if payload.small == 1 && ok => self.global_event(op, GlobalEvent::Confirmed, cause),
            Parcel::Decide if payload.small == 1 => {
                let Some(node) = self.plan.roles.coordinator else { return };
                let epoch = self.epoch(node);
                let again = self.now.after(self.plan.two_phase.recovery);
                self.calendar.put(again, Due::TellAgain(op, to, epoch));
            }
            Parcel::Publish | Parcel::Apply | Parcel::Commit => self.last_answered(op, ok, cause),
            // An abort need not be confirmed, and what could not be asked is asked in the next round.
            _ => {}
        }
    }

    fn last_answered(&mut self, op: Op, ok: bool, cause: RecordId) {
        let Some(global) = self.global(op) else { return };
        global.last_left = global.last_left.saturating_sub(1);
        match (ok, global.last_left) {
            (true, 0) => self.global_event(op, GlobalEvent::LastDone, cause),
            (true, _) => {}
            (false, _) => self.global_event(op, GlobalEvent::LastFailed, cause),
        }
    }

    /// A decision that was not confirmed is told again, unless the coordinator died since: then its log tells it.
    pub(super) fn tell_again(&mut self, op: Op, to: Participant, epoch: u32) {
        let Some(node) = self.plan.roles.coordinator.filter(|node| self.epoch(*node) == epoch) else { return };
        let Some(of) = self.global(op).map(|global| global.of.clone()) else { return };
        let Some(&link) = self.plan.two_phase.voters.get(to as usize) else { return };
        let event = of.events.first().copied().unwrap_or(EventId::NONE);
        let retried = Record { op, ..self.about(node, Kind::Retried, event, RecordId::NONE) };
        let cause = self.record(retried);
        let mut payload = Payload { op, ..Payload::about(Parcel::Decide, event, 0) };
        payload.version = self.events.get(event.index()).map_or(0, |info| info.version);
        payload.small = 1;
        self.coordinator.rounds += 1;
        let attempt = 2 + self.coordinator.rounds % 4_000;
        let identity = Identity { major: u64::from(of.request), attempt, row: to, life: of.life };
        self.coordinator_calls(link, payload, to, identity, cause);
    }

    /// Time to ask every participant what it has prepared, unless the coordinator died since this was scheduled.
    pub(super) fn recovers(&mut self, epoch: u32) {
        let Some(node) = self.plan.roles.coordinator else { return };
        if !self.up(node) || self.epoch(node) != epoch {
            return;
        }
        for (to, link) in self.plan.two_phase.voters.clone().into_iter().enumerate() {
            self.coordinator.rounds += 1;
            let major = u64::from(self.coordinator.rounds);
            let identity = Identity { major, attempt: 1, row: to as u32, life: epoch };
            let payload = Payload::about(Parcel::Recover, EventId::NONE, 0);
            self.coordinator_calls(link, payload, to as u32, identity, RecordId::NONE);
        }
        self.calendar.put(self.now.after(self.plan.two_phase.recovery), Due::Recovers(epoch));
    }

    /// What a participant has prepared, and neither memory nor log knows, is aborted.
    fn presume_abort(&mut self, to: Participant, prepared: &[u32], cause: RecordId) {
        let Some(&link) = self.plan.two_phase.voters.get(to as usize) else { return };
        for op in prepared.iter().map(|op| Op(*op)) {
            let known = self.coordinator.active.iter().map(|global| &global.of).chain(&self.coordinator.log);
            if known.map(|of| of.op).any(|known| known == op) {
                continue;
            }
            let payload = Payload { op, ..Payload::about(Parcel::Decide, EventId::NONE, 0) };
            #[cfg(test)]
            let payload = Payload { small: u32::from(on(Mutant::CoordinatorPresumesCommit)), ..payload };
            self.coordinator.rounds += 1;
            let identity = Identity { major: u64::from(op.0), attempt: 3, row: to, life: self.coordinator.rounds };
            self.coordinator_calls(link, payload, to, identity, cause);
        }
    }

    /// The coordinator dies, with what is not in its log.
    pub(super) fn kill_coordinator(&mut self, crash: RecordId) {
        let Some(node) = self.plan.roles.coordinator else { return };
        self.coordinator.waiting.clear();
        for global in std::mem::take(&mut self.coordinator.active) {
            for &event in &global.of.events {
                let record = Record { op: global.of.op, ..self.about(node, Kind::Killed, event, crash) };
                self.record(record);
            }
            if let Some(id) = global.asked {
                self.strand(id);
                self.release(id);
            }
        }
    }

    /// The coordinator is up again: it tells what its log says, and asks what else is prepared.
    pub(super) fn coordinator_restarted(&mut self, epoch: u32, cause: RecordId) {
        for of in self.coordinator.log.clone() {
            let op = of.op;
            let global = Global { of, abort: false, asked: None, state: GlobalState::Idle, last_left: 0 };
            self.coordinator.active.push(global);
            self.global_event(op, GlobalEvent::Recovered, cause);
        }
        self.calendar.put(self.now, Due::Recovers(epoch));
    }
}
