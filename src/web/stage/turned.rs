//! The stage of a phone: columns become rows, first at the top; rows become columns; steps run across (UI 6.7).

use super::layout::{Form, GapPlace, Line, NodePlace, Rect, StageLayout, stack};
use crate::run::frame::{Column, Frame, NodeFrame};

/// Between two columns.
const BETWEEN: f64 = 8.0;
/// Between two bands: room for a tag.
const LINK: f64 = 44.0;
/// How far one of several processes of a role stands right of the one above it.
const ASIDE: f64 = 24.0;
/// From one step to the next.
const STEP: f64 = 24.0;

/// Lays the nodes of a frame out from top to bottom.
#[must_use]
pub fn layout(frame: &Frame, width: f64) -> StageLayout {
    let rows = frame.nodes.iter().map(|node| node.rows.1 + 1).max().unwrap_or(1).max(2);
    let column = ((width - BETWEEN * f64::from(rows - 1)) / f64::from(rows)).floor();
    let mut places = vec![NodePlace { rect: Rect::default(), steps: Vec::new(), gaps: Vec::new() }; frame.nodes.len()];
    let mut top = 0.0;
    for band in Column::ALL {
        let here: Vec<usize> = (0..frame.nodes.len()).filter(|&at| frame.nodes[at].column == *band).collect();
        let mut tall = 0.0_f64;
        for at in here {
            let node = &frame.nodes[at];
            let ((index, count), (first, last)) = (stack(frame, node), node.rows);
            let h = height(node);
            // Processes of one role stand under each other, each a little to the right, so that links pass beside them.
            let x = f64::from(first) * (column + BETWEEN) + ASIDE * index;
            let w = f64::from(last - first) * (column + BETWEEN) + column - ASIDE * (count - 1.0);
            let y = top + index * (h + BETWEEN);
            places[at] = place(node, Rect { x, y, w, h }, w.min(column));
            tall = tall.max(index * (h + BETWEEN) + h);
        }
        if tall > 0.0 {
            top += tall + if *band == Column::Clients { STEP } else { LINK };
        }
    }
    let links = frame.links.iter().map(|link| {
        let (from, to) = (&frame.nodes[link.from as usize], &frame.nodes[link.to as usize]);
        let (a, b) = (places[link.from as usize].rect, places[link.to as usize].rect);
        let down = a.y <= b.y;
        let beside = aside(frame, from, a, down).or(aside(frame, to, b, !down));
        let x = beside.unwrap_or((f64::from(link.row) * (column + BETWEEN) + column / 2.0).round());
        if down { Line { from: (x, a.y + a.h), to: (x, b.y) } } else { Line { from: (x, a.y), to: (x, b.y + b.h) } }
    });
    let links = links.collect();
    StageLayout { form: Form::Turned, size: (width, (top - LINK + 1.0).max(0.0)), nodes: places, links }
}

/// Where a link leaves one of several processes of a role: downwards left of those below, upwards right of those above.
fn aside(frame: &Frame, node: &NodeFrame, rect: Rect, down: bool) -> Option<f64> {
    let (index, count) = stack(frame, node);
    match (count > 1.0, down) {
        (false, _) => None,
        (true, true) => Some(if index + 1.0 < count { rect.x + ASIDE / 2.0 } else { rect.x + rect.w / 2.0 }),
        (true, false) => Some(if index > 0.0 { rect.x + rect.w - ASIDE / 2.0 } else { rect.x + rect.w / 2.0 }),
    }
}

fn steps_of(node: &NodeFrame, row: u32) -> usize {
    node.steps.iter().filter(|step| step.row == row).count()
}

fn height(node: &NodeFrame) -> f64 {
    let most = (node.rows.0..=node.rows.1).map(|row| steps_of(node, row)).max().unwrap_or(0);
    if most > 0 {
        return 48.0 + STEP * most as f64;
    }
    match node.column {
        Column::Clients => 40.0,
        Column::Stores => 64.0,
        Column::App | Column::Source | Column::Middle | Column::Broker | Column::Consumers => 56.0,
    }
}

fn place(node: &NodeFrame, rect: Rect, column: f64) -> NodePlace {
    let left = |row: u32| rect.x + f64::from(row.saturating_sub(node.rows.0)) * (column + BETWEEN);
    let mut used = vec![0.0; node.rows.1 as usize + 1];
    let steps: Vec<(f64, f64)> = node
        .steps
        .iter()
        .map(|step| {
            let row = (step.row.min(node.rows.1)) as usize;
            used[row] += 1.0;
            (left(step.row) + 22.0, rect.y + 30.0 + STEP * used[row])
        })
        .collect();
    let gap = |at: usize| {
        let (here, row) = (steps[at].1 - 4.0, node.steps[at].row);
        match node.steps.get(at + 1).map(|step| (steps[at + 1].1 - 4.0, step.row)) {
            Some((_, to)) if to > row => upright(rect, left(to) - BETWEEN / 2.0),
            Some((next, to)) if to == row => across(left(row), column, (here + next) / 2.0),
            Some((next, to)) => across(left(to), column, next - STEP / 2.0),
            None => across(left(row), column, here + STEP / 2.0),
        }
    };
    let gaps = (0..node.steps.len()).map(|at| node.steps[at].gap.as_ref().map(|_| gap(at))).collect();
    NodePlace { rect, gaps, steps }
}

/// A gap between a step of one column and a step of the next: the line stands upright between them.
fn upright(rect: Rect, x: f64) -> GapPlace {
    let (top, bottom) = (rect.y + 36.0, rect.y + rect.h - 8.0);
    GapPlace {
        line: Line { from: (x, top), to: (x, bottom) },
        cross: (x, (top + bottom) / 2.0),
        target: Rect { x: x - STEP / 2.0, y: top, w: STEP, h: bottom - top },
        label: None,
    }
}

fn across(x: f64, w: f64, y: f64) -> GapPlace {
    GapPlace {
        line: Line { from: (x, y), to: (x + w, y) },
        cross: (x, y),
        target: Rect { x, y: y - STEP / 2.0, w, h: STEP },
        label: None,
    }
}
