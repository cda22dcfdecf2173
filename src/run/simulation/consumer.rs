//! The stores' consumers and how the broker pushes records to them; driven by `world::consumer::step`.

mod feed;
mod group;
mod offsets;
mod poison;
mod work;

use super::call::CallId;
#[cfg(test)]
use super::mutant::{Mutant, on};
use super::{Due, Simulation};
use crate::kernel::time::Us;
use crate::strategy::CrashPoint;
use crate::world::consumer::{Command, Event, Passes, State, step};
use crate::world::ids::{CommitMode, EventId, MemberId, NodeId, Op, Outcome, RecordId, StoreId};
use crate::world::record::{Kind, Parcel, Record};
use std::collections::VecDeque;

pub use group::Seat;

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
    fn consumer_polls(&mut self, member: MemberId, cause: RecordId) {
        let Some(node) = self.plan.roles.consumers[member.index()] else { return };
        if !self.is_in_group(member) {
            return;
        }
        let most = self.plan.fed_by(member).max_poll as usize;
        let consumer = &mut self.consumers[member.index()];
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
                self.broker.commit(self.plan.roles.group(member), of.partition, of.offset + 1, of.epoch);
            }
        }
        let first = consumer.batch[0].event;
        let mut record = self.about(node, Kind::Polled, first, cause);
        (record.value, record.version) = (n as u64, self.consumers[member.index()].batch[0].version);
        let cause = self.record(record);
        self.polled(member, cause);
        self.consumer_event(member, node, Event::Polled(n as u32), cause);
    }

    fn consumer_event(&mut self, member: MemberId, node: NodeId, event: Event, cause: RecordId) {
        let knobs = self.plan.fed_by(member).consumer_knobs();
        let (next, passes, ask) = step(&knobs, self.consumers[member.index()].state, event);
        let about = self.current_record(member);
        self.consumers[member.index()].state = next;
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
                    self.auto_commits(member, node, cause);
                }
                let consumer = &mut self.consumers[member.index()];
                consumer.ahead = consumer.ahead.saturating_sub(consumer.batch.len() as u32);
                consumer.batch.clear();
                self.in_poll(member, cause);
                self.pump_all(self.plan.roles.group(member), cause);
                self.consumer_polls(member, cause);
            }
            Some(Command::Apply(at, attempt)) => self.consumer_works(member, at, attempt, cause),
            Some(Command::GiveUp(at)) => self.consumer_gives_up(member, node, at, cause),
            Some(Command::Mark(at, attempt)) => self.consumer_marks(member, at, attempt, cause),
            Some(Command::Emit(at, attempt)) => self.consumer_emits(member, at, attempt, cause),
            Some(Command::Backoff) => {
                let record = self.about(node, Kind::Retried, about, cause);
                self.record(record);
                let epoch = self.epoch(node);
                let retry = self.plan.fed_by(member).retry;
                self.seats[member.index()].polled = (self.now, cause);
                self.calendar.put(self.now.after(retry), Due::ConsumerTimer(member, epoch));
            }
            Some(Command::Commit) => self.consumer_commits(member, cause),
            None => {}
        }
    }

    /// The event of the record that a consumer is at.
    fn current_record(&self, member: MemberId) -> EventId {
        let consumer = &self.consumers[member.index()];
        let at = consumer.state.at().unwrap_or(0);
        consumer.batch.get(at as usize).map_or(EventId::NONE, |fetched| fetched.event)
    }

    /// Whether the record that a consumer is at shows its row again.
    fn current_again(&self, member: MemberId) -> bool {
        let consumer = &self.consumers[member.index()];
        let State::Applying { at, .. } = consumer.state else { return false };
        consumer.batch.get(at as usize).is_some_and(|fetched| fetched.again)
    }

    /// A call of a consumer has ended.
    pub(super) fn consumer_answered(&mut self, member: MemberId, id: CallId, outcome: Outcome, cause: RecordId) {
        let Some(node) = self.plan.roles.consumers[member.index()] else { return };
        self.consumers[member.index()].waiting = CallId::NONE;
        let read = self.get_call(id).filter(|call| call.payload.parcel == Parcel::Read && outcome == Outcome::Ok);
        if let Some((told, found)) = read.map(|call| (call.payload.event, call.payload.told)) {
            return self.consumer_read(member, node, told, found, cause);
        }
        #[cfg(test)]
        let outcome = if on(Mutant::ConsumerTrusts) { Outcome::Ok } else { outcome };
        let own = self.plan.roles.consumer_store[member.index()];
        let applied = self.get_call(id).filter(|call| Some(call.link) == own);
        let applied = applied.filter(|call| call.payload.parcel == Parcel::Apply && outcome == Outcome::Ok);
        if let Some(event) = applied.map(|call| call.payload.event) {
            let link = self.plan.roles.consumer_store[member.index()];
            self.deletes_again(node, self.plan.roles.group(member), link, event);
        }
        let refused = self.get_call(id).is_some_and(|call| call.payload.refused);
        let event = match outcome {
            Outcome::Ok => Event::Done,
            Outcome::Failed if refused => Event::Fenced,
            Outcome::Failed | Outcome::Unknown => Event::Failed,
        };
        if event == Event::Fenced {
            self.drops_committed(member, node, cause);
        }
        self.consumer_event(member, node, event, cause);
    }

    /// The time that a consumer waited is over, unless it died since.
    pub(super) fn consumer_timer(&mut self, member: MemberId, epoch: u32) {
        let Some(node) = self.plan.roles.consumers[member.index()] else { return };
        if self.epoch(node) == epoch {
            self.consumer_event(member, node, Event::Elapsed, RecordId::NONE);
        }
    }

    /// A consumer dies, with what is in its memory.
    pub(super) fn kill_consumer(&mut self, member: MemberId, crash: RecordId) {
        let Some(node) = self.plan.roles.consumers[member.index()] else { return };
        self.falls_silent(member, crash);
        let state = self.consumers[member.index()].state;
        if state != State::Idle {
            let about = self.current_record(member);
            let record = self.about(node, Kind::Killed, about, crash);
            self.record(record);
        }
        // Where the offset comes first, nobody reads the rest of the batch again.
        let at = match state {
            State::Idle => usize::MAX,
            _ if self.plan.fed_by(member).commit != CommitMode::Before => usize::MAX,
            _ => state.at().unwrap_or(0) as usize + 1,
        };
        let rest: Vec<EventId> = self.consumers[member.index()].batch.iter().skip(at).map(|rest| rest.event).collect();
        for event in rest {
            let record = self.about(node, Kind::Killed, event, crash);
            self.record(record);
        }
        let new = ConsumerProc::new(self.broker.partitions());
        let mut old = std::mem::replace(&mut self.consumers[member.index()], new);
        let new = &mut self.consumers[member.index()];
        (new.commits, new.fetches, new.aside) = (old.commits, old.fetches + 1, std::mem::take(&mut old.aside));
        // What came from aside is still there: it comes once more.
        for fetched in old.held().filter(|fetched| fetched.redriven) {
            self.put_aside(member, *fetched);
        }
    }

    /// A consumer is up again: it reads from its committed offsets.
    pub(super) fn consumer_restarted(&mut self, member: MemberId, cause: RecordId) {
        let Some(node) = self.plan.roles.consumers[member.index()] else { return };
        let (group, nth) = self.plan.roles.members[member.index()];
        for partition in 0..self.broker.partitions() {
            if self.groups[group.index()].owner(partition) != nth {
                continue;
            }
            let offset = self.broker.rewind(group, partition);
            #[cfg(test)]
            let offset = if on(Mutant::ConsumerSkips) { self.broker.log(partition).end() } else { offset };
            #[cfg(test)]
            self.broker.seek(group, partition, offset);
            self.consumers[member.index()].expected[partition as usize] = offset;
            let mut record = Record::new(self.now, node, Kind::Rewound);
            (record.value, record.extra, record.cause) = (offset, partition, cause);
            self.record(record);
        }
        self.consumers[member.index()].auto_due = self.now.after(self.plan.fed_by(member).auto_interval);
        self.is_heard(member, cause);
        self.pump_all(group, cause);
    }

    /// The broker is up again: it pushes what waits.
    pub(super) fn broker_restarted(&mut self, cause: RecordId) {
        for member in 0..self.consumers.len() as u16 {
            self.new_session(MemberId(member), cause);
        }
        for group in 0..self.groups.len() as u16 {
            self.pump_all(StoreId(group), cause);
        }
    }
}
