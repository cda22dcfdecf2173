//! Speed, in one run and as ratios to the first line: `make bench` runs it natively and as wasm under Node.
//!
//! Every loop draws its spans from the same counter-based generator, through the same libm, in integer time.

use driftscope::explore::job::Job;
use driftscope::explore::sweep::{Question, Space, SweepJob};
use driftscope::kernel::calendar::Calendar;
use driftscope::kernel::rng::{Draws, Purpose};
use driftscope::kernel::time::Us;
use driftscope::run::recording::Recording;
use driftscope::run::simulation::Simulation;
use driftscope::scenario::plan::Plan;
use driftscope::scenario::presets;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

#[cfg(target_arch = "wasm32")]
mod host {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance)]
        pub fn now() -> f64;
        #[wasm_bindgen(js_namespace = console)]
        pub fn log(line: &str);
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod host {
    pub fn log(line: &str) {
        println!("{line}");
    }

    #[expect(clippy::disallowed_types, reason = "the bench owns a clock")]
    pub fn now() -> f64 {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed().as_secs_f64() * 1e3
    }
}

/// Mean span between arrivals, and of a service: a load of 0.8.
const ARRIVE: Us = Us(125);
const SERVE: Us = Us(100);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrival,
    Departure,
}

/// What a loop needs of a calendar.
trait Pending<E> {
    fn put(&mut self, at: Us, event: E);
    fn take(&mut self) -> Option<(Us, E)>;
}

impl<E: Copy> Pending<E> for Calendar<E> {
    fn put(&mut self, at: Us, event: E) {
        Calendar::put(self, at, event);
    }
    fn take(&mut self) -> Option<(Us, E)> {
        Calendar::take(self)
    }
}

/// The bare loop's calendar: a binary heap by (time, sequence number).
struct Heap<E> {
    heap: BinaryHeap<Reverse<(Us, u64, E)>>,
    sequence: u64,
}

impl<E: Ord> Heap<E> {
    fn new() -> Heap<E> {
        Heap { heap: BinaryHeap::new(), sequence: 0 }
    }
}

impl<E: Copy + Ord> Pending<E> for Heap<E> {
    fn put(&mut self, at: Us, event: E) {
        self.heap.push(Reverse((at, self.sequence, event)));
        self.sequence += 1;
    }
    fn take(&mut self) -> Option<(Us, E)> {
        self.heap.pop().map(|Reverse((at, _, event))| (at, event))
    }
}

/// An M/M/1 queue for so many events. Gives the mean sojourn in microseconds, so that nothing is optimised away.
fn queue(pending: &mut impl Pending<Event>, events: u64) -> f64 {
    let (mut draws, mut waiting, mut served, mut sum) = (Draws::new(1), VecDeque::new(), 0u64, 0u64);
    let mut arrivals = 0u64;
    pending.put(Us::ZERO, Event::Arrival);
    for _ in 0..events {
        let Some((now, event)) = pending.take() else { break };
        match event {
            Event::Arrival => {
                arrivals += 1;
                let span = draws.of(Purpose::Bench, arrivals, 0, 0).exponential_us(ARRIVE);
                pending.put(now.after(span), Event::Arrival);
                waiting.push_back(now);
                if waiting.len() == 1 {
                    let span = draws.of(Purpose::Bench, served, 1, 0).exponential_us(SERVE);
                    pending.put(now.after(span), Event::Departure);
                }
            }
            Event::Departure => {
                served += 1;
                sum += waiting.pop_front().map_or(0, |since| now.since(since).0);
                if !waiting.is_empty() {
                    let span = draws.of(Purpose::Bench, served, 1, 0).exponential_us(SERVE);
                    pending.put(now.after(span), Event::Departure);
                }
            }
        }
    }
    sum as f64 / served as f64
}

/// The hold model: `n` pending events, each taken and put again an exponential span later.
fn hold(pending: &mut impl Pending<u32>, n: u32, events: u64) -> u64 {
    let mut draws = Draws::new(2);
    for id in 0..n {
        let span = draws.of(Purpose::Bench, u64::from(id), 2, 0).exponential_us(Us::secs(1));
        pending.put(span, id);
    }
    let mut sum = 0;
    for nth in 0..events {
        let Some((now, id)) = pending.take() else { break };
        sum += u64::from(id);
        let span = draws.of(Purpose::Bench, nth, 3, 0).exponential_us(Us::secs(1));
        pending.put(now.after(span), id);
    }
    sum
}

