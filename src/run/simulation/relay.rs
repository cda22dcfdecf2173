//! The outbox's polling relays, driven by `strategy::outbox::relay_step`.

use super::call::{CLASS_RELAY, CallId, Caller, Identity, Payload};
#[cfg(test)]
use super::mutant::{Mutant, on};
use super::{Due, Simulation};
use crate::kernel::rng::Purpose;
use crate::kernel::sorted::SortedMap;
use crate::kernel::time::Us;
use crate::strategy::outbox::{RelayCommand, RelayEvent, RelayKnobs, RelayState, relay_step};
use crate::world::ids::{EventId, LinkId, NodeId, Op, Outcome, RecordId, RelayId};
use crate::world::outbox::{Claim, Eligible, OutboxRow, Progress};
use crate::world::record::{Kind, Parcel, PoisonPolicy, Record};
use std::collections::VecDeque;

/// A relay's memory: a crash loses all of it but the numbers that its draws belong to.
#[derive(Clone, Debug)]
pub struct RelayProc {
    state: RelayState,
    claimed: Vec<OutboxRow>,
    /// By claimed row: whether the broker has confirmed it, or it was put aside.
    acked: Vec<bool>,
    /// The calls that it waits for, the claimed row that each is about, and the how-manieth try of it.
    waiting: Vec<(CallId, u32, u32)>,
    /// Rows that its client library sends again, and for the how-manieth time, in the order of their time.
    again: VecDeque<(u32, u32)>,
    /// Of a batch that is sent at once: the next row to send, and the one after the last.
    unsent: (u32, u32),
    /// The gaps that it knows, and when it saw each first.
    gaps: SortedMap<u64, Us>,
    /// When it looked last.
    looked: Us,
    /// How often it has looked: what the draws of its calls belong to.
    looks: u64,
}

impl Default for RelayProc {
    fn default() -> Self {
        RelayProc {
            state: RelayState::Sleeping,
            claimed: Vec::new(),
            acked: Vec::new(),
            waiting: Vec::new(),
            again: VecDeque::new(),
            unsent: (0, 0),
            gaps: SortedMap::default(),
            looked: Us::ZERO,
            looks: 0,
        }
    }
}

impl RelayProc {
    /// Whether it is between two looks.
    pub fn sleeps(&self) -> bool {
        self.state == RelayState::Sleeping
    }

    /// Whether it waits for that call.
    pub fn waits_for(&self, id: CallId) -> bool {
        self.waiting.iter().any(|(waiting, ..)| *waiting == id)
    }

    fn event_at(&self, at: u32) -> EventId {
        self.claimed.get(at as usize).map_or(EventId::NONE, |row| row.event)
    }

    /// The event of the row that it is at.
    fn about(&self) -> EventId {
        match self.state {
            RelayState::Sleeping | RelayState::Claiming => EventId::NONE,
            RelayState::Publishing { at, .. } => self.event_at(at),
            RelayState::Pipelining { left, n, .. } => self.event_at(n - left),
            RelayState::Marking { from, .. } => self.event_at(from),
        }
    }
}

