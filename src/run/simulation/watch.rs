//! Detectors look on their schedule. They are handed `Observed`, and nothing else of the world.

use super::{Due, Simulation};
use crate::world::ids::{NodeId, RecordId, StoreId};
use crate::world::observe::{Observed, ObservedStore};
use crate::world::record::{Kind, Record};

impl Simulation<'_> {
    pub(super) fn schedule_detectors(&mut self) {
        for (index, detector) in self.plan.detectors.iter().enumerate() {
            if detector.period <= self.plan.duration {
                self.calendar.put(detector.period, Due::Detect(index as u16));
            }
        }
    }

    /// A detector's period is over. No new pass starts in the drain.
    pub(super) fn detect_due(&mut self, index: u16) {
        if self.draining {
            return;
        }
        self.look(index);
        let next = self.now.after(self.plan.detectors[usize::from(index)].period);
        if next <= self.plan.duration {
            self.calendar.put(next, Due::Detect(index));
        }
    }

    /// After the drain every detector looks once more.
    pub(super) fn last_looks(&mut self) {
        for index in 0..self.plan.detectors.len() as u16 {
            self.look(index);
        }
    }

    fn look(&mut self, index: u16) {
        let observed = self.observe();
        let at = usize::from(index);
        let plan = &self.plan.detectors[at];
        let look = plan.kind.look(&observed, plan.source_version, &mut self.memories[at]);
        let fires = look.value >= plan.threshold.max(1);
        let mut record = Record::new(self.now, NodeId::NONE, Kind::Looked);
        // Both numbers of a look in one field: what was seen above, out of how many below.
        record.value = look.value.min(u64::from(u32::MAX)) << 32 | look.of.min(u64::from(u32::MAX));
        (record.extra, record.detail) = (u32::from(index), u8::from(fires));
        let looked = self.record(record);
        let was = std::mem::replace(&mut self.firing[at], fires);
        let kind = match (was, fires) {
            (false, true) => Kind::Alarm,
            (true, false) => Kind::AllClear,
            (false, false) | (true, true) => return,
        };
        self.record(Record { kind, cause: looked, ..record });
    }

    /// What an operator can query now.
    fn observe(&self) -> Observed {
        let stores = self.stores.iter().enumerate().map(|(index, store)| ObservedStore {
            rows: u64::from(store.count()),
            offset_lag: match self.plan.roles.broker_consumer[index] {
                Some(_) => self.broker.lag(StoreId(index as u16)),
                None => 0,
            },
            position: store.position(),
        });
        Observed {
            source_rows: u64::from(self.source.count()),
            source_commits: self.source.commits(),
            publish: self.publish_calls,
            stores: stores.collect(),
        }
    }

    /// A person changes or deletes a row at the source, past the app: no event is owed by anybody.
    pub(super) fn person_changes(&mut self, fault: u32, key: crate::world::ids::Key, delete: bool) {
        use crate::world::ids::{EventId, Op, OpKind};
        let node = self.plan.roles.source;
        if !self.up(node) || key.index() >= self.plan.keys() {
            return;
        }
        self.fired(fault);
        let asked = if delete { OpKind::Delete } else { OpKind::Update };
        let event = EventId(self.events.len() as u32);
        let (kind, version) = (self.source.effective(key, asked), self.source.row(key).version + 1);
        self.events.push(super::EventInfo { request: u32::MAX, op: Op::NONE, key, kind, version, commit: 0, sent: 0 });
        let xid = self.source.begin(Op::NONE, [key].into_iter());
        // A person's statement does not wait: where the row is locked it fails.
        if self.source.lock(xid) != Some(crate::world::source::Locked::All) {
            self.source.abort(xid);
            return;
        }
        self.source.write(xid, key, asked, event);
        self.wal_flows();
        let Some(commit) = self.source.commit(xid, self.now) else { return };
        self.events[event.index()].commit = self.source.commits();
        let record = Record { value: commit.lsn.0, ..self.about(node, Kind::Committed, event, RecordId::NONE) };
        let committed = self.record(record);
        if self.plan.roles.connector.is_some() {
            // The log has it, whoever wrote it.
            return self.pump_wal(committed);
        }
        let record = self.about(node, Kind::GaveUp, event, committed);
        self.record(record);
    }
}
