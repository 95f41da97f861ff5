//! The stage: a scenario with all actors in their places. Counted users and processes are single
//! ones here, and copies of a document are documents.

mod flaw;
mod live;
mod program;

pub use self::flaw::{Flaw, Leak};
pub use self::program::{EMPTY, ListId, Live, Op, OpId, Program};

use std::sync::Arc;

use deadheat_model::history::{Cast, Document, Kind, Member, Operation, SameText};
use deadheat_model::id::{Actor, DocumentId, Id, Job, KindId, LockName, ThreadId};
use deadheat_model::server::{Assistant, Server};
use deadheat_model::time::{Span, Time, Window};

use crate::agenda::{Call, Seat, Who, key_of, mix};
use crate::scenario::{
    Action, At, DocumentThread, Fault, FaultKind, LockKey, Overlap, Process, Scenario, WorksOn,
    asks, numbered, one_of,
};

/// Everything that is the same in every trial of a scenario.
pub struct Stage {
    /// The scenario.
    pub scenario: Scenario,
    /// The participants, for the history.
    pub cast: Arc<Cast>,
    /// The parts by seat: users first, then processes, then the queue's workers.
    pub parts: Vec<Part>,
    /// How many threads there are before any actor acts.
    pub threads: usize,
    /// The scenario's digest.
    pub digest: u32,
    /// Whether sending, arriving and returning are occurrences of their own, because something can
    /// come between them: a fault, a timeout, a death. They fold otherwise.
    pub unfolds: bool,
    /// Whether a worker can die.
    pub is_mortal: bool,
    /// The faults that are to strike at one call, each with its place and the call's key.
    pub scripted: Vec<(usize, u64)>,
    /// The deliberate mistake, if there is one.
    pub flaw: Option<Flaw>,
    /// The lists of actions, by number.
    pub program: Program,
    kind_keys: Vec<u64>,
    /// The key of what each process asks for, by the process's number.
    sames: Vec<Option<SameText>>,
    /// The place in the cast of each text that is a lock's name.
    locks: Vec<u16>,
}

/// What a seat is for.
#[derive(Clone, Debug)]
pub enum Part {
    /// A user or a process of its own.
    Solo(Solo),
    /// A worker of the queue, counted from 1.
    Worker(u16),
}

/// A user or a process at its beginning.
#[derive(Clone, Debug)]
pub struct Solo {
    /// The actor that it is.
    pub actor: Actor,
    /// The hash of its name.
    pub key: u64,
    /// When it starts.
    pub start: Window,
    /// What it works on.
    pub document: Option<DocumentId>,
    /// The thread that it is given.
    pub thread: Option<ThreadId>,
}

impl Stage {
    /// Returns the stage of a scenario.
    pub fn new(scenario: Scenario) -> Stage {
        let mut placing = Placing {
            cast: Cast {
                kinds: scenario.jobs.iter().map(kind).collect(),
                intent: scenario.intent,
                settle: scenario.settle,
                heals_at: heals_at(&scenario.faults),
                texts: scenario.texts.clone(),
                faults: scenario.faults.iter().map(|fault| fault.name.to_owned()).collect(),
                ..Cast::default()
            },
            parts: Vec::new(),
            threads: scenario.threads.len(),
            copies: vec![0; scenario.documents.len()],
        };
        placing.documents(&scenario);
        placing.users(&scenario);
        placing.processes(&scenario);
        let Placing { cast, mut parts, threads, .. } = placing;
        let workers = if scenario.jobs.is_empty() { 0 } else { scenario.queue.workers };
        parts.extend((1..=workers).map(Part::Worker));
        let kind_keys = scenario.jobs.iter().map(|job| key_of(&job.name)).collect();
        let each = |process: &Process| vec![process.same; usize::from(process.count)];
        let sames = scenario.processes.iter().flat_map(each).collect();
        let digest = crate::scenario::digest(&scenario);
        let mut cast = cast;
        let locks = name_locks(&scenario, &mut cast);
        let mut stage = Stage {
            is_mortal: is_mortal(&scenario),
            unfolds: unfolds(&scenario),
            scripted: Vec::new(),
            flaw: None,
            program: live::program(&scenario),
            scenario,
            cast: Arc::new(cast),
            parts,
            threads,
            digest,
            kind_keys,
            sames,
            locks,
        };
        let at = |(place, fault): (usize, &Fault)| Some((place, stage.key_at(fault.at.as_ref()?)));
        stage.scripted = stage.scenario.faults.iter().enumerate().filter_map(at).collect();
        stage
    }

