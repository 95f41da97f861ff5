//! A case: a trial that broke something, with everything that is needed to play it again, as one
//! small JSON file. It survives changes of its scenario, because its schedule is a list of names.
//!
//! It is read as carefully as any file that may have been edited, and is never followed here.

use std::collections::BTreeMap;
use std::fmt;

use deadheat_model::history::{Cast, Operation};
use deadheat_model::property::{Fingerprint, Holder, PropertyId, Reason, RoleId};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::steps::Steps;
use super::{Digest, Invocation};

/// The version of the format. It changes when a field changes its meaning.
///
/// Version 2: a name says whether it is a request's second copy. What was taken off is held back.
/// Waits that fold are drawn one by one, so that seeds mean other trials.
pub const CASE_FORMAT: u32 = 2;

/// No case has more bytes than this. A larger file is not read.
pub const CASE_MAX: usize = 20_000;

/// Seeds are below this.
const SEED_END: u64 = 1 << 53;

/// A scenario that is longer than this is not part of its cases.
const TEXT_MAX: usize = 7_000;

/// A stored trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// [`CASE_FORMAT`].
    pub format: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// What broke, in a sentence.
    pub what: String,
    /// What is expected of it from now on.
    pub expect: Expects,
    /// What identifies it when it fails again.
    pub fingerprint: Print,
    /// Which of the property's ways of breaking it was.
    pub why: String,
    /// What was played.
    pub scenario: Origin,
    /// The parameters that were set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// The guards, as `--guard` takes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<String>,
    /// The strategy that found it.
    pub strategy: String,
    /// The trial's seed. What the schedule does not hold is drawn with it.
    pub seed: u64,
    /// The digest of the trial's history.
    pub digest: Digest,
    /// What decided it, up to where it broke.
    pub schedule: Steps,
    /// What it was shrunk from, if it was. It is then played in its own text, which is not in any
    /// file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shrunk: Option<ShrunkFrom>,
    /// The scenario's text, line by line. It is `None` if the text is long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Vec<String>>,
}

/// The trial that a case was shrunk from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShrunkFrom {
    /// Its seed.
    pub seed: u64,
    /// The parameters that were set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// The guards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<String>,
    /// The strategy that found it.
    pub strategy: String,
}

/// What is expected of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expects {
    /// It fails, and this is known.
    Open,
    /// It does not fail any more. It is a finding if it does.
    Fixed,
}

/// The scenario of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Its name.
    pub name: String,
    /// The scenario as it was called: its name, or a path.
    pub file: String,
}

/// A fingerprint, spelled in names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Print {
    /// What was broken.
    pub property: String,
    /// What was done, and by what.
    pub first: Witnessed,
    /// What it ran into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<Witnessed>,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A witness, spelled in names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witnessed {
    /// What was done.
    pub operation: String,
    /// The kind of job, or the role, that did it. It is `None` if the server did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Which actor's action it was, compared with the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
}

/// Why a file is not a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadCase {
    /// It has more bytes than any case.
    TooLarge(usize),
    /// It is not JSON, or lacks something, or has something that a case does not have.
    NotACase(String),
    /// It has a version that this program does not read.
    Format {
        /// The version.
        format: u64,
        /// The scenario of the case, with its settings and guards as `run` takes them.
        scenario: Option<String>,
    },
    /// Something in its schedule means nothing.
    Schedule(String),
}

impl fmt::Display for BadCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadCase::TooLarge(bytes) => {
                write!(f, "it has {bytes} bytes, and no case has more than {CASE_MAX}")
            }
            BadCase::NotACase(why) => write!(f, "it is not a case: {why}"),
            BadCase::Format { format, scenario } => {
                write!(f, "it has format {format}, and this program reads format {CASE_FORMAT}")?;
                match scenario {
                    Some(scenario) => write!(
                        f,
                        ". What it shows has to be found again: `deadheat run {scenario}` writes a \
                         new case of it, if it is still there"
                    ),
                    None => f.write_str(": it was written by another version"),
                }
            }
            BadCase::Schedule(token) => {
                write!(f, "`{token}` means nothing in its schedule")
            }
        }
    }
}

impl std::error::Error for BadCase {}

