//! Interchangeable actors: those who share a role, and jobs of one kind. What one of them does, the
//! other may do just as well, so that orders are compared up to who is who.

use deadheat_model::id::{Actor, Job};

use crate::agenda::{Call, Name};
use crate::app::Stage;
use crate::record::Feature;

/// No more renamings are tried than this.
const RENAMINGS_MAX: usize = 24;

/// Who stands for whom: pairs that are swapped, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Renaming {
    swaps: Vec<(Who, Who)>,
}

/// Somebody who can stand for another: a user, a process, or a job with all its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Member(Actor),
    Job(Job),
}

impl Who {
    fn of(actor: Actor) -> Who {
        actor.job().map_or(Who::Member(actor), Who::Job)
    }
}

/// Who that is once these two are swapped.
fn swapped(who: Who, (one, other): &(Who, Who)) -> Who {
    match who {
        who if who == *one => *other,
        who if who == *other => *one,
        who => who,
    }
}

impl Renaming {
    /// Whoever is concerned here is called as in the explained trial.
    pub(super) fn between(explained: [Option<Actor>; 2], here: [Option<Actor>; 2]) -> Renaming {
        let mut renaming = Renaming::default();
        for (theirs, mine) in explained.into_iter().zip(here) {
            let (Some(theirs), Some(mine)) = (theirs, mine) else { continue };
            let (theirs, mine) = (Who::of(theirs), renaming.who(Who::of(mine)));
            if theirs != mine {
                renaming.swaps.push((theirs, mine));
            }
        }
        renaming
    }

    /// How many pairs are swapped.
    pub(super) fn len(&self) -> usize {
        self.swaps.len()
    }

    fn who(&self, who: Who) -> Who {
        self.swaps.iter().fold(who, swapped)
    }

    /// What an occurrence of the explained trial is called here.
    pub(super) fn name(&self, name: Name, stage: &Stage) -> Name {
        if self.swaps.is_empty() {
            return name;
        }
        // Back: the last pair first.
        let who = self.swaps.iter().rev().fold(Who::of(name.call.actor), swapped);
        let actor = match (who, name.call.actor) {
            (Who::Job(job), Actor::Attempt(_, attempt)) => Actor::Attempt(job, attempt),
            (Who::Member(actor), _) | (Who::Job(_), actor) => actor,
        };
        let Some(key) = stage.actor_key(actor) else { return name };
        let call = Call::new(actor, key, name.call.operation, name.call.nth);
        let call = if name.call.is_again { call.again() } else { call };
        Name { call, ..name }
    }

    /// What a feature of the explained trial is here.
    pub(super) fn feature(&self, feature: &Feature, stage: &Stage) -> Feature {
        match feature {
            Feature::Before(first, second) => {
                Feature::Before(self.name(*first, stage), self.name(*second, stage))
            }
            Feature::Chance(name, option) => Feature::Chance(self.name(*name, stage), *option),
        }
    }

    /// Who may stand for those whom these features name, among all who are there: first nobody for
    /// anybody.
    pub(super) fn all(features: &[Feature], actors: &[Actor], stage: &Stage) -> Vec<Renaming> {
        let mut concerned: Vec<Who> = Vec::new();
        for feature in features {
            let names = match feature {
                Feature::Before(first, second) => vec![first, second],
                Feature::Chance(name, _) => vec![name],
            };
            for who in names.into_iter().map(|name| Who::of(name.call.actor)) {
                if !concerned.contains(&who) {
                    concerned.push(who);
                }
            }
        }
        let mut others: Vec<Who> = concerned.clone();
        for who in actors.iter().map(|actor| Who::of(*actor)) {
            if !others.contains(&who) {
                others.push(who);
            }
        }
        let mut all = vec![Renaming::default()];
        for who in concerned {
            let alike: Vec<Who> =
                others.iter().copied().filter(|other| are_alike(who, *other, stage)).collect();
            for known in 0..all.len() {
                for other in &alike {
                    if all.len() == RENAMINGS_MAX {
                        return all;
                    }
                    let mut more = all[known].clone();
                    if more.swaps.iter().any(|(one, two)| [*one, *two].contains(other))
                        || *other == who
                    {
                        continue;
                    }
                    more.swaps.push((who, *other));
                    if !all.contains(&more) {
                        all.push(more);
                    }
                }
            }
        }
        all
    }
}

fn are_alike(one: Who, other: Who, stage: &Stage) -> bool {
    match (one, other) {
        (Who::Job(one), Who::Job(other)) => one.kind == other.kind,
        (
            Who::Member(one @ (Actor::User(_) | Actor::Process(_))),
            Who::Member(other @ (Actor::User(_) | Actor::Process(_))),
        ) => {
            std::mem::discriminant(&one) == std::mem::discriminant(&other)
                && stage.cast.role(one) == stage.cast.role(other)
        }
        _ => false,
    }
}
