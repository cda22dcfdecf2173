//! Client libraries: the app's buffer, which a thread of its own sends (DOMAIN 2a, A4), and the sessions of idempotent
//! producers, which number what they send (DOMAIN 2g).

use super::broker::nth_published;
use super::call::{CLASS_DIRECT, CallId, Caller, Identity, Payload};
use super::{Due, Simulation};
use crate::strategy::CrashPoint;
use crate::strategy::machine::AppEvent;
use crate::world::ids::{EventId, LinkId, NodeId, Op, Outcome, RecordId};
use crate::world::record::{Kind, Parcel, Record};
use std::collections::VecDeque;

/// An event that the app has handed over, and no longer cares for.
#[derive(Clone, Copy, Debug)]
struct Handed {
    op: Op,
    event: EventId,
    version: u32,
    link: LinkId,
    parcel: Parcel,
    identity: Identity,
    cause: RecordId,
}

/// A session of a node's idempotent producer: it lasts until the node dies, or until a publish is given up.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The node's epoch: another life, another producer.
    life: u32,
    /// Its producer id.
    id: u32,
    /// By partition: the number of its next request.
    next: Vec<u32>,
    /// Requests that are not confirmed, by their first event: a retry has the numbers of the first try.
    open: Vec<(EventId, Vec<(u32, u64)>)>,
}

impl Session {
    /// Another session of the same node.
    fn renew(&mut self, life: u32) {
        *self = Session { life, id: self.id + 1, ..Session::default() };
    }

    fn next(&mut self, partition: u32) -> u64 {
        let at = partition as usize;
        if self.next.len() <= at {
            self.next.resize(at + 1, 0);
        }
        self.next[at] += 1;
        u64::from(self.next[at] - 1)
    }
}

/// The client library's memory: a crash of the app loses all of it.
#[derive(Clone, Debug, Default)]
pub struct ProducerProc {
    buffer: VecDeque<Handed>,
    /// What has left the buffer and waits until fewer are in flight.
    queued: VecDeque<Handed>,
    /// What was sent and is not answered.
    sent: Vec<(CallId, Handed)>,
    /// What failed and is tried again, in the order of its time.
    again: VecDeque<Handed>,
    /// Changes whenever the buffer is emptied: a linger of before has nothing to send.
    batch: u32,
}

impl ProducerProc {
    /// Whether it has nothing to do.
    pub fn idle(&self) -> bool {
        self.buffer.is_empty() && self.queued.is_empty() && self.sent.is_empty() && self.again.is_empty()
    }

    /// Whether it waits for the answer to a call.
    pub fn waits_for(&self, id: CallId) -> bool {
        self.sent.iter().any(|(call, _)| *call == id)
    }

    /// The events in its memory.
    pub fn events(&self) -> impl Iterator<Item = EventId> + '_ {
        let sent = self.sent.iter().map(|(_, handed)| handed);
        self.buffer.iter().chain(&self.queued).chain(&self.again).chain(sent).map(|handed| handed.event)
    }
}

