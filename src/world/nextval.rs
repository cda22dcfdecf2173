//! The sequence that numbers the rows of the outbox, as PostgreSQL's `nextval` (DOMAIN 2e).

use std::ops::Range;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 1] = [(
    "source: sequence",
    "modelled",
    "outbox numbers are taken before the commit and not given back; a crash or a failover skips up to 32, which are logged \
     ahead. An asynchronous replica has the sequence as the primary had it: no number is given out twice",
)];

/// How many numbers the log is ahead of those that were taken: PostgreSQL's `SEQ_LOG_VALS`.
const LOGGED_AHEAD: u64 = 32;

/// A sequence from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nextval {
    next: u64,
    /// From which number on it goes on when it is read from the log again.
    logged: u64,
}

impl Nextval {
    /// Takes a number. The log is written once for many of them, and says the last.
    pub fn take(&mut self) -> u64 {
        let taken = self.next;
        self.next += 1;
        if taken >= self.logged {
            self.logged = self.next + LOGGED_AHEAD;
        }
        taken
    }

    /// A crash: it knows what was logged, not what was taken of that. Gives what is skipped for ever.
    pub fn crash(&mut self) -> Range<u64> {
        let skipped = self.next..self.logged;
        self.next = self.logged;
        skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PostgreSQL does: 1 is taken and 33 logged; after a crash the next one is 34. Here the first is 0.
    #[test]
    fn a_crash_skips_what_is_logged_ahead() {
        let mut numbers = Nextval::default();
        assert!(numbers.crash().is_empty(), "nothing was logged yet");
        assert_eq!((numbers.take(), numbers.take()), (0, 1));
        assert_eq!(numbers.crash(), 2..33);
        let all: Vec<u64> = (0..34).map(|_| numbers.take()).collect();
        assert_eq!((all[0], all[33]), (33, 66));
        assert_eq!(numbers.crash(), 67..99, "33 are logged with 33, and 33 more with 66");
        assert_eq!(numbers.take(), 99);
        numbers.crash();
        assert!(numbers.crash().is_empty(), "a second crash skips nothing more");
        assert_eq!(numbers.take(), 132);
    }
}
