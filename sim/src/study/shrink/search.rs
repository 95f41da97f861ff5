//! The search for a trial that breaks in a given way: near a trial that does, anywhere at random,
//! and in every order with few context switches. All bounds are counts, so that every machine finds
//! the same.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use deadheat_model::history::Cast;
use deadheat_model::id::Actor;
use deadheat_model::property::{Fingerprint, Way};

use super::present::{Present, Sought, looking};
use crate::agenda::{Fate, Name, Pick, Schedule, Strategy, Supply};
use crate::engine::{Lane, Play};
use crate::explore::{Exhaustive, Exploring, Merge, Relaxed, StrategyName, Times, Walk};
use crate::stage::Stage;
use crate::study::{at_times, strategies};

/// This many trials keep the order of the present one, and draw their times again.
const NEAR: u64 = 16;

/// This many trials are walked in a smaller scenario.
const WALKS: u64 = 256;

/// This many trials of a smaller scenario are drawn in other ways, in which rare orders are not
/// rare.
const DRAWN: u64 = 64;

/// At most this many occurrences fire while one thing is tried.
const OCCURRENCES_MAX: u64 = 40_000;

/// At most this many occurrences fire while all orders with one number of switches are searched.
const SEARCH_MAX: u64 = 400_000;

/// The result of a search of all orders.
pub(super) enum Found {
    Trial(Box<Present>),
    Nothing,
    Cut,
}

