//! A hand that does a task for the page: a worker, or, where none can start, the page itself, a few ms at a time.
//!
//! The worker is `worker.js`, which starts this very program: the simulator is not sent twice. Messages are JSON text.
//! gloo's own worker asks for a codec crate that nobody maintains, and for a second program; a worker is less than that.

use super::desk::{Desk, News, Task};
use crate::web::dom;
use gloo::events::EventListener;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker, WorkerOptions, WorkerType};

/// How often the page hears of what is going on, in ms.
const NEWS_MS: f64 = 200.0;
/// How long the page works at a time where there is no worker, in ms: half a frame.
const SLICE_MS: f64 = 8.0;

/// Milliseconds of the clock.
fn now() -> f64 {
    js_sys::Date::now()
}

/// Does a task until it is dropped.
#[derive(Debug)]
pub struct Hand {
    _held: Rc<Held>,
}

struct Held {
    task: Task,
    heard: Box<dyn Fn(News)>,
    worker: RefCell<Option<(Worker, [EventListener; 2])>>,
    /// Whether the worker has said a word.
    ready: Cell<bool>,
    /// Whether the page does it itself.
    here: Cell<bool>,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Held").field(&self.task).finish()
    }
}

impl Hand {
    /// Begins a task.
    pub fn start(task: Task, heard: impl Fn(News) + 'static) -> Hand {
        let held = Rc::new(Held {
            task,
            heard: Box::new(heard),
            worker: RefCell::default(),
            ready: Cell::default(),
            here: Cell::default(),
        });
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        // A sandboxed frame and a file have no workers: the browser says so at once.
        match Worker::new_with_options("./worker.js", &options) {
            Ok(worker) => attend(&held, worker),
            Err(_) => work_here(&held),
        }
        Hand { _held: held }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((worker, _)) = self.worker.take() {
            worker.terminate();
        }
    }
}

fn attend(held: &Rc<Held>, worker: Worker) {
    let (listening, failing) = (Rc::downgrade(held), Rc::downgrade(held));
    let message = EventListener::new(&worker, "message", move |event| {
        if let Some(held) = listening.upgrade() {
            hear(&held, event.unchecked_ref::<MessageEvent>());
        }
    });
    let error = EventListener::new(&worker, "error", move |_| {
        let Some(held) = failing.upgrade() else { return };
        if held.ready.get() {
            (held.heard)(News::Refused(vec![STOPPED.to_owned()]));
        } else if !held.here.replace(true) {
            // A policy forbids it, or its files are not there.
            work_here(&held);
        }
    });
    *held.worker.borrow_mut() = Some((worker, [message, error]));
}

/// UI 12.
const STOPPED: &str = "The simulator stopped. This is a fault in Driftscope, not in the strategy.";

fn hear(held: &Rc<Held>, event: &MessageEvent) {
    let Some(news) = event.data().as_string().and_then(|text| serde_json::from_str(&text).ok()) else { return };
    if news != News::Ready {
        return (held.heard)(news);
    }
    if held.here.get() {
        return;
    }
    held.ready.set(true);
    if let (Some((worker, _)), Ok(text)) = (&*held.worker.borrow(), serde_json::to_string(&held.task)) {
        // A text can be sent to any worker.
        drop(worker.post_message(&JsValue::from_str(&text)));
    }
}

/// The task on the page itself, until the hand is dropped.
fn work_here(held: &Rc<Held>) {
    let weak = Rc::downgrade(held);
    spawn_local(async move {
        rest().await;
        let Some(task) = weak.upgrade().map(|held| held.task.clone()) else { return };
        match Desk::take(&task) {
            Ok(desk) => slices(&weak, desk).await,
            Err(refused) => tell(&weak, News::Refused(refused)),
        }
    });
}

fn tell(weak: &Weak<Held>, news: News) {
    if let Some(held) = weak.upgrade() {
        (held.heard)(news);
    }
}

async fn slices(weak: &Weak<Held>, mut desk: Desk) {
    let mut told = now();
    let mut more = true;
    while more && weak.strong_count() > 0 {
        let until = now() + SLICE_MS;
        while more && now() < until {
            more = desk.step();
        }
        if !more || now() - told > 2.0 * NEWS_MS {
            rest().await;
            tell(weak, desk.news());
            told = now();
        }
        rest().await;
    }
}

/// Lets the browser do what it has to do.
async fn rest() {
    let timer = js_sys::Promise::new(&mut |resolve, _| {
        // The page has a window, and a timer of no length is never refused.
        drop(dom::window().set_timeout_with_callback(&resolve));
    });
    drop(JsFuture::from(timer).await);
}

/// The other side: this program in a worker. It takes tasks until it is ended.
pub fn serve() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let answer = scope.clone();
    let listener = EventListener::new(&scope, "message", move |event| {
        let task = event.unchecked_ref::<MessageEvent>().data().as_string();
        if let Some(task) = task.and_then(|text| serde_json::from_str(&text).ok()) {
            work(&answer, &task);
        }
    });
    listener.forget();
    post(&scope, &News::Ready);
}

fn work(scope: &DedicatedWorkerGlobalScope, task: &Task) {
    let mut desk = match Desk::take(task) {
        Ok(desk) => desk,
        Err(refused) => return post(scope, &News::Refused(refused)),
    };
    post(scope, &desk.news());
    let mut told = now();
    while desk.step() {
        if now() - told >= NEWS_MS {
            post(scope, &desk.news());
            told = now();
        }
    }
    post(scope, &desk.news());
}

fn post(scope: &DedicatedWorkerGlobalScope, news: &News) {
    if let Ok(text) = serde_json::to_string(news) {
        // A text can be sent to any page.
        drop(scope.post_message(&JsValue::from_str(&text)));
    }
}
