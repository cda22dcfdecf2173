//! Threads: work done side by side. What comes of it does not depend on how many there are.

use crate::kernel::sorted::sort_by_key;
use crate::scenario::{Allowed, Refusal, shown};
use serde_json::Value;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// More than any machine has cores.
const MOST: usize = 1024;

/// How many threads `--jobs` asks for; one for each core if it says nothing.
pub fn count(asked: Option<&str>) -> Result<usize, Refusal> {
    let Some(text) = asked else { return Ok(thread::available_parallelism().map_or(1, NonZero::get)) };
    number("--jobs", text, MOST as u64).map(|jobs| usize::try_from(jobs).unwrap_or(MOST))
}

/// A whole number from 1 to the greatest, as an argument's value.
pub fn number(argument: &str, text: &str, most: u64) -> Result<u64, Refusal> {
    let found = text.parse().ok().filter(|number| (1..=most).contains(number));
    let allowed = || Allowed::Form(format!("a whole number from 1 to {most}"));
    found.ok_or_else(|| Refusal::new(argument, shown(&Value::from(text)), allowed()))
}

/// What comes of each item, in the order of the items.
pub fn map<T: Sync, R: Send>(jobs: usize, items: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, each(item)));
        }
    };
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let threads: Vec<_> = (1..jobs.min(items.len())).map(|_| scope.spawn(work)).collect();
        let mine = work();
        // A panic is a bug of ours, wherever it happens: it goes on here.
        let theirs = threads.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        mine.into_iter().chain(theirs).collect()
    });
    sort_by_key(&mut done, |(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_items_whatever_the_number_of_threads() {
        let items: Vec<u64> = (0..1000).collect();
        let want: Vec<u64> = items.iter().map(|item| item * item).collect();
        for jobs in [1, 2, 7, 2000] {
            assert_eq!(map(jobs, &items, |item| item * item), want, "{jobs} threads");
        }
        assert_eq!(map(4, &[], |item: &u64| *item), Vec::<u64>::new());
    }
}
