//! How the cursor moves: by the person, by playing, by the tour; and what is said of it.

use super::{Move, Overlay, Place, State, Unit};
use crate::kernel::time::Us;
use crate::run::compare::spoken;
use crate::run::recording::Recording;
use crate::web::compare::lanes::plain;
use crate::web::format::{clock, seconds};
use crate::web::playhead::SPEEDS;
use crate::web::tour::Tour;
use crate::world::ids::RecordId;

impl State {
    pub(super) fn go(&mut self, to: Move) {
        let at = match to {
            Move::To(at) | Move::Played(at) => at,
            Move::Start => Us::ZERO,
            Move::End => self.ends(),
            Move::Back => self.stop(self.unit, false),
            Move::Next => self.stop(self.unit, true),
            Move::By(unit, forwards) => self.stop(unit, forwards),
        };
        self.cursor = at.min(self.ends());
        if !matches!(to, Move::Played(_)) {
            (self.playing, self.tour) = (false, None);
            self.say();
        }
    }

    /// The next or the last instant of a unit; the cursor itself if there is none.
    fn stop(&self, unit: Unit, forwards: bool) -> Us {
        let each = self.runs();
        let each = each.iter().map(|run| self.stop_of(run, unit, forwards)).filter(|at| *at != self.cursor);
        let found = if forwards { each.min() } else { each.max() };
        found.unwrap_or(self.cursor)
    }

    fn stop_of(&self, run: &Recording, unit: Unit, forwards: bool) -> Us {
        let story = run.story();
        let stops = match unit {
            Unit::Event => return self.event(run, forwards),
            Unit::CrashPoint => &story.stops.crash_points,
            Unit::Difference => &story.stops.differences,
            Unit::Fault => &story.stops.faults,
            Unit::Alarm => &story.stops.alarms,
        };
        let found = match forwards {
            true => stops.iter().find(|&&at| at > self.cursor),
            false => stops.iter().rfind(|&&at| at < self.cursor),
        };
        found.copied().unwrap_or(self.cursor)
    }

    fn event(&self, recording: &Recording, forwards: bool) -> Us {
        let last = recording.record_at(self.cursor);
        if forwards {
            let next = last.map_or(0, |record| record.0 + 1);
            return if next < recording.story().records {
                recording.time_of(RecordId(next))
            } else {
                recording.story().ends
            };
        }
        let here = last.map_or(Us::ZERO, |record| recording.time_of(record));
        if here < self.cursor || here == Us::ZERO {
            return here;
        }
        recording.record_at(Us(here.0 - 1)).map_or(Us::ZERO, |record| recording.time_of(record))
    }

    pub(super) fn say(&mut self) {
        self.spoken = match self.place {
            Place::Compare => spoken(&plain(&self.runs()), self.cursor),
            Place::Lab | Place::Matrix => self.world.recording.spoken(self.cursor),
        };
    }

    pub(super) fn play(&mut self, playing: bool) {
        if playing && self.cursor >= self.ends() {
            self.cursor = Us::ZERO;
        }
        self.playing = playing;
        if playing {
            self.spoken = format!("Playing at {}.", SPEEDS[self.speed].1);
        } else if self.place == Place::Compare {
            self.say();
        } else {
            let summary = self.world.recording.frame(self.cursor).summary;
            self.spoken = format!("Paused at {}. {summary}", clock(self.cursor));
        }
    }

    pub(super) fn watch(&mut self) {
        let tour = Tour::new(&self.world.recording);
        self.cursor = tour.begins();
        (self.tour, self.toured, self.overlay, self.playing) = (Some(tour), true, Overlay::None, true);
        self.caption();
    }

    pub(super) fn beat(&mut self, beat: usize) {
        let Some(tour) = &mut self.tour else { return };
        if beat >= tour.beats.len() {
            // Back to the moment that it was about: there the next thing can be tried.
            (self.tour, self.playing, self.cursor) = (None, false, self.world.recording.story().opens_at);
            self.say();
            return;
        }
        (tour.at, tour.stands) = (beat, false);
        self.cursor = tour.begins();
        self.playing = true;
        self.caption();
    }

    pub(super) fn stand(&mut self) {
        if let Some(tour) = &mut self.tour {
            tour.stands = true;
            self.cursor = tour.beat().to;
            self.playing = false;
        }
    }

    fn caption(&mut self) {
        if let Some(tour) = &self.tour {
            self.spoken = format!("{}. {}", seconds(tour.beat().to), tour.beat().caption);
        }
    }
}
