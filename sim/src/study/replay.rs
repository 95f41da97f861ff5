//! Replay: one trial again, with everything that can be said of it.

use std::sync::Arc;

use deadheat_model::history::{End, History};

use crate::agenda::Strategy;
use crate::app::Stage;
use crate::engine::{Lane, Play};
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
