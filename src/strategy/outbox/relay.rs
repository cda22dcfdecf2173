//! The outbox's relay: `sleep -> claim -> publish ... -> mark`, or with the mark first (DOMAIN 2e).

use crate::strategy::CrashPoint as C;
use crate::strategy::machine::{Arrow, Step, Verb};

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 3] = [
    (
        "outbox: relay",
        "modelled",
        "polling by fixed rate or delay, batches, sequential or pipelined publishing, marks per row or batch, before or after",
    ),
    (
        "outbox: pipelined publishing",
        "simplified",
        "a failed publish does not call back those behind it; the relay marks once all answers are there",
    ),
    (
        "outbox: polling a state table",
        "absent",
        "a relay reads a table of events; one that reads the rows themselves, by number or time of change, sees no delete and \
         of several versions only the last",
    ),
];

/// The relay's steps as the stage lists them.
pub const RELAY_STEPS: [Step; 3] = [
    Step { verb: Verb::Claim, gap: Some(C::RelayClaimPublish) },
    Step { verb: Verb::Publish, gap: Some(C::RelayAckMark) },
    Step { verb: Verb::Mark, gap: Some(C::RelayMarkPoll) },
];

/// The same where it marks first.
pub const MARK_FIRST_STEPS: [Step; 3] = [
    Step { verb: Verb::Claim, gap: Some(C::RelayClaimMark) },
    Step { verb: Verb::Mark, gap: Some(C::RelayMarkPublish) },
    Step { verb: Verb::Publish, gap: None },
];

/// Where the relay is. `n` is how many rows it claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayState {
    /// Between two looks.
    Sleeping,
    /// The claim is on its way.
    Claiming,
    /// Row `at` of `n` is on its way to the broker.
    Publishing {
        /// Which.
        at: u32,
        /// Of how many.
        n: u32,
    },
    /// All rows are on their way to the broker at once.
    Pipelining {
        /// How many answers are still to come.
        left: u32,
        /// Of how many.
        n: u32,
        /// How many the broker has confirmed.
        acked: u32,
    },
    /// A mark is on its way. The rows from `from` up to, not including, `to` are being marked.
    Marking {
        /// The first row of the mark.
        from: u32,
        /// The row after the last.
        to: u32,
        /// Of how many.
        n: u32,
    },
}

/// What the relay is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayEvent {
    /// It is time to look.
    Due,
    /// That many rows are claimed.
    Claimed(u32),
    /// What it asked for is done.
    Done,
    /// It failed, or nobody answered in time.
    Failed,
}

/// What the relay asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayCommand {
    /// Read unpublished rows.
    Claim,
    /// Publish a claimed row.
    Publish(u32),
    /// Publish that many claimed rows at once.
    PublishAll(u32),
    /// Mark those of the claimed rows from the first up to, not including, the second that are published, or to be.
    Mark(u32, u32),
    /// Give up those of the same rows that are marked and were not published.
    GiveUp(u32, u32),
    /// Let the claimed rows go and sleep until the next look.
    Sleep,
}

/// The relay's options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayKnobs {
    /// One mark for the whole batch, or one for each row.
    pub mark_batch: bool,
    /// Whether the rest of the batch goes on when a mark fails.
    pub continue_on_failed_mark: bool,
    /// Whether rows are marked before they are published.
    pub mark_first: bool,
    /// Whether a batch is sent at once. A relay that marks row by row before it publishes does not.
    pub pipelined: bool,
}

impl RelayKnobs {
    const fn sends_all(&self) -> bool {
        self.pipelined && (self.mark_batch || !self.mark_first)
    }
}