impl Simulation<'_> {
    /// An operation hands its second write over: `send()` adds it to the buffer and returns.
    pub(super) fn op_buffers(&mut self, slot: u32, op: Op, cause: RecordId) -> bool {
        let proc = &self.ops[slot as usize];
        let (request, life) = (proc.request, proc.attempt);
        for call in 0..self.knobs.calls {
            let Some((row, event, link, parcel)) = self.second_write(slot, op, call) else { continue };
            let record = self.about(self.plan.roles.app, Kind::Buffered, event, cause);
            let cause = self.record(record);
            let identity = Identity { major: u64::from(request), attempt: 1, row, life };
            let version = self.events[event.index()].version;
            self.hand_over(Handed { op, event, version, link, parcel, identity, cause });
        }
        // From here on they are the buffer's: the operation owes nothing.
        self.ops[slot as usize].published = self.knobs.calls;
        self.op_event(slot, AppEvent::Done, cause);
        false
    }

    /// A full batch leaves at once, or as soon as the thread runs; another when its first event has lingered.
    fn hand_over(&mut self, handed: Handed) {
        self.producer.buffer.push_back(handed);
        let (held, most) = (self.producer.buffer.len(), self.plan.fire_and_forget.batch as usize);
        let linger = if held >= most { crate::kernel::time::Us::ZERO } else { self.plan.fire_and_forget.linger };
        if held == 1 || held == most {
            self.moving += 1;
            self.calendar.put(self.now.after(linger), Due::Linger(self.producer.batch));
        }
    }

    /// The batch is full, or has lingered: it leaves, unless it is gone.
    pub(super) fn lingered(&mut self, batch: u32) {
        self.moving -= 1;
        if batch != self.producer.batch || self.producer.buffer.is_empty() {
            return;
        }
        let (first, cause) =
            self.producer.buffer.front().map_or((EventId::NONE, RecordId::NONE), |h| (h.event, h.cause));
        if self.pass(self.plan.roles.app, CrashPoint::AppBufferSend, Op::NONE, first, cause) {
            return;
        }
        self.producer.batch += 1;
        let mut batch = std::mem::take(&mut self.producer.buffer);
        self.producer.queued.append(&mut batch);
        self.produce_queued();
    }

    /// Sends what waits, as far as the number in flight allows.
    fn produce_queued(&mut self) {
        let most = self.plan.broker.in_flight as usize;
        while self.producer.sent.len() + self.producer.again.len() < most
            && let Some(handed) = self.producer.queued.pop_front()
        {
            self.produce(handed);
        }
    }

    fn produce(&mut self, handed: Handed) {
        let Handed { op, event, version, link, parcel, identity, cause } = handed;
        let payload = Payload { op, ..Payload::about(parcel, event, version) };
        let id = self.call(link, Caller::Producer, Some(CLASS_DIRECT), payload, identity, cause);
        self.producer.sent.push((id, handed));
    }

    /// A call of the client library has ended: it is tried again, or given up. The operation is long over.
    pub(super) fn producer_answered(&mut self, id: CallId, outcome: Outcome, cause: RecordId) {
        let Some(at) = self.producer.sent.iter().position(|(call, _)| *call == id) else { return };
        let (_, mut handed) = self.producer.sent.remove(at);
        self.publish_calls.ended += 1;
        if outcome == Outcome::Ok {
            return self.produce_queued();
        }
        self.publish_calls.failed += 1;
        let again = self.knobs.again(handed.identity.attempt);
        let kind = if again { Kind::Retried } else { Kind::GaveUp };
        let record = self.about(self.plan.roles.app, kind, handed.event, cause);
        handed.cause = self.record(record);
        if again {
            handed.identity.attempt += 1;
            self.producer.again.push_back(handed);
            self.moving += 1;
            let life = self.epoch(self.plan.roles.app);
            self.calendar.put(self.now.after(self.plan.direct.backoff), Due::ProduceAgain(life));
        } else {
            self.abandon(self.plan.roles.app, handed.event);
            self.produce_queued();
        }
    }

    /// The pause before another try is over, unless the app died since.
    pub(super) fn produce_again(&mut self, life: u32) {
        self.moving -= 1;
        if life == self.epoch(self.plan.roles.app)
            && let Some(handed) = self.producer.again.pop_front()
        {
            self.produce(handed);
        }
    }

    /// The app dies, and its client library's memory with it: what was not sent, or was to be sent again.
    pub(super) fn kill_producer(&mut self, crash: RecordId) {
        let batch = self.producer.batch + 1;
        let old = std::mem::replace(&mut self.producer, ProducerProc { batch, ..ProducerProc::default() });
        for handed in old.buffer.iter().chain(&old.queued).chain(&old.again) {
            let record = self.about(self.plan.roles.app, Kind::Killed, handed.event, crash);
            self.record(Record { op: handed.op, ..record });
        }
    }

    /// A publish leaves an idempotent producer: it has the number of its first try, or the next one, in each partition.
    pub(super) fn number(&mut self, node: NodeId, payload: &mut Payload) {
        let life = self.epoch(node);
        let mut session = std::mem::take(&mut self.sessions[node.index()]);
        if session.life != life {
            session.renew(life);
        }
        let first = payload.event;
        if !session.open.iter().any(|(event, _)| *event == first) {
            let mut numbers: Vec<(u32, u64)> = Vec::new();
            for nth in 0..payload.changes.len().max(1) {
                let partition = self.partition_of(nth_published(payload, nth).0);
                if !numbers.iter().any(|(known, _)| *known == partition) {
                    numbers.push((partition, session.next(partition)));
                }
            }
            session.open.push((first, numbers));
        }
        let own = session.open.iter().find(|(event, _)| *event == first);
        payload.offsets = own.map(|(_, numbers)| numbers.clone()).unwrap_or_default();
        payload.looks = u64::from(node.0) << 32 | u64::from(session.id);
        self.sessions[node.index()] = session;
    }

    /// A numbered publish has ended. One that is refused although nothing before it is still to come goes on in a new
    /// session.
    pub(super) fn numbered_ended(&mut self, id: CallId, outcome: Outcome) {
        let Some(call) = self.get_call(id).filter(|call| call.payload.parcel == Parcel::Publish) else { return };
        let (node, event, refused) = (call.ends.0, call.payload.event, call.payload.large == 1);
        let (own, id) = (call.payload.offsets.clone(), call.payload.looks as u32);
        let session = &mut self.sessions[node.index()];
        if id != session.id {
            return;
        }
        if outcome == Outcome::Ok {
            session.open.retain(|(open, _)| *open != event);
            return;
        }
        let before = |(partition, number): &(u32, u64)| own.iter().any(|(at, mine)| at == partition && number < mine);
        if refused && !session.open.iter().flat_map(|(_, numbers)| numbers).any(before) {
            self.abandon(node, event);
        }
    }

    /// A publish is given up. If it was numbered it leaves a gap, so that its producer needs another id; what else is not
    /// confirmed gets a number of that one when it is sent again.
    pub(super) fn abandon(&mut self, node: NodeId, event: EventId) {
        let life = self.epoch(node);
        let session = &mut self.sessions[node.index()];
        if session.open.iter().any(|(open, _)| *open == event) {
            session.renew(life);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each partition has numbers of its own, and each session begins again at 0.
    #[test]
    fn a_session_counts_by_partition() {
        let mut session = Session::default();
        let counted: Vec<u64> = [0, 2, 0, 2, 1].into_iter().map(|partition| session.next(partition)).collect();
        assert_eq!(counted, [0, 0, 1, 1, 0]);
        session.renew(7);
        assert_eq!((session.life, session.id, session.next(2)), (7, 1, 0));
    }
}
