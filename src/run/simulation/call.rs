//! Requests and answers over links. A call has one of five outcomes (DOMAIN 1.3): done and answered, failed before it
//! had an effect, done but the answer lost, lost, or done after its caller gave up.

mod arrival;
mod fate;
mod timeouts;

pub use timeouts::{
    CLASS_DIRECT, CLASS_RELAY, CLASS_SOURCE, Timeouts, class_of_connector, class_of_consumer, class_of_coordinator,
    class_of_recovery,
};

use super::connector::{Change, Part};
use super::{Due, Simulation, role_code};
use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::scenario::plan::{LinkPlan, Plan};
use crate::world::ids::{
    Acks, EventId, LinkId, MemberId, MessageId, NodeId, Op, Outcome, RecordId, RecoveryId, RelayId,
};
use crate::world::observe::ObservedRow;
use crate::world::outbox::OutboxRow;
use crate::world::record::{Kind, Parcel};

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 1] = [(
    "calls: a crash of who is called",
    "simplified",
    "who called waits for the whole timeout; over a real connection it often hears at once that it was closed",
)];

/// A call, by slot and by how often that slot was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallId {
    slot: u32,
    used: u32,
}

impl CallId {
    /// No call.
    pub const NONE: CallId = CallId { slot: u32::MAX, used: 0 };
}

/// Who waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// An operation of the app, by slot.
    Op(u32, Op),
    /// A relay of the outbox.
    Relay(RelayId),
    /// The app's client library, for an operation that is long over.
    Producer,
    /// The connector.
    Connector(Part),
    /// The coordinator, for an operation and a participant.
    Coordinator(Op, u32),
    /// A recovery.
    Recovery(RecoveryId),
    /// A store's consumer.
    Consumer(MemberId),
    /// A reader of a cache, by slot and number; `u32::MAX`: nobody waits.
    Reader(u32, u32),
    /// Nobody: the broker pushes a record to a store's consumer.
    Nobody(MemberId),
}

/// What a request says.
#[derive(Clone, Debug)]
pub struct Payload {
    /// What it is.
    pub parcel: Parcel,
    /// The operation, if it is one's.
    pub op: Op,
    /// The event, if it is about one.
    pub event: EventId,
    /// The version that the event carries.
    pub version: u32,
    /// Partition; 1 for a commit whose transaction will abort; how many rows a claim may not have yet.
    pub small: u32,
    /// Offset; or how many rows to claim; or 1 for a publish that was refused since one before it is missing.
    pub large: u64,
    /// The event that a consumer was told of, where it applies what it read at the source instead.
    pub told: EventId,
    /// Of a two-phase commit: the transaction's events; or the operations that are found prepared.
    pub list: Vec<u32>,
    /// Outbox rows: claimed, or to be marked.
    pub rows: Vec<OutboxRow>,
    /// The gaps that a claim saw; or partitions, and the number that a publish has in each.
    pub offsets: Vec<(u32, u64)>,
    /// Partitions, the offsets to commit in them, and the leader epochs in which they were read.
    pub commits: Vec<(u32, u64, u32)>,
    /// The leader epoch in which a record was read.
    pub epoch: u32,
    /// Changes: from the log, of a snapshot, or a batch to publish.
    pub changes: Vec<Change>,
    /// Rows that a recovery has read, in the order of `list`.
    pub slice: Vec<ObservedRow>,
    /// Whether the row is shown again, which is no delivery.
    pub again: bool,
    /// Whether the broker refuses offsets since their partitions are another member's.
    pub refused: bool,
    /// Of a claim or mark: the how-manieth look of its relay it belongs to. Of a publish: its producer. Of offsets: how often
    /// their member has joined its group.
    pub looks: u64,
}

