//! Trials to the first violation, by strategy, on the races that are fixed for this purpose.
//!
//! `cargo bench --bench finding` prints two tables in Markdown: races of this application, and
//! programs of the field. They show the median over this many
//! root seeds, where each trial's seed is counted from its root seed, up to a cap. It also shows
//! how many of the root seeds missed the violation, and how many trials per second a lane played.
//! All arguments are optional: `--roots 50`, `--cap 20000`, and names of scenarios or strategies,
//! to measure only these.

mod programs;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use deadheat::engine::{Lane, Play};
use deadheat::explore::{Portfolio, StrategyName};
use deadheat::scenario::{self, Scenario, Settings};
use deadheat::stage::Stage;
use deadheat::study::strategies;
use deadheat_model::property::PropertyId;

use self::programs::{PROGRAMS, Program};

const RACES: [&str; 9] = [
    "race-lease-3",
    "race-lease-6",
    "race-lease-10",
    "race-lease-16",
    "race-lease-24",
    "race-lost-reply",
    "race-redelivery",
    "race-cancel",
    "race-completed-but-locked",
];

/// Root seeds are this far apart.
const APART: u64 = 1_000_000;

/// At most this many trials are played of a program for each root seed.
const CAP_OF_PROGRAMS: u64 = 2_000;

/// Programs of a hundred actors take long: fewer root seeds, and fewer trials.
const ROOTS_OF_LARGE: u64 = 20;
const CAP_OF_LARGE: u64 = 500;

struct Options {
    roots: u64,
    cap: u64,
    only: Vec<String>,
}

fn main() {
    let options = options();
    let strategies = Portfolio::MEMBERS.into_iter().chain([StrategyName::Portfolio]);
    let strategies: Vec<StrategyName> =
        strategies.filter(|name| options.wants(&name.to_string(), is_strategy)).collect();
    let mut text = format!("median of {} root seeds, cap {}\n\n", options.roots, options.cap);
    let _ = write!(text, "| race |");
    for name in &strategies {
        let _ = write!(text, " {name} |");
    }
    let _ = writeln!(text, "\n|---|{}", "--:|".repeat(strategies.len()));
    show(&text);
    for race in RACES.iter().filter(|race| options.wants(race, |word| !is_strategy(word))) {
        let scenario = load(race);
        let mut row = format!("| {race} |");
        for name in &strategies {
            let _ = write!(row, " {} |", measure(&scenario, *name, &options));
        }
        show(&(row + "\n"));
    }
    show_programs(&strategies, &options);
}

/// Measures the programs. The last column has what shuttle takes: random, PCT-3 and URW.
fn show_programs(strategies: &[StrategyName], options: &Options) {
    let is_meant = |program: &&Program| options.wants(program.name, |word| !is_strategy(word));
    let mut programs = PROGRAMS.iter().filter(is_meant).peekable();
    if programs.peek().is_none() {
        return;
    }
    let mut head = "\n| program |".to_owned();
    for name in strategies {
        let _ = write!(head, " {name} |");
    }
    let _ = writeln!(head, " shuttle |\n|---|{}---|", "--:|".repeat(strategies.len()));
    show(&head);
    for program in programs {
        let mut row = format!("| {} |", program.name);
        for name in strategies {
            let _ = write!(row, " {} |", first_of(program, *name, options));
        }
        let peers =
            program.shuttle.map(|peer| peer.map_or("-".to_owned(), |peer| peer.to_string()));
        let _ = writeln!(row, " {} |", peers.join(" / "));
        show(&row);
    }
}

