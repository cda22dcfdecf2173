//! The rows of slots inside a node: outbox rows, the log, the records of a partition.

use super::{Stage, short_key};
use crate::run::frame::SlotRow;
use crate::run::view::{SLOTS, SlotView};
use crate::run::words::count;
use crate::scenario::plan::NodeRole;
use crate::strategy::machine::Verb;

impl Stage<'_> {
    pub(super) fn slots(&self, role: NodeRole) -> Vec<SlotRow> {
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
                let slots = self.view.buffer.iter().rev().take(SLOTS).rev();
                vec![SlotRow {
                    label: "buffer, dies with the app".to_owned(),
                    total: self.view.buffered,
                    slots: slots.map(|(_, slot)| (label(slot), true)).collect(),
                    positions: vec![(count(held as u64, "event") + " to send", self.view.buffered)],
                }]
            }
            NodeRole::Source if !self.plan.roles.relays.is_empty() => {
                let slots = self.view.outbox.iter().rev().take(SLOTS).rev();
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
    pub(super) fn wal_row(&self) -> SlotRow {
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
    pub(super) fn outbox_positions(&self) -> Vec<(String, u32)> {
        let (total, waiting) = self.view.outbox_counts;
        let mut positions = vec![(count(u64::from(waiting), "row") + " to publish", total)];
        if let Some(cursor) = self.view.cursor {
            let above = self.view.outbox.iter().filter(|slot| slot.number > cursor).count() as u32;
            positions.insert(0, ("position".to_owned(), total.saturating_sub(above)));
        }
        positions
    }
}
