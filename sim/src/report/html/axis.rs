//! The time axis of a picture. It is made of linear pieces: an idle stretch is cut out, and what is
//! small beside the rest is magnified. The picture says both.

use deadheat_model::time::{Span, Time};

/// A stretch in which nothing happens is cut out if it is longer than this share of the rest.
const IDLE: f64 = 0.4;

/// At most this many stretches are cut out.
const CUTS_MAX: usize = 4;

/// The beginning up to the violation is magnified if it takes less than this share.
const SMALL: f64 = 0.2;

/// The share that it then takes.
const MAGNIFIED: f64 = 0.6;

/// The edges of the picture and the width of a cut, in per cent of the width.
const LEFT: f64 = 0.5;
const RIGHT: f64 = 99.5;
const CUT: f64 = 3.0;

/// Two labels of the axis are at least this far apart, in per cent of the width.
const APART: f64 = 9.0;

/// The axis.
pub(super) struct Axis {
    pieces: Vec<Piece>,
    /// The stretches that are cut out.
    pub(super) cuts: Vec<Cut>,
    /// How many times the first piece is magnified, compared with the others.
    pub(super) magnified: Option<f64>,
    end: u64,
}

/// A linear piece.
struct Piece {
    from: u64,
    to: u64,
    left: f64,
    right: f64,
}

/// A stretch that is left out, with the edges of the cut.
pub(super) struct Cut {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) span: Span,
}

impl Axis {
    /// Returns the axis on which these times are, in order. `focus` is what has to be seen.
    pub(super) fn new(times: &[Time], focus: Option<Time>) -> Axis {
        let end = times.last().map_or(0, |time| time.as_us()).max(1);
        let spans = spans(times, end);
        let shown: u64 = spans.iter().map(|(from, to)| to - from).sum();
        let room = RIGHT - LEFT - CUT * (spans.len() - 1) as f64;
        let first = spans[0].1;
        // Magnified up to a little after the focus.
        let until = focus.map(|focus| (focus.as_us() + focus.as_us() / 5).clamp(1, first));
        let until = until.filter(|until| (*until as f64) < SMALL * shown as f64);
        let scale = |us: u64| match until {
            None => us as f64 * room / shown as f64,
            Some(until) => {
                let (small, rest) = (us.min(until), us.saturating_sub(until));
                small as f64 * MAGNIFIED * room / until as f64
                    + rest as f64 * (1.0 - MAGNIFIED) * room / (shown - until) as f64
            }
        };
        let (mut pieces, mut cuts, mut left, mut before) = (Vec::new(), Vec::new(), LEFT, 0);
        for (place, (from, to)) in spans.iter().enumerate() {
            if let Some((_, last)) = place.checked_sub(1).map(|last| spans[last]) {
                let span = Span::from_us(from - last);
                cuts.push(Cut { left, right: left + CUT, span });
                left += CUT;
            }
            let inner = until.filter(|until| place == 0 && until < to);
            for (from, to) in inner.map_or(vec![(*from, *to)], |at| vec![(*from, at), (at, *to)]) {
                let right = left + scale(before + to - from) - scale(before);
                pieces.push(Piece { from, to, left, right });
                (left, before) = (right, before + to - from);
            }
        }
        let magnified = until
            .map(|until| MAGNIFIED / until as f64 * (shown - until) as f64 / (1.0 - MAGNIFIED));
        Axis { pieces, cuts, magnified, end }
    }

    /// Returns where a time is, in per cent of the width.
    pub(super) fn x(&self, time: Time) -> f64 {
        let at = time.as_us().min(self.end);
        let found = self.pieces.iter().rev().find(|piece| piece.from <= at);
        let piece = found.unwrap_or(&self.pieces[0]);
        if at > piece.to {
            // It is in a cut.
            return piece.right;
        }
        let share = (at - piece.from) as f64 / (piece.to - piece.from).max(1) as f64;
        piece.left + share * (piece.right - piece.left)
    }

    /// Returns the labels, each with its place.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let mut ticks: Vec<(f64, String)> = Vec::new();
        for piece in &self.pieces {
            let width = piece.right - piece.left;
            let long = (piece.to - piece.from).max(1);
            // As many labels as there is room for.
            let room = (1..12).take_while(|count| f64::from(*count) * APART <= width).count();
            let step = nice(long / room.max(1) as u64);
            let first = piece.from.div_ceil(step) * step;
            let mut found = Vec::new();
            for at in (first..=piece.to).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
                found.push(at);
            }
            if found.is_empty() {
                found.push(piece.to);
            }
            for at in found {
                let x = self.x(Time::from_us(at));
                if ticks.last().is_none_or(|(last, _)| x - last >= APART * 0.8) {
                    ticks.push((x, label(at, step)));
                }
            }
        }
        ticks
    }
}

