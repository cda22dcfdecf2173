//! What the calendar holds.

use super::call::CallId;
use crate::world::ids::{EventId, Key, LinkId, MemberId, NodeId, Op, RecordId, RecoveryId, RelayId, StoreId};

/// What is to happen at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The next request of the workload.
    Arrival,
    /// Clients look at their watches.
    ClientTimeout,
    /// A request reaches the far end of its link.
    Arrive(CallId),
    /// The second copy of a request reaches it.
    ArriveCopy(CallId),
    /// A request is lost there.
    Lost(CallId),
    /// The callee has served a request; its epoch then.
    Served(CallId, u32),
    /// An answer reaches its caller: whether all went well.
    Answer(CallId, bool),
    /// The answer is lost there.
    AnswerLost(CallId),
    /// A producer that wants no answer goes on.
    Assumed(CallId),
    /// The broker's follower has a partition's records below an offset, if both replicas' epochs still sum to this.
    Replicated(u32, u32, u32),
    /// The leader of a partition looks whether its follower is in sync.
    InSync(u32),
    /// The broker looks for old segments.
    Retention,
    /// Callers of a class look at their watches.
    Timeout(u16),
    /// The time that an operation waited is over.
    OpTimer(u32, Op),
    /// The time that a consumer waited is over, if its epoch is still this.
    ConsumerTimer(MemberId, u32),
    /// A consumer has worked on a record, if its epoch is still this; and the record that led to it.
    ConsumerWorked(MemberId, u32, RecordId),
    /// The session of a member that is silent is over, if that is still the same silence; and what silenced it.
    Session(MemberId, u32, RecordId),
    /// A member's client library looks how long ago it polled.
    PollInterval(MemberId),
    /// Somebody reads a key through the caches: the how-manieth time at random, or as written down.
    Read(Key, u32),
    /// A reader puts what it read into the cache.
    ReaderSets(u32, u32),
    /// The time of a cache's entry is over, if it is still the one of that record.
    Evict(StoreId, Key, RecordId),
    /// A node in that life drops an entry once more.
    DeleteAgain(NodeId, u32, LinkId, EventId),
    /// A poll of a consumer may commit what earlier ones returned, if its epoch is still this.
    AutoCommit(MemberId, u32),
    /// A store's consumer is given again what was put aside first.
    Redrive(MemberId),
    /// A consumer fetches again what was lost on the way to it, if its epoch is still this.
    Refetch(MemberId, u32),
    /// The app's buffer has lingered, if the batch is still this.
    Linger(u32),
    /// The app's client library tries again, if the app's epoch is still this.
    ProduceAgain(u32),
    /// The connector starts, if its life is still this.
    ConnectorStarts(u32),
    /// A poll of the connector is over, if its life is still this.
    ConnectorPolls(u32),
    /// The connector publishes again, if its life is still this.
    ConnectorAgain(u32),
    /// The connector stores its offset, if its epoch is still this.
    ConnectorFlushes(u32),
    /// The connector says that it is alive.
    ConnectorBeats,
    /// The connector's driver answers a keepalive.
    ConnectorStatus,
    /// The source makes a checkpoint.
    Checkpoint,
    /// The replica has what was held back for it.
    WalReplicated,
    /// The replica has a commit that waited for it, if the source's epoch is still this.
    ReplicaHas(CallId, u32),
    /// A relay looks, if its epoch is still this.
    RelayLooks(RelayId, u32),
    /// A relay's client library tries again, if the relay's epoch is still this.
    RelayAgain(RelayId, u32),
    /// The end of a relay's session reaches the source: up to which read, and whether it gives its leases back.
    RelayGone(RelayId, u64, bool),
    /// The coordinator's decision is durable, if its epoch is still this; and the record that led to it.
    DecisionDurable(Op, u32, RecordId),
    /// The coordinator repeats a decision to a participant, if its epoch is still this.
    TellAgain(Op, u32, u32),
    /// The coordinator asks what is prepared, if its epoch is still this.
    Recovers(u32),
    /// An operator decides by hand what is in doubt at a node.
    ByHand(Op, NodeId),
    /// A broken connection reaches the source.
    Disconnect(Op),
    /// A stochastic crash.
    Crash(NodeId),
    /// A node comes back, if its epoch is still this.
    Restart(NodeId, u32),
    /// A scripted fault.
    Fault(u32),
    /// A link fault is over.
    FaultEnd(u32),
    /// A recovery's pass is due.
    Recovery(RecoveryId),
    /// The time that a recovery waited is over, if its epoch is still this.
    RecoveryWaited(RecoveryId, u32),
    /// A detector looks.
    Detect(u16),
    /// A detector looks again at what it found.
    Recheck(u16),
    /// Arrivals stop.
    Drain,
}
