//! The wire: what happens to a request and to its reply, and what the server starts besides its
//! answer.

use deadheat_model::api::{ApiError, List, Request, Response};
use deadheat_model::history::{Answer, What as Happened};
use deadheat_model::id::{Id, MessageId, RunId, ThreadId};
use deadheat_model::run::Run;
use deadheat_model::server::{Due, Effect, Outcome, Plan};
use deadheat_model::thread;

use super::faults::Clauses;
use super::flaw::{Flaw, frees_early};
use super::search::{Look, Watched};
use super::world::{Agenda, Lost, Message, What, Word, World, keys};
use crate::agenda::{Call, Fired, Owner, Seat, Span, Window};
use crate::name::{self, Moment, Touched};
use crate::scenario::{CallFault, FaultKind, RunFault, SeenAs};

impl World {
    /// Delivers a request to the server, unless a fault strikes it. No actor is woken before a
    /// reply has come back if replies travel on their own.
    #[inline]
    pub(super) fn request(
        &mut self,
        agenda: &mut Agenda,
        seat: Seat,
        call: Call,
        message: Message,
    ) -> Fired<Word> {
        if !self.stage.unfolds {
            if self.search.is_some() && message.poll.is_some() {
                return self.look(seat, Watched { call, look: Look::Request(message) }, agenda);
            }
            return Fired::Wakes(seat, Word::Answer(self.handle(agenda, call, &message)));
        }
        let looks = self.stage.flaw == Some(Flaw::LooksThenCreates);
        if looks && self.looks_first(agenda, seat, call, &message) {
            return Fired::Nobody;
        }
        let fault = self.befalls(agenda, call);
        let answer = match fault {
            Some(CallFault::LoseRequest(seen_as)) => {
                self.lose(agenda, seat, call, seen_as);
                return self.victim_of(agenda, seat, call);
            }
            Some(CallFault::RateLimit(retry_after)) => {
                self.refuse(agenda, call, &message, ApiError::RateLimited { retry_after })
            }
            Some(CallFault::Internal) => self.refuse(agenda, call, &message, ApiError::Internal),
            Some(CallFault::Overload) => self.refuse(agenda, call, &message, ApiError::Overloaded),
            None
            | Some(CallFault::LoseReply(_) | CallFault::SlowReply(_) | CallFault::Duplicate) => {
                if self.outages > 0 {
                    self.refuse(agenda, call, &message, ApiError::Overloaded)
                } else {
                    self.handle(agenda, call, &message)
                }
            }
        };
        let latency = self.stage.scenario.network.latency;
        match fault {
            Some(CallFault::LoseReply(seen_as)) => self.lose(agenda, seat, call, seen_as),
            Some(CallFault::SlowReply(more)) => {
                reply(agenda, seat, call, latency + more, Ok(answer));
            }
            Some(CallFault::Duplicate) => {
                let (name, keys) =
                    (call.at(Moment::Repeats), keys(thread_of(&message.request), None));
                agenda.start(name, latency, Owner::Link, keys, What::Again(message));
                reply(agenda, seat, call, latency, Ok(answer));
            }
            None
            | Some(
                CallFault::LoseRequest(_)
                | CallFault::RateLimit(_)
                | CallFault::Internal
                | CallFault::Overload,
            ) => reply(agenda, seat, call, latency, Ok(answer)),
        }
        self.victim_of(agenda, seat, call)
    }

    /// Handles the second copy of a request, whose reply no actor waits for.
    pub(super) fn again(&mut self, agenda: &mut Agenda, call: Call, message: &Message) {
        // What this copy starts is not what the first copy has started.
        let call = call.again();
        let _unseen = if self.outages > 0 {
            self.refuse(agenda, call, message, ApiError::Overloaded)
        } else {
            self.handle(agenda, call, message)
        };
    }

    /// Starts waiting for this call's reply, for at most this time.
    pub(super) fn wait_for(&mut self, agenda: &mut Agenda, seat: Seat, call: Call, patience: Span) {
        self.places[seat.0].waits_for = Some(call);
        let (name, window) = (call.at(Moment::TimesOut), Window::exactly(patience));
        agenda.start(name, window, Owner::Actor(seat), [None; 2], What::GiveUp(seat));
    }

