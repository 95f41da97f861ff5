//! Cases: a trial is stored by the names of its picks. Stored trials are followed again, in
//! whatever their scenario has become.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use deadheat_model::property::Way;
use deadheat_model::time::Time;

use super::subject::Subject;
use super::{replay, replay_on, strategies};
use crate::agenda::{self, Fate, Name, Observed, Schedule, Strategy};
use crate::engine::{Lane, Play, Watcher};
use crate::explore::{
    Extremes, Outstanding, Portfolio, Relaxed, Replay, Rest, StrategyName, Times, Unfired,
};
use crate::record::{
    CASE_FORMAT, Case, Chosen, Difference, Expects, How, Looked, Origin, Pick, Print, State, Steps,
    Trial,
};
use crate::stage::Stage;

/// What to store.
pub struct Found<'a> {
    /// The scenario that was played.
    pub subject: &'a Subject,
    /// The name of the strategy that found it.
    pub strategy: &'a str,
    /// The trial's seed.
    pub seed: u64,
    /// The way of breaking.
    pub way: Way,
    /// What broke, in a sentence.
    pub what: String,
}

/// Plays the trial again, makes a case from it, and follows the case as it will be read. Returns
/// `None` if the trial does not break that, or if no case that still fails is small enough to be
/// kept. `strategies` makes the strategy that found the trial.
pub fn case(
    strategies: &dyn Fn() -> Box<dyn Strategy>,
    found: &Found<'_>,
    play: Play,
) -> Option<Case> {
    let play = Play { seed: found.seed, keep_schedule: true, ..play };
    let Subject { name, text, invocation, stage, .. } = found.subject;
    let mut trial = replay(stage, name, strategies(), play);
    let schedule = trial.schedule.take().unwrap_or_default();
    let until = broken(&trial, |print| *print == Print::of(&found.way.fingerprint, &stage.cast))?;
    let picks = schedule.picks.partition_point(|pick| pick.at <= until);
    let unfired = unfired(stage, strategies(), picks, play);

    let case = Case {
        format: CASE_FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        what: found.what.clone(),
        expect: Expects::Open,
        fingerprint: Print::of(&found.way.fingerprint, &stage.cast),
        why: found.way.why.name().to_owned(),
        scenario: Origin { name: name.clone(), file: invocation.scenario.clone() },
        set: invocation.settings.iter().cloned().collect(),
        guard: invocation.guards.clone(),
        strategy: found.strategy.to_owned(),
        seed: found.seed,
        digest: trial.digest,
        schedule: steps(&schedule, stage, picks, &unfired),
        shrunk: None,
        text: text.as_ref().map(|text| text.split('\n').map(str::to_owned).collect()),
    };
    is_followed(stage, &case, play).then_some(case)
}

/// Returns whether the case, as it will be read, fails in every manner.
pub(super) fn is_followed(stage: &Arc<Stage>, case: &Case, play: Play) -> bool {
    let read = case.text().and_then(|text| Case::parse(text.as_bytes()).ok());
    read.is_some_and(|case| {
        [Manner::Strict, Manner::Relaxed].into_iter().all(|manner| {
            let followed = follow(stage, &case, manner, play);
            followed.fails && followed.first.is_none()
        })
    })
}

/// Returns when the first violation with such a fingerprint appeared.
fn broken(trial: &Trial, is_it: impl Fn(&Print) -> bool) -> Option<Time> {
    let cast = &trial.history.cast;
    let mut violations = trial.violations.iter();
    let found = violations.find(|one| is_it(&Print::of(&one.fingerprint(cast), cast)))?;
    Some(trial.history.events[found.at].at)
}

/// Returns the names of this many picks of a schedule, and of what was outstanding then.
pub(super) fn steps(schedule: &Schedule, stage: &Stage, picks: usize, unfired: &Unfired) -> Steps {
    let name = |name: &Name| name.display(&stage.cast);
    let (picks, fates) = (schedule.picks.iter().take(picks), schedule.fates.iter());
    Steps {
        picks: picks.map(|pick| Pick { name: name(&pick.name), at: pick.at }).collect(),
        later: unfired.names.iter().map(name).collect(),
        fates: fates
            .take(unfired.fates)
            .map(|fate| Chosen { name: name(&fate.name), option: fate.option })
            .collect(),
    }
}

