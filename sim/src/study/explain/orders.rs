//! The orders that matter: the fewest orders of occurrences, and the fewest choices of chance, that
//! distinguish the trials that fail in this way from those that do not.
//!
//! Candidates are pairs around the violation's witnesses. Both occurrences of a pair touch
//! something in common, and different parties decide them: different actors, or an actor and a
//! service. Trials of all kinds are played, some of them near the explained one. The search takes
//! one candidate after another, each time the one that tells best which trials fail. Then it drops
//! each one that is not needed. What is left is measured with other trials, which keep it or do
//! not.

use super::Base;
use super::aim::{Course, Field, Seen};
use super::pool::{Places, Sample, pool};
use crate::agenda::{Fate, Name, Owner, Pending};
use crate::name::Moment;
use crate::record::{Count, Feature, Matters, Rates};

/// At most this many occurrences are paired.
const PAIRED_MAX: usize = 40;

/// At most this many orders are reported.
const TOLD_MAX: usize = 6;

/// At most this many trials are given up for each trial that stays on its course.
const PATIENCE: u64 = 20;

/// At most this many times as many trials are played in total as one figure needs.
const SEARCHED: u64 = 60;

/// An order is given up if none of this many times as many trials keeps it.
const HOPELESS: u64 = 4;

/// The beginning of the trial is kept, too, if fewer trials than this keep an order.
const FEW: u64 = 20;

/// It may help to keep the beginning of the trial if a smaller share fails.
const SURE: f64 = 0.95;

/// How often the search looks again for orders that tell, if the first ones do not.
const ROUNDS: usize = 6;

/// A trial with more picks than this is long.
const LONG: usize = 1_000;

/// At most this many alternatives are measured for each order.
const ALTERNATIVES_MAX: usize = 3;

/// Orders must tell at least this well. The first figure is the share of trials with them that
/// fail. The second is how much smaller the share without them is.
const TELLS: (f64, f64) = (0.5, 0.3);

/// Two shares that differ by less than this are equal.
const EQUAL: f64 = 0.02;

/// Shares of features that tell equally well may differ by this.
const EQUALLY: f64 = 0.002;

/// Finds the orders and measures them. The race began with the pick `begun`. Nothing about order
/// decides it if everything fails.
pub(super) fn orders(
    field: &Field<'_>,
    base: &Base,
    related: &[usize],
    (broke, begun, plain): (usize, Option<usize>, Rates),
) -> Matters {
    field.left.set(field.trials.saturating_mul(SEARCHED));
    let found = found(field, base, related, (broke, begun, plain));
    field.left.set(u64::MAX);
    found
}

fn found(
    field: &Field<'_>,
    base: &Base,
    related: &[usize],
    (broke, begun, plain): (usize, Option<usize>, Rates),
) -> Matters {
    if plain.alike == plain.trials {
        return Matters::default();
    }
    let all = candidates(base, related, broke);
    let whole = search(field, base, (&all, broke, 0));
    let Some(floor) = begun.map(|place| place + 1).filter(|floor| *floor <= broke) else {
        return whole;
    };
    if whole.gap() >= SURE || field.is_over() {
        return whole;
    }
    // It happens in several ways. The beginning of the trial tells which of these ways it was.
    let way = search(field, base, (&all, broke, floor));
    if way.gap() > whole.gap() { way } else { whole }
}

/// Does the same where the first `floor` picks of the trial are kept in any case.
fn search(
    field: &Field<'_>,
    base: &Base,
    (all, broke, floor): (&[Candidate], usize, usize),
) -> Matters {
    let is_open = |candidate: &&Candidate| candidate.feature.place_in(base) >= floor;
    let mut candidates: Vec<&Candidate> = all.iter().filter(is_open).collect();
    let pool = pool(field, base, (broke, floor));
    // Looking again takes too long for a trial of thousands of picks.
    let rounds = match (base.notes.len() > LONG, floor) {
        (true, _) => 1,
        (false, 0) => ROUNDS,
        // The second search is already close to what it looks for.
        (false, _) => ROUNDS / 3,
    };
    for _ in 0..rounds {
        let found = shrink(field, base, &pool, grow(field, &pool, &candidates));
        if found.is_empty() || field.is_over() {
            break;
        }
        match measure(field, base, floor, &found) {
            Some(matters) => return earliest(field, base, (&pool, &candidates, floor), matters),
            None => candidates.retain(|candidate| !found.contains(&candidate.feature)),
        }
    }
    Matters::default()
}

