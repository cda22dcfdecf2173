//! Who reads a partition, and who is found dead: sessions, polls that take too long, and the handover (DOMAIN 2g).

use crate::kernel::time::Us;
use crate::run::simulation::call::{CallId, Caller, Payload};
use crate::run::simulation::{Due, Simulation};
use crate::world::consumer::State;
use crate::world::group::NOBODY;
use crate::world::ids::{CommitMode, LinkId, MemberId, NodeId, RecordId, StoreId};
use crate::world::record::{Kind, Record, RejectReason};

/// What the broker, and a member's own client library, know of it beside its memory: a crash of the member does not lose it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seat {
    /// How often it fell silent or was heard again: what was to come of an earlier silence does not.
    silences: u32,
    silent: bool,
    /// Since when it sends heartbeats.
    beats: Us,
    /// When it polled last, and the record of that.
    pub polled: (Us, RecordId),
    /// Whether a look at that is in the calendar.
    watched: bool,
}

impl Simulation<'_> {
    /// The member that a partition belongs to.
    pub(in crate::run::simulation) fn reader_of(&self, group: StoreId, partition: u32) -> Option<MemberId> {
        let owner = self.groups.get(group.index())?.owner(partition);
        (owner != NOBODY).then(|| self.plan.roles.member(group, owner))
    }

    /// Whether a partition belongs to a member.
    pub(super) fn owns(&self, member: MemberId, partition: u32) -> bool {
        self.reader_of(self.plan.roles.group(member), partition) == Some(member)
    }

    /// Whether a member is in its group.
    pub(super) fn is_in_group(&self, member: MemberId) -> bool {
        let (group, nth) = self.plan.roles.members[member.index()];
        self.groups[group.index()].inside(nth)
    }

    /// How often a member has joined its group.
    pub(super) fn member_epoch(&self, member: MemberId) -> u32 {
        let (group, nth) = self.plan.roles.members[member.index()];
        self.groups[group.index()].epoch(nth)
    }

    /// How often a member began to read anew, for its draws: what it reads again does not take the same time again.
    pub(super) fn reading(&self, member: MemberId) -> u32 {
        let lives = self.plan.roles.consumers[member.index()].map_or(0, |node| self.epoch(node));
        lives + self.member_epoch(member).saturating_sub(1)
    }

    /// Whether a member and the broker can hear each other.
    fn reaches_broker(&self, member: MemberId) -> bool {
        let roles = &self.plan.roles;
        let up = |node: Option<NodeId>| node.is_some_and(|node| self.up(node));
        let link = roles.broker_consumer[member.index()];
        up(roles.consumers[member.index()])
            && up(roles.broker)
            && link.is_some_and(|link| self.links[link.index()].cuts == 0)
    }

    /// Where a group of several is at the start: one record a partition.
    pub(in crate::run::simulation) fn schedule_groups(&mut self) {
        for group in 0..self.groups.len() as u16 {
            if self.plan.roles.group_of(StoreId(group)).count() < 2 {
                continue;
            }
            for partition in 0..self.broker.partitions() {
                self.record_assigned(StoreId(group), partition, true, RecordId::NONE);
            }
        }
    }

    /// What the broker does with a member, which may be down, or not know: the link between them says whom it is about.
    fn of_member(&self, member: MemberId, kind: Kind) -> Option<Record> {
        let link = self.plan.roles.broker_consumer[member.index()]?;
        Some(Record { link, ..Record::new(self.now, self.plan.roles.broker?, kind) })
    }

    fn record_assigned(&mut self, group: StoreId, partition: u32, first: bool, cause: RecordId) -> RecordId {
        let Some(member) = self.reader_of(group, partition) else { return cause };
        let Some(mut record) = self.of_member(member, Kind::Assigned) else { return cause };
        (record.value, record.extra) = (self.broker.position(group, partition).committed, partition);
        (record.detail, record.cause) = (u8::from(first), cause);
        self.record(record)
    }

    /// No heartbeat of a member arrives any more: its session goes on from its last one.
    pub(super) fn falls_silent(&mut self, member: MemberId, cause: RecordId) {
        let plan = self.plan.fed_by(member);
        let seat = &mut self.seats[member.index()];
        if std::mem::replace(&mut seat.silent, true) {
            return;
        }
        seat.silences += 1;
        let last = self.now.since(Us(self.now.since(seat.beats).0 % plan.heartbeat.0));
        let ends = last.after(plan.session).max(self.now);
        self.calendar.put(ends, Due::Session(member, seat.silences, cause));
    }

    /// A member is heard again, if nothing else is in the way: if it polls, it joins or gives up what is to be another's; if
    /// it has been at work for too long since, it leaves now.
    pub(super) fn is_heard(&mut self, member: MemberId, cause: RecordId) {
        if !self.reaches_broker(member) {
            return;
        }
        let seat = &mut self.seats[member.index()];
        if std::mem::replace(&mut seat.silent, false) {
            seat.silences += 1;
            seat.beats = self.now;
        }
        let watched = self.seats[member.index()].watched;
        match self.consumers[member.index()].state {
            State::Idle => self.in_poll(member, cause),
            _ if !watched => self.poll_interval_over(member),
            _ => {} // Its interval is looked at when it is over.
        }
    }

    /// A link is cut, or whole again: a member's heartbeats go over it.
    pub(in crate::run::simulation) fn link_changed(&mut self, link: LinkId, cause: RecordId) {
        let members = &self.plan.roles.broker_consumer;
        let Some(place) = members.iter().position(|known| *known == Some(link)) else { return };
        let member = MemberId(place as u16);
        if self.links[link.index()].cuts > 0 { self.falls_silent(member, cause) } else { self.is_heard(member, cause) }
    }

    /// The broker has read its groups anew: every member has a new session.
    pub(super) fn new_session(&mut self, member: MemberId, cause: RecordId) {
        if self.plan.roles.consumers[member.index()].is_none() {
            return;
        }
        let seat = &mut self.seats[member.index()];
        (seat.silent, seat.beats, seat.silences) = (false, self.now, seat.silences + 1);
        if self.reaches_broker(member) { self.is_heard(member, cause) } else { self.falls_silent(member, cause) }
    }

    /// The session of a silent member is over, unless it was heard since.
    pub(in crate::run::simulation) fn session_over(&mut self, member: MemberId, silence: u32, cause: RecordId) {
        let seat = &self.seats[member.index()];
        if seat.silent && seat.silences == silence && self.plan.roles.broker.is_some_and(|broker| self.up(broker)) {
            self.shut_out(member, false, cause);
        }
    }

    /// A member has polled: it has so long until its next.
    pub(super) fn polled(&mut self, member: MemberId, cause: RecordId) {
        let interval = self.plan.fed_by(member).max_poll_interval;
        let seat = &mut self.seats[member.index()];
        seat.polled = (self.now, cause);
        if !std::mem::replace(&mut seat.watched, true) {
            self.calendar.put(self.now.after(interval), Due::PollInterval(member));
        }
    }

    /// A member's client library looks how long ago it polled: too long, and it leaves the group.
    pub(in crate::run::simulation) fn poll_interval_over(&mut self, member: MemberId) {
        let seat = &mut self.seats[member.index()];
        seat.watched = false;
        let (since, cause) = seat.polled;
        let ends = since.after(self.plan.fed_by(member).max_poll_interval);
        if self.consumers[member.index()].state == State::Idle || !self.is_in_group(member) {
            return;
        }
        if ends > self.now {
            self.seats[member.index()].watched = true;
            self.calendar.put(ends, Due::PollInterval(member));
        } else if self.reaches_broker(member) {
            self.shut_out(member, true, cause);
        }
    }

    /// A member is out of its group; it does not know.
    fn shut_out(&mut self, member: MemberId, late: bool, cause: RecordId) {
        let (group, nth) = self.plan.roles.members[member.index()];
        let Some(mut record) = self.of_member(member, Kind::MemberOut).filter(|_| self.is_in_group(member)) else {
            return;
        };
        (record.detail, record.cause) = (u8::from(late), cause);
        let cause = self.record(record);
        self.groups[group.index()].leave(nth);
        self.rebalance(group, cause);
    }

    /// A member that polls, and is in no group, joins; what it fetched before is not its any more.
    fn joins(&mut self, member: MemberId, cause: RecordId) {
        let (group, nth) = self.plan.roles.members[member.index()];
        let Some(node) = self.plan.roles.consumers[member.index()].filter(|_| self.reaches_broker(member)) else {
            return;
        };
        let consumer = &mut self.consumers[member.index()];
        consumer.buffer.retain(|fetched| fetched.redriven);
        consumer.returned.clear();
        consumer.ahead = (consumer.buffer.len() + consumer.batch.len()) as u32;
        self.groups[group.index()].join(nth);
        let mut record = Record::new(self.now, node, Kind::Joined);
        record.link = self.plan.roles.broker_consumer[member.index()].unwrap_or(record.link);
        (record.value, record.cause) = (u64::from(self.member_epoch(member)), cause);
        let cause = self.record(record);
        self.rebalance(group, cause);
        self.consumer_polls(member, cause);
    }

    /// A member is in its poll: it joins if it is out, and gives up what is to be another's.
    pub(super) fn in_poll(&mut self, member: MemberId, cause: RecordId) {
        if !self.is_in_group(member) {
            return self.joins(member, cause);
        }
        let group = self.plan.roles.group(member);
        if self.groups[group.index()].moves() && self.reaches_broker(member) {
            self.rebalance(group, cause);
        }
    }

    /// Partitions go to those that are to have them, as far as those that have them are in their poll.
    fn rebalance(&mut self, group: StoreId, cause: RecordId) {
        let plan = self.plan;
        // Who cannot be heard gives nothing up: its session ends, or it is heard.
        let polls: Vec<bool> = (plan.roles.group_of(group))
            .map(|member| self.consumers[member.index()].state == State::Idle && self.reaches_broker(member))
            .collect();
        let mut moved = Vec::new();
        while let Some(next) = self.groups[group.index()].next_move(|nth| polls[usize::from(nth)]) {
            moved.push(next);
        }
        for (partition, from, to) in moved {
            if from != NOBODY {
                self.gives_up(plan.roles.member(group, from), partition, cause);
            }
            if to == NOBODY {
                continue;
            }
            let member = plan.roles.member(group, to);
            let offset = self.broker.rewind(group, partition);
            let consumer = &mut self.consumers[member.index()];
            (consumer.expected[partition as usize], consumer.floors[partition as usize]) = (offset, 0);
            consumer.returned.retain(|(known, ..)| *known != partition);
            let last = self.record_assigned(group, partition, false, cause);
            self.pump(group, partition, last);
        }
    }

    /// A member that is in its poll gives up a partition. With auto-commit it commits first what earlier polls returned.
    fn gives_up(&mut self, member: MemberId, partition: u32, cause: RecordId) {
        let (group, commit) = (self.plan.roles.group(member), self.plan.fed_by(member).commit);
        let consumer = &mut self.consumers[member.index()];
        let before = consumer.buffer.len();
        consumer.buffer.retain(|fetched| fetched.redriven || fetched.partition != partition);
        consumer.ahead = consumer.ahead.saturating_sub((before - consumer.buffer.len()) as u32);
        let done = consumer.returned.iter().position(|(known, ..)| *known == partition);
        let done = done.map(|at| consumer.returned.remove(at)).filter(|_| commit == CommitMode::Auto);
        if let (Some((_, offset, epoch)), Some(broker)) = (done, self.plan.roles.broker)
            && offset > self.broker.position(group, partition).committed
        {
            self.commit_offset(broker, group, (partition, offset, epoch), cause);
        }
    }

    /// An offset of a group is committed.
    fn commit_offset(
        &mut self,
        broker: NodeId,
        group: StoreId,
        (partition, offset, epoch): (u32, u64, u32),
        cause: RecordId,
    ) -> RecordId {
        let offset = self.broker.commit(group, partition, offset, epoch);
        let mut record = Record::new(self.now, broker, Kind::OffsetCommitted);
        (record.value, record.extra, record.cause) = (offset, partition, cause);
        // The link of its first member stands for the group.
        record.link = self.plan.roles.broker_consumer[group.index()].unwrap_or(record.link);
        self.record(record)
    }

    /// A member's offsets reach the broker. What is another's partition by now is refused.
    pub(in crate::run::simulation) fn serve_commit_offset(
        &mut self,
        node: NodeId,
        id: CallId,
        payload: &Payload,
        caller: Caller,
        cause: RecordId,
    ) {
        let Caller::Consumer(member) = caller else { return };
        let (group, nth) = self.plan.roles.members[member.index()];
        let (mut last, mut refused) = (cause, false);
        for &commit in &payload.commits {
            if self.groups[group.index()].may_commit(nth, payload.looks as u32, commit.0) {
                last = self.commit_offset(node, group, commit, cause);
                continue;
            }
            refused = true;
            let mut record = Record::new(self.now, node, Kind::CommitRefused);
            (record.value, record.extra, record.cause) = (commit.1, commit.0, cause);
            record.link = self.plan.roles.broker_consumer[member.index()].unwrap_or(record.link);
            last = self.record(record);
        }
        if let Some(call) = self.call_mut(id) {
            call.payload.refused = refused;
        }
        self.answer(id, !refused, last);
    }

    /// A member that commits first learns that it is out: an earlier try of its commit may have been taken, and then nobody
    /// reads the batch again.
    pub(super) fn drops_committed(&mut self, member: MemberId, node: NodeId, cause: RecordId) {
        let State::Committing(1..) = self.consumers[member.index()].state else { return };
        let group = self.plan.roles.group(member);
        for fetched in self.consumers[member.index()].batch.clone() {
            if !fetched.redriven && fetched.offset < self.broker.position(group, fetched.partition).committed {
                let record = self.about(node, Kind::Rejected, fetched.event, cause);
                self.record(Record { detail: RejectReason::Fenced as u8, version: fetched.version, ..record });
            }
        }
    }
}
