//! A line of means with its interval as a band, and a second line for what a formula says.

use super::backend::{Collect, Ink};
use super::shape::{Drawing, px};
use crate::run::words::thousandths;
use plotters::prelude::*;

/// One point: mean, interval, formula, and the name under the axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CurvePoint {
    /// What stands under the axis.
    pub name: String,
    /// The mean.
    pub mean: Option<f64>,
    /// The interval.
    pub band: Option<(f64, f64)>,
    /// What the formula says.
    pub formula: Option<f64>,
}

/// Room for the numbers on the left, px.
const LEFT: u32 = 56;
/// Room for the names at the foot.
const FOOT: u32 = 24;
/// Room above the highest value.
const TOP: u32 = 12;

/// Draws points on a picture of that size, left to right at equal distances.
#[must_use]
pub fn draw(points: &[CurvePoint], size: (u32, u32)) -> Drawing {
    let mut drawing = Drawing::default();
    let (width, height) = (size.0.saturating_sub(LEFT + 16), size.1.saturating_sub(FOOT + TOP));
    let values = points.iter().flat_map(|point| [point.mean, point.band.map(|band| band.1), point.formula]);
    let top = ceiling(values.flatten().fold(0.0, f64::max));
    let step = width / points.len().saturating_sub(1).max(1) as u32;
    let x = |at: usize| if points.len() == 1 { width / 2 } else { at as u32 * step };
    for tick in 0..=2u32 {
        let y = f64::from(TOP + height - height * tick / 2);
        drawing.path("hair", format!("M{LEFT} {}H{}", px(y), LEFT + width));
        drawing.words(&["third", "end"], f64::from(LEFT - 8), y + 4.0, &number(top * f64::from(tick) / 2.0));
    }
    let known = points.iter().enumerate();
    let means: Vec<(u32, f64)> = known.clone().filter_map(|(at, point)| Some((x(at), point.mean?))).collect();
    let formula: Vec<(u32, f64)> = known.clone().filter_map(|(at, point)| Some((x(at), point.formula?))).collect();
    let bands: Vec<(u32, (f64, f64))> = known.filter_map(|(at, point)| Some((x(at), point.band?))).collect();
    let mut band: Vec<(u32, f64)> = bands.iter().map(|(x, (low, _))| (*x, low.max(0.0))).collect();
    band.extend(bands.iter().rev().map(|(x, (_, high))| (*x, *high)));
    let mut shapes = Vec::new();
    {
        let root = Collect { shapes: &mut shapes, size: (size.0, size.1) }.into_drawing_area();
        let root = root.margin(TOP, FOOT, LEFT, size.0 - LEFT - width);
        // The backend cannot fail, and the ranges are not empty: there is nothing to report.
        if let Ok(mut chart) = ChartBuilder::on(&root).build_cartesian_2d(0..width.max(1), 0.0..top) {
            if band.len() > 2 {
                drop(chart.draw_series([Polygon::new(band, Ink::Band.colour())]));
            }
            drop(chart.draw_series(LineSeries::new(formula, Ink::Formula.colour())));
            drop(chart.draw_series(LineSeries::new(means.iter().copied(), Ink::Mean.colour())));
        }
    }
    drawing.shapes.append(&mut shapes);
    for (x, mean) in means {
        let y = f64::from(TOP + height) - mean / top * f64::from(height);
        drawing.disc("inkf", f64::from(LEFT + x), y, 3.0);
    }
    // Where there is no room for each name every second or third stands for its neighbours.
    let every = 72 / step.max(1) as usize + 1;
    for (at, point) in points.iter().enumerate().filter(|(at, _)| at % every == 0) {
        drawing.words(&["second", "middle"], f64::from(LEFT + x(at)), f64::from(size.1 - 6), &point.name);
    }
    drawing
}

/// The least of 1, 2 and 5 times a power of ten that is not below.
fn ceiling(most: f64) -> f64 {
    let mut power = 1e-6;
    while power < 1e12 {
        for digit in [1.0, 2.0, 5.0] {
            if digit * power >= most && most > 0.0 {
                return digit * power;
            }
        }
        power *= 10.0;
    }
    1.0
}

/// Three digits at most behind the point, and none that say nothing.
#[must_use]
pub fn number(value: f64) -> String {
    let rounded = (value * 1_000.0).round() as i64;
    format!("{}{}", if rounded < 0 { "-" } else { "" }, thousandths(rounded.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::shape::elements;

    #[test]
    fn scales_and_numbers() {
        assert_eq!([0.0, 0.3, 1.0, 4.2, 7.0, 1_234.0].map(ceiling), [1.0, 0.5, 1.0, 5.0, 10.0, 2_000.0]);
        assert_eq!([0.0, 2.5, 0.125, 1_000.0, 0.0004].map(number), ["0", "2.5", "0.125", "1000", "0"]);
        assert_eq!([-0.5, -2.5, -3.0, -0.0004].map(number), ["-0.5", "-2.5", "-3", "0"]);
    }

    #[test]
    fn a_line_with_its_band_and_formula() {
        let point = |name: &str, mean: f64| CurvePoint {
            name: name.to_owned(),
            mean: Some(mean),
            band: Some((mean - 0.5, mean + 0.5)),
            formula: Some(mean),
        };
        let svg = elements(&draw(&[point("1s", 1.0), point("2s", 4.0)], (272, 136)).shapes);
        for class in ["band", "mean", "formula"] {
            assert!(svg.contains(&format!("class=\"{class}\"")), "{class}: {svg}");
        }
        assert!(svg.contains(">2s</text>") && svg.contains(">5</text>"), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 2);
        let none = elements(&draw(&[], (272, 136)).shapes);
        assert!(!none.contains("band"), "{none}");
    }
}
