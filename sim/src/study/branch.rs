//! Branch: keeps the beginning of a trial, and plays on from there with each thing that can happen
//! next.

use deadheat_model::property::PropertyId;

use super::replay_on;
use super::subject::Subject;
use crate::agenda::{Name, Observed, Pending, Schedule};
use crate::engine::{Lane, Play, Watcher};
use crate::explore::{Course, Decided, Replay, Steered};
use crate::record::{Branch, Choice, Count, Trial};

/// At most this many trials are played in search of one in which a choice is next.
const TRIES: u64 = 200;

/// What was asked for but cannot happen next.
pub struct NotNext {
    /// How many picks are kept.
    pub kept: usize,
    /// What can happen next instead.
    pub choices: Vec<Name>,
}

/// Returns the branch after this many picks of the trial, and after those that are named then.
/// `trial` has its whole schedule. Each choice is measured by how many of some trials break a
/// property.
pub fn branch(
    subject: &Subject,
    trial: &Trial,
    (until, named): (usize, &[String]),
    (property, trials): (PropertyId, u64),
    stop: &dyn Watcher,
) -> Result<Branch, NotNext> {
    let cast = &subject.stage.cast;
    let schedule = trial.schedule.clone().expect("invariant: the schedule was kept");
    let mut here = At::new(subject, schedule, until.min(occurrences(trial)));
    for name in named {
        let pending = here.pending();
        let found = pending.iter().find(|one| one.name.display(cast) == *name);
        let next = found.and_then(|one| here.play(&here.course(one, &pending), trial.seed));
        let Some(schedule) = next else {
            let choices = pending.iter().map(|one| one.name).collect();
            return Err(NotNext { kept: here.kept, choices });
        };
        here = At::new(subject, schedule, here.kept + 1);
    }
    let pending = here.pending();
    let taken = here.schedule.picks.get(here.kept).map(|pick| pick.name);
    let choice = |one: &Pending| Choice {
        name: one.name,
        earliest: one.since + one.window.earliest,
        latest: one.since + one.window.latest,
        is_taken: Some(one.name) == taken,
        breaks: here.count(&here.course(one, &pending), property, (trial.seed, trials), stop),
    };
    let mut choices: Vec<Choice> = pending.iter().map(choice).collect();
    choices.sort_by_key(|one| (one.earliest, one.latest));
    let follows = Replay::new(here.schedule.clone()).then_walk();
    let mut lane = Lane::bare(subject.stage.clone(), Box::new(follows));
    let play = Play { keep_schedule: true, ..Play::seed(trial.seed) };
    let trial = replay_on(&mut lane, &subject.name, play);
    let (invocation, kept) = (subject.invocation.clone(), here.kept);
    Ok(Branch { invocation, trial, kept, property, choices, trials })
}

fn occurrences(trial: &Trial) -> usize {
    trial.schedule.as_ref().map_or(0, |schedule| schedule.picks.len())
}

/// A schedule of which a beginning is kept.
struct At<'a> {
    subject: &'a Subject,
    schedule: Schedule,
    kept: usize,
}

impl<'a> At<'a> {
    fn new(subject: &'a Subject, schedule: Schedule, kept: usize) -> At<'a> {
        At { subject, schedule, kept }
    }

    /// Returns what can be next: what is pending, and can be before everything else that is.
    fn pending(&self) -> Vec<Pending> {
        let follows = Replay::new(self.schedule.clone()).then_walk();
        let observed = Observed::new(Box::new(follows), Decided::default());
        let mut lane = Lane::bare(self.subject.stage.clone(), Box::new(observed));
        lane.play(Play::seed(0));
        let notes = lane.observed(|decided: &Decided| decided.picks.get(self.kept).cloned());
        let Some(note) = notes else { return Vec::new() };
        let mut all = note.others;
        all.push(note.picked);
        let latest = |one: &Pending| one.since + one.window.latest;
        let bound = all.iter().map(latest).min().unwrap_or_default();
        all.retain(|one| one.since + one.window.earliest <= bound);
        all
    }

    /// Returns the course on which this one is next.
    fn course(&self, one: &Pending, pending: &[Pending]) -> Course {
        let others = pending.iter().filter(|other| other.name != one.name);
        Course {
            picks: self.schedule.picks[..self.kept].to_vec(),
            fates: if self.kept == 0 { Vec::new() } else { self.schedule.fates.clone() },
            orders: others.map(|other| (one.name, other.name)).collect(),
            ..Course::default()
        }
    }

    /// Plays the first trial on this course that stays on it, and returns its schedule.
    fn play(&self, course: &Course, seed: u64) -> Option<Schedule> {
        let strategy = Box::new(Steered::new(course.clone()));
        let mut lane = Lane::bare(self.subject.stage.clone(), strategy);
        (seed..seed + TRIES).find_map(|seed| {
            lane.play(Play { keep_schedule: true, ..Play::seed(seed) });
            let schedule = lane.take_schedule();
            schedule.filter(|_| !lane.ask(Steered::has_strayed))
        })
    }

    fn count(
        &self,
        course: &Course,
        property: PropertyId,
        (seed, trials): (u64, u64),
        stop: &dyn Watcher,
    ) -> Count {
        let strategy = Box::new(Steered::new(course.clone()));
        let mut lane = Lane::bare(self.subject.stage.clone(), strategy);
        let mut count = Count::default();
        for seed in seed + 1..=seed + trials {
            if stop.is_over() {
                break;
            }
            stop.played(1);
            lane.play(Play::seed(seed));
            if lane.ask(Steered::has_strayed) {
                count.skipped += 1;
                continue;
            }
            count.trials += 1;
            let (violations, _) = lane.judge();
            count.failing += u64::from(violations.iter().any(|one| one.property == property));
        }
        count
    }
}
