//! `deadheat prove --least` and `--most`: the value of a parameter from which on something is
//! proved.

use deadheat_model::property::PropertyId;
use deadheat_model::time::Span;

use super::args::{self, ProveFormat};
use super::exit_code::ExitCode;
use super::files::{self, File};
use super::output::{self, Output};
use super::pace::Pace;
use super::progress::{self, Bound as Progress};
use super::prove::{ask, asked as asked_of, write_case};
use super::vary::check_parameter;
use super::{Failure, interrupt};
use crate::record::{Answered, Proof, Threshold, Verdict, Verged};
use crate::report::threshold::{self, Verge};
use crate::report::{human, words};
use crate::scenario::{Guards, Settings, parse_span};
use crate::study::{self, Bound, Subject, threshold as look};

/// A parameter and its range: `ttl=1s..60s`, or `ttl=1s..60s:10ms` with the unit of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    name: String,
    from: u64,
    unit: u64,
    /// How many units there are in the range.
    last: u64,
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

    /// Returns the settings of the command, with this value.
    fn settings(&self, args: &args::Prove, place: u64) -> Settings {
        let mut settings = args.altered.settings.clone();
        settings.push((self.name.clone(), self.spell(place)));
        settings
    }

    fn spell(&self, place: u64) -> String {
        let value = self.from + place * self.unit;
        if self.is_time { Span::from_us(value).to_string() } else { value.to_string() }
    }
}

/// What was found, and what a report needs besides.
struct Found {
    threshold: Threshold,
    asked: Vec<PropertyId>,
    about: String,
    states: u64,
    /// The proof at the value on the bad side, with its subject.
    worst: Option<(Proof, Subject)>,
}

/// Runs the command.
pub(super) fn run(
    args: &args::Prove,
    (range, bound): (&Range, Bound),
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    let file = files::find(&args.scenario)?;
    let guards = Guards::compose(&args.altered.guards);
    let option = if bound == Bound::Least { "--least" } else { "--most" };
    check_parameter(&file, &args.altered.settings, &range.name, (option, "looked for"))?;
    let title = human::titled(&file.name(), &file.invocation(&args.altered.settings, &guards));
    progress::begin(&title, args.duration.map_or(Progress::Unknown, Progress::Time));
    let pace = Pace::begin(args.duration);
    let mut found = find(args, &file, &guards, (range, bound), pace)?;
    let worst = found.worst.as_mut();
    let unwritten = worst.and_then(|(proof, subject)| write_case(proof, subject));
    let counterexample = found.worst.as_ref().and_then(|(proof, _)| match &proof.verdict {
        Verdict::Broken(found) => Some(found),
        _ => None,
    });
    let mut broken: Vec<PropertyId> = counterexample
        .iter()
        .flat_map(|found| found.broken.iter().map(|way| way.fingerprint.property))
        .collect();
    broken.dedup();
    let proves = match found.threshold.verged {
        Verged::Found { proved, .. } => {
            let invocation = file.invocation(&range.settings(args, proved), &guards);
            Some(words::prove_line(&invocation, &args.properties))
        }
        _ => None,
    };
    let verge = Verge {
        title: &title,
        about: &found.about,
        name: &range.name,
        is_least: bound == Bound::Least,
        threshold: &found.threshold,
        spell: &|place| range.spell(place),
        asked: &found.asked,
        broken: &broken,
        case: counterexample.and_then(|found| found.case.as_deref()),
        proves: proves.as_deref(),
        states: found.states,
        program: &files::program(),
    };
    let elapsed = pace.elapsed();
    match args.format {
        ProveFormat::Human => output.write(&threshold::human(&verge, elapsed))?,
        ProveFormat::Json => output.line(&threshold::json(&verge, elapsed))?,
    }
    output.flush()?;
    if let Some(message) = unwritten {
        output::warn(&message);
    }
    Ok(match found.threshold.verged {
        _ if interrupt::is_raised() => ExitCode::Interrupted,
        Verged::Found { .. } | Verged::AllProved => ExitCode::Expected,
        Verged::AllBroken => ExitCode::Finding,
        Verged::Contradiction { .. } | Verged::Undecided(_) => ExitCode::Inconclusive,
    })
}

/// Asks about one value after another.
fn find(
    args: &args::Prove,
    file: &File,
    guards: &Guards,
    (range, bound): (&Range, Bound),
    pace: Pace,
) -> Result<Found, Failure> {
    let (mut asked, mut states, mut about) = (Vec::new(), 0, String::new());
    let mut broken: Vec<(u64, Proof, Subject)> = Vec::new();
    let threshold = look(range.last, bound, &mut |place| {
        let settings = range.settings(args, place);
        let subject = file.subject(&settings, guards)?;
        asked = asked_of(args, subject.scenario())?;
        about.clone_from(&subject.scenario().summary);
        // Nobody asks how many orders there are.
        let question = ask(args, subject.clone(), (asked.clone(), 0));
        let (proof, stage) = study::prove(&question, &|| pace.cut());
        states += proof.searches.iter().map(|search| search.states).sum::<u64>();
        Ok::<_, Failure>(match &proof.verdict {
            Verdict::Proved(_) => Answered::Proved,
            Verdict::Undecided(_) => Answered::Undecided,
            Verdict::Broken(_) => {
                broken.push((place, proof, subject.on(stage)));
                Answered::Broken
            }
        })
    })?;
    let side = match threshold.verged {
        Verged::Found { broken, .. } => Some(broken),
        _ => None,
    };
    let worst = broken.into_iter().find(|(place, ..)| Some(*place) == side);
    let worst = worst.map(|(_, proof, subject)| (proof, subject));
    Ok(Found { threshold, asked, about, states, worst })
}
