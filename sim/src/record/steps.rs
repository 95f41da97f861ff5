//! A schedule as text, short enough to be stored: the names of what fired and of what chance
//! decided.
//!
//! A file holds the actors and what they do in tables. A pick is `2b+1340`: the actor with number 2
//! in the table, the action with the letter `b`, 1,340 us after the previous pick. It is the next
//! one of several alike. Its number follows if it is not: `2b#4+1340`. What comes later is spelled
//! without a time, and a fate is spelled with its option after the `+`. The text knows no cast. So
//! a name is kept as it is even if its actor is no longer there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use deadheat_model::time::Time;
use serde::{Deserialize, Serialize};

use super::BadCase;

/// A schedule by names alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Coded", into = "Coded")]
pub struct Steps {
    /// What fired, in order.
    pub picks: Vec<Pick>,
    /// What was pending then, by name. It comes later than all of these.
    pub later: Vec<String>,
    /// What chance decided besides the order.
    pub fates: Vec<Chosen>,
}

/// Something that fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Its name, as schedules spell it.
    pub name: String,
    /// When it fired.
    pub at: Time,
}

/// An option that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// What it was for.
    pub name: String,
    /// Which option, from 0.
    pub option: usize,
}

/// The schedule as it is in a file.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Coded {
    actors: Vec<String>,
    does: Vec<String>,
    picks: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    later: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fates: Vec<String>,
}

impl Steps {
    /// Returns the first `count` picks and fates.
    #[must_use]
    pub fn first(&self, count: usize) -> Steps {
        Steps {
            picks: self.picks.iter().take(count).cloned().collect(),
            // Some of what is cut off may come before these.
            later: if count < self.picks.len() { Vec::new() } else { self.later.clone() },
            fates: self.fates.iter().take(count).cloned().collect(),
        }
    }
}

/// A line of a file holds tokens up to this width.
const LINE: usize = 88;

impl From<Steps> for Coded {
    fn from(steps: Steps) -> Coded {
        let (mut coded, mut now) = (Coded::default(), Time::ZERO);
        let mut counts = Counts::default();
        let mut picks = Vec::new();
        for step in &steps.picks {
            let since = (step.at - now).as_us();
            now = step.at;
            picks.push(coded.token(&mut counts, &step.name, since));
        }
        let later: Vec<String> =
            steps.later.iter().map(|name| coded.token(&mut counts, name, 0)).collect();
        let mut counts = Counts::default();
        let mut fates = Vec::new();
        for fate in &steps.fates {
            fates.push(coded.token(&mut counts, &fate.name, fate.option as u64));
        }
        Coded { picks: lines(&picks), later: lines(&later), fates: lines(&fates), ..coded }
    }
}

impl TryFrom<Coded> for Steps {
    type Error = BadCase;

    fn try_from(coded: Coded) -> Result<Steps, BadCase> {
        let is_name = |text: &str| !text.is_empty() && !text.contains(['/', ' ']);
        if let Some(bad) = coded.actors.iter().find(|actor| !is_name(actor)) {
            return Err(BadCase::Schedule(bad.clone()));
        }
        let is_deed = |text: &str| match text.split_once('/') {
            Some((operation, moment)) => {
                is_name(operation) && is_name(moment) && !operation.contains('#')
            }
            None => is_name(text),
        };
        if let Some(bad) = coded.does.iter().find(|does| !is_deed(does)) {
            return Err(BadCase::Schedule(bad.clone()));
        }
        let (mut steps, mut now, mut counts) = (Steps::default(), Time::ZERO, Counts::default());
        for token in tokens(&coded.picks) {
            let (name, since) = coded.read(&mut counts, token)?;
            let at = now.as_us().checked_add(since).filter(|at| *at < TIME_END);
            now = Time::from_us(at.ok_or_else(|| bad(token))?);
            steps.picks.push(Pick { name, at: now });
        }
        for token in tokens(&coded.later) {
            steps.later.push(coded.read(&mut counts, token)?.0);
        }
        let mut counts = Counts::default();
        for token in tokens(&coded.fates) {
            let (name, option) = coded.read(&mut counts, token)?;
            let option = usize::try_from(option).map_err(|_| bad(token))?;
            steps.fates.push(Chosen { name, option });
        }
        Ok(steps)
    }
}

/// No trial lasts this long, and the sum of two such times is still a number.
const TIME_END: u64 = 1 << 53;

fn bad(token: &str) -> BadCase {
    BadCase::Schedule(token.to_owned())
}

/// How often each actor has done each thing, by their places in the tables.
type Counts = BTreeMap<(usize, usize), u32>;

impl Coded {
    fn token(&mut self, counts: &mut Counts, name: &str, number: u64) -> String {
        let mut pieces = name.split('/');
        let actor = place(&mut self.actors, pieces.next().unwrap_or_default());
        let (second, third) = (pieces.next().unwrap_or_default(), pieces.next());
        let (deed, nth) = match (third, second.split_once('#')) {
            (Some(moment), Some((operation, nth))) => {
                let nth: u32 = nth.parse().expect("invariant: a call's number is one");
                (format!("{operation}/{moment}"), Some(nth))
            }
            _ => (second.to_owned(), None),
        };
        let deed = place(&mut self.does, &deed);
        let mut token = format!("{actor}{}", letters(deed));
        if let Some(nth) = nth {
            let last = counts.insert((actor, deed), nth).unwrap_or(0);
            if last.checked_add(1) != Some(nth) {
                let _ = write!(token, "#{nth}");
            }
        }
        if number > 0 {
            let _ = write!(token, "+{number}");
        }
        token
    }

