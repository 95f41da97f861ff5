//! The ledger: what has been asked and answered so far, as the history tells it.
//!
//! A *request* is what somebody asked for: a document or a section of it, on one intent; or an
//! iteration of a process. A run is to answer its *window*: the client messages that stood in its
//! thread at its creation, behind the last completed run.

use std::ops::Range;

use crate::history::{Answer, Asks, Cast, Ending, Event, EventIndex, Label, Operation, What};
use crate::id::{Actor, DocumentId, Id, Job, KindId, RunId, ThreadId};
use crate::run::RunStatus;

/// What somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// A document or a section of it. Clicks within one intent ask for the same.
    Work {
        /// Which intent, in the order in which they came up.
        intent: u32,
        /// The document.
        document: DocumentId,
        /// The section, counted from 1.
        section: Option<u16>,
    },
    /// An iteration of a process.
    Iteration(u16, u32),
}

impl Request {
    /// What requests are sorted by: as a number, since most of a sweep's comparisons are these.
    fn key(self) -> u128 {
        match self {
            Request::Work { intent, document, section } => {
                let section = section.map_or(0, |section| u64::from(section) + 1);
                let place = u64::from(document.0) << 32 | section;
                u128::from(intent) << 64 | u128::from(place)
            }
            Request::Iteration(process, iteration) => {
                1 << 127 | u128::from(process) << 64 | u128::from(iteration)
            }
        }
    }
}

/// What is known of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestFacts {
    /// The last event that took it forward: the dispatch, or the attempt to add its message.
    pub event: EventIndex,
    /// What that event did.
    pub operation: Operation,
    /// Who did it.
    pub by: Option<Actor>,
    /// Whether a completed run answers it.
    pub answered: bool,
    /// The first run that was paid for to answer it.
    pub paid_for: Option<RunId>,
}

/// What is known of a client's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageFacts {
    /// Its event.
    pub event: EventIndex,
    /// Who wrote it.
    pub by: Actor,
    /// What it asks for.
    pub request: Option<Request>,
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
    window: Range<usize>,
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
    intent: u32,
}

/// What is known of a thread: the messages that no completed run has answered, and the active run.
#[derive(Debug, Default, Hash)]
struct ThreadFacts {
    window: Vec<usize>,
    active: Option<RunId>,
    first_writer: Option<Actor>,
}

#[derive(Debug, Hash)]
struct Intent {
    by: Option<Actor>,
    kind: KindId,
    document: DocumentId,
    number: u32,
    is_over: bool,
}

/// What has been asked and answered so far.
#[derive(Debug, Default, Hash)]
pub struct Ledger {
    /// The runs, by [`RunId`].
    pub runs: Vec<RunFacts>,
    /// The dispatched jobs.
    pub jobs: Vec<JobFacts>,
    /// The requests, sorted.
    pub requests: Vec<(Request, RequestFacts)>,
    messages: Vec<MessageFacts>,
    windows: Vec<usize>,
    threads: Vec<ThreadFacts>,
    intents: Vec<Intent>,
    is_shared: bool,
    sections: Vec<u16>,
    asks: Vec<Asks>,
}

impl Ledger {
    pub(super) fn start(&mut self, cast: &Cast) {
        self.runs.clear();
        self.jobs.clear();
        self.requests.clear();
        self.messages.clear();
        self.windows.clear();
        self.intents.clear();
        for thread in &mut self.threads {
            thread.window.clear();
            thread.active = None;
            thread.first_writer = None;
        }
        self.is_shared = false;
        self.sections.clear();
        self.sections.extend(cast.documents.iter().map(|document| document.sections));
        self.asks.clear();
        self.asks.extend(cast.kinds.iter().map(|kind| kind.asks));
    }

    pub(super) fn step(&mut self, index: usize, event: &Event) {
        let index = EventIndex(index);
        match &event.what {
            What::Dispatched { job, document, section } => {
                self.dispatched(index, event, *job, *document, *section);
            }
            What::Ignored { kind, document, section } => {
                // Nobody will do it; all the same, somebody has asked for it.
                let intent = self.intent_of(event, *kind, *document);
                self.ask_for_job(index, event, *kind, intent, (*document, *section));
            }
            What::Skipped { asks: Some(label) } => {
                if let Some(by @ Actor::Process(_)) = event.by {
                    let request = self.request(by, *label);
                    self.ask(request, index, Operation::Lock, Some(by));
                }
            }
            What::Ended(ending) => self.ended(event.by, *ending),
            What::Killed { last: true, .. } => self.job_failed(event.by),
            What::Answered { operation, asks: Some(label), answer, .. } => {
                let is_message = *operation == Operation::AddMessage;
                if let (true, Some(by), Answer::Refused(_)) = (is_message, event.by, answer) {
                    let request = self.request(by, *label);
                    self.ask(request, index, *operation, Some(by));
                }
            }
            What::Message { thread, asks, .. } => {
                let by = event.by.expect("invariant: a client's message has a writer");
                let request = asks.map(|label| self.request(by, label));
                if let Some(request) = request {
                    self.ask(request, index, Operation::AddMessage, Some(by));
                }
                let place = self.messages.len();
                self.messages.push(MessageFacts { event: index, by, request });
                self.wrote(by, *thread);
                self.thread(*thread).window.push(place);
            }
            What::RunCreated { run, thread, document } => {
                let by = event.by.expect("invariant: a run has a creator");
                self.run_created(index, by, *run, *thread, *document);
            }
            What::RunMoved { run, status, spent } => self.run_moved(*run, *status, *spent),
            What::IntentOver { kind, document } => {
                let asked = (event.by, *kind, *document);
                let is_it =
                    |intent: &&mut Intent| (intent.by, intent.kind, intent.document) == asked;
                self.intents.iter_mut().filter(is_it).for_each(|intent| intent.is_over = true);
            }
            _ => {}
        }
    }

