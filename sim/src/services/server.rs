//! The server, which does what the model says. What a run will do is a fate. What the server starts
//! is on the agenda, named after the call that caused it.

use deadheat_model::api::{ApiError, Request};
use deadheat_model::history::{Answer as Recorded, What as Happened};
use deadheat_model::id::{Id, RunId, ThreadId};
use deadheat_model::run::Run;
use deadheat_model::server::{self, Due, Effect, Outcome, Plan};

use super::{Answer, Desk, Faults, Holds, Message, Read};
use crate::agenda::{Call, Owner, Span, Window};
use crate::name::{self, Moment, Touched};
use crate::stage::{Flaw, Stage};

/// The server, with what the agenda must know about its runs.
#[derive(Clone, Debug)]
pub struct Server {
    model: server::Server,
    effects: Vec<Effect>,
    /// The call that each run's occurrences are named after.
    causes: Vec<Call>,
}

/// How soon [`Flaw::FreesThreadEarly`] releases the thread.
const EARLY: Window = Window { earliest: Span::ZERO, latest: Span::from_secs(2) };

impl Server {
    /// Returns the server of a stage, without threads.
    pub fn new(stage: &Stage) -> Server {
        Server { model: stage.server(), effects: Vec::new(), causes: Vec::new() }
    }

    /// Forgets the last trial, and creates the threads that there are from the beginning.
    pub fn start(&mut self, stage: &Stage) {
        self.causes.clear();
        self.model.clear();
        for _ in 0..stage.threads {
            self.peek(&Request::CreateThread).expect("invariant: a thread can be created");
        }
    }

    /// Does what it is asked.
    #[inline]
    pub fn handle<W: Holds<Due>>(
        &mut self,
        stage: &Stage,
        call: Call,
        message: &Message,
        faults: &mut Faults,
        desk: &mut Desk<'_, W>,
    ) -> Answer {
        let mut struck = 0;
        let mut plan = || {
            let outcomes = &stage.scenario.server.outcomes;
            let mut plan = Plan::from(choose_outcome(outcomes, call, desk));
            struck = faults.on_run(stage, call, &mut plan, desk);
            plan
        };
        let answer = self.model.handle(&message.request, &mut plan, &mut self.effects);
        let answer = answer.map(Read::from);
        tell(call, message, &answer, desk);
        faults.tell_all(struck, call, desk);
        self.note(stage, call, message, &answer, desk);
        self.carry_out(Some(call), desk);
        answer
    }

    /// Answers with an error without having done anything.
    pub fn refuse<W>(
        &self,
        call: Call,
        message: &Message,
        error: ApiError,
        desk: &mut Desk<'_, W>,
    ) -> Answer {
        let answer = Err(error);
        tell(call, message, &answer, desk);
        answer
    }

    /// Carries out what it has started.
    pub fn fire<W: Holds<Due>>(&mut self, due: Due, desk: &mut Desk<'_, W>) {
        self.model.fire(due, &mut self.effects);
        self.carry_out(None, desk);
    }

    /// Returns what it would answer to a request that sets no run to work. Nothing is recorded.
    pub fn peek(&mut self, request: &Request) -> Answer {
        let mut plan = || unreachable!("invariant: this sets no run to work");
        self.model.handle(request, &mut plan, &mut self.effects).map(Read::from)
    }

    /// Returns the run that locks the thread, if any.
    pub fn active_run(&self, thread: ThreadId) -> Option<RunId> {
        self.model.active_run(thread)
    }

    /// Releases the thread of a run, although the run is at work. Only a flawed server does this.
    pub fn free(&mut self, run: RunId) {
        self.model.fire(Due::ThreadFrees(run), &mut self.effects);
    }

    /// Hashes what can still be read, if these are the runs that somebody can ask about.
    pub fn digest<H: std::hash::Hasher>(&self, stage: &Stage, runs: &[RunId], hasher: &mut H) {
        self.model.digest(runs, stage.program.lists_messages, hasher);
    }

    /// Records what a granted request has changed.
    #[inline]
    fn note<W: Holds<Due>>(
        &mut self,
        stage: &Stage,
        call: Call,
        message: &Message,
        answer: &Answer,
        desk: &mut Desk<'_, W>,
    ) {
        let (by, document) = (Some(call.actor()), message.document);
        match (answer, &message.request) {
            (&Ok(Read::Message(added)), &Request::AddMessage { thread, .. }) => {
                let asks = message.asks;
                desk.tell(by, Happened::Message { message: added, thread, document, asks });
            }
            (&Ok(Read::Run(Run { id: run, thread, .. })), Request::CreateRun { .. }) => {
                self.causes.push(call);
                desk.tell(by, Happened::RunCreated { run, thread, document });
                if stage.flaw == Some(Flaw::FreesThreadEarly) {
                    let (name, due) = (call.at(Moment::Frees), Due::ThreadFrees(run));
                    desk.start(name, EARLY, Owner::Service, [None; 2], due);
                }
            }
            (&Ok(Read::Run(run)), Request::SubmitToolOutputs { .. }) => {
                self.causes[run.id.index()] = call;
            }
            _ => {}
        }
    }

    /// Carries out what the model said besides its answer. `call` is what it answered, if anything.
    fn carry_out<W: Holds<Due>>(&mut self, call: Option<Call>, desk: &mut Desk<'_, W>) {
        for effect in self.effects.drain(..) {
            match effect {
                Effect::Start(due, window) => {
                    let run = due.run();
                    let cause = self.causes[run.index()];
                    let name = match due {
                        Due::RunStarts(_) => cause.at(Moment::Starts),
                        Due::RunEnds(_) => cause.at(Moment::Ends),
                        Due::RunExpires(_) => cause.at(Moment::Expires),
                        Due::RunStops(_) => call.unwrap_or(cause).at(Moment::Stops),
                        Due::ThreadFrees(_) => cause.at(Moment::Frees),
                    };
                    let thread = self.model.find_run(run).map(|run| Touched::Thread(run.thread));
                    let keys = name::keys([thread, None]);
                    desk.start(name, window, Owner::Service, keys, due);
                }
                Effect::Clear(run) => desk.cancel(|due: &Due| due.run() == run),
                Effect::Moved { run, status, spent } => {
                    desk.tell(None, Happened::RunMoved { run, status, spent });
                }
            }
        }
    }
}

/// Hashes what its answers depend on, and how it names what it has started.
impl std::hash::Hash for Server {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        self.model.hash(hasher);
        self.causes.hash(hasher);
    }
}

/// Records an answer.
#[inline]
fn tell<W>(call: Call, message: &Message, answer: &Answer, desk: &mut Desk<'_, W>) {
    let answered = Happened::Answered {
        nth: call.nth,
        operation: call.operation(),
        thread: message.request.thread(),
        asks: message.asks,
        answer: match answer {
            Ok(read) => read.recorded(),
            Err(error) => Recorded::Refused(error.clone()),
        },
    };
    desk.tell(Some(call.actor()), answered);
}

fn choose_outcome<W>(outcomes: &[(Outcome, u32)], call: Call, desk: &mut Desk<'_, W>) -> Outcome {
    if let [(only, _)] = outcomes {
        return *only;
    }
    let weights: Vec<u32> = outcomes.iter().map(|(_, weight)| *weight).collect();
    outcomes[desk.fate(call.at(Moment::Outcome), &weights)].0
}
