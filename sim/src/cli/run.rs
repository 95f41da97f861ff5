//! `deadheat run`: sweeps of scenarios, judged.

use std::num::NonZero;
use std::time::Duration;

use deadheat_model::property::PropertyId;
use rand::RngCore as _;
use rand::rngs::OsRng;

use super::args::{self, RunFormat, Seed};
use super::exit_code::ExitCode;
use super::files::File;
use super::output::Output;
use super::pace::Pace;
use super::page::Page;
use super::progress::{self, Bound};
use super::{Failure, cases, files, interrupt, output, vary};
use crate::engine::{Play, Sweep};
use crate::explore::StrategyName;
use crate::record::{Checked, Cut, Invocation, Kept};
use crate::report;
use crate::report::human::{self, Detail};
use crate::report::json;
use crate::scenario::{Guards, NotApplicable, Scenario, Settings};
use crate::study::{Subject, Until, check, soon_proved};

/// Runs the command.
pub(super) fn run(args: &args::Run, output: &mut Output) -> Result<ExitCode, Failure> {
    let pace = Pace::begin(args.duration);
    if let Some(vary) = &args.vary {
        return vary::run(args, vary, pace, output);
    }
    let first_seed = seed(args.seed);
    let trials = trials(args, first_seed)?;
    let files = files::chosen(&args.scenarios)?;
    let subjects = subjects(args, &files)?;
    let plan = Sweep {
        first_seed,
        trials,
        lanes: lanes(args.lanes),
        host: args.host,
        madsim_seed: args.madsim_seed,
    };
    let planned = subjects.iter().filter(|planned| planned.scenario.is_ok()).count();
    let unexpected = kept(args, &files, output)?;
    let mut code = if unexpected.is_empty() { ExitCode::Expected } else { ExitCode::Finding };
    let mut page = Page::new(args, files.len(), planned, unexpected);
    let mut unwritten = None;
    for planned in subjects {
        let Planned { file, name, invocation, scenario } = planned;
        let scenario = match scenario {
            Ok(scenario) => scenario,
            Err(NotApplicable { reason }) => {
                output.write(&not_applicable(args.format, &name, &invocation, &reason))?;
                continue;
            }
        };
        let subject = Subject { name, invocation, scenario: scenario.clone() };
        let (mut checked, elapsed) = timed(subject, plan, args, (pace, page.place()));
        let play = Play { madsim_seed: args.madsim_seed, ..Play::seed(first_seed) };
        let detail = page.detail();
        if detail != Detail::Brief && !args.quiet {
            checked.proved = proved(&checked, &scenario);
        }
        if unwritten.is_none() {
            unwritten = cases::write(&mut checked, scenario, &file, detail, (args.strategy, play));
        }
        match args.format {
            RunFormat::Human => page.human(&checked, elapsed, output)?,
            RunFormat::Json => page.json(&checked, elapsed, output)?,
        }
        code = code.or(judge(&checked));
        if interrupt::is_raised() {
            code = code.or(ExitCode::Interrupted);
            break;
        }
    }
    let is_empty = page.is_empty();
    if args.format == RunFormat::Human {
        page.end(pace.elapsed(), output)?;
    }
    if let (Seed::Random, RunFormat::Human) = (args.seed, args.format) {
        output.line(&format!("--seed {first_seed} was drawn"))?;
    }
    if let Some(why) = unwritten {
        // This does not change a verdict.
        output::warn(&format!("{why}; what broke can be replayed by its seed"));
    }
    Ok(if is_empty { code.or(ExitCode::Nothing) } else { code })
}

/// Plays the kept cases of these scenarios, and names those that fail again.
fn kept(args: &args::Run, files: &[File], output: &mut Output) -> Result<Vec<String>, Failure> {
    let play = Play { madsim_seed: args.madsim_seed, ..Play::seed(0) };
    progress::begin("kept cases", Bound::Unknown);
    let kept = cases::play(&args.scenarios, files, play)?;
    let program = files::program();
    match args.format {
        RunFormat::Human if kept.is_empty() || args.quiet => {}
        RunFormat::Human => output.write(&report::cases::kept(&kept, &program))?,
        RunFormat::Json => {
            for one in &kept {
                output.line(&report::cases::json(one, &program))?;
            }
        }
    }
    let findings = kept.into_iter().filter(Kept::is_finding);
    Ok(findings.map(|kept| kept.file).collect())
}

fn not_applicable(
    format: RunFormat,
    scenario: &str,
    invocation: &Invocation,
    reason: &str,
) -> String {
    match format {
        RunFormat::Human => human::not_applicable(scenario, invocation, reason),
        RunFormat::Json => json::not_applicable(scenario, invocation, reason) + "\n",
    }
}

