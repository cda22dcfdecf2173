//! The tables of the machines of `cdc`.

use super::*;

#[test]
#[rustfmt::skip]
fn app_arrows() {
    use State as S;
    let knobs = AppKnobs { calls: 1, attempts: 1, background: false, outbox_first: false, compensates: false };
    let unknown = vec![Ask::Disconnect, Ask::Reply(Outcome::Unknown), Ask::End];
    let failed = vec![Ask::Disconnect, Ask::Reply(Outcome::Failed), Ask::End];
    let table = [
        // state           event        next           before                     asks                after
        (S::Idle,       E::Start,    S::Writing,    Some(C::AppBeginWrite),    vec![Ask::Write],   None),
        (S::Writing,    E::Done,     S::Open,       None,                      vec![Ask::Hold],    None),
        (S::Writing,    E::Failed,   S::Ended,      None,                      failed.clone(),     None),
        (S::Writing,    E::TimedOut, S::Ended,      None,                      unknown.clone(),    None),
        (S::Open,       E::Elapsed,  S::Committing, Some(C::AppWriteCommit),   vec![Ask::Commit],  Some(C::AppCommitAck)),
        (S::Committing, E::Done,     S::Ended,      Some(C::AppCommitReply),   vec![Ask::Reply(Outcome::Ok), Ask::End], None),
        (S::Committing, E::Failed,   S::Ended,      None,                      failed,             None),
        (S::Committing, E::TimedOut, S::Ended,      None,                      unknown,            None),
    ];
    for (state, event, next, before, asks, after) in table {
        let got = step(&knobs, state, event);
        let got_asks: Vec<Ask> = got.asks.into_iter().flatten().collect();
        assert_eq!((got.next, got.before, got_asks, got.after), (next, before, asks, after), "{state:?} on {event:?}");
    }
}

#[test]
#[rustfmt::skip]
fn reader_arrows() {
    use {ReaderCommand as Do, ReaderEvent as V, ReaderState as S};
    let table = [
        // state            event                       next             asks
        (S::Waiting,      V::Due,                     S::Checking,     Some(Do::Inspect)),
        (S::Checking,     V::Found(Way::Snapshot),    S::Snapshotting, Some(Do::Fetch)),
        (S::Checking,     V::Found(Way::Stream),      S::Connecting,   Some(Do::Stream)),
        (S::Checking,     V::Found(Way::Failed),      S::Stopped,      Some(Do::Stop(Way::Failed))),
        (S::Checking,     V::Found(Way::Finished),    S::Stopped,      Some(Do::Stop(Way::Finished))),
        (S::Checking,     V::Failed,                  S::Waiting,      Some(Do::Retry)),
        (S::Snapshotting, V::Rows(false, true),       S::Snapshotting, Some(Do::Fetch)),
        (S::Snapshotting, V::Rows(true, true),        S::Connecting,   Some(Do::Stream)),
        (S::Snapshotting, V::Rows(true, false),       S::Stopped,      Some(Do::Stop(Way::Finished))),
        (S::Snapshotting, V::Failed,                  S::Waiting,      Some(Do::Retry)),
        (S::Connecting,   V::Done,                    S::Streaming,    None),
        (S::Connecting,   V::Failed,                  S::Waiting,      Some(Do::Retry)),
        (S::Streaming,    V::Failed,                  S::Waiting,      Some(Do::Retry)),
        (S::Stopped,      V::Failed,                  S::Stopped,      None),
        (S::Stopped,      V::Due,                     S::Stopped,      None),
    ];
    for (state, event, next, ask) in table {
        let got = reader_step(state, event);
        assert_eq!((got.next, got.asks[0], got.before, got.after), (next, ask, None, None), "{state:?} on {event:?}");
    }
}

#[test]
#[rustfmt::skip]
fn task_arrows() {
    use {TaskCommand as Do, TaskEvent as V, TaskState as S};
    let (taken, sent) = (Some(C::ConnectorPollPublish), Some(C::ConnectorPublishAck));
    let table = [
        // state             event         next              before  asks                          after
        (S::Polling,       V::Polled(0), S::Polling,       None,   vec![Do::Poll],               None),
        (S::Polling,       V::Polled(3), S::Publishing(1), taken,  vec![Do::Publish(1)],         sent),
        (S::Publishing(1), V::Done,      S::Polling,       None,   vec![Do::Acked, Do::Poll],    None),
        (S::Publishing(2), V::Failed,    S::Backoff(2),    None,   vec![Do::Backoff(2)],         None),
        (S::Backoff(2),    V::Elapsed,   S::Publishing(3), None,   vec![Do::Publish(3)],         sent),
        (S::Polling,       V::Done,      S::Polling,       None,   vec![],                       None),
    ];
    for (state, event, next, before, asks, after) in table {
        let got = task_step(state, event);
        let got_asks: Vec<Do> = got.asks.into_iter().flatten().collect();
        assert_eq!((got.next, got.before, got_asks, got.after), (next, before, asks, after), "{state:?} on {event:?}");
    }
}

/// DOMAIN 2f: what a start finds, and what comes of it.
#[test]
#[rustfmt::skip]
fn ways() {
    use {Mismatch as X, SnapshotMode as M};
    let (fresh, partial, done) = (None, Some(false), Some(true));
    let (missing, lost, good) = (None, Some(false), Some(true));
    let table = [
        // mode           mismatch               offset   slot     ahead  way
        (M::Initial,     X::NoValidation,    fresh,   missing, false, Way::Snapshot),
        (M::Initial,     X::NoValidation,    partial, good,    false, Way::Snapshot),
        (M::Initial,     X::NoValidation,    done,    good,    false, Way::Stream),
        (M::Initial,     X::NoValidation,    done,    missing, true,  Way::Stream),
        (M::Initial,     X::TrustOffset,     done,    missing, true,  Way::Failed),
        (M::Initial,     X::TrustOffset,     done,    missing, false, Way::Stream),
        (M::Initial,     X::TrustSlot,       done,    missing, true,  Way::Stream),
        (M::Initial,     X::TrustGreaterLsn, done,    good,    true,  Way::Stream),
        (M::Initial,     X::NoValidation,    done,    lost,    true,  Way::Failed),
        (M::Always,      X::TrustOffset,     done,    good,    true,  Way::Snapshot),
        (M::NoData,      X::NoValidation,    fresh,   missing, false, Way::Stream),
        (M::Never,       X::NoValidation,    done,    lost,    true,  Way::Failed),
        (M::WhenNeeded,  X::NoValidation,    done,    good,    false, Way::Stream),
        (M::WhenNeeded,  X::NoValidation,    done,    lost,    true,  Way::Snapshot),
        (M::WhenNeeded,  X::TrustOffset,     done,    missing, true,  Way::Snapshot),
        (M::InitialOnly, X::NoValidation,    fresh,   missing, false, Way::Snapshot),
        (M::InitialOnly, X::NoValidation,    done,    good,    false, Way::Finished),
    ];
    for (mode, mismatch, offset, slot, ahead, want) in table {
        let got = way(mode, mismatch, Facts { offset, slot, ahead });
        assert_eq!(got, want, "{} {} {offset:?} {slot:?} {ahead}", mode.id(), mismatch.id());
    }
}