impl Simulation<'_> {
    pub(super) fn schedule_relay_start(&mut self) {
        let (poll, relays) = (self.plan.outbox.poll, self.plan.roles.relays.len() as u64);
        for (nth, &node) in self.plan.roles.relays.iter().enumerate() {
            let nth = nth as u32;
            let first = match self.plan.outbox.phase {
                // Further relays look in between.
                Some(phase) => phase.after(Us(poll.0 * u64::from(nth) / relays)),
                None => Us(self.draws.of(Purpose::Phase, 0, nth, 0).below(poll.0.max(1))),
            };
            let epoch = self.epoch(node);
            self.calendar.put(first, Due::RelayLooks(RelayId(nth as u16), epoch));
        }
    }

    fn relay_node(&self, relay: RelayId) -> NodeId {
        self.plan.roles.relays[relay.index()]
    }

    /// It is time for a relay to look, unless it died since this was scheduled.
    pub(super) fn relay_due(&mut self, relay: RelayId, epoch: u32) {
        let node = self.relay_node(relay);
        if self.up(node) && self.epoch(node) == epoch {
            self.relays[relay.index()].looked = self.now;
            self.relay_event(relay, RelayEvent::Due, RecordId::NONE);
        }
    }

    fn relay_event(&mut self, relay: RelayId, event: RelayEvent, cause: RecordId) {
        // What it learns at once is told after all that it asked for before.
        let mut told = VecDeque::from([event]);
        while let Some(event) = told.pop_front() {
            if self.relay_steps(relay, event, &mut told, cause) {
                return;
            }
        }
    }

    /// One arrow of a relay. Says whether it died on the way.
    fn relay_steps(
        &mut self,
        relay: RelayId,
        event: RelayEvent,
        told: &mut VecDeque<RelayEvent>,
        cause: RecordId,
    ) -> bool {
        let plan = &self.plan.outbox;
        let knobs = RelayKnobs {
            mark_batch: plan.mark_batch,
            continue_on_failed_mark: plan.continue_on_failed_mark,
            mark_first: plan.mark_first,
            pipelined: plan.pipelined,
        };
        let node = self.relay_node(relay);
        let proc = &mut self.relays[relay.index()];
        let arrow = relay_step(&knobs, proc.state, event);
        let about = proc.about();
        proc.state = arrow.next;
        if let Some(point) = arrow.before
            && self.pass(node, point, Op::NONE, about, cause)
        {
            return true;
        }
        let mut after = arrow.after;
        for ask in arrow.asks.into_iter().flatten() {
            let own = self.relays[relay.index()].about();
            let (sent, then) = self.relay_asks(relay, ask, cause);
            told.extend(then);
            if sent
                && let Some(point) = after.take()
                && self.pass(node, point, Op::NONE, own, cause)
            {
                return true;
            }
        }
        false
    }

    /// Does what a relay asks for. Says whether a message has left it, and what it learns at once.
    fn relay_asks(&mut self, relay: RelayId, ask: RelayCommand, cause: RecordId) -> (bool, Option<RelayEvent>) {
        match ask {
            RelayCommand::Claim => {
                let proc = &mut self.relays[relay.index()];
                proc.looks += 1;
                let mut payload = Payload::about(Parcel::Claim, EventId::NONE, 0);
                payload.large = u64::from(self.plan.outbox.batch);
                payload.looks = proc.looks;
                let link = self.plan.roles.relay_source[relay.index()];
                let looks = proc.looks;
                self.relay_calls(relay, link, payload, looks, 1, (0, 1), cause);
                (true, None)
            }
            RelayCommand::Publish(at) => {
                self.relay_publishes(relay, at, 1, cause);
                (true, None)
            }
            RelayCommand::PublishAll(n) => {
                self.relays[relay.index()].unsent = (0, n);
                self.relay_sends(relay, cause);
                (true, None)
            }
            RelayCommand::Mark(from, to) => {
                let sent = self.relay_marks(relay, from, to, cause);
                (sent, (!sent).then_some(RelayEvent::Done))
            }
            RelayCommand::GiveUp(from, to) => {
                for event in self.marked_unpublished(relay, from, to) {
                    let record = self.about(self.relay_node(relay), Kind::GaveUp, event, cause);
                    self.record(record);
                }
                (false, None)
            }
            RelayCommand::Sleep => {
                self.relay_sleeps(relay);
                (false, None)
            }
        }
    }

    /// Sends what is left of a batch, as far as the number in flight allows.
    fn relay_sends(&mut self, relay: RelayId, cause: RecordId) {
        let most = self.plan.broker.in_flight as usize;
        loop {
            let proc = &mut self.relays[relay.index()];
            let (at, n) = proc.unsent;
            if at == n || proc.waiting.len() + proc.again.len() >= most {
                return;
            }
            proc.unsent.0 += 1;
            self.relay_publishes(relay, at, 1, cause);
        }
    }

    /// A publish failed: whether the relay's client library tries again, before the relay hears of it.
    fn relay_retries(&mut self, relay: RelayId, at: u32, tries: u32, cause: RecordId) -> bool {
        let (most, node) = (self.plan.outbox.attempts, self.relay_node(relay));
        let event = self.relays[relay.index()].event_at(at);
        if most != 0 && tries >= most {
            self.abandon(node, event);
            return false;
        }
        let record = Record { value: u64::from(tries), ..self.about(node, Kind::Retried, event, cause) };
        self.record(record);
        self.relays[relay.index()].again.push_back((at, tries + 1));
        self.moving += 1;
        let epoch = self.epoch(node);
        self.calendar.put(self.now.after(self.plan.outbox.backoff), Due::RelayAgain(relay, epoch));
        true
    }

    /// The pause before another try is over, unless the relay died since.
    pub(super) fn relay_again(&mut self, relay: RelayId, epoch: u32) {
        self.moving -= 1;
        if epoch == self.epoch(self.relay_node(relay))
            && let Some((at, tries)) = self.relays[relay.index()].again.pop_front()
        {
            self.relay_publishes(relay, at, tries, RecordId::NONE);
        }
    }

    /// Sends a claimed row to the broker.
    fn relay_publishes(&mut self, relay: RelayId, at: u32, tries: u32, cause: RecordId) {
        let row = self.relays[relay.index()].claimed[at as usize];
        let info = &mut self.events[row.event.index()];
        info.sent = info.sent.saturating_add(1);
        let (request, attempt, version) = (info.request, u32::from(info.sent), info.version);
        let payload = Payload::about(Parcel::Publish, row.event, version);
        let link = self.plan.roles.relay_broker[relay.index()];
        self.relay_calls(relay, link, payload, u64::from(request), attempt, (at, tries), cause);
    }

    /// What a relay does with a row that the broker will never take.
    fn poisoned_row(&mut self, relay: RelayId, at: u32, cause: RecordId) -> RelayEvent {
        let (node, policy) = (self.relay_node(relay), self.plan.outbox.poison);
        let event = self.relays[relay.index()].event_at(at);
        let record = Record { detail: policy as u8, ..self.about(node, Kind::Poisoned, event, cause) };
        self.record(record);
        match policy {
            PoisonPolicy::Stop => RelayEvent::Failed,
            PoisonPolicy::Skip | PoisonPolicy::DeadLetter => {
                self.abandon(node, event);
                self.relays[relay.index()].acked[at as usize] = true;
                RelayEvent::Done
            }
        }
    }

    /// Sends a mark, if there is anything to mark.
    fn relay_marks(&mut self, relay: RelayId, from: u32, to: u32, cause: RecordId) -> bool {
        let proc = &self.relays[relay.index()];
        let first = self.plan.outbox.mark_first;
        // A position cannot stand above a row that is not published.
        let prefix = match self.plan.outbox.rules.progress {
            Progress::Position if !first => proc.acked.iter().take_while(|acked| **acked).count(),
            Progress::Position | Progress::Flag | Progress::Delete => proc.claimed.len(),
        };
        let marks = |at: &usize| (first || proc.acked[*at]) && *at < prefix;
        let range = (from as usize)..(to as usize).min(proc.claimed.len());
        let rows: Vec<OutboxRow> = range.filter(marks).map(|at| proc.claimed[at]).collect();
        let Some(event) = rows.first().map(|row| row.event) else { return false };
        let version = self.events.get(event.index()).map_or(0, |info| info.version);
        let (looks, link) = (proc.looks, self.plan.roles.relay_source[relay.index()]);
        let mut payload = Payload::about(Parcel::Mark, event, version);
        payload.rows = rows;
        self.relay_calls(relay, link, payload, looks, from + 2, (from, 1), cause);
        true
    }

    /// Events of claimed rows that are marked at the source, and that this relay has not published.
    pub(super) fn marked_unpublished(&self, relay: RelayId, from: u32, to: u32) -> Vec<EventId> {
        let proc = &self.relays[relay.index()];
        let waiting = self.source.outbox.waiting();
        let marked = |row: &OutboxRow| waiting.binary_search_by_key(&row.alloc_seq, |row| row.alloc_seq).is_err();
        let range = (from as usize)..(to as usize).min(proc.claimed.len());
        let owed = range.filter(|at| !proc.acked[*at]).map(|at| proc.claimed[at]);
        owed.filter(marked).map(|row| row.event).collect()
    }

    #[expect(clippy::too_many_arguments, reason = "a call's address, its draws and its cause")]
    fn relay_calls(
        &mut self,
        relay: RelayId,
        link: LinkId,
        payload: Payload,
        major: u64,
        attempt: u32,
        (at, tries): (u32, u32),
        cause: RecordId,
    ) {
        let row = payload.event.some().map_or(0, |event| event.0 % 16);
        let identity = Identity { major, attempt, row, life: self.epoch(self.relay_node(relay)) };
        let id = self.call(link, Caller::Relay(relay), Some(CLASS_RELAY), payload, identity, cause);
        self.relays[relay.index()].waiting.push((id, at, tries));
    }

    fn relay_sleeps(&mut self, relay: RelayId) {
        self.relay_lets_go(relay, true);
        let proc = &mut self.relays[relay.index()];
        proc.claimed.clear();
        proc.acked.clear();
        let plan = &self.plan.outbox;
        let next = if plan.fixed_rate {
            // The next multiple of the period after the start that lies ahead: a long look skips what it missed.
            let missed = self.now.since(proc.looked).0 / plan.poll.0.max(1);
            proc.looked.after(Us(plan.poll.0.saturating_mul(missed + 1)))
        } else {
            self.now.after(plan.poll)
        };
        let epoch = self.epoch(self.relay_node(relay));
        self.calendar.put(next, Due::RelayLooks(relay, epoch));
    }

    /// A relay's session ends: the source learns so, and drops its row locks. `leases`: it gives its leases back too.
    fn relay_lets_go(&mut self, relay: RelayId, leases: bool) {
        if self.plan.outbox.rules.claim == Claim::Single {
            return;
        }
        let looks = self.relays[relay.index()].looks;
        let span = self.one_way(self.plan.roles.relay_source[relay.index()], looks);
        self.moving += 1;
        self.calendar.put(self.now.after(span), Due::RelayGone(relay, looks, leases));
    }

    /// The end of a relay's session reaches the source.
    pub(super) fn relay_gone(&mut self, relay: RelayId, looks: u64, leases: bool) {
        self.moving -= 1;
        self.source.outbox.release(relay, looks, leases);
    }

    /// A call of a relay has ended.
    pub(super) fn relay_answered(&mut self, relay: RelayId, id: CallId, outcome: Outcome, cause: RecordId) {
        let proc = &mut self.relays[relay.index()];
        let own = proc.waiting.iter().find(|(waiting, ..)| *waiting == id);
        let (at, tries) = own.map_or((0, 1), |(_, at, tries)| (*at, *tries));
        proc.waiting.retain(|(waiting, ..)| *waiting != id);
        let Some(call) = self.get_call(id) else { return };
        let (parcel, to, event) = (call.payload.parcel, call.ends.1, call.payload.event);
        #[cfg(test)]
        let outcome = if parcel == Parcel::Publish && on(Mutant::RelayTrusts) { Outcome::Ok } else { outcome };
        let event = match (parcel, outcome) {
            (Parcel::Claim, Outcome::Ok) => return self.relay_claimed(relay, id, cause),
            (Parcel::Publish, _) => {
                self.publish_calls.ended += 1;
                self.publish_calls.failed += u64::from(outcome != Outcome::Ok);
                match outcome {
                    Outcome::Ok => {
                        self.relays[relay.index()].acked[at as usize] = true;
                        RelayEvent::Done
                    }
                    Outcome::Failed if self.poison.contains(&(to, event)) => self.poisoned_row(relay, at, cause),
                    Outcome::Failed | Outcome::Unknown if self.relay_retries(relay, at, tries, cause) => return,
                    Outcome::Failed | Outcome::Unknown => RelayEvent::Failed,
                }
            }
            (_, Outcome::Ok) => RelayEvent::Done,
            (_, Outcome::Failed | Outcome::Unknown) => RelayEvent::Failed,
        };
        if parcel == Parcel::Publish {
            self.relay_sends(relay, cause);
        }
        self.relay_event(relay, event, cause);
    }

    /// Rows were read: the relay leaves those behind a young gap alone.
    fn relay_claimed(&mut self, relay: RelayId, id: CallId, cause: RecordId) {
        let Some(call) = self.get_call(id) else { return };
        let (mut rows, mut held_back) = (call.payload.rows.clone(), call.payload.small);
        let seen: Vec<u64> = call.payload.offsets.iter().map(|(_, gap)| *gap).collect();
        let (now, node) = (self.now, self.relay_node(relay));
        if self.plan.outbox.rules.eligible == Eligible::GapTimeout {
            let gaps = &mut self.relays[relay.index()].gaps;
            gaps.retain(|gap, _| seen.contains(gap));
            for gap in seen {
                gaps.or_insert(gap, now);
            }
            let young = |(_, since): &(&u64, &Us)| now.since(**since) < self.plan.outbox.gap_timeout;
            if let Some((&gap, _)) = gaps.iter().find(young) {
                let before = rows.len();
                rows.retain(|row| row.alloc_seq < gap);
                held_back += (before - rows.len()) as u32;
            }
        }
        let n = rows.len() as u32;
        let proc = &mut self.relays[relay.index()];
        proc.acked = vec![false; rows.len()];
        proc.claimed = rows;
        let record = Record { value: u64::from(n), cause, ..Record::new(now, node, Kind::Claimed) };
        let cause = self.record(Record { detail: u8::from(n == 0), extra: held_back, ..record });
        self.relay_event(relay, RelayEvent::Claimed(n), cause);
    }

    /// A relay dies, with the batch in its memory; what it had marked and not published is lost.
    pub(super) fn kill_relay(&mut self, relay: RelayId, crash: RecordId) {
        let node = self.relay_node(relay);
        let proc = &self.relays[relay.index()];
        if !proc.sleeps() {
            let about = proc.about();
            let record = self.about(node, Kind::Killed, about, crash);
            self.record(record);
            if self.plan.outbox.mark_first {
                let n = self.relays[relay.index()].claimed.len() as u32;
                for event in self.marked_unpublished(relay, 0, n).into_iter().filter(|event| *event != about) {
                    let record = self.about(node, Kind::Killed, event, crash);
                    self.record(record);
                }
            }
        }
        self.relay_lets_go(relay, false);
        let looks = self.relays[relay.index()].looks;
        self.relays[relay.index()] = RelayProc { looks, ..RelayProc::default() };
    }

    /// A relay is up again: it looks at once.
    pub(super) fn relay_restarted(&mut self, relay: RelayId, epoch: u32) {
        #[cfg(test)]
        if on(Mutant::RelayMarksAtStart) {
            let waiting: Vec<OutboxRow> = self.source.outbox.waiting().iter().copied().collect();
            self.source.mark(&waiting, self.now);
        }
        self.calendar.put(self.now, Due::RelayLooks(relay, epoch));
    }
}
