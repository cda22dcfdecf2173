//! Who takes part in a two-phase commit: refused with the reason if it cannot.

use super::block::Block;
use super::plan::{Heuristic, LinkPlan, NodePlan, Roles, TwoPhasePlan};
use super::refusal::Refusal;
use super::topology::Topology;
use crate::world::ids::{LinkId, NodeId};
use serde_json::{Map, Value};

const BLOCK: &str = "two-phase-commit";

/// Refuses names that nobody has and, where there is a coordinator, participants that cannot take part.
pub fn check(root: &Map<String, Value>, topology: &Topology, refusals: &mut Vec<Refusal>) {
    let last = Block::new(root, BLOCK).text("last_resource");
    let mut known = vec!["source".to_owned(), "broker".to_owned()];
    known.extend(topology.stores.iter().map(|store| store.id.clone()));
    for (at, id) in topology.participants.iter().enumerate().filter(|(_, id)| !known.contains(id)) {
        refusals.push(Refusal::one_of(format!("{BLOCK}.participants[{at}]"), id, &known));
    }
    let takes_part = |id: &str| topology.participants.iter().any(|participant| participant == id);
    if last != "none" && !takes_part(&last) {
        let ids = topology.participants.iter().map(String::as_str).chain(["none"]);
        refusals.push(Refusal::one_of(format!("{BLOCK}.last_resource"), &last, ids));
    }
    if !topology.has_coordinator() {
        return;
    }
    let named = Value::from(topology.participants.clone());
    let mut refuse = |path: &str, value: &Value, reason: String| refusals.push(Refusal::reason(path, value, reason));
    if !takes_part("source") {
        let reason = "The source must be among them: it is what the app writes.".to_owned();
        refuse("two-phase-commit.participants", &named, reason);
    }
    if topology.participants.len() < 2 {
        let reason = "It takes two to commit together.".to_owned();
        refuse("two-phase-commit.participants", &named, reason);
    }
    for id in topology.participants.iter().filter(|id| **id != last) {
        if let Some((path, value, reason)) = cannot_prepare(root, id, &known) {
            refuse(&path, &value, reason);
        }
    }
    if !takes_part("broker") {
        for store in topology.stores.iter().filter(|store| !takes_part(&store.id)) {
            let reason =
                format!("Nobody would tell {}: it does not take part, and no broker feeds its consumer.", store.id);
            refuse("two-phase-commit.participants", &named, reason);
        }
    }
}

/// Why a participant cannot vote: where to change that, what stands there, and the reason.
fn cannot_prepare(root: &Map<String, Value>, id: &str, known: &[String]) -> Option<(String, Value, String)> {
    let prepared = Block::new(root, "source").count("max_prepared_transactions");
    match id {
        "source" if prepared == 0 => Some((
            "source.max_prepared_transactions".to_owned(),
            prepared.into(),
            "With 0, PostgreSQL's default, the source refuses to prepare and cannot take part in a two-phase commit; \
             it could as its last_resource."
                .to_owned(),
        )),
        "broker" if !Block::new(root, "broker").switch("xa") => Some((
            "broker.xa".to_owned(),
            false.into(),
            "A broker that is no XA participant, as Kafka is none, cannot take part in a two-phase commit; it could as \
             its last_resource."
                .to_owned(),
        )),
        "source" | "broker" => None,
        id if known.iter().any(|store| store == id) => Some((
            "two-phase-commit.participants".to_owned(),
            id.into(),
            "A cache or a search index cannot prepare; it can take part only as the last_resource.".to_owned(),
        )),
        _ => None,
    }
}

/// Who votes, who does not, and the times.
pub fn plan(root: &Map<String, Value>, roles: &Roles, nodes: &[NodePlan], links: &[LinkPlan]) -> TwoPhasePlan {
    let block = Block::new(root, BLOCK);
    let last = block.text("last_resource");
    let own = |link: &LinkPlan| Some(link.from) == roles.coordinator;
    let id = |node: NodeId| nodes.get(node.index()).map_or("", |node| node.id.as_str());
    let all: Vec<LinkId> = (0..links.len()).filter(|at| own(&links[*at])).map(|at| LinkId(at as u16)).collect();
    let (resource, voters) = all.into_iter().partition(|link| id(links[link.index()].to) == last);
    let resource: Vec<LinkId> = resource;
    TwoPhasePlan {
        voters,
        last_resource: resource.first().copied(),
        vote_time: block.distribution("vote_time"),
        log_time: block.distribution("log_time"),
        timeout: block.us("timeout"),
        recovery: block.us("recovery"),
        heuristic: block.choice("heuristic", Heuristic::from_id),
        heuristic_after: block.us("heuristic_after"),
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::Document;

    #[test]
    #[rustfmt::skip]
    fn who_cannot_take_part() {
        let two = |participants: &str, last: &str, prepared: u32, xa: bool| format!(
            r#"{{"strategy": "two-phase-commit", "source": {{"max_prepared_transactions": {prepared}}}, "broker": {{"xa": {xa}}},
                "two-phase-commit": {{"participants": {participants}, "last_resource": "{last}"}}}}"#);
        let table = [
            (two(r#"["source", "broker"]"#, "none", 10, true), vec![]),
            (two(r#"["source", "broker"]"#, "broker", 10, false), vec![]),
            (two(r#"["source", "broker"]"#, "source", 0, true), vec![]),
            (two(r#"["source", "search-index"]"#, "search-index", 10, false), vec![]),
            (two(r#"["source", "broker"]"#, "none", 0, false), vec!["source.max_prepared_transactions", "broker.xa"]),
            (two(r#"["source", "search-index"]"#, "none", 10, true), vec!["two-phase-commit.participants"]),
            (two(r#"["source", "cache"]"#, "none", 10, true), vec!["two-phase-commit.participants", "two-phase-commit.participants[1]"]),
            (two(r#"["broker", "search-index"]"#, "search-index", 10, true), vec!["two-phase-commit.participants"]),
            (two(r#"["source"]"#, "none", 10, true), vec!["two-phase-commit.participants", "two-phase-commit.participants"]),
            (two(r#"["source", "broker"]"#, "cache", 10, true), vec!["two-phase-commit.last_resource"]),
        ];
        for (text, want) in table {
            let got = Document::parse(&text).unwrap().plan().err().unwrap_or_default();
            assert_eq!(got.iter().map(|refusal| refusal.path.as_str()).collect::<Vec<_>>(), want, "{text}");
        }
    }
}
