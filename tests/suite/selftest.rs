//! Deliberate mistakes are found, and what escapes the schedule is named.

use std::sync::Arc;

use deadheat::engine::{Host, Lane, Play, Sweep};
use deadheat::explore::Walk;
use deadheat::record::{Ended, Oracle, Summary};
use deadheat::scenario::{self, Settings};
use deadheat::stage::{Flaw, Leak, Stage};
use deadheat::study::{SPECIMENS, Specimen, Subject, Until, first_telling, is_played_again, play};

use crate::util::{deadheat, scenario_names, stage};

fn leaky(leak: Leak) -> Arc<Stage> {
    let is_it = |one: &&Specimen| one.flawed.flaw == Some(Flaw::Leak(leak));
    let specimen = SPECIMENS.iter().find(is_it).unwrap();
    specimen.stage(specimen.flawed)
}

fn plan(trials: u64, lanes: usize) -> Sweep {
    Sweep { first_seed: 1, trials, lanes, host: Host::default(), madsim_seed: 0 }
}

#[test]
fn every_leak_is_found_and_its_first_event_is_named() {
    for leak in [
        Leak::TimeOfDay,
        Leak::Nanoseconds,
        Leak::HashOrder,
        Leak::Address,
        Leak::OsThread,
        Leak::Static,
    ] {
        for lanes in [1, 3] {
            let played = play(
                &Subject::new("leaky", leaky(leak)),
                plan(200, lanes),
                Until::stopped(&|| false),
            );
            assert_eq!(played.ended, Ended::Bug, "{leak:?}");
            let parting = played.bugs[0].parting.clone();
            let parting = parting.unwrap_or_else(|| panic!("{leak:?} is not located"));
            // Both runs are the same up to the sleep: the start, the first click and its job.
            assert!(parting.event >= 3, "{leak:?}: {parting:?}");
            let [one, other] = parting.lines;
            assert!(one.is_some() && one != other, "{leak:?}: {one:?} {other:?}");
            assert_ne!(parting.runs[0], parting.runs[1]);
        }
    }
}

#[test]
fn every_mistake_is_found_and_its_sound_counterpart_is_not_blamed() {
    for specimen in &SPECIMENS {
        let found = first_telling(specimen, specimen.flawed, 300);
        assert!(found.is_some(), "{}", specimen.name);
        let alarm = first_telling(specimen, specimen.sound, 100);
        assert_eq!(alarm, None, "{}", specimen.name);
    }
}

#[test]
fn what_does_not_leak_is_not_blamed() {
    let specimen = SPECIMENS.iter().find(|one| one.oracle == Oracle::Differs).unwrap();
    let sound = Subject::new("sound", specimen.stage(specimen.sound));
    let played = play(&sound, plan(500, 2), Until::stopped(&|| false));
    assert!(played.bugs.is_empty(), "{:?}", played.bugs);
    assert_eq!(played.ended, Ended::Trials);
}

#[test]
fn a_flaw_changes_nothing_unless_the_stage_has_it() {
    for specimen in &SPECIMENS {
        let trial = |stage: Arc<Stage>| {
            let mut lane = Lane::new(stage, Box::new(Walk::default()));
            lane.play(Play::seed(1));
            lane.events(<[_]>::to_vec)
        };
        let unflawed = deadheat::study::Version { flaw: None, ..specimen.sound };
        let by_hand = {
            let set = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            let settings: Settings = specimen.sound.set.iter().map(set).collect();
            scenario::load(specimen.scenario, &settings).scenario.unwrap()
        };
        if specimen.sound.guard.is_none() {
            let by_hand = trial(Arc::new(Stage::new(by_hand)));
            assert_eq!(trial(specimen.stage(unflawed)), by_hand, "{}", specimen.name);
        }
    }
}

#[test]
fn what_was_played_twice_and_covered_does_not_depend_on_lanes() {
    for name in scenario_names() {
        let stage = stage(&name);
        let played = |lanes| {
            play(
                &Subject::new("flawed", stage.clone()),
                plan(150, lanes),
                Until::stopped(&|| false),
            )
        };
        let one = played(1);
        let sampled = (1..=150).filter(|seed| is_played_again(*seed)).count() as u64;
        assert!(one.watched.coverage.trials >= sampled, "{name}");
        for lanes in [2, 3] {
            let more = played(lanes);
            assert_eq!(more.watched, one.watched, "{name}");
            assert_eq!(more.part, one.part, "{name}");
            assert_eq!(more.findings, one.findings, "{name}");
        }
    }
}

#[test]
fn orders_that_a_guard_forbids_do_not_come_up() {
    // Only one worker works at a time, so nothing of two jobs occurs both ways, except what the
    // queue does.
    let one_way = |name: &str, guards: &[&str]| {
        let args = [&["run", name, "--format", "json", "--trials", "300"], guards].concat();
        let ran = deadheat(&args);
        let line: serde_json::Value =
            serde_json::from_str(ran.stdout.lines().nth(1).unwrap()).unwrap();
        let coverage = line["coverage"].clone();
        assert!(coverage["schedules_are_exact"].as_bool().unwrap());
        assert_eq!(line["ended"], "trials");
        (coverage["both_ways"].as_u64().unwrap(), coverage["one_way"].clone())
    };
    let (free, _) = one_way("double-click", &[]);
    let (guarded, orders) = one_way("double-click", &["--guard", "serial-queue"]);
    assert!(guarded < free, "{guarded} {free}");
    let creates = orders.as_array().unwrap().iter().find(|order| {
        order["first"] == "create_run of generate"
            && order["second"] == "create_run of a later generate"
    });
    assert!(creates.is_some(), "{orders}");
}

#[test]
fn a_sweep_ends_with_as_many_findings_as_are_asked_for_on_any_number_of_lanes() {
    let run = |findings: &str, lanes: &str| {
        let args = ["run", "double-click", "--trials", "5000", "--format", "json"];
        let ran = deadheat(&[&args[..], &["--findings", findings, "--lanes", lanes]].concat());
        let line: serde_json::Value =
            serde_json::from_str(ran.stdout.lines().nth(1).unwrap()).unwrap();
        (line["trials"].as_u64().unwrap(), line["ended"].as_str().unwrap().to_owned())
    };
    assert_eq!(run("1", "1"), (1_000, "findings".to_owned()));
    assert_eq!(run("1", "3"), (1_000, "findings".to_owned()));
    assert_eq!(run("100", "2"), (5_000, "trials".to_owned()));
}

#[test]
fn a_sketch_estimates_the_schedules_that_there_are() {
    let stage = stage("double-click");
    let (mut lane, mut summary) = (Lane::new(stage, Box::new(Walk::default())), Summary::default());
    let mut paths = Vec::new();
    for seed in 0..20_000 {
        lane.play(Play::seed(seed));
        summary.schedules.add(lane.path());
        paths.push(lane.path());
    }
    paths.sort_unstable();
    paths.dedup();
    let (count, estimate) = (paths.len() as u64, summary.schedules.distinct().count());
    assert!(count.abs_diff(estimate) * 20 <= count, "{estimate} for {count}");
}
