//! Tills and seats, by property: proptest draws how many there are and how fast the network is,
//! and every drawing is checked under many schedules. What it finds, it makes small.
//!
//! `cargo run --release --example one_seat`

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use deadheat::{Check, Desk, Service, Sim, Verdict, check, millis};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

/// The seats, and how often each was sold.
#[derive(Hash)]
struct Theatre {
    sold: Vec<u32>,
    /// Whether a seat that is sold is not sold again.
    checks: bool,
}

#[derive(Debug, Hash)]
enum Ask {
    Look,
    Sell(usize),
}

impl Service for Theatre {
    type Request = Ask;
    type Reply = Option<usize>;
    type Due = ();

    fn handle(&mut self, ask: Ask, _: &mut Desk<'_, Theatre>) -> Option<Option<usize>> {
        Some(match ask {
            Ask::Look => self.sold.iter().position(|sold| *sold == 0),
            Ask::Sell(seat) if self.checks && self.sold[seat] > 0 => None,
            Ask::Sell(seat) => {
                self.sold[seat] += 1;
                Some(seat)
            }
        })
    }
}

/// What proptest draws.
#[derive(Clone, Debug)]
struct House {
    tills: u32,
    seats: usize,
    slowest_ms: u64,
}

fn houses() -> impl Strategy<Value = House> {
    let drawn = (1..=5_u32, 1..=4_usize, 1..=200_u64);
    drawn.prop_map(|(tills, seats, slowest_ms)| House { tills, seats, slowest_ms })
}

fn selling(house: &House, checks: bool) -> Check<impl Fn(&mut Sim) + use<>> {
    let House { tills, seats, slowest_ms } = house.clone();
    check(move |sim: &mut Sim| {
        let theatre = sim.service("theatre", Theatre { sold: vec![0; seats], checks });
        sim.latency(theatre, millis(1)..=millis(slowest_ms));
        for number in 1..=tills {
            sim.actor(("till", number)).run(async move |me| {
                while let Some(seat) = me.call(theatre, Ask::Look).await {
                    me.call(theatre, Ask::Sell(seat)).await;
                }
            });
        }
        sim.always("no seat is sold twice", move |state| {
            state.of(theatre).sold.iter().all(|sold| *sold <= 1)
        });
    })
    .trials(100)
}

fn main() {
    for checks in [false, true] {
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
        let result = runner.run(&houses(), |house| {
            let outcome = selling(&house, checks).run();
            prop_assert!(outcome.verdict() == Verdict::Holds, "{outcome}");
            Ok(())
        });
        println!("If the theatre {}:\n", if checks { "checks" } else { "does not check" });
        match result {
            Ok(()) => println!("no seat is sold twice in any house that was drawn"),
            Err(TestError::Fail(why, house)) => println!("{house:?}\n\n{why}"),
            Err(TestError::Abort(why)) => println!("nothing was decided: {why}"),
        }
    }
}
