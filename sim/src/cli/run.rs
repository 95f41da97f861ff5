//! `deadheat run`: sweeps of scenarios, judged. What happens is told to a reporter, event by event.

mod baseline;
mod failure;
mod github;
mod json;
mod junit;
mod page;
mod plot;

use std::time::Duration;

use deadheat_model::property::PropertyId;

use self::baseline::Baseline;
use self::github::Github;
use self::json::Lines;
use self::junit::Junit;
use self::page::Page;
use self::plot::Plot;
use super::args::{self, RunFormat, SEED_END, Seed};
use super::exit_code::ExitCode;
use super::files::File;
use super::output::Output;
use super::pace::Pace;
use super::plan::{Place, counted, lanes, seed, within_room};
use super::progress::{self, Bound};
use super::{Failure, cases, files, interrupt, output};
use crate::engine::{Play, Sweep};
use crate::record::{Checked, Cut, Invocation, Kept, Varied};
use crate::report::human::{self, Detail};
use crate::scenario::{Guards, NotApplicable, Scenario, Settings};
use crate::study::{Subject, Until, check, soon_proved};

/// What happens in a run, in order.
enum Event<'a> {
    /// The kept cases were played, each in its scenario as it is now.
    Kept(&'a [Kept]),
    /// A setting was not played, because its guard does not apply.
    NotApplicable { scenario: &'a str, invocation: &'a Invocation, reason: &'a str },
    /// A setting was played and judged.
    Checked(Swept<'a>),
    /// Everything was played, or the run was interrupted. The code is that of the whole run.
    End { elapsed: Duration, code: ExitCode },
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
    let pace = Pace::begin(args.duration);
    let sweep = sweep(args)?;
    let files = chosen(args)?;
    let planned = planned(args, &files)?;
    let all = planned.iter().filter(|planned| planned.subject.is_ok()).count();
    let mut reporters = reporters(args, files.len(), all);
    let mut tell = |event: &Event<'_>, output: &mut Output| {
        reporters.iter_mut().try_for_each(|reporter| reporter.hear(event, output))
    };
    let mut baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
    let mut code = ExitCode::Expected;
    if args.vary.is_none() {
        let kept = kept(args, &files)?;
        tell(&Event::Kept(&kept), output)?;
        if kept.iter().any(Kept::is_finding) {
            code = ExitCode::Finding;
        }
    }
    let (mut place, mut unwritten) = (0, None);
    for Planned { file, name, invocation, varied, subject } in planned {
        let subject = match subject {
            Ok(subject) => subject,
            Err(NotApplicable { reason }) => {
                let (scenario, invocation, reason) = (&name, &invocation, &reason);
                let event = Event::NotApplicable { scenario, invocation, reason };
                tell(&event, output)?;
                continue;
            }
        };
        let detail = detail(args, files.len() == 1 && place == 0);
        let (mut checked, elapsed) = timed(&subject, sweep, args, (pace, (place, all)));
        place += 1;
        if let Some(baseline) = &mut baseline {
            baseline.apply(&mut checked, &human::titled(&name, &invocation));
        }
        if varied.is_none() {
            if detail != Detail::Brief && !args.quiet {
                checked.proved = proved(&checked, &subject);
            }
            if unwritten.is_none() {
                let play = Play { madsim_seed: args.madsim_seed, ..Play::seed(0) };
                unwritten = cases::write(&mut checked, &subject, detail, play);
            }
        }
        let varied = varied.as_ref();
        let (checked, subject, file) = (&checked, &subject, &file);
        tell(&Event::Checked(Swept { checked, file, subject, varied, elapsed, detail }), output)?;
        code = code.or(checked.judged().into());
        if interrupt::is_raised() {
            code = code.or(ExitCode::Interrupted);
            break;
        }
    }
    if place == 0 {
        code = code.or(ExitCode::Nothing);
    }
    tell(&Event::End { elapsed: pace.elapsed(), code }, output)?;
    if let (Seed::Random, RunFormat::Human) = (args.seed, args.format) {
        output.line(&format!("--seed {} was drawn", sweep.first_seed))?;
    }
    // Neither of these changes a verdict.
    let unwritten = unwritten.map(|why| format!("{why}; what broke can be replayed by its seed"));
    let missing = baseline.and_then(|baseline| baseline.missing());
    unwritten.iter().chain(&missing).for_each(|warning| output::warn(warning));
    Ok(code)
}

/// Returns which trials are played of each setting.
fn sweep(args: &args::Run) -> Result<Sweep, Failure> {
    if let (Some(_), Seed::Random) = (args.shard, args.seed) {
        let message = "the parts of a --shard need one seed: --seed random draws one for each";
        return Err(Failure::usage(message));
    }
    let first_seed = seed(args.seed);
    let trials = match args.duration {
        Some(_) => SEED_END - first_seed,
        None => within_room(args.trials, first_seed)?,
    };
    let whole = (first_seed, trials);
    let (first_seed, trials) = args.shard.map_or(whole, |shard| shard.of(first_seed, trials));
    Ok(Sweep {
        first_seed,
        trials,
        lanes: lanes(args.lanes),
        host: args.host,
        madsim_seed: args.madsim_seed,
    })
}

/// Returns the scenarios that are run.
fn chosen(args: &args::Run) -> Result<Vec<File>, Failure> {
    let mut files = files::chosen(&args.scenarios)?;
    files::skip(&mut files, &args.skip)?;
    if let Some(revision) = &args.changed_since {
        files::keep_changed(&mut files, revision)?;
    }
    Ok(files)
}

/// Returns the reporters that are asked for. `all` is how many settings are played.
fn reporters(args: &args::Run, files: usize, all: usize) -> Vec<Box<dyn Reporter>> {
    let mut reporters: Vec<Box<dyn Reporter>> = vec![match (args.format, &args.vary) {
        (RunFormat::Json, _) => Box::new(Lines::default()),
        (RunFormat::Human, Some(vary)) => Box::new(Plot::new(vary.values())),
        (RunFormat::Human, None) => Box::new(Page::new(args, files == 1, all)),
    }];
    if let Some(path) = &args.junit {
        reporters.push(Box::new(Junit::new(path.clone())));
    }
    if args.github {
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
) -> (Checked, Duration) {
    let share = pace.share(of - place);
    let title = human::titled(&subject.name, &subject.invocation);
    progress::begin(&counted(&title, (place, of)), share.bound(sweep.trials));
    let begun = pace.elapsed();
    let checked = check(
        subject,
        sweep,
        Until { findings: args.findings, quiet: args.until_quiet, stop: &share },
    );
    (checked, pace.elapsed().saturating_sub(begun))
}

/// Returns the properties that nothing can break, of those that no trial broke.
fn proved(checked: &Checked, subject: &Subject) -> Vec<PropertyId> {
    let held = |property: &PropertyId| checked.summary.violated(*property).trials == 0;
    let held: Vec<PropertyId> = PropertyId::ALL.into_iter().filter(held).collect();
    soon_proved(&subject.stage, &held, &|| interrupt::is_raised().then_some(Cut::Interrupted))
}

/// A setting that is to be played, unless its guard does not apply.
struct Planned {
    file: File,
    name: String,
    invocation: Invocation,
    varied: Option<Varied>,
    subject: Result<Subject, NotApplicable>,
}

/// Returns the settings to play. All that is played of a file is of one version of it.
fn planned(args: &args::Run, files: &[File]) -> Result<Vec<Planned>, Failure> {
    let guards = Guards::compose(&args.altered.guards);
    let mut all = Vec::new();
    let mut plan =
        |file: &File, settings: &Settings, guards: &Guards, varied, scenario: Result<_, _>| {
            all.push(Planned {
                file: file.clone(),
                name: file.name(),
                invocation: file.invocation(settings, guards),
                varied,
                subject: scenario
                    .map(|scenario| only(scenario, &args.only))
                    .map(|scenario| file.staged(settings, guards, scenario).under(args.strategy)),
            });
        };
    for file in files {
        if let Some(vary) = &args.vary {
            for (varied, settings) in vary.settings(file, &args.altered.settings)? {
                let (scenario, _) = file.load_guarded(&settings, &guards)?;
                plan(file, &settings, &guards, Some(varied), Ok(scenario));
            }
            continue;
        }
        let (scenario, loaded) = file.load_if_applicable(&args.altered.settings, &guards)?;
        if let (Err(why), 1) = (&scenario, args.scenarios.len()) {
            // A person who names one scenario and a guard means both.
            return Err(file.not_applicable(&guards, why));
        }
        plan(file, &args.altered.settings, &guards, None, scenario);
        if args.altered.settings.is_empty() && guards.is_none() {
            for (guards, settings) in &loaded.variants {
                let (scenario, _) = file.load_guarded(settings, guards)?;
                plan(file, settings, guards, None, Ok(scenario));
            }
        }
    }
    Ok(all)
}

/// Returns the scenario with what is expected of these properties alone, if some are named.
fn only(mut scenario: Scenario, named: &[PropertyId]) -> Scenario {
    if let Some(expect) = scenario.expect.as_mut().filter(|_| !named.is_empty()) {
        expect.only(named);
    }
    scenario
}
