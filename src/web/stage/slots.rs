//! Slots inside a node: outbox rows with what they hold, or the records of a partition with the positions below.

use crate::charts::metrics::{Weight, width as text_width};
use crate::charts::shape::Drawing;
use crate::run::frame::SlotRow;
use crate::web::format::{count, px};

/// From one slot of a log to the next.
const PITCH: f64 = 12.0;

fn small(words: &str) -> f64 {
    text_width(words, 12.0, Weight::Regular)
}

/// How far below its baseline a row of slots reaches in a box of that inner width.
#[must_use]
pub fn height(row: &SlotRow, width: f64) -> f64 {
    match (labelled(row), row.positions.is_empty()) {
        (true, true) => 32.0,
        (true, false) => 50.0,
        (false, true) => 26.0,
        // All positions may come to stand at one place, in one label.
        (false, false) => {
            let all: Vec<&str> = row.positions.iter().map(|(words, _)| words.as_str()).collect();
            30.0 + 16.0 * wrapped(&all.join(", "), width).len() as f64
        }
    }
}

/// Words in lines no wider than `width`, broken after commas.
fn wrapped(words: &str, width: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in words.split_inclusive(", ") {
        let line = lines.last().map_or("", String::as_str);
        if !line.is_empty() && small(&format!("{line}{part}")) > width + 4.0 {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(part);
        }
    }
    lines
}

/// A log has positions of its own, and its slots are too many to name; the rows of a table are named.
fn labelled(row: &SlotRow) -> bool {
    row.positions.len() < 2 && row.slots.iter().any(|(label, _)| !label.is_empty())
}

/// The label with the total, the slots that fit (the last ones), and the positions.
pub fn slots(drawing: &mut Drawing, row: &SlotRow, left: f64, right: f64, y: f64) {
    let total = count(row.total);
    drawing.text("second halo", left, y, &row.label);
    if small(&row.label) + small(&total) + 8.0 <= right - left {
        drawing.text("end halo", right, y, &total);
    }
    if labelled(row) {
        named(drawing, row, left, right, y + 8.0);
        for (words, _) in &row.positions {
            drawing.text("second halo", left, y + 46.0, words);
        }
    } else {
        plain(drawing, row, left, right, y + 8.0);
    }
}

fn class(filled: bool) -> &'static str {
    if filled { "slot filled" } else { "slot" }
}

/// Slots that say what they hold.
fn named(drawing: &mut Drawing, row: &SlotRow, left: f64, right: f64, y: f64) {
    let wide = row.slots.iter().map(|(label, _)| small(label) + 12.0).fold(36.0, f64::max).ceil();
    let shown = (((right - left + 4.0) / (wide + 4.0)).floor() as usize).clamp(1, row.slots.len().max(1));
    let from = row.slots.len().saturating_sub(shown);
    for (at, (label, filled)) in row.slots[from..].iter().enumerate() {
        let x = left + (wide + 4.0) * at as f64;
        drawing.rect(class(*filled), x + 0.5, y + 0.5, wide - 1.0, 20.0);
        drawing.text(if *filled { "inverse middle" } else { "third middle" }, x + wide / 2.0, y + 15.0, label);
    }
}

/// Slots of a log: their positions below as wedges, labels that would touch merged.
fn plain(drawing: &mut Drawing, row: &SlotRow, left: f64, right: f64, y: f64) {
    let shown = (((right - left) / PITCH).floor() as usize).clamp(1, row.slots.len().max(1));
    let from = row.slots.len().saturating_sub(shown);
    // The total may be more than the frame's slots: both counts end at the log's end.
    let first = (row.total as usize).saturating_sub(row.slots.len() - from);
    let x_of = |position: u32| left + PITCH * (position as usize).saturating_sub(first) as f64;
    for (at, (_, filled)) in row.slots[from..].iter().enumerate() {
        drawing.rect(class(*filled), left + PITCH * at as f64 + 0.5, y + 0.5, 9.0, 16.0);
    }
    for (words, x) in merged(row, &x_of, (left, right)) {
        drawing.path("inkf", format!("M{} {}l4 6h-8z", px(x.max(left + 4.0)), px(y + 19.0)));
        let (class, at, _) = placed(&words, x, (left, right));
        for (line, words) in wrapped(&words, right - left).iter().enumerate() {
            drawing.text(class, at, y + 37.0 + 16.0 * line as f64, words.trim_end());
        }
    }
}

/// How a label at `x` is anchored so that it stays inside, where, and how far it reaches.
fn placed(words: &str, x: f64, (left, right): (f64, f64)) -> (&'static str, f64, (f64, f64)) {
    let lines = wrapped(words, right - left);
    let wide = lines.iter().map(|line| small(line.trim_end())).fold(0.0, f64::max);
    if x - wide / 2.0 < left {
        ("second", left, (left, left + wide))
    } else if x + wide / 2.0 > right {
        ("second end", right, (right - wide, right))
    } else {
        ("second middle", x, (x - wide / 2.0, x + wide / 2.0))
    }
}

/// Positions from left to right (they come in that order); those whose labels would touch share one.
fn merged(row: &SlotRow, x_of: &dyn Fn(u32) -> f64, room: (f64, f64)) -> Vec<(String, f64)> {
    let mut merged: Vec<(String, f64)> = Vec::new();
    for (words, position) in &row.positions {
        let x = x_of(*position).min(room.1);
        merged.push((words.clone(), x));
        while let [.., (before, at), (last, x)] = merged.as_slice()
            && placed(before, *at, room).2.1 + 8.0 > placed(last, *x, room).2.0
        {
            let both = (format!("{before}, {last}"), *x);
            merged.truncate(merged.len() - 2);
            merged.push(both);
        }
    }
    merged
}
