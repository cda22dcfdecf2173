//! Rebuild, blue and green: `record position -> copy -> replay from there -> swap` (DOMAIN 2l).
//!
//! The position before the copy: what happens meanwhile is replayed. After it: what happened meanwhile is lost.

use super::{Arrow, Command as C, Event as E, Knobs, State as S};
use crate::strategy::CrashPoint as P;

/// One arrow.
#[must_use]
pub fn step(knobs: &Knobs, state: S, event: E) -> Arrow {
    let more = |at: u32| at + 1 < knobs.stores;
    let copies = (S::Copying { at: 0 }, None, Some(C::Copy(0)));
    let swaps = (S::Swapping { at: 0 }, Some(P::RebuildCopySwap), Some(C::Swap(0)));
    match (state, event) {
        (S::Idle, E::Due) if knobs.position_first => (S::Opening { at: 0 }, None, Some(C::Open(0))),
        (S::Idle, E::Due) => (S::Source { again: false }, None, Some(C::ReadSource)),
        (S::Opening { at }, E::Done) if more(at) => (S::Opening { at: at + 1 }, None, Some(C::Open(at + 1))),
        (S::Opening { .. }, E::Done) if knobs.position_first => {
            (S::Source { again: false }, Some(P::RebuildPositionCopy), Some(C::ReadSource))
        }
        (S::Opening { .. }, E::Done) => swaps,
        (S::Source { .. }, E::Done) => copies,
        (S::Copying { at }, E::Done) if more(at) => (S::Copying { at: at + 1 }, None, Some(C::Copy(at + 1))),
        (S::Copying { .. }, E::Done) if knobs.position_first => swaps,
        (S::Copying { .. }, E::Done) => (S::Opening { at: 0 }, None, Some(C::Open(0))),
        (S::Swapping { at }, E::Done) if more(at) => (S::Swapping { at: at + 1 }, None, Some(C::Swap(at + 1))),
        (S::Swapping { .. }, E::Done) => (S::Idle, None, Some(C::Finish)),
        (S::Opening { .. } | S::Source { .. } | S::Copying { .. } | S::Swapping { .. }, E::Failed) => {
            (S::Idle, None, Some(C::GiveUp))
        }
        (S::Idle, E::Done | E::Failed | E::Elapsed | E::Found(_))
        | (
            S::Opening { .. } | S::Source { .. } | S::Copying { .. } | S::Swapping { .. },
            E::Due | E::Elapsed | E::Found(_),
        )
        | (
            S::Store { .. }
            | S::Comparing { .. }
            | S::Summing { .. }
            | S::Narrowing
            | S::Settling
            | S::Delaying { .. }
            | S::Repairing { .. }
            | S::Pausing { .. },
            _,
        ) => (state, None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::RecoveryKind;
    use super::*;

    /// A whole pass over two stores: what it asks for in turn, by where the position is recorded.
    #[test]
    fn passes() {
        let first = [C::Open(0), C::Open(1), C::ReadSource, C::Copy(0), C::Copy(1), C::Swap(0), C::Swap(1), C::Finish];
        let after = [C::ReadSource, C::Copy(0), C::Copy(1), C::Open(0), C::Open(1), C::Swap(0), C::Swap(1), C::Finish];
        for (position_first, want) in [(true, first), (false, after)] {
            let knobs = Knobs {
                kind: RecoveryKind::Rebuild,
                stores: 2,
                recheck: false,
                position_first,
                sums: false,
                aligned: false,
                signals: false,
            };
            let (mut state, mut event, mut asked) = (S::Idle, E::Due, Vec::new());
            while asked.last() != Some(&C::Finish) {
                let (next, _, asks) = step(&knobs, state, event);
                asked.extend(asks);
                (state, event) = (next, E::Done);
            }
            assert_eq!(asked, want);
            assert_eq!(state, S::Idle);
            let failed = step(&knobs, S::Copying { at: 0 }, E::Failed);
            assert_eq!(failed, (S::Idle, None, Some(C::GiveUp)));
        }
    }
}
