//! `deadheat run`: sweeps of scenarios, judged.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::RngCore as _;
use rand::rngs::OsRng;

use super::args::{self, RunFormat, Seed};
use super::exit_code::ExitCode;
use super::files::File;
use super::output::Output;
use super::{Failure, cases, files, output, vary};
use crate::engine::{Play, Sweep};
use crate::explore::StrategyName;
use crate::record::{Checked, Ended, Invocation, Kept, Surprise};
use crate::report;
use crate::report::human::{self, Detail};
use crate::report::json;
use crate::scenario::{Guards, NotApplicable, Scenario, Settings};
use crate::study::{Subject, Until, check};

/// Runs the command.
pub(super) fn run(args: &args::Run, output: &mut Output) -> Result<ExitCode, Failure> {
    if let Some(vary) = &args.vary {
        return vary::run(args, vary, output);
    }
    let first_seed = seed(args.seed);
    let trials = trials(args, first_seed)?;
    let files = files::chosen(&args.scenarios)?;
    let subjects = subjects(args, &files)?;
    let is_interrupted = watch_for_interrupts();
    let is_one = subjects.len() == 1;
    let mut tally = Tally { unexpected: kept(args, &files, output)?, ..Tally::default() };
    let mut code = if tally.unexpected.is_empty() { ExitCode::Expected } else { ExitCode::Finding };
    let mut unwritten = None;
    for (place, planned) in subjects.into_iter().enumerate() {
        let Planned { file, name, invocation, scenario } = planned;
        // Whoever names one scenario wants to know everything about it; its guards come behind it.
        let detail = if place == 0 && files.len() == 1 { Detail::Full } else { Detail::Brief };
        let scenario = match scenario {
            Ok(scenario) => scenario,
            Err(NotApplicable { reason }) => {
                output.write(&not_applicable(args.format, &name, &invocation, &reason))?;
                continue;
            }
        };
        let subject = Subject { name, invocation, scenario: scenario.clone() };
        let lanes = lanes(args.lanes);
        let plan = Sweep { first_seed, trials, lanes, madsim_seed: args.madsim_seed };
        let (mut checked, elapsed) = timed(subject, plan, args, &is_interrupted);
        let play = Play { madsim_seed: args.madsim_seed, ..Play::seed(first_seed) };
        if unwritten.is_none() {
            unwritten = cases::write(&mut checked, scenario, &file, detail, (args.strategy, play));
        }
        let interrupted = checked.is_interrupted;
        match args.format {
            RunFormat::Human => output.write(&human::checked(&checked, elapsed, detail))?,
            RunFormat::Json => {
                let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                output.line(&json::checked(&checked, None, elapsed_ms))?;
            }
        }
        output.flush()?;
        code = code.or(judge(&checked));
        tally.add(&checked);
        if interrupted {
            code = code.or(ExitCode::Interrupted);
            break;
        }
    }
    if args.format == RunFormat::Human && !is_one {
        output.write(&tally.text())?;
    }
    if let (Seed::Random, RunFormat::Human) = (args.seed, args.format) {
        output.line(&format!("--seed {first_seed} was drawn"))?;
    }
    if let Some(why) = unwritten {
        // It changes no verdict.
        output::warn(&format!("{why}; what broke can be replayed by its seed"));
    }
    Ok(if tally.scenarios == 0 { code.or(ExitCode::Nothing) } else { code })
}

