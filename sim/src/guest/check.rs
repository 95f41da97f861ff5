//! Checks: a simulation that is played many times.

use std::path::Path;

use super::case::Case;
use super::explain::race;
use super::host::{HINT, Keep};
use super::invoked;
use super::outcome::{Broken, Failure, Outcome, Verdict};
use super::play::{Plan, budget};
use super::proof::{Proof, Searched, Wants, search};
use super::shrink::{replay, smallest};
use super::sim::Sim;
use super::trial::Trial;
use crate::agenda::{Budget, Span};
use crate::explore::{Relaxed, Replay, StrategyName, Times};

/// Returns a check of the simulation that `setup` sets up.
///
/// It plays 1,000 trials under the portfolio of all strategies, from seed 1 on, unless told
/// otherwise. The result is the same every time.
pub fn check<F: Fn(&mut Sim)>(setup: F) -> Check<F> {
    Check {
        setup,
        strategy: StrategyName::Portfolio,
        budget: budget(10_000, Span::from_secs(3_600)),
        trials: 1_000,
        seed: 1,
        faults: 0,
        states: 100_000,
    }
}

/// A simulation that is to be checked. See [`check`].
#[must_use = "nothing is played until `assert_holds`, `run` or `prove` is called"]
pub struct Check<F> {
    setup: F,
    strategy: StrategyName,
    budget: Budget,
    trials: u64,
    seed: u64,
    faults: u32,
    states: u64,
}

/// One trial in this many is played twice, and has to go the same way both times.
const TWICE: u64 = 16;

impl<F: Fn(&mut Sim)> Check<F> {
    /// Sets how many trials are played.
    pub fn trials(self, trials: u64) -> Self {
        Check { trials, ..self }
    }

    /// Sets the seed of the first trial. Trial `i` has this seed plus `i`.
    pub fn seed(self, seed: u64) -> Self {
        Check { seed, ..self }
    }

    /// Sets the strategy, by its name: `walk`, `pct:3`, `urw`, `extremes`, `surw`, `adj` or
    /// `portfolio`. The rates of `walk` are those of evenly spread latencies; the others look for
    /// rare orders, and their rates mean nothing.
    ///
    /// # Panics
    /// If there is no such strategy.
    #[track_caller]
    pub fn strategy(self, name: &str) -> Self {
        match name.parse() {
            Ok(strategy) => Check { strategy, ..self },
            Err(error) => panic!("there is no strategy `{name}`: {error}"),
        }
    }

    /// Sets how many occurrences a trial may have, and how long it may last. A trial that needs
    /// more is out of budget. The default is 10,000 occurrences and an hour.
    pub fn budget(self, occurrences: u64, time: Span) -> Self {
        Check { budget: budget(occurrences, time), ..self }
    }

    /// Sets how many faults a proof lets strike in one order: losses, and options of chance other
    /// than the normal ones. The default is none.
    pub fn faults(self, faults: u32) -> Self {
        Check { faults, ..self }
    }

    /// Sets how many states a proof looks at before it gives up. The default is 100,000.
    pub fn states(self, states: u64) -> Self {
        Check { states, ..self }
    }

