//! The server against a naive reference, which is written independently of it, with strings and
//! linear searches.

use std::collections::BTreeSet;

use deadheat_model::api::{ApiError, Order, Page, Request, Response};
use deadheat_model::id::{AssistantId, Id, MessageId, RunId, TextId, ThreadId, ToolCallId};
use deadheat_model::server::{Assistant, Due, Effect, Outcome, Plan, Rules, Server};
use deadheat_model::switches::SWITCHES;
use deadheat_model::thread::Role;
use deadheat_model::time::{Span, Window};
use proptest::prelude::*;

/// A step that is done to both. Numbers may refer to what does not exist.
#[derive(Clone, Debug)]
enum Step {
    CreateThread,
    Retrieve {
        thread: usize,
        run: usize,
    },
    Add {
        thread: usize,
        user: bool,
    },
    CreateRun {
        thread: usize,
        assistant: usize,
        plan: usize,
    },
    CreateThreadAndRun {
        assistant: usize,
        text: bool,
        plan: usize,
    },
    Cancel {
        thread: usize,
        run: usize,
    },
    Submit {
        thread: usize,
        run: usize,
        calls: Vec<usize>,
        plan: usize,
    },
    ListRuns {
        thread: usize,
        page: Cut,
    },
    ListMessages {
        thread: usize,
        run: Option<usize>,
        page: Cut,
    },
    RetrieveMessage {
        thread: usize,
        message: usize,
    },
    /// One of the things that are due happens.
    Fire {
        which: usize,
    },
}

#[derive(Clone, Copy, Debug)]
struct Cut {
    limit: u32,
    oldest_first: bool,
    after: Option<usize>,
    before: Option<usize>,
}

const OUTCOMES: [Outcome; 5] = [
    Outcome::Completed,
    Outcome::Failed,
    Outcome::Incomplete,
    Outcome::NeedsAction(2),
    Outcome::Stuck,
];

/// The number of plans: every outcome, with and without a thread that is freed late, and with and
/// without a run that ignores its cancel.
const PLANS: usize = OUTCOMES.len() * 4;

fn plan(which: usize) -> Plan {
    let (outcome, rest) = (OUTCOMES[which % OUTCOMES.len()], which / OUTCOMES.len());
    let lag = (rest % 2 == 1).then_some(Window::exactly(Span::from_ms(1)));
    Plan { outcome, lag, outruns_cancel: rest / 2 == 1 }
}

fn step() -> impl Strategy<Value = Step> {
    // The numbers mostly refer to the first of everything, so that a run gets far.
    let assistant = prop_oneof![2 => Just(0_usize), 1 => 0..3_usize];
    let thread = prop_oneof![2 => Just(0_usize), 1 => 0..4_usize];
    let run = prop_oneof![2 => Just(0_usize), 1 => 0..6_usize];
    let cut = (
        prop_oneof![4 => 1..4_u32, 1 => Just(20), 1 => Just(0), 1 => Just(101)],
        any::<bool>(),
        proptest::option::weighted(0.2, 0..8_usize),
        proptest::option::weighted(0.2, 0..8_usize),
    );
    let cut = cut.prop_map(|(limit, oldest_first, after, before)| Cut {
        limit,
        oldest_first,
        after,
        before,
    });
    prop_oneof![
        1 => Just(Step::CreateThread),
        1 => (thread.clone(), run.clone())
            .prop_map(|(thread, run)| Step::Retrieve { thread, run }),
        3 => (thread.clone(), any::<bool>()).prop_map(|(thread, user)| Step::Add { thread, user }),
        4 => (thread.clone(), assistant.clone(), 0..PLANS).prop_map(|(thread, assistant, plan)| {
            Step::CreateRun { thread, assistant, plan }
        }),
        1 => (assistant, any::<bool>(), 0..PLANS).prop_map(|(assistant, text, plan)| {
            Step::CreateThreadAndRun { assistant, text, plan }
        }),
        2 => (thread.clone(), run.clone()).prop_map(|(thread, run)| Step::Cancel { thread, run }),
        3 => (thread.clone(), run.clone(), calls(), 0..PLANS).prop_map(
            |(thread, run, calls, plan)| Step::Submit { thread, run, calls, plan }
        ),
        1 => (thread.clone(), cut.clone())
            .prop_map(|(thread, page)| Step::ListRuns { thread, page }),
        1 => (thread.clone(), proptest::option::of(run), cut)
            .prop_map(|(thread, run, page)| Step::ListMessages { thread, run, page }),
        1 => (thread, 0..8_usize)
            .prop_map(|(thread, message)| Step::RetrieveMessage { thread, message }),
        5 => (0..8_usize).prop_map(|which| Step::Fire { which }),
    ]
}

