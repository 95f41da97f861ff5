//! What must never happen: one property per file, each a fold over the history.
//!
//! A property sees only the history, event by event. Some facts are needed by several properties,
//! such as which messages a run is to answer and which clicks meant the same. They are themselves a
//! fold, the [`Ledger`], which a property receives with the event. All states can be hashed, so
//! that a search can tell whether it has been here before.

pub mod all_settled;
mod asking;
pub mod context_kept;
pub mod every_job_succeeds;
pub mod every_request_answered;
mod ledger;
pub mod lock_excludes;
mod marks;
pub mod no_duplicate_message;
pub mod no_duplicate_work;
pub mod no_rejected_call;
pub mod one_active_run;
pub mod one_thread_per_document;
mod reason;
pub mod right_answer;
mod why;

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

pub use self::asking::{Part, Request, RequestFacts, Requests};
pub use self::ledger::Ledger;
pub use self::marks::Marks;
pub use self::reason::Reason;
pub use self::why::Why;

use crate::digest::Digester;
use crate::history::{Answer, Cast, Event, EventIndex, Member, Operation, What};
use crate::id::{Actor, KindId};

/// A property, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PropertyId {
    /// See [`one_active_run`].
    OneActiveRun,
    /// See [`no_rejected_call`].
    NoRejectedCall,
    /// See [`every_job_succeeds`].
    EveryJobSucceeds,
    /// See [`every_request_answered`].
    EveryRequestAnswered,
    /// See [`no_duplicate_work`].
    NoDuplicateWork,
    /// See [`right_answer`].
    RightAnswer,
    /// See [`no_duplicate_message`].
    NoDuplicateMessage,
    /// See [`one_thread_per_document`].
    OneThreadPerDocument,
    /// See [`context_kept`].
    ContextKept,
    /// See [`lock_excludes`].
    LockExcludes,
    /// See [`all_settled`].
    AllSettled,
}

impl PropertyId {
    /// Every property, in the order in which reports show them.
    pub const ALL: [PropertyId; 11] = [
        PropertyId::OneActiveRun,
        PropertyId::NoRejectedCall,
        PropertyId::EveryJobSucceeds,
        PropertyId::EveryRequestAnswered,
        PropertyId::NoDuplicateWork,
        PropertyId::RightAnswer,
        PropertyId::NoDuplicateMessage,
        PropertyId::OneThreadPerDocument,
        PropertyId::ContextKept,
        PropertyId::LockExcludes,
        PropertyId::AllSettled,
    ];

    /// Returns the property's name as scenario files and reports spell it.
    pub const fn name(self) -> &'static str {
        match self {
            PropertyId::OneActiveRun => "one-active-run",
            PropertyId::NoRejectedCall => "no-rejected-call",
            PropertyId::EveryJobSucceeds => "every-job-succeeds",
            PropertyId::EveryRequestAnswered => "every-request-answered",
            PropertyId::NoDuplicateWork => "no-duplicate-work",
            PropertyId::RightAnswer => "right-answer",
            PropertyId::NoDuplicateMessage => "no-duplicate-message",
            PropertyId::OneThreadPerDocument => "one-thread-per-document",
            PropertyId::ContextKept => "context-kept",
            PropertyId::LockExcludes => "lock-excludes",
            PropertyId::AllSettled => "all-settled",
        }
    }

    /// Returns whether it depends on who asked for what.
    pub const fn reads_requests(self) -> bool {
        matches!(
            self,
            PropertyId::EveryRequestAnswered
                | PropertyId::NoDuplicateWork
                | PropertyId::NoDuplicateMessage
        )
    }

    /// Returns the promise in words for people.
    pub const fn promise(self) -> &'static str {
        match self {
            PropertyId::OneActiveRun => {
                "a thread never has two active runs, nor a message during one"
            }
            PropertyId::NoRejectedCall => "no call is refused by the active-run rule",
            PropertyId::EveryJobSucceeds => "every dispatched job is done in the end",
            PropertyId::EveryRequestAnswered => "everything that was asked for is answered",
            PropertyId::NoDuplicateWork => "nothing is paid for twice",
            PropertyId::RightAnswer => {
                "every run answers the messages of its own job, and no other"
            }
            PropertyId::NoDuplicateMessage => "nobody adds the message of one request twice",
            PropertyId::OneThreadPerDocument => {
                "all messages for a document are in the thread that its row names"
            }
            PropertyId::ContextKept => "every run sees the document's earlier answers",
            PropertyId::LockExcludes => "no two holders are in the block of one lock at a time",
            PropertyId::AllSettled => {
                "in the end nobody waits, no run is active, and no lock is left behind"
            }
        }
    }
}

