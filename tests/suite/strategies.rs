//! Strategies on real trials: what `walk` decides, `replay` decides again by names alone.

use deadheat::engine::{Lane, Play};
use deadheat::explore::{Replay, Walk};
use deadheat::study::replay;

use crate::util::{parse, plain, scenario_names, stage};

#[test]
fn a_recorded_schedule_replayed_by_names_gives_the_same_history() {
    for name in scenario_names() {
        let stage = stage(&name);
        for seed in 1..=20 {
            let play = Play { keep_schedule: true, ..Play::seed(seed) };
            let first = replay(&stage, &name, Box::new(Walk::default()), play);
            let schedule = first.schedule.unwrap();
            let (follows, divergence) = Replay::new(schedule.clone());
            let play = Play { madsim_seed: seed + 99, ..play };
            let again = replay(&stage, &name, Box::new(follows), play);
            assert_eq!(again.digest, first.digest, "{name}, seed {seed}");
            assert_eq!(again.schedule.as_ref(), Some(&schedule), "{name}, seed {seed}");
            assert_eq!(*divergence.lock().unwrap(), None);
        }
    }
}

#[test]
fn a_schedule_of_another_program_diverges_where_the_programs_part() {
    let changed = plain("double-click").replace(r#"  "create_run", "#, r#"  "cancel_active", "#);
    assert_ne!(changed, plain("double-click"));
    let changed = std::sync::Arc::new(deadheat::app::Stage::new(parse(&changed)));
    let play = Play { keep_schedule: true, ..Play::seed(1) };
    let first = replay(&stage("double-click"), "double-click", Box::new(Walk::default()), play);
    let (follows, divergence) = Replay::new(first.schedule.unwrap());
    let again = replay(&changed, "double-click", Box::new(follows), play);
    assert_ne!(again.digest, first.digest);
    let divergence = divergence.lock().unwrap().clone().unwrap();
    let expected = divergence.expected.unwrap().name.display(&first.history.cast);
    assert_eq!(expected, "generate#1.1/create_run#1/arrives");
    let pending: Vec<String> =
        divergence.pending.iter().map(|name| name.display(&first.history.cast)).collect();
    assert!(pending.contains(&"generate#1.1/list_runs#2/arrives".to_owned()), "{pending:?}");
}

#[test]
fn a_strategy_with_nothing_left_plays_nothing() {
    let stage = stage("one-job");
    let play = Play { keep_schedule: true, ..Play::seed(1) };
    let schedule = replay(&stage, "one-job", Box::new(Walk::default()), play).schedule.unwrap();
    let (follows, _) = Replay::new(schedule);
    let mut lane = Lane::new(stage, Box::new(follows));
    assert_eq!(lane.play(play), deadheat::agenda::Supply::Trial);
    assert_eq!(lane.play(play), deadheat::agenda::Supply::Nothing);
}
