//! Calls: what an actor sends to the server and to the application's own services, and how its
//! client retries.

use deadheat_model::api::{ApiError, Request};
use deadheat_model::history::{Cause, Mark, Operation};

use super::super::ask::Turn;
use super::super::what::What;
use super::state::{Doing, Held, Out, Outcome, Sent};
use super::{At, Flow, Flowed, Leave, Machine, Moment, Span, Stage, Told, Window, throw, wait};
use crate::services::{Lost, Message, Packet, Read, keys, lock_keys};
use crate::stage::Flaw;

impl Machine {
    /// Sends something. `doing` is what the actor does with the answer.
    pub(super) fn ask(
        &mut self,
        stage: &Stage,
        operation: Operation,
        sent: Sent,
        doing: Doing,
    ) -> Flow {
        self.doing = doing;
        self.out = Some(Out { operation, sent: Some(sent), tries: 0 });
        self.send(stage)
    }

    /// Calls the server with a request that asks the assistant for nothing.
    pub(super) fn call(
        &mut self,
        stage: &Stage,
        operation: Operation,
        request: Request,
        doing: Doing,
    ) -> Flow {
        self.ask(stage, operation, Sent::Request(request, None), doing)
    }

    /// Releases a lock.
    pub(super) fn unlock(&mut self, stage: &Stage, held: Held) -> Flow {
        self.ask(stage, Operation::Unlock, Sent::Unlock(held), Doing::Nothing)
    }

    /// Waits out what is owed before something is sent, if the sender can die meanwhile. What is
    /// owed folds into the way otherwise.
    fn send(&mut self, stage: &Stage) -> Flow {
        if stage.unfolds && !self.now.owed.is_empty() {
            self.at = At::Sends;
            let operation = self.out().operation;
            return wait(operation, Moment::Sends, What::Begin(self.seat, None));
        }
        self.arrive(stage, false)
    }

    /// Parks until what is sent now has arrived. The server executes every retry of a call, because
    /// no client sends a key that would identify it (D, openai-python and openai-node).
    pub(super) fn arrive(&mut self, stage: &Stage, is_sent: bool) -> Flow {
        self.at = At::Answer;
        let retries = stage.scenario.client.retries;
        let (seat, document, poll) = (self.seat, self.locals.document, self.poll);
        let thread = self.locals.thread;
        let local = stage.scenario.network.local;
        let out = self.out();
        let operation = out.operation;
        let may_retry = matches!(out.sent, Some(Sent::Request(..))) && out.tries < retries;
        let sent = if may_retry { out.sent.clone() } else { out.sent.take() };
        let of_document = keys(None, document);
        let (way, keys, what) = match sent.expect("invariant: something is sent") {
            Sent::Request(request, asks) => {
                let message = Message { request, asks, document, poll };
                let what = What::Link(Packet::Request(seat, message));
                (stage.scenario.network.latency, keys(thread, None), what)
            }
            Sent::Query(query) => (local, of_document, What::Query(seat, query)),
            Sent::Lock(ask) => (local, lock_keys(ask.lock), What::Lock(seat, ask)),
            Sent::Unlock(Held { lock, token, release }) => {
                (local, lock_keys(lock), What::Unlock(seat, lock, token, release))
            }
            Sent::Click(wanted) => {
                let keys = keys(None, Some(wanted.document));
                (Window::NOW, keys, What::Click(seat, wanted))
            }
            Sent::Dispatch(wanted) => {
                (local, keys(None, Some(wanted.document)), What::Dispatch(seat, wanted))
            }
        };
        Flow::Park(Turn::Arrive { operation, is_sent, way, keys, what })
    }

    /// Receives the answer to what was sent.
    pub(super) fn receive(&mut self, stage: &Stage, told: Told) -> Flowed {
        let network = &stage.scenario.network;
        let answer = match told {
            Told::Answer(answer) => Ok(answer),
            Told::Lost => Err(Lost),
            told @ (Told::Go | Told::Row(_) | Told::Lock(_) | Told::Job(_)) => {
                let operation = self.out.take().map(|out| out.operation);
                let is_click = operation == Some(Operation::Click);
                self.owe_reply(if is_click { Window::NOW } else { network.local });
                return self.served(stage, told);
            }
        };
        if !stage.unfolds {
            // Nothing can happen to the reply on its way back.
            self.owe_reply(network.latency);
        }
        let out = self.out();
        if out.sent.is_some()
            && let Some(wait) = back_off(out.tries, &answer, stage.flaw)
        {
            out.tries += 1;
            self.mark(Mark::CallRetried);
            self.owe(wait);
            return Ok(self.send(stage));
        }
        self.out = None;
        self.answered(stage, answer)
    }

    /// Takes an answer. A refusal is thrown, and so is the fact that there is no answer.
    pub(super) fn accept(&mut self, answer: Outcome) -> Result<Read, Leave> {
        let error = match answer {
            Ok(Ok(read)) => return Ok(read),
            Ok(Err(error)) => error,
            Err(Lost) => return Err(throw(Cause::NoAnswer)),
        };
        if let Some(run) = error.active_run() {
            self.locals.refused_by = Some(run);
            return Err(throw(Cause::Refused));
        }
        let is_passing = matches!(error.status(), 429 | 500..);
        Err(throw(if is_passing { Cause::Unavailable } else { Cause::Rejected }))
    }

    fn out(&mut self) -> &mut Out {
        self.out.as_mut().expect("invariant: a call is under way")
    }
}

/// Returns how long a client waits before it retries a call, or none if it does not retry. These
/// are the rules of openai-python, openai-node and openai-go (D). They retry after 408, 409, 429,
/// 5xx and lost replies, never after 400. The wait is what `retry-after` says if that is at most a
/// minute. It is `min(0.5 * 2^n, 8)` seconds otherwise, less up to a quarter.
fn back_off(tries: u32, answer: &Outcome, flaw: Option<Flaw>) -> Option<Window> {
    let error = match answer {
        Ok(Ok(_)) => return None,
        Ok(Err(error)) => Some(error),
        Err(Lost) => None,
    };
    let is_final = |status| !matches!(status, 408 | 409 | 429 | 500..);
    let gives_up = flaw != Some(Flaw::RetriesRefusals);
    if error.is_some_and(|error| is_final(error.status())) && gives_up {
        return None;
    }
    if let Some(ApiError::RateLimited { retry_after: Some(after) }) = error
        && *after <= Span::from_secs(60)
        && *after > Span::ZERO
    {
        return Some(Window::exactly(*after));
    }
    let longest = Span::from_ms((500 << tries.min(4)).min(8_000));
    Some(Window::between(Span::from_us(longest.as_us() / 4 * 3), longest))
}