impl fmt::Display for PropertyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A broken property: where, why, and by which actors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What was broken.
    pub property: PropertyId,
    /// The index of the event that broke it.
    pub at: usize,
    /// The way in which it was broken.
    pub why: Why,
    /// The cause, if something that should have happened did not happen, or if a run was active.
    pub reason: Option<Reason>,
    /// The events that broke it together, the decisive one first.
    pub witnesses: Witnesses,
}

/// An event that had a part in a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Witness {
    /// The event.
    pub event: EventIndex,
    /// What was done.
    pub operation: Operation,
    /// The actor that did it.
    pub by: Option<Actor>,
}

/// At most two witnesses: the decisive event, and the event that it conflicted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witnesses {
    /// The decisive event.
    pub first: Witness,
    /// The event that it conflicted with.
    pub second: Option<Witness>,
}

/// The actor behind a witness, relative to the actor behind the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// The same actor.
    Itself,
    /// Another attempt at the same job.
    OtherAttempt,
    /// Another actor.
    Other,
}

/// What violations are grouped by: the property, and its witnesses as (operation, role, holder). It
/// contains no times, ids or seeds, so that it outlives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    /// What was broken.
    pub property: PropertyId,
    /// The decisive operation, and the role that performed it.
    pub first: (Operation, Option<RoleId>),
    /// The operation that it conflicted with, the role that performed it, and its holder.
    pub second: Option<(Operation, Option<RoleId>, Holder)>,
    /// The cause, if it is a part of the fingerprint.
    pub reason: Option<Reason>,
}

/// A way of breaking: what violations are grouped by, and how the property is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Way {
    /// What they have in common.
    pub fingerprint: Fingerprint,
    /// How the property is broken.
    pub why: Why,
}

/// What an actor is, without saying which one: a kind of job, or the members that share a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RoleId {
    /// The users that share the role of this user, which is the first of them.
    Users(u16),
    /// The processes that share the role of this process, which is the first of them.
    Processes(u16),
    /// Jobs of this kind.
    Jobs(KindId),
}

impl RoleId {
    /// Returns the role's name, such as `generate`.
    pub fn name(self, cast: &Cast) -> &str {
        match self {
            RoleId::Users(first) => &cast.users[usize::from(first)].role,
            RoleId::Processes(first) => &cast.processes[usize::from(first)].role,
            RoleId::Jobs(kind) => &cast.kind(kind).name,
        }
    }

    /// Returns the role of this name, or none if no actor has it.
    pub fn named(name: &str, cast: &Cast) -> Option<RoleId> {
        let first = |members: &[Member]| {
            members.iter().find(|member| member.role == name).map(|member| member.first)
        };
        let kind = || cast.kinds.iter().position(|kind| kind.name == name);
        let users = first(&cast.users).map(RoleId::Users);
        users
            .or_else(|| first(&cast.processes).map(RoleId::Processes))
            .or_else(|| kind().map(|place| RoleId::Jobs(KindId(place as u16))))
    }

    /// Returns the role of an actor that is not a fault.
    pub fn of(actor: Actor, cast: &Cast) -> RoleId {
        match actor {
            Actor::User(index) => RoleId::Users(cast.users[usize::from(index)].first),
            Actor::Process(index) => RoleId::Processes(cast.processes[usize::from(index)].first),
            Actor::Attempt(job, _) => RoleId::Jobs(job.kind),
            Actor::Fault(_) => unreachable!("invariant: no event is a fault's own doing"),
        }
    }
}

