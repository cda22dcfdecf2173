//! What a link does to a request: when it arrives, and which of the five outcomes it has.

use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::run::simulation::Simulation;
use crate::scenario::plan::{FaultKind, LinkOrder};
use crate::world::ids::LinkId;
use crate::world::record::Parcel;

/// What the link does to one request.
pub(super) struct Fate {
    pub(super) out: Us,
    pub(super) back: Us,
    pub(super) fail_before: bool,
    pub(super) ack_lost: bool,
    pub(super) lost: bool,
    pub(super) late: Option<Us>,
    pub(super) copy_after: Option<Us>,
    /// Whether the event can never be handled at the far end.
    pub(super) poison: bool,
}

impl Simulation<'_> {
    /// Draws what the link does to a request, and lets scripted faults have their way.
    pub(super) fn fate(&mut self, link: LinkId, major: u64, minor: u32, parcel: Parcel, timeout: Us) -> Fate {
        let (plan, code) = (&self.plan.links[link.index()], self.links[link.index()].code);
        // An identity has room for 16 kinds of request; the kinds above have draws of their own.
        let purpose = if parcel as u32 >= 16 { Purpose::CallToo } else { Purpose::Call };
        let mut draw = self.draws.of(purpose, major, code, minor);
        let (out, back) = match plan.latency.constant() {
            Some(us) => (us, us),
            None => (plan.latency.draw(&mut draw), plan.latency.draw(&mut draw)),
        };
        let mut fate = Fate {
            out,
            back,
            fail_before: false,
            ack_lost: false,
            lost: false,
            late: None,
            copy_after: None,
            poison: false,
        };
        let sum = plan.fail_before + plan.ack_lost + plan.timeout_no_effect + plan.late_effect;
        if sum + plan.duplicate > 0 && !self.draining {
            let mut left = draw.below(1_000_000_000);
            let mut within = |parts: u32| {
                let hit = left < u64::from(parts);
                left = if hit { u64::MAX } else { left.saturating_sub(u64::from(parts)) };
                hit
            };
            fate.fail_before = within(plan.fail_before);
            fate.ack_lost = within(plan.ack_lost);
            fate.lost = within(plan.timeout_no_effect);
            if within(plan.late_effect) {
                fate.late = Some(timeout.after(plan.late_delay.draw(&mut draw)));
            }
            if draw.chance(plan.duplicate) {
                fate.copy_after = Some(plan.duplicate_delay.draw(&mut draw));
            }
        }
        if parcel != Parcel::CommitOffset {
            self.links[link.index()].requests += 1;
            self.scripted_fate(link, timeout, &mut fate);
        }
        // Offsets of one connection neither overtake each other nor come twice: a late one is one that did not come.
        if parcel == Parcel::CommitOffset {
            fate.lost |= fate.late.take().is_some();
            fate.copy_after = None;
        }
        // A push has no caller that could be told of a failure: what fails is lost, and fetched again.
        if [Parcel::Deliver, Parcel::Wal, Parcel::SignalRow].contains(&parcel) {
            fate.lost |= fate.fail_before;
            (fate.fail_before, fate.ack_lost, fate.copy_after) = (false, false, None);
            fate.out = fate.out.after(fate.late.take().unwrap_or_default());
        }
        fate.lost |= self.links[link.index()].cuts > 0;
        fate
    }

    pub(super) fn scripted_fate(&mut self, link: LinkId, timeout: Us, fate: &mut Fate) {
        if self.draining {
            return;
        }
        let number = self.links[link.index()].requests;
        for fault in self.armed.message_faults(link, number, &mut self.links[link.index()].next) {
            let plan = &self.plan.faults[fault as usize];
            // Without a length of its own a delay or a late arrival takes the link's.
            let span = plan.span.or(self.plan.links[link.index()].late_delay.constant()).unwrap_or(Us::secs(1));
            self.fired(fault);
            match plan.kind {
                FaultKind::Delay => fate.out = fate.out.after(span),
                FaultKind::Drop | FaultKind::Timeout => fate.lost = true,
                FaultKind::FailBefore => fate.fail_before = true,
                FaultKind::AckLost => fate.ack_lost = true,
                FaultKind::Late => fate.late = Some(timeout.after(span)),
                FaultKind::Poison => fate.poison = true,
                FaultKind::Duplicate => fate.copy_after = Some(plan.span.unwrap_or_default()),
                FaultKind::Crash
                | FaultKind::Restart
                | FaultKind::Off
                | FaultKind::Cut
                | FaultKind::Abort
                | FaultKind::SlotLost
                | FaultKind::Update
                | FaultKind::Delete
                | FaultKind::Failover => {}
            }
        }
    }

    /// When a message that leaves now reaches the far end (`way` 0) or comes back (1).
    pub(super) fn arrival_time(&mut self, link: LinkId, way: usize, latency: Us, late: Option<Us>) -> Us {
        if let Some(late) = late {
            return self.now.after(late);
        }
        let at = self.now.after(latency);
        let fifo = self.plan.links[link.index()].order == LinkOrder::Fifo;
        let last = &mut self.links[link.index()].last[way];
        if !fifo {
            return at;
        }
        *last = at.max(*last);
        *last
    }
}
