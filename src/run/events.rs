//! Which of the records a list shows: by node, by kind, by key, by words.

use super::recording::Recording;
use crate::world::ids::{Key, RecordId};
use crate::world::record::{Kind, Record};

/// What a list shows; empty: everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The node, by its place in the plan; beyond the last: what happens at no node.
    pub node: Option<u16>,
    /// The kind, by its place among all.
    pub kind: Option<u8>,
    /// The key, by its place in `Story::keys`.
    pub key: Option<u32>,
    /// Words that a line has, in small letters (a to z); all of them.
    pub words: Vec<String>,
}

impl Filter {
    /// Whether it leaves nothing out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    fn takes(&self, recording: &Recording, id: RecordId, record: &Record) -> bool {
        let nodes = recording.plan().nodes.len() as u16;
        self.node.is_none_or(|node| record.node.0.min(nodes) == node)
            && self.kind.is_none_or(|kind| record.kind as u8 == kind)
            && self.key.is_none_or(|key| record.key == Key(key))
            && (self.words.is_empty() || self.says(recording, id))
    }

    fn says(&self, recording: &Recording, id: RecordId) -> bool {
        let line = recording.event_line(id);
        let text = format!("{} {} {}", line.node, line.kind, line.text).to_ascii_lowercase();
        self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// What there is to choose from: nodes, kinds and keys that some record has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Nodes: place and name.
    pub nodes: Vec<(u32, String)>,
    /// Kinds: place and name.
    pub kinds: Vec<(u32, String)>,
    /// Keys: place and name.
    pub keys: Vec<(u32, String)>,
}

impl Recording {
    /// The records from one up to another that a filter takes, in order: so that a long list can be made in slices.
    #[must_use]
    pub fn events(&self, filter: &Filter, from: u32, to: u32) -> Vec<RecordId> {
        let records = &self.trace().records;
        let ids = (from..to.min(records.len() as u32)).map(RecordId);
        ids.filter(|id| filter.takes(self, *id, &records[id.index()])).collect()
    }

    /// What its records can be chosen by.
    #[must_use]
    pub fn choices(&self) -> Choices {
        let plan = self.plan();
        let (mut nodes, mut kinds, mut keys) =
            (vec![false; plan.nodes.len() + 1], [false; Kind::ALL.len()], vec![false; plan.keys()]);
        for record in &self.trace().records {
            nodes[usize::from(record.node.0).min(plan.nodes.len())] = true;
            kinds[record.kind as usize] = true;
            if let Some(key) = keys.get_mut(record.key.index()) {
                *key = true;
            }
        }
        let name = |node: usize| plan.nodes.get(node).map_or("no node", |node| node.id.as_str()).to_owned();
        Choices {
            nodes: named(&nodes, &name),
            kinds: named(&kinds, &|kind| Kind::ALL[kind].id().to_owned()),
            keys: named(&keys, &|key| plan.key_name(Key(key as u32))),
        }
    }
}

fn named(there: &[bool], name: &dyn Fn(usize) -> String) -> Vec<(u32, String)> {
    let places = there.iter().enumerate().filter(|(_, there)| **there);
    places.map(|(place, _)| (place as u32, name(place))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;

    #[test]
    fn slices_together_are_the_whole_and_each_choice_is_met() {
        let run = Recording::run(presets::find(presets::FIRST).unwrap().document().plan().unwrap());
        let (all, choices) = (run.story().records, run.choices());
        let filters = choices
            .nodes
            .iter()
            .map(|(node, _)| Filter { node: Some(*node as u16), ..Filter::default() })
            .chain(choices.kinds.iter().map(|(kind, _)| Filter { kind: Some(*kind as u8), ..Filter::default() }))
            .chain(choices.keys.iter().map(|(key, _)| Filter { key: Some(*key), ..Filter::default() }));
        for filter in filters {
            let whole = run.events(&filter, 0, all);
            assert!(!whole.is_empty() && whole.len() < all as usize, "{filter:?}");
            let slices: Vec<RecordId> =
                (0..all).step_by(100).flat_map(|at| run.events(&filter, at, at + 100)).collect();
            assert_eq!(slices, whole);
        }
        assert_eq!(run.events(&Filter::default(), 0, all).len(), all as usize);
        let words = Filter { words: vec!["app".to_owned(), "crashes".to_owned()], ..Filter::default() };
        let found = run.events(&words, 0, all);
        assert_eq!(found.len(), 1);
        assert!(run.event_line(found[0]).text.starts_with("crashes"));
    }
}
