//! The page's only clock: it carries the playhead while the recording plays.

use super::playhead::{PlayheadRef, SPEEDS};
use super::screen::still;
use super::state::{Action, Dispatch, Move};
use super::tour::Tour;
use super::world::RecordingRef;
use crate::kernel::time::Us;
use crate::world::ids::RecordId;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

/// How far the playhead goes.
#[derive(Clone, PartialEq)]
pub struct Pace {
    /// What is played: one run, or the lanes of a comparison.
    pub recordings: Vec<RecordingRef>,
    /// Index in [`SPEEDS`].
    pub speed: usize,
    /// Whether it slows down so that each message can be followed.
    pub follow: bool,
    /// The tour, whose beats have their own speed.
    pub tour: Option<Tour>,
    /// Whether it runs at all.
    pub playing: bool,
}

/// With reduced motion one event is shown for so long, in ms.
const STILL_MS: f64 = 600.0;
/// With Follow a message lasts so long at least, in ms.
const FOLLOW_MS: f64 = 600.0;
/// A frame goes through so many records at most.
const MOST_STRETCHES: u32 = 64;
/// A frame never carries the playhead further than so many ms of the reader.
const LONGEST_MS: f64 = 100.0;

/// Runs the playhead while `pace.playing`.
#[hook]
pub fn use_clock(pace: Pace, playhead: &PlayheadRef, dispatch: &Dispatch) {
    let (playhead, dispatch) = (playhead.clone(), dispatch.clone());
    use_effect_with(pace, move |pace| {
        let ticker = pace.playing.then(|| Ticker::start(Run::new(pace.clone(), playhead, dispatch)));
        move || drop(ticker)
    });
}

/// One stretch of playing.
struct Run {
    pace: Pace,
    playhead: PlayheadRef,
    dispatch: Dispatch,
    /// The reader's time at the last frame, in ms.
    last: Cell<Option<f64>>,
    /// How long this stretch has run, in ms.
    elapsed: Cell<f64>,
    still: bool,
    /// What is left of a microsecond.
    rest: Cell<f64>,
    /// The last record for which it is known how slow its messages ask for.
    slowest: Cell<(Option<Option<RecordId>>, f64)>,
}

impl Run {
    fn new(pace: Pace, playhead: PlayheadRef, dispatch: Dispatch) -> Run {
        Run {
            pace,
            playhead,
            dispatch,
            last: Cell::new(None),
            elapsed: Cell::new(0.0),
            still: still(),
            rest: Cell::new(0.0),
            slowest: Cell::new((None, f64::MAX)),
        }
    }

    /// Goes on to the frame at `now`; false if there is no more to play.
    fn tick(&self, now: f64) -> bool {
        let ms = (now - self.last.replace(Some(now)).unwrap_or(now)).clamp(0.0, LONGEST_MS);
        self.elapsed.set(self.elapsed.get() + ms);
        match &self.pace.tour {
            Some(tour) => self.beat(tour),
            None if self.still => self.event(),
            None => self.to(self.advance(self.playhead.now(), ms)),
        }
    }

    /// The instant so many ms of the reader later. With Follow a message on its way lasts [`FOLLOW_MS`] at least: a fixed
    /// map from the recording, so that it plays the same each time.
    fn advance(&self, from: Us, ms: f64) -> Us {
        let (mut at, mut left) = (from, ms);
        for _ in 0..MOST_STRETCHES {
            let speed = self.speed(at);
            let carried = at.0 as f64 + left * speed + self.rest.get();
            let next = self.next_record(at);
            if !self.pace.follow || carried < next.0 as f64 {
                self.rest.set(carried.fract());
                return Us(carried as u64);
            }
            left -= (next.0 as f64 - at.0 as f64 - self.rest.replace(0.0)) / speed;
            at = next;
        }
        at
    }

    /// When the next record of any run happens; [`Us::NEVER`]: there is none.
    fn next_record(&self, at: Us) -> Us {
        let next = |recording: &RecordingRef| {
            let next = recording.record_at(at).map_or(0, |record| record.0 + 1);
            if next < recording.story().records { recording.time_of(RecordId(next)) } else { Us::NEVER }
        };
        self.pace.recordings.iter().map(next).min().unwrap_or(Us::NEVER)
    }