impl Violation {
    /// Returns its way of breaking.
    pub fn way(&self, cast: &Cast) -> Way {
        Way { fingerprint: self.fingerprint(cast), why: self.why }
    }

    /// Returns what this violation is grouped by.
    pub fn fingerprint(&self, cast: &Cast) -> Fingerprint {
        let role = |witness: Witness| witness.by.map(|actor| RoleId::of(actor, cast));
        let Witnesses { first, second } = self.witnesses;
        Fingerprint {
            property: self.property,
            reason: self.reason,
            first: (first.operation, role(first)),
            second: second.map(|second| {
                let holder = match (first.by, second.by) {
                    (Some(mine), Some(theirs)) if mine == theirs => Holder::Itself,
                    (Some(Actor::Attempt(mine, _)), Some(Actor::Attempt(theirs, _)))
                        if mine == theirs =>
                    {
                        Holder::OtherAttempt
                    }
                    _ => Holder::Other,
                };
                (second.operation, role(second), holder)
            }),
        }
    }
}

/// What a property sees: an event, and what the history up to and including this event says.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The participants.
    pub cast: &'a Cast,
    /// What has been asked and answered so far, including this event.
    pub ledger: &'a Ledger,
    /// The event's index.
    pub index: usize,
    /// The event.
    pub event: &'a Event,
}

impl Step<'_> {
    /// Returns this event as a witness.
    fn witness(&self, operation: Operation) -> Witness {
        Witness { event: EventIndex(self.index), operation, by: self.event.by }
    }

    /// Returns a violation that this event reveals.
    fn violation(&self, property: PropertyId, why: Why, first: Witness) -> Violation {
        let witnesses = Witnesses { first, second: None };
        Violation { property, at: self.index, why, reason: None, witnesses }
    }
}

impl Violation {
    fn against(mut self, second: Witness) -> Violation {
        self.witnesses.second = Some(second);
        self
    }

    fn since(mut self, reason: Reason) -> Violation {
        self.reason = Some(reason);
        self
    }
}

/// A promise that a history may break, as a fold with a state.
trait Property {
    /// Forgets everything, and prepares for a trial with this cast.
    fn start(&mut self, cast: &Cast);

    /// Processes the next event, and adds what it breaks.
    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>);
}

/// All properties, and the ledger that they share.
#[derive(Clone, Debug, Default)]
pub struct Properties {
    ledger: Ledger,
    marks: Marks,
    one_active_run: one_active_run::OneActiveRun,
    no_rejected_call: no_rejected_call::NoRejectedCall,
    every_job_succeeds: every_job_succeeds::EveryJobSucceeds,
    every_request_answered: every_request_answered::EveryRequestAnswered,
    no_duplicate_work: no_duplicate_work::NoDuplicateWork,
    right_answer: right_answer::RightAnswer,
    no_duplicate_message: no_duplicate_message::NoDuplicateMessage,
    one_thread_per_document: one_thread_per_document::OneThreadPerDocument,
    context_kept: context_kept::ContextKept,
    lock_excludes: lock_excludes::LockExcludes,
    all_settled: all_settled::AllSettled,
}

impl Properties {
    /// Forgets everything, and prepares for a trial with this cast.
    pub fn start(&mut self, cast: &Cast) {
        self.ledger.start();
        self.marks = Marks::default();
        self.one_active_run.start(cast);
        self.no_rejected_call.start(cast);
        self.every_job_succeeds.start(cast);
        self.every_request_answered.start(cast);
        self.no_duplicate_work.start(cast);
        self.right_answer.start(cast);
        self.no_duplicate_message.start(cast);
        self.one_thread_per_document.start(cast);
        self.context_kept.start(cast);
        self.lock_excludes.start(cast);
        self.all_settled.start(cast);
    }

