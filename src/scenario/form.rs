//! A document as a form: parts, groups and fields, made from the rows of `options`; and what a person types into one.

use super::block::Block;
use super::build::detector_kind;
use super::document::Document;
use super::fault;
use super::kind::Kind;
use super::notes::{absent, has};
use super::options::{Row, Scope, all, literal, names_after, row};
use super::refusal::Refusal;
use super::topology::Topology;
use super::validate::{Names, members_of};
use crate::world::ids::StoreKind;
use serde_json::{Map, Value};

crate::ids! {
    /// A part of the form, in its order.
    pub enum Part {
        /// What the clients do.
        Workload = "workload",
        /// Which strategy, and what is not of a block.
        Strategy = "strategy",
        /// Nodes, links, source, broker, stores, and the options of strategies.
        Options = "options",
        /// What goes wrong.
        Faults = "faults",
        /// What the operator looks at.
        Detectors = "detectors",
        /// What mends.
        Recovery = "recovery",
        /// When the run ends.
        Stop = "stop",
    }
}

/// Fields that belong together: one block of the document, or one member of a map.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its path: `outbox`, `links.app-source`; empty for the options at the top.
    pub path: String,
    /// Whether it is a member of a map: it can be taken out.
    pub member: bool,
    /// Whether the strategy has what it is about; if not, none of its fields has an effect.
    pub used: bool,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// One option.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its path, without `*`.
    pub path: String,
    /// Its declaration.
    pub row: &'static Row,
    /// What the document has, as a person types it; `None` if the default holds.
    pub text: Option<String>,
    /// The default that holds here.
    pub default: &'static str,
    /// Whether it has an effect under this strategy.
    pub used: bool,
}

impl Group {
    /// How many of its options the document sets.
    #[must_use]
    pub fn set(&self) -> usize {
        self.fields.iter().filter(|field| field.text.is_some()).count()
    }
}

impl Part {
    /// The part in which an option stands.
    #[must_use]
    pub fn of(row: &Row) -> Part {
        match row.path.split('.').next().unwrap_or(row.path) {
            "workload" => Part::Workload,
            "faults" => Part::Faults,
            "detectors" => Part::Detectors,
            "recovery" => Part::Recovery,
            "duration" | "drain_limit" | "block_after" => Part::Stop,
            name if name == row.path => Part::Strategy,
            _ => Part::Options,
        }
    }

    /// The maps to which members can be added here.
    #[must_use]
    pub fn maps(self) -> &'static [&'static str] {
        match self {
            Part::Options => &["stores", "nodes", "links"],
            Part::Detectors => &["detectors"],
            Part::Recovery => &["recovery"],
            Part::Workload | Part::Strategy | Part::Faults | Part::Stop => &[],
        }
    }
}

impl Document {
    /// A part of the form: every option that may stand there, as groups in the order of the document.
    #[must_use]
    pub fn form(&self, part: Part) -> Vec<Group> {
        let names = Names::of(self.root());
        let mut groups: Vec<Group> = Vec::new();
        let mut blocks: Vec<&str> = Vec::new();
        for row in all().filter(|row| Part::of(row) == part) {
            let block = row.path.split_once('.').map_or("", |(block, _)| block);
            if !blocks.contains(&block) {
                blocks.push(block);
                groups.extend(self.groups(part, block, &names.topology));
            }
        }
        groups
    }

    /// What is peculiar to the strategy, without what stands for each node, link and store.
    #[must_use]
    pub fn knobs(&self) -> Vec<Group> {
        let mut groups = self.form(Part::Options);
        groups.retain(|group| group.used && !group.member);
        for group in &mut groups {
            let peculiar =
                |field: &Field| !matches!(field.row.scope, Scope::Always | Scope::Transaction | Scope::Explore);
            group.fields.retain(|field| field.used && peculiar(field));
        }
        groups.retain(|group| !group.fields.is_empty());
        // The strategy's own block comes after those that it shares with others.
        groups.reverse();
        groups
    }

