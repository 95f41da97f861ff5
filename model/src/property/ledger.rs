//! The ledger: what has been asked and answered so far, as the history tells it.
//!
//! A *request* is what somebody asked for: a job on a document or a section of it, on one intent,
//! or an iteration of a process; and within one of these each of its questions. An actor that gives
//! a key asks for the same as anything else that gives it. A run is to answer its *window*: the
//! client messages that stood in its thread at its creation, behind the last completed run.

use std::ops::Range;

use super::Reason;
use super::asking::{Request, Requests, Step};
use crate::history::{Answer, Cast, Ending, Event, EventIndex, Mark, Operation, What};
use crate::id::{Actor, DocumentId, Id, Job, RunId, ThreadId};
use crate::run::RunStatus;

/// What is known of a client's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageFacts {
    /// Its event.
    pub event: EventIndex,
    /// Who wrote it.
    pub by: Actor,
    /// What it asks for.
    pub request: Option<Request>,
    /// The first message that asked for the same, and who wrote it.
    pub earlier: Option<(EventIndex, Actor)>,
}

/// What is known of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunFacts {
    /// Its creation.
    pub event: EventIndex,
    /// Who created it.
    pub by: Actor,
    /// Where it works.
    pub thread: ThreadId,
    /// What it works for.
    pub document: Option<DocumentId>,
    /// As it stands.
    pub status: RunStatus,
    /// Whether its creator went on without it, and how.
    left: Option<Reason>,
    window: Range<usize>,
    /// What its creator had asked for last, where nothing that they asked for is in the window.
    again: Option<Request>,
}

/// What is known of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobFacts {
    /// Which one.
    pub job: Job,
    /// Its dispatch.
    pub event: EventIndex,
    /// Who dispatched it.
    pub by: Option<Actor>,
    /// Whether an attempt at it came to a good end.
    pub done: bool,
    /// Whether an attempt was its final failure.
    pub failed: bool,
    /// Whether it was dropped, since another one was at work.
    pub dropped: bool,
    /// What happened to the last attempt that did not end well.
    pub stopped: Option<Reason>,
}

/// What is known of a thread: the messages that no completed run has answered, and the active run.
#[derive(Debug, Default, Hash)]
struct ThreadFacts {
    window: Vec<usize>,
    active: Option<RunId>,
    first_writer: Option<Actor>,
}

/// What has been asked and answered so far.
#[derive(Debug, Default, Hash)]
pub struct Ledger {
    /// The runs, by [`RunId`].
    pub runs: Vec<RunFacts>,
    /// The dispatched jobs.
    pub jobs: Vec<JobFacts>,
    /// What has been asked for.
    pub requests: Requests,
    messages: Vec<MessageFacts>,
    windows: Vec<usize>,
    threads: Vec<ThreadFacts>,
    /// Whose call to create a run a fault struck last, and in which way.
    struck: Option<(Actor, Reason)>,
    is_shared: bool,
}

impl Ledger {
    pub(super) fn start(&mut self) {
        self.runs.clear();
        self.jobs.clear();
        self.requests.clear();
        self.messages.clear();
        self.windows.clear();
        for thread in &mut self.threads {
            thread.window.clear();
            thread.active = None;
            thread.first_writer = None;
        }
        self.struck = None;
        self.is_shared = false;
    }

    pub(super) fn step(&mut self, cast: &Cast, index: usize, event: &Event) {
        let index = EventIndex(index);
        match &event.what {
            What::Clicked { .. }
            | What::Dispatched { .. }
            | What::Ignored { .. }
            | What::Skipped { .. }
            | What::IntentOver { .. } => self.asked(cast, index, event),
            What::Ended(ending) => self.ended(event.by, *ending),
            What::Killed { last, death } => {
                let reason = Reason::of_death(*death);
                self.stopped(event.by, reason, Some(reason));
                if *last {
                    self.job_failed(event.by);
                }
            }
            What::Answered { operation, asks, answer: Answer::Refused(error), .. } => {
                let is_rule = error.active_run().is_some();
                let refused = if is_rule { Reason::Refused } else { Reason::Rejected };
                if let (Some(label), Some(by)) = (asks, event.by) {
                    let request = self.requests.request(by, *label);
                    let step = Step::by(index, *operation, Some(by), Some(refused));
                    self.requests.ask(request, label.is_optional, step);
                    self.requests.put(by, request);
                } else if *operation == Operation::CreateRun {
                    self.stopped(event.by, refused, None);
                }
            }
            What::Message { thread, asks, .. } => {
                let by = event.by.expect("invariant: a client's message has a writer");
                let mut earlier = None;
                let request = asks.map(|label| {
                    let request = self.requests.request(by, label);
                    let step = Step::by(index, Operation::AddMessage, Some(by), None);
                    let facts = self.requests.ask(request, label.is_optional, step);
                    earlier = facts.message.replace((index, by));
                    if earlier.is_some() {
                        facts.message = earlier;
                    }
                    self.requests.put(by, request);
                    request
                });
                let place = self.messages.len();
                let thread = *thread;
                self.messages.push(MessageFacts { event: index, by, request, earlier });
                self.wrote(by, thread);
                self.thread(thread).window.push(place);
            }
            What::RunCreated { run, thread, document } => {
                let by = event.by.expect("invariant: a run has a creator");
                self.run_created(index, by, *run, *thread, *document);
            }
            What::RunMoved { run, status, spent } => self.run_moved(*run, *status, *spent),
            What::Marked(Mark::WentOn) => self.left(event.by, Reason::TimedOut),
            What::Fault { clause, call: Some((Operation::CreateRun, _)) } => {
                self.struck = event.by.zip(Reason::of_fault(&cast.faults[usize::from(*clause)]));
            }
            _ => {}
        }
    }

