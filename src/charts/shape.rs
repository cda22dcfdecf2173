//! What a drawing consists of: plain shapes with classes, no styles. A page makes nodes of them, an export a string.

use std::borrow::Cow;
use std::fmt::Write;

/// One shape. Its look comes from its class alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// What it is.
    pub outline: Outline,
    /// Its class.
    pub class: Cow<'static, str>,
}

/// The geometry of a shape, in px.
#[derive(Clone, Debug, PartialEq)]
pub enum Outline {
    /// A path, as SVG writes it.
    Path(String),
    /// A rectangle: left, top, width, height, and the radius of its corners.
    Rect(f64, f64, f64, f64, f64),
    /// A disc or ring: centre and radius.
    Circle(f64, f64, f64),
    /// A text: where its baseline is anchored, the words, and a note behind them.
    Text(f64, f64, String, String),
}

/// Shapes in the order in which they are drawn.
///
/// ```
/// use driftscope::charts::shape::{Drawing, elements};
/// let mut drawing = Drawing::default();
/// drawing.path("edge", "M0 0H9".into());
/// drawing.text("bold", 1.0, 2.5, "a < b");
/// assert_eq!(elements(&drawing.shapes), r#"<path class="edge" d="M0 0H9"/><text class="bold" x="1" y="2.5">a &lt; b</text>"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    /// The shapes.
    pub shapes: Vec<Shape>,
}

impl Drawing {
    fn put(&mut self, class: Cow<'static, str>, outline: Outline) {
        self.shapes.push(Shape { outline, class });
    }

    /// Adds a path.
    pub fn path(&mut self, class: &'static str, d: String) {
        self.put(Cow::Borrowed(class), Outline::Path(d));
    }

    /// Adds a rectangle.
    pub fn rect(&mut self, class: &'static str, x: f64, y: f64, w: f64, h: f64) {
        self.put(Cow::Borrowed(class), Outline::Rect(x, y, w, h, 0.0));
    }

    /// Adds a disc.
    pub fn disc(&mut self, class: &'static str, x: f64, y: f64, r: f64) {
        self.put(Cow::Borrowed(class), Outline::Circle(x, y, r));
    }

    /// Adds a text.
    pub fn text(&mut self, class: &'static str, x: f64, y: f64, words: &str) {
        self.put(Cow::Borrowed(class), Outline::Text(x, y, words.to_owned(), String::new()));
    }

    /// Adds a text of several classes.
    pub fn words(&mut self, classes: &[&str], x: f64, y: f64, words: &str) {
        self.put(Cow::Owned(joined(classes)), Outline::Text(x, y, words.to_owned(), String::new()));
    }

    /// Adds a text with a note behind it.
    pub fn noted(&mut self, class: &'static str, x: f64, y: f64, words: &str, note: String) {
        self.put(Cow::Borrowed(class), Outline::Text(x, y, words.to_owned(), note));
    }

    /// Adds a box with round corners, of several classes.
    pub fn node(&mut self, classes: &[&str], x: f64, y: f64, w: f64, h: f64) {
        self.put(Cow::Owned(joined(classes)), Outline::Rect(x, y, w, h, 2.0));
    }
}

fn joined(classes: &[&str]) -> String {
    let mut text = String::new();
    for class in classes.iter().filter(|class| !class.is_empty()) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(class);
    }
    text
}

/// A length as SVG writes it: one decimal at most, without the code that prints floats.
#[must_use]
pub fn px(length: f64) -> String {
    let tenths = (length * 10.0).round() as i64;
    let (sign, tenths) = (if tenths < 0 { "-" } else { "" }, tenths.unsigned_abs());
    if tenths.is_multiple_of(10) {
        format!("{sign}{}", tenths / 10)
    } else {
        format!("{sign}{}.{}", tenths / 10, tenths % 10)
    }
}

/// The shapes as SVG elements.
#[must_use]
pub fn elements(shapes: &[Shape]) -> String {
    let mut svg = String::new();
    for Shape { outline, class } in shapes {
        let done = match outline {
            Outline::Path(d) => write!(svg, r#"<path class="{class}" d="{d}"/>"#),
            Outline::Rect(x, y, w, h, r) => {
                let [x, y, w, h, r] = [x, y, w, h, r].map(|length| px(*length));
                write!(svg, r#"<rect class="{class}" x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}"/>"#)
            }
            Outline::Circle(x, y, r) => {
                write!(svg, r#"<circle class="{class}" cx="{}" cy="{}" r="{}"/>"#, px(*x), px(*y), px(*r))
            }
            Outline::Text(x, y, words, note) => {
                let note = if note.is_empty() { String::new() } else { noted(note) };
                write!(svg, r#"<text class="{class}" x="{}" y="{}">{}{note}</text>"#, px(*x), px(*y), escaped(words))
            }
        };
        debug_assert!(done.is_ok(), "a string takes what it is given");
    }
    svg
}

fn noted(note: &str) -> String {
    format!(r#"<tspan class="note" dx="8">{}</tspan>"#, escaped(note))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::px;

    #[test]
    fn lengths() {
        assert_eq!([12.0, -0.55, 395.46, 0.04].map(px), ["12", "-0.6", "395.5", "0"]);
    }
}
