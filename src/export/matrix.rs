//! The matrix of a search as text: a row for each crash point, call and message, a column for each strategy.

use super::table::{NONE, Table};
use super::text::{section, wrapped};
use crate::explore::matrix::{Cell, Harm, Matrix};
use crate::run::words::count;
use crate::truth::anomaly::Anomaly;

/// The matrix, with a line feed at its end.
#[must_use]
pub fn text(matrix: &Matrix) -> String {
    let (single, pairs): (Vec<&Cell>, Vec<&Cell>) = matrix.cells.iter().partition(|cell| cell.then.is_none());
    let mut text = format!("{}\n{}\n", heading(matrix), state(matrix));
    text += &section("One fault: the worst that comes of it", &table(matrix, &single, true).aligned("  "));
    if !pairs.is_empty() {
        let title = "Two crashes: the worst that comes of any second one; the row is the first";
        text += &section(title, &table(matrix, &pairs, false).aligned("  "));
    }
    text += &section("Each anomaly and the first cell that shows it", &witnesses(matrix));
    text += &section("Left out: they cannot run this scenario", &left_out(matrix));
    text += &section("Laws that the simulator broke: an error of its own", &lines(&matrix.broken_laws));
    text + &section("Legend", &(wrapped(COUNTS, "  ") + &lines(&matrix.legend)))
}

const COUNTS: &str = "\"missing 2/4\": of four passes of the point, or messages of the link, two end like this, and none \
                      ends worse. \"-\": the strategy has no such step.";

fn left_out(matrix: &Matrix) -> String {
    matrix.left_out.iter().map(|out| wrapped(&format!("{}: {}", out.strategy, out.why), "  ")).collect()
}

fn lines(texts: &[String]) -> String {
    texts.iter().map(|text| wrapped(text, "  ")).collect()
}

fn heading(matrix: &Matrix) -> String {
    let strategies = matrix.strategies.len() as u64;
    let name = if strategies == 1 { matrix.strategies[0].clone() } else { format!("{strategies} strategies") };
    format!("{}, every fault by itself, under {name}", matrix.scenario)
}

fn state(matrix: &Matrix) -> String {
    let harmed = matrix.cells.iter().filter(|cell| cell.harm() >= Harm::Blocked).count() as u64;
    format!("{}; {harmed} diverge or block", completeness(matrix))
}

/// Whether anything was left out, or was tried in vain.
#[must_use]
pub fn completeness(matrix: &Matrix) -> String {
    let missed = matrix.cells.iter().filter(|cell| !cell.reached).count() as u64;
    let runs = count(matrix.runs, "run");
    match (matrix.complete, missed) {
        (true, _) => format!("complete: {runs}, none skipped"),
        (false, 0) => format!("not complete: {runs} of {}", matrix.total),
        (false, missed) => {
            format!("not complete: {runs} of {}, in {missed} of them the fault never struck", matrix.total)
        }
    }
}

fn table(matrix: &Matrix, cells: &[&Cell], fault_free: bool) -> Table {
    let first = if fault_free { "the node crashes here, or the message fails" } else { "the first crash" };
    let heads: Vec<&str> = std::iter::once(first).chain(matrix.strategies.iter().map(String::as_str)).collect();
    let mut table = Table::new(&heads);
    let mut rows: Vec<String> = matrix.points.clone();
    let others = cells.iter().filter(|cell| cell.point.is_none()).map(|cell| cell.row());
    for row in others {
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    if fault_free {
        let worst =
            matrix.fault_free.iter().map(|free| Harm::of(free.verdict, &known(&free.anomalies)).word().to_owned());
        table.push(std::iter::once("nothing fails".to_owned()).chain(worst));
    }
    for row in rows {
        let of = |strategy: &String| {
            let here = cells.iter().filter(|cell| cell.strategy == *strategy && cell.row() == row);
            worst(here.map(|cell| cell.harm()).collect())
        };
        let cells: Vec<String> = matrix.strategies.iter().map(of).collect();
        table.push(std::iter::once(row).chain(cells));
    }
    table
}

fn known(ids: &[String]) -> Vec<Anomaly> {
    ids.iter().filter_map(|id| Anomaly::from_id(id)).collect()
}

/// `missing`, if every pass ends like this; `missing 2/4`, if two of four do and none ends worse.
fn worst(harms: Vec<Harm>) -> String {
    let Some(worst) = harms.iter().copied().max() else { return NONE.to_owned() };
    let such = harms.iter().filter(|harm| **harm == worst).count();
    if such == harms.len() { worst.word().to_owned() } else { format!("{} {such}/{}", worst.word(), harms.len()) }
}

fn witnesses(matrix: &Matrix) -> String {
    let mut table = Table::new(&["anomaly", "strategy", "fault", "replay"]);
    for anomaly in Anomaly::ALL {
        if let Some(cell) = matrix.witnesses.get(anomaly.id()) {
            let replay = format!("driftscope run '{}'", cell.scenario);
            table.push([anomaly.id().to_owned(), cell.strategy.clone(), cell.faults(), replay]);
        }
    }
    if table.is_empty() { String::new() } else { table.aligned("  ") }
}