impl Payload {
    /// A request about an event.
    pub fn about(parcel: Parcel, event: EventId, version: u32) -> Payload {
        Payload {
            parcel,
            op: Op::NONE,
            event,
            version,
            small: 0,
            large: 0,
            told: EventId::NONE,
            list: Vec::new(),
            rows: Vec::new(),
            epoch: 0,
            offsets: Vec::new(),
            commits: Vec::new(),
            changes: Vec::new(),
            slice: Vec::new(),
            again: false,
            refused: false,
            looks: 0,
        }
    }
}

/// A request on its way, being served, or answered.
#[derive(Clone, Debug)]
pub struct Call {
    used: u32,
    /// Entries of the calendar, and places elsewhere, that still name this call.
    refs: u8,
    /// Whether the caller has its answer, or has given up.
    settled: bool,
    /// Whether an answer has left: a second copy of a request is not answered again.
    answered: bool,
    /// Whether no answer will come: the call is kept until its caller's deadline.
    stranded: bool,
    pub link: LinkId,
    pub caller: Caller,
    /// Who calls, and who is called: against the link's direction where a consumer commits its offset.
    pub ends: (NodeId, NodeId),
    /// The caller's epoch when it called: an answer finds no older life.
    epoch: u32,
    /// The callee's epoch then: a second copy belongs to the connection, and dies with it.
    callee_epoch: u32,
    pub payload: Payload,
    back: Us,
    answer_lost: bool,
    refused: bool,
    /// The request's number, its second copy's, and the answer's.
    message: MessageId,
    copy: MessageId,
    reply: MessageId,
    /// The record of sending it.
    pub sent: RecordId,
    /// Draws of the callee's time belong to this.
    pub identity: (u64, u32),
}

/// What the simulation knows of a link.
#[derive(Clone, Debug)]
pub struct LinkState {
    /// A number that does not depend on the strategy: which draws it has.
    code: u32,
    /// When the last message reaches the far end, there and back: messages of a FIFO link do not overtake.
    last: [Us; 2],
    /// How many requests it has carried.
    pub requests: u32,
    /// How many cuts are in force.
    pub cuts: u32,
    /// Message faults that strike the next request: their index in the plan.
    pub next: Vec<u32>,
}

impl LinkState {
    /// An idle link.
    pub fn new(plan: &Plan, link: &LinkPlan) -> LinkState {
        let role = |node: NodeId| role_code(plan.nodes[node.index()].role);
        LinkState {
            code: role(link.from) << 12 | role(link.to),
            last: [Us::ZERO; 2],
            requests: 0,
            cuts: 0,
            next: Vec::new(),
        }
    }
}

/// Which draws a call has: what it belongs to, and the how-manieth of its kind it is.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// The client's request, or a running number.
    pub major: u64,
    /// From 1.
    pub attempt: u32,
    /// Which row of several.
    pub row: u32,
    /// Which life of the caller.
    pub life: u32,
}

impl Identity {
    fn minor(self, parcel: Parcel) -> u32 {
        (parcel as u32 % 16) | (self.row & 0xf) << 4 | (self.attempt & 0xfff) << 8 | (self.life & 0xfff) << 20
    }
}

