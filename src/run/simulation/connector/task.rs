//! The connector's task: changes from the log come into the queue, a poll takes them, the broker confirms them.

use super::{Change, Offset, Part};
use crate::kernel::time::Us;
use crate::run::simulation::call::Payload;
#[cfg(test)]
use crate::run::simulation::mutant::{Mutant, on};
use crate::run::simulation::{Due, Simulation};
use crate::strategy::CrashPoint;
use crate::strategy::cdc::{TaskCommand, TaskEvent, TaskState, task_step};
use crate::world::ids::{EventId, Lsn, NodeId, Op, RecordId};
use crate::world::record::{Kind, Parcel, Record};

impl Simulation<'_> {
    /// A change from the log reaches the connector.
    pub(in crate::run::simulation) fn serve_wal(&mut self, node: NodeId, payload: &Payload, cause: RecordId) {
        let connector = &mut self.connector;
        let Some(change) = payload.changes.first().copied().filter(|_| payload.small == connector.connection) else {
            return;
        };
        connector.early.insert(self.source.wal.index_of(Lsn(change.lsn.0 - 1)), change);
        while let Some(change) = self.connector.early.remove(&self.connector.expected) {
            let index = self.connector.expected;
            self.connector.expected += 1;
            self.connector.queue.push_back(change);
            self.chunk_sees(index, change.event);
            if self.pass(node, CrashPoint::ConnectorDecodePoll, Op::NONE, change.event, cause) {
                return;
            }
        }
        self.poke(node, cause);
        self.chunk_awaits(node, cause);
    }

    /// The queue has something: a waiting poll ends at once if that fills a batch, else at its time.
    pub(in crate::run::simulation) fn poke(&mut self, node: NodeId, cause: RecordId) {
        let (plan, connector) = (&self.plan.cdc, &mut self.connector);
        if connector.task != TaskState::Polling || connector.queue.is_empty() || connector.stopping {
            return;
        }
        if connector.queue.len() >= plan.max_batch as usize {
            return self.connector_polls(node, cause);
        }
        if !connector.poll_set {
            connector.poll_set = true;
            let polls = self.now.since(connector.polling_since).0 / plan.poll.0 + 1;
            let ends = connector.polling_since.after(Us(plan.poll.0.saturating_mul(polls)));
            self.calendar.put(ends, Due::ConnectorPolls(connector.life));
        }
    }

    /// The time of a poll is over, unless the task died since.
    pub(in crate::run::simulation) fn poll_due(&mut self, life: u32) {
        let Some(node) = self.plan.roles.connector else { return };
        if self.connector.life == life {
            self.connector.poll_set = false;
            if self.connector.task == TaskState::Polling && !self.connector.stopping {
                self.connector_polls(node, RecordId::NONE);
            }
        }
    }

    pub(in crate::run::simulation) fn connector_polls(&mut self, node: NodeId, cause: RecordId) {
        let connector = &mut self.connector;
        let n = connector.queue.len().min(self.plan.cdc.max_batch as usize);
        let Some(first) = connector.queue.front().map(|change| change.event) else { return };
        connector.batch = connector.queue.drain(..n).collect();
        connector.ahead -= n as u32;
        let record = Record { value: n as u64, ..self.about(node, Kind::Polled, first, cause) };
        let cause = self.record(record);
        #[cfg(test)]
        if on(Mutant::ConnectorStoresEarly) {
            let last = self.connector.batch.last().map(|last| Offset { lsn: last.lsn, partial: false });
            self.connector.acked = last;
            self.connector_stores(node, cause);
        }
        self.pump_wal(cause);
        if self.connector.holding {
            self.connector_fetches(cause);
        }
        self.task_event(node, TaskEvent::Polled(n as u32), cause);
    }

    pub(in crate::run::simulation) fn task_event(&mut self, node: NodeId, event: TaskEvent, cause: RecordId) {
        let arrow = task_step(self.connector.task, event);
        let about = |batch: &[Change]| batch.first().map_or(EventId::NONE, |change| change.event);
        let first = about(&self.connector.batch);
        self.connector.task = arrow.next;
        if let Some(point) = arrow.before
            && self.pass(node, point, Op::NONE, first, cause)
        {
            return;
        }
        let life = self.connector.life;
        for ask in arrow.asks.into_iter().flatten() {
            self.task_asks(node, ask, cause);
            if self.connector.life != life {
                return;
            }
        }
        if let Some(point) = arrow.after {
            self.pass(node, point, Op::NONE, first, cause);
        }
    }

    pub(in crate::run::simulation) fn task_asks(&mut self, node: NodeId, ask: TaskCommand, cause: RecordId) {
        match ask {
            TaskCommand::Poll => {
                self.connector.polling_since = self.now;
                if self.connector.stopping {
                    return self.stop_in_order(node, cause);
                }
                self.poke(node, cause);
            }
            TaskCommand::Publish(_) => {
                let Some(link) = self.plan.roles.connector_broker else { return };
                let Some(first) = self.connector.batch.first().copied() else { return };
                let mut payload = Payload::about(Parcel::Publish, first.event, first.version);
                payload.changes.clone_from(&self.connector.batch);
                self.connector_calls(link, Part::Task, payload, cause);
            }
            TaskCommand::Acked => self.batch_acked(node, cause),
            TaskCommand::Backoff(attempt) => {
                let first = self.connector.batch.first().map_or(EventId::NONE, |change| change.event);
                let record = Record { value: u64::from(attempt), ..self.about(node, Kind::Retried, first, cause) };
                self.record(record);
                let base = self.plan.cdc.backoff.0;
                let pause = base.saturating_mul(1 << attempt.saturating_sub(1).min(4)).min(base.saturating_mul(10));
                self.calendar.put(self.now.after(Us(pause)), Due::ConnectorAgain(self.connector.life));
            }
        }
    }

    /// A failed publish is tried again, unless the task died since.
    pub(in crate::run::simulation) fn connector_again(&mut self, life: u32) {
        let Some(node) = self.plan.roles.connector else { return };
        if self.connector.life == life {
            self.task_event(node, TaskEvent::Elapsed, RecordId::NONE);
        }
    }

    /// The broker has confirmed the batch: from now on its offset may be stored.
    pub(in crate::run::simulation) fn batch_acked(&mut self, node: NodeId, cause: RecordId) {
        let batch = std::mem::take(&mut self.connector.batch);
        let Some(last) = batch.last().copied() else { return };
        if let Some(change) = batch.iter().rev().find(|change| !change.again) {
            self.connector.reached = self.connector.reached.max(self.source.wal.index_of(change.lsn));
        }
        // A row of a chunk says nothing about the log: it stands where that was.
        let known = self.connector.acked.filter(|acked| !acked.partial && last.chunk).map_or(Lsn(0), |acked| acked.lsn);
        let partial = last.again && !last.last && !last.chunk;
        self.connector.acked = Some(Offset { lsn: last.lsn.max(known), partial });
        let record = Record { value: last.lsn.0, cause, ..Record::new(self.now, node, Kind::Acked) };
        let cause = self.record(Record { extra: self.source.wal.index_of(last.lsn), ..record });
        if self.pass(node, CrashPoint::ConnectorAckStore, Op::NONE, last.event, cause) {
            return;
        }
        if batch.iter().any(|change| change.last) {
            self.connector_stores(node, cause);
        } else {
            self.arrange_flush(node);
        }
        self.chunk_acked(node, batch.iter().filter(|change| change.chunk).count() as u32, cause);
    }
}
