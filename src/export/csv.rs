//! The divergence series as CSV: at each change, how many rows differ and how many are on their way.

use crate::kernel::time::Us;
use crate::run::recording::Recording;

/// `t_us,differs,in_flight`: a step function, from 0 to the end of the run.
#[must_use]
pub fn divergence(recording: &Recording) -> String {
    let area = &recording.judgement().area;
    let ended = recording.trace().ended;
    let start = area.first().is_none_or(|(at, ..)| *at > Us::ZERO).then_some((Us::ZERO, 0, 0));
    let last = area.last().copied().or(start);
    let end = last.filter(|(at, ..)| *at < ended).map(|(_, differs, in_flight)| (ended, differs, in_flight));
    let mut text = "t_us,differs,in_flight\n".to_owned();
    for (at, differs, in_flight) in start.into_iter().chain(area.iter().copied()).chain(end) {
        text += &format!("{},{differs},{in_flight}\n", at.0);
    }
    text
}
