//! How the API client reacts to failures: timeouts, retries and back-off.

use deadheat_model::history::Operation;
use deadheat_model::property::{Holder, PropertyId};

use crate::small_world::{ASK, answered, check, play, process, told};
/// The worst effect of a lost reply: the client retries the call, and is refused because of a run
/// that it does not know it has created.
#[test]
fn a_client_that_retries_a_lost_call_is_refused_because_of_its_own_run() {
    let source = process(
        ASK,
        r#"
[client]
preset  = "openai-python"
timeout = "500ms"
[[fault]]
lose_reply = { call = "create_run", seen_as = "silence" }
at         = "p/create_run#1"
"#,
    );
    let mut waits = Vec::new();
    for seed in 1..=200 {
        let trial = play(&source, seed);
        let [first, again] = answered(&trial, Operation::CreateRun)[..] else {
            unreachable!("two calls")
        };
        // The first request was sent 10 ms before it arrived, and the second one also takes 10 ms.
        waits.push(again - (first - 10_000 + 500_000) - 10_000);
        let told = told(&trial);
        assert!(told.iter().any(|line| line.ends_with("p create_run#2: 400 run_1")), "{told:?}");
        assert!(told.iter().any(|line| line.ends_with("p failed refused")), "{told:?}");
        let cast = &trial.history.cast;
        let found =
            trial.violations.iter().find(|found| found.property == PropertyId::NoRejectedCall);
        assert_eq!(found.unwrap().fingerprint(cast).second.unwrap().2, Holder::Itself);
    }
    let (least, most) = (*waits.iter().min().unwrap(), *waits.iter().max().unwrap());
    assert!(least >= 375_000 && most <= 500_000, "{least} to {most}");
    assert!(least < 380_000 && most > 495_000, "{least} to {most}");
}

#[test]
fn a_client_waits_exactly_as_long_as_retry_after_says() {
    let source = |client, limit| {
        process(
            ASK,
            &format!(
                "[client]\npreset = \"{client}\"\n[[fault]]\nrate_limit = {limit}\nat = \"p/add_message#1\"\n"
            ),
        )
    };
    check(
        &source("openai-python", r#"{ retry_after = "7s" }"#),
        &[
            "12 p rate_limit add_message#1",
            "12 p add_message#1: 429",
            "22 p call-retried",
            "7032 p add_message#2: msg_1",
            "7052 p create_run#1: run_1 queued",
            "7062 p done",
            "8052 completed",
        ],
    );
    check(
        &source("plain-http", r#"{ retry_after = "7s" }"#),
        &["12 p rate_limit add_message#1", "12 p add_message#1: 429", "22 p failed unavailable"],
    );
    // More than a minute is too long, so the client follows its own rules.
    for limit in [r#"{ retry_after = "61s" }"#, r#""any""#] {
        for seed in 1..=50 {
            let trial = play(&source("openai-node", limit), seed);
            let [first, again] = answered(&trial, Operation::AddMessage)[..] else {
                unreachable!("two calls")
            };
            let wait = again - first - 20_000;
            assert!((375_000..=500_000).contains(&wait), "{limit}, seed {seed}: {wait}");
        }
    }
}

#[test]
fn a_client_doubles_its_back_off_up_to_eight_seconds() {
    for fault in ["internal_error", "overload", "rate_limit"] {
        let source =
            process(ASK, &format!("[client]\nretries = 7\n[[fault]]\n{fault} = \"add_message\"\n"));
        for seed in 1..=50 {
            let trial = play(&source, seed);
            let at = answered(&trial, Operation::AddMessage);
            let waits: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0] - 20_000).collect();
            let most = [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000].map(|ms| ms * 1_000);
            assert_eq!(waits.len(), most.len(), "{fault}, seed {seed}");
            for (wait, most) in waits.iter().zip(most) {
                assert!((most / 4 * 3..=most).contains(wait), "{fault}, seed {seed}: {waits:?}");
            }
            assert!(told(&trial).last().unwrap().ends_with("p failed unavailable"));
        }
    }
}

#[test]
fn a_reply_after_the_timeout_counts_as_lost() {
    let source = |time| {
        process(
            ASK,
            &format!(
                "[client]\ntimeout = \"2s\"\n[[fault]]\nslow_reply = {{ call = \"create_run\", time = \"{time}\" }}\n"
            ),
        )
    };
    check(
        &source("1900ms"),
        &[
            "12 p add_message#1: msg_1",
            "32 p slow_reply create_run#1",
            "32 p create_run#1: run_1 queued",
            "1032 completed",
            "1942 p done",
        ],
    );
    check(
        &source("3s"),
        &[
            "12 p add_message#1: msg_1",
            "32 p slow_reply create_run#1",
            "32 p create_run#1: run_1 queued",
            "1032 completed",
            "2022 p failed no_answer",
        ],
    );
}