impl Sought<'_> {
    /// Returns whether the search has to end.
    pub(super) fn is_cut(&mut self) -> bool {
        if self.cut.is_none() {
            self.cut = (self.stop)();
        }
        self.cut.is_some()
    }

    /// Returns a trial on this stage in the order of the present one, as far as there is one.
    pub(super) fn near(&mut self, stage: &Arc<Stage>, present: &Present) -> Option<Present> {
        for schedule in recast(present, &stage.cast) {
            for (times, seeds) in [(Times::Kept, 1), (Times::Drawn, NEAR)] {
                let relaxed = Relaxed::new(schedule.clone(), times);
                let found = self.play(stage, Box::new(relaxed), self.seed..=self.seed + seeds - 1);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Returns any trial on this stage: one that is walked, one that is drawn in another way, or
    /// one from a bounded search of all orders.
    pub(super) fn anywhere(&mut self, stage: &Arc<Stage>) -> Option<Present> {
        let walked = self.play(stage, Box::new(Walk::default()), 1..=WALKS);
        let drawn = walked.or_else(|| {
            let strategy = strategies(stage, StrategyName::Portfolio)();
            self.play(stage, strategy, 1..=DRAWN)
        });
        drawn.or_else(|| {
            match self.explore(stage, None, u32::from(stage.scenario.has_fates()), OCCURRENCES_MAX)
            {
                Found::Trial(found) => Some(*found),
                Found::Nothing | Found::Cut => None,
            }
        })
    }

    /// Searches every order for a trial with this many context switches.
    pub(super) fn with_switches(&mut self, present: &Present, switches: u32) -> Found {
        self.explore(&present.stage, Some(switches), strikes(&present.schedule), SEARCH_MAX)
    }

    fn play(
        &mut self,
        stage: &Arc<Stage>,
        strategy: Box<dyn Strategy>,
        seeds: RangeInclusive<u64>,
    ) -> Option<Present> {
        let fingerprint = self.print.within(&stage.cast)?;
        let mut lane = Lane::bare(stage.clone(), strategy);
        let mut left = OCCURRENCES_MAX;
        for seed in seeds {
            if left == 0 || self.is_cut() {
                break;
            }
            lane.play(Play { keep_schedule: true, ..Play::seed(seed) });
            left = left.saturating_sub(self.count(&lane));
            if self.breaks(&mut lane, stage, fingerprint)
                && let Some(schedule) = lane.take_schedule()
            {
                let found = self.present(stage, schedule);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    fn count(&mut self, lane: &Lane) -> u64 {
        let occurrences = lane.occurrences();
        self.effort.trials += 1;
        self.effort.occurrences += occurrences;
        occurrences.max(1)
    }

    fn breaks(&self, lane: &mut Lane, stage: &Stage, fingerprint: Fingerprint) -> bool {
        let (violations, _) = lane.judge();
        let mut broken = violations.iter().filter(|one| one.why == self.why);
        broken.any(|one| one.fingerprint(&stage.cast) == fingerprint)
    }

    fn explore(
        &mut self,
        stage: &Arc<Stage>,
        switches: Option<u32>,
        faults: u32,
        occurrences_max: u64,
    ) -> Found {
        let Some(fingerprint) = self.print.within(&stage.cast) else { return Found::Nothing };
        let exploring = Exploring { merge: Merge::United, faults, twins: stage.twins(), switches };
        let mut lane = Lane::bare(stage.clone(), Box::new(Exhaustive::new(exploring)));
        lane.set_looking(Some(looking(fingerprint.property)));
        lane.set_wanted(Way { fingerprint, why: self.why });
        let mut left = occurrences_max;
        loop {
            if left == 0 || self.is_cut() {
                return Found::Cut;
            }
            if lane.play(Play { keep_schedule: true, ..Play::seed(0) }) == Supply::Nothing {
                break;
            }
            left = left.saturating_sub(self.count(&lane));
            if !lane.found().is_empty()
                && let Some(schedule) = lane.take_schedule()
            {
                // An order has no times yet.
                let trial = at_times(stage, "", schedule, &[fingerprint.property]);
                let schedule = trial.schedule.unwrap_or_default();
                if let Some(found) = self.present(stage, schedule) {
                    return Found::Trial(Box::new(found));
                }
            }
        }
        let is_cut = lane.ask(|exhaustive: &Exhaustive| exhaustive.explored().out_of_budget > 0);
        if is_cut { Found::Cut } else { Found::Nothing }
    }
}

/// Returns how many fates of a schedule are not the first option, and so belong to a fault.
pub(super) fn strikes(schedule: &Schedule) -> u32 {
    schedule.fates.iter().filter(|fate| fate.option > 0).count() as u32
}

/// Returns the schedule of a trial for another cast. The actors that had a part in what broke stay.
/// The others stay in their order, as far as there is room. Jobs are numbered while they are
/// dispatched. So they are tried in two ways: as they are, and as if there had been no others.
fn recast(present: &Present, cast: &Cast) -> Vec<Schedule> {
    let old = &present.stage.cast;
    let witnesses = &present.broken.witnesses;
    let involved: Vec<Actor> = [Some(witnesses.first), witnesses.second]
        .into_iter()
        .flatten()
        .filter_map(|one| one.by)
        .collect();
    let mut roles = BTreeMap::new();
    for (index, user) in old.users.iter().enumerate() {
        roles.insert(user.name.clone(), (user.role.clone(), Actor::User(index as u16)));
    }
    for (index, process) in old.processes.iter().enumerate() {
        roles.insert(process.name.clone(), (process.role.clone(), Actor::Process(index as u16)));
    }
    let renamed = rename(&roles, &involved, cast);
    let mut jobs: Vec<_> = involved.iter().filter_map(|actor| actor.job()).collect();
    jobs.sort_unstable();
    jobs.dedup();
    let mut alone = BTreeMap::new();
    for (at, job) in jobs.iter().enumerate() {
        let number = jobs[..at].iter().filter(|other| other.kind == job.kind).count() as u32 + 1;
        let kind = &old.kind(job.kind).name;
        alone.insert(format!("{kind}#{}", job.number), format!("{kind}#{number}"));
    }
    let as_it_is = translate(&present.schedule, old, cast, &renamed, None);
    let is_same = alone.iter().all(|(from, to)| from == to);
    let mut all = vec![as_it_is];
    if !is_same {
        all.push(translate(&present.schedule, old, cast, &renamed, Some(&alone)));
    }
    all
}

/// Returns which actor of another cast each user and process is. It is `None` if there are too few.
fn rename(
    roles: &BTreeMap<String, (String, Actor)>,
    involved: &[Actor],
    cast: &Cast,
) -> BTreeMap<String, Option<String>> {
    let mut renamed = BTreeMap::new();
    let members = cast.users.iter().chain(&cast.processes);
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for member in members {
        places.entry(&member.role).or_default().push(&member.name);
    }
    let mut by_role: BTreeMap<&str, Vec<(&str, Actor)>> = BTreeMap::new();
    for (name, (role, actor)) in roles {
        by_role.entry(role).or_default().push((name, *actor));
    }
    for (role, mut all) in by_role {
        let places = places.get(role).map_or(&[][..], Vec::as_slice);
        all.sort_by_key(|(_, actor)| (!involved.contains(actor), *actor));
        let mut stay: Vec<_> = all.iter().take(places.len()).collect();
        stay.sort_by_key(|(_, actor)| *actor);
        for ((name, _), place) in stay.iter().zip(places) {
            renamed.insert((*name).to_owned(), Some((*place).to_owned()));
        }
        for (name, _) in all.iter().skip(places.len()) {
            renamed.insert((*name).to_owned(), None);
        }
    }
    renamed
}

fn translate(
    schedule: &Schedule,
    old: &Cast,
    cast: &Cast,
    renamed: &BTreeMap<String, Option<String>>,
    jobs: Option<&BTreeMap<String, String>>,
) -> Schedule {
    let translated = |name: &Name| -> Option<Name> {
        let text = name.display(old);
        let (actor, rest) = text.split_once('/')?;
        let actor = match renamed.get(actor) {
            Some(new) => new.clone()?,
            None => match (jobs, actor.split_once('.')) {
                (Some(jobs), Some((job, attempt))) => format!("{}.{attempt}", jobs.get(job)?),
                _ => actor.to_owned(),
            },
        };
        Name::parse(&format!("{actor}/{rest}"), cast)
    };
    let picks = schedule.picks.iter();
    let picks = picks.filter_map(|pick| Some(Pick { name: translated(&pick.name)?, at: pick.at }));
    let fates = schedule.fates.iter();
    let fates =
        fates.filter_map(|fate| Some(Fate { name: translated(&fate.name)?, option: fate.option }));
    Schedule { picks: picks.collect(), fates: fates.collect() }
}
