//! The schedule alone determines a trial. Madsim's seed, the number of lanes and the process do
//! not.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use deadheat::agenda::{Observed, Observer, State, Strategy};
use deadheat::engine::{Host, Lane, Means, Play, Sweep, sweep};
use deadheat::explore::Walk;
use deadheat::record::{Counted, Digest, Summary};
use deadheat::study::replay;

use crate::util::{deadheat, folder, is_long, program, scenario_names, settings, stage};

fn walk() -> Box<dyn Strategy> {
    Box::new(Walk::default())
}

#[test]
fn another_seed_of_madsims_gives_the_same_history() {
    for name in scenario_names() {
        let stage = stage(&name);
        for seed in 1..=10 {
            let digest = |madsim_seed| {
                let play = Play { madsim_seed, ..Play::seed(seed) };
                replay(&stage, &name, walk(), play).digest
            };
            let first = digest(0);
            for madsim_seed in 1..10 {
                assert_eq!(digest(madsim_seed), first, "{name}, seed {seed}, {madsim_seed}");
            }
        }
    }
}

#[test]
fn a_lane_that_has_played_before_plays_the_same() {
    for name in scenario_names() {
        let stage = stage(&name);
        let mut used = Lane::new(stage.clone(), walk());
        for seed in 1..=30 {
            used.play(Play::seed(seed));
            let mut fresh = Lane::new(stage.clone(), walk());
            fresh.play(Play::seed(seed));
            let events = used.events(<[_]>::to_vec);
            assert_eq!(events, fresh.events(<[_]>::to_vec), "{name}, seed {seed}");
            assert_eq!(used.judge().0, fresh.judge().0, "{name}, seed {seed}");
        }
    }
}

#[test]
fn what_a_sweep_adds_up_to_does_not_depend_on_its_lanes() {
    for name in scenario_names() {
        let stage = stage(&name);
        let swept = |lanes| {
            let plan = Sweep {
                first_seed: 5,
                trials: 333,
                lanes,
                host: Host::default(),
                madsim_seed: lanes as u64,
            };
            let each = |lane: &mut Lane, seed, summary: &mut Summary| {
                let (occurrences, end, cast) = (lane.occurrences(), lane.end(), lane.cast());
                let path = lane.path();
                let (armed, fired) = lane.faults();
                let (violations, marks) = lane.judge();
                let played = Counted { seed, occurrences, path, end, armed, fired };
                summary.add_trial(&cast, played, violations, marks);
            };
            let swept =
                sweep(&stage, plan, &Means { strategy: &walk, each: &each, stop: &|| false });
            assert_eq!(swept.crash, None);
            let mut whole = Summary::default();
            swept.parts.iter().for_each(|part| whole.merge(part));
            whole
        };
        let one = swept(1);
        assert_eq!(one.trials, 333);
        assert_eq!(swept(2), one, "{name}");
        assert_eq!(swept(7), one, "{name}");
    }
}

#[test]
fn another_process_prints_the_same_bytes() {
    for format in ["human", "jsonl"] {
        let print = |madsim_seed: &str| {
            let args = ["replay", "stress-test", "--seed", "17", "--format", format];
            let ran = deadheat(&[&args[..], &["--madsim-seed", madsim_seed]].concat());
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            ran.stdout
        };
        let first = print("0");
        for madsim_seed in ["1", "2", "3"] {
            assert_eq!(print(madsim_seed), first);
        }
    }
}

#[test]
fn the_report_of_a_sweep_is_the_same_on_any_number_of_lanes() {
    let report = |lanes: &str| {
        let trials = if is_long() { "200" } else { "50" };
        let ran = deadheat(&["run", "--trials", trials, "--format", "json", "--lanes", lanes]);
        // These few trials may miss what is expected of a scenario, but all runs have to miss the
        // same.
        assert!([0, 1].contains(&ran.code), "{}", ran.stderr);
        let lines: Vec<String> = ran
            .stdout
            .lines()
            .map(|line| {
                let mut object: serde_json::Value = serde_json::from_str(line).unwrap();
                let object = object.as_object_mut().unwrap();
                object.remove("elapsed_ms");
                object.remove("lanes");
                serde_json::to_string(object).unwrap()
            })
            .collect();
        lines
    };
    let one = report("1");
    for lanes in ["2", "7"] {
        let other = report(lanes);
        assert_eq!(other.len(), one.len());
        // The lines are compared one by one, so that a difference can be read.
        one.iter().zip(&other).for_each(|(one, other)| assert_eq!(one, other));
    }
}

