//! A request arrives, or does not; its answer comes back, or does not.

use super::{CallId, Caller};
use crate::kernel::time::Us;
use crate::run::simulation::connector::Part;
use crate::run::simulation::{Due, Simulation};
use crate::world::ids::{Acks, EventId, MessageId, Op, Outcome, RecordId};
use crate::world::record::{Kind, Parcel, Record};

impl Simulation<'_> {
    /// A request, or its second copy, reaches the far end of its link.
    pub(in crate::run::simulation) fn arrive(&mut self, id: CallId, copy: bool) {
        let Some(call) = self.get_call(id) else { return };
        let message = if copy { call.copy } else { call.message };
        let (to, link, sent, refused) = (call.ends.1, call.link, call.sent, call.refused);
        let (event, op, parcel) = (call.payload.event, call.payload.op, call.payload.parcel);
        let broken = copy && self.epoch(to) != call.callee_epoch;
        let down = !self.up(to);
        let kind = if down || refused || broken { Kind::Dropped } else { Kind::Arrived };
        let mut record = self.about(to, kind, event, sent);
        if op != Op::NONE {
            record.op = op;
        }
        (record.link, record.extra, record.detail) = (link, message.0, parcel as u8);
        let cause = self.record(record);
        if kind == Kind::Dropped {
            self.drops_rest(id, &record);
        }
        if broken {
            self.strand(id);
        } else if down || refused {
            self.nobody_there(id, cause);
        } else {
            self.admit(id, cause);
        }
        self.release(id);
    }

    /// With a batch for whose answer nobody waits, all its events are gone, and not only the first.
    fn drops_rest(&mut self, id: CallId, first: &Record) {
        let Some(call) = self.get_call(id).filter(|_| self.plan.broker.acks == Acks::None) else { return };
        let rest: Vec<EventId> = call.payload.changes.iter().skip(1).map(|change| change.event).collect();
        for event in rest {
            let about = self.about(first.node, Kind::Dropped, event, first.cause);
            self.record(Record { link: first.link, extra: first.extra, detail: first.detail, ..about });
        }
    }

    /// A request is lost on its way.
    pub(in crate::run::simulation) fn lost(&mut self, id: CallId) {
        let Some(call) = self.get_call(id) else { return };
        let (link, sent, message, caller, from) = (call.link, call.sent, call.message, call.caller, call.ends.0);
        let (event, op, parcel) = (call.payload.event, call.payload.op, call.payload.parcel);
        let mut record = self.about(from, Kind::Dropped, event, sent);
        if op != Op::NONE {
            record.op = op;
        }
        (record.link, record.extra, record.detail) = (link, message.0, parcel as u8);
        let cause = self.record(record);
        self.drops_rest(id, &record);
        match caller {
            Caller::Nobody(member) => self.push_lost(member, cause),
            Caller::Connector(Part::Stream) => self.change_lost(id, cause),
            Caller::Op(..)
            | Caller::Relay(_)
            | Caller::Producer
            | Caller::Coordinator(..)
            | Caller::Connector(_)
            | Caller::Recovery(_)
            | Caller::Reader(..)
            | Caller::Consumer(_) => self.strand(id),
        }
        self.release(id);
    }

    /// The request was refused without effect: its caller learns so; a lost push is fetched again.
    pub(super) fn nobody_there(&mut self, id: CallId, cause: RecordId) {
        let Some(call) = self.get_call(id) else { return };
        match call.caller {
            Caller::Nobody(member) => self.push_lost(member, cause),
            Caller::Connector(Part::Stream) => self.change_lost(id, cause),
            Caller::Op(..)
            | Caller::Relay(_)
            | Caller::Producer
            | Caller::Coordinator(..)
            | Caller::Connector(_)
            | Caller::Recovery(_)
            | Caller::Reader(..)
            | Caller::Consumer(_) => self.answer(id, false, cause),
        }
    }

    /// Sends the answer back.
    pub(in crate::run::simulation) fn answer(&mut self, id: CallId, ok: bool, cause: RecordId) {
        let Some(call) = self.get_call(id) else { return };
        let (link, back, event, op, version) =
            (call.link, call.back, call.payload.event, call.payload.op, call.payload.version);
        let lost = (call.answer_lost && ok) || self.links[link.index()].cuts > 0;
        let (from, to) = call.ends;
        if call.settled || call.answered {
            return;
        }
        let way = usize::from(from == self.link_ends(link).0);
        let arrives = self.arrival_time(link, way, back, None);
        let mut record = self.about(to, Kind::Sent, event, cause);
        if op != Op::NONE {
            record.op = op;
        }
        if event != EventId::NONE {
            record.version = version;
        }
        record.value = if lost { Us::NEVER.0 } else { arrives.0 };
        (record.link, record.extra) = (link, self.next_message);
        record.detail = if ok { Parcel::AnswerOk } else { Parcel::AnswerFailed } as u8;
        self.next_message += 1;
        let sent = self.record(record);
        if let Some(call) = self.call_mut(id) {
            (call.sent, call.reply, call.answered) = (sent, MessageId(record.extra), true);
        }
        let due = if lost { Due::AnswerLost(id) } else { Due::Answer(id, ok) };
        self.put_call(arrives, due, id);
    }

    /// An answer reaches its caller.
    pub(in crate::run::simulation) fn answer_arrives(&mut self, id: CallId, ok: bool) {
        let Some(call) = self.get_call(id) else { return };
        let (link, caller, epoch, sent, message) = (call.link, call.caller, call.epoch, call.sent, call.reply);
        let (event, op, from) = (call.payload.event, call.payload.op, call.ends.0);
        let heard = self.up(from) && self.epoch(from) == epoch && self.waits_for(id);
        let outcome = if ok { Outcome::Ok } else { Outcome::Failed };
        let mut record = self.about(from, if heard { Kind::Answered } else { Kind::Dropped }, event, sent);
        if op != Op::NONE {
            record.op = op;
        }
        (record.link, record.extra) = (link, message.0);
        record.detail = if heard { outcome as u8 } else { Parcel::AnswerOk as u8 };
        let cause = self.record(record);
        if heard {
            if let Some(call) = self.call_mut(id) {
                call.settled = true;
            }
            self.conclude(caller, id, outcome, cause);
        }
        self.release(id);
    }

    /// An answer is lost on its way.
    pub(in crate::run::simulation) fn answer_lost(&mut self, id: CallId) {
        let Some(call) = self.get_call(id) else { return };
        let (link, sent, message, event, op, to) =
            (call.link, call.sent, call.reply, call.payload.event, call.payload.op, call.ends.1);
        let mut record = self.about(to, Kind::Dropped, event, sent);
        if op != Op::NONE {
            record.op = op;
        }
        (record.link, record.extra, record.detail) = (link, message.0, Parcel::AnswerOk as u8);
        self.record(record);
        self.strand(id);
        self.release(id);
    }
}
