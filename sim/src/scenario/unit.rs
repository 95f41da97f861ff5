//! Times and windows as authors write them: `80ms`, `1.5s`, `2s..20s`. The inverse of their
//! `Display`.

use deadheat_model::time::{Span, UNITS, Window};

/// The longest time that a scenario may contain: a week. It keeps everything far from overflow.
pub(super) const LONGEST: Span = Span::from_secs(7 * 24 * 3600);

/// Why a text is not a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoTime {
    /// It does not have the form of a time.
    Malformed,
    /// It is longer than a week, or finer than a microsecond.
    OutOfRange,
    /// Its end comes before its beginning.
    Backward,
}

/// Reads a length of time.
pub(super) fn span(text: &str) -> Result<Span, NoTime> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(NoTime::Malformed)?;
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let (_, us) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(NoTime::Malformed)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(NoTime::Malformed);
    }
    let fraction = fraction.trim_end_matches('0');
    let parts = |digits: &str| match digits {
        "" => Ok(0),
        digits => digits.parse::<u64>().map_err(|_| NoTime::OutOfRange),
    };
    let scale = 10_u64.checked_pow(fraction.len() as u32).ok_or(NoTime::OutOfRange)?;
    let fine = parts(fraction)?.checked_mul(*us).ok_or(NoTime::OutOfRange)?;
    if fine % scale != 0 {
        return Err(NoTime::OutOfRange);
    }
    let whole = parts(whole)?.checked_mul(*us).ok_or(NoTime::OutOfRange)?;
    let span = Span::from_us(whole.checked_add(fine / scale).ok_or(NoTime::OutOfRange)?);
    if span > LONGEST { Err(NoTime::OutOfRange) } else { Ok(span) }
}

/// Reads a window: two lengths of time, or one that is used for both.
pub(super) fn window(text: &str) -> Result<Window, NoTime> {
    let Some((earliest, latest)) = text.split_once("..") else {
        return span(text).map(Window::exactly);
    };
    let (earliest, latest) = (span(earliest.trim())?, span(latest.trim())?);
    if earliest > latest { Err(NoTime::Backward) } else { Ok(Window::between(earliest, latest)) }
}

/// Returns the intended spelling of a time whose minutes are spelled `m`.
pub(super) fn meant_minutes(text: &str) -> Option<String> {
    let meant = |piece: &str| match piece.strip_suffix('m') {
        Some(number) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{number}min")
        }
        _ => piece.to_owned(),
    };
    let said: Vec<String> = text.split("..").map(|piece| meant(piece.trim())).collect();
    let said = said.join("..");
    (said != text).then_some(said)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_a_number_and_a_unit() {
        let check = |text, us| assert_eq!(span(text).map(Span::as_us), us, "{text}");
        check("80ms", Ok(80_000));
        check("1.5s", Ok(1_500_000));
        check("2min", Ok(120_000_000));
        check("0ms", Ok(0));
        check("15 min", Ok(900_000_000));
        check("0.001ms", Ok(1));
        check("0.5us", Err(NoTime::OutOfRange));
        check("8000h", Err(NoTime::OutOfRange));
        check("99999999999999999999s", Err(NoTime::OutOfRange));
        check("1.00000000000000000000001s", Err(NoTime::OutOfRange));
        check("2", Err(NoTime::Malformed));
        check("s", Err(NoTime::Malformed));
        check("-2s", Err(NoTime::Malformed));
        check("2 seconds", Err(NoTime::Malformed));
        check("1..2s", Err(NoTime::Malformed));
        check("", Err(NoTime::Malformed));
    }

    #[test]
    fn a_window_is_two_times_or_one() {
        let check = |text, shown: Result<&str, NoTime>| {
            assert_eq!(window(text).map(|window| window.to_string()), shown.map(str::to_owned));
        };
        check("2s..20s", Ok("2s..20s"));
        check("2s .. 20s", Ok("2s..20s"));
        check("30s", Ok("30s"));
        check("20s..2s", Err(NoTime::Backward));
        check("2..20s", Err(NoTime::Malformed));
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read(from in 0_u64..1_000_000_000, length in 0_u64..1_000_000) {
            let shown = Window::between(Span::from_us(from), Span::from_us(from + length));
            prop_assert_eq!(window(&shown.to_string()), Ok(shown));
        }
    }
}
