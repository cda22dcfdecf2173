//! Drawings as nodes of the page.

use super::format::px;
use crate::charts::shape::{Outline, Shape};
use std::borrow::Cow;
use yew::prelude::*;
use yew::virtual_dom::{AttributeOrProperty, Attributes, VTag, VText};

fn element(tag: &'static str, keys: &'static [&'static str], values: Vec<AttrValue>) -> VTag {
    let mut element = VTag::new(tag);
    let values = values.into_iter().map(|value| Some(AttributeOrProperty::Attribute(value))).collect();
    element.set_attributes(Attributes::Dynamic { keys, values });
    element
}

fn length(length: f64) -> AttrValue {
    px(length).into()
}

fn class(shape: &Shape) -> AttrValue {
    match &shape.class {
        Cow::Borrowed(text) => AttrValue::Static(text),
        Cow::Owned(text) => text.clone().into(),
    }
}

fn node(shape: &Shape) -> Html {
    let class = class(shape);
    match &shape.outline {
        Outline::Path(d) => element("path", &["class", "d"], vec![class, d.clone().into()]).into(),
        Outline::Rect(x, y, w, h, r) => {
            let values = vec![class, length(*x), length(*y), length(*w), length(*h), length(*r)];
            element("rect", &["class", "x", "y", "width", "height", "rx"], values).into()
        }
        Outline::Circle(x, y, r) => {
            element("circle", &["class", "cx", "cy", "r"], vec![class, length(*x), length(*y), length(*r)]).into()
        }
        Outline::Text(x, y, words, note) => {
            let mut text = element("text", &["class", "x", "y"], vec![class, length(*x), length(*y)]);
            text.add_child(VText::new(words.clone()).into());
            if !note.is_empty() {
                let mut behind = element("tspan", &["class", "dx"], vec!["note".into(), "8".into()]);
                behind.add_child(VText::new(note.clone()).into());
                text.add_child(behind.into());
            }
            text.into()
        }
    }
}

/// The shapes as nodes, to stand in an `<svg>`.
pub fn nodes(shapes: &[Shape]) -> Html {
    shapes.iter().map(node).collect()
}

/// A picture: an `<svg>` of that class and size, hidden from the screen reader, with those nodes.
pub fn picture(class: &'static str, (width, height): (f64, f64), inside: Html) -> Html {
    let (w, h) = (px(width), px(height));
    let view = format!("0 0 {w} {h}");
    let keys = &["class", "width", "height", "viewBox", "aria-hidden"];
    let mut svg = element("svg", keys, vec![class.into(), w.into(), h.into(), view.into(), "true".into()]);
    svg.add_child(inside);
    svg.into()
}
