//! Faults as typed become faults of the plan: names become nodes, links and keys; what the strategy lacks is noted.

use super::arrivals::{self, KeyText};
use super::build::Builder;
use super::fault::{self, Fault, FaultRule, TargetKind};
use super::notes::spaced;
use super::plan::{FaultKind, FaultPlan, FaultTarget, FaultWhen, KeyPlan, LinkPlan, NodePlan, NodeRole};
use super::refusal::{Allowed, Refusal};
use super::{block::Block, topology::KnownNode};
use crate::kernel::time::Us;
use crate::strategy::CrashPoint;
use crate::world::ids::{LinkId, NodeId};
use crate::world::replica::ReplicaMode;
use serde_json::Value;

/// Resolves the faults of the document; adds a note for each that never fires under its strategy.
pub fn resolve(
    builder: &mut Builder<'_>,
    keys: &KeyPlan,
    nodes: &[NodePlan],
    links: &[LinkPlan],
    notes: &mut Vec<String>,
) -> Vec<FaultPlan> {
    let top = Block::new(builder.root, "");
    // One fault that cannot be read does not hide what is wrong with the others.
    let list = builder.root.get("faults").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let (faults, _) = fault::read_entries("faults", &list[..list.len().min(fault::MOST)]);
    let duration = top.us("duration");
    let mut plans = Vec::with_capacity(faults.len());
    for fault in faults {
        check_time(builder, &fault, duration);
        let found = match FaultRule::of(fault.kind).target {
            TargetKind::Node => node(builder, &fault, nodes),
            TargetKind::Link => link(builder, &fault, links),
            TargetKind::Source
                if fault.target == "source"
                    && fault.kind == FaultKind::SlotLost
                    && !builder.names.topology.has_connector() =>
            {
                Err(Lacking::Absent(format!("{} has no replication slot.", builder.names.topology.title())))
            }
            TargetKind::Source if fault.target == "source" => Ok(FaultTarget::Node(source(nodes))),
            TargetKind::Source => {
                builder.refusals.push(Refusal::one_of(format!("{}.target", fault.path), &fault.target, ["source"]));
                continue;
            }
            TargetKind::Leader if fault.target == "source" && !has_replica(builder) => {
                Err(Lacking::Absent("the source has no replica (source.replica.mode is none).".to_owned()))
            }
            TargetKind::Leader if LEADERS.contains(&fault.target.as_str()) => node(builder, &fault, nodes),
            TargetKind::Leader => {
                builder.refusals.push(Refusal::one_of(format!("{}.target", fault.path), &fault.target, LEADERS));
                continue;
            }
            TargetKind::Key => match key(builder, &fault, keys) {
                Some(target) => Ok(target),
                None => continue,
            },
        };
        let target = match found {
            Ok(target) => target,
            Err(Lacking::Refused) => continue,
            Err(Lacking::Absent(why)) => {
                notes.push(format!("{}: {why}", words(&fault)));
                FaultTarget::Absent
            }
        };
        let Fault { text, kind, when, span, .. } = fault;
        plans.push(FaultPlan { text, kind, target, when, span });
    }
    plans
}

/// The nodes that have a follower.
const LEADERS: [&str; 2] = ["source", "broker"];

fn has_replica(builder: &Builder<'_>) -> bool {
    Block::new(builder.root, "source").choice("replica.mode", ReplicaMode::from_id) != ReplicaMode::None
}

/// Why a fault has no target.
enum Lacking {
    /// It has been refused.
    Refused,
    /// The strategy does not have it: a sentence.
    Absent(String),
}

fn check_time(builder: &mut Builder<'_>, fault: &Fault, duration: Us) {
    let FaultWhen::At(at) = fault.when else { return };
    if at > duration {
        let allowed = Allowed::Range("0s".into(), format!("{duration} (duration)"));
        builder.refusals.push(Refusal::new(format!("{}.at", fault.path), format!("\"{at}\""), allowed));
    }
}

