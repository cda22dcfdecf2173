//! Links and the messages on them.

use super::{Stage, short_key};
use crate::kernel::time::Us;
use crate::run::frame::{LinkFrame, MessageFrame, MessageShape};
use crate::run::view::{MessageView, SlotView};
use crate::run::words::{capital, count, instant};
use crate::scenario::plan::NodeRole;
use crate::world::ids::{Key, Outcome};
use crate::world::record::Parcel;

impl Stage<'_> {
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

    pub(super) fn link_row(&self, link: usize) -> u32 {
        let plan = &self.plan.links[link];
        match (self.plan.nodes[plan.from.index()].role, self.plan.nodes[plan.to.index()].role) {
            (_, NodeRole::Consumer(member)) => super::store_row(self.plan, self.plan.roles.group(member)),
            (_, NodeRole::Store(store)) => u32::from(store.0) + 1,
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

    pub(super) fn link(&self, index: usize) -> LinkFrame {
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
    pub(super) fn never_sent(&self, link: usize) -> Option<(String, String)> {
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
        let shape = self.shape(message, parcel);
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

    fn shape(&self, message: &MessageView, parcel: Parcel) -> MessageShape {
        let delete = message.sent.event.some().is_some_and(|_| self.is_delete(&message.sent));
        match parcel {
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
            | Parcel::Sum
            | Parcel::Signal
            | Parcel::SignalRow
            | Parcel::Watermark
            | Parcel::Chunk
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
        }
    }

    /// The usual latency of a link, for what never arrives.
    pub(super) fn usual(&self, link: usize) -> Us {
        self.plan.links[link].latency.constant().unwrap_or(Us::millis(1)).max(Us(1))
    }

    pub(super) fn is_delete(&self, sent: &crate::world::record::Record) -> bool {
        let row = self.view.source.get(sent.key.index());
        row.is_some_and(|row| row.event == Some(sent.event) && !row.present) || self.deletes_in_log(sent)
    }

    pub(super) fn deletes_in_log(&self, sent: &crate::world::record::Record) -> bool {
        let same = |slot: &&SlotView| slot.key == sent.key && slot.version == sent.version;
        self.view.logs.iter().flat_map(|(log, _)| log).find(same).is_some_and(|slot| slot.delete)
    }
}

fn answer_word(outcome: u8) -> &'static str {
    match Outcome::ALL.get(usize::from(outcome)) {
        Some(Outcome::Ok) => "acked",
        Some(Outcome::Failed) => "refused",
        Some(Outcome::Unknown) | None => "no answer",
    }
}
