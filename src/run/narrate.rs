//! Sentences: for a record, a cause, a verdict. Page, screen reader and command line say the same words.

mod causes;

pub(super) use causes::path_end;
pub use causes::{event_cause, row_cause};

use super::words::{count, instant, span};
use crate::kernel::time::Us;
use crate::recovery::Compare;
use crate::scenario::plan::{NodeRole, Plan};
use crate::strategy::CrashPoint;
use crate::world::ids::{EventId, Key, MemberId, NodeId, OpKind, Outcome, RelayId, Reset};
use crate::world::observe::BY_REPAIR;
use crate::world::record::{AbortReason, Kind, Parcel, PassedBy, PoisonPolicy, Record, RejectReason, Vanish};

/// `product-17 version 1`, `product-17`, or nothing.
fn what(plan: &Plan, record: &Record) -> String {
    match (record.key, record.version) {
        (Key::NONE, _) => String::new(),
        (key, 0) => plan.key_name(key),
        (key, version) => format!("{} version {version}", plan.key_name(key)),
    }
}

/// The words for a node in a sentence: `the app`, `the search index`, `search-index-2`.
#[must_use]
pub fn the(plan: &Plan, node: NodeId) -> String {
    let Some(at) = plan.nodes.get(node.index()) else { return "somebody".to_owned() };
    let id = &at.id;
    match at.role {
        NodeRole::App => "the app".to_owned(),
        NodeRole::Source => "the database".to_owned(),
        NodeRole::Broker => "the broker".to_owned(),
        NodeRole::Follower => "the broker's follower".to_owned(),
        NodeRole::Relay(RelayId(0)) => "the relay".to_owned(),
        NodeRole::Relay(_) => id.clone(),
        NodeRole::Connector => "the connector".to_owned(),
        NodeRole::Coordinator => "the coordinator".to_owned(),
        NodeRole::Consumer(_) if Some(node) == plan.roles.own_consumer => "the app's own consumer".to_owned(),
        NodeRole::Consumer(MemberId(at)) if usize::from(at) > plan.stores.len() => id.clone(),
        NodeRole::Consumer(member) => format!("the consumer of {}", plan.fed_by(member).id),
        NodeRole::Store(_) if id == "search-index" => "the search index".to_owned(),
        NodeRole::Store(_) if id == "cache" => "the cache".to_owned(),
        NodeRole::Store(_) => id.clone(),
        NodeRole::Recovery(_) => format!("the recovery {id}"),
    }
}

/// `after commit, before publish`.
#[must_use]
pub fn point_words(point: CrashPoint) -> String {
    let id = point.id();
    let steps = id.split_once(".after-").map_or(id, |(_, steps)| steps);
    match steps.split_once("-before-") {
        Some((after, before)) => format!("after {after}, before {before}"),
        None => id.to_owned(),
    }
}