    /// Returns the same stage, except that this fault never strikes. Nothing else changes.
    #[must_use]
    pub fn without(&self, clause: usize) -> Stage {
        let mut scenario = self.scenario.clone();
        scenario.faults[clause].chance = 0;
        Stage::flawed(scenario, self.flaw)
    }

    /// Returns the faults that are of some sort, with their places.
    pub fn faults<T>(
        &self,
        of: impl Fn(FaultKind) -> Option<T>,
    ) -> impl Iterator<Item = (usize, &Fault, T)> {
        let faults = self.scenario.faults.iter().enumerate();
        faults.filter_map(move |(place, fault)| Some((place, fault, of(fault.kind)?)))
    }

    /// Returns whether the fault can strike this call, as far as its `at` says.
    pub fn is_at(&self, clause: usize, call: Call) -> bool {
        let at = self.scripted.iter().find(|(place, _)| *place == clause);
        at.is_none_or(|(_, key)| *key == call.key())
    }

    /// Returns the first `operation` of an attempt or a fault.
    pub fn call_of(&self, actor: Actor, operation: Operation) -> Call {
        let key = match actor {
            Actor::Attempt(job, attempt) => self.attempt_key(job, attempt),
            Actor::Fault(clause) => mix(key_of("fault"), u64::from(clause) + 1),
            Actor::User(_) | Actor::Process(_) => {
                unreachable!("invariant: users and processes call from their seats")
            }
        };
        Call::by(actor, key, operation, 1)
    }

    /// Returns how long after a click the user's next one counts.
    pub fn debounce(&self, actor: Actor) -> Option<Span> {
        let Actor::User(index) = actor else { return None };
        let role = &self.cast.users[usize::from(index)].role;
        self.scenario.users.iter().find(|user| user.name == *role)?.debounce
    }

    /// Returns the lock with this key, for an actor with these locals.
    pub fn lock(
        &self,
        key: LockKey,
        thread: Option<ThreadId>,
        document: Option<DocumentId>,
        section: Option<u16>,
    ) -> LockName {
        LockName {
            text: self.locks[key.text.0 as usize],
            thread: thread.filter(|_| key.by_thread),
            document: document.filter(|_| key.by_document),
            section: section.filter(|_| key.by_section),
        }
    }

    /// Returns the key of what a process asks for, if it has one.
    pub fn same(&self, process: u16) -> Option<SameText> {
        self.sames[usize::from(process)]
    }

    /// Returns the lock that prevents other jobs of this kind from running at the same time as one
    /// on this document.
    pub fn overlap_lock(&self, kind: KindId, document: DocumentId) -> LockName {
        self.job_lock(2 * kind.0, document)
    }

    /// Returns the lock that prevents other jobs of this kind from being dispatched while there is
    /// one.
    pub fn unique_lock(&self, kind: KindId, document: DocumentId) -> LockName {
        self.job_lock(2 * kind.0 + 1, document)
    }

    fn job_lock(&self, place: u16, document: DocumentId) -> LockName {
        let first = self.cast.locks.len() - 2 * self.scenario.jobs.len();
        LockName {
            text: first as u16 + place,
            thread: None,
            document: Some(document),
            section: None,
        }
    }

    /// Returns the key of a call that an author has named.
    fn key_at(&self, at: &At) -> u64 {
        let attempt = at.actor.split_once('#').and_then(|(kind, numbers)| {
            let (number, attempt) = numbers.split_once('.')?;
            let kind = self.cast.kinds.iter().position(|known| known.name == kind)?;
            let job = Job { kind: KindId(kind as u16), number: number.parse().ok()? };
            Some(self.attempt_key(job, attempt.parse().ok()?))
        });
        let key = attempt.unwrap_or_else(|| key_of(&at.actor));
        Call::by(Actor::User(0), key, at.operation, at.nth).key()
    }

