//! `deadheat run`: sweeps of scenarios, judged. What happens is told to a reporter, event by event.

mod baseline;
mod failure;
mod github;
mod header;
mod journal;
mod json;
mod junit;
mod page;
mod pages;
mod planned;
mod plot;
mod watch;
mod ways;

use std::time::Duration;

use deadheat_model::property::PropertyId;

pub(super) use self::header::Header;

use self::baseline::Baseline;
use self::github::Github;
use self::journal::{Journal, Journaled, Watched};
use self::json::Lines;
use self::junit::Junit;
use self::page::Page;
use self::pages::Pages;
use self::planned::{Planned, chosen, planned, sweep};
use self::plot::Plot;
use super::args::{self, Format};
use super::exit_code::ExitCode;
use super::files::File;
use super::output::Output;
use super::pace::Pace;
use super::plan::{Place, counted, seed};
use super::progress::{self, Bound};
use super::{Failure, cases, interrupt, output};
use crate::engine::{Play, Sweep};
use crate::record::{Checked, Cut, Invocation, Kept, Part, Varied};
use crate::report::human::{self, Detail};
use crate::report::words::shown_line;
use crate::scenario::NotApplicable;
use crate::study::{Subject, Until, check, soon_proved};

/// What happens in a run, in order.
enum Event<'a> {
    /// The run begins.
    Begin { header: &'a Header, args: &'a args::Run, sweep: Sweep },
    /// The kept cases were played, each in its scenario as it is now.
    Kept(&'a [Kept]),
    /// A setting was not played, because its guard does not apply.
    NotApplicable { scenario: &'a str, invocation: &'a Invocation, reason: &'a str },
    /// A setting was played and judged.
    Checked(Swept<'a>),
    /// Everything was played, or the run was interrupted. The code is that of the whole run.
    End { elapsed: Duration, code: ExitCode },
}

impl<'a> Event<'a> {
    fn not_applicable(scenario: &'a str, invocation: &'a Invocation, reason: &'a str) -> Event<'a> {
        Event::NotApplicable { scenario, invocation, reason }
    }
}

/// A setting that was played and judged.
struct Swept<'a> {
    checked: &'a Checked,
    file: &'a File,
    subject: &'a Subject,
    varied: Option<&'a Varied>,
    elapsed: Duration,
    detail: Detail,
}

/// A format of the report.
trait Reporter {
    /// Writes what there is to say about an event.
    fn hear(&mut self, event: &Event<'_>, output: &mut Output) -> Result<(), Failure>;
}

/// Runs the command.
pub(super) fn run(args: &args::Run, output: &mut Output) -> Result<ExitCode, Failure> {
    if args.watch { watch::watch(args, output) } else { perform(args, None, None, output) }
}

/// Reports a run whose trials have been played already, in parts.
pub(super) fn merged(
    args: &args::Run,
    played: (Header, Vec<Part>),
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    perform(args, Some(played), None, output)
}

/// Plays what has not been played yet, and reports the whole.
fn perform(
    args: &args::Run,
    played: Option<(Header, Vec<Part>)>,
    more: Option<Box<dyn Reporter>>,
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    let pace = Pace::begin(args.duration);
    let sweep = sweep(args)?;
    let files = chosen(args)?;
    let planned = planned(args, &files)?;
    let all = planned.iter().filter(|planned| planned.subject.is_ok()).count();
    let header = header(args, sweep, &planned);
    let (journal, begun) = begun(args, &header, played)?;
    let mut told = Told::new(reporters(args, files.len(), all), more);
    told.tell(&Event::Begin { header: &header, args, sweep }, output)?;
    let mut baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
    let mut code = ExitCode::Expected;
    if args.vary.is_none() {
        let kept = kept(args, &files)?;
        told.tell(&Event::Kept(&kept), output)?;
        if kept.iter().any(Kept::is_finding) {
            code = ExitCode::Finding;
        }
    }
    let (mut place, mut unwritten) = (0, None);
    for (index, Planned { file, name, invocation, varied, subject }) in
        planned.into_iter().enumerate()
    {
        let subject = match subject {
            Ok(subject) => subject,
            Err(NotApplicable { reason }) => {
                told.tell(&Event::not_applicable(&name, &invocation, &reason), output)?;
                continue;
            }
        };
        let detail = detail(args, files.len() == 1 && place == 0);
        let journaled = journal.as_ref().map(|one| one.of(index, &subject));
        let played = Playing { begun: begun.get(index), journaled: journaled.as_ref() };
        let (mut checked, elapsed) = timed(&subject, sweep, args, (pace, (place, all)), &played);
        place += 1;
        if let Some(baseline) = &mut baseline {
            baseline.apply(&mut checked, &human::titled(&name, &invocation));
        }
        if varied.is_none() {
            complete(args, &mut checked, (&subject, detail), &mut unwritten);
        }
        let (checked, subject, varied) = (&checked, &subject, varied.as_ref());
        let swept = Swept { checked, file: &file, subject, varied, elapsed, detail };
        told.tell(&Event::Checked(swept), output)?;
        code = code.or(checked.judged().into());
        if interrupt::is_raised() {
            code = code.or(ExitCode::Interrupted);
            break;
        }
        if told.is_unheard(output) && journal.is_none() && place < all {
            // Not everything was played.
            code = code.or(ExitCode::Inconclusive);
            break;
        }
    }
    if place == 0 {
        code = code.or(ExitCode::Nothing);
    }
    told.tell(&Event::End { elapsed: pace.elapsed(), code }, output)?;
    // Neither of these changes a verdict.
    let unwritten = unwritten.map(|why| format!("{why}; what broke can be replayed by its seed"));
    let missing = baseline.and_then(|one| one.missing());
    unwritten.iter().chain(&missing).for_each(|warning| output::warn(warning));
    journal.map_or(Ok(code), |journal| journal.end().map(|()| code))
}

/// Returns the head of the run. A part has the head of its whole.
fn header(args: &args::Run, sweep: Sweep, planned: &[Planned]) -> Header {
    let first_seed = args.shard.map_or(sweep.first_seed, |_| seed(args.seed));
    Header::new(args, first_seed, planned)
}

/// Adds what is proved and the cases of what was found. `unwritten` says why a case could not be
/// written; no other case is written then.
fn complete(
    args: &args::Run,
    checked: &mut Checked,
    (subject, detail): (&Subject, Detail),
    unwritten: &mut Option<String>,
) {
    if detail != Detail::Brief && !args.quiet {
        checked.proved = proved(checked, subject);
    }
    if unwritten.is_none() {
        let play = Play { madsim_seed: args.madsim_seed, ..Play::seed(0) };
        *unwritten = cases::write(checked, subject, detail, play);
    }
}

/// Returns the journal, if one is written, and what was played before, by setting.
fn begun(
    args: &args::Run,
    header: &Header,
    played: Option<(Header, Vec<Part>)>,
) -> Result<(Option<Journal>, Vec<Part>), Failure> {
    if let Some((then, parts)) = played {
        if let Some(why) = header.difference(&then) {
            return Err(Failure::usage(format!("the parts cannot be merged: {why}")));
        }
        return Ok((None, parts));
    }
    match (&args.resume, &args.journal) {
        (Some(path), _) => {
            Journal::resume(path, header).map(|(journal, parts)| (Some(journal), parts))
        }
        (None, Some(path)) => Ok((Some(Journal::create(path, header)?), Vec::new())),
        (None, None) => Ok((None, Vec::new())),
    }
}

/// The reporters, and what was found so far.
struct Told {
    reporters: Vec<Box<dyn Reporter>>,
    /// What was found, for a reader who can only be told on standard error.
    lost: Vec<String>,
}

impl Told {
    fn new(mut reporters: Vec<Box<dyn Reporter>>, more: Option<Box<dyn Reporter>>) -> Told {
        reporters.extend(more);
        Told { reporters, lost: Vec::new() }
    }

    fn tell(&mut self, event: &Event<'_>, output: &mut Output) -> Result<(), Failure> {
        if let Event::Checked(Swept { checked, .. }) = event {
            let shown = checked.findings.iter();
            let shown = shown.filter(|shown| checked.is_surprising(shown.way.fingerprint.property));
            self.lost.extend(shown.filter_map(|shown| shown_line(&checked.invocation, shown)));
        }
        let told = self.reporters.iter_mut().try_for_each(|one| one.hear(event, output));
        if told.is_err() {
            self.lost.iter().for_each(|line| output::tell(&format!("found: {line}\n")));
        }
        told
    }

    /// Returns whether nobody reads what is still to be reported.
    fn is_unheard(&self, output: &Output) -> bool {
        output.is_closed() && self.reporters.len() == 1
    }
}

/// What is known of a setting before it is played, and what writes down how it goes.
struct Playing<'a> {
    begun: Option<&'a Part>,
    journaled: Option<&'a Journaled<'a>>,
}

/// Returns the reporters that are asked for. `all` is how many settings are played.
fn reporters(args: &args::Run, files: usize, all: usize) -> Vec<Box<dyn Reporter>> {
    let mut reporters: Vec<Box<dyn Reporter>> = vec![match (args.reported.format, &args.vary) {
        (Format::Json, _) => Box::new(Lines::default()),
        (Format::Human, Some(vary)) => Box::new(Plot::new(vary.values())),
        (Format::Human, None) => Box::new(Page::new(args, files == 1, all)),
    }];
    if let Some(path) = &args.reported.junit {
        reporters.push(Box::new(Junit::new(path.clone())));
    }
    if let Some(folder) = &args.html {
        reporters.push(Box::new(Pages::new(folder.clone())));
    }
    if args.reported.github {
        reporters.push(Box::new(Github::default()));
    }
    reporters
}

/// Returns how much is said about a setting: everything if it is the one that was asked for.
fn detail(args: &args::Run, is_asked_for: bool) -> Detail {
    match (args.verbose, is_asked_for) {
        (true, _) => Detail::Verbose,
        (false, true) if !args.quiet => Detail::Full,
        (false, _) => Detail::Brief,
    }
}

/// Plays the kept cases of these scenarios.
fn kept(args: &args::Run, files: &[File]) -> Result<Vec<Kept>, Failure> {
    let play = Play { madsim_seed: args.madsim_seed, ..Play::seed(0) };
    progress::begin("kept cases", Bound::Unknown);
    cases::play(&args.scenarios, files, play)
}

/// Checks the subject within its share of the time and with at most this many findings. Measures
/// the time.
fn timed(
    subject: &Subject,
    sweep: Sweep,
    args: &args::Run,
    (pace, (place, of)): (Pace, Place),
    played: &Playing<'_>,
) -> (Checked, Duration) {
    let share = pace.share(of - place);
    let title = human::titled(&subject.name, &subject.invocation);
    progress::begin(&counted(&title, (place, of)), share.bound(sweep.trials));
    let begun = pace.elapsed();
    let watched = Watched::new(share, played.journaled);
    let block = |part: &Part| {
        if let Some(journaled) = played.journaled {
            journaled.block(part, pace.elapsed());
        }
    };
    let until = Until {
        findings: args.findings,
        quiet: args.until_quiet,
        stop: &watched,
        block: played.journaled.is_some().then_some(&block),
        begun: played.begun,
    };
    let checked = check(subject, sweep, until);
    if let Some(journaled) = played.journaled {
        journaled.flush();
    }
    (checked, pace.elapsed().saturating_sub(begun))
}

/// Returns the properties that nothing can break, of those that no trial broke.
fn proved(checked: &Checked, subject: &Subject) -> Vec<PropertyId> {
    let held = |property: &PropertyId| checked.summary.violated(*property).trials == 0;
    let held: Vec<PropertyId> = PropertyId::ALL.into_iter().filter(held).collect();
    soon_proved(&subject.stage, &held, &|| interrupt::is_raised().then_some(Cut::Interrupted))
}
