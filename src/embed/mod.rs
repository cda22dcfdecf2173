//! The JavaScript surface: no Yew, no DOM. Node and the browser load the same module.

pub mod api;
