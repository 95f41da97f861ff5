//! Actions, each by what it asks of the world.

use deadheat_model::api::{Page, Request};
use deadheat_model::history::{Cause, Operation};
use deadheat_model::id::{self, AssistantId, DocumentId, Id, ThreadId, ToolCallId};
use deadheat_model::run::Run;
use deadheat_model::thread::Role;

use super::state::{Block, Doing, Sent};
use super::{At, Flow, Flowed, Leave, Machine, Stage, throw};
use crate::agenda::Window;
use crate::scenario::{Action, NewMessage, ReplyPick, Until};
use crate::services::Query;
use crate::stage::{EMPTY, ListId, Op};

impl Machine {
    /// Performs an action, or enters a block.
    pub(super) fn perform(&mut self, stage: &Stage, op: &Op) -> Flowed {
        let list = op.list;
        let flow = match &op.action {
            Action::LoadDocument => {
                let query = Query::Load(self.document()?);
                self.query(stage, Operation::LoadDocument, query, Doing::Thread)
            }
            Action::SaveThread(overwrite) => {
                let query = Query::SaveThread(self.document()?, self.thread()?, *overwrite);
                self.query(stage, Operation::SaveThread, query, Doing::Thread)
            }
            Action::SaveReply => {
                let document = self.document()?;
                let (_, run) = self.locals.reply.ok_or(throw(Cause::NoReply))?;
                let query = Query::SaveReply(document, self.locals.section, run);
                self.query(stage, Operation::SaveReply, query, Doing::Nothing)
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
                let name = self.lock_name(stage, lock)?;
                let doing = Doing::Lock { lock: *lock, name, list, has_waited: false };
                self.begin_waiting(stage, Operation::Lock, doing)
            }
            Action::Try { on, .. } => {
                self.enter(list, Block::Try { on: *on, otherwise: op.otherwise })
            }
            Action::Retry { on, times, wait, .. } => {
                self.enter(list, Block::Retry { on: *on, left: *times, wait: *wait })
            }
            Action::If { local, is_set, .. } => {
                let is_so = self.locals.is_set(*local) == *is_set;
                self.enter(if is_so { list } else { op.otherwise }, Block::Once)
            }
            Action::Repeat { until, pause, .. } => self.repeat(list, *until, *pause),
            Action::ForEachSection { pause, .. } => self.each_section(stage, list, *pause),
        };
        Ok(flow)
    }

    /// Queries the documents table.
    fn query(&mut self, stage: &Stage, operation: Operation, query: Query, doing: Doing) -> Flow {
        self.ask(stage, operation, Sent::Query(query), doing)
    }

    /// Begins to repeat a list.
    fn repeat(&mut self, list: ListId, until: Until, pause: Window) -> Flow {
        let (outer, deadline) = (self.locals.iteration.replace(1), self.depth);
        let list = if until == Until::Times(0) { EMPTY } else { list };
        self.push(list, Block::Repeat { iteration: 1, until, pause, deadline, outer });
        match until {
            Until::Times(_) => Flow::On,
            Until::During(bound) => {
                self.at = At::Bound;
                self.begin(Operation::Repeat, Some((bound, deadline)))
            }
        }
    }

    /// Begins a list for each section of the document.
    fn each_section(&mut self, stage: &Stage, list: ListId, pause: Window) -> Flow {
        let sections = |document| stage.cast.document(document).sections;
        let last = self.locals.document.map_or(0, sections);
        let outer = self.locals.section.replace(1);
        let list = if last == 0 { EMPTY } else { list };
        self.enter(list, Block::Sections { last, pause, outer })
    }

    /// Enters a block.
    fn enter(&mut self, list: ListId, block: Block) -> Flow {
        self.push(list, block);
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
