//! The connector's incremental snapshot (DBLog), driven by `recovery::incremental::step`: chunks between watermarks, while
//! the log is followed.

use super::{Change, Part};
use crate::kernel::time::Us;
use crate::recovery::incremental::{Command, Event, State, step};
use crate::run::simulation::Simulation;
use crate::run::simulation::call::{CallId, Caller, Identity, Payload};
use crate::world::ids::{EventId, Key, Lsn, NodeId, Op, RecordId, RecoveryId};
use crate::world::record::{Kind, Parcel, Record};

/// How far an incremental snapshot is: whose it is, and the first key that it has not read.
pub type Progress = Option<(RecoveryId, u32)>;

/// The chunk under way: a crash loses all of it.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    state: State,
    /// How many changes there were when each watermark was written.
    low: u32,
    high: u32,
    /// Its rows, and the first key after them.
    rows: Vec<Change>,
    until: u32,
    /// What the log has said since the low watermark was sent: which change, of which key.
    seen: Vec<(u32, Key)>,
    /// How many of its rows are not published yet.
    left: u32,
}

impl Chunk {
    /// Whether there is none.
    pub fn idle(&self) -> bool {
        self.state == State::Idle
    }
}

impl Simulation<'_> {
    /// A recovery asks for an incremental snapshot: a row in the signal table, and so in the log. One at a time: while one
    /// is wanted or under way, another changes nothing.
    pub(in crate::run::simulation) fn serve_signal(&mut self, id: CallId, caller: Caller, cause: RecordId) {
        let Caller::Recovery(recovery) = caller else { return };
        let mut record = Record { cause, ..Record::new(self.now, self.plan.roles.source, Kind::Signalled) };
        (record.value, record.extra) = (self.write_mark(), self.source.wal.len());
        let last = self.record(record);
        let connector = &mut self.connector;
        let wanted = connector.signal.is_some_and(|(_, nth)| nth != connector.obeyed);
        if !wanted && connector.progress.is_none() {
            connector.signals += 1;
            connector.signal = Some((recovery, connector.signals));
            self.send_signal(last);
        }
        self.answer(id, true, last);
    }

    /// A row of the signal table is written. Gives where the log ends then.
    fn write_mark(&mut self) -> u64 {
        self.wal_flows();
        self.source.flow(crate::world::source::WAL_BYTES_PER_ROW);
        self.source.wal_end().0
    }

    /// The stream brings the connector a signal that no stored offset is past yet.
    pub(in crate::run::simulation) fn send_signal(&mut self, cause: RecordId) {
        let Some(link) = self.plan.roles.connector_source else { return };
        let Some((recovery, nth)) = self.connector.signal.filter(|_| self.connector.sender.is_some()) else { return };
        let mut payload = Payload::about(Parcel::SignalRow, EventId::NONE, 0);
        (payload.small, payload.large, payload.epoch) = (self.connector.connection, recovery.0.into(), nth);
        let (major, life) = (u64::from(nth), self.connector.connection);
        let identity = Identity { major, attempt: 1, row: 0, life };
        self.call(link, Caller::Connector(Part::Stream), None, payload, identity, cause);
    }

    /// The connector has read a signal: the snapshot begins.
    pub(in crate::run::simulation) fn serve_signal_row(&mut self, node: NodeId, payload: &Payload, cause: RecordId) {
        let connector = &mut self.connector;
        if payload.small != connector.connection || connector.obeyed == payload.epoch {
            return;
        }
        connector.obeyed = payload.epoch;
        connector.progress = connector.progress.or(Some((RecoveryId(payload.large as u16), 0)));
        self.chunk_begins(node, cause);
    }

    /// There is more to read: after a signal, or after a restart from where the stored progress says.
    pub(in crate::run::simulation) fn chunk_begins(&mut self, node: NodeId, cause: RecordId) {
        if self.connector.progress.is_some() {
            self.arrange_flush(node);
            self.chunk_event(node, Event::Begin, cause);
        }
    }

    fn chunk_event(&mut self, node: NodeId, event: Event, cause: RecordId) {
        let (next, point, ask) = step(self.connector.chunk.state, event);
        self.connector.chunk.state = next;
        if let Some(point) = point
            && self.pass(node, point, Op::NONE, EventId::NONE, cause)
        {
            return;
        }
        let Some((recovery, from)) = self.connector.progress else { return };
        match ask {
            Some(Command::WriteLow) => {
                self.connector.chunk.seen.clear();
                self.chunk_calls(Parcel::Watermark, 0, cause);
            }
            Some(Command::Select) => self.chunk_calls(Parcel::Chunk, u64::from(from), cause),
            Some(Command::WriteHigh) => self.chunk_calls(Parcel::Watermark, 1, cause),
            Some(Command::Await) => self.chunk_awaits(node, cause),
            Some(Command::Emit) => self.chunk_emits(node, cause),
            Some(Command::Skip) => self.chunk_published(node, cause),
            Some(Command::Finish) => {
                self.connector.progress = None;
                self.record(Record { cause, extra: recovery.0.into(), ..Record::new(self.now, node, Kind::PassEnded) });
                self.arrange_flush(node);
            }
            None => {}
        }
    }

    fn chunk_calls(&mut self, parcel: Parcel, large: u64, cause: RecordId) {
        let mut payload = Payload::about(parcel, EventId::NONE, 0);
        (payload.small, payload.large) = (self.connector.connection, large);
        self.connector_calls_source(Part::Chunk, payload, cause);
    }

    /// The source writes a watermark. What is in the log and not visible yet counts as after the low one.
    pub(in crate::run::simulation) fn serve_watermark(&mut self, id: CallId, payload: &Payload, cause: RecordId) {
        if payload.small != self.connector.connection {
            return;
        }
        let index = match payload.large {
            0 => self.source.wal.index_of(self.source.shown_until()),
            _ => self.source.wal.len(),
        };
        let mut record = Record { cause, ..Record::new(self.now, self.plan.roles.source, Kind::Watermarked) };
        (record.value, record.extra, record.detail) = (self.write_mark(), index, payload.large as u8);
        let last = self.record(record);
        if let Some(call) = self.call_mut(id) {
            call.payload.offsets = vec![(index, 0)];
        }
        self.answer(id, true, last);
    }

    /// The source begins to select a chunk: as many rows as it may have, from a key on, as they are now. Gives how long that
    /// takes.
    pub(in crate::run::simulation) fn select_chunk(&mut self, id: CallId) -> Us {
        let Some((recovery, _)) = self.connector.progress else { return Us::ZERO };
        let Some(from) = self.get_call(id).map(|call| call.payload.large as u32) else { return Us::ZERO };
        let plan = &self.plan.recoveries[recovery.index()];
        let (keys, most) = (self.plan.keys() as u32, plan.chunk as usize);
        let (mut changes, mut until) = (Vec::new(), keys);
        for key in from..keys {
            let row = self.source.row(Key(key));
            let Some(event) = row.event.filter(|_| row.present) else { continue };
            if changes.len() == most {
                until = key;
                break;
            }
            let (version, lsn) = (row.version, Lsn(0));
            changes.push(Change { event, version, lsn, again: true, last: false, chunk: true });
        }
        let took = plan.read_row.0.saturating_mul(changes.len() as u64);
        if let Some(call) = self.call_mut(id) {
            (call.payload.changes, call.payload.list) = (changes, vec![until]);
        }
        Us(took)
    }

    /// The chunk is selected.
    pub(in crate::run::simulation) fn serve_chunk(&mut self, id: CallId, payload: &Payload, cause: RecordId) {
        if payload.small != self.connector.connection {
            return;
        }
        let rows = payload.changes.len() as u64;
        let read = Record { cause, value: rows, ..Record::new(self.now, self.plan.roles.source, Kind::TableRead) };
        let last = self.record(read);
        self.answer(id, true, last);
    }

    /// A watermark is written, or the chunk is there. What failed breaks the connection, and is done again.
    pub(super) fn chunk_answered(&mut self, node: NodeId, id: CallId, ok: bool, cause: RecordId) {
        let Some(payload) = self.get_call(id).map(|call| call.payload.clone()).filter(|_| ok) else {
            return self.connector_broken(cause);
        };
        let chunk = &mut self.connector.chunk;
        let index = payload.offsets.first().map_or(0, |(index, _)| *index);
        match (payload.parcel, payload.large) {
            (Parcel::Chunk, _) => {
                chunk.until = payload.list.first().copied().unwrap_or(0);
                chunk.rows = payload.changes;
            }
            (_, 0) => chunk.low = index,
            _ => chunk.high = index,
        }
        self.chunk_event(node, Event::Done, cause);
    }

    /// The log has said something about a key.
    pub(super) fn chunk_sees(&mut self, index: u32, event: EventId) {
        if !self.connector.chunk.idle() {
            let key = self.events[event.index()].key;
            self.connector.chunk.seen.push((index, key));
        }
    }

    /// Whether the log is read up to the high watermark: then the window closes, and what the log has said since the low one
    /// drops the chunk's rows of the same keys.
    pub(super) fn chunk_awaits(&mut self, node: NodeId, cause: RecordId) {
        let Some((recovery, _)) = self.connector.progress else { return };
        let window = self.plan.recoveries[recovery.index()].window;
        let events = &self.events;
        let connector = &mut self.connector;
        let chunk = &mut connector.chunk;
        if chunk.state != State::Closing || connector.expected < chunk.high {
            return;
        }
        let before = chunk.rows.len();
        let (seen, low) = (&chunk.seen, chunk.low);
        let newer = |row: &Change| {
            let key = events[row.event.index()].key;
            seen.iter().any(|(index, of)| *index >= low && *of == key)
        };
        chunk.rows.retain(|row| !(window && newer(row)));
        let (left, dropped) = (chunk.rows.len(), before - chunk.rows.len());
        let record = Record { cause, value: left as u64, ..Record::new(self.now, node, Kind::WindowClosed) };
        let closed = self.record(Record { extra: dropped as u32, ..record });
        self.chunk_event(node, Event::Reached(left > 0), closed);
    }

    /// What is left of the chunk goes into the queue, behind all that the log has said so far.
    fn chunk_emits(&mut self, node: NodeId, cause: RecordId) {
        let connector = &mut self.connector;
        let read = connector.expected.checked_sub(1).and_then(|last| self.source.wal.entry(last));
        let lsn = read.map_or(Lsn(0), |entry| entry.lsn);
        let rows = std::mem::take(&mut connector.chunk.rows);
        connector.chunk.left = rows.len() as u32;
        connector.ahead += rows.len() as u32;
        connector.queue.extend(rows.into_iter().map(|row| Change { lsn, ..row }));
        self.poke(node, cause);
    }

    /// Rows of the chunk are acknowledged; with the last of them it is done.
    pub(super) fn chunk_acked(&mut self, node: NodeId, rows: u32, cause: RecordId) {
        let chunk = &mut self.connector.chunk;
        chunk.left = chunk.left.saturating_sub(rows);
        if rows > 0 && chunk.left == 0 && chunk.state == State::Emitting {
            self.chunk_published(node, cause);
        }
    }

    /// A chunk is done: the next begins where it ends.
    fn chunk_published(&mut self, node: NodeId, cause: RecordId) {
        let until = self.connector.chunk.until;
        self.connector.progress = self.connector.progress.map(|(recovery, _)| (recovery, until));
        self.arrange_flush(node);
        self.chunk_event(node, Event::Published((until as usize) < self.plan.keys()), cause);
    }
}
