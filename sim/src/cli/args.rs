//! Args: the command line as typed.

use clap::builder::Styles;
use clap::{Args as ClapArgs, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use deadheat_model::property::PropertyId;

use super::Failure;
use super::exit_code::ExitCode;
pub(super) use super::format::{
    CompareFormat, ExplainFormat, LintFormat, ProveFormat, ReplayFormat, RunFormat, SelftestFormat,
    ShrinkFormat,
};
use super::output::Output;
use super::vary::Vary;
use crate::explore::StrategyName;
use crate::record::Digest;
use crate::scenario::{Guards, parse_span};
use crate::study::Reduction;

/// Find the races in which it matters who comes first.
///
/// Deadheat runs the users, jobs and workers of a scenario file against a simulated Assistants
/// server, a thousand times a blink, each time under another schedule. It says which promises broke
/// and how often, and replays every trial byte for byte.
#[derive(Parser)]
#[command(name = "deadheat", version, styles = Styles::styled(), after_help = ExitCode::table())]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    Run(Run),
    Replay(Replay),
    Prove(Prove),
    Explain(Explain),
    Shrink(Shrink),
    Keep(Keep),
    Compare(Compare),
    Selftest(Selftest),
    Lint(Lint),
    /// List the scenarios in `scenarios/`
    List,
    Show(Show),
    /// Print the JSON Schema of scenario files
    Schema,
    /// Print the reference for authors: every action, block, cause and mark
    Actions,
    New(New),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Run scenarios, many trials each, and say which promises broke
///
/// Without a name, every scenario in `scenarios/` is run. The cases that are kept in
/// `scenarios/cases/` are played first, each within its own guards and settings: an open one is
/// reported, and one that is kept as fixed and fails again is a finding. Every way of breaking that
/// the report shows is written to `target/deadheat/` as a case.
#[derive(ClapArgs)]
pub(super) struct Run {
    /// Scenarios, by path or by their name in `scenarios/`
    pub(super) scenarios: Vec<String>,
    /// How many trials of each
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = counted(TRIALS_MAX))]
    pub(super) trials: u64,
    /// Run for so long instead, such as 60s; all settings of all scenarios share it evenly
    #[arg(long = "for", value_name = "TIME", conflicts_with = "trials", value_parser = duration)]
    pub(super) duration: Option<std::time::Duration>,
    /// End each as soon as it has broken in so many different ways; asked after every 1,000 trials
    #[arg(long, value_name = "N", value_parser = counted(TRIALS_MAX))]
    pub(super) findings: Option<u64>,
    /// The first trial's seed: a number (42, 0x2a), a git hash, short or not, or `random`
    #[arg(long, value_name = "SEED", default_value = "1", value_parser = seed)]
    pub(super) seed: Seed,
    /// On how many OS threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = counted(LANES_MAX))]
    pub(super) lanes: Option<u64>,
    /// How orders are found: walk (even draws, realistic rates), pct:2 to pct:4, urw or extremes
    /// (rare orders), or portfolio (the seed picks one of these)
    #[arg(long, value_name = "NAME", default_value_t = StrategyName::Walk)]
    pub(super) strategy: StrategyName,
    /// Set a parameter of the scenario; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub(super) settings: Vec<(String, String)>,
    /// Vary a parameter: the rates as a function of it; a list (1s,2s,5s) or a range (1..16)
    #[arg(long, value_name = "NAME=VALUES")]
    pub(super) vary: Option<Vary>,
    /// Put a guard around the application, such as lock:ttl=60s; of several, or of `a+b`, the first
    /// is outermost [`show --guards` lists them]
    #[arg(long = "guard", value_name = "GUARD", value_parser = Guards::parse)]
    pub(super) guards: Vec<Guards>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = RunFormat::Human)]
    pub(super) format: RunFormat,
    /// The seed of madsim's own scheduler; no result depends on it
    #[arg(long, hide = true, default_value_t = 0)]
    pub(super) madsim_seed: u64,
}

