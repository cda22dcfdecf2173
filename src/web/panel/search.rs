//! The search of a long list: in slices, so that the page answers while it goes on.

use crate::run::events::Filter;
use crate::web::world::RecordingRef;
use crate::world::ids::RecordId;
use gloo::timers::callback::Timeout;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use yew::prelude::*;

/// How long a slice goes on, in ms.
const SLICE_MS: f64 = 12.0;
/// How many records are looked at between two looks at the clock.
const STRIDE: u32 = 256;

/// The records that a filter takes, as far as they are found.
#[derive(Clone, Default)]
pub struct Found {
    /// They themselves; `None`: all records.
    pub records: Option<Rc<RefCell<Vec<RecordId>>>>,
    /// How many records were looked at.
    pub upto: u32,
}

/// One search that goes on.
struct Job {
    recording: RecordingRef,
    filter: Filter,
    found: Rc<RefCell<Vec<RecordId>>>,
    upto: Cell<u32>,
    /// Whether anybody still waits for it.
    wanted: Cell<bool>,
}

/// Searches; what is found so far is there at every render.
#[hook]
pub fn use_search(recording: &RecordingRef, filter: &Filter) -> Found {
    let shown = use_state(Found::default);
    {
        let shown = shown.clone();
        use_effect_with((recording.clone(), filter.clone()), move |(recording, filter)| {
            let job = (!filter.is_empty()).then(|| {
                Rc::new(Job {
                    recording: recording.clone(),
                    filter: filter.clone(),
                    found: Rc::default(),
                    upto: Cell::new(0),
                    wanted: Cell::new(true),
                })
            });
            match &job {
                Some(job) => slice(job, &shown),
                None => shown.set(Found::default()),
            }
            move || {
                if let Some(job) = job {
                    job.wanted.set(false);
                }
            }
        });
    }
    (*shown).clone()
}

/// Goes on for a slice, shows what there is, and comes back for the rest.
fn slice(job: &Rc<Job>, shown: &UseStateHandle<Found>) {
    if !job.wanted.get() {
        return;
    }
    let (all, begun) = (job.recording.story().records, js_sys::Date::now());
    while job.upto.get() < all && js_sys::Date::now() - begun < SLICE_MS {
        let from = job.upto.get();
        job.found.borrow_mut().append(&mut job.recording.events(&job.filter, from, from + STRIDE));
        job.upto.set((from + STRIDE).min(all));
    }
    shown.set(Found { records: Some(job.found.clone()), upto: job.upto.get() });
    if job.upto.get() < all {
        let (job, shown) = (job.clone(), shown.clone());
        Timeout::new(0, move || slice(&job, &shown)).forget();
    }
}