    fn ends(&self) -> Us {
        self.pace.recordings.iter().map(|run| run.story().ends).max().unwrap_or_default()
    }

    /// Simulated microseconds per ms of the reader.
    fn speed(&self, at: Us) -> f64 {
        let chosen = SPEEDS[self.pace.speed].0;
        if !self.pace.follow {
            return chosen;
        }
        // Lanes show no messages: there is nothing to follow.
        let [recording] = &*self.pace.recordings else { return chosen };
        let record = recording.record_at(at);
        let (of, mut slowest) = self.slowest.get();
        if of != Some(record) {
            let spans = recording.frame(at).messages.into_iter().map(|m| m.arrives.since(m.sent).0);
            slowest = spans.filter(|&span| span > 0).min().map_or(f64::MAX, |span| span as f64 / FOLLOW_MS);
            self.slowest.set((Some(record), slowest));
        }
        chosen.min(slowest)
    }

    fn to(&self, at: Us) -> bool {
        let ends = self.ends();
        let (was, at) = (self.playhead.now(), at.min(ends));
        let changed = self.next_record(was) <= at;
        self.playhead.show(at);
        if changed || at == ends {
            self.dispatch.dispatch(Action::MoveCursor(Move::Played(at)));
        }
        if at == ends {
            self.dispatch.dispatch(Action::Play(false));
        }
        at < ends
    }

    /// Event by event, each standing for a while: no motion.
    fn event(&self) -> bool {
        if self.elapsed.get() < STILL_MS {
            return true;
        }
        self.elapsed.set(0.0);
        self.to(self.next_record(self.playhead.now()))
    }

    fn beat(&self, tour: &Tour) -> bool {
        let beat = tour.beat();
        let part = (self.elapsed.get() / beat.ms).min(1.0);
        let at = if self.still { beat.to } else { Us(beat.from.0 + ((beat.to.0 - beat.from.0) as f64 * part) as u64) };
        if part < 1.0 {
            let changed = self.next_record(self.playhead.now()) <= at;
            self.playhead.show(at);
            if changed {
                self.dispatch.dispatch(Action::MoveCursor(Move::Played(at)));
            }
            return true;
        }
        let last = tour.at + 1 == tour.beats.len();
        self.dispatch.dispatch(if beat.stop || last { Action::Stand } else { Action::Beat(tour.at + 1) });
        false
    }
}

type Frame = Closure<dyn FnMut(f64)>;

/// Asks for one animation frame after the other until it is dropped.
struct Ticker {
    handle: Rc<Cell<Option<i32>>>,
    callback: Rc<RefCell<Option<Frame>>>,
}

impl Ticker {
    fn start(run: Run) -> Ticker {
        let handle = Rc::new(Cell::new(None));
        let callback: Rc<RefCell<Option<Frame>>> = Rc::default();
        let again = (handle.clone(), Rc::downgrade(&callback));
        let frame = Closure::new(move |now: f64| {
            again.0.set(None);
            if run.tick(now)
                && let Some(callback) = again.1.upgrade()
            {
                again.0.set(request(&callback));
            }
        });
        *callback.borrow_mut() = Some(frame);
        handle.set(request(&callback));
        Ticker { handle, callback }
    }
}

fn request(callback: &Rc<RefCell<Option<Frame>>>) -> Option<i32> {
    let callback = callback.try_borrow().ok()?;
    super::dom::window().request_animation_frame(callback.as_ref()?.as_ref().unchecked_ref()).ok()
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            // Cancelling a frame that has run already is no error.
            drop(super::dom::window().cancel_animation_frame(handle));
        }
        // The closure may be running now (it was its dispatch that ended the stretch): let it go only afterwards.
        if let Ok(mut callback) = self.callback.try_borrow_mut()
            && let Some(callback) = callback.take()
        {
            gloo::timers::callback::Timeout::new(0, move || drop(callback)).forget();
        }
    }
}
