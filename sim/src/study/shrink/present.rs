//! A trial that breaks what is sought, cut off where it broke. Its shrinking goes on from this
//! alone.

use std::sync::Arc;

use deadheat_model::property::{PropertyId, Violation, Way, Why};

use crate::agenda::{Observed, Schedule, Time};
use crate::app::{Looking, Polls};
use crate::engine::{Lane, Play};
use crate::explore::times::Recorder;
use crate::explore::{Replay, Watch};
use crate::record::{Cut, Effort, Print, Size};
use crate::scenario::Extent;
use crate::stage::Stage;

/// What is sought, and what was done for it.
pub(super) struct Sought<'a> {
    pub(super) print: Print,
    pub(super) why: Why,
    pub(super) seed: u64,
    pub(super) stop: &'a dyn Fn() -> Option<Cut>,
    pub(super) effort: Effort,
    pub(super) cut: Option<Cut>,
}

/// A trial that breaks what is sought.
#[derive(Clone)]
pub(super) struct Present {
    pub(super) stage: Arc<Stage>,
    /// What decided it, up to where it broke.
    pub(super) schedule: Schedule,
    pub(super) size: Size,
    /// The violation, with the actors that had a part in it.
    pub(super) broken: Violation,
}

/// The times at which a schedule is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    AsTheyAre,
    Simple,
}

fn size(extent: Extent, schedule: &Schedule) -> Size {
    let Extent { actors, open_loops, rounds, actions, faults, features, again, longest } = extent;
    Size {
        actors,
        open_loops,
        rounds,
        actions,
        faults,
        features,
        again,
        switches: schedule.switches(),
        occurrences: schedule.picks.len() as u64,
        longest,
    }
}

impl Sought<'_> {
    /// Plays the schedule, and keeps what decided the trial until it broke. Returns `None` if it
    /// does not break in this way, or if the schedule belongs to another trial.
    pub(super) fn present(&mut self, stage: &Arc<Stage>, schedule: Schedule) -> Option<Present> {
        self.follow(stage, schedule, Times::AsTheyAre)
    }

    /// Does the same with simple times.
    pub(super) fn retold(&mut self, present: &Present) -> Option<Present> {
        let told = self.follow(&present.stage, present.schedule.clone(), Times::Simple)?;
        // The times have changed, so what follows the break may have changed as well.
        let confirmed = self.present(&told.stage, told.schedule.clone())?;
        (confirmed.schedule == told.schedule).then_some(confirmed)
    }

    fn follow(&mut self, stage: &Arc<Stage>, schedule: Schedule, times: Times) -> Option<Present> {
        let fingerprint = self.print.within(&stage.cast)?;
        let replays = Replay::new(schedule).then_walk();
        let recorded = Observed::new(Box::new(replays), Recorder::default());
        let watched = Observed::new(Box::new(recorded), Watch::default());
        let mut lane = Lane::bare(stage.clone(), Box::new(watched));
        lane.set_looking(Some(looking(fingerprint.property)));
        lane.set_wanted(Way { fingerprint, why: self.why });
        lane.play(Play { keep_schedule: true, ..Play::seed(self.seed) });
        self.effort.trials += 1;
        self.effort.occurrences += lane.occurrences();
        if lane.ask(|replay: &Replay| replay.divergence().is_some()) {
            return None;
        }
        let broke = lane.observed(|watch: &Watch| watch.broke)?;
        let mut schedule = lane.take_schedule()?;
        schedule.picks.truncate(broke.picks);
        schedule.fates.truncate(broke.fates);
        if times == Times::Simple {
            let horizon = Time::ZERO + stage.scenario.budget.time;
            let simple = lane
                .observed(|recorder: &Recorder| recorder.recorded.simple(broke.picks, horizon))?;
            for (pick, at) in schedule.picks.iter_mut().zip(simple) {
                pick.at = at;
            }
        }
        let broken = lane.found().first().cloned()?;
        let size = size(Extent::of(&stage.scenario), &schedule);
        Some(Present { stage: stage.clone(), schedule, size, broken })
    }
}

/// Returns a search for what breaks this property, with every poll as it is.
pub(super) fn looking(property: PropertyId) -> Looking {
    Looking { asked: vec![property], polls: Polls::Real }
}
