//! The frame: all that a viewer may show at one instant, as plain data. A pure function of (recording, time).
//!
//! Words, counts and verdicts are decided here and in `run::narrate`; whoever draws a frame only formats it.

use crate::kernel::time::Us;
use crate::world::ids::RecordId;

pub use crate::truth::anomaly::RowState;

/// What is to be seen at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The instant.
    pub at: Us,
    /// How many records there are up to and with the instant.
    pub records: u32,
    /// The source first, then every store in plan order.
    pub strips: Vec<Strip>,
    /// The stage's nodes, in the order of the columns.
    pub nodes: Vec<NodeFrame>,
    /// The stage's links, in plan order.
    pub links: Vec<LinkFrame>,
    /// Messages on their way.
    pub messages: Vec<MessageFrame>,
    /// What the detectors have seen.
    pub detectors: Vec<DetectorFrame>,
    /// How many rows differ, over all stores.
    pub differs: u32,
    /// How many rows are on their way, over all stores.
    pub in_flight: u32,
    /// What the slider says after its time: `1 row differs. App is down.`
    pub summary: String,
}

/// The rows of one store, or of the source, on the key axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// `source`, or the store's id.
    pub id: String,
    /// How many rows it has.
    pub rows: u32,
    /// How many differ.
    pub differs: u32,
    /// How many are on their way.
    pub in_flight: u32,
    /// One cell per key, in the order of `Story::keys`.
    pub cells: Vec<Cell>,
    /// `search-index: 32 rows, 1 missing, 0 on their way.`
    pub summary: String,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Compared with the source.
    pub state: RowState,
    /// The version it shows; `None` if it has no row.
    pub version: Option<u32>,
    /// `the source has had product-17, version 1, since 12.497 s`; empty unless it differs.
    pub callout: String,
    /// `product-17, search-index: missing. Source has version 1 since 12.497 s.`
    pub label: String,
}

crate::ids! {
    /// In which column of the stage a node stands (UI 6).
    pub enum Column {
        /// The clients.
        Clients = "clients",
        /// The app.
        App = "app",
        /// The source.
        Source = "source",
        /// Relay, connector, coordinator.
        Middle = "middle",
        /// The broker.
        Broker = "broker",
        /// The consumers.
        Consumers = "consumers",
        /// The stores.
        Stores = "stores",
        /// Recoveries: under everything, from the source to the stores.
        Under = "under",
    }
}

crate::ids! {
    /// What a node is doing.
    pub enum NodeState {
        /// Running.
        Up = "up",
        /// Down, by a crash.
        Crashed = "crashed",
        /// Switched off until the drain.
        Off = "off",
    }
}

/// One node of the stage.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeFrame {
    /// Its id, or `clients`.
    pub id: String,
    /// What stands on its box: `app`, `consumer` for `search-index-consumer`.
    pub title: String,
    /// Where it stands.
    pub column: Column,
    /// First and last row of the stage that it reaches: row 0 is the source's, row i store i's.
    pub rows: (u32, u32),
    /// What it is doing.
    pub state: NodeState,
    /// `up`, `crashed`, `off until the drain`.
    pub word: String,
    /// `back at 14.500 s`; empty unless it is down for a time.
    pub back: String,
    /// Its steps in order of time, with the gaps between them.
    pub steps: Vec<StepFrame>,
    /// First and last step (by index) that commit together; `None`: none.
    pub bracket: Option<(u32, u32)>,
    /// Lines of facts: label and value.
    pub facts: Vec<(String, String)>,
    /// Rows that differ, or are on their way: `1 missing`.
    pub marks: Vec<(RowState, String)>,
    /// Slots drawn inside: outbox rows, log records.
    pub slots: Vec<SlotRow>,
    /// `app, crashed at 12.500 s between commit and index, back at 14.500 s. Calls source and search-index.`
    pub label: String,
}

/// One step of a node's machine.
#[derive(Clone, Debug, PartialEq)]
pub struct StepFrame {
    /// Its text: `write product-17`.
    pub text: String,
    /// Whether the change in view has passed it.
    pub done: bool,
    /// Whether a change is in it now.
    pub now: bool,
    /// The row of the stage it talks to.
    pub row: u32,
    /// The gap after this step: a crash point; `None` after the last.
    pub gap: Option<GapFrame>,
}

