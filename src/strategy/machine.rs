//! The vocabulary that every strategy's machines share: what they are told, and what they ask for.
//!
//! A machine is a pure `step(knobs, state, event) -> Arrow`. It contains no crash code: an arrow names the crash points
//! that it passes, and the simulation counts passes and kills.

use super::CrashPoint;
use crate::world::ids::Outcome;

/// What the app's machine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppEvent {
    /// A request came in.
    Start,
    /// What it asked for is done.
    Done,
    /// It failed, without effect.
    Failed,
    /// Nobody answered in time.
    TimedOut,
    /// The time that it waited is over.
    Elapsed,
}

impl AppEvent {
    /// Every event, for tables.
    pub const ALL: [AppEvent; 5] =
        [AppEvent::Start, AppEvent::Done, AppEvent::Failed, AppEvent::TimedOut, AppEvent::Elapsed];
}

/// What the app's machine asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppCommand {
    /// Begin a transaction, lock and write the rows.
    Write,
    /// Insert an outbox row for each changed row.
    Enqueue,
    /// Keep the transaction open for its time.
    Hold,
    /// Commit.
    Commit,
    /// Do something else between the two writes.
    Gap,
    /// The `call`-th part of the second write, for the `attempt`-th time.
    Publish {
        /// From 0: event by event, and store by store where the app writes to stores.
        call: u32,
        /// From 1.
        attempt: u32,
    },
    /// Hand the second write to the client library's buffer, which sends it later.
    Buffer,
    /// Read the rows, to see whether the change may be.
    Validate,
    /// Ask the coordinator to commit at all participants.
    CommitAll,
    /// Pause before the next attempt.
    Backoff,
    /// Give the rest of the second write up.
    GiveUp,
    /// The operation is over: take its change back, by another one, which answers the client.
    Compensate,
    /// Break the connection to the source: an open transaction is rolled back.
    Disconnect,
    /// Answer the client.
    Reply(Outcome),
    /// The operation is over.
    End,
}

/// What a strategy's app machine may look at: the options, resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppKnobs {
    /// How many calls the second write takes.
    pub calls: u32,
    /// How often a call is tried; 0: without end.
    pub attempts: u32,
    /// Whether the client is answered before the second write.
    pub background: bool,
    /// Whether the outbox row is inserted before the rows are written, and their locks taken.
    pub outbox_first: bool,
    /// Whether an operation that gives its second write up is taken back.
    pub compensates: bool,
}

impl AppKnobs {
    /// Whether another attempt may follow this one.
    #[must_use]
    pub const fn again(&self, attempt: u32) -> bool {
        self.attempts == 0 || attempt < self.attempts
    }
}

/// One arrow of a machine: the next state, what it asks for, and the crash points before and after asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrow<S, C> {
    /// The next state.
    pub next: S,
    /// Passed before anything is asked for.
    pub before: Option<CrashPoint>,
    /// What it asks for, in this order.
    pub asks: [Option<C>; 4],
    /// Passed when the first thing asked for has left the node.
    pub after: Option<CrashPoint>,
}

impl<S, C> Arrow<S, C> {
    /// Goes to a state and asks for one thing.
    pub const fn to(next: S, ask: C) -> Arrow<S, C> {
        Arrow { next, before: None, asks: [Some(ask), None, None, None], after: None }
    }

    /// Goes to a state and asks for two things.
    pub const fn to2(next: S, first: C, second: C) -> Arrow<S, C> {
        Arrow { next, before: None, asks: [Some(first), Some(second), None, None], after: None }
    }

    /// Goes to a state and asks for three things.
    pub const fn to3(next: S, first: C, second: C, third: C) -> Arrow<S, C> {
        Arrow { next, before: None, asks: [Some(first), Some(second), Some(third), None], after: None }
    }

    /// Asks for one thing more.
    #[must_use]
    pub const fn and(mut self, last: C) -> Arrow<S, C>
    where
        S: Copy,
        C: Copy,
    {
        let mut at = 0;
        while at < self.asks.len() {
            if self.asks[at].is_none() {
                self.asks[at] = Some(last);
                break;
            }
            at += 1;
        }
        self
    }

    /// Stays where it is: an answer to a call of before, or to nobody.
    pub const fn stay(state: S) -> Arrow<S, C> {
        Arrow { next: state, before: None, asks: [None, None, None, None], after: None }
    }

    /// Passes a crash point before it asks.
    #[must_use]
    pub const fn before(mut self, point: CrashPoint) -> Arrow<S, C>
    where
        S: Copy,
        C: Copy,
    {
        self.before = Some(point);
        self
    }

    /// Passes a crash point once what it asks for has left the node.
    #[must_use]
    pub const fn after(mut self, point: CrashPoint) -> Arrow<S, C>
    where
        S: Copy,
        C: Copy,
    {
        self.after = Some(point);
        self
    }

    /// The same arrow of a machine that this one is part of.
    pub fn map<T>(self, wrap: impl FnOnce(S) -> T) -> Arrow<T, C> {
        Arrow { next: wrap(self.next), before: self.before, asks: self.asks, after: self.after }
    }
}

/// One step of a node as the stage lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its verb: `write`, `commit`, `publish`.
    pub verb: Verb,
    /// The crash point in the gap after it.
    pub gap: Option<CrashPoint>,
}

crate::ids! {
    /// What a step does, and with whom.
    pub enum Verb {
        /// Opens a transaction.
        Begin = "begin",
        /// Writes the row.
        Write = "write",
        /// Writes the outbox row.
        Enqueue = "outbox row",
        /// Commits.
        Commit = "commit",
        /// The second write.
        Publish = "publish",
        /// Answers the client.
        Reply = "answer the client",
        /// Reads outbox rows.
        Claim = "claim",
        /// Marks outbox rows.
        Mark = "mark",
        /// Takes records.
        Poll = "poll",
        /// Applies a record.
        Apply = "apply",
        /// Commits the offset.
        CommitOffset = "commit offset",
        /// The second write, into a buffer.
        Buffer = "buffer",
        /// Decodes the log.
        Decode = "read the log",
        /// Stores what is acknowledged.
        Store = "store offset",
        /// Tells the slot what is stored.
        Confirm = "confirm to the slot",
        /// Asks for a commit at all participants.
        CommitAll = "commit all",
        /// Asks for votes.
        Prepare = "prepare",
        /// Writes the decision down.
        Decide = "decision",
        /// Tells the participants.
        Tell = "commit or abort",
        /// Reads, to see whether the change may be.
        Validate = "validate",
        /// Reads all rows.
        Scan = "read rows",
        /// Compares what it has read.
        Compare = "compare",
        /// Repairs a row.
        Repair = "repair",
        /// Records the log's position.
        Position = "record position",
        /// Copies rows.
        Copy = "copy",
        /// Puts the new store in the old one's place.
        Swap = "swap alias",
    }
}
