//! Why a command did not do what was asked, and the exit status that says so.

use crate::run::report::Verdict;
use crate::scenario::Refusal;
use std::io::{self, Write};
use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// Input that cannot be used.
    Refused(Vec<Refusal>),
    /// The arguments do not make a command.
    Usage(String),
    /// Something could not be read or written.
    Io(String, io::Error),
    /// The verdict is not the one that was expected.
    Unexpected {
        /// What was expected.
        expected: Verdict,
        /// What came.
        found: Verdict,
    },
    /// What was expected of every cell does not hold: how, in one line.
    NotEverywhere(String),
    /// The simulator broke laws of its own: an error of Driftscope, not of a strategy.
    BrokenLaws(Vec<String>),
    /// A step of a test did not go as it should.
    Step(u32),
}

impl From<Vec<Refusal>> for Failure {
    fn from(refusals: Vec<Refusal>) -> Failure {
        Failure::Refused(refusals)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(vec![refusal])
    }
}

impl Failure {
    /// Says it on stderr, one line each.
    #[must_use]
    pub fn report(self) -> ExitCode {
        let (lines, status) = match self {
            Failure::Refused(refusals) => (refusals.iter().map(ToString::to_string).collect(), 1),
            Failure::Usage(line) => (vec![format!("error: {line}")], 2),
            Failure::Io(what, error) => (vec![format!("{what}: {error}")], 1),
            Failure::Unexpected { expected, found } => {
                (vec![format!("expected {}, and the run is {}", expected.id(), found.id())], 3)
            }
            Failure::NotEverywhere(line) => (vec![line], 3),
            Failure::BrokenLaws(laws) => {
                (laws.iter().map(|law| format!("a law of the simulator is broken: {law}")).collect(), 1)
            }
            Failure::Step(step) => (vec![format!("step {step} failed")], 3),
        };
        lines.iter().for_each(|line| say(line));
        ExitCode::from(status)
    }
}

/// Writes a line to stderr. If nobody reads it, nobody misses it.
pub fn say(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}
