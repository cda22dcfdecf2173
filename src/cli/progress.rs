//! A progress bar on stderr, if a person looks at it.

use crate::explore::job::Progress;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
#[expect(clippy::disallowed_types, reason = "the pace of the work, not of what is simulated")]
use std::time::Instant;

/// Measures how fast work is done; said on stderr at its end, so that what is written stays the same from run to run.
#[expect(clippy::disallowed_types, reason = "the pace of the work, not of what is simulated")]
pub struct Pace(Instant);

impl Pace {
    /// The work begins.
    #[expect(clippy::disallowed_types, reason = "the pace of the work, not of what is simulated")]
    pub fn start() -> Pace {
        Pace(Instant::now())
    }

    /// The work is over. Says how many runs there were, and how many a second.
    pub fn end(self, runs: u64) {
        write(&format!("{}\n", pace(runs, self.0.elapsed().as_millis())));
    }
}

/// `10000 runs, 3120 runs a second.`
fn pace(runs: u64, ms: u128) -> String {
    let all = if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") };
    format!("{all}, {} runs a second.", u128::from(runs) * 1_000 / ms.max(1))
}

/// How wide the bar is, in characters.
const WIDTH: u64 = 32;

/// A bar that threads may move. Dropped, it wipes itself out.
pub struct Bar {
    /// How far it is, and the line that says so; none if nobody looks.
    shown: Option<Mutex<(u64, String)>>,
}

impl Bar {
    /// A bar, if stderr is a terminal.
    pub fn new() -> Bar {
        Bar { shown: io::stderr().is_terminal().then(Mutex::default) }
    }

    /// Shows how far the work is.
    pub fn show(&self, progress: Progress) {
        let Some(mut shown) = self.shown.as_ref().and_then(|shown| shown.lock().ok()) else { return };
        let line = line(progress);
        // Threads tell of their runs in any order. Written only when it looks different: a terminal is slow.
        if progress.done >= shown.0 && shown.1 != line {
            write(&format!("\r{line}\x1b[K"));
            *shown = (progress.done, line);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.shown.is_some() {
            write("\r\x1b[K");
        }
    }
}

fn write(text: &str) {
    // If it cannot be shown, the work goes on all the same.
    drop(write!(io::stderr(), "{text}").and_then(|()| io::stderr().flush()));
}

/// `[########------------------------]  25 % of 2310 runs`
fn line(Progress { done, total }: Progress) -> String {
    let part = |of: u64| (u128::from(done) * u128::from(of) / u128::from(total.max(1))).min(u128::from(of)) as usize;
    let (full, width) = (part(WIDTH), WIDTH as usize);
    format!("[{}{}] {:>3} % of {total} runs", "#".repeat(full), "-".repeat(width - full), part(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paces() {
        assert_eq!(pace(10_000, 3_200), "10000 runs, 3125 runs a second.");
        assert_eq!(pace(1, 0), "1 run, 1000 runs a second.");
    }

    #[test]
    fn lines() {
        let at = |done, total| line(Progress { done, total });
        assert_eq!(at(0, 8), format!("[{}]   0 % of 8 runs", "-".repeat(32)));
        assert_eq!(at(2, 8), format!("[{}{}]  25 % of 8 runs", "#".repeat(8), "-".repeat(24)));
        assert_eq!(at(9, 8), format!("[{}] 100 % of 8 runs", "#".repeat(32)));
        assert_eq!(at(0, 0), format!("[{}]   0 % of 0 runs", "-".repeat(32)));
    }
}
