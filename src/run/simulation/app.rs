//! Clients and the app: requests arrive, each operation is a process driven by its strategy's machine.

mod clients;
mod compensate;

pub use clients::{Request, Zipf};

use super::call::{CLASS_DIRECT, CLASS_SOURCE, CallId, Caller, Identity, Payload};
use super::{Due, EventInfo, Simulation};
use crate::kernel::rng::Purpose;
use crate::kernel::sorted::sort;
use crate::kernel::time::Us;
use crate::strategy::Flow;
use crate::strategy::machine::{AppCommand, AppEvent, AppKnobs};
use crate::world::ids::{EventId, Key, LinkId, Op, OpKind, Outcome, RecordId, StoreId};
use crate::world::record::{CANARY, Kind, Parcel, Record};
use compensate::taken_back;

/// One operation in progress.
#[derive(Clone, Debug)]
pub struct OpProc {
    pub op: Op,
    pub request: u32,
    pub attempt: u32,
    pub key: Key,
    /// The rows that it changes, in the order of their locks.
    pub keys: Vec<Key>,
    asked: OpKind,
    flow: Flow,
    /// Its events, once they are known: the first, the others follow.
    events: Option<EventId>,
    pub waiting: CallId,
    /// Whether the source has begun its transaction.
    pub begun: bool,
    /// Whether the source has taken its write.
    pub written: bool,
    /// When the last request that it has sent to the source arrives; `None` if it has sent none.
    connected: Option<Us>,
    /// The call of its second write that it makes, or wants to make, and for the n-th time.
    publishing: (u32, u32),
    pub cause: RecordId,
    tx_time: Us,
    abort: bool,
    /// How many calls of its second write are confirmed.
    pub published: u32,
    /// Whether it takes back what another operation did.
    undoes: bool,
}