/// One sentence for a record, without its time and node.
#[must_use]
#[expect(clippy::too_many_lines, reason = "one sentence a kind of record: the list is the point")]
pub fn record(plan: &Plan, record: &Record) -> String {
    let (what, link) = (what(plan, record), plan.link_name(record.link));
    let kind = OpKind::ALL.get(usize::from(record.detail)).map_or("snapshot", |kind| kind.id());
    match record.kind {
        Kind::Requested => format!("a client asks to {kind} {what}"),
        Kind::Refused => format!("a client asks to {kind} {what}, and finds the app down"),
        Kind::Sent => sent(plan, record, &what),
        Kind::Arrived => format!("{} over {link} arrives{}", parcel(record.detail), of(&what)),
        Kind::Dropped => format!("{} over {link} is lost{}", parcel(record.detail), of(&what)),
        Kind::Written => format!("writes {what} in transaction {}", record.value),
        Kind::Enqueued => format!("writes outbox row {} for {what}", record.value),
        Kind::Committed => format!("commit of {what} is durable ({kind})"),
        Kind::Aborted => format!("transaction{} is rolled back: {}", of(&what), reason(record.detail)),
        Kind::Waits if record.extra == u32::MAX => "a commit waits for space in the log".to_owned(),
        Kind::Waits => format!("a write waits for a row lock of transaction {}", record.extra),
        Kind::Granted => format!("a write gets what it waited for after {}", span(Us(record.value))),
        Kind::Appended => format!("{what} is record {} of partition {} ({kind})", record.value, record.extra),
        Kind::Applied if record.extra == BY_REPAIR && record.op_detail() == OpKind::Delete as u8 => {
            format!("is repaired: {} is deleted", plan.key_name(record.key))
        }
        Kind::Applied if record.extra == BY_REPAIR => format!("is repaired: it shows {what}"),
        Kind::Applied if record.value == 1 => format!("drops its entry, for {what}"),
        Kind::Applied if record.value == 2 => format!("takes its effect back, for {what}"),
        Kind::Applied => format!("shows {what} ({kind})"),
        Kind::NotNewer if record.extra == BY_REPAIR => {
            format!("refuses a repair of {what}: the row is not as it was read")
        }
        Kind::NotNewer => format!("refuses {what}: it is not newer"),
        Kind::Known => format!("has had {what} already, and does it no second time"),
        Kind::Compensates => format!("takes its change back, by {what} ({kind})"),
        Kind::NothingToCancel => format!("finds nothing to take back for {what}"),
        Kind::Remembered => format!("notes in its inbox that it has had {what}"),
        Kind::Got if record.detail == 1 && record.event == EventId::NONE => {
            format!("a reader finds that there is no {}", plan.key_name(record.key))
        }
        Kind::Got if record.detail == 1 => format!("a reader finds {what}"),
        Kind::Got => format!("a reader finds nothing for {what}"),
        Kind::Filled => format!("a reader puts {what} here, as it read it at the database"),
        Kind::Denied => {
            format!("a reader puts here that there is no {}, as it read at the database", plan.key_name(record.key))
        }
        Kind::FillRefused => format!("refuses the {what} of a reader: it is out of date, or may be"),
        Kind::Evicted => format!("forgets {what}: its time is over"),
        Kind::TombstoneGone => format!("forgets that {what} was deleted"),
        Kind::Emptied if record.extra == BY_REPAIR => "is emptied, to be made anew".to_owned(),
        Kind::Emptied => "has lost all its rows".to_owned(),
        Kind::OffsetCommitted => format!("offset {} of partition {} is committed", record.value, record.extra),
        Kind::Rewound => format!("reads partition {} again from offset {}", record.extra, record.value),
        Kind::Polled => format!("takes {}", count(record.value, "record")),
        Kind::Claimed => claimed(record),
        Kind::Marked if record.detail == 1 => format!("outbox row {} is deleted: it is published", record.value),
        Kind::Marked => format!("outbox row {} is marked as published", record.value),
        Kind::Answered => format!("hears over {link}: {}{}", outcome(record.detail), of(&what)),
        Kind::TimedOut => format!("hears nothing over {link} in time{}", of(&what)),
        Kind::Retried => format!("will try again{}", of(&what)),
        Kind::GaveUp => format!("gives {what} up: nobody will tell the stores"),
        Kind::Replied => format!("answers the client: {}{}", outcome(record.detail), of(&what)),
        Kind::ClientGaveUp => format!("the client of {what} gives up waiting"),
        Kind::Passed => passed(record, &what),
        Kind::Crashed => crashed(record),
        Kind::Killed if what.is_empty() => "what it was doing dies with it".to_owned(),
        Kind::Killed => format!("its work on {what} dies with it"),
        Kind::Restarted => "is up again, with what was durable".to_owned(),
        Kind::LinkFault if record.value == u64::MAX => format!("{link} is cut until the drain"),
        Kind::LinkFault => format!("{link} is cut until {}", instant(Us(record.value))),
        Kind::LinkHealed => format!("{link} is as before"),
        Kind::Looked => format!("{} looks: {}", detector(plan, record), looked(plan, record)),
        Kind::Alarm => format!("{} fires: {}", detector(plan, record), looked(plan, record)),
        Kind::AllClear => format!("{} is quiet again", detector(plan, record)),
        Kind::DrainBegan => "the load stops, every node comes up, every link is as before".to_owned(),
        Kind::StillQueued => format!("{what} is still on its way"),
        Kind::Read if record.value == 0 => format!("finds no row for {what}{}", early(record)),
        Kind::Read => format!("finds version {} for {what}{}", record.value, early(record)),
        Kind::Buffered => format!("puts {what} into its client library's buffer"),
        Kind::Prepared => format!("votes yes{}: prepared, and bound to what it will be told", of(&what)),
        Kind::Decided => decided(record, &what),
        Kind::DecisionLogged => format!("has decided to commit{}", of(&what)),
        Kind::Forgotten => "forgets a transaction that all have committed".to_owned(),
        Kind::Rejected => format!("drops {what}: {}", rejected(record.detail)),
        Kind::CursorPassed if record.detail == PassedBy::Position as u8 => {
            format!("outbox row {} ({what}) is below the position: no poll will ever see it", record.value)
        }
        Kind::CursorPassed => format!("will not send {what}: {}", passed_by(record.detail)),
        Kind::SlotCreated
        | Kind::SlotMoved
        | Kind::SlotLost
        | Kind::Checkpointed
        | Kind::Snapshotted
        | Kind::StreamStarted
        | Kind::OffsetStored
        | Kind::Acked
        | Kind::Stopped => of_the_log(record),
        Kind::DrainEnded if record.detail == 1 => "the drain reaches its limit".to_owned(),
        Kind::Retracted if record.detail == 1 => format!("has lost {what}: the row is version {} again", record.value),
        Kind::Retracted => format!("has lost {what}: there is no row again"),
        Kind::Unmarked => format!("outbox row {} is to be published again", record.value),
        Kind::CursorMoved if record.value == u64::MAX => "the outbox position is as before the first row".to_owned(),
        Kind::CursorMoved => format!("the outbox position is {}", record.value),
        Kind::NotEnoughReplicas
        | Kind::Assumed
        | Kind::HighWatermark
        | Kind::InSync
        | Kind::FailedOver
        | Kind::Truncated => of_the_replicas(plan, record, &what),
        Kind::Flagged => flagged(plan, record),
        Kind::PassBegan
        | Kind::TableRead
        | Kind::Summed
        | Kind::Signalled
        | Kind::Watermarked
        | Kind::WindowClosed
        | Kind::Narrowed
        | Kind::Compared
        | Kind::Reemitted
        | Kind::PassEnded
        | Kind::Swapped => of_recovery(record, &what),
        Kind::LogStart | Kind::Expired | Kind::OffsetReset | Kind::PassedOver | Kind::Compacted => {
            of_retention(record, &what)
        }
        Kind::OutOfSequence if record.detail == 1 => format!("has {what} already, and confirms it again"),
        Kind::OutOfSequence => format!("refuses {what}: what its producer sent before it is missing"),
        Kind::Vanished => {
            format!("outbox row {} ({what}) is {}: no poll will ever see it", record.value, vanish(record.detail))
        }
        Kind::Poisoned => format!("{what} cannot be handled here: {}", poison(record.detail)),
        Kind::MemberOut => {
            let why = match record.detail {
                1 => "it took too long over its last poll, and does not know yet",
                _ => "nothing was heard of it for its session timeout",
            };
            format!("removes {} from its consumer group: {why}", plan.node_name(plan.far_end(record.link)))
        }
        Kind::Joined => "joins its consumer group again".to_owned(),
        Kind::Assigned => {
            let to = plan.node_name(plan.far_end(record.link));
            format!("gives partition {} to {to}, from offset {}", record.extra, record.value)
        }
        Kind::CommitRefused => {
            format!("refuses offset {} of partition {} over {link}: it is another's now", record.value, record.extra)
        }
        Kind::DrainEnded => "nothing is in flight any more: what differs now, differs for good".to_owned(),
    }
}

