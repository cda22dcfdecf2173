//! A real button over a picture: pointer target, keyboard stop and name for what is drawn beneath it.
//!
//! Its place is set through the CSSOM: a `style` attribute is forbidden by the page's content security policy.

use super::format::px;
use super::stage::layout::Rect;
use web_sys::HtmlElement;
use yew::prelude::*;

/// Properties of [`Target`].
#[derive(PartialEq, Properties)]
pub struct TargetProps {
    /// What the screen reader says.
    pub label: AttrValue,
    /// Its class besides `target`.
    pub class: &'static str,
    /// Where it lies over the picture, in px.
    pub rect: Rect,
    /// Whether Tab stops here.
    pub stop: bool,
    /// A name for tests and for returning focus.
    pub name: AttrValue,
    /// What it does.
    pub onclick: Callback<MouseEvent>,
    /// It has the focus now.
    pub onfocus: Callback<FocusEvent>,
    /// Whether its menu is open.
    pub expanded: bool,
}

/// A button over a picture.
#[component]
pub fn Target(props: &TargetProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with(props.rect, move |rect| place(&node, rect));
    }
    html! {
        <button ref={node} type="button" class={classes!("target", props.class)} aria-label={&props.label}
            aria-haspopup="menu" aria-expanded={props.expanded.to_string()} tabindex={if props.stop { "0" } else { "-1" }}
            data-name={&props.name} onclick={&props.onclick} onfocus={&props.onfocus} />
    }
}

/// Puts an element over a rectangle of the picture around it.
pub fn place(node: &NodeRef, rect: &Rect) {
    let Some(element) = node.cast::<HtmlElement>() else { return };
    let style = element.style();
    for (property, length) in [("left", rect.x), ("top", rect.y), ("width", rect.w), ("height", rect.h)] {
        // A browser that does not know one of these four leaves the element where it is.
        drop(style.set_property(property, &format!("{}px", px(length))));
    }
}
