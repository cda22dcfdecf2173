//! Document to plan: everything that is wrong, all at once and in the document's order, or every option resolved.

use super::arrivals::READ;
use super::block::Block;
use super::build::Builder;
use super::document::{Document, get};
use super::kind::is_name;
use super::options::{MOST_NUMBERED, MOST_STORES, NUMBERED, names_after, row};
use super::participants;
use super::plan::Plan;
use super::refusal::{Allowed, MOST_LISTED, Refusal, short_name};
use super::topology::{RecoveryName, StoreName, Topology};
use crate::kernel::sorted::{self, sort_by_key};
use crate::recovery::RecoveryKind;
use crate::scenario::plan::Target;
use crate::strategy::StrategyId;
use crate::world::ids::{Apply, StoreId, StoreKind};
use serde_json::{Map, Value};

/// Resolves a document.
pub fn plan(document: &Document) -> Result<Plan, Vec<Refusal>> {
    let root = document.root();
    let mut refusals = Vec::new();
    check_block(root, "", "", &mut refusals);
    let names = Names::of(root);
    names.check(root, &mut refusals);
    let plan = Builder::new(root, &names, &mut refusals).plan(document.name());
    if refusals.is_empty() { Ok(plan) } else { Err(in_document_order(root, refusals)) }
}

/// Refuses unknown options and values that cannot be read. `pattern` is `path` with `*` for ids.
fn check_block(block: &Map<String, Value>, path: &str, pattern: &str, refusals: &mut Vec<Refusal>) {
    let names = names_after(pattern);
    let join = |path: &str, name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let mut unknown = 0;
    for (name, value) in block {
        let here = join(path, &short_name(name));
        let open = names == ["*"];
        if !open && !names.contains(&name.as_str()) {
            unknown += 1;
            if unknown <= MOST_LISTED {
                refusals.push(Refusal::no_such(here, value, "option", name, &names));
            }
            continue;
        }
        if open && name.len() > LONGEST_ID {
            continue; // Refused as an id.
        }
        let pattern = join(pattern, if open { "*" } else { name });
        match (row(&pattern), value) {
            (Some(row), _) => {
                if let Err(found) = row.kind.read(&here, value) {
                    refusals.extend(found);
                }
            }
            (None, Value::Object(block)) => check_block(block, &here, &pattern, refusals),
            (None, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                let form = format!("an object; it may have {}", names_after(&pattern).join(", "));
                refusals.push(Refusal::form(here, value, form.replace("have *", "have an object for each id")));
            }
        }
    }
    refusals.extend(unlisted(path, unknown));
}

/// Says how many faults of one sort are not listed one by one.
fn unlisted(path: &str, count: usize) -> Option<Refusal> {
    let more = count.checked_sub(MOST_LISTED).filter(|more| *more > 0)?;
    let path = if path.is_empty() { "document" } else { path };
    let reason = "Only the first of them are listed.".to_owned();
    Some(Refusal::new(path, format!("wrong in {more} more places"), Allowed::Reason(reason)))
}

/// Longer than any id that could be meant.
const LONGEST_ID: usize = 256;

/// The ids that a document declares, and those that follow from them.
pub struct Names {
    /// The stores and what the strategy makes of them.
    pub topology: Topology,
    /// The stores as declared, before `fanout` copies them.
    pub declared: Vec<String>,
    /// The detectors.
    pub detectors: Vec<String>,
    /// How often each store is copied.
    pub fanout: u64,
}

/// The store of a document that declares none.
const DEFAULT_STORE: &str = "search-index";

/// Ids that a store cannot have: they are, or will be, other nodes'.
const RESERVED: [&str; 7] = ["app", "source", "broker", "relay", "connector", "coordinator", "consumer"];

