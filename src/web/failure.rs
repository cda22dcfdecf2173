//! When the simulator itself fails: what it was doing, left where `boot.js` finds it, which still runs when this module
//! cannot.
//!
//! A panic ends the module (there is no unwinding here), and after a trap nothing of it may be called again. So what is
//! needed stands outside beforehand: as data of the root element the link to the scenario that is run, and to the last
//! state of the page that was fine; the hook adds the message and how far the run had come, as an event of the window.
//! Memory that has run out ends the module without the hook: then the links still stand there.

use crate::scenario::Document;
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CustomEvent, CustomEventInit, EventTarget};

thread_local! {
    static EVENT: Cell<u32> = const { Cell::new(0) };
}

/// Notes which scenario is about to be run.
pub fn runs(document: &Document) {
    leave("data-scenario", &super::route::link_of(document));
    EVENT.set(0);
}

/// Notes how many events have happened in the run, or up to the instant that is about to be shown.
pub fn reaches(event: u32) {
    EVENT.set(event);
}

/// Notes that the page shows what this link says, and is fine.
pub fn is_fine(link: &str) {
    leave("data-scenario", link);
    leave("data-fine", link);
}

fn leave(name: &str, link: &str) {
    if let Some(root) = super::dom::document().document_element() {
        // An attribute of a fixed name: it cannot be refused.
        drop(root.set_attribute(name, link));
    }
}

/// Hands over what is known, should the module ever panic.
pub fn watch() {
    yew::set_custom_panic_hook(Box::new(|panic| {
        let parts: js_sys::Array =
            [panic.to_string(), EVENT.get().to_string()].iter().map(|text| JsValue::from_str(text)).collect();
        let init = CustomEventInit::new();
        init.set_detail(&parts);
        // Not by way of `web_sys::window`, which may be what failed.
        let window: EventTarget = js_sys::global().unchecked_into();
        if let Ok(event) = CustomEvent::new_with_event_init_dict("driftscope-stopped", &init) {
            // Nothing can be done if it is not taken.
            drop(window.dispatch_event(&event));
        }
    }));
}