/// The trial that is meant: one of a scenario, or a case.
#[derive(ClapArgs)]
pub(super) struct Meant {
    /// A scenario, by path or by its name in `scenarios/`; or a case, by the path of its .json
    #[arg(value_name = "SCENARIO|CASE")]
    pub(super) scenario: String,
    /// The trial's seed: a number (42, 0x2a) or a git hash [default: the first of seeds 1 to 1,000
    /// that breaks something]
    #[arg(long, value_name = "SEED", value_parser = seed)]
    pub(super) seed: Option<Seed>,
    /// How orders are found: walk (even draws, realistic rates), pct:2 to pct:4, urw or extremes
    /// (rare orders), or portfolio (the seed picks one of these)
    #[arg(long, value_name = "NAME", default_value_t = StrategyName::Walk)]
    pub(super) strategy: StrategyName,
    /// Set a parameter of the scenario; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub(super) settings: Vec<(String, String)>,
    /// Put a guard around the application, such as lock:ttl=60s; of several, or of `a+b`, the first
    /// is outermost [`show --guards` lists them]
    #[arg(long = "guard", value_name = "GUARD", value_parser = Guards::parse)]
    pub(super) guards: Vec<Guards>,
}

/// Replay one trial, and show what happened in it
///
/// A case is followed in what its scenario has become, and ends with 1 if it still fails as it did,
/// with 0 if it does not, and with 3 if its schedule is no longer there.
#[derive(ClapArgs)]
pub(super) struct Replay {
    #[command(flatten)]
    pub(super) meant: Meant,
    /// Follow a case pick by pick, and name the first one that is not there
    #[arg(long, group = "manner")]
    pub(super) strict: bool,
    /// Follow a case in its order as far as there is one, and walk the rest [default for a case]
    #[arg(long, group = "manner")]
    pub(super) relaxed: bool,
    /// Play so many trials that keep a case's order and draw all times anew: how many of them fail?
    #[arg(long, value_name = "N", group = "manner", value_parser = counted(NEAR_MAX))]
    pub(super) near: Option<u64>,
    /// What the trial was when it was found; the replay fails if it is another one now
    #[arg(long, value_name = "DIGEST")]
    pub(super) digest: Option<Digest>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = ReplayFormat::Human)]
    pub(super) format: ReplayFormat,
    /// Show what each actor and service does, on standard error
    #[arg(short, long)]
    pub(super) verbose: bool,
    /// The seed of madsim's own scheduler; no result depends on it
    #[arg(long, hide = true, default_value_t = 0)]
    pub(super) madsim_seed: u64,
}

/// Search every order, and prove that none breaks a property, or show one that does
///
/// Asks for the properties that the scenario expects to hold, unless some are named. Every order is
/// searched that latencies within the declared windows allow. What is found is played at concrete
/// times; what is cut off is said, and then nothing is proved.
#[derive(ClapArgs)]
pub(super) struct Prove {
    /// The scenario, by path or by its name in `scenarios/`
    pub(super) scenario: String,
    /// A property that is not to break; may be given several times [default: those that must hold]
    #[arg(long = "property", value_name = "PROPERTY", value_parser = property)]
    pub(super) properties: Vec<PropertyId>,
    /// Set a parameter of the scenario; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub(super) settings: Vec<(String, String)>,
    /// Put a guard around the application, such as lock:ttl=60s; of several, or of `a+b`, the first
    /// is outermost [`show --guards` lists them]
    #[arg(long = "guard", value_name = "GUARD", value_parser = Guards::parse)]
    pub(super) guards: Vec<Guards>,
    /// In an order, at most so many faults strike or runs end otherwise than completed
    #[arg(long, value_name = "K", default_value_t = 0)]
    pub(super) faults: u32,
    /// In an order, at most so many context switches until it breaks something: calls of different
    /// actors that reach a service one after the other
    #[arg(long, value_name = "N")]
    pub(super) switches: Option<u32>,
    /// Each search plays at most so many trials
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = counted(TRIALS_MAX))]
    pub(super) max_trials: u64,
    /// Search for so long at the most, such as 60s
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub(super) duration: Option<std::time::Duration>,
    /// Count the orders of what is broken, even if they are many
    #[arg(long)]
    pub(super) count: bool,
    /// Do without something that saves work, to see what it is worth: merging, inclusion, union,
    /// polls, folding or twins; may be given several times
    #[arg(long, value_name = "WHAT", value_parser = reduction, hide_short_help = true)]
    pub(super) without: Vec<Reduction>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = ProveFormat::Human)]
    pub(super) format: ProveFormat,
}