/// A place, from 0, and how many places there are.
pub(super) type Place = (usize, usize);

/// Checks the subject within its share of the time and with at most this many findings. Measures
/// the time.
pub(super) fn timed(
    mut subject: Subject,
    plan: Sweep,
    args: &args::Run,
    (pace, (place, of)): (Pace, Place),
) -> (Checked, Duration) {
    subject.invocation.strategy = named(args.strategy);
    let share = pace.share(of - place);
    let title = human::titled(&subject.name, &subject.invocation);
    progress::begin(&counted(&title, (place, of)), share.bound(plan.trials));
    let begun = pace.elapsed();
    let until = Until { findings: args.findings, stop: &share };
    let checked = check(subject, args.strategy, plan, until);
    (checked, pace.elapsed().saturating_sub(begun))
}

/// Returns what is played, with its number if it is one of several.
pub(super) fn counted(title: &str, (place, of): Place) -> String {
    if of == 1 { title.to_owned() } else { format!("{title} ({} of {of})", place + 1) }
}

/// Returns a strategy's name for a line to paste, if the line has to name it.
pub(super) fn named(strategy: StrategyName) -> Option<String> {
    (strategy != StrategyName::default()).then(|| strategy.to_string())
}

/// Returns the properties that nothing can break, of those that no trial broke.
fn proved(checked: &Checked, scenario: &Scenario) -> Vec<PropertyId> {
    let held = |property: &PropertyId| checked.summary.violated(*property).trials == 0;
    let held: Vec<PropertyId> = PropertyId::ALL.into_iter().filter(held).collect();
    soon_proved(scenario, &held, &|| interrupt::is_raised().then_some(Cut::Interrupted))
}

/// Returns what a checked scenario means for the exit code.
pub(super) fn judge(checked: &Checked) -> ExitCode {
    if !checked.bugs.is_empty() {
        ExitCode::Bug
    } else if !checked.surprises.is_empty() {
        ExitCode::Finding
    } else if checked.is_interrupted {
        ExitCode::Interrupted
    } else if checked.summary.trials == 0 || checked.summary.out_of_budget.trials > 0 {
        ExitCode::Inconclusive
    } else {
        ExitCode::Expected
    }
}

/// A scenario that is to be run, unless its guard does not apply.
struct Planned {
    file: File,
    name: String,
    invocation: Invocation,
    scenario: Result<Scenario, NotApplicable>,
}

fn subjects(args: &args::Run, files: &[File]) -> Result<Vec<Planned>, Failure> {
    let guards = Guards::compose(&args.guards);
    let mut subjects = Vec::new();
    for file in files {
        let planned = |scenario, settings: &Settings, guards: &Guards| Planned {
            file: file.clone(),
            name: file.name(),
            invocation: file.invocation(settings, guards),
            scenario,
        };
        let (scenario, loaded) = file.load_if_applicable(&args.settings, &guards)?;
        if let (Err(why), 1) = (&scenario, args.scenarios.len()) {
            // A person who names one scenario and a guard means both.
            return Err(file.not_applicable(&guards, why));
        }
        subjects.push(planned(scenario, &args.settings, &guards));
        if args.settings.is_empty() && guards.is_none() {
            for (guards, settings) in &loaded.variants {
                let (scenario, _) = file.load_guarded(settings, guards)?;
                subjects.push(planned(Ok(scenario), settings, guards));
            }
        }
    }
    Ok(subjects)
}

/// Returns the seed to begin with.
pub(super) fn seed(seed: Seed) -> u64 {
    match seed {
        Seed::Given(seed) => seed,
        // This leaves room for the trials after it.
        Seed::Random => OsRng.next_u64() % (args::SEED_END / 2),
    }
}

/// Returns the maximum number of trials to play.
pub(super) fn trials(args: &args::Run, first_seed: u64) -> Result<u64, Failure> {
    if args.duration.is_some() {
        return Ok(args::SEED_END - first_seed);
    }
    within_room(args.trials, first_seed)
}

/// Returns this many trials, if their seeds are below the end of all seeds.
pub(super) fn within_room(trials: u64, first_seed: u64) -> Result<u64, Failure> {
    let room = args::SEED_END - first_seed;
    if trials > room {
        let message = format!("--seed {first_seed} leaves room for {room} trials below seed 2^53");
        return Err(Failure::usage(message));
    }
    Ok(trials)
}

/// Returns how many OS threads are used.
pub(super) fn lanes(lanes: Option<u64>) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
    lanes.map_or_else(processors, |lanes| lanes as usize)
}