    fn read(&self, counts: &mut Counts, token: &str) -> Result<(String, u64), BadCase> {
        let (rest, number) = token.split_once('+').unwrap_or((token, "0"));
        let (rest, nth) = match rest.split_once('#') {
            Some((rest, nth)) => (rest, Some(whole(nth).ok_or_else(|| bad(token))?)),
            None => (rest, None),
        };
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (actor, deed) = rest.split_at(digits);
        let actor = whole(actor).and_then(|place| usize::try_from(place).ok());
        let (actor, deed) = actor.zip(unletters(deed)).ok_or_else(|| bad(token))?;
        let found = self.actors.get(actor).zip(self.does.get(deed));
        let (who, what) = found.ok_or_else(|| bad(token))?;
        let number = whole(number).ok_or_else(|| bad(token))?;
        let Some((operation, moment)) = what.split_once('/') else {
            return Ok((format!("{who}/{what}"), number));
        };
        let last = counts.entry((actor, deed)).or_insert(0);
        let nth = match nth {
            Some(nth) => u32::try_from(nth).ok(),
            None => last.checked_add(1),
        };
        *last = nth.ok_or_else(|| bad(token))?;
        Ok((format!("{who}/{operation}#{last}/{moment}"), number))
    }
}

/// Reads a number in plain digits.
fn whole(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn place(table: &mut Vec<String>, word: &str) -> usize {
    table.iter().position(|known| known == word).unwrap_or_else(|| {
        table.push(word.to_owned());
        table.len() - 1
    })
}

/// Returns `a` to `z`, then `aa`, `ab` and so on.
fn letters(place: usize) -> String {
    let (mut rest, mut letters) = (place + 1, Vec::new());
    while rest > 0 {
        letters.push(b'a' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    letters.reverse();
    letters.into_iter().map(char::from).collect()
}

fn unletters(text: &str) -> Option<usize> {
    // Four letters are more than any table has rows.
    if text.is_empty() || text.len() > 4 || !text.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let number = text.bytes().fold(0, |sum, byte| sum * 26 + usize::from(byte - b'a') + 1);
    Some(number - 1)
}

fn lines(tokens: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for token in tokens {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + token.len() <= LINE => {
                line.push(' ');
                line.push_str(token);
            }
            _ => lines.push(token.clone()),
        }
    }
    lines
}

fn tokens(lines: &[String]) -> impl Iterator<Item = &str> {
    lines.iter().flat_map(|line| line.split_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(picks: &[(&str, u64)], later: &str, fates: &[(&str, usize)]) -> Steps {
        let step =
            |(name, at): &(&str, u64)| Pick { name: (*name).to_owned(), at: Time::from_us(*at) };
        let fate =
            |(name, option): &(&str, usize)| Chosen { name: (*name).to_owned(), option: *option };
        Steps {
            picks: picks.iter().map(step).collect(),
            later: vec![later.to_owned()],
            fates: fates.iter().map(fate).collect(),
        }
    }

    #[test]
    fn a_schedule_is_read_as_it_was_written() {
        let written = steps(
            &[
                ("browser/starts", 0),
                ("generate#1.1/create_run#1/arrives", 10),
                ("generate#1.1/create_run#2/arrives", 10),
                ("generate#2.1/create_run#3/arrives#2", 4_000_000),
            ],
            "generate#1.1/create_run#2/ends",
            &[("generate#1.1/create_run#1/outcome", 2)],
        );
        let text = serde_json::to_string(&written).expect("plain data");
        assert!(text.contains(r#""picks":["0a 1b+10 1b 2c#3+3999990"]"#), "{text}");
        assert!(text.contains(r#""later":["1d#2"],"fates":["1e+2"]"#), "{text}");
        assert_eq!(serde_json::from_str::<Steps>(&text).expect("as written"), written);
    }

    #[test]
    fn tables_may_have_many_rows() {
        let check = |place: usize, text: &str| {
            assert_eq!(letters(place), text);
            assert_eq!(unletters(text), Some(place));
        };
        check(0, "a");
        check(25, "z");
        check(26, "aa");
        check(27, "ab");
        check(702, "aaa");
        assert_eq!(unletters("zzzzz"), None);
    }

    #[test]
    fn tokens_that_mean_nothing_are_refused() {
        for token in ["a", "0", "0b", "1a", "0a+", "0a+x", "0a#0x", "0a#", "-0a", "0a++1", "0a!"] {
            let text = format!(r#"{{"actors":["x"],"does":["y#z"],"picks":["0a {token}"]}}"#);
            assert!(serde_json::from_str::<Steps>(&text).is_err(), "{token}");
        }
        for (actor, does) in [("", "starts"), ("a/b", "starts"), ("a", "b/c/d"), ("a", "b#1/c")] {
            let text = format!(r#"{{"actors":["{actor}"],"does":["{does}"],"picks":["0a"]}}"#);
            assert!(serde_json::from_str::<Steps>(&text).is_err(), "{actor} {does}");
        }
        let late = r#"{"actors":["x"],"does":["starts"],"picks":["0a+18446744073709551615 0a+9"]}"#;
        assert!(serde_json::from_str::<Steps>(late).is_err());
    }
}
