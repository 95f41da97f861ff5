//! Interchangeable actors: actors that share a role, and jobs of one kind. What one of them does,
//! another may do as well. So orders are compared up to a renaming of the actors.

use deadheat_model::id::{Actor, Job};

use crate::agenda::{Call, Name};
use crate::record::Feature;
use crate::stage::Stage;

/// Which actor takes the place of which: pairs that are swapped, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Renaming {
    swaps: Vec<(Who, Who)>,
}

/// An actor that can take the place of another: a user, a process, or a job with all its attempts.
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

/// Returns which actor this is after these two are swapped.
fn swapped(who: Who, (one, other): &(Who, Who)) -> Who {
    match who {
        who if who == *one => *other,
        who if who == *other => *one,
        who => who,
    }
}

impl Renaming {
    /// Returns the renaming that gives the actors concerned here the names of the explained trial.
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

    /// Returns how many pairs are swapped.
    pub(super) fn len(&self) -> usize {
        self.swaps.len()
    }

    fn who(&self, who: Who) -> Who {
        self.swaps.iter().fold(who, swapped)
    }

    /// Returns the name that an occurrence of the explained trial has here.
    pub(super) fn name(&self, name: Name, stage: &Stage) -> Name {
        if self.swaps.is_empty() {
            return name;
        }
        // This goes back, so the last pair comes first.
        let who = self.swaps.iter().rev().fold(Who::of(name.call.actor()), swapped);
        let actor = match (who, name.call.actor()) {
            (Who::Job(job), Actor::Attempt(_, attempt)) => Actor::Attempt(job, attempt),
            (Who::Member(actor), _) | (Who::Job(_), actor) => actor,
        };
        let Some(key) = stage.actor_key(actor) else { return name };
        let call = Call::by(actor, key, name.call.operation(), name.call.nth);
        let call = if name.call.is_again { call.again() } else { call };
        call.at(name.moment()).part(name.part)
    }

    /// Returns what a feature of the explained trial is here.
    pub(super) fn feature(&self, feature: &Feature, stage: &Stage) -> Feature {
        match feature {
            Feature::Before(first, second) => {
                Feature::Before(self.name(*first, stage), self.name(*second, stage))
            }
            Feature::Chance(name, option) => Feature::Chance(self.name(*name, stage), *option),
        }
    }
}