impl Names {
    /// Reads them from a document, as far as they can be read.
    pub fn of(root: &Map<String, Value>) -> Names {
        let ids = |map: &str| match root.get(map) {
            Some(Value::Object(members)) => Some(members.keys().cloned().collect::<Vec<String>>()),
            _ => None,
        };
        let top = Block::new(root, "");
        let fanout = Block::new(root, "workload").count("fanout");
        let mut declared = ids("stores").unwrap_or_else(|| vec![DEFAULT_STORE.to_owned()]);
        declared.truncate(MOST_STORES as usize);
        let readers = has_readers(root);
        let mut stores = StoreName::expand(&declared, fanout.min(MOST_STORES / declared.len().max(1) as u64).max(1));
        for store in &mut stores {
            store.reference = Block::member(root, "stores.*", &[&store.declared], "").word("payload") == "reference";
            let kind = Block::member(root, "stores.*", &[&store.declared], store.declared.as_str()).word("kind");
            store.read = readers && kind == StoreKind::Cache.id();
            store.members = Block::member(root, "stores.*", &[&store.declared], "").count32("consumer.members") as u16;
        }
        let next = |declared: &str| Block::member(root, "stores.*", &[declared], "").text("emits_to");
        for at in 0..stores.len() {
            // The copies of a store that is copied emit to the copies of the next.
            let (to, copy) = (next(&stores[at].declared), at % fanout.clamp(1, MOST_STORES) as usize);
            let copies = stores.iter().enumerate().filter(|(_, store)| store.declared == to);
            let found = copies.map(|(place, _)| place).nth(copy).filter(|place| *place != at);
            stores[at].emits_to = found.map(|place| StoreId(place as u16));
            if let Some(place) = found {
                stores[place].fed = true;
            }
        }
        let target = if top.text("target") == "broker" { Target::Broker } else { Target::Stores };
        let relays = Block::new(root, "outbox").count32("relays") as u16;
        let participants = Block::new(root, "two-phase-commit").names("participants");
        let strategy = top.choice("strategy", StrategyId::from_id);
        let mut recovered = ids("recovery").unwrap_or_default();
        recovered.truncate(MOST_STORES as usize);
        let recoveries = recovered.iter().map(|id| recovery(root, id, &stores)).collect();
        let topology = Topology { strategy, target, stores, relays, participants, recoveries };
        Names { topology, declared, detectors: ids("detectors").unwrap_or_default(), fanout }
    }

    /// Refuses ids that cannot be, and those that nothing has.
    fn check(&self, root: &Map<String, Value>, refusals: &mut Vec<Refusal>) {
        self.check_stores(root, refusals);
        self.check_target(root, refusals);
        self.check_caches(root, refusals);
        self.check_recoveries(root, refusals);
        check_producer(root, refusals);
        participants::check(root, &self.topology, refusals);
        for id in self.detectors.iter().filter(|id| !is_name(id)) {
            refusals.push(bad_name("detectors", id));
        }
        if self.detectors.len() as u64 > MOST_STORES {
            let reason = format!("A scenario may have at most {MOST_STORES} detectors.");
            refusals.push(Refusal::reason("detectors", &root["detectors"], reason));
        }
        for (map, known) in [("nodes", self.node_ids()), ("links", self.link_ids())] {
            let Some(Value::Object(members)) = root.get(map) else { continue };
            let sort = if map == "nodes" { "node" } else { "link" };
            let mut set: Vec<&str> = known.iter().map(String::as_str).collect();
            sorted::sort(&mut set);
            let unknown = members.iter().filter(|(id, _)| set.binary_search(&id.as_str()).is_err());
            for (id, value) in unknown.clone().take(MOST_LISTED) {
                refusals.push(Refusal::no_such(format!("{map}.{}", short_name(id)), value, sort, id, &known));
            }
            refusals.extend(unlisted(map, unknown.count()));
        }
    }

    fn check_stores(&self, root: &Map<String, Value>, refusals: &mut Vec<Refusal>) {
        let Some(Value::Object(stores)) = root.get("stores") else { return };
        let before = refusals.len();
        for id in stores.keys() {
            let reserved = |word: &&str| {
                let rest = id.strip_prefix(*word).map(|rest| rest.trim_start_matches('-'));
                rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
            };
            if !is_name(id) {
                refusals.push(bad_name("stores", id));
            } else if RESERVED.iter().any(reserved) || id.ends_with("-consumer") {
                let reason = "It is kept for another node; a store needs an id of its own.";
                refusals.push(Refusal::reason(format!("stores.{id}"), &Value::from(id.as_str()), reason));
            }
        }
        if stores.len() as u64 * self.fanout > MOST_STORES {
            let reason = format!("A scenario may have at most {MOST_STORES} stores, all copies counted.");
            let (path, value) = match get_fanout(root) {
                Some(fanout) => ("workload.fanout", fanout),
                None => ("stores", &root["stores"]),
            };
            refusals.push(Refusal::reason(path, value, reason));
        }
        if refusals.len() > before {
            return;
        }
        self.check_emits(root, refusals);
        if refusals.len() > before {
            return;
        }
        let ids = self.topology.all_nodes().into_iter().map(|node| node.id);
        let twice = twice(ids.chain(self.topology.all_links().into_iter().map(|link| link.id)));
        // A recovery that has a store's id is refused by itself.
        for id in twice.into_iter().filter(|id| !self.topology.recoveries.iter().any(|recovery| recovery.id == *id)) {
            let reason = format!("Two nodes or two links would have the id {id}.");
            refusals.push(Refusal::reason("stores", &root["stores"], reason));
        }
    }

