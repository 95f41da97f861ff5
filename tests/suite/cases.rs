//! Cases: stored trials that outlive changes of their scenario.

use deadheat::agenda::Name;
use deadheat::engine::Play;
use deadheat::explore::Walk;
use deadheat::study::replay;

use crate::util::{scenario_names, stage};

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