impl Case {
    /// Reads a case.
    pub fn parse(bytes: &[u8]) -> Result<Case, BadCase> {
        #[derive(Deserialize)]
        struct Head {
            format: u64,
            #[serde(default)]
            scenario: serde_json::Value,
            #[serde(default)]
            set: serde_json::Value,
            #[serde(default)]
            guard: serde_json::Value,
        }
        if bytes.len() > CASE_MAX {
            return Err(BadCase::TooLarge(bytes.len()));
        }
        let no_case = |error: &serde_json::Error| BadCase::NotACase(error.to_string());
        let head: Head = serde_json::from_slice(bytes).map_err(|error| no_case(&error))?;
        if head.format != u64::from(CASE_FORMAT) {
            let set = head.set.as_object().into_iter().flatten();
            let set =
                set.filter_map(|(name, value)| Some(format!(" --set {name}={}", value.as_str()?)));
            let guard = head.guard.as_str().map(|guard| format!(" --guard {guard}"));
            let file = head.scenario["file"].as_str();
            let scenario = file.map(|file| file.to_owned() + &set.chain(guard).collect::<String>());
            return Err(BadCase::Format { format: head.format, scenario });
        }
        let case: Case = serde_json::from_slice(bytes).map_err(|error| no_case(&error))?;
        if case.seed >= SEED_END {
            return Err(BadCase::NotACase(format!(
                "{} is not a seed: seeds are below 2^53",
                case.seed
            )));
        }
        Ok(case)
    }

    /// Returns the case as a file holds it. The end of its schedule is left out if the file would
    /// have too many bytes. The seed draws that end again. Returns `None` if this is not enough.
    pub fn text(&self) -> Option<String> {
        let mut case = self.clone();
        let lines = case.text.iter().flatten();
        let is_long = lines.map(|line| line.len() + 1).sum::<usize>() > TEXT_MAX;
        // What is played in its own text is useless without it.
        if is_long && case.shrunk.is_none() {
            case.text = None;
        }
        let fits = |text: &String| text.len() <= CASE_MAX;
        let whole = Some(json(&case)).filter(fits);
        if whole.is_some() {
            return whole;
        }
        // This finds the most picks that fit, and as many fates.
        let (mut fit, mut beyond) = (0, self.schedule.picks.len().max(self.schedule.fates.len()));
        while beyond - fit > 1 {
            let middle = usize::midpoint(fit, beyond);
            case.schedule = self.schedule.first(middle);
            (fit, beyond) = if fits(&json(&case)) { (middle, beyond) } else { (fit, middle) };
        }
        case.schedule = self.schedule.first(fit);
        Some(json(&case)).filter(fits)
    }

    /// Returns the name of its file, which is the same for each trial that breaks in this way.
    pub fn file_name(&self) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut said = vec![self.scenario.name.as_str()];
        said.extend(self.set.iter().flat_map(|(name, value)| [name.as_str(), value]));
        said.extend(self.guard.as_deref());
        said.extend([self.fingerprint.property.as_str(), &self.fingerprint.first.operation]);
        let mut slug = String::new();
        for c in said.join("-").chars() {
            match c {
                c if is_plain(c) => slug.push(c),
                _ if slug.ends_with('-') => {}
                _ => slug.push('-'),
            }
        }
        slug.truncate(SLUG_MAX);
        let known = (&self.scenario.file, &self.set, &self.guard, &self.fingerprint, &self.why);
        let mut known = json(&known);
        if let Some(from) = &self.shrunk {
            known.push_str(&json(from));
            slug.push_str("-shrunk");
        }
        let hash = xxh3_64(known.as_bytes()) as u32;
        format!("{}-{hash:08x}.json", slug.trim_matches('-'))
    }

    /// Returns how its scenario is called.
    pub fn invocation(&self, program: &str) -> Invocation {
        Invocation {
            program: program.to_owned(),
            scenario: self.scenario.file.clone(),
            settings: self.settings(),
            guards: self.guard.clone(),
            strategy: Some(self.strategy.clone()).filter(|strategy| strategy != "walk"),
        }
    }

    /// Returns the parameters that were set.
    pub fn settings(&self) -> Vec<(String, String)> {
        self.set.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// A file's name is no longer than this, not counting its hash.
const SLUG_MAX: usize = 100;

fn json(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("invariant: a case is plain data");
    text.push('\n');
    text
}

/// How holders are spelled.
const HOLDERS: [(Holder, &str); 3] =
    [(Holder::Itself, "itself"), (Holder::OtherAttempt, "other-attempt"), (Holder::Other, "other")];

impl Print {
    /// Returns the fingerprint in the names of this cast.
    pub fn of(fingerprint: &Fingerprint, cast: &Cast) -> Print {
        let witnessed = |operation: Operation, by: Option<RoleId>| Witnessed {
            operation: operation.name().to_owned(),
            by: by.map(|role| role.name(cast).to_owned()),
            holder: None,
        };
        let holder = |holder: Holder| {
            let named = HOLDERS.into_iter().find(|(known, _)| *known == holder);
            named.expect("invariant: the table has every holder").1
        };
        let (operation, by) = fingerprint.first;
        Print {
            property: fingerprint.property.name().to_owned(),
            reason: fingerprint.reason.map(|reason| reason.name().to_owned()),
            first: witnessed(operation, by),
            second: fingerprint.second.map(|(operation, by, whose)| Witnessed {
                holder: Some(holder(whose).to_owned()),
                ..witnessed(operation, by)
            }),
        }
    }

    /// Returns the fingerprint in this cast. Returns `None` if the cast has no such role.
    pub fn within(&self, cast: &Cast) -> Option<Fingerprint> {
        let property = PropertyId::ALL.into_iter().find(|id| id.name() == self.property)?;
        let witnessed = |witness: &Witnessed| {
            let known = Operation::ALL.into_iter();
            let operation = known.into_iter().find(|known| known.name() == witness.operation)?;
            let by = match &witness.by {
                None => None,
                Some(name) => Some(RoleId::named(name, cast)?),
            };
            Some((operation, by))
        };
        let second = match &self.second {
            None => None,
            Some(witness) => {
                let (operation, by) = witnessed(witness)?;
                let holder = HOLDERS
                    .into_iter()
                    .find(|(_, name)| witness.holder.as_deref() == Some(name))?;
                Some((operation, by, holder.0))
            }
        };
        let reason = match &self.reason {
            None => None,
            Some(name) => Some(Reason::ALL.into_iter().find(|known| known.name() == name)?),
        };
        Some(Fingerprint { property, first: witnessed(&self.first)?, second, reason })
    }

    /// Returns the roles that it names.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        let second = self.second.iter().filter_map(|witness| witness.by.as_deref());
        self.first.by.as_deref().into_iter().chain(second)
    }
}

