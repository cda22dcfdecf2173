//! The divergence area: how many rows differ, and how many are on their way, over the time of a run.

use super::backend::{Collect, Ink};
use super::shape::Shape;
use crate::kernel::time::Us;
use plotters::prelude::*;

/// A change of the area: when, rows that differ from then on, rows on their way.
pub type Change = (Us, u32, u32);

/// The area in layers, each drawn alone so that a viewer can clip it at its cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaChart {
    /// Width and height in px.
    pub size: (u32, u32),
    /// The top of the scale: rows.
    pub peak: u32,
    /// Rows on their way: area and outline.
    pub late: (Vec<Shape>, Vec<Shape>),
    /// Rows that differ, as before the cursor, as after it, and their outline.
    pub bad: (Vec<Shape>, Vec<Shape>, Vec<Shape>),
}

/// What one column of pixels shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Pixels {
    /// The most rows that differ at any instant of it: a wrong row is never averaged away.
    bad: u32,
    /// Rows on their way, on average.
    late: f64,
}

/// The top of the scale that a run needs: rows.
#[must_use]
pub fn peak(changes: &[Change], ends: Us, width: u32) -> u32 {
    top_of(&columns(changes, ends, width.max(1)))
}

fn top_of(columns: &[Pixels]) -> u32 {
    let bad_most = columns.iter().map(|column| column.bad).max().unwrap_or(0);
    let most = columns.iter().map(|column| f64::from(column.bad) + column.late).fold(0.0, f64::max);
    // Less than half a row on its way on top of the others is drawn at the edge: it is no reason for another scale.
    bad_most.max((most - 0.5).ceil() as u32).max(1)
}

/// Draws the changes of a run that ends at `ends`, on a scale of `least` rows or more.
#[must_use]
pub fn draw(changes: &[Change], ends: Us, size: (u32, u32), least: u32) -> AreaChart {
    let columns = columns(changes, ends, size.0.max(1));
    let peak = top_of(&columns).max(least);
    let thinnest = 2.0 / f64::from(size.1.max(1)) * f64::from(peak);
    let bad = |c: &Pixels| if c.bad == 0 { 0.0 } else { f64::from(c.bad).max(thinnest) };
    let top = |c: &Pixels| (bad(c) + c.late).min(f64::from(peak));
    let wrong = runs(&columns, |c| c.bad > 0, &bad, &|_| 0.0);
    let late = runs(&columns, |c| c.late > 0.0, &top, &bad);
    let each = |runs: &[Run], draw: &dyn Fn(&Run) -> Vec<Shape>| runs.iter().flat_map(draw).collect::<Vec<Shape>>();
    AreaChart {
        size,
        peak,
        late: (
            area(&joined(&columns, &|c| if c.late > 0.0 { top(c) } else { 0.0 }), size, peak, Ink::LateFill),
            each(&late, &|run| outline(run, size, peak, Ink::Late)),
        ),
        bad: (
            area(&joined(&columns, &bad), size, peak, Ink::BadFill),
            area(&joined(&columns, &bad), size, peak, Ink::Wash),
            each(&wrong, &|run| outline(run, size, peak, Ink::Bad)),
        ),
    }
}

/// One entry per px of width.
fn columns(changes: &[Change], ends: Us, width: u32) -> Vec<Pixels> {
    let mut columns = vec![Pixels::default(); width as usize];
    let per_us = f64::from(width) / ends.0.max(1) as f64;
    let nexts = changes.iter().skip(1).map(|&(at, _, _)| at).chain([ends]);
    for (&(at, bad, late), next) in changes.iter().zip(nexts) {
        let (from, to) = (at.0 as f64 * per_us, next.min(ends).0 as f64 * per_us);
        let mut x = from.floor();
        while x < to && (x as usize) < columns.len() {
            let column = &mut columns[x as usize];
            column.bad = column.bad.max(bad);
            column.late += f64::from(late) * (to.min(x + 1.0) - from.max(x));
            x += 1.0;
        }
    }
    columns
}

/// The corners of a line: px and rows.
type Run = Vec<(u32, f64)>;

