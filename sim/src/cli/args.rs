//! Args: the command line as typed.

mod sweeps;

pub(super) use self::sweeps::{Compare, Merge, Run};

use std::path::PathBuf;

use clap::builder::Styles;
use clap::{Args as ClapArgs, Parser, Subcommand};
use clap_complete::Shell;
use clap_complete::engine::ArgValueCandidates;
use deadheat_model::property::PropertyId;

use super::automation;
use super::candidates::names;
use super::exit_code::ExitCode;
pub(super) use super::format::{
    CompareFormat, ExplainFormat, Format, LintFormat, ReplayFormat, SelftestFormat,
};
use super::output::Color;
use super::pictures::Pictures;
use super::range::Range;
use super::values::{
    EXPLAIN_MAX, LANES_MAX, MEMORY_MAX, NEAR_MAX, TRIALS_MAX, counted, duration, property,
    reduction, seed, setting,
};
pub(super) use super::values::{SEED_END, Seed};
use super::words;
use crate::explore::StrategyName;
use crate::record::Digest;
use crate::scenario::Guards;
use crate::study::Reduction;

/// Find races by simulation, replay them from a seed, and prove them fixed
///
/// Deadheat runs the users, jobs and workers of a scenario file against a simulated Assistants
/// server, tens of thousands of times a second, each time under a different schedule. It reports
/// which properties broke and how often, and replays any trial byte for byte.
#[derive(Parser)]
#[command(name = "deadheat", version, styles = Styles::styled(), after_help = ExitCode::table())]
pub(super) struct Args {
    /// When to use colors; `NO_COLOR` and `CLICOLOR` count as well
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(super) color: Color,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    Run(Run),
    Merge(Merge),
    Replay(Replay),
    Prove(Prove),
    Explain(Explain),
    Shrink(Shrink),
    Keep(Keep),
    Compare(Compare),
    Selftest(Selftest),
    Lint(Lint),
    List(List),
    /// Explain the words that reports use: trial, schedule, window, fate, case and others
    #[command(long_about = words::glossary())]
    Words {
        /// Output format [--json is short for the JSON one]
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    Show(Show),
    /// Print a JSON Schema
    Schema {
        /// Of what: scenario files, or what `--json` prints
        #[arg(value_enum, default_value_t = SchemaOf::Scenario)]
        of: SchemaOf,
    },
    /// Print the reference for scenario authors: actions, blocks, faults, guards, marks
    Actions {
        /// Output format [--json is short for the JSON one]
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    New(New),
    Init(Init),
    /// Explain how a script, a CI job or another program drives Deadheat
    #[command(long_about = automation::PAGE)]
    Automation,
    /// Write a man page for each command to a folder
    Man {
        /// The folder
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// Print what a shell needs to complete commands, options and names of scenarios
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// How a scenario is altered before it is played.
#[derive(ClapArgs)]
pub(super) struct Altered {
    /// Set a parameter of the scenario; repeatable
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub(super) settings: Vec<(String, String)>,
    /// Apply a guard to the application, such as lock:ttl=60s; repeatable, the first one (or the
    /// `a` of `a+b`) is outermost [list them: `deadheat show --guards`]
    #[arg(long = "guard", value_name = "GUARD", value_parser = Guards::parse)]
    pub(super) guards: Vec<Guards>,
}

/// The trial that is meant: one of a scenario, or a case.
#[derive(ClapArgs)]
pub(super) struct Meant {
    /// A scenario, by path or by its name in `scenarios/`; or a case, by the path of its .json
    #[arg(value_name = "SCENARIO|CASE", add = ArgValueCandidates::new(names))]
    pub(super) scenario: String,
    /// Seed of the trial: a number (42, 0x2a) or a git hash [default: the first of seeds 1 to 1,000
    /// that breaks something]
    #[arg(long, value_name = "SEED", value_parser = seed)]
    pub(super) seed: Option<Seed>,
    /// How schedules are chosen: walk (even draws; rates mean something), pct:2 to pct:4, urw,
    /// extremes, surw or adj (rare orders), or portfolio (the seed picks one of these)
    #[arg(long, value_name = "NAME", default_value_t = StrategyName::Walk)]
    pub(super) strategy: StrategyName,
    #[command(flatten)]
    pub(super) altered: Altered,
}

/// Replay one trial and show what happened in it
///
/// A case is followed in the scenario as it is now. The exit code is 1 if it still fails as it did,
/// 0 if it is fixed, and 3 if its schedule no longer exists.
#[derive(ClapArgs)]
pub(super) struct Replay {
    #[command(flatten)]
    pub(super) meant: Meant,
    /// Follow a case pick by pick, and name the first pick that is missing
    #[arg(long, group = "manner")]
    pub(super) strict: bool,
    /// Follow a case in its order as far as possible, and walk the rest [default for a case]
    #[arg(long, group = "manner")]
    pub(super) relaxed: bool,
    /// Play N trials that keep a case's order with new times, and report how many fail
    #[arg(long, value_name = "N", group = "manner", value_parser = counted(NEAR_MAX))]
    pub(super) near: Option<u64>,
    /// Stop after N picks: show what can happen next, and how often each choice fails
    #[arg(long, value_name = "N", conflicts_with_all = ["strict", "near", "digest"])]
    pub(super) until: Option<usize>,
    /// After these picks, let this happen next, and go on; repeatable
    #[arg(long, value_name = "NAME", requires = "until")]
    pub(super) pick: Vec<String>,
    /// Digest from when the trial was found; the replay fails if the trial is a different one now
    #[arg(long, value_name = "DIGEST")]
    pub(super) digest: Option<Digest>,
    /// Output format [--json is short for the JSON one]
    #[arg(long, value_enum, default_value_t = ReplayFormat::Human)]
    pub(super) format: ReplayFormat,
    #[command(flatten)]
    pub(super) pictures: Pictures,
    /// Show only the rows of this actor or job, such as generate#2
    #[arg(long, value_name = "NAME")]
    pub(super) actor: Option<String>,
    /// Show only the rows around this time, such as 12.5s
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) around: Option<std::time::Duration>,
    /// Trace every actor and service on standard error
    #[arg(short, long)]
    pub(super) verbose: bool,
    /// Seed of madsim's own scheduler; no result depends on it
    #[arg(long, hide = true, default_value_t = 0)]
    pub(super) madsim_seed: u64,
}

impl Replay {
    /// Returns whether something is asked for that needs the picks of the trial.
    pub(super) fn needs_schedule(&self) -> bool {
        let is_json = self.format == ReplayFormat::Json;
        is_json || self.pictures.is_asked_for() || self.until.is_some()
    }
}

/// Prove that no order breaks a property, or show one that does
///
/// Searches every order that latencies within the declared windows allow. Without --property, it
/// checks the properties that the scenario expects to hold. A counterexample is played at concrete
/// times. If the search is cut off, the report says so and nothing is proved.
#[derive(ClapArgs)]
pub(super) struct Prove {
    /// The scenario, by path or by its name in `scenarios/`
    #[arg(add = ArgValueCandidates::new(names))]
    pub(super) scenario: String,
    /// Property to prove; repeatable [default: those that must hold]
    #[arg(long = "property", value_name = "PROPERTY", value_parser = property)]
    pub(super) properties: Vec<PropertyId>,
    #[command(flatten)]
    pub(super) altered: Altered,
    /// Find the smallest value of a parameter that is proved: ttl=1s..60s; its unit is 1 or 1ms, or
    /// follows: ttl=1s..60s:10ms
    #[arg(long, value_name = "NAME=FROM..TO", value_parser = Range::parse, conflicts_with = "most")]
    pub(super) least: Option<Range>,
    /// Find the largest value of a parameter that is proved
    #[arg(long, value_name = "NAME=FROM..TO", value_parser = Range::parse)]
    pub(super) most: Option<Range>,
    /// Let at most K faults strike, or runs not complete, in each order
    #[arg(long, value_name = "K", default_value_t = 0)]
    pub(super) faults: u32,
    /// Search only orders with at most N context switches before the break: consecutive calls of
    /// different actors
    #[arg(long, value_name = "N")]
    pub(super) switches: Option<u32>,
    /// Open at most N states in each search
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = counted(TRIALS_MAX))]
    pub(super) max_states: u64,
    /// Use at most this many MiB for the states of a search, as estimated
    #[arg(long, value_name = "MIB", default_value_t = 2_048, value_parser = counted(MEMORY_MAX))]
    pub(super) max_memory: u64,
    /// Play at most N trials with --switches or --without, which search by trials
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = counted(TRIALS_MAX))]
    pub(super) max_trials: u64,
    /// Search for at most this long, such as 60s
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub(super) duration: Option<std::time::Duration>,
    /// Count the orders that break a property, even if there are many
    #[arg(long)]
    pub(super) count: bool,
    /// Turn off a reduction to see what it saves: levels, merging, inclusion, union, polls, folding
    /// or twins; repeatable
    #[arg(long, value_name = "WHAT", value_parser = reduction, hide_short_help = true)]
    pub(super) without: Vec<Reduction>,
    /// Output format [--json is short for the JSON one]
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

