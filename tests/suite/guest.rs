//! Actors and services in Rust: what a check finds, proves, shrinks, explains and plays again, and
//! what it says to those who use it wrongly.

use std::sync::Arc;

use deadheat::engine::{Lane, Play};
use deadheat::explore::{Explored, Walk};
use deadheat::record::rate;
use deadheat::stage::Stage;
use deadheat::{
    Assistants, Caller, Case, Desk, Outcome, Port, Refused, Service, Sim, Verdict, check, millis,
    secs,
};
use deadheat_model::api::ApiError;
use deadheat_model::property::PropertyId;

use crate::levels::counts;
use crate::util::{folder, parse, program, ran, root};

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

    for strategy in ["walk", "pct:3", "adj"] {
        let asked = std::sync::atomic::AtomicU32::new(0);
        let restless = check(|sim| {
            let theatre = sim.service("theatre", Theatre { sold: [0; 2], checks: true });
            let count = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            sim.actor("till").run(async move |me| {
                for _ in 0..count % 3 {
                    me.call(theatre, Ask::Look).await;
                }
            });
        });
        let text = restless.strategy(strategy).run().to_string();
        assert!(text.contains("depends on more than the schedule"), "{strategy}: {text}");
    }

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

/// A lock: who waits for it is answered when it is free.
#[derive(Default, Hash)]
struct Lock {
    is_held: bool,
    waiting: Vec<Caller>,
    /// Whether it answers the same caller again.
    stutters: bool,
}

#[derive(Debug, Hash)]
enum Want {
    Acquire,
    Release,
}

impl Service for Lock {
    type Request = Want;
    type Reply = ();
    type Due = ();

    fn handle(&mut self, want: Want, desk: &mut Desk<'_, Lock>) -> Option<()> {
        match want {
            Want::Acquire if self.is_held => {
                self.waiting.extend(desk.caller());
                None
            }
            Want::Acquire => {
                self.is_held = true;
                Some(())
            }
            Want::Release => {
                let next = (!self.waiting.is_empty()).then(|| self.waiting.remove(0));
                self.is_held = next.is_some();
                if let Some(caller) = next {
                    desk.answer(caller, ());
                    if self.stutters {
                        desk.answer(caller, ());
                    }
                }
                Some(())
            }
        }
    }
}

/// Three actors enter a block one after another.
fn block(stutters: bool) -> impl Fn(&mut Sim) {
    move |sim| {
        let lock = sim.service("lock", Lock { stutters, ..Lock::default() });
        for number in 1..=3_u32 {
            sim.actor(("worker", number)).run(async move |me| {
                me.call(lock, Want::Acquire).await;
                me.tell(1_i32);
                me.sleep(millis(0)..=millis(20)).await;
                me.tell(-1_i32);
                me.call(lock, Want::Release).await;
            });
        }
        sim.always("one at a time", |state| state.facts::<i32>().sum::<i32>() <= 1);
        sim.sometimes("somebody waits", move |state| !state.of(lock).waiting.is_empty());
    }
}

#[test]
fn a_service_may_answer_later_but_once() {
    check(block(false)).trials(300).assert_holds();
    check(block(false)).assert_proved();
    let stutters = text(block(true));
    assert!(stutters.contains("service `lock` answers a call of `worker-"), "{stutters}");
    assert!(stutters.contains("twice"), "{stutters}");
}

#[test]
fn an_actor_that_dies_starts_again_and_what_it_has_sent_arrives() {
    let outcome = check(|sim| {
        let theatre = sim.service("theatre", Theatre { sold: [0; 2], checks: false });
        sim.latency(theatre, millis(5)..=millis(40));
        let again = millis(10)..=millis(20);
        sim.actor("till").restarts(millis(0)..=millis(100), again).run(async move |me| {
            me.call(theatre, Ask::Sell(0)).await;
        });
        sim.finally("the place is sold once", move |state| state.of(theatre).sold[0] == 1);
        sim.sometimes("it is sold twice", move |state| state.of(theatre).sold[0] == 2);
    })
    .run();
    assert_eq!(outcome.broken.len(), 1, "{outcome}");
    assert_eq!(outcome.broken[0].property, "the place is sold once");
    assert!(outcome.unreached.is_empty(), "{outcome}");
}

#[test]
fn messages_that_nobody_waits_for_arrive_in_any_order() {
    let outcome = check(|sim| {
        let theatre = sim.service("theatre", Theatre { sold: [0; 2], checks: true });
        sim.actor("till").run(async move |me| {
            me.send(theatre, Ask::Sell(0));
            me.send(theatre, Ask::Sell(1));
        });
        sim.sometimes("the first comes first", move |state| state.of(theatre).sold == [1, 0]);
        sim.sometimes("the second comes first", move |state| state.of(theatre).sold == [0, 1]);
    })
    .run();
    assert_eq!(outcome.verdict(), Verdict::Holds, "{outcome}");
}

