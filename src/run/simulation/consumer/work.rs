//! What a consumer does with a record of its batch: it works on it, reads its row if it must, and calls the store.

use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::run::simulation::call::{Caller, Identity, Payload, class_of_consumer};
use crate::run::simulation::{Due, Simulation, role_code};
use crate::scenario::plan::NodeRole;
use crate::world::consumer::{Event, State};
use crate::world::ids::{EventId, LinkId, MemberId, NodeId, OpKind, RecordId};
use crate::world::record::{Kind, Parcel, Record, RejectReason};

impl Simulation<'_> {
    /// The consumer works on a record, and calls the store when it is done with that.
    pub(super) fn consumer_works(&mut self, member: MemberId, at: u32, attempt: u32, cause: RecordId) {
        let plan = self.plan;
        let span = match plan.fed_by(member).process.constant() {
            Some(us) => us,
            None => {
                let about = self.current_record(member);
                let request = self.events.get(about.index()).map_or(0, |info| u64::from(info.request));
                let code = role_code(NodeRole::Consumer(member));
                let minor = (about.0 % 16) | (attempt & 0xfff) << 8 | (self.reading(member) & 0xfff) << 20;
                plan.fed_by(member).process.draw(&mut self.draws.of(Purpose::Service, request, code, minor))
            }
        };
        let Some(node) = plan.roles.consumers[member.index()].filter(|_| span > Us::ZERO) else {
            return self.consumer_applies(member, at, attempt, cause);
        };
        let epoch = self.epoch(node);
        self.calendar.put(self.now.after(span), Due::ConsumerWorked(member, epoch, cause));
    }

    /// It is done with that, unless it died since.
    pub(in crate::run::simulation) fn consumer_worked(&mut self, member: MemberId, epoch: u32, cause: RecordId) {
        let Some(node) = self.plan.roles.consumers[member.index()] else { return };
        if let State::Applying { at, attempt, .. } = self.consumers[member.index()].state
            && self.epoch(node) == epoch
        {
            self.consumer_applies(member, at, attempt, cause);
        }
    }

    fn consumer_applies(&mut self, member: MemberId, at: u32, attempt: u32, cause: RecordId) {
        let Some(link) = self.plan.roles.consumer_store[member.index()] else { return };
        let Some(fetched) = self.consumers[member.index()].batch.get(at as usize).copied() else { return };
        self.draw_poison(member, fetched.event);
        // The first record of a poll goes on from the poll; the others from their own arrival.
        let cause = if at == 0 || attempt > 1 { cause } else { fetched.cause };
        // A delete says all there is to say; anything else may only name its row.
        let delete = self.events[fetched.event.index()].kind == OpKind::Delete;
        let own =
            self.plan.roles.own_consumer.is_some_and(|own| self.plan.roles.consumers[member.index()] == Some(own));
        match self.plan.roles.consumer_source[member.index()].filter(|_| !delete) {
            Some(source) => {
                let payload = Payload::about(Parcel::Read, fetched.event, fetched.version);
                self.consumer_calls(member, source, fetched.event, payload, attempt, cause);
            }
            None => {
                let parcel = if own { Parcel::Upsert } else { Parcel::Apply };
                let mut payload = Payload::about(parcel, fetched.event, fetched.version);
                payload.again = fetched.again;
                self.consumer_calls(member, link, fetched.event, payload, attempt, cause);
            }
        }
    }

    /// A call for a record: `told` is its event, by which the draws go.
    fn consumer_calls(
        &mut self,
        member: MemberId,
        link: LinkId,
        told: EventId,
        payload: Payload,
        attempt: u32,
        cause: RecordId,
    ) {
        let request = self.events[told.index()].request;
        let identity = Identity { major: u64::from(request), attempt, row: told.0 % 16, life: self.reading(member) };
        let id = self.call(
            link,
            Caller::Consumer(member),
            Some(class_of_consumer(self.plan, self.plan.roles.group(member))),
            payload,
            identity,
            cause,
        );
        self.consumers[member.index()].waiting = id;
    }

    /// The source has answered a consumer's read: what it found is applied; if it found nothing the event is dropped.
    pub(super) fn consumer_read(
        &mut self,
        member: MemberId,
        node: NodeId,
        told: EventId,
        found: EventId,
        cause: RecordId,
    ) {
        let State::Applying { attempt, .. } = self.consumers[member.index()].state else { return };
        let Some(link) = self.plan.roles.consumer_store[member.index()] else { return };
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
        let Some(row) = row else { return self.consumer_event(member, node, Event::Dropped, cause) };
        let mut payload = Payload::about(Parcel::Apply, found, row.version);
        payload.told = if found == told { EventId::NONE } else { told };
        payload.again = self.current_again(member);
        self.consumer_calls(member, link, told, payload, attempt, cause);
    }

    /// The consumer hands a record on to the next store, and waits until that has it.
    pub(super) fn consumer_emits(&mut self, member: MemberId, at: u32, attempt: u32, cause: RecordId) {
        let Some(link) = self.plan.roles.emit_store[member.index()] else { return };
        let Some(fetched) = self.consumers[member.index()].batch.get(at as usize).copied() else { return };
        let mut payload = Payload::about(Parcel::Apply, fetched.event, fetched.version);
        payload.again = fetched.again;
        self.consumer_calls(member, link, fetched.event, payload, attempt, cause);
    }

    /// The consumer tells the inbox that the store has had a record.
    pub(super) fn consumer_marks(&mut self, member: MemberId, at: u32, attempt: u32, cause: RecordId) {
        let Some(link) = self.plan.roles.consumer_store[member.index()] else { return };
        let Some(fetched) = self.consumers[member.index()].batch.get(at as usize).copied() else { return };
        let payload = Payload::about(Parcel::Remember, fetched.event, fetched.version);
        self.consumer_calls(member, link, fetched.event, payload, attempt, cause);
    }
}
