//! The ledger: what has been asked and answered so far, according to the history.
//!
//! A *request* is something that an actor asked for. It belongs to a job on a document or a section
//! of it, on one intent, or to an iteration of a process. Each question within one of these is a
//! request. Actors that use the same key ask for the same thing. A run is to answer its *window*:
//! the client messages that were in its thread at its creation, after the last completed run.

mod runs;

use std::hash::{Hash, Hasher};
use std::ops::Range;

use super::asking::{Request, Requests, Step};
use super::{PropertyId, Reason};
use crate::digest::{Digester, hash_set};
use crate::history::{Answer, Cast, Ending, Event, EventIndex, Label, Mark, Operation, What};
use crate::id::{Actor, DocumentId, Id, Job, RunId, ThreadId};
use crate::run::RunStatus;

/// What is known about a client's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageFacts {
    /// Its event.
    pub event: EventIndex,
    /// The actor that wrote it.
    pub by: Actor,
    /// What it asks for.
    pub request: Option<Request>,
    /// The first message that asked for the same thing, and the actor that wrote it.
    pub earlier: Option<(EventIndex, Actor)>,
}

/// What is known about a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunFacts {
    /// Its creation.
    pub event: EventIndex,
    /// The actor that created it.
    pub by: Actor,
    /// The thread that it works on.
    pub thread: ThreadId,
    /// The document that it works for.
    pub document: Option<DocumentId>,
    /// Its status.
    pub status: RunStatus,
    /// How its creator went on without it, if it did.
    left: Option<Reason>,
    window: Range<usize>,
    /// What its creator asked for last, if the window contains nothing that the creator asked for.
    again: Option<Request>,
}

/// What is known about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobFacts {
    /// Which one.
    pub job: Job,
    /// Its dispatch.
    pub event: EventIndex,
    /// The actor that dispatched it.
    pub by: Option<Actor>,
    /// Whether an attempt at it ended well.
    pub done: bool,
    /// Whether an attempt was its final failure.
    pub failed: bool,
    /// Whether it was dropped because another one was at work.
    pub dropped: bool,
    /// What happened to the last attempt that did not end well.
    pub stopped: Option<Reason>,
}

/// What is known about a thread: the messages that no completed run has answered, and the active
/// run.
#[derive(Clone, Debug, Default, Hash)]
struct ThreadFacts {
    window: Vec<usize>,
    active: Option<RunId>,
    first_writer: Option<Actor>,
}

