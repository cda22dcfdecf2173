//! An incremental snapshot (DBLog, DOMAIN 2f): `low watermark -> select a chunk -> high watermark -> wait for the log -> emit`,
//! again and again, while the connector follows the log. What the log says between the watermarks drops the row of the
//! chunk: a stale row of a chunk never comes after a newer change.
//!
//! It runs in the connector, which alone knows both the chunk and the log.

use crate::strategy::CrashPoint;

/// Where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// There is nothing to do.
    #[default]
    Idle,
    /// The low watermark is on its way to the source.
    Low,
    /// The chunk is being selected.
    Selecting,
    /// The high watermark is on its way.
    High,
    /// The log is not read up to the high watermark.
    Closing,
    /// What is left of the chunk is not published.
    Emitting,
}

/// What it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// There is a chunk to read.
    Begin,
    /// What it asked for is done.
    Done,
    /// The log is read up to the high watermark; whether rows of the chunk are left.
    Reached(bool),
    /// What was left is published; whether there is another chunk.
    Published(bool),
}

/// What it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Write the low watermark.
    WriteLow,
    /// Select the chunk.
    Select,
    /// Write the high watermark.
    WriteHigh,
    /// Wait for the log.
    Await,
    /// Queue what is left of the chunk.
    Emit,
    /// Nothing is left of the chunk: its end is the progress.
    Skip,
    /// All rows are read.
    Finish,
}

/// One arrow: the next state, the crash point that is passed before it asks, and what it asks for.
#[must_use]
pub fn step(state: State, event: Event) -> (State, Option<CrashPoint>, Option<Command>) {
    use {Command as C, Event as E, State as S};
    let low = (S::Low, None, Some(C::WriteLow));
    match (state, event) {
        (S::Idle, E::Begin) => low,
        (S::Low, E::Done) => (S::Selecting, None, Some(C::Select)),
        (S::Selecting, E::Done) => (S::High, Some(CrashPoint::ConnectorSelectWatermark), Some(C::WriteHigh)),
        (S::High, E::Done) => (S::Closing, None, Some(C::Await)),
        (S::Closing, E::Reached(true)) => (S::Emitting, Some(CrashPoint::ConnectorWindowEmit), Some(C::Emit)),
        (S::Closing, E::Reached(false)) => (S::Emitting, Some(CrashPoint::ConnectorWindowEmit), Some(C::Skip)),
        (S::Emitting, E::Published(true)) => low,
        (S::Emitting, E::Published(false)) => (S::Idle, None, Some(C::Finish)),
        (S::Idle, E::Done | E::Reached(_) | E::Published(_))
        | (S::Low | S::Selecting | S::High, E::Begin | E::Reached(_) | E::Published(_))
        | (S::Closing, E::Begin | E::Done | E::Published(_))
        | (S::Emitting, E::Begin | E::Done | E::Reached(_)) => (state, None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two chunks, of which the log leaves nothing of the second.
    #[test]
    fn two_chunks() {
        use {Command as C, Event as E};
        let (emit, window) = (Some(CrashPoint::ConnectorWindowEmit), Some(CrashPoint::ConnectorSelectWatermark));
        let table = [
            (E::Begin, None, Some(C::WriteLow)),
            (E::Done, None, Some(C::Select)),
            (E::Done, window, Some(C::WriteHigh)),
            (E::Done, None, Some(C::Await)),
            (E::Begin, None, None),
            (E::Reached(true), emit, Some(C::Emit)),
            (E::Reached(true), None, None),
            (E::Published(true), None, Some(C::WriteLow)),
            (E::Done, None, Some(C::Select)),
            (E::Done, window, Some(C::WriteHigh)),
            (E::Done, None, Some(C::Await)),
            (E::Reached(false), emit, Some(C::Skip)),
            (E::Published(false), None, Some(C::Finish)),
            (E::Done, None, None),
        ];
        let mut state = State::Idle;
        for (event, point, asks) in table {
            let arrow = step(state, event);
            assert_eq!((arrow.1, arrow.2), (point, asks), "{state:?} on {event:?}");
            state = arrow.0;
        }
        assert_eq!(state, State::Idle);
    }
}