/// Explain one trial: which orders decide that it fails, and what would have helped
///
/// Trials beside it are played to find the fewest orders by which those that fail so are told from
/// those that do not, the pick from which on it was inevitable, the nearest schedule that passes,
/// and the guards that remove it. Ends with 0 if it is explained, with 4 if the trial breaks
/// nothing.
#[derive(ClapArgs)]
pub(super) struct Explain {
    #[command(flatten)]
    pub(super) meant: Meant,
    /// What is explained, if there are several: its fingerprint, or a part of it, such as
    /// right-answer [default: the first that is not expected, or else the first]
    #[arg(long, value_name = "TEXT")]
    pub(super) fingerprint: Option<String>,
    /// How many trials are played for each figure
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = counted(EXPLAIN_MAX))]
    pub(super) trials: u64,
    /// On how many OS threads guards are compared [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = counted(LANES_MAX))]
    pub(super) lanes: Option<u64>,
    /// Look for so long at the most, such as 5s; what is not known by then is told as such
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub(super) duration: Option<std::time::Duration>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = ExplainFormat::Human)]
    pub(super) format: ExplainFormat,
    /// The seed of madsim's own scheduler; no result depends on it
    #[arg(long, hide = true, default_value_t = 0)]
    pub(super) madsim_seed: u64,
}

/// Make a failing trial as small as it can be, while it breaks in the same way
///
/// Leaves out actors, iterations, sections, actions and faults, then looks for the fewest context
/// switches, then for simple times. What is left is written to `target/deadheat/` as a case with a
/// scenario of its own. Ends with 0 if it is shrunk, with 4 if there is nothing to shrink, since
/// the trial breaks nothing, with 3 if a case can no longer be followed.
#[derive(ClapArgs)]
pub(super) struct Shrink {
    #[command(flatten)]
    pub(super) meant: Meant,
    /// Which way of breaking is kept, if there are several: its fingerprint, or a part of it, such
    /// as right-answer [default: the first that is not expected, or else the first]
    #[arg(long, value_name = "TEXT")]
    pub(super) fingerprint: Option<String>,
    /// Try for so long at the most
    #[arg(long = "for", value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(super) duration: std::time::Duration,
    /// What is printed
    #[arg(long, value_enum, default_value_t = ShrinkFormat::Human)]
    pub(super) format: ShrinkFormat,
}

/// Keep a case: every run plays it first
///
/// It is copied from `target/deadheat/` to `scenarios/cases/`, and stays with the scenarios; of a
/// trial that is named by its scenario and seed, a case is made there. Once the application is
/// mended, `keep --fixed` says so: from then on it is a finding if it fails.
#[derive(ClapArgs)]
pub(super) struct Keep {
    #[command(flatten)]
    pub(super) meant: Meant,
    /// Which way of breaking is kept, if there are several: its fingerprint, or a part of it, such
    /// as right-answer [default: the first that is not expected, or else the first]
    #[arg(long, value_name = "TEXT")]
    pub(super) fingerprint: Option<String>,
    /// It is fixed: it may not fail again
    #[arg(long)]
    pub(super) fixed: bool,
}

