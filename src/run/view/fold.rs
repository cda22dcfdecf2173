//! What each kind of record changes in a view.

use super::{Lens, MessageView, Phase, Progress, RowView, SLOTS, SlotView, View};
use crate::kernel::time::Us;
use crate::strategy::machine::{Step, Verb};
use crate::world::ids::{EventId, Key, NodeId, OpKind, Outcome};
use crate::world::record::{Kind, Parcel, Record};

impl View {
    pub(super) fn sent(&mut self, lens: &Lens, record: &Record) {
        self.messages.push(MessageView { sent: *record, late: false });
        let verb = match Parcel::ALL.get(usize::from(record.detail)) {
            Some(Parcel::Write) => Verb::Write,
            Some(Parcel::Enqueue) => Verb::Enqueue,
            Some(Parcel::Commit) => Verb::Commit,
            Some(Parcel::Publish) => Verb::Publish,
            Some(Parcel::Apply) if record.node == lens.app => Verb::Publish,
            Some(Parcel::Apply) => Verb::Apply,
            Some(Parcel::Claim) => Verb::Claim,
            Some(Parcel::Mark) => Verb::Mark,
            Some(Parcel::CommitOffset) => Verb::CommitOffset,
            Some(Parcel::Read) if record.node == lens.app => Verb::Validate,
            Some(Parcel::Upsert) => Verb::Apply,
            Some(Parcel::CommitAll) => Verb::CommitAll,
            Some(Parcel::Prepare) => Verb::Prepare,
            Some(Parcel::Decide) => Verb::Tell,
            Some(Parcel::StoreOffset) => Verb::Store,
            Some(Parcel::Confirm) => Verb::Confirm,
            Some(Parcel::Inspect | Parcel::Snapshot | Parcel::Stream | Parcel::Watermark | Parcel::Chunk) => {
                Verb::Decode
            }
            Some(Parcel::Scan | Parcel::Sum) => Verb::Scan,
            Some(Parcel::Repair) => Verb::Repair,
            Some(Parcel::Open) => Verb::Position,
            Some(Parcel::Copy) => Verb::Copy,
            Some(Parcel::Swap) => Verb::Swap,
            Some(Parcel::Wal) => {
                self.wal.sent += 1;
                return;
            }
            Some(
                Parcel::Heartbeat
                | Parcel::Deliver
                | Parcel::Signal
                | Parcel::SignalRow
                | Parcel::Recover
                | Parcel::Remember
                | Parcel::Get
                | Parcel::Fill
                | Parcel::Read
                | Parcel::AnswerOk
                | Parcel::AnswerFailed,
            )
            | None => return,
        };
        let at_app = record.node == lens.app;
        if at_app && verb == Verb::Publish && !self.buffer.is_empty() {
            self.buffer.retain(|(event, _)| *event != record.event);
        }
        let Some(step) = lens.steps[record.node.index()].iter().position(|step| step.verb == verb) else { return };
        self.never_sent.retain(|(event, ..)| *event != record.event);
        self.at_step(lens, record, step as u8, step as u8);
    }

    /// An event lies in the client library's buffer, which a crash of the app empties.
    pub(super) fn buffered(&mut self, lens: &Lens, record: &Record) {
        let (key, version) = (record.key, record.version);
        let delete = record.detail == OpKind::Delete as u8;
        let slot = SlotView { number: u64::from(self.buffered), key, version, delete, marked: false, passed: false };
        self.buffer.push((record.event, slot));
        self.buffered += 1;
        let steps = lens.steps[lens.app.index()];
        if let Some(step) = steps.iter().position(|step| step.verb == Verb::Buffer) {
            self.at_step(lens, record, step as u8, step as u8);
        }
    }

    /// A process is in a step, with so many done.
    pub(super) fn at_step(&mut self, lens: &Lens, record: &Record, done: u8, now: u8) {
        let node = record.node.index();
        let mut progress = Progress { done, now, ..self.nodes[node].progress };
        if record.node == lens.app {
            progress.op = record.op;
            if let Some(known) = self.ops.iter_mut().find(|known| known.op == record.op) {
                progress = Progress { done, now, ..*known };
                fill(&mut progress, record);
                *known = progress;
            }
        }
        fill(&mut progress, record);
        self.nodes[node].progress = progress;
    }

    /// A member of a group has a partition, or none at all any more.
    pub(super) fn owned(&mut self, lens: &Lens, record: &Record, partition: Option<usize>) {
        let Some(member) = lens.consumer_links.iter().position(|link| *link == record.link) else { return };
        let (group, node) = lens.members[member];
        let Some(owners) = self.owners.get_mut(group) else { return };
        match partition {
            Some(partition) => owners[partition] = node,
            None => owners.iter_mut().filter(|owner| **owner == node).for_each(|owner| *owner = NodeId::NONE),
        }
    }