    /// Delivers a reply, or the news that there is none, to its caller if the caller is still
    /// waiting.
    pub(super) fn returns(
        &mut self,
        agenda: &mut Agenda,
        seat: Seat,
        call: Call,
        answer: Result<Result<Response, ApiError>, Lost>,
    ) -> Fired<Word> {
        if self.places[seat.0].waits_for != Some(call) {
            return Fired::Nobody;
        }
        self.places[seat.0].waits_for = None;
        agenda.cancel(|what| matches!(what, What::GiveUp(of) if *of == seat));
        Fired::Wakes(
            seat,
            match answer {
                Ok(answer) => Word::Answer(answer),
                Err(Lost) => Word::Lost,
            },
        )
    }

    /// Loses a reply. The client learns that when the connection is reset, or at its timeout.
    fn lose(&mut self, agenda: &mut Agenda, seat: Seat, call: Call, seen_as: SeenAs) {
        if seen_as == SeenAs::Reset {
            let latency = self.stage.scenario.network.latency;
            reply(agenda, seat, call, latency, Err(Lost));
        }
    }

    /// Returns the first of the faults that strikes this call, if one does.
    fn befalls(&mut self, agenda: &mut Agenda, call: Call) -> Option<CallFault> {
        let stage = self.stage.clone();
        let of_calls = |kind| match kind {
            FaultKind::Call(operation, what) => Some((operation, what)),
            FaultKind::Run(_) | FaultKind::Attempt(..) | FaultKind::World(_) => None,
        };
        for (clause, fault, (operation, what)) in stage.faults(of_calls) {
            let can = operation.is_none_or(|operation| operation == call.operation())
                && self.faults.is_open(clause)
                && stage.is_at(clause, call);
            let name = call.at(Moment::Strikes);
            if can && self.faults.strikes(clause, fault, name, agenda) {
                self.fault(agenda, clause, Some(call), call.actor());
                return Some(what);
            }
        }
        None
    }

    /// Makes the server answer without having done anything.
    fn refuse(
        &mut self,
        agenda: &Agenda,
        call: Call,
        message: &Message,
        error: ApiError,
    ) -> Result<Response, ApiError> {
        self.answered(agenda, call, message, &Err(error.clone()));
        Err(error)
    }

    #[inline]
    fn answered(
        &mut self,
        agenda: &Agenda,
        call: Call,
        message: &Message,
        answer: &Result<Response, ApiError>,
    ) {
        let answered = Happened::Answered {
            nth: call.nth,
            operation: call.operation(),
            thread: thread_of(&message.request),
            asks: message.asks,
            answer: summary(answer),
        };
        self.record(agenda, Some(call.actor()), answered);
    }

    /// Makes the server do what it is asked.
    #[inline]
    pub(super) fn handle(
        &mut self,
        agenda: &mut Agenda,
        call: Call,
        message: &Message,
    ) -> Result<Response, ApiError> {
        let (stage, faults) = (&*self.stage, &mut self.faults);
        let mut struck: Clauses = 0;
        let mut plan = || {
            let mut plan =
                Plan::from(choose_outcome(&stage.scenario.server.outcomes, agenda, call));
            let of_runs = |kind| match kind {
                FaultKind::Run(what) => Some(what),
                FaultKind::Call(..) | FaultKind::Attempt(..) | FaultKind::World(_) => None,
            };
            for (clause, fault, what) in stage.faults(of_runs) {
                let can = faults.is_open(clause) && stage.is_at(clause, call);
                if can && faults.strikes(clause, fault, call.at(Moment::Plan), agenda) {
                    struck |= 1 << clause;
                    match what {
                        RunFault::Ends(outcome) => plan.outcome = outcome,
                        RunFault::Lag(lag) => plan.lag = Some(lag),
                        RunFault::CancelLoses => plan.outruns_cancel = true,
                    }
                }
            }
            plan
        };
        let answer = self.server.handle(&message.request, &mut plan, &mut self.effects);
        self.answered(agenda, call, message, &answer);
        while struck != 0 {
            let clause = struck.trailing_zeros() as usize;
            struck &= struck - 1;
            self.fault(agenda, clause, Some(call), call.actor());
        }
        self.note(agenda, call, message, &answer);
        self.carry_out_effects(agenda, Some(call));
        answer
    }

