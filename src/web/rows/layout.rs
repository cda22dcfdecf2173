//! Where the cells, numbers and callouts of the strips stand (UI 6): a pure function of the frame and a width.

use crate::charts::metrics::{Weight, width as text_width};
use crate::kernel::sorted::sort;
use crate::run::frame::{Frame, RowState, Story};

/// The strips' geometry: the same for every instant of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct StripLayout {
    /// Width and height in px.
    pub size: (f64, f64),
    /// Cell size: 20, 16 or 12 px.
    pub cell: f64,
    /// From one cell to the next.
    pub pitch: f64,
    /// Where the first cell begins.
    pub left: f64,
    /// How many keys a block holds.
    pub per_block: usize,
    /// How many blocks there are.
    pub blocks: usize,
    /// From one strip to the next.
    pub strip_pitch: f64,
    /// From one block to the next.
    pub block_pitch: f64,
    /// From a block's top to its first strip.
    pub axis: f64,
    /// Whether the counts stand beside the names.
    pub counts: bool,
}

impl StripLayout {
    /// Lays out so many strips of so many keys; `narrow` is the form of the phone.
    #[must_use]
    pub fn new(story: &Story, frame: &Frame, width: f64, narrow: bool) -> StripLayout {
        let (keys, strips) = (story.keys.len().max(1), frame.strips.len() as f64);
        let label = |id: &str| text_width(id, 12.0, Weight::Bold);
        let name = frame.strips.iter().map(|strip| label(&strip.id)).fold(0.0, f64::max);
        let count = text_width(&keys.to_string(), 12.0, Weight::Regular);
        let roomy = if narrow { (name + 8.0).max(96.0) } else { (name + count + 24.0).max(136.0) }.ceil();
        let tight = if narrow { roomy } else { (name + count + 11.0).ceil() };
        // Cell, pitch and label column, the best first.
        let sizes: &[(f64, f64, f64)] = match narrow {
            true => &[(12.0, 13.0, roomy)],
            false => &[(20.0, 22.0, roomy), (20.0, 22.0, tight), (16.0, 18.0, roomy), (12.0, 14.0, tight)],
        };
        let fits = |&&(cell, pitch, left): &&(f64, f64, f64)| (keys - 1) as f64 * pitch + cell <= width - left;
        let &(cell, pitch, left) = sizes.iter().find(fits).unwrap_or(&sizes[sizes.len() - 1]);
        let room = width - left;
        let columns = (((room - cell) / pitch).floor() as usize + 1).max(5);
        let per_block = if columns >= keys { keys } else { columns / 5 * 5 };
        let (strip_pitch, axis) = if cell > 12.0 { (cell + 8.0, 24.0) } else { (pitch + 4.0, 17.0) };
        let (blocks, block) = (keys.div_ceil(per_block), axis + strip_pitch * (strips - 1.0) + cell);
        let (block_pitch, below) = (block + 13.0, if cell > 12.0 { 28.0 } else { 22.0 });
        let height = block_pitch * (blocks as f64 - 1.0) + block + below;
        StripLayout {
            size: (width, height),
            cell,
            pitch,
            left,
            per_block,
            blocks,
            strip_pitch,
            block_pitch,
            axis,
            counts: !narrow,
        }
    }

    /// Cells of 12 px that begin at `left`, without axis, counts or callouts: a lane of a comparison.
    #[must_use]
    pub fn small(keys: usize, strips: usize, left: f64, width: f64) -> StripLayout {
        let (cell, pitch) = (12.0, 14.0);
        let columns = (((width - left - cell) / pitch).floor().max(0.0) as usize + 1).max(5);
        let per_block = if columns >= keys { keys.max(1) } else { columns / 5 * 5 };
        let (blocks, strip_pitch) = (keys.div_ceil(per_block).max(1), 18.0);
        let block = strip_pitch * (strips as f64 - 1.0) + cell;
        let block_pitch = block + 8.0;
        let height = block_pitch * (blocks as f64 - 1.0) + block;
        StripLayout {
            size: (width, height),
            cell,
            pitch,
            left,
            per_block,
            blocks,
            strip_pitch,
            block_pitch,
            axis: 0.0,
            counts: false,
        }
    }

    /// The upper left corner of a cell.
    #[must_use]
    pub fn cell_at(&self, strip: usize, key: usize) -> (f64, f64) {
        let (block, column) = (key / self.per_block, key % self.per_block);
        let y = self.block_pitch * block as f64 + self.axis + self.strip_pitch * strip as f64;
        (self.left + self.pitch * column as f64, y)
    }

