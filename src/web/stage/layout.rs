//! Where nodes, steps, gaps and links stand (UI 6). Columns left to right, rows top to bottom, every link one straight
//! line; on a phone the same, turned. A pure function of what does not change during a recording.

use super::measure::{Need, need};
use crate::run::frame::{Column, Frame, NodeFrame, Story};

/// How the stage is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Steps, facts and slots.
    Full,
    /// The same with short names of keys, and each column as narrow as its words.
    Tight,
    /// Names and states only.
    Compact,
    /// Columns from top to bottom.
    Turned,
    /// Names on one line: a lane of a comparison.
    Slim,
}

impl Form {
    /// Whether it has no room for steps and facts.
    #[must_use]
    pub const fn terse(self) -> bool {
        matches!(self, Form::Compact | Form::Slim)
    }
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
    /// The middle of the cross; on the border if there is text on both sides.
    pub cross: (f64, f64),
    /// What a pointer can hit: 24 px.
    pub target: Rect,
    /// Where the label begins if there is a free band for it, and where it must end; else it stands inside.
    pub label: Option<(f64, f64, f64)>,
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
/// Between two processes of one role.
const STACK: f64 = 12.0;
/// The height of a box of the slim form.
const SLIM: f64 = 28.0;
/// The free band under row 0, for the label of a crash.
const BAND: f64 = 24.0;

impl StageLayout {
    /// Lays out the nodes and links of a recording, of which `frames` are samples.
    #[must_use]
    pub fn new(story: &Story, frames: &[Frame], width: f64, form: Option<Form>) -> StageLayout {
        let Some(frame) = frames.first() else {
            return StageLayout { form: Form::Full, size: (width, 0.0), nodes: Vec::new(), links: Vec::new() };
        };
        let needs: Vec<Need> = (0..frame.nodes.len()).map(|at| need(story, frames, at)).collect();
        match form {
            Some(Form::Turned) => super::turned::layout(frame, width),
            Some(form) => Upright::new(frame, &needs, width, form).layout(),
            None if width < 640.0 => super::turned::layout(frame, width),
            None => {
                let forms = [Form::Full, Form::Tight].map(|form| Upright::new(frame, &needs, width, form));
                let fits = forms.into_iter().find(|upright| upright.gap >= GAP);
                fits.unwrap_or_else(|| Upright::new(frame, &needs, width, Form::Compact)).layout()
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
    /// By row: whether a node that stands in it alone has steps under its title.
    headed: Vec<bool>,
    /// The gap between two columns.
    gap: f64,
    width: f64,
}

impl<'a> Upright<'a> {
    fn new(frame: &'a Frame, needs: &[Need], width: f64, form: Form) -> Upright<'a> {
        let mut widths = widths(frame, needs, form);
        let gaps = (widths.len() as f64 - 1.0).max(1.0);
        let spare = width - widths.iter().map(|(_, least, _)| least).sum::<f64>() - GAP * gaps;
        let wished: f64 = widths.iter().map(|(_, least, most)| most - least).sum();
        if spare > 0.0 && wished > 0.0 {
            let share = (spare / wished).min(1.0);
            widths.iter_mut().for_each(|(_, least, most)| *least += ((*most - *least) * share).floor());
        }
        let gap = ((width - widths.iter().map(|(_, least, _)| least).sum::<f64>()) / gaps).floor();
        let mut columns = vec![(0.0, 0.0); Column::ALL.len()];
        let (mut x, count) = (0.0, widths.len());
        for (at, (column, w, _)) in widths.into_iter().enumerate() {
            let left = if at + 1 == count { width - w } else { x };
            columns[column as usize] = (left, w);
            x += w + gap;
        }
        let headed = headed(frame);
        let rows = rows(frame, needs, &headed, form);
        Upright { frame, form, columns, rows, headed, gap, width }
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
        let headed = self.headed.get(row as usize).is_some_and(|headed| *headed) && !self.form.terse();
        if headed { top + HEAD + STEP * 1.5 - 4.0 } else { (top + height / 2.0).round() }
    }

    fn rect(&self, node: &NodeFrame) -> Rect {
        let (x, w) = self.columns[node.column as usize];
        if node.column == Column::Clients {
            let h = match self.form {
                Form::Compact => 48.0,
                Form::Slim => SLIM,
                Form::Full | Form::Tight | Form::Turned => 64.0,
            };
            return Rect { x, y: self.link_y(0) - h / 2.0, w, h };
        }
        let row = |at: u32| self.rows.get(at as usize).copied().unwrap_or_default();
        if node.column == Column::Under {
            let ((y, h), (x, _)) = (row(node.rows.0), self.columns[Column::Source as usize]);
            let (right, wide) = self.columns[Column::Stores as usize];
            return Rect { x, y, w: (right + wide).max(self.width) - x, h };
        }
        let ((top, _), (last, height)) = (row(node.rows.0), row(node.rows.1));
        let (at, count) = stack(self.frame, node);
        let h = ((last + height - top - STACK * (count - 1.0)) / count).floor();
        Rect { x, y: top + at * (h + STACK), w, h }
    }

    fn node(&self, node: &NodeFrame) -> NodePlace {
        let rect = self.rect(node);
        if self.form.terse() {
            return NodePlace { rect, steps: Vec::new(), gaps: vec![None; node.steps.len()] };
        }
        if node.column == Column::Under {
            return under(node, rect);
        }
        let mut used = vec![0.0; self.rows.len()];
        let steps: Vec<(f64, f64)> = node
            .steps
            .iter()
            .map(|step| {
                let row = (step.row as usize).min(self.rows.len() - 1);
                let here = node.steps.iter().filter(|other| other.row == step.row).count() as f64;
                let first = match self.headed[row] && (row == 0 || node.rows.0 == node.rows.1) {
                    true => rect.y.max(self.rows[row].0) + HEAD + 8.0,
                    false => self.link_y(step.row) - STEP * (here - 1.0) / 2.0,
                };
                used[row] += 1.0;
                let indent = if node.bracket.is_some() { 26.0 } else { 18.0 };
                (rect.x + indent, (first + STEP * (used[row] - 1.0) + 4.0).round())
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
            cross: (rect.x + if band { rect.w / 2.0 } else { 0.0 }, y),
            target: Rect { x: rect.x, y: y - STEP / 2.0, w: rect.w, h: STEP },
            label: band.then(|| self.band(rect.x + rect.w + beyond + 8.0, y)),
        }
    }

    /// The free band right of a crash: up to the next box that reaches across it.
    fn band(&self, x: f64, y: f64) -> (f64, f64, f64) {
        let rects = self.frame.nodes.iter().map(|node| self.rect(node));
        let across = rects.filter(|rect| rect.x > x && rect.y < y && rect.y + rect.h > y);
        (x, y + 4.0, across.map(|rect| rect.x - 8.0).fold(self.width, f64::min))
    }

    fn link(&self, at: usize) -> Line {
        let link = &self.frame.links[at];
        let (from, to) = (&self.frame.nodes[link.from as usize], &self.frame.nodes[link.to as usize]);
        let (a, b) = (self.rect(from), self.rect(to));
        if from.column == Column::Under || to.column == Column::Under {
            // Upright, near the right edge of what stands above, and behind whatever it crosses.
            let above = if a.y < b.y { a } else { b };
            let x = above.x + above.w - 24.0;
            let (from, to) = if a.y < b.y { (a.y + a.h, b.y) } else { (a.y, b.y + b.h) };
            return Line { from: (x, from), to: (x, to) };
        }
        let stacked = [from, to].into_iter().find(|node| stack(self.frame, node).1 > 1.0);
        let y =
            self.link_y(link.row) + stacked.map_or(0.0, |node| self.rect(node).y - self.rows[node.rows.0 as usize].0);
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
        Column::Under => (0.0, 0.0),
    }
}

/// The columns that hold something, with their least and their most width.
fn widths(frame: &Frame, needs: &[Need], form: Form) -> Vec<(Column, f64, f64)> {
    let beside = Column::ALL.iter().copied().filter(|column| *column != Column::Under);
    let filled = beside.filter(|column| frame.nodes.iter().any(|node| node.column == *column));
    let most = |column: Column, of: &dyn Fn(&Need) -> f64| {
        let here = frame.nodes.iter().zip(needs).filter(|(node, _)| node.column == column);
        here.map(|(_, need)| of(need)).fold(0.0, f64::max).ceil()
    };
    let of = |column: Column| {
        let (least, wish) = bounds(column);
        let facts = most(column, &|need| need.facts).min(208.0);
        let (least, wish) = match form {
            Form::Full => (least.max(most(column, &|need| need.full)), wish.max(facts)),
            Form::Tight => (most(column, &|need| need.short), facts.min(wish)),
            Form::Compact | Form::Turned => (most(column, &|need| need.compact), 96.0),
            Form::Slim => (most(column, &|need| need.slim), 96.0),
        };
        (column, least, wish.max(least))
    };
    filled.map(of).collect()
}

/// Which of how many processes of one role a node is: they stand under each other in one place.
pub(super) fn stack(frame: &Frame, node: &NodeFrame) -> (f64, f64) {
    let alike = || frame.nodes.iter().filter(|other| other.column == node.column && other.rows == node.rows);
    let before = alike().take_while(|other| other.id != node.id).count();
    (before as f64, alike().count().max(1) as f64)
}

/// By row: whether a node that stands in it alone has steps.
fn headed(frame: &Frame) -> Vec<bool> {
    let count = frame.nodes.iter().map(|node| node.rows.1 + 1).max().unwrap_or(1);
    let alone = |row: u32| frame.nodes.iter().any(|node| node.rows == (row, row) && !node.steps.is_empty());
    (0..count).map(|row| row == 0 || alone(row)).collect()
}

/// A recovery: its steps run across, a gap is the upright line between two of them.
fn under(node: &NodeFrame, rect: Rect) -> NodePlace {
    let each = (rect.w / node.steps.len().max(1) as f64).floor();
    let left = |at: usize| rect.x + each * at as f64;
    let steps = (0..node.steps.len()).map(|at| (left(at) + 18.0, rect.y + HEAD + 12.0)).collect();
    let (top, bottom) = (rect.y + HEAD - 8.0, rect.y + HEAD + STEP);
    let gap = |at: usize| {
        let x = left(at + 1).min(rect.x + rect.w - STEP / 2.0);
        GapPlace {
            line: Line { from: (x, top), to: (x, bottom) },
            cross: (x, (top + bottom) / 2.0),
            target: Rect { x: x - STEP / 2.0, y: top, w: STEP, h: bottom - top },
            label: None,
        }
    };
    let gaps = (0..node.steps.len()).map(|at| node.steps[at].gap.as_ref().map(|_| gap(at))).collect();
    NodePlace { rect, steps, gaps }
}

/// Tops and heights of the rows.
fn rows(frame: &Frame, needs: &[Need], headed: &[bool], form: Form) -> Vec<(f64, f64)> {
    let (mut rows, mut top) = (Vec::new(), 0.0);
    for (row, headed) in headed.iter().enumerate() {
        let row = row as u32;
        let steps = |node: &NodeFrame| node.steps.iter().filter(|step| step.row == row).count() as f64;
        let most = frame.nodes.iter().map(steps).fold(0.0, f64::max);
        let here = || frame.nodes.iter().zip(needs).filter(|(node, _)| node.rows == (row, row));
        let lines =
            here().filter(|(node, _)| node.column == Column::Stores).map(|(_, need)| need.lines).fold(0.0, f64::max);
        let names = here().map(|(_, need)| need.names).fold(1.0, f64::max);
        let height = match (form.terse(), headed) {
            (true, _) => {
                let most = here().map(|(node, _)| stack(frame, node).1).fold(1.0, f64::max);
                let one = if form == Form::Slim { SLIM } else { 32.0 + 16.0 * names };
                (one + STACK) * most - STACK
            }
            (false, true) if here().any(|(node, _)| node.column == Column::Under) => HEAD + STEP + 8.0,
            (false, true) => {
                let tall = here().map(|(node, _)| stack(frame, node).1 * (HEAD + STEP * steps(node) + STACK) - STACK);
                tall.fold(HEAD + STEP * most.max(3.0), f64::max)
            }
            (false, false) if needs.len() > 8 => 56.0,
            (false, false) => (40.0 + STEP * lines).max(72.0).max(STEP * most + 16.0),
        };
        rows.push((top, height));
        let crossed =
            row == 0 && frame.nodes.iter().any(|node| node.steps.windows(2).any(|pair| pair[0].row != pair[1].row));
        top += height
            + match form {
                Form::Slim => 8.0,
                _ if crossed => BAND,
                _ => 12.0,
            };
    }
    rows
}