    /// Records what a granted request has changed in the world.
    #[inline]
    fn note(
        &mut self,
        agenda: &mut Agenda,
        call: Call,
        message: &Message,
        answer: &Result<Response, ApiError>,
    ) {
        let (by, document) = (Some(call.actor()), message.document);
        match (answer, &message.request) {
            (Ok(Response::Message(added)), Request::AddMessage { thread, .. }) => {
                let (thread, asks) = (*thread, message.asks);
                let what = Happened::Message { message: added.id, thread, document, asks };
                self.record(agenda, by, what);
            }
            (Ok(Response::Run(run)), Request::CreateRun { thread, .. }) => {
                self.causes.push(call);
                let (run, thread) = (run.id, *thread);
                self.record(agenda, by, Happened::RunCreated { run, thread, document });
                if self.stage.flaw == Some(Flaw::FreesThreadEarly) {
                    frees_early(agenda, call, run);
                }
            }
            (Ok(Response::Run(run)), Request::SubmitToolOutputs { .. }) => {
                self.causes[run.id.index()] = call;
            }
            _ => {}
        }
    }

    /// Carries out what the server said besides its answer. `call` is what it answered, if
    /// anything.
    pub(super) fn carry_out_effects(&mut self, agenda: &mut Agenda, call: Option<Call>) {
        if self.effects.is_empty() {
            return;
        }
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain(..) {
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
                    let thread = self.server.find_run(run).map(|run| Touched::Thread(run.thread));
                    agenda.start(
                        name,
                        window,
                        Owner::Service,
                        name::keys([thread, None]),
                        What::Server(due),
                    );
                }
                Effect::Clear(run) => {
                    agenda.cancel(|what| matches!(what, What::Server(due) if due.run() == run));
                }
                Effect::Moved { run, status, spent } => {
                    self.record(agenda, None, Happened::RunMoved { run, status, spent });
                }
            }
        }
        self.effects = effects;
    }
}

/// Sends a reply, or the news that there is none.
fn reply(
    agenda: &mut Agenda,
    seat: Seat,
    call: Call,
    window: Window,
    answer: Result<Result<Response, ApiError>, Lost>,
) {
    let what = What::Returns(seat, Box::new(answer));
    agenda.start(call.at(Moment::Returns), window, Owner::Link, [None; 2], what);
}

fn choose_outcome(outcomes: &[(Outcome, u32)], agenda: &mut Agenda, call: Call) -> Outcome {
    if let [(only, _)] = outcomes {
        return *only;
    }
    let weights: Vec<u32> = outcomes.iter().map(|(_, weight)| *weight).collect();
    outcomes[agenda.fate(call.at(Moment::Outcome), &weights)].0
}

pub(super) fn thread_of(request: &Request) -> Option<ThreadId> {
    match *request {
        Request::CreateThread | Request::CreateThreadAndRun { .. } => None,
        Request::RetrieveThread { thread }
        | Request::AddMessage { thread, .. }
        | Request::RetrieveMessage { thread, .. }
        | Request::ListMessages { thread, .. }
        | Request::CreateRun { thread, .. }
        | Request::RetrieveRun { thread, .. }
        | Request::ListRuns { thread, .. }
        | Request::CancelRun { thread, .. }
        | Request::SubmitToolOutputs { thread, .. } => Some(thread),
    }
}

pub(super) fn summary(answer: &Result<Response, ApiError>) -> Answer {
    match answer {
        Ok(Response::Thread(thread)) => Answer::Thread(*thread),
        Ok(Response::Message(message)) => Answer::Message(message.id),
        Ok(Response::Run(run)) => Answer::Run(run.id, run.status),
        Ok(Response::Messages(list)) => Answer::Messages(first_message(list)),
        Ok(Response::Runs(list)) => Answer::Runs(first_active(list)),
        Err(error) => Answer::Refused(error.clone()),
    }
}

/// Returns the first active run of a list. This is all that an actor reads of it.
pub(super) fn first_active(list: &List<Run>) -> Option<RunId> {
    list.data.iter().find(|run| run.status.is_active()).map(|run| run.id)
}

/// Returns the first message of a list, which is all that an actor reads of it.
pub(super) fn first_message(list: &List<thread::Message>) -> Option<MessageId> {
    list.data.first().map(|message| message.id)
}