    fn groups(&self, part: Part, block: &str, topology: &Topology) -> Vec<Group> {
        if names_after(block) != ["*"] {
            return vec![self.group(part, block, block, "", topology)];
        }
        let members = self.root().get(block).and_then(Value::as_object);
        // A dot would end the path: no such id can be.
        let ids = members.into_iter().flat_map(Map::keys).filter(|id| !id.contains('.'));
        ids.map(|id| {
            let variant = variant(self.root(), block, id, topology);
            let group = self.group(part, &format!("{block}.*"), &format!("{block}.{id}"), &variant, topology);
            Group { member: true, used: absent(topology, block, id).is_none(), ..group }
        })
        .collect()
    }

    fn group(&self, part: Part, pattern: &str, path: &str, variant: &str, topology: &Topology) -> Group {
        let rest = |row: &'static Row| match pattern {
            "" => (!row.path.contains('.')).then_some(row.path),
            _ => row.path.strip_prefix(pattern)?.strip_prefix('.'),
        };
        // What can be one thing only is no choice.
        let choice = |row: &&Row| !matches!(row.kind, Kind::Count(least, most) if least == most);
        let rows = all().filter(|row| Part::of(row) == part).filter(choice).filter_map(|row| Some((row, rest(row)?)));
        let field = |(row, rest): (&'static Row, &str)| {
            let path = if path.is_empty() { rest.to_owned() } else { format!("{path}.{rest}") };
            let text = self.get(&path).map(|value| typed(row.kind, value));
            // What a thing is follows from its id; all else from what it is.
            let variant = if rest == "kind" { path.split('.').nth(1).unwrap_or("") } else { variant };
            Field { row, text, default: row.default_text(variant), used: has(topology, row.scope), path }
        };
        let fields: Vec<Field> = rows.map(field).collect();
        Group { path: path.to_owned(), member: false, used: fields.iter().any(|field| field.used), fields }
    }

    /// Types a text into a field; nothing typed takes the option out.
    ///
    /// # Errors
    /// What of the path cannot be. Whether the option may have that value is seen by [`Document::plan`].
    pub fn type_in(&mut self, path: &str, text: &str) -> Result<(), Vec<Refusal>> {
        let kind = row(&pattern(path)).map_or(Kind::Switch, |row| row.kind);
        let value = value(kind, text);
        let taken_out = value.is_null();
        self.set_value(path, value)?;
        if taken_out {
            self.tidy(path);
        }
        Ok(())
    }

    /// Takes out the blocks around a path that are empty now; the members of maps stay: they mean something.
    fn tidy(&mut self, path: &str) {
        let mut path = path;
        while let Some((block, _)) = path.rsplit_once('.') {
            let empty = self.get(block).and_then(Value::as_object).is_some_and(Map::is_empty);
            if !empty || pattern(block).ends_with('*') || self.set_value(block, Value::Null).is_err() {
                return;
            }
            path = block;
        }
    }

    /// What the document has at an option's path, as a person types it; `None` if the default holds.
    #[must_use]
    pub fn typed_at(&self, path: &str) -> Option<String> {
        let kind = row(&pattern(path)).map_or(Kind::Switch, |row| row.kind);
        self.get(path).map(|value| typed(kind, value))
    }

    /// The ids that can be added to a map; `None` if the document may choose any.
    #[must_use]
    pub fn addable(&self, map: &str) -> Option<Vec<String>> {
        if map == "stores" {
            return None;
        }
        let set = self.root().get(map).and_then(Value::as_object);
        let mut ids = members_of(self, map)?;
        ids.retain(|id| set.is_none_or(|set| !set.contains_key(id)));
        Some(ids)
    }

    /// Adds a member to a map. The store of a document that declares none stays beside the first that is added.
    pub fn add_member(&mut self, map: &str, id: &str) {
        let mut ids = vec![id.to_owned()];
        if map == "stores" && !self.root().contains_key(map) {
            ids.splice(0..0, members_of(self, map).unwrap_or_default());
        }
        let members = self.root.entry(map).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(members) = members {
            for id in ids {
                members.entry(id).or_insert_with(|| Value::Object(Map::new()));
            }
        }
    }

    /// Takes a member of a map out, and the map with its last.
    pub fn remove_member(&mut self, map: &str, id: &str) {
        if let Some(Value::Object(members)) = self.root.get_mut(map) {
            members.shift_remove(id);
            if members.is_empty() {
                self.root.shift_remove(map);
            }
        }
    }
}