/// The preset `outbox`, stretched: 20,000 operations at 200 per second, every detector on.
fn full_model() -> Result<Plan, String> {
    let preset = presets::find("outbox").map_err(|refusal| refusal.to_string())?;
    let mut document = preset.document();
    let sets = [
        ("workload.arrivals", "poisson(200/s)"),
        ("duration", "100s"),
        ("faults", "[]"),
        (
            "detectors",
            r#"{"publish-failure-rate":{"kind":"publish-failure-rate"},"offset-lag":{"kind":"offset-lag"},"count-compare":{"kind":"count-compare"}}"#,
        ),
    ];
    for (path, value) in sets {
        document.set(path, value).map_err(|refusals| format!("{refusals:?}"))?;
    }
    document.plan().map_err(|refusals| format!("{refusals:?}"))
}

/// How many seeds are swept at a time.
const SEEDS: u64 = 500;

/// A sweep of the first preset over some seeds, every figure of every report kept, and its plan for a run without a report.
fn swept() -> Result<(Space, Plan), String> {
    let refused = |refusals| format!("{refusals:?}");
    let document = presets::find(presets::FIRST).map_err(|refusal| refusal.to_string())?.document();
    let space = Space::new(&document, Question { seeds: (0, SEEDS), ..Question::default() }).map_err(refused)?;
    Ok((space, document.plan().map_err(refused)?))
}

/// Two lines: runs a second of the engine alone, and of a sweep over the same seeds, with reports and statistics.
fn sweep_lines((space, plan): &(Space, Plan)) {
    let alone = best(|| {
        for seed in 0..SEEDS {
            let plan = Plan { seed, ..plan.clone() };
            std::hint::black_box(Simulation::new(&plan, 0).finish().len());
        }
        SEEDS
    });
    let sweep = best(|| {
        let mut job = SweepJob::new(space.clone());
        while job.advance(SEEDS) {}
        job.sweep().points.iter().map(|point| point.runs).sum()
    });
    for (name, speed) in [("500 seeds, engine alone", alone), ("500 seeds, sweep", sweep)] {
        host::log(&format!("{name:<34}{speed:>12.0} runs/s   {:>6.2} of 500 seeds, engine alone", speed / alone));
    }
}

/// The best of several runs: seconds, and how many events.
fn best(mut run: impl FnMut() -> u64) -> f64 {
    let mut fastest = 0.0f64;
    for _ in 0..5 {
        let start = host::now();
        let events = std::hint::black_box(run());
        fastest = fastest.max(events as f64 / ((host::now() - start) / 1e3));
    }
    fastest
}

fn main() {
    const EVENTS: u64 = 1_000_000;
    let plan = match full_model() {
        Ok(plan) => plan,
        Err(why) => return host::log(&why),
    };
    let trace = Simulation::new(&plan, 0).finish();
    let commits = trace.ledger.committed.max(1);
    let lines: Vec<(&str, f64)> = vec![
        (
            "M/M/1, bare binary heap",
            best(|| {
                queue(&mut Heap::new(), EVENTS);
                EVENTS
            }),
        ),
        (
            "M/M/1, kernel",
            best(|| {
                queue(&mut Calendar::new(), EVENTS);
                EVENTS
            }),
        ),
        (
            "hold 1,000, bare binary heap",
            best(|| {
                hold(&mut Heap::new(), 1_000, EVENTS);
                EVENTS
            }),
        ),
        (
            "hold 1,000, kernel",
            best(|| {
                hold(&mut Calendar::new(), 1_000, EVENTS);
                EVENTS
            }),
        ),
        (
            "hold 100,000, bare binary heap",
            best(|| {
                hold(&mut Heap::new(), 100_000, EVENTS);
                EVENTS
            }),
        ),
        (
            "hold 100,000, kernel",
            best(|| {
                hold(&mut Calendar::new(), 100_000, EVENTS);
                EVENTS
            }),
        ),
        ("full model, recording off", best(|| u64::from(Simulation::new(&plan, 0).finish().len()))),
        ("full model, recording on", best(|| u64::from(Recording::run(plan.clone()).trace().len()))),
    ];
    let bare = [0, 0, 2, 2, 4, 4, 0, 0];
    host::log(&format!("{} records for each committed change", f64::from(trace.len()) / commits as f64));
    for ((name, speed), against) in lines.iter().zip(bare) {
        host::log(&format!(
            "{name:<34}{speed:>12.0} events/s {:>6.2} of {}",
            speed / lines[against].1,
            lines[against].0
        ));
    }
    match swept() {
        Ok(swept) => sweep_lines(&swept),
        Err(why) => host::log(&why),
    }
}
