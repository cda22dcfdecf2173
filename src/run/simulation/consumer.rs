//! The stores' consumers and how the broker pushes records to them; driven by `world::consumer::step`.

mod feed;
mod offsets;
mod poison;

use super::call::{CallId, Caller, Identity, Payload, class_of_consumer};
#[cfg(test)]
use super::mutant::{Mutant, on};
use super::{Due, Simulation};
use crate::kernel::time::Us;
use crate::strategy::CrashPoint;
use crate::world::consumer::{Command, Event, Passes, State, step};
use crate::world::ids::{CommitMode, EventId, LinkId, NodeId, Op, OpKind, Outcome, RecordId, StoreId};
use crate::world::record::{Kind, Parcel, Record, RejectReason};
use std::collections::VecDeque;

/// A record in a consumer's memory.
#[derive(Clone, Copy, Debug)]
struct Fetched {
    partition: u32,
    offset: u64,
    epoch: u32,
    event: EventId,
    version: u32,
    /// Whether its row is shown again, which is no delivery.
    again: bool,
    /// Whether it comes from where it was put aside: its offset is long committed.
    redriven: bool,
    cause: RecordId,
}

/// A consumer's memory: a crash loses all of it.
#[derive(Clone, Debug)]
pub struct ConsumerProc {
    state: State,
    buffer: VecDeque<Fetched>,
    batch: Vec<Fetched>,
    pub waiting: CallId,
    /// By partition: the offset that it expects next. What comes twice, or after a gap, is not taken.
    expected: Vec<u64>,
    /// By partition: where a reset took it. It commits nothing below.
    floors: Vec<u64>,
    /// Records pushed to it, that it has not processed: the prefetch window's use.
    ahead: u32,
    commits: u64,
    fetches: u32,
    refetching: bool,
    /// With auto-commit: by partition, the offset behind what earlier polls returned: what the next commit says, even if
    /// an earlier one has said it.
    returned: Vec<(u32, u64, u32)>,
    /// When a poll may commit that.
    auto_due: Us,
    /// Whether the next poll that finds nothing is in the calendar.
    auto_armed: bool,
    /// What was put aside and is to come back, in the order of its coming. A crash does not lose it.
    aside: VecDeque<Fetched>,
}

impl ConsumerProc {
    /// A consumer that has read nothing.
    pub fn new(partitions: u32) -> ConsumerProc {
        ConsumerProc {
            state: State::Idle,
            buffer: VecDeque::new(),
            batch: Vec::new(),
            waiting: CallId::NONE,
            expected: vec![0; partitions as usize],
            floors: vec![0; partitions as usize],
            ahead: 0,
            commits: 0,
            fetches: 0,
            refetching: false,
            returned: Vec::new(),
            auto_due: Us::ZERO,
            auto_armed: false,
            aside: VecDeque::new(),
        }
    }

    /// The offset of a partition that it expects next.
    pub fn expected(&self, partition: u32) -> u64 {
        self.expected[partition as usize]
    }

    /// It goes on at another offset of a partition.
    pub fn jump(&mut self, partition: u32, to: u64) {
        (self.expected[partition as usize], self.floors[partition as usize]) = (to, to);
    }

    /// Whether it has nothing to do.
    pub fn idle(&self) -> bool {
        self.state == State::Idle && self.buffer.is_empty() && !self.refetching
    }

    /// The events in its memory that it is not done with.
    pub fn events(&self) -> impl Iterator<Item = EventId> + '_ {
        self.held().map(|fetched| fetched.event)
    }

    /// What is in its memory that it is not done with: the rest of the batch, and what was fetched ahead.
    fn held(&self) -> impl Iterator<Item = &Fetched> {
        self.batch.iter().skip(self.state.left() as usize).chain(&self.buffer)
    }
}