/// Returns the median, and how many root seeds missed the failure if any did.
fn first_of(program: &Program, name: StrategyName, options: &Options) -> String {
    let (roots, cap) = if program.is_large {
        (options.roots.min(ROOTS_OF_LARGE), options.cap.min(CAP_OF_LARGE))
    } else {
        (options.roots, options.cap.min(CAP_OF_PROGRAMS))
    };
    let next = AtomicU64::new(0);
    let lane = || {
        let mut found = Vec::new();
        loop {
            let root = next.fetch_add(1, Ordering::Relaxed);
            if root >= roots {
                return found;
            }
            let seed = root * APART + 1;
            let check = deadheat::check(program.setup).seed(seed).trials(cap);
            let first = check.strategy(&name.to_string()).find();
            found.push(first.map(|first| first - seed + 1));
        }
    };
    let lanes = std::thread::available_parallelism().map_or(1, usize::from);
    let found: Vec<Option<u64>> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().flat_map(|lane| lane.join().expect("a lane")).collect()
    });
    median(&found, cap)
}

impl Options {
    /// Returns whether this is to be measured: either it is named, or nothing of its kind is.
    fn wants(&self, name: &str, is_of_its_sort: impl Fn(&str) -> bool) -> bool {
        let mut named = self.only.iter().filter(|word| is_of_its_sort(word)).peekable();
        named.peek().is_none() || named.any(|word| word == name)
    }
}

fn is_strategy(word: &str) -> bool {
    word.parse::<StrategyName>().is_ok()
}

fn options() -> Options {
    let mut options = Options { roots: 50, cap: 20_000, only: Vec::new() };
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|word| word.parse().ok()).expect("a number");
        match word.as_str() {
            "--roots" => options.roots = number(),
            "--cap" => options.cap = number(),
            _ => options.only.push(word),
        }
    }
    options
}

fn load(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(name);
    let source = std::fs::read_to_string(path.with_extension("toml")).expect("a scenario");
    let scenario = scenario::load(&source, &Settings::new()).scenario;
    scenario.expect("a scenario without mistakes")
}

/// Returns the median, how many root seeds missed it if any did, and the trials per second.
fn measure(scenario: &Scenario, name: StrategyName, options: &Options) -> String {
    let expect = scenario.expect.as_ref().expect("a race says which property it breaks");
    let property = expect.allows[0];
    let stage = Arc::new(Stage::new(scenario.clone()));
    let makes = strategies(&stage, name);
    let (next, played, begun) = (AtomicU64::new(0), AtomicU64::new(0), Instant::now());
    let lane = || {
        let mut found = Vec::new();
        let mut lane = Lane::new(stage.clone(), makes());
        loop {
            let root = next.fetch_add(1, Ordering::Relaxed);
            if root >= options.roots {
                return found;
            }
            let trials = first(&mut lane, root * APART + 1, options.cap, property);
            played.fetch_add(trials.unwrap_or(options.cap), Ordering::Relaxed);
            found.push(trials);
        }
    };
    let lanes = std::thread::available_parallelism().map_or(1, usize::from);
    let found: Vec<Option<u64>> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().flat_map(|lane| lane.join().expect("a lane")).collect()
    });
    let rate = played.into_inner() as f64 / begun.elapsed().as_secs_f64() / lanes as f64;
    format!("{} ({:.0} k/s)", median(&found, options.cap), rate / 1_000.0)
}

/// Returns the median, and how many of all missed if any did.
fn median(found: &[Option<u64>], cap: u64) -> String {
    let missed = found.iter().filter(|trials| trials.is_none()).count();
    let mut trials: Vec<u64> = found.iter().map(|trials| trials.unwrap_or(cap + 1)).collect();
    trials.sort_unstable();
    let median = trials[trials.len() / 2];
    let median = if median > cap { format!("> {cap}") } else { median.to_string() };
    let missed = if missed > 0 { format!(", {missed} missed") } else { String::new() };
    median + &missed
}

/// Returns how many trials it takes from this seed on.
fn first(lane: &mut Lane, seed: u64, cap: u64, property: PropertyId) -> Option<u64> {
    for trial in 0..cap {
        lane.play(Play::seed(seed + trial));
        let (violations, _) = lane.judge();
        if violations.iter().any(|violation| violation.property == property) {
            return Some(trial + 1);
        }
    }
    None
}

fn show(text: &str) {
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()).expect("standard output");
}
