//! A partition: the leader's log, what its one follower has of it, and how far consumers may read (DOMAIN 2g).
//!
//! `log start <= follower's end <= leader's end`; the high watermark is the follower's end while the follower is in the
//! in-sync set, and the leader's end while it is not.

use super::Entry;
use crate::kernel::time::Us;
use crate::world::ids::{EventId, Key};
use std::collections::VecDeque;

/// When the active segment is closed and a new one begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roll {
    /// When it has so many records.
    Records(u64),
    /// When its first record is so old.
    After(Us),
}

impl Default for Roll {
    fn default() -> Self {
        Roll::After(Us::NEVER)
    }
}

/// How the follower stands to the in-sync set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Member {
    /// In it: the high watermark waits for it, and it may become leader.
    #[default]
    In,
    /// Out of it.
    Out,
    /// It has nearly caught up: the high watermark stands still until the follower has reached it (Kafka's "maximal" set).
    Returning,
}

/// A partition of the topic, with its two replicas.
#[derive(Clone, Debug, Default)]
pub struct Partition {
    /// The leader's log from offset 0; what stands below `start` is deleted.
    log: Vec<Entry>,
    start: u64,
    /// The first offsets of its segments, oldest first; the last one is the active segment.
    segments: VecDeque<u64>,
    /// When a segment is closed.
    roll: Roll,
    /// The follower's log end: what a failover keeps.
    follower: u64,
    member: Member,
    high: u64,
    /// Where the log was cut, failover by failover: the length is the leader epoch.
    forks: Vec<u64>,
    /// What idempotent producers have numbered: the offset, the producer's id, the number.
    numbered: Vec<(u64, u64, u32)>,
}

impl Partition {
    /// An empty partition.
    #[must_use]
    pub fn new(roll: Roll) -> Partition {
        Partition { roll, ..Partition::default() }
    }

    /// The leader appends a record, in a new segment if the active one is full. Gives its offset.
    pub fn append(&mut self, entry: Entry) -> u64 {
        let first = self.segments.back().copied();
        let full = first.is_none_or(|first| match (self.roll, self.log.get(first as usize)) {
            (_, None) => false,
            (Roll::Records(most), Some(_)) => self.end() - first >= most,
            (Roll::After(span), Some(oldest)) => entry.at >= oldest.at.after(span),
        });
        if full {
            self.segments.push_back(self.end());
        }
        self.log.push(entry);
        self.settle();
        self.end() - 1
    }