    pub(super) fn gone(&mut self, record: &Record) {
        if let Some(at) = self.messages.iter().position(|message| message.sent.extra == record.extra) {
            self.messages.remove(at);
        }
    }

    pub(super) fn timed_out(&mut self, record: &Record) {
        if let Some(message) = self.messages.iter_mut().find(|message| message.sent.extra == record.extra) {
            message.late = true;
        }
        self.answers[record.link.index()] = Some((record.at, Outcome::Unknown as u8));
    }

    pub(super) fn requested(&mut self, lens: &Lens, record: &Record, first: bool) {
        if first {
            self.waiting.push(record.value);
        }
        self.ops.push(Progress { op: record.op, key: record.key, now: 0, ..Progress::default() });
        self.nodes[lens.app.index()].progress =
            Progress { op: record.op, key: record.key, now: 0, ..Progress::default() };
    }

    pub(super) fn replied(&mut self, lens: &Lens, record: &Record) {
        if record.value != u64::MAX && record.detail == Outcome::Ok as u8 {
            self.waiting.retain(|request| *request != u64::from(record.extra));
        }
        let steps = lens.steps[lens.app.index()].len() as u8;
        self.at_step(lens, record, steps, u8::MAX);
        self.ops.retain(|known| known.op != record.op);
    }

    pub(super) fn passed(&mut self, lens: &Lens, record: &Record) {
        let node = record.node.index();
        if let Some(passes) = self.nodes[node].passes.get_mut(usize::from(record.detail)) {
            *passes = passes.saturating_add(1);
        }
        let gap = |step: &Step| step.gap.is_some_and(|point| point as u8 == record.detail);
        if let Some(step) = lens.steps[node].iter().position(gap) {
            self.at_step(lens, record, step as u8 + 1, u8::MAX);
        }
    }

    pub(super) fn arrived(&mut self, record: &Record) {
        self.wal.queued += u32::from(record.detail == Parcel::Wal as u8);
        self.gone(record);
    }

    /// The connector starts again; with an event, it is publishing that it tries again.
    pub(super) fn retried(&mut self, lens: &Lens, record: &Record) {
        if Some(record.node) == lens.connector {
            self.wal.phase = if record.event == EventId::NONE { Phase::Waits } else { Phase::Paused };
        }
    }

    /// What the connector does with the log.
    pub(super) fn log_read(&mut self, record: &Record) {
        let wal = &mut self.wal;
        match record.kind {
            Kind::StreamStarted => {
                (wal.sent, wal.queued, wal.acked) = (record.extra, record.extra, record.extra);
                wal.phase = Phase::Streams;
            }
            Kind::Acked => {
                wal.acked = record.extra;
                wal.phase = if wal.phase == Phase::Paused { Phase::Streams } else { wal.phase };
            }
            Kind::Snapshotted => wal.phase = Phase::Snapshots,
            _ => wal.phase = if record.detail == 1 { Phase::Failed } else { Phase::Finished }, // Stopped.
        }
    }

    pub(super) fn slot_moved(&mut self, record: &Record) {
        match record.kind {
            Kind::SlotLost => self.wal.slot = false,
            Kind::Checkpointed => self.wal.kept = record.extra,
            _ => self.wal.slot = true, // Created or moved.
        }
        if matches!(record.kind, Kind::SlotCreated | Kind::SlotMoved) {
            if record.detail != 2 {
                self.wal.confirmed = record.extra;
            }
            if record.detail != 1 {
                self.wal.restart = record.extra;
            }
        }
    }

    pub(super) fn committed(&mut self, lens: &Lens, record: &Record) {
        if lens.connector.is_some() {
            self.wal.end += 1;
            let (key, version, number) = (record.key, record.version, u64::from(self.wal.end) - 1);
            let delete = record.detail == OpKind::Delete as u8;
            self.wal.rows.push_back(SlotView { number, key, version, delete, marked: false, passed: false });
            if self.wal.rows.len() > SLOTS {
                self.wal.rows.pop_front();
            }
        }
        let present = record.detail != OpKind::Delete as u8;
        self.source[record.key.index()] = RowView { event: Some(record.event), version: record.version, present };
        self.last_commit = Some(*record);
        if let Some(at) = self.open_outbox.iter().position(|(_, _, event)| *event == record.event) {
            let (_, slot, _) = self.open_outbox.remove(at);
            let slot = SlotView { version: record.version, delete: !present, ..slot };
            let behind = self.outbox.iter().rev().take_while(|other| other.number > slot.number).count();
            self.outbox.insert(self.outbox.len() - behind, slot);
            self.outbox_counts = (self.outbox_counts.0 + 1, self.outbox_counts.1 + 1);
        }
    }

    pub(super) fn enqueued(&mut self, record: &Record) {
        let (key, version) = (record.key, record.version);
        let slot = SlotView { number: record.value, key, version, delete: false, marked: false, passed: false };
        self.open_outbox.push((record.extra, slot, record.event));
    }

