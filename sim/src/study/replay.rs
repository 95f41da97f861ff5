//! Replay: plays one trial again, with everything that can be said about it.

use std::sync::Arc;

use deadheat_model::history::{End, Event, History};
use deadheat_model::property::{PropertyId, Violation};

use crate::agenda::{Observed, Schedule, Strategy, Time};
use crate::app::{Looking, Polls};
use crate::engine::{Lane, Play};
use crate::explore::times::Recorder;
use crate::explore::{Replay, Watch};
use crate::record::{Trial, digest};
use crate::stage::Stage;

/// Plays one trial and keeps it.
pub fn replay(stage: &Arc<Stage>, name: &str, strategy: Box<dyn Strategy>, play: Play) -> Trial {
    replay_on(&mut Lane::new(stage.clone(), strategy), name, play)
}

/// Plays one trial on this lane and keeps it. The lane's strategy can be asked about it.
pub fn replay_on(lane: &mut Lane, name: &str, play: Play) -> Trial {
    lane.play(play);
    let stage = lane.stage();
    let history = History { cast: stage.cast.clone(), events: lane.events(<[_]>::to_vec) };
    let end = lane.end();
    let unfinished = if end == End::Settled { Vec::new() } else { lane.unfinished() };
    let occurrences = lane.occurrences();
    let schedule = lane.take_schedule();
    let (violations, marks) = lane.judge();
    Trial {
        scenario: name.to_owned(),
        seed: play.seed,
        digest: digest(stage.digest, &history),
        history,
        occurrences,
        violations: violations.to_vec(),
        marks,
        end,
        unfinished,
        schedule,
    }
}

/// Plays an order at concrete times that every window allows, up to where it breaks one of `asked`,
/// and keeps the trial. The order has been played before, so such times exist. They are within the
/// scenario's budget if that is possible. What follows is walked.
pub fn at_times(
    stage: &Arc<Stage>,
    name: &str,
    mut schedule: Schedule,
    asked: &[PropertyId],
) -> Trial {
    let play = Play { keep_schedule: true, ..Play::seed(0) };
    let follows = Replay::new(schedule.clone()).then_walk();
    let recorded = Observed::new(Box::new(follows), Recorder::default());
    let watched = Observed::new(Box::new(recorded), Watch::default());
    let mut lane = Lane::new(stage.clone(), Box::new(watched));
    lane.set_looking(Some(Looking { asked: asked.to_vec(), polls: Polls::Real }));
    lane.play(play);
    let divergence = |lane: &Lane| lane.ask(|replay: &Replay| replay.divergence().cloned());
    assert_eq!(divergence(&lane), None, "invariant: an order that was played can be played again");
    if let Some(broke) = lane.observed(|watch: &Watch| watch.broke) {
        schedule.picks.truncate(broke.picks);
        schedule.fates.truncate(broke.fates);
    }
    let horizon = Time::ZERO + stage.scenario.budget.time;
    let count = schedule.picks.len();
    let times = lane.observed(|recorder: &Recorder| recorder.recorded.times(count, horizon));
    let times = times.expect("invariant: an order that was played has times");
    for (pick, at) in schedule.picks.iter_mut().zip(times) {
        pick.at = at;
    }
    let mut again = Lane::new(stage.clone(), Box::new(Replay::new(schedule).then_walk()));
    let trial = replay_on(&mut again, name, play);
    assert_eq!(divergence(&again), None, "invariant: the order decides everything but times");
    let same = |events: &[Event]| {
        let breaks = |one: &Violation| asked.contains(&one.property);
        let until = trial.violations.iter().filter(|one| breaks(one)).map(|one| one.at).min();
        let until = until.map_or(0, |at| at.min(events.len().saturating_sub(1)));
        let (one, other) = (events[..until].iter(), &trial.history.events[..until]);
        one.zip(other).all(|(one, other)| (one.by, &one.what) == (other.by, &other.what))
    };
    assert!(lane.events(same), "invariant: the order decides everything but times");
    trial
}
