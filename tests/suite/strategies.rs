//! Strategies on real trials: `replay` repeats the decisions of a strategy by names alone. Also,
//! what each of them finds, and what none of them may find.

use std::collections::BTreeSet;
use std::sync::Arc;

use deadheat::agenda::{Observed, Observer, Pending, Picked, Supply};
use deadheat::app::{Looking, Polls};
use deadheat::engine::{Host, Lane, Play, Sweep};
use deadheat::explore::{
    Divergence, Exhaustive, Exploring, Merge, Portfolio, Replay, StrategyName, Walk,
};
use deadheat::scenario::{self, Settings};
use deadheat::stage::Stage;
use deadheat::study::{Subject, Until, check, replay, replay_on, strategies};
use deadheat_model::history::End;
use deadheat_model::property::PropertyId;

use crate::util::{parse, plain, scenario, scenario_names, source, stage};

fn divergence(lane: &Lane) -> Option<Divergence> {
    lane.ask(|replay: &Replay| replay.divergence().cloned())
}

#[test]
fn a_recorded_schedule_replayed_by_names_gives_the_same_history() {
    for name in scenario_names() {
        let stage = stage(&name);
        for seed in 1..=20 {
            let play = Play { keep_schedule: true, ..Play::seed(seed) };
            let first = replay(&stage, &name, Box::new(Walk::default()), play);
            let schedule = first.schedule.unwrap();
            let mut lane = Lane::new(stage.clone(), Box::new(Replay::new(schedule.clone())));
            let play = Play { madsim_seed: seed + 99, ..play };
            let again = replay_on(&mut lane, &name, play);
            assert_eq!(again.digest, first.digest, "{name}, seed {seed}");
            assert_eq!(again.schedule.as_ref(), Some(&schedule), "{name}, seed {seed}");
            assert_eq!(divergence(&lane), None);
        }
    }
}