/// Who did it, and what: `app crashes ..`; `source: commit of .. is durable`, where the words have a subject of their own.
#[must_use]
pub fn whole(plan: &Plan, of: &Record) -> String {
    let (who, words) = (plan.node_name(of.node), record(plan, of));
    let apart = match of.kind {
        _ if of.node == NodeId::NONE => return words,
        Kind::Requested
        | Kind::Refused
        | Kind::Arrived
        | Kind::Dropped
        | Kind::Committed
        | Kind::Aborted
        | Kind::Waits
        | Kind::Granted
        | Kind::Appended
        | Kind::OffsetCommitted
        | Kind::Marked
        | Kind::Unmarked
        | Kind::CursorMoved
        | Kind::Vanished
        | Kind::Poisoned
        | Kind::ClientGaveUp
        | Kind::Killed
        | Kind::Got
        | Kind::Filled
        | Kind::Denied
        | Kind::HighWatermark
        | Kind::InSync
        | Kind::Truncated => ": ",
        _ => " ",
    };
    format!("{who}{apart}{words}")
}

/// One sentence for a record of replicas: leader, follower, high watermark, failover.
fn of_the_replicas(plan: &Plan, record: &Record, what: &str) -> String {
    match record.kind {
        Kind::NotEnoughReplicas => format!("refuses {what}: {} in sync", count(record.value, "replica")),
        Kind::Assumed => format!("takes it for done without an answer{}", of(what)),
        Kind::HighWatermark => {
            format!("partition {} may be read up to offset {}", record.extra, record.value.saturating_sub(1))
        }
        Kind::InSync if record.detail == 1 => format!("the follower of partition {} is in sync again", record.extra),
        Kind::InSync => format!("the follower of partition {} is out of the in-sync set", record.extra),
        Kind::FailedOver if record.node == plan.roles.source => {
            format!("fails over, and serves again at {}", instant(Us(record.value)))
        }
        Kind::FailedOver if record.detail == 1 => {
            format!("the leader is lost; the follower serves from {}", instant(Us(record.value)))
        }
        Kind::FailedOver => {
            format!("the leader is lost, and nobody in sync can take over until {}", instant(Us(record.value)))
        }
        _ => format!(
            "{what}, record {} of partition {}, is gone: the new leader never had it",
            record.value, record.extra
        ),
    }
}