/// Explain why one trial fails, and what would have prevented it
///
/// Plays other trials to find the few orders that separate those that fail like this from the
/// rest, the moment when the failure became inevitable, the nearest schedule without it, and the
/// guards that remove it. Where a search of at most 20,000 states can prove what the trials show,
/// it says so. The exit code is 0 if it is explained, and 4 if the trial breaks nothing.
#[derive(ClapArgs)]
pub(super) struct Explain {
    #[command(flatten)]
    pub(super) meant: Meant,
    /// Which failure to explain if there are several: its fingerprint or a part of it, such as
    /// right-answer [default: the first unexpected one, or else the first]
    #[arg(long, value_name = "TEXT")]
    pub(super) fingerprint: Option<String>,
    /// Number of trials for each figure
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = counted(EXPLAIN_MAX))]
    pub(super) trials: u64,
    /// Number of OS threads on which guards are compared [default: one per processor]
    #[arg(long, short = 'j', value_name = "N", value_parser = counted(LANES_MAX))]
    pub(super) lanes: Option<u64>,
    /// Search for at most this long, such as 5s; the report says what is not known by then
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub(super) duration: Option<std::time::Duration>,
    /// Output format [--json is short for the JSON one]
    #[arg(long, value_enum, default_value_t = ExplainFormat::Human)]
    pub(super) format: ExplainFormat,
    #[command(flatten)]
    pub(super) pictures: Pictures,
    /// Seed of madsim's own scheduler; no result depends on it
    #[arg(long, hide = true, default_value_t = 0)]
    pub(super) madsim_seed: u64,
}

