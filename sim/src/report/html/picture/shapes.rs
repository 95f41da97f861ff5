//! The shapes of marks, and the places of labels.

use maud::{Markup, html};

use super::super::marks::Kind;

/// The width of a letter, in per cent of the usual width.
pub(super) const LETTER: f64 = 0.66;

/// Formats milliseconds.
pub(super) fn shown_ms(ms: f64) -> String {
    if ms >= 2_000.0 { format!("{:.2} s", ms / 1e3) } else { format!("{ms:.1} ms") }
}

/// Draws a kind of mark around the origin.
pub(in super::super) fn shape(kind: Kind, is_small: bool) -> Markup {
    match kind {
        _ if is_small => html! { path d="M-3-3l6 6m0-6l-6 6" class="cross thin" {} },
        Kind::Begin => html! { circle r="5" class="solid" {} },
        Kind::Click => html! { path d="M0-6.5l6.5 6.5-6.5 6.5-6.5-6.5z" class="solid" {} },
        Kind::Step => html! { circle r="3.5" class="solid" {} },
        Kind::Poll => html! { circle r="2.2" class="faint" {} },
        Kind::Call => html! { circle r="5" class="ring" {} },
        Kind::Look => html! { circle r="6" class="ring" {} circle r="2" class="solid" {} },
        Kind::Message => {
            html! { rect x="-5.5" y="-5.5" width="11" height="11" rx="2" class="solid" {} }
        }
        Kind::Run => html! { path d="M-5-7l11 7-11 7z" class="run" {} },
        Kind::Done => html! { path d="M0-7v14" class="stop" {} },
        Kind::Failed => {
            html! {
                path d="M0-8v16" class="stop bad" {}
                path d="M-5-5l10 10m0-10l-10 10" class="cross thin" {}
            }
        }
        Kind::Lock => html! { path d="M-5-1h10v7h-10zM-3-1v-3a3 3 0 0 1 6 0v3" class="ring" {} },
        Kind::Unlock => html! { path d="M-5-1h10v7h-10zM-3-1v-5a3 3 0 0 1 6 0" class="ring" {} },
        Kind::Busy => html! { path d="M-6 0h12M-6-4h12M-6 4h12" class="ring" {} },
        Kind::Fault => html! { path d="M2-9l-7 10h4l-1 8 7-10h-4z" class="bolt" {} },
        Kind::Refused => html! {
            circle r="9" class="cross-paper" {}
            path d="M-4-4l8 8m0-8l-8 8" class="cross" {}
        },
    }
}

/// The labels that have a place already: left, right, top and bottom.
#[derive(Default)]
pub(super) struct Labels(pub(super) Vec<[f64; 4]>);

/// Where a label is, from its mark: aside, below, and its anchor.
pub(super) type Place = (f64, f64, &'static str);

impl Labels {
    /// Returns a place for a label beside its mark, if there is a free one.
    pub(super) fn place(&mut self, x: f64, y: f64, text: &str) -> Option<Place> {
        const PLACES: [Place; 6] = [
            (9.0, -12.0, "start"),
            (-9.0, -12.0, "end"),
            (9.0, 21.0, "start"),
            (-9.0, 21.0, "end"),
            (0.0, -14.0, "middle"),
            (0.0, 24.0, "middle"),
        ];
        let width = text.chars().count() as f64 * LETTER;
        for (dx, dy, anchor) in PLACES {
            let left = match anchor {
                "start" => x + dx / 10.0,
                "end" => x + dx / 10.0 - width,
                _ => x - width / 2.0,
            };
            let one = [left, left + width, y + dy - 11.0, y + dy + 3.0];
            let is_free = |other: &[f64; 4]| {
                one[0] >= other[1] || other[0] >= one[1] || one[2] >= other[3] || other[2] >= one[3]
            };
            if left >= 0.0 && one[1] <= 100.0 && self.0.iter().all(is_free) {
                self.0.push(one);
                return Some((dx, dy, anchor));
            }
        }
        None
    }
}