/// Compare guards: what each one breaks and costs, under the same seeds
///
/// Without a scenario's name, every scenario in `scenarios/` is compared. Times (median and 95 %)
/// are those of the first 1,000,000 trials of each row.
#[derive(ClapArgs)]
pub(super) struct Compare {
    /// Scenarios, by path or by their name in `scenarios/`
    pub(super) scenarios: Vec<String>,
    /// A guard to compare with none; may be given several times [default: all guards]
    #[arg(long = "guard", value_name = "GUARD")]
    pub(super) guards: Vec<String>,
    /// Compare every guard that there is, beside those that are named
    #[arg(long)]
    pub(super) all_guards: bool,
    /// How many trials of each scenario under each guard
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = counted(TRIALS_MAX))]
    pub(super) trials: u64,
    /// The first trial's seed: a number (42, 0x2a), a git hash, short or not, or `random`
    #[arg(long, value_name = "SEED", default_value = "1", value_parser = seed)]
    pub(super) seed: Seed,
    /// On how many OS threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = counted(LANES_MAX))]
    pub(super) lanes: Option<u64>,
    /// Set a parameter of the scenario; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub(super) settings: Vec<(String, String)>,
    /// Vary a parameter, a column for each value; a list (1s,2s,5s) or a range (1..16)
    #[arg(long, value_name = "NAME=VALUES")]
    pub(super) vary: Option<Vary>,
    /// The property that is shown when a parameter is varied [default: the first that breaks]
    #[arg(long, value_name = "PROPERTY", requires = "vary", value_parser = property)]
    pub(super) property: Option<PropertyId>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = CompareFormat::Human)]
    pub(super) format: CompareFormat,
    /// The seed of madsim's own scheduler; no result depends on it
    #[arg(long, hide = true, default_value_t = 0)]
    pub(super) madsim_seed: u64,
}

/// Look for servers, guards and applications that are wrong on purpose: each must be found
///
/// Each is looked for in 1,000 trials from each of 50 seeds, under each strategy; beside it stands
/// a sound counterpart that must not be blamed, under walk. The seeds are fixed. Ends with 1 if
/// something was not found, or something sound was blamed.
#[derive(ClapArgs)]
pub(super) struct Selftest {
    /// On how many OS threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = counted(LANES_MAX))]
    pub(super) lanes: Option<u64>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = SelftestFormat::Human)]
    pub(super) format: SelftestFormat,
}

/// Check scenario files, and say everything that is wrong in them
#[derive(ClapArgs)]
pub(super) struct Lint {
    /// Scenario files, by path or by their name in `scenarios/`
    #[arg(required = true)]
    pub(super) files: Vec<String>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = LintFormat::Human)]
    pub(super) format: LintFormat,
}

/// Print a scenario as it is run: parameters filled in, defaults written out
#[derive(ClapArgs)]
pub(super) struct Show {
    /// The scenario, by path or by its name in `scenarios/`
    #[arg(required_unless_present_any = ["switches", "list_guards"])]
    pub(super) scenario: Option<String>,
    /// Set a parameter of the scenario; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub(super) settings: Vec<(String, String)>,
    /// Put a guard around the application, such as lock:ttl=60s; of several, or of `a+b`, the first
    /// is outermost [`show --guards` lists them]
    #[arg(long = "guard", value_name = "GUARD", value_parser = Guards::parse)]
    pub(super) guards: Vec<Guards>,
    /// List what is not known of the real server, and how each unknown is set
    #[arg(long)]
    pub(super) switches: bool,
    /// List the guards with their options
    #[arg(id = "list_guards", long = "guards")]
    pub(super) list_guards: bool,
}

/// Write a scenario file to begin with
#[derive(ClapArgs)]
pub(super) struct New {
    /// Its name: `scenarios/NAME.toml` is written
    pub(super) name: String,
}

/// Seeds stay below 2^53, which is what a JavaScript reader can tell apart.
pub(super) const SEED_END: u64 = 1 << 53;

const TRIALS_MAX: u64 = 1_000_000_000_000;

const LANES_MAX: u64 = 256;

const NEAR_MAX: u64 = 1_000_000;

const EXPLAIN_MAX: u64 = 1_000_000;

