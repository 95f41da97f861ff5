//! Printing and reading are inverse for any scenario, not only for the shipped ones.

use deadheat::scenario::{
    self, Action, Asking, At, AttemptFault, Budget, Busy, CallFault, Causes, Client, Document,
    DocumentThread, Expect, Fault, FaultKind, Job, Local, Lock, LockKey, LockPlace, Network,
    NewMessage, Overlap, Overwrite, Preset, Process, Queue, Release, ReplyPick, RunFault, Scenario,
    SeenAs, Sees, ServerBlock, Settings, Then, Until, User, Wait, WorksOn, WorldFault, print,
};
use deadheat_model::history::{Cause, Mark, Operation, SameText};
use deadheat_model::id::{DocumentId, KindId, TextId};
use deadheat_model::property::PropertyId;
use deadheat_model::server::{Outcome, Rules};
use deadheat_model::switches::{SWITCHES, Switches};
use deadheat_model::time::{Span, Window};
use proptest::prelude::*;

/// The texts of every scenario that is made here. They contain what is hard to quote.
const TEXTS: [&str; 4] = ["plain", "quo\"te \\ and\ttab", "line\nbreak é \u{1}", "$5 or {section}"];

fn span() -> impl Strategy<Value = Span> {
    (0..5_000_000_u64).prop_map(Span::from_us)
}

fn window() -> impl Strategy<Value = Window> {
    (span(), 0..3_u64).prop_map(|(earliest, more)| {
        Window::between(earliest, Span::from_us(earliest.as_us() + more * 700_000))
    })
}

fn message() -> impl Strategy<Value = NewMessage> {
    let asks = vec![Asking::Request, Asking::Optional, Asking::Nothing];
    (0..TEXTS.len() as u32, proptest::sample::select(asks), same())
        .prop_map(|(text, asks, same)| NewMessage { text: TextId(text), asks, same, nth: 0 })
}

fn same() -> impl Strategy<Value = Option<SameText>> {
    proptest::option::of((0..TEXTS.len() as u32).prop_map(|text| SameText {
        text: TextId(text),
        by_thread: false,
        by_document: false,
        by_section: TEXTS[text as usize].contains("{section}"),
        by_iteration: false,
    }))
}

fn wait() -> impl Strategy<Value = Wait> {
    (proptest::option::of(span()), window(), any::<bool>(), any::<bool>()).prop_map(
        |(bound, poll, newest, goes_on)| Wait {
            bound,
            poll,
            sees: if newest { Sees::Newest } else { Sees::All },
            then: if goes_on { Then::GoOn } else { Then::Throw },
        },
    )
}

fn lock() -> impl Strategy<Value = Lock> {
    let bound = || proptest::option::of(span());
    let busy = proptest::sample::select(vec![Busy::Wait, Busy::Skip, Busy::Fail]);
    (0..TEXTS.len() as u32, bound(), bound(), busy, window(), any::<bool>(), any::<bool>())
        .prop_map(|(text, ttl, bound, busy, poll, compares, in_cache)| Lock {
            key: LockKey {
                text: TextId(text),
                by_thread: false,
                by_document: false,
                by_section: TEXTS[text as usize].contains("{section}"),
            },
            ttl,
            busy,
            bound,
            poll,
            release: if compares { Release::Owner } else { Release::Any },
            place: if in_cache { LockPlace::Cache } else { LockPlace::Row },
        })
}

