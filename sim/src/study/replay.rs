//! Replay: plays one trial again, with everything that can be said about it.

use std::sync::{Arc, PoisonError};

use deadheat_model::history::{End, Event, History};
use deadheat_model::property::{PropertyId, Violation};

use crate::agenda::{Schedule, Strategy, Time};
use crate::app::{Looking, Polls, Stage};
use crate::engine::{Lane, Play};
use crate::explore::times::Recorder;
use crate::explore::{Replay, Watch};
use crate::record::{Trial, digest};

/// Plays one trial and keeps it.
pub fn replay(stage: &Arc<Stage>, name: &str, strategy: Box<dyn Strategy>, play: Play) -> Trial {
    let mut lane = Lane::new(stage.clone(), strategy);
    lane.play(play);
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
    let (follows, divergence) = Replay::new(schedule.clone());
    let (recorder, recorded) = Recorder::new(Box::new(follows.then_walk()));
    let (watch, broke) = Watch::new(Box::new(recorder));
    let mut lane = Lane::new(stage.clone(), Box::new(watch));
    lane.set_looking(Some(Looking { asked: asked.to_vec(), polls: Polls::Real }));
    lane.play(play);
    let divergence = divergence.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(divergence, None, "invariant: an order that was played can be played again");
    if let Some(broke) = *broke.lock().unwrap_or_else(PoisonError::into_inner) {
        schedule.picks.truncate(broke.picks);
        schedule.fates.truncate(broke.fates);
    }
    let horizon = Time::ZERO + stage.scenario.budget.time;
    let recorded = recorded.lock().unwrap_or_else(PoisonError::into_inner);
    let times = recorded.times(schedule.picks.len(), horizon);
    let times = times.expect("invariant: an order that was played has times");
    for (pick, at) in schedule.picks.iter_mut().zip(times) {
        pick.at = at;
    }
    let (follows, divergence) = Replay::new(schedule);
    let trial = replay(stage, name, Box::new(follows.then_walk()), play);
    let divergence = divergence.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(divergence, None, "invariant: the order decides everything but times");
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