/// The corners of the line over all columns: two for each change, none where nothing changes.
fn joined(columns: &[Pixels], rows: &dyn Fn(&Pixels) -> f64) -> Run {
    let mut corners = vec![(0, 0.0)];
    let mut last = 0.0;
    for (x, column) in columns.iter().enumerate() {
        let value = rows(column);
        if value != last {
            corners.extend([(x as u32, last), (x as u32, value)]);
            last = value;
        }
    }
    corners.push((columns.len() as u32, last));
    corners
}

/// The stretches in which something is there, each from its base up, along its top and down again; at the end of the
/// plot a stretch stays open.
fn runs(
    columns: &[Pixels],
    there: impl Fn(&Pixels) -> bool,
    top: &dyn Fn(&Pixels) -> f64,
    base: &dyn Fn(&Pixels) -> f64,
) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open = false;
    for (x, column) in columns.iter().enumerate() {
        let (x, value) = (x as u32, top(column));
        match (there(column), open) {
            (true, false) => runs.push(vec![(x, base(column)), (x, value)]),
            (true, true) => {
                if let Some(run) = runs.last_mut()
                    && let Some(&(_, last)) = run.last()
                    && last != value
                {
                    run.extend([(x, last), (x, value)]);
                }
            }
            (false, true) => close(runs.last_mut(), x, Some(base(column))),
            (false, false) => {}
        }
        open = there(column);
    }
    if open {
        close(runs.last_mut(), columns.len() as u32, None);
    }
    runs
}

fn close(run: Option<&mut Run>, x: u32, base: Option<f64>) {
    if let Some(run) = run
        && let Some(&(_, last)) = run.last()
    {
        run.push((x, last));
        run.extend(base.map(|base| (x, base)));
    }
}

/// What a series draws on a chart of that size.
macro_rules! on_chart {
    ($size:expr, $peak:expr, $series:expr) => {{
        let mut shapes = Vec::new();
        {
            let root = Collect { shapes: &mut shapes, size: ($size.0 + 1, $size.1 + 1) }.into_drawing_area();
            let chart = ChartBuilder::on(&root).build_cartesian_2d(0..$size.0, 0.0..f64::from($peak));
            // The backend cannot fail, and the ranges are not empty: there is nothing to report.
            if let Ok(mut chart) = chart {
                drop(chart.draw_series($series));
            }
        }
        shapes
    }};
}

fn area(corners: &[(u32, f64)], size: (u32, u32), peak: u32, ink: Ink) -> Vec<Shape> {
    if corners.iter().all(|&(_, rows)| rows == 0.0) {
        return Vec::new();
    }
    on_chart!(size, peak, AreaSeries::new(corners.iter().copied(), 0.0, ink.colour()))
}

fn outline(corners: &[(u32, f64)], size: (u32, u32), peak: u32, ink: Ink) -> Vec<Shape> {
    on_chart!(size, peak, LineSeries::new(corners.iter().copied(), ink.colour()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::shape::elements;

    #[test]
    fn a_row_missing_for_good_fills_the_plot_from_its_instant() {
        let chart = draw(&[(Us::ZERO, 0, 0), (Us::secs(15), 1, 0)], Us::secs(60), (80, 40), 1);
        assert_eq!(chart.peak, 1);
        let svg = elements(&chart.bad.2);
        assert!(svg.contains("M20 "), "{svg}");
        assert!(chart.late.0.is_empty() && chart.late.1.is_empty());
    }

    #[test]
    fn a_short_difference_is_not_averaged_away() {
        let blink = [(Us::ZERO, 0, 0), (Us(30_000_000), 1, 0), (Us(30_000_001), 0, 0)];
        assert_eq!(columns(&blink, Us::secs(60), 60)[30].bad, 1);
        assert_eq!(columns(&[(Us::ZERO, 0, 4), (Us(500_000), 0, 0)], Us::secs(2), 2)[0].late, 2.0);
    }

    #[test]
    fn no_change_draws_nothing() {
        let chart = draw(&[], Us::ZERO, (80, 40), 3);
        assert_eq!(chart.peak, 3);
        assert!(chart.bad.0.is_empty() && chart.bad.2.is_empty());
    }
}