/// Returns a fault with its verb.
fn fault() -> impl Strategy<Value = Fault> {
    let calls = vec![None, Some(Operation::CreateRun), Some(Operation::AddMessage)];
    let kind = (
        proptest::sample::select(calls),
        any::<bool>(),
        proptest::option::of(span()),
        window(),
        window(),
        0..14_usize,
    );
    let kind = kind.prop_map(|(call, resets, after, one, other, which)| {
        let seen_as = if resets { SeenAs::Reset } else { SeenAs::Silence };
        let all = [
            ("lose_request", FaultKind::Call(call, CallFault::LoseRequest(seen_as))),
            ("lose_reply", FaultKind::Call(call, CallFault::LoseReply(seen_as))),
            ("duplicate", FaultKind::Call(call, CallFault::Duplicate)),
            ("rate_limit", FaultKind::Call(call, CallFault::RateLimit(after))),
            ("internal_error", FaultKind::Call(call, CallFault::Internal)),
            ("overload", FaultKind::Call(call, CallFault::Overload)),
            ("slow_reply", FaultKind::Call(call, CallFault::SlowReply(one))),
            ("outage", FaultKind::World(WorldFault::Outage(one))),
            ("crash", FaultKind::Attempt(KindId(0), one, AttemptFault::Crash)),
            ("pause", FaultKind::Attempt(KindId(0), one, AttemptFault::Pause(other))),
            ("failover", FaultKind::World(WorldFault::Failover)),
            ("run", FaultKind::Run(RunFault::Ends(Outcome::Stuck))),
            ("lag", FaultKind::Run(RunFault::Lag(one))),
            ("cancel_loses", FaultKind::Run(RunFault::CancelLoses)),
        ];
        all[which]
    });
    let at = (1..9_u32, 1..9_u16, 1..9_u32).prop_map(|(job, attempt, nth)| At {
        actor: format!("j#{job}.{attempt}"),
        operation: Operation::CreateRun,
        nth,
    });
    (kind, 0..=1_000_000_u32, window(), proptest::option::of(at), any::<bool>()).prop_map(
        |((name, kind), chance, during, at, optional)| Fault {
            name,
            kind,
            chance,
            during,
            at,
            optional,
        },
    )
}

fn causes() -> impl Strategy<Value = Causes> {
    proptest::collection::vec(proptest::sample::select(&Cause::ALL[..]), 0..4)
        .prop_map(|causes| causes.into_iter().fold(Causes::default(), Causes::with))
}

/// Returns any action of a job. It needs no more than what the beginning of the job has set.
fn action() -> impl Strategy<Value = Action> {
    let plain = prop_oneof![
        Just(Action::LoadDocument),
        Just(Action::CreateThread),
        any::<bool>().prop_map(|compares| Action::SaveThread(if compares {
            Overwrite::IfEmpty
        } else {
            Overwrite::Always
        })),
        message().prop_map(Action::AddMessage),
        wait().prop_map(Action::WaitIdle),
        (message(), wait()).prop_map(|(message, wait)| Action::SafeAddMessage(message, wait)),
        Just(Action::CreateRun),
        (proptest::option::of(span()), window())
            .prop_map(|(bound, poll)| Action::AwaitRun { bound, poll }),
        Just(Action::CancelRun),
        Just(Action::CancelActive),
        Just(Action::SubmitOutputs),
        any::<bool>().prop_map(|newest| Action::ReadReply(if newest {
            ReplyPick::Newest
        } else {
            ReplyPick::Run
        })),
        Just(Action::SaveReply),
        (proptest::option::of(0..2_u16), same()).prop_map(|(document, same)| {
            Action::Dispatch { job: KindId(0), document: document.map(DocumentId), same }
        }),
        window().prop_map(Action::Sleep),
        Just(Action::Stop),
        Just(Action::Fail),
    ];
    plain.prop_recursive(3, 24, 4, |inner| {
        let list = || proptest::collection::vec(inner.clone(), 0..4);
        let locals = proptest::sample::select(&Local::ALL[..]);
        let until =
            prop_oneof![(0..1_000_000_u32).prop_map(Until::Times), span().prop_map(Until::During),];
        prop_oneof![
            (lock(), list()).prop_map(|(lock, list)| Action::Lock { lock, list }),
            (list(), causes(), 1..1_000_u32, window())
                .prop_map(|(list, on, times, wait)| Action::Retry { list, on, times, wait }),
            (list(), prop_oneof![causes(), Just(Causes::ANY)], list())
                .prop_map(|(list, on, otherwise)| Action::Try { list, on, otherwise }),
            (locals, any::<bool>(), list(), list()).prop_map(|(local, is_set, list, otherwise)| {
                Action::If { local, is_set, list, otherwise }
            }),
            (list(), until, window()).prop_map(|(list, until, pause)| Action::Repeat {
                list,
                until,
                pause
            }),
            (list(), window()).prop_map(|(list, pause)| Action::ForEachSection { list, pause }),
        ]
    })
}