#[test]
fn wrong_names_and_properties_that_panic_are_said() {
    let said = |act: &(dyn Fn() + std::panic::RefUnwindSafe)| {
        let panic = std::panic::catch_unwind(act).unwrap_err();
        let text = panic.downcast_ref::<String>().cloned();
        text.unwrap_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).to_owned())
    };
    let twice = said(&|| {
        check(|sim| {
            sim.actor("till").run(async |_| ());
            sim.actor("till").run(async |_| ());
        })
        .assert_holds();
    });
    assert!(twice.contains("there are two actors called `till`"), "{twice}");
    let unknown = said(&|| drop(check(|_| ()).strategy("dfs")));
    assert!(unknown.contains("there is no strategy `dfs`"), "{unknown}");
    let held = said(&|| check(tills(false)).assert_holds());
    assert!(held.contains("`no place is sold twice` broke"), "{held}");
    let paste = held.lines().find(|line| line.starts_with("to play it again: DEADHEAT_CASE="));
    let paste = paste.unwrap();
    assert!(paste.ends_with("cargo test guest::wrong_names_and_properties_that_panic_are_said"));
    let path = paste.split('=').nth(1).unwrap().split(' ').next().unwrap();
    let case = Case::read(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(case.property, "no place is sold twice");
    let service = text(|sim| {
        let theatre = sim.service("theatre", Theatre { sold: [0; 2], checks: true });
        sim.actor("till").run(async move |me| {
            me.call(theatre, Ask::Sell(9)).await;
        });
    });
    assert!(service.contains("`theatre` panics: index out of bounds"), "{service}");
    let panics = text(|sim| sim.always("it panics", |_| panic!("no idea")));
    assert!(panics.contains("`it panics` broke") && panics.contains("no idea"), "{panics}");
}

/// The server through its Rust client.
fn clicks(waits: bool) -> impl Fn(&mut Sim) {
    move |sim| {
        let api = sim.assistants(Assistants::default());
        let thread = api.thread(1);
        for number in 1..=2_u32 {
            let starts = millis(0)..=millis(400);
            sim.actor(("generate", number)).starts(starts).run(async move |me| {
                if waits {
                    api.wait_idle(&me, thread, secs(9)).await?;
                }
                api.add_message(&me, thread, "Write").await?;
                api.create_run(&me, thread).await.map(drop)
            });
        }
        sim.always("no call is refused", |state| state.facts::<Refused>().next().is_none());
    }
}

/// Two ways that share little code have to agree: actors in Rust, and the same actors in a scenario
/// file, which are searched by copying them.
#[test]
fn the_same_clicks_in_a_file_have_the_same_orders_and_the_same_rate() {
    for waits in [false, true] {
        let first = if waits { r#"{ wait_idle = { poll = "9s" } }, "# } else { "" };
        let file = format!(
            r#"
format = 1
summary = "two clicks"
[network]
latency = "5ms..80ms"
[[thread]]
name = "t"
[[process]]
name = "generate"
count = 2
thread = "t"
start = "0ms..400ms"
do = [{first}{{ add_message = "Write" }}, "create_run"]
"#
        );
        let scenario = parse(&file);
        let property = PropertyId::NoRejectedCall;
        let counted = counts(&scenario, &[property], &[]);
        let proof = check(clicks(waits)).count();
        assert!(proof.explored.is_complete, "{proof}");
        let Explored { orders, broken, .. } = proof.explored;
        assert_eq!(Some((orders, broken)), counted, "waits: {waits}");

        let mut lane = Lane::bare(Arc::new(Stage::new(scenario)), Box::new(Walk::default()));
        let breaks = |seed: &u64| {
            lane.play(Play::seed(*seed));
            lane.judge().0.iter().any(|violation| violation.property == property)
        };
        let in_file = (1..=4_000).filter(breaks).count() as u64;
        let in_rust = check(clicks(waits)).strategy("walk").trials(4_000).run().broken[0].trials;
        let (file, rust) = (rate(in_file, 4_000), rate(in_rust, 4_000));
        assert!(rust.low <= file.high && file.low <= rust.high, "{in_file} and {in_rust}");
    }
}

/// The example on the library's page.
fn generating(workers: u32) -> impl Fn(&mut Sim) {
    move |sim| {
        let api = sim.assistants(Assistants::default());
        let thread = api.thread(1);
        for worker in 1..=workers {
            sim.actor(("worker", worker)).run(async move |me| {
                for _ in 0..2 / workers {
                    api.wait_idle(&me, thread, secs(1)).await?;
                    api.add_message(&me, thread, "Write").await?;
                    let run = api.create_run(&me, thread).await?;
                    api.await_run(&me, thread, run, secs(1)).await?;
                }
                Ok::<(), ApiError>(())
            });
        }
        sim.always("no call is refused", |state| state.facts::<Refused>().next().is_none());
    }
}

#[test]
fn the_page_of_the_library_shows_what_its_example_prints() {
    let page = std::fs::read_to_string(root().join("sim/LIBRARY.md")).unwrap();
    let shown = page.split("```text\n").nth(1).unwrap().split("```\n").next().unwrap();
    assert_eq!(check(generating(2)).run().to_string(), shown);
}

#[test]
fn a_case_of_a_rust_test_is_sent_to_its_test() {
    let failure = check(tills(false)).run().failure.unwrap();
    let folder = folder("guest-case");
    std::fs::write(folder.join("it.json"), failure.case.text()).unwrap();
    let replayed = ran(program().current_dir(&folder).args(["replay", "it.json"]));
    assert_eq!(replayed.code, 2, "{}", replayed.stderr);
    let test = "guest::a_case_of_a_rust_test_is_sent_to_its_test";
    let paste = format!("DEADHEAT_CASE=it.json cargo test {test}");
    assert!(replayed.stderr.contains(&paste), "{}", replayed.stderr);
}
