//! Records that cannot be handled: skipped, put aside, driven again.

use super::Fetched;
use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::run::simulation::{Due, Simulation};
use crate::world::consumer::{Event, State};
use crate::world::ids::{EventId, MemberId, NodeId, RecordId};
use crate::world::record::{Kind, PoisonPolicy};

impl Simulation<'_> {
    /// Whether an event can never be applied at a store: drawn the first time that it is tried.
    pub(super) fn draw_poison(&mut self, member: MemberId, event: EventId) {
        let parts = self.plan.fed_by(member).poison;
        let group = self.plan.roles.group(member);
        let Some(&node) = self.plan.roles.stores.get(group.index()) else { return };
        if parts == 0 || self.poison.contains(&(node, event)) || self.redriven.contains(&(node, event)) {
            return;
        }
        let info = self.events[event.index()];
        let (major, minor) = (u64::from(info.request), u32::from(group.0));
        if self.draws.of(Purpose::Poison, major, minor, info.key.0).chance(parts) {
            self.poison.push((node, event));
        }
    }

    /// A record has failed too often: the consumer goes on without it.
    pub(super) fn consumer_gives_up(&mut self, member: MemberId, node: NodeId, at: u32, cause: RecordId) {
        let Some(fetched) = self.consumers[member.index()].batch.get(at as usize).copied() else { return };
        let plan = self.plan.fed_by(member);
        let mut record = self.about(node, Kind::Poisoned, fetched.event, cause);
        (record.detail, record.version) = (plan.poison_policy as u8, fetched.version);
        let cause = self.record(record);
        if plan.poison_policy == PoisonPolicy::DeadLetter && plan.redrive > Us::ZERO {
            self.put_aside(member, Fetched { cause, ..fetched });
        }
        self.consumer_event(member, node, Event::Elapsed, cause);
    }

    /// A record waits to be handed to its consumer again.
    pub(super) fn put_aside(&mut self, member: MemberId, fetched: Fetched) {
        self.consumers[member.index()].aside.push_back(Fetched { redriven: true, ..fetched });
        self.calendar.put(self.now.after(self.plan.fed_by(member).redrive), Due::Redrive(member));
    }

    /// Somebody has repaired what made an event fail, and hands it to the consumer again; if that is down, later. Not in
    /// the drain: what is put aside then stays there.
    pub(in crate::run::simulation) fn redrive(&mut self, member: MemberId) {
        let (Some(node), Some(link)) =
            (self.plan.roles.consumers[member.index()], self.plan.roles.consumer_store[member.index()])
        else {
            return;
        };
        let Some(fetched) = self.consumers[member.index()].aside.pop_front().filter(|_| !self.draining) else { return };
        if !self.up(node) {
            return self.put_aside(member, fetched);
        }
        let repaired = (self.link_ends(link).1, fetched.event);
        self.poison.retain(|known| *known != repaired);
        self.redriven.push(repaired);
        let consumer = &mut self.consumers[member.index()];
        consumer.ahead += 1;
        consumer.buffer.push_back(fetched);
        if consumer.state == State::Idle {
            self.consumer_polls(member, fetched.cause);
        }
    }
}
