//! Fixed text metrics: how wide a text is at most, without a browser to ask.
//!
//! The advances are those of DejaVu Sans, the widest of the common system fonts, so that a layout made with them holds
//! in every other one. The same numbers everywhere: natively, in Node, in a worker and in the page.

/// A weight of the type scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// 400.
    Regular,
    /// 600.
    Bold,
}

/// Thousandths of an em, for the characters from space to tilde.
#[rustfmt::skip]
const REGULAR: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/// The same in bold.
#[rustfmt::skip]
const BOLD: [u16; 95] = [
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696,
    696, 696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683,
    683, 821, 837, 372, 372, 775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771,
    724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665,
    343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
];

/// Any other character: as wide as the widest common one.
const OTHER: u16 = 838;

/// The width of a text at a size, both in px.
///
/// ```
/// use driftscope::charts::metrics::{Weight, width};
/// assert!(width("search-index", 14.0, Weight::Bold) > width("search-index", 12.0, Weight::Regular));
/// assert_eq!(width("", 12.0, Weight::Regular), 0.0);
/// ```
#[must_use]
pub fn width(text: &str, size: f64, weight: Weight) -> f64 {
    let table = match weight {
        Weight::Regular => &REGULAR,
        Weight::Bold => &BOLD,
    };
    let advance = |c: char| (c as usize).checked_sub(32).and_then(|at| table.get(at)).copied().unwrap_or(OTHER);
    let thousandths: u32 = text.chars().map(|c| u32::from(advance(c))).sum();
    f64::from(thousandths) / 1000.0 * size
}

/// Breaks an id at its hyphens and dots into lines no wider than `most`; a part that is wider stands alone.
#[must_use]
pub fn break_id(id: &str, size: f64, weight: Weight, most: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in id.split_inclusive(['-', '.']) {
        let line = lines.last().map_or("", String::as_str);
        if !line.is_empty() && width(&format!("{line}{part}"), size, weight) > most {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(part);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_break_at_hyphens() {
        assert_eq!(break_id("search-index-consumer", 14.0, Weight::Bold, 110.0), ["search-index-", "consumer"]);
        assert_eq!(break_id("app", 14.0, Weight::Bold, 1.0), ["app"]);
        assert_eq!(break_id("", 14.0, Weight::Bold, 1.0), [""]);
    }
}
