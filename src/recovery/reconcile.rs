//! Reconciliation: `wait -> read source -> read stores -> compare -> [look again] -> repair -> throttle` (DOMAIN 2i). A
//! person does the same, once. A re-snapshot reads no store and takes every row of the source for one to repair.

use super::{Arrow, Command as C, Event as E, Knobs, RecoveryKind, State as S};
use crate::strategy::CrashPoint as P;

/// One arrow.
#[must_use]
pub fn step(knobs: &Knobs, state: S, event: E) -> Arrow {
    let snapshot = knobs.kind == RecoveryKind::Resnapshot;
    let aligned = knobs.aligned && !snapshot && knobs.stores > 0;
    let compares = |again| {
        let point = if snapshot { P::ResnapshotReadPublish } else { P::ReconcileReadCompare };
        (S::Comparing { again }, Some(point), Some(C::Compare))
    };
    match (state, event) {
        (S::Idle, E::Due) if knobs.sums && !snapshot => (S::Summing { at: 0 }, None, Some(C::SumSource)),
        (S::Idle, E::Due) if knobs.signals => (S::Source { again: false }, None, Some(C::Signal)),
        (S::Source { .. }, E::Done) if knobs.signals => (S::Idle, None, Some(C::Finish)),
        (S::Idle, E::Due) if aligned => (S::Store { at: 0, again: false }, None, Some(C::ReadStore(0))),
        (S::Idle, E::Due) => (S::Source { again: false }, None, Some(C::ReadSource)),
        (S::Summing { at }, E::Done) if at < knobs.stores => (S::Summing { at: at + 1 }, None, Some(C::SumStore(at))),
        (S::Summing { .. }, E::Done) => (S::Narrowing, Some(P::ReconcileReadCompare), Some(C::Narrow)),
        (S::Summing { .. }, E::Failed) => (S::Idle, None, Some(C::GiveUp)),
        (S::Narrowing, E::Found(0)) => (S::Idle, None, Some(C::Finish)),
        (S::Narrowing, E::Found(_)) => (S::Source { again: false }, None, Some(C::ReadSource)),
        (S::Source { again }, E::Done) if snapshot || aligned || knobs.stores == 0 => compares(again),
        (S::Source { again }, E::Done) => (S::Store { at: 0, again }, None, Some(C::ReadStore(0))),
        (S::Store { at, again }, E::Done) if at + 1 < knobs.stores => {
            (S::Store { at: at + 1, again }, None, Some(C::ReadStore(at + 1)))
        }
        (S::Store { again, .. }, E::Done) if aligned => (S::Source { again }, None, Some(C::ReadSource)),
        (S::Store { again, .. }, E::Done) => compares(again),
        (S::Source { .. } | S::Store { .. }, E::Failed) => (S::Idle, None, Some(C::GiveUp)),
        (S::Comparing { .. }, E::Found(0)) => (S::Idle, None, Some(C::Finish)),
        (S::Comparing { again: false }, E::Found(_)) if knobs.recheck && !snapshot => {
            (S::Settling, None, Some(C::Settle))
        }
        (S::Comparing { .. }, E::Found(n)) => {
            let point = (!snapshot).then_some(P::ReconcileCompareRepair);
            (S::Delaying { n }, point, Some(C::Delay))
        }
        (S::Settling, E::Elapsed) if aligned => (S::Store { at: 0, again: true }, None, Some(C::ReadStore(0))),
        (S::Settling, E::Elapsed) => (S::Source { again: true }, None, Some(C::ReadSource)),
        (S::Delaying { n }, E::Elapsed) => (S::Repairing { at: 0, n }, None, Some(C::Repair(0))),
        // What fails here is found again by the next pass.
        (S::Repairing { at, n }, E::Done | E::Failed) => {
            let point = if snapshot { P::ResnapshotPublishNext } else { P::ReconcileRepairNext };
            match at + 1 < n {
                true => (S::Pausing { at: at + 1, n }, Some(point), Some(C::Pause)),
                false => (S::Idle, Some(point), Some(C::Finish)),
            }
        }
        (S::Pausing { at, n }, E::Elapsed) => (S::Repairing { at, n }, None, Some(C::Repair(at))),
        (S::Idle, E::Done | E::Failed | E::Elapsed | E::Found(_))
        | (S::Source { .. } | S::Store { .. } | S::Summing { .. }, E::Due | E::Elapsed | E::Found(_))
        | (S::Comparing { .. } | S::Narrowing, E::Due | E::Done | E::Failed | E::Elapsed)
        | (S::Settling | S::Delaying { .. } | S::Pausing { .. }, E::Due | E::Done | E::Failed | E::Found(_))
        | (S::Repairing { .. }, E::Due | E::Elapsed | E::Found(_))
        | (S::Opening { .. } | S::Copying { .. } | S::Swapping { .. }, _) => (state, None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn arrows() {
        let knobs = Knobs { kind: RecoveryKind::Reconcile, stores: 2, recheck: false, position_first: true, sums: false, aligned: false, signals: false };
        let sums = Knobs { sums: true, ..knobs };
        let again = Knobs { recheck: true, ..knobs };
        let aligned = Knobs { aligned: true, ..again };
        let signals = Knobs { signals: true, ..knobs };
        let snapshot = Knobs { kind: RecoveryKind::Resnapshot, ..knobs };
        let (read, compare, next) = (Some(P::ReconcileReadCompare), Some(P::ReconcileCompareRepair), Some(P::ReconcileRepairNext));
        let table = [
            // knobs,   state                             event        next                               passes   asks
            (knobs,    S::Idle,                           E::Due,      S::Source { again: false },        None,    Some(C::ReadSource)),
            (signals,  S::Idle,                           E::Due,      S::Source { again: false },        None,    Some(C::Signal)),
            (signals,  S::Source { again: false },        E::Done,     S::Idle,                           None,    Some(C::Finish)),
            (aligned,  S::Idle,                           E::Due,      S::Store { at: 0, again: false },  None,    Some(C::ReadStore(0))),
            (aligned,  S::Store { at: 1, again: false },  E::Done,     S::Source { again: false },        None,    Some(C::ReadSource)),
            (aligned,  S::Source { again: false },        E::Done,     S::Comparing { again: false },     read,    Some(C::Compare)),
            (aligned,  S::Settling,                       E::Elapsed,  S::Store { at: 0, again: true },   None,    Some(C::ReadStore(0))),
            (sums,     S::Idle,                           E::Due,      S::Summing { at: 0 },              None,    Some(C::SumSource)),
            (sums,     S::Summing { at: 0 },              E::Done,     S::Summing { at: 1 },              None,    Some(C::SumStore(0))),
            (sums,     S::Summing { at: 1 },              E::Done,     S::Summing { at: 2 },              None,    Some(C::SumStore(1))),
            (sums,     S::Summing { at: 2 },              E::Done,     S::Narrowing,                      read,    Some(C::Narrow)),
            (sums,     S::Summing { at: 1 },              E::Failed,   S::Idle,                           None,    Some(C::GiveUp)),
            (sums,     S::Narrowing,                      E::Found(0), S::Idle,                           None,    Some(C::Finish)),
            (sums,     S::Narrowing,                      E::Found(3), S::Source { again: false },        None,    Some(C::ReadSource)),
            (knobs,    S::Source { again: false },        E::Done,     S::Store { at: 0, again: false },  None,    Some(C::ReadStore(0))),
            (knobs,    S::Source { again: false },        E::Failed,   S::Idle,                           None,    Some(C::GiveUp)),
            (knobs,    S::Store { at: 0, again: false },  E::Done,     S::Store { at: 1, again: false },  None,    Some(C::ReadStore(1))),
            (knobs,    S::Store { at: 1, again: false },  E::Done,     S::Comparing { again: false },     read,    Some(C::Compare)),
            (knobs,    S::Comparing { again: false },     E::Found(0), S::Idle,                           None,    Some(C::Finish)),
            (knobs,    S::Comparing { again: false },     E::Found(2), S::Delaying { n: 2 },              compare, Some(C::Delay)),
            (again,    S::Comparing { again: false },     E::Found(2), S::Settling,                       None,    Some(C::Settle)),
            (again,    S::Settling,                       E::Elapsed,  S::Source { again: true },         None,    Some(C::ReadSource)),
            (again,    S::Comparing { again: true },      E::Found(1), S::Delaying { n: 1 },              compare, Some(C::Delay)),
            (knobs,    S::Delaying { n: 2 },              E::Elapsed,  S::Repairing { at: 0, n: 2 },      None,    Some(C::Repair(0))),
            (knobs,    S::Repairing { at: 0, n: 2 },      E::Done,     S::Pausing { at: 1, n: 2 },        next,    Some(C::Pause)),
            (knobs,    S::Repairing { at: 0, n: 2 },      E::Failed,   S::Pausing { at: 1, n: 2 },        next,    Some(C::Pause)),
            (knobs,    S::Pausing { at: 1, n: 2 },        E::Elapsed,  S::Repairing { at: 1, n: 2 },      None,    Some(C::Repair(1))),
            (knobs,    S::Repairing { at: 1, n: 2 },      E::Done,     S::Idle,                           next,    Some(C::Finish)),
            (knobs,    S::Pausing { at: 1, n: 2 },        E::Due,      S::Pausing { at: 1, n: 2 },        None,    None),
            (snapshot, S::Source { again: false },        E::Done,     S::Comparing { again: false },     Some(P::ResnapshotReadPublish), Some(C::Compare)),
            (snapshot, S::Comparing { again: false },     E::Found(2), S::Delaying { n: 2 },              None,    Some(C::Delay)),
            (snapshot, S::Repairing { at: 1, n: 2 },      E::Done,     S::Idle,                           Some(P::ResnapshotPublishNext), Some(C::Finish)),
        ];
        for (knobs, state, event, next, passes, asks) in table {
            assert_eq!(step(&knobs, state, event), (next, passes, asks), "{state:?} on {event:?}");
        }
    }
}