/// Plays a trial, and returns what is outstanding after this many of its picks.
pub(super) fn unfired(
    stage: &Arc<Stage>,
    decides: Box<dyn Strategy>,
    picks: usize,
    play: Play,
) -> Unfired {
    let observed = Observed::new(decides, Outstanding::after(picks));
    let mut lane = Lane::new(stage.clone(), Box::new(observed));
    lane.play(play);
    lane.observed(|outstanding: &Outstanding| outstanding.unfired().clone())
}

/// Returns what draws a trial where its case's schedule says nothing. This is the case's own
/// strategy if that draws times. The other strategies pick an order over everything that is pending
/// from the beginning on. A walk continues for these.
fn rest(case: &Case) -> Rest {
    let name = case.strategy.parse().unwrap_or_default();
    let name = match name {
        StrategyName::Portfolio => Portfolio::MEMBERS[Portfolio::place(case.seed)],
        name @ (StrategyName::Walk
        | StrategyName::Pct(_)
        | StrategyName::Urw
        | StrategyName::Extremes
        | StrategyName::Surw
        | StrategyName::Adj) => name,
    };
    match name {
        StrategyName::Walk => {
            let is_own = case.strategy != EXHAUSTIVE && case.shrunk.is_none();
            Rest { is_own, ..Rest::default() }
        }
        StrategyName::Extremes => Rest { draws: Box::new(Extremes::default()), is_own: true },
        StrategyName::Pct(_)
        | StrategyName::Urw
        | StrategyName::Surw
        | StrategyName::Adj
        | StrategyName::Portfolio => Rest { is_own: false, ..Rest::default() },
    }
}

/// The name of a proof's search as a strategy.
pub const EXHAUSTIVE: &str = "exhaustive";

/// How a case is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Pick by pick. It ends at the first pick that is not pending.
    Strict,
    /// In its order, as far as there still is one.
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
            // A name that no actor has any more is never pending.
            let end = unknown.unwrap_or(case.schedule.picks.len());
            let known = Schedule { picks: schedule.picks[..end].to_vec(), ..schedule };
            let strategy = Replay::new(known);
            let strategy =
                if unknown.is_none() { strategy.then(rest(case).draws) } else { strategy };
            let mut lane = Lane::new(stage.clone(), Box::new(strategy));
            let trial = replay_on(&mut lane, name, play);
            let left = lane.ask(|replay: &Replay| replay.divergence().cloned());
            (trial, left.map(|left| diverged(stage, case, unknown, &left)))
        }
        Manner::Relaxed => {
            let strategy = Relaxed::new(schedule.clone(), Times::Kept);
            let strategy = strategy.then(rest(case)).before(&later);
            let mut lane = Lane::new(stage.clone(), Box::new(strategy));
            let trial = replay_on(&mut lane, name, play);
            let followed = lane.ask(|relaxed: &Relaxed| relaxed.followed().to_vec());
            (trial, missed(stage, case, &schedule, &followed))
        }
    };
    Followed { fails: broken(&trial, |print| *print == case.fingerprint).is_some(), trial, first }
}

/// Plays this many trials near the case, of which the first one has the case's seed plus 1. Returns
/// how many of them fail with the case's fingerprint, and how many were played.
pub fn near(
    stage: &Arc<Stage>,
    case: &Case,
    trials: u64,
    play: Play,
    watcher: &dyn Watcher,
) -> (u64, u64) {
    near_seen(stage, case, (trials, play), watcher, &mut |_| {})
}

/// Does the same, and shows each trial's schedule to `see`. Returns how many fail, of how many.
fn near_seen(
    stage: &Arc<Stage>,
    case: &Case,
    (trials, play): (u64, Play),
    watcher: &dyn Watcher,
    see: &mut dyn FnMut(&Schedule),
) -> (u64, u64) {
    let Read { schedule, later, .. } = Read::new(case, stage);
    let strategy = Relaxed::new(schedule, Times::Drawn);
    let strategy = Box::new(strategy.before(&later));
    let play = Play { keep_schedule: true, ..play };
    let seeds = case.seed + 1..case.seed + 1 + trials;
    count((stage, case), (strategy, play), (seeds, u64::MAX), watcher, see)
}