    fn plan(&self) -> Plan<'_> {
        Plan { setup: &self.setup, strategy: self.strategy, budget: self.budget }
    }

    /// Plays all trials, and explains the first failure.
    pub fn run(&self) -> Outcome {
        // A mistake in the setup panics here, at once.
        (self.setup)(&mut Sim::default());
        let plan = self.plan();
        let mut host = plan.host();
        let mut outcome = Outcome::new(self.strategy, self.seed);
        for seed in (self.seed..).take(self.trials as usize) {
            if let Err(misuse) = host.try_play(seed, Keep::Nothing) {
                outcome.misuse = Some(misuse);
                return outcome;
            }
            outcome.add(seed, &host);
            if outcome.misuse.is_none() && outcome.trials % TWICE == 1 {
                let digest = host.digest();
                let again = host.try_play(seed, Keep::Nothing).map(|_| host.digest());
                let differs = again.map(|again| (again != digest).then(|| self.differs(seed)));
                outcome.misuse = differs.unwrap_or_else(Some);
            }
            if outcome.misuse.is_some() {
                return outcome;
            }
        }
        if let Some(Broken { property, first_seed, .. }) = outcome.broken.first() {
            host.play(*first_seed, Keep::Lines);
            outcome.failure = Some(self.failure(&host.take_trial(), property, *first_seed));
        }
        outcome
    }

    /// Plays one trial after another until one breaks something. Returns its seed.
    pub fn find(&self) -> Option<u64> {
        let plan = self.plan();
        let mut host = plan.host();
        (self.seed..).take(self.trials as usize).find(|seed| {
            host.play(*seed, Keep::Nothing);
            !host.world().found.is_empty()
        })
    }

    /// Plays the trial with this seed.
    pub fn trial(&self, seed: u64) -> Trial {
        let plan = self.plan();
        let mut host = plan.host();
        host.play(seed, Keep::Lines);
        host.take_trial()
    }

    /// Searches every order that the windows allow. What is proved holds in all of them, whatever
    /// the latencies within their windows are.
    ///
    /// An actor is a future, which cannot be copied. So each order is played from its beginning,
    /// as far as it differs from those before, and a state that was seen is not played again.
    pub fn prove(&self) -> Proof {
        let plan = self.plan();
        let Searched { explored, broken, misuse } =
            search(&plan, Wants::Verdict, self.faults, self.states);
        let failure = broken.and_then(|(property, schedule)| {
            let trial = replay(&plan, plan.with_simple_times(schedule), &property)?;
            Some(self.failure(&trial, &property, 0))
        });
        Proof { explored, faults: self.faults, failure, misuse }
    }

    /// Counts every order that the windows allow, and those that break a property: see
    /// [`Explored::orders`](crate::explore::Explored::orders).
    pub fn count(&self) -> Proof {
        let searched = search(&self.plan(), Wants::Counts, self.faults, self.states);
        let Searched { explored, misuse, .. } = searched;
        Proof { explored, faults: self.faults, failure: None, misuse }
    }

    /// Plays a case again, by the names of what happened in it. As far as they no longer exist,
    /// the trial goes on by draws, in the same order where that is possible.
    pub fn replay(&self, case: &Case) -> Trial {
        let (plan, schedule) = (self.plan(), case.schedule());
        let mut strict = plan.under(Box::new(Replay::new(schedule.clone())));
        strict.play(case.seed, Keep::Lines);
        if strict.ask(|replay: &Replay| replay.divergence().is_none()) {
            return strict.take_trial();
        }
        let mut relaxed = plan.under(Box::new(Relaxed::new(schedule, Times::Kept)));
        relaxed.play(case.seed, Keep::Lines);
        relaxed.take_trial()
    }

    /// Shrinks and explains a trial that breaks this property.
    fn failure(&self, trial: &Trial, property: &str, seed: u64) -> Failure {
        let plan = self.plan();
        let trial = smallest(&plan, trial, property);
        let strategy = self.strategy.to_string();
        let case = Case::new(&invoked::test(), &strategy, seed, property, &trial);
        let race = race(&plan, &trial, property);
        Failure { property: property.to_owned(), trial, case, race }
    }

    /// Says where two plays of one seed part.
    fn differs(&self, seed: u64) -> String {
        let plan = self.plan();
        let (mut one, mut other) = (plan.host(), plan.host());
        let played = one.try_play(seed, Keep::Lines).and(other.try_play(seed, Keep::Lines));
        if let Err(misuse) = played {
            return misuse;
        }
        let (one, other) = (one.take_trial(), other.take_trial());
        let parts = one.lines.iter().zip(&other.lines).find(|(one, other)| one != other);
        let (first, second) = match parts {
            Some((one, other)) => {
                (format!("{}: {}", one.who, one.text), format!("{}: {}", other.who, other.text))
            }
            None => ("one more or one less thing happened".to_owned(), "the other".to_owned()),
        };
        format!(
            "the trial with seed {seed} went differently when it was played again: at first \
             \"{first}\", and then \"{second}\"\n{HINT}"
        )
    }

    /// Plays all trials, and panics if anything is broken or undecided.
    ///
    /// The message ends with the line that plays the failing trial again. `DEADHEAT_CASE` names the
    /// file of a case, and `DEADHEAT_SEED` a seed: then this plays that trial alone. A case of
    /// another test changes nothing.
    ///
    /// # Panics
    /// Unless the verdict is [`Verdict::Holds`].
    #[track_caller]
    pub fn assert_holds(&self) {
        if self.plays_one_trial() {
            return;
        }
        let outcome = self.run();
        let ends = again(outcome.failure.as_ref());
        assert!(outcome.verdict() == Verdict::Holds, "\n{outcome}{ends}");
    }

    /// Searches every order, and panics unless all of them hold. `DEADHEAT_CASE` and
    /// `DEADHEAT_SEED` mean what they mean for [`Check::assert_holds`].
    ///
    /// # Panics
    /// Unless the verdict is [`Verdict::Holds`].
    #[track_caller]
    pub fn assert_proved(&self) {
        if self.plays_one_trial() {
            return;
        }
        let proof = self.prove();
        let ends = again(proof.failure.as_ref());
        assert!(proof.verdict() == Verdict::Holds, "\n{proof}{ends}");
    }

    /// Plays the only trial that this test is to play, if there is one, and panics if it breaks
    /// anything. Returns whether there was one.
    #[track_caller]
    fn plays_one_trial(&self) -> bool {
        let Some(trial) = self.asked_for() else { return false };
        assert!(trial.found.is_empty() && trial.misuse.is_none(), "\n{trial}");
        true
    }

    /// Returns the only trial that this test is to play, if there is one.
    fn asked_for(&self) -> Option<Trial> {
        if let Some(seed) = invoked::seed() {
            return Some(self.trial(seed));
        }
        let case = invoked::case()?;
        (case.test == invoked::test()).then(|| self.replay(&case))
    }
}

/// Keeps the case of a failure in a file, and returns how it is played again.
fn again(failure: Option<&Failure>) -> String {
    let Some(Failure { case, .. }) = failure else { return String::new() };
    match invoked::keep(case) {
        Ok(path) => format!("\nto play it again: {}\n", line(&path, case)),
        Err(error) => format!("\nthe case could not be kept: {error}\n"),
    }
}

fn line(path: &Path, case: &Case) -> String {
    // With one OS thread for all tests, the harness does not say which test is running.
    let test = if case.test == "main" { "-- --test-threads=1" } else { &case.test };
    format!("DEADHEAT_CASE={} cargo test {test}", path.display())
}