    /// The messages that the run is to answer, oldest first.
    pub fn window(&self, run: RunId) -> impl Iterator<Item = &MessageFacts> {
        let places = &self.windows[self.runs[run.index()].window.clone()];
        places.iter().map(|place| &self.messages[*place])
    }

    /// What is known of a request.
    pub fn facts(&self, request: Request) -> &RequestFacts {
        let place =
            self.requests.binary_search_by_key(&request.key(), |(request, _)| request.key());
        &self.requests[place.expect("invariant: every request was asked for")].1
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

    fn dispatched(
        &mut self,
        index: EventIndex,
        event: &Event,
        job: Job,
        document: DocumentId,
        section: Option<u16>,
    ) {
        let intent = self.intent_of(event, job.kind, document);
        let by = event.by;
        let (done, failed, dropped) = (false, false, false);
        self.jobs.push(JobFacts { job, event: index, by, done, failed, dropped, intent });
        self.ask_for_job(index, event, job.kind, intent, (document, section));
    }

    /// Asks for what such a job is to bring about.
    fn ask_for_job(
        &mut self,
        index: EventIndex,
        event: &Event,
        kind: KindId,
        intent: u32,
        (document, section): (DocumentId, Option<u16>),
    ) {
        let (asks, by) = (self.asks[usize::from(kind.0)], event.by);
        if asks.whole {
            let request = Request::Work { intent, document, section };
            self.ask(request, index, Operation::Dispatch, by);
        }
        if asks.sections {
            for section in 1..=self.sections[usize::from(document.0)] {
                let request = Request::Work { intent, document, section: Some(section) };
                self.ask(request, index, Operation::Dispatch, by);
            }
        }
    }

    /// The intent behind a dispatch: that of the job that dispatches; that of the same user's same
    /// click a moment ago; otherwise a new one.
    fn intent_of(&mut self, event: &Event, kind: KindId, document: DocumentId) -> u32 {
        if let Some(parent) = event.by.and_then(Actor::job) {
            return self.job_intent(parent);
        }
        let same = self.intents.iter().rev().find(|intent| {
            intent.by == event.by
                && intent.kind == kind
                && intent.document == document
                && !intent.is_over
        });
        if let Some(intent) = same {
            return intent.number;
        }
        let number = self.intents.len() as u32 + 1;
        self.intents.push(Intent { by: event.by, kind, document, number, is_over: false });
        number
    }

    fn job_intent(&self, job: Job) -> u32 {
        let facts = self.jobs.iter().rev().find(|facts| facts.job == job);
        facts.expect("invariant: a job acts after its dispatch").intent
    }

    fn request(&self, by: Actor, label: Label) -> Request {
        match (label, by) {
            (Label::Work { document, section }, _) => {
                let intent = by.job().map_or(0, |job| self.job_intent(job));
                Request::Work { intent, document, section }
            }
            (Label::Iteration(iteration), Actor::Process(process)) => {
                Request::Iteration(process, iteration)
            }
            (label, by) => unreachable!("invariant: {by:?} cannot ask for {label:?}"),
        }
    }

    fn ask(
        &mut self,
        request: Request,
        event: EventIndex,
        operation: Operation,
        by: Option<Actor>,
    ) {
        match self.requests.binary_search_by_key(&request.key(), |(request, _)| request.key()) {
            Ok(place) => {
                let facts = &mut self.requests[place].1;
                (facts.event, facts.operation, facts.by) = (event, operation, by);
            }
            Err(place) => {
                let facts = RequestFacts { event, operation, by, answered: false, paid_for: None };
                self.requests.insert(place, (request, facts));
            }
        }
    }

    fn ended(&mut self, by: Option<Actor>, ending: Ending) {
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
        let status = RunStatus::Queued;
        self.runs.push(RunFacts { event, by, thread, document, status, window });
    }

    fn run_moved(&mut self, run: RunId, status: RunStatus, spent: bool) {
        let facts = &mut self.runs[run.index()];
        facts.status = status;
        if status.is_active() {
            return;
        }
        let (thread, window) = (facts.thread, facts.window.clone());
        let completed = status == RunStatus::Completed;
        for place in window.clone() {
            let Some(request) = self.messages[self.windows[place]].request else { continue };
            let found =
                self.requests.binary_search_by_key(&request.key(), |(request, _)| request.key());
            let found = found.expect("invariant: a message's request was asked for");
            let facts = &mut self.requests[found].1;
            facts.answered |= completed;
            if spent && facts.paid_for.is_none() {
                facts.paid_for = Some(run);
            }
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
