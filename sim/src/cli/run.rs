//! `deadheat run`: sweeps of scenarios, judged.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rand::RngCore as _;
use rand::rngs::OsRng;

use super::args::{self, RunFormat, Seed};
use super::exit_code::ExitCode;
use super::output::Output;
use super::{Failure, files, output};
use crate::engine::Sweep;
use crate::record::{Checked, Surprise};
use crate::report::human::{self, Detail};
use crate::report::json;
use crate::scenario::Settings;
use crate::study::{Subject, check};

/// Runs the command.
pub(super) fn run(args: &args::Run, output: &mut Output) -> Result<ExitCode, Failure> {
    let first_seed = seed(args.seed);
    let trials = trials(args, first_seed)?;
    let subjects = subjects(args)?;
    let is_interrupted = watch_for_interrupts();
    let detail = if subjects.len() == 1 { Detail::Full } else { Detail::Brief };
    let mut code = ExitCode::Expected;
    let mut tally = Tally::default();
    for subject in subjects {
        let begun = Instant::now();
        let stop = || {
            is_interrupted.load(Ordering::Relaxed)
                || args.duration.is_some_and(|bound| begun.elapsed() >= bound)
        };
        let lanes = lanes(args);
        let plan = Sweep { first_seed, trials, lanes, madsim_seed: args.madsim_seed };
        let mut checked = check(subject, plan, &stop);
        let interrupted = is_interrupted.load(Ordering::Relaxed);
        checked.is_interrupted = interrupted;
        if interrupted {
            // What has not shown itself yet might have, later.
            checked.surprises.retain(Surprise::has_shown_itself);
        }
        let elapsed = begun.elapsed();
        match args.format {
            RunFormat::Human => output.write(&human::checked(&checked, elapsed, detail))?,
            RunFormat::Json => {
                let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                output.line(&json::checked(&checked, elapsed_ms))?;
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
    if args.format == RunFormat::Human && detail == Detail::Brief {
        output.write(&tally.text())?;
    }
    if let (Seed::Random, RunFormat::Human) = (args.seed, args.format) {
        output.line(&format!("--seed {first_seed} was drawn"))?;
    }
    Ok(code)
}

/// What a checked scenario means for the exit code.
fn judge(checked: &Checked) -> ExitCode {
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

fn subjects(args: &args::Run) -> Result<Vec<Subject>, Failure> {
    let mut subjects = Vec::new();
    for file in files::chosen(&args.scenarios)? {
        let (scenario, loaded) = file.load(&args.settings)?;
        let subject = |scenario, settings: &Settings| Subject {
            name: file.name(),
            invocation: file.invocation(settings),
            scenario,
        };
        subjects.push(subject(scenario, &args.settings));
        if args.settings.is_empty() {
            for variant in &loaded.variants {
                let (scenario, _) = file.load(variant)?;
                subjects.push(subject(scenario, variant));
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

fn trials(args: &args::Run, first_seed: u64) -> Result<u64, Failure> {
    let room = args::SEED_END - first_seed;
    if args.duration.is_some() {
        return Ok(room);
    }
    if args.trials > room {
        let message = format!("--seed {first_seed} leaves room for {room} trials below seed 2^53");
        return Err(Failure::usage(message));
    }
    Ok(args.trials)
}

fn lanes(args: &args::Run) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
    args.lanes.map_or_else(processors, |lanes| lanes as usize)
}

/// The flag that is raised when somebody presses Ctrl-C: the trials under way are played to their
/// end, and what was found is reported. A second Ctrl-C ends the program at once.
fn watch_for_interrupts() -> Arc<AtomicBool> {
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