/// Returns how many of some trials fail as the case does, and how many were played.
fn count(
    (stage, case): (&Arc<Stage>, &Case),
    (strategy, play): (Box<dyn Strategy>, Play),
    (seeds, occurrences_max): (Range<u64>, u64),
    watcher: &dyn Watcher,
    see: &mut dyn FnMut(&Schedule),
) -> (u64, u64) {
    let mut lane = Lane::bare(stage.clone(), strategy);
    let cast = lane.cast();
    let (mut failing, mut played, mut occurrences) = (0, 0, 0);
    for seed in seeds {
        if occurrences >= occurrences_max || watcher.is_over() {
            break;
        }
        lane.play(Play { seed, ..play });
        played += 1;
        watcher.played(1);
        occurrences += lane.occurrences();
        if let Some(schedule) = lane.take_schedule() {
            see(&schedule);
        }
        let (violations, _) = lane.judge();
        let mut prints = violations.iter().map(|one| Print::of(&one.fingerprint(&cast), &cast));
        failing += u64::from(prints.any(|print| print == case.fingerprint));
    }
    (failing, played)
}

/// This many trials near a case are played if it does not fail.
const NEAR: u64 = 100;

/// This many trials of a sweep are played as well, from seed 1 on, under walk and under the case's
/// own strategy.
const SWEPT: u64 = 1_000;

/// At most this many occurrences are played under each of these strategies.
const OCCURRENCES_MAX: u64 = 1_000_000;

/// Returns what has become of the case on this stage.
pub fn judge(stage: &Arc<Stage>, case: &Case, play: Play) -> State {
    let Followed { fails, first, .. } = follow(stage, case, Manner::Relaxed, play);
    if fails { State::Open } else { look_around(stage, case, first, play) }
}

/// Returns what has become of a case that does not fail in its order. It is fixed only if nothing
/// near it fails as it did, and no sweep finds that. It has drifted if this says nothing, because
/// an actor that the case names is no longer there.
pub fn look_around(
    stage: &Arc<Stage>,
    case: &Case,
    first: Option<Difference>,
    play: Play,
) -> State {
    let mut deeds = BTreeSet::new();
    let (failing, of) = near_seen(stage, case, (NEAR, play), &|| false, &mut |schedule| {
        deeds.extend(schedule.picks.iter().map(|pick| deed(&pick.name.display(&stage.cast))));
    });
    let mut looked = vec![Looked { under: None, failing, of }];
    let own = case.strategy.parse().ok().filter(|own| *own != StrategyName::Walk);
    for name in [StrategyName::Walk].into_iter().chain(own) {
        if looked.iter().any(|looked| looked.failing > 0) {
            break;
        }
        let strategy = strategies(stage, name)();
        let (failing, of) = count(
            (stage, case),
            (strategy, play),
            (1..SWEPT + 1, OCCURRENCES_MAX),
            &|| false,
            &mut |_| {},
        );
        looked.push(Looked { under: Some(name.to_string()), failing, of });
    }
    if looked.iter().any(|looked| looked.failing > 0) {
        return State::Elsewhere { first, looked };
    }
    match first {
        Some(first) if is_gone(&first, &deeds) => State::Drifted { first, looked },
        first => State::Fixed { first, looked },
    }
}

/// Returns the actor and what it does, without numbers, such as `generate/create_run/arrives`.
fn deed(name: &str) -> String {
    let pieces = name.split('/').map(|piece| piece.split('#').next().unwrap_or_default());
    pieces.collect::<Vec<_>>().join("/")
}

/// Returns whether no actor does any more what the case's schedule holds there.
fn is_gone(first: &Difference, deeds: &BTreeSet<String>) -> bool {
    match first.how {
        How::Unknown => true,
        How::Missing => !deeds.contains(&deed(&first.expected)),
        How::After(_) | How::Instead(_) | How::Fate => false,
    }
}

/// Returns the case's schedule for this stage, without what no actor does any more.
pub fn schedule(case: &Case, stage: &Stage) -> Schedule {
    Read::new(case, stage).schedule
}

/// A case's schedule for a stage, without what no actor does any more.
struct Read {
    schedule: Schedule,
    later: Vec<Name>,
    /// The place of the first pick that no actor does any more.
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

/// Returns where a strict replay left the case.
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

/// Returns where a relaxed replay left the case. `followed` holds the places of what fired, in the
/// schedule as far as it could be read.
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
