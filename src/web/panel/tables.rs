//! One table of the world at the cursor: source, outbox, log, offsets, inbox or a store. What the last event changed is
//! underlined.

use crate::run::acts::Thing;
use crate::run::frame::{Frame, RowState};
use crate::run::tables::{Table, TableRow};
use crate::web::format::count;
use crate::web::mark::{DOWN, glyph, icon};
use crate::web::state::{Action, Dispatch, Look, Overlay, on};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// The most rows that are shown.
const MOST: usize = 400;

/// Which table.
pub fn chooser(names: &[String], set: &UseStateHandle<String>, now: &str) -> Html {
    let set = set.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            set.set(select.value());
        }
    });
    html! {
        <span class="select">
            <select aria-label="Table" {onchange}>
                <option value="" selected={now.is_empty()}>{ "source beside stores" }</option>
                for name in names.iter() {
                    <option value={name.clone()} selected={name == now}>{ name }</option>
                }
            </select>
            { icon(DOWN) }
        </span>
    }
}

/// One table; `only`: the rows that differ, are on their way or have just changed.
pub fn one(table: &Table, name: &str, only: bool, frame: &Frame, dispatch: &Dispatch) -> Html {
    let shown = |(_, row): &(usize, &TableRow)| !only || row.is_odd();
    let rows: Vec<(usize, &TableRow)> = table.rows.iter().enumerate().filter(shown).collect();
    let strip = frame.strips.iter().position(|strip| strip.id == name);
    let left = rows.len().saturating_sub(MOST);
    html! {
        <>
            if rows.is_empty() {
                <p class="second">{ if table.rows.is_empty() { "No rows." } else { "No row differs, and none has just changed." } }</p>
            } else {
                <div class="scroll" tabindex="0" role="region" aria-label={name.to_owned()}>
                    <table class="table">
                        <thead><tr>for column in table.columns.iter() { <th scope="col">{ *column }</th> }</tr></thead>
                        <tbody>for (key, row) in rows.iter().take(MOST) { { line(row, strip.map(|strip| Thing::Row(strip, *key)), dispatch) } }</tbody>
                    </table>
                </div>
            }
            if let Some(all) = table.of {
                <p class="small third">{ format!("The last {} of {}.", table.rows.len(), count(all as u32)) }</p>
            }
            if left > 0 {
                <p class="small third">{ format!("{} more rows are not shown.", count(left as u32)) }</p>
            }
        </>
    }
}

/// A row of the source or of a store has its menu.
fn line(row: &TableRow, thing: Option<Thing>, dispatch: &Dispatch) -> Html {
    let last = row.cells.len().saturating_sub(1);
    let text = |at: usize| {
        let changed = row.changed.get(at).copied().unwrap_or(false);
        html! {
            <span class={classes!("cell", changed.then_some("changed"), (at == last && row.state.differs()).then_some("accent"))}>
                if at == last && !matches!(row.state, RowState::Same | RowState::NoRow) {
                    { glyph(row.state, 12.0) }
                }
                { &row.cells[at] }
                if changed && at == last {
                    <span class="unseen">{ ", just changed" }</span>
                }
            </span>
        }
    };
    html! {
        <tr>
            <th scope="row">
                if let Some(thing) = thing {
                    { menu(thing, text(0), dispatch) }
                } else {
                    { text(0) }
                }
            </th>
            for at in 1..row.cells.len() {
                <td>{ text(at) }</td>
            }
        </tr>
    }
}

fn menu(thing: Thing, name: Html, dispatch: &Dispatch) -> Html {
    let place = if let Thing::Row(_, key) = thing { format!("line-{key}") } else { String::new() };
    let anchor = format!("[data-name='{place}']");
    let onclick = on(dispatch, move || Action::Look(Look::Overlay(Overlay::Menu(thing.clone(), anchor.clone()))));
    html! { <button type="button" class="link" aria-haspopup="menu" data-name={place} {onclick}>{ name }</button> }
}
