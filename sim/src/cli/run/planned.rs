//! What a run plays: which trials of which settings of which scenarios.

use super::super::Failure;
use deadheat_model::property::PropertyId;

use super::super::args::{self, SEED_END, Seed};
use super::super::files::{self, File};
use super::super::plan::{lanes, seed, within_room};
use crate::engine::Sweep;
use crate::record::{Invocation, Varied};
use crate::scenario::{Guards, NotApplicable, Scenario, Settings};
use crate::study::Subject;

/// Returns which trials are played of each setting.
pub(super) fn sweep(args: &args::Run) -> Result<Sweep, Failure> {
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
pub(super) fn chosen(args: &args::Run) -> Result<Vec<File>, Failure> {
    let mut files = files::chosen(&args.scenarios)?;
    files::skip(&mut files, &args.skip)?;
    if let Some(revision) = &args.changed_since {
        files::keep_changed(&mut files, revision)?;
    }
    Ok(files)
}

/// A setting that is to be played, unless its guard does not apply.
pub(super) struct Planned {
    pub(super) file: File,
    pub(super) name: String,
    pub(super) invocation: Invocation,
    pub(super) varied: Option<Varied>,
    pub(super) subject: Result<Subject, NotApplicable>,
}

/// Returns the settings to play. All that is played of a file is of one version of it.
pub(super) fn planned(args: &args::Run, files: &[File]) -> Result<Vec<Planned>, Failure> {
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
