//! Where nodes, steps, gaps and links stand (UI 6). Columns left to right, rows top to bottom, every link one straight
//! line; on a phone the same, turned. A pure function of what does not change during a recording.

use super::measure::{Need, need};
use crate::run::frame::{Column, Frame, NodeFrame};

/// How the stage is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Steps, facts and slots.
    Full,
    /// Names and states only.
    Compact,
    /// Columns from top to bottom.
    Turned,
}

/// A box.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// A straight line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Line {
    /// Where it begins.
    pub from: (f64, f64),
    /// Where it ends.
    pub to: (f64, f64),
}

/// The gap between two steps: a crash point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GapPlace {
    /// The line across its node; it runs beyond the node if the label stands outside.
    pub line: Line,
    /// The middle of the cross.
    pub cross: (f64, f64),
    /// What a pointer can hit: 24 px.
    pub target: Rect,
    /// Where the label begins if there is a free band for it; else it stands inside.
    pub label: Option<(f64, f64)>,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodePlace {
    /// Its box.
    pub rect: Rect,
    /// Where each step's number stands (baseline), its text 16 px right of it.
    pub steps: Vec<(f64, f64)>,
    /// One for each step; `None` after the last.
    pub gaps: Vec<Option<GapPlace>>,
}

/// The stage.
#[derive(Clone, Debug, PartialEq)]
pub struct StageLayout {
    /// How it is drawn.
    pub form: Form,
    /// Width and height.
    pub size: (f64, f64),
    /// By node.
    pub nodes: Vec<NodePlace>,
    /// By link, from caller to callee.
    pub links: Vec<Line>,
}

/// The least gap between two columns of the full form.
const GAP: f64 = 32.0;
/// From one step to the next, so that each gap has a 24-px target.
const STEP: f64 = 24.0;
/// The title's part of a box.
const HEAD: f64 = 44.0;
/// The free band under row 0, for the label of a crash.
const BAND: f64 = 24.0;

impl StageLayout {
    /// Lays out the nodes and links of a recording, of which `frames` are samples.
    #[must_use]
    pub fn new(frames: &[Frame], width: f64, form: Option<Form>) -> StageLayout {
        let Some(frame) = frames.first() else {
            return StageLayout { form: Form::Full, size: (width, 0.0), nodes: Vec::new(), links: Vec::new() };
        };
        let needs: Vec<Need> = (0..frame.nodes.len()).map(|at| need(frames, at)).collect();
        match form {
            Some(Form::Turned) => super::turned::layout(frame, width),
            Some(Form::Compact) => Upright::new(frame, &needs, width, true).layout(),
            Some(Form::Full) => Upright::new(frame, &needs, width, false).layout(),
            None if width < 640.0 => super::turned::layout(frame, width),
            None => {
                let full = Upright::new(frame, &needs, width, false);
                if full.gap >= GAP { full.layout() } else { Upright::new(frame, &needs, width, true).layout() }
            }
        }
    }
}

/// The full and the compact form: columns and rows as they are named.
struct Upright<'a> {
    frame: &'a Frame,
    form: Form,
    /// By column of [`Column::ALL`]: left and width; no width if it is empty.
    columns: Vec<(f64, f64)>,
    /// By row: top and height.
    rows: Vec<(f64, f64)>,
    /// The gap between two columns.
    gap: f64,
    width: f64,
}