fn expect() -> impl Strategy<Value = Expect> {
    let properties =
        || proptest::sample::subsequence(PropertyId::ALL.to_vec(), 0..=PropertyId::ALL.len());
    let marks = proptest::sample::subsequence(Mark::ALL.to_vec(), 0..=Mark::ALL.len());
    let parts = (properties(), properties(), marks, any::<bool>(), 0..=1_000_000_u32);
    parts.prop_map(|(some, others, marks, reached, rate)| {
        let mut allows: Vec<_> = others.into_iter().filter(|other| !some.contains(other)).collect();
        let at_most = allows.pop().map(|property| (property, rate)).into_iter().collect();
        let (violates, always) = (some.clone(), Vec::new());
        let (reaches, misses) = if reached { (marks, vec![]) } else { (vec![], marks) };
        Expect { violates, always, allows, at_most, reaches, misses }
    })
}

prop_compose! {
    fn server()(
        queue_time in window(),
        run_time in window(),
        cancel_time in window(),
        expires_after in span(),
        tool_turns in 1..1_000_u32,
        weights in proptest::collection::vec(0..100_u32, 5),
        choices in proptest::collection::vec(0..2_usize, SWITCHES.len()),
    ) -> ServerBlock {
        let mut switches = Switches::default();
        for (switch, choice) in SWITCHES.iter().zip(choices) {
            (switch.set)(&mut switches, choice);
        }
        let all = [
            Outcome::Completed,
            Outcome::Failed,
            Outcome::Incomplete,
            Outcome::NeedsAction(1),
            Outcome::Stuck,
        ];
        let mut outcomes: Vec<(Outcome, u32)> =
            all.into_iter().zip(weights).filter(|(_, weight)| *weight > 0).collect();
        if outcomes.is_empty() {
            outcomes.push((Outcome::Failed, 3));
        }
        let rules =
            Rules { queue_time, run_time, cancel_time, expires_after, tool_turns, switches };
        ServerBlock { rules, outcomes }
    }
}

prop_compose! {
    fn scenario()(
        server in server(),
        latency in window(),
        local in window(),
        poll in window(),
        start in window(),
        counts in (1..1_000_u16, 1..1_000_u16, 1..1_000_u16, 1..1_000_u16),
        job in proptest::collection::vec(action(), 0..6),
        works_on in 0..4_usize,
        expect in expect(),
        times in (span(), span(), span()),
        more in (proptest::option::of(span()), proptest::option::of(span())),
        faults in proptest::collection::vec(fault(), 0..3),
        sleeps in window(),
        same in (same(), same()),
    ) -> Scenario {
        let (users, processes, workers, tries) = counts;
        // Every local is set for the actions after these.
        let sets = [
            Action::LoadDocument,
            Action::AddMessage(NewMessage {
                text: TextId(0),
                asks: Asking::Request,
                same: None,
                nth: 0,
            }),
            Action::CreateRun,
            Action::ReadReply(ReplyPick::Run),
        ];
        let job: Vec<Action> = sets.into_iter().chain(job).collect();
        let document = |id: &str, thread| Document { id: id.to_owned(), sections: 3, thread };
        let works_on = [
            WorksOn::Document(DocumentId(1)),
            WorksOn::OwnCopy(DocumentId(0)),
            WorksOn::Thread(0),
            WorksOn::Nothing,
        ][works_on];
        Scenario {
            summary: TEXTS[1].to_owned(),
            source: TEXTS[2].to_owned(),
            server,
            network: Network { latency, local },
            client: Client {
                preset: Preset::OpenaiNode,
                poll,
                timeout: times.2,
                retries: u32::from(workers % 4),
            },
            threads: vec!["shared".to_owned()],
            documents: vec![
                document("7", DocumentThread::Named(0)),
                document("a-b", DocumentThread::None),
            ],
            users: vec![User {
                name: "u".to_owned(),
                count: users,
                start,
                debounce: more.0,
                list: vec![
                    Action::Click { job: KindId(0), document: DocumentId(1), same: same.0 },
                    Action::Sleep(sleeps),
                ],
            }],
            processes: vec![Process {
                name: "p".to_owned(),
                count: processes,
                start,
                works_on,
                same: same.1,
                list: vec![Action::Sleep(sleeps), Action::Stop],
            }],
            queue: Queue { workers, poll, retry_after: more.1, restart: sleeps },
            jobs: vec![Job {
                name: "j".to_owned(),
                tries,
                backoff: sleeps,
                timeout: more.0,
                unique: workers % 2 == 0,
                unique_for: more.1,
                overlap: [Overlap::Allow, Overlap::Release, Overlap::Drop][usize::from(workers % 3)],
                release_after: poll,
                overlap_for: more.0,
                list: job,
            }],
            faults,
            texts: TEXTS.map(str::to_owned).to_vec(),
            budget: Budget { picks: 1 + times.0.as_us(), time: times.0 },
            intent: times.1,
            settle: times.2,
            expect: Some(expect),
        }
    }
}