fn calls() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        3 => Just(vec![0, 1]),
        1 => Just(vec![1, 0]),
        1 => Just(vec![0]),
        1 => Just(vec![0, 1, 2]),
        1 => Just(vec![])
    ]
}

// ---- The reference ----

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "naive on purpose")]
struct RefRun {
    thread: usize,
    status: &'static str,
    plan: Plan,
    expires: bool,
    started: bool,
    was_writing: bool,
    /// Whether its cancel has no effect.
    outruns: bool,
    /// Whether it is over and its thread is still locked.
    lingers: bool,
}

#[derive(Clone, Debug)]
struct RefMessage {
    thread: usize,
    role: &'static str,
    run: Option<usize>,
    whole: bool,
}

#[derive(Default)]
struct Reference {
    queues: bool,
    /// The choice of each switch, by the switch's name.
    switches: Vec<(&'static str, usize)>,
    threads: usize,
    runs: Vec<RefRun>,
    messages: Vec<RefMessage>,
}

const ACTIVE: [&str; 4] = ["queued", "in_progress", "requires_action", "cancelling"];

impl Reference {
    fn second_choice(&self, switch: &str) -> bool {
        self.switches.iter().any(|(name, choice)| *name == switch && *choice == 1)
    }

    fn active(&self, thread: usize) -> Option<usize> {
        (0..self.runs.len()).find(|run| {
            let RefRun { thread: of, status, lingers, .. } = self.runs[*run];
            of == thread && (ACTIVE.contains(&status) || lingers)
        })
    }

    fn shown(&self, run: usize, status: &str) -> String {
        format!("run_{} in thread_{} {status}", run + 1, self.runs[run].thread + 1)
    }

    fn no_thread(&self, thread: usize) -> Result<(), String> {
        if thread < self.threads {
            return Ok(());
        }
        Err(format!("404 No thread found with id 'thread_{}'.", thread + 1))
    }

    fn no_run(&self, thread: usize, run: usize) -> Result<(), String> {
        self.no_thread(thread)?;
        if self.runs.get(run).is_some_and(|found| found.thread == thread) {
            return Ok(());
        }
        Err(format!("404 No run found with id 'run_{}'.", run + 1))
    }

    fn invalid(assistant: usize, has_message: bool) -> Result<(), String> {
        if assistant > 1 {
            return Err(format!("404 No assistant found with id 'asst_{}'.", assistant + 1));
        }
        if assistant == 1 && !has_message {
            return Err("400 Run creation requires a Thread with a user message or an assistant \
                        with instructions."
                .to_owned());
        }
        Ok(())
    }

    fn start(&mut self, run: usize) {
        if !self.queues {
            self.runs[run].status = "in_progress";
            self.runs[run].started = true;
        }
    }

    fn new_run(&mut self, thread: usize, plan: Plan) -> String {
        let expires = matches!(plan.outcome, Outcome::Stuck | Outcome::NeedsAction(_));
        self.runs.push(RefRun {
            thread,
            status: "queued",
            plan,
            expires,
            started: false,
            was_writing: false,
            outruns: false,
            lingers: false,
        });
        let shown = self.shown(self.runs.len() - 1, "queued");
        self.start(self.runs.len() - 1);
        shown
    }

    fn end(&mut self, run: usize, status: &'static str) {
        let RefRun { thread, status: before, was_writing, .. } = self.runs[run].clone();
        self.runs[run].status = status;
        self.runs[run].lingers = self.runs[run].plan.lag.is_some();
        let writing = before == "in_progress" || was_writing;
        let keeps = !self.second_choice("partial-message");
        let whole = status == "completed";
        if whole || status == "incomplete" || (writing && keeps) {
            self.messages.push(RefMessage { thread, role: "assistant", run: Some(run), whole });
        }
    }