impl Simulation<'_> {
    fn new_op(&mut self, op: Op, request: u32, cause: RecordId) -> u32 {
        let asking = *self.request_mut(request);
        let all = self.plan.keys() as u32;
        let mut keys: Vec<Key> =
            (0..self.plan.workload.rows_per_tx.min(all)).map(|nth| Key((asking.key.0 + nth) % all)).collect();
        if request >= CANARY {
            keys.truncate(1);
        }
        sort(&mut keys);
        let proc = OpProc {
            op,
            request,
            attempt: asking.attempts,
            key: asking.key,
            keys,
            asked: asking.asked,
            flow: self.plan.strategy.idle(),
            events: None,
            waiting: CallId::NONE,
            begun: false,
            written: false,
            connected: None,
            publishing: (0, 1),
            cause,
            tx_time: asking.tx_time,
            abort: asking.abort,
            published: 0,
            undoes: false,
        };
        if let Some(slot) = self.free_ops.pop() {
            self.ops[slot as usize] = proc;
            return slot;
        }
        self.ops.push(proc);
        self.ops.len() as u32 - 1
    }

    /// What an operation asks of the row of one of its events.
    pub(super) fn asked(&self, slot: u32, event: EventId) -> OpKind {
        match self.events[event.index()].cancels.some() {
            Some(cancelled) => self.events[cancelled.index()].kind.inverse(),
            None => self.ops[slot as usize].asked,
        }
    }

    /// The events of an operation, made when they are first needed.
    pub(super) fn events_of(&mut self, slot: u32, op: Op) -> Vec<EventId> {
        let Some(proc) = self.ops.get(slot as usize).filter(|proc| proc.op == op) else { return Vec::new() };
        let (keys, request, asked) = (proc.keys.clone(), proc.request, proc.asked);
        let first = proc.events.unwrap_or(EventId(self.events.len() as u32));
        if proc.events.is_none() {
            for &key in &keys {
                let (kind, version) = (self.source.effective(key, asked), self.source.row(key).version + 1);
                self.events.push(EventInfo {
                    request,
                    op,
                    key,
                    kind,
                    version,
                    commit: 0,
                    sent: 0,
                    cancels: EventId::NONE,
                });
            }
            self.ops[slot as usize].events = Some(first);
        }
        (0..keys.len() as u32).map(|nth| EventId(first.0 + nth)).collect()
    }

    /// Drives an operation's machine with one event.
    pub(super) fn op_event(&mut self, slot: u32, event: AppEvent, cause: RecordId) {
        let (app, proc) = (self.plan.roles.app, &mut self.ops[slot as usize]);
        let op = proc.op;
        proc.cause = cause;
        let knobs = AppKnobs { compensates: self.knobs.compensates && !proc.undoes, ..self.knobs };
        let arrow = proc.flow.step(&knobs, event);
        proc.flow = arrow.next;
        let about = proc.events.map_or(EventId::NONE, |first| first);
        if let Some(point) = arrow.before
            && self.pass(app, point, op, about, cause)
        {
            return;
        }
        for ask in arrow.asks.into_iter().flatten() {
            let sent = self.op_asks(slot, op, ask, cause);
            if let (true, Some(point)) = (sent, arrow.after)
                && self.pass(app, point, op, about, cause)
            {
                return;
            }
        }
    }

    /// Does what an operation asks for. Says whether a request has left the app.
    fn op_asks(&mut self, slot: u32, op: Op, ask: AppCommand, cause: RecordId) -> bool {
        match ask {
            AppCommand::Write => self.op_calls_source(slot, Parcel::Write, cause),
            AppCommand::Enqueue => self.op_calls_source(slot, Parcel::Enqueue, cause),
            AppCommand::Commit => self.op_calls_source(slot, Parcel::Commit, cause),
            AppCommand::Hold => self.op_waits(slot, op, self.ops[slot as usize].tx_time, cause),
            AppCommand::Gap => {
                let (request, life) = (self.ops[slot as usize].request, self.ops[slot as usize].life());
                let gap = &self.plan.direct.gap;
                let span = gap.draw(&mut self.draws.of(Purpose::Operation, u64::from(request), 2, life));
                self.op_waits(slot, op, span, cause)
            }
            AppCommand::Validate => self.op_validates(slot, op, cause),
            AppCommand::CommitAll => self.op_commits_all(slot, cause),
            AppCommand::Buffer => self.op_buffers(slot, op, cause),
            AppCommand::Backoff => {
                let record = Record { op, cause, ..Record::new(self.now, self.plan.roles.app, Kind::Retried) };
                let retried = self.record(record);
                self.op_waits(slot, op, self.plan.direct.backoff, retried)
            }
            AppCommand::Publish { call, attempt } => self.op_publishes(slot, op, call, attempt, cause),
            AppCommand::GiveUp => self.op_gives_up(slot, cause),
            AppCommand::Compensate => self.op_compensates(slot, cause),
            AppCommand::Disconnect => self.op_disconnects(slot),
            AppCommand::Reply(outcome) => self.op_replies(slot, outcome, cause),
            AppCommand::End => self.op_ends(slot),
        }
    }

    fn op_calls_source(&mut self, slot: u32, parcel: Parcel, cause: RecordId) -> bool {
        let proc = &self.ops[slot as usize];
        let (op, abort) = (proc.op, proc.abort);
        let event = proc.events.unwrap_or(EventId::NONE);
        let version = self.events.get(event.index()).map_or(0, |info| info.version);
        let mut payload = Payload { op, ..Payload::about(parcel, event, version) };
        payload.small = u32::from(abort && parcel == Parcel::Commit);
        let identity = Identity { major: u64::from(proc.request), attempt: 1, row: 0, life: proc.life() };
        let link = self.plan.roles.app_source;
        let id = self.call(link, Caller::Op(slot, op), Some(CLASS_SOURCE), payload, identity, cause);
        let proc = &mut self.ops[slot as usize];
        proc.waiting = id;
        proc.connected = Some(self.last_arrival);
        true
    }

    /// Asks the coordinator. The connection to the source stays open behind it.
    fn op_commits_all(&mut self, slot: u32, cause: RecordId) -> bool {
        let Some(link) = self.plan.roles.app_coordinator else { return false };
        let proc = &self.ops[slot as usize];
        let event = proc.events.unwrap_or(EventId::NONE);
        let version = self.events.get(event.index()).map_or(0, |info| info.version);
        let mut payload = Payload { op: proc.op, ..Payload::about(Parcel::CommitAll, event, version) };
        payload.small = u32::from(proc.abort);
        let identity = Identity { major: u64::from(proc.request), attempt: 1, row: 0, life: proc.life() };
        let (caller, class) = (Caller::Op(slot, proc.op), Some(CLASS_SOURCE));
        let id = self.call(link, caller, class, payload, identity, cause);
        self.ops[slot as usize].waiting = id;
        true
    }

    fn op_waits(&mut self, slot: u32, op: Op, span: Us, cause: RecordId) -> bool {
        self.ops[slot as usize].cause = cause;
        if span == Us::ZERO {
            self.op_event(slot, AppEvent::Elapsed, cause);
        } else {
            self.calendar.put(self.now.after(span), Due::OpTimer(slot, op));
        }
        false
    }

    /// The time that an operation waited is over, if it still lives.
    pub(super) fn op_timer(&mut self, slot: u32, op: Op) {
        if self.ops[slot as usize].op == op {
            self.op_event(slot, AppEvent::Elapsed, self.ops[slot as usize].cause);
        }
    }

    fn op_publishes(&mut self, slot: u32, op: Op, call: u32, attempt: u32, cause: RecordId) -> bool {
        self.ops[slot as usize].publishing = (call, attempt);
        if self.plan.direct.blocking {
            if !self.lane.contains(&slot) {
                self.lane.push_back(slot);
            }
            if self.lane.front() != Some(&slot) {
                return false;
            }
        }
        let Some((row, event, link, parcel)) = self.second_write(slot, op, call) else {
            // Fewer keys than rows per transaction: nothing is left to publish.
            self.op_event(slot, AppEvent::Done, cause);
            return false;
        };
        let version = self.events[event.index()].version;
        let proc = &self.ops[slot as usize];
        let identity = Identity { major: u64::from(proc.request), attempt, row, life: proc.life() };
        let mut payload = Payload::about(parcel, event, version);
        payload.op = op;
        let id = self.call(link, Caller::Op(slot, op), Some(CLASS_DIRECT), payload, identity, cause);
        self.ops[slot as usize].waiting = id;
        true
    }

    /// A call of the second write: which row it is about, its event, and over which link it goes as what.
    pub(super) fn second_write(&mut self, slot: u32, op: Op, call: u32) -> Option<(u32, EventId, LinkId, Parcel)> {
        let targets = self.knobs.calls / self.plan.workload.rows_per_tx.max(1);
        let (row, target) = (call / targets.max(1), call % targets.max(1));
        let event = *self.events_of(slot, op).get(row as usize)?;
        let (link, parcel) = match self.plan.roles.app_broker {
            Some(link) => (link, Parcel::Publish),
            None => (self.direct_link(target), Parcel::Apply),
        };
        Some((row, event, link, parcel))
    }

    fn direct_link(&self, target: u32) -> LinkId {
        let own = self.plan.stores.iter().zip(&self.plan.roles.app_store).filter(|(store, _)| !store.fed);
        own.map(|(_, link)| *link).nth(target as usize).flatten().unwrap_or(LinkId::NONE)
    }

    /// A call of an operation has ended.
    pub(super) fn op_answered(&mut self, slot: u32, id: CallId, outcome: Outcome, cause: RecordId) {
        let second =
            self.get_call(id).is_some_and(|call| matches!(call.payload.parcel, Parcel::Publish | Parcel::Apply));
        if second {
            self.publish_calls.ended += 1;
            self.publish_calls.failed += u64::from(outcome != Outcome::Ok);
            self.ops[slot as usize].published += u32::from(outcome == Outcome::Ok);
        }
        let commits = self.get_call(id).is_some_and(|call| call.payload.parcel == Parcel::Commit);
        if commits && outcome == Outcome::Ok && self.plan.roles.broker.is_none() {
            for event in self.events_of(slot, self.ops[slot as usize].op) {
                for store in 0..self.plan.stores.len() as u16 {
                    let fed = self.plan.stores[usize::from(store)].fed;
                    let link = self.plan.roles.app_store[usize::from(store)].filter(|_| !fed);
                    self.deletes_again(self.plan.roles.app, StoreId(store), link, event);
                }
            }
        }
        self.ops[slot as usize].waiting = CallId::NONE;
        let event = match outcome {
            Outcome::Ok => AppEvent::Done,
            Outcome::Failed => AppEvent::Failed,
            Outcome::Unknown => AppEvent::TimedOut,
        };
        self.op_event(slot, event, cause);
    }

    /// The rest of the second write is given up: one record for each event that is not confirmed.
    fn op_gives_up(&mut self, slot: u32, cause: RecordId) -> bool {
        for event in self.owed(slot) {
            let record = self.about(self.plan.roles.app, Kind::GaveUp, event, cause);
            self.record(record);
            self.abandon(self.plan.roles.app, event);
        }
        false
    }

    /// The events of an operation whose second write is not confirmed.
    fn owed(&self, slot: u32) -> Vec<EventId> {
        let proc = &self.ops[slot as usize];
        let rows = self.plan.workload.rows_per_tx.max(1);
        let confirmed = if self.plan.strategy.direct() { proc.published * rows / self.knobs.calls.max(1) } else { 0 };
        let first = proc.events.map_or(0, |first| first.0);
        let n = if proc.events.is_some() { proc.keys.len() as u32 } else { 0 };
        (confirmed.min(n)..n).map(|nth| EventId(first + nth)).collect()
    }

    /// The events that the app still owes to the second system, over all operations.
    pub(super) fn owed_by_operations(&self) -> Vec<EventId> {
        let live = (0..self.ops.len() as u32).filter(|slot| self.ops[*slot as usize].op != Op::NONE);
        if self.plan.strategy.direct() { live.flat_map(|slot| self.owed(slot)).collect() } else { Vec::new() }
    }

    /// The app's connection for this operation breaks: the source learns so, behind what is on its way.
    fn op_disconnects(&mut self, slot: u32) -> bool {
        let proc = &self.ops[slot as usize];
        let (op, request) = (proc.op, proc.request);
        let Some(last) = proc.connected else { return false };
        let span = self.one_way(self.plan.roles.app_source, u64::from(request));
        self.moving += 1;
        self.calendar.put(self.now.after(span).max(last), Due::Disconnect(op));
        false
    }

    fn op_replies(&mut self, slot: u32, outcome: Outcome, cause: RecordId) -> bool {
        let proc = &self.ops[slot as usize];
        let (op, request, attempt, key) = (proc.op, proc.request, proc.attempt, proc.key);
        let outcome = if proc.undoes { taken_back(outcome) } else { outcome };
        let record = Record { op, key, cause, ..Record::new(self.now, self.plan.roles.app, Kind::Replied) };
        let asking = *self.request_mut(request);
        let heard = asking.outcome.is_none() && asking.attempts == attempt;
        let value = if heard { self.now.since(asking.first).0 } else { u64::MAX };
        self.record(Record { detail: outcome as u8, value, extra: request, ..record });
        if heard {
            self.client_told(request, outcome);
        }
        false
    }

    fn op_ends(&mut self, slot: u32) -> bool {
        self.free_op(slot);
        let app = self.plan.roles.app;
        self.nodes[app.index()].busy -= 1;
        self.leave_lane(slot);
        let workers = self.nodes[app.index()].workers;
        if workers > 0
            && self.nodes[app.index()].busy < workers
            && let Some(next) = self.accept.pop_front()
        {
            self.nodes[app.index()].busy += 1;
            let cause = self.ops[next as usize].cause;
            self.op_event(next, AppEvent::Start, cause);
        }
        false
    }

    fn free_op(&mut self, slot: u32) {
        let proc = &mut self.ops[slot as usize];
        (proc.op, proc.waiting) = (Op::NONE, CallId::NONE);
        self.free_ops.push(slot);
        self.active_ops -= 1;
    }

    /// An operation leaves the blocking lane: the next in line publishes.
    fn leave_lane(&mut self, slot: u32) {
        let front = self.lane.front() == Some(&slot);
        self.lane.retain(|waiting| *waiting != slot);
        if front && let Some(&next) = self.lane.front() {
            let proc = &self.ops[next as usize];
            let (op, cause, (call, attempt)) = (proc.op, proc.cause, proc.publishing);
            self.op_publishes(next, op, call, attempt, cause);
        }
    }

    /// The app dies: every operation dies with it, and its connections break.
    pub(super) fn kill_app(&mut self, crash: RecordId) {
        let app = self.plan.roles.app;
        for slot in 0..self.ops.len() as u32 {
            let (op, key) = (self.ops[slot as usize].op, self.ops[slot as usize].key);
            if op == Op::NONE {
                continue;
            }
            let owed = self.owed(slot);
            for &event in &owed {
                let record = self.about(app, Kind::Killed, event, crash);
                self.record(record);
            }
            if owed.is_empty() {
                self.record(Record { op, key, cause: crash, ..Record::new(self.now, app, Kind::Killed) });
            }
            self.op_disconnects(slot);
            self.free_op(slot);
        }
        self.kill_producer(crash);
        self.readers.clear();
        self.accept.clear();
        self.lane.clear();
        self.nodes[app.index()].busy = 0;
    }
}
