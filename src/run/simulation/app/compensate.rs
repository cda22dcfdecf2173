//! An operation that gives its second write up is taken back: a saga's compensation (DOMAIN 2d, 2k).
//!
//! It is an operation of its own, which goes the same way as any: a transaction at the source that undoes each row, then a
//! call of everybody who may have been told. Nothing holds it together with what it takes back: other operations come
//! between, and its call can overtake one that is late.

use super::OpProc;
use crate::kernel::time::Us;
use crate::run::simulation::{EventInfo, Simulation};
use crate::strategy::machine::AppEvent;
use crate::world::ids::{EventId, Op, Outcome, RecordId};
use crate::world::record::Kind;

/// What the client of a change is told that was taken back, by how that ended.
pub(super) fn taken_back(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Ok => Outcome::Failed,
        Outcome::Failed | Outcome::Unknown => Outcome::Unknown,
    }
}

impl OpProc {
    /// Which draws it has among those of its request: what takes a change back has others than the change.
    pub(super) fn life(&self) -> u32 {
        self.attempt | if self.undoes { 0x800 } else { 0 }
    }
}

impl Simulation<'_> {
    /// An operation is over, and its change is taken back by another one, in the same thread.
    pub(super) fn op_compensates(&mut self, slot: u32, cause: RecordId) -> bool {
        let (given_up, request) = (self.ops[slot as usize].op, self.ops[slot as usize].request);
        let cancelled = self.events_of(slot, given_up);
        let op = Op(self.next_op);
        self.next_op += 1;
        let own = self.new_op(op, request, cause);
        let (first, mut last) = (EventId(self.events.len() as u32), cause);
        for cancels in cancelled {
            let EventInfo { key, kind, version, .. } = self.events[cancels.index()];
            let event = EventId(self.events.len() as u32);
            let (kind, version) = (kind.inverse(), version + 1);
            self.events.push(EventInfo { request, op, key, kind, version, commit: 0, sent: 0, cancels });
            let mut record = self.about(self.plan.roles.app, Kind::Compensates, event, last);
            (record.value, record.extra) = (u64::from(request), cancels.0);
            last = self.record(record);
        }
        let attempt = self.ops[slot as usize].attempt;
        let proc = &mut self.ops[own as usize];
        (proc.undoes, proc.events, proc.attempt) = (true, Some(first), attempt);
        (proc.tx_time, proc.abort) = (Us::ZERO, false);
        self.active_ops += 1;
        self.nodes[self.plan.roles.app.index()].busy += 1;
        self.op_ends(slot);
        // Who waited for a thread may have met a crash at once.
        if self.ops[own as usize].op == op {
            self.op_event(own, AppEvent::Start, last);
        }
        false
    }
}
