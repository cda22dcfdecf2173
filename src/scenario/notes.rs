//! What the document sets and its strategy does not have: inert, and said so, one sentence each.

use super::block::Block;
use super::build::Builder;
use super::options::{Scope, all};
use super::topology::Topology;
use crate::kernel::time::{UNITS, Us};
use crate::recovery::Compare;
use serde_json::Value;

/// The notes on options that have no effect.
pub fn inert(builder: &Builder<'_>) -> Vec<String> {
    let (root, topology) = (builder.root, &builder.names.topology);
    let mut notes = Vec::new();
    for (name, value) in root {
        match (name.as_str(), value) {
            ("target", Value::String(target)) if target != "broker" && !topology.is_direct() => {
                notes.push(format!("target {target}: {} goes through the broker.", topology.strategy.id()));
            }
            ("nodes" | "links", Value::Object(members)) => {
                notes.extend(members.keys().filter_map(|id| absent(topology, name, id)));
            }
            ("stores", Value::Object(stores)) if !topology.has_broker() => {
                let fed = |store: &Value| store.get("consumer").is_some();
                let ids = stores.iter().filter(|(_, store)| fed(store)).map(|(id, _)| id);
                let note = |id| format!("stores.{id}.consumer: {} has no consumers.", topology.title());
                notes.extend(ids.map(note));
            }
            ("detectors", Value::Object(_)) => notes.extend(detectors(builder)),
            ("recovery", Value::Object(_)) => notes.extend(recoveries(builder)),
            // Whether the broker could take part is set everywhere, for the strategy that asks it to.
            ("broker", Value::Object(block)) if block.keys().all(|option| option == "xa") => {}
            (_, Value::Object(block)) if !block.is_empty() => notes.extend(block_note(topology, name)),
            _ => {}
        }
    }
    notes
}

/// Says that the strategy lacks a node or link; `None` if it has it, or nobody does.
pub fn absent(topology: &Topology, map: &str, id: &str) -> Option<String> {
    let title = topology.title();
    if map != "nodes" && map != "links" {
        return None;
    }
    if map == "nodes" {
        let known = topology.all_nodes().into_iter().find(|known| known.id == id || known.declared == id)?;
        return (!topology.has_node(known.role)).then(|| format!("nodes.{id}: {title} has no {id}."));
    }
    let known = topology.all_links().into_iter().find(|known| known.id == id || known.declared == id)?;
    (!topology.has_link(&known)).then(|| format!("links.{id}: {title} has no link {id}."))
}

fn block_note(topology: &Topology, block: &str) -> Option<String> {
    let row = all().find(|row| row.path.strip_prefix(block).is_some_and(|rest| rest.starts_with('.')))?;
    let what = match row.scope {
        Scope::Always | Scope::Explore => "",
        Scope::Direct => "second write of the app",
        Scope::Outbox => "outbox",
        Scope::Broker => "broker",
        Scope::Of(strategy) => strategy.id(),
        Scope::Cdc => "connector",
    };
    (!has(topology, row.scope)).then(|| format!("{block}: {} has no {what}.", topology.title()))
}

/// Whether a scenario has what options of that scope are about.
pub fn has(topology: &Topology, scope: Scope) -> bool {
    match scope {
        Scope::Always | Scope::Explore => true,
        Scope::Direct => topology.is_direct() || topology.strategy.listens(),
        Scope::Outbox => topology.has_relay(),
        Scope::Broker => topology.has_broker(),
        Scope::Of(strategy) => topology.strategy == strategy,
        Scope::Cdc => topology.has_connector(),
    }
}

/// Options of a detector that its kind does not have.
fn detectors(builder: &Builder<'_>) -> Vec<String> {
    let of = |id: &String| {
        let kind = super::build::detector_kind(builder.root, id);
        (kind.id(), kind.options())
    };
    let ids = builder.names.detectors.iter();
    ids.flat_map(|id| lacking(builder, "detectors", id, &["kind", "period", "threshold"], of(id))).collect()
}

/// Options of a recovery that its kind does not have.
fn recoveries(builder: &Builder<'_>) -> Vec<String> {
    let all = &["kind", "store", "read_row", "timeout"];
    let list = builder.names.topology.recoveries.iter();
    list.flat_map(|named| {
        let mut notes = lacking(builder, "recovery", &named.id, all, (named.kind.id(), named.kind.options()));
        notes.extend(beside(builder, &named.id));
        notes
    })
    .collect()
}

/// What a recovery asks for that this scenario's source does not have.
fn beside(builder: &Builder<'_>, id: &str) -> Vec<String> {
    let (block, topology) = (Block::member(builder.root, "recovery.*", &[id], id), &builder.names.topology);
    let mut notes = Vec::new();
    if block.word("compare") == Compare::Aligned.id() && !topology.has_relay() && !topology.has_connector() {
        let title = topology.title();
        notes
            .push(format!("recovery.{id}.compare: {title} has no log of the source's; rows are compared as they are."));
    }
    if block.switch("incremental") && !topology.has_connector() {
        notes.push(format!("recovery.{id}.incremental: {} has no connector.", topology.title()));
    }
    if block.word("read_from") == "replica" && Block::new(builder.root, "source").word("replica.mode") == "none" {
        notes.push(format!("recovery.{id}.read_from: the source has no replica."));
    }
    notes
}

/// The options that a member of a map sets and its kind, which has an id and options of its own, does not have.
fn lacking(builder: &Builder<'_>, map: &str, id: &str, all: &[&str], (kind, own): (&str, &[&str])) -> Vec<String> {
    let set = builder.root.get(map).and_then(|members| members.get(id)).and_then(Value::as_object);
    let inert = |option: &&String| !all.contains(&option.as_str()) && !own.contains(&option.as_str());
    let options = set.into_iter().flat_map(|options| options.keys());
    options.filter(inert).map(|option| format!("{map}.{id}.{option}: {kind} has no such option.")).collect()
}

/// A time for a sentence: `12.5 s`.
#[must_use]
pub fn spaced(us: Us) -> String {
    // In seconds from one second on, as the page does.
    let (unit, length) = match us.0 {
        1_000_000.. => ("s", 1_000_000),
        _ => UNITS.iter().find(|(_, length)| us.0 >= *length).copied().unwrap_or(("s", 1_000_000)),
    };
    let (whole, rest) = (us.0 / length, us.0 % length);
    if rest == 0 {
        return format!("{whole} {unit}");
    }
    let digits = format!("{:0width$}", rest, width = length.ilog10() as usize);
    format!("{whole}.{} {unit}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_for_sentences() {
        let table = [
            (0, "0 s"),
            (7, "7 us"),
            (1_500, "1.5 ms"),
            (12_500_000, "12.5 s"),
            (12_503_010, "12.50301 s"),
            (90_000_000, "90 s"),
        ];
        for (us, want) in table {
            assert_eq!(spaced(Us(us)), want);
        }
    }
}
