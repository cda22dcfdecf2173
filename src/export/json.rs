//! Reports, matrices and sweeps as indented JSON (docs/CONTRACT.md, section 4).

use serde::Serialize;

/// A report or several, a matrix, a sweep or what was shrunk, with a line feed at its end.
#[must_use]
pub fn pretty<T: Serialize + ?Sized>(value: &T) -> String {
    // What is written here holds texts, numbers and lists: serializing it cannot fail.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