/// The gap between two steps.
#[derive(Clone, Debug, PartialEq)]
pub struct GapFrame {
    /// The crash point's id: `app.after-commit-before-publish`.
    pub id: String,
    /// `Crash point app after commit before publish.`
    pub label: String,
    /// When its node last died here, if it is still down.
    pub crashed_at: Option<Us>,
    /// Whether a fault of the scenario names it.
    pub armed: bool,
    /// How often it has been passed up to the instant: the next pass is one more.
    pub passes: u32,
}

/// A row of slots inside a node: outbox rows, or the records of a partition.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotRow {
    /// `outbox`, `partition 0`.
    pub label: String,
    /// How many there are in all; the last of them are in `slots`.
    pub total: u32,
    /// Label and whether it is filled: not yet published, still kept.
    pub slots: Vec<(String, bool)>,
    /// Positions below: text and slot index counted over all.
    pub positions: Vec<(String, u32)>,
}

/// One link of the stage.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkFrame {
    /// `app-source`.
    pub id: String,
    /// Index in `nodes`.
    pub from: u32,
    /// Index in `nodes`.
    pub to: u32,
    /// The row of the stage at whose height it runs.
    pub row: u32,
    /// `ok`, `cut until 18 s`, `acked, 12.499 s`.
    pub word: String,
    /// Whether it carries nothing now.
    pub cut: bool,
    /// The tag of what was owed over it and never sent: `17 v1`; with its words: `never sent`.
    pub never_sent: Option<(String, String)>,
    /// `app to search-index: ok, no message.`
    pub label: String,
}

crate::ids! {
    /// How a message is drawn (UI 3).
    pub enum MessageShape {
        /// A write or an event: a filled tag with key and version.
        Write = "write",
        /// A read, poll, begin or prepare: a hollow tag with its verb.
        Read = "read",
        /// A delete: a filled tag with a notched tail.
        Delete = "delete",
        /// An answer that all went well: an empty ring going back.
        Ok = "ok",
        /// An answer that it failed: a ring with a cross.
        Refused = "refused",
        /// A request whose caller has given up: a dashed tag.
        Late = "late",
    }
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageFrame {
    /// Its number: the same in every frame.
    pub id: u32,
    /// Index in `links`.
    pub link: u32,
    /// Whether it runs from the callee back to the caller.
    pub back: bool,
    /// `write`, `commit`, `publish` ...: the parcel's id.
    pub parcel: &'static str,
    /// How it is drawn.
    pub shape: MessageShape,
    /// `17 v1`, `17 del`, `poll`.
    pub tag: String,
    /// When it left.
    pub sent: Us,
    /// When it arrives, or is lost.
    pub arrives: Us,
    /// Whether it is lost on its way.
    pub lost: bool,
    /// `Product-17 version 1 to search-index, sent 12.501, arrives 12.505.`
    pub label: String,
}

/// What a detector believes.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorFrame {
    /// Its id.
    pub id: String,
    /// Whether it fires.
    pub firing: bool,
    /// `0 of 32 calls failed`.
    pub saw: String,
    /// When it looked last.
    pub looked: Option<Us>,
}

/// What does not change with the cursor: the run as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// The keys on the axis: full name and short label (`17`).
    pub keys: Vec<(String, String)>,
    /// Where the page opens: the most telling moment.
    pub opens_at: Us,
    /// When arrivals stop.
    pub duration: Us,
    /// When the run ends, with its drain.
    pub ends: Us,
    /// How many records there are.
    pub records: u32,
    /// `direct-db-first: write the database, then call the search index`
    pub path: String,
    /// The word and mark of the verdict.
    pub verdict: VerdictLine,
    /// Marks on the time line: faults.
    pub faults: Vec<FaultMark>,
    /// The scenario's own faults, in document order.
    pub chips: Vec<FaultChip>,
    /// Marks on the time line: alarms.
    pub alarms: Vec<AlarmMark>,
    /// `none. Neither of the 2 detectors fires in this run`
    pub alarms_line: String,
    /// The divergence area: at each change, rows that differ and rows on their way.
    pub area: Vec<(Us, u32, u32)>,
    /// The words in the plot: `1 row missing` and `from 12.497 s to the end of the run; it never converges`.
    pub area_words: Option<(String, String)>,
    /// Instants of the first difference, every crash point pass, every fault, every alarm: what Back and Next go by.
    pub stops: Stops,
    /// The first record of an event that reaches a store which has had it, and when.
    pub again: Option<(RecordId, Us)>,
}

