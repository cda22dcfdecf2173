//! What a drawing consists of: plain shapes with classes, no styles. A page makes nodes of them, an export a string.

use std::fmt::Write;

/// One shape. Its look comes from its class alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// What it is.
    pub outline: Outline,
    /// Its class.
    pub class: &'static str,
}

/// The geometry of a shape.
#[derive(Clone, Debug, PartialEq)]
pub enum Outline {
    /// A path, as SVG writes it.
    Path(String),
    /// A disc or ring: centre and radius.
    Circle(i32, i32, u32),
    /// A text: where its baseline begins, and the words.
    Text(i32, i32, String),
}

/// The shapes as SVG elements.
///
/// ```
/// use driftscope::charts::shape::{Outline, Shape, elements};
/// let line = Shape { outline: Outline::Path("M0 0H9".into()), class: "edge" };
/// assert_eq!(elements(&[line]), r#"<path class="edge" d="M0 0H9"/>"#);
/// ```
#[must_use]
pub fn elements(shapes: &[Shape]) -> String {
    let mut svg = String::new();
    for Shape { outline, class } in shapes {
        let done = match outline {
            Outline::Path(d) => write!(svg, r#"<path class="{class}" d="{d}"/>"#),
            Outline::Circle(x, y, r) => write!(svg, r#"<circle class="{class}" cx="{x}" cy="{y}" r="{r}"/>"#),
            Outline::Text(x, y, words) => {
                write!(svg, r#"<text class="{class}" x="{x}" y="{y}">{}</text>"#, escaped(words))
            }
        };
        debug_assert!(done.is_ok(), "a string takes what it is given");
    }
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