    pub(super) fn truncated(&mut self, record: &Record) {
        let partition = record.extra as usize;
        let (log, end) = &mut self.logs[partition];
        log.retain(|slot| slot.number < record.value);
        *end = record.value.min(*end);
        self.replicas[partition] = (record.value.min(self.replicas[partition].0), true);
        self.offsets.iter_mut().for_each(|offsets| offsets[partition] = record.value.min(offsets[partition]));
        self.truncated += 1;
    }

    pub(super) fn appended(&mut self, lens: &Lens, record: &Record) {
        if lens.at_once {
            self.replicas[record.extra as usize].0 = record.value + 1;
        }
        let (log, end) = &mut self.logs[record.extra as usize];
        let delete = record.detail == OpKind::Delete as u8;
        log.push_back(SlotView {
            number: record.value,
            key: record.key,
            version: record.version,
            delete,
            marked: false,
            passed: false,
        });
        *end = record.value + 1;
        if log.len() > SLOTS {
            log.pop_front();
        }
    }

    pub(super) fn applied(&mut self, lens: &Lens, record: &Record) {
        let Some(store) = lens.store_of[record.node.index()] else { return };
        // Effects add up, unless one takes another back.
        let adds = lens.effects[store] && record.value != 2;
        let present = adds || record.op_detail() != OpKind::Delete as u8;
        let event = present.then_some(record.event);
        self.stores[store][record.key.index()] = RowView { event, version: record.version, present };
    }

    pub(super) fn marked(&mut self, record: &Record) {
        if let Some(slot) = self.outbox.iter_mut().find(|slot| slot.number == record.value && !slot.marked) {
            slot.marked = true;
            self.outbox_counts.1 -= 1;
        }
        while self.outbox.len() > SLOTS && self.outbox.front().is_some_and(|slot| slot.marked) {
            self.outbox.pop_front();
        }
    }

    /// A failover took a commit back, and with it the outbox row.
    pub(super) fn retracted(&mut self, record: &Record) {
        let (version, present) = (record.value as u32, record.detail == 1);
        let event = EventId(record.extra).some();
        self.source[record.key.index()] = RowView { event, version, present };
        let own = |slot: &SlotView| slot.key == record.key && slot.version == record.version;
        if let Some(at) = self.outbox.iter().rposition(own) {
            let gone = self.outbox.remove(at);
            self.outbox_counts.0 -= 1;
            self.outbox_counts.1 -= u32::from(gone.is_some_and(|slot| !slot.marked));
        }
    }

    /// A failover took a mark back.
    pub(super) fn unmarked(&mut self, record: &Record) {
        if let Some(slot) = self.outbox.iter_mut().find(|slot| slot.number == record.value && slot.marked) {
            (slot.marked, slot.passed) = (false, false);
            self.outbox_counts.1 += 1;
        }
    }

    /// A row that no relay will ever see.
    pub(super) fn passed_by(&mut self, record: &Record) {
        let Some(slot) = self.outbox.iter_mut().find(|slot| slot.number == record.value) else { return };
        slot.passed = true;
        if !std::mem::replace(&mut slot.marked, true) {
            self.outbox_counts.1 -= 1;
        }
    }

    pub(super) fn started(&mut self, record: &Record) {
        let mut progress = Progress { now: 0, ..Progress::default() };
        fill(&mut progress, record);
        self.nodes[record.node.index()].progress = progress;
    }

    pub(super) fn crashed(&mut self, lens: &Lens, record: &Record) {
        let node = &mut self.nodes[record.node.index()];
        (node.up, node.crashed_at, node.back) = (false, record.at, Us(record.value));
        node.died_at = record.detail.checked_sub(1);
        if record.node == lens.source {
            self.lock_waits = 0;
            self.open_outbox.clear();
        }
    }

    pub(super) fn killed(&mut self, lens: &Lens, record: &Record) {
        if record.node != lens.app {
            return;
        }
        if let Some(at) = self.buffer.iter().position(|(event, _)| *event == record.event) {
            self.buffer.remove(at);
            self.never_sent.push((record.event, record.key, record.version));
            return;
        }
        if let Some(at) = self.ops.iter().position(|known| known.op == record.op) {
            let progress = self.ops.remove(at);
            self.nodes[lens.app.index()].progress = progress;
            let publishes = |step: &Step| matches!(step.verb, Verb::Publish | Verb::Buffer);
            let sends = lens.steps[lens.app.index()].iter().position(publishes);
            let unsent =
                sends.is_some_and(|step| usize::from(progress.done) <= step && usize::from(progress.now) != step);
            if unsent && record.event != EventId::NONE {
                self.never_sent.push((record.event, record.key, record.version));
            }
        }
    }
}

fn fill(progress: &mut Progress, record: &Record) {
    if record.key != Key::NONE {
        progress.key = record.key;
    }
    if record.event != EventId::NONE {
        (progress.event, progress.version) = (record.event, record.version);
    }
}
