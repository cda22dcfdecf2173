//! The board: rows by node, columns by strategy. One tab stop, arrows by square, Enter opens one.

use super::head::{dot, flag};
use super::model::{Ask, Explored, Shown};
use crate::explore::grid::{Grid, Square, label};
use crate::web::mark::{blocked, glyph};
use crate::web::screen::Screen;
use crate::web::shared::Shared;
use crate::web::state::{Action, Dispatch};
use std::rc::Rc;
use web_sys::Element;
use yew::prelude::*;

/// Properties of [`Board`].
#[derive(PartialEq, Properties)]
pub struct BoardProps {
    /// What is known.
    pub grid: Shared<Grid>,
    /// The rows.
    pub rows: Shared<Vec<Shown>>,
    /// The open square: row and column.
    pub open: Option<(usize, usize)>,
    /// Whether each way in which a message fails has a row of its own.
    pub unfolded: bool,
    /// The room for the table, in px.
    pub width: f64,
    /// Where clicks go.
    pub dispatch: Dispatch,
}

/// The rows of what is known, and which of them is open.
pub fn board(explored: &Explored, screen: &Screen, dispatch: &Dispatch) -> Html {
    let Some(grid) = &explored.grid else { return Html::default() };
    let rows = explored.rows();
    let open = explored.open.as_ref().and_then(|open| {
        let row = rows.iter().position(|row| row.group == open.row.0 && row.name == open.row.1)?;
        Some((row, open.column))
    });
    html! {
        <Board grid={grid.clone()} rows={Shared::new(rows)} {open} unfolded={explored.unfolded} width={super::room(screen)} dispatch={dispatch.clone()} />
    }
}

/// The width of the heads of a row: node and crash point.
const HEADS: f64 = 316.0;
/// The least width of a column.
const COLUMN: f64 = 84.0;

/// The table.
#[component]
pub fn Board(props: &BoardProps) -> Html {
    let BoardProps { grid, rows, open, dispatch, .. } = props;
    let active = use_state(|| (0_usize, 0_usize));
    let all = grid.strategies.len();
    let narrow = props.width < HEADS + 4.0 * COLUMN;
    let room = props.width - if narrow { HEADS - 104.0 } else { HEADS };
    let fit = ((room / COLUMN) as usize).clamp(1, all.max(1));
    let first = if fit == all { 0 } else { active.1.min(all - 1) / fit * fit };
    let columns = first..(first + fit).min(all);
    let last = (rows.len().saturating_sub(1), all.saturating_sub(1));
    let at = (active.0.min(last.0), active.1.min(last.1));
    let form =
        Form { columns: columns.clone(), strategies: grid.strategies.as_slice().into(), narrow, part: fit < all };
    // Among the rows that are shown; the nearest one if the active one is not.
    let seen: Vec<usize> = (0..rows.len()).filter(|row| !form.part || lives(&rows[*row], &columns)).collect();
    let nth = seen.iter().position(|row| *row >= at.0).unwrap_or(seen.len().saturating_sub(1));
    let at = (seen.get(nth).copied().unwrap_or(0), at.1);
    let some = !seen.is_empty();
    let near = move |by: isize| seen.get(nth.saturating_add_signed(by)).copied().unwrap_or(at.0);
    let onkeydown = {
        let (active, dispatch) = (active.clone(), dispatch.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.target_dyn_into::<Element>().is_none_or(|target| target.tag_name() != "TABLE") {
                return;
            }
            let to = match event.key().as_str() {
                "Enter" | " " => {
                    event.prevent_default();
                    return dispatch.dispatch(Action::Matrix(Ask::Open(at.0, at.1)));
                }
                "ArrowLeft" => (at.0, at.1.saturating_sub(1)),
                "ArrowRight" => (at.0, (at.1 + 1).min(last.1)),
                "ArrowUp" => (near(-1), at.1),
                "ArrowDown" => (near(1), at.1),
                "Home" => (at.0, 0),
                "End" => (at.0, last.1),
                "PageUp" => (near(-8), at.1),
                "PageDown" => (near(8), at.1),
                _ => return,
            };
            event.prevent_default();
            active.set(to);
            show(to);
        })
    };
    let onclick = {
        let (active, dispatch) = (active.clone(), dispatch.clone());
        Callback::from(move |event: MouseEvent| {
            let cell =
                event.target_dyn_into::<Element>().and_then(|element| element.closest("[role=gridcell]").ok()?);
            if let Some(at) = cell.and_then(|cell| place(&cell.id())) {
                active.set(at);
                dispatch.dispatch(Action::Matrix(Ask::Open(at.0, at.1)));
            }
        })
    };
    html! {
        <>
            if fit < all {
                { pager(&active, (first, fit, all), at.0) }
            }
            <table class={classes!("matrix", narrow.then_some("short"))} role="grid" tabindex="0" aria-label="Crash points by strategy" {onkeydown} {onclick}
                aria-activedescendant={some.then(|| format!("square-{}-{}", at.0, at.1))} aria-colcount={(all + 2).to_string()}>
                <thead>
                    <tr>
                        if !narrow {
                            <td class="matrix-node"></td>
                        }
                        <td class="matrix-point small third">{ "the node crashes here, at every pass" }</td>
                        for column in columns.clone() {
                            <th scope="col" class="small">{ &grid.strategies[column] }</th>
                        }
                    </tr>
                </thead>
                { bodies(rows, &form, *open, at) }
                { foot(grid, &columns, narrow) }
            </table>
            { unfold(props) }
            { refused(grid) }
        </>
    }
}

