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

/// How far the lane of a store stands right of the one below it.
const LANE: f64 = 8.0;
/// The part of the width that the source's column has beside lanes.
const LEFT: f64 = 0.475;

/// The column in which a row's part stands: the source's, or the one of all that follows it.
fn fold(row: u32) -> u32 {
    row.min(1)
}

/// The rows of the stores, if there are several: each store then has a lane of its own, the lanes one under the other, each
/// reaching a little further left than the one above, so that its link passes beside those.
fn lanes(frame: &Frame) -> Vec<u32> {
    let mut rows = Vec::new();
    for node in frame.nodes.iter().filter(|node| node.column == Column::Stores) {
        if !rows.contains(&node.rows.0) {
            rows.push(node.rows.0);
        }
    }
    if rows.len() > 1 { rows } else { Vec::new() }
}

/// Lays the nodes of a frame out from top to bottom.
#[must_use]
pub fn layout(frame: &Frame, width: f64) -> StageLayout {
    let lanes = lanes(frame);
    let lane = |node: &NodeFrame| {
        let derived = matches!(node.column, Column::Consumers | Column::Stores);
        lanes.iter().position(|row| derived && *row == node.rows.0)
    };
    let part = if lanes.is_empty() { 0.5 } else { LEFT };
    let column = ((width - BETWEEN) * part).floor();
    let columns = [(0.0, column), (column + BETWEEN, (width - BETWEEN - column).floor())];
    let left = |lane: usize| columns[1].0 + LANE * (lanes.len() - 1 - lane) as f64;
    let mut places = vec![NodePlace { rect: Rect::default(), steps: Vec::new(), gaps: Vec::new() }; frame.nodes.len()];
    let mut top = 0.0;
    for band in bands(frame, &lanes) {
        let mut tall = 0.0_f64;
        for at in band.iter().copied() {
            let node = &frame.nodes[at];
            let (index, count) = stack(frame, node);
            let [first, last] = [node.rows.0, node.rows.1].map(|row| columns[fold(row) as usize]);
            let h = height(node);
            // Processes of one role stand under each other, each a little to the right, so that links pass beside them.
            let x = match (lane(node), node.column) {
                (Some(lane), _) => left(lane),
                (None, Column::Under) => 0.0,
                (None, _) => first.0 + ASIDE * index,
            };
            let w = match (lane(node), node.column) {
                (Some(lane), _) => width.floor() - left(lane),
                (None, Column::Under) => width.floor(),
                (None, _) => last.0 + last.1 - first.0 - ASIDE * (count - 1.0),
            };
            let y = top + index * (h + BETWEEN);
            places[at] = place(node, Rect { x, y, w, h }, w.min(column));
            tall = tall.max(index * (h + BETWEEN) + h);
        }
        if tall > 0.0 {
            let clients = band.iter().any(|at| frame.nodes[*at].column == Column::Clients);
            top += tall + if clients { STEP } else { LINK };
        }
    }
    let links = frame.links.iter().map(|link| {
        let (from, to) = (&frame.nodes[link.from as usize], &frame.nodes[link.to as usize]);
        let (a, b) = (places[link.from as usize].rect, places[link.to as usize].rect);
        let down = a.y <= b.y;
        let beside = match (lane(from), lane(to)) {
            (None, None) => aside(frame, from, a, down).or(aside(frame, to, b, !down)),
            (Some(one), None) | (None, Some(one)) => Some(left(one) + LANE / 2.0),
            (Some(one), Some(other)) => Some(left(one.min(other)) + LANE / 2.0),
        };
        let under = from.column == Column::Under || to.column == Column::Under;
        let row = if under { fold(from.rows.0.min(to.rows.0)) } else { fold(link.row) };
        let (x, w) = columns[row as usize];
        let x = match beside {
            _ if under => x + w - LANE,
            Some(x) => x,
            None => (x + w / 2.0).round(),
        };
        if down { Line { from: (x, a.y + a.h), to: (x, b.y) } } else { Line { from: (x, a.y), to: (x, b.y + b.h) } }
    });
    let links = links.collect();
    StageLayout { form: Form::Turned, size: (width, (top - LINK + 1.0).max(0.0)), nodes: places, links }
}

/// The bands from top to bottom, each by its nodes: a band a column, and two bands a lane.
fn bands(frame: &Frame, lanes: &[u32]) -> Vec<Vec<usize>> {
    let of = |column: Column, row: Option<u32>| -> Vec<usize> {
        let here =
            |at: &usize| frame.nodes[*at].column == column && row.is_none_or(|row| frame.nodes[*at].rows.0 == row);
        (0..frame.nodes.len()).filter(here).collect()
    };
    let mut bands = Vec::new();
    for column in Column::ALL.iter().copied() {
        match column {
            Column::Consumers if !lanes.is_empty() => {
                for row in lanes.iter().copied() {
                    bands.push(of(Column::Consumers, Some(row)));
                    bands.push(of(Column::Stores, Some(row)));
                }
            }
            Column::Stores if !lanes.is_empty() => {}
            // One below the other.
            Column::Under => bands.extend(of(column, None).into_iter().map(|at| vec![at])),
            _ => bands.push(of(column, None)),
        }
    }
    bands
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
    node.steps.iter().filter(|step| fold(step.row) == row).count()
}

fn height(node: &NodeFrame) -> f64 {
    let most = (0..=1).map(|row| steps_of(node, row)).max().unwrap_or(0);
    if most > 0 {
        return 48.0 + STEP * most as f64;
    }
    match node.column {
        Column::Clients => 40.0,
        Column::Stores => 64.0,
        Column::App | Column::Source | Column::Middle | Column::Broker | Column::Consumers | Column::Under => 56.0,
    }
}

fn place(node: &NodeFrame, rect: Rect, column: f64) -> NodePlace {
    let left = |row: u32| rect.x + f64::from(fold(row) - fold(node.rows.0).min(fold(row))) * (column + BETWEEN);
    let mut used = [0.0; 2];
    let steps: Vec<(f64, f64)> = node
        .steps
        .iter()
        .map(|step| {
            let row = fold(step.row.min(node.rows.1)) as usize;
            used[row] += 1.0;
            (left(step.row) + 22.0, rect.y + 30.0 + STEP * used[row])
        })
        .collect();
    let gap = |at: usize| {
        let (here, row) = (steps[at].1 - 4.0, fold(node.steps[at].row));
        match node.steps.get(at + 1).map(|step| (steps[at + 1].1 - 4.0, fold(step.row))) {
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
