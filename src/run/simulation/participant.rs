//! The participants of a two-phase commit: their votes, what they hold until they are told, and decisions by hand.

use super::call::{CallId, Payload};
use super::{Due, Simulation};
use crate::scenario::plan::{Heuristic, NodeRole};
use crate::strategy::CrashPoint;
use crate::world::ids::{EventId, NodeId, Op, RecordId};
use crate::world::record::{AbortReason, Kind, Record, RejectReason};
use crate::world::xa::HeldEntry;

impl Simulation<'_> {
    /// A participant is asked for its vote.
    pub(super) fn serve_prepare(&mut self, node: NodeId, id: CallId, payload: &Payload, cause: RecordId) {
        let (vote, point) = match self.role(node) {
            NodeRole::Source => (self.source_votes(payload, cause), CrashPoint::SourcePrepareAck),
            NodeRole::Broker => (self.broker_votes(node, payload, cause), CrashPoint::BrokerPrepareAck),
            NodeRole::App
            | NodeRole::Relay(_)
            | NodeRole::Connector
            | NodeRole::Coordinator
            | NodeRole::Follower
            | NodeRole::Recovery(_)
            | NodeRole::Consumer(_)
            | NodeRole::Store(_) => {
                return;
            }
        };
        let yes = match vote {
            Ok(yes) => yes,
            Err(no) => return self.answer(id, false, no),
        };
        if self.pass(node, point, payload.op, payload.event, yes) {
            return self.strand(id);
        }
        self.answer(id, true, yes);
    }

    /// The source's vote: the record of it, or the record of why not.
    fn source_votes(&mut self, payload: &Payload, cause: RecordId) -> Result<RecordId, RecordId> {
        let Some(open) = self.source.transaction_of(payload.op) else { return Err(cause) };
        let (xid, prepared) = (open.xid, open.prepared);
        if prepared {
            return Ok(cause);
        }
        if payload.small == 1
            || self.scripted_abort()
            || self.key_is_taken(xid)
            || self.source.prepare(xid, self.plan.source.max_prepared, self.now) != Some(true)
        {
            return Err(self.roll_back(xid, AbortReason::Refused, cause));
        }
        let node = self.plan.roles.source;
        Ok(self.prepared(node, payload, u64::from(xid.0), cause))
    }

    /// The broker's vote. It holds the records that came with the request.
    fn broker_votes(&mut self, node: NodeId, payload: &Payload, cause: RecordId) -> Result<RecordId, RecordId> {
        let events = payload.list.iter().map(|event| EventId(*event));
        let entries = events.map(|event| {
            let version = self.events[event.index()].version;
            HeldEntry { event, version, partition: self.partition_of(event) }
        });
        let entries = entries.collect();
        if !self.holds.prepare(payload.op, entries) {
            return Ok(cause);
        }
        Ok(self.prepared(node, payload, 0, cause))
    }

    fn prepared(&mut self, node: NodeId, payload: &Payload, value: u64, cause: RecordId) -> RecordId {
        let record = Record { op: payload.op, value, ..self.about(node, Kind::Prepared, payload.event, cause) };
        if self.plan.two_phase.heuristic != Heuristic::None {
            let at = self.now.after(self.plan.two_phase.heuristic_after);
            self.calendar.put(at, Due::ByHand(payload.op, node));
        }
        self.record(record)
    }

    /// A participant is told the decision.
    pub(super) fn serve_decide(&mut self, node: NodeId, id: CallId, payload: &Payload, cause: RecordId) {
        let last = self.decide(node, payload.op, payload.small == 1, false, cause);
        let committed = self.role(node) == NodeRole::Source && payload.small == 1;
        if committed && self.pass(node, CrashPoint::SourceCommitAck, payload.op, payload.event, last) {
            return self.strand(id);
        }
        self.answer(id, true, last);
        self.unpark(last);
    }

    /// Ends what a participant has prepared, or has open, if it still has.
    fn decide(&mut self, node: NodeId, op: Op, commit: bool, by_hand: bool, cause: RecordId) -> RecordId {
        if self.role(node) == NodeRole::Broker {
            return self.decide_at_broker(node, op, commit, by_hand, cause);
        }
        let Some(open) = self.source.transaction_of(op) else { return cause };
        let (xid, prepared) = (open.xid, open.prepared);
        let first = open.changes.first().map_or(EventId::NONE, |change| change.event);
        let mut cause = cause;
        if prepared {
            cause = self.decided(node, op, first, commit, by_hand, cause);
        }
        match (commit, by_hand) {
            (true, _) => self.commit_transaction(xid, cause),
            (false, false) => self.roll_back(xid, AbortReason::Decided, cause),
            (false, true) => self.roll_back(xid, AbortReason::ByHand, cause),
        }
    }

    fn decide_at_broker(&mut self, node: NodeId, op: Op, commit: bool, by_hand: bool, cause: RecordId) -> RecordId {
        if !self.holds.is_prepared(op) {
            return cause;
        }
        let first = self.holds.first_event(op);
        let decided = self.decided(node, op, first, commit, by_hand, cause);
        if commit {
            self.holds.commit(op, decided);
        } else {
            let dropped = self.holds.abort(op).filter(|_| by_hand);
            for entry in dropped.into_iter().flat_map(|held| held.entries) {
                let record = self.about(node, Kind::Rejected, entry.event, decided);
                self.record(Record { detail: RejectReason::ByHand as u8, ..record });
            }
        }
        self.show_committed(node);
        decided
    }

    /// Appends what is committed and no longer stands behind a transaction in doubt.
    fn show_committed(&mut self, node: NodeId) {
        while let Some((held, mut last)) = self.holds.next_visible() {
            for entry in held.entries {
                let (partition, appended) = self.append(node, entry.event, entry.version, false, last);
                self.pump_groups(partition, appended);
                last = appended;
            }
        }
    }

    fn decided(
        &mut self,
        node: NodeId,
        op: Op,
        first: EventId,
        commit: bool,
        by_hand: bool,
        cause: RecordId,
    ) -> RecordId {
        let record = self.about(node, Kind::Decided, first, cause);
        self.record(Record { op, value: u64::from(commit), extra: u32::from(by_hand), ..record })
    }

    /// The coordinator asks what is prepared.
    pub(super) fn serve_recover(&mut self, node: NodeId, id: CallId, cause: RecordId) {
        let ops: Vec<_> = match self.role(node) {
            NodeRole::Broker => self.holds.ops().collect(),
            NodeRole::App
            | NodeRole::Source
            | NodeRole::Relay(_)
            | NodeRole::Connector
            | NodeRole::Coordinator
            | NodeRole::Follower
            | NodeRole::Recovery(_)
            | NodeRole::Consumer(_)
            | NodeRole::Store(_) => self.source.prepared().map(|open| open.op).collect(),
        };
        if let Some(call) = self.call_mut(id) {
            call.payload.list = ops.into_iter().map(|op| op.0).collect();
        }
        self.answer(id, true, cause);
    }

    /// An operator has waited long enough: what is still in doubt is decided by hand.
    pub(super) fn decide_by_hand(&mut self, op: Op, node: NodeId) {
        let prepared = match self.role(node) {
            NodeRole::Broker => self.holds.is_prepared(op),
            NodeRole::App
            | NodeRole::Source
            | NodeRole::Relay(_)
            | NodeRole::Connector
            | NodeRole::Coordinator
            | NodeRole::Follower
            | NodeRole::Recovery(_)
            | NodeRole::Consumer(_)
            | NodeRole::Store(_) => self.source.transaction_of(op).is_some_and(|open| open.prepared),
        };
        if prepared && !self.up(node) {
            // Nobody can decide at a node that is down: the operator comes again.
            let again = self.now.after(self.plan.two_phase.heuristic_after);
            self.calendar.put(again, Due::ByHand(op, node));
        } else if prepared {
            let last = self.decide(node, op, self.plan.two_phase.heuristic == Heuristic::Commit, true, RecordId::NONE);
            self.unpark(last);
        }
    }
}