/// Instants to jump to, each list in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stops {
    /// Passes of crash points.
    pub crash_points: Vec<Us>,
    /// Changes of how many rows differ.
    pub differences: Vec<Us>,
    /// Faults.
    pub faults: Vec<Us>,
    /// Alarms.
    pub alarms: Vec<Us>,
}

/// The verdict as the page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct VerdictLine {
    /// The worst anomaly's mark.
    pub mark: RowState,
    /// Whether it is `blocked`: two ink bars instead of the mark.
    pub blocked: bool,
    /// `diverged, silent`
    pub word: String,
    /// `Verdict at the end, 60 s`
    pub head: String,
    /// `1 row missing for good.` and `0 of 2 detectors fired.`
    pub lines: Vec<String>,
}

/// A fault of the document, as the scenario bar shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultChip {
    /// Its short form: `crash:app@12500ms`.
    pub text: String,
    /// `crash app, 12.5 s`
    pub words: String,
    /// Why it never struck, in one sentence; empty if it did: `crash relay, 32 s: direct-db-first has no relay.`
    pub idle: String,
    /// When it struck first.
    pub struck: Option<Us>,
    /// Whether it is a crash between two steps, not at a time.
    pub at_gap: bool,
}

/// A fault on the time line.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultMark {
    /// When it struck.
    pub at: Us,
    /// When it was over.
    pub until: Us,
    /// `crash app, down 2 s`
    pub text: String,
    /// Whether it is a crash (a cross) or a link fault (bars).
    pub crash: bool,
}

/// An alarm on the time line.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmMark {
    /// When it fired.
    pub at: Us,
    /// Which detector.
    pub detector: String,
    /// Whether no row differed then.
    pub false_alarm: bool,
    /// The record of it.
    pub record: RecordId,
}

/// The headline and paragraph of the page at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Headline {
    /// `The database has product-17.`
    pub source: String,
    /// `The search index does not.`; empty if nothing differs.
    pub store: String,
    /// The paragraph.
    pub paragraph: String,
}

/// An answer to "why?": a title and its chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// `Why is product-17 missing?`
    pub title: String,
    /// The one sentence.
    pub sentence: String,
    /// From the first cause to the drain test.
    pub steps: Vec<WhyStep>,
    /// Each detector and what it saw: `publish-failure-rate`, `0 of 32 calls failed`.
    pub noticed: Vec<(String, String)>,
}

/// One step of a causal chain.
#[derive(Clone, Debug, PartialEq)]
pub struct WhyStep {
    /// When; `None`: never.
    pub at: Option<Us>,
    /// What stands left of the rail: `12.493 s`, `3 ms`, `never`.
    pub time: String,
    /// The record to jump to.
    pub record: Option<RecordId>,
    /// `commit is durable: the row exists`
    pub what: String,
    /// `source, WAL 0/5A8`
    pub place: String,
    /// How it is marked.
    pub mark: WhyMark,
}

crate::ids! {
    /// The mark of a step on the rail.
    pub enum WhyMark {
        /// Something that happened.
        Dot = "dot",
        /// A crash.
        Cross = "cross",
        /// The time from the row's existence to the cause, in accent.
        Span = "span",
        /// What never happened, in accent.
        Never = "never",
    }
}

/// One line of the event list.
#[derive(Clone, Debug, PartialEq)]
pub struct EventLine {
    /// Its record.
    pub record: RecordId,
    /// When.
    pub at: Us,
    /// Where.
    pub node: String,
    /// The kind's id.
    pub kind: &'static str,
    /// One sentence.
    pub text: String,
}
