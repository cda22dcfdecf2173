//! What source, broker and stores do with a request: wait for a free worker, serve it, answer.

mod stores;
mod transactions;

use super::call::{CallId, Caller, Payload};
use super::{Due, Simulation};
use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::scenario::plan::NodeRole;
use crate::world::ids::{NodeId, RecordId};
use crate::world::outbox::OutboxRow;
use crate::world::record::{Kind, Parcel, PassedBy, Record, Vanish};
use crate::world::replica::ReplicaMode;

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
        if matches!(parcel, Parcel::Scan | Parcel::Sum) {
            return self.scan(node, id);
        }
        let plan = self.plan;
        let time = match (self.role(node), parcel) {
            (NodeRole::Source, Parcel::Commit) if call.payload.small == 0 => &plan.source.commit_time,
            (NodeRole::Source, Parcel::Chunk) => return self.select_chunk(id),
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
            Parcel::Signal => self.serve_signal(id, caller, cause),
            Parcel::SignalRow => self.serve_signal_row(node, &payload, cause),
            Parcel::Watermark => self.serve_watermark(id, &payload, cause),
            Parcel::Chunk => self.serve_chunk(id, &payload, cause),
            Parcel::Wal => self.serve_wal(node, &payload, cause),
            Parcel::Confirm => self.serve_confirm(&payload, cause),
            Parcel::StoreOffset => self.serve_store_offset(node, id, &payload, cause),
            Parcel::Scan | Parcel::Sum => self.serve_scan(node, id, &payload, cause),
            Parcel::Repair => self.serve_repair(node, id, &payload, caller, cause),
            Parcel::Open => self.serve_open(node, id, caller, cause),
            Parcel::Copy => self.serve_copy(node, id, &payload, caller, cause),
            Parcel::Swap => self.serve_swap(node, id, caller, cause),
            Parcel::AnswerOk | Parcel::AnswerFailed | Parcel::Heartbeat => {}
        }
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
}
