//! Where a pointer or a key takes the cursor on the time line.

use crate::kernel::time::Us;
use crate::web::state::{Action, Dispatch, Move, Unit};
use web_sys::Element;
use yew::prelude::*;

/// The instant under a pointer over the plot.
#[must_use]
pub fn instant(picture: &NodeRef, client_x: i32, left: f64, plot: f64, ends: Us) -> Option<Us> {
    let x = f64::from(client_x) - picture.cast::<Element>()?.get_bounding_client_rect().left() - left;
    let part = (x / plot.max(1.0)).clamp(0.0, 1.0);
    Some(Us((part * ends.0 as f64).round() as u64))
}

/// What a key of the slider does; `None` if it is none of its keys.
#[must_use]
pub fn key(event: &KeyboardEvent, unit: Unit, playing: bool) -> Option<Action> {
    let by = |unit: Unit, forwards: bool| Action::MoveCursor(Move::By(unit, forwards));
    let unit = if event.shift_key() { Unit::CrashPoint } else { unit };
    Some(match event.key().as_str() {
        "ArrowLeft" | "ArrowDown" => by(unit, false),
        "ArrowRight" | "ArrowUp" => by(unit, true),
        "PageUp" => by(Unit::Difference, false),
        "PageDown" => by(Unit::Difference, true),
        "Home" => Action::MoveCursor(Move::Start),
        "End" => Action::MoveCursor(Move::End),
        " " => Action::Play(!playing),
        _ => return None,
    })
}

/// The handlers of a slider: a press takes the cursor there, a drag carries it on, a key steps.
pub struct Handlers {
    /// A press.
    pub down: Callback<PointerEvent>,
    /// A drag.
    pub drag: Callback<PointerEvent>,
    /// A key.
    pub key: Callback<KeyboardEvent>,
}

/// Makes them, given where a pointer is in time.
pub fn handlers(
    dispatch: &Dispatch,
    unit: Unit,
    playing: bool,
    at: impl Fn(&PointerEvent) -> Option<Us> + 'static,
) -> Handlers {
    let at = std::rc::Rc::new(at);
    let go = {
        let dispatch = dispatch.clone();
        move |event: &PointerEvent| {
            if let Some(at) = at(event) {
                dispatch.dispatch(Action::MoveCursor(Move::To(at)));
            }
        }
    };
    let (pressed, dispatch) = (go.clone(), dispatch.clone());
    Handlers {
        down: Callback::from(move |event: PointerEvent| {
            if event.button() == 0
                && let Some(element) =
                    event.current_target().and_then(|t| wasm_bindgen::JsCast::dyn_into::<Element>(t).ok())
            {
                // Without capture a drag merely ends at the edge.
                drop(element.set_pointer_capture(event.pointer_id()));
                pressed(&event);
            }
        }),
        drag: Callback::from(move |event: PointerEvent| {
            if event.buttons() & 1 == 1 {
                go(&event);
            }
        }),
        key: Callback::from(move |event: KeyboardEvent| {
            if let Some(action) = key(&event, unit, playing) {
                event.prevent_default();
                event.stop_propagation();
                dispatch.dispatch(action);
            }
        }),
    }
}
