//! No history depends on what polls the actors.

use std::sync::Arc;

use deadheat::engine::{Host, Lane, Play};
use deadheat::explore::StrategyName;
use deadheat::stage::Stage;
use deadheat::study::strategies;

use crate::util::{is_long, scenario, scenario_names};

#[test]
fn every_trial_is_the_same_on_every_host() {
    let seeds = if is_long() { 1..=24 } else { 1..=12 };
    for name in scenario_names() {
        let stage = Arc::new(Stage::new(scenario(&name)));
        for strategy in StrategyName::ALL {
            let lane = |host| Lane::on(host, stage.clone(), strategies(&stage, strategy)());
            let mut lanes = [lane(Host::Madsim), lane(Host::Bare)];
            for seed in seeds.clone() {
                let played = lanes.each_mut().map(|lane| {
                    lane.play(Play { keep_schedule: true, ..Play::seed(seed) });
                    let schedule = lane.take_schedule().map(|all| (all.picks, all.fates));
                    (lane.events(<[_]>::to_vec), lane.path(), schedule)
                });
                assert!(played[0] == played[1], "{name}, {strategy}, seed {seed}");
            }
        }
    }
}
