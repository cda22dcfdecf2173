//! Tables: aligned for a terminal, or in Markdown for the docs.

/// Rows under headings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// No row yet.
    #[must_use]
    pub fn new<T: AsRef<str>>(heads: &[T]) -> Table {
        Table { heads: heads.iter().map(|head| head.as_ref().to_owned()).collect(), rows: Vec::new() }
    }

    /// One more row.
    pub fn push<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The same with that row at its end.
    #[must_use]
    pub fn with<T: Into<String>>(mut self, cells: impl IntoIterator<Item = T>) -> Table {
        self.push(cells);
        self
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Aligned with spaces, each line behind `indent`; columns of numbers stand to the right.
    #[must_use]
    pub fn aligned(&self, indent: &str) -> String {
        let columns = self.heads.len();
        let cell = |row: &Vec<String>, column: usize| row.get(column).map_or(0, |cell| cell.chars().count());
        let lines = || std::iter::once(&self.heads).chain(&self.rows);
        let widths: Vec<usize> =
            (0..columns).map(|column| lines().map(|row| cell(row, column)).max().unwrap_or(0)).collect();
        let right: Vec<bool> = (0..columns).map(|column| self.is_numeric(column)).collect();
        let mut text = String::new();
        for row in lines() {
            let cells = row.iter().zip(&widths).zip(&right).map(|((cell, width), right)| match right {
                true => format!("{cell:>width$}"),
                false => format!("{cell:<width$}"),
            });
            let line = format!("{indent}{}", cells.collect::<Vec<_>>().join("  "));
            text += line.trim_end();
            text += "\n";
        }
        text
    }

    fn is_numeric(&self, column: usize) -> bool {
        let numeric = |cell: &String| cell == NONE || cell.starts_with(|c: char| c.is_ascii_digit());
        column > 0 && !self.rows.is_empty() && self.rows.iter().filter_map(|row| row.get(column)).all(numeric)
    }

    /// In Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = vec!["---".to_owned(); self.heads.len()];
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        line(&self.heads) + &line(&rule) + &rows
    }
}

/// What stands in a cell that has nothing to say.
pub const NONE: &str = "-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let table = Table::new(&["store", "rows", "says"]).with(["cache", "7", "a|b"]).with(["index", "12", "-"]);
        assert_eq!(table.aligned("  "), "  store  rows  says\n  cache     7  a|b\n  index    12  -\n");
        let markdown = "| store | rows | says |\n| --- | --- | --- |\n| cache | 7 | a\\|b |\n| index | 12 | - |\n";
        assert_eq!(table.markdown(), markdown);
    }
}
