//! The matrix of the page: what each square is called, against the search that the command line makes. The browser's test
//! reads the same file (`tests/browser/matrix.test.mjs`).

use driftscope::explore::crash_search::{Bounds, CrashSearch};
use driftscope::explore::fill::Fill;
use driftscope::explore::grid::label;
use driftscope::explore::job::Job;
use driftscope::scenario::presets;
use driftscope::strategy::StrategyId;
use std::fs;
use std::path::Path;

const FILE: &str = "tests/golden/matrix-missing-search-index.txt";

/// Row by row, every square that a strategy has.
#[test]
fn squares_of_the_first_preset() {
    let document = presets::find(presets::FIRST).unwrap().document();
    let mut fill = Fill::new(&document, StrategyId::ALL).unwrap();
    while fill.advance(100) {}
    let grid = fill.grid();
    assert!(grid.complete && grid.runs == grid.total);
    let mut text = String::new();
    for line in &grid.lines {
        for (strategy, square) in grid.strategies.iter().zip(&line.squares).filter(|(_, square)| square.of > 0) {
            text += &(label(strategy, &line.group, &line.name, line.crash, square) + "\n");
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "UPDATE_GOLDEN=1 writes {FILE}");
    // What the command line counts: as many runs, and as many passes.
    let mut search = CrashSearch::new(&document, StrategyId::ALL, Bounds::ONE).unwrap();
    while search.advance(100) {}
    let matrix = search.matrix();
    assert_eq!(matrix.runs, u64::from(grid.runs));
    let passes: u32 = grid.lines.iter().flat_map(|line| &line.squares).map(|square| square.done).sum();
    assert_eq!(passes as usize, matrix.cells.len());
}