/// Returns the same scenario with its texts in the order in which they are used, and its questions
/// without their numbers. Both follow from the lists.
fn normal(mut scenario: Scenario) -> Scenario {
    let texts = std::mem::take(&mut scenario.texts);
    let mut used: Vec<String> = Vec::new();
    let mut renumber = |text: TextId| {
        let text = &texts[text.0 as usize];
        let at = used.iter().position(|known| known == text).unwrap_or_else(|| {
            used.push(text.clone());
            used.len() - 1
        });
        TextId(at as u32)
    };
    for user in &mut scenario.users {
        renumber_all(&mut user.list, &mut renumber);
    }
    for process in &mut scenario.processes {
        if let Some(same) = &mut process.same {
            same.text = renumber(same.text);
        }
        renumber_all(&mut process.list, &mut renumber);
    }
    for job in &mut scenario.jobs {
        renumber_all(&mut job.list, &mut renumber);
    }
    scenario.texts = used;
    scenario
}

fn renumber_all(list: &mut [Action], renumber: &mut dyn FnMut(TextId) -> TextId) {
    for action in list {
        match action {
            Action::AddMessage(message) | Action::SafeAddMessage(message, _) => {
                message.text = renumber(message.text);
                if let Some(same) = &mut message.same {
                    same.text = renumber(same.text);
                }
                message.nth = 0;
            }
            Action::Click { same: Some(same), .. } | Action::Dispatch { same: Some(same), .. } => {
                same.text = renumber(same.text);
            }
            Action::Lock { lock, list } => {
                lock.key.text = renumber(lock.key.text);
                renumber_all(list, renumber);
            }
            Action::Retry { list, .. }
            | Action::Repeat { list, .. }
            | Action::ForEachSection { list, .. } => renumber_all(list, renumber),
            Action::Try { list, otherwise, .. } | Action::If { list, otherwise, .. } => {
                renumber_all(list, renumber);
                renumber_all(otherwise, renumber);
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same_scenario(scenario in scenario()) {
        let printed = print(&scenario);
        let loaded = scenario::load(&printed, &Settings::new());
        // A random scenario is sometimes doubtful, which is not a mistake.
        let has_mistakes = loaded.diagnostics.iter().any(|one| one.code.is_error());
        prop_assert!(!has_mistakes, "{:#?}\n{printed}", loaded.diagnostics);
        let again = loaded.scenario.unwrap();
        prop_assert_eq!(print(&again), &*printed);
        prop_assert_eq!(normal(again), normal(scenario), "{}", printed);
    }
}