/// One sentence for a record of a recovery's pass.
fn of_recovery(record: &Record, what: &str) -> String {
    match record.kind {
        Kind::PassBegan => format!("begins pass {}", record.value),
        Kind::TableRead => format!("reads {} for a recovery", count(record.value, "row")),
        Kind::Summed if record.detail == Compare::Counts as u8 => format!("counts {}", count(record.value, "row")),
        Kind::Summed => format!("sums {} up, by bucket", count(record.value, "row")),
        Kind::Signalled => "has a row in its signal table: a snapshot in chunks is wanted".to_owned(),
        Kind::Watermarked => {
            let which = if record.detail == 1 { "high" } else { "low" };
            format!("has the {which} watermark of a chunk at WAL {:X}", record.value)
        }
        Kind::WindowClosed if record.extra == 0 => format!("closes the window: {} left", count(record.value, "row")),
        Kind::WindowClosed => {
            let (left, dropped) = (count(record.value, "row"), count(record.extra.into(), "row"));
            format!("closes the window: {left} left, {dropped} dropped, since the log has them newer")
        }
        Kind::Narrowed if record.value == 0 => "finds the same on both sides".to_owned(),
        Kind::Narrowed => format!("finds a difference: {} to look at", count(record.value, "row")),
        Kind::Compared if record.value == 0 => "finds no row to repair".to_owned(),
        Kind::Compared => format!("finds {} to repair", count(record.value, "row")),
        Kind::Reemitted => format!("publishes {what} again"),
        Kind::PassEnded if record.detail == 1 => "gives its pass up".to_owned(),
        Kind::PassEnded => "ends its pass".to_owned(),
        _ => "is swapped for the store that was made anew".to_owned(), // Swapped; no other kind comes here.
    }
}