/// The row and column of a square's id.
fn place(id: &str) -> Option<(usize, usize)> {
    let (row, column) = id.strip_prefix("square-")?.split_once('-')?;
    Some((row.parse().ok()?, column.parse().ok()?))
}

/// Scrolls so far that a square can be seen: the keyboard has gone there.
fn show(at: (usize, usize)) {
    if let Some(square) = crate::web::dom::document().get_element_by_id(&format!("square-{}-{}", at.0, at.1)) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        square.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Where not all columns fit: the ones before, the ones after.
fn pager(active: &UseStateHandle<(usize, usize)>, (first, fit, all): (usize, usize, usize), row: usize) -> Html {
    let to = |column: usize| {
        let active = active.clone();
        Callback::from(move |_: MouseEvent| active.set((row, column)))
    };
    html! {
        <div class="matrix-pager small">
            <button type="button" disabled={first == 0} onclick={to(first.saturating_sub(fit))}>{ "Strategies before" }</button>
            <span>{ if fit == 1 { format!("{} of {all}", first + 1) } else { format!("{} to {} of {all}", first + 1, (first + fit).min(all)) } }</span>
            <button type="button" disabled={first + fit >= all} onclick={to(first + fit)}>{ "Strategies after" }</button>
        </div>
    }
}

type Columns = std::ops::Range<usize>;

/// How the rows are shown.
#[derive(Clone, PartialEq)]
struct Form {
    columns: Columns,
    strategies: Rc<[String]>,
    narrow: bool,
    /// Whether some columns are not shown: then the rows that have nothing in the others are left out.
    part: bool,
}

/// Whether a row has something in these columns.
fn lives(shown: &Shown, columns: &Columns) -> bool {
    shown.squares[columns.clone()].iter().any(|square| square.of > 0)
}

fn bodies(rows: &[Shown], form: &Form, open: Option<(usize, usize)>, at: (usize, usize)) -> Html {
    let mut bodies = Vec::new();
    let (mut from, mut links) = (0, false);
    let width = (form.columns.len() + if form.narrow { 1 } else { 2 }).to_string();
    while from < rows.len() {
        let to = (from + rows[from].span.max(1)).min(rows.len());
        let group = &rows[from];
        let whole = !group.crash && group.span == 1;
        let here: Vec<usize> = (from..to).filter(|row| !form.part || lives(&rows[*row], &form.columns)).collect();
        let first_link = !group.crash && !links;
        links = !group.crash;
        let key = format!("{}{}", group.group, group.crash);
        from = to;
        if first_link {
            bodies.push(html! {
                <tbody key="links"><tr><th class="matrix-node" scope="rowgroup" colspan={width.clone()}>{ "A message of a link fails, or comes late" }</th></tr></tbody>
            });
        }
        if here.is_empty() {
            continue;
        }
        let span = (!form.narrow && !whole).then_some(here.len());
        bodies.push(html! {
            <tbody {key}>
                if form.narrow && !whole {
                    <tr><th class="matrix-node" scope="rowgroup" colspan={width.clone()}>{ &group.group }</th></tr>
                }
                for (nth, row) in here.iter().copied().enumerate() {
                    <Row key={rows[row].name.clone()} shown={rows[row].clone()} {row} span={span.filter(|_| nth == 0)} {whole} form={form.clone()}
                        open={open.filter(|open| open.0 == row).map(|open| open.1)} active={(at.0 == row).then_some(at.1)} />
                }
            </tbody>
        });
    }
    bodies.into_iter().collect()
}

/// Properties of [`Row`].
#[derive(PartialEq, Properties)]
struct RowProps {
    shown: Shown,
    row: usize,
    /// How many rows the head of the group spans, if it stands before this one.
    span: Option<usize>,
    /// Whether it stands for its whole group.
    whole: bool,
    form: Form,
    open: Option<usize>,
    active: Option<usize>,
}

/// A row: it is drawn again only if something in it has changed.
#[component]
fn Row(props: &RowProps) -> Html {
    let RowProps { shown, row, span, whole, form, open, active } = props;
    let class = classes!("matrix-point", "mono", open.map(|_| "bold"));
    let wide = (*whole && !form.narrow).then_some("2");
    html! {
        <tr>
            if let Some(span) = span {
                <th class="matrix-node" scope="rowgroup" rowspan={span.to_string()}>{ &shown.group }</th>
            }
            <th scope="row" {class} colspan={wide}>{ if *whole { &shown.group } else { &shown.name } }</th>
            for column in form.columns.clone() {
                { square(props, &shown.squares[column], (*row, column), *open == Some(column), *active == Some(column)) }
            }
        </tr>
    }
}

fn square(props: &RowProps, square: &Square, (row, column): (usize, usize), open: bool, active: bool) -> Html {
    let RowProps { shown, form, .. } = props;
    let class = classes!(open.then_some("open"), active.then_some("active"));
    let label = label(&form.strategies[column], &shown.group, &shown.name, shown.crash, square);
    html! {
        <td role="gridcell" key={column} id={format!("square-{row}-{column}")} {class} aria-selected={open.to_string()} aria-label={label}>
            { inside(square) }
        </td>
    }
}

/// Mark and word; the grey square alone if nothing is wrong.
fn inside(square: &Square) -> Html {
    if square.of == 0 {
        return Html::default();
    }
    if square.done == 0 {
        return html! { <span class="square">{ dot() }</span> };
    }
    let mark = square.harm.mark().map_or_else(|| blocked(12.0), |state| glyph(state, 12.0));
    let accent = square.harm.mark().is_some().then_some("accent");
    html! {
        <span class="square">
            { mark }
            if square.harmful() {
                <span class={classes!("bold", accent)}>{ square.harm.short() }</span>
            }
            if square.noticed {
                <span class="matrix-flag">{ flag() }</span>
            }
        </span>
    }
}

fn foot(grid: &Grid, columns: &Columns, narrow: bool) -> Html {
    html! {
        <tfoot>
            <tr>
                if !narrow {
                    <td class="matrix-node"></td>
                }
                <th scope="row" class="matrix-point small">{ "crash points that do harm" }</th>
                for column in columns.clone() {
                    <td class="small"><span class="bold">{ grid.harmful(column).0 }</span>{ format!(" of {}", grid.harmful(column).1) }</td>
                }
            </tr>
        </tfoot>
    }
}

fn unfold(props: &BoardProps) -> Html {
    let (dispatch, unfolded) = (props.dispatch.clone(), props.unfolded);
    let onchange = Callback::from(move |_: Event| dispatch.dispatch(Action::Matrix(Ask::Unfold(!unfolded))));
    html! {
        <label class="check"><input type="checkbox" checked={unfolded} {onchange} />{ "each way in which a message fails" }</label>
    }
}

fn refused(grid: &Grid) -> Html {
    let refused = grid.strategies.iter().zip(&grid.refused).filter(|(_, why)| !why.is_empty());
    html! {
        for (strategy, why) in refused {
            <p class="small second matrix-refused"><span class="bold">{ strategy }</span>{ " is not tried. " }{ why }</p>
        }
    }
}
