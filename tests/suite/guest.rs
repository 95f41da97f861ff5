//! Actors and services in Rust: what a check finds, proves, shrinks, explains and plays again, and
//! what it says to those who use it wrongly.

use deadheat::{Case, Desk, Outcome, Port, Service, Sim, Verdict, check, millis, secs};

/// A theatre with two places.
#[derive(Hash)]
struct Theatre {
    sold: [u32; 2],
    /// Whether a place that is sold is not sold again.
    checks: bool,
}

#[derive(Debug, Hash)]
enum Ask {
    Look,
    Sell(usize),
}

#[derive(Debug, Hash, PartialEq)]
enum Tell {
    Free(Option<usize>),
    Sold(bool),
}

impl Service for Theatre {
    type Request = Ask;
    type Reply = Tell;
    type Due = ();

    fn handle(&mut self, request: Ask, _: &mut Desk<'_, Theatre>) -> Option<Tell> {
        Some(match request {
            Ask::Look => Tell::Free(self.sold.iter().position(|sold| *sold == 0)),
            Ask::Sell(place) => {
                let sells = !self.checks || self.sold[place] == 0;
                self.sold[place] += u32::from(sells);
                Tell::Sold(sells)
            }
        })
    }
}

/// Two tills sell two places. Each looks for a free one, and then sells it.
fn tills(checks: bool) -> impl Fn(&mut Sim) {
    move |sim| {
        let theatre = sim.service("theatre", Theatre { sold: [0; 2], checks });
        for number in 1..=2_u32 {
            sim.actor(("till", number)).run(async move |me| {
                loop {
                    let Tell::Free(Some(place)) = me.call(theatre, Ask::Look).await else { return };
                    if me.call(theatre, Ask::Sell(place)).await == Tell::Sold(true) {
                        return;
                    }
                }
            });
        }
        sim.always("no place is sold twice", move |state| {
            state.of(theatre).sold.iter().all(|sold| *sold <= 1)
        });
    }
}

#[test]
fn a_place_is_sold_twice_and_the_failure_is_small_and_explained() {
    let outcome = check(tills(false)).run();
    assert_eq!(outcome.verdict(), Verdict::Breaks, "{outcome}");
    insta::assert_snapshot!(outcome);
}

#[test]
fn a_theatre_that_checks_holds_and_is_proved() {
    check(tills(true)).trials(200).assert_holds();
    let proof = check(tills(true)).prove();
    assert_eq!(proof.verdict(), Verdict::Holds, "{proof}");
    let broken = check(tills(false)).prove();
    assert_eq!(broken.verdict(), Verdict::Breaks, "{broken}");
}

#[test]
fn a_case_is_played_again_from_its_file() {
    let tills = check(tills(false));
    let failure = tills.run().failure.expect("it breaks");
    let case = Case::read(&failure.case.text()).expect("it was just written");
    assert_eq!(case, failure.case);
    let again = tills.replay(&case);
    assert_eq!((&again.lines, &again.found), (&failure.trial.lines, &failure.trial.found));
}

/// Returns what a check comes to, in text.
fn text(setup: impl Fn(&mut Sim)) -> String {
    check(setup).trials(50).run().to_string()
}

#[test]
fn a_panic_of_an_actor_is_a_failure_with_its_place() {
    let outcome = check(|sim| {
        let theatre = sim.service("theatre", Theatre { sold: [0; 2], checks: false });
        for number in 1..=2_u32 {
            sim.actor(("till", number)).run(async move |me| {
                let place = me.call(theatre, Ask::Look).await;
                assert_eq!(place, Tell::Free(Some(0)), "somebody was faster");
                me.call(theatre, Ask::Sell(0)).await;
            });
        }
    })
    .run();
    assert_eq!(outcome.broken[0].property, "no-panic");
    assert!(outcome.broken[0].why.contains("somebody was faster"), "{outcome}");
    assert!(outcome.broken[0].why.contains("guest.rs:"), "{outcome}");
}

#[test]
fn an_actor_that_waits_forever_is_named_with_what_it_waits_for() {
    let text = text(|sim| {
        let theatre = sim.service("theatre", Theatre { sold: [0; 2], checks: false });
        sim.lose_replies(theatre, 2);
        sim.actor("till").run(async move |me| {
            me.call(theatre, Ask::Look).await;
        });
    });
    assert!(text.contains("`till` waits forever for Look#1 of `theatre`"), "{text}");
}

#[test]
fn a_wait_within_a_bound_ends_if_the_reply_is_lost() {
    let outcome = check(|sim| {
        let theatre = sim.service("theatre", Theatre { sold: [0; 2], checks: false });
        sim.latency(theatre, millis(5)..=millis(80));
        sim.lose_replies(theatre, 2);
        sim.actor("till").run(async move |me| {
            let looked = me.within(secs(1), me.call(theatre, Ask::Look)).await;
            me.tell(looked.is_some());
        });
        sim.sometimes("a look is answered", |state| state.facts::<bool>().any(|told| *told));
        sim.sometimes("a look is lost", |state| state.facts::<bool>().any(|told| !*told));
    })
    .run();
    assert_eq!(outcome.verdict(), Verdict::Holds, "{outcome}");
}

#[test]
fn what_is_used_wrongly_is_said() {
    let foreign = text(|sim| sim.actor("till").run(async |_| std::future::pending::<()>().await));
    assert!(foreign.contains("actor `till` waits for something that the simulation does not know"));

    let counter = std::sync::atomic::AtomicU32::new(0);
    let counted = text(|sim| {
        let count = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        sim.actor("till").run(async move |me| me.tell(count));
    });
    assert!(counted.contains("went differently when it was played again"), "{counted}");

    let unreached = text(|sim| sim.sometimes("a miracle", |_| false));
    assert!(unreached.contains("no trial reached this: a miracle"), "{unreached}");

    let endless = text(|sim| {
        let theatre: Port<Theatre> = sim.service("theatre", Theatre { sold: [0; 2], checks: true });
        sim.actor("till").run(async move |me| -> () {
            loop {
                me.call(theatre, Ask::Look).await;
            }
        });
    });
    assert!(endless.contains("50 trials were out of budget"), "{endless}");
}

fn outcome(strategy: &str) -> Outcome {
    check(tills(false)).strategy(strategy).trials(300).run()
}

#[test]
fn every_strategy_finds_the_race() {
    for strategy in ["walk", "pct:2", "pct:3", "urw", "extremes", "surw", "adj", "portfolio"] {
        assert_eq!(outcome(strategy).verdict(), Verdict::Breaks, "{strategy}");
    }
}
