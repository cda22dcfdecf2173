//! One option as a control with its default, what it allows, what it means, and what is wrong with it.

use crate::scenario::form::Field;
use crate::scenario::kind::Kind;
use crate::web::mark::{DOWN, icon};
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

/// What stands in the field and around it.
pub struct Shown<'a> {
    /// What is typed there.
    pub text: &'a str,
    /// What is wrong with it.
    pub wrong: Vec<String>,
    /// What it means.
    pub meaning: &'a str,
    /// Whether each letter is reported, or what is typed as a whole when the field is left.
    pub live: bool,
    /// Set apart from other forms on the page.
    pub form: &'static str,
}

/// The id of a field's control.
#[must_use]
pub fn id(form: &str, path: &str) -> String {
    format!("{form}-{path}")
}

/// The field. `group` is the path that its name need not repeat.
pub fn field(field: &Field, group: &str, shown: &Shown<'_>, typed: &Callback<String>, more: Html) -> Html {
    let id = id(shown.form, &field.path);
    let name = field.path.strip_prefix(group).map_or(field.path.as_str(), |rest| rest.trim_start_matches('.'));
    let default = if field.default.is_empty() { "nothing" } else { field.default };
    let help = format!("{id}-help");
    html! {
        <div class={classes!("option", (!shown.wrong.is_empty()).then_some("wrong"))}>
            <label class="mono bold" for={id.clone()}>{ name }</label>
            { control(field, shown, &id, &help, typed) }
            { more }
            <div id={help}>
                for wrong in shown.wrong.iter() {
                    <p class="option-wrong small bold">{ wrong }</p>
                }
                <p class="small second">{ shown.meaning }</p>
                <p class="small third">
                    { "Left out: " }<span class="option-default">{ default }</span>{ "." }
                    if !matches!(field.row.kind, Kind::Choice(_) | Kind::Switch) {
                        { " Allowed: " }{ field.row.kind.allows() }{ "." }
                    }
                </p>
            </div>
        </div>
    }
}

fn control(field: &Field, shown: &Shown<'_>, id: &str, help: &str, typed: &Callback<String>) -> Html {
    let (id, help, text) = (id.to_owned(), help.to_owned(), shown.text.to_owned());
    let invalid = (!shown.wrong.is_empty()).then_some("true");
    let choices: &[&str] = match field.row.kind {
        Kind::Choice(ids) => ids,
        Kind::Switch => &["true", "false"],
        _ => &[],
    };
    if !choices.is_empty() {
        return select(field, choices, &text, (id, help, invalid), typed);
    }
    let listed = matches!(field.row.kind, Kind::Faults) || text.contains('\n');
    let (oninput, onchange) = listeners(shown.live, typed);
    if listed {
        let wrap = if text.contains('{') { "off" } else { "soft" };
        let rows = text.matches('\n').count().clamp(2, 7) + 1;
        return html! {
            <textarea {id} class="mono" rows={rows.to_string()} {wrap} spellcheck="false" autocomplete="off"
                value={text} aria-describedby={help} aria-invalid={invalid} {oninput} {onchange} />
        };
    }
    let placeholder = field.default;
    html! {
        <input type="text" {id} {placeholder} value={text} spellcheck="false" autocomplete="off" aria-describedby={help} aria-invalid={invalid}
            {oninput} {onchange} />
    }
}

fn listeners(live: bool, typed: &Callback<String>) -> (Option<Callback<InputEvent>>, Option<Callback<Event>>) {
    let typed = typed.clone();
    if live {
        return (Some(Callback::from(move |event: InputEvent| typed.emit(text_of(&event)))), None);
    }
    (None, Some(Callback::from(move |event: Event| typed.emit(text_of(&event)))))
}

/// What stands in the control of an event.
fn text_of(event: &Event) -> String {
    if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
        return input.value();
    }
    event.target_dyn_into::<HtmlTextAreaElement>().map(|area| area.value()).unwrap_or_default()
}

fn select(
    field: &Field,
    choices: &[&'static str],
    text: &str,
    (id, help, invalid): (String, String, Option<&'static str>),
    typed: &Callback<String>,
) -> Html {
    let typed = typed.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            typed.emit(select.value());
        }
    });
    let odd = !text.is_empty() && !choices.contains(&text);
    html! {
        <span class="select">
            <select {id} aria-describedby={help} aria-invalid={invalid} {onchange}>
                <option value="" selected={text.is_empty()}>{ "default: " }{ field.default }</option>
                for choice in choices.iter() {
                    <option value={*choice} selected={*choice == text}>{ *choice }</option>
                }
                if odd {
                    <option value={text.to_owned()} selected=true>{ text.to_owned() }</option>
                }
            </select>
            { icon(DOWN) }
        </span>
    }
}
