//! What source, broker and stores do with a request: wait for a free worker, serve it, answer.

use super::call::{CallId, Caller, Identity, Payload};
use super::{Due, Simulation};
use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::scenario::plan::NodeRole;
use crate::strategy::CrashPoint;
use crate::world::ids::{EventId, NodeId, Op, OpKind, RecordId, StoreId};
use crate::world::inbox::NO_COLLISIONS;
use crate::world::outbox::OutboxRow;
use crate::world::record::{AGAIN, AbortReason, CANARY, Kind, Parcel, PassedBy, Record, RejectReason, Vanish};
use crate::world::replica::ReplicaMode;
use crate::world::source::{Locked, Transaction, Xid};
use crate::world::store::{Applied, Arriving};
use std::collections::VecDeque;

impl Simulation<'_> {
    /// A request is at its callee: serves it, or lets it wait for a free worker.
    pub(super) fn admit(&mut self, id: CallId, cause: RecordId) {
        let Some(call) = self.call_mut(id) else { return };
        call.sent = cause;
        let to = call.ends.1;
        let node = &mut self.nodes[to.index()];
        if node.workers > 0 && node.busy >= node.workers {
            node.queue.push_back(id);
            self.hold(id);
            return;
        }
        self.begin_service(to, id);
    }

    fn begin_service(&mut self, node: NodeId, id: CallId) {
        let span = self.service_time(node, id);
        if span == Us::ZERO && self.nodes[node.index()].workers == 0 {
            self.serve(node, id);
            return;
        }
        self.nodes[node.index()].busy += 1;
        self.nodes[node.index()].serving.push(id);
        self.hold(id);
        let epoch = self.epoch(node);
        self.calendar.put(self.now.after(span), Due::Served(id, epoch));
    }

    /// The callee has served a request, if it has not crashed since.
    pub(super) fn served(&mut self, id: CallId, epoch: u32) {
        let Some(call) = self.get_call(id) else { return };
        let node = call.ends.1;
        if self.epoch(node) != epoch {
            return self.release(id);
        }
        self.nodes[node.index()].serving.retain(|serving| *serving != id);
        self.serve(node, id);
        self.release(id);
        // A crash at a point of this very request has already freed the workers.
        if self.epoch(node) == epoch {
            self.nodes[node.index()].busy -= 1;
            self.next_in_queue(node);
        }
    }

    fn next_in_queue(&mut self, node: NodeId) {
        if let Some(next) = self.nodes[node.index()].queue.pop_front() {
            self.begin_service(node, next);
            self.release(next);
        }
    }

    fn service_time(&mut self, node: NodeId, id: CallId) -> Us {
        let Some(call) = self.get_call(id) else { return Us::ZERO };
        let (parcel, (major, minor)) = (call.payload.parcel, call.identity);
        if parcel == Parcel::Scan {
            return self.scan(node, id);
        }
        let plan = self.plan;
        let time = match (self.role(node), parcel) {
            (NodeRole::Source, Parcel::Commit) if call.payload.small == 0 => &plan.source.commit_time,
            (NodeRole::Source, Parcel::Snapshot) => return self.snapshot_time(call.payload.large),
            (NodeRole::Source, Parcel::Upsert) => &plan.source.commit_time,
            (NodeRole::Source, Parcel::Decide) if call.payload.small == 1 => &plan.source.commit_time,
            (NodeRole::Source | NodeRole::Broker, Parcel::Prepare) => &plan.two_phase.vote_time,
            (
                NodeRole::Store(store),
                Parcel::Apply | Parcel::Repair | Parcel::Get | Parcel::Fill | Parcel::Remember,
            ) => &plan.stores[store.index()].service,
            _ => return Us::ZERO,
        };
        let writes = matches!(parcel, Parcel::Commit | Parcel::Prepare | Parcel::Decide | Parcel::Upsert);
        let sync = node == plan.roles.source && writes && plan.source.replica == ReplicaMode::Sync;
        // A commit that waits for the replica is seen by nobody before it is there too, except by the log's reader.
        let sync = sync && !(parcel == Parcel::Commit && self.has_read_ahead());
        let replica = if sync { plan.source.replica_lag } else { Us::ZERO };
        let own = match time.constant() {
            Some(us) => us,
            None => {
                let code = super::role_code(self.role(node));
                time.draw(&mut self.draws.of(Purpose::Service, major, code, minor))
            }
        };
        own.after(replica)
    }

    fn serve(&mut self, node: NodeId, id: CallId) {
        let Some(call) = self.get_call(id) else { return };
        let (payload, cause, caller) = (call.payload.clone(), call.sent, call.caller);
        match payload.parcel {
            Parcel::Write => self.serve_write(id, payload.op, caller, cause),
            Parcel::Enqueue => self.serve_enqueue(id, payload.op, caller, cause),
            Parcel::Commit => self.serve_commit(id, &payload, cause),
            Parcel::Claim => self.serve_claim(id, &payload, caller, cause),
            Parcel::Mark => self.serve_mark(id, &payload.rows, caller, cause),
            Parcel::Publish => self.serve_publish(node, id, &payload, cause),
            Parcel::CommitOffset => self.serve_commit_offset(node, id, &payload, caller, cause),
            Parcel::Apply => self.serve_apply(node, id, &payload, cause),
            Parcel::Get => self.serve_get(node, id, caller, cause),
            Parcel::Fill => self.serve_fill(node, &payload, caller, cause),
            Parcel::Remember => self.serve_remember(node, id, &payload, cause),
            Parcel::Deliver => self.serve_deliver(&payload, caller, cause),
            Parcel::Upsert => self.serve_upsert(id, &payload, cause),
            Parcel::CommitAll => self.serve_commit_all(id, &payload, caller, cause),
            Parcel::Prepare => self.serve_prepare(node, id, &payload, cause),
            Parcel::Decide => self.serve_decide(node, id, &payload, cause),
            Parcel::Recover => self.serve_recover(node, id, cause),
            Parcel::Read => self.serve_read(node, id, &payload, caller, cause),
            Parcel::Inspect => self.serve_inspect(id, cause),
            Parcel::Snapshot => self.serve_snapshot(id, &payload, cause),
            Parcel::Stream => self.serve_stream(id, &payload, cause),
            Parcel::Wal => self.serve_wal(node, &payload, cause),
            Parcel::Confirm => self.serve_confirm(&payload, cause),
            Parcel::StoreOffset => self.serve_store_offset(node, id, &payload, cause),
            Parcel::Scan => self.serve_scan(node, id, &payload, cause),
            Parcel::Repair => self.serve_repair(node, id, &payload, caller, cause),
            Parcel::Open => self.serve_open(node, id, caller, cause),
            Parcel::Copy => self.serve_copy(node, id, &payload, caller, cause),
            Parcel::Swap => self.serve_swap(node, id, caller, cause),
            Parcel::AnswerOk | Parcel::AnswerFailed | Parcel::Heartbeat => {}
        }
    }

    fn serve_write(&mut self, id: CallId, op: Op, caller: Caller, cause: RecordId) {
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
    fn begin(&mut self, slot: u32, op: Op) -> Option<Xid> {
        let proc = &mut self.ops[slot as usize];
        if std::mem::replace(&mut proc.begun, true) {
            return self.source.transaction_of(op).map(|open| open.xid);
        }
        let keys = proc.keys.clone();
        Some(self.source.begin(op, keys.into_iter()))
    }

    fn lock_and_write(&mut self, xid: Xid, id: CallId, cause: RecordId) {
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

    fn write_rows(&mut self, xid: Xid, id: CallId, cause: RecordId) {
        let node = self.plan.roles.source;
        let Some(op) = self.source.transaction(xid).map(|open| open.op) else { return };
        let Some(Caller::Op(slot, _)) = self.get_call(id).map(|call| call.caller) else { return };
        let mut last = cause;
        for event in self.events_of(slot, op) {
            let (key, asked) = (self.events[event.index()].key, self.asked(slot));
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

    fn serve_enqueue(&mut self, id: CallId, op: Op, caller: Caller, cause: RecordId) {
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

    pub(super) fn serve_commit(&mut self, id: CallId, payload: &Payload, cause: RecordId) {
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
    pub(super) fn key_is_taken(&mut self, xid: Xid) -> bool {
        let Some(first) = self.source.transaction(xid).and_then(|open| open.changes.first()) else { return false };
        let event = first.event;
        self.plan.workload.idempotency_key && self.request_behind(event).is_some_and(|asking| asking.committed)
    }

    /// A commit becomes visible, and is answered.
    pub(super) fn finish_commit(&mut self, xid: Xid, id: CallId, op: Op, cause: RecordId) {
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
    pub(super) fn commit_transaction(&mut self, xid: Xid, cause: RecordId) -> RecordId {
        let node = self.plan.roles.source;
        let Some(commit) = self.source.commit(xid, self.now) else { return cause };
        let first = self.source.commits() - commit.transaction.changes.len() as u64;
        let outbox = u32::from(!commit.transaction.outbox.is_empty());
        let mut last = cause;
        for (nth, change) in commit.transaction.changes.iter().enumerate() {
            let info = &mut self.events[change.event.index()];
            (info.kind, info.version, info.commit) = (change.kind, change.version, first + nth as u64 + 1);
            if let Some(asking) = self.request_behind(change.event) {
                asking.committed = true;
            }
            let record =
                Record { value: commit.lsn.0, extra: outbox, ..self.about(node, Kind::Committed, change.event, cause) };
            last = self.record(record);
        }
        self.record_unseen(&commit.unseen, last);
        last
    }

    /// Rolls a transaction back, with a record for each changed row (or one, if it changed none).
    pub(super) fn roll_back(&mut self, xid: Xid, reason: AbortReason, cause: RecordId) -> RecordId {
        let Some(transaction) = self.source.abort(xid) else { return cause };
        let last = self.record_aborted(&transaction, reason, cause);
        self.unpark(last);
        last
    }

    pub(super) fn record_aborted(
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
    pub(super) fn unpark(&mut self, cause: RecordId) {
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
    pub(super) fn disconnected(&mut self, op: Op) {
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

    fn serve_claim(&mut self, id: CallId, payload: &Payload, caller: Caller, cause: RecordId) {
        let Caller::Relay(relay) = caller else { return };
        let limit = if payload.large == 0 { usize::MAX } else { usize::try_from(payload.large).unwrap_or(usize::MAX) };
        let read = self.source.outbox.read(relay, payload.looks, limit, self.source.xmin(), self.now);
        if let Some(call) = self.call_mut(id) {
            call.payload.rows = read.rows;
            call.payload.offsets = read.gaps.into_iter().map(|gap| (0, gap)).collect();
            call.payload.small = read.held_back;
        }
        self.answer(id, true, cause);
    }

    fn serve_mark(&mut self, id: CallId, rows: &[OutboxRow], caller: Caller, cause: RecordId) {
        let node = self.plan.roles.source;
        let Caller::Relay(relay) = caller else { return };
        // Its transaction is gone, and with it the row locks: nothing is marked.
        if !self.source.outbox.may_mark(relay, rows) {
            return self.answer(id, false, cause);
        }
        let before = self.source.outbox.position();
        let orphans = self.marked_by_nobody(id, rows);
        let passed = self.source.mark(rows, self.now);
        let mut last = cause;
        for row in rows {
            let mut record = self.about(node, Kind::Marked, row.event, cause);
            (record.value, record.detail) = (row.alloc_seq, u8::from(self.source.outbox.deletes()));
            last = self.record(record);
        }
        let moved = self.source.outbox.position().filter(|after| Some(*after) != before);
        if let Some((_, seq)) = moved {
            let xid = rows.iter().find(|row| row.alloc_seq == seq).map_or(0, |row| row.xid.0);
            let record = Record { value: seq, extra: xid, cause, ..Record::new(self.now, node, Kind::CursorMoved) };
            last = self.record(record);
        }
        for row in passed {
            let record = Record { value: row.alloc_seq, ..self.about(node, Kind::CursorPassed, row.event, last) };
            self.record(Record { detail: PassedBy::Position as u8, ..record });
        }
        for row in orphans {
            let record = Record { value: row.alloc_seq, ..self.about(node, Kind::Vanished, row.event, last) };
            self.record(Record { detail: Vanish::MarkedFirst as u8, ..record });
        }
        self.answer(id, true, last);
    }

    /// Rows that a mark takes out of sight although who wanted to publish them next no longer waits for it.
    fn marked_by_nobody(&self, id: CallId, rows: &[OutboxRow]) -> Vec<OutboxRow> {
        if !self.plan.outbox.mark_first || self.waits_for(id) {
            return Vec::new();
        }
        let waiting = self.source.outbox.waiting();
        let fresh = |row: &&OutboxRow| waiting.binary_search_by_key(&row.alloc_seq, |row| row.alloc_seq).is_ok();
        rows.iter().filter(fresh).copied().collect()
    }

    /// Outbox rows of a commit that no relay can ever see.
    fn record_unseen(&mut self, unseen: &[OutboxRow], cause: RecordId) {
        let node = self.plan.roles.source;
        let deleted = self.plan.outbox.rules.delete_after_insert;
        let kind = if deleted { Kind::Vanished } else { Kind::CursorPassed };
        for row in unseen {
            let mut record = self.about(node, kind, row.event, cause);
            record.value = row.alloc_seq;
            record.detail = if deleted { Vanish::Deleted as u8 } else { PassedBy::Position as u8 };
            self.record(record);
        }
    }

    fn serve_commit_offset(&mut self, node: NodeId, id: CallId, payload: &Payload, caller: Caller, cause: RecordId) {
        let Caller::Consumer(store) = caller else { return };
        let mut last = cause;
        for &(partition, offset, epoch) in &payload.commits {
            let offset = self.broker.commit(store, partition, offset, epoch);
            let mut record = Record::new(self.now, node, Kind::OffsetCommitted);
            (record.value, record.extra, record.cause) = (offset, partition, cause);
            record.link = self.get_call(id).map_or(record.link, |call| call.link);
            last = self.record(record);
        }
        self.answer(id, true, last);
    }

    fn serve_apply(&mut self, node: NodeId, id: CallId, payload: &Payload, cause: RecordId) {
        let NodeRole::Store(store) = self.role(node) else { return };
        let info = self.events[payload.event.index()];
        let clock = self.now.min(self.plan.duration);
        if self.stores[store.index()].expire(info.key, clock) {
            let mut record = Record::new(self.now, node, Kind::TombstoneGone);
            (record.key, record.cause) = (info.key, cause);
            self.record(record);
        }
        let arriving = Arriving {
            key: info.key,
            kind: info.kind,
            event: payload.event,
            version: payload.version,
            commit: info.commit,
            // A canary is no client's, and has no key.
            request: if info.request < CANARY { info.request } else { u32::MAX },
            id: self.short_id(store, payload.event),
        };
        let kind = match self.stores[store.index()].apply(&arriving, self.now) {
            Applied::Yes => Kind::Applied,
            Applied::NotNewer => Kind::NotNewer,
            Applied::Known => Kind::Known,
            Applied::Mistaken => Kind::Rejected,
        };
        self.feed_shadow(store, payload.event, payload.version);
        let mut record = Record { version: payload.version, ..self.about(node, kind, payload.event, cause) };
        if kind == Kind::Rejected {
            record.detail = RejectReason::Collision as u8;
        } else {
            if kind == Kind::Applied && self.plan.stores[store.index()].invalidates {
                // The entry goes, whatever became of the row.
                (record.detail, record.value) = (OpKind::Delete as u8, 1);
            }
            record.detail |= if payload.again { AGAIN } else { 0 };
        }
        let last = match payload.told.some() {
            None => self.record(record),
            Some(told) => self.record_read_state(node, told, record),
        };
        if kind == Kind::Applied {
            self.entry_lives(store, info.key, last);
            self.store_emits(store, payload, last);
        }
        if self.pass(node, CrashPoint::StoreApplyAck, record.op, payload.event, last) {
            return self.strand(id);
        }
        self.answer(id, true, last);
    }

    /// The store has what the consumer read at the source: a newer state than that of the event which it was told of,
    /// which is thereby delivered as not newer; or an older one, by which that event is not delivered.
    fn record_read_state(&mut self, node: NodeId, told: EventId, shown: Record) -> RecordId {
        let mut last = shown.cause;
        if self.events[told.index()].commit > 0 && self.events[told.index()].version <= shown.version {
            let mut record = self.about(node, Kind::NotNewer, told, shown.cause);
            record.detail |= shown.detail & AGAIN;
            last = self.record(record);
        }
        if shown.kind == Kind::Applied {
            last = self.record(Record { extra: 1, ..shown });
        }
        last
    }

    /// A store that no consumer feeds hands on what it shows, without waiting for an answer.
    fn store_emits(&mut self, store: StoreId, payload: &Payload, cause: RecordId) {
        let link = self.plan.roles.emit_store[store.index()];
        let Some(link) = link.filter(|_| self.plan.roles.consumers[store.index()].is_none()) else { return };
        let mut next = Payload::about(Parcel::Apply, payload.event, payload.version);
        next.again = payload.again;
        let (major, row) = (u64::from(self.events[payload.event.index()].request), payload.event.0 % 16);
        let identity = Identity { major, attempt: 1, row, life: self.epoch(self.link_ends(link).0) };
        self.call(link, Caller::Reader(u32::MAX, u32::MAX), None, next, identity, cause);
    }

    /// The id under which a store's inbox has an event, if that is short enough to collide.
    fn short_id(&mut self, store: StoreId, event: EventId) -> Option<u64> {
        let bits = self.plan.stores[store.index()].id_bits;
        let id = || self.draws.of(Purpose::EventId, u64::from(event.0), 0, 0).bits() >> (NO_COLLISIONS - bits);
        (bits < NO_COLLISIONS).then(id)
    }

    /// A consumer marks in the inbox that the store has had an event.
    fn serve_remember(&mut self, node: NodeId, id: CallId, payload: &Payload, cause: RecordId) {
        let NodeRole::Store(store) = self.role(node) else { return };
        let short = self.short_id(store, payload.event);
        self.stores[store.index()].inbox.write(payload.event, short, self.now);
        let record = self.about(node, Kind::Remembered, payload.event, cause);
        let last = self.record(record);
        self.answer(id, true, last);
    }

    /// A consumer reads the row that an event names, as it is committed now.
    fn serve_read(&mut self, node: NodeId, id: CallId, payload: &Payload, caller: Caller, cause: RecordId) {
        if let Caller::Op(slot, op) = caller {
            return self.serve_validation(id, slot, op, cause);
        }
        if let Caller::Reader(slot, number) = caller {
            return self.serve_fetch(node, id, slot, number, cause);
        }
        let Caller::Consumer(store) = caller else { return };
        let (key, early) = (self.events[payload.event.index()].key, self.events[payload.event.index()].commit == 0);
        let row = self.source.row(key);
        let found = row.event.filter(|_| row.present);
        let mut record = self.about(node, Kind::Read, payload.event, cause);
        record.value = found.map_or(0, |_| u64::from(row.version));
        (record.extra, record.detail) = (u32::from(early), store.0 as u8);
        let last = self.record(record);
        if let Some(call) = self.call_mut(id) {
            call.payload.told = found.unwrap_or(EventId::NONE);
        }
        self.answer(id, true, last);
    }
}