/// One arrow of the relay.
#[must_use]
pub fn relay_step(knobs: &RelayKnobs, state: RelayState, event: RelayEvent) -> Arrow<RelayState, RelayCommand> {
    use RelayCommand as Do;
    use RelayEvent as V;
    use RelayState as S;
    match (state, event) {
        (S::Sleeping, V::Due) => Arrow::to(S::Claiming, Do::Claim),
        (S::Claiming, V::Claimed(0) | V::Failed) => sleep(),
        (S::Claiming, V::Claimed(n)) if knobs.mark_first => first_mark(knobs, n).before(C::RelayClaimMark),
        (S::Claiming, V::Claimed(n)) => first_publish(knobs, n).before(C::RelayClaimPublish),
        (S::Publishing { at, n }, V::Done | V::Failed) if knobs.mark_first => published_marked(knobs, at, n, event),
        (S::Publishing { at, n }, V::Done) if knobs.mark_batch && at + 1 < n => publish(at + 1, n),
        (S::Publishing { n, .. }, V::Done) if knobs.mark_batch => mark(0, n, n).before(C::RelayAckMark),
        (S::Publishing { at, n }, V::Done) => mark(at, at + 1, n).before(C::RelayAckMark),
        // What the broker has confirmed is marked before the relay gives the batch up.
        (S::Publishing { at, .. }, V::Failed) if knobs.mark_batch && at > 0 => mark(0, at, at),
        (S::Publishing { .. }, V::Failed) => sleep(),
        (S::Pipelining { left, n, acked }, V::Done) => pipelined(knobs, left - 1, n, acked + 1),
        (S::Pipelining { left, n, acked }, V::Failed) => pipelined(knobs, left - 1, n, acked),
        (S::Marking { from, to, n }, V::Done | V::Failed) if knobs.mark_first => {
            marked_first(knobs, from, to, n, event)
        }
        (S::Marking { to, n, .. }, V::Done) if to < n => next(knobs, to, n).before(C::RelayMarkPoll),
        (S::Marking { .. }, V::Done) => sleep().before(C::RelayMarkPoll),
        (S::Marking { to, n, .. }, V::Failed) if to < n && knobs.continue_on_failed_mark => next(knobs, to, n),
        (S::Marking { .. }, V::Failed) => sleep(),
        (S::Sleeping, V::Claimed(_) | V::Done | V::Failed)
        | (S::Claiming, V::Due | V::Done)
        | (S::Publishing { .. } | S::Pipelining { .. } | S::Marking { .. }, V::Due | V::Claimed(_)) => {
            Arrow::stay(state)
        }
    }
}

const fn sleep() -> Arrow<RelayState, RelayCommand> {
    Arrow::to(RelayState::Sleeping, RelayCommand::Sleep)
}

fn publish(at: u32, n: u32) -> Arrow<RelayState, RelayCommand> {
    Arrow::to(RelayState::Publishing { at, n }, RelayCommand::Publish(at)).after(C::RelayPublishAck)
}

fn mark(from: u32, to: u32, n: u32) -> Arrow<RelayState, RelayCommand> {
    Arrow::to(RelayState::Marking { from, to, n }, RelayCommand::Mark(from, to))
}

fn first_publish(knobs: &RelayKnobs, n: u32) -> Arrow<RelayState, RelayCommand> {
    if !knobs.sends_all() {
        return publish(0, n);
    }
    let state = RelayState::Pipelining { left: n, n, acked: 0 };
    Arrow::to(state, RelayCommand::PublishAll(n)).after(C::RelayPublishAck)
}

fn first_mark(knobs: &RelayKnobs, n: u32) -> Arrow<RelayState, RelayCommand> {
    mark(0, if knobs.mark_batch { n } else { 1 }, n)
}

/// After a mark of a row, with more rows to come.
fn next(knobs: &RelayKnobs, to: u32, n: u32) -> Arrow<RelayState, RelayCommand> {
    if knobs.sends_all() { mark(to, to + 1, n) } else { publish(to, n) }
}

/// One more answer for a batch that was sent at once.
fn pipelined(knobs: &RelayKnobs, left: u32, n: u32, acked: u32) -> Arrow<RelayState, RelayCommand> {
    match (left, acked, knobs.mark_first) {
        (1.., _, _) => Arrow::stay(RelayState::Pipelining { left, n, acked }),
        (0, _, true) => Arrow::to2(RelayState::Sleeping, RelayCommand::GiveUp(0, n), RelayCommand::Sleep),
        (0, 0, false) => sleep(),
        (0, 1.., false) => first_mark(knobs, n).before(C::RelayAckMark),
    }
}

