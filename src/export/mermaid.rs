//! The decisive moment as a Mermaid sequence diagram.
//!
//! The decisive record is that of the first witness of the report, rows before events and store by store; without one,
//! the first crash, rollback or link fault; without that, the first request. The diagram follows one key, that of the
//! witness or of what died in the crash: its messages, what they did, and every crash, restart and alarm between them,
//! at most [`MOST`] lines, two thirds of them before the decisive record. A note at the end says the cause.

use crate::kernel::sorted;
use crate::run::recording::Recording;
use crate::run::report::Witness;
use crate::run::words::instant;
use crate::scenario::plan::Plan;
use crate::world::ids::{Key, MessageId, NodeId, Op, RecordId};
use crate::world::record::{Kind, Parcel, Record};

/// The most messages and notes.
pub const MOST: usize = 60;

/// Who sends requests: no node of the plan.
const CLIENTS: NodeId = NodeId::NONE;

/// The diagram, with a line feed at its end.
#[must_use]
pub fn sequence(recording: &Recording) -> String {
    let report = recording.report();
    let (scenario, strategy, seed) = (&report.scenario, &report.strategy, report.seed);
    let moment = Moment::of(recording);
    let lines: Vec<Line> = window(recording, &moment).into_iter().filter_map(|id| line(recording, id)).collect();
    let mut text = format!("sequenceDiagram\n  %% {}\n", plain(&format!("{scenario}, {strategy}, seed {seed}")));
    let mut present: Vec<usize> = lines.iter().flat_map(|line| [line.from, line.to]).map(rank).collect();
    sorted::sort(&mut present);
    present.dedup();
    let nodes: Vec<NodeId> = present.iter().map(|rank| node_of(*rank)).collect();
    for node in &nodes {
        let (sort, name) = match *node {
            CLIENTS => ("actor", "clients"),
            node => ("participant", recording.plan().node_name(node)),
        };
        text += &format!("  {sort} {} as {}\n", alias(*node), plain(name));
    }
    for line in &lines {
        text += &line.to_text();
    }
    if let (Some(first), Some(last)) = (nodes.first(), nodes.last()) {
        text += &format!("  Note over {},{}: {}\n", alias(*first), alias(*last), plain(&moment.words));
    }
    text
}

/// What the diagram is about.
struct Moment {
    record: usize,
    key: Key,
    words: String,
}

impl Moment {
    fn of(recording: &Recording) -> Moment {
        let (plan, records) = (recording.plan(), &recording.trace().records);
        if let Some(witness) = first_witness(recording) {
            let named = |key: &Key| plan.key_name(*key) == witness.key;
            let key = (0..plan.keys() as u32).map(Key).find(named).unwrap_or(Key::NONE);
            return Moment { record: witness.record as usize, key, words: witness.cause.clone() };
        }
        let words = recording.story().verdict.lines.join(" ");
        let is_fault = |record: &Record| matches!(record.kind, Kind::Crashed | Kind::Aborted | Kind::LinkFault);
        let fault = records.iter().position(is_fault).unwrap_or(0);
        let has_key = |record: &&Record| record.key != Key::NONE;
        // What died in the crash, else what happened just before it, else what came first.
        let died = records[fault.min(records.len())..].iter().filter(has_key);
        let died = died.take_while(|record| record.at == records[fault].at).find(|record| record.kind == Kind::Killed);
        let before = || records[..fault.min(records.len())].iter().rev().find(has_key);
        let key = died.or_else(before).or_else(|| records.iter().find(has_key)).map_or(Key::NONE, |record| record.key);
        Moment { record: fault, key, words }
    }
}

fn first_witness(recording: &Recording) -> Option<&Witness> {
    let stores = &recording.report().stores;
    let kept = recording.trace().records.len();
    let is_row = |store: &&crate::run::report::StoreReport| store.missing + store.stale + store.ghost > 0;
    let store = stores.iter().find(is_row).or_else(|| stores.iter().find(|store| !store.witnesses.is_empty()));
    store?.witnesses.first().filter(|witness| (witness.record as usize) < kept)
}