/// One sentence for a record of what the broker deletes, and of who had not read it.
fn of_retention(record: &Record, what: &str) -> String {
    let (value, partition) = (record.value, record.extra);
    match record.kind {
        Kind::LogStart => format!("deletes old segments: partition {partition} begins at offset {value}"),
        Kind::Expired => format!("{what}, record {value} of partition {partition}, is deleted before all have read it"),
        Kind::Compacted => format!("compaction removes {what}, record {value} of partition {partition}"),
        Kind::OffsetReset if record.detail == Reset::Latest as u8 => {
            format!("its offset is gone: it goes on at the end of partition {partition}, offset {value}")
        }
        Kind::OffsetReset => {
            format!("its offset is gone: it goes on at the oldest record of partition {partition}, offset {value}")
        }
        _ => format!("passes over {what}, record {value} of partition {partition}"), // Passed over; no other kind.
    }
}

/// One sentence for a record of the log, its slot and its reader.
fn of_the_log(record: &Record) -> String {
    match record.kind {
        Kind::SlotCreated => format!("creates a replication slot at WAL {:X}", record.value),
        Kind::SlotMoved if record.detail == 2 => format!("the slot still needs the log from WAL {:X}", record.value),
        Kind::SlotMoved => format!("the slot is confirmed up to WAL {:X}", record.value),
        Kind::SlotLost if record.detail == 1 => {
            format!("gives the replication slot up: it held {}", count(record.value, "byte"))
        }
        Kind::SlotLost => format!("the replication slot is gone, with {} of log", count(record.value, "byte")),
        Kind::Checkpointed => "makes a checkpoint".to_owned(),
        Kind::Snapshotted => {
            format!("exports a snapshot of {} at WAL {:X}", count(u64::from(record.extra), "row"), record.value)
        }
        Kind::StreamStarted => format!("sends the log from WAL {:X}", record.value),
        Kind::OffsetStored => format!("keeps the connector’s offset, WAL {:X}", record.value),
        Kind::Acked => format!("has published everything up to WAL {:X}", record.value),
        Kind::Stopped if record.detail == 1 => "fails, and says so: the log that it needs is not there".to_owned(),
        _ => "stops in good order".to_owned(), // A connector that stopped; no other kind comes here.
    }
}

fn early(read: &Record) -> &'static str {
    if read.extra == 1 { ": its commit is not visible yet" } else { "" }
}

fn passed_by(detail: u8) -> &'static str {
    PassedBy::ALL.get(usize::from(detail)).map_or("unknown", |by| by.id())
}

fn decided(record: &Record, what: &str) -> String {
    let how = if record.value == 1 { "commits" } else { "aborts" };
    let who = if record.extra == 1 { ", by an operator's hand" } else { "" };
    format!("{how} what it has prepared{}{who}", of(what))
}

fn rejected(detail: u8) -> &'static str {
    RejectReason::ALL.get(usize::from(detail)).map_or("unknown", |reason| reason.id())
}

fn claimed(record: &Record) -> String {
    let back = match record.extra {
        0 => String::new(),
        n => format!("; {} may not be read yet", count(u64::from(n), "row")),
    };
    match record.value {
        0 => format!("finds no outbox row{back}"),
        rows => format!("claims {}{back}", count(rows, "outbox row")),
    }
}

fn vanish(detail: u8) -> &'static str {
    Vanish::ALL.get(usize::from(detail)).map_or("gone", |vanish| vanish.id())
}

fn poison(detail: u8) -> &'static str {
    match PoisonPolicy::ALL.get(usize::from(detail)) {
        Some(PoisonPolicy::Skip) => "it is skipped",
        Some(PoisonPolicy::DeadLetter) => "it is put aside",
        Some(PoisonPolicy::Stop) | None => "it and all behind it wait",
    }
}

fn of(what: &str) -> String {
    if what.is_empty() { String::new() } else { format!(", {what}") }
}

/// A message in a few words: `the event, product-17 version 1`.
#[must_use]
pub fn message(plan: &Plan, sent: &Record) -> String {
    format!("{}{}", parcel(sent.detail), of(&what(plan, sent)))
}

