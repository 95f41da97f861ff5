//! The commands that play sweeps.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use clap_complete::engine::ArgValueCandidates;
use deadheat_model::property::PropertyId;

use super::super::candidates::names;
use super::super::format::{CompareFormat, Format};
use super::super::plan;
use super::super::values::{
    LANES_MAX, Seed, TRIALS_MAX, counted, duration, host, property, seed, setting,
};
use super::super::vary::Vary;
use super::Altered;
use crate::engine::Host;
use crate::explore::StrategyName;

/// Run scenarios, many trials each, and report which properties broke
///
/// Without a name, every scenario in `scenarios/` runs. Kept cases in `scenarios/cases/` run first,
/// each with its own guards and settings. An open case is reported; a case that was kept as fixed
/// and fails again is a finding. Every way of breaking that the report shows is written to
/// `target/deadheat/` as a case.
#[derive(ClapArgs)]
pub(in super::super) struct Run {
    /// Scenarios, by path or by their name in `scenarios/`; `race-*` stands for several
    #[arg(add = ArgValueCandidates::new(names))]
    pub(in super::super) scenarios: Vec<String>,
    /// Number of trials for each setting: 1000, 10k, 1e4
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = counted(TRIALS_MAX))]
    pub(in super::super) trials: u64,
    /// Run for this long instead, such as 60s or 1m30s; all settings share the time evenly
    #[arg(long = "for", value_name = "TIME", conflicts_with = "trials", value_parser = duration)]
    pub(in super::super) duration: Option<Duration>,
    /// Leave out a scenario; repeatable, with * and ? as in file names
    #[arg(long, value_name = "NAME")]
    pub(in super::super) skip: Vec<String>,
    /// Run only scenarios whose file has changed since this git revision, such as origin/main
    #[arg(long, value_name = "REV")]
    pub(in super::super) changed_since: Option<String>,
    /// Judge only this property; repeatable
    #[arg(long, value_name = "PROPERTY", value_parser = property)]
    pub(in super::super) only: Vec<PropertyId>,
    /// Stop each setting once N trials have brought no new way of breaking and no new order of a
    /// conflicting pair; checked every 1,000 trials
    #[arg(long, value_name = "N", value_parser = counted(TRIALS_MAX))]
    pub(in super::super) until_quiet: Option<u64>,
    /// Stop each setting once it has broken in N different ways; checked every 1,000 trials
    #[arg(long, value_name = "N", value_parser = counted(TRIALS_MAX))]
    pub(in super::super) findings: Option<u64>,
    /// Play the I-th of N parts of the trials, such as 2/7; the parts together are all trials
    #[arg(
        long,
        value_name = "I/N",
        value_parser = plan::Shard::parse,
        conflicts_with_all = ["duration", "findings", "until_quiet"],
    )]
    pub(in super::super) shard: Option<plan::Shard>,
    /// Seed of the first trial: a number (42, 0x2a), a git hash (short or long), or `random`
    #[arg(long, value_name = "SEED", default_value = "1", value_parser = seed)]
    pub(in super::super) seed: Seed,
    /// Number of OS threads [default: one per processor]
    #[arg(long, short = 'j', value_name = "N", value_parser = counted(LANES_MAX))]
    pub(in super::super) lanes: Option<u64>,
    /// How schedules are chosen: walk (even draws; rates mean something), pct:2 to pct:4, urw,
    /// extremes, surw or adj (rare orders), or portfolio (the seed picks one of these)
    #[arg(long, value_name = "NAME", default_value_t = StrategyName::Walk)]
    pub(in super::super) strategy: StrategyName,
    #[command(flatten)]
    pub(in super::super) altered: Altered,
    /// Run once for each value of a parameter and show the rates: a list (1s,2s,5s) or a range
    /// (1..16)
    #[arg(long, value_name = "NAME=VALUES")]
    pub(in super::super) vary: Option<Vary>,
    #[command(flatten)]
    pub(in super::super) reported: Reported,
    /// Also write down what was played and found, line by line, so that nothing is lost
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["duration", "findings", "until_quiet"],
    )]
    pub(in super::super) journal: Option<PathBuf>,
    /// Go on from a journal, and write on in it
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["journal", "duration", "findings", "until_quiet"],
    )]
    pub(in super::super) resume: Option<PathBuf>,
    /// Run again when a scenario is saved, and say what has changed
    #[arg(
        long,
        conflicts_with_all = ["duration", "shard", "journal", "resume", "changed_since"],
    )]
    pub(in super::super) watch: bool,
    /// Also write a page with pictures to this folder, and a page for each unexpected finding
    #[arg(long, value_name = "DIR")]
    pub(in super::super) html: Option<PathBuf>,
    /// Compare with an earlier run, as --json printed it: a property that breaks more often is a
    /// finding
    #[arg(long, value_name = "FILE")]
    pub(in super::super) baseline: Option<PathBuf>,
    /// What plays the trials: madsim, or bare (a loop, about twice as fast); no result depends on
    /// it
    #[arg(long, value_name = "HOST", default_value_t = Host::default(), value_parser = host)]
    pub(in super::super) host: Host,
    /// Print only the summary
    #[arg(short, long, conflicts_with = "verbose")]
    pub(in super::super) quiet: bool,
    /// Print the full report of every setting, with all that was covered
    #[arg(short, long)]
    pub(in super::super) verbose: bool,
    /// Seed of madsim's own scheduler; no result depends on it
    #[arg(long, hide = true, default_value_t = 0)]
    pub(in super::super) madsim_seed: u64,
}