/// What has been asked and answered so far.
#[derive(Clone, Debug, Default, Hash)]
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
    /// The actor whose call to create a run a fault struck last, and the way in which it did.
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
                self.message_added(index, by, *thread, *asks);
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
            What::Started { .. }
            | What::Answered { .. }
            | What::RowRead { .. }
            | What::ThreadSaved { .. }
            | What::ReplySaved { .. }
            | What::Marked(_)
            | What::End(_)
            | What::LockTaken { .. }
            | What::LockBusy { .. }
            | What::LockLeft { .. }
            | What::LockFreed { .. }
            | What::Paused
            | What::Resumed
            | What::Fault { .. } => {}
        }
    }

    fn message_added(
        &mut self,
        index: EventIndex,
        by: Actor,
        thread: ThreadId,
        asks: Option<Label>,
    ) {
        let mut earlier = None;
        let request = asks.map(|label| {
            let request = self.requests.request(by, label);
            let step = Step::by(index, Operation::AddMessage, Some(by), None);
            let facts = self.requests.ask(request, label.is_optional, step);
            earlier = facts.message;
            facts.message.get_or_insert((index, by));
            self.requests.put(by, request);
            request
        });
        let place = self.messages.len();
        self.messages.push(MessageFacts { event: index, by, request, earlier });
        self.wrote(by, thread);
        self.thread(thread).window.push(place);
    }

    /// Records that an actor asks for something without a message.
    fn asked(&mut self, cast: &Cast, index: EventIndex, event: &Event) {
        match &event.what {
            What::Clicked { kind, document, same } => {
                // It may have no effect, but it was asked for.
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
            what @ (What::Started { .. }
            | What::Ended(_)
            | What::Answered { .. }
            | What::Message { .. }
            | What::RunCreated { .. }
            | What::RunMoved { .. }
            | What::RowRead { .. }
            | What::ThreadSaved { .. }
            | What::ReplySaved { .. }
            | What::Marked(_)
            | What::End(_)
            | What::LockTaken { .. }
            | What::LockBusy { .. }
            | What::LockLeft { .. }
            | What::LockFreed { .. }
            | What::Killed { .. }
            | What::Paused
            | What::Resumed
            | What::Fault { .. }) => unreachable!("invariant: {what:?} asks for nothing"),
        }
    }

    /// Hashes what decides whether these properties break in the future.
    pub(super) fn digest<H: Digester>(&self, asked: &[PropertyId], hasher: &mut H) {
        let asks = |these: &[PropertyId]| these.iter().any(|one| asked.contains(one));
        if asks(&[PropertyId::EveryJobSucceeds]) {
            hash_set(self.jobs.iter().map(|job| (job.job, job.done, job.failed)), hasher);
        }
        let needs_requests = asked.iter().any(|property| property.reads_requests());
        let needs_answers = asks(&[PropertyId::RightAnswer]);
        if needs_requests {
            self.requests.digest(hasher);
        }
        let is_active = |facts: &&RunFacts| facts.status.is_active();
        if asks(&[PropertyId::ContextKept]) {
            for facts in self.runs.iter().filter(is_active) {
                (facts.thread, facts.document).hash(hasher);
            }
        }
        if !needs_requests && !needs_answers {
            return;
        }
        for (place, facts) in self.runs.iter().enumerate() {
            if facts.status.is_active() {
                (place, facts.by, facts.thread).hash(hasher);
                facts.again.map(|request| self.requests.name(request, hasher)).hash(hasher);
                let window = &self.windows[facts.window.clone()];
                for place in window {
                    self.digest_message(*place, hasher);
                }
            } else if needs_answers {
                // A job may still save its answer.
                (place, facts.by).hash(hasher);
            }
        }
        for thread in &self.threads {
            thread.active.hash(hasher);
            thread.window.iter().for_each(|place| self.digest_message(*place, hasher));
        }
        if needs_answers {
            let questions = self.messages.iter().filter(|message| message.request.is_some());
            let mut writers: Vec<Actor> = questions.map(|message| message.by).collect();
            writers.sort_unstable();
            writers.dedup();
            hash_set(writers, hasher);
        }
    }

    fn digest_message<H: Digester>(&self, place: usize, hasher: &mut H) {
        let MessageFacts { by, request, .. } = self.messages[place];
        (1_u8, by, request.map(|request| self.requests.name(request, hasher))).hash(hasher);
    }

    /// Hashes, of what the digest says about an actor, as much as tells it apart from others.
    pub(super) fn digest_of<H: Hasher>(&self, asked: &[PropertyId], actor: Actor, hasher: &mut H) {
        if asked.contains(&PropertyId::EveryJobSucceeds) {
            let jobs = self.jobs.iter().filter(|facts| Some(facts.job) == actor.job());
            jobs.for_each(|facts| (facts.done, facts.failed).hash(hasher));
        }
        let needs_answers = asked.contains(&PropertyId::RightAnswer);
        if !needs_answers && !asked.iter().any(|property| property.reads_requests()) {
            return;
        }
        for facts in self.runs.iter().filter(|facts| facts.status.is_active()) {
            works_for_the_same(facts.by, actor).hash(hasher);
            let window = self.windows[facts.window.clone()].iter();
            window.for_each(|place| {
                works_for_the_same(self.messages[*place].by, actor).hash(hasher);
            });
        }
        for place in self.threads.iter().flat_map(|thread| &thread.window) {
            works_for_the_same(self.messages[*place].by, actor).hash(hasher);
        }
    }

    /// Returns the messages that the run is to answer, oldest first.
    pub fn window(&self, run: RunId) -> impl Iterator<Item = &MessageFacts> + Clone {
        let places = &self.windows[self.runs[run.index()].window.clone()];
        places.iter().map(|place| &self.messages[*place])
    }

    /// Returns the run that locks the thread, if any.
    pub fn active_run(&self, thread: ThreadId) -> Option<RunId> {
        self.threads.get(thread.index()).and_then(|facts| facts.active)
    }

    /// Returns whether two actors have written to one thread.
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Returns the client messages of all threads, in the order of their acceptance.
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

    /// Records that an actor cannot go on with what it is responsible for. `left` says how it left
    /// its runs, if it did.
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

    /// Returns what happened to the last attempt at an actor's job, if that attempt did not end
    /// well.
    pub(super) fn stopped_by(&self, by: Actor) -> Option<Reason> {
        let job = by.job()?;
        self.jobs.iter().rev().find(|facts| facts.job == job)?.stopped
    }

    /// Records that an actor goes on without waiting for the runs that it has created.
    fn left(&mut self, by: Option<Actor>, how: Reason) {
        for run in self.threads.iter().filter_map(|thread| thread.active) {
            let facts = &mut self.runs[run.index()];
            if Some(facts.by) == by {
                facts.left = Some(how);
            }
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
}

/// Returns whether both are the same user or process, or attempts at the same job.
pub(super) fn works_for_the_same(one: Actor, other: Actor) -> bool {
    match (one.job(), other.job()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}
