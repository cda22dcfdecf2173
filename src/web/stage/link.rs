//! A link: who calls whom, and what became of the last call.

use super::layout::{Line, NodePlace, StageLayout};
use super::message::{Tag, tag};
use crate::charts::metrics::{Weight, width as text_width};
use crate::charts::shape::Drawing;
use crate::run::frame::Frame;
use crate::web::format::px;

/// How long an arrow's head is.
const HEAD: f64 = 7.0;

/// Draws the line, its arrow and its word.
pub fn link(drawing: &mut Drawing, frame: &Frame, layout: &StageLayout, at: usize) {
    let (Some(link), Some(line)) = (frame.links.get(at), layout.links.get(at)) else { return };
    let ((x1, y1), (x2, y2)) = (line.from, line.to);
    let (length, upright) = ((x2 - x1).abs() + (y2 - y1).abs(), x1 == x2);
    let (dx, dy) = ((x2 - x1) / length.max(1.0), (y2 - y1) / length.max(1.0));
    let (bx, by, mx, my) = (x2 - dx * HEAD, y2 - dy * HEAD, (x1 + x2) / 2.0, (y1 + y2) / 2.0);
    let to = |x: f64, y: f64| format!("{} {}", px(x), px(y));
    let cut = if link.cut {
        format!("L{}M{}", to(mx - dx * 10.0, my - dy * 10.0), to(mx + dx * 10.0, my + dy * 10.0))
    } else {
        String::new()
    };
    drawing.path("edge", format!("M{}{cut}L{}", to(x1, y1), to(bx, by)));
    let (left, right) = (to(bx - dy * 4.0, by - dx * 4.0), to(bx + dy * 4.0, by + dx * 4.0));
    drawing.path("edgef", format!("M{}L{left}L{right}z", to(x2, y2)));
    if link.cut {
        let d = match upright {
            true => format!("M{}h16M{}h16", to(mx - 8.0, my - 10.0), to(mx - 8.0, my + 10.0)),
            false => format!("M{}v16M{}v16", to(mx - 10.0, my - 8.0), to(mx + 10.0, my - 8.0)),
        };
        drawing.path("ink two", d);
    }
    let wide = text_width(&link.word, 12.0, Weight::Bold) + 8.0;
    let under = |place: &NodePlace| {
        let rect = place.rect;
        rect.y < y1 && rect.y + rect.h > y1 - 24.0 && rect.x < mx + wide / 2.0 && rect.x + rect.w > mx - wide / 2.0
    };
    let fits = wide <= length && !layout.nodes.iter().any(under);
    let free = link.never_sent.is_none() && !layout.form.terse() && !crash_label_near(frame, layout, line);
    if link.word != "ok" && !upright && fits && free {
        let (class, above) = if link.cut { ("bold middle", 11.0) } else { ("third middle", 8.0) };
        drawing.text(class, mx, y1 - above, &link.word);
    }
}

/// Whether the label of a crash would touch the word above this link.
fn crash_label_near(frame: &Frame, layout: &StageLayout, line: &Line) -> bool {
    let gaps = frame.nodes.iter().zip(&layout.nodes).flat_map(|(node, place)| node.steps.iter().zip(&place.gaps));
    let mut labels = gaps.filter_map(|(step, place)| Some((step.gap.as_ref()?.crashed_at?, (*place)?.label?.1)));
    labels.any(|(_, y)| y < line.from.1 && y > line.from.1 - 24.0)
}

/// Draws the tag of what was owed over a link and never sent.
pub fn unsent(drawing: &mut Drawing, frame: &Frame, layout: &StageLayout, at: usize) {
    let (Some(link), Some(line)) = (frame.links.get(at), layout.links.get(at)) else { return };
    let Some((words, why)) = &link.never_sent else { return };
    let ((x1, y1), (x2, y2)) = (line.from, line.to);
    let wide = text_width(words, 12.0, Weight::Bold) + 16.0;
    if x1 == x2 {
        let y = if y2 >= y1 { y1 + 16.0 } else { y1 - 32.0 };
        drawing.path("tag-lost", tag(x1, y, wide, Tag::Down));
        drawing.text("accent bold middle", x1, y + 1.0, words);
        drawing.text("accent bold middle halo", x1, y + 25.0, why);
        return;
    }
    let (step, label) = (16.0_f64.min((x2 - x1).abs() / 8.0), text_width(why, 12.0, Weight::Bold));
    let x = x1 + step;
    drawing.path("tag-lost", tag(x + wide / 2.0, y1, wide, Tag::Right));
    drawing.text("accent bold middle", x + wide / 2.0 - 3.0, y1 + 4.0, words);
    if label <= (x2 - x1).abs() - step - wide - 24.0 {
        drawing.rect("under", x + wide + 6.0, y1 - 9.0, label + 12.0, 18.0);
        drawing.text("accent bold", x + wide + 12.0, y1 + 4.0, why);
    } else {
        drawing.text("accent bold halo", x, y1 + 26.0, why);
    }
}
