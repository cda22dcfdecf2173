//! The connector's committer: what is acknowledged is stored from time to time, and then confirmed to the slot.

use super::{Offset, Part};
use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::run::simulation::call::{CallId, Payload};
use crate::run::simulation::{Due, Simulation, role_code};
use crate::scenario::plan::NodeRole;
use crate::strategy::CrashPoint;
use crate::strategy::cdc::{LsnFlushMode, TaskState};
use crate::world::ids::{EventId, Lsn, NodeId, Op, RecordId, RecoveryId};
use crate::world::record::{Kind, Parcel, Record};

impl Simulation<'_> {
    /// Puts the next time at which the offset is stored into the calendar, if there is something to store.
    pub(in crate::run::simulation) fn arrange_flush(&mut self, node: NodeId) {
        let (plan, connector) = (&self.plan.cdc, &mut self.connector);
        if connector.flush_set || !connector.is_ahead() {
            return;
        }
        connector.flush_set = true;
        let at = if plan.flush_exp {
            connector.flushes += 1;
            let code = role_code(NodeRole::Connector);
            let mut draw = self.draws.of(Purpose::Phase, connector.flushes, code, 0);
            self.now.after(draw.exponential_us(plan.offset_flush))
        } else {
            let flushes = self.now.since(connector.flush_since).0 / plan.offset_flush.0 + 1;
            connector.flush_since.after(Us(plan.offset_flush.0.saturating_mul(flushes)))
        };
        let epoch = self.epoch(node);
        self.calendar.put(at, Due::ConnectorFlushes(epoch));
    }

    /// It is time to store the offset, unless the connector died since.
    pub(in crate::run::simulation) fn flush_due(&mut self, epoch: u32) {
        let Some(node) = self.plan.roles.connector else { return };
        if self.epoch(node) == epoch {
            self.connector.flush_set = false;
            self.connector_stores(node, RecordId::NONE);
        }
    }

    pub(in crate::run::simulation) fn connector_stores(&mut self, node: NodeId, cause: RecordId) {
        let (Some(link), Some(acked)) = (self.plan.roles.connector_broker, self.connector.acked) else { return };
        if !self.connector.is_ahead() {
            return;
        }
        if self.connector.waiting[Part::Committer as usize] != CallId::NONE {
            return self.arrange_flush(node);
        }
        let mut payload = Payload::about(Parcel::StoreOffset, EventId::NONE, 0);
        (payload.large, payload.small) = (acked.lsn.0, u32::from(acked.partial));
        payload.offsets = vec![(0, self.connector.calls)];
        // With the offset it stores how far its incremental snapshot is, and whether it knows of the signal for it.
        payload.commits = self.connector.progress.map(|(of, next)| (of.0.into(), next.into(), 0)).into_iter().collect();
        payload.epoch = self.connector.obeyed;
        self.connector_calls(link, Part::Committer, payload, cause);
    }

    /// The connector's offset reaches the broker, and is durable.
    pub(in crate::run::simulation) fn serve_store_offset(
        &mut self,
        node: NodeId,
        id: CallId,
        payload: &Payload,
        cause: RecordId,
    ) {
        let offset = Offset { lsn: Lsn(payload.large), partial: payload.small == 1 };
        // One that comes late does not undo a later one.
        let by = payload.offsets.first().map_or(0, |(_, by)| *by);
        if by < self.connector.stored_by {
            return self.answer(id, true, cause);
        }
        (self.connector.stored, self.connector.stored_by) = (Some(offset), by);
        self.connector.stored_progress =
            payload.commits.first().map(|(of, next, _)| (RecoveryId(*of as u16), *next as u32));
        self.connector.signal = self.connector.signal.filter(|(_, nth)| *nth != payload.epoch);
        let mut record = Record::new(self.now, node, Kind::OffsetStored);
        (record.value, record.detail, record.cause) = (payload.large, payload.small as u8, cause);
        record.extra = self.source.wal.index_of(offset.lsn);
        let last = self.record(record);
        self.answer(id, true, last);
    }

    pub(in crate::run::simulation) fn offset_answered(&mut self, node: NodeId, id: CallId, ok: bool, cause: RecordId) {
        let lsn = self.get_call(id).map(|call| Lsn(call.payload.large)).filter(|_| ok);
        if let Some(lsn) = lsn {
            if self.pass(node, CrashPoint::ConnectorStoreConfirm, Op::NONE, EventId::NONE, cause) {
                return;
            }
            if self.plan.cdc.lsn_flush_mode != LsnFlushMode::Manual {
                self.connector_confirms(lsn, cause);
            }
        }
        if self.connector.stopping && self.connector.task == TaskState::Polling {
            return self.stop_in_order(node, cause);
        }
        self.arrange_flush(node);
    }

    pub(in crate::run::simulation) fn connector_confirms(&mut self, lsn: Lsn, cause: RecordId) {
        let mut payload = Payload::about(Parcel::Confirm, EventId::NONE, 0);
        payload.large = lsn.0;
        self.connector_calls_source(Part::Notice, payload, cause);
    }

    /// A connector that has read everything tells the broker that it is alive; what that confirms may be stored.
    pub(in crate::run::simulation) fn connector_beats(&mut self) {
        let (Some(node), Some(span)) = (self.plan.roles.connector, self.plan.cdc.heartbeat) else { return };
        self.calendar.put(self.now.after(span), Due::ConnectorBeats);
        if !self.caught_up(node) || self.connector.stopping {
            return;
        }
        if let Some(link) = self.plan.roles.connector_broker {
            self.wal_flows();
            let payload = Payload::about(Parcel::Heartbeat, EventId::NONE, 0);
            self.connector_calls(link, Part::Notice, payload, RecordId::NONE);
            self.connector.acked = Some(Offset { lsn: self.source.wal_end(), partial: false });
            self.arrange_flush(node);
        }
    }

    /// The driver answers a keepalive: all that it has read is confirmed, so the database's own position is.
    pub(in crate::run::simulation) fn connector_status(&mut self) {
        let Some(node) = self.plan.roles.connector else { return };
        self.calendar.put(self.now.after(self.plan.cdc.status), Due::ConnectorStatus);
        let confirmed = self.source.wal.slot().map_or(0, |slot| self.source.wal.index_of(slot.confirmed));
        if self.caught_up(node) && confirmed == self.source.wal.len() {
            self.wal_flows();
            if self.source.wal.slot().is_some_and(|slot| slot.confirmed < self.source.wal_end()) {
                self.connector_confirms(self.source.wal_end(), RecordId::NONE);
            }
        }
    }

    pub(in crate::run::simulation) fn caught_up(&self, node: NodeId) -> bool {
        self.up(node) && self.connector.idle() && self.connector.sender == Some(self.source.wal.len())
    }

    /// A person restarts the connector: it hears back what it published, stores its offset, and starts again.
    pub(in crate::run::simulation) fn connector_restarts_in_order(&mut self) {
        let Some(node) = self.plan.roles.connector else { return };
        let connector = &mut self.connector;
        (connector.stopping, connector.sender) = (true, None);
        connector.connection += 1;
        connector.queue.clear();
        connector.ahead = 0;
        if connector.task == TaskState::Polling {
            self.stop_in_order(node, RecordId::NONE);
        }
    }

    pub(in crate::run::simulation) fn stop_in_order(&mut self, node: NodeId, cause: RecordId) {
        if self.connector.waiting[Part::Committer as usize] != CallId::NONE {
            return;
        }
        if self.connector.is_ahead() {
            return self.connector_stores(node, cause);
        }
        let record = Record { cause, ..Record::new(self.now, node, Kind::Stopped) };
        let stop = self.record(record);
        self.connector.forget(self.now);
        self.connector.flush_since = self.now;
        self.record(Record { cause: stop, ..Record::new(self.now, node, Kind::Restarted) });
        self.calendar.put(self.now, Due::ConnectorStarts(self.connector.life));
    }
}