/// A case that was played again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its file.
    pub file: String,
    /// The case.
    pub case: Case,
    /// What has become of it.
    pub state: State,
    /// Whether its scenario's text has changed.
    pub has_changed: bool,
}

impl Kept {
    /// Returns whether this is not as it should be.
    pub fn is_finding(&self) -> bool {
        let fails = matches!(self.state, State::Open | State::Elsewhere { .. });
        fails && self.case.expect == Expects::Fixed
    }
}

/// What has become of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It fails, with its fingerprint.
    Open,
    /// It does not fail in its order any more, but other trials fail with its fingerprint.
    Elsewhere {
        /// Where the trial leaves the schedule, if it does.
        first: Option<Difference>,
        /// What was played. The last of these failed.
        looked: Vec<Looked>,
    },
    /// It does not fail, and neither does anything else that was played.
    Fixed {
        /// What cannot happen any more, if its order cannot.
        first: Option<Difference>,
        /// What was played.
        looked: Vec<Looked>,
    },
    /// An actor or a thing that it names is gone, and nothing that was played fails.
    Drifted {
        /// Where the trial leaves the schedule.
        first: Difference,
        /// What was played.
        looked: Vec<Looked>,
    },
    /// It cannot be played any more, for this reason.
    Lost(String),
}

impl State {
    /// Returns the name that JSON uses.
    pub const fn name(&self) -> &'static str {
        match self {
            State::Open | State::Elsewhere { .. } => "open",
            State::Fixed { .. } => "fixed",
            State::Drifted { .. } | State::Lost(_) => "drifted",
        }
    }
}

/// Trials that were played to see whether what a case found is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The strategy of a sweep. It is `None` for trials that keep the case's order as far as there
    /// is one.
    pub under: Option<String>,
    /// This many failed with its fingerprint.
    pub failing: u64,
    /// Out of this many.
    pub of: u64,
}

/// Where a trial first differs from a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which pick, from 1.
    pub number: usize,
    /// Its name in the schedule.
    pub expected: String,
    /// In which way.
    pub how: How,
}

/// How a trial differs from a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// The scenario has no actor or thing of this name.
    Unknown,
    /// It did not happen.
    Missing,
    /// It could not happen yet, because this one came first.
    After(String),
    /// It was not pending, but these were.
    Instead(Vec<String>),
    /// Chance was asked for something else.
    Fate,
}

