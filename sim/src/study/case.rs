//! Cases: a trial is stored by the names of its picks, and stored ones are followed again, in
//! whatever their scenario has become.

use std::sync::{Arc, Mutex, PoisonError};

use deadheat_model::property::{Fingerprint, Why};
use deadheat_model::time::Time;

use super::replay;
use crate::agenda::{self, Fate, Name, Part, Pending, Picked, Schedule, Strategy, Supply};
use crate::app::Stage;
use crate::engine::{Lane, Play};
use crate::explore::{Relaxed, Replay, Times};
use crate::record::{
    CASE_FORMAT, Case, Chosen, Difference, Expects, How, Invocation, Origin, Pick, Print, State,
    Steps, Trial,
};

/// What is to be stored.
pub struct Found<'a> {
    /// The scenario's name.
    pub name: &'a str,
    /// The scenario's text.
    pub text: Option<&'a str>,
    /// How it was called.
    pub invocation: &'a Invocation,
    /// What the strategy is called that found it.
    pub strategy: &'a str,
    /// The trial's seed.
    pub seed: u64,
    /// The violation's fingerprint.
    pub fingerprint: Fingerprint,
    /// In which way the property was broken.
    pub why: Why,
    /// What broke, in a sentence.
    pub what: String,
}

/// Plays the trial again, and makes a case of it. Nothing: it does not break that. `strategies`
/// makes the strategy that found it.
pub fn case(
    stage: &Arc<Stage>,
    strategies: &dyn Fn() -> Box<dyn Strategy>,
    found: &Found<'_>,
    play: Play,
) -> Option<Case> {
    let play = Play { seed: found.seed, keep_schedule: true, ..play };
    let mut trial = replay(stage, found.name, strategies(), play);
    let schedule = trial.schedule.take().unwrap_or_default();
    let until = broken(&trial, |print| *print == Print::of(&found.fingerprint, &stage.cast))?;
    let picks = schedule.picks.partition_point(|pick| pick.at <= until);
    let (noting, later) = Noting::new(strategies(), picks);
    replay(stage, found.name, Box::new(noting), play);
    let later = later.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let why = serde_json::to_value(found.why).expect("invariant: a word");
    Some(Case {
        format: CASE_FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        what: found.what.clone(),
        expect: Expects::Open,
        fingerprint: Print::of(&found.fingerprint, &stage.cast),
        why: why.as_str().unwrap_or_default().to_owned(),
        scenario: Origin { name: found.name.to_owned(), file: found.invocation.scenario.clone() },
        set: found.invocation.settings.iter().cloned().collect(),
        guard: found.invocation.guards.clone(),
        strategy: found.strategy.to_owned(),
        seed: found.seed,
        digest: trial.digest,
        schedule: steps(&schedule, stage, picks, &later),
        shrunk: None,
        text: found.text.map(|text| text.split('\n').map(str::to_owned).collect()),
    })
}

/// When the first violation with such a fingerprint came to light.
fn broken(trial: &Trial, is_it: impl Fn(&Print) -> bool) -> Option<Time> {
    let cast = &trial.history.cast;
    let mut violations = trial.violations.iter();
    let found = violations.find(|one| is_it(&Print::of(&one.fingerprint(cast), cast)))?;
    Some(trial.history.events[found.at].at)
}

/// The names of so many picks of a schedule, and of what comes later.
pub(super) fn steps(schedule: &Schedule, stage: &Stage, picks: usize, later: &[Name]) -> Steps {
    let name = |name: &Name| name.display(&stage.cast);
    let picks = schedule.picks.iter().take(picks);
    Steps {
        picks: picks.map(|pick| Pick { name: name(&pick.name), at: pick.at }).collect(),
        later: later.iter().map(name).collect(),
        fates: schedule
            .fates
            .iter()
            .map(|fate| Chosen { name: name(&fate.name), option: fate.option })
            .collect(),
    }
}

/// A strategy that notes what is pending after so many picks.
struct Noting {
    strategy: Box<dyn Strategy>,
    picks: usize,
    left: Option<usize>,
    pending: Arc<Mutex<Vec<Name>>>,
}

impl Noting {
    fn new(strategy: Box<dyn Strategy>, picks: usize) -> (Noting, Arc<Mutex<Vec<Name>>>) {
        let pending = Arc::default();
        (Noting { strategy, picks, left: None, pending: Arc::clone(&pending) }, pending)
    }
}

impl Strategy for Noting {
    fn begin(&mut self, seed: u64) -> Supply {
        // A trial may be played twice, first as a draft.
        self.left = Some(self.picks);
        self.strategy.begin(seed)
    }

    fn added(&mut self, pending: &mut Pending, parts: &[Part]) {
        self.strategy.added(pending, parts);
    }

    fn gone(&mut self, pending: &Pending) {
        self.strategy.gone(pending);
    }

    fn pick(
        &mut self,
        pending: &[Pending],
        state: &mut dyn FnMut() -> agenda::State,
    ) -> Option<Picked> {
        if self.left == Some(0) {
            let mut noted = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            *noted = pending.iter().map(|one| one.name).collect();
        }
        self.left = self.left.and_then(|left| left.checked_sub(1));
        self.strategy.pick(pending, state)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        self.strategy.fate(name, weights)
    }

    fn over(&mut self, stop: agenda::Stop, state: &mut dyn FnMut() -> agenda::State) {
        self.strategy.over(stop, state);
    }
}

/// How a case is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Pick by pick; the first one that is not pending is the end of it.
    Strict,
    /// In its order, as far as there is one still.
    Relaxed,
}