/// The records of the diagram.
fn window(recording: &Recording, moment: &Moment) -> Vec<usize> {
    let records = &recording.trace().records;
    let of_key = records.iter().filter(|record| record.key == moment.key && record.op != Op::NONE);
    let mut ops: Vec<Op> = of_key.map(|record| record.op).collect();
    sorted::sort(&mut ops);
    let wanted = |(_, record): &(usize, &Record)| {
        let is_part = record.key == Key::NONE && ops.binary_search(&record.op).is_ok();
        record.key == moment.key || is_part || is_told_anyway(record.kind)
    };
    let drawn = |(_, record): &(usize, &Record)| is_drawn(record.kind);
    let ids: Vec<usize> = records.iter().enumerate().filter(drawn).filter(wanted).map(|(id, _)| id).collect();
    let place = ids.partition_point(|id| *id <= moment.record);
    let end = ids.len().min(place.saturating_sub(MOST * 2 / 3) + MOST);
    ids[end.saturating_sub(MOST)..end].to_vec()
}

/// What every diagram tells, whatever key it follows.
fn is_told_anyway(kind: Kind) -> bool {
    matches!(kind, Kind::Crashed | Kind::Restarted | Kind::FailedOver | Kind::Alarm | Kind::LinkFault)
}

fn is_drawn(kind: Kind) -> bool {
    match kind {
        Kind::Requested | Kind::Refused | Kind::Sent | Kind::Replied | Kind::ClientGaveUp => true,
        Kind::Committed | Kind::Aborted | Kind::Applied | Kind::NotNewer | Kind::TombstoneGone => true,
        Kind::TimedOut | Kind::GaveUp | Kind::Rejected | Kind::Killed | Kind::StillQueued => true,
        Kind::Crashed | Kind::Restarted | Kind::Alarm | Kind::LinkFault => true,
        Kind::Prepared | Kind::Decided | Kind::DecisionLogged => true,
        Kind::Vanished | Kind::Poisoned | Kind::Truncated | Kind::FailedOver => true,
        Kind::NotEnoughReplicas | Kind::OutOfSequence | Kind::Retracted => true,
        Kind::CursorPassed | Kind::SlotLost | Kind::Snapshotted | Kind::OffsetStored | Kind::Stopped => true,
        Kind::Arrived | Kind::Dropped | Kind::Written | Kind::Enqueued | Kind::Waits => false,
        Kind::Granted | Kind::Appended | Kind::Emptied | Kind::OffsetCommitted | Kind::Rewound => false,
        Kind::Polled | Kind::Claimed | Kind::Marked | Kind::Answered | Kind::Retried | Kind::Passed => false,
        Kind::MemberOut | Kind::Joined | Kind::Assigned | Kind::CommitRefused => true,
        Kind::Expired | Kind::OffsetReset | Kind::PassedOver | Kind::Compacted => true,
        Kind::Compared
        | Kind::Narrowed
        | Kind::Signalled
        | Kind::Watermarked
        | Kind::WindowClosed
        | Kind::TableRead
        | Kind::Summed
        | Kind::PassBegan
        | Kind::PassEnded
        | Kind::Flagged => false,
        Kind::Reemitted | Kind::Swapped => true,
        Kind::Known | Kind::Got | Kind::Filled | Kind::FillRefused | Kind::Evicted => true,
        Kind::Compensates | Kind::NothingToCancel | Kind::Denied => true,
        Kind::LogStart | Kind::Assumed | Kind::HighWatermark | Kind::InSync | Kind::Unmarked => false,
        Kind::Acked | Kind::SlotCreated | Kind::SlotMoved | Kind::Checkpointed | Kind::StreamStarted => false,
        Kind::Read
        | Kind::Remembered
        | Kind::Buffered
        | Kind::Forgotten
        | Kind::LinkHealed
        | Kind::Looked
        | Kind::AllClear
        | Kind::CursorMoved
        | Kind::DrainBegan
        | Kind::DrainEnded => false,
    }
}

/// A message, or a note over one node or the two ends of a link.
struct Line {
    from: NodeId,
    to: NodeId,
    /// `->>`, `-->>`, `-x`, `--x`; nothing for a note.
    arrow: &'static str,
    text: String,
}