/// What chooses the defaults of a member: the role of a link, the kind of a store or detector.
fn variant(root: &Map<String, Value>, map: &str, id: &str, topology: &Topology) -> String {
    match map {
        "links" => {
            let known = topology.all_links().into_iter().find(|known| known.id == id || known.declared == id);
            known.map_or("", |known| known.role.id()).to_owned()
        }
        "stores" => Block::member(root, "stores.*", &[id], id).choice("kind", StoreKind::from_id).id().to_owned(),
        "detectors" => detector_kind(root, id).id().to_owned(),
        _ => id.to_owned(),
    }
}

/// A path with `*` in place of an id that the document chooses.
#[must_use]
pub fn pattern(path: &str) -> String {
    let mut names: Vec<&str> = path.split('.').collect();
    if names.len() > 1 && names_after(names[0]) == ["*"] {
        names[1] = "*";
    }
    names.join(".")
}

/// A value as a person types it into a field.
fn typed(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Faults, Value::Array(list)) => list.iter().map(fault::text_of).collect::<Vec<_>>().join("\n"),
        (Kind::Names(_), Value::Array(list)) if list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        (_, Value::String(text)) => text.clone(),
        _ => readable(value),
    }
}

/// What a person typed into a field; `null` if it is empty.
fn value(kind: Kind, text: &str) -> Value {
    let word = text.trim();
    let list = |separator: char| word.split(separator).map(str::trim).filter(|item| !item.is_empty()).collect();
    match kind {
        _ if word.is_empty() => Value::Null,
        Kind::Text(_) => text.into(),
        Kind::Name => word.into(),
        // A word may be a number: it is written as one.
        Kind::Choice(_) if word.parse::<u64>().is_err() => word.into(),
        Kind::Faults if !word.starts_with('[') => list('\n'),
        Kind::Names(_) if !word.starts_with('[') => list(','),
        _ => literal(word),
    }
}

/// The widest line of [`readable`] that holds a whole list or object.
const WIDE: usize = 64;

/// JSON for people: indented, and what is short in one line.
#[must_use]
pub fn readable(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text
}

