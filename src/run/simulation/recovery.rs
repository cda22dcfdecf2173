//! Recoveries at work, driven by `recovery::step`: what they read, compare and repair, and what that costs.

mod past;
mod reads;
mod rebuild;
mod repair;

pub use past::Past;
pub use rebuild::Shadow;

use super::call::{CallId, Caller, Identity, Payload, class_of_recovery};
use super::{Due, Simulation};
use crate::kernel::time::Us;
use crate::recovery::{Command, Compare, Event, Knobs, State, step};
use crate::scenario::plan::RecoveryPlan;
use crate::world::ids::{EventId, LinkId, Op, Outcome, RecordId, RecoveryId};
use crate::world::observe::ObservedRow;
use crate::world::record::{Kind, Parcel, Record};
use repair::Repair;

/// In the identity of a call: below the number of its pass, which of the pass's calls it is.
const NTH_BITS: u32 = 20;

/// One recovery's memory: a crash loses all of it.
#[derive(Clone, Debug, Default)]
pub struct RecoveryProc {
    state: State,
    pub waiting: Option<CallId>,
    passes: u64,
    keys: Vec<u32>,
    /// The source's rows, in the order of `keys`, and when its snapshot was taken.
    source: (Us, Vec<ObservedRow>),
    /// By store that it covers: its rows, in the order of `keys`.
    tables: Vec<Vec<ObservedRow>>,
    /// By store that it covers: how far that had come, by partition.
    places: Vec<Vec<(u32, u64)>>,
    repairs: Vec<Repair>,
    cause: RecordId,
}

impl RecoveryProc {
    /// Whether no pass is under way.
    pub fn idle(&self) -> bool {
        self.state == State::Idle
    }
}

