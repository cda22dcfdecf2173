//! The source's side of the connector: the slot, the stream of changes, snapshots, checkpoints, and the log's disk.

use super::call::{CallId, Caller, Identity, Payload};
use super::connector::{Change, Part};
use super::{Due, Simulation};
use crate::kernel::time::Us;
use crate::strategy::cdc::ReaderState;
use crate::world::ids::{EventId, Key, Lsn, NodeId, Op, RecordId};
use crate::world::record::{Kind, Parcel, PassedBy, Record};
use crate::world::replica::ReplicaMode;

/// How the log's own bookkeeping stands.
#[derive(Clone, Debug, Default)]
pub struct LogState {
    /// Up to when the writes of others are counted.
    flowed: Us,
    /// When the replica has the newest change that was held back for it.
    held: Us,
    /// Commits that wait for space: which call, and since when.
    pub waiters: Vec<(CallId, Us)>,
}

impl Simulation<'_> {
    /// What others have written since is in the log.
    pub(super) fn wal_flows(&mut self) {
        let rate = u128::from(self.plan.source.wal_other);
        if rate > 0 {
            let bytes = |at: Us| (u128::from(at.0) * rate / 1_000_000) as u64;
            self.source.flow(bytes(self.now) - bytes(self.log.flowed));
        }
        self.log.flowed = self.now;
    }

    /// The connector asks for the slot.
    pub(super) fn serve_inspect(&mut self, id: CallId, cause: RecordId) {
        let slot = self.source.wal.slot();
        let end = self.source.wal_end();
        if let Some(call) = self.call_mut(id) {
            call.payload.small = slot.map_or(0, |slot| if slot.lost { 1 } else { 2 });
            call.payload.large = slot.filter(|slot| !slot.lost).map_or(end, |slot| slot.confirmed).0;
        }
        self.answer(id, true, cause);
    }

    /// The slot, or a new one if there is none that is good.
    pub(super) fn slot_or_new(&mut self, cause: RecordId) -> RecordId {
        if self.source.wal.slot().is_some_and(|slot| !slot.lost) {
            return cause;
        }
        self.wal_flows();
        let end = self.source.shown_until();
        self.source.wal.create_slot(end);
        let mut record = Record::new(self.now, self.plan.roles.source, Kind::SlotCreated);
        (record.value, record.extra, record.cause) = (end.0, self.source.wal.len(), cause);
        self.record(record)
    }

    /// The connector asks for rows of a snapshot: the first time, the snapshot is taken, and nothing read yet.
    pub(super) fn serve_snapshot(&mut self, id: CallId, payload: &Payload, cause: RecordId) {
        if payload.small != self.connector.connection {
            return;
        }
        let (mut last, mut most) = (cause, usize::try_from(payload.large).unwrap_or(usize::MAX));
        if self.connector.snapshot.is_none() {
            most = 0;
            last = self.slot_or_new(cause);
            // Beside an old slot the stream goes on where it was, and repeats what the snapshot shows already.
            let stored = self.connector.stored.filter(|stored| !stored.partial && last == cause);
            let confirmed = self.source.wal.slot().map_or(Lsn(0), |slot| slot.confirmed);
            let lsn = confirmed.max(stored.map_or(Lsn(0), |stored| stored.lsn));
            let rows = (0..self.plan.keys() as u32).map(|key| self.source.row(Key(key))).filter(|row| row.present);
            let change = |row: crate::world::source::Row| {
                let (event, version) = (row.event?, row.version);
                Some(Change { event, version, lsn, again: true, last: false, chunk: false })
            };
            let mut rows: std::collections::VecDeque<Change> = rows.filter_map(change).collect();
            if let Some(row) = rows.back_mut() {
                row.last = true;
            }
            let mut record = Record::new(self.now, self.plan.roles.source, Kind::Snapshotted);
            (record.value, record.extra, record.cause) = (self.source.wal_end().0, rows.len() as u32, last);
            last = self.record(record);
            (self.connector.snapshot, self.connector.rows) = (Some(lsn), rows);
        }
        let n = self.connector.rows.len().min(most);
        let changes: Vec<Change> = self.connector.rows.drain(..n).collect();
        if let Some(call) = self.call_mut(id) {
            call.payload.changes = changes;
        }
        self.answer(id, true, last);
    }

    /// How long the source reads the rows that a request for a snapshot asks for.
    pub(super) fn snapshot_time(&self, most: u64) -> Us {
        let left = self.connector.rows.len() as u64;
        Us(self.plan.cdc.snapshot_row.0.saturating_mul(left.min(most)))
    }

    /// The connector asks for the log from a position: it gets it from there or from what it confirmed last, whichever
    /// is later. What lies between is passed in silence.
    pub(super) fn serve_stream(&mut self, id: CallId, payload: &Payload, cause: RecordId) {
        // A connection streams once: a second copy of the request changes nothing.
        if payload.small != self.connector.connection || self.connector.sender.is_some() {
            return;
        }
        if self.source.wal.slot().is_some_and(|slot| slot.lost) {
            return self.answer(id, false, cause);
        }
        let last = self.slot_or_new(cause);
        let confirmed = self.source.wal.slot().map_or(Lsn(0), |slot| slot.confirmed);
        let from = confirmed.max(Lsn(payload.large));
        let index = self.source.wal.index_of(from);
        let mut record = Record::new(self.now, self.plan.roles.source, Kind::StreamStarted);
        (record.value, record.extra, record.cause) = (from.0, index, last);
        let started = self.record(record);
        let by = if self.connector.snapshot.is_some() { PassedBy::Snapshot } else { PassedBy::Stream };
        self.pass_events(index, by, started);
        (self.connector.sender, self.connector.expected) = (Some(index), index);
        self.answer(id, true, started);
        self.pump_wal(started);
        self.send_signal(started);
    }

    /// Nobody will send the changes before this one any more: one record for each that was never acknowledged.
    pub(super) fn pass_events(&mut self, until: u32, by: PassedBy, cause: RecordId) {
        let node = self.plan.roles.connector.unwrap_or(NodeId::NONE);
        for index in self.connector.reached..until {
            let Some(entry) = self.source.wal.entry(index) else { break };
            let mut record = self.about(node, Kind::CursorPassed, entry.event, cause);
            (record.value, record.detail) = (entry.lsn.0, by as u8);
            self.record(record);
        }
        self.connector.reached = self.connector.reached.max(until);
    }

    /// Whether what was written then may be sent: with `synchronized_standby_slots`, once the replica has it.
    fn may_leave(&mut self, written: Us) -> bool {
        let plan = &self.plan.source;
        if !plan.hold_slots || plan.replica == ReplicaMode::None {
            return true;
        }
        let at = written.after(plan.replica_lag);
        if at > self.now && self.log.held < at {
            self.log.held = at;
            self.calendar.put(at, Due::WalReplicated);
        }
        at <= self.now
    }

    /// The source sends the changes that the connector has room for.
    pub(super) fn pump_wal(&mut self, cause: RecordId) {
        let (Some(node), Some(link)) = (self.plan.roles.connector, self.plan.roles.connector_source) else { return };
        while self.up(node) && self.up(self.plan.roles.source) && self.connector.ahead < self.plan.cdc.max_queue {
            let Some(index) = self.connector.sender else { return };
            let Some(entry) = self.source.wal.entry(index).filter(|entry| self.may_leave(entry.at)) else { return };
            self.connector.sender = Some(index + 1);
            self.connector.ahead += 1;
            let mut payload = Payload::about(Parcel::Wal, entry.event, entry.version);
            payload.small = self.connector.connection;
            let (event, version, lsn) = (entry.event, entry.version, entry.lsn);
            payload.changes = vec![Change { event, version, lsn, again: false, last: false, chunk: false }];
            let life = self.connector.connection;
            let identity = Identity { major: u64::from(index), attempt: 1, row: 0, life };
            self.call(link, Caller::Connector(Part::Stream), None, payload, identity, cause);
        }
    }

    /// A change was lost on its way to the connector, or found it down: the connection is over.
    pub(super) fn change_lost(&mut self, id: CallId, cause: RecordId) {
        if self.get_call(id).is_some_and(|call| call.payload.small == self.connector.connection) {
            self.connector_broken(cause);
        }
    }

    /// The slot's reader confirms a position.
    pub(super) fn serve_confirm(&mut self, payload: &Payload, cause: RecordId) {
        let oldest = self.source.oldest();
        if self.source.wal.confirm(Lsn(payload.large), oldest) {
            self.record_slot(cause);
            if !self.log.waiters.is_empty() {
                self.checkpoint(cause);
            }
        }
    }

    /// Says where the slot is now.
    pub(super) fn record_slot(&mut self, cause: RecordId) {
        let Some(slot) = self.source.wal.slot() else { return };
        let mut record = Record { cause, ..Record::new(self.now, self.plan.roles.source, Kind::SlotMoved) };
        (record.value, record.extra) = (slot.confirmed.0, self.source.wal.index_of(slot.confirmed));
        record.detail = u8::from(slot.restart != slot.confirmed);
        self.record(record);
        if slot.restart != slot.confirmed {
            (record.value, record.extra) = (slot.restart.0, self.source.wal.index_of(slot.restart));
            self.record(Record { detail: 2, ..record });
        }
    }

    /// A checkpoint is due; the next one follows.
    pub(super) fn checkpoint_due(&mut self) {
        self.calendar.put(self.now.after(self.plan.source.checkpoint), Due::Checkpoint);
        if self.up(self.plan.roles.source) {
            self.checkpoint(RecordId::NONE);
        }
    }

    /// The slot becomes durable, or is given up for holding too much; log that it does not hold is removed.
    fn checkpoint(&mut self, cause: RecordId) {
        self.wal_flows();
        let (node, end) = (self.plan.roles.source, self.source.wal_end());
        let held = self.source.wal.slot().map_or(0, |slot| end.0 - slot.restart.0);
        let done = self.source.wal.checkpoint(end, self.plan.source.wal_cap);
        let mut record = Record { cause, ..Record::new(self.now, node, Kind::Checkpointed) };
        (record.value, record.extra) = (end.0, self.source.wal.index_of(done.kept_from));
        let cause = self.record(record);
        if done.lost {
            let record = Record { cause, value: held, ..Record::new(self.now, node, Kind::SlotLost) };
            let lost = self.record(Record { extra: u32::MAX, detail: 1, ..record });
            self.connector_broken(lost);
        }
        self.space_freed(cause);
    }

    /// Somebody drops the slot, and with it the log that it held.
    pub(super) fn slot_lost(&mut self, fault: u32) {
        let node = self.plan.roles.source;
        self.wal_flows();
        let end = self.source.wal_end();
        let held = self.source.wal.slot().map_or(0, |slot| end.0 - slot.restart.0);
        if !self.up(node) || !self.source.wal.drop_slot() {
            return;
        }
        self.fired(fault);
        let record = Record { value: held, extra: fault, ..Record::new(self.now, node, Kind::SlotLost) };
        let lost = self.record(record);
        if self.connector.reader != ReaderState::Checking {
            self.connector_broken(lost);
        }
        if !self.log.waiters.is_empty() {
            self.checkpoint(lost);
        }
    }

    /// Whether a commit finds no space in the log: then it waits. A full disk brings a checkpoint forward.
    pub(super) fn log_is_full(&mut self, id: CallId, op: Op, bytes: u64, cause: RecordId) -> bool {
        let Some(disk) = self.plan.source.wal_disk.filter(|_| self.plan.roles.connector.is_some()) else {
            return false;
        };
        if self.log_used() + bytes > disk && self.log.waiters.is_empty() {
            self.checkpoint(cause);
        }
        if self.log_used() + bytes <= disk {
            return false;
        }
        let record =
            Record { op, cause, extra: u32::MAX, ..Record::new(self.now, self.plan.roles.source, Kind::Waits) };
        self.record(record);
        self.hold(id);
        self.log.waiters.push((id, self.now));
        true
    }

    fn log_used(&self) -> u64 {
        self.source.wal_end().0 - self.source.wal.kept_from().0
    }

    /// Log was removed: the commits that waited for space go on, first come first.
    fn space_freed(&mut self, cause: RecordId) {
        let Some(disk) = self.plan.source.wal_disk else { return };
        let node = self.plan.roles.source;
        let before = self.epoch(node);
        for (id, since) in std::mem::take(&mut self.log.waiters) {
            let Some(payload) = self.get_call(id).map(|call| call.payload.clone()) else { continue };
            let xid = self.source.transaction_of(payload.op).map(|open| open.xid);
            let bytes = xid.map_or(0, |xid| self.source.commit_bytes(xid));
            if self.log_used() + bytes > disk || self.epoch(node) != before {
                self.log.waiters.push((id, since));
                continue;
            }
            let record = Record { op: payload.op, cause, ..Record::new(self.now, node, Kind::Granted) };
            let granted = self.record(Record { value: self.now.since(since).0, ..record });
            self.serve_commit(id, &payload, granted);
            self.release(id);
        }
        if self.epoch(node) != before {
            self.drop_log_waiters();
        }
    }

    /// The database died: nobody waits for its log any more.
    pub(super) fn drop_log_waiters(&mut self) {
        for (id, _) in std::mem::take(&mut self.log.waiters) {
            self.strand(id);
            self.release(id);
        }
    }

    /// Whether a commit of that operation waits for space.
    pub(super) fn waits_for_space(&self, op: Op) -> bool {
        self.log.waiters.iter().any(|(id, _)| self.get_call(*id).is_some_and(|call| call.payload.op == op))
    }

    /// The run is over, and nobody reads the log any more: what it still holds was never delivered.
    pub(super) fn record_unread(&mut self) {
        if let Some((_, stop)) = self.connector.stopped {
            self.pass_events(self.source.wal.len(), PassedBy::Stop, stop);
        }
    }

    /// Changes that the connector still has to deliver.
    pub(super) fn unread(&self) -> Vec<EventId> {
        let rest = self.connector.reached..self.source.wal.len();
        let entries = rest.filter_map(|index| self.source.wal.entry(index)).map(|entry| entry.event);
        if self.connector.stopped.is_some() { Vec::new() } else { entries.collect() }
    }
}
