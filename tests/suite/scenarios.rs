//! Every scenario file is a test because it exists.

use std::fmt::Write as _;

use deadheat::scenario::{self, Settings, print};
use deadheat_model::history::What;
use deadheat_model::id::Actor;

use crate::util::{deadheat, scenario_names, settings, source, stage};

#[test]
fn every_scenario_is_sound_and_says_where_it_comes_from() {
    for name in scenario_names() {
        let source = source(&name);
        assert!(source.starts_with("#:schema ./scenario.schema.json\n"), "{name}");
        let loaded = scenario::load(&source, &Settings::new());
        assert_eq!(loaded.diagnostics, [], "{name}");
        let scenario = loaded.scenario.unwrap();
        assert!(scenario.summary.ends_with('.') && scenario.summary.len() <= 100, "{name}");
        assert!(!scenario.source.is_empty(), "{name}");
        let long = source.lines().find(|line| line.chars().count() > 110);
        assert_eq!(long, None, "{name}");
    }
}

#[test]
fn every_expectation_is_met() {
    let ran = deadheat(&["run", "--format", "json"]);
    let mut unmet = String::new();
    let all = settings(&ran.stdout);
    for checked in &all {
        if checked["expectation_met"] != true {
            let _ = writeln!(unmet, "{}: {}", checked["scenario"], checked["surprises"]);
        }
    }
    assert_eq!(unmet, "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(all.len() >= scenario_names().len());
}

#[test]
fn a_printed_scenario_is_the_same_scenario() {
    for name in scenario_names() {
        let loaded = scenario::load(&source(&name), &Settings::new());
        let scenario = loaded.scenario.unwrap();
        let printed = print(&scenario);
        let again = scenario::load(&printed, &Settings::new());
        assert_eq!(again.diagnostics, [], "{name}:\n{printed}");
        let again = again.scenario.unwrap();
        assert_eq!(again, scenario, "{name}:\n{printed}");
        assert_eq!(print(&again), printed, "{name}");
        assert_eq!(scenario::digest(&again), scenario::digest(&scenario), "{name}");
    }
}

#[test]
fn the_digest_of_a_scenario_ignores_comments_and_words_for_people() {
    let digest = |source: &str| {
        scenario::digest(&scenario::load(source, &Settings::new()).scenario.unwrap())
    };
    let plain = source("double-click");
    let reworded = plain.replace("summary = \"A", "# a comment\nsummary = \"Once, a");
    let slower = plain.replace("5ms..80ms", "5ms..90ms");
    assert_ne!(reworded, plain);
    assert_ne!(slower, plain);
    assert_eq!(digest(&reworded), digest(&plain));
    assert_ne!(digest(&slower), digest(&plain));
}

#[test]
fn the_stress_test_makes_every_iteration_of_every_worker() {
    let stage = stage("stress-test");
    let strategy = Box::new(deadheat::explore::Walk::default());
    let mut lane = deadheat::engine::Lane::new(stage, strategy);
    for seed in 1..=200 {
        lane.play(deadheat::engine::Play::seed(seed));
        let mut made = std::collections::BTreeSet::new();
        lane.events(|events| {
            for event in events {
                if let (Some(Actor::Process(process)), What::Answered { asks: Some(label), .. }) =
                    (event.by, &event.what)
                {
                    made.insert((process, *label));
                }
            }
        });
        assert_eq!(made.len(), 5 * 10, "seed {seed}");
    }
}
