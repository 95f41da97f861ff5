//! `deadheat prove --least` and `--most`: the value of a parameter from which on something is
//! proved.

use deadheat_model::property::PropertyId;

use super::args::{self, Format};
use super::exit_code::ExitCode;
use super::files::{self, File};
use super::output::{self, Output};
use super::pace::Pace;
use super::progress::{self, Bound as Progress};
use super::question::{ask, asked as asked_of, write_case};
use super::range::Range;
use super::vary::check_parameter;
use super::{Failure, interrupt};
use crate::record::{Answered, Proof, Threshold, Verdict, Verged};
use crate::report::threshold::{self, Verge};
use crate::report::{human, words};
use crate::scenario::{Guards, Settings};
use crate::study::{self, Bound, Subject, threshold as look};

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
        Verdict::Proved(_) | Verdict::Undecided(_) => None,
    });
    let mut broken: Vec<PropertyId> = counterexample
        .iter()
        .flat_map(|found| found.broken.iter().map(|way| way.fingerprint.property))
        .collect();
    broken.dedup();
    let proves = match found.threshold.verged {
        Verged::Found { proved, .. } => {
            let invocation = file.invocation(&settings(range, args, proved), &guards);
            Some(words::prove_line(&invocation, &args.properties))
        }
        Verged::AllProved
        | Verged::AllBroken
        | Verged::Contradiction { .. }
        | Verged::Undecided(_) => None,
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
        Format::Human => output.write(&threshold::human(&verge, elapsed))?,
        Format::Json => output.line(&threshold::json(&verge, elapsed))?,
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

/// Returns the settings of the command, with the value at this place.
fn settings(range: &Range, args: &args::Prove, place: u64) -> Settings {
    let mut settings = args.altered.settings.clone();
    settings.push((range.name.clone(), range.spell(place)));
    settings
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
        let settings = settings(range, args, place);
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
        Verged::AllProved
        | Verged::AllBroken
        | Verged::Contradiction { .. }
        | Verged::Undecided(_) => None,
    };
    let worst = broken.into_iter().find(|(place, ..)| Some(*place) == side);
    let worst = worst.map(|(_, proof, subject)| (proof, subject));
    Ok(Found { threshold, asked, about, states, worst })
}
