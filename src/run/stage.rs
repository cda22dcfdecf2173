//! The stage at an instant: nodes, links and messages, laid out in rows and columns (UI 6), from the view alone.

mod slots;
mod steps;
mod ways;

use super::frame::{Column, NodeFrame, NodeState};
use super::view::{Lens, NodeView, View};
use super::words::{count, instant, list};
use crate::kernel::time::Us;
use crate::scenario::plan::{NodeRole, Plan};
use crate::truth::anomaly::RowState;
use crate::truth::judge::Judgement;
use crate::world::ids::{Key, MemberId, NodeId, StoreId, StoreKind};

/// What the stage is drawn from.
pub struct Stage<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// How records are read.
    pub lens: &'a Lens,
    /// The view at the instant.
    pub view: &'a View,
    /// The truth.
    pub judgement: &'a Judgement,
    /// The instant.
    pub at: Us,
}

/// The short label of a key on the axis: `17`.
#[must_use]
pub fn short_key(plan: &Plan, key: Key) -> String {
    let name = plan.key_name(key);
    let stem = format!("{}-", plan.workload.keys.name);
    name.strip_prefix(&stem).unwrap_or(&name).to_owned()
}

impl Stage<'_> {
    /// The nodes, the clients first.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeFrame> {
        // A follower stands in its leader's box; it is last, so that the others keep their places.
        let shown = self.plan.nodes.iter().filter(|node| node.role != NodeRole::Follower).count();
        let nodes = (0..shown).map(|node| self.node(NodeId(node as u16)));
        std::iter::once(self.clients()).chain(nodes).collect()
    }

    fn clients(&self) -> NodeFrame {
        let waiting = self.view.waiting.len() as u64;
        let facts = if waiting == 0 {
            "none waits".to_owned()
        } else {
            format!("{waiting} {}", if waiting == 1 { "waits" } else { "wait" })
        };
        NodeFrame {
            id: "clients".to_owned(),
            title: "clients".to_owned(),
            column: Column::Clients,
            rows: (0, 0),
            state: NodeState::Up,
            word: String::new(),
            back: String::new(),
            steps: Vec::new(),
            bracket: None,
            facts: vec![(facts.clone(), String::new())],
            marks: Vec::new(),
            slots: Vec::new(),
            label: format!("clients: {facts}."),
        }
    }

    /// First and last row of the stage that a node reaches.
    fn rows(&self, role: NodeRole) -> (u32, u32) {
        let stores = self.plan.stores.len().max(1) as u32;
        match role {
            NodeRole::App if self.plan.strategy.direct() && self.plan.roles.broker.is_none() => (0, stores),
            NodeRole::App if self.plan.strategy.direct() => (0, 1),
            NodeRole::App if self.plan.strategy.listens() => (0, 1),
            NodeRole::App | NodeRole::Coordinator if self.plan.roles.coordinator.is_some() => (0, 1),
            NodeRole::App
            | NodeRole::Source
            | NodeRole::Relay(_)
            | NodeRole::Connector
            | NodeRole::Coordinator
            | NodeRole::Follower => (0, 0),
            NodeRole::Recovery(at) => (stores + 1 + u32::from(at.0), stores + 1 + u32::from(at.0)),
            NodeRole::Broker if self.plan.strategy.direct() || self.plan.roles.coordinator.is_some() => (1, stores),
            NodeRole::Broker => (0, stores),
            NodeRole::Consumer(member) => {
                let row = store_row(self.plan, self.plan.roles.group(member));
                (row, row)
            }
            NodeRole::Store(store) => (u32::from(store.0) + 1, u32::from(store.0) + 1),
        }
    }

    fn node(&self, node: NodeId) -> NodeFrame {
        let (plan, view) = (&self.plan.nodes[node.index()], &self.view.nodes[node.index()]);
        let (column, title) = match plan.role {
            NodeRole::App => (Column::App, plan.id.clone()),
            NodeRole::Source => (Column::Source, plan.id.clone()),
            NodeRole::Relay(_) | NodeRole::Connector | NodeRole::Coordinator => (Column::Middle, plan.id.clone()),
            NodeRole::Recovery(_) => (Column::Under, plan.id.clone()),
            NodeRole::Broker | NodeRole::Follower => (Column::Broker, plan.id.clone()),
            NodeRole::Consumer(_) if Some(node) == self.plan.roles.own_consumer => {
                (Column::Middle, "own consumer".to_owned())
            }
            NodeRole::Consumer(member) => {
                let (group, nth) = self.plan.roles.members[member.index()];
                let many = self.plan.roles.group_of(group).nth(1).is_some();
                let title = if many { format!("consumer {}", nth + 1) } else { "consumer".to_owned() };
                (Column::Consumers, title)
            }
            NodeRole::Store(_) => (Column::Stores, plan.id.clone()),
        };
        let steps = self.steps(node);
        let (state, word) = state_of(view);
        let mut frame = NodeFrame {
            id: plan.id.clone(),
            title,
            column,
            rows: self.rows(plan.role),
            state,
            word,
            back: if state == NodeState::Crashed { format!("back at {}", instant(view.back)) } else { String::new() },
            bracket: self.bracket(node),
            facts: self.facts(plan.role),
            marks: self.marks(plan.role),
            slots: self.slots(plan.role),
            label: String::new(),
            steps,
        };
        frame.label = self.label(node, &frame);
        frame
    }

    fn facts(&self, role: NodeRole) -> Vec<(String, String)> {
        let fact = |label: &str, value: String| (label.to_owned(), value);
        match role {
            NodeRole::Connector => {
                let wal = &self.view.wal;
                let queue = wal.queued.saturating_sub(wal.acked);
                vec![fact("state", wal.phase.id().to_owned()), fact("not yet published", queue.to_string())]
            }
            NodeRole::App | NodeRole::Relay(_) | NodeRole::Follower | NodeRole::Recovery(_) => Vec::new(),
            NodeRole::Consumer(member) => self.partitions_of(member).into_iter().collect(),
            NodeRole::Coordinator => vec![fact("decisions in its log", self.view.decisions.to_string())],
            NodeRole::Source => {
                let rows = self.view.source.iter().filter(|row| row.present).count();
                let mut facts = vec![fact("rows", rows.to_string())];
                if let Some(commit) = &self.view.last_commit {
                    let name = self.plan.key_name(commit.key);
                    facts.push(fact("last commit", format!("{name} v{}", commit.version)));
                    facts.push(fact("durable since", instant(commit.at)));
                }
                if self.view.lock_waits > 0 {
                    facts.push(fact("lock waits", self.view.lock_waits.to_string()));
                }
                facts.extend(self.prepared(role));
                facts
            }
            NodeRole::Broker => {
                let records: u64 = self.view.logs.iter().map(|(_, end)| end).sum();
                let follower = self.follower_word().map(|word| fact("follower", word));
                let lost = (self.view.truncated > 0)
                    .then(|| fact("lost here", count(u64::from(self.view.truncated), "record")));
                let records = std::iter::once(fact("records", records.to_string()));
                records.chain(follower).chain(lost).chain(self.prepared(role)).collect()
            }
            NodeRole::Store(store) => {
                let rows = self.view.stores[store.index()].iter().filter(|row| row.present).count();
                let label = match self.plan.stores[store.index()].kind {
                    StoreKind::Cache => "entries",
                    StoreKind::SearchIndex => "documents",
                    StoreKind::Service => "records",
                };
                vec![fact(label, rows.to_string())]
            }
        }
    }

    /// Which partitions a member of a consumer group has, where that is worth a line: one of several, or one that is out.
    fn partitions_of(&self, member: MemberId) -> Option<(String, String)> {
        let roles = &self.plan.roles;
        let (group, node) = (roles.group(member), roles.consumers[member.index()]?);
        let owners = self.view.owners.get(group.index())?;
        let own: Vec<String> = (0..owners.len()).filter(|at| owners[*at] == node).map(|at| at.to_string()).collect();
        if roles.group_of(group).nth(1).is_none() && own.len() == owners.len() {
            return None;
        }
        Some(("partitions".to_owned(), if own.is_empty() { "none".to_owned() } else { own.join(", ") }))
    }

    /// How many transactions a node has prepared, if any.
    fn prepared(&self, role: NodeRole) -> Option<(String, String)> {
        let here = |node: &NodeId| self.plan.nodes[node.index()].role == role;
        let count = self.view.prepared.iter().filter(|(_, node)| here(node)).count();
        (count > 0).then(|| ("in doubt".to_owned(), count.to_string()))
    }

    /// How the broker's follower is, where that is worth a line: `2 behind`, `out of sync`, `down`.
    fn follower_word(&self) -> Option<String> {
        let follower = self.plan.roles.follower?;
        let behind: u64 =
            self.view.logs.iter().zip(&self.view.replicas).map(|((_, end), (high, _))| end.saturating_sub(*high)).sum();
        let out = self.view.replicas.iter().any(|(_, in_sync)| !in_sync);
        match (self.view.nodes[follower.index()].up, out, behind) {
            (false, true, _) => Some("down, out of sync".to_owned()),
            (false, false, _) => Some("down".to_owned()),
            (true, true, _) => Some("out of sync".to_owned()),
            (true, false, 1..) => Some(format!("{behind} behind")),
            (true, false, 0) => (!self.lens.at_once()).then(|| "in sync".to_owned()),
        }
    }

    fn marks(&self, role: NodeRole) -> Vec<(RowState, String)> {
        let NodeRole::Store(store) = role else { return Vec::new() };
        let mut counts = [0u64; RowState::ALL.len()];
        for key in 0..self.plan.keys() {
            counts[self.judgement.state(store.index(), Key(key as u32), self.at) as usize] += 1;
        }
        let shown = RowState::WORST.into_iter().chain([RowState::InFlight]);
        let mark = |state: RowState| (state, format!("{} {}", counts[state as usize], state.word()));
        shown.filter(|state| counts[*state as usize] > 0).map(mark).collect()
    }

    fn label(&self, node: NodeId, frame: &NodeFrame) -> String {
        let view = &self.view.nodes[node.index()];
        let calls: Vec<String> = self
            .plan
            .links
            .iter()
            .filter(|link| link.from == node)
            .map(|link| self.plan.node_name(link.to).to_owned())
            .collect();
        let calls = if calls.is_empty() { String::new() } else { format!(" Calls {}.", list(&calls)) };
        let marks: String = frame.marks.iter().map(|(_, text)| format!(" {text}.")).collect();
        if view.up {
            return format!("{}, up.{marks}{calls}", frame.id);
        }
        let at = frame.steps.iter().filter_map(|step| step.gap.as_ref()).find(|gap| gap.crashed_at.is_some());
        let place = at.map_or_else(String::new, |gap| {
            gap.label.trim_end_matches('.').replace(&format!("Crash point {}", frame.id), "")
        });
        let back = if view.back == Us::NEVER {
            "down until the drain".to_owned()
        } else {
            format!("back at {}", instant(view.back))
        };
        format!("{}, crashed at {}{place}, {back}.{marks}{calls}", frame.id, instant(view.crashed_at))
    }
}

/// The row of a store and its consumers; the app's own consumer stands in the first.
fn store_row(plan: &Plan, store: StoreId) -> u32 {
    if store.index() < plan.stores.len() { u32::from(store.0) + 1 } else { 0 }
}

/// Whether a node is up, in a word.
fn state_of(view: &NodeView) -> (NodeState, String) {
    match (view.up, view.back) {
        (true, _) => (NodeState::Up, "up".to_owned()),
        (false, Us::NEVER) => (NodeState::Off, "off until the drain".to_owned()),
        (false, _) => (NodeState::Crashed, "crashed".to_owned()),
    }
}
