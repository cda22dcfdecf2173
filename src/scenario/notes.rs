//! What the document sets and its strategy does not have: inert, and said so, one sentence each.

use super::block::Block;
use super::build::Builder;
use super::document::get;
use super::options::{Row, Scope, all};
use super::topology::Topology;
use crate::kernel::time::{UNITS, Us};
use crate::recovery::Compare;
use crate::strategy::machine::Verb;
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
            ("broker", Value::Object(block)) if block.keys().all(|option| option == "xa") => {}
            (_, Value::Object(block)) if !block.is_empty() => notes.extend(block_note(topology, name)),
            _ => {}
        }
        unused(builder, name, &mut notes);
    }
    notes
}

/// What is set everywhere, for the strategy that asks for it: whether source and broker could take part in a two-phase commit.
const EVERYWHERE: [&str; 2] = ["source.max_prepared_transactions", "broker.xa"];

/// The options of a block.
fn rows_of(block: &str) -> impl Iterator<Item = &'static Row> {
    all().filter(move |row| row.path.strip_prefix(block).is_some_and(|rest| rest.starts_with('.')))
}

/// Notes on single options that are out of scope, in a block or map that is not out of scope itself.
fn unused(builder: &Builder<'_>, block: &str, notes: &mut Vec<String>) {
    let topology = &builder.names.topology;
    let known = |row: &&Row| !has(topology, row.scope) && !EVERYWHERE.contains(&row.path);
    // Consumers that are not there have their note.
    let alone = |row: &&Row| !row.path.starts_with("stores.*.consumer.");
    if block_note(topology, block).is_some() {
        return;
    }
    for row in rows_of(block).filter(known).filter(alone) {
        let mut say = |path: &str| {
            if get(builder.root, path).is_some() {
                notes.push(match row.scope {
                    Scope::Of(strategy) => format!("{path}: an option of {} only.", strategy.id()),
                    scope => format!("{path}: {} has no {}.", topology.title(), lacks(topology, scope)),
                });
            }
        };
        match builder.root.get(block) {
            Some(Value::Object(members)) if row.path.contains('*') => {
                members.keys().for_each(|id| say(&row.path.replace('*', id)));
            }
            _ => say(row.path),
        }
    }
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
    let what = lacks(topology, rows_of(block).next()?.scope);
    rows_of(block).all(|row| !has(topology, row.scope)).then(|| format!("{block}: {} has no {what}.", topology.title()))
}

/// What a scenario lacks in which an option of that scope does nothing.
fn lacks(topology: &Topology, scope: Scope) -> &'static str {
    match scope {
        Scope::Always | Scope::Explore => "",
        Scope::Answered if topology.is_direct() || topology.strategy.listens() => "second write after its commit",
        Scope::Tried if topology.is_direct() => "second write that is tried again",
        Scope::Direct | Scope::Answered | Scope::Tried => "second write of the app",
        Scope::Outbox => "outbox",
        Scope::Broker => "broker",
        Scope::Producer => "publish that is acknowledged",
        Scope::Pipeline => "producer that does not wait for each answer",
        Scope::Transaction => "transaction of the app",
        Scope::Of(strategy) => strategy.id(),
        Scope::Cdc => "connector",
    }
}

/// Whether a scenario has what options of that scope are about.
pub fn has(topology: &Topology, scope: Scope) -> bool {
    let steps = topology.strategy.steps();
    let at = |verb| steps.iter().position(|step| step.verb == verb);
    match scope {
        Scope::Always | Scope::Explore => true,
        Scope::Direct => topology.is_direct() || topology.strategy.listens(),
        Scope::Outbox => topology.has_relay(),
        Scope::Broker => topology.has_broker(),
        Scope::Answered => {
            matches!((at(Verb::Commit), at(Verb::Publish)), (Some(commit), Some(second)) if commit < second)
        }
        Scope::Tried => at(Verb::Publish).is_some(),
        Scope::Transaction => at(Verb::Begin).is_some(),
        Scope::Pipeline => topology.has_broker() && (topology.has_relay() || at(Verb::Buffer).is_some()),
        // A coordinator's broker votes instead; what a recovery publishes is acknowledged everywhere.
        Scope::Producer => {
            topology.has_broker() && (!topology.has_coordinator() || topology.recoveries.iter().any(|mend| mend.reemit))
        }
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
