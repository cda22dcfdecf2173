//! Many seeds: one figure over the values of an option, as a line with its interval, and what a formula says beside it.

use super::desk::{News, Task};
use super::hand::Hand;
use crate::charts::curve::{CurvePoint, draw, number};
use crate::explore::curve::{Asked, Figure, Line};
use crate::web::draw::{nodes, picture};
use crate::web::format::count;
use crate::web::mark::{DOWN, icon};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Properties of [`Sweep`].
#[derive(PartialEq, Properties)]
pub struct SweepProps {
    /// The scenario, as its permalink.
    pub link: AttrValue,
    /// The room there is, in px.
    pub width: f64,
}

/// What may be varied, to begin with: any other option can be typed.
const FORMS: [&str; 6] = [
    "",
    "nodes.app.crash_rate=0.1/s,0.5/s,1/s,2/s",
    "direct.gap=1ms,10ms,50ms,100ms",
    "outbox.poll=50ms,100ms,500ms,1s",
    "cdc.offset_flush=1s,5s,10s,60s",
    "links.app-broker.outcomes.ack_lost=0,0.05,0.1,0.2",
];

/// The section.
#[component]
pub fn Sweep(props: &SweepProps) -> Html {
    let asked = use_state(|| Asked { vary: String::new(), figure: Figure::Lost.id().to_owned(), seeds: 1_000 });
    let (task, line) = (use_state(|| None::<Task>), use_state(|| None::<Line>));
    let (refused, begun, rate) = (use_state(Vec::new), use_mut_ref(|| 0.0), use_state(|| 0_u32));
    {
        let (line, refused, task, begun, rate) =
            (line.clone(), refused.clone(), task.clone(), begun.clone(), rate.clone());
        use_effect_with((*task).clone(), move |wanted| {
            let done = task.clone();
            let hand = wanted.clone().map(|wanted| {
                Hand::start(wanted, move |news| match news {
                    News::Line(found) => {
                        let seconds = ((js_sys::Date::now() - *begun.borrow()) / 1_000.0).max(0.001);
                        rate.set((found.done as f64 / seconds) as u32);
                        if found.done == found.total {
                            done.set(None);
                        }
                        line.set(Some(found));
                    }
                    News::Refused(reasons) => {
                        refused.set(reasons);
                        done.set(None);
                    }
                    _ => {}
                })
            });
            move || drop(hand)
        });
    }
    {
        // What was found is of another scenario.
        let (line, refused, task) = (line.clone(), refused.clone(), task.clone());
        use_effect_with(props.link.clone(), move |_| {
            line.set(None);
            refused.set(Vec::new());
            task.set(None);
        });
    }
    let run = {
        let (task, asked, refused, line, link) =
            (task.clone(), asked.clone(), refused.clone(), line.clone(), props.link.clone());
        Callback::from(move |_: MouseEvent| {
            *begun.borrow_mut() = js_sys::Date::now();
            refused.set(Vec::new());
            if task.is_none() {
                line.set(None);
                task.set(Some(Task::Sweep(link.to_string(), (*asked).clone())));
            } else {
                task.set(None);
            }
        })
    };
    html! {
        <section class="sweep" aria-label="Many seeds">
            <h2>{ "Many seeds" }</h2>
            <p class="second">{ "The scenario itself, with its own faults and rates, under one seed after the other: a figure of its runs, alone or over the values of one option." }</p>
            { controls(&asked, task.is_some(), &run) }
            for reason in refused.iter() {
                <p class="small sweep-refused" role="alert">{ reason }</p>
            }
            if let Some(line) = &*line {
                { found(line, *rate, task.is_some(), props.width) }
            }
        </section>
    }
}

