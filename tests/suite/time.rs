//! Time: a command takes as long as its options say, and what continues forever is ended.

use std::sync::Arc;

use deadheat::engine::{Host, Sweep};
use deadheat::record::Ended;
use deadheat::stage::Stage;
use deadheat::study::{Subject, Until, play};
use serde_json::Value;

use crate::util::{Ran, deadheat, folder, parse, plain, program, ran, settings, source};

/// Returns a scenario with a job that dispatches itself.
fn endless() -> String {
    let source = source("one-job");
    let job = source
        .replace("  \"save_reply\",\n]", "  \"save_reply\",\n  { dispatch = \"generate\" },\n]");
    assert_ne!(job, source);
    let (scenario, _) = job.split_once("[expect]").unwrap();
    let expect =
        "[expect]\nallows = [\"no-duplicate-work\", \"no-duplicate-message\", \"all-settled\"]";
    format!("{scenario}{expect}\nreaches = [\"everybody-finished\"]\n\n[budget]\npicks = 2000\n")
}

/// Runs the program on this scenario in a folder of its own.
fn run(test: &str, source: &str, args: &[&str]) -> Ran {
    let here = folder(test);
    std::fs::write(here.join("it.toml"), source).unwrap();
    ran(program().current_dir(&here).args(["run", "./it.toml"]).args(args))
}

#[test]
fn a_job_that_dispatches_itself_ends_the_sweep_after_a_few_trials_on_any_lanes() {
    for lanes in ["1", "2", "7"] {
        let test = format!("endless-{lanes}");
        let ran = run(&test, &endless(), &["--format", "json", "--lanes", lanes]);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        let object = &settings(&ran.stdout)[0];
        assert_eq!((&object["trials"], &object["out_of_budget"]), (&8.into(), &8.into()));
        assert_eq!(object["ended"], "out_of_budget");
        assert_eq!(object["expectation_met"], Value::Null);
    }
    let ran = run("endless", &endless(), &[]);
    let why = "stopped after 8 trials: 8 of them were out of budget (2,000 picks or 24h); something \
               goes on forever";
    assert!(ran.stdout.contains(why), "{}", ran.stdout);
}

#[test]
fn how_many_trials_are_played_before_that_does_not_depend_on_lanes() {
    let sweep = |picks: u64, lanes: usize| {
        let source = format!("{}\n[budget]\npicks = {picks}\n", source("one-job"));
        let stage = Arc::new(Stage::new(parse(&source)));
        let plan =
            Sweep { first_seed: 1, trials: 200, lanes, host: Host::default(), madsim_seed: 0 };
        let until = Until::stopped(&|| false);
        let played = play(&Subject::new("long", stage.clone()), plan, until);
        (played.part.summary, played.ended)
    };
    let (mut later, mut all) = (0, 0);
    for picks in 5..60 {
        let (one, ended) = sweep(picks, 1);
        assert_eq!(sweep(picks, 3), (one.clone(), ended), "{picks} picks");
        let out = one.out_of_budget.trials;
        match ended {
            Ended::OutOfBudget => assert!([8, 16, 32, 64].contains(&one.trials) && out >= 8),
            ended => assert_eq!((ended, one.trials), (Ended::Trials, 200)),
        }
        later += u32::from(ended == Ended::OutOfBudget && one.trials > 8);
        all += u32::from(ended == Ended::Trials);
    }
    assert!(later > 0 && all > 0, "{later} {all}");
}

#[test]
fn a_time_in_which_nothing_is_played_is_no_verdict() {
    let one = deadheat(&["run", "one-job", "--for", "1us"]);
    assert_eq!(one.code, 3, "{}", one.stdout);
    assert!(one.stdout.contains("time was up before the first trial"), "{}", one.stdout);
    assert!(!one.stdout.contains("no trial reached"), "{}", one.stdout);
    let json = deadheat(&["run", "one-job", "--for", "1us", "--format", "json"]);
    let object = &settings(&json.stdout)[0];
    assert_eq!((&object["trials"], &object["expectation_met"]), (&0.into(), &Value::Null));
    let several = deadheat(&["run", "one-job", "double-click", "--for", "1us"]);
    assert_eq!(several.code, 3, "{}", several.stdout);
    let last = several.stdout.lines().rev().nth(1).unwrap();
    assert!(last.starts_with("out of time: 0 of "), "{last}");
    let vary = ["run", "stress-test", "--vary", "workers=1..3", "--for", "1us"];
    let varied = deadheat(&vary);
    assert_eq!(varied.code, 3, "{}", varied.stdout);
    assert!(varied.stdout.contains("inconclusive: 0 of 3 values were played"), "{}", varied.stdout);
    let shrunk = deadheat(&["shrink", "double-click", "--seed", "3", "--for", "1us"]);
    assert_eq!(shrunk.code, 3, "{}", shrunk.stdout);
    let proved = deadheat(&["prove", "double-click", "--for", "1us"]);
    assert_eq!(proved.code, 3, "{}", proved.stdout);
}

#[test]
fn a_time_is_shared_evenly_among_all_settings() {
    let json = ["--for", "2s", "--format", "json"];
    let here = folder("shared-time");
    std::fs::write(here.join("it.toml"), plain("double-click")).unwrap();
    let several = deadheat(&[&["run", "double-click"][..], &json].concat());
    let varied = [&["run", "stress-test", "--vary", "workers=1..8"][..], &json].concat();
    for ran in [several, deadheat(&varied)] {
        let objects = settings(&ran.stdout);
        assert!(objects.len() >= 8, "{}", ran.stdout);
        let took = |object: &Value| object["elapsed_ms"].as_u64().unwrap();
        // The work after each sweep is not bounded, and takes its time from later sweeps.
        let all: u64 = objects.iter().map(took).sum();
        assert!(all < 10_000, "{all} ms");
        assert!(took(&objects[0]) * 2 < all, "{} of {all} ms", took(&objects[0]));
    }
}
