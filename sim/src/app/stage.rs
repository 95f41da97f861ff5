//! The stage: a scenario with everybody in their place. Counted users and processes are single ones
//! here, and copies of a document are documents.

use std::sync::Arc;

use deadheat_model::history::{Cast, Document, Kind, Member};
use deadheat_model::id::{Actor, DocumentId, Id, Job, ThreadId};
use deadheat_model::server::{Assistant, Server};
use deadheat_model::time::{Time, Window};

use crate::agenda::{Seat, key_of, mix};
use crate::scenario::{Action, DocumentThread, Scenario, WorksOn};

/// All that is the same in every trial of a scenario.
pub struct Stage {
    /// The scenario.
    pub scenario: Scenario,
    /// Who takes part, for the history.
    pub cast: Arc<Cast>,
    /// Who sits where: users first, then processes, then the queue's workers.
    pub parts: Vec<Part>,
    /// How many threads there are before anybody acts.
    pub threads: usize,
    /// The scenario's digest.
    pub digest: u32,
    kind_keys: Vec<u64>,
}

/// What a seat is for.
#[derive(Clone, Debug)]
pub enum Part {
    /// A user or a process of its own.
    Solo(Solo),
    /// A worker of the queue, counted from 1.
    Worker(u16),
}

/// A user or a process, as it begins.
#[derive(Clone, Debug)]
pub struct Solo {
    /// Who it is.
    pub actor: Actor,
    /// What its name hashes to.
    pub key: u64,
    /// When it starts.
    pub start: Window,
    /// What it works on.
    pub document: Option<DocumentId>,
    /// The thread that it is given.
    pub thread: Option<ThreadId>,
}

impl Stage {
    /// Sets the stage for a scenario.
    pub fn new(scenario: Scenario) -> Stage {
        let mut placing = Placing {
            cast: Cast {
                kinds: scenario.jobs.iter().map(kind).collect(),
                intent: scenario.intent,
                settle: scenario.settle,
                heals_at: Time::ZERO,
                ..Cast::default()
            },
            parts: Vec::new(),
            threads: scenario.threads.len(),
        };
        placing.documents(&scenario);
        placing.users(&scenario);
        placing.processes(&scenario);
        let Placing { cast, mut parts, threads } = placing;
        let workers = if scenario.jobs.is_empty() { 0 } else { scenario.queue.workers };
        parts.extend((1..=workers).map(Part::Worker));
        let kind_keys = scenario.jobs.iter().map(|job| key_of(&job.name)).collect();
        let digest = crate::scenario::digest(&scenario);
        Stage { scenario, cast: Arc::new(cast), parts, threads, digest, kind_keys }
    }

    /// The server as a trial finds it.
    pub fn server(&self) -> Server {
        let assistants = vec![Assistant { has_instructions: true }];
        Server::new(self.scenario.server.rules.clone(), assistants)
    }

    /// What the name of an attempt at a job hashes to.
    pub fn attempt_key(&self, job: Job, attempt: u16) -> u64 {
        let kind = self.kind_keys[usize::from(job.kind.0)];
        mix(mix(kind, u64::from(job.number)), u64::from(attempt))
    }

    /// What an actor does.
    pub fn list(&self, actor: Actor) -> &[Action] {
        match actor {
            Actor::User(index) => {
                let role = &self.cast.users[usize::from(index)].role;
                let user = self.scenario.users.iter().find(|user| user.name == *role);
                &user.expect("invariant: a member has its role from the scenario").list
            }
            Actor::Process(index) => {
                let role = &self.cast.processes[usize::from(index)].role;
                let process = self.scenario.processes.iter().find(|process| process.name == *role);
                &process.expect("invariant: a member has its role from the scenario").list
            }
            Actor::Attempt(job, _) => &self.scenario.jobs[usize::from(job.kind.0)].list,
        }
    }

    /// Every seat with what it is for.
    pub fn seats(&self) -> impl Iterator<Item = (Seat, &Part)> {
        self.parts.iter().enumerate().map(|(index, part)| (Seat(index), part))
    }
}

/// The stage while everybody is being placed on it.
struct Placing {
    cast: Cast,
    parts: Vec<Part>,
    threads: usize,
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
                self.cast.users.push(Member { name, role: user.name.clone(), first });
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
            for (number, name) in names.into_iter().enumerate() {
                let (document, thread) = match process.works_on {
                    WorksOn::Document(document) => (Some(document), None),
                    WorksOn::OwnCopy(document) => (Some(self.copy(document, number + 1)), None),
                    WorksOn::Thread(place) => (None, Some(ThreadId::at(place))),
                    WorksOn::Nothing => (None, None),
                };
                let key = key_of(&name);
                let actor = Actor::Process(self.cast.processes.len() as u16);
                self.cast.processes.push(Member { name, role: process.name.clone(), first });
                let solo = Solo { actor, key, start: process.start, document, thread };
                self.parts.push(Part::Solo(solo));
            }
        }
    }

    fn copy(&mut self, document: DocumentId, number: usize) -> DocumentId {
        let original = self.cast.document(document).clone();
        let name = format!("{}-{number}", original.name);
        let thread = original.thread.map(|_| self.new_thread());
        self.cast.documents.push(Document { name, thread, ..original });
        DocumentId(self.cast.documents.len() as u16 - 1)
    }
}

fn kind(job: &crate::scenario::Job) -> Kind {
    Kind { name: job.name.clone(), asks: job.asks }
}

/// `browser`, or `browser-1`, `browser-2` … if there are several.
fn numbered(name: &str, count: u16) -> Vec<String> {
    if count == 1 {
        return vec![name.to_owned()];
    }
    (1..=count).map(|number| format!("{name}-{number}")).collect()
}