fn parcel(detail: u8) -> &'static str {
    match Parcel::ALL.get(usize::from(detail)) {
        Some(Parcel::Write) => "the write",
        Some(Parcel::Enqueue) => "the outbox row",
        Some(Parcel::Commit) => "the commit",
        Some(Parcel::Publish) => "the event",
        Some(Parcel::Apply) => "the call",
        Some(Parcel::Deliver) => "the record",
        Some(Parcel::Claim) => "the poll",
        Some(Parcel::Mark) => "the mark",
        Some(Parcel::CommitOffset) => "the offset",
        Some(Parcel::Read) => "the read",
        Some(Parcel::Inspect) => "the question for the slot",
        Some(Parcel::Snapshot) => "the read of the table",
        Some(Parcel::Stream) => "the question for the log",
        Some(Parcel::Wal) => "the change",
        Some(Parcel::Confirm) => "the confirmation",
        Some(Parcel::StoreOffset) => "the offset",
        Some(Parcel::Heartbeat) => "the heartbeat",
        Some(Parcel::Upsert) => "the upsert",
        Some(Parcel::CommitAll) => "the request to commit",
        Some(Parcel::Prepare) => "the request to prepare",
        Some(Parcel::Decide) => "the decision",
        Some(Parcel::Recover) => "the question what is prepared",
        Some(Parcel::Scan) => "the read of all rows",
        Some(Parcel::Sum) => "the question what its rows sum up to",
        Some(Parcel::Signal | Parcel::SignalRow) => "the signal for a snapshot in chunks",
        Some(Parcel::Watermark) => "the watermark of a chunk",
        Some(Parcel::Chunk) => "the select of a chunk",
        Some(Parcel::Repair) => "the repair",
        Some(Parcel::Open) => "the request for a new store",
        Some(Parcel::Copy) => "the copy of all rows",
        Some(Parcel::Swap) => "the swap",
        Some(Parcel::Remember) => "the inbox row",
        Some(Parcel::Get) => "the look-up",
        Some(Parcel::Fill) => "what was read",
        Some(Parcel::AnswerOk | Parcel::AnswerFailed) | None => "the answer",
    }
}

fn outcome(detail: u8) -> &'static str {
    match Outcome::ALL.get(usize::from(detail)) {
        Some(Outcome::Ok) => "done",
        Some(Outcome::Failed) => "failed",
        Some(Outcome::Unknown) | None => "outcome unknown",
    }
}

fn reason(detail: u8) -> &'static str {
    AbortReason::ALL.get(usize::from(detail)).map_or("unknown", |reason| reason.id())
}

fn sent(plan: &Plan, record: &Record, what: &str) -> String {
    let to = plan
        .links
        .get(record.link.index())
        .map_or(NodeId::NONE, |link| if link.from == record.node { link.to } else { link.from });
    let lost = if record.value == u64::MAX { ", and it will be lost" } else { "" };
    format!("sends {} to {}{}{lost}", parcel(record.detail), plan.node_name(to), of(what))
}

fn passed(record: &Record, what: &str) -> String {
    let point = CrashPoint::ALL.get(usize::from(record.detail));
    let words = point.map_or_else(String::new, |point| point_words(*point));
    format!("is {words}{} (pass {})", of(what), record.extra)
}

fn crashed(record: &Record) -> String {
    let at = record.detail.checked_sub(1).and_then(|point| CrashPoint::ALL.get(usize::from(point)));
    let place = at.map_or_else(String::new, |point| format!(", {}", point_words(*point)));
    if record.value == u64::MAX {
        return format!("crashes{place}, and stays down until the drain");
    }
    format!("crashes{place}, back at {}", instant(Us(record.value)))
}

fn flagged(plan: &Plan, record: &Record) -> String {
    let store = plan.stores.get(usize::from(record.detail)).map_or("nobody", |store| &store.id);
    format!("{} says that {} differs in {store}", detector(plan, record), plan.key_name(record.key))
}

fn detector(plan: &Plan, record: &Record) -> String {
    plan.detectors.get(record.extra as usize).map_or_else(String::new, |detector| detector.id.clone())
}

/// What a detector's look saw, in words.
#[must_use]
pub fn looked(plan: &Plan, record: &Record) -> String {
    let Some(detector) = plan.detectors.get(record.extra as usize) else { return String::new() };
    detector.kind.words(record.value >> 32, record.value & 0xffff_ffff)
}
