//! The simulated Assistants server: a state machine without a clock, chance or I/O.
//!
//! [`Server::handle`] answers a request and says what it starts. [`Server::fire`] carries out what
//! was started, once the caller has decided that it is due. Checking that a thread is free and
//! locking it are one atomic step, so two clients can never both get through.

mod rules;

use std::hash::{Hash, Hasher};

pub use self::rules::{Due, Effect, Outcome, Plan, Rules};

use crate::api::{ApiError, LIMIT_MAX, List, Order, Page, Request, Response, WrongOutputs};
use crate::id::{AssistantId, Id, MessageId, RunId, TextId, ThreadId, ToolCallId};
use crate::run::{Run, RunStatus};
use crate::switches::{UnknownCursor, UnknownToolCall};
use crate::thread::{Message, Role, Thread};
use crate::time::Window;

/// An assistant, reduced to what the state machine needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assistant {
    /// Whether it has instructions of its own, which allow a run in a thread without messages.
    pub has_instructions: bool,
}

#[derive(Clone, Copy, Debug, Hash)]
struct RunState {
    run: Run,
    plan: Plan,
    /// How often it has asked for tool outputs.
    turns: u32,
    started: bool,
    writing: bool,
}

/// The server. [`Server::clear`] resets it for the next of many trials and keeps its allocated
/// memory.
#[derive(Clone, Debug)]
pub struct Server {
    rules: Rules,
    assistants: Vec<Assistant>,
    threads: Vec<Thread>,
    spare: Vec<Thread>,
    messages: Vec<Message>,
    runs: Vec<RunState>,
}

/// Hashes the server's objects, which are all that its answers depend on.
impl Hash for Server {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.threads.hash(hasher);
        self.messages.hash(hasher);
        self.runs.hash(hasher);
    }
}

type Answer = Result<Response, ApiError>;

