//! A sweep as a table for people, and as CSV.

use super::table::{NONE, Table};
use super::text::section;
use crate::explore::statistics::{PER_CENT, Summary};
use crate::explore::sweep::{Point, Sweep};
use crate::run::report::Verdict;
use crate::run::words::{count, list};
use serde_json::Value;

/// So many figures are listed even where they are zero: somebody has asked for them.
const FEW: usize = 12;

/// For each point how its runs ended, and its figures, with a line feed at its end.
#[must_use]
pub fn text(sweep: &Sweep) -> String {
    let [from, to] = sweep.seeds;
    let varied = sweep.points.iter().any(|point| point.set.contains_key("strategy"));
    let under = if varied { String::new() } else { format!(" under {}", sweep.strategy) };
    let head = format!("{}{under}, seeds {from} to {}\n", sweep.scenario, to.saturating_sub(1));
    head + &sweep.points.iter().map(point).collect::<String>()
}

fn point(point: &Point) -> String {
    let title = if point.set.is_empty() { "As it is".to_owned() } else { set(point).join("  ") };
    let ends: Vec<String> = Verdict::ALL
        .iter()
        .filter_map(|verdict| point.verdicts.get(verdict.id()).map(|runs| format!("{runs} {}", verdict.id())))
        .collect();
    let silent = if point.silent_runs == 0 { String::new() } else { format!(" ({} silent)", point.silent_runs) };
    let mut body = format!("  {}: {}{silent}\n", count(point.runs, "run"), list(&ends));
    let (mut table, mut zero) =
        (Table::new(&["figure", "mean", "+-95 %", "min", "p50", "p95", "p99", "max", "not 0", "none"]), 0);
    let summaries = point.summaries();
    let all = summaries.len() <= FEW;
    for (path, summary) in summaries {
        if summary.nonzero == 0 && !all {
            zero += 1;
        } else {
            table.push(row(path, &summary));
        }
    }
    if !table.is_empty() {
        body += &table.aligned("  ");
    }
    if zero > 0 {
        body += &format!(
            "  {} zero or empty in every run\n",
            if zero == 1 { "1 figure is".to_owned() } else { format!("{zero} figures are") }
        );
    }
    section(&title, &body)
}

/// `outbox.poll=100ms`, for each option that is varied.
fn set(point: &Point) -> Vec<String> {
    point.set.iter().map(|(path, value)| format!("{path}={}", plain(value))).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn row(path: &str, summary: &Summary) -> Vec<String> {
    let held = |value: Option<u64>| value.map_or_else(|| NONE.to_owned(), |value| summary.shown(value).to_string());
    let rounded = |value: Option<f64>| value.map_or_else(|| NONE.to_owned(), |value| format!("{value:.3}"));
    let half = summary.ci95.map(|[low, high]| (high - low) / 2.0);
    // Median, p95 and p99 in the list of quantiles.
    let [p50, p95, p99] = [50, 95, 99]
        .map(|per_cent| PER_CENT.iter().position(|known| *known == per_cent).and_then(|at| summary.quantiles[at]));
    vec![
        path.to_owned(),
        rounded(summary.mean),
        rounded(half),
        held(summary.min),
        held(p50),
        held(p95),
        held(p99),
        held(summary.max),
        summary.nonzero.to_string(),
        summary.nulls.to_string(),
    ]
}

/// A line for each point and figure: the options that are varied, how the point's runs ended, and the figure.
#[must_use]
pub fn csv(sweep: &Sweep) -> String {
    let mut heads: Vec<String> = sweep.points.first().into_iter().flat_map(|point| point.set.keys().cloned()).collect();
    heads.push("runs".to_owned());
    heads.extend(Verdict::ALL.iter().map(|verdict| verdict.id().to_owned()));
    heads.extend(
        ["silent_runs", "metric", "n", "nulls", "nonzero", "sum", "min", "max", "mean", "ci95_low", "ci95_high"]
            .map(str::to_owned),
    );
    heads.extend(PER_CENT.iter().map(|per_cent| format!("p{per_cent}")));
    let mut text = line(&heads);
    for point in &sweep.points {
        let mut start: Vec<String> = point.set.values().map(plain).collect();
        start.push(point.runs.to_string());
        start.extend(
            Verdict::ALL.iter().map(|verdict| point.verdicts.get(verdict.id()).copied().unwrap_or(0).to_string()),
        );
        start.push(point.silent_runs.to_string());
        for (path, summary) in point.summaries() {
            text += &line(&[start.as_slice(), &figures(path, &summary)].concat());
        }
    }
    text
}

/// What there is none of is an empty field. A sum is in the unit of its values, like the mean.
fn figures(path: &str, summary: &Summary) -> Vec<String> {
    let held = |value: Option<u64>| value.map(|value| summary.shown(value).to_string()).unwrap_or_default();
    let real = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let mut fields = vec![path.to_owned()];
    fields.extend([summary.n, summary.nulls, summary.nonzero].map(|n| n.to_string()));
    fields.push(match summary.scale {
        1 => summary.sum.to_string(),
        scale => (summary.sum as f64 / scale as f64).to_string(),
    });
    fields.extend([held(summary.min), held(summary.max), real(summary.mean)]);
    fields.extend([0, 1].map(|end| real(summary.ci95.map(|ends| ends[end]))));
    fields.extend(summary.quantiles.map(held));
    fields
}

/// RFC 4180, with line feeds.
fn line(fields: &[String]) -> String {
    let quoted = |field: &String| match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.clone(),
    };
    fields.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n"
}
