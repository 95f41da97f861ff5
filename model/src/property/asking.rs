//! The ledger's questions: which actor asked for what, on which intent, and which requests are the
//! same.

mod digest;

use std::hash::{Hash, Hasher};

use super::Reason;
use crate::history::{Cast, Event, EventIndex, Label, Operation, Question, Scope};
use crate::id::{Actor, DocumentId, Job, KindId, RunId, SameKey, TextId};

/// Something that an actor asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// A question of a job, about a document or a section of it. Clicks within one intent ask for
    /// the same thing.
    Work {
        /// The intent, by its place in the order in which intents began.
        intent: u32,
        /// The document.
        document: DocumentId,
        /// The section, counted from 1.
        section: Option<u16>,
        /// The question.
        part: Part,
    },
    /// A question of a process, in one of its iterations.
    Iteration(u16, u32, TextId),
    /// A question of processes that share one key.
    Shared(SameKey, u16),
    /// Everything with this key.
    Same(SameKey),
}

/// One of the questions that are asked on one intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// One of several questions. The job's path decides which one.
    Either,
    /// What this message says.
    Says(TextId),
    /// The job's question of this number, whatever it says, because the intent has a key.
    Nth(u16),
}

impl Request {
    /// Returns what most requests are sorted by. It is a number because most of a sweep's
    /// comparisons are of this kind.
    #[inline]
    fn number(&self) -> u128 {
        match *self {
            Request::Work { intent, document, section, part } => {
                let section = section.map_or(0, |section| u128::from(section) + 1);
                let part = match part {
                    Part::Either => 0,
                    Part::Says(TextId(text)) => 1 << 32 | u128::from(text),
                    Part::Nth(nth) => 1 << 33 | u128::from(nth),
                };
                u128::from(intent) << 80 | u128::from(document.0) << 64 | section << 40 | part
            }
            Request::Iteration(process, iteration, TextId(text)) => {
                let place = u128::from(process) << 64 | u128::from(iteration) << 32;
                1 << 126 | place | u128::from(text)
            }
            Request::Shared(_, nth) => 1 << 127 | u128::from(nth),
            Request::Same(_) => 1 << 127 | 1 << 126,
        }
    }

    fn key(&self) -> Option<&SameKey> {
        match self {
            Request::Shared(key, _) | Request::Same(key) => Some(key),
            Request::Work { .. } | Request::Iteration(..) => None,
        }
    }
}

/// What is known about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestFacts {
    /// The last event that advanced it: the dispatch, or the attempt to add its message.
    pub event: EventIndex,
    /// What that event did.
    pub operation: Operation,
    /// The actor that did it.
    pub by: Option<Actor>,
    /// Whether a completed run answers it.
    pub answered: bool,
    /// Whether it may stay unanswered.
    pub is_optional: bool,
    /// The worker that is responsible for it: a job or a process.
    worker: Option<Worker>,
    /// What prevented an answer to it, as far as that is known.
    stopped: Option<Reason>,
    /// The first run that was paid for to answer it and did not fail.
    pub paid_for: Option<RunId>,
    /// The first message that was accepted for it, and the actor that wrote it.
    pub(super) message: Option<(EventIndex, Actor)>,
}

impl RequestFacts {
    /// Returns what prevented an answer to it.
    pub(super) fn obstacle(&self) -> Reason {
        self.stopped.unwrap_or(Reason::NoRun)
    }
}

#[derive(Clone, Debug, Hash)]
struct Intent {
    of: Meant,
    /// The event that started it.
    event: EventIndex,
    /// For intents of a user or process: whether the next one is something new.
    is_over: bool,
}

/// How a user's click relates to an earlier click on the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// They count as one request.
    SameIntent,
    /// They count as two requests.
    OtherIntent,
}

/// A step in which an actor advances a request, or fails to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    event: EventIndex,
    operation: Operation,
    by: Option<Actor>,
    worker: Option<Worker>,
    stopped: Option<Reason>,
}

impl Step {
    pub(super) fn by(
        event: EventIndex,
        operation: Operation,
        by: Option<Actor>,
        stopped: Option<Reason>,
    ) -> Step {
        Step { event, operation, by, worker: by.and_then(Worker::of), stopped }
    }

    /// Returns the same step with this job as the responsible worker.
    pub(super) fn with(self, job: Job) -> Step {
        Step { worker: Some(Worker::Job(job)), ..self }
    }
}

/// The worker that is responsible for a request. All attempts at a job are one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worker {
    Job(Job),
    Process(u16),
}

/// Written as an identity.
impl Hash for Worker {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match *self {
            Worker::Job(job) => job.hash(hasher),
            Worker::Process(place) => Actor::Process(place).hash(hasher),
        }
    }
}

