//! A counterexample that is followed strictly: every occurrence fires inside its window, and none
//! is still pending after its own.

use std::sync::{Arc, Mutex};

use deadheat::agenda::{Name, Part, Pending, Picked, Schedule, State, Strategy, Supply};
use deadheat::app::Stage;
use deadheat::engine::Play;
use deadheat::explore::{Divergence, Replay};
use deadheat::record::Trial;
use deadheat::study;

/// Plays the trial again and returns an error if something is wrong with it.
pub(super) fn follow(stage: &Arc<Stage>, trial: &Trial) -> Result<(), String> {
    let schedule = trial.schedule.clone().ok_or("it has no schedule")?;
    let (strict, wrong, divergence) = Strict::new(schedule);
    let play = Play { keep_schedule: true, madsim_seed: 5, ..Play::seed(3) };
    let again = study::replay(stage, &trial.scenario, Box::new(strict), play);
    if let Some(divergence) = &*divergence.lock().unwrap() {
        return Err(format!("it is left: {divergence:?}"));
    }
    if let Some(name) = &*wrong.lock().unwrap() {
        return Err(format!("{} fires outside a window", name.display(&stage.cast)));
    }
    if again.digest != trial.digest || again.violations != trial.violations {
        return Err("it comes to something else".to_owned());
    }
    Ok(())
}

struct Strict {
    replay: Replay,
    /// The first occurrence that fired outside its window, or after the end of another one's
    /// window.
    wrong: Arc<Mutex<Option<Name>>>,
}

type Shared<T> = Arc<Mutex<Option<T>>>;

impl Strict {
    fn new(schedule: Schedule) -> (Strict, Shared<Name>, Shared<Divergence>) {
        let (replay, divergence) = Replay::new(schedule);
        let wrong = Arc::new(Mutex::new(None));
        (Strict { replay, wrong: wrong.clone() }, wrong, divergence)
    }
}

impl Strategy for Strict {
    fn begin(&mut self, seed: u64) -> Supply {
        self.replay.begin(seed)
    }

    fn added(&mut self, _: &mut Pending, _: &[Part]) {}

    fn gone(&mut self, _: &Pending) {}

    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked> {
        let picked = self.replay.pick(pending, state)?;
        let fires = &pending[picked.index];
        let is_soon = picked.at < fires.since + fires.window.earliest;
        let is_late = |other: &Pending| picked.at > other.since + other.window.latest;
        if is_soon || pending.iter().any(is_late) {
            self.wrong.lock().unwrap().get_or_insert(fires.name);
        }
        Some(picked)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        self.replay.fate(name, weights)
    }
}
