//! Waits: what an actor does with an answer, and how it looks again and again until it has seen
//! what it waits for, or until its bound has come.

use deadheat_model::api::{ApiError, Page, Request};
use deadheat_model::history::{Cause, Mark, Operation, What as Happened};
use deadheat_model::id::{self, LockName, ThreadId};
use deadheat_model::run::RunStatus;

use super::super::what::What;
use super::state::{Block, Doing, Held, Outcome, Sent};
use super::{At, Flow, Flowed, Leave, Machine, Moment, Stage, throw, wait};
use crate::scenario::asks::Asks;
use crate::scenario::{Busy, Lock, NewMessage, Sees, Then};
use crate::services::{LockAsk, Poll, Read, Token, Told};
use crate::stage::Flaw;

impl Machine {
    /// Begins to wait, after what is owed if the wait has a bound.
    pub(super) fn begin_waiting(
        &mut self,
        stage: &Stage,
        operation: Operation,
        doing: Doing,
    ) -> Flow {
        self.doing = doing;
        let Some((Some(bound), _)) = doing.polls() else { return self.begin_looking(stage) };
        self.at = At::Bound;
        self.begin(operation, Some((bound, self.depth)))
    }

    /// Takes the first look, now that the bound is counted. A block that has a bound takes none.
    pub(super) fn begin_looking(&mut self, stage: &Stage) -> Flow {
        let Some((bound, pause)) = self.doing.polls() else { return Flow::On };
        let is_once = matches!(self.doing, Doing::Lock { lock, .. } if lock.busy != Busy::Wait);
        if !is_once {
            let deadlines = bound.map_or(0, |_| 1 << (self.depth - 1));
            self.poll = Some(Poll { pause, deadlines });
        }
        self.look(stage)
    }

    /// Looks at what it waits for.
    fn look(&mut self, stage: &Stage) -> Flow {
        match self.doing {
            Doing::Idle { thread, wait, .. } => {
                self.call(stage, Operation::ListRuns, list_runs(thread, wait.sees), self.doing)
            }
            Doing::Over { thread, run, .. } => {
                let request = Request::RetrieveRun { thread, run };
                self.call(stage, Operation::RetrieveRun, request, self.doing)
            }
            Doing::Lock { lock, name, .. } => {
                let (ttl, place, poll) = (lock.ttl, lock.place, self.poll);
                let ask = LockAsk { lock: name, ttl, place, poll };
                self.ask(stage, Operation::Lock, Sent::Lock(ask), self.doing)
            }
            Doing::Nothing
            | Doing::Thread
            | Doing::Message
            | Doing::Run
            | Doing::Reply
            | Doing::Cancel(_)
            | Doing::Cancelled => unreachable!("invariant: {:?} is no wait", self.doing),
        }
    }

    /// Looks again after a pause, unless the wait has reached its bound. The answer to the last
    /// look is waited out first, because the bound is compared with its moment.
    fn look_again(&mut self, stage: &Stage) -> Flowed {
        let has_bound = self.doing.polls().is_some_and(|(bound, _)| bound.is_some());
        if has_bound && !self.is_late(self.depth - 1) && !self.now.owed.is_empty() {
            self.at = At::Returns;
            let what = What::Begin(self.seat, None);
            return Ok(wait(self.doing.operation(), Moment::Returns, what));
        }
        self.compare(stage)
    }

    /// Looks again after a pause, unless the wait has reached its bound by now.
    pub(super) fn compare(&mut self, stage: &Stage) -> Flowed {
        let Some((bound, pause)) = self.doing.polls() else {
            unreachable!("invariant: only a wait has a bound")
        };
        if bound.is_some() && self.is_late(self.depth - 1) {
            return self.run_out(stage);
        }
        if let Doing::Lock { has_waited, .. } = &mut self.doing {
            *has_waited = true;
        }
        self.owe(pause);
        Ok(self.look(stage))
    }

    /// Stops waiting at the bound.
    fn run_out(&mut self, stage: &Stage) -> Flowed {
        let doing = self.end_waiting();
        if let Doing::Idle { wait, message, .. } = doing
            && wait.then == Then::GoOn
        {
            self.mark(Mark::WentOn);
            return self.then_add(stage, message);
        }
        let is_lock = matches!(doing, Doing::Lock { .. });
        Err(throw(if is_lock { Cause::LockBusy } else { Cause::TimedOut }))
    }

    /// Stops waiting, and returns what it was doing.
    fn end_waiting(&mut self) -> Doing {
        let doing = std::mem::replace(&mut self.doing, Doing::Nothing);
        self.poll = None;
        if doing.polls().is_some_and(|(bound, _)| bound.is_some()) {
            self.leave(self.depth - 1);
        }
        doing
    }

