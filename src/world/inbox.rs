//! An inbox: which events a store has had, for a time (DOMAIN 2h). It makes at least once to effectively once, within its
//! window, and only if it is written in the transaction of the effect.

use super::ids::EventId;
use crate::kernel::time::Us;
use std::collections::VecDeque;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 2] = [
    (
        "inbox: window",
        "simplified",
        "a row goes when its time is over; a real one waits for a cleanup, once a minute or so",
    ),
    (
        "inbox: same transaction",
        "modelled",
        "with the effect, or by a call of its own after it; two copies handled at the same moment are not",
    ),
];

/// Ids of so many bits, or more, never collide.
pub const NO_COLLISIONS: u32 = 64;

/// What an inbox knows of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// It has had it.
    Event,
    /// It has had another event of the same id, and cannot tell.
    Collision,
}

/// The events that a store has had.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    /// How long a row is kept; zero: there is no inbox.
    window: Us,
    /// By event: whether it has a row.
    written: Vec<bool>,
    /// The rows in the order of writing: when, and of what.
    rows: VecDeque<(Us, EventId, u64)>,
    /// Short ids and their events, sorted.
    ids: Vec<(u64, EventId)>,
    peak: u32,
}

impl Inbox {
    /// An empty inbox that keeps a row for `window`; zero: none at all.
    #[must_use]
    pub fn new(window: Us) -> Inbox {
        Inbox { window, ..Inbox::default() }
    }

    /// Whether there is one.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.window > Us::ZERO
    }

    /// The most rows that it had at once.
    #[must_use]
    pub fn peak(&self) -> u32 {
        self.peak
    }

    /// What it knows of an event at `now`. `id`: the event's id, if that is short enough to collide.
    pub fn find(&mut self, event: EventId, id: Option<u64>, now: Us) -> Found {
        self.expire(now);
        if self.written.get(event.index()) == Some(&true) {
            return Found::Event;
        }
        let collides = |id: u64| {
            let at = self.ids.partition_point(|(known, _)| *known < id);
            self.ids.get(at).is_some_and(|(known, _)| *known == id)
        };
        if id.is_some_and(collides) { Found::Collision } else { Found::Nothing }
    }

    /// The rows whose time is over go.
    fn expire(&mut self, now: Us) {
        while let Some(&(at, old, id)) = self.rows.front()
            && now > at.after(self.window)
        {
            self.rows.pop_front();
            self.written[old.index()] = false;
            self.ids.retain(|known| *known != (id, old));
        }
    }

    /// Writes a row for an event that has none, or whose row's time is over.
    pub fn write(&mut self, event: EventId, id: Option<u64>, now: Us) {
        if !self.is_on() {
            return;
        }
        self.expire(now);
        if self.written.len() <= event.index() {
            self.written.resize(event.index() + 1, false);
        }
        if std::mem::replace(&mut self.written[event.index()], true) {
            return;
        }
        self.rows.push_back((now, event, id.unwrap_or_default()));
        self.peak = self.peak.max(self.rows.len() as u32);
        if let Some(id) = id {
            let at = self.ids.partition_point(|known| *known < (id, event));
            self.ids.insert(at, (id, event));
        }
    }

    /// The store has lost its data.
    pub fn clear(&mut self) {
        self.written.clear();
        self.rows.clear();
        self.ids.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_known_within_its_window() {
        let mut inbox = Inbox::new(Us::secs(30));
        inbox.write(EventId(3), None, Us::secs(10));
        // now, what it knows of the event, what it knows of another
        for (now, own) in [(10, Found::Event), (40, Found::Event), (41, Found::Nothing)] {
            assert_eq!(inbox.find(EventId(4), None, Us::secs(now)), Found::Nothing);
            assert_eq!(inbox.find(EventId(3), None, Us::secs(now)), own, "{now}");
        }
        inbox.write(EventId(3), None, Us::secs(50));
        assert_eq!(inbox.find(EventId(3), None, Us::secs(51)), Found::Event, "and again after it was forgotten");
        assert_eq!(inbox.peak(), 1);
        inbox.write(EventId(3), None, Us::secs(81));
        assert_eq!(inbox.find(EventId(3), None, Us::secs(111)), Found::Event, "and where nobody had looked since");
        inbox.clear();
        assert_eq!(inbox.find(EventId(3), None, Us::secs(112)), Found::Nothing);
    }

    #[test]
    fn short_ids_collide() {
        let mut inbox = Inbox::new(Us::secs(5));
        inbox.write(EventId(0), Some(7), Us::ZERO);
        let table = [
            (0, 7, 1, Found::Event),
            (1, 7, 1, Found::Collision),
            (1, 8, 1, Found::Nothing),
            (1, 7, 6, Found::Nothing),
        ];
        for (event, id, now, want) in table {
            assert_eq!(inbox.find(EventId(event), Some(id), Us::secs(now)), want, "{event} {id} {now}");
        }
        let mut off = Inbox::new(Us::ZERO);
        off.write(EventId(0), None, Us::ZERO);
        assert_eq!((off.find(EventId(0), None, Us::ZERO), off.peak(), off.is_on()), (Found::Nothing, 0, false));
    }
}