#[test]
fn a_schedule_of_another_program_diverges_where_the_programs_part() {
    let changed = plain("double-click").replace(r#"  "create_run", "#, r#"  "cancel_active", "#);
    assert_ne!(changed, plain("double-click"));
    let changed = Arc::new(Stage::new(parse(&changed)));
    let play = Play { keep_schedule: true, ..Play::seed(1) };
    let first = replay(&stage("double-click"), "double-click", Box::new(Walk::default()), play);
    let mut lane = Lane::new(changed, Box::new(Replay::new(first.schedule.unwrap())));
    let again = replay_on(&mut lane, "double-click", play);
    assert_ne!(again.digest, first.digest);
    let divergence = divergence(&lane).unwrap();
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
    let mut lane = Lane::new(stage, Box::new(Replay::new(schedule)));
    assert_eq!(lane.play(play), Supply::Trial);
    assert_eq!(lane.play(play), Supply::Nothing);
}

/// The scenarios on which all strategies are tried: some of every sort, and none that takes long.
const SOME: [&str; 6] = [
    "double-click",
    "everything-goes-wrong",
    "race-cancel",
    "race-completed-but-locked",
    "redelivered-while-running",
    "two-users-of-a-channel",
];

#[test]
fn a_seed_plays_the_same_trial_alone_and_in_a_sweep_and_by_names_alone() {
    for name in SOME {
        let stage = stage(name);
        for strategy in StrategyName::ALL {
            let mut lane = Lane::new(stage.clone(), strategies(&stage, strategy)());
            for seed in 1..=6 {
                lane.play(Play::seed(seed));
                let swept = lane.events(<[_]>::to_vec);
                let play = Play { keep_schedule: true, madsim_seed: 99, ..Play::seed(seed) };
                let alone = replay(&stage, name, strategies(&stage, strategy)(), play);
                assert_eq!(alone.history.events, swept, "{name}, {strategy}, seed {seed}");
                let follows = Replay::new(alone.schedule.unwrap());
                let play = Play { madsim_seed: 7, ..play };
                let mut lane = Lane::new(stage.clone(), Box::new(follows));
                let again = replay_on(&mut lane, name, play);
                assert_eq!(divergence(&lane), None);
                assert_eq!(again.digest, alone.digest, "{name}, {strategy}, seed {seed}");
            }
        }
    }
}

#[test]
fn what_a_sweep_finds_does_not_depend_on_the_number_of_lanes() {
    for name in ["double-click", "race-lost-reply"] {
        let swept = |lanes| {
            let plan = Sweep {
                first_seed: 1,
                trials: 300,
                lanes,
                host: Host::default(),
                madsim_seed: lanes as u64,
            };
            let subject = Subject::new(name, Arc::new(Stage::new(scenario(name))));
            let subject = subject.under(StrategyName::Portfolio);
            let checked = check(&subject, plan, Until::stopped(&|| false));
            assert_eq!(checked.bugs, []);
            (checked.summary, checked.findings, checked.members)
        };
        let one = swept(1);
        assert_eq!(one.0.shares.iter().map(|share| share.trials).sum::<u64>(), 300);
        assert_eq!(one, swept(2), "{name}");
        assert_eq!(one, swept(3), "{name}");
    }
}

#[test]
fn a_seed_of_the_portfolio_is_a_seed_of_one_of_its_members() {
    let stage = stage("race-lease-3");
    let played = |strategy: StrategyName, seed| {
        replay(&stage, "race-lease-3", strategies(&stage, strategy)(), Play::seed(seed)).digest
    };
    for seed in 1..=30 {
        let member = Portfolio::MEMBERS[Portfolio::place(seed)];
        assert_eq!(played(StrategyName::Portfolio, seed), played(member, seed), "{member}");
    }
}

/// Checks that nothing fires outside its window, or after the end of another window.
struct InTime;

impl Observer for InTime {
    fn picked(&mut self, pending: &[Pending], picked: Picked) {
        let fires = &pending[picked.index];
        assert!(picked.at >= fires.since + fires.window.earliest, "{:?} is too soon", fires.name);
        for other in pending {
            assert!(picked.at <= other.since + other.window.latest, "{:?} is late", other.name);
        }
    }
}

#[test]
fn nothing_fires_outside_its_window_whatever_the_strategy() {
    for name in scenario_names() {
        let stage = stage(&name);
        for strategy in StrategyName::ALL {
            let play = Play { keep_schedule: true, ..Play::seed(3) };
            let trial = replay(&stage, &name, strategies(&stage, strategy)(), play);
            if trial.end == End::OutOfBudget {
                continue;
            }
            let follows = Replay::new(trial.schedule.unwrap());
            let in_time = Observed::new(Box::new(follows), InTime);
            let again = replay(&stage, &name, Box::new(in_time), Play::seed(3));
            assert_eq!(again.digest, trial.digest, "{name}, {strategy}");
        }
    }
}

/// Returns the races that are fixed, with the property that each breaks.
fn races() -> Vec<(String, PropertyId)> {
    let names = scenario_names().into_iter().filter(|name| name.starts_with("race-"));
    let property = |name: &str| scenario(name).expect.unwrap().allows[0];
    let races: Vec<_> = names.map(|name| (name.clone(), property(&name))).collect();
    assert_eq!(races.len(), 9);
    races
}

/// Returns the first of this many seeds that breaks the property.
fn first(
    stage: &Arc<Stage>,
    strategy: StrategyName,
    trials: u64,
    property: PropertyId,
) -> Option<u64> {
    let mut lane = Lane::new(stage.clone(), strategies(stage, strategy)());
    (1..=trials).find(|seed| {
        lane.play(Play::seed(*seed));
        lane.judge().0.iter().any(|violation| violation.property == property)
    })
}

#[test]
fn the_portfolio_finds_every_race_that_walk_finds_once_in_thousands() {
    for (name, property) in races() {
        let stage = stage(&name);
        let found = first(&stage, StrategyName::Portfolio, 300, property);
        assert!(found.is_some(), "{name}");
    }
}

#[test]
fn no_strategy_finds_a_race_where_there_is_none() {
    for (name, property) in races() {
        let variants = scenario::load(&source(&name), &Settings::new()).variants;
        assert!(!variants.is_empty(), "{name}");
        for (guards, settings) in variants {
            let loaded = scenario::load(&source(&name), &settings);
            let scenario = guards.apply(loaded.scenario.unwrap()).unwrap();
            let stage = Arc::new(Stage::new(scenario));
            for strategy in Portfolio::MEMBERS {
                let found = first(&stage, strategy, 2_000, property);
                assert_eq!(found, None, "{name} {settings:?} {strategy}");
            }
        }
    }
}

type Order = Vec<u64>;

fn order(lane: &Lane) -> Order {
    lane.take_schedule().unwrap().picks.iter().map(|pick| pick.name.key()).collect()
}

/// Returns the orders that this many trials play.
fn orders(stage: &Arc<Stage>, strategy: StrategyName, trials: u64) -> BTreeSet<Order> {
    let mut lane = Lane::new(stage.clone(), strategies(stage, strategy)());
    let played = |seed| {
        lane.play(Play { keep_schedule: true, ..Play::seed(seed) });
        order(&lane)
    };
    (1..=trials).map(played).collect()
}

/// Returns every order that the windows allow.
fn every_order(stage: &Arc<Stage>) -> BTreeSet<Order> {
    let exploring =
        Exploring { merge: Merge::Nothing, faults: 0, twins: Vec::new(), switches: None };
    let mut lane = Lane::new(stage.clone(), Box::new(Exhaustive::new(exploring)));
    lane.set_looking(Some(Looking { asked: Vec::new(), polls: Polls::Real }));
    let mut orders = BTreeSet::new();
    while lane.play(Play { keep_schedule: true, ..Play::seed(0) }) == Supply::Trial {
        orders.insert(order(&lane));
    }
    orders
}

#[test]
fn strategies_over_zones_reach_orders_that_a_walk_does_not() {
    let stage = stage("one-job");
    let every = every_order(&stage);
    let reached = |strategy| orders(&stage, strategy, 20_000);
    for strategy in [StrategyName::Pct(3), StrategyName::Urw] {
        assert_eq!(reached(strategy), every, "{strategy}");
    }
    let by_walk = reached(StrategyName::Walk);
    assert!(by_walk.is_subset(&every) && by_walk.len() < every.len() / 2, "{}", by_walk.len());
}
