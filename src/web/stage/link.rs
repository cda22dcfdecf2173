//! A link: who calls whom, and what became of the last call.

use super::layout::{Form, Line, StageLayout};
use super::message::tag_path;
use crate::charts::metrics::{Weight, width as text_width};
use crate::run::frame::Frame;
use crate::web::format::px;
use yew::prelude::*;

/// How long an arrow's head is.
const HEAD: f64 = 7.0;

/// The line, its arrow and its word.
#[must_use]
pub fn link(frame: &Frame, layout: &StageLayout, at: usize) -> Html {
    let (Some(link), Some(line)) = (frame.links.get(at), layout.links.get(at)) else { return Html::default() };
    let ((x1, y1), (x2, y2)) = (line.from, line.to);
    let (length, upright) = ((x2 - x1).abs() + (y2 - y1).abs(), x1 == x2);
    let (dx, dy) = ((x2 - x1) / length.max(1.0), (y2 - y1) / length.max(1.0));
    let (bx, by) = (x2 - dx * HEAD, y2 - dy * HEAD);
    let head = format!(
        "M{} {}L{} {}L{} {}z",
        px(x2),
        px(y2),
        px(bx - dy * 4.0),
        px(by - dx * 4.0),
        px(bx + dy * 4.0),
        px(by + dx * 4.0)
    );
    let (mx, my) = ((x1 + x2) / 2.0, (y1 + y2) / 2.0);
    let body = if link.cut {
        let (gx, gy) = (dx * 10.0, dy * 10.0);
        format!(
            "M{} {}L{} {}M{} {}L{} {}",
            px(x1),
            px(y1),
            px(mx - gx),
            px(my - gy),
            px(mx + gx),
            px(my + gy),
            px(bx),
            px(by)
        )
    } else {
        format!("M{} {}L{} {}", px(x1), px(y1), px(bx), px(by))
    };
    let bars = if upright {
        format!("M{} {}h16M{0} {}h16", px(mx - 8.0), px(my - 10.0), px(my + 10.0))
    } else {
        format!("M{} {}v16M{} {1}v16", px(mx - 10.0), px(my - 8.0), px(mx + 10.0))
    };
    let wide = text_width(&link.word, 12.0, Weight::Bold) + 8.0 <= length;
    let crowded = crash_label_near(frame, layout, line);
    let shown =
        link.word != "ok" && link.never_sent.is_none() && !upright && wide && layout.form != Form::Compact && !crowded;
    html! {
        <g>
            <path class="edge" d={body} />
            <path class="edgef" d={head} />
            if link.cut {
                <path class="ink two" d={bars} />
            }
            if shown {
                <text class={if link.cut { "bold middle" } else { "third middle" }} x={px(mx)} y={px(y1 - if link.cut { 11.0 } else { 8.0 })}>
                    { &link.word }
                </text>
            }
        </g>
    }
}

/// Whether the label of a crash would touch the word above this link.
fn crash_label_near(frame: &Frame, layout: &StageLayout, line: &Line) -> bool {
    let gaps = frame.nodes.iter().zip(&layout.nodes).flat_map(|(node, place)| node.steps.iter().zip(&place.gaps));
    let labels = gaps.filter_map(|(step, place)| Some((step.gap.as_ref()?.crashed_at?, (*place)?.label?.1)));
    labels.into_iter().any(|(_, y)| y < line.from.1 && y > line.from.1 - 24.0)
}

/// The tag of what was owed over a link and never sent.
#[must_use]
pub fn unsent(frame: &Frame, layout: &StageLayout, at: usize) -> Html {
    let (Some(link), Some(line)) = (frame.links.get(at), layout.links.get(at)) else { return Html::default() };
    let Some((tag, words)) = &link.never_sent else { return Html::default() };
    let ((x1, y1), (x2, _)) = (line.from, line.to);
    let wide = text_width(tag, 12.0, Weight::Bold) + 16.0;
    if x1 == x2 {
        let (down, half) = (line.to.1 >= line.from.1, px(wide / 2.0));
        let y = if down { line.from.1 + 4.0 } else { line.from.1 - 44.0 };
        let tag_d = format!("M{} {}h{}v16l-{half} 8l-{half} -8z", px(x1 - wide / 2.0), px(y), px(wide));
        return html! {
            <g class="unsent">
                <path class="tag-lost" d={tag_d} />
                <text class="accent bold middle" x={px(x1)} y={px(y + 13.0)}>{ tag }</text>
                <text class="accent bold middle halo" x={px(x1)} y={px(y + 37.0)}>{ words }</text>
            </g>
        };
    }
    let (step, label) = (16.0_f64.min((x2 - x1).abs() / 8.0), text_width(words, 12.0, Weight::Bold));
    let (x, room) = (x1 + step, (x2 - x1).abs() - step - wide - 24.0);
    html! {
        <g class="unsent">
            <path class="tag-lost" transform={format!("translate({} {})", px(x), px(y1))} d={tag_path(wide, false)} />
            <text class="accent bold middle" x={px(x + wide / 2.0 - 3.0)} y={px(y1 + 4.0)}>{ tag }</text>
            if label <= room {
                <rect class="under" x={px(x + wide + 6.0)} y={px(y1 - 9.0)} width={px(label + 12.0)} height="18" />
                <text class="accent bold" x={px(x + wide + 12.0)} y={px(y1 + 4.0)}>{ words }</text>
            } else {
                <text class="accent bold halo" x={px(x)} y={px(y1 + 26.0)}>{ words }</text>
            }
        </g>
    }
}
