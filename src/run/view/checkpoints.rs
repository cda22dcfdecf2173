//! Checkpoints: views kept along a recording.

use super::{Lens, View};
use crate::world::record::Record;
use std::rc::Rc;

/// Checkpoints of a view, so that any instant is a clone and a short fold away.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    every: usize,
    views: Vec<Rc<View>>,
}

impl Checkpoints {
    /// A checkpoint before every so many records; seldom enough that all of them take little memory.
    #[must_use]
    pub fn new(lens: &Lens, records: &[Record]) -> Checkpoints {
        let every = 4_096.max(records.len() / 256).max(lens.keys * (lens.stores + 1) / 8);
        let mut view = View::new(lens);
        let mut views = Vec::new();
        for (at, record) in records.iter().enumerate() {
            if at % every == 0 {
                views.push(Rc::new(view.clone()));
            }
            view.apply(lens, record);
        }
        if views.is_empty() {
            views.push(Rc::new(view));
        }
        Checkpoints { every, views }
    }

    /// The view after the first `n` records.
    #[must_use]
    pub fn view(&self, lens: &Lens, records: &[Record], n: usize) -> View {
        let nearest = (n / self.every).min(self.views.len() - 1);
        let mut view = View::clone(&self.views[nearest]);
        for record in &records[nearest * self.every..n] {
            view.apply(lens, record);
        }
        view
    }

    /// The view after the first `n` records, folded from another checkpoint: for the test that all give the same.
    #[must_use]
    pub fn view_from(&self, lens: &Lens, records: &[Record], n: usize, checkpoint: usize) -> View {
        let from = checkpoint.min(n / self.every).min(self.views.len() - 1);
        let mut view = View::clone(&self.views[from]);
        for record in &records[from * self.every..n] {
            view.apply(lens, record);
        }
        view
    }

    /// How many checkpoints there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.views.len()
    }

    /// Never: there is one before the first record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.views.is_empty()
    }
}