impl Simulation<'_> {
    pub(super) fn schedule_recoveries(&mut self) {
        for (index, recovery) in self.plan.recoveries.iter().enumerate() {
            if recovery.first <= self.plan.duration {
                self.calendar.put(recovery.first, Due::Recovery(RecoveryId(index as u16)));
            }
        }
    }

    /// A pass is due. None starts in the drain, while one is under way, or while the node is down.
    pub(super) fn recovery_due(&mut self, id: RecoveryId) {
        if self.draining {
            return;
        }
        let plan = &self.plan.recoveries[id.index()];
        if let Some(period) = plan.period {
            let next = self.now.after(period);
            if next <= self.plan.duration {
                self.calendar.put(next, Due::Recovery(id));
            }
        }
        let node = self.plan.roles.recoveries[id.index()];
        if !self.up(node) || !self.recoveries[id.index()].idle() {
            return;
        }
        self.recoveries[id.index()].passes += 1;
        let mut record = Record::new(self.now, node, Kind::PassBegan);
        record.value = self.recoveries[id.index()].passes;
        let cause = self.record(record);
        self.recoveries[id.index()].keys = self.keys_of_pass(id);
        self.recovery_event(id, Event::Due, cause);
    }

    fn knobs(plan: &RecoveryPlan) -> Knobs {
        Knobs {
            kind: plan.kind,
            stores: plan.stores.len() as u32,
            recheck: plan.recheck > Us::ZERO,
            position_first: plan.position_first,
            sums: matches!(plan.compare, Compare::Counts | Compare::Checksum),
            aligned: plan.compare == Compare::Aligned,
            signals: plan.incremental,
        }
    }

    fn recovery_event(&mut self, id: RecoveryId, event: Event, cause: RecordId) {
        let (plan, node) = (&self.plan.recoveries[id.index()], self.plan.roles.recoveries[id.index()]);
        let proc = &mut self.recoveries[id.index()];
        let (next, point, ask) = step(&Self::knobs(plan), proc.state, event);
        (proc.state, proc.cause) = (next, cause);
        if let Some(point) = point
            && self.pass(node, point, Op::NONE, EventId::NONE, cause)
        {
            return;
        }
        let Some(ask) = ask else { return };
        match ask {
            Command::Signal => {
                let link = self.plan.roles.recovery_source[id.index()];
                self.recovery_calls(id, link, bare(Parcel::Signal), 0, cause);
            }
            Command::ReadSource => self.recovery_reads(id, None, Parcel::Scan, cause),
            Command::ReadStore(at) => self.recovery_reads(id, Some(at), Parcel::Scan, cause),
            Command::SumSource => self.recovery_reads(id, None, Parcel::Sum, cause),
            Command::SumStore(at) => self.recovery_reads(id, Some(at), Parcel::Sum, cause),
            Command::Narrow => self.recovery_narrows(id, cause),
            Command::Compare => self.recovery_compares(id, cause),
            Command::Settle => self.recovery_waits(id, plan.recheck, cause),
            Command::Delay => self.recovery_waits(id, plan.delay, cause),
            Command::Pause => self.recovery_waits(id, plan.pause.unwrap_or_default(), cause),
            Command::Repair(at) => self.recovery_repairs(id, at, cause),
            Command::Open(at) => self.recovery_calls_store(id, at, bare(Parcel::Open), cause),
            Command::Copy(at) => {
                let proc = &self.recoveries[id.index()];
                let (list, slice) = (proc.keys.clone(), proc.source.1.clone());
                self.recovery_calls_store(id, at, Payload { list, slice, ..bare(Parcel::Copy) }, cause);
            }
            Command::Swap(at) => self.recovery_calls_store(id, at, bare(Parcel::Swap), cause),
            Command::Finish | Command::GiveUp => {
                self.shadows.retain(|shadow| shadow.of != id);
                let record = Record { cause, ..Record::new(self.now, node, Kind::PassEnded) };
                self.record(Record { detail: u8::from(ask == Command::GiveUp), ..record });
            }
        }
    }

    fn recovery_waits(&mut self, id: RecoveryId, span: Us, cause: RecordId) {
        if span == Us::ZERO {
            return self.recovery_event(id, Event::Elapsed, cause);
        }
        let epoch = self.epoch(self.plan.roles.recoveries[id.index()]);
        self.calendar.put(self.now.after(span), Due::RecoveryWaited(id, epoch));
    }

    /// The time that a recovery waited is over, unless it died since.
    pub(super) fn recovery_waited(&mut self, id: RecoveryId, epoch: u32) {
        if self.epoch(self.plan.roles.recoveries[id.index()]) == epoch {
            self.recovery_event(id, Event::Elapsed, self.recoveries[id.index()].cause);
        }
    }

    fn recovery_calls_store(&mut self, id: RecoveryId, at: u32, payload: Payload, cause: RecordId) {
        let store = self.plan.recoveries[id.index()].stores.get(at as usize);
        match store.and_then(|store| self.plan.roles.recovery_store[id.index()][store.index()]) {
            Some(link) => self.recovery_calls(id, link, payload, at, cause),
            None => self.recovery_event(id, Event::Failed, cause),
        }
    }

    fn recovery_calls(&mut self, id: RecoveryId, link: LinkId, payload: Payload, nth: u32, cause: RecordId) {
        let life = self.epoch(self.plan.roles.recoveries[id.index()]);
        let proc = &self.recoveries[id.index()];
        let major = proc.passes << NTH_BITS | u64::from(nth);
        let attempt = match proc.state {
            State::Source { again: true } | State::Store { again: true, .. } => 2,
            State::Summing { .. } => 3,
            _ => 1,
        };
        let identity = Identity { major, attempt, row: u32::from(id.0) & 0xf, life };
        let class = class_of_recovery(self.plan, id);
        let call = self.call(link, Caller::Recovery(id), Some(class), payload, identity, cause);
        self.recoveries[id.index()].waiting = Some(call);
    }

    /// A call of a recovery has ended.
    pub(super) fn recovery_answered(&mut self, id: RecoveryId, call: CallId, outcome: Outcome, cause: RecordId) {
        let proc = &mut self.recoveries[id.index()];
        proc.waiting = None;
        if outcome != Outcome::Ok {
            return self.recovery_event(id, Event::Failed, cause);
        }
        if let Some(payload) = self.get_call(call).map(|call| &call.payload)
            && matches!(payload.parcel, Parcel::Scan | Parcel::Sum)
        {
            let (at, slice, places) = (Us(payload.large), payload.slice.clone(), payload.offsets.clone());
            let proc = &mut self.recoveries[id.index()];
            let store = match proc.state {
                State::Store { at, .. } => Some(at as usize),
                State::Summing { at } => at.checked_sub(1).map(|at| at as usize),
                _ => None, // It reads nothing else.
            };
            match store {
                Some(store) => {
                    proc.tables.truncate(store);
                    proc.tables.push(slice);
                    proc.places.truncate(store);
                    proc.places.push(places);
                }
                None => proc.source = (at, slice),
            }
        }
        self.recovery_event(id, Event::Done, cause);
    }

    /// A recovery dies, and its pass with it.
    pub(super) fn kill_recovery(&mut self, id: RecoveryId, crash: RecordId) {
        let proc = &self.recoveries[id.index()];
        let passes = proc.passes;
        if !proc.idle() {
            let node = self.plan.roles.recoveries[id.index()];
            self.record(Record { cause: crash, ..Record::new(self.now, node, Kind::Killed) });
        }
        self.recoveries[id.index()] = RecoveryProc { passes, ..RecoveryProc::default() };
        self.shadows.retain(|shadow| shadow.of != id);
    }
}

/// A request about no event.
fn bare(parcel: Parcel) -> Payload {
    Payload::about(parcel, EventId::NONE, 0)
}
