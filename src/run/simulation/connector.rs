//! The connector of `cdc`: reader, task and committer, driven by the machines of `strategy::cdc`.
//!
//! - here: its memory, its start and end, the reader; `task`: queue and publishing; `offset`: what it stores and confirms;
//!   `chunk`: the incremental snapshot beside them
//! - the source's side (slot, stream, snapshot) is in `slot`

mod chunk;
mod offset;
mod task;

use super::call::{CallId, Caller, Identity, Payload, class_of_connector};
#[cfg(test)]
use super::mutant::{Mutant, on};
use super::{Due, Simulation};
use crate::kernel::sorted::SortedMap;
use crate::kernel::time::Us;
use crate::strategy::cdc::{
    Facts, LsnFlushMode, Mismatch, ReaderCommand, ReaderEvent, ReaderState, SnapshotMode, TaskEvent, TaskState, Way,
    reader_step, way,
};
use crate::world::ids::{EventId, Lsn, NodeId, Outcome, RecordId, RecoveryId};
use crate::world::record::{Kind, Parcel, Record};
use chunk::{Chunk, Progress};
use std::collections::VecDeque;

/// A change that the connector has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub event: EventId,
    pub version: u32,
    pub lsn: Lsn,
    /// A row of a snapshot; and whether it is its last.
    pub again: bool,
    pub last: bool,
    /// A row of a chunk of an incremental snapshot.
    pub chunk: bool,
}

/// A position of the connector: up to where, and whether a snapshot is still to be finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    pub lsn: Lsn,
    pub partial: bool,
}

/// Which of the connector's loops waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The reader: slot, snapshot, stream.
    Reader,
    /// The task: publishing.
    Task,
    /// The committer: storing the offset.
    Committer,
    /// The incremental snapshot: watermarks and chunks.
    Chunk,
    /// Nobody: a change from the log.
    Stream,
    /// Nobody: a confirmation, a heartbeat.
    Notice,
}

/// The connector. A crash loses all but what is stored at the broker, and what only the truth knows.
#[derive(Clone, Debug)]
pub struct ConnectorProc {
    pub(super) reader: ReaderState,
    task: TaskState,
    queue: VecDeque<Change>,
    batch: Vec<Change>,
    /// The calls that reader, task, committer and snapshot wait for.
    pub waiting: [CallId; 4],
    /// Which connection to the source it is: what belongs to an older one is not taken.
    pub(super) connection: u32,
    /// Which life of the task it is.
    life: u32,
    /// At the source, while the connection lasts: the next change to send.
    pub(super) sender: Option<u32>,
    /// The next change to take, and those that came too early.
    pub(super) expected: u32,
    early: SortedMap<u32, Change>,
    /// Changes on their way or in the queue.
    pub(super) ahead: u32,
    /// In a snapshot: from where the stream will follow it, and the rows that are not read yet.
    pub(super) snapshot: Option<Lsn>,
    pub(super) rows: VecDeque<Change>,
    /// Whether the next fetch waits for room in the queue.
    holding: bool,
    /// When the poll began that is going on, and whether its end is in the calendar.
    polling_since: Us,
    poll_set: bool,
    acked: Option<Offset>,
    /// The newest position that was acknowledged before its last crash, or stop.
    heard: Option<Lsn>,
    /// At the broker, durable; and which call stored it.
    pub(super) stored: Option<Offset>,
    stored_by: u64,
    flush_since: Us,
    flush_set: bool,
    flushes: u64,
    calls: u64,
    /// Whether it is being stopped in good order.
    stopping: bool,
    /// How it ended, and the record that says so.
    pub(super) stopped: Option<(Way, RecordId)>,
    /// The chunk of an incremental snapshot that is under way, and how far that is: in memory, and stored with the offset.
    chunk: Chunk,
    progress: Progress,
    stored_progress: Progress,
    /// At the source: who has asked for one that no stored offset knows of, the how-manieth signal that is, and how many there
    /// were; and which of them it has read in this life.
    signal: Option<(RecoveryId, u32)>,
    signals: u32,
    obeyed: u32,
    /// Only the truth knows this: up to which change everything was acknowledged, or is told to be passed.
    pub(super) reached: u32,
}