    /// Somebody asks for something otherwise than by a message.
    fn asked(&mut self, cast: &Cast, index: EventIndex, event: &Event) {
        match &event.what {
            What::Clicked { kind, document, same } => {
                // It may come to nothing, but it was asked for.
                let intent = self.requests.intent_of((index, event), *kind, *document, *same);
                let step = Step::by(index, Operation::Click, event.by, Some(Reason::Ignored));
                self.requests.ask_for_job(cast, step, (*kind, intent), (*document, None));
            }
            What::Dispatched { job, document, section, same } => {
                let intent = self.requests.intent_of((index, event), job.kind, *document, *same);
                let (job, by) = (*job, event.by);
                self.jobs.push(JobFacts {
                    job,
                    event: index,
                    by,
                    done: false,
                    failed: false,
                    dropped: false,
                    stopped: None,
                });
                self.requests.dispatched(job, intent);
                let step = Step::by(index, Operation::Dispatch, by, None).with(job);
                self.requests.ask_for_job(cast, step, (job.kind, intent), (*document, *section));
            }
            What::Ignored { kind, document, section, same } => {
                let intent = self.requests.intent_of((index, event), *kind, *document, *same);
                let ignored = Some(Reason::Ignored);
                let step = Step::by(index, Operation::Dispatch, event.by, ignored);
                self.requests.ask_for_job(cast, step, (*kind, intent), (*document, *section));
            }
            What::Skipped { asks } => {
                let by = event.by.expect("invariant: somebody leaves a block out");
                let skipped = Some(Reason::Skipped);
                for label in asks {
                    let request = self.requests.request(by, *label);
                    let step = Step::by(index, Operation::Lock, Some(by), skipped);
                    self.requests.ask(request, label.is_optional, step);
                }
            }
            What::IntentOver { kind, document } => {
                self.requests.intent_is_over(event.by, *kind, *document);
            }
            what => unreachable!("invariant: {what:?} asks for nothing"),
        }
    }

    /// The messages that the run is to answer, oldest first.
    pub fn window(&self, run: RunId) -> impl Iterator<Item = &MessageFacts> + Clone {
        let places = &self.windows[self.runs[run.index()].window.clone()];
        places.iter().map(|place| &self.messages[*place])
    }

    /// The run that locks the thread, if any.
    pub fn active_run(&self, thread: ThreadId) -> Option<RunId> {
        self.threads.get(thread.index()).and_then(|facts| facts.active)
    }

    /// Whether two actors have written to one thread.
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// The client messages of all threads, in the order of their acceptance.
    pub fn messages(&self) -> &[MessageFacts] {
        &self.messages
    }

    fn wrote(&mut self, by: Actor, thread: ThreadId) {
        let first = *self.thread(thread).first_writer.get_or_insert(by);
        self.is_shared |= first != by;
    }

    fn thread(&mut self, thread: ThreadId) -> &mut ThreadFacts {
        let index = thread.index();
        if self.threads.len() <= index {
            self.threads.resize_with(index + 1, ThreadFacts::default);
        }
        &mut self.threads[index]
    }

    /// Somebody cannot go on with what they see to; and how they left their runs, if they did.
    fn stopped(&mut self, by: Option<Actor>, reason: Reason, left: Option<Reason>) {
        let Some(by) = by else { return };
        if let Some(left) = left {
            self.left(Some(by), left);
            let of = by.job();
            if let Some(facts) = self.jobs.iter_mut().rev().find(|facts| Some(facts.job) == of) {
                facts.stopped = Some(reason);
            }
        }
        self.requests.stopped(by, reason);
    }

    /// What happened to the last attempt at somebody's job, if that did not end well.
    pub(super) fn stopped_by(&self, by: Actor) -> Option<Reason> {
        let job = by.job()?;
        self.jobs.iter().rev().find(|facts| facts.job == job)?.stopped
    }

    /// Somebody goes on without waiting for the runs that they have created.
    fn left(&mut self, by: Option<Actor>, how: Reason) {
        for run in self.threads.iter().filter_map(|thread| thread.active) {
            let facts = &mut self.runs[run.index()];
            if Some(facts.by) == by {
                facts.left = Some(how);
            }
        }
    }

