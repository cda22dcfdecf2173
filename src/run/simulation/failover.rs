//! A failover of the source: the replica takes over, with what it has.

use super::call::CallId;
use super::{Due, Simulation};
use crate::kernel::time::Us;
use crate::world::ids::{EventId, RecordId};
use crate::world::record::{AbortReason, Kind, Record};
use crate::world::replica::ReplicaMode;
use crate::world::source::Xid;

impl Simulation<'_> {
    /// Whether the log's reader sees a commit before all others do: while it waits for a synchronous replica.
    pub(super) fn has_read_ahead(&self) -> bool {
        self.source.wal.captured && self.plan.source.replica == ReplicaMode::Sync
    }

    /// A commit is in the log. It becomes visible when the replica has it; the log's reader does not wait for that.
    pub(super) fn wait_for_replica(&mut self, xid: Xid, id: CallId, cause: RecordId) {
        self.source.flush(xid, self.now);
        let epoch = self.epoch(self.plan.roles.source);
        self.put_call(self.now.after(self.plan.source.replica_lag), Due::ReplicaHas(id, epoch), id);
        self.pump_wal(cause);
    }

    /// The replica has a commit: it is visible and answered, unless the primary died meanwhile.
    pub(super) fn replica_has(&mut self, id: CallId, epoch: u32) {
        let Some(call) = self.get_call(id) else { return };
        let (op, cause) = (call.payload.op, call.sent);
        let xid = self.source.transaction_of(op).map(|open| open.xid);
        match xid.filter(|_| epoch == self.epoch(self.plan.roles.source)) {
            Some(xid) => self.finish_commit(xid, id, op, cause),
            None => self.strand(id),
        }
        self.release(id);
    }

    /// The primary is up again without a failover: what is in its log is committed, whether or not the replica has it.
    pub(super) fn recover_commits(&mut self, cause: RecordId) {
        for (_, xid) in self.source.flushed() {
            self.commit_transaction(xid, cause);
        }
    }

    /// The replica takes the source's place. The primary dies if it still lives; what it had alone never happened.
    pub(super) fn source_fails_over(&mut self, fault: u32, span: Option<Us>) {
        let node = self.plan.roles.source;
        let down = span.unwrap_or(self.plan.nodes[node.index()].restart);
        let until = self.written_until(node);
        self.fired(fault);
        let record = Record::new(self.now, node, Kind::FailedOver);
        let cause = self.record(Record { value: self.now.after(down).0, extra: fault, detail: 1, ..record });
        self.replace(node, down, fault, cause);
        let before = self.source.outbox.position();
        let loss = self.source.fail_over(until);
        for lost in &loss.rows {
            self.events[lost.event.index()].commit = 0;
            if let Some(asking) = self.request_behind(lost.event) {
                asking.committed = false;
            }
            let mut record = self.about(node, Kind::Retracted, lost.event, cause);
            (record.value, record.detail) = (u64::from(lost.row.version), u8::from(lost.row.present));
            record.extra = lost.row.event.unwrap_or(EventId::NONE).0;
            self.record(record);
        }
        for transaction in &loss.prepared {
            self.record_aborted(transaction, AbortReason::Crashed, cause);
        }
        for row in &loss.unmarked {
            let record = Record { value: row.alloc_seq, ..self.about(node, Kind::Unmarked, row.event, cause) };
            self.record(record);
        }
        let after = self.source.outbox.position();
        if after != before {
            let (xid, seq) = after.map_or((0, u64::MAX), |(xid, seq)| (xid.0, seq));
            let record = Record::new(self.now, node, Kind::CursorMoved);
            self.record(Record { value: seq, extra: xid, cause, ..record });
        }
        self.slot_fails_over(fault, cause);
    }

    /// A slot is not on the replica (PostgreSQL before 17, or `cdc.slot.failover` off): the connector will find none. Where
    /// it is, it stands where it was saved last.
    fn slot_fails_over(&mut self, fault: u32, cause: RecordId) {
        if self.plan.roles.connector.is_none() {
            return;
        }
        self.connector.reached = self.connector.reached.min(self.source.wal.len());
        if self.plan.cdc.slot_failover {
            return self.connector_broken(cause);
        }
        let held = self.source.wal.slot().map_or(0, |slot| self.source.wal_end().0 - slot.restart.0);
        if self.source.wal.drop_slot() {
            let record = Record::new(self.now, self.plan.roles.source, Kind::SlotLost);
            let lost = self.record(Record { value: held, extra: fault, cause, ..record });
            self.connector_broken(lost);
        }
    }
}
