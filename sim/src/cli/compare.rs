//! `deadheat compare`: guards side by side, each under the same seeds.

use super::args::{self, CompareFormat, Seed};
use super::exit_code::ExitCode;
use super::output::Output;
use super::pace::Share;
use super::pictures::write;
use super::progress::{self, Bound};
use super::{Failure, files, interrupt, plan};
use crate::engine::{Host, Sweep};
use crate::record::{Compared, Varied};
use crate::report::compare as report;
use crate::report::{html, human};
use crate::scenario::{Guards, all_guards};
use crate::study::{self, Subject};

/// Runs the command.
pub(super) fn compare(args: &args::Compare, output: &mut Output) -> Result<ExitCode, Failure> {
    let first_seed = plan::seed(args.seed);
    let trials = plan::within_room(args.trials, first_seed)?;
    let guards = guards(args)?;
    let scenarios = scenarios(args)?;
    let stop = interrupt::is_raised;
    let all: usize = scenarios.iter().map(Vec::len).sum();
    let mut place = 0;
    let lanes = plan::lanes(args.lanes);
    let sweep =
        Sweep { first_seed, trials, lanes, host: Host::default(), madsim_seed: args.madsim_seed };
    let (mut code, mut all_compared) = (ExitCode::Expected, Vec::new());
    if args.format == CompareFormat::Csv {
        output.write(&report::csv_head())?;
    }
    for subjects in scenarios {
        let mut columns = Vec::new();
        for (varied, subject) in subjects {
            let title = human::titled(&subject.name, &subject.invocation);
            let bound = Bound::Trials(trials.saturating_mul(guards.len() as u64));
            progress::begin(&plan::counted(&title, (place, all)), bound);
            place += 1;
            let compared = study::compare(&subject, varied, &guards, sweep, &Share::ALL);
            code = code.or(judge(&compared));
            match args.format {
                CompareFormat::Json => output.write(&report::json(&compared))?,
                CompareFormat::Csv => output.write(&report::csv(&compared))?,
                CompareFormat::Human | CompareFormat::Markdown => {}
            }
            output.flush()?;
            if !compared.rows.is_empty() {
                columns.push(compared);
            }
            if stop() {
                break;
            }
        }
        output.write(&blocks(args, &columns))?;
        output.flush()?;
        if args.html.is_some() {
            all_compared.append(&mut columns);
        }
        if stop() {
            code = code.or(ExitCode::Interrupted);
            break;
        }
        if output.is_closed() && place < all {
            // Nobody reads what is left.
            code = code.or(ExitCode::Inconclusive);
            break;
        }
    }
    write(args.html.as_deref(), || html::compared(&all_compared))?;
    if args.format == CompareFormat::Human {
        output.write(&if args.vary.is_some() {
            report::grid_footer()
        } else {
            report::footer()
        })?;
        if let Seed::Random = args.seed {
            output.line(&format!("--seed {first_seed} was drawn"))?;
        }
    }
    Ok(code)
}

/// Renders a scenario for people: a block, or a grid if a parameter is varied.
fn blocks(args: &args::Compare, columns: &[Compared]) -> String {
    let property = args.property.or_else(|| report::first_broken(columns));
    match (args.format, args.vary.is_some()) {
        (CompareFormat::Human, true) => report::grid(columns, property),
        (CompareFormat::Markdown, true) => report::grid_markdown(columns, property),
        (CompareFormat::Human, false) => columns.iter().map(report::compared).collect(),
        (CompareFormat::Markdown, false) => columns.iter().map(report::markdown).collect(),
        (CompareFormat::Json | CompareFormat::Csv, _) => String::new(),
    }
}

/// Judges a comparison. Nothing is expected of it, so only bugs of this program are findings.
fn judge(compared: &Compared) -> ExitCode {
    let mut played = compared.rows.iter().filter_map(|row| row.played());
    if played.any(|played| played.bug.is_some()) { ExitCode::Bug } else { ExitCode::Expected }
}

/// Returns the rows: no guard first, then the named guards, then all others if they are asked for.
fn guards(args: &args::Compare) -> Result<Vec<Guards>, Failure> {
    let mut guards = vec![Guards::none()];
    for text in &args.guards {
        let parsed = Guards::parse(text)
            .map_err(|error| Failure::usage(format!("--guard {text}: {error}")))?;
        guards.push(parsed);
    }
    if args.all_guards || args.guards.is_empty() {
        guards.extend(all_guards());
    }
    let mut rows: Vec<Guards> = Vec::new();
    for guard in guards {
        if !rows.contains(&guard) {
            rows.push(guard);
        }
    }
    Ok(rows)
}

/// A scenario as it is, or under each value of the parameter that is varied.
type Subjects = Vec<(Option<Varied>, Subject)>;

fn scenarios(args: &args::Compare) -> Result<Vec<Subjects>, Failure> {
    let (mut scenarios, none) = (Vec::new(), Guards::none());
    for file in files::chosen(&args.scenarios)? {
        let settings = match &args.vary {
            None => vec![(None, args.settings.clone())],
            Some(vary) => {
                let varied = vary.settings(&file, &args.settings)?.into_iter();
                varied.map(|(varied, settings)| (Some(varied), settings)).collect()
            }
        };
        let subjects = settings
            .into_iter()
            .map(|(varied, settings)| Ok((varied, file.subject(&settings, &none)?)));
        scenarios.push(subjects.collect::<Result<Subjects, Failure>>()?);
    }
    Ok(scenarios)
}