fn source(nodes: &[NodePlan]) -> NodeId {
    let at = nodes.iter().position(|node| node.role == NodeRole::Source);
    NodeId(at.unwrap_or_default() as u16)
}

fn node(builder: &mut Builder<'_>, fault: &Fault, nodes: &[NodePlan]) -> Result<FaultTarget, Lacking> {
    let topology = &builder.names.topology;
    let all = topology.all_nodes();
    let Some(known) = all.iter().find(|known| known.id == fault.target) else {
        let ids = all.iter().map(|known| &known.id);
        builder.refusals.push(Refusal::one_of(format!("{}.target", fault.path), &fault.target, ids));
        return Err(Lacking::Refused);
    };
    if let FaultWhen::Pass(Some(point), _) = fault.when {
        check_point(builder, fault, known, point)?;
        if !topology.has_point(point) {
            return Err(Lacking::Absent(format!("{} never passes this point.", topology.strategy.id())));
        }
    }
    match nodes.iter().position(|node| node.id == fault.target) {
        Some(at) => Ok(FaultTarget::Node(NodeId(at as u16))),
        None => Err(Lacking::Absent(format!("{} has no {}.", topology.title(), fault.target))),
    }
}

/// Refuses a crash point that a node of another role passes.
fn check_point(builder: &mut Builder<'_>, fault: &Fault, known: &KnownNode, point: CrashPoint) -> Result<(), Lacking> {
    let prefix = match known.role {
        NodeRole::App => "app.",
        NodeRole::Source => "source.",
        NodeRole::Broker | NodeRole::Follower => "broker.",
        NodeRole::Relay(_) => "relay.",
        NodeRole::Connector => "connector.",
        NodeRole::Coordinator => "coordinator.",
        NodeRole::Consumer(_) => "consumer.",
        NodeRole::Store(_) => "store.",
        NodeRole::Recovery(at) => {
            builder.names.topology.recoveries.get(at.index()).map_or("", |recovery| recovery.kind.prefix())
        }
    };
    if point.id().starts_with(prefix) {
        return Ok(());
    }
    let own = CrashPoint::IDS.iter().filter(|id| id.starts_with(prefix));
    builder.refusals.push(Refusal::one_of(format!("{}.point", fault.path), point.id(), own));
    Err(Lacking::Refused)
}

fn link(builder: &mut Builder<'_>, fault: &Fault, links: &[LinkPlan]) -> Result<FaultTarget, Lacking> {
    let topology = &builder.names.topology;
    let all = topology.all_links();
    if !all.iter().any(|known| known.id == fault.target) {
        let ids = all.iter().map(|known| &known.id);
        builder.refusals.push(Refusal::one_of(format!("{}.target", fault.path), &fault.target, ids));
        return Err(Lacking::Refused);
    }
    match links.iter().position(|link| link.id == fault.target) {
        Some(at) => Ok(FaultTarget::Link(LinkId(at as u16))),
        None => Err(Lacking::Absent(format!("{} has no link {}.", topology.title(), fault.target))),
    }
}

fn key(builder: &mut Builder<'_>, fault: &Fault, keys: &KeyPlan) -> Option<FaultTarget> {
    let path = format!("{}.target", fault.path);
    let text: KeyText = match arrivals::key(&path, &Value::from(fault.target.as_str())) {
        Ok(text) => text,
        Err(refusal) => {
            builder.refusals.push(refusal);
            return None;
        }
    };
    builder.key(&path, &text, keys).map(FaultTarget::Key)
}

/// A fault in words: `crash relay, 32 s`.
fn words(fault: &Fault) -> String {
    let Fault { kind, target, .. } = fault;
    let when = match fault.when {
        FaultWhen::At(at) => format!(", {}", spaced(at)),
        FaultWhen::Pass(Some(point), _) => format!(" at {}", point.id()),
        FaultWhen::Pass(None, 0) => ", every message".to_owned(),
        FaultWhen::Pass(None, number) => format!(", message {number}"),
    };
    format!("{} {target}{when}", kind.id())
}