    /// A cache holds copies of rows: readers fill it, entries leave it, and neither can be an effect.
    fn check_caches(&self, root: &Map<String, Value>, refusals: &mut Vec<Refusal>) {
        for id in &self.declared {
            let block = Block::member(root, "stores.*", &[id], id.as_str());
            let kind = block.choice("kind", StoreKind::from_id);
            let apply = Block::member(root, "stores.*", &[id], kind.id()).choice("apply", Apply::from_id);
            if kind == StoreKind::Cache && apply.has_effects(kind) {
                let reason = "A cache holds copies of rows, no effects: blind or versioned.";
                refusals.push(Refusal::reason(format!("stores.{id}.apply"), &Value::from(apply.id()), reason));
            }
        }
    }

    fn check_recoveries(&self, root: &Map<String, Value>, refusals: &mut Vec<Refusal>) {
        let Some(Value::Object(recoveries)) = root.get("recovery") else { return };
        if recoveries.len() as u64 > MOST_STORES {
            let reason = format!("A scenario may have at most {MOST_STORES} recoveries.");
            refusals.push(Refusal::reason("recovery", &root["recovery"], reason));
        }
        for (id, options) in recoveries {
            let taken = self.declared.contains(id) || RESERVED.contains(&id.as_str()) || id.ends_with("-consumer");
            if !is_name(id) {
                refusals.push(bad_name("recovery", id));
            } else if taken {
                let reason = "Another node has this id; a recovery needs one of its own.";
                refusals.push(Refusal::reason(format!("recovery.{id}"), &Value::from(id.as_str()), reason));
            }
            let store = options.get("store").and_then(Value::as_str).unwrap_or("all");
            let known = || {
                let stores = self.topology.stores.iter().map(|store| &store.id).chain(&self.declared);
                stores.map(String::as_str).chain(["all"])
            };
            if is_name(store) && !known().any(|known| known == store) {
                refusals.push(Refusal::one_of(format!("recovery.{}.store", short_name(id)), store, known()));
            }
        }
    }

    fn check_emits(&self, root: &Map<String, Value>, refusals: &mut Vec<Refusal>) {
        for id in &self.declared {
            let path = format!("stores.{id}.emits_to");
            let Some(to) = get(root, &path).and_then(Value::as_str).filter(|to| is_name(to) && *to != "none") else {
                continue;
            };
            let members = get(root, &format!("stores.{id}.consumer.members"));
            if let Some(members) = members.filter(|members| members.as_u64() != Some(1)) {
                let reason = "A store that emits to another has a consumer group of one member.";
                refusals.push(Refusal::reason(format!("stores.{id}.consumer.members"), members, reason.to_owned()));
            }
            if to == id || !self.declared.iter().any(|known| known == to) {
                let others = self.declared.iter().filter(|known| *known != id).map(String::as_str);
                refusals.push(Refusal::one_of(path, to, others.chain(["none"])));
            }
        }
        if let Some(store) = self.topology.circle() {
            let id = &self.topology.stores[store.index()].id;
            let reason = format!("{id} would be fed by two stores, or by itself.");
            refusals.push(Refusal::reason("stores", &root["stores"], reason));
        }
    }

    fn check_target(&self, root: &Map<String, Value>, refusals: &mut Vec<Refusal>) {
        let Some(target) = root.get("target").and_then(Value::as_str) else { return };
        let known: Vec<&String> =
            self.declared.iter().chain(self.topology.stores.iter().map(|store| &store.id)).collect();
        if is_name(target) && target != "broker" && !known.iter().any(|id| *id == target) {
            let mut ids = vec!["broker"];
            ids.extend(self.declared.iter().map(String::as_str));
            refusals.push(Refusal::one_of("target", target, ids));
        }
    }

    /// Every id under which a node's options may be set.
    #[must_use]
    pub fn node_ids(&self) -> Vec<String> {
        once(self.topology.all_nodes().into_iter().flat_map(|node| [node.id, node.declared]))
    }

    /// Every id under which a link's options may be set.
    #[must_use]
    pub fn link_ids(&self) -> Vec<String> {
        once(self.topology.all_links().into_iter().flat_map(|link| [link.id, link.declared]))
    }
}

/// A recovery and which stores it covers.
fn recovery(root: &Map<String, Value>, id: &str, stores: &[StoreName]) -> RecoveryName {
    let block = Block::member(root, "recovery.*", &[id], id);
    let kind = block.choice("kind", RecoveryKind::from_id);
    let wanted = block.text("store");
    let covered = |store: &StoreName| wanted == "all" || store.id == wanted || store.declared == wanted;
    let covers = (0u16..).zip(stores).filter(|(_, store)| covered(store)).map(|(at, _)| StoreId(at)).collect();
    let reemit = block.word("repair") == "re-emit" || kind == RecoveryKind::Resnapshot;
    RecoveryName { id: id.to_owned(), kind, stores: covers, reemit }
}