impl Server {
    /// Returns a server without threads.
    pub fn new(rules: Rules, assistants: Vec<Assistant>) -> Server {
        Server {
            rules,
            assistants,
            threads: Vec::new(),
            spare: Vec::new(),
            messages: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Forgets every thread, message and run.
    pub fn clear(&mut self) {
        for mut thread in self.threads.drain(..) {
            thread.clear();
            self.spare.push(thread);
        }
        self.messages.clear();
        self.runs.clear();
    }

    /// Answers a request. `plan` decides what a run will do. It is called once, and only if this
    /// request sets a run to work. All other results are added to `effects`, in order.
    pub fn handle(
        &mut self,
        request: &Request,
        plan: &mut dyn FnMut() -> Plan,
        effects: &mut Vec<Effect>,
    ) -> Answer {
        match *request {
            Request::CreateThread => Ok(Response::Thread(self.new_thread())),
            Request::RetrieveThread { thread } => {
                self.thread(thread).map(|_| Response::Thread(thread))
            }
            Request::AddMessage { thread, role, text } => self.add_message(thread, role, text),
            Request::RetrieveMessage { thread, message } => {
                self.message(thread, message).map(Response::Message)
            }
            Request::ListMessages { thread, run, page } => self.list_messages(thread, run, page),
            Request::CreateRun { thread, assistant } => {
                self.create_run(thread, assistant, plan, effects)
            }
            Request::CreateThreadAndRun { assistant, text } => {
                self.create_thread_and_run(assistant, text, plan, effects)
            }
            Request::RetrieveRun { thread, run } => {
                self.run(thread, run).map(|state| Response::Run(state.run))
            }
            Request::ListRuns { thread, page } => self.list_runs(thread, page),
            Request::CancelRun { thread, run } => self.cancel(thread, run, effects),
            Request::SubmitToolOutputs { thread, run, ref calls } => {
                self.submit(thread, run, calls, plan, effects)
            }
        }
    }

    /// Carries out what was started earlier.
    pub fn fire(&mut self, due: Due, effects: &mut Vec<Effect>) {
        let run = due.run();
        let state = &self.runs[run.index()];
        match due {
            Due::RunStarts(_) => self.work(run, effects),
            Due::RunStops(_) => self.end(run, RunStatus::Cancelled, effects),
            Due::RunExpires(_) => self.end(run, RunStatus::Expired, effects),
            Due::ThreadFrees(_) => self.threads[state.run.thread.index()].active = None,
            Due::RunEnds(_) => match state.plan.outcome {
                Outcome::Completed => self.end(run, RunStatus::Completed, effects),
                Outcome::Failed => self.end(run, RunStatus::Failed, effects),
                Outcome::Incomplete => self.end(run, RunStatus::Incomplete, effects),
                Outcome::NeedsAction(calls) => {
                    let state = &mut self.runs[run.index()];
                    state.run.calls = calls;
                    state.turns += 1;
                    self.set_status(run, RunStatus::RequiresAction, effects);
                }
                Outcome::Stuck => unreachable!("invariant: a stuck run has no end to fire"),
            },
        }
    }

    /// Hashes what can still be read: the runs that lock a thread, that are its newest ones, that
    /// are at work, or that somebody refers to, and the messages if somebody lists them.
    pub fn digest<H: Hasher>(&self, referred: &[RunId], lists_messages: bool, hasher: &mut H) {
        for thread in &self.threads {
            (thread.active, thread.has_user_message, thread.runs.last()).hash(hasher);
            if lists_messages {
                thread.messages.hash(hasher);
            }
        }
        if lists_messages {
            self.messages.hash(hasher);
        }
        for state in &self.runs {
            let id = state.run.id;
            let thread = &self.threads[state.run.thread.index()];
            let is_read = state.run.status.is_active()
                || thread.active == Some(id)
                || thread.runs.last() == Some(&id)
                || referred.contains(&id);
            if is_read {
                state.hash(hasher);
            }
        }
    }

    /// Returns the run that locks the thread, if any.
    pub fn active_run(&self, thread: ThreadId) -> Option<RunId> {
        self.threads.get(thread.index()).and_then(|thread| thread.active)
    }

    /// Returns a run, whatever thread it belongs to.
    pub fn find_run(&self, run: RunId) -> Option<Run> {
        self.runs.get(run.index()).map(|state| state.run)
    }

    fn new_thread(&mut self) -> ThreadId {
        let id = ThreadId::at(self.threads.len());
        self.threads.push(self.spare.pop().unwrap_or_default());
        id
    }

    fn add_message(&mut self, thread: ThreadId, role: Role, text: TextId) -> Answer {
        if let Some(run) = self.thread(thread)?.active {
            return Err(ApiError::MessageWhileRunActive { thread, run });
        }
        let message = self.push_message(thread, role, Some(text), None, true);
        Ok(Response::Message(message))
    }

    fn create_run(
        &mut self,
        thread: ThreadId,
        assistant: AssistantId,
        plan: &mut dyn FnMut() -> Plan,
        effects: &mut Vec<Effect>,
    ) -> Answer {
        let state = self.thread(thread)?;
        let has_instructions = self.assistant(assistant)?.has_instructions;
        if let Some(run) = state.active {
            return Err(ApiError::ThreadHasActiveRun { thread, run });
        }
        if !state.has_user_message && !has_instructions {
            return Err(ApiError::InvalidThread);
        }
        Ok(Response::Run(self.push_run(thread, assistant, plan(), effects)))
    }

    fn create_thread_and_run(
        &mut self,
        assistant: AssistantId,
        text: Option<TextId>,
        plan: &mut dyn FnMut() -> Plan,
        effects: &mut Vec<Effect>,
    ) -> Answer {
        let has_instructions = self.assistant(assistant)?.has_instructions;
        if text.is_none() && !has_instructions {
            return Err(ApiError::InvalidThread);
        }
        let thread = self.new_thread();
        if text.is_some() {
            self.push_message(thread, Role::User, text, None, true);
        }
        Ok(Response::Run(self.push_run(thread, assistant, plan(), effects)))
    }

    fn cancel(&mut self, thread: ThreadId, run: RunId, effects: &mut Vec<Effect>) -> Answer {
        let status = self.run(thread, run)?.run.status;
        if !status.is_active() || status == RunStatus::Cancelling {
            return Err(ApiError::CannotCancel { status });
        }
        let RunState { plan, .. } = self.runs[run.index()];
        let will_end = matches!(plan.outcome, Outcome::Completed | Outcome::Failed);
        if plan.outruns_cancel && will_end && status == RunStatus::InProgress {
            self.runs[run.index()].writing = true;
            self.set_status(run, RunStatus::Cancelling, effects);
            return Ok(Response::Run(self.runs[run.index()].run));
        }
        effects.push(Effect::Clear(run));
        let at_once = status == RunStatus::RequiresAction
            && self.rules.switches.cancel_waiting_run == RunStatus::Cancelled;
        if at_once {
            self.end(run, RunStatus::Cancelled, effects);
        } else {
            self.runs[run.index()].writing = status == RunStatus::InProgress;
            self.set_status(run, RunStatus::Cancelling, effects);
            effects.push(Effect::Start(Due::RunStops(run), self.rules.cancel_time));
        }
        Ok(Response::Run(self.runs[run.index()].run))
    }

    fn submit(
        &mut self,
        thread: ThreadId,
        run: RunId,
        calls: &[ToolCallId],
        plan: &mut dyn FnMut() -> Plan,
        effects: &mut Vec<Effect>,
    ) -> Answer {
        let Run { status, calls: asked, .. } = self.run(thread, run)?.run;
        if status != RunStatus::RequiresAction {
            return Err(ApiError::OutputsNotAccepted { status });
        }
        let expected: Vec<ToolCallId> = (0..usize::from(asked)).map(ToolCallId::at).collect();
        let is_missing = expected.iter().any(|call| !calls.contains(call));
        let is_unknown = calls.iter().any(|call| !expected.contains(call));
        let refuses_unknown = self.rules.switches.unknown_tool_call == UnknownToolCall::Refuse;
        if is_missing || (is_unknown && refuses_unknown) {
            let got = calls.to_vec();
            return Err(ApiError::WrongOutputs(Box::new(WrongOutputs { expected, got })));
        }
        let state = &mut self.runs[run.index()];
        state.run.calls = 0;
        state.plan = plan();
        let has_enough = state.turns >= self.rules.tool_turns;
        if has_enough && matches!(state.plan.outcome, Outcome::NeedsAction(_)) {
            state.plan.outcome = Outcome::Completed;
        }
        self.set_status(run, RunStatus::Queued, effects);
        let reply = self.runs[run.index()].run;
        self.queue(run, effects);
        Ok(Response::Run(reply))
    }

    fn list_messages(&self, thread: ThreadId, run: Option<RunId>, page: Page<MessageId>) -> Answer {
        let ids = &self.thread(thread)?.messages;
        let message = |id: MessageId| {
            let message = self.messages[id.index()];
            (run.is_none() || message.run == run).then_some(message)
        };
        self.page(ids, page, message, ApiError::NoMessage).map(Response::Messages)
    }

    fn list_runs(&self, thread: ThreadId, page: Page<RunId>) -> Answer {
        let ids = &self.thread(thread)?.runs;
        let run = |id: RunId| Some(self.runs[id.index()].run);
        self.page(ids, page, run, ApiError::NoRun).map(Response::Runs)
    }

    /// Cuts a page out of a list that is stored oldest first. `object` looks up an id and omits
    /// what was not asked for. `before` selects the objects immediately before the cursor (D, spec:
    /// "fetch the previous page"; R, supercompat `paginationWithBeforeCursor`).
    fn page<I: Id, T>(
        &self,
        oldest_first: &[I],
        page: Page<I>,
        object: impl Fn(I) -> Option<T>,
        unknown: fn(I) -> ApiError,
    ) -> Result<List<T>, ApiError> {
        if page.limit > LIMIT_MAX {
            return Err(ApiError::LimitAboveMaximum(page.limit));
        }
        if page.limit < 1 {
            return Err(ApiError::LimitBelowMinimum(page.limit));
        }
        let (limit, length) = (page.limit as usize, oldest_first.len());
        let in_order = |index: usize| match page.order {
            Order::OldestFirst => index,
            Order::NewestFirst => length - 1 - index,
        };
        let place = |cursor: Option<I>| match cursor.map(|id| (id, oldest_first.binary_search(&id)))
        {
            None => Ok(None),
            Some((_, Ok(index))) => Ok(Some(in_order(index))),
            Some((id, Err(_))) => Err(unknown(id)),
        };
        let (after, before) = match (place(page.after), place(page.before)) {
            (Ok(after), Ok(before)) => (after, before),
            _ if self.rules.switches.unknown_cursor == UnknownCursor::Empty => {
                return Ok(List { data: Vec::new(), has_more: false });
            }
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        let from = after.map_or(0, |index| index + 1);
        let to = before.unwrap_or(length).max(from);
        let mut found = (from..to).map(in_order).filter_map(|index| object(oldest_first[index]));
        if before.is_none() {
            let data = found.by_ref().take(limit).collect();
            return Ok(List { data, has_more: found.next().is_some() });
        }
        let mut data: Vec<T> = found.collect();
        let has_more = data.len() > limit;
        data.drain(..data.len().saturating_sub(limit));
        Ok(List { data, has_more })
    }

    fn push_message(
        &mut self,
        thread: ThreadId,
        role: Role,
        text: Option<TextId>,
        run: Option<RunId>,
        whole: bool,
    ) -> Message {
        let id = MessageId::at(self.messages.len());
        let message = Message { id, thread, role, text, run, whole };
        self.messages.push(message);
        let state = &mut self.threads[thread.index()];
        state.messages.push(id);
        state.has_user_message |= role == Role::User;
        message
    }

    fn push_run(
        &mut self,
        thread: ThreadId,
        assistant: AssistantId,
        plan: Plan,
        effects: &mut Vec<Effect>,
    ) -> Run {
        let id = RunId::at(self.runs.len());
        let run = Run { id, thread, assistant, status: RunStatus::Queued, calls: 0 };
        self.runs.push(RunState { run, plan, turns: 0, started: false, writing: false });
        let state = &mut self.threads[thread.index()];
        state.runs.push(id);
        state.active = Some(id);
        let longest = self.rules.queue_time + self.rules.run_time;
        let ends_by_itself = !matches!(plan.outcome, Outcome::NeedsAction(_) | Outcome::Stuck);
        if !ends_by_itself || longest.latest >= self.rules.expires_after {
            let expiry = Window::exactly(self.rules.expires_after);
            effects.push(Effect::Start(Due::RunExpires(id), expiry));
        }
        self.queue(id, effects);
        run
    }

    fn queue(&mut self, run: RunId, effects: &mut Vec<Effect>) {
        if self.rules.queue_time.is_now() {
            self.work(run, effects);
        } else {
            effects.push(Effect::Start(Due::RunStarts(run), self.rules.queue_time));
        }
    }

    fn work(&mut self, run: RunId, effects: &mut Vec<Effect>) {
        self.runs[run.index()].started = true;
        self.set_status(run, RunStatus::InProgress, effects);
        if self.runs[run.index()].plan.outcome != Outcome::Stuck {
            effects.push(Effect::Start(Due::RunEnds(run), self.rules.run_time));
        }
    }

    /// Ends a run, frees its thread, and keeps what the run has written.
    fn end(&mut self, run: RunId, status: RunStatus, effects: &mut Vec<Effect>) {
        let RunState { run: Run { thread, status: before, .. }, writing, plan, .. } =
            self.runs[run.index()];
        effects.push(Effect::Clear(run));
        self.set_status(run, status, effects);
        match plan.lag {
            None => self.threads[thread.index()].active = None,
            Some(lag) => effects.push(Effect::Start(Due::ThreadFrees(run), lag)),
        }
        let was_writing = writing || before == RunStatus::InProgress;
        let is_whole = status == RunStatus::Completed;
        let leaves_part = status == RunStatus::Incomplete
            || (was_writing && self.rules.switches.keeps_partial_message);
        if is_whole || leaves_part {
            self.push_message(thread, Role::Assistant, None, Some(run), is_whole);
        }
    }

    fn set_status(&mut self, run: RunId, status: RunStatus, effects: &mut Vec<Effect>) {
        let state = &mut self.runs[run.index()];
        let before = state.run.status;
        assert!(before.may_become(status), "invariant: {run} cannot go from {before} to {status}");
        state.run.status = status;
        effects.push(Effect::Moved { run, status, spent: state.started });
    }

    fn thread(&self, id: ThreadId) -> Result<&Thread, ApiError> {
        self.threads.get(id.index()).ok_or(ApiError::NoThread(id))
    }

    fn assistant(&self, id: AssistantId) -> Result<Assistant, ApiError> {
        self.assistants.get(id.index()).copied().ok_or(ApiError::NoAssistant(id))
    }

    fn run(&self, thread: ThreadId, id: RunId) -> Result<&RunState, ApiError> {
        self.thread(thread)?;
        let state = self.runs.get(id.index()).filter(|state| state.run.thread == thread);
        state.ok_or(ApiError::NoRun(id))
    }

    fn message(&self, thread: ThreadId, id: MessageId) -> Result<Message, ApiError> {
        self.thread(thread)?;
        let message = self.messages.get(id.index()).filter(|message| message.thread == thread);
        message.copied().ok_or(ApiError::NoMessage(id))
    }
}
