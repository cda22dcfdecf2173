//! The grid is the matrix, and a square opened is its run.

use crate::explore::crash_search::{Bounds, CrashSearch};
use crate::explore::fill::Fill;
use crate::explore::grid::Grid;
use crate::explore::job::Job;
use crate::explore::matrix::Harm;
use crate::explore::tale::{LINES, Telling};
use crate::scenario::{Document, presets};
use crate::strategy::StrategyId;

fn document(preset: &str) -> Document {
    presets::find(preset).unwrap().document()
}

fn filled(document: &Document) -> Grid {
    let mut fill = Fill::new(document, StrategyId::ALL).unwrap();
    while fill.advance(50) {}
    fill.grid().clone()
}

#[test]
fn the_grid_is_the_matrix() {
    let document = document("missing-search-index");
    let mut search = CrashSearch::new(&document, StrategyId::ALL, Bounds::ONE).unwrap();
    while search.advance(100) {}
    let matrix = search.matrix();
    let grid = filled(&document);
    assert!(grid.complete && matrix.complete);
    assert_eq!((u64::from(grid.runs), u64::from(grid.total)), (matrix.runs, matrix.total));
    assert_eq!(grid.strategies, matrix.strategies);
    let mut seen = 0;
    for line in &grid.lines {
        let row =
            if line.crash { format!("{}.{}", line.group, line.name) } else { format!("{} {}", line.name, line.group) };
        for (strategy, square) in grid.strategies.iter().zip(&line.squares) {
            let cells: Vec<_> =
                matrix.cells.iter().filter(|cell| cell.strategy == *strategy && cell.row() == row).collect();
            let worst = cells.iter().map(|cell| cell.harm()).max_by_key(|harm| harm.gravity()).unwrap_or_default();
            let such: Vec<_> = cells.iter().filter(|cell| cell.harm() == worst).collect();
            assert_eq!(
                (square.of as usize, square.done as usize, square.harm),
                (cells.len(), cells.len(), worst),
                "{row}"
            );
            assert_eq!(square.such as usize, such.len(), "{strategy}, {row}");
            assert_eq!(square.fault, such.first().map_or("", |cell| &cell.fault), "{strategy}, {row}");
            seen += cells.len();
        }
    }
    assert_eq!(seen, matrix.cells.len(), "every cell stands in a square");
    assert!(grid.reached.iter().all(|id| matrix.witnesses.contains_key(id)));
    assert_eq!(grid.reached.len(), matrix.witnesses.len());
    let text = serde_json::to_string(&grid).unwrap();
    let read: Grid = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text, "it comes whole through a message");
}

/// By node, on a change's way, then by link; a group stands together.
#[test]
fn rows_stand_by_node() {
    let grid = filled(&document("missing-search-index"));
    let heads: Vec<&str> = grid.groups().iter().map(|(from, _)| grid.lines[*from].group.as_str()).collect();
    assert_eq!(heads[..8], ["app", "source", "relay", "connector", "coordinator", "broker", "consumer", "store"]);
    let mut once = heads.clone();
    crate::kernel::sorted::sort(&mut once);
    once.dedup();
    assert_eq!(once.len(), heads.len(), "no group stands twice");
    let (from, to) = grid.groups()[8];
    let whole = grid.folded(from, to);
    assert_eq!(whole.squares[0].of, grid.lines[from..to].iter().map(|line| line.squares[0].of).sum::<u32>());
}

/// A document that one strategy refuses: its column is empty and says why, the others are searched.
#[test]
fn a_strategy_that_cannot_be_tried_says_why() {
    let grid = filled(&document("two-phase-commit-unsupported"));
    for (column, strategy) in grid.strategies.iter().enumerate() {
        let tried = grid.lines.iter().any(|line| line.squares[column].of > 0);
        assert_eq!(tried, grid.refused[column].is_empty(), "{strategy}: {}", grid.refused[column]);
    }
    assert!(grid.total > 0);
}

/// Every harmful square of the first preset has a short story, shrinks, and its test expects what its run shows.
#[test]
fn every_harm_is_a_short_story() {
    let document = document("missing-search-index");
    let grid = filled(&document);
    let (mut told, mut shrunk) = (0, 0);
    for line in &grid.lines {
        for (column, square) in line.squares.iter().enumerate().filter(|(_, square)| square.of > 0) {
            let strategy = StrategyId::from_id(&grid.strategies[column]).unwrap();
            let mut telling = Telling::new(&document, strategy, &square.fault).unwrap();
            assert_eq!(telling.tale().harm, square.harm);
            if square.harmful() && line.crash {
                while telling.advance(20) {}
                let tale = telling.tale();
                assert_eq!(tale.harm.said(), square.harm.said(), "it is the same harm that is left: {tale:?}");
                assert!(tale.steps.iter().filter(|step| step.harm).count() == 1, "{tale:?}");
                assert!(tale.done && tale.size.starts_with("The shortest run that shows it: "), "{tale:?}");
                assert!(
                    !tale.parts.is_empty()
                        && tale.parts.iter().all(|(part, then)| !part.is_empty() && !then.is_empty())
                );
                shrunk += 1;
            }
            let tale = telling.tale();
            assert!((1..=LINES).contains(&tale.steps.len()), "{tale:?}");
            assert!(tale.headline.ends_with('.') && tale.headline.len() < 120, "{}", tale.headline);
            let opened = crate::scenario::permalink::decode(&tale.link);
            let report = crate::explore::outcome::run(&opened.document.unwrap().plan().unwrap(), 0).0;
            assert!(tale.test.ends_with(report.verdict.id()), "{}", tale.test);
            assert!(opened.extras.at.is_some());
            told += 1;
        }
    }
    assert!(told > 200 && shrunk > 20, "{told} {shrunk}");
    assert!(grid.lines.iter().flat_map(|line| &line.squares).any(|square| square.harm == Harm::Blocked));
}
