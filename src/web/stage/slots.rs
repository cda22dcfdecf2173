//! Slots inside a node: outbox rows with what they hold, or the records of a partition with the positions below.

use crate::charts::metrics::{Weight, width as text_width};
use crate::run::frame::SlotRow;
use crate::web::format::{count, px};
use yew::prelude::*;

/// From one slot of a log to the next.
const PITCH: f64 = 12.0;

/// How far below its baseline a row of slots reaches.
#[must_use]
pub fn height(row: &SlotRow) -> f64 {
    if labelled(row) && row.positions.is_empty() {
        32.0
    } else if labelled(row) {
        50.0
    } else if row.positions.is_empty() {
        26.0
    } else {
        46.0
    }
}

/// A log has positions of its own, and its slots are too many to name; the rows of a table are named.
fn labelled(row: &SlotRow) -> bool {
    row.positions.len() < 2 && row.slots.iter().any(|(label, _)| !label.is_empty())
}

/// The label with the total, the slots that fit (the last ones), and the positions.
#[must_use]
pub fn slots(row: &SlotRow, left: f64, right: f64, y: f64) -> Html {
    let total = count(row.total);
    let fits =
        text_width(&row.label, 12.0, Weight::Regular) + text_width(&total, 12.0, Weight::Regular) + 8.0 <= right - left;
    html! {
        <g>
            <text class="second halo" x={px(left)} y={px(y)}>{ &row.label }</text>
            if fits {
                <text class="end halo" x={px(right)} y={px(y)}>{ total }</text>
            }
            if labelled(row) {
                { named(row, left, right, y + 8.0) }
                for (words, _) in row.positions.iter() {
                    <text class="second halo" x={px(left)} y={px(y + 46.0)}>{ words }</text>
                }
            } else {
                { plain(row, left, right, y + 8.0) }
            }
        </g>
    }
}

fn class(filled: bool) -> &'static str {
    if filled { "slot filled" } else { "slot" }
}

/// Slots that say what they hold.
fn named(row: &SlotRow, left: f64, right: f64, y: f64) -> Html {
    let wide =
        row.slots.iter().map(|(label, _)| text_width(label, 12.0, Weight::Regular) + 12.0).fold(36.0, f64::max).ceil();
    let shown = (((right - left + 4.0) / (wide + 4.0)).floor() as usize).clamp(1, row.slots.len().max(1));
    let from = row.slots.len().saturating_sub(shown);
    let slot = |(at, (label, filled)): (usize, &(String, bool))| {
        let x = left + (wide + 4.0) * at as f64;
        html! {
            <>
                <rect class={class(*filled)} x={px(x + 0.5)} y={px(y + 0.5)} width={px(wide - 1.0)} height="20" />
                <text class={if *filled { "inverse middle" } else { "third middle" }} x={px(x + wide / 2.0)} y={px(y + 15.0)}>{ label }</text>
            </>
        }
    };
    row.slots[from..].iter().enumerate().map(slot).collect()
}

/// Slots of a log: their positions below as wedges, labels that would touch merged.
fn plain(row: &SlotRow, left: f64, right: f64, y: f64) -> Html {
    let shown = (((right - left) / PITCH).floor() as usize).clamp(1, row.slots.len().max(1));
    let from = row.slots.len().saturating_sub(shown);
    // The total may be more than the frame's slots: both counts end at the log's end.
    let first = (row.total as usize).saturating_sub(row.slots.len() - from);
    let x_of = |position: u32| left + PITCH * (position as usize).saturating_sub(first) as f64;
    html! {
        <>
            for (at, (_, filled)) in row.slots[from..].iter().enumerate() {
                <rect class={class(*filled)} x={px(left + PITCH * at as f64 + 0.5)} y={px(y + 0.5)} width="9" height="16" />
            }
            for (words, x) in merged(row, &x_of, right) {
                <path class="inkf" d={format!("M{} {}l4 6h-8z", px(x.max(left + 4.0)), px(y + 19.0))} />
                { words_at(&words, x, left, right, y + 37.0) }
            }
        </>
    }
}

fn words_at(words: &str, x: f64, left: f64, right: f64, y: f64) -> Html {
    let half = text_width(words, 12.0, Weight::Regular) / 2.0;
    let (class, x) = if x - half < left {
        ("second", left)
    } else if x + half > right {
        ("second end", right)
    } else {
        ("second middle", x)
    };
    html! { <text {class} x={px(x)} y={px(y)}>{ words }</text> }
}

/// Positions from left to right; those whose labels would touch share one.
fn merged(row: &SlotRow, x_of: &dyn Fn(u32) -> f64, right: f64) -> Vec<(String, f64)> {
    let mut sorted: Vec<(&str, f64)> =
        row.positions.iter().map(|(words, at)| (words.as_str(), x_of(*at).min(right))).collect();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut merged: Vec<(String, f64)> = Vec::new();
    for (words, x) in sorted {
        let wide = |text: &str| text_width(text, 12.0, Weight::Regular) / 2.0;
        match merged.last_mut() {
            Some((last, at)) if x - *at < wide(last) + wide(words) + 8.0 => {
                *last = format!("{last}, {words}");
                *at = x;
            }
            Some(_) | None => merged.push((words.to_owned(), x)),
        }
    }
    merged
}