impl<'a> Upright<'a> {
    fn new(frame: &'a Frame, needs: &[Need], width: f64, compact: bool) -> Upright<'a> {
        let form = if compact { Form::Compact } else { Form::Full };
        let filled: Vec<Column> =
            Column::ALL.iter().copied().filter(|c| frame.nodes.iter().any(|n| n.column == *c)).collect();
        let most = |column: Column, of: &dyn Fn(&Need) -> f64| {
            let here = frame.nodes.iter().zip(needs).filter(|(node, _)| node.column == column);
            here.map(|(_, need)| of(need)).fold(0.0, f64::max).ceil()
        };
        let mut widths: Vec<(f64, f64)> = filled
            .iter()
            .map(|&column| match compact {
                true => (most(column, &|n| n.compact), most(column, &|n| n.compact)),
                false => {
                    let (least, wish) = bounds(column);
                    let least = least.max(most(column, &|n| n.full));
                    (least, wish.max(least).max(most(column, &|n| n.facts).min(208.0)))
                }
            })
            .collect();
        let gaps = (filled.len() as f64 - 1.0).max(1.0);
        let spare = width - widths.iter().map(|(least, _)| least).sum::<f64>() - GAP * gaps;
        let wished: f64 = widths.iter().map(|(least, most)| most - least).sum();
        if spare > 0.0 && wished > 0.0 {
            let share = (spare / wished).min(1.0);
            widths.iter_mut().for_each(|(least, most)| *least += ((*most - *least) * share).floor());
        }
        let gap = ((width - widths.iter().map(|(least, _)| least).sum::<f64>()) / gaps).floor();
        let mut columns = vec![(0.0, 0.0); Column::ALL.len()];
        let mut x = 0.0;
        for (at, (column, (w, _))) in filled.iter().zip(&widths).enumerate() {
            let left = if at + 1 == filled.len() { width - w } else { x };
            columns[*column as usize] = (left, *w);
            x += w + gap;
        }
        Upright { frame, form, columns, rows: rows(frame, needs, compact), gap, width }
    }

    fn layout(&self) -> StageLayout {
        let (top, height) = self.rows.last().copied().unwrap_or_default();
        StageLayout {
            form: self.form,
            size: (self.width, top + height + 1.0),
            nodes: self.frame.nodes.iter().map(|node| self.node(node)).collect(),
            links: (0..self.frame.links.len()).map(|at| self.link(at)).collect(),
        }
    }

    /// The height at which a row's links run.
    fn link_y(&self, row: u32) -> f64 {
        let (top, height) = self.rows.get(row as usize).copied().unwrap_or_default();
        if row == 0 && self.form == Form::Full { top + HEAD + STEP * 1.5 - 4.0 } else { (top + height / 2.0).round() }
    }

    fn rect(&self, node: &NodeFrame) -> Rect {
        let (x, w) = self.columns[node.column as usize];
        if node.column == Column::Clients {
            let (h, y) =
                if self.form == Form::Full { (64.0, self.link_y(0) - 32.0) } else { (48.0, self.link_y(0) - 24.0) };
            return Rect { x, y: y.max(self.rows[0].0), w, h };
        }
        let row = |at: u32| self.rows.get(at as usize).copied().unwrap_or_default();
        let ((top, _), (last, height)) = (row(node.rows.0), row(node.rows.1));
        Rect { x, y: top, w, h: last + height - top }
    }

    fn node(&self, node: &NodeFrame) -> NodePlace {
        let rect = self.rect(node);
        if self.form == Form::Compact {
            return NodePlace { rect, steps: Vec::new(), gaps: vec![None; node.steps.len()] };
        }
        let mut used = vec![0.0; self.rows.len()];
        let steps: Vec<(f64, f64)> = node
            .steps
            .iter()
            .map(|step| {
                let row = (step.row as usize).min(self.rows.len() - 1);
                let first = if row == 0 { self.rows[0].0 + HEAD + 8.0 } else { self.link_y(step.row) };
                used[row] += 1.0;
                (rect.x + 26.0, first + STEP * (used[row] - 1.0) + 4.0)
            })
            .collect();
        let gaps =
            (0..node.steps.len()).map(|at| node.steps[at].gap.as_ref().map(|_| self.gap(node, rect, &steps, at)));
        NodePlace { rect, gaps: gaps.collect(), steps }
    }

    /// The gap after a step: between it and the next one if they are neighbours, else above the next.
    fn gap(&self, node: &NodeFrame, rect: Rect, steps: &[(f64, f64)], at: usize) -> GapPlace {
        let (here, row) = (steps[at].1 - 4.0, node.steps[at].row);
        let next = node.steps.get(at + 1).map(|step| (steps[at + 1].1 - 4.0, step.row));
        let (y, band) = match next {
            Some((next, to)) if to == row && next > here => ((here + next) / 2.0, false),
            Some((_, to)) if to == row + 1 && row == 0 => (self.rows[0].0 + self.rows[0].1 + BAND / 2.0, true),
            Some((next, _)) => (next - STEP / 2.0, false),
            None => (here + STEP / 2.0, false),
        };
        let y = y.round();
        let beyond = if band { 16.0 } else { 0.0 };
        GapPlace {
            line: Line { from: (rect.x, y), to: (rect.x + rect.w + beyond, y) },
            cross: (rect.x + if band { rect.w / 2.0 } else { 34.0 }, y),
            target: Rect { x: rect.x, y: y - STEP / 2.0, w: rect.w, h: STEP },
            label: band.then_some((rect.x + rect.w + beyond + 8.0, y + 4.0)),
        }
    }

    fn link(&self, at: usize) -> Line {
        let link = &self.frame.links[at];
        let (from, to) = (&self.frame.nodes[link.from as usize], &self.frame.nodes[link.to as usize]);
        let (a, b, y) = (self.rect(from), self.rect(to), self.link_y(link.row));
        if a.x <= b.x {
            Line { from: (a.x + a.w, y), to: (b.x, y) }
        } else {
            Line { from: (a.x, y), to: (b.x + b.w, y) }
        }
    }
}

/// The least and the most width of a column, in px.
const fn bounds(column: Column) -> (f64, f64) {
    match column {
        Column::Clients => (72.0, 76.0),
        Column::App => (132.0, 184.0),
        Column::Source => (132.0, 184.0),
        Column::Middle => (132.0, 144.0),
        Column::Broker => (104.0, 136.0),
        Column::Consumers => (96.0, 112.0),
        Column::Stores => (124.0, 176.0),
    }
}

/// Tops and heights of the rows.
fn rows(frame: &Frame, needs: &[Need], compact: bool) -> Vec<(f64, f64)> {
    let count = frame.nodes.iter().map(|node| node.rows.1 + 1).max().unwrap_or(1);
    let (mut rows, mut top) = (Vec::new(), 0.0);
    for row in 0..count {
        let steps = |node: &NodeFrame| node.steps.iter().filter(|step| step.row == row).count() as f64;
        let most = frame.nodes.iter().map(steps).fold(0.0, f64::max);
        let alone =
            frame.nodes.iter().zip(needs).filter(|(node, _)| node.rows == (row, row) && node.column == Column::Stores);
        let lines = alone.map(|(_, need)| need.lines).fold(0.0, f64::max);
        let height = match (row, compact) {
            (0, true) => 64.0,
            (_, true) => 56.0,
            (0, false) => HEAD + STEP * most.max(3.0),
            (_, false) if count > 3 => 56.0,
            (_, false) => (40.0 + STEP * lines).max(72.0).max(2.0 * (STEP * (most - 1.0) + 20.0)),
        };
        rows.push((top, height));
        top += height + if row == 0 { BAND } else { 12.0 };
    }
    rows
}
