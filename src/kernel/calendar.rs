//! The event calendar: what is still to come, by (time, order of scheduling).
//!
//! Simulated time never goes back, so a monotone radix heap serves (Ahuja, Mehlhorn, Orlin, Tarjan, "Faster algorithms
//! for the shortest path problem", J. ACM 37, 1990): an event waits in the bucket of the highest bit in which its time
//! differs from the last time taken, and moves to a lower bucket at most 64 times. Buckets keep the order in which
//! events were put in, so events of one instant come out first in, first out without a sequence number.

use super::time::Us;

/// Pending events of type `E`, taken in order of time; events of one instant in the order they were put in.
///
/// ```
/// use driftscope::kernel::{calendar::Calendar, time::Us};
/// let mut calendar = Calendar::new();
/// calendar.put(Us(5), "second");
/// calendar.put(Us(3), "first");
/// calendar.put(Us(5), "third");
/// assert_eq!(calendar.take(), Some((Us(3), "first")));
/// assert_eq!(calendar.take(), Some((Us(5), "second")));
/// assert_eq!(calendar.take(), Some((Us(5), "third")));
/// ```
#[derive(Clone, Debug)]
pub struct Calendar<E> {
    buckets: Vec<Vec<(Us, E)>>,
    /// Bit `n` is set when bucket `n + 1` holds something; bucket 0 is read through `next`.
    filled: u64,
    /// How many of bucket 0 have been taken.
    next: usize,
    now: Us,
    len: usize,
}

impl<E: Copy> Default for Calendar<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Copy> Calendar<E> {
    /// An empty calendar at time zero.
    #[must_use]
    pub fn new() -> Self {
        let buckets = (0..65).map(|_| Vec::new()).collect();
        Calendar { buckets, filled: 0, next: 0, now: Us::ZERO, len: 0 }
    }

    /// How many events are pending.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Schedules an event. A time before the last one taken counts as that time: nothing happens in the past.
    #[inline]
    pub fn put(&mut self, at: Us, event: E) {
        let at = at.max(self.now);
        let bucket = self.bucket(at);
        self.buckets[bucket].push((at, event));
        if bucket > 0 {
            self.filled |= 1 << (bucket - 1);
        }
        self.len += 1;
    }

    /// Takes the next event.
    #[inline]
    pub fn take(&mut self) -> Option<(Us, E)> {
        if self.next == self.buckets[0].len() {
            if let Some(taken) = self.take_single() {
                return Some(taken);
            }
            self.refill()?;
        }
        let taken = self.buckets[0][self.next];
        self.next += 1;
        self.len -= 1;
        Some(taken)
    }

    /// The time of the next event.
    #[must_use]
    pub fn peek(&self) -> Option<Us> {
        if self.next < self.buckets[0].len() {
            return Some(self.now);
        }
        let lowest = self.buckets.get(self.filled.trailing_zeros() as usize + 1)?;
        lowest.iter().map(|(at, _)| *at).min()
    }

    #[inline]
    fn bucket(&self, at: Us) -> usize {
        (64 - (at.0 ^ self.now.0).leading_zeros()) as usize
    }

    /// Takes the earliest bucket's only event without moving it: the common case of a short calendar.
    #[inline]
    fn take_single(&mut self) -> Option<(Us, E)> {
        let lowest = self.buckets.get_mut(self.filled.trailing_zeros() as usize + 1)?;
        if lowest.len() != 1 {
            return None;
        }
        let taken = lowest.pop()?;
        self.filled &= self.filled - 1;
        self.now = taken.0;
        self.len -= 1;
        Some(taken)
    }

    /// Moves the earliest bucket's events into the buckets below it. `None` if nothing is pending.
    fn refill(&mut self) -> Option<()> {
        self.buckets[0].clear();
        self.next = 0;
        if self.filled == 0 {
            return None;
        }
        let lowest = self.filled.trailing_zeros() as usize + 1;
        self.filled &= self.filled - 1;
        let mut moving = std::mem::take(&mut self.buckets[lowest]);
        self.now = moving.iter().map(|(at, _)| *at).min()?;
        for &(at, event) in &moving {
            let bucket = self.bucket(at);
            self.buckets[bucket].push((at, event));
            if bucket > 0 {
                self.filled |= 1 << (bucket - 1);
            }
        }
        moving.clear();
        self.buckets[lowest] = moving;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    proptest! {
        /// Against a binary heap ordered by (time, sequence number), puts and takes mixed.
        #[test]
        fn takes_by_time_then_order_of_scheduling(steps in prop::collection::vec((any::<bool>(), 0u64..200), 1..400)) {
            let (mut calendar, mut heap, mut now) = (Calendar::new(), BinaryHeap::new(), Us::ZERO);
            for (sequence, (put, delay)) in steps.into_iter().enumerate() {
                if put {
                    let at = now.after(Us(delay * delay));
                    calendar.put(at, sequence);
                    heap.push(Reverse((at, sequence)));
                } else {
                    prop_assert_eq!(calendar.peek(), heap.peek().map(|Reverse((at, _))| *at));
                    let want = heap.pop().map(|Reverse(entry)| entry);
                    prop_assert_eq!(calendar.take(), want);
                    now = want.map_or(now, |(at, _)| at);
                }
                prop_assert_eq!(calendar.len(), heap.len());
            }
        }
    }
}