/// Returns what is shown: everything but the longest stretches in which nothing happens.
fn spans(times: &[Time], end: u64) -> Vec<(u64, u64)> {
    let mut spans = vec![(0, end)];
    let mut points: Vec<u64> = [0].into_iter().chain(times.iter().map(|at| at.as_us())).collect();
    points.sort_unstable();
    while spans.len() <= CUTS_MAX {
        let shown: u64 = spans.iter().map(|(from, to)| to - from).sum();
        let inside = |from: u64, to: u64| spans.iter().any(|span| span.0 <= from && to <= span.1);
        let gaps = points.windows(2).filter(|pair| inside(pair[0], pair[1]));
        let Some(gap) = gaps.max_by_key(|pair| pair[1] - pair[0]) else { break };
        let (from, to) = (gap[0], gap[1]);
        // What is left beside the cut shows that something goes on.
        let margin = ((shown - (to - from)) / 16).max(1);
        if ((to - from) as f64) < IDLE * shown as f64 || to - from <= 4 * margin {
            break;
        }
        let place = spans.iter().position(|span| span.0 <= from && to <= span.1);
        let place = place.expect("invariant: the gap is in some span");
        let (begin, end) = spans[place];
        spans.splice(place..=place, [(begin, from + margin), (to - margin, end)]);
    }
    spans
}

/// Returns the least of 1, 2 and 5 times a power of ten that is not below this.
fn nice(least: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            if factor * power >= least {
                return factor * power;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn label(us: u64, step: u64) -> String {
    if us == 0 {
        return "0".to_owned();
    }
    if us < 1_000_000 && step < 1_000_000 {
        return if step < 1_000 { format!("{:.1} ms", us as f64 / 1e3) } else { ms(us) };
    }
    let text = format!("{:.3}", us as f64 / 1e6);
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

fn ms(us: u64) -> String {
    format!("{} ms", us / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(times: &[u64], focus: Option<u64>) -> Axis {
        let times: Vec<Time> = times.iter().map(|at| Time::from_us(*at)).collect();
        Axis::new(&times, focus.map(Time::from_us))
    }

    #[test]
    fn times_keep_their_order_and_both_edges_are_used() {
        for (times, focus) in [
            (&[0, 10, 400, 410, 500_000, 4_600_000][..], Some(500_000)),
            (&[0, 1, 2, 1_000_000], Some(2)),
            (&[0, 250, 500, 750, 1_000], None),
            (&[0], None),
            (&[], None),
        ] {
            let axis = axis(times, focus);
            let places: Vec<f64> = times.iter().map(|at| axis.x(Time::from_us(*at))).collect();
            assert!(places.is_sorted(), "{places:?}");
            assert!(places.iter().all(|x| (LEFT..=RIGHT + 0.01).contains(x)), "{places:?}");
            let ticks = axis.ticks();
            assert!(ticks.is_sorted_by(|one, other| one.0 < other.0), "{ticks:?}");
        }
    }

    #[test]
    fn an_idle_stretch_is_cut_out_and_told() {
        let axis = axis(&[0, 100, 200, 300, 100_000], None);
        assert_eq!(axis.cuts.len(), 1);
        // A sixteenth of the rest is left on either side.
        assert_eq!(axis.cuts[0].span.as_us(), 100_000 - 300 - 2 * 18);
        let share = (axis.x(Time::from_us(300)) - LEFT) / (RIGHT - LEFT);
        assert!((0.7..0.95).contains(&share), "{share}");
        assert!(self::axis(&[0, 300, 600, 900], None).cuts.is_empty());
    }

    #[test]
    fn what_is_small_is_magnified_and_told() {
        let times: Vec<u64> = (0..=100).map(|at| at * 10_000).collect();
        let axis = axis(&times, Some(20_000));
        let magnified = axis.magnified.expect("it breaks at the beginning");
        let per_us = |from: u64, to: u64| {
            (axis.x(Time::from_us(to)) - axis.x(Time::from_us(from))) / (to - from) as f64
        };
        let ratio = per_us(0, 20_000) / per_us(500_000, 600_000);
        assert!((ratio / magnified - 1.0).abs() < 0.01, "{ratio} {magnified}");
        assert!(self::axis(&times, Some(500_000)).magnified.is_none());
    }

    #[test]
    fn labels_are_round() {
        assert_eq!(label(0, 10), "0");
        assert_eq!(label(250_000, 50_000), "250 ms");
        assert_eq!(label(4_635_000, 1_000), "4.635 s");
        assert_eq!(label(20_000_000, 5_000_000), "20 s");
        assert_eq!((nice(3), nice(10), nice(51)), (5, 10, 100));
    }
}
