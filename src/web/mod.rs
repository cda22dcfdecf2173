//! The Yew application: a view of (recording, cursor). It formats; it never decides.

pub mod app;
pub mod bar;
pub mod branches;
pub mod clipboard;
pub mod clock;
pub mod compare;
pub mod dialog;
pub mod dom;
pub mod draw;
pub mod editor;
pub mod failure;
pub mod file;
pub mod format;
pub mod guide;
pub mod headline;
pub mod import;
pub mod live;
pub mod mark;
pub mod matrix;
pub mod menu;
pub mod notice;
pub mod panel;
pub mod playhead;
pub mod recent;
pub mod route;
pub mod rows;
pub mod save;
pub mod screen;
pub mod settings;
pub mod share;
pub mod shared;
pub mod stage;
pub mod state;
pub mod storage;
pub mod top;
pub mod tour;
pub mod transport;
pub mod words;
pub mod world;

/// Starts the page in the element `app`, in place of what stands there; nothing happens if there is none. Without a window
/// the program is a worker of the page, and takes tasks.
pub fn start() {
    if web_sys::window().is_none() {
        return matrix::hand::serve();
    }
    failure::watch();
    if let Some(host) = dom::document().get_element_by_id("app") {
        yew::Renderer::<app::App>::with_root(host).render();
    }
}
