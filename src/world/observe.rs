//! `Observed`: the part of the world that a real operator can query. Detectors get this and nothing else.

use super::ids::{EventId, Key, NodeId};
use super::record::{Kind, Record};
use crate::kernel::time::Us;

/// What the operator's dashboards and queries show at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed<'a> {
    /// The operator's clock.
    pub now: Us,
    /// `select count(*)` at the source.
    pub source_rows: u64,
    /// When each row change was committed that the source still has, in commit order: its newest position is their number.
    pub commits: &'a [Us],
    /// The app's own counters of its second write, since its metrics were first read.
    pub publish: CallCounters,
    /// Since when what is not yet published waits: outbox rows, or changes after what the topics show.
    pub waiting: Vec<Us>,
    /// The keys that this look reads, where it reads rows: all, or a sample.
    pub keys: Vec<Key>,
    /// The source's rows by key, where a detector reads them.
    pub source: Vec<ObservedRow>,
    /// The events that were written, by their ids: when committed ([`Us::NEVER`]: not, as far as the source knows), and
    /// of which row.
    pub events: &'a [ObservedEvent],
    /// When each canary was sent.
    pub canaries: &'a [Us],
    /// By store.
    pub stores: Vec<ObservedStore<'a>>,
}

/// Counters of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounters {
    /// Calls that were answered, or timed out.
    pub ended: u64,
    /// Those of them that failed or timed out.
    pub failed: u64,
}

/// A row as a query shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObservedRow {
    /// Whether there is one.
    pub present: bool,
    /// Its version; at the source also a deleted row's.
    pub version: u32,
    /// Stands for a hash of its content: equal if and only if the content is.
    pub content: u32,
    /// When it was changed last.
    pub changed: Us,
}

/// The content of an entry of a cache that says that there is no row, which is more than to have none.
pub const NO_ROW: u32 = u32::MAX;

/// An event as the outbox table knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservedEvent {
    /// When it was committed; [`Us::NEVER`]: never.
    pub committed: Us,
    /// Its row.
    pub key: Key,
}

/// What can be seen of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedStore<'a> {
    /// How many rows it says it has.
    pub rows: u64,
    /// The log's end minus the group's committed offset, over all partitions; 0 where there is no group.
    pub offset_lag: u64,
    /// The newest source position that it has applied.
    pub position: u64,
    /// Whether a row that it does not have is a miss and no difference: a cache.
    pub misses: bool,
    /// Whether an event that comes twice has its effect twice.
    pub effects: bool,
    /// Its rows by key, where a detector reads them.
    pub table: Vec<ObservedRow>,
    /// What its consumer counts by key.
    pub sequences: &'a [Sequence],
    /// By event id: how often it came, and when last.
    pub inbox: &'a [(u8, Us)],
    /// The newest canary that it shows, from 1; 0: none.
    pub canary: u32,
}

/// The versions of one key that came to a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// The highest.
    pub highest: u32,
    /// Those below it that have not come.
    pub gaps: Vec<u32>,
    /// How many came again.
    pub repeats: u32,
}

impl Sequence {
    /// A version came. `whole`: it stands for all before it (a snapshot, a repair).
    fn comes(&mut self, version: u32, whole: bool) {
        if whole {
            self.gaps.retain(|gap| *gap > version);
            self.highest = self.highest.max(version);
        } else if version > self.highest {
            self.gaps.extend(self.highest + 1..version);
            self.highest = version;
        } else if let Some(at) = self.gaps.iter().position(|gap| *gap == version) {
            self.gaps.swap_remove(at);
        } else {
            self.repeats += 1;
        }
    }
}

/// What an operator's monitoring keeps of a run: a fold over records that a real one would log or measure.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// Whether anybody looks: else nothing is kept.
    pub on: bool,
    /// Whether anybody audits what came to the stores.
    pub audited: bool,
    /// By node: which store it is.
    pub store_of: Vec<Option<u16>>,
    /// When each row change was committed.
    pub commits: Vec<Us>,
    /// By key: when the source's row was changed last.
    pub source_changed: Vec<Us>,
    /// By store, then key: when its row was changed last.
    pub store_changed: Vec<Vec<Us>>,
    /// By store, then key: the newest event of its consumer's that it applied, from 1; 0: none.
    pub applied: Vec<Vec<u32>>,
    /// By event.
    pub events: Vec<ObservedEvent>,
    /// By store, then key.
    pub sequences: Vec<Vec<Sequence>>,
    /// By store, then event.
    pub inboxes: Vec<Vec<(u8, Us)>>,
}

/// In the `extra` of a row that is applied, or refused as not newer: it is a repair's, past the store's own rule.
pub const BY_REPAIR: u32 = 2;

impl Books {
    /// Books for that many keys and these store nodes.
    #[must_use]
    pub fn new(keys: usize, nodes: usize, stores: &[NodeId]) -> Books {
        let at = |node: usize| stores.iter().position(|store| store.index() == node).map(|store| store as u16);
        Books {
            store_of: (0..nodes).map(at).collect(),
            source_changed: vec![Us::ZERO; keys],
            store_changed: vec![vec![Us::ZERO; keys]; stores.len()],
            applied: vec![vec![0; keys]; stores.len()],
            sequences: vec![vec![Sequence::default(); keys]; stores.len()],
            inboxes: vec![Vec::new(); stores.len()],
            ..Books::default()
        }
    }

