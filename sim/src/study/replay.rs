//! Replay: one trial again, with everything that can be said of it.

use std::sync::{Arc, PoisonError};

use deadheat_model::history::{End, History};

use crate::agenda::{Schedule, Strategy};
use crate::app::Stage;
use crate::engine::{Lane, Play};
use crate::explore::Replay;
use crate::explore::times::Recorder;
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

/// Plays an order at concrete times that every window allows, and keeps the trial. Somebody has
/// played that order before, so that there are such times.
pub fn at_times(stage: &Arc<Stage>, name: &str, mut schedule: Schedule) -> Trial {
    let play = Play { keep_schedule: true, ..Play::seed(0) };
    let follow = |schedule: &Schedule| {
        let (follows, divergence) = Replay::new(schedule.clone());
        let (recorder, recorded) = Recorder::new(Box::new(follows));
        let trial = replay(stage, name, Box::new(recorder), play);
        let divergence = divergence.lock().unwrap_or_else(PoisonError::into_inner).clone();
        assert_eq!(divergence, None, "invariant: an order that was played can be played again");
        let times = recorded.lock().unwrap_or_else(PoisonError::into_inner).times();
        (trial, times)
    };
    let (first, times) = follow(&schedule);
    let times = times.expect("invariant: an order that was played has times");
    for (pick, at) in schedule.picks.iter_mut().zip(times) {
        pick.at = at;
    }
    let (trial, _) = follow(&schedule);
    let is_same = first.history.events.len() == trial.history.events.len()
        && first
            .history
            .events
            .iter()
            .zip(&trial.history.events)
            .all(|(one, other)| (one.by, &one.what) == (other.by, &other.what));
    assert!(is_same, "invariant: the order decides everything but times");
    trial
}
