//! Two-phase commits as the records tell them: who still waits for a decision, and how many are in doubt.

use crate::scenario::plan::Plan;
use crate::world::ids::{LinkId, NodeId, Op};
use crate::world::record::{Kind, Parcel, Record};

/// A transaction that was handed to the coordinator.
#[derive(Clone, Debug)]
struct Vote {
    op: Op,
    /// Whether the app waits for the coordinator's answer.
    asks: bool,
    /// Where it is prepared, and whether a decision was lost on its way there.
    prepared: Vec<(NodeId, bool)>,
}

/// A fold over the records. A run without a coordinator has nothing in it.
///
/// An operation waits from its request to commit until the coordinator has answered and nobody holds it prepared; its
/// client may long have given up. It is in doubt while a participant holds it prepared and cannot learn the decision,
/// since the coordinator is down or its message was lost.
#[derive(Clone, Debug)]
pub struct Votes {
    coordinator: Option<NodeId>,
    app: NodeId,
    asks_over: LinkId,
    source: NodeId,
    /// By link: the callee.
    ends: Vec<NodeId>,
    down: bool,
    open: Vec<Vote>,
    peak: u64,
}

impl Votes {
    /// Nothing counted yet.
    pub fn new(plan: &Plan) -> Votes {
        let roles = &plan.roles;
        Votes {
            coordinator: roles.coordinator,
            app: roles.app,
            asks_over: roles.app_coordinator.unwrap_or(LinkId::NONE),
            source: roles.source,
            ends: plan.links.iter().map(|link| link.to).collect(),
            down: false,
            open: Vec::new(),
            peak: 0,
        }
    }

    /// Whether there is a coordinator.
    pub fn coordinated(&self) -> bool {
        self.coordinator.is_some()
    }

    /// Whether an operation waits for a decision.
    pub fn waits(&self, op: Op) -> bool {
        self.open.iter().any(|vote| vote.op == op)
    }

    /// The most transactions that were in doubt at once.
    pub fn peak(&self) -> u64 {
        self.peak
    }

    /// Takes one more record into account. Says who begins (`true`) or ends to wait, if somebody does.
    pub fn apply(&mut self, record: &Record) -> Option<(Op, bool)> {
        let change = self.take(record);
        let doubtful = |vote: &&Vote| vote.prepared.iter().any(|(_, lost)| self.down || *lost);
        self.peak = self.peak.max(self.open.iter().filter(doubtful).count() as u64);
        change
    }

    fn take(&mut self, record: &Record) -> Option<(Op, bool)> {
        let op = record.op;
        match record.kind {
            Kind::Sent if record.detail == Parcel::CommitAll as u8 && record.node == self.app => {
                if self.vote(op).is_none() {
                    self.open.push(Vote { op, asks: true, prepared: Vec::new() });
                    return Some((op, true));
                }
                None
            }
            Kind::Answered | Kind::TimedOut if record.link == self.asks_over => {
                self.vote(op)?.asks = false;
                self.close(op)
            }
            Kind::Killed if record.node == self.app => {
                self.vote(op)?.asks = false;
                self.close(op)
            }
            Kind::Prepared => {
                self.vote(op)?.prepared.push((record.node, false));
                None
            }
            Kind::Decided => {
                self.vote(op)?.prepared.retain(|(node, _)| *node != record.node);
                self.close(op)
            }
            Kind::Dropped if record.detail == Parcel::Decide as u8 => {
                let to = self.ends.get(record.link.index()).copied()?;
                let lost = self.vote(op)?.prepared.iter_mut().find(|(node, _)| *node == to)?;
                lost.1 = true;
                None
            }
            // A failover takes even what was prepared back.
            Kind::Aborted if record.node == self.source => {
                self.vote(op)?.prepared.retain(|(node, _)| *node != record.node);
                self.close(op)
            }
            Kind::Crashed if Some(record.node) == self.coordinator => {
                self.down = true;
                None
            }
            Kind::Restarted if Some(record.node) == self.coordinator => {
                self.down = false;
                None
            }
            _ => None, // Nothing that changes who waits for a decision.
        }
    }

    fn vote(&mut self, op: Op) -> Option<&mut Vote> {
        self.open.iter_mut().find(|vote| vote.op == op)
    }

    /// Whether an operation's wait is over.
    fn close(&mut self, op: Op) -> Option<(Op, bool)> {
        let at = self.open.iter().position(|vote| vote.op == op && !vote.asks && vote.prepared.is_empty())?;
        self.open.swap_remove(at);
        Some((op, false))
    }
}