/// How many publishes may be unanswered at once; 0: any number. A producer that numbers what it sends has another default.
pub(super) fn in_flight(root: &Map<String, Value>) -> u64 {
    let numbered = if Block::new(root, "broker").switch("idempotence") { NUMBERED } else { "" };
    Block::member(root, "broker", &["broker"], numbered).count("in_flight")
}

/// As in Kafka, a producer that numbers what it sends must hear from every replica in sync, and may have only so many
/// unanswered.
fn check_producer(root: &Map<String, Value>, refusals: &mut Vec<Refusal>) {
    let broker = Block::new(root, "broker");
    if !broker.switch("idempotence") {
        return;
    }
    if broker.word("acks") != "all" {
        let reason = "An idempotent producer needs broker.acks all.";
        refusals.push(Refusal::reason("broker.idempotence", &Value::Bool(true), reason));
    }
    let most = in_flight(root);
    if !(1..=MOST_NUMBERED).contains(&most) {
        let reason = format!("An idempotent producer may have 1 to {MOST_NUMBERED} in flight.");
        refusals.push(Refusal::reason("broker.in_flight", &Value::from(most), reason));
    }
}

/// The ids that `*` stands for in a map whose members the document need not name.
pub(super) fn members_of(document: &Document, map: &str) -> Option<Vec<String>> {
    let names = Names::of(document.root());
    match map {
        "nodes" => Some(names.topology.all_nodes().into_iter().map(|node| node.id).collect()),
        "links" => Some(names.topology.all_links().into_iter().map(|link| link.id).collect()),
        "stores" => Some(names.declared),
        _ => None,
    }
}

/// Whether somebody reads through the caches: at a rate, or in a written list.
fn has_readers(root: &Map<String, Value>) -> bool {
    let workload = root.get("workload");
    let list = workload.and_then(|workload| workload.get("arrivals")).and_then(Value::as_array);
    let reads = |entry: &Value| entry.get("op").and_then(Value::as_str) == Some(READ);
    Block::new(root, "workload").rate("reads_per_key").is_some() || list.is_some_and(|list| list.iter().any(reads))
}

fn get_fanout(root: &Map<String, Value>) -> Option<&Value> {
    root.get("workload")?.as_object()?.get("fanout")
}

fn bad_name(map: &str, id: &str) -> Refusal {
    let form = super::kind::Kind::Name.allows();
    Refusal::reason(format!("{map}.{}", short_name(id)), &Value::from(id), format!("An id must be {form}."))
}

fn once(ids: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for id in ids {
        if !seen.contains(&id) {
            seen.push(id);
        }
    }
    seen
}

fn twice(ids: impl Iterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<String> = ids.collect();
    sorted::sort(&mut ids);
    let same = ids.chunk_by(|one, other| one == other).filter(|same| same.len() > 1);
    same.map(|same| same[0].clone()).collect()
}

/// Puts refusals in the order in which their paths stand in the document; those of defaults where their block stands.
fn in_document_order(root: &Map<String, Value>, refusals: Vec<Refusal>) -> Vec<Refusal> {
    let mut places = Vec::new();
    for (name, value) in root {
        note_places(&short_name(name), value, 0, &mut places);
    }
    // By path; where two long names look the same, the last one counts.
    let mut by_path: Vec<usize> = (0..places.len()).collect();
    sort_by_key(&mut by_path, |place| places[*place].as_str());
    let place = |refusal: &Refusal| {
        let mut path = refusal.path.as_str();
        loop {
            let end = by_path.partition_point(|place| places[*place].as_str() <= path);
            if let Some(place) = by_path[..end].last().filter(|place| places[**place] == path) {
                return *place;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return usize::MAX,
            }
        }
    };
    let mut ordered: Vec<(usize, Refusal)> = refusals.into_iter().map(|refusal| (place(&refusal), refusal)).collect();
    sort_by_key(&mut ordered, |(place, _)| *place);
    ordered.dedup_by(|(_, one), (_, other)| one == other);
    ordered.into_iter().map(|(_, refusal)| refusal).collect()
}

fn note_places(path: &str, value: &Value, depth: u32, places: &mut Vec<String>) {
    places.push(path.to_owned());
    // No refusal is about anything deeper.
    if depth == 6 {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                note_places(&format!("{path}.{}", short_name(name)), value, depth + 1, places);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                note_places(&format!("{path}[{index}]"), value, depth + 1, places);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
