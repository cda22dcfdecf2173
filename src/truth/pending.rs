//! The number of events that a store is owed, and its integral over time, kept record by record: the left side of Little's
//! law on the sample path (DOMAIN 1.5). The right side is the ledger's lags, which know nothing of this count.

use crate::kernel::time::Us;
use crate::world::ids::{LinkId, NodeId};
use crate::world::record::{Kind, Parcel, Record};

/// One event, as one store is owed it.
#[derive(Clone, Copy, Debug)]
struct Owed {
    /// [`Us::NEVER`]: it is not committed, or no longer.
    committed: Us,
    /// When it was first delivered, if `count` says that it was.
    delivered: Us,
    count: u32,
    emitted: bool,
}

/// What one store is owed.
#[derive(Clone, Debug)]
pub struct Pending {
    node: NodeId,
    /// The link over which another store's consumer feeds it: it is owed only what goes there.
    link: Option<LinkId>,
    /// Whether it is the log that stands for the stores.
    is_log: bool,
    events: Vec<Owed>,
    now: i64,
    since: Us,
    area: i128,
}

impl Pending {
    /// Nothing is owed yet.
    #[must_use]
    pub const fn new(node: NodeId, link: Option<LinkId>, is_log: bool) -> Pending {
        Pending { node, link, is_log, events: Vec::new(), now: 0, since: Us::ZERO, area: 0 }
    }

    /// The area under the count up to now, which steps here. A time that goes back is taken at its word: the area shrinks.
    fn step(&mut self, at: Us, by: i64) {
        self.area += i128::from(self.now) * (i128::from(at.0) - i128::from(self.since.0));
        (self.now, self.since) = (self.now + by, at);
    }

    /// Takes a record of an event into account.
    #[inline]
    pub fn apply(&mut self, record: &Record) {
        match record.kind {
            Kind::Committed | Kind::Retracted => self.change(record),
            Kind::Sent if Some(record.link) == self.link && record.detail == Parcel::Apply as u8 => self.change(record),
            Kind::Applied if record.extra != 0 => {} // A repair, or what it takes no event from.
            Kind::Applied | Kind::NotNewer | Kind::Known | Kind::NothingToCancel
                if record.node == self.node && !record.is_again() =>
            {
                self.change(record);
            }
            Kind::Appended if self.is_log && record.node == self.node && !record.is_again() => self.change(record),
            Kind::Truncated if self.is_log && record.node == self.node => self.change(record),
            _ => {} // It changes nothing of what is owed.
        }
    }

    /// One event's standing changes. What turns out to have been owed, or not, since its commit is made good at once.
    fn change(&mut self, record: &Record) {
        let (at, index) = (record.at, record.event.index());
        if self.events.len() <= index {
            let new = Owed { committed: Us::NEVER, delivered: Us::NEVER, count: 0, emitted: self.link.is_none() };
            self.events.resize(index + 1, new);
        }
        let before = self.events[index];
        let mut owed = before;
        match record.kind {
            Kind::Committed => owed.committed = at,
            Kind::Retracted => owed.committed = Us::NEVER,
            Kind::Sent => owed.emitted = true,
            Kind::Truncated => owed.count = owed.count.saturating_sub(1),
            _ => owed.count += 1,
        }
        if before.count == 0 && owed.count > 0 {
            owed.delivered = at;
        }
        self.events[index] = owed;
        self.step(at, i64::from(owed.waits()) - i64::from(before.waits()));
        self.area += i128::from(owed.waited(at)) - i128::from(before.waited(at));
    }

    /// The integral up to the end of the run.
    pub fn close(&mut self, end: Us) -> u128 {
        self.step(end, 0);
        self.area.unsigned_abs()
    }
}

impl Owed {
    const fn waits(&self) -> bool {
        self.committed.0 != Us::NEVER.0 && self.emitted && self.count == 0
    }

    /// How long it has waited until now, in microseconds.
    fn waited(&self, now: Us) -> u64 {
        let owed = self.committed != Us::NEVER && self.emitted;
        let until = if self.count > 0 { self.delivered } else { now };
        if owed { until.since(self.committed).0 } else { 0 }
    }
}
