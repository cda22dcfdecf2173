//! Who waits for an answer, and for how long.

use super::{CallId, Caller};
use crate::kernel::time::Us;
use crate::run::simulation::{Due, Simulation};
use crate::scenario::plan::Plan;
use crate::world::ids::{Op, Outcome, RecoveryId, StoreId};
use crate::world::record::Kind;
use std::collections::VecDeque;

/// Calls that wait equally long, in the order of their deadlines: one entry of the calendar serves them all.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// How long they wait.
    pub(super) span: Us,
    queue: VecDeque<(Us, CallId)>,
    armed: bool,
}

impl Timeouts {
    /// The classes of a plan: source, second write, relay, then store by store, connector, coordinator, the app's own
    /// consumer, recoveries.
    pub fn classes(plan: &Plan) -> Vec<Timeouts> {
        let spans = [plan.source.timeout, plan.direct.timeout, plan.outbox.timeout];
        let spans = spans.into_iter().chain(plan.stores.iter().map(|store| store.timeout));
        let spans = spans.chain([plan.cdc.timeout, plan.two_phase.timeout, plan.own.timeout]);
        let spans = spans.chain(plan.recoveries.iter().map(|recovery| recovery.timeout));
        spans.map(|span| Timeouts { span, queue: VecDeque::new(), armed: false }).collect()
    }
}

/// The class of the source's callers.
pub const CLASS_SOURCE: u16 = 0;

/// The class of the second write.
pub const CLASS_DIRECT: u16 = 1;

/// The class of the relay.
pub const CLASS_RELAY: u16 = 2;

/// The class of the connector.
pub fn class_of_connector(plan: &Plan) -> u16 {
    3 + plan.stores.len() as u16
}

/// The class of a store's consumer.
fn class_of(store: StoreId) -> u16 {
    3 + store.0
}

/// The class of a consumer's calls; the app's own consumer has the last one.
pub fn class_of_consumer(plan: &Plan, store: StoreId) -> u16 {
    let stores = plan.stores.len() as u16;
    if store.0 < stores { class_of(store) } else { class_of(StoreId(stores + 2)) }
}

/// The class of a coordinator's calls: after those of the stores' consumers and the connector's.
pub fn class_of_coordinator(plan: &Plan) -> u16 {
    class_of(StoreId(plan.stores.len() as u16 + 1))
}

/// The class of a recovery's calls.
pub fn class_of_recovery(plan: &Plan, recovery: RecoveryId) -> u16 {
    class_of(StoreId(plan.stores.len() as u16 + 3 + recovery.0))
}

impl Simulation<'_> {
    pub(super) fn watch_call(&mut self, class: u16, id: CallId) {
        let timeouts = &mut self.timeouts[usize::from(class)];
        if timeouts.span == Us::NEVER {
            return;
        }
        let deadline = self.now.after(timeouts.span);
        timeouts.queue.push_back((deadline, id));
        if !timeouts.armed {
            timeouts.armed = true;
            self.calendar.put(deadline, Due::Timeout(class));
        }
    }

    /// Callers of a class look at their watches: who has waited long enough gives up.
    pub(in crate::run::simulation) fn call_timeouts(&mut self, class: u16) {
        self.timeouts[usize::from(class)].armed = false;
        while let Some(&(deadline, id)) = self.timeouts[usize::from(class)].queue.front() {
            let waits = self.waits_for(id);
            if waits && deadline > self.now {
                self.timeouts[usize::from(class)].armed = true;
                self.calendar.put(deadline, Due::Timeout(class));
                return;
            }
            self.timeouts[usize::from(class)].queue.pop_front();
            if waits {
                self.time_out(id);
            }
            if self.get_call(id).is_some_and(|call| call.stranded) {
                self.unref(id);
            }
        }
    }

    /// Whether the caller of that call still lives and still waits for it.
    pub(in crate::run::simulation) fn waits_for(&self, id: CallId) -> bool {
        let Some(call) = self.get_call(id) else { return false };
        match call.caller {
            Caller::Op(slot, op) => self.ops.get(slot as usize).is_some_and(|proc| proc.op == op && proc.waiting == id),
            Caller::Relay(relay) => self.relays[relay.index()].waits_for(id),
            Caller::Producer => self.producer.waits_for(id),
            Caller::Connector(part) => self.connector.waiting.get(part as usize) == Some(&id),
            Caller::Coordinator(..) => self.coordinator.waits_for(id),
            Caller::Recovery(recovery) => self.recoveries[recovery.index()].waiting == Some(id),
            Caller::Consumer(store) => self.consumers[store.index()].waiting == id,
            Caller::Reader(slot, number) => self.reader(slot, number).is_some_and(|reader| reader.waiting == id),
            Caller::Nobody(_) => false,
        }
    }

    pub(super) fn time_out(&mut self, id: CallId) {
        let call = &self.calls[id.slot as usize];
        let (caller, link, event, op, sent, message, from) =
            (call.caller, call.link, call.payload.event, call.payload.op, call.sent, call.message, call.ends.0);
        let mut record = self.about(from, Kind::TimedOut, event, sent);
        if op != Op::NONE {
            record.op = op;
        }
        (record.link, record.extra, record.detail) = (link, message.0, Outcome::Unknown as u8);
        let cause = self.record(record);
        self.calls[id.slot as usize].settled = true;
        self.conclude(caller, id, Outcome::Unknown, cause);
    }
}