    /// Processes the next event, and adds what it breaks. `index` is the event's place.
    #[inline]
    pub fn step(&mut self, cast: &Cast, index: usize, event: &Event, found: &mut Vec<Violation>) {
        if let What::Answered { answer, .. } = &event.what
            && !matches!(answer, Answer::Refused(_))
        {
            // The effects of a granted call have events of their own. Most events are granted
            // calls.
            self.marks.step(&Step { cast, ledger: &self.ledger, index, event });
            return;
        }
        self.ledger.step(cast, index, event);
        let step = Step { cast, ledger: &self.ledger, index, event };
        self.marks.step(&step);
        self.one_active_run.step(&step, found);
        self.no_rejected_call.step(&step, found);
        self.every_job_succeeds.step(&step, found);
        self.every_request_answered.step(&step, found);
        self.no_duplicate_work.step(&step, found);
        self.right_answer.step(&step, found);
        self.no_duplicate_message.step(&step, found);
        self.one_thread_per_document.step(&step, found);
        self.context_kept.step(&step, found);
        self.lock_excludes.step(&step, found);
        self.all_settled.step(&step, found);
    }

    /// Hashes everything that the future findings of these properties depend on.
    pub fn hash<H: Hasher>(&self, asked: &[PropertyId], hasher: &mut H) {
        self.ledger.hash(hasher);
        for property in asked {
            match property {
                PropertyId::OneActiveRun => self.one_active_run.hash(hasher),
                PropertyId::NoRejectedCall => self.no_rejected_call.hash(hasher),
                PropertyId::EveryJobSucceeds => self.every_job_succeeds.hash(hasher),
                PropertyId::EveryRequestAnswered => self.every_request_answered.hash(hasher),
                PropertyId::NoDuplicateWork => self.no_duplicate_work.hash(hasher),
                PropertyId::RightAnswer => self.right_answer.hash(hasher),
                PropertyId::NoDuplicateMessage => self.no_duplicate_message.hash(hasher),
                PropertyId::OneThreadPerDocument => self.one_thread_per_document.hash(hasher),
                PropertyId::ContextKept => self.context_kept.hash(hasher),
                PropertyId::LockExcludes => self.lock_excludes.hash(hasher),
                PropertyId::AllSettled => self.all_settled.hash(hasher),
            }
        }
    }

    /// Hashes what decides whether these properties break in the future, now that none of them is
    /// broken. It does not say who is to blame.
    pub fn digest<H: Digester>(&self, asked: &[PropertyId], hasher: &mut H) {
        self.ledger.digest(asked, hasher);
        for property in asked {
            match property {
                PropertyId::OneActiveRun => self.one_active_run.digest(hasher),
                PropertyId::OneThreadPerDocument => self.one_thread_per_document.digest(hasher),
                PropertyId::ContextKept => self.context_kept.digest(hasher),
                PropertyId::LockExcludes => self.lock_excludes.digest(hasher),
                PropertyId::AllSettled => self.all_settled.digest(hasher),
                // The ledger knows everything that these need.
                PropertyId::NoRejectedCall
                | PropertyId::EveryJobSucceeds
                | PropertyId::EveryRequestAnswered
                | PropertyId::NoDuplicateWork
                | PropertyId::RightAnswer
                | PropertyId::NoDuplicateMessage => {}
            }
        }
    }

    /// Hashes, of what the digest says about an actor, as much as tells it apart from others.
    pub fn digest_of<H: Hasher>(&self, asked: &[PropertyId], actor: Actor, hasher: &mut H) {
        self.ledger.digest_of(asked, actor, hasher);
    }

    /// Returns what has been asked and answered so far.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns the marks that have been reached so far.
    pub fn marks(&self) -> Marks {
        self.marks
    }

    /// Judges a whole history. It adds what the history breaks, and returns the marks that it
    /// reached.
    pub fn judge(&mut self, cast: &Cast, events: &[Event], found: &mut Vec<Violation>) -> Marks {
        self.start(cast);
        for (index, event) in events.iter().enumerate() {
            self.step(cast, index, event, found);
        }
        self.marks
    }
}
