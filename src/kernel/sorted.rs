//! Sorting, and maps as sorted vectors. The standard library's sorts and B-trees are faster on large data and are
//! compiled anew for every type, which is most of their use: here one sort serves all types (`clippy.toml` bans theirs).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::collections::BTreeMap;

/// Sorts by a key; what is equal keeps its order.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    let order = order(items.len(), &|one, other| key(&items[one]) < key(&items[other]));
    arrange(items, order);
}

/// Sorts.
pub fn sort<T: Ord>(items: &mut [T]) {
    let order = order(items.len(), &|one, other| items[one] < items[other]);
    arrange(items, order);
}

/// A merge sort of the numbers from 0 to `len`, of which `before` says which comes first; equal ones keep their order.
fn order(len: usize, before: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    let mut merged = Vec::with_capacity(len);
    let mut run = 1;
    while run < len {
        for pair in order.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let (Some((&one, lefts)), Some((&other, rights))) = (left.split_first(), right.split_first()) {
                if before(other, one) {
                    merged.push(other);
                    right = rights;
                } else {
                    merged.push(one);
                    left = lefts;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut order, &mut merged);
        merged.clear();
        run *= 2;
    }
    order
}

/// Puts the item `order[n]` at place n, along the cycles of the order.
fn arrange<T>(items: &mut [T], mut order: Vec<usize>) {
    for start in 0..order.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at], at);
            if from == start {
                break;
            }
            items.swap(at, from);
            at = from;
        }
    }
}

/// A map as a vector that is sorted by key: for few entries, or keys that come in about their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortedMap<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> SortedMap<K, V> {
        SortedMap { entries: Vec::new() }
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.entries.binary_search_by(|(other, _)| other.borrow().cmp(key))
    }

    /// The value of a key.
    #[must_use]
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|place| &self.entries[place].1)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.place(key).ok().map(|place| &mut self.entries[place].1)
    }

    /// The value of a key, which is set to this one if there is none.
    pub fn or_insert(&mut self, key: K, value: V) -> &mut V {
        let place = self.place(&key).unwrap_or_else(|place| {
            self.entries.insert(place, (key, value));
            place
        });
        &mut self.entries[place].1
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(place) => self.entries[place].1 = value,
            Err(place) => self.entries.insert(place, (key, value)),
        }
    }

    /// Takes a key out, with its value.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.place(key).ok().map(|place| self.entries.remove(place).1)
    }

    /// Keeps the entries of which it says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.entries.retain(|(key, value)| keep(key, value));
    }

    /// The entries, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The values, by key.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.entries.into_iter().map(|(_, value)| value)
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> SortedMap<K, V> {
        let mut map = SortedMap::default();
        entries.into_iter().for_each(|(key, value)| map.insert(key, value));
        map
    }
}

impl<K: Serialize + Ord, V: Serialize> Serialize for SortedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Deserialize<'de> for SortedMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SortedMap<K, V>, D::Error> {
        Ok(BTreeMap::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::rng::{Draws, Purpose};

    /// Numbers from 0 to `below`.
    fn numbers(count: u64, below: u64) -> Vec<u64> {
        let mut draws = Draws::new(7);
        (0..count).map(|nth| draws.of(Purpose::Operation, nth, 0, 0).below(below)).collect()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "what the sort is held against")]
    fn sorts_as_the_standard_library_does() {
        for count in (0..70).chain([1000]) {
            for below in [1, 3, 1_000_000] {
                let items: Vec<(u64, usize)> = numbers(count, below).into_iter().zip(0..).collect();
                let (mut ours, mut theirs) = (items.clone(), items.clone());
                sort_by_key(&mut ours, |&(number, _)| number);
                theirs.sort_by_key(|&(number, _)| number);
                assert_eq!(ours, theirs, "{count} below {below}: stable");
                ours.reverse();
                sort(&mut ours);
                assert_eq!(ours, theirs, "{count} below {below}: backwards");
            }
        }
    }

    #[test]
    fn a_map_as_the_standard_library_has_it() {
        let (mut ours, mut theirs) = (SortedMap::default(), BTreeMap::new());
        for (nth, key) in numbers(2_000, 100).into_iter().enumerate() {
            match nth % 4 {
                0 => {
                    ours.insert(key, nth);
                    theirs.insert(key, nth);
                }
                1 => assert_eq!(ours.or_insert(key, nth), theirs.entry(key).or_insert(nth)),
                2 => assert_eq!(ours.get_mut(&key), theirs.get_mut(&key)),
                _ => assert_eq!(ours.remove(&key), theirs.remove(&key)),
            }
            assert_eq!(ours.get(&key), theirs.get(&key));
        }
        ours.retain(|key, value| key % 3 > 0 && value % 2 > 0);
        theirs.retain(|key, value| key % 3 > 0 && *value % 2 > 0);
        assert!(ours.iter().eq(theirs.iter()) && ours.iter().count() > 5);
        assert!(ours.clone().into_values().eq(theirs.into_values()));
        ours.clear();
        assert_eq!(ours, SortedMap::default());
    }
}