    /// Returns what is due, in the debug form of [`Due`].
    fn due(&self) -> BTreeSet<String> {
        let mut due = BTreeSet::new();
        for (index, run) in self.runs.iter().enumerate() {
            let id = RunId::at(index);
            match run.status {
                "queued" => {
                    due.insert(format!("{:?}", Due::RunStarts(id)));
                }
                "in_progress" if run.plan.outcome != Outcome::Stuck => {
                    due.insert(format!("{:?}", Due::RunEnds(id)));
                }
                "cancelling" if run.outruns => {
                    due.insert(format!("{:?}", Due::RunEnds(id)));
                }
                "cancelling" => {
                    due.insert(format!("{:?}", Due::RunStops(id)));
                }
                _ => {}
            }
            let stops = run.status == "cancelling" && !run.outruns;
            if run.expires && ACTIVE.contains(&run.status) && !stops {
                due.insert(format!("{:?}", Due::RunExpires(id)));
            }
            if run.lingers {
                due.insert(format!("{:?}", Due::ThreadFrees(id)));
            }
        }
        due
    }

    fn fire(&mut self, due: Due) {
        let run = due.run().index();
        match due {
            Due::RunStarts(_) => {
                self.runs[run].status = "in_progress";
                self.runs[run].started = true;
            }
            Due::RunStops(_) => self.end(run, "cancelled"),
            Due::RunExpires(_) => self.end(run, "expired"),
            Due::ThreadFrees(_) => self.runs[run].lingers = false,
            Due::RunEnds(_) => match self.runs[run].plan.outcome {
                Outcome::Completed => self.end(run, "completed"),
                Outcome::Failed => self.end(run, "failed"),
                Outcome::Incomplete => self.end(run, "incomplete"),
                Outcome::NeedsAction(_) => self.runs[run].status = "requires_action",
                Outcome::Stuck => unreachable!(),
            },
        }
    }