    /// The offset that the next record will have.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.log.len() as u64
    }

    /// The first offset that is not deleted.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The follower's log end.
    #[must_use]
    pub fn follower(&self) -> u64 {
        self.follower
    }

    /// The high watermark: consumers see what stands below it.
    #[must_use]
    pub fn high(&self) -> u64 {
        self.high
    }

    /// How many replicas are in sync, the leader counted.
    #[must_use]
    pub fn in_sync(&self) -> u32 {
        1 + u32::from(self.member == Member::In)
    }

    /// How often the log was cut.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.forks.len() as u32
    }

    /// The record at an offset, unless it is deleted.
    #[must_use]
    pub fn entry(&self, offset: u64) -> Option<Entry> {
        let kept = |entry: &Entry| offset >= self.start && entry.event != EventId::NONE;
        self.log.get(usize::try_from(offset).ok()?).copied().filter(kept)
    }

    /// The records from an offset on, with their offsets.
    pub fn from(&self, offset: u64) -> impl Iterator<Item = (u64, Entry)> + '_ {
        let first = offset.max(self.start).min(self.end());
        kept((first..self.end()).zip(self.log[first as usize..].iter().copied()))
    }

    /// The first offset from this one on that compaction has not emptied, or the log's end.
    #[must_use]
    pub fn next_kept(&self, from: u64) -> u64 {
        let rest = self.log.get(from as usize..).unwrap_or_default();
        from + rest.iter().take_while(|entry| entry.event == EventId::NONE).count() as u64
    }

    /// The record that was appended last is this one of a producer: what it counts per partition.
    pub fn number(&mut self, producer: u64, number: u32) {
        self.numbered.push((self.end().saturating_sub(1), producer, number));
    }

    /// The number that a producer's next record must have: after a failover it is what the new leader knows.
    #[must_use]
    pub fn next_number(&self, producer: u64) -> u32 {
        let own = self.numbered.iter().rev().find(|(_, known, _)| *known == producer);
        own.map_or(0, |(.., number)| number + 1)
    }

    /// Since when the follower lacks the oldest record that it lacks.
    #[must_use]
    pub fn lags_since(&self) -> Option<Us> {
        self.log.get(self.follower as usize).map(|entry| entry.at)
    }

    /// The follower has everything below an offset. If it lacks nothing that is as old as `since` or older it comes back
    /// into the in-sync set, once it has what consumers may read.
    pub fn replicate(&mut self, below: u64, since: Us) {
        self.follower = self.follower.max(below.min(self.end()));
        if self.member == Member::Out && self.lags_since().is_none_or(|oldest| oldest > since) {
            self.member = Member::Returning;
        }
        if self.member == Member::Returning && self.follower >= self.high {
            self.member = Member::In;
        }
        self.settle();
    }

    /// Whether the high watermark waits for the follower.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.member != Member::Out
    }

    /// The follower leaves the in-sync set: the high watermark waits for it no longer.
    pub fn drop_out(&mut self) {
        self.member = Member::Out;
        self.settle();
    }

    fn settle(&mut self) {
        let low = if self.waits() { self.follower } else { self.end() };
        self.high = self.high.max(low);
    }

    /// Deletes whole closed segments whose newest record is older than `oldest`, never the active one nor what is above
    /// the high watermark. Gives what is gone, oldest first.
    pub fn delete_before(&mut self, oldest: Us) -> Vec<(u64, Entry)> {
        let from = self.start;
        while let Some(&next) = self.segments.get(1)
            && next <= self.high
            && self.log.get(next as usize - 1).is_none_or(|newest| newest.at < oldest)
        {
            self.segments.pop_front();
            self.start = next;
        }
        kept((from..self.start).zip(self.log[from as usize..self.start as usize].iter().copied())).collect()
    }

    /// Compaction: in its closed segments, below the high watermark, the log keeps the newest record of each key, and of a
    /// deleted key its tombstone until that is older than `oldest`. `about` knows an event's key, and whether it is a
    /// delete. Gives what is gone, the newest first.
    pub fn compact(&mut self, oldest: Us, about: impl Fn(EventId) -> (Key, bool)) -> Vec<(u64, Entry)> {
        let (mut newer, mut gone) = (Vec::new(), Vec::new());
        let closed = self.segments.back().copied().unwrap_or(0).min(self.high);
        for offset in (self.start..closed).rev() {
            let Some(entry) = self.entry(offset) else { continue };
            let (key, deleted) = about(entry.event);
            if newer.len() <= key.index() {
                newer.resize(key.index() + 1, false);
            }
            if std::mem::replace(&mut newer[key.index()], true) || (deleted && entry.at < oldest) {
                gone.push((offset, entry));
                self.log[offset as usize].event = EventId::NONE;
            }
        }
        gone
    }

    /// The follower becomes leader: the log ends where its copy ends, and the old leader follows it from there. Gives
    /// what is gone, oldest first.
    pub fn truncate(&mut self) -> Vec<(u64, Entry)> {
        let cut = self.follower;
        let gone: Vec<(u64, Entry)> = (cut..).zip(self.log.split_off(cut as usize)).collect();
        if !gone.is_empty() {
            self.forks.push(cut);
        }
        self.numbered.retain(|(offset, ..)| *offset < cut);
        (self.start, self.high) = (self.start.min(cut), self.high.min(cut));
        while self.segments.len() > 1 && self.segments.back().is_some_and(|first| *first > cut) {
            self.segments.pop_back();
        }
        if let Some(first) = self.segments.back_mut() {
            *first = cut.min(*first);
        }
        self.member = Member::In;
        self.settle();
        gone
    }

    /// How far offsets of a leader epoch are offsets of this log too: below the lowest cut since.
    #[must_use]
    pub fn common(&self, epoch: u32) -> u64 {
        self.forks.iter().skip(epoch as usize).copied().min().unwrap_or(u64::MAX)
    }
}