impl Line {
    fn to_text(&self) -> String {
        let Line { from, to, arrow, text } = self;
        match (arrow.is_empty(), from == to) {
            (false, _) => format!("  {}{arrow}{}: {}\n", alias(*from), alias(*to), plain(text)),
            (true, true) => format!("  Note over {}: {}\n", alias(*from), plain(text)),
            (true, false) => format!("  Note over {},{}: {}\n", alias(*from), alias(*to), plain(text)),
        }
    }
}

fn line(recording: &Recording, id: usize) -> Option<Line> {
    let (plan, record) = (recording.plan(), recording.trace().records.get(id)?);
    let words = recording.event_line(RecordId(id as u32));
    let at = instant(record.at);
    let name = plan.key_name(record.key);
    let app = plan.roles.app;
    let line = match record.kind {
        Kind::Requested => Line { from: CLIENTS, to: app, arrow: "->>", text: format!("{at} {}", words.text) },
        Kind::Refused => Line { from: CLIENTS, to: app, arrow: "-x", text: format!("{at} {}", words.text) },
        Kind::Replied => Line { from: app, to: CLIENTS, arrow: "-->>", text: format!("{at} {}", words.text) },
        Kind::ClientGaveUp => note(CLIENTS, CLIENTS, format!("{at} gives up waiting for {name}")),
        Kind::Sent => message(recording, record, &at)?,
        Kind::LinkFault => {
            let link = plan.links.get(record.link.index())?;
            note(link.from, link.to, format!("{at} {}", words.text))
        }
        _ if plan.nodes.get(record.node.index()).is_some() => {
            note(record.node, record.node, format!("{at} {}", words.text))
        }
        // A detector's alarm: whoever looks is outside.
        _ => note(CLIENTS, CLIENTS, format!("{at} {}", words.text)),
    };
    Some(line)
}

fn note(from: NodeId, to: NodeId, text: String) -> Line {
    Line { from, to, arrow: "", text }
}

fn message(recording: &Recording, record: &Record, at: &str) -> Option<Line> {
    let plan = recording.plan();
    let link = plan.links.get(record.link.index())?;
    let back = record.node == link.to;
    let (from, to) = if back { (link.to, link.from) } else { (link.from, link.to) };
    let lost = record.value == u64::MAX || finds_nobody(recording, record.message(), record.at.0);
    let arrow = match (back, lost) {
        (false, false) => "->>",
        (false, true) => "-x",
        (true, false) => "-->>",
        (true, true) => "--x",
    };
    let parcel = Parcel::ALL.get(usize::from(record.detail)).map_or("", |parcel| parcel.id());
    let lost = if lost { ", lost" } else { "" };
    Some(Line { from, to, arrow, text: format!("{at} {parcel}{}{lost}", of(plan, record)) })
}

fn of(plan: &Plan, record: &Record) -> String {
    match (record.key, record.version) {
        (Key::NONE, _) => String::new(),
        (key, 0) => format!(" {}", plan.key_name(key)),
        (key, version) => format!(" {} version {version}", plan.key_name(key)),
    }
}

/// Whether a message is lost on its way after it was sent.
fn finds_nobody(recording: &Recording, message: MessageId, sent: u64) -> bool {
    let records = &recording.trace().records;
    let after = &records[records.partition_point(|record| record.at.0 < sent)..];
    let end = after.iter().find(|record| {
        record.message() == message && matches!(record.kind, Kind::Arrived | Kind::Dropped | Kind::Answered)
    });
    end.is_some_and(|end| end.kind == Kind::Dropped)
}

/// Clients first, then the nodes in plan order.
fn rank(node: NodeId) -> usize {
    if node == CLIENTS { 0 } else { node.index() + 1 }
}

fn node_of(rank: usize) -> NodeId {
    rank.checked_sub(1).map_or(CLIENTS, |index| NodeId(index as u16))
}

/// An id that is no word of Mermaid's, whatever the node is called.
fn alias(node: NodeId) -> String {
    if node == CLIENTS { "clients".to_owned() } else { format!("n{}", node.0) }
}

/// A text in which nothing means anything to Mermaid: it ends at `;` and reads `#` and `<` its own way.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            '#' | ';' | '<' | '>' | '&' | '%' | '{' | '}' => plain += &format!("#{};", letter as u32),
            letter if letter.is_control() => plain.push(' '),
            letter => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_means_anything() {
        assert_eq!(plain("a;b#c\n<d>"), "a#59;b#35;c #60;d#62;");
    }
}
