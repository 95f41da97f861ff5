//! The schedule: every pick that decided a trial, by name.

use deadheat_model::time::Time;

use super::{Name, Who};

/// What was decided in a trial: the order of the occurrences, and every fate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// What fired, in order.
    pub picks: Vec<Pick>,
    /// What chance decided besides the order, in the order in which it was asked for.
    pub fates: Vec<Fate>,
}

impl Schedule {
    /// Returns the number of *context switches*. A context switch is a pair of successive calls of
    /// different actors that reach a service. What an actor does on its own (it begins, waits, is
    /// answered, ends) is visible to no other actor and switches nothing. What a service does on
    /// its own switches nothing either.
    pub fn switches(&self) -> u32 {
        let visitors = self.picks.iter().filter_map(|pick| pick.name.visitor());
        let mut switches = Switches::default();
        visitors.for_each(|visitor| switches = switches.then(visitor));
        switches.count
    }
}

/// Context switches while they are counted. See [`Schedule::switches`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Switches {
    /// How many there have been.
    pub count: u32,
    /// The actor whose call reached a service last.
    pub last: Option<Who>,
}

impl Switches {
    /// Returns the count after one more call has reached a service.
    #[must_use]
    pub fn then(self, visitor: Who) -> Switches {
        let is_other = self.last.is_some_and(|last| last != visitor);
        Switches { count: self.count + u32::from(is_other), last: Some(visitor) }
    }
}

/// One occurrence that was picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Which one.
    pub name: Name,
    /// The time that it was given.
    pub at: Time,
}

/// One option that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// What it was chosen for.
    pub name: Name,
    /// Which option, from 0.
    pub option: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agenda::{Call, Phase, Sort, Symbol};

    #[test]
    fn only_calls_that_reach_a_service_switch() {
        let sells = Symbol::new(0, "sells");
        let check = |steps: &[(u64, bool)], switches: u32| {
            let pick = |(who, visits): &(u64, bool)| {
                let call = Call::new(Who(*who), 1, sells, 1);
                let sort = if *visits { Sort::Visit } else { Sort::Other };
                Pick { name: Name::new(call, Phase { word: sells, sort }), at: Time::ZERO }
            };
            let picks = steps.iter().map(pick).collect();
            assert_eq!(Schedule { picks, fates: Vec::new() }.switches(), switches, "{steps:?}");
        };
        check(&[], 0);
        check(&[(1, true), (1, true)], 0);
        check(&[(1, true), (2, true), (1, true)], 2);
        check(&[(1, true), (2, false), (1, true)], 0);
    }
}