/// The records that compaction has not emptied.
fn kept(records: impl Iterator<Item = (u64, Entry)>) -> impl Iterator<Item = (u64, Entry)> {
    records.filter(|(_, entry)| entry.event != EventId::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is done to a partition.
    #[derive(Clone, Copy, Debug)]
    enum Do {
        Append,
        Replicate(u64),
        DropOut,
        Truncate,
    }

    #[test]
    #[rustfmt::skip]
    fn the_watermark_and_the_cut() {
        use Do::{Append as A, DropOut, Replicate as R, Truncate};
        let table: [(&[Do], (u64, u64, u64, u32)); 11] = [
            // what is done                         end, follower, high, in sync
            (&[A, A],                               (2, 0, 0, 2)),
            (&[A, A, R(1)],                         (2, 1, 1, 2)),
            (&[A, A, R(9)],                         (2, 2, 2, 2)),
            (&[A, A, R(1), DropOut],                (2, 1, 2, 1)),
            (&[A, A, R(1), DropOut, A],             (3, 1, 3, 1)),
            (&[A, A, R(1), DropOut, R(2)],          (2, 2, 2, 2)),
            (&[A, A, R(1), DropOut, A, R(2)],       (3, 2, 3, 1)), // the record of the second act is too old
            (&[A, A, R(1), DropOut, A, A, R(3), A], (5, 3, 4, 1)), // on its way back: the watermark stands still
            (&[A, A, R(1), DropOut, A, A, R(3), A, R(4)], (5, 4, 4, 2)),
            (&[A, A, R(1), Truncate],               (1, 1, 1, 2)),
            (&[A, A, R(1), DropOut, Truncate, A],   (2, 1, 1, 2)),
        ];
        for (done, want) in table {
            let mut partition = Partition::default();
            for (n, act) in done.iter().enumerate() {
                match act {
                    A => { partition.append(Entry { event: EventId(n as u32), version: 1, again: false, at: Us(n as u64) }); }
                    R(below) => partition.replicate(*below, Us(4)),
                    DropOut => partition.drop_out(),
                    Truncate => { partition.truncate(); }
                }
            }
            let got = (partition.end(), partition.follower(), partition.high(), partition.in_sync());
            assert_eq!(got, want, "{done:?}");
        }
    }

    /// Ten records, one a second from 0 s: what is deleted at 10 s, by retention and segment (DOMAIN 2g).
    #[test]
    #[rustfmt::skip]
    fn segments_are_deleted_whole() {
        let second = |n: u64| Us::secs(n);
        let table = [
            // segments,                 older than, the log's start
            (Roll::Records(1),           second(4),  4),
            (Roll::Records(3),           second(4),  3),
            (Roll::Records(3),           second(6),  6),
            (Roll::Records(3),           second(99), 9), // never the active one
            (Roll::Records(100),         second(99), 0),
            (Roll::After(second(4)),     second(7),  4),
            (Roll::After(second(4)),     second(8),  8),
            (Roll::After(Us::NEVER),     second(99), 0),
        ];
        for (roll, oldest, start) in table {
            let mut partition = Partition::new(roll);
            for n in 0..10 {
                partition.append(Entry { event: EventId(n), version: 1, again: false, at: second(u64::from(n)) });
            }
            assert_eq!(partition.delete_before(oldest), [], "nothing above the high watermark");
            partition.replicate(10, Us::ZERO);
            let gone = partition.delete_before(oldest);
            assert_eq!((partition.start(), gone.len() as u64), (start, start), "{roll:?} {oldest}");
            assert_eq!(partition.entry(start.wrapping_sub(1)), None);
            assert_eq!(partition.from(0).count() as u64, 10 - start);
        }
    }

    #[test]
    fn offsets_of_an_older_epoch_count_up_to_the_cut() {
        let mut partition = Partition::default();
        for n in 0..4 {
            partition.append(Entry { event: EventId(n), version: 1, again: false, at: Us(u64::from(n)) });
        }
        partition.replicate(3, Us::ZERO);
        assert_eq!(partition.lags_since(), Some(Us(3)));
        assert_eq!(partition.truncate().iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), [3]);
        assert_eq!((partition.common(0), partition.common(1), partition.epoch()), (3, u64::MAX, 1));
        assert_eq!(partition.truncate(), []);
        assert_eq!(partition.epoch(), 1, "a failover that loses nothing cuts nothing");
    }

    /// DOMAIN 2g: a number comes once and in order, and after a failover what counts is the new leader's log.
    #[test]
    fn a_producer_counts() {
        let mut partition = Partition::default();
        for number in 0..3 {
            assert_eq!((partition.next_number(7), partition.next_number(8)), (number, 0));
            partition.append(Entry { event: EventId(number), version: 1, again: false, at: Us::ZERO });
            partition.number(7, number);
        }
        partition.replicate(2, Us::ZERO);
        partition.truncate();
        assert_eq!((partition.next_number(7), partition.next_number(8)), (2, 0));
    }

    /// Two keys: 0 is written at 0 s and 1 s and deleted at 2 s, 1 is written at 3 s and 4 s; a segment is a record.
    #[test]
    #[rustfmt::skip]
    fn compaction_keeps_the_newest_and_young_tombstones() {
        let about = |event: EventId| (Key(u32::from(event.0 > 2)), event.0 == 2);
        let table: [(u64, u64, Roll, &[u64]); 5] = [
            // readable up to, tombstones older than, segments, what is left
            (5, 2, Roll::Records(1),   &[2, 3, 4]), // the active segment is not looked at
            (5, 3, Roll::Records(1),   &[3, 4]),
            (2, 9, Roll::Records(1),   &[1, 2, 3, 4]),
            (5, 9, Roll::Records(2),   &[3, 4]),
            (5, 9, Roll::Records(100), &[0, 1, 2, 3, 4]),
        ];
        for (high, oldest, roll, left) in table {
            let mut partition = Partition::new(roll);
            for n in 0..5 {
                partition.append(Entry { event: EventId(n), version: 1, again: false, at: Us::secs(u64::from(n)) });
            }
            partition.replicate(high, Us::ZERO);
            let gone = partition.compact(Us::secs(oldest), about);
            assert_eq!(partition.from(0).map(|(offset, _)| offset).collect::<Vec<_>>(), left, "{roll:?} {high} {oldest}");
            assert_eq!(gone.len() + left.len(), 5);
            assert_eq!(partition.next_kept(0), left[0]);
            assert_eq!(partition.compact(Us::secs(oldest), about), [], "a second pass finds nothing");
        }
    }
}