    fn handle(&mut self, step: &Step) -> Result<String, String> {
        match step {
            Step::CreateThread => {
                self.threads += 1;
                Ok(format!("thread_{}", self.threads))
            }
            Step::Retrieve { thread, run } => {
                self.no_run(*thread, *run)?;
                Ok(self.shown(*run, self.runs[*run].status))
            }
            Step::RetrieveMessage { thread, message } => {
                self.no_thread(*thread)?;
                let found = self.messages.get(*message).filter(|found| found.thread == *thread);
                match found {
                    Some(_) => Ok(self.message(*message)),
                    None => Err(format!("404 No message found with id 'msg_{}'.", message + 1)),
                }
            }
            Step::Add { thread, user } => {
                self.no_thread(*thread)?;
                if let Some(run) = self.active(*thread) {
                    return Err(format!(
                        "400 Can't add messages to thread_{} while a run run_{} is active.",
                        thread + 1,
                        run + 1
                    ));
                }
                let role = if *user { "user" } else { "assistant" };
                self.messages.push(RefMessage { thread: *thread, role, run: None, whole: true });
                Ok(self.message(self.messages.len() - 1))
            }
            Step::CreateRun { thread, assistant, plan: which } => {
                self.no_thread(*thread)?;
                let mut messages = self.messages.iter();
                let has_message =
                    messages.any(|found| found.thread == *thread && found.role == "user");
                if *assistant > 1 {
                    Reference::invalid(*assistant, has_message)?;
                }
                if let Some(run) = self.active(*thread) {
                    return Err(format!(
                        "400 Thread thread_{} already has an active run run_{}.",
                        thread + 1,
                        run + 1
                    ));
                }
                Reference::invalid(*assistant, has_message)?;
                Ok(self.new_run(*thread, plan(*which)))
            }
            Step::CreateThreadAndRun { assistant, text, plan: which } => {
                Reference::invalid(*assistant, *text)?;
                self.threads += 1;
                let thread = self.threads - 1;
                if *text {
                    self.messages.push(RefMessage { thread, role: "user", run: None, whole: true });
                }
                Ok(self.new_run(thread, plan(*which)))
            }
            Step::Cancel { thread, run } => {
                self.no_run(*thread, *run)?;
                let status = self.runs[*run].status;
                if !ACTIVE.contains(&status) || status == "cancelling" {
                    return Err(format!("400 Cannot cancel run with status '{status}'."));
                }
                if status == "requires_action" && self.second_choice("cancel-waiting-run") {
                    self.end(*run, "cancelled");
                } else {
                    let Plan { outcome, outruns_cancel, .. } = self.runs[*run].plan;
                    let at_work = status == "in_progress";
                    let ends = [Outcome::Completed, Outcome::Failed].contains(&outcome);
                    self.runs[*run].outruns = outruns_cancel && ends && at_work;
                    self.runs[*run].was_writing = at_work;
                    self.runs[*run].status = "cancelling";
                }
                Ok(self.shown(*run, self.runs[*run].status))
            }
            Step::Submit { thread, run, calls, plan: which } => {
                self.no_run(*thread, *run)?;
                let status = self.runs[*run].status;
                if status != "requires_action" {
                    return Err(format!(
                        "400 Runs in status \"{status}\" do not accept tool outputs."
                    ));
                }
                let complete = calls.contains(&0) && calls.contains(&1);
                let unknown = calls.contains(&2) && !self.second_choice("unknown-tool-call");
                if !complete || unknown {
                    let got: Vec<String> =
                        calls.iter().map(|call| format!("'call_{}'", call + 1)).collect();
                    return Err(format!(
                        "400 Expected tool outputs for call_ids ['call_1', 'call_2'], got [{}]",
                        got.join(", ")
                    ));
                }
                self.runs[*run].plan = plan(*which);
                // The run has asked once, and it may not ask more often.
                if matches!(self.runs[*run].plan.outcome, Outcome::NeedsAction(_)) {
                    self.runs[*run].plan.outcome = Outcome::Completed;
                }
                self.runs[*run].status = "queued";
                let shown = self.shown(*run, "queued");
                self.start(*run);
                Ok(shown)
            }
            Step::ListRuns { thread, page } => {
                self.no_thread(*thread)?;
                let all: Vec<usize> =
                    (0..self.runs.len()).filter(|run| self.runs[*run].thread == *thread).collect();
                let cut = self.cut(&all, *page, |_| true, "run")?;
                Ok(format!(
                    "{} {}",
                    Reference::list(&cut.0, |run| self.shown(run, self.runs[run].status)),
                    cut.1
                ))
            }
            Step::ListMessages { thread, run, page } => {
                self.no_thread(*thread)?;
                let all: Vec<usize> = (0..self.messages.len())
                    .filter(|message| self.messages[*message].thread == *thread)
                    .collect();
                let wanted = |message: usize| run.is_none() || self.messages[message].run == *run;
                let cut = self.cut(&all, *page, wanted, "msg")?;
                Ok(format!(
                    "{} {}",
                    Reference::list(&cut.0, |message| self.message(message)),
                    cut.1
                ))
            }
            Step::Fire { .. } => unreachable!(),
        }
    }

    fn message(&self, message: usize) -> String {
        let RefMessage { thread, role, run, whole } = &self.messages[message];
        format!("msg_{} in thread_{} {role} {run:?} {whole}", message + 1, thread + 1)
    }

    fn list(items: &[usize], show: impl Fn(usize) -> String) -> String {
        items.iter().map(|item| show(*item)).collect::<Vec<_>>().join("; ")
    }