/// Returns the earliest orders among those that tell equally well when they are measured.
fn earliest(
    field: &Field<'_>,
    base: &Base,
    (pool, candidates, floor): (&[Sample], &[&Candidate], usize),
    mut matters: Matters,
) -> Matters {
    let place = |feature: &Feature| match feature {
        Feature::Before(first, second) => (base.place_of(*second), base.place_of(*first)),
        Feature::Chance(name, _) => (base.place_of(*name), 0),
    };
    for at in 0..matters.features.len() {
        let features: Vec<Feature> = matters.features.iter().map(|(one, _)| *one).collect();
        let with = |other: &Feature| {
            let mut others = features.clone();
            others[at] = *other;
            others
        };
        let now = told(field, pool, &features);
        let is_as_good = |other: &&&Candidate| {
            place(&other.feature) < place(&features[at])
                && !features.contains(&other.feature)
                && told(field, pool, &with(&other.feature)) + NEARLY >= now
        };
        let mut others: Vec<&&Candidate> = candidates.iter().filter(is_as_good).collect();
        others.sort_by_key(|other| place(&other.feature));
        for other in others.into_iter().take(ALTERNATIVES_MAX) {
            let Some(found) = measure(field, base, floor, &with(&other.feature)) else { continue };
            let is_equal = found.features.len() == matters.features.len()
                && found.with.share() + EQUALLY >= matters.with.share()
                && found.without.share() <= matters.without.share() + EQUALLY;
            if is_equal {
                matters = found;
                break;
            }
        }
    }
    matters
}

/// Returns how well features tell which trials of a pool fail.
fn told(field: &Field<'_>, pool: &[Sample], features: &[Feature]) -> u64 {
    let failing = pool.iter().filter(|one| one.is_alike).count();
    let has = |one: &&Sample| features.iter().all(|feature| one.has(feature, field));
    let with = pool.iter().filter(has).count();
    let hit = pool.iter().filter(has).filter(|one| one.is_alike).count();
    score([hit, failing], with)
}

/// A candidate. The smaller `far` is, the nearer it is to the violation. `far` is in billionths of
/// a score. It uses no logarithm of floats, because the last bit of that depends on the platform.
/// So an explanation is the same wherever it is made.
struct Candidate {
    feature: Feature,
    far: u64,
}

/// One, in billionths.
const ONE: u64 = 1_000_000_000;

/// What a step away from the calls of the violation costs: another call of their actors is one step
/// away, and any other call two. Of features that tell about equally well, the one that is about
/// these calls reads as the reason.
const STEP: u64 = ONE / 100;

/// What each pick between the two of an order costs. A thousand picks cost as much as a step, so
/// that distance only decides between features of the same step.
const PICK: u64 = ONE / 100_000;

/// The logarithm of a call's number costs a fiftieth of itself. So a second call of its kind costs
/// a little more than a step, and the 100th look nine steps.
const NTH: u64 = 50;

/// How far a candidate is counts a fiftieth of its score, so that nearness never outweighs a
/// difference of more than a few hundredths in how well it tells.
const NEARNESS: u64 = 50;

/// A feature is taken if it improves the score by more than this. Less is noise in a small pool.
const IMPROVES: u64 = ONE / 200;

/// An earlier order replaces a later one if its score is not lower by more than this. It is
/// measured again before it does.
const NEARLY: u64 = ONE / 50;

