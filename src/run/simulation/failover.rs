//! A failover of the source: the replica takes over, with what it has.

use super::Simulation;
use crate::kernel::time::Us;
use crate::world::ids::{EventId, RecordId};
use crate::world::record::{AbortReason, Kind, Record};

impl Simulation<'_> {
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
