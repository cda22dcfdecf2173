//! What a search shows: the documents of an index as its last refresh has left them (DOMAIN 2c).

use super::Simulation;
use crate::kernel::time::Us;
use crate::scenario::plan::Plan;
use crate::world::ids::{Key, StoreKind};
use crate::world::observe::ObservedRow;
use crate::world::record::{Kind, Record};

/// A fold over records, like the books of the detectors.
#[derive(Clone, Debug, Default)]
pub struct Searched {
    /// By store: how often it refreshes; zero: nobody searches it, and nothing is kept.
    every: Vec<Us>,
    /// By store, then key: the row before its newest change in a time between two refreshes, and after it.
    rows: Vec<Vec<[ObservedRow; 2]>>,
}

impl Searched {
    /// For a plan, of which nothing is indexed yet.
    pub fn new(plan: &Plan) -> Searched {
        let asked = plan.recoveries.iter().any(|recovery| recovery.search);
        let asked = asked || plan.detectors.iter().any(|detector| detector.search);
        let every = |index: bool, refresh: Us| if index && asked { refresh } else { Us::ZERO };
        let every: Vec<Us> =
            plan.stores.iter().map(|store| every(store.kind == StoreKind::SearchIndex, store.refresh)).collect();
        let keys = |every: &Us| if *every > Us::ZERO { plan.keys() } else { 0 };
        Searched { rows: every.iter().map(|at| vec![[ObservedRow::default(); 2]; keys(at)]).collect(), every }
    }

    /// Whether a refresh lies between two moments.
    fn between(&self, store: usize, before: Us, after: Us) -> bool {
        let every = self.every[store].0.max(1);
        before.0 / every < after.0 / every
    }
}

impl Simulation<'_> {
    /// Takes one more record into account, whose change the store shows already.
    pub(super) fn searched_after(&mut self, record: &Record) {
        let store = self.books.store_of.get(record.node.index()).copied().flatten().map(usize::from);
        let Some(store) = store.filter(|store| self.searched.every.get(*store).is_some_and(|at| *at > Us::ZERO)) else {
            return;
        };
        let keys = match record.kind {
            Kind::Applied => record.key.index()..record.key.index() + 1,
            Kind::Emptied | Kind::Swapped => 0..self.searched.rows[store].len(),
            _ => return, // Nothing else changes a document.
        };
        for key in keys {
            let newest = self.store_row(store, Key(key as u32));
            let [before, after] = self.searched.rows[store][key];
            let settled = self.searched.between(store, after.changed, self.now);
            // What is swapped in was made and refreshed beside the old one.
            let before = match record.kind {
                Kind::Swapped => newest,
                _ if settled => after,
                _ => before,
            };
            self.searched.rows[store][key] = [before, newest];
        }
    }

    /// A row of a store as a query shows it: a get, or a search.
    pub(super) fn queried_row(&self, store: usize, key: Key, search: bool) -> ObservedRow {
        match self.searched.rows[store].get(key.index()).filter(|_| search) {
            Some([_, after]) if self.searched.between(store, after.changed, self.now) => *after,
            Some([before, _]) => *before,
            None => self.store_row(store, key),
        }
    }
}
