//! The stage: a scenario with everybody in their place. Counted users and processes are single ones here,
//! and copies of a document are documents.

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
    pub cast: Cast,
    /// Who sits where: users first, then processes, then the queue's workers.
    pub parts: Vec<Part>,
    /// How many threads there are before anybody acts.
    pub threads: usize,
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
        let mut stage = Stage {
            cast: Cast {
                kinds: scenario.jobs.iter().map(kind).collect(),
                intent: scenario.expect.intent,
                settle: scenario.expect.settle,
                heals_at: Time::ZERO,
                ..Cast::default()
            },
            kind_keys: scenario.jobs.iter().map(|job| key_of(&job.name)).collect(),
            parts: Vec::new(),
            threads: scenario.threads.len(),
            scenario,
        };
        stage.place_documents();
        stage.place_users();
        stage.place_processes();
        let workers = if stage.cast.kinds.is_empty() { 0 } else { stage.scenario.queue.workers };
        stage.parts.extend((1..=workers).map(Part::Worker));
        stage
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

    fn new_thread(&mut self) -> ThreadId {
        self.threads += 1;
        ThreadId::at(self.threads - 1)
    }

    fn place_documents(&mut self) {
        for index in 0..self.scenario.documents.len() {
            let document = &self.scenario.documents[index];
            let (name, sections) = (document.id.clone(), document.sections);
            let thread = match document.thread {
                DocumentThread::Exists => Some(self.new_thread()),
                DocumentThread::None => None,
                DocumentThread::Named(place) => Some(ThreadId::at(place)),
            };
            self.cast.documents.push(Document { name, sections, thread });
        }
    }

    fn place_users(&mut self) {
        for index in 0..self.scenario.users.len() {
            let user = &self.scenario.users[index];
            for name in numbered(&user.name, user.count) {
                let key = key_of(&name);
                let actor = Actor::User(self.cast.users.len() as u16);
                self.cast.users.push(Member { name, role: user.name.clone() });
                let start = user.start;
                let solo = Solo { actor, key, start, document: None, thread: None };
                self.parts.push(Part::Solo(solo));
            }
        }
    }

    fn place_processes(&mut self) {
        for index in 0..self.scenario.processes.len() {
            let process = self.scenario.processes[index].clone();
            let names = numbered(&process.name, process.count);
            for (number, name) in names.into_iter().enumerate() {
                let (document, thread) = match process.works_on {
                    WorksOn::Document(document) => (Some(document), None),
                    WorksOn::OwnCopy(document) => (Some(self.copy(document, number + 1)), None),
                    WorksOn::Thread(place) => (None, Some(ThreadId::at(place))),
                    WorksOn::Nothing => (None, None),
                };
                let key = key_of(&name);
                let actor = Actor::Process(self.cast.processes.len() as u16);
                self.cast.processes.push(Member { name, role: process.name.clone() });
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
