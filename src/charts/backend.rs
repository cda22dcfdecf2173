//! Our own `DrawingBackend`: plotters draws, this collects shapes with classes.
//!
//! The stock backends measure text through the DOM, which panics in Node and in workers, and write `style` attributes,
//! which the page's content security policy forbids. Here a colour is a class: [`Ink`] goes in, a class comes out.

use super::metrics::{Weight, width};
use super::shape::{Outline, Shape};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
};
use std::convert::Infallible;
use std::fmt::Write;

crate::ids! {
    /// What something is drawn with. Its id is the class.
    pub enum Ink {
        /// A hairline: grid.
        Hair = "hair",
        /// An axis.
        Edge = "edge",
        /// The outline of what differs.
        Bad = "bad",
        /// The area of what differs, before the cursor.
        BadFill = "badf",
        /// The area of what differs, after the cursor.
        Wash = "wash",
        /// The outline of what is on its way.
        Late = "late",
        /// The area of what is on its way.
        LateFill = "latef",
        /// The interval of a mean.
        Band = "band",
        /// A line of means.
        Mean = "mean",
        /// What a formula says.
        Formula = "formula",
    }
}

impl Ink {
    /// The colour that plotters carries for it.
    #[must_use]
    pub const fn colour(self) -> plotters::style::RGBColor {
        plotters::style::RGBColor(self as u8, 0, 0)
    }

    fn of(colour: BackendColor) -> Ink {
        Ink::ALL.get(usize::from(colour.rgb.0)).copied().unwrap_or(Ink::Edge)
    }
}

/// Collects what plotters draws.
#[derive(Debug)]
pub struct Collect<'a> {
    /// What has been drawn.
    pub shapes: &'a mut Vec<Shape>,
    /// Width and height in px.
    pub size: (u32, u32),
}

type Done = Result<(), DrawingErrorKind<Infallible>>;

impl Collect<'_> {
    fn put<S: BackendStyle>(&mut self, style: &S, outline: Outline) -> Done {
        if style.color().alpha > 0.0 {
            self.shapes.push(Shape { outline, class: Ink::of(style.color()).id().into() });
        }
        Ok(())
    }

    fn path(points: impl IntoIterator<Item = BackendCoord>, closed: bool) -> String {
        let (mut d, mut last) = (String::new(), None);
        for (x, y) in points {
            let done = match last {
                None => write!(d, "M{x} {y}"),
                Some((lx, ly)) if (lx, ly) == (x, y) => Ok(()),
                Some((_, ly)) if ly == y => write!(d, "H{x}"),
                Some((lx, _)) if lx == x => write!(d, "V{y}"),
                Some(_) => write!(d, "L{x} {y}"),
            };
            debug_assert!(done.is_ok(), "a string takes what it is given");
            last = Some((x, y));
        }
        if closed {
            d.push('z');
        }
        d
    }
}

impl DrawingBackend for Collect<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Done {
        Ok(())
    }

    fn present(&mut self) -> Done {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Done {
        self.put(&colour, Outline::Path(format!("M{x} {y}h1v1h-1z")))
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Done {
        self.put(style, Outline::Path(Self::path([from, to], false)))
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, _fill: bool) -> Done {
        let corners = [from, (to.0, from.1), to, (from.0, to.1)];
        self.put(style, Outline::Path(Self::path(corners, true)))
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Done {
        self.put(style, Outline::Path(Self::path(path, false)))
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Done {
        self.put(style, Outline::Path(Self::path(path, true)))
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, r: u32, style: &S, _fill: bool) -> Done {
        self.put(style, Outline::Circle(x.into(), y.into(), r.into()))
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Done {
        self.put(&style.color(), Outline::Text(x.into(), y.into(), text.to_owned(), String::new()))
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let weight = match style.style() {
            FontStyle::Bold => Weight::Bold,
            FontStyle::Normal | FontStyle::Oblique | FontStyle::Italic => Weight::Regular,
        };
        Ok((width(text, style.size(), weight) as u32, style.size() as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_a_class() {
        for ink in Ink::ALL {
            let mut shapes = Vec::new();
            let mut backend = Collect { shapes: &mut shapes, size: (9, 9) };
            let rgb = ink.colour();
            let colour = BackendColor { alpha: 1.0, rgb: (rgb.0, rgb.1, rgb.2) };
            backend.draw_line((0, 0), (9, 0), &colour).unwrap();
            assert_eq!(shapes, [Shape { outline: Outline::Path("M0 0H9".into()), class: ink.id().into() }]);
        }
    }
}