#[cfg(test)]
mod tests {
    use super::super::Pick;
    use super::*;
    use deadheat_model::time::Time;

    fn case(picks: usize) -> Case {
        let witness = |holder: Option<&str>| Witnessed {
            operation: "create_run".to_owned(),
            by: Some("generate".to_owned()),
            holder: holder.map(str::to_owned),
        };
        let pick = |index: usize| Pick {
            name: format!("worker-{}/create_run#{}/arrives", index % 50, index / 50 + 1),
            at: Time::from_us(index as u64 * 12_345),
        };
        Case {
            format: CASE_FORMAT,
            program: "0.1.0".to_owned(),
            what: "a run is refused".to_owned(),
            expect: Expects::Open,
            fingerprint: Print {
                reason: Some("not awaited".to_owned()),
                property: "no-rejected-call".to_owned(),
                first: witness(None),
                second: Some(witness(Some("other"))),
            },
            why: "refused".to_owned(),
            scenario: Origin { name: "race".to_owned(), file: "./race.toml".to_owned() },
            set: BTreeMap::from([("delay".to_owned(), "1s..2s".to_owned())]),
            guard: Some("retry+lock:ttl=1min".to_owned()),
            strategy: "walk".to_owned(),
            seed: 3,
            digest: Digest { scenario: 1, history: 255 },
            schedule: Steps {
                picks: (0..picks).map(pick).collect(),
                later: Vec::new(),
                fates: Vec::new(),
            },
            shrunk: None,
            text: Some(vec!["format = 1".to_owned(), String::new()]),
        }
    }

    #[test]
    fn a_case_is_read_as_it_was_written() {
        let written = case(40);
        let text = written.text().expect("it is small");
        assert_eq!(Case::parse(text.as_bytes()), Ok(written));
    }

    #[test]
    fn the_end_of_a_long_schedule_is_left_out() {
        let long = case(100_000);
        let text = long.text().expect("it can be cut");
        assert!(text.len() <= CASE_MAX && text.len() > CASE_MAX - 200, "{}", text.len());
        let read = Case::parse(text.as_bytes()).expect("as written");
        let picks = read.schedule.picks.len();
        assert!(picks > 1_000, "{picks}");
        assert_eq!(read.schedule.picks, long.schedule.picks[..picks]);
        assert_eq!(read.text, long.text);
    }

    #[test]
    fn a_long_scenario_is_left_out_and_a_case_that_cannot_be_small_is_none() {
        let mut one = case(10);
        one.text = Some(vec!["#".repeat(30_000)]);
        let read = Case::parse(one.text().expect("without the text").as_bytes());
        assert_eq!(read.map(|case| case.text), Ok(None));
        one.set.insert("x".to_owned(), "y".repeat(30_000));
        assert_eq!(one.text(), None);
    }

    #[test]
    fn a_file_name_is_readable_and_tells_cases_apart() {
        let one = case(1);
        assert_eq!(
            one.file_name(),
            "race-delay-1s-2s-retry-lock-ttl-1min-no-rejected-call-create_run-5f717683.json"
        );
        let mut other = case(2);
        assert_eq!(one.file_name(), other.file_name());
        other.fingerprint.second = None;
        assert_ne!(one.file_name(), other.file_name());
        other.scenario.name = "../../x".repeat(40);
        let name = other.file_name();
        assert!(name.len() < 130 && !name.contains("..") && !name.contains('/'), "{name}");
    }

    #[test]
    fn a_seed_is_one_that_the_command_line_takes() {
        let text = case(1).text().expect("it is small");
        let text = text.replace("\"seed\": 3", "\"seed\": 9007199254740992");
        let said = Case::parse(text.as_bytes()).expect_err("too large").to_string();
        assert_eq!(said, "it is not a case: 9007199254740992 is not a seed: seeds are below 2^53");
    }

    #[test]
    fn another_version_is_refused_whatever_else_it_has() {
        let check = |text: &str, said: &str| {
            let bad = Case::parse(text.as_bytes()).expect_err("another version");
            assert_eq!(bad.to_string(), said);
        };
        check(
            r#"{ "format": 3, "schedule": 7 }"#,
            "it has format 3, and this program reads format 2: it was written by another version",
        );
        check(
            r#"{ "format": 1, "scenario": { "file": "race" }, "set": { "n": "3" }, "guard": "x" }"#,
            "it has format 1, and this program reads format 2. What it shows has to be found \
             again: `deadheat run race --set n=3 --guard x` writes a new case of it, if it is still \
             there",
        );
    }
}