fn write(value: &Value, depth: usize, text: &mut String) {
    let short = value.to_string();
    let (open, close) = if value.is_array() { ("[", "]") } else { ("{", "}") };
    let items: Vec<(Option<&String>, &Value)> = match value {
        Value::Array(items) if short.len() > WIDE => items.iter().map(|item| (None, item)).collect(),
        Value::Object(members) if short.len() > WIDE || depth == 0 => {
            members.iter().map(|(name, value)| (Some(name), value)).collect()
        }
        _ => return *text += &short,
    };
    let indent = |text: &mut String, depth: usize| {
        text.push('\n');
        (0..depth).for_each(|_| text.push_str("  "));
    };
    *text += open;
    for (at, (name, value)) in items.iter().enumerate() {
        text.push_str(if at > 0 { "," } else { "" });
        indent(text, depth + 1);
        if let Some(name) = name {
            *text += &Value::from(name.as_str()).to_string();
            *text += ": ";
        }
        write(value, depth + 1, text);
    }
    if !items.is_empty() {
        indent(text, depth);
    }
    *text += close;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets::PRESETS;
    use crate::strategy::StrategyId;

    fn fields(document: &Document) -> Vec<Field> {
        Part::ALL.iter().flat_map(|part| document.form(*part)).flat_map(|group| group.fields).collect()
    }

    #[test]
    fn every_option_stands_in_it_once() {
        let mut document = Document::default();
        for (map, id) in
            [("stores", "cache"), ("nodes", "app"), ("links", "app-source"), ("detectors", "d"), ("recovery", "r")]
        {
            document.add_member(map, id);
        }
        document.remove_member("stores", "search-index");
        let each = fields(&document);
        for row in all().filter(|row| row.path != "version") {
            assert_eq!(each.iter().filter(|field| field.row.path == row.path).count(), 1, "{}", row.path);
        }
        let of = |path: &str| each.iter().find(|field| field.path == path).unwrap().default;
        assert_eq!((of("stores.cache.kind"), of("stores.cache.apply")), ("cache", "blind"));
        assert_eq!((of("links.app-source.latency"), of("outbox.poll")), ("500us", "1s"));
    }

    #[test]
    fn what_it_shows_can_be_typed_again() {
        for preset in PRESETS {
            let document = preset.document();
            let mut again = document.clone();
            let mut count = 0;
            for field in fields(&document) {
                if let Some(text) = &field.text {
                    again.type_in(&field.path, text).unwrap();
                    count += 1;
                }
            }
            assert!(count > 3 && again.plan().is_ok(), "{}", preset.id);
            assert!(super::super::patch::same(again.root(), document.root()), "{}", preset.id);
            assert_eq!(fields(&again).len(), fields(&document).len());
            let text = readable(&Value::Object(document.root().clone()));
            assert_eq!(Document::parse(&text).unwrap().root(), document.root());
        }
    }

    #[test]
    fn nothing_typed_is_the_default() {
        let mut document =
            Document::parse(r#"{"workload": {"keys": {"count": 3}}, "stores": {"a": {"kind": "cache"}}}"#).unwrap();
        for path in ["workload.keys.count", "stores.a.kind"] {
            document.type_in(path, "  ").unwrap();
        }
        assert_eq!(readable(&Value::Object(document.root().clone())), "{\n  \"stores\": {\"a\":{}}\n}");
        document.type_in("title", "7").unwrap();
        assert_eq!((document.typed_at("title").as_deref(), document.typed_at("seed")), (Some("7"), None));
        document.type_in("two-phase-commit.participants", "source, broker").unwrap();
        document.type_in("faults", "crash:app@1s\n\ncrash:app@2s\n").unwrap();
        assert_eq!(document.get("title"), Some(&Value::from("7")));
        assert_eq!(document.get("two-phase-commit.participants.1"), Some(&Value::from("broker")));
        assert_eq!(document.faults(), ["crash:app@1s", "crash:app@2s"]);
    }

    #[test]
    fn what_a_strategy_lacks_is_marked() {
        let document = PRESETS[0].document().with_strategy(StrategyId::Outbox);
        let used = |document: &Document, path: &str| fields(document).iter().find(|f| f.path == path).unwrap().used;
        assert!(used(&document, "outbox.poll") && !used(&document, "direct.gap"));
        let direct = document.with_strategy(StrategyId::DirectDbFirst);
        assert!(!used(&direct, "outbox.poll") && used(&direct, "direct.gap"));
        let knobs = |document: &Document| document.knobs().into_iter().map(|group| group.path).collect::<Vec<_>>();
        assert_eq!(knobs(&direct), ["direct"]);
        assert_eq!(knobs(&document), ["outbox", "broker", "source"]);
    }

    #[test]
    fn members() {
        let mut document = Document::default();
        assert!(document.addable("stores").is_none() && document.addable("detectors").is_none());
        assert!(document.addable("nodes").unwrap().contains(&"app".to_owned()));
        document.add_member("nodes", "app");
        assert!(!document.addable("nodes").unwrap().contains(&"app".to_owned()));
        document.add_member("stores", "cache");
        assert_eq!(
            document.root()["stores"].as_object().unwrap().keys().collect::<Vec<_>>(),
            ["search-index", "cache"]
        );
        document.remove_member("nodes", "app");
        assert_eq!(document.get("nodes"), None);
    }
}