impl Default for ConnectorProc {
    fn default() -> Self {
        ConnectorProc {
            reader: ReaderState::Waiting,
            task: TaskState::Polling,
            queue: VecDeque::new(),
            batch: Vec::new(),
            waiting: [CallId::NONE; 4],
            connection: 0,
            life: 0,
            sender: None,
            expected: 0,
            early: SortedMap::default(),
            ahead: 0,
            snapshot: None,
            rows: VecDeque::new(),
            holding: false,
            polling_since: Us::ZERO,
            poll_set: false,
            acked: None,
            heard: None,
            stored: None,
            stored_by: 0,
            flush_since: Us::ZERO,
            flush_set: false,
            flushes: 0,
            calls: 0,
            stopping: false,
            stopped: None,
            chunk: Chunk::default(),
            progress: None,
            stored_progress: None,
            signal: None,
            signals: 0,
            obeyed: 0,
            reached: 0,
        }
    }
}

impl ConnectorProc {
    /// Whether it has nothing of its own to do.
    fn idle(&self) -> bool {
        self.task == TaskState::Polling
            && self.chunk.idle()
            && self.batch.is_empty()
            && self.queue.is_empty()
            && self.ahead == 0
    }

    /// Up to where it has ever heard back what it published, snapshots aside: the newest position that its topics show.
    pub(super) fn published(&self) -> Option<Lsn> {
        self.acked.filter(|acked| !acked.partial).map(|acked| acked.lsn).max(self.heard)
    }

    /// Whether there is something to store that is not stored. How far a snapshot is goes with an offset: as long as the
    /// connector has none, a crash begins it anew.
    fn is_ahead(&self) -> bool {
        let heard = self.signal.is_some_and(|(_, nth)| nth == self.obeyed);
        self.acked != self.stored || (self.acked.is_some() && (self.progress != self.stored_progress || heard))
    }

    /// Forgets everything that is in its memory; what is stored stays.
    fn forget(&mut self, now: Us) {
        let heard = self.published();
        *self = ConnectorProc {
            connection: self.connection + 1,
            life: self.life + 1,
            polling_since: now,
            acked: self.stored,
            heard,
            stored: self.stored,
            stored_by: self.stored_by,
            flush_since: self.flush_since,
            flush_set: self.flush_set,
            flushes: self.flushes,
            calls: self.calls,
            reached: self.reached,
            signal: self.signal,
            signals: self.signals,
            stored_progress: self.stored_progress,
            progress: self.stored_progress,
            ..ConnectorProc::default()
        };
    }
}

