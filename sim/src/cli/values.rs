//! Values on the command line: counts, seeds and times, as people write them.

use deadheat_model::property::PropertyId;

use crate::engine::Host;
use crate::scenario::parse_span;
use crate::study::Reduction;

/// Seeds stay below 2^53, the limit of what a JavaScript reader can distinguish.
pub(super) const SEED_END: u64 = 1 << 53;

pub(super) const TRIALS_MAX: u64 = 1_000_000_000_000;
/// The most memory that a search may use, in MiB.
pub(super) const MEMORY_MAX: u64 = 1 << 20;

pub(super) const LANES_MAX: u64 = 256;

pub(super) const NEAR_MAX: u64 = 1_000_000;

pub(super) const EXPLAIN_MAX: u64 = 1_000_000;

/// Reads a number from 1 to `max`, as people write it: `10000`, `10_000`, `10k`, `1e4`.
pub(super) fn counted(
    max: u64,
) -> impl Fn(&str) -> Result<u64, String> + Clone + Send + Sync + 'static {
    move |text| {
        let count = count(text).filter(|count| (1..=max).contains(count));
        count.ok_or_else(|| format!("a number from 1 to {max}, such as 500, 10k or 1e4"))
    }
}

fn count(text: &str) -> Option<u64> {
    let plain = text.replace(['_', ','], "");
    let (digits, zeros) = match plain.split_once(['e', 'E']) {
        Some((digits, zeros)) => (digits, zeros.parse().ok()?),
        None => {
            let suffixes = [(['k', 'K'], 3), (['m', 'M'], 6)].into_iter();
            let mut suffixed = suffixes.filter_map(|(suffix, zeros)| {
                plain.strip_suffix(suffix).map(|digits| (digits, zeros))
            });
            suffixed.next().unwrap_or((&plain, 0))
        }
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let digits: u64 = digits.parse().ok().filter(|_| is_number)?;
    digits.checked_mul(10_u64.checked_pow(zeros)?)
}

/// A seed as the caller asked for it.
#[derive(Clone, Copy)]
pub(super) enum Seed {
    Given(u64),
    Random,
}

/// This many digits of a hash make a seed.
const HASH_DIGITS: usize = 13;

/// Reads a seed. A text that has only decimal digits is a decimal number, not a hash.
pub(super) fn seed(text: &str) -> Result<Seed, String> {
    if text == "random" {
        return Ok(Seed::Random);
    }
    let is_all = |text: &str, is_digit: fn(&u8) -> bool| text.as_bytes().iter().all(is_digit);
    let is_hash = matches!(text.len(), 7..=40 | 64) && is_all(text, u8::is_ascii_hexdigit);
    let number = if let Some(digits) = text.strip_prefix("0x") {
        let digits = Some(digits).filter(|digits| is_all(digits, u8::is_ascii_hexdigit));
        digits.and_then(|digits| u64::from_str_radix(digits, 16).ok())
    } else if is_hash && !is_all(text, u8::is_ascii_digit) {
        u64::from_str_radix(&text[..text.len().min(HASH_DIGITS)], 16).ok()
    } else {
        text.parse().ok()
    };
    number.filter(|seed| *seed < SEED_END).map(Seed::Given).ok_or_else(|| {
        let is_power = count(text).is_some() && text.contains(['e', 'E']);
        let hint = if is_power { "a seed has no exponent; " } else { "" };
        format!(
            "{hint}a seed is a number below 2^53, such as 42 or 0x2a, a git hash of 7 to 40 \
             digits with a letter among them, or `random`"
        )
    })
}

/// Reads a time as people write it: 60s, 1m30s, 5min.
pub(super) fn duration(text: &str) -> Result<std::time::Duration, String> {
    let mut whole = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let end =
            rest[unit..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| unit + at);
        let part = match &rest[unit..end] {
            "m" => format!("{}min", &rest[..unit]),
            _ => rest[..end].to_owned(),
        };
        let span = parse_span(&part).ok_or(NO_TIME)?;
        whole = whole.checked_add(span.as_us()).ok_or(NO_TIME)?;
        rest = &rest[end..];
    }
    if whole == 0 { Err(NO_TIME.to_owned()) } else { Ok(std::time::Duration::from_micros(whole)) }
}

const NO_TIME: &str = "a time is a number and a unit, such as 60s, 1m30s or 5min";

pub(super) fn property(text: &str) -> Result<PropertyId, String> {
    PropertyId::ALL.into_iter().find(|property| property.name() == text).ok_or_else(|| {
        let names = PropertyId::ALL.map(PropertyId::name);
        format!("a property is one of {}", names.join(", "))
    })
}

pub(super) fn reduction(text: &str) -> Result<Reduction, String> {
    Reduction::ALL.into_iter().find(|reduction| reduction.name() == text).ok_or_else(|| {
        let names = Reduction::ALL.map(Reduction::name);
        format!("one of {}", names.join(", "))
    })
}

pub(super) fn host(name: &str) -> Result<Host, String> {
    let names: Vec<String> = Host::ALL.iter().map(Host::to_string).collect();
    name.parse().map_err(|()| format!("there is {}", names.join(" and ")))
}

pub(super) fn setting(text: &str) -> Result<(String, String), String> {
    let split = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = split.ok_or("a setting is NAME=VALUE, such as workers=8")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_number_a_git_hash_or_random() {
        let check = |text: &str, expected: Option<u64>| match (seed(text), expected) {
            (Ok(Seed::Given(seed)), Some(expected)) => assert_eq!(seed, expected, "{text}"),
            (Err(_), None) => {}
            _ => panic!("{text}"),
        };
        check("0", Some(0));
        check("9007199254740991", Some(SEED_END - 1));
        check("9007199254740992", None);
        check("-1", None);
        check("0123456789abcdef0123456789abcdef01234567", Some(0x0_1234_5678_9abc));
        check("1e3", None);
        check("", None);
        check("0x2a", Some(42));
        check("0x1fffffffffffff", Some(SEED_END - 1));
        check("0x20000000000000", None);
        check("0x", None);
        check("0x+2", None);
        check("0x2g", None);
        check("45d8a58", Some(0x045d_8a58));
        check("a1b2c3", None);
        check("fffffffffffffffff", Some(SEED_END / 2 - 1));
        check("0123456789abcdef0123456789abcdef012345678", None);
        // A text that has only decimal digits is a decimal number.
        check("1234567", Some(1_234_567));
        check("1234567890123456789", None);
        check("1e34567", Some(0x01e3_4567));
        assert!(matches!(seed("random"), Ok(Seed::Random)));
        let refused = seed("1e4").err().unwrap_or_default();
        assert!(refused.starts_with("a seed has no exponent"), "{refused}");
    }

    #[test]
    fn numbers_and_times_are_read_as_people_write_them() {
        let counts =
            ["1000", "10_000", "10,000", "10k", "1e4", "2M", "", "k", "1.5k", "-1", "1e99"];
        let ten = Some(10_000);
        assert_eq!(
            counts.map(count),
            [Some(1_000), ten, ten, ten, ten, Some(2_000_000), None, None, None, None, None]
        );
        let seconds = |text: &str| duration(text).ok().map(|time| time.as_secs_f64());
        assert_eq!(seconds("1m30s"), Some(90.0));
        assert_eq!(seconds("5min"), Some(300.0));
        assert_eq!(seconds("500ms"), Some(0.5));
        assert_eq!(seconds("1h"), Some(3_600.0));
        assert_eq!(["", "60", "s", "0s", "1x", "1m30"].map(seconds), [None; 6]);
    }
}
