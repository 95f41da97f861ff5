//! Actions, each by what it asks of the world.

use deadheat_model::api::{Page, Request};
use deadheat_model::history::{Cause, Operation};
use deadheat_model::id::{self, AssistantId, DocumentId, Id, ThreadId, ToolCallId};
use deadheat_model::run::Run;
use deadheat_model::thread::Role;

use super::blocks::Block;
use super::calls::Sent;
use super::waits::Doing;
use super::{At, Flow, Flowed, Leave, Machine, Stage, throw};
use crate::scenario::{Action, NewMessage, ReplyPick, Until};
use crate::services::Query;
use crate::stage::{EMPTY, Op};

impl Machine {
    /// Performs an action, or enters a block.
    pub(super) fn perform(&mut self, stage: &Stage, op: &Op) -> Flowed {
        let flow = match &op.action {
            Action::LoadDocument | Action::SaveThread(_) | Action::SaveReply => {
                self.query(stage, &op.action)?
            }
            Action::CreateThread => {
                let request = Request::CreateThread;
                self.call(stage, Operation::CreateThread, request, Doing::Thread)
            }
            Action::AddMessage(message) => self.add_message(stage, *message)?,
            Action::WaitIdle(wait) => {
                let doing = Doing::Idle { thread: self.thread()?, wait: *wait, message: None };
                self.begin_waiting(stage, Operation::WaitIdle, doing)
            }
            Action::SafeAddMessage(message, wait) => {
                let (thread, message) = (self.thread()?, Some(*message));
                let doing = Doing::Idle { thread, wait: *wait, message };
                self.begin_waiting(stage, Operation::WaitIdle, doing)
            }
            Action::CreateRun => {
                let (thread, assistant) = (self.thread()?, AssistantId::at(0));
                let request = Request::CreateRun { thread, assistant };
                self.call(stage, Operation::CreateRun, request, Doing::Run)
            }
            Action::AwaitRun { bound, poll } => {
                let Run { thread, id: run, .. } = self.run()?;
                let doing = Doing::Over { thread, run, bound: *bound, poll: *poll };
                self.begin_waiting(stage, Operation::AwaitRun, doing)
            }
            Action::CancelRun => {
                let Run { thread, id: run, .. } = self.run()?;
                let request = Request::CancelRun { thread, run };
                self.call(stage, Operation::CancelRun, request, Doing::Run)
            }
            Action::CancelActive => self.cancel_active(stage)?,
            Action::SubmitOutputs => {
                let Run { thread, id: run, calls, .. } = self.run()?;
                let calls = (0..usize::from(calls)).map(ToolCallId::at).collect();
                let request = Request::SubmitToolOutputs { thread, run, calls };
                self.call(stage, Operation::SubmitOutputs, request, Doing::Run)
            }
            Action::ReadReply(pick) => self.read_reply(stage, *pick)?,
            Action::Click { job, document, same } => {
                let sent = Sent::Click(self.wanted(*job, *document, *same));
                self.ask(stage, Operation::Click, sent, Doing::Nothing)
            }
            Action::Dispatch { job, document, same } => {
                let document = document.or(self.locals.document).ok_or(throw(Cause::NoDocument))?;
                let sent = Sent::Dispatch(self.wanted(*job, document, *same));
                self.ask(stage, Operation::Dispatch, sent, Doing::Nothing)
            }
            Action::Sleep(window) => {
                self.owe(stage.slept(*window, self));
                Flow::On
            }
            Action::Stop => return Err(Leave::Stop),
            Action::Fail => return Err(throw(Cause::Failed)),
            Action::Lock { lock, .. } => {
                let (name, list) = (self.lock_name(stage, lock)?, op.list);
                let doing = Doing::Lock { lock: *lock, name, list, has_waited: false };
                self.begin_waiting(stage, Operation::Lock, doing)
            }
            block => self.enter(stage, block, op),
        };
        Ok(flow)
    }

    /// Queries the documents table.
    fn query(&mut self, stage: &Stage, action: &Action) -> Flowed {
        let document = self.document()?;
        let (operation, query, doing) = match action {
            Action::SaveThread(overwrite) => {
                let query = Query::SaveThread(document, self.thread()?, *overwrite);
                (Operation::SaveThread, query, Doing::Thread)
            }
            Action::SaveReply => {
                let (_, run) = self.locals.reply.ok_or(throw(Cause::NoReply))?;
                let query = Query::SaveReply(document, self.locals.section, run);
                (Operation::SaveReply, query, Doing::Nothing)
            }
            _ => (Operation::LoadDocument, Query::Load(document), Doing::Thread),
        };
        Ok(self.ask(stage, operation, Sent::Query(query), doing))
    }

    /// Enters a block.
    fn enter(&mut self, stage: &Stage, block: &Action, op: &Op) -> Flow {
        let (list, otherwise) = (op.list, op.otherwise);
        match block {
            Action::Try { on, .. } => self.push(list, Block::Try { on: *on, otherwise }),
            Action::Retry { on, times, wait, .. } => {
                self.push(list, Block::Retry { on: *on, left: *times, wait: *wait });
            }
            Action::If { local, is_set, .. } => {
                let is_so = self.locals.is_set(*local) == *is_set;
                self.push(if is_so { list } else { otherwise }, Block::Once);
            }
            Action::Repeat { until, pause, .. } => {
                let outer = self.locals.iteration.replace(1);
                let (until, pause, deadline) = (*until, *pause, self.depth);
                let list = if until == Until::Times(0) { EMPTY } else { list };
                self.push(list, Block::Repeat { iteration: 1, until, pause, deadline, outer });
                if let Until::During(bound) = until {
                    self.at = At::Bound;
                    return self.begin(Operation::Repeat, Some((bound, deadline)));
                }
            }
            Action::ForEachSection { pause, .. } => {
                let sections = |document| stage.cast.document(document).sections;
                let last = self.locals.document.map_or(0, sections);
                let outer = self.locals.section.replace(1);
                let list = if last == 0 { EMPTY } else { list };
                self.push(list, Block::Sections { last, pause: *pause, outer });
            }
            action => unreachable!("invariant: {} is no block", action.verb()),
        }
        Flow::On
    }

    pub(super) fn add_message(&mut self, stage: &Stage, message: NewMessage) -> Flowed {
        let (thread, role, text) = (self.thread()?, Role::User, message.text);
        let asks = self.label(stage, message, self.locals.section);
        let sent = Sent::Request(Request::AddMessage { thread, role, text }, asks);
        Ok(self.ask(stage, Operation::AddMessage, sent, Doing::Message))
    }

    fn read_reply(&mut self, stage: &Stage, pick: ReplyPick) -> Flowed {
        let (thread, run, limit) = match pick {
            ReplyPick::Run => {
                let Run { thread, id, .. } = self.run()?;
                (thread, Some(id), Page::<id::MessageId>::default().limit)
            }
            ReplyPick::Newest => (self.thread()?, None, 1),
        };
        let page = Page { limit, ..Page::default() };
        let request = Request::ListMessages { thread, run, page };
        Ok(self.call(stage, Operation::ListMessages, request, Doing::Reply))
    }

    pub(super) fn thread(&self) -> Result<ThreadId, Leave> {
        self.locals.thread.ok_or(throw(Cause::NoThread))
    }

    pub(super) fn document(&self) -> Result<DocumentId, Leave> {
        self.locals.document.ok_or(throw(Cause::NoDocument))
    }

    fn run(&self) -> Result<Run, Leave> {
        self.locals.run.ok_or(throw(Cause::NoRun))
    }
}