/// Make a failing trial as small as possible while it breaks in the same way
///
/// Removes actors, iterations, sections, actions and faults, then searches for the fewest context
/// switches, then for simple times. The result is written to `target/deadheat/` as a case with its
/// own scenario. The exit code is 0 if it is shrunk, 4 if the trial breaks nothing, and 3 if a case
/// can no longer be followed.
#[derive(ClapArgs)]
pub(super) struct Shrink {
    #[command(flatten)]
    pub(super) meant: Meant,
    /// Which failure to keep if there are several: its fingerprint or a part of it, such as
    /// right-answer [default: the first unexpected one, or else the first]
    #[arg(long, value_name = "TEXT")]
    pub(super) fingerprint: Option<String>,
    /// Try for at most this long
    #[arg(long = "for", value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(super) duration: std::time::Duration,
    /// Output format [--json is short for the JSON one]
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

/// Keep a failing trial as a case that every run plays first
///
/// Copies a case from `target/deadheat/` to `scenarios/cases/`, or makes one there from a scenario
/// and a seed. Commit it with the scenarios. When the application is fixed, `keep --fixed` records
/// that; from then on it is a finding if the case fails.
#[derive(ClapArgs)]
pub(super) struct Keep {
    #[command(flatten)]
    pub(super) meant: Meant,
    /// Which failure to keep if there are several: its fingerprint or a part of it, such as
    /// right-answer [default: the first unexpected one, or else the first]
    #[arg(long, value_name = "TEXT")]
    pub(super) fingerprint: Option<String>,
    /// Record that it is fixed and must not fail again
    #[arg(long)]
    pub(super) fixed: bool,
    /// Output format [--json is short for the JSON one]
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

/// Check that Deadheat finds bugs that were planted in servers, guards and applications
///
/// Searches for each bug in 1,000 trials from each of 50 fixed seeds, under each strategy. Each bug
/// has a sound counterpart, which must not be blamed. The exit code is 1 if a bug was missed or a
/// sound counterpart was blamed.
#[derive(ClapArgs)]
pub(super) struct Selftest {
    /// Number of OS threads [default: one per processor]
    #[arg(long, short = 'j', value_name = "N", value_parser = counted(LANES_MAX))]
    pub(super) lanes: Option<u64>,
    /// Output format [--json is short for the JSON one]
    #[arg(long, value_enum, default_value_t = SelftestFormat::Human)]
    pub(super) format: SelftestFormat,
}

/// Check scenario files and report every mistake
///
/// Without a name, every scenario in `scenarios/` is checked; a folder stands for all its .toml
/// files.
#[derive(ClapArgs)]
pub(super) struct Lint {
    /// Scenario files or folders, by path or by their name in `scenarios/`
    #[arg(add = ArgValueCandidates::new(names))]
    pub(super) files: Vec<String>,
    /// Output format [--json is short for the JSON one]
    #[arg(long, value_enum, default_value_t = LintFormat::Human)]
    pub(super) format: LintFormat,
}

/// Print a scenario as it runs: parameters filled in, defaults written out
#[derive(ClapArgs)]
pub(super) struct Show {
    /// The scenario, by path or by its name in `scenarios/`
    #[arg(required_unless_present_any = ["switches", "list_guards"])]
    pub(super) scenario: Option<String>,
    #[command(flatten)]
    pub(super) altered: Altered,
    /// List what is unknown about the real server, and how each unknown is set
    #[arg(long)]
    pub(super) switches: bool,
    /// List the guards with their options
    #[arg(id = "list_guards", long = "guards")]
    pub(super) list_guards: bool,
    /// Output format [--json is short for the JSON one]
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

/// List the scenarios in `scenarios/`, and the cases that are kept
#[derive(ClapArgs)]
pub(super) struct List {
    /// Output format [--json is short for the JSON one]
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

/// Write a scenario file to start from, and the schema that editors use
#[derive(ClapArgs)]
pub(super) struct New {
    /// Its name: `scenarios/NAME.toml` is written
    pub(super) name: String,
}

/// Write the scenarios that Deadheat carries, their schema, and a page about automation
///
/// Writes to `DIR/scenarios/`, and overwrites nothing.
#[derive(ClapArgs)]
pub(super) struct Init {
    /// The folder to begin in
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
}

/// What a schema is of.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum SchemaOf {
    /// Scenario files
    Scenario,
    /// The objects that commands print with --json
    Output,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
