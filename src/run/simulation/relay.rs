//! The outbox's polling relay, driven by `strategy::outbox::relay_step`.

use super::call::{CLASS_RELAY, CallId, Caller, Identity, Payload};
use super::{Due, Simulation};
use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::strategy::outbox::{RelayCommand, RelayEvent, RelayKnobs, RelayState, relay_step};
use crate::world::ids::{EventId, NodeId, Op, Outcome, RecordId};
use crate::world::record::{Kind, Parcel, Record};
use crate::world::source::OutboxRow;

/// The relay's memory: a crash loses all of it.
#[derive(Clone, Debug)]
pub struct RelayProc {
    state: RelayState,
    claimed: Vec<OutboxRow>,
    pub waiting: CallId,
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
            waiting: CallId::NONE,
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
}

impl Simulation<'_> {
    pub(super) fn schedule_relay_start(&mut self) {
        let Some(node) = self.plan.roles.relay else { return };
        let poll = self.plan.outbox.poll;
        let phase = self.plan.outbox.phase;
        let first = phase.unwrap_or_else(|| Us(self.draws.of(Purpose::Phase, 0, 0, 0).below(poll.0.max(1))));
        let epoch = self.epoch(node);
        self.calendar.put(first, Due::RelayLooks(epoch));
    }

    /// It is time for the relay to look, unless it died since this was scheduled.
    pub(super) fn relay_due(&mut self, epoch: u32) {
        let Some(node) = self.plan.roles.relay else { return };
        if self.up(node) && self.epoch(node) == epoch {
            self.relay.looked = self.now;
            self.relay_event(node, RelayEvent::Due, RecordId::NONE);
        }
    }

    fn relay_event(&mut self, node: NodeId, event: RelayEvent, cause: RecordId) {
        let knobs = RelayKnobs {
            mark_batch: self.plan.outbox.mark_batch,
            continue_on_failed_mark: self.plan.outbox.continue_on_failed_mark,
        };
        let arrow = relay_step(&knobs, self.relay.state, event);
        let about = self.current_row(self.relay.state);
        self.relay.state = arrow.next;
        if let Some(point) = arrow.before
            && self.pass(node, point, Op::NONE, about, cause)
        {
            return;
        }
        for ask in arrow.asks.into_iter().flatten() {
            self.relay_asks(node, ask, cause);
        }
        if let Some(point) = arrow.after {
            let about = self.current_row(self.relay.state);
            self.pass(node, point, Op::NONE, about, cause);
        }
    }

    /// The event of the row that the relay is at.
    fn current_row(&self, state: RelayState) -> EventId {
        let at = match state {
            RelayState::Sleeping | RelayState::Claiming => return EventId::NONE,
            RelayState::Publishing { at, .. } => at,
            RelayState::Marking { from, .. } => from,
        };
        self.relay.claimed.get(at as usize).map_or(EventId::NONE, |row| row.event)
    }

    fn relay_asks(&mut self, node: NodeId, ask: RelayCommand, cause: RecordId) {
        match ask {
            RelayCommand::Claim => {
                self.relay.looks += 1;
                let mut payload = Payload::about(Parcel::Claim, EventId::NONE, 0);
                payload.large = u64::from(self.plan.outbox.batch);
                self.relay_calls(self.plan.roles.relay_source, payload, self.relay.looks, 1, cause);
            }
            RelayCommand::Publish(at) => {
                let Some(row) = self.relay.claimed.get(at as usize).copied() else { return };
                let info = &mut self.events[row.event.index()];
                info.sent = info.sent.saturating_add(1);
                let (request, attempt, version) = (info.request, u32::from(info.sent), info.version);
                let payload = Payload::about(Parcel::Publish, row.event, version);
                self.relay_calls(self.plan.roles.relay_broker, payload, u64::from(request), attempt, cause);
            }
            RelayCommand::Mark(from, to) => {
                let event = self.relay.claimed.get(from as usize).map_or(EventId::NONE, |row| row.event);
                let version = self.events.get(event.index()).map_or(0, |info| info.version);
                let mut payload = Payload::about(Parcel::Mark, event, version);
                payload.rows = self.relay.claimed.get(from as usize..to as usize).unwrap_or_default().to_vec();
                self.relay_calls(self.plan.roles.relay_source, payload, self.relay.looks, from + 2, cause);
            }
            RelayCommand::Sleep => self.relay_sleeps(node),
        }
    }

    fn relay_calls(
        &mut self,
        link: Option<crate::world::ids::LinkId>,
        payload: Payload,
        major: u64,
        attempt: u32,
        cause: RecordId,
    ) {
        let Some(link) = link else { return };
        let row = payload.event.some().map_or(0, |event| event.0 % 16);
        let life = self.plan.roles.relay.map_or(0, |node| self.epoch(node));
        let identity = Identity { major, attempt, row, life };
        self.relay.waiting = self.call(link, Caller::Relay, Some(CLASS_RELAY), payload, identity, cause);
    }

    fn relay_sleeps(&mut self, node: NodeId) {
        self.relay.claimed.clear();
        let plan = &self.plan.outbox;
        let next = if plan.fixed_rate {
            // The next multiple of the period after the start that lies ahead: a long look skips what it missed.
            let missed = self.now.since(self.relay.looked).0 / plan.poll.0.max(1);
            self.relay.looked.after(Us(plan.poll.0.saturating_mul(missed + 1)))
        } else {
            self.now.after(plan.poll)
        };
        let epoch = self.epoch(node);
        self.calendar.put(next, Due::RelayLooks(epoch));
    }

    /// A call of the relay has ended.
    pub(super) fn relay_answered(&mut self, id: CallId, outcome: Outcome, cause: RecordId) {
        let Some(node) = self.plan.roles.relay else { return };
        self.relay.waiting = CallId::NONE;
        let claim = self.get_call(id).filter(|call| call.payload.parcel == Parcel::Claim);
        let claimed = claim.map(|call| call.payload.rows.clone());
        let second = self.get_call(id).is_some_and(|call| call.payload.parcel == Parcel::Publish);
        if second {
            self.publish_calls.ended += 1;
            self.publish_calls.failed += u64::from(outcome != Outcome::Ok);
        }
        let event = match (outcome, claimed) {
            (Outcome::Ok, Some(rows)) => {
                let n = rows.len() as u32;
                self.relay.claimed = rows;
                let record = Record { value: u64::from(n), cause, ..Record::new(self.now, node, Kind::Claimed) };
                let cause = self.record(Record { detail: u8::from(n == 0), ..record });
                return self.relay_event(node, RelayEvent::Claimed(n), cause);
            }
            (Outcome::Ok, None) => RelayEvent::Done,
            (Outcome::Failed | Outcome::Unknown, _) => RelayEvent::Failed,
        };
        self.relay_event(node, event, cause);
    }

    /// The relay dies, with the batch in its memory.
    pub(super) fn kill_relay(&mut self, crash: RecordId) {
        let Some(node) = self.plan.roles.relay else { return };
        if !self.relay.sleeps() {
            let about = self.current_row(self.relay.state);
            let record = self.about(node, Kind::Killed, about, crash);
            self.record(record);
        }
        let looks = self.relay.looks;
        self.relay = RelayProc { looks, ..RelayProc::default() };
    }

    /// The relay is up again: it looks at once.
    pub(super) fn relay_restarted(&mut self, epoch: u32) {
        self.calendar.put(self.now, Due::RelayLooks(epoch));
    }
}