/// Returns what could have been decided otherwise, as it is in this trial.
fn candidates(base: &Base, related: &[usize], broke: usize) -> Vec<Candidate> {
    let mut centres: Vec<usize> = related.iter().filter_map(|event| base.pick_of(*event)).collect();
    centres.push(broke);
    let calls: Vec<_> = centres.iter().map(|place| base.name(*place).call).collect();
    let level = |one: &Pending| -> u64 {
        if calls.contains(&one.name.call) {
            0
        } else if calls.iter().any(|call| call.who == one.name.call.who) {
            1
        } else {
            2
        }
    };
    let away = |place: usize| centres.iter().map(|at| at.abs_diff(place)).min().unwrap_or(0);
    let mut near: Vec<usize> = (0..base.notes.len()).collect();
    near.sort_by_key(|place| (level(&base.notes[*place].picked), away(*place)));
    near.truncate(PAIRED_MAX);
    near.sort_unstable();
    let mut candidates = Vec::new();
    for (at, first) in near.iter().enumerate() {
        for second in &near[at + 1..] {
            let (one, other) = (&base.notes[*first].picked, &base.notes[*second].picked);
            // What comes after the violation is not a reason for it. But what had not come yet when
            // a time ran out may be a reason.
            let is_before = *second <= broke || (*first <= broke && is_timer(one));
            if is_before && can_be_turned(one, other) {
                let levels = level(one) + level(other);
                // The 100th look is seldom the reason, even if it tells as much.
                let nth = one.name.call.nth.max(other.name.call.nth);
                let near = (second - first) as u64 * PICK;
                let far = levels * STEP + logarithm(nth) / NTH + near;
                let feature = Feature::Before(one.name, other.name);
                candidates.push(Candidate { feature, far });
            }
        }
    }
    for chance in base.chances.iter().filter(|chance| chance.after <= broke + 1) {
        let far = if calls.contains(&chance.name.call) { 0 } else { STEP };
        let feature = Feature::Chance(chance.name, chance.option);
        candidates.push(Candidate { feature, far });
    }
    candidates
}

/// Returns whether a time runs out here.
fn is_timer(one: &Pending) -> bool {
    matches!(
        one.name.moment(),
        Moment::Deadline
            | Moment::TimesOut
            | Moment::Expires
            | Moment::Strikes
            | Moment::Heals
            | Moment::Redelivers
    )
}

/// Returns whether different parties decide these, and it may matter which comes first. This is
/// never so for a call and what that call starts itself.
fn can_be_turned(one: &Pending, other: &Pending) -> bool {
    if one.name.call == other.name.call {
        return false;
    }
    let are_of_one = one.name.call.who == other.name.call.who;
    let gives_up = |one: &Pending| one.name.moment() == Moment::TimesOut;
    // What an actor does on its own has one order, except for what a service or a timeout decides.
    let are_apart = !are_of_one
        || (one.owner == Owner::Service) != (other.owner == Owner::Service)
        || gives_up(one)
        || gives_up(other);
    let keys = || one.keys.iter().flatten().any(|key| other.keys.contains(&Some(*key)));
    are_apart && (keys() || is_timer(one) || is_timer(other))
}

impl Feature {
    /// Returns where it is decided in the trial: at the later of the two, or at what chance chose.
    fn place_in(&self, base: &Base) -> usize {
        match self {
            Feature::Before(_, second) => base.place_of(*second),
            Feature::Chance(name, _) => base.place_of(*name),
        }
    }
}

