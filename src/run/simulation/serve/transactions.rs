//! Transactions at the source: begin, lock, write, commit, roll back; who waits for a lock.

use crate::run::simulation::Simulation;
use crate::run::simulation::call::{CallId, Caller, Payload};
use crate::strategy::CrashPoint;
use crate::world::ids::{EventId, Op, RecordId};
use crate::world::record::{AbortReason, Kind, Parcel, Record};
use crate::world::source::{Locked, Transaction, Xid};
use std::collections::VecDeque;

impl Simulation<'_> {
    pub(super) fn serve_write(&mut self, id: CallId, op: Op, caller: Caller, cause: RecordId) {
        let Caller::Op(slot, _) = caller else { return };
        // A connection takes a request once; one that comes after the connection broke finds nobody.
        let Some(proc) = self.ops.get_mut(slot as usize).filter(|proc| proc.op == op) else { return };
        if std::mem::replace(&mut proc.written, true) {
            return;
        }
        match self.begin(slot, op) {
            Some(xid) => self.lock_and_write(xid, id, cause),
            // Its outbox row came first, and the transaction died with the database since.
            None => self.answer(id, false, cause),
        }
    }

    /// The transaction of an operation: open, or begun with the first statement. `None`: it is over.
    pub(super) fn begin(&mut self, slot: u32, op: Op) -> Option<Xid> {
        let proc = &mut self.ops[slot as usize];
        if std::mem::replace(&mut proc.begun, true) {
            return self.source.transaction_of(op).map(|open| open.xid);
        }
        let keys = proc.keys.clone();
        Some(self.source.begin(op, keys.into_iter()))
    }

    pub(super) fn lock_and_write(&mut self, xid: Xid, id: CallId, cause: RecordId) {
        let node = self.plan.roles.source;
        match self.source.lock(xid) {
            Some(Locked::All) => self.write_rows(xid, id, cause),
            Some(Locked::WaitsFor(holder)) => {
                let op = self.source.transaction(xid).map_or(Op::NONE, |open| open.op);
                let record =
                    self.record(Record { op, cause, extra: holder.0, ..Record::new(self.now, node, Kind::Waits) });
                self.hold(id);
                self.parked.push((xid, id, self.now, record));
            }
            None => {}
        }
    }

    pub(super) fn write_rows(&mut self, xid: Xid, id: CallId, cause: RecordId) {
        let node = self.plan.roles.source;
        let Some(op) = self.source.transaction(xid).map(|open| open.op) else { return };
        let Some(Caller::Op(slot, _)) = self.get_call(id).map(|call| call.caller) else { return };
        let mut last = cause;
        for event in self.events_of(slot, op) {
            let (key, asked) = (self.events[event.index()].key, self.asked(slot, event));
            let Some(change) = self.source.write(xid, key, asked, event) else { return };
            let info = &mut self.events[event.index()];
            (info.kind, info.version) = (change.kind, change.version);
            let record = Record { value: u64::from(xid.0), ..self.about(node, Kind::Written, event, cause) };
            last = self.record(record);
        }
        if self.pass(node, CrashPoint::SourceWriteAck, op, EventId::NONE, last) {
            return self.strand(id);
        }
        self.answer(id, true, last);
    }

    pub(super) fn serve_enqueue(&mut self, id: CallId, op: Op, caller: Caller, cause: RecordId) {
        let node = self.plan.roles.source;
        let Caller::Op(slot, _) = caller else { return };
        if self.ops.get(slot as usize).is_none_or(|proc| proc.op != op) {
            return;
        }
        let Some(xid) = self.begin(slot, op) else { return self.answer(id, false, cause) };
        // A second copy of the request finds the rows there.
        let again = self.source.transaction(xid).is_some_and(|open| !open.outbox.is_empty());
        let events = if again { Vec::new() } else { self.events_of(slot, op) };
        let mut last = cause;
        for event in events {
            let key = self.events[event.index()].key;
            let Some(alloc_seq) = self.source.enqueue(xid, event, key, self.now) else { return };
            let record = Record { value: alloc_seq, extra: xid.0, ..self.about(node, Kind::Enqueued, event, cause) };
            last = self.record(record);
        }
        self.answer(id, true, last);
    }

    pub(in crate::run::simulation) fn serve_commit(&mut self, id: CallId, payload: &Payload, cause: RecordId) {
        let Some(xid) = self.source.transaction_of(payload.op).map(|open| open.xid) else {
            return self.answer(id, false, cause);
        };
        if payload.small == 1 || self.scripted_abort() || self.key_is_taken(xid) {
            let last = self.roll_back(xid, AbortReason::Refused, cause);
            self.answer(id, false, last);
            return;
        }
        self.wal_flows();
        let bytes = self.source.commit_bytes(xid);
        if self.log_is_full(id, payload.op, bytes, cause) {
            return;
        }
        if self.has_read_ahead() {
            return self.wait_for_replica(xid, id, cause);
        }
        self.finish_commit(xid, id, payload.op, cause);
    }

    /// Whether the database has the client's key of a transaction already, from an earlier try that it committed: the key
    /// is unique. Who holds it uncommitted holds the locks of the same rows too.
    pub(in crate::run::simulation) fn key_is_taken(&mut self, xid: Xid) -> bool {
        let Some(first) = self.source.transaction(xid).and_then(|open| open.changes.first()) else { return false };
        let event = first.event;
        // What takes a change back has a key of its own.
        let own = self.events[event.index()].cancels != EventId::NONE;
        self.plan.workload.idempotency_key && !own && self.request_behind(event).is_some_and(|asking| asking.committed)
    }

    /// A commit becomes visible, and is answered.
    pub(in crate::run::simulation) fn finish_commit(&mut self, xid: Xid, id: CallId, op: Op, cause: RecordId) {
        let node = self.plan.roles.source;
        let last = self.commit_transaction(xid, cause);
        let died = self.pass(node, CrashPoint::SourceCommitAck, op, EventId::NONE, last);
        if died {
            return self.strand(id);
        }
        self.answer(id, true, last);
        self.unpark(last);
        self.pump_wal(last);
    }

    /// Makes a transaction durable, with a record for each changed row.
    pub(in crate::run::simulation) fn commit_transaction(&mut self, xid: Xid, cause: RecordId) -> RecordId {
        let node = self.plan.roles.source;
        let Some(commit) = self.source.commit(xid, self.now) else { return cause };
        let first = self.source.commits() - commit.transaction.changes.len() as u64;
        let outbox = u32::from(!commit.transaction.outbox.is_empty());
        let mut last = cause;
        for (nth, change) in commit.transaction.changes.iter().enumerate() {
            let info = &mut self.events[change.event.index()];
            (info.kind, info.version, info.commit) = (change.kind, change.version, first + nth as u64 + 1);
            // What is taken back may be asked for anew.
            let stands = info.cancels == EventId::NONE;
            if let Some(asking) = self.request_behind(change.event) {
                asking.committed = stands;
            }
            let record =
                Record { value: commit.lsn.0, extra: outbox, ..self.about(node, Kind::Committed, change.event, cause) };
            last = self.record(record);
        }
        self.record_unseen(&commit.unseen, last);
        last
    }

    /// Rolls a transaction back, with a record for each changed row (or one, if it changed none).
    pub(in crate::run::simulation) fn roll_back(&mut self, xid: Xid, reason: AbortReason, cause: RecordId) -> RecordId {
        let Some(transaction) = self.source.abort(xid) else { return cause };
        let last = self.record_aborted(&transaction, reason, cause);
        self.unpark(last);
        last
    }

    pub(in crate::run::simulation) fn record_aborted(
        &mut self,
        transaction: &Transaction,
        reason: AbortReason,
        cause: RecordId,
    ) -> RecordId {
        let node = self.plan.roles.source;
        let mut last = cause;
        let changed = transaction.changes.iter().map(|change| change.event);
        // Where the outbox row comes first there may be nothing else yet.
        let enqueued = transaction.outbox.iter().map(|row| row.event).filter(|_| transaction.changes.is_empty());
        for event in changed.chain(enqueued) {
            let mut record = self.about(node, Kind::Aborted, event, cause);
            record.detail = reason as u8;
            last = self.record(record);
        }
        if transaction.changes.is_empty() && transaction.outbox.is_empty() {
            let record = Record { op: transaction.op, cause, ..Record::new(self.now, node, Kind::Aborted) };
            last = self.record(Record { detail: reason as u8, ..record });
        }
        last
    }

    /// Locks were released: who waited for them goes on, first come first.
    pub(in crate::run::simulation) fn unpark(&mut self, cause: RecordId) {
        if self.parked.is_empty() {
            return;
        }
        let node = self.plan.roles.source;
        let (mut queue, mut still) = (VecDeque::from(std::mem::take(&mut self.parked)), Vec::new());
        while let Some((xid, id, since, waited)) = queue.pop_front() {
            match self.source.lock(xid) {
                Some(Locked::All) => {
                    let op = self.source.transaction(xid).map_or(Op::NONE, |open| open.op);
                    let value = self.now.since(since).0;
                    let granted =
                        self.record(Record { op, value, cause, ..Record::new(self.now, node, Kind::Granted) });
                    let before = self.epoch(node);
                    self.write_rows(xid, id, granted);
                    self.release(id);
                    if self.epoch(node) != before {
                        // It died: who still waits hears nothing.
                        for (_, id, ..) in queue.into_iter().chain(still) {
                            self.strand(id);
                            self.release(id);
                        }
                        return;
                    }
                }
                Some(Locked::WaitsFor(_)) => still.push((xid, id, since, waited)),
                None => self.release(id),
            }
        }
        still.append(&mut self.parked);
        self.parked = still;
    }

    /// A broken connection reaches the source: its open transaction is rolled back, unless its commit is under way.
    pub(in crate::run::simulation) fn disconnected(&mut self, op: Op) {
        self.moving -= 1;
        // What is durable is no longer bound to a connection.
        let open = self.source.transaction_of(op).filter(|open| !open.is_durable());
        let Some(xid) = open.map(|open| open.xid) else { return };
        let committing = |id: &CallId| {
            self.get_call(*id).is_some_and(|call| {
                call.payload.op == op && matches!(call.payload.parcel, Parcel::Commit | Parcel::Prepare)
            })
        };
        let source = &self.nodes[self.plan.roles.source.index()];
        let under_way = source.serving.iter().any(committing) || source.queue.iter().any(committing);
        if under_way || self.waits_for_space(op) {
            return;
        }
        self.roll_back(xid, AbortReason::Disconnected, RecordId::NONE);
    }
}
