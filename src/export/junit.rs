//! A search as JUnit XML: a test suite for each strategy, a test case for each cell, so that a CI can show it.

use crate::explore::matrix::{Cell, LeftOut, Matrix};
use crate::run::report::Verdict;

/// The report; a cell fails if it does not end as expected, or if its fault never struck.
#[must_use]
pub fn matrix(matrix: &Matrix, expected: Option<Verdict>) -> String {
    let mut suites: Vec<Suite> = matrix.strategies.iter().map(|id| suite(matrix, id, expected)).collect();
    suites.extend(matrix.left_out.iter().map(|out| left_out(matrix, out)));
    // What was cut is no cell, and is no success either.
    if expected.is_some() && matrix.runs < matrix.total {
        let said = format!("{} of {} runs were done", matrix.runs, matrix.total);
        let case = case(&matrix.scenario, "every fault is tried", Some(("incomplete", said, String::new())));
        suites.push(Suite { name: "search", tests: 1, failures: 1, skipped: 0, cases: case });
    }
    let sum = |of: fn(&Suite) -> usize| suites.iter().map(of).sum::<usize>();
    let (tests, failures) = (sum(|suite| suite.tests), sum(|suite| suite.failures));
    let body: String = suites.iter().map(Suite::text).collect();
    let name = escaped(&format!("driftscope explore {}", matrix.scenario));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n{body}</testsuites>\n"
    )
}

struct Suite<'a> {
    name: &'a str,
    tests: usize,
    failures: usize,
    skipped: usize,
    cases: String,
}

impl Suite<'_> {
    fn text(&self) -> String {
        let Suite { name, tests, failures, skipped, cases } = self;
        format!(
            "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">\n\
             {cases}  </testsuite>\n",
            escaped(name)
        )
    }
}

fn suite<'a>(matrix: &'a Matrix, strategy: &'a str, expected: Option<Verdict>) -> Suite<'a> {
    let mut suite = Suite { name: strategy, tests: 0, failures: 0, skipped: 0, cases: String::new() };
    let class = format!("{}.{strategy}", matrix.scenario);
    for cell in matrix.cells.iter().filter(|cell| cell.strategy == strategy) {
        let failure = expected.and_then(|expected| failure(cell, expected));
        suite.tests += 1;
        suite.failures += usize::from(failure.is_some());
        suite.cases += &case(&class, &cell.faults(), failure);
    }
    suite
}

/// A strategy that cannot run the scenario: nothing of it was tried, and that is no failure.
fn left_out<'a>(matrix: &Matrix, out: &'a LeftOut) -> Suite<'a> {
    let class = format!("{}.{}", matrix.scenario, out.strategy);
    let cases = format!(
        "    <testcase classname=\"{}\" name=\"left out\">\n      <skipped message=\"{}\"/>\n    </testcase>\n",
        escaped(&class),
        escaped(&out.why)
    );
    Suite { name: &out.strategy, tests: 1, failures: 0, skipped: 1, cases }
}

/// What failed, in a word, a sentence, and how to see it.
type Failed = (&'static str, String, String);

fn failure(cell: &Cell, expected: Verdict) -> Option<Failed> {
    let replay = format!("driftscope run '{}'", cell.scenario);
    if cell.verdict != expected {
        let shown = if cell.anomalies.is_empty() { String::new() } else { format!(": {}", cell.anomalies.join(", ")) };
        let said = format!("expected {}, and the run is {}{shown}", expected.id(), cell.verdict.id());
        return Some((cell.verdict.id(), said, replay));
    }
    (!cell.reached).then(|| ("vacuous", "the fault never struck".to_owned(), replay))
}

fn case(class: &str, name: &str, failed: Option<Failed>) -> String {
    let head = format!("    <testcase classname=\"{}\" name=\"{}\"", escaped(class), escaped(name));
    match failed {
        None => format!("{head}/>\n"),
        Some((kind, said, replay)) => format!(
            "{head}>\n      <failure type=\"{kind}\" message=\"{}\">{}</failure>\n    </testcase>\n",
            escaped(&said),
            escaped(&replay)
        ),
    }
}

/// For text and attributes. XML 1.0 has no way to write most control characters.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_an_attribute() {
        assert_eq!(escaped("a<b>&\"c\"\u{1}\n"), "a&lt;b&gt;&amp;&quot;c&quot;\u{fffd}\u{fffd}");
    }
}