impl Simulation<'_> {
    fn consumer_polls(&mut self, store: StoreId, cause: RecordId) {
        let Some(node) = self.plan.roles.consumers[store.index()] else { return };
        let most = self.plan.fed(store).max_poll as usize;
        let consumer = &mut self.consumers[store.index()];
        let n = consumer.buffer.len().min(most);
        consumer.batch.clear();
        consumer.batch.extend(consumer.buffer.drain(..n));
        if n == 0 {
            return;
        }
        #[cfg(test)]
        let first = on(Mutant::ConsumerCommitsFirst);
        #[cfg(test)]
        if first || on(Mutant::ConsumerCommitsReplay) && self.nodes[node.index()].epoch > 0 {
            for of in &consumer.batch {
                self.broker.commit(store, of.partition, of.offset + 1, of.epoch);
            }
        }
        let first = consumer.batch[0].event;
        let mut record = self.about(node, Kind::Polled, first, cause);
        (record.value, record.version) = (n as u64, self.consumers[store.index()].batch[0].version);
        let cause = self.record(record);
        self.consumer_event(store, node, Event::Polled(n as u32), cause);
    }

    fn consumer_event(&mut self, store: StoreId, node: NodeId, event: Event, cause: RecordId) {
        let knobs = self.plan.fed(store).consumer_knobs();
        let (next, passes, ask) = step(&knobs, self.consumers[store.index()].state, event);
        let about = self.current_record(store);
        self.consumers[store.index()].state = next;
        let point = passes.map(|passes| match passes {
            Passes::PollApply => CrashPoint::ConsumerPollApply,
            Passes::ApplyCommit => CrashPoint::ConsumerApplyCommit,
            Passes::CommitPoll => CrashPoint::ConsumerCommitPoll,
            Passes::CommitApply => CrashPoint::ConsumerCommitApply,
            Passes::ApplyPoll => CrashPoint::ConsumerApplyPoll,
            Passes::ApplyMark => CrashPoint::ConsumerApplyMark,
            Passes::ApplyEmit => CrashPoint::ConsumerApplyEmit,
        });
        if let Some(point) = point
            && self.pass(node, point, Op::NONE, about, cause)
        {
            return;
        }
        match ask {
            Some(Command::Poll) => {
                if knobs.commit == CommitMode::Auto {
                    self.auto_commits(store, node, cause);
                }
                let consumer = &mut self.consumers[store.index()];
                consumer.ahead = consumer.ahead.saturating_sub(consumer.batch.len() as u32);
                consumer.batch.clear();
                self.pump_all(store, cause);
                self.consumer_polls(store, cause);
            }
            Some(Command::Apply(at, attempt)) => self.consumer_applies(store, at, attempt, cause),
            Some(Command::GiveUp(at)) => self.consumer_gives_up(store, node, at, cause),
            Some(Command::Mark(at, attempt)) => self.consumer_marks(store, at, attempt, cause),
            Some(Command::Emit(at, attempt)) => self.consumer_emits(store, at, attempt, cause),
            Some(Command::Backoff) => {
                let record = self.about(node, Kind::Retried, about, cause);
                self.record(record);
                let epoch = self.epoch(node);
                let retry = self.plan.fed(store).retry;
                self.calendar.put(self.now.after(retry), Due::ConsumerTimer(store, epoch));
            }
            Some(Command::Commit) => self.consumer_commits(store, cause),
            None => {}
        }
    }

    /// The event of the record that a consumer is at.
    fn current_record(&self, store: StoreId) -> EventId {
        let consumer = &self.consumers[store.index()];
        let at = consumer.state.at().unwrap_or(0);
        consumer.batch.get(at as usize).map_or(EventId::NONE, |fetched| fetched.event)
    }

    /// Whether the record that a consumer is at shows its row again.
    fn current_again(&self, store: StoreId) -> bool {
        let consumer = &self.consumers[store.index()];
        let State::Applying { at, .. } = consumer.state else { return false };
        consumer.batch.get(at as usize).is_some_and(|fetched| fetched.again)
    }

    fn consumer_applies(&mut self, store: StoreId, at: u32, attempt: u32, cause: RecordId) {
        let Some(link) = self.plan.roles.consumer_store[store.index()] else { return };
        let Some(fetched) = self.consumers[store.index()].batch.get(at as usize).copied() else { return };
        self.draw_poison(store, fetched.event);
        // The first record of a poll goes on from the poll; the others from their own arrival.
        let cause = if at == 0 || attempt > 1 { cause } else { fetched.cause };
        // A delete says all there is to say; anything else may only name its row.
        let delete = self.events[fetched.event.index()].kind == OpKind::Delete;
        let own = self.plan.roles.own_consumer.is_some_and(|own| self.plan.roles.consumers[store.index()] == Some(own));
        match self.plan.roles.consumer_source[store.index()].filter(|_| !delete) {
            Some(source) => {
                let payload = Payload::about(Parcel::Read, fetched.event, fetched.version);
                self.consumer_calls(store, source, fetched.event, payload, attempt, cause);
            }
            None => {
                let parcel = if own { Parcel::Upsert } else { Parcel::Apply };
                let mut payload = Payload::about(parcel, fetched.event, fetched.version);
                payload.again = fetched.again;
                self.consumer_calls(store, link, fetched.event, payload, attempt, cause);
            }
        }
    }

    /// A call for a record: `told` is its event, by which the draws go.
    fn consumer_calls(
        &mut self,
        store: StoreId,
        link: LinkId,
        told: EventId,
        payload: Payload,
        attempt: u32,
        cause: RecordId,
    ) {
        let from = self.link_ends(link).0;
        let request = self.events[told.index()].request;
        let identity = Identity { major: u64::from(request), attempt, row: told.0 % 16, life: self.epoch(from) };
        let id = self.call(
            link,
            Caller::Consumer(store),
            Some(class_of_consumer(self.plan, store)),
            payload,
            identity,
            cause,
        );
        self.consumers[store.index()].waiting = id;
    }

    /// The source has answered a consumer's read: what it found is applied; if it found nothing the event is dropped.
    fn consumer_read(&mut self, store: StoreId, node: NodeId, told: EventId, found: EventId, cause: RecordId) {
        let State::Applying { attempt, .. } = self.consumers[store.index()].state else { return };
        let Some(link) = self.plan.roles.consumer_store[store.index()] else { return };
        let event = self.events[told.index()];
        let row = found.some().map(|found| self.events[found.index()]);
        let reason = match row {
            None => Some(RejectReason::NotFound),
            // What it finds is the row of before: the consumer cannot tell, and applies it.
            Some(row) if event.commit == 0 || row.commit < event.commit => Some(RejectReason::Before),
            Some(_) => None,
        };
        let mut cause = cause;
        if let Some(reason) = reason {
            let record = Record { detail: reason as u8, ..self.about(node, Kind::Rejected, told, cause) };
            cause = self.record(record);
        }
        let Some(row) = row else { return self.consumer_event(store, node, Event::Dropped, cause) };
        let mut payload = Payload::about(Parcel::Apply, found, row.version);
        payload.told = if found == told { EventId::NONE } else { told };
        payload.again = self.current_again(store);
        self.consumer_calls(store, link, told, payload, attempt, cause);
    }

    /// The consumer hands a record on to the next store, and waits until that has it.
    fn consumer_emits(&mut self, store: StoreId, at: u32, attempt: u32, cause: RecordId) {
        let Some(link) = self.plan.roles.emit_store[store.index()] else { return };
        let Some(fetched) = self.consumers[store.index()].batch.get(at as usize).copied() else { return };
        let mut payload = Payload::about(Parcel::Apply, fetched.event, fetched.version);
        payload.again = fetched.again;
        self.consumer_calls(store, link, fetched.event, payload, attempt, cause);
    }

    /// The consumer tells the inbox that the store has had a record.
    fn consumer_marks(&mut self, store: StoreId, at: u32, attempt: u32, cause: RecordId) {
        let Some(link) = self.plan.roles.consumer_store[store.index()] else { return };
        let Some(fetched) = self.consumers[store.index()].batch.get(at as usize).copied() else { return };
        let payload = Payload::about(Parcel::Remember, fetched.event, fetched.version);
        self.consumer_calls(store, link, fetched.event, payload, attempt, cause);
    }

    /// A call of a consumer has ended.
    pub(super) fn consumer_answered(&mut self, store: StoreId, id: CallId, outcome: Outcome, cause: RecordId) {
        let Some(node) = self.plan.roles.consumers[store.index()] else { return };
        self.consumers[store.index()].waiting = CallId::NONE;
        let read = self.get_call(id).filter(|call| call.payload.parcel == Parcel::Read && outcome == Outcome::Ok);
        if let Some((told, found)) = read.map(|call| (call.payload.event, call.payload.told)) {
            return self.consumer_read(store, node, told, found, cause);
        }
        #[cfg(test)]
        let outcome = if on(Mutant::ConsumerTrusts) { Outcome::Ok } else { outcome };
        let own = self.plan.roles.consumer_store[store.index()];
        let applied = self.get_call(id).filter(|call| Some(call.link) == own);
        let applied = applied.filter(|call| call.payload.parcel == Parcel::Apply && outcome == Outcome::Ok);
        if let Some(event) = applied.map(|call| call.payload.event) {
            let link = self.plan.roles.consumer_store[store.index()];
            self.deletes_again(node, store, link, event);
        }
        let event = if outcome == Outcome::Ok { Event::Done } else { Event::Failed };
        self.consumer_event(store, node, event, cause);
    }

    /// The time that a consumer waited is over, unless it died since.
    pub(super) fn consumer_timer(&mut self, store: StoreId, epoch: u32) {
        let Some(node) = self.plan.roles.consumers[store.index()] else { return };
        if self.epoch(node) == epoch {
            self.consumer_event(store, node, Event::Elapsed, RecordId::NONE);
        }
    }

    /// A consumer dies, with what is in its memory.
    pub(super) fn kill_consumer(&mut self, store: StoreId, crash: RecordId) {
        let Some(node) = self.plan.roles.consumers[store.index()] else { return };
        let state = self.consumers[store.index()].state;
        if state != State::Idle {
            let about = self.current_record(store);
            let record = self.about(node, Kind::Killed, about, crash);
            self.record(record);
        }
        // Where the offset comes first, nobody reads the rest of the batch again.
        let at = match state {
            State::Idle => usize::MAX,
            _ if self.plan.fed(store).commit != CommitMode::Before => usize::MAX,
            _ => state.at().unwrap_or(0) as usize + 1,
        };
        let rest: Vec<EventId> = self.consumers[store.index()].batch.iter().skip(at).map(|rest| rest.event).collect();
        for event in rest {
            let record = self.about(node, Kind::Killed, event, crash);
            self.record(record);
        }
        let new = ConsumerProc::new(self.broker.partitions());
        let mut old = std::mem::replace(&mut self.consumers[store.index()], new);
        let new = &mut self.consumers[store.index()];
        (new.commits, new.fetches, new.aside) = (old.commits, old.fetches + 1, std::mem::take(&mut old.aside));
        // What came from aside is still there: it comes once more.
        for fetched in old.held().filter(|fetched| fetched.redriven) {
            self.put_aside(store, *fetched);
        }
    }

    /// A consumer is up again: it reads from its committed offsets.
    pub(super) fn consumer_restarted(&mut self, store: StoreId, cause: RecordId) {
        let Some(node) = self.plan.roles.consumers[store.index()] else { return };
        for partition in 0..self.broker.partitions() {
            let offset = self.broker.rewind(store, partition);
            #[cfg(test)]
            let offset = if on(Mutant::ConsumerSkips) { self.broker.log(partition).end() } else { offset };
            #[cfg(test)]
            self.broker.seek(store, partition, offset);
            self.consumers[store.index()].expected[partition as usize] = offset;
            let mut record = Record::new(self.now, node, Kind::Rewound);
            (record.value, record.extra, record.cause) = (offset, partition, cause);
            self.record(record);
        }
        self.consumers[store.index()].auto_due = self.now.after(self.plan.fed(store).auto_interval);
        self.pump_all(store, cause);
    }

    /// The broker is up again: it pushes what waits.
    pub(super) fn broker_restarted(&mut self, cause: RecordId) {
        for store in 0..self.consumers.len() as u16 {
            self.pump_all(StoreId(store), cause);
        }
    }
}
