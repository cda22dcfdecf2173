//! The faults of a plan.

use crate::kernel::time::Us;
use crate::world::ids::{Key, LinkId, NodeId};

/// What a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultTarget {
    /// A node.
    Node(NodeId),
    /// A link.
    Link(LinkId),
    /// A key of the source.
    Key(Key),
    /// Something that this strategy does not have: the fault never fires.
    Absent,
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultWhen {
    /// At that time.
    At(Us),
    /// At the n-th pass of a crash point (or the n-th message of the target link), from 1; 0: at every pass.
    Pass(Option<crate::strategy::CrashPoint>, u32),
}

crate::ids! {
    /// What a scripted fault does.
    pub enum FaultKind {
        /// The node loses its memory and its connections.
        Crash = "crash",
        /// A node that is down comes back.
        Restart = "restart",
        /// The node stays down until the drain.
        Off = "off",
        /// The link carries nothing; requests over it time out.
        Cut = "cut",
        /// The link's messages take longer.
        Delay = "delay",
        /// The request is lost.
        Drop = "drop",
        /// The request fails before it has an effect.
        FailBefore = "fail-before",
        /// The answer is lost.
        AckLost = "ack-lost",
        /// The request is lost; the caller waits for its timeout.
        Timeout = "timeout",
        /// The request arrives after its caller gave up.
        Late = "late",
        /// The request arrives twice.
        Duplicate = "duplicate",
        /// The transaction aborts at its commit.
        Abort = "abort",
        /// The replication slot is dropped, and the log that it held is gone.
        SlotLost = "slot-lost",
        /// A person changes the row, past the app.
        Update = "update",
        /// A person deletes the row, past the app.
        Delete = "delete",
        /// The event that the message carries can never be handled at the link's far end.
        Poison = "poison",
        /// The leader is lost and its follower takes its place, with what it has.
        Failover = "failover",
    }
}

/// One scripted fault.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultPlan {
    /// Its short form, `crash:app@12s+10s`.
    pub text: String,
    /// What happens.
    pub kind: FaultKind,
    /// To whom.
    pub target: FaultTarget,
    /// When.
    pub when: FaultWhen,
    /// For how long; `None`: the default of the kind.
    pub span: Option<Us>,
}
