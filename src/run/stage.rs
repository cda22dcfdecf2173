//! The stage at an instant: nodes, links and messages, laid out in rows and columns (UI 6), from the view alone.

use super::frame::{Column, GapFrame, LinkFrame, MessageFrame, MessageShape, NodeFrame, NodeState, SlotRow, StepFrame};
use super::narrate::point_words;
use super::view::{Lens, MessageView, NodeView, Progress, SlotView, View};
use super::words::{capital, count, instant, list};
use crate::kernel::time::Us;
use crate::scenario::plan::{FaultWhen, NodeRole, Plan};
use crate::strategy::machine::{Step, Verb};
use crate::truth::anomaly::RowState;
use crate::truth::judge::Judgement;
use crate::world::ids::{Key, NodeId, Outcome, StoreKind};
use crate::world::record::Parcel;

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
            NodeRole::Consumer(store) if store.index() >= self.plan.stores.len() => (0, 0),
            NodeRole::Consumer(store) | NodeRole::Store(store) => (u32::from(store.0) + 1, u32::from(store.0) + 1),
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
            NodeRole::Consumer(_) => (Column::Consumers, "consumer".to_owned()),
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

    fn steps(&self, node: NodeId) -> Vec<StepFrame> {
        let (steps, view) = (self.lens.steps[node.index()], &self.view.nodes[node.index()]);
        let frame = |(index, step): (usize, &Step)| StepFrame {
            text: self.step_text(node, step.verb, &view.progress),
            done: index < usize::from(view.progress.done),
            now: view.up && index == usize::from(view.progress.now),
            row: self.step_row(node, step.verb),
            gap: step.gap.map(|point| {
                let here = !view.up
                    && match view.died_at {
                        Some(at) => gap_of(steps, at) == Some(index),
                        None => index + 1 == usize::from(view.progress.done),
                    };
                GapFrame {
                    id: point.id().to_owned(),
                    label: format!("Crash point {} {}.", self.plan.node_name(node), point_words(point)),
                    crashed_at: here.then_some(view.crashed_at),
                    armed: self.armed(node, point),
                    passes: u32::from(view.passes[point as usize]),
                }
            }),
        };
        steps.iter().enumerate().map(frame).collect()
    }

    fn armed(&self, node: NodeId, point: crate::strategy::CrashPoint) -> bool {
        let names = |fault: &crate::scenario::plan::FaultPlan| {
            fault.target == crate::scenario::plan::FaultTarget::Node(node)
                && matches!(fault.when, FaultWhen::Pass(Some(at), _) if at == point)
        };
        self.plan.faults.iter().any(names)
    }

    fn step_row(&self, node: NodeId, verb: Verb) -> u32 {
        let second = self.plan.strategy.direct() || self.plan.strategy.listens();
        let role = self.plan.nodes[node.index()].role;
        let direct = role == NodeRole::App && second;
        if matches!(role, NodeRole::Recovery(_)) {
            return self.rows(role).0;
        }
        match verb {
            Verb::Publish if direct => 1,
            Verb::Buffer | Verb::CommitAll => 1,
            Verb::Prepare | Verb::Decide | Verb::Tell => 1,
            Verb::Reply
                if direct
                    && self
                        .plan
                        .strategy
                        .steps()
                        .iter()
                        .rev()
                        .nth(1)
                        .is_some_and(|s| matches!(s.verb, Verb::Publish | Verb::Buffer)) =>
            {
                1
            }
            Verb::Poll | Verb::Apply | Verb::CommitOffset => self.rows(role).0,
            Verb::Validate | Verb::Scan | Verb::Compare | Verb::Repair | Verb::Position | Verb::Copy | Verb::Swap => 0,
            Verb::Begin | Verb::Write | Verb::Enqueue | Verb::Commit | Verb::Publish | Verb::Reply => 0,
            Verb::Claim | Verb::Mark | Verb::Decode | Verb::Store | Verb::Confirm => 0,
        }
    }

    fn step_text(&self, node: NodeId, verb: Verb, progress: &Progress) -> String {
        let key =
            if progress.key == Key::NONE { String::new() } else { format!(" {}", self.plan.key_name(progress.key)) };
        match verb {
            Verb::Write => format!("write{key}"),
            Verb::Publish
                if self.plan.nodes[node.index()].role == NodeRole::App && self.plan.roles.broker.is_none() =>
            {
                match self.plan.stores.first().map(|store| store.kind) {
                    Some(StoreKind::SearchIndex) => format!("index{key}"),
                    Some(StoreKind::Cache) => format!("cache{key}"),
                    Some(StoreKind::Service) => format!("call{key}"),
                    None => format!("publish{key}"),
                }
            }
            Verb::Publish => format!("publish{key}"),
            Verb::Apply => format!("apply{key}"),
            Verb::Buffer => format!("buffer{key}"),
            Verb::Validate => format!("validate{key}"),
            Verb::Repair => format!("repair{key}"),
            Verb::Begin
            | Verb::Enqueue
            | Verb::CommitAll
            | Verb::Prepare
            | Verb::Decide
            | Verb::Tell
            | Verb::Commit
            | Verb::Reply
            | Verb::Claim
            | Verb::Mark
            | Verb::Poll
            | Verb::Decode
            | Verb::Store
            | Verb::Confirm
            | Verb::Scan
            | Verb::Compare
            | Verb::Position
            | Verb::Copy
            | Verb::Swap
            | Verb::CommitOffset => verb.id().to_owned(),
        }
    }

    /// The steps that commit together.
    fn bracket(&self, node: NodeId) -> Option<(u32, u32)> {
        let steps = self.lens.steps[node.index()];
        let first = steps.iter().position(|step| step.verb == Verb::Begin)?;
        let last = steps.iter().position(|step| matches!(step.verb, Verb::Commit | Verb::CommitAll))?;
        Some((first as u32, last as u32))
    }

    fn facts(&self, role: NodeRole) -> Vec<(String, String)> {
        let fact = |label: &str, value: String| (label.to_owned(), value);
        match role {
            NodeRole::Connector => {
                let wal = &self.view.wal;
                let queue = wal.queued.saturating_sub(wal.acked);
                vec![fact("state", wal.phase.id().to_owned()), fact("not yet published", queue.to_string())]
            }
            NodeRole::App | NodeRole::Relay(_) | NodeRole::Consumer(_) | NodeRole::Follower | NodeRole::Recovery(_) => {
                Vec::new()
            }
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
        let shown =
            [RowState::Missing, RowState::Ghost, RowState::Stale, RowState::DuplicateEffect, RowState::InFlight];
        let mark = |state: RowState| (state, format!("{} {}", counts[state as usize], state.word()));
        shown.into_iter().filter(|state| counts[*state as usize] > 0).map(mark).collect()
    }

    fn slots(&self, role: NodeRole) -> Vec<SlotRow> {
        let label = |slot: &SlotView| {
            let key = short_key(self.plan, slot.key);
            if slot.passed {
                format!("{key} passed")
            } else if slot.delete {
                format!("{key} del")
            } else {
                format!("{key} v{}", slot.version)
            }
        };
        match role {
            NodeRole::App if self.plan.strategy.steps().iter().any(|step| step.verb == Verb::Buffer) => {
                let held = self.view.buffer.len();
                let slots = self.view.buffer.iter().rev().take(super::view::SLOTS).rev();
                vec![SlotRow {
                    label: "buffer, dies with the app".to_owned(),
                    total: self.view.buffered,
                    slots: slots.map(|(_, slot)| (label(slot), true)).collect(),
                    positions: vec![(count(held as u64, "event") + " to send", self.view.buffered)],
                }]
            }
            NodeRole::Source if !self.plan.roles.relays.is_empty() => {
                let slots = self.view.outbox.iter().rev().take(super::view::SLOTS).rev();
                vec![SlotRow {
                    label: "outbox".to_owned(),
                    total: self.view.outbox_counts.0,
                    slots: slots.map(|slot| (label(slot), !slot.marked)).collect(),
                    positions: self.outbox_positions(),
                }]
            }
            NodeRole::Source if self.plan.roles.connector.is_some() => vec![self.wal_row()],
            NodeRole::Broker => {
                let row = |(partition, (log, end)): (usize, &(std::collections::VecDeque<SlotView>, u64))| {
                    let group = |store: usize| self.view.offsets[store].get(partition).copied().unwrap_or(0) as u32;
                    let mut positions: Vec<(String, u32)> =
                        (0..self.plan.stores.len()).map(|store| ("group".to_owned(), group(store))).collect();
                    positions.dedup();
                    let high = self.view.replicas[partition].0;
                    if high < *end || !self.lens.at_once() {
                        positions.push(("watermark".to_owned(), high as u32));
                    }
                    positions.push(("end".to_owned(), *end as u32));
                    SlotRow {
                        label: format!("partition {partition}"),
                        total: *end as u32,
                        slots: log.iter().map(|slot| (label(slot), true)).collect(),
                        positions,
                    }
                };
                self.view.logs.iter().enumerate().map(row).collect()
            }
            NodeRole::App
            | NodeRole::Source
            | NodeRole::Relay(_)
            | NodeRole::Connector
            | NodeRole::Coordinator
            | NodeRole::Consumer(_)
            | NodeRole::Store(_)
            | NodeRole::Follower
            | NodeRole::Recovery(_) => Vec::new(),
        }
    }

    /// The log's last changes, with the slot's wedges; a slot that is lost has none.
    fn wal_row(&self) -> SlotRow {
        let wal = &self.view.wal;
        let label = |slot: &SlotView| {
            let key = short_key(self.plan, slot.key);
            if slot.delete { format!("{key} del") } else { format!("{key} v{}", slot.version) }
        };
        let slot = [("restart", wal.restart), ("confirmed", wal.confirmed)];
        let slot = slot.into_iter().filter(|_| wal.slot);
        let mut positions: Vec<(String, u32)> = Vec::new();
        let rest = [("stored", wal.stored), ("sent", wal.sent), ("end", wal.end)];
        for (name, at) in slot.chain(rest) {
            match positions.last_mut().filter(|(_, last)| *last == at) {
                Some((names, _)) => *names = format!("{names}, {name}"),
                None => positions.push((name.to_owned(), at)),
            }
        }
        let sent = |slot: &SlotView| slot.number >= u64::from(wal.confirmed);
        SlotRow {
            label: "WAL".to_owned(),
            total: wal.end,
            slots: wal.rows.iter().map(|slot| (label(slot), sent(slot))).collect(),
            positions,
        }
    }

    /// How many rows are to be published, and where the position stands among all rows, if progress is one.
    fn outbox_positions(&self) -> Vec<(String, u32)> {
        let (total, waiting) = self.view.outbox_counts;
        let mut positions = vec![(count(u64::from(waiting), "row") + " to publish", total)];
        if let Some(cursor) = self.view.cursor {
            let above = self.view.outbox.iter().filter(|slot| slot.number > cursor).count() as u32;
            positions.insert(0, ("position".to_owned(), total.saturating_sub(above)));
        }
        positions
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

    /// The links; `offset` nodes stand before the plan's own.
    #[must_use]
    pub fn links(&self) -> Vec<LinkFrame> {
        let client = LinkFrame {
            id: "clients-app".to_owned(),
            from: 0,
            to: u32::from(self.plan.roles.app.0) + 1,
            row: 0,
            word: "ok".to_owned(),
            cut: false,
            never_sent: None,
            label: "clients to app: ok.".to_owned(),
        };
        std::iter::once(client).chain((0..self.plan.links.len()).map(|link| self.link(link))).collect()
    }

    fn link_row(&self, link: usize) -> u32 {
        let plan = &self.plan.links[link];
        match (self.plan.nodes[plan.from.index()].role, self.plan.nodes[plan.to.index()].role) {
            (_, NodeRole::Consumer(store)) if store.index() >= self.plan.stores.len() => 0,
            (_, NodeRole::Store(store) | NodeRole::Consumer(store)) => u32::from(store.0) + 1,
            (NodeRole::App | NodeRole::Coordinator, NodeRole::Broker) | (_, NodeRole::Coordinator) => 1,
            (
                _,
                NodeRole::App
                | NodeRole::Source
                | NodeRole::Broker
                | NodeRole::Relay(_)
                | NodeRole::Connector
                | NodeRole::Follower
                | NodeRole::Recovery(_),
            ) => 0,
        }
    }

    fn link(&self, index: usize) -> LinkFrame {
        let plan = &self.plan.links[index];
        let cut = self.view.cuts[index];
        let messages = self.view.messages.iter().filter(|message| message.sent.link.index() == index).count();
        let word = match (cut, self.view.answers[index]) {
            (Us::NEVER, _) => "cut until the drain".to_owned(),
            (Us::ZERO, Some((at, outcome))) => format!("{}, {}", answer_word(outcome), instant(at)),
            (Us::ZERO, None) => "ok".to_owned(),
            (until, _) => format!("cut until {}", instant(until)),
        };
        let state = if cut == Us::ZERO { "ok" } else { word.as_str() };
        let label = format!(
            "{} to {}: {state}, {}.",
            self.plan.node_name(plan.from),
            self.plan.node_name(plan.to),
            if messages == 0 { "no message".to_owned() } else { count(messages as u64, "message") }
        );
        LinkFrame {
            id: plan.id.clone(),
            from: u32::from(plan.from.0) + 1,
            to: u32::from(plan.to.0) + 1,
            row: self.link_row(index),
            cut: cut != Us::ZERO,
            never_sent: self.never_sent(index),
            word,
            label,
        }
    }

    /// What died in the app's memory and is still missed: shown on the link over which it was owed.
    fn never_sent(&self, link: usize) -> Option<(String, String)> {
        let plan = &self.plan.links[link];
        let second = plan.from == self.plan.roles.app && plan.to != self.plan.roles.source;
        if !second || !self.plan.strategy.direct() {
            return None;
        }
        let missed =
            |key: Key| (0..self.plan.stores.len()).any(|store| self.judgement.state(store, key, self.at).differs());
        let (_, key, version) = self.view.never_sent.iter().rev().find(|(_, key, _)| missed(*key))?;
        Some((format!("{} v{version}", short_key(self.plan, *key)), "never sent".to_owned()))
    }

    /// The messages on their way.
    #[must_use]
    pub fn messages(&self) -> Vec<MessageFrame> {
        self.view.messages.iter().map(|message| self.message(message)).collect()
    }

    /// A message as it is shown.
    #[must_use]
    pub fn message(&self, message: &MessageView) -> MessageFrame {
        let sent = &message.sent;
        let plan = &self.plan.links[sent.link.index()];
        let back = sent.node == plan.to;
        let parcel = Parcel::ALL.get(usize::from(sent.detail)).copied().unwrap_or(Parcel::AnswerOk);
        let delete = sent.event.some().is_some_and(|_| self.is_delete(sent));
        let shape = match parcel {
            Parcel::Write | Parcel::Enqueue | Parcel::Publish | Parcel::Apply | Parcel::Deliver if message.late => {
                MessageShape::Late
            }
            Parcel::Publish | Parcel::Apply | Parcel::Deliver | Parcel::Wal if delete => MessageShape::Delete,
            Parcel::Write | Parcel::Enqueue | Parcel::Publish | Parcel::Apply | Parcel::Deliver | Parcel::Wal => {
                MessageShape::Write
            }
            Parcel::Inspect
            | Parcel::Snapshot
            | Parcel::Stream
            | Parcel::Confirm
            | Parcel::StoreOffset
            | Parcel::Heartbeat
            | Parcel::Upsert
            | Parcel::CommitAll
            | Parcel::Prepare
            | Parcel::Decide
            | Parcel::Scan
            | Parcel::Open
            | Parcel::Copy
            | Parcel::Swap
            | Parcel::Remember
            | Parcel::Get
            | Parcel::Recover => MessageShape::Read,
            Parcel::Repair | Parcel::Fill => MessageShape::Write,
            Parcel::Commit | Parcel::Claim | Parcel::Mark | Parcel::CommitOffset | Parcel::Read => MessageShape::Read,
            Parcel::AnswerOk => MessageShape::Ok,
            Parcel::AnswerFailed => MessageShape::Refused,
        };
        let key = if sent.key == Key::NONE { String::new() } else { short_key(self.plan, sent.key) };
        let tag = match (shape, sent.version) {
            (MessageShape::Read, _) if parcel == Parcel::Claim => "poll".to_owned(),
            (MessageShape::Read, _) if parcel == Parcel::CommitOffset => "offset".to_owned(),
            (MessageShape::Read, _) => parcel.id().to_owned(),
            (MessageShape::Ok | MessageShape::Refused, _) => String::new(),
            (MessageShape::Delete, _) => format!("{key} del"),
            (MessageShape::Write | MessageShape::Late, 0) => key,
            (MessageShape::Write | MessageShape::Late, version) => format!("{key} v{version}"),
        };
        // A lost message is drawn to the far end: nobody on the stage can know yet that it will not arrive.
        let lost = sent.value == u64::MAX;
        let arrives = if lost { sent.at.after(self.usual(sent.link.index())) } else { Us(sent.value) };
        let what = if sent.key == Key::NONE { parcel.id().to_owned() } else { self.plan.key_name(sent.key) };
        let to = if back { plan.from } else { plan.to };
        let version = if sent.version > 0 { format!(" version {}", sent.version) } else { String::new() };
        let label = format!(
            "{}{version} to {}, sent {}, arrives {}.",
            capital(&what),
            self.plan.node_name(to),
            instant(sent.at).trim_end_matches(" s"),
            instant(arrives).trim_end_matches(" s")
        );
        MessageFrame {
            id: sent.extra,
            link: u32::from(sent.link.0) + 1,
            back,
            parcel: parcel.id(),
            shape,
            tag,
            sent: sent.at,
            arrives,
            lost,
            label,
        }
    }

    /// The usual latency of a link, for what never arrives.
    fn usual(&self, link: usize) -> Us {
        self.plan.links[link].latency.constant().unwrap_or(Us::millis(1)).max(Us(1))
    }

    fn is_delete(&self, sent: &crate::world::record::Record) -> bool {
        let row = self.view.source.get(sent.key.index());
        row.is_some_and(|row| row.event == Some(sent.event) && !row.present) || self.deletes_in_log(sent)
    }

    fn deletes_in_log(&self, sent: &crate::world::record::Record) -> bool {
        let same = |slot: &&SlotView| slot.key == sent.key && slot.version == sent.version;
        self.view.logs.iter().flat_map(|(log, _)| log).find(same).is_some_and(|slot| slot.delete)
    }
}

/// The step after which a crash point stands; points while a call is under way belong to the step before its answer.
fn gap_of(steps: &[Step], point: u8) -> Option<usize> {
    use crate::strategy::CrashPoint as C;
    let exact = steps.iter().position(|step| step.gap.is_some_and(|gap| gap as u8 == point));
    exact.or_else(|| {
        let verb = match C::ALL.get(usize::from(point))? {
            C::AppCommitAck => Verb::Commit,
            C::AppBufferSend => Verb::Buffer,
            C::CoordinatorLastDecision => Verb::Prepare,
            C::ConsumerApplyMark | C::ConsumerApplyEmit => Verb::Apply,
            C::AppPublishAck | C::RelayPublishAck | C::ConnectorPublishAck => Verb::Publish,
            C::AppBeginWrite
            | C::AppWriteCommit
            | C::AppWriteEnqueue
            | C::AppEnqueueCommit
            | C::AppCommitPublish
            | C::AppCommitReply
            | C::AppPublishBegin
            | C::AppPublishReply
            | C::AppWritePublish
            | C::AppPublishCommit
            | C::CoordinatorPrepareDecision
            | C::CoordinatorDecisionCommit
            | C::CoordinatorCommitForget
            | C::SourcePrepareAck
            | C::BrokerPrepareAck
            | C::AppValidatePublish
            | C::SourceWriteAck
            | C::SourceCommitAck
            | C::BrokerAppendAck
            | C::RelayClaimPublish
            | C::RelayAckMark
            | C::RelayMarkPoll
            | C::ConsumerPollApply
            | C::ConsumerApplyCommit
            | C::ConsumerCommitPoll
            | C::ConnectorDecodePoll
            | C::ConnectorPollPublish
            | C::ConnectorAckStore
            | C::ConnectorStoreConfirm
            | C::RelayClaimMark
            | C::RelayMarkPublish
            | C::AppBeginEnqueue
            | C::AppEnqueueWrite
            | C::ReconcileReadCompare
            | C::ReconcileCompareRepair
            | C::ReconcileRepairNext
            | C::ResnapshotReadPublish
            | C::ResnapshotPublishNext
            | C::RebuildPositionCopy
            | C::RebuildCopySwap
            | C::ConsumerCommitApply
            | C::ConsumerApplyPoll
            | C::StoreApplyAck => return None,
        };
        steps.iter().position(|step| step.verb == verb)
    })
}

fn answer_word(outcome: u8) -> &'static str {
    match Outcome::ALL.get(usize::from(outcome)) {
        Some(Outcome::Ok) => "acked",
        Some(Outcome::Failed) => "refused",
        Some(Outcome::Unknown) | None => "no answer",
    }
}

/// Whether a node is up, in a word.
fn state_of(view: &NodeView) -> (NodeState, String) {
    match (view.up, view.back) {
        (true, _) => (NodeState::Up, "up".to_owned()),
        (false, Us::NEVER) => (NodeState::Off, "off until the drain".to_owned()),
        (false, _) => (NodeState::Crashed, "crashed".to_owned()),
    }
}