/// How a run is reported.
#[derive(Clone, ClapArgs)]
pub(in super::super) struct Reported {
    /// Output format [--json is short for the JSON one]
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(in super::super) format: Format,
    /// Also write a `JUnit` report, a test case for each property of each setting
    #[arg(long, value_name = "FILE")]
    pub(in super::super) junit: Option<PathBuf>,
    /// Also annotate scenario files on GitHub, and append to the step's summary
    #[arg(long)]
    pub(in super::super) github: bool,
}

/// Put the parts of a run together, as if one machine had played it
///
/// Each file is what `deadheat run --shard I/N --json` printed. The scenarios must be here, and the
/// same. The report is that of the whole run, but for the times.
#[derive(ClapArgs)]
pub(in super::super) struct Merge {
    /// The parts, in any order
    #[arg(required = true)]
    pub(in super::super) files: Vec<PathBuf>,
    /// Number of OS threads [default: one per processor]
    #[arg(long, short = 'j', value_name = "N", value_parser = counted(LANES_MAX))]
    pub(in super::super) lanes: Option<u64>,
    #[command(flatten)]
    pub(in super::super) reported: Reported,
}

/// Compare guards: what each one breaks and costs, with the same seeds
///
/// Without a name, every scenario in `scenarios/` is compared. Times (median and 95th percentile)
/// are those of the first 1,000,000 trials of each row.
#[derive(ClapArgs)]
pub(in super::super) struct Compare {
    /// Scenarios, by path or by their name in `scenarios/`
    #[arg(add = ArgValueCandidates::new(names))]
    pub(in super::super) scenarios: Vec<String>,
    /// A guard to compare with none; repeatable [default: all guards]
    #[arg(long = "guard", value_name = "GUARD")]
    pub(in super::super) guards: Vec<String>,
    /// Compare every guard that there is, beside those that are named
    #[arg(long)]
    pub(in super::super) all_guards: bool,
    /// How many trials of each scenario under each guard
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = counted(TRIALS_MAX))]
    pub(in super::super) trials: u64,
    /// Seed of the first trial: a number (42, 0x2a), a git hash (short or long), or `random`
    #[arg(long, value_name = "SEED", default_value = "1", value_parser = seed)]
    pub(in super::super) seed: Seed,
    /// Number of OS threads [default: one per processor]
    #[arg(long, short = 'j', value_name = "N", value_parser = counted(LANES_MAX))]
    pub(in super::super) lanes: Option<u64>,
    /// Set a parameter of the scenario; repeatable
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub(in super::super) settings: Vec<(String, String)>,
    /// Vary a parameter, a column for each value; a list (1s,2s,5s) or a range (1..16)
    #[arg(long, value_name = "NAME=VALUES")]
    pub(in super::super) vary: Option<Vary>,
    /// The property that is shown when a parameter is varied [default: the first that breaks]
    #[arg(long, value_name = "PROPERTY", requires = "vary", value_parser = property)]
    pub(in super::super) property: Option<PropertyId>,
    /// Output format [--json is short for the JSON one]
    #[arg(long, value_enum, default_value_t = CompareFormat::Human)]
    pub(in super::super) format: CompareFormat,
    /// Also write a page with pictures
    #[arg(long, value_name = "FILE", conflicts_with = "vary")]
    pub(in super::super) html: Option<PathBuf>,
    /// Seed of madsim's own scheduler; no result depends on it
    #[arg(long, hide = true, default_value_t = 0)]
    pub(in super::super) madsim_seed: u64,
}
