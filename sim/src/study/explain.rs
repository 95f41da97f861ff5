//! Explain: why one violation of one trial happened, which is found by playing trials near it.
//!
//! Everything is measured with seeds that follow the trial's own, on one lane. So an explanation is
//! the same wherever it is made.

mod aim;
mod every;
mod moment;
mod near;
mod nearest;
mod orders;
mod pool;
mod race;
mod related;
mod renaming;

pub use self::race::race;

use std::cell::Cell;

use deadheat_model::property::Way;

use self::aim::{Aim, Course, Field};
use super::subject::Subject;
use super::{account, compare, replay_on};
use crate::agenda::{Observed, Schedule, Strategy};
use crate::engine::{Host, Lane, Play, Sweep, Watcher};
use crate::explore::{Chosen, Decided, Note, Relaxed, Times};
use crate::record::{Account, Explained, Known, Race, Trial};
use crate::scenario::{Guards, all_guards};

/// What to explain.
pub struct Puzzle<'a> {
    /// The scenario, and the strategy that decides the trial unless it follows a schedule.
    pub subject: Subject,
    /// The case's file, if it is a case.
    pub case: Option<String>,
    /// The trial's seed.
    pub seed: u64,
    /// The schedule that it follows, if it is a case.
    pub schedule: Option<Schedule>,
    /// The guards to try.
    pub guards: Vec<Guards>,
    /// How many trials are played to measure something.
    pub trials: u64,
    /// How many OS threads compare the guards.
    pub lanes: usize,
    /// madsim's own seed.
    pub madsim_seed: u64,
    /// A function that returns the place of the violation to explain among the trial's violations.
    pub choose: &'a dyn Fn(&Trial) -> Option<usize>,
}

/// The trial as it was, if there is nothing to explain in it.
pub struct Unexplained(pub Box<Trial>);

/// Returns the guards to try unless others are named.
pub fn guards_to_try() -> Vec<Guards> {
    [Guards::none()].into_iter().chain(all_guards()).collect()
}

/// The trial, with everything that could have been decided otherwise.
struct Base {
    trial: Trial,
    account: Account,
    schedule: Schedule,
    notes: Vec<Note>,
    chances: Vec<Chosen>,
}

/// Explains the violation. `stop` can end this early. What was not finished is then unknown.
pub fn explain(puzzle: Puzzle<'_>, stop: &dyn Watcher) -> Result<Explained, Unexplained> {
    let base = base(&puzzle);
    let Some(chosen) = (puzzle.choose)(&base.trial) else {
        return Err(Unexplained(Box::new(base.trial)));
    };
    let violation = base.trial.violations[chosen].clone();
    let cast = &puzzle.subject.stage.cast;
    let way = violation.way(cast);
    let others = others(&base.trial, way);
    let field = field(&puzzle, Aim::of(&violation, cast), stop);
    let mut known = Known::Violation;
    let mut finished = |part: Known| known = if stop.is_over() { known } else { part };
    let broke = base.pick_of(violation.at).unwrap_or(base.notes.len().saturating_sub(1));
    let plain = field.rates(&Course::default());
    let events = &base.trial.history.events;
    let (related, race) = (related::related(events, &violation), race::race(events, &violation));
    let told_by = base.told_by();
    let (centres, begun) = around(&base, &related, race.as_ref(), violation.at);
    let mut orders = orders::orders(&field, &base, &centres, (broke, begun, plain));
    orders.every = every::of_orders(&field, &base, &orders);
    finished(Known::Orders);
    let mut moment = moment::moment(&field, &base, (broke, plain));
    finished(Known::Moment);
    let (found, tried) = nearest::nearest(&field, &base, broke);
    if let Some(found) = &found {
        moment::bound(&mut moment, found);
    }
    let nearest = found.map(|found| found.played(&puzzle.subject, puzzle.seed));
    moment.every = moment.from.and_then(|from| every::every(&field, &base, from, &[]));
    finished(Known::Nearest);
    let plan = Sweep {
        first_seed: puzzle.seed,
        trials: puzzle.trials,
        lanes: puzzle.lanes,
        host: Host::Bare,
        madsim_seed: puzzle.madsim_seed,
    };
    let guards = compare(&puzzle.subject, None, &puzzle.guards, plan, stop);
    let near = near::near(&field, &base, &guards, &puzzle.guards);
    let never = every::never(&field, &guards, &puzzle.guards);
    finished(Known::All);
    Ok(Explained {
        cast: cast.clone(),
        about: puzzle.subject.scenario().summary.clone(),
        scenario: puzzle.subject.name,
        invocation: puzzle.subject.invocation,
        case: puzzle.case,
        violation,
        way,
        others,
        race,
        related,
        told_by,
        broke,
        plain,
        orders,
        moment,
        nearest,
        tried,
        guards,
        near,
        never,
        known,
        trial: base.trial,
        account: base.account,
    })
}

/// Returns where trials are played.
fn field<'a>(puzzle: &Puzzle<'_>, aim: Aim, stop: &'a dyn Watcher) -> Field<'a> {
    Field {
        stage: puzzle.subject.stage.clone(),
        aim,
        first_seed: puzzle.seed,
        madsim_seed: puzzle.madsim_seed,
        trials: puzzle.trials,
        stop,
        left: Cell::new(u64::MAX),
    }
}

/// Plays the trial, and records what could have been decided otherwise.
fn base(puzzle: &Puzzle<'_>) -> Base {
    let decides: Box<dyn Strategy> = match &puzzle.schedule {
        None => puzzle.subject.strategies()(),
        Some(schedule) => Box::new(Relaxed::new(schedule.clone(), Times::Kept)),
    };
    let observed = Observed::new(decides, Decided::default());
    let mut lane = Lane::new(puzzle.subject.stage.clone(), Box::new(observed));
    let play = Play { seed: puzzle.seed, madsim_seed: puzzle.madsim_seed, keep_schedule: true };
    let trial = replay_on(&mut lane, &puzzle.subject.name, play);
    let schedule = trial.schedule.clone().expect("invariant: the schedule was kept");
    let account = account(&puzzle.subject, &trial);
    let notes = lane.observed(Decided::clone);
    Base { trial, account, schedule, notes: notes.picks, chances: notes.fates }
}

/// Returns the events around which orders are searched for, and the pick with which the race began.
fn around(
    base: &Base,
    related: &[usize],
    race: Option<&Race>,
    until: usize,
) -> (Vec<usize>, Option<usize>) {
    let Some(race) = race else { return (related.to_vec(), None) };
    let spoken = race.relied.into_iter().chain(race.between);
    let all = related.iter().copied().chain(spoken.clone()).chain([race.acted]);
    let begun = spoken.min().and_then(|event| base.pick_of(event));
    (all.filter(|event| *event <= until).collect(), begun)
}

/// Returns the other ways in which the trial breaks something.
fn others(trial: &Trial, but: Way) -> Vec<Way> {
    let cast = &trial.history.cast;
    let mut others: Vec<Way> = trial.violations.iter().map(|one| one.way(cast)).collect();
    others.sort_unstable();
    others.dedup();
    others.retain(|one| *one != but);
    others
}
