//! A line is the sweep of its figure, digit by digit; and its formula holds.

use super::preset;
use crate::explore::curve::{Asked, Curve, Figure, Line};
use crate::explore::job::Job;
use crate::explore::metrics;
use crate::explore::sweep::{Question, Space};
use crate::explore::vary::Vary;

fn line(document: &crate::scenario::Document, vary: &str, figure: Figure, seeds: u64) -> Line {
    let asked = Asked { vary: vary.to_owned(), figure: figure.id().to_owned(), seeds };
    let mut curve = Curve::new(document, &asked).unwrap();
    while curve.advance(7) {}
    curve.line()
}

#[test]
fn a_line_is_the_sweep_of_its_figure() {
    let (document, vary) = (preset("outbox"), "outbox.poll=100ms,1s");
    let metrics = Figure::IDS.iter().map(|id| (*id).to_owned()).collect();
    let question = Question { seeds: (0, 12), varied: vec![Vary::parse(vary).unwrap()], metrics };
    let space = Space::new(&document, question).unwrap();
    let mut whole = space.empty();
    for seed in 0..12 {
        (0..2).for_each(|point| space.measure(point, seed, &mut whole.points[point]));
    }
    for figure in Figure::ALL {
        let line = line(&document, vary, *figure, 12);
        assert_eq!((line.done, line.total, line.spots.len()), (24, 24, 2));
        for (spot, point) in line.spots.iter().zip(&whole.points) {
            let summary = &point.summaries()[figure.id()];
            let shown = if *figure == Figure::Lag { 1_000.0 } else { 1.0 };
            let near = |one: Option<f64>, other: Option<f64>| match (one, other) {
                (Some(one), Some(other)) => (one - other / shown).abs() <= 1e-9 * (1.0 + one.abs()),
                (one, other) => one.is_none() && other.is_none(),
            };
            assert!(near(spot.mean, summary.mean), "{}: {spot:?} {:?}", figure.id(), summary.mean);
            assert!(near(spot.ci95.map(|ends| ends.1), summary.ci95.map(|ends| ends[1])), "{}", figure.id());
            assert_eq!(spot.runs, summary.n);
            assert_eq!(metrics::scale(figure.id()) > 1, *figure == Figure::Lag);
        }
    }
}

#[test]
fn seeds_alone_are_blocks() {
    let line = line(&preset("missing-search-index"), "", Figure::Lost, 20);
    assert_eq!(line.spots.iter().map(|spot| spot.name.as_str()).collect::<Vec<_>>()[..2], ["0 to 1", "2 to 3"]);
    assert_eq!((line.spots.len(), line.total, line.spots[0].runs), (10, 20, 2));
}

/// O1 through the page's own line: within four standard errors, and not if the formula were a fifth off.
#[test]
fn the_formula_holds() {
    let document = crate::scenario::Document::parse(
        r#"{"duration": "20s", "workload": {"arrivals": "poisson(50/s)", "keys": {"count": 500}},
            "nodes": {"app": {"restart": "10ms", "crash_rate": "1/s"}}, "direct": {"gap": "exp(20ms)"}}"#,
    )
    .unwrap();
    let short = line(&document, "direct.gap=exp(20ms),60ms,uniform(20ms,900ms)", Figure::Lost, 240);
    assert!(short.formula.starts_with("lost = "));
    for spot in &short.spots {
        let (mean, (low, high), formula) = (spot.mean.unwrap(), spot.ci95.unwrap(), spot.formula.unwrap());
        let error = (high - low) / 2.0 / 1.96;
        println!("{}: {mean} +- {error}, formula {formula}", spot.name);
        assert!((mean - formula).abs() <= 4.0 * error, "{}: {mean}, formula {formula}, error {error}", spot.name);
        assert!((mean - 1.2 * formula).abs() > 4.0 * error, "{}: too coarse to show anything", spot.name);
    }
    // Of a window that is long beside the time between two crashes its distribution matters: 497 for 607 otherwise.
    let long = line(&document, "direct.gap=1s", Figure::Lost, 120);
    let (spot, error) = (&long.spots[0], |(low, high): (f64, f64)| (high - low) / 2.0 / 1.96);
    let (mean, formula) = (spot.mean.unwrap(), spot.formula.unwrap());
    assert!((mean - formula).abs() <= 0.05 * formula + 4.0 * error(spot.ci95.unwrap()), "{mean}, formula {formula}");
    let mut lossy = document.clone();
    lossy.set("links.app-broker.outcomes.fail_before", "0.2").unwrap();
    let lossy = line(&lossy, "direct.gap=1ms", Figure::Lost, 10);
    assert_eq!((lossy.formula.as_str(), lossy.spots[0].formula), ("", None), "something else loses events too");
    let crashed = preset("missing-search-index");
    assert_eq!(
        Curve::new(&crashed, &Asked { vary: String::new(), figure: "ledger.lost".into(), seeds: 1 })
            .unwrap()
            .line()
            .formula,
        ""
    );
}

#[test]
#[rustfmt::skip]
fn refused() {
    let table = [
        (Asked { vary: "outbox.poll".into(), figure: "ledger.lost".into(), seeds: 1 }, "--vary"),
        (Asked { vary: String::new(),        figure: "ledger".into(),      seeds: 1 }, "--metric"),
        (Asked { vary: String::new(),        figure: "ledger.lost".into(), seeds: 0 }, "--seeds"),
        (Asked { vary: String::new(),        figure: "ledger.lost".into(), seeds: 25 }, "--seeds"),
        (Asked { vary: "outbox.pol=1s".into(), figure: "ledger.lost".into(), seeds: 1 }, "outbox.pol"),
    ];
    for (asked, path) in table {
        let refusals = Curve::new(&preset("outbox"), &asked).unwrap_err();
        assert_eq!(refusals[0].path, path, "{asked:?}: {}", refusals[0]);
    }
}
