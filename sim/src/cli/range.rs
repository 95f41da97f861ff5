//! A range of values of a parameter, as `--least` and `--most` take it.

use deadheat_model::time::Span;

use crate::scenario::parse_span;

/// A parameter and its range: `ttl=1s..60s`, or `ttl=1s..60s:10ms` with the unit of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) name: String,
    from: u64,
    unit: u64,
    /// How many units there are in the range.
    pub(super) last: u64,
    is_time: bool,
}

impl Range {
    /// Reads a range.
    pub(super) fn parse(text: &str) -> Result<Range, String> {
        let form = "it is NAME=FROM..TO, such as ttl=1s..60s or workers=1..16; a unit can follow, \
                    as in ttl=1s..60s:10ms";
        let (name, range) =
            text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or(form)?;
        let (range, unit) =
            range.split_once(':').map_or((range, None), |(range, unit)| (range, Some(unit)));
        let (from, to) = range.split_once("..").ok_or(form)?;
        let to = to.strip_prefix('=').unwrap_or(to);
        let is_time = from.parse::<u64>().is_err();
        let read = |text: &str| -> Result<u64, String> {
            let number =
                if is_time { parse_span(text).map(Span::as_us) } else { text.parse().ok() };
            let what = if is_time { "a time, such as 5s" } else { "a whole number" };
            number.ok_or_else(|| format!("`{text}` is not {what}; {form}"))
        };
        let (from, to) = (read(from)?, read(to)?);
        let unit = match unit {
            Some(unit) => read(unit)?,
            None if is_time => Span::from_ms(1).as_us(),
            None => 1,
        };
        if unit == 0 {
            return Err("the unit is zero".to_owned());
        }
        let last = to.checked_sub(from).map(|length| length / unit);
        let last = last.ok_or("the range is empty: its end is before its beginning")?;
        Ok(Range { name: name.to_owned(), from, unit, last, is_time })
    }

    /// Returns the value at this place, as the command line spells it.
    pub(super) fn spell(&self, place: u64) -> String {
        let value = self.from + place * self.unit;
        if self.is_time { Span::from_us(value).to_string() } else { value.to_string() }
    }
}
