//! Reports as indented JSON (docs/CONTRACT.md, section 4).

use crate::run::report::Report;
use serde::Serialize;

/// One report, with a line feed at its end.
#[must_use]
pub fn report(report: &Report) -> String {
    pretty(report)
}

/// Several reports as an array, with a line feed at its end.
#[must_use]
pub fn reports(reports: &[&Report]) -> String {
    pretty(reports)
}

fn pretty<T: Serialize + ?Sized>(value: &T) -> String {
    // A report holds texts, numbers and lists: serializing it cannot fail.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