    /// Does what it wanted to do with the server's answer.
    pub(super) fn answered(&mut self, stage: &Stage, answer: Outcome) -> Flowed {
        let doing = self.doing;
        if doing == Doing::Cancelled && matches!(answer, Ok(Err(ApiError::CannotCancel { .. }))) {
            self.doing = Doing::Nothing;
            return Ok(Flow::On);
        }
        let read = match self.accept(answer) {
            Ok(read) => read,
            Err(leave) => {
                self.end_waiting();
                return Err(leave);
            }
        };
        match (doing, read) {
            (Doing::Idle { message, .. }, Read::Runs(active)) => {
                if active.is_some() {
                    return self.look_again(stage);
                }
                self.end_waiting();
                return self.then_add(stage, message);
            }
            (Doing::Over { .. }, Read::Run(run)) => {
                self.locals.run = Some(run);
                return self.saw(stage, run.status);
            }
            (Doing::Cancel(thread), Read::Runs(active)) => {
                if let Some(run) = active {
                    let request = Request::CancelRun { thread, run };
                    let doing = Doing::Cancelled;
                    return Ok(self.call(stage, Operation::CancelRun, request, doing));
                }
            }
            (Doing::Reply, Read::Messages(first)) => {
                self.doing = Doing::Nothing;
                self.locals.reply = Some(first.ok_or(throw(Cause::NoReply))?);
            }
            (Doing::Thread, Read::Thread(thread)) => self.locals.thread = Some(thread),
            (Doing::Message, Read::Message(message)) => self.locals.message = Some(message),
            (Doing::Run, Read::Run(run)) => self.locals.run = Some(run),
            (Doing::Cancelled, _) => {}
            (doing, read) => {
                unreachable!("invariant: {doing:?} is not answered with {read:?}")
            }
        }
        self.doing = Doing::Nothing;
        Ok(Flow::On)
    }

    /// Has seen how its run is doing.
    fn saw(&mut self, stage: &Stage, status: RunStatus) -> Flowed {
        let cause = match status {
            RunStatus::Completed => None,
            RunStatus::RequiresAction => Some(Cause::NeedsAction),
            RunStatus::Queued | RunStatus::InProgress | RunStatus::Cancelling => {
                return self.look_again(stage);
            }
            RunStatus::Cancelled
            | RunStatus::Failed
            | RunStatus::Incomplete
            | RunStatus::Expired => Some(Cause::RunFailed),
        };
        self.end_waiting();
        cause.map_or(Ok(Flow::On), |cause| Err(throw(cause)))
    }

    /// Does what it wanted to do with the answer of one of the application's own services.
    pub(super) fn served(&mut self, stage: &Stage, told: Told) -> Flowed {
        match (self.doing, told) {
            (Doing::Lock { .. }, Told::Lock(token)) => return self.tried(stage, token),
            (Doing::Thread, Told::Row(thread)) => self.locals.thread = thread,
            (Doing::Nothing, Told::Row(_) | Told::Go) => {}
            (doing, told) => unreachable!("invariant: {doing:?} is not answered with {told:?}"),
        }
        self.doing = Doing::Nothing;
        Ok(Flow::On)
    }

    /// Has taken the lock, or has found that another actor holds it.
    fn tried(&mut self, stage: &Stage, token: Option<Token>) -> Flowed {
        let Doing::Lock { lock, name, list, has_waited } = self.doing else {
            unreachable!("invariant: it takes a lock")
        };
        let Some(token) = token else { return self.found_busy(stage, lock, name, has_waited) };
        self.end_waiting();
        self.push(list, Block::Locked(Held { lock: name, token, release: lock.release }));
        Ok(Flow::On)
    }

    fn found_busy(
        &mut self,
        stage: &Stage,
        lock: Lock,
        name: LockName,
        has_waited: bool,
    ) -> Flowed {
        match lock.busy {
            Busy::Skip => {
                self.end_waiting();
                let asks = self.labels(stage, self.left_out(stage));
                self.now.note = Some(Happened::Skipped { asks });
                if stage.flaw == Some(Flaw::UnlocksWithoutLock) {
                    let (token, release) = (Token::none(self.me()), lock.release);
                    return Ok(self.unlock(stage, Held { lock: name, token, release }));
                }
                Ok(Flow::On)
            }
            Busy::Fail => {
                self.end_waiting();
                Err(throw(Cause::LockBusy))
            }
            Busy::Wait => {
                if !has_waited {
                    self.mark(Mark::LockWaited);
                }
                self.look_again(stage)
            }
        }
    }

    /// Returns the questions in the block of the lock that it is taking.
    fn left_out<'a>(&self, stage: &'a Stage) -> &'a [Asks] {
        let frame = self.frames.last().expect("invariant: an action is in a list");
        let op = stage.program.op(frame.list, frame.next - 1);
        &op.expect("invariant: the action is in its list").left_out
    }

    pub(super) fn then_add(&mut self, stage: &Stage, message: Option<NewMessage>) -> Flowed {
        message.map_or(Ok(Flow::On), |message| self.add_message(stage, message))
    }

    /// Cancels whatever run is active.
    pub(super) fn cancel_active(&mut self, stage: &Stage) -> Flowed {
        let thread = self.thread()?;
        let request = list_runs(thread, Sees::All);
        Ok(self.call(stage, Operation::ListRuns, request, Doing::Cancel(thread)))
    }

    pub(super) fn lock_name(&self, stage: &Stage, lock: &Lock) -> Result<LockName, Leave> {
        let thread = if lock.key.by_thread { Some(self.thread()?) } else { None };
        let document = if lock.key.by_document { Some(self.document()?) } else { None };
        Ok(stage.lock(lock.key, thread, document, self.locals.section))
    }
}

fn list_runs(thread: ThreadId, sees: Sees) -> Request {
    let limit = match sees {
        Sees::All => Page::<id::RunId>::default().limit,
        Sees::Newest => 1,
    };
    Request::ListRuns { thread, page: Page { limit, ..Page::default() } }
}