    /// Why a run was still active when somebody was refused.
    pub(super) fn activity(&self, cast: &Cast, run: RunId, refused: Option<Actor>) -> Reason {
        let facts = &self.runs[run.index()];
        match facts.status {
            RunStatus::RequiresAction => Reason::WaitsForTools,
            RunStatus::Cancelling => Reason::Cancelling,
            status if !status.is_active() => Reason::Ended,
            _ if refused == Some(facts.by) => facts.left.unwrap_or(Reason::NotAwaited),
            _ if !cast.waits(facts.by) => Reason::NotAwaited,
            _ => facts.left.unwrap_or(Reason::AtWork),
        }
    }

    fn ended(&mut self, by: Option<Actor>, ending: Ending) {
        let reason = match ending {
            Ending::Done | Ending::Released => None,
            Ending::Failed { cause, .. } => Some(Reason::of(cause)),
            Ending::Dropped => Some(Reason::Dropped),
            Ending::Exhausted => Some(Reason::Exhausted),
        };
        if let Some(reason) = reason {
            let timed_out = reason == Reason::TimedOut;
            let left = if timed_out { Reason::TimedOut } else { Reason::NotAwaited };
            self.stopped(by, reason, Some(left));
        } else {
            self.left(by, Reason::NotAwaited);
        }
        match ending {
            Ending::Failed { last: true, .. } | Ending::Exhausted => self.job_failed(by),
            Ending::Done => {
                if let Some(facts) = self.job(by) {
                    facts.done = true;
                }
            }
            Ending::Dropped => {
                if let Some(facts) = self.job(by) {
                    facts.dropped = true;
                }
            }
            Ending::Failed { last: false, .. } | Ending::Released => {}
        }
    }

    fn job_failed(&mut self, by: Option<Actor>) {
        if let Some(facts) = self.job(by) {
            facts.failed = true;
        }
    }

    fn job(&mut self, by: Option<Actor>) -> Option<&mut JobFacts> {
        let job = by.and_then(Actor::job)?;
        let facts = self.jobs.iter_mut().rev().find(|facts| facts.job == job);
        Some(facts.expect("invariant: a job ends after its dispatch"))
    }

    fn run_created(
        &mut self,
        event: EventIndex,
        by: Actor,
        run: RunId,
        thread: ThreadId,
        document: Option<DocumentId>,
    ) {
        assert_eq!(run.index(), self.runs.len(), "invariant: runs are numbered as they come");
        self.wrote(by, thread);
        let from = self.windows.len();
        let window = std::mem::take(&mut self.thread(thread).window);
        self.windows.extend_from_slice(&window);
        let facts = self.thread(thread);
        facts.window = window;
        facts.active = Some(run);
        let window = from..self.windows.len();
        let again = self.asked_before(by, &window);
        let status = RunStatus::Queued;
        let struck = self.struck.take_if(|(who, _)| *who == by);
        let left = struck.map(|(_, how)| how);
        self.runs.push(RunFacts { event, by, thread, document, status, left, window, again });
    }

    /// What somebody has asked for last, if none of what they asked for is in this window.
    fn asked_before(&self, by: Actor, window: &Range<usize>) -> Option<Request> {
        // Most often the last one is its own.
        let mut within =
            self.windows[window.clone()].iter().rev().map(|place| &self.messages[*place]);
        let is_own = |message: &MessageFacts| {
            message.request.is_some() && works_for_the_same(message.by, by)
        };
        if within.any(is_own) {
            return None;
        }
        self.requests.last_of(by)
    }

    /// What a run is paid for: what it is to answer, and what its creator has it answer again.
    pub fn paid_for(&self, run: RunId) -> impl Iterator<Item = Request> {
        let again = self.runs[run.index()].again;
        self.window(run).filter_map(|message| message.request).chain(again)
    }

    fn run_moved(&mut self, run: RunId, status: RunStatus, spent: bool) {
        let facts = &mut self.runs[run.index()];
        let before = std::mem::replace(&mut facts.status, status);
        if status.is_active() {
            return;
        }
        let reason = match status {
            RunStatus::Cancelled => Reason::Cancelled,
            RunStatus::Expired if before == RunStatus::RequiresAction => Reason::WaitsForTools,
            _ => Reason::RunFailed,
        };
        let (thread, window, again) = (facts.thread, facts.window.clone(), facts.again);
        let completed = status == RunStatus::Completed;
        let is_paid = spent && (completed || status == RunStatus::Cancelled);
        for place in window.clone() {
            let Some(request) = self.messages[self.windows[place]].request else { continue };
            self.requests.settle(request, (!completed).then_some(reason), is_paid.then_some(run));
        }
        if let Some(request) = again {
            let facts = self.requests.facts_mut(request);
            facts.paid_for = facts.paid_for.or(is_paid.then_some(run));
        }
        let facts = self.thread(thread);
        if facts.active == Some(run) {
            facts.active = None;
        }
        if completed {
            let answered = window.len().min(facts.window.len());
            facts.window.drain(..answered);
        }
    }
}

/// The same user or process, or attempts at the same job.
pub(super) fn works_for_the_same(one: Actor, other: Actor) -> bool {
    match (one.job(), other.job()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}
