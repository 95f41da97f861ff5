//! A counterexample that is followed strictly: every occurrence fires inside its window, and none
//! is still pending after its own.

use std::sync::Arc;

use deadheat::agenda::{Name, Observed, Observer, Pending, Picked};
use deadheat::engine::{Lane, Play};
use deadheat::explore::Replay;
use deadheat::record::Trial;
use deadheat::stage::Stage;
use deadheat::study;

/// Plays the trial again and returns an error if something is wrong with it.
pub(super) fn follow(stage: &Arc<Stage>, trial: &Trial) -> Result<(), String> {
    let schedule = trial.schedule.clone().ok_or("it has no schedule")?;
    let strict = Observed::new(Box::new(Replay::new(schedule)), Strict::default());
    let mut lane = Lane::new(stage.clone(), Box::new(strict));
    let play = Play { keep_schedule: true, madsim_seed: 5, ..Play::seed(3) };
    let again = study::replay_on(&mut lane, &trial.scenario, play);
    if let Some(divergence) = lane.ask(|replay: &Replay| replay.divergence().cloned()) {
        return Err(format!("it is left: {divergence:?}"));
    }
    if let Some(name) = lane.observed(|strict: &Strict| strict.wrong) {
        return Err(format!("{} fires outside a window", name.display(&stage.cast)));
    }
    if again.digest != trial.digest || again.violations != trial.violations {
        return Err("it comes to something else".to_owned());
    }
    Ok(())
}

#[derive(Default)]
struct Strict {
    /// The first occurrence that fired outside its window, or after the end of another one's
    /// window.
    wrong: Option<Name>,
}

impl Observer for Strict {
    fn picked(&mut self, pending: &[Pending], picked: Picked) {
        let fires = &pending[picked.index];
        let is_soon = picked.at < fires.since + fires.window.earliest;
        let is_late = |other: &Pending| picked.at > other.since + other.window.latest;
        if is_soon || pending.iter().any(is_late) {
            self.wrong.get_or_insert(fires.name);
        }
    }
}
