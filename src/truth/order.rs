//! In which order the events of a key were first delivered (CONTRACT 3): what was delivered below a newer one.

use super::ledger::{EventFate, Ledger, StoreLedger};
use crate::kernel::sorted::{sort, sort_by_key};
use crate::world::ids::{EventId, Key, RecordId};

/// By key: rank and order of each first delivery. The rank is the timeline, then the version, the committed one where there
/// is one: what a failover took back ranks below all that was committed since, whatever its number.
fn first_deliveries(ledger: &Ledger, store: &StoreLedger) -> Vec<Vec<(u64, u32)>> {
    let mut by_key: Vec<Vec<(u64, u32)>> = vec![Vec::new(); store.rows.len()];
    let retracted = |fate: &&EventFate| fate.retracted != RecordId::NONE;
    let cuts: Vec<(Key, RecordId)> =
        ledger.events.iter().filter(retracted).map(|fate| (fate.key, fate.retracted)).collect();
    for (index, fate) in ledger.events.iter().enumerate() {
        let seen = store.seen(EventId(index as u32));
        if seen.count > 0 && fate.key != Key::NONE {
            let known = fate.commit.min(fate.aborted);
            let timeline = cuts.iter().filter(|(key, cut)| *key == fate.key && *cut < known).count() as u64;
            by_key[fate.key.index()].push((timeline << 32 | u64::from(fate.version), seen.order));
        }
    }
    by_key
}

/// First deliveries below the highest version already delivered for their key: how many, and the order of the first.
#[must_use]
pub fn reordered(ledger: &Ledger, store: &StoreLedger) -> (u64, Option<u32>) {
    let (mut count, mut first) = (0, None);
    for mut deliveries in first_deliveries(ledger, store) {
        sort_by_key(&mut deliveries, |&(_, order)| order);
        let mut highest = 0;
        for (version, order) in deliveries {
            if version < highest {
                count += 1;
                first = Some(first.map_or(order, |first: u32| first.min(order)));
            }
            highest = version.max(highest);
        }
    }
    (count, first)
}

/// Pairs of one key whose first deliveries came in the opposite order: inversions, by a binary indexed tree over time.
#[must_use]
pub fn inverted_pairs(ledger: &Ledger, store: &StoreLedger) -> u64 {
    first_deliveries(ledger, store).iter_mut().map(|pairs| inversions(pairs)).sum()
}

fn inversions(pairs: &mut [(u64, u32)]) -> u64 {
    sort(pairs);
    let mut orders: Vec<u32> = pairs.iter().map(|&(_, order)| order).collect();
    let (mut sorted, mut count) = (orders.clone(), 0u64);
    sort(&mut sorted);
    for order in &mut orders {
        *order = sorted.partition_point(|other| other < order) as u32;
    }
    let mut tree = vec![0u32; orders.len() + 1];
    for (seen, order) in orders.iter().enumerate() {
        let mut below = 0;
        let mut at = *order as usize + 1;
        while at > 0 {
            below += tree[at];
            at &= at - 1;
        }
        count += seen as u64 - u64::from(below);
        let mut at = *order as usize + 1;
        while at < tree.len() {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inversions_are_counted() {
        // (rank, order of delivery) and the pairs out of order.
        let table: [(&[(u64, u32)], u64); 4] =
            [(&[(1, 0), (2, 1), (3, 2)], 0), (&[(1, 2), (2, 1), (3, 0)], 3), (&[(1, 1), (2, 0), (3, 2)], 1), (&[], 0)];
        for (pairs, want) in table {
            assert_eq!(inversions(&mut pairs.to_vec()), want, "{pairs:?}");
        }
    }
}