    /// Takes one more record into account.
    #[inline]
    pub fn apply(&mut self, record: &Record) {
        match record.kind {
            Kind::Committed => {
                self.commits.push(record.at);
                self.source_changed[record.key.index()] = record.at;
                self.know(record.event, record.key).committed = record.at;
            }
            Kind::Retracted => {
                self.commits.pop();
                self.know(record.event, record.key).committed = Us::NEVER;
            }
            Kind::Applied | Kind::NotNewer => {
                let Some(store) = self.store_of.get(record.node.index()).copied().flatten() else { return };
                if record.kind == Kind::Applied {
                    let (store, key) = (usize::from(store), record.key.index());
                    self.store_changed[store][key] = record.at;
                    if record.extra != BY_REPAIR {
                        self.applied[store][key] = self.applied[store][key].max(record.event.0.wrapping_add(1));
                    }
                }
                // By a repair that was refused nothing came.
                let refused = record.kind == Kind::NotNewer && record.extra == BY_REPAIR;
                if self.audited && record.event != EventId::NONE && !refused {
                    self.came(usize::from(store), record);
                }
            }
            Kind::Filled | Kind::Denied | Kind::Evicted | Kind::Emptied => {
                let Some(store) = self.store_of.get(record.node.index()).copied().flatten() else { return };
                let rows = &mut self.store_changed[usize::from(store)];
                match rows.get_mut(record.key.index()) {
                    Some(row) => *row = record.at,
                    None => rows.fill(record.at), // All of them.
                }
            }
            _ => {} // Nobody measures the others.
        }
    }

    fn know(&mut self, event: EventId, key: Key) -> &mut ObservedEvent {
        if self.events.len() <= event.index() {
            self.events.resize(event.index() + 1, ObservedEvent { committed: Us::NEVER, key: Key::NONE });
        }
        let known = &mut self.events[event.index()];
        known.key = key;
        known
    }

    fn came(&mut self, store: usize, record: &Record) {
        let (direct, again) = (record.extra == BY_REPAIR, record.is_again());
        self.sequences[store][record.key.index()].comes(record.version, again);
        if direct {
            return;
        }
        let inbox = &mut self.inboxes[store];
        if inbox.len() <= record.event.index() {
            inbox.resize(record.event.index() + 1, (0, Us::ZERO));
        }
        let (times, last) = &mut inbox[record.event.index()];
        *times = if again { (*times).max(1) } else { times.saturating_add(1) };
        *last = record.at;
        self.know(record.event, record.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn sequences() {
        // versions that come (0: those before are taken back by a snapshot of the next), gaps, repeats
        let table: [(&[u32], &[u32], u32); 6] = [
            (&[1, 2, 3],    &[],     0),
            (&[1, 3],       &[2],    0),
            (&[1, 3, 2],    &[],     0),
            (&[1, 2, 1, 2], &[],     2),
            (&[4],          &[1, 2, 3], 0),
            (&[1, 4, 0, 3], &[],     0),
        ];
        for (versions, gaps, repeats) in table {
            let (mut sequence, mut whole) = (Sequence::default(), false);
            for &version in versions {
                if version > 0 {
                    sequence.comes(version, whole);
                }
                whole = version == 0;
            }
            assert_eq!((sequence.gaps.as_slice(), sequence.repeats), (gaps, repeats), "{versions:?}");
        }
    }

    /// What changes a store's row, and what of it came from its consumer: by the kind of the record.
    #[test]
    #[rustfmt::skip]
    fn what_changes_a_row_and_what_came() {
        use crate::world::record::AGAIN;
        // kind,           extra,     detail, its row changed, every row did, deliveries by the inbox, the highest version
        let table = [
            (Kind::Applied,  0,         0,     true,  false, 1, 7),
            (Kind::NotNewer, 0,         0,     false, false, 1, 7),
            (Kind::Applied,  BY_REPAIR, AGAIN, true,  false, 0, 7),
            (Kind::NotNewer, BY_REPAIR, AGAIN, false, false, 0, 0), // A repair that was refused: nothing came.
            (Kind::Filled,   0,         0,     true,  false, 0, 0), // A reader put it.
            (Kind::Evicted,  0,         0,     true,  false, 0, 0),
            (Kind::Emptied,  0,         0,     true,  true,  0, 0),
        ];
        for (kind, extra, detail, changed, all, came, highest) in table {
            let node = NodeId(0);
            let mut books = Books { on: true, audited: true, ..Books::new(2, 1, &[node]) };
            let key = if all { Key::NONE } else { Key(0) };
            let about = Record { key, event: EventId(0), version: 7, extra, detail, ..Record::new(Us::secs(3), node, kind) };
            books.apply(&about);
            let at = |is: bool| if is { Us::secs(3) } else { Us::ZERO };
            assert_eq!(books.store_changed[0], [at(changed), at(all)], "{kind:?}");
            let inbox = books.inboxes[0].first().map_or(0, |(times, _)| *times);
            assert_eq!((inbox, books.sequences[0][0].highest), (came, highest), "{kind:?} {extra}");
        }
    }
}
