//! `--vary`: a parameter that takes one value after another.

use std::fmt;
use std::str::FromStr;

use super::Failure;
use super::files::File;
use crate::record::Varied;
use crate::scenario::Settings;

/// A parameter takes at most this many values.
const VALUES_MAX: usize = 100;

/// A parameter and the values that it takes, one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Vary {
    name: String,
    values: Vec<String>,
}

/// What is wrong with the argument of `--vary`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum VaryError {
    /// Not `NAME=VALUES`.
    Form,
    /// A value of the list is empty.
    EmptyValue,
    /// A value is in the list twice.
    Twice(String),
    /// The range's end is before its beginning.
    EmptyRange(i64, i64),
    /// A range of something other than whole numbers.
    NotWhole(String),
    /// Too many values.
    TooMany(u64),
}

impl std::error::Error for VaryError {}

impl fmt::Display for VaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VaryError::Form => {
                f.write_str("it is NAME=VALUES, such as workers=1..16 or delay=0s,1s,5s")
            }
            VaryError::EmptyValue => f.write_str("a value is empty; a list is like 1s,2s,5s"),
            VaryError::Twice(value) => write!(f, "the value `{value}` is listed twice"),
            VaryError::EmptyRange(from, to) => {
                write!(f, "the range is empty; did you mean {to}..{from}?")
            }
            VaryError::NotWhole(text) => {
                write!(
                    f,
                    "`{text}` is not a range of whole numbers, such as 1..16; list the values"
                )
            }
            VaryError::TooMany(count) => {
                write!(f, "these are {count} values, and at most {VALUES_MAX} are played")
            }
        }
    }
}

impl fmt::Display for Vary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.values.join(","))
    }
}

impl FromStr for Vary {
    type Err = VaryError;

    fn from_str(text: &str) -> Result<Vary, VaryError> {
        let split =
            text.split_once('=').filter(|(name, values)| !(name.is_empty() || values.is_empty()));
        let (name, text) = split.ok_or(VaryError::Form)?;
        let values =
            if !text.contains(',') && text.contains("..") { range(text)? } else { list(text)? };
        Ok(Vary { name: name.to_owned(), values })
    }
}

fn range(text: &str) -> Result<Vec<String>, VaryError> {
    let bounds = text.split_once("..").and_then(|(from, to)| {
        // A range may also be written as in Rust.
        let to = to.strip_prefix('=').unwrap_or(to);
        Some((from.parse::<i64>().ok()?, to.parse::<i64>().ok()?))
    });
    let (from, to) = bounds.ok_or_else(|| VaryError::NotWhole(text.to_owned()))?;
    if to < from {
        return Err(VaryError::EmptyRange(from, to));
    }
    let count = to.abs_diff(from).saturating_add(1);
    if count > VALUES_MAX as u64 {
        return Err(VaryError::TooMany(count));
    }
    Ok((from..=to).map(|value| value.to_string()).collect())
}

fn list(text: &str) -> Result<Vec<String>, VaryError> {
    let values: Vec<String> = text.split(',').map(|value| value.trim().to_owned()).collect();
    if values.len() > VALUES_MAX {
        return Err(VaryError::TooMany(values.len() as u64));
    }
    for (index, value) in values.iter().enumerate() {
        if value.is_empty() {
            return Err(VaryError::EmptyValue);
        }
        if values[..index].contains(value) {
            return Err(VaryError::Twice(value.clone()));
        }
    }
    Ok(values)
}

impl Vary {
    /// Returns how many values there are.
    pub(super) fn values(&self) -> usize {
        self.values.len()
    }

    /// Returns each value, with all settings. The scenario must have the parameter.
    pub(super) fn settings(
        &self,
        file: &File,
        settings: &Settings,
    ) -> Result<Vec<(Varied, Settings)>, Failure> {
        let name = &self.name;
        check_parameter(file, settings, name, ("--vary", "varied"))?;
        let with = |value: &String| {
            let mut settings = settings.clone();
            settings.push((name.clone(), value.clone()));
            (Varied { name: name.clone(), value: value.clone() }, settings)
        };
        Ok(self.values.iter().map(with).collect())
    }
}

/// Checks that the scenario has a parameter that is not set as well. `option` names the parameter
/// on the command line, and `done` says what is done with it.
pub(super) fn check_parameter(
    file: &File,
    settings: &Settings,
    name: &str,
    (option, done): (&str, &str),
) -> Result<(), Failure> {
    if settings.iter().any(|(set, _)| set == name) {
        return Err(Failure::usage(format!("`{name}` is both set and {done}")));
    }
    let (_, loaded) = file.load(settings)?;
    let known: Vec<&str> = loaded.params.iter().map(|(name, _)| name.as_str()).collect();
    if known.contains(&name) {
        return Ok(());
    }
    let hint = match known.as_slice() {
        [] => "it has no [params] at all".to_owned(),
        known => format!("it has {}", known.join(", ")),
    };
    let named = &file.named;
    Err(Failure::usage(format!("{option} {name}: `{named}` has no parameter `{name}`; {hint}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_a_list_or_a_range_of_whole_numbers() {
        let check = |text: &str, expected: &str| {
            let vary: Vary = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((vary.name.as_str(), vary.values.join(" ")), ("n", expected.to_owned()));
        };
        check("n=1..4", "1 2 3 4");
        check("n=1..=4", "1 2 3 4");
        check("n=-1..1", "-1 0 1");
        check("n=3..3", "3");
        check("n=5s,10s", "5s 10s");
        check("n=5s", "5s");
        check("n=1ms..2ms,1ms..9ms", "1ms..2ms 1ms..9ms");
        let refuse = |text: &str, error: &VaryError| {
            assert_eq!(text.parse::<Vary>().as_ref(), Err(error), "{text}");
        };
        refuse("n", &VaryError::Form);
        refuse("=1..3", &VaryError::Form);
        refuse("n=", &VaryError::Form);
        refuse("n=4..1", &VaryError::EmptyRange(4, 1));
        refuse("n=1..10s", &VaryError::NotWhole("1..10s".to_owned()));
        refuse("n=1..", &VaryError::NotWhole("1..".to_owned()));
        refuse("n=1..101", &VaryError::TooMany(101));
        let all = format!("n={}..{}", i64::MIN, i64::MAX);
        refuse(&all, &VaryError::TooMany(u64::MAX));
        refuse("n=1,,2", &VaryError::EmptyValue);
        refuse("n=1,2,1", &VaryError::Twice("1".to_owned()));
    }
}
