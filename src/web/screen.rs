//! How much room there is, and what the reader's system asks for.

use super::state::View;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, ResizeObserver, window};
use yew::prelude::*;

/// The room of the page, in px.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Screen {
    /// Its width.
    pub width: f64,
    /// The height of the window.
    pub height: f64,
    /// How much is shown.
    pub view: View,
}

impl Screen {
    /// The phone's form.
    #[must_use]
    pub fn narrow(&self) -> bool {
        self.width < 720.0
    }

    /// Whether the panel stands beside the stage.
    #[must_use]
    pub fn beside(&self) -> bool {
        self.width >= 1440.0
    }

    /// Whether the time line is one lane.
    #[must_use]
    pub fn folded(&self) -> bool {
        let least = if self.view == View::Timeline { 320.0 } else { 800.0 };
        self.narrow() || self.height < least || self.view.embedded() && self.view != View::Timeline
    }

    /// The width of the stage's pictures.
    #[must_use]
    pub fn stage(&self) -> f64 {
        let room = match (self.view, self.beside()) {
            (View::Lab, true) => (self.width - 368.0 - 48.0).min(1600.0),
            (_, _) => self.width.min(1056.0) - 32.0,
        };
        room.max(280.0).floor()
    }

    /// The width of the time line.
    #[must_use]
    pub fn timeline(&self) -> f64 {
        match (self.view, self.beside()) {
            (View::Lab, true) => self.width - 48.0,
            (View::Lab, false) => self.width.min(1056.0) - 32.0,
            (_, _) if self.narrow() || !self.folded() => self.width - 32.0,
            (_, _) => (self.width - 468.0).min(600.0),
        }
        .max(200.0)
        .floor()
    }
}

/// The size of an element, as it changes.
#[hook]
pub fn use_room(root: &NodeRef) -> (f64, f64) {
    let room = use_state(window_size);
    {
        let (room, root) = (room.clone(), root.clone());
        use_effect_with((), move |()| {
            let last = std::cell::Cell::new((0.0, 0.0));
            let measured = root.clone();
            let measure = Closure::<dyn Fn()>::new(move || {
                let Some(element) = measured.cast::<HtmlElement>() else { return };
                let now = (f64::from(element.client_width()), window_size().1);
                if now.0 > 1.0 && last.replace(now) != now {
                    room.set(now);
                }
            });
            let observer = ResizeObserver::new(measure.as_ref().unchecked_ref()).ok();
            if let (Some(observer), Some(element)) = (&observer, root.cast::<HtmlElement>()) {
                observer.observe(&element);
            }
            let listener = gloo::events::EventListener::new(&super::dom::window(), "resize", {
                let call = measure.as_ref().clone();
                move |_| drop(call.unchecked_ref::<js_sys::Function>().call0(&JsValue::NULL))
            });
            move || {
                if let Some(observer) = observer {
                    observer.disconnect();
                }
                drop((listener, measure));
            }
        });
    }
    *room
}

/// The inner size of the window.
#[must_use]
pub fn window_size() -> (f64, f64) {
    let number = |value: Result<JsValue, JsValue>| value.ok().and_then(|value| value.as_f64());
    let window = window();
    let width = window.as_ref().and_then(|window| number(window.inner_width()));
    let height = window.as_ref().and_then(|window| number(window.inner_height()));
    (width.unwrap_or(1024.0), height.unwrap_or(768.0))
}

/// Whether a media query holds now.
#[must_use]
pub fn prefers(query: &str) -> bool {
    let list = window().and_then(|window| window.match_media(query).ok().flatten());
    list.is_some_and(|list| list.matches())
}

/// Whether the reader's system asks for less motion.
#[must_use]
pub fn still() -> bool {
    prefers("(prefers-reduced-motion: reduce)")
}