impl Simulation<'_> {
    /// Sends a request. The answer, or the lack of one, will find the caller.
    pub(super) fn call(
        &mut self,
        link: LinkId,
        caller: Caller,
        class: Option<u16>,
        mut payload: Payload,
        identity: Identity,
        cause: RecordId,
    ) -> CallId {
        let minor = identity.minor(payload.parcel);
        let timeout = class.map_or(Us::ZERO, |class| self.timeouts[usize::from(class)].span);
        let mut fate = self.fate(link, identity.major, minor, payload.parcel, timeout);
        let (from, to) = self.link_ends(link);
        let known = self.poison.contains(&(to, payload.event));
        // A message that is about no event has nothing that could come again.
        if fate.poison && !known && payload.event != EventId::NONE {
            self.poison.push((to, payload.event));
        }
        // What cannot be handled is the message: a repair writes the row past it.
        fate.fail_before |= payload.parcel != Parcel::Repair && (fate.poison || known);
        let back = [Parcel::CommitOffset, Parcel::Wal, Parcel::SignalRow].contains(&payload.parcel);
        let ends = if back { (to, from) } else { (from, to) };
        let (epoch, callee_epoch) = (self.epoch(ends.0), self.epoch(ends.1));
        if payload.parcel == Parcel::Publish && self.plan.broker.idempotent {
            self.number(ends.0, &mut payload);
        }
        let blind = class.is_some() && payload.parcel == Parcel::Publish && self.plan.broker.acks == Acks::None;
        let class = class.filter(|_| !blind);
        let mut call = Call {
            used: 0,
            refs: 0,
            settled: class.is_none(),
            answered: false,
            stranded: false,
            link,
            caller,
            ends,
            epoch,
            callee_epoch,
            payload,
            back: fate.back,
            answer_lost: fate.ack_lost,
            refused: fate.fail_before,
            message: MessageId(self.next_message),
            copy: MessageId::NONE,
            reply: MessageId::NONE,
            sent: RecordId::NONE,
            identity: (identity.major, minor),
        };
        let way = usize::from(ends.0 == to);
        let arrives = self.arrival_time(link, way, fate.out, fate.late);
        self.last_arrival = arrives;
        let shown = if fate.lost { Us::NEVER } else { arrives };
        call.sent = self.record_sent(&call, call.message, shown, cause);
        self.next_message += 1;
        let copy_at = fate.copy_after.filter(|_| !fate.lost).map(|after| arrives.after(after));
        if let Some(at) = copy_at {
            call.copy = MessageId(self.next_message);
            self.next_message += 1;
            self.record_sent(&call, call.copy, at, call.sent);
        }
        let id = self.new_call(call);
        self.put_call(arrives, if fate.lost { Due::Lost(id) } else { Due::Arrive(id) }, id);
        if let Some(at) = copy_at {
            self.put_call(at, Due::ArriveCopy(id), id);
        }
        if let Some(class) = class {
            self.watch_call(class, id);
        }
        if blind {
            self.put_call(self.now, Due::Assumed(id), id);
        }
        id
    }

    /// A producer that wants no answer (`acks` 0) takes it for done that it has sent.
    pub(super) fn assumed(&mut self, id: CallId) {
        let Some(call) = self.get_call(id).filter(|_| self.waits_for(id)) else { return self.release(id) };
        let (caller, event, op, from) = (call.caller, call.payload.event, call.payload.op, call.ends.0);
        let mut record = self.about(from, Kind::Assumed, event, call.sent);
        (record.link, record.extra, record.version) = (call.link, call.message.0, call.payload.version);
        if op != Op::NONE {
            record.op = op;
        }
        let cause = self.record(record);
        self.conclude(caller, id, Outcome::Ok, cause);
        self.release(id);
    }

    /// When a call's request arrives that was sent now, for a connection that closes behind it.
    pub(super) fn one_way(&mut self, link: LinkId, major: u64) -> Us {
        let code = self.links[link.index()].code;
        let mut draw = self.draws.of(Purpose::Call, major, code, u32::MAX);
        self.plan.links[link.index()].latency.draw(&mut draw)
    }

    fn record_sent(&mut self, call: &Call, message: MessageId, arrives: Us, cause: RecordId) -> RecordId {
        let mut record = self.about(call.ends.0, Kind::Sent, call.payload.event, cause);
        if call.payload.op != Op::NONE {
            record.op = call.payload.op;
            record.key = self.key_of(call.payload.op, call.caller).unwrap_or(record.key);
        }
        if let Caller::Reader(slot, number) = call.caller {
            record.key = self.reader(slot, number).map_or(record.key, |reader| reader.key);
        }
        if call.payload.event != EventId::NONE {
            record.version = call.payload.version;
        }
        record.value = arrives.0;
        record.extra = message.0;
        record.link = call.link;
        record.detail = call.payload.parcel as u8;
        self.record(record)
    }

    fn key_of(&self, op: Op, caller: Caller) -> Option<crate::world::ids::Key> {
        match caller {
            Caller::Op(slot, id) if id == op => self.ops.get(slot as usize).map(|op| op.key),
            Caller::Op(..)
            | Caller::Relay(_)
            | Caller::Producer
            | Caller::Coordinator(..)
            | Caller::Connector(_)
            | Caller::Recovery(_)
            | Caller::Consumer(_)
            | Caller::Reader(..)
            | Caller::Nobody(_) => None,
        }
    }

    fn new_call(&mut self, mut call: Call) -> CallId {
        if let Some(slot) = self.free_calls.pop() {
            call.used = self.calls[slot as usize].used + 1;
            let id = CallId { slot, used: call.used };
            self.calls[slot as usize] = call;
            return id;
        }
        self.calls.push(call);
        CallId { slot: self.calls.len() as u32 - 1, used: 0 }
    }

    /// The call, if it still is that one.
    pub(super) fn get_call(&self, id: CallId) -> Option<&Call> {
        self.calls.get(id.slot as usize).filter(|call| call.used == id.used && call.refs > 0)
    }

    pub(super) fn call_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.calls.get_mut(id.slot as usize).filter(|call| call.used == id.used && call.refs > 0)
    }

    /// Puts an entry that names a call; it counts as moving until it is taken.
    pub(super) fn put_call(&mut self, at: Us, due: Due, id: CallId) {
        self.calls[id.slot as usize].refs += 1;
        self.moving += 1;
        self.calendar.put(at, due);
    }

    /// An entry that named a call is taken, or a place elsewhere lets go of it.
    pub(super) fn release(&mut self, id: CallId) {
        self.moving -= 1;
        self.unref(id);
    }

    fn unref(&mut self, id: CallId) {
        let call = &mut self.calls[id.slot as usize];
        call.refs -= 1;
        if call.refs == 0 {
            self.free_calls.push(id.slot);
        }
    }

    /// No answer will come: keeps the call until its caller's deadline, so that the caller can give up.
    pub(super) fn strand(&mut self, id: CallId) {
        if let Some(call) = self.call_mut(id)
            && !call.settled
            && !call.stranded
        {
            call.stranded = true;
            call.refs += 1;
        }
    }

    /// A place elsewhere (a queue, a lock's waiting list) holds on to a call.
    pub(super) fn hold(&mut self, id: CallId) {
        self.calls[id.slot as usize].refs += 1;
        self.moving += 1;
    }

    /// Tells a caller how its call ended.
    fn conclude(&mut self, caller: Caller, id: CallId, outcome: Outcome, cause: RecordId) {
        if self.plan.broker.idempotent {
            self.numbered_ended(id, outcome);
        }
        match caller {
            Caller::Op(slot, _) => self.op_answered(slot, id, outcome, cause),
            Caller::Relay(relay) => self.relay_answered(relay, id, outcome, cause),
            Caller::Producer => self.producer_answered(id, outcome, cause),
            Caller::Connector(part) => self.connector_answered(part, id, outcome, cause),
            Caller::Coordinator(op, to) => self.coordinator_answered(op, to, id, outcome, cause),
            Caller::Recovery(recovery) => self.recovery_answered(recovery, id, outcome, cause),
            Caller::Consumer(store) => self.consumer_answered(store, id, outcome, cause),
            Caller::Reader(slot, _) => self.cache_reader_answered(slot, id, outcome),
            Caller::Nobody(_) => {}
        }
    }

    /// Events in requests that are on their way or being served.
    pub(super) fn on_the_way(&self) -> Vec<EventId> {
        let fills = |call: &&Call| call.payload.parcel == Parcel::Fill;
        let live = self.calls.iter().filter(|call| call.refs > 0 && !call.stranded && !fills(call));
        live.filter_map(|call| call.payload.event.some()).collect()
    }
}