impl Simulation<'_> {
    pub(super) fn schedule_connector_start(&mut self) {
        let plan = self.plan;
        if plan.roles.connector.is_none() {
            return;
        }
        (self.connector.polling_since, self.connector.flush_since) = (plan.cdc.start, plan.cdc.start);
        self.calendar.put(plan.cdc.start, Due::ConnectorStarts(self.connector.life));
        self.calendar.put(plan.source.checkpoint, Due::Checkpoint);
        if plan.cdc.start == Us::ZERO {
            self.deployed_before();
        }
        if let Some(span) = plan.cdc.heartbeat {
            self.calendar.put(plan.cdc.start.after(span), Due::ConnectorBeats);
        }
        if plan.cdc.lsn_flush_mode == LsnFlushMode::ConnectorAndDriver {
            self.calendar.put(plan.cdc.start.after(plan.cdc.status), Due::ConnectorStatus);
        }
    }

    /// The connector was there before the run: its slot and its offset stand at the start of the log.
    fn deployed_before(&mut self) {
        self.slot_or_new(RecordId::NONE);
        self.connector.stored = Some(Offset { lsn: Lsn(0), partial: false });
        self.connector.acked = self.connector.stored;
        if let Some(broker) = self.plan.roles.broker {
            self.record(Record::new(self.now, broker, Kind::OffsetStored));
        }
    }

    /// Whether the connector has read, published and heard back all there is.
    pub(super) fn connector_is_quiet(&self) -> bool {
        let connector = &self.connector;
        let caught_up = connector.sender == Some(self.source.wal.len());
        self.plan.roles.connector.is_none()
            || (connector.idle() && (connector.stopped.is_some() || (caught_up && !connector.stopping)))
    }

    /// It is time for the connector to start, unless it died or started since.
    pub(super) fn connector_due(&mut self, life: u32) {
        let Some(node) = self.plan.roles.connector else { return };
        if self.up(node) && self.connector.life == life {
            self.reader_event(node, ReaderEvent::Due, RecordId::NONE);
        }
    }

    pub(super) fn reader_event(&mut self, node: NodeId, event: ReaderEvent, cause: RecordId) {
        let arrow = reader_step(self.connector.reader, event);
        self.connector.reader = arrow.next;
        for ask in arrow.asks.into_iter().flatten() {
            match ask {
                ReaderCommand::Inspect => {
                    let payload = Payload::about(Parcel::Inspect, EventId::NONE, 0);
                    self.connector_calls_source(Part::Reader, payload, cause);
                }
                ReaderCommand::Fetch => self.connector_fetches(cause),
                ReaderCommand::Stream => {
                    let mut payload = Payload::about(Parcel::Stream, EventId::NONE, 0);
                    payload.small = self.connector.connection;
                    let stored = self.connector.stored.filter(|stored| !stored.partial).map(|stored| stored.lsn);
                    payload.large = self.connector.snapshot.or(stored).map_or(0, |from| from.0);
                    #[cfg(test)]
                    if on(Mutant::ConnectorSkips) {
                        payload.large = self.source.wal_end().0;
                    }
                    self.connector_calls_source(Part::Reader, payload, cause);
                }
                ReaderCommand::Retry => self.connector_retries(node, cause),
                ReaderCommand::Stop(way) => {
                    let detail = u8::from(way == Way::Failed);
                    let record = Record { cause, detail, ..Record::new(self.now, node, Kind::Stopped) };
                    let stop = self.record(record);
                    self.connector.stopped = Some((way, stop));
                }
            }
        }
    }

    /// Asks for the next rows of the snapshot, if the queue has room for them.
    fn connector_fetches(&mut self, cause: RecordId) {
        let plan = &self.plan.cdc;
        let rows = plan.snapshot_fetch.min(plan.max_queue);
        self.connector.holding = self.connector.queue.len() as u32 + rows > plan.max_queue;
        if self.connector.holding {
            return;
        }
        let mut payload = Payload::about(Parcel::Snapshot, EventId::NONE, 0);
        (payload.small, payload.large) = (self.connector.connection, u64::from(rows));
        self.connector_calls_source(Part::Reader, payload, cause);
    }

    pub(super) fn connector_calls_source(&mut self, part: Part, payload: Payload, cause: RecordId) {
        let Some(link) = self.plan.roles.connector_source else { return };
        self.connector_calls(link, part, payload, cause);
    }

    fn connector_calls(&mut self, link: crate::world::ids::LinkId, part: Part, payload: Payload, cause: RecordId) {
        self.connector.calls += 1;
        let identity = Identity { major: self.connector.calls, attempt: 1, row: 0, life: 0 };
        let class = match part {
            Part::Reader | Part::Task | Part::Committer | Part::Chunk => Some(class_of_connector(self.plan)),
            Part::Stream | Part::Notice => None,
        };
        let id = self.call(link, Caller::Connector(part), class, payload, identity, cause);
        if let Some(waiting) = self.connector.waiting.get_mut(part as usize) {
            *waiting = id;
        }
    }

    /// A call of the connector has ended.
    pub(super) fn connector_answered(&mut self, part: Part, id: CallId, outcome: Outcome, cause: RecordId) {
        let Some(node) = self.plan.roles.connector else { return };
        if let Some(waiting) = self.connector.waiting.get_mut(part as usize) {
            *waiting = CallId::NONE;
        }
        let ok = outcome == Outcome::Ok;
        #[cfg(test)]
        let ok = ok || part == Part::Task && on(Mutant::ConnectorTrusts);
        match part {
            Part::Reader => self.reader_answered(node, id, ok, cause),
            Part::Task => {
                self.publish_calls.ended += 1;
                self.publish_calls.failed += u64::from(!ok);
                self.task_event(node, if ok { TaskEvent::Done } else { TaskEvent::Failed }, cause);
            }
            Part::Committer => self.offset_answered(node, id, ok, cause),
            Part::Chunk => self.chunk_answered(node, id, ok, cause),
            Part::Stream | Part::Notice => {}
        }
    }

    fn reader_answered(&mut self, node: NodeId, id: CallId, ok: bool, cause: RecordId) {
        let Some(payload) = self.get_call(id).map(|call| call.payload.clone()).filter(|_| ok) else {
            return self.reader_event(node, ReaderEvent::Failed, cause);
        };
        match payload.parcel {
            Parcel::Inspect => self.slot_found(node, &payload, cause),
            Parcel::Snapshot => self.rows_read(node, &payload, cause),
            // The stream; a reader asks for nothing else.
            _ => {
                self.reader_event(node, ReaderEvent::Done, cause);
                self.chunk_begins(node, cause);
            }
        }
    }

    /// The slot's state is known: the connector decides how to go on.
    fn slot_found(&mut self, node: NodeId, payload: &Payload, cause: RecordId) {
        let plan = &self.plan.cdc;
        let (mode, mismatch) = (plan.snapshot_mode, plan.mismatch);
        let stored = self.connector.stored;
        let slot = payload.small.checked_sub(1).map(|state| state == 1);
        let position = Lsn(payload.large);
        let ahead = stored.is_some_and(|stored| stored.lsn < position);
        let facts = Facts { offset: stored.map(|stored| !stored.partial), slot, ahead };
        let way = way(mode, mismatch, facts);
        if let (Way::Stream, Some(stored)) = (way, stored.filter(|stored| !stored.partial)) {
            match mismatch {
                Mismatch::TrustSlot | Mismatch::TrustGreaterLsn if ahead => {
                    self.connector.acked = Some(Offset { lsn: position, partial: false });
                    self.arrange_flush(node);
                }
                Mismatch::TrustOffset | Mismatch::TrustGreaterLsn if stored.lsn > position => {
                    self.connector_confirms(stored.lsn, cause);
                }
                Mismatch::NoValidation | Mismatch::TrustOffset | Mismatch::TrustSlot | Mismatch::TrustGreaterLsn => {}
            }
        }
        self.reader_event(node, ReaderEvent::Found(way), cause);
    }

    /// Rows of the snapshot are there.
    fn rows_read(&mut self, node: NodeId, payload: &Payload, cause: RecordId) {
        let connector = &mut self.connector;
        connector.queue.extend(payload.changes.iter().copied());
        connector.ahead += payload.changes.len() as u32;
        let last = connector.rows.is_empty();
        let position = connector.snapshot.unwrap_or_default();
        if last && payload.changes.is_empty() {
            self.snapshot_done(node, position, cause);
        }
        self.poke(node, cause);
        let streams = self.plan.cdc.snapshot_mode != SnapshotMode::InitialOnly;
        if self.connector.reader == ReaderState::Snapshotting {
            self.reader_event(node, ReaderEvent::Rows(last, streams), cause);
        }
    }

    /// All rows of the snapshot are acknowledged: that is stored at once.
    fn snapshot_done(&mut self, node: NodeId, position: Lsn, cause: RecordId) {
        self.connector.acked = Some(Offset { lsn: position, partial: false });
        self.connector_stores(node, cause);
    }

    /// The connection to the source is lost, and with it the task: it starts again from the stored offset.
    pub(super) fn connector_broken(&mut self, cause: RecordId) {
        let Some(node) = self.plan.roles.connector else { return };
        if self.up(node) {
            self.reader_event(node, ReaderEvent::Failed, cause);
        }
    }

    fn connector_retries(&mut self, node: NodeId, cause: RecordId) {
        let record = Record { cause, ..Record::new(self.now, node, Kind::Retried) };
        self.record(record);
        if let Some(first) = self.connector.batch.first().map(|change| change.event) {
            self.abandon(node, first);
        }
        self.connector.forget(self.now);
        let at = self.now.after(self.plan.cdc.restart_wait);
        self.calendar.put(at, Due::ConnectorStarts(self.connector.life));
    }

    /// The connector dies, with its queue and what it has not stored.
    pub(super) fn kill_connector(&mut self, crash: RecordId) {
        let Some(node) = self.plan.roles.connector else { return };
        let held = self.connector.batch.first().or(self.connector.queue.front()).map(|change| change.event);
        if let Some(event) = held {
            let record = self.about(node, Kind::Killed, event, crash);
            self.record(record);
        }
        if !self.connector.chunk.idle() {
            self.record(Record { cause: crash, ..Record::new(self.now, node, Kind::Killed) });
        }
        self.connector.forget(self.now);
        self.connector.flush_set = false;
    }

    /// The connector is up again: it starts at once.
    pub(super) fn connector_restarted(&mut self) {
        self.connector.flush_since = self.now;
        self.connector.polling_since = self.now;
        self.calendar.put(self.now, Due::ConnectorStarts(self.connector.life));
    }
}