/// A case that was followed once.
pub struct Followed {
    /// The trial.
    pub trial: Trial,
    /// Whether it fails with the case's fingerprint.
    pub fails: bool,
    /// Where it left the schedule, if it did.
    pub first: Option<Difference>,
}

/// Follows the case on this stage.
pub fn follow(stage: &Arc<Stage>, case: &Case, manner: Manner, play: Play) -> Followed {
    let Read { schedule, later, unknown } = Read::new(case, stage);
    let play = Play { seed: case.seed, ..play };
    let name = &case.scenario.name;
    let (trial, first) = match manner {
        Manner::Strict => {
            // A name that nobody has any more is never pending.
            let end = unknown.unwrap_or(case.schedule.picks.len());
            let known = Schedule { picks: schedule.picks[..end].to_vec(), ..schedule };
            let (strategy, divergence) = Replay::new(known);
            let strategy = if unknown.is_none() { strategy.then_walk() } else { strategy };
            let trial = replay(stage, name, Box::new(strategy), play);
            let left = divergence.lock().unwrap_or_else(PoisonError::into_inner).clone();
            (trial, left.map(|left| diverged(stage, case, unknown, &left)))
        }
        Manner::Relaxed => {
            let (strategy, followed) = Relaxed::new(schedule.clone(), Times::Kept);
            let trial = replay(stage, name, Box::new(strategy.before(&later)), play);
            let followed = followed.lock().unwrap_or_else(PoisonError::into_inner).clone();
            (trial, missed(stage, case, &schedule, &followed))
        }
    };
    Followed { fails: broken(&trial, |print| *print == case.fingerprint).is_some(), trial, first }
}

/// Plays so many trials near the case, the first one with its own seed plus 1: how many of them
/// fail with its fingerprint.
pub fn near(stage: &Arc<Stage>, case: &Case, trials: u64, play: Play) -> u64 {
    let Read { schedule, later, .. } = Read::new(case, stage);
    let (strategy, _) = Relaxed::new(schedule, Times::Drawn);
    let mut lane = Lane::new(stage.clone(), Box::new(strategy.before(&later)));
    let cast = lane.cast();
    let mut fails = |seed: &u64| {
        lane.play(Play { seed: *seed, ..play });
        let (violations, _) = lane.judge();
        violations.iter().any(|one| Print::of(&one.fingerprint(&cast), &cast) == case.fingerprint)
    };
    (1..=trials).map(|offset| case.seed.wrapping_add(offset)).filter(|seed| fails(seed)).count()
        as u64
}

/// So many trials near a case are played where it is left.
pub const NEAR: u64 = 100;

/// What has become of the case on this stage.
pub fn judge(stage: &Arc<Stage>, case: &Case, play: Play) -> State {
    let Followed { fails, first, .. } = follow(stage, case, Manner::Relaxed, play);
    match (fails, first) {
        (true, _) => State::Open,
        (false, None) => State::Fixed,
        (false, Some(first)) => match near(stage, case, NEAR, play) {
            0 => State::Drifted { first, of: NEAR },
            failing => State::Near { failing, of: NEAR, first },
        },
    }
}

/// The case's schedule for this stage, without what nobody does any more.
pub fn schedule(case: &Case, stage: &Stage) -> Schedule {
    Read::new(case, stage).schedule
}

/// A case's schedule for a stage, without what nobody does any more.
struct Read {
    schedule: Schedule,
    later: Vec<Name>,
    /// Where the first pick stood that nobody does any more.
    unknown: Option<usize>,
}

impl Read {
    fn new(case: &Case, stage: &Stage) -> Read {
        let parse = |name: &String| Name::parse(name, &stage.cast);
        let (mut schedule, mut unknown) = (Schedule::default(), None);
        for (place, pick) in case.schedule.picks.iter().enumerate() {
            match parse(&pick.name) {
                Some(name) => schedule.picks.push(agenda::Pick { name, at: pick.at }),
                None => unknown = unknown.or(Some(place)),
            }
        }
        for fate in &case.schedule.fates {
            let name = parse(&fate.name);
            schedule.fates.extend(name.map(|name| Fate { name, option: fate.option }));
        }
        let later = case.schedule.later.iter().filter_map(parse).collect();
        Read { schedule, later, unknown }
    }
}

/// Where a strict replay left the case.
fn diverged(
    stage: &Stage,
    case: &Case,
    unknown: Option<usize>,
    left: &crate::explore::Divergence,
) -> Difference {
    let expected = case.schedule.picks.get(left.step).map(|pick| pick.name.clone());
    let pending = left.pending.iter().map(|name| name.display(&stage.cast)).collect();
    let how = match (unknown, left.pending.is_empty()) {
        (Some(place), _) if place == left.step => How::Unknown,
        (_, true) => How::Fate,
        (_, false) => How::Instead(pending),
    };
    Difference { number: left.step + 1, expected: expected.unwrap_or_default(), how }
}

/// Where a relaxed replay left the case: `followed` are the places of what fired, in the schedule
/// as it could be read.
fn missed(
    stage: &Stage,
    case: &Case,
    schedule: &Schedule,
    followed: &[usize],
) -> Option<Difference> {
    let mut fired = followed.iter();
    let mut known = 0;
    for (place, pick) in case.schedule.picks.iter().enumerate() {
        let how = match Name::parse(&pick.name, &stage.cast) {
            None => How::Unknown,
            Some(_) if fired.next() == Some(&known) => {
                known += 1;
                continue;
            }
            Some(_) => match followed.get(known) {
                Some(first) if followed.contains(&known) => {
                    How::After(schedule.picks[*first].name.display(&stage.cast))
                }
                _ => How::Missing,
            },
        };
        return Some(Difference { number: place + 1, expected: pick.name.clone(), how });
    }
    None
}