    /// Returns the actors that differ from others only by name, which are those that share a role.
    /// Returns none if a fault singles out an actor.
    pub fn twins(&self) -> Vec<Vec<Who>> {
        if !self.scripted.is_empty() {
            return Vec::new();
        }
        let alike = |members: &[Member], actor: fn(u16) -> Actor| {
            let numbered = |first: u16| {
                let same = members.iter().enumerate().filter(move |(_, one)| one.first == first);
                same.map(|(index, _)| actor(index as u16).into()).collect::<Vec<Who>>()
            };
            let firsts =
                members.iter().enumerate().filter(|(at, one)| *at == usize::from(one.first));
            firsts.map(|(_, one)| numbered(one.first)).collect::<Vec<_>>()
        };
        let mut twins = alike(&self.cast.users, Actor::User);
        twins.extend(alike(&self.cast.processes, Actor::Process));
        twins.retain(|class| class.len() > 1);
        twins
    }

    /// Returns the server at the beginning of a trial.
    pub fn server(&self) -> Server {
        let assistants = vec![Assistant { has_instructions: true }];
        Server::new(self.scenario.server.rules.clone(), assistants)
    }

    /// Returns the hash of the name of an attempt at a job.
    pub fn attempt_key(&self, job: Job, attempt: u16) -> u64 {
        let kind = self.kind_keys[usize::from(job.kind.0)];
        mix(mix(kind, u64::from(job.number)), u64::from(attempt))
    }

    /// Returns the hash of an actor's name, or none for a fault.
    pub fn actor_key(&self, actor: Actor) -> Option<u64> {
        match actor {
            Actor::Attempt(job, attempt) => Some(self.attempt_key(job, attempt)),
            Actor::User(_) | Actor::Process(_) => self.parts.iter().find_map(|part| match part {
                Part::Solo(solo) => (solo.actor == actor).then_some(solo.key),
                Part::Worker(_) => None,
            }),
            Actor::Fault(_) => None,
        }
    }

    /// Returns the number of the kind of actor that this is: users of a role, processes of a role,
    /// attempts at jobs of a kind, or faults.
    pub fn kind(&self, actor: Actor) -> u16 {
        let first = |members: &[Member], index: u16| members[usize::from(index)].first;
        match actor {
            Actor::Fault(_) => 0,
            Actor::User(index) => 1 + 3 * first(&self.cast.users, index),
            Actor::Process(index) => 2 + 3 * first(&self.cast.processes, index),
            Actor::Attempt(job, _) => 3 + 3 * job.kind.0,
        }
    }

    /// Returns every seat with what it is for.
    pub fn seats(&self) -> impl Iterator<Item = (Seat, &Part)> {
        self.parts.iter().enumerate().map(|(index, part)| (Seat(index), part))
    }
}

/// The stage while actors are being placed on it.
struct Placing {
    cast: Cast,
    parts: Vec<Part>,
    threads: usize,
    /// How many copies there are of each document.
    copies: Vec<usize>,
}

impl Placing {
    fn new_thread(&mut self) -> ThreadId {
        self.threads += 1;
        ThreadId::at(self.threads - 1)
    }

    fn documents(&mut self, scenario: &Scenario) {
        for document in &scenario.documents {
            let (name, sections) = (document.id.clone(), document.sections);
            let thread = match document.thread {
                DocumentThread::Exists => Some(self.new_thread()),
                DocumentThread::None => None,
                DocumentThread::Named(place) => Some(ThreadId::at(place)),
            };
            self.cast.documents.push(Document { name, sections, thread });
        }
    }

    fn users(&mut self, scenario: &Scenario) {
        for user in &scenario.users {
            let first = self.cast.users.len() as u16;
            for name in numbered(&user.name, user.count) {
                let key = key_of(&name);
                let actor = Actor::User(self.cast.users.len() as u16);
                let (role, waits) = (user.name.clone(), false);
                self.cast.users.push(Member { name, role, first, waits });
                let start = user.start;
                let solo = Solo { actor, key, start, document: None, thread: None };
                self.parts.push(Part::Solo(solo));
            }
        }
    }