/// Reads a number from 1 to `max`.
fn counted(max: u64) -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=max)
}

/// A seed as it was asked for.
#[derive(Clone, Copy)]
pub(super) enum Seed {
    Given(u64),
    Random,
}

/// So many digits of a hash are a seed.
const HASH_DIGITS: usize = 13;

/// Reads a seed. What has decimal digits alone is a decimal number, and no hash.
fn seed(text: &str) -> Result<Seed, String> {
    if text == "random" {
        return Ok(Seed::Random);
    }
    let is_all = |text: &str, is_digit: fn(&u8) -> bool| text.as_bytes().iter().all(is_digit);
    let is_hash = matches!(text.len(), 7..=40 | 64) && is_all(text, u8::is_ascii_hexdigit);
    let number = if let Some(digits) = text.strip_prefix("0x") {
        let digits = Some(digits).filter(|digits| is_all(digits, u8::is_ascii_hexdigit));
        digits.and_then(|digits| u64::from_str_radix(digits, 16).ok())
    } else if is_hash && !is_all(text, u8::is_ascii_digit) {
        u64::from_str_radix(&text[..text.len().min(HASH_DIGITS)], 16).ok()
    } else {
        text.parse().ok()
    };
    number.filter(|seed| *seed < SEED_END).map(Seed::Given).ok_or_else(|| {
        "a seed is a number below 2^53, such as 42 or 0x2a, a git hash of 7 to 40 digits, or \
         `random`"
            .to_owned()
    })
}

fn duration(text: &str) -> Result<std::time::Duration, String> {
    match parse_span(text) {
        Some(span) if span.as_us() > 0 => Ok(std::time::Duration::from_micros(span.as_us())),
        _ => Err("a time is a number and a unit, such as 60s or 5min".to_owned()),
    }
}

fn property(text: &str) -> Result<PropertyId, String> {
    PropertyId::ALL.into_iter().find(|property| property.name() == text).ok_or_else(|| {
        let names = PropertyId::ALL.map(PropertyId::name);
        format!("a property is one of {}", names.join(", "))
    })
}

fn reduction(text: &str) -> Result<Reduction, String> {
    Reduction::ALL.into_iter().find(|reduction| reduction.name() == text).ok_or_else(|| {
        let names = Reduction::ALL.map(Reduction::name);
        format!("one of {}", names.join(", "))
    })
}

fn setting(text: &str) -> Result<(String, String), String> {
    let split = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = split.ok_or("a setting is NAME=VALUE, such as workers=8")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Prints the completion script for a shell.
pub(super) fn completions(shell: Shell, output: &mut Output) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "deadheat", &mut script);
    output.write(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_number_a_git_hash_or_random() {
        let check = |text: &str, expected: Option<u64>| match (seed(text), expected) {
            (Ok(Seed::Given(seed)), Some(expected)) => assert_eq!(seed, expected, "{text}"),
            (Err(_), None) => {}
            _ => panic!("{text}"),
        };
        check("0", Some(0));
        check("9007199254740991", Some(SEED_END - 1));
        check("9007199254740992", None);
        check("-1", None);
        check("0123456789abcdef0123456789abcdef01234567", Some(0x0_1234_5678_9abc));
        check("1e3", None);
        check("", None);
        check("0x2a", Some(42));
        check("0x1fffffffffffff", Some(SEED_END - 1));
        check("0x20000000000000", None);
        check("0x", None);
        check("0x+2", None);
        check("0x2g", None);
        check("45d8a58", Some(0x045d_8a58));
        check("a1b2c3", None);
        check("fffffffffffffffff", Some(SEED_END / 2 - 1));
        check("0123456789abcdef0123456789abcdef012345678", None);
        // Decimal digits alone are a decimal number.
        check("1234567", Some(1_234_567));
        check("1234567890123456789", None);
        check("1e34567", Some(0x01e3_4567));
        assert!(matches!(seed("random"), Ok(Seed::Random)));
    }

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
