//! Cases: stored trials that outlive changes of their scenario.

use std::sync::Arc;

use deadheat::agenda::Name;
use deadheat::app::Stage;
use deadheat::engine::Play;
use deadheat::explore::Walk;
use deadheat::record::{CASE_MAX, Case, Invocation, State};
use deadheat::study::{self, Found, Manner, replay};

use crate::util::{scenario_names, source, stage};

/// A case for each way in which the trial with this seed breaks something.
fn cases(name: &str, text: &str, stage: &Arc<Stage>, seed: u64) -> Vec<Case> {
    let trial = replay(stage, name, Box::new(Walk::default()), Play::seed(seed));
    let mut prints: Vec<_> = trial
        .violations
        .iter()
        .map(|violation| (violation.fingerprint(&stage.cast), violation.why))
        .collect();
    prints.sort_unstable();
    prints.dedup();
    let invocation = Invocation { scenario: name.to_owned(), ..Invocation::default() };
    let case = |(fingerprint, why)| {
        let found = Found {
            name,
            text: Some(text),
            invocation: &invocation,
            strategy: "walk",
            seed,
            fingerprint,
            why,
            what: "something broke".to_owned(),
        };
        study::case(stage, Box::new(Walk::default()), &found, Play::seed(seed)).unwrap()
    };
    prints.into_iter().map(case).collect()
}

#[test]
fn a_case_of_any_scenario_is_small_and_replays_byte_for_byte_in_each_manner() {
    let mut cases_seen = 0;
    let mut largest = 0;
    for name in scenario_names() {
        let (stage, text) = (stage(&name), source(&name));
        for seed in 1..=10 {
            for case in cases(&name, &text, &stage, seed) {
                let written = case.text().unwrap();
                largest = largest.max(written.len());
                assert!(written.len() <= CASE_MAX, "{name}, seed {seed}: {}", written.len());
                let read = Case::parse(written.as_bytes()).unwrap();
                for manner in [Manner::Strict, Manner::Relaxed] {
                    let played = study::follow(&stage, &read, manner, Play::seed(99));
                    assert_eq!(played.first, None, "{name}, seed {seed}, {manner:?}");
                    assert_eq!(played.trial.digest, case.digest, "{name}, seed {seed}, {manner:?}");
                    assert!(played.fails);
                }
                assert_eq!(study::judge(&stage, &read, Play::seed(0)), State::Open);
                cases_seen += 1;
            }
        }
    }
    assert!(cases_seen > 200, "{cases_seen}");
    assert!(largest > CASE_MAX / 2, "{largest}");
}

#[test]
fn every_name_of_a_real_trial_is_read_as_it_is_shown() {
    let mut names = 0;
    for scenario in scenario_names() {
        let stage = stage(&scenario);
        for seed in 1..=20 {
            let play = Play { keep_schedule: true, ..Play::seed(seed) };
            let trial = replay(&stage, &scenario, Box::new(Walk::default()), play);
            let schedule = trial.schedule.unwrap();
            let picks = schedule.picks.iter().map(|pick| pick.name);
            for name in picks.chain(schedule.fates.iter().map(|fate| fate.name)) {
                let text = name.display(&stage.cast);
                assert_eq!(Name::parse(&text, &stage.cast), Some(name), "{scenario}: {text}");
                names += 1;
            }
        }
    }
    assert!(names > 10_000, "{names}");
}