    fn processes(&mut self, scenario: &Scenario) {
        for process in &scenario.processes {
            let names = numbered(&process.name, process.count);
            let first = self.cast.processes.len() as u16;
            for name in names {
                let (document, thread) = match process.works_on {
                    WorksOn::Document(document) => (Some(document), None),
                    WorksOn::OwnCopy(document) => (Some(self.copy(document)), None),
                    WorksOn::Thread(place) => (None, Some(ThreadId::at(place))),
                    WorksOn::Nothing => (None, None),
                };
                let key = key_of(&name);
                let actor = Actor::Process(self.cast.processes.len() as u16);
                let (role, waits) = (process.name.clone(), waits(&process.list));
                self.cast.processes.push(Member { name, role, first, waits });
                let solo = Solo { actor, key, start: process.start, document, thread };
                self.parts.push(Part::Solo(solo));
            }
        }
    }

    fn copy(&mut self, document: DocumentId) -> DocumentId {
        let original = self.cast.document(document).clone();
        let number = &mut self.copies[usize::from(document.0)];
        *number += 1;
        let name = one_of(&original.name, *number);
        let thread = original.thread.map(|_| self.new_thread());
        self.cast.documents.push(Document { name, thread, ..original });
        DocumentId(self.cast.documents.len() as u16 - 1)
    }
}

/// Returns when the last fault is over.
fn heals_at(faults: &[Fault]) -> Time {
    let latest = faults
        .iter()
        .filter(|fault| fault.at.is_none())
        .map(|fault| Time::ZERO + fault.during.latest + fault.kind.lasts());
    latest.max().unwrap_or(Time::ZERO)
}

fn is_mortal(scenario: &Scenario) -> bool {
    let kills = |fault: &Fault| matches!(fault.kind, FaultKind::Attempt(..));
    scenario.faults.iter().any(kills) || scenario.jobs.iter().any(|job| job.timeout.is_some())
}

/// Returns whether something can come between sending, arriving and returning. They fold into one
/// if nothing can.
fn unfolds(scenario: &Scenario) -> bool {
    let latency = scenario.network.latency.latest;
    let gives_up = scenario.client.timeout <= latency + latency;
    let redelivers = scenario.queue.retry_after.is_some();
    !scenario.faults.is_empty() || is_mortal(scenario) || gives_up || redelivers
}

/// Gives the cast the names of locks: those in lists of actions first, then two for each kind of
/// job. Returns which name each text is.
fn name_locks(scenario: &Scenario, cast: &mut Cast) -> Vec<u16> {
    fn visit(list: &[Action], found: &mut dyn FnMut(LockKey)) {
        for action in list {
            if let Action::Lock { lock, .. } = action {
                found(lock.key);
            }
            action.lists().into_iter().for_each(|list| visit(list, found));
        }
    }
    let mut places = vec![u16::MAX; scenario.texts.len()];
    let mut found = |key: LockKey| {
        let (text, place) = (key.text.0 as usize, cast.locks.len() as u16);
        if places[text] == u16::MAX {
            places[text] = place;
            cast.locks.push(scenario.texts[text].clone());
        }
    };
    let users = scenario.users.iter().map(|user| &user.list);
    let processes = scenario.processes.iter().map(|process| &process.list);
    let jobs = scenario.jobs.iter().map(|job| &job.list);
    for list in users.chain(processes).chain(jobs) {
        visit(list, &mut found);
    }
    let keeps = |job: &crate::scenario::Job| job.unique || job.overlap != Overlap::Allow;
    if scenario.jobs.iter().any(keeps) {
        for job in &scenario.jobs {
            cast.locks.push(format!("overlap:{}:{{document}}", job.name));
            cast.locks.push(format!("unique:{}:{{document}}", job.name));
        }
    }
    places
}

/// Returns whether the actor that performs this list ever waits for a run that it has created.
fn waits(list: &[Action]) -> bool {
    list.iter().any(|action| {
        matches!(action, Action::AwaitRun { .. }) || action.lists().into_iter().any(waits)
    })
}

fn kind(job: &crate::scenario::Job) -> Kind {
    Kind { name: job.name.clone(), asks: asks::of_job(job), waits: waits(&job.list) }
}
