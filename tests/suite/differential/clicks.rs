//! Two clicks as a Monte Carlo, without the program. Each wait is drawn independently, from a
//! uniform distribution over its window.

use std::sync::Arc;

use deadheat::engine::{Lane, Play};
use deadheat::explore::Walk;
use deadheat::stage::Stage;
use deadheat_model::history::Operation;
use deadheat_model::property::PropertyId;

use crate::util::parse;

/// The number of trials, and how many of them showed something.
#[derive(Clone, Copy, Debug, Default)]
struct Rate {
    hits: u64,
    trials: u64,
}

impl Rate {
    /// Returns the interval that contains the true rate at 99.9 %: a normal approximation, 3.29
    /// deviations.
    fn interval(self) -> (f64, f64) {
        let rate = self.hits as f64 / self.trials as f64;
        let deviation = (rate * (1.0 - rate) / self.trials as f64).sqrt();
        (rate - 3.29 * deviation, rate + 3.29 * deviation)
    }

    fn agrees_with(self, other: Rate) -> bool {
        let ((low, high), (other_low, other_high)) = (self.interval(), other.interval());
        low <= other_high && other_low <= high
    }
}

/// The possible results of two clicks.
#[derive(Clone, Copy, Debug, Default)]
struct Rates {
    /// A run answers the other job's message.
    wrong_answer: Rate,
    run_refused: Rate,
    message_refused: Rate,
}

impl Rates {
    fn add(&mut self, wrong_answer: bool, run_refused: bool, message_refused: bool) {
        for (rate, is_hit) in [
            (&mut self.wrong_answer, wrong_answer),
            (&mut self.run_refused, run_refused),
            (&mut self.message_refused, message_refused),
        ] {
            rate.hits += u64::from(is_hit);
            rate.trials += 1;
        }
    }

    fn pairs(self) -> [(&'static str, Rate); 3] {
        [
            ("right-answer", self.wrong_answer),
            ("create_run refused", self.run_refused),
            ("add_message refused", self.message_refused),
        ]
    }
}

/// xorshift64* (Marsaglia 2003; Vigna 2016).
struct Dice(u64);

impl Dice {
    /// Returns a whole number of microseconds between two numbers of milliseconds.
    fn wait(&mut self, from_ms: u64, to_ms: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        from_ms * 1_000 + bits % ((to_ms - from_ms) * 1_000 + 1)
    }

    /// Returns the times at which a dispatched job polls its thread, adds its message and creates
    /// its run.
    fn job(&mut self, dispatched: u64) -> [u64; 3] {
        // These are the queue, and the request and the reply for the row, before the poll is sent.
        let look = dispatched + self.wait(0, 20) + self.wait(0, 2) + self.wait(0, 2);
        let look = look + self.wait(5, 80);
        let message = look + self.wait(5, 80) + self.wait(5, 80);
        let run = message + self.wait(5, 80) + self.wait(5, 80);
        [look, message, run]
    }
}

/// Draws the times of two clicks. The first run lasts at least 2 s, so it is active during
/// everything that happens after its creation. A job that has seen it waits until it is over, and
/// conflicts with no other job.
fn monte_carlo(trials: u64) -> Rates {
    let (mut rates, mut dice) = (Rates::default(), Dice(0x0DDB_1A5E_5BAD_5EED));
    for _ in 0..trials {
        let pause = dice.wait(80, 400);
        let (one, other) = (dice.job(0), dice.job(pause));
        let (first, second) = if one[2] < other[2] { (one, other) } else { (other, one) };
        let created = first[2];
        let [look, message, _] = second;
        let is_in_time = message < created;
        rates.add(is_in_time, is_in_time, look < created && !is_in_time);
    }
    rates
}

fn clicks(timeout: &str) -> String {
    format!(
        "format = 1\nsummary = \"Two clicks on one document.\"\n[server]\nrun_time = \"2s..20s\"\n\
         [network]\nlatency = \"5ms..80ms\"\nlocal = \"0ms..2ms\"\n[[document]]\nid = 7\n[[user]]\n\
         name = \"browser\"\ndo = [{{ click = \"generate\" }}, {{ sleep = \"80ms..400ms\" }}, {{ \
         click = \"generate\" }}]\n[queue]\nworkers = 2\npoll = \"0ms..20ms\"\n[job.generate]\n\
         timeout = \"{timeout}\"\ndo = [\"load_document\", {{ safe_add_message = \"Write\" }}, \
         \"create_run\"]\n"
    )
}

/// Returns the rates that walks give.
fn walked(source: &str, trials: u64) -> Rates {
    let mut lane = Lane::new(Arc::new(Stage::new(parse(source))), Box::new(Walk::default()));
    let mut rates = Rates::default();
    for seed in 1..=trials {
        lane.play(Play::seed(seed));
        let (violations, _) = lane.judge();
        let breaks = |property: PropertyId, operation: Option<Operation>| {
            violations.iter().any(|found| {
                let by = found.witnesses.first.operation;
                found.property == property && operation.is_none_or(|known| known == by)
            })
        };
        let refused = |operation| breaks(PropertyId::NoRejectedCall, Some(operation));
        let wrong_answer = breaks(PropertyId::RightAnswer, None);
        let run_refused = refused(Operation::CreateRun);
        rates.add(wrong_answer, run_refused, refused(Operation::AddMessage));
    }
    rates
}

fn assert_walks_give(source: &str) {
    let (oracle, walked) = (monte_carlo(1_000_000), walked(source, 20_000));
    for ((what, right), (_, rate)) in oracle.pairs().into_iter().zip(walked.pairs()) {
        assert!(right.agrees_with(rate), "{what}: {right:?}, and walks give {rate:?}\n{source}");
    }
}

#[test]
fn walks_of_two_clicks_give_the_rates_of_a_monte_carlo() {
    assert_walks_give(&clicks("5min"));
}

#[test]
fn walks_of_two_clicks_give_the_rates_of_a_monte_carlo_where_replies_fold() {
    assert_walks_give(&clicks("none"));
}