impl Worker {
    fn of(actor: Actor) -> Option<Worker> {
        match actor {
            Actor::Attempt(job, _) => Some(Worker::Job(job)),
            Actor::Process(index) => Some(Worker::Process(index)),
            Actor::User(_) | Actor::Fault(_) => None,
        }
    }
}

/// What identifies an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Meant {
    /// A job of this kind on a document, wanted by this actor.
    Job(Option<Actor>, KindId, DocumentId),
    /// Its key.
    Same(SameKey),
}

/// A request, with what is known about it.
#[derive(Clone, Debug, Hash)]
struct Known {
    /// [`Request::number`], which is computed once and compared often.
    number: u128,
    request: Request,
    facts: RequestFacts,
}

/// What has been asked for.
#[derive(Clone, Debug, Default, Hash)]
pub struct Requests {
    /// All requests, sorted.
    all: Vec<Known>,
    intents: Vec<Intent>,
    of_jobs: Vec<(Job, u32)>,
    last_asked: Vec<(Worker, Request)>,
    /// How many requests are not decided yet, because each is one of several questions.
    open: usize,
}

impl Requests {
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.intents.clear();
        self.of_jobs.clear();
        self.last_asked.clear();
        self.open = 0;
    }

    /// Returns what is known about a request.
    pub fn facts(&self, request: Request) -> &RequestFacts {
        let place = self.place(request).expect("invariant: every request was asked for");
        &self.all[place].facts
    }

    /// Returns what is known about each request.
    pub fn iter(&self) -> impl Iterator<Item = &RequestFacts> {
        self.all.iter().map(|known| &known.facts)
    }

    pub(super) fn facts_mut(&mut self, request: Request) -> &mut RequestFacts {
        let place = self.place(request).expect("invariant: a message's request was asked for");
        &mut self.all[place].facts
    }

    /// Records that a run for this request has ended, either well or for this reason.
    pub(super) fn settle(
        &mut self,
        request: Request,
        stopped: Option<Reason>,
        paid: Option<RunId>,
    ) {
        let facts = self.facts_mut(request);
        match stopped {
            None => facts.answered = true,
            Some(reason) => facts.stopped = Some(reason),
        }
        facts.paid_for = facts.paid_for.or(paid);
    }

    /// Records that the same click or dispatch asks for something new from now on.
    pub(super) fn intent_is_over(&mut self, by: Option<Actor>, kind: KindId, document: DocumentId) {
        let of = Meant::Job(by, kind, document);
        let these = self.intents.iter_mut().filter(|intent| intent.of == of);
        these.for_each(|intent| intent.is_over = true);
    }

    /// Records that a job is dispatched on this intent.
    pub(super) fn dispatched(&mut self, job: Job, intent: u32) {
        self.of_jobs.push((job, intent));
    }

    /// Returns what an actor asked for last.
    pub(super) fn last_of(&self, by: Actor) -> Option<Request> {
        let worker = Worker::of(by)?;
        self.last_asked.iter().find(|(of, _)| *of == worker).map(|(_, request)| *request)
    }

    /// Records what prevented the answers to the requests that an actor is responsible for.
    pub(super) fn stopped(&mut self, by: Actor, reason: Reason) {
        let Some(worker) = Worker::of(by) else { return };
        for Known { facts, .. } in &mut self.all {
            if facts.worker == Some(worker) && facts.stopped.is_none() {
                facts.stopped = Some(reason);
            }
        }
    }

    /// Asks for what such a job is to produce.
    pub(super) fn ask_for_job(
        &mut self,
        cast: &Cast,
        step: Step,
        (kind, intent): (KindId, u32),
        (document, section): (DocumentId, Option<u16>),
    ) {
        for asked in &cast.kind(kind).asks {
            let mut ask = |section| {
                let request = match asked.what {
                    Question::Same(same) => {
                        let document = Some(document);
                        let key = SameKey { document, section, ..SameKey::of(same.text) };
                        Request::Same(same.key(key))
                    }
                    question @ (Question::Message { .. } | Question::Either) => {
                        let part = self.part(intent, question);
                        Request::Work { intent, document, section, part }
                    }
                };
                self.ask(request, asked.is_optional, step);
            };
            if asked.by_section {
                (1..=cast.document(document).sections).for_each(|section| ask(Some(section)));
            } else {
                ask(section);
            }
        }
    }

    /// Returns the part of an intent that a question is.
    fn part(&self, intent: u32, question: Question) -> Part {
        let goes_by_key = || matches!(self.intents[intent as usize].of, Meant::Same(_));
        match question {
            Question::Message { nth, .. } if goes_by_key() => Part::Nth(nth),
            Question::Message { text, .. } => Part::Says(text),
            Question::Either | Question::Same(_) => Part::Either,
        }
    }

    /// Returns the intent behind a click or a dispatch. It is the intent of its key, the intent of
    /// the job that dispatches, or the intent of the same user's same click a moment ago. Otherwise
    /// it is a new one.
    pub(super) fn intent_of(
        &mut self,
        (index, event): (EventIndex, &Event),
        kind: KindId,
        document: DocumentId,
        same: Option<SameKey>,
    ) -> u32 {
        let of = match (same, event.by.and_then(Actor::job)) {
            (Some(same), _) => Meant::Same(same),
            (None, Some(parent)) => return self.job_intent(parent),
            (None, None) => Meant::Job(event.by, kind, document),
        };
        let known = self.intents.iter().rposition(|intent| intent.of == of && !intent.is_over);
        let place = known.unwrap_or_else(|| {
            self.intents.push(Intent { of, event: index, is_over: false });
            self.intents.len() - 1
        });
        place as u32
    }

    /// Returns how this click relates to an earlier click of the same user on the same thing.
    pub(super) fn clicked_before(
        &self,
        index: usize,
        by: Option<Actor>,
        kind: KindId,
        document: DocumentId,
    ) -> Option<Before> {
        let of = Meant::Job(by, kind, document);
        let mut these = self.intents.iter().rev().filter(|intent| intent.of == of);
        if these.next()?.event.0 < index {
            return Some(Before::SameIntent);
        }
        these.next().map(|_| Before::OtherIntent)
    }

    fn job_intent(&self, job: Job) -> u32 {
        let found = self.of_jobs.iter().rev().find(|(of, _)| *of == job);
        found.expect("invariant: a job acts after its dispatch").1
    }

    pub(super) fn request(&self, by: Actor, label: Label) -> Request {
        match (label.scope, by) {
            (Scope::Work { document, section }, Actor::Attempt(job, _)) => {
                let intent = self.job_intent(job);
                let (nth, text) = (label.nth, label.text);
                let part = self.part(intent, Question::Message { nth, text });
                Request::Work { intent, document, section, part }
            }
            (Scope::Iteration(iteration), Actor::Process(process)) => {
                Request::Iteration(process, iteration, label.text)
            }
            (Scope::Shared(key), Actor::Process(_)) => Request::Shared(key, label.nth),
            (Scope::Same(key), _) => Request::Same(key),
            (scope, by) => unreachable!("invariant: {by:?} cannot ask for {scope:?}"),
        }
    }

    /// Records that an actor asks for this. A request that was one of several questions is this one
    /// from now on.
    pub(super) fn ask(
        &mut self,
        request: Request,
        is_optional: bool,
        step: Step,
    ) -> &mut RequestFacts {
        self.decide(request);
        let place = match self.place(request) {
            Ok(place) => {
                let facts = &mut self.all[place].facts;
                facts.is_optional &= is_optional;
                // An ignored step advances nothing.
                if step.stopped != Some(Reason::Ignored) {
                    (facts.event, facts.operation, facts.by) =
                        (step.event, step.operation, step.by);
                    (facts.worker, facts.stopped) = (step.worker.or(facts.worker), step.stopped);
                }
                place
            }
            Err(place) => {
                let facts = RequestFacts {
                    event: step.event,
                    operation: step.operation,
                    by: step.by,
                    answered: false,
                    is_optional,
                    worker: step.worker,
                    stopped: step.stopped,
                    paid_for: None,
                    message: None,
                };
                self.all.insert(place, Known { number: request.number(), request, facts });
                let is_open = matches!(request, Request::Work { part: Part::Either, .. });
                self.open += usize::from(is_open);
                place
            }
        };
        &mut self.all[place].facts
    }

    /// Decides on this request if it was open which of several questions is asked.
    fn decide(&mut self, request: Request) {
        let Request::Work { intent, document, section, part } = request else { return };
        if self.open == 0 || part == Part::Either || self.place(request).is_ok() {
            return;
        }
        let open = Request::Work { intent, document, section, part: Part::Either };
        if let Ok(open) = self.place(open) {
            let Known { facts, .. } = self.all.remove(open);
            self.open -= 1;
            let place = self.place(request).unwrap_or_else(|place| place);
            self.all.insert(place, Known { number: request.number(), request, facts });
        }
    }

    /// Returns the place of a request, or the place where it would be.
    fn place(&self, request: Request) -> Result<usize, usize> {
        let number = request.number();
        self.all.binary_search_by(|known| {
            known.number.cmp(&number).then_with(|| known.request.key().cmp(&request.key()))
        })
    }

    /// Records that an actor asks a question, whether it is accepted or not.
    pub(super) fn put(&mut self, by: Actor, request: Request) {
        let Some(worker) = Worker::of(by) else { return };
        match self.last_asked.iter_mut().find(|(of, _)| *of == worker) {
            Some((_, last)) => *last = request,
            None => self.last_asked.push((worker, request)),
        }
    }
}