/// Plays the kept cases of these scenarios, and names those that fail again.
fn kept(args: &args::Run, files: &[File], output: &mut Output) -> Result<Vec<String>, Failure> {
    let play = Play { madsim_seed: args.madsim_seed, ..Play::seed(0) };
    let kept = cases::play(&args.scenarios, files, play)?;
    let program = files::program();
    match args.format {
        RunFormat::Human if kept.is_empty() => {}
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

/// Checks it, for so long and with so many findings at the most, and takes the time.
pub(super) fn timed(
    mut subject: Subject,
    plan: Sweep,
    args: &args::Run,
    is_interrupted: &AtomicBool,
) -> (Checked, Duration) {
    subject.invocation.strategy = named(args.strategy);
    let begun = Instant::now();
    let stop = || {
        is_interrupted.load(Ordering::Relaxed)
            || args.duration.is_some_and(|bound| begun.elapsed() >= bound)
    };
    let until = Until { findings: args.findings, stop: &stop };
    let mut checked = check(subject, args.strategy, plan, until);
    checked.is_interrupted = is_interrupted.load(Ordering::Relaxed);
    if checked.is_interrupted && checked.ended == Ended::Time {
        checked.ended = Ended::Interrupted;
    }
    if checked.is_interrupted || checked.ended == Ended::Findings {
        // What has not shown itself yet might have, later.
        checked.surprises.retain(Surprise::has_shown_itself);
    }
    (checked, begun.elapsed())
}

/// A strategy as a line to paste has to name it, if it has to.
pub(super) fn named(strategy: StrategyName) -> Option<String> {
    (strategy != StrategyName::default()).then(|| strategy.to_string())
}

/// What a checked scenario means for the exit code.
pub(super) fn judge(checked: &Checked) -> ExitCode {
    if !checked.bugs.is_empty() {
        ExitCode::Bug
    } else if !checked.surprises.is_empty() {
        ExitCode::Finding
    } else if checked.summary.out_of_budget.trials > 0 {
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
            // Whoever names one scenario and a guard means both.
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

/// The seed to begin with.
pub(super) fn seed(seed: Seed) -> u64 {
    match seed {
        Seed::Given(seed) => seed,
        // Leaves room for the trials behind it.
        Seed::Random => OsRng.next_u64() % (args::SEED_END / 2),
    }
}

/// How many trials are played at the most.
pub(super) fn trials(args: &args::Run, first_seed: u64) -> Result<u64, Failure> {
    if args.duration.is_some() {
        return Ok(args::SEED_END - first_seed);
    }
    within_room(args.trials, first_seed)
}

/// So many trials, if their seeds are below the end of all seeds.
pub(super) fn within_room(trials: u64, first_seed: u64) -> Result<u64, Failure> {
    let room = args::SEED_END - first_seed;
    if trials > room {
        let message = format!("--seed {first_seed} leaves room for {room} trials below seed 2^53");
        return Err(Failure::usage(message));
    }
    Ok(trials)
}

/// On how many OS threads.
pub(super) fn lanes(lanes: Option<u64>) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
    lanes.map_or_else(processors, |lanes| lanes as usize)
}

/// The flag that is raised when somebody presses Ctrl-C: the trials under way are played to their
/// end, and what was found is reported. A second Ctrl-C ends the program at once.
pub(super) fn watch_for_interrupts() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = flag.clone();
    let handler = move || {
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(ExitCode::Interrupted as u8));
        }
        if output::is_watched() {
            output::tell("\ninterrupted: reporting what was found (again to quit at once)\n");
        }
    };
    // Without a handler, Ctrl-C ends the program at once: that is all that is lost.
    let _ = ctrlc::set_handler(handler);
    flag
}

#[derive(Default)]
struct Tally {
    scenarios: u64,
    trials: u64,
    unexpected: Vec<String>,
}

impl Tally {
    fn add(&mut self, checked: &Checked) {
        self.scenarios += 1;
        self.trials += checked.summary.trials;
        if !checked.is_met() {
            self.unexpected.push(human::title(checked));
        }
    }

    fn text(&self) -> String {
        let scenarios = human::plural(self.scenarios, "scenario", "scenarios");
        let trials = human::plural(self.trials, "trial", "trials");
        let verdict = match self.unexpected.as_slice() {
            [] => "all as expected".to_owned(),
            names => format!("not as expected: {}", names.join(", ")),
        };
        format!(
            "{scenarios}, {trials}: {verdict}\n\
             how one breaks, with a line to paste for each way: {} run SCENARIO\n",
            files::program()
        )
    }
}
