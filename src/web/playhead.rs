//! What moves while the recording plays: the cursor between two records, and all that follows it.
//!
//! A frame that changes nothing but places does not go through the components: [`Playhead::show`] calls the movers,
//! which set attributes by reference. Whatever a mover sets is set by movers only, at every frame and after every
//! render, so each frame equals a seek.

use super::shared::Shared;
use crate::kernel::time::Us;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use yew::prelude::*;

/// The speeds: simulated microseconds per millisecond of the reader, and their names.
pub const SPEEDS: [(f64, &str, &str); 11] = [
    (1.0, "1/1000", "1 s shows 1 ms"),
    (1_000.0 / 300.0, "1/300", "1 s shows 3.3 ms"),
    (10.0, "1/100", "1 s shows 10 ms"),
    (1_000.0 / 30.0, "1/30", "1 s shows 33 ms"),
    (100.0, "1/10", "1 s shows 100 ms"),
    (1_000.0 / 3.0, "1/3", "1 s shows 333 ms"),
    (1_000.0, "1", "as fast as it happens"),
    (3_000.0, "3", "1 s shows 3 s"),
    (10_000.0, "10", "1 s shows 10 s"),
    (30_000.0, "30", "1 s shows 30 s"),
    (100_000.0, "100", "1 s shows 100 s"),
];

/// The speed at first.
pub const USUAL: usize = 6;

type Mover = Rc<dyn Fn(Us)>;

/// The cursor as it moves, and what follows it.
#[derive(Default)]
pub struct Playhead {
    now: Cell<Us>,
    next: Cell<u32>,
    movers: RefCell<Vec<(u32, Mover)>>,
}

impl Playhead {
    /// The instant in view.
    #[must_use]
    pub fn now(&self) -> Us {
        self.now.get()
    }

    /// Shows an instant.
    pub fn show(&self, at: Us) {
        self.now.set(at);
        // A mover may take itself away while it is called: the list is not borrowed then.
        let movers: Vec<Mover> = self.movers.borrow().iter().map(|(_, mover)| mover.clone()).collect();
        movers.iter().for_each(|mover| mover(at));
    }

    fn follow(&self, mover: Mover) -> u32 {
        let id = self.next.get();
        self.next.set(id.wrapping_add(1));
        self.movers.borrow_mut().push((id, mover));
        id
    }

    fn leave(&self, id: u32) {
        self.movers.borrow_mut().retain(|(other, _)| *other != id);
    }
}

/// The playhead as a property.
pub type PlayheadRef = Shared<Playhead>;

/// Calls `mover` after each render and at each frame.
#[hook]
pub fn use_mover(playhead: &PlayheadRef, mover: impl Fn(Us) + 'static) {
    let playhead = playhead.clone();
    use_effect(move || {
        mover(playhead.now());
        let id = playhead.follow(Rc::new(mover));
        move || playhead.leave(id)
    });
}