fn controls(asked: &UseStateHandle<Asked>, running: bool, run: &Callback<MouseEvent>) -> Html {
    let set = |change: fn(&mut Asked, String)| {
        let asked = asked.clone();
        move |value: String| {
            let mut next = (*asked).clone();
            change(&mut next, value);
            asked.set(next);
        }
    };
    let (vary, again) = (set(|asked, value| asked.vary = value), set(|asked, value| asked.vary = value));
    let seeds = set(|asked, value| asked.seeds = value.trim().parse().unwrap_or(0));
    let figure = set(|asked, value| asked.figure = value);
    let text = |put: Box<dyn Fn(String)>| {
        Callback::from(move |event: Event| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                put(input.value());
            }
        })
    };
    let pick = |put: Box<dyn Fn(String)>| {
        Callback::from(move |event: Event| {
            if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
                put(select.value());
            }
        })
    };
    html! {
        <div class="sweep-controls">
            <label class="field">
                <span class="field-name">{ "Figure" }</span>
                <span class="select">
                    <select onchange={pick(Box::new(figure))}>
                        for figure in Figure::ALL.iter() {
                            <option value={figure.id()} selected={figure.id() == asked.figure}>{ figure.words() }</option>
                        }
                    </select>
                    { icon(DOWN) }
                </span>
            </label>
            <label class="field">
                <span class="field-name">{ "Over" }</span>
                <span class="select">
                    <select class="sweep-over" onchange={pick(Box::new(vary))}>
                        for form in FORMS {
                            <option value={form} selected={form == asked.vary}>{ if form.is_empty() { "the seeds alone" } else { form.split('=').next().unwrap_or(form) } }</option>
                        }
                        if !FORMS.contains(&asked.vary.as_str()) {
                            <option value={asked.vary.clone()} selected=true>{ "your own" }</option>
                        }
                    </select>
                    { icon(DOWN) }
                </span>
            </label>
            <label class="field sweep-vary">
                <span class="field-name">{ "Option and values" }</span>
                <input class="mono" type="text" autocomplete="off" value={asked.vary.clone()} onchange={text(Box::new(again))} />
            </label>
            <label class="field">
                <span class="field-name">{ "Seeds" }</span>
                <input class="seed" type="text" inputmode="numeric" autocomplete="off" value={asked.seeds.to_string()} onchange={text(Box::new(seeds))} />
            </label>
            <button type="button" class="sweep-run" onclick={run.clone()}>{ if running { "Cancel" } else { "Run" } }</button>
        </div>
    }
}

fn found(line: &Line, rate: u32, running: bool, width: f64) -> Html {
    let over = if line.path.is_empty() { "seeds" } else { &line.path };
    let of = format!("{} of {} runs, {} runs a second", count(line.done as u32), count(line.total as u32), count(rate));
    let state = match (running, line.done == line.total) {
        (false, false) => format!("Cancelled at {of}. Not complete."),
        _ => format!("{of}."),
    };
    let point = |spot: &crate::explore::curve::Spot| CurvePoint {
        name: spot.name.clone(),
        mean: spot.mean,
        band: spot.ci95,
        formula: spot.formula,
    };
    let points: Vec<CurvePoint> = line.spots.iter().map(point).collect();
    let size = (width.clamp(280.0, 800.0) as u32, 200);
    let drawing = draw(&points, size);
    html! {
        <>
            <p class="small second sweep-state">{ state }</p>
            { picture("sweep-chart", (f64::from(size.0), f64::from(size.1)), nodes(&drawing.shapes)) }
            if !line.formula.is_empty() {
                <p class="small second sweep-formula">{ "Dashed: " }{ &line.formula }{ "." }</p>
            }
            <table class="table sweep-table">
                <thead>
                    <tr>
                        <th scope="col">{ over }</th><th scope="col">{ "runs" }</th><th scope="col">{ &line.words }</th>
                        <th scope="col">{ "95 % interval" }</th>
                        if !line.formula.is_empty() {
                            <th scope="col">{ "formula" }</th>
                        }
                    </tr>
                </thead>
                <tbody>
                    for spot in line.spots.iter() {
                        <tr>
                            <th scope="row">{ &spot.name }</th>
                            <td>{ count(spot.runs as u32) }</td>
                            <td>{ figure(spot.mean) }</td>
                            <td>{ spot.ci95.map_or_else(|| "-".to_owned(), |(low, high)| format!("{} to {}", number(low), number(high))) }</td>
                            if !line.formula.is_empty() {
                                <td>{ figure(spot.formula) }</td>
                            }
                        </tr>
                    }
                </tbody>
            </table>
        </>
    }
}

fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), number)
}