    fn cut(
        &self,
        all: &[usize],
        page: Cut,
        wanted: impl Fn(usize) -> bool,
        prefix: &str,
    ) -> Result<(Vec<usize>, bool), String> {
        if page.limit > 100 {
            return Err(format!(
                "400 Invalid 'limit': integer above maximum value. Expected a value <= 100, but got {} instead.",
                page.limit
            ));
        }
        if page.limit == 0 {
            return Err(
                "400 Invalid 'limit': integer below minimum value. Expected a value >= 1, \
                        but got 0 instead."
                    .to_owned(),
            );
        }
        for cursor in [page.after, page.before].into_iter().flatten() {
            if !all.contains(&cursor) {
                if self.second_choice("unknown-cursor") {
                    return Ok((vec![], false));
                }
                let what = if prefix == "run" { "run" } else { "message" };
                return Err(format!("404 No {what} found with id '{prefix}_{}'.", cursor + 1));
            }
        }
        let mut items = all.to_vec();
        if !page.oldest_first {
            items.reverse();
        }
        if let Some(after) = page.after {
            let at = items.iter().position(|item| *item == after).unwrap();
            // The request may still ask for items before that cursor. Then there are none.
            if let Some(before) = page.before {
                let end = items.iter().position(|item| *item == before).unwrap();
                items.truncate(end.max(at + 1));
            }
            items.drain(..=at);
        } else if let Some(before) = page.before {
            let end = items.iter().position(|item| *item == before).unwrap();
            items.truncate(end);
        }
        items.retain(|item| wanted(*item));
        let limit = page.limit as usize;
        let more = items.len() > limit;
        if page.before.is_some() {
            items.drain(..items.len().saturating_sub(limit));
        } else {
            items.truncate(limit);
        }
        Ok((items, more))
    }
}

// ---- The comparison ----

fn request(step: &Step) -> Option<(Request, Plan)> {
    let (thread, run) = (ThreadId::at, RunId::at);
    let plain = |request| Some((request, Outcome::Completed.into()));
    match step.clone() {
        Step::CreateThread => plain(Request::CreateThread),
        Step::Retrieve { thread: at, run: which } => {
            plain(Request::RetrieveRun { thread: thread(at), run: run(which) })
        }
        Step::RetrieveMessage { thread: at, message } => {
            plain(Request::RetrieveMessage { thread: thread(at), message: MessageId::at(message) })
        }
        Step::Add { thread: at, user } => {
            let role = if user { Role::User } else { Role::Assistant };
            plain(Request::AddMessage { thread: thread(at), role, text: TextId(0) })
        }
        Step::CreateRun { thread: at, assistant, plan: which } => Some((
            Request::CreateRun { thread: thread(at), assistant: AssistantId::at(assistant) },
            plan(which),
        )),
        Step::CreateThreadAndRun { assistant, text, plan: which } => Some((
            Request::CreateThreadAndRun {
                assistant: AssistantId::at(assistant),
                text: text.then_some(TextId(0)),
            },
            plan(which),
        )),
        Step::Cancel { thread: at, run: which } => {
            plain(Request::CancelRun { thread: thread(at), run: run(which) })
        }
        Step::Submit { thread: at, run: which, calls, plan: next } => Some((
            Request::SubmitToolOutputs {
                thread: thread(at),
                run: run(which),
                calls: calls.into_iter().map(ToolCallId::at).collect(),
            },
            plan(next),
        )),
        Step::ListRuns { thread: at, page } => {
            plain(Request::ListRuns { thread: thread(at), page: cut_page(page) })
        }
        Step::ListMessages { thread: at, run: of, page } => plain(Request::ListMessages {
            thread: thread(at),
            run: of.map(run),
            page: cut_page(page),
        }),
        Step::Fire { .. } => None,
    }
}

fn cut_page<I: Id>(cut: Cut) -> Page<I> {
    Page {
        limit: cut.limit,
        order: if cut.oldest_first { Order::OldestFirst } else { Order::NewestFirst },
        after: cut.after.map(I::at),
        before: cut.before.map(I::at),
    }
}

fn shown(answer: &Result<Response, ApiError>) -> Result<String, String> {
    let run =
        |run: &deadheat_model::run::Run| format!("{} in {} {}", run.id, run.thread, run.status);
    let message = |message: &deadheat_model::thread::Message| {
        let role = if message.role == Role::User { "user" } else { "assistant" };
        let by = message.run.map(Id::index);
        format!("{} in {} {role} {by:?} {}", message.id, message.thread, message.whole)
    };
    match answer {
        Ok(Response::Thread(thread)) => Ok(thread.to_string()),
        Ok(Response::Run(one)) => Ok(run(one)),
        Ok(Response::Message(one)) => Ok(message(one)),
        Ok(Response::Runs(list)) => {
            let runs: Vec<String> = list.data.iter().map(run).collect();
            Ok(format!("{} {}", runs.join("; "), list.has_more))
        }
        Ok(Response::Messages(list)) => {
            let messages: Vec<String> = list.data.iter().map(message).collect();
            Ok(format!("{} {}", messages.join("; "), list.has_more))
        }
        Err(error) => Err(format!("{} {error}", error.status())),
    }
}

fn absorb(due: &mut Vec<Due>, effects: &mut Vec<Effect>) {
    for effect in effects.drain(..) {
        match effect {
            Effect::Start(what, _) => due.push(what),
            Effect::Clear(run) => due.retain(|what| what.run() != run),
            Effect::Moved { .. } => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn the_server_does_what_a_naive_reference_does(
        steps in proptest::collection::vec(step(), 1..100),
        queues in any::<bool>(),
        choices in proptest::collection::vec(0..2_usize, SWITCHES.len()),
    ) {
        let mut rules = Rules::default();
        if queues {
            rules.queue_time = Window::exactly(Span::from_ms(1));
        }
        for (switch, choice) in SWITCHES.iter().zip(&choices) {
            (switch.set)(&mut rules.switches, *choice);
        }
        let switches = SWITCHES.iter().map(|switch| switch.name).zip(choices).collect();
        let assistants =
            vec![Assistant { has_instructions: true }, Assistant { has_instructions: false }];
        let mut server = Server::new(rules, assistants);
        let mut reference = Reference { queues, switches, ..Reference::default() };
        let (mut due, mut effects) = (Vec::new(), Vec::new());
        for step in steps {
            if let Step::Fire { which } = step {
                if due.is_empty() {
                    continue;
                }
                let what = due.remove(which % due.len());
                server.fire(what, &mut effects);
                reference.fire(what);
            } else if let Some((request, plan)) = request(&step) {
                let mut asked = 0;
                let answer = server.handle(
                    &request,
                    &mut || {
                        asked += 1;
                        plan
                    },
                    &mut effects,
                );
                prop_assert_eq!(shown(&answer), reference.handle(&step), "{:?}", step);
                let sets_to_work = matches!(
                    (&answer, &request),
                    (
                        Ok(_),
                        Request::CreateRun { .. }
                            | Request::CreateThreadAndRun { .. }
                            | Request::SubmitToolOutputs { .. }
                    )
                );
                prop_assert_eq!(asked, u32::from(sets_to_work), "a fate is asked where it is used");
            }
            absorb(&mut due, &mut effects);
            let pending: BTreeSet<String> = due.iter().map(|due| format!("{due:?}")).collect();
            prop_assert_eq!(pending.len(), due.len(), "nothing is due twice: {:?}", due);
            prop_assert_eq!(pending, reference.due());
            for thread in 0..reference.threads {
                let active = server.active_run(ThreadId::at(thread)).map(Id::index);
                prop_assert_eq!(active, reference.active(thread));
            }
        }
    }
}

#[test]
fn a_cleared_server_is_as_a_new_one() {
    let new = || Server::new(Rules::default(), vec![Assistant { has_instructions: true }]);
    let play = |server: &mut Server| {
        let mut effects = Vec::new();
        let (thread, assistant) = (ThreadId::at(0), AssistantId::at(0));
        let requests = [
            Request::CreateThread,
            Request::AddMessage { thread, role: Role::User, text: TextId(3) },
            Request::CreateRun { thread, assistant },
            Request::CreateRun { thread, assistant },
            Request::ListMessages { thread, run: None, page: Page::default() },
        ];
        let answers = requests.map(|request| {
            server.handle(&request, &mut || Outcome::Completed.into(), &mut effects)
        });
        (answers, effects)
    };
    let (mut used, mut fresh) = (new(), new());
    assert!(play(&mut used).0[3].is_err());
    used.clear();
    assert_eq!(play(&mut used), play(&mut fresh));
}

#[test]
fn a_run_that_outruns_its_cancel_may_expire_before_it_ends() {
    let assistants = vec![Assistant { has_instructions: true }];
    let mut server = Server::new(Rules::default(), assistants);
    let (thread, run) = (ThreadId::at(0), RunId::at(0));
    let mut effects = Vec::new();
    let mut ask = |server: &mut Server, request: Request, plan: Plan| {
        server.handle(&request, &mut || plan, &mut effects).unwrap()
    };
    let outruns = Plan { outruns_cancel: true, ..Outcome::Completed.into() };
    let waits = Outcome::NeedsAction(1).into();
    ask(&mut server, Request::CreateThread, outruns);
    ask(&mut server, Request::CreateRun { thread, assistant: AssistantId::at(0) }, waits);
    server.fire(Due::RunEnds(run), &mut Vec::new());
    let calls = Box::from([ToolCallId::at(0)]);
    ask(&mut server, Request::SubmitToolOutputs { thread, run, calls }, outruns);
    ask(&mut server, Request::CancelRun { thread, run }, outruns);
    server.fire(Due::RunExpires(run), &mut Vec::new());
    assert_eq!(server.find_run(run).unwrap().status.name(), "expired");
    assert_eq!(server.active_run(thread), None);
}