/// Takes one candidate after another, each time the one that tells best which trials fail. It stops
/// when that no longer improves.
fn grow<'a>(field: &Field<'_>, pool: &[Sample], candidates: &[&'a Candidate]) -> Vec<&'a Feature> {
    let mut taken: Vec<&Feature> = Vec::new();
    let mut left: Vec<&Sample> = pool.iter().collect();
    while taken.len() < TOLD_MAX {
        let failing = left.iter().filter(|one| one.is_alike).count();
        if failing == 0 || failing == left.len() {
            break;
        }
        let score_now = score([failing; 2], left.len());
        let scored = candidates.iter().map(|candidate| {
            let has = |one: &&&Sample| one.has(&candidate.feature, field);
            let with = left.iter().filter(has).count();
            let hit = left.iter().filter(has).filter(|one| one.is_alike).count();
            (score([hit, failing], with), *candidate)
        });
        let better = scored.filter(|(score, _)| *score > score_now + IMPROVES);
        let near =
            |(score, one): &(u64, &Candidate)| i128::from(*score) - i128::from(one.far / NEARNESS);
        let Some((_, best)) = better.max_by_key(near) else { break };
        taken.push(&best.feature);
        left.retain(|one| one.has(&best.feature, field));
    }
    taken
}

/// Returns how well something tells which trials fail, in billionths. This is the share of failing
/// trials among those that have it, times the square of the share of failing trials that have it.
/// All that fail should have it.
fn score([hit, failing]: [usize; 2], with: usize) -> u64 {
    let [hit, failing, with] = [hit, failing, with].map(|count| count as u128);
    let whole = with * failing * failing;
    let score = (hit * hit * hit * u128::from(ONE)).checked_div(whole).unwrap_or(0);
    u64::try_from(score).expect("invariant: no more hit than fail, or than there are")
}

/// Returns the natural logarithm, in billionths. It is the logarithm to base 2, computed bit by
/// bit, times the logarithm of 2.
fn logarithm(number: u32) -> u64 {
    const BITS: u32 = 30;
    const OF_TWO: u128 = 693_147_181;
    let whole = number.max(1).ilog2();
    // This is from 1 to below 2, as a fraction of `BITS` bits.
    let mut rest = u128::from(number.max(1)) << BITS >> whole;
    let mut logarithm = u128::from(whole) << BITS;
    for bit in (0..BITS).rev() {
        rest = (rest * rest) >> BITS;
        if rest >= 2 << BITS {
            rest >>= 1;
            logarithm |= 1 << bit;
        }
    }
    ((logarithm * OF_TWO) >> BITS) as u64
}

/// Drops what is not needed. It is not needed if as large a share of the trials fails without it.
fn shrink(field: &Field<'_>, base: &Base, pool: &[Sample], taken: Vec<&Feature>) -> Vec<Feature> {
    let share = |features: &[&Feature]| {
        let has = |one: &&Sample| features.iter().all(|feature| one.has(feature, field));
        let with: Vec<&Sample> = pool.iter().filter(has).collect();
        let failing = with.iter().filter(|one| one.is_alike).count();
        failing as f64 / with.len().max(1) as f64
    };
    let mut kept = taken;
    let whole = share(&kept);
    let mut at = 0;
    while at < kept.len() {
        let mut fewer = kept.clone();
        fewer.remove(at);
        if share(&fewer) >= whole - 0.001 && !fewer.is_empty() {
            kept = fewer;
        } else {
            at += 1;
        }
    }
    let mut kept: Vec<Feature> = kept.into_iter().copied().collect();
    // The order is that in which they happen in the trial.
    kept.sort_by_key(|feature| match feature {
        Feature::Chance(name, _) => (0, base.place_of(*name), 0),
        Feature::Before(first, second) => (1, base.place_of(*first), base.place_of(*second)),
    });
    kept
}

/// Measures features with trials other than those that they were found by. Returns `None` if they
/// do not tell which trials fail.
fn measure(field: &Field<'_>, base: &Base, floor: usize, found: &[Feature]) -> Option<Matters> {
    let (mut kept, mut with) = (floor, held(field, base, floor, found));
    let few = FEW.min(field.trials);
    if with.trials < few || with.share() < SURE {
        // What is late in a long trial happens too seldom on its own, and in too many ways.
        let in_front = in_front(base, found).max(floor);
        let behind = held(field, base, in_front, found);
        if with.trials < few || behind.share() > with.share() + 0.05 {
            (kept, with) = (in_front, behind);
        }
    }
    let mut features = Vec::new();
    for (at, feature) in found.iter().enumerate() {
        let mut turned = found.to_vec();
        let Feature::Before(first, second) = *feature else {
            features.push((*feature, other_chance(field, base, kept, found, at)));
            continue;
        };
        turned[at] = Feature::Before(second, first);
        features.push((*feature, held(field, base, kept, &turned)));
    }
    // A feature decides nothing if as many trials fail when it is reversed, or if it cannot be
    // otherwise.
    let is_idle = |(_, turned): &(Feature, Count)| {
        turned.trials == 0 || turned.share() + EQUAL >= with.share()
    };
    if let Some(idle) = features.iter().position(is_idle) {
        let mut rest = found.to_vec();
        rest.remove(idle);
        return if rest.is_empty() { None } else { measure(field, base, floor, &rest) };
    }
    let mut without = Count::default();
    field.play(&base.first(kept), |seen| {
        let Some(seen) = seen else { return false };
        // The actors that fail here may not have the features.
        let who = seen.hit.alike.clone().unwrap_or_default();
        let theirs: Vec<Feature> =
            found.iter().map(|feature| who.feature(feature, &field.stage)).collect();
        if has_all(&seen, &theirs) {
            without.skipped += 1;
        } else {
            without.trials += 1;
            without.failing += u64::from(seen.is_alike());
        }
        without.trials < field.trials && without.skipped < field.trials * PATIENCE
    });
    let tells = with.trials >= few
        && without.trials >= few
        && with.share() >= TELLS.0
        && with.share() >= without.share() + TELLS.1;
    tells.then_some(Matters { features, kept, with, without, every: None })
}

fn has_all(seen: &Seen, features: &[Feature]) -> bool {
    let places = Places::of(&seen.schedule);
    features.iter().all(|feature| places.has(feature))
}

/// Returns how many of the trials that have all of these fail.
fn held(field: &Field<'_>, base: &Base, kept: usize, features: &[Feature]) -> Count {
    let mut course = base.first(kept);
    for feature in features {
        match feature {
            Feature::Before(first, second) => course.orders.push((*first, *second)),
            Feature::Chance(name, option) => {
                course.options.push(Fate { name: *name, option: *option });
            }
        }
    }
    counted(field, &course, |seen| has_all(seen, features))
}

/// Does the same where chance takes an option other than this one. What comes only with that option
/// cannot be asked for.
fn other_chance(
    field: &Field<'_>,
    base: &Base,
    kept: usize,
    features: &[Feature],
    at: usize,
) -> Count {
    let mut course = base.first(kept);
    let is_other = |feature: &&Feature| **feature != features[at];
    for feature in features.iter().filter(is_other) {
        if let Feature::Chance(name, option) = feature {
            course.options.push(Fate { name: *name, option: *option });
        }
    }
    counted(field, &course, |seen| !has_all(seen, &features[at..=at]))
}

fn counted(field: &Field<'_>, course: &Course, is_it: impl Fn(&Seen) -> bool) -> Count {
    let mut count = Count::default();
    field.play(course, |seen| {
        match seen.filter(&is_it) {
            Some(seen) => {
                count.trials += 1;
                count.failing += u64::from(seen.is_alike());
            }
            None => count.skipped += 1,
        }
        let is_hopeless = count.trials == 0 && count.skipped >= field.trials * HOPELESS;
        count.trials < field.trials && count.skipped < field.trials * PATIENCE && !is_hopeless
    });
    count
}

/// Returns how many picks come before the first pick by which one of these had been started.
fn in_front(base: &Base, features: &[Feature]) -> usize {
    let names: Vec<Name> = features
        .iter()
        .flat_map(|feature| match feature {
            Feature::Before(first, second) => vec![*first, *second],
            Feature::Chance(name, _) => vec![*name],
        })
        .collect();
    let is_near = |one: &Pending| names.contains(&one.name);
    let starts =
        base.notes.iter().position(|note| is_near(&note.picked) || note.others.iter().any(is_near));
    starts.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logarithm_is_that_of_floats_without_their_last_bits() {
        for number in [1, 2, 3, 7, 10, 99, 100, 1_000, 123_456, u32::MAX] {
            let exact = f64::from(number).ln() * ONE as f64;
            assert!((logarithm(number) as f64 - exact).abs() < 50.0, "{number}");
        }
        assert_eq!((logarithm(0), logarithm(1)), (0, 0));
        // The values are exactly these on every platform.
        assert_eq!([3, 100].map(logarithm), [1_098_612_289, 4_605_170_188]);
        assert!((1..10_000).all(|number| logarithm(number) < logarithm(number + 1)));
    }

    #[test]
    fn a_score_is_a_share_of_what_fails_and_of_what_has_it() {
        assert_eq!(score([10, 10], 10), ONE);
        assert_eq!(score([10, 10], 40), ONE / 4);
        assert_eq!(score([5, 10], 5), ONE / 4);
        assert_eq!(score([0, 10], 0), 0);
        assert_eq!(score([2_000_000; 2], 2_000_000), ONE);
    }
}