    /// The strip and key at a point, if it lies on a cell.
    #[must_use]
    pub fn hit(&self, x: f64, y: f64, strips: usize, keys: usize) -> Option<(usize, usize)> {
        let block = (y / self.block_pitch).floor().max(0.0);
        let column = ((x - self.left) / self.pitch).floor();
        let strip = ((y - block * self.block_pitch - self.axis) / self.strip_pitch).floor();
        if column < 0.0 || strip < 0.0 || column as usize >= self.per_block || strip as usize >= strips {
            return None;
        }
        let key = block as usize * self.per_block + column as usize;
        (key < keys).then_some((strip as usize, key))
    }

    /// The numbers on the axis: key, and whether it differs. Every key where there is room, else every fifth and each
    /// key that differs; a number that would touch one that differs is left out.
    #[must_use]
    pub fn numbers(&self, story: &Story, frame: &Frame) -> Vec<(usize, bool)> {
        let differs = |key: usize| frame.strips.iter().any(|strip| strip.cells[key].state.differs());
        let label = |key: usize| text_width(&story.keys[key].1, 12.0, Weight::Regular);
        let all = (0..story.keys.len()).all(|key| label(key) + 3.0 <= self.pitch);
        let regular =
            |key: usize| all || key.is_multiple_of(self.per_block) || (key % self.per_block + 1).is_multiple_of(5);
        let touches = |a: usize, b: usize| {
            let far = a.abs_diff(b) as f64 * self.pitch;
            a / self.per_block == b / self.per_block && far < (label(a) + label(b)) / 2.0 + 6.0
        };
        let bad: Vec<usize> = (0..story.keys.len()).filter(|&key| differs(key)).collect();
        let mut shown: Vec<(usize, bool)> = Vec::new();
        for &key in &bad {
            if all || !shown.last().is_some_and(|&(last, _)| touches(last, key)) {
                shown.push((key, true));
            }
        }
        let free = |key: &usize| !bad.contains(key) && (all || !shown.iter().any(|&(b, _)| touches(b, *key)));
        let others: Vec<(usize, bool)> =
            (0..story.keys.len()).filter(|&key| regular(key)).filter(free).map(|k| (k, false)).collect();
        shown.extend(others);
        sort(&mut shown);
        shown
    }
}

/// What stands under the lowest strip, at a key that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Callout {
    /// The key.
    pub key: usize,
    /// How it differs, in the strip that differs worst.
    pub state: RowState,
    /// Where the words begin.
    pub x: f64,
    /// The note behind the word; empty where there is no room.
    pub note: String,
    /// How many more keys differ that have no room of their own.
    pub more: usize,
}

/// Places the callouts from left to right; those that would touch are counted at the one they touch.
#[must_use]
pub fn callouts(layout: &StripLayout, frame: &Frame) -> Vec<Callout> {
    let size = if layout.cell >= 20.0 { 14.0 } else { 12.0 };
    let word = |state: RowState| text_width(state.word(), size, Weight::Bold);
    let more = text_width("+88 more", 12.0, Weight::Regular) + 8.0;
    let mut placed: Vec<Callout> = Vec::new();
    for key in 0..frame.strips.first().map_or(0, |strip| strip.cells.len()) {
        let bad = frame.strips.iter().map(|strip| &strip.cells[key]).filter(|cell| cell.state.differs());
        let Some(cell) = bad.min_by_key(|cell| severity(cell.state)) else { continue };
        let x = layout.cell_at(0, key).0.min(layout.size.0 - word(cell.state) - more);
        match placed.last_mut().filter(|last| x < last.x + word(last.state) + more + 8.0) {
            Some(last) => last.more += 1,
            None => placed.push(Callout { key, state: cell.state, x, note: cell.callout.clone(), more: 0 }),
        }
    }
    let ends: Vec<f64> = placed.iter().skip(1).map(|next| next.x - 16.0).chain([layout.size.0]).collect();
    for (callout, end) in placed.iter_mut().zip(ends) {
        let room = end - callout.x - word(callout.state) - 8.0;
        if callout.more > 0 || text_width(&callout.note, 12.0, Weight::Regular) > room || layout.cell < 20.0 {
            callout.note.clear();
        }
    }
    placed
}

/// The order in which marks win if several apply (UI 3).
const fn severity(state: RowState) -> u8 {
    match state {
        RowState::Missing => 0,
        RowState::Ghost => 1,
        RowState::Stale => 2,
        RowState::DuplicateEffect => 3,
        RowState::InFlight => 4,
        RowState::Same => 5,
        RowState::NoRow => 6,
    }
}