/// Marked first: a row is published, or is not and never will be.
fn published_marked(knobs: &RelayKnobs, at: u32, n: u32, event: RelayEvent) -> Arrow<RelayState, RelayCommand> {
    let then = match (at + 1 < n, knobs.mark_batch) {
        (true, true) => publish(at + 1, n),
        (true, false) => mark(at + 1, at + 2, n),
        (false, _) => sleep(),
    };
    match (event, then.asks[0]) {
        (RelayEvent::Failed, Some(ask)) => {
            let gives_up = Arrow::to2(then.next, RelayCommand::GiveUp(at, at + 1), ask);
            Arrow { after: then.after, ..gives_up }
        }
        (_, _) => then,
    }
}

/// Marked first: the mark is done, or nobody knows.
fn marked_first(knobs: &RelayKnobs, from: u32, to: u32, n: u32, event: RelayEvent) -> Arrow<RelayState, RelayCommand> {
    if event == RelayEvent::Failed && !knobs.continue_on_failed_mark {
        return Arrow::to2(RelayState::Sleeping, RelayCommand::GiveUp(from, to), RelayCommand::Sleep);
    }
    let then = if knobs.sends_all() { first_publish(knobs, n) } else { publish(from, n) };
    then.before(C::RelayMarkPublish)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: RelayKnobs =
        RelayKnobs { mark_batch: true, continue_on_failed_mark: false, mark_first: false, pipelined: false };

    type Line = (RelayKnobs, RelayState, RelayEvent, RelayState, Option<C>, Vec<RelayCommand>, Option<C>);

    fn check(table: Vec<Line>) {
        for (knobs, state, event, next, before, asks, after) in table {
            let got = relay_step(&knobs, state, event);
            let got_asks: Vec<RelayCommand> = got.asks.into_iter().flatten().collect();
            assert_eq!(
                (got.next, got.before, got_asks, got.after),
                (next, before, asks, after),
                "{state:?} on {event:?}"
            );
        }
    }

    fn publishing(at: u32, n: u32) -> RelayState {
        RelayState::Publishing { at, n }
    }

    fn marking(from: u32, to: u32, n: u32) -> RelayState {
        RelayState::Marking { from, to, n }
    }

    #[test]
    #[rustfmt::skip]
    fn publish_then_mark() {
        use {RelayCommand as Do, RelayEvent as V, RelayState as S};
        let row = RelayKnobs { mark_batch: false, ..BATCH };
        let on = RelayKnobs { continue_on_failed_mark: true, ..row };
        check(vec![
            // knobs state             event          next              before                      asks                  after
            (BATCH, S::Sleeping,      V::Due,        S::Claiming,      None,                       vec![Do::Claim],      None),
            (BATCH, S::Claiming,      V::Claimed(0), S::Sleeping,      None,                       vec![Do::Sleep],      None),
            (BATCH, S::Claiming,      V::Failed,     S::Sleeping,      None,                       vec![Do::Sleep],      None),
            (BATCH, S::Claiming,      V::Claimed(2), publishing(0, 2), Some(C::RelayClaimPublish), vec![Do::Publish(0)], Some(C::RelayPublishAck)),
            (BATCH, publishing(0, 2), V::Done,       publishing(1, 2), None,                       vec![Do::Publish(1)], Some(C::RelayPublishAck)),
            (BATCH, publishing(1, 2), V::Done,       marking(0, 2, 2), Some(C::RelayAckMark),      vec![Do::Mark(0, 2)], None),
            (BATCH, publishing(1, 2), V::Failed,     marking(0, 1, 1), None,                       vec![Do::Mark(0, 1)], None),
            (BATCH, publishing(0, 2), V::Failed,     S::Sleeping,      None,                       vec![Do::Sleep],      None),
            (row,   publishing(0, 2), V::Done,       marking(0, 1, 2), Some(C::RelayAckMark),      vec![Do::Mark(0, 1)], None),
            (row,   marking(0, 1, 2), V::Done,       publishing(1, 2), Some(C::RelayMarkPoll),     vec![Do::Publish(1)], Some(C::RelayPublishAck)),
            (row,   marking(1, 2, 2), V::Done,       S::Sleeping,      Some(C::RelayMarkPoll),     vec![Do::Sleep],      None),
            (row,   marking(0, 1, 2), V::Failed,     S::Sleeping,      None,                       vec![Do::Sleep],      None),
            (on,    marking(0, 1, 2), V::Failed,     publishing(1, 2), None,                       vec![Do::Publish(1)], Some(C::RelayPublishAck)),
            (on,    marking(1, 2, 2), V::Failed,     S::Sleeping,      None,                       vec![Do::Sleep],      None),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn mark_then_publish() {
        use {RelayCommand as Do, RelayEvent as V, RelayState as S};
        let batch = RelayKnobs { mark_first: true, ..BATCH };
        let row = RelayKnobs { mark_batch: false, ..batch };
        let all = RelayKnobs { pipelined: true, ..batch };
        let on = RelayKnobs { continue_on_failed_mark: true, ..row };
        let pipelining = |left, acked| S::Pipelining { left, n: 2, acked };
        check(vec![
            // knobs state             event          next              before                     asks                                    after
            (batch, S::Claiming,      V::Claimed(2), marking(0, 2, 2), Some(C::RelayClaimMark),   vec![Do::Mark(0, 2)],                   None),
            (batch, marking(0, 2, 2), V::Done,       publishing(0, 2), Some(C::RelayMarkPublish), vec![Do::Publish(0)],                   Some(C::RelayPublishAck)),
            (batch, marking(0, 2, 2), V::Failed,     S::Sleeping,      None,                      vec![Do::GiveUp(0, 2), Do::Sleep],      None),
            (batch, publishing(0, 2), V::Done,       publishing(1, 2), None,                      vec![Do::Publish(1)],                   Some(C::RelayPublishAck)),
            (batch, publishing(0, 2), V::Failed,     publishing(1, 2), None,                      vec![Do::GiveUp(0, 1), Do::Publish(1)], Some(C::RelayPublishAck)),
            (batch, publishing(1, 2), V::Done,       S::Sleeping,      None,                      vec![Do::Sleep],                        None),
            (row,   S::Claiming,      V::Claimed(2), marking(0, 1, 2), Some(C::RelayClaimMark),   vec![Do::Mark(0, 1)],                   None),
            (row,   publishing(0, 2), V::Done,       marking(1, 2, 2), None,                      vec![Do::Mark(1, 2)],                   None),
            (row,   marking(1, 2, 2), V::Done,       publishing(1, 2), Some(C::RelayMarkPublish), vec![Do::Publish(1)],                   Some(C::RelayPublishAck)),
            (on,    marking(0, 1, 2), V::Failed,     publishing(0, 2), Some(C::RelayMarkPublish), vec![Do::Publish(0)],                   Some(C::RelayPublishAck)),
            (all,   marking(0, 2, 2), V::Done,       pipelining(2, 0), Some(C::RelayMarkPublish), vec![Do::PublishAll(2)],                Some(C::RelayPublishAck)),
            (all,   pipelining(1, 0), V::Failed,     S::Sleeping,      None,                      vec![Do::GiveUp(0, 2), Do::Sleep],      None),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn pipelined_publishing() {
        use {RelayCommand as Do, RelayEvent as V, RelayState as S};
        let batch = RelayKnobs { pipelined: true, ..BATCH };
        let row = RelayKnobs { mark_batch: false, ..batch };
        let pipelining = |left, acked| S::Pipelining { left, n: 2, acked };
        check(vec![
            // knobs state             event          next              before                      asks                     after
            (batch, S::Claiming,      V::Claimed(2), pipelining(2, 0), Some(C::RelayClaimPublish), vec![Do::PublishAll(2)], Some(C::RelayPublishAck)),
            (batch, pipelining(2, 0), V::Done,       pipelining(1, 1), None,                       vec![],                  None),
            (batch, pipelining(2, 0), V::Failed,     pipelining(1, 0), None,                       vec![],                  None),
            (batch, pipelining(1, 0), V::Done,       marking(0, 2, 2), Some(C::RelayAckMark),      vec![Do::Mark(0, 2)],    None),
            (batch, pipelining(1, 0), V::Failed,     S::Sleeping,      None,                       vec![Do::Sleep],         None),
            (row,   pipelining(1, 1), V::Failed,     marking(0, 1, 2), Some(C::RelayAckMark),      vec![Do::Mark(0, 1)],    None),
            (row,   marking(0, 1, 2), V::Done,       marking(1, 2, 2), Some(C::RelayMarkPoll),     vec![Do::Mark(1, 2)],    None),
        ]);
    }
}