#[test]
fn a_sweep_that_is_stopped_early_has_no_gap() {
    let stage = stage("one-job");
    let asked = AtomicU64::new(0);
    let seen = Mutex::new(Vec::new());
    let each = |_: &mut Lane, seed, count: &mut u64| {
        *count += 1;
        seen.lock().unwrap().push(seed);
    };
    let plan = Sweep {
        first_seed: 100,
        trials: 1_000_000,
        lanes: 3,
        host: Host::default(),
        madsim_seed: 0,
    };
    let stop = || asked.fetch_add(1, Ordering::Relaxed) > 20;
    let swept = sweep(&stage, plan, &Means { strategy: &walk, each: &each, stop: &stop });
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert!(!seen.is_empty() && seen.len() < 1_000_000);
    assert_eq!(swept.parts.iter().sum::<u64>(), seen.len() as u64);
    assert_eq!(seen, (100..100 + seen.len() as u64).collect::<Vec<_>>());
}

#[test]
fn a_panic_ends_the_sweep_and_names_its_seed() {
    let stage = stage("one-job");
    let each = |_: &mut Lane, seed, _: &mut u64| assert!(seed < 300, "seed {seed} is one too many");
    let plan =
        Sweep { first_seed: 1, trials: 100_000, lanes: 2, host: Host::default(), madsim_seed: 0 };
    let swept = sweep(&stage, plan, &Means { strategy: &walk, each: &each, stop: &|| false });
    let crash = swept.crash.unwrap();
    assert_eq!((crash.seed, crash.message.as_str()), (300, "seed 300 is one too many"));
}

#[test]
fn sleeping_on_madsims_clock_is_found_at_once() {
    // The history would be the same. Only the clock shows the difference.
    let stage = stage("one-job");
    let sleeps = Observed::new(Box::new(Walk::default()), Sleeper::default());
    let mut lane = Lane::new(stage, Box::new(sleeps));
    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        lane.play(Play::seed(1));
    }));
    let said = deadheat::engine::message(&*played.unwrap_err());
    assert!(said.contains("nobody sleeps on madsim's clock"), "{said}");
}

/// Moves madsim's clock, as a stray sleep would.
#[derive(Default)]
struct Sleeper {
    picks: u32,
}

impl Observer for Sleeper {
    fn before(&mut self, _: &mut dyn FnMut() -> State) {
        self.picks += 1;
        if self.picks == 5 {
            madsim::time::advance(std::time::Duration::from_millis(90));
        }
    }
}

#[test]
fn twenty_times_the_trials_need_no_more_memory() {
    let (fewer, more) = if is_long() { ("2000", "40000") } else { ("500", "10000") };
    let (few, many) = (peak_kib("double-click", fewer), peak_kib("double-click", more));
    assert!(many < few + 2048, "{few} KiB for {fewer} trials, {many} KiB for {more}");
}

/// A scenario whose worker dies in each trial, and is replaced by another one.
const CRASH: &str = r#"
format  = 1
summary = "A worker dies with a lock and a call on its way."
[[document]]
id = 7
[[user]]
name = "browser"
do   = [{ click = "generate" }]
[queue]
retry_after = "30s"
[job.generate]
tries = 2
do    = [
  "load_document",
  { lock = { key = "k", ttl = "5s", do = [{ safe_add_message = "x" }, "create_run"] } },
]
[[fault]]
crash  = { job = "generate", after = "0ms..20ms" }
during = "0s..1s"
[expect]
allows = ["no-duplicate-message", "no-duplicate-work", "right-answer"]
"#;

#[test]
fn a_death_in_each_trial_needs_no_memory_either() {
    let path = folder("crash").join("crash.toml");
    std::fs::write(&path, CRASH).unwrap();
    let scenario = path.to_str().unwrap();
    let swept = deadheat(&["run", scenario, "--trials", "1000", "--format", "json"]);
    let swept = &settings(&swept.stdout)[0];
    assert_eq!(swept["expectation_met"], true, "{swept}");
    assert_eq!(swept["faults"][0]["fired"], 1000, "{swept}");
    let few = peak_kib(scenario, "1000");
    let many = peak_kib(scenario, "20000");
    assert!(many < few + 2048, "{few} KiB for 1,000 trials, {many} KiB for 20,000");
}

/// Returns the peak memory of a sweep of this many trials.
fn peak_kib(scenario: &str, trials: &str) -> u64 {
    let mut child = program()
        .args(["run", scenario, "--lanes", "1", "--trials", trials])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
    }
    assert!(peak > 0, "the program was seen at work");
    peak
}

#[test]
fn digests_of_different_seeds_differ() {
    let stage = stage("double-click");
    let digests: Vec<Digest> = (1..=200)
        .map(|seed| replay(&stage, "double-click", walk(), Play::seed(seed)).digest)
        .collect();
    let mut distinct = digests.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), digests.len());
}
