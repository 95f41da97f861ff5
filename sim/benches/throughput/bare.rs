//! The bare loop: a binary heap of times, hand-written steps, and one stream of random numbers. It
//! has no names, no async, no history and no properties. The server and the windows are the same.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use deadheat_model::api::{Page, Request, Response};
use deadheat_model::id::{AssistantId, Id, TextId, ThreadId};
use deadheat_model::server::{Assistant, Due, Effect, Outcome, Rules, Server};
use deadheat_model::thread::Role;
use rand::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;

/// The scenario that is played by hand.
#[derive(Clone, Copy)]
pub(crate) enum Workload {
    DoubleClick,
    FullGeneration,
    StressTest,
}

/// What happens next, and which actor it concerns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Click(u8),
    Start(u8),
    Load(u8),
    List(u8),
    Add(u8),
    Create(u8),
    End,
    Run(u32),
}

/// What an actor has done.
#[derive(Clone, Copy, Default)]
struct Actor {
    rounds: u32,
    patience_ends: u64,
}

/// A loop that plays one trial after another, and counts those in which a call was refused.
pub(crate) struct Loop {
    workload: Workload,
    server: Server,
    effects: Vec<Effect>,
    events: BinaryHeap<Reverse<(u64, u32, Event)>>,
    draws: SplitMix64,
    actors: [Actor; 5],
    now: u64,
    started: u32,
    was_refused: bool,
    pub(crate) trials: u64,
    pub(crate) refused: u64,
}

const MS: u64 = 1_000;
/// A leg between application and server, and one between the application and its own services.
const LEG: (u64, u64) = (5 * MS, 80 * MS);
const LOCAL: (u64, u64) = (0, 2 * MS);
const POLL: u64 = 1_000 * MS;
const PATIENCE: u64 = 18_000 * MS;
const SECTIONS: u32 = 10;
const ITERATIONS: u32 = 10;

impl Loop {
    pub(crate) fn new(workload: Workload) -> Loop {
        let assistants = vec![Assistant { has_instructions: true }];
        Loop {
            workload,
            server: Server::new(Rules::default(), assistants),
            effects: Vec::new(),
            events: BinaryHeap::new(),
            draws: SplitMix64::seed_from_u64(1),
            actors: [Actor::default(); 5],
            now: 0,
            started: 0,
            was_refused: false,
            trials: 0,
            refused: 0,
        }
    }

    pub(crate) fn trial(&mut self) {
        self.server.clear();
        self.actors = [Actor::default(); 5];
        (self.now, self.started, self.was_refused) = (0, 0, false);
        self.call(&Request::CreateThread);
        match self.workload {
            Workload::DoubleClick => self.push(0, 0, Event::Click(0)),
            Workload::FullGeneration => self.push(0, 0, Event::Click(1)),
            Workload::StressTest => (0..5).for_each(|worker| self.push(0, 0, Event::Start(worker))),
        }
        while let Some(Reverse((at, _, event))) = self.events.pop() {
            self.now = at;
            self.fire(event);
        }
        self.trials += 1;
        self.refused += u64::from(self.was_refused);
    }

    fn push(&mut self, earliest: u64, latest: u64, event: Event) {
        let wait =
            if earliest == latest { earliest } else { self.draws.gen_range(earliest..=latest) };
        self.started += 1;
        self.events.push(Reverse((self.now + wait, self.started, event)));
    }

    /// Adds the reply's way back and the next request's way there.
    fn next_call(&mut self, event: Event) {
        self.push(2 * LEG.0, 2 * LEG.1, event);
    }

    fn fire(&mut self, event: Event) {
        match event {
            Event::Click(which) => {
                self.push(0, 20 * MS, Event::Start(which));
                if matches!(self.workload, Workload::DoubleClick) && which == 0 {
                    self.push(80 * MS, 400 * MS, Event::Click(1));
                }
            }
            Event::Start(actor) => self.push(LOCAL.0, LOCAL.1, Event::Load(actor)),
            Event::Load(actor) => match self.workload {
                Workload::StressTest => {
                    self.push(LOCAL.0 + LEG.0, LOCAL.1 + LEG.1, Event::Add(actor));
                }
                Workload::DoubleClick | Workload::FullGeneration => {
                    self.actors[usize::from(actor)].patience_ends = self.now + PATIENCE;
                    self.push(LOCAL.0 + LEG.0, LOCAL.1 + LEG.1, Event::List(actor));
                }
            },
            Event::List(actor) => self.list(actor),
            Event::Add(actor) => self.add(actor),
            Event::Create(actor) => self.create(actor),
            Event::End => {}
            Event::Run(run) => {
                let due = Due::RunEnds(Id::at(run as usize));
                self.server.fire(due, &mut self.effects);
                self.carry_out();
            }
        }
    }

    fn list(&mut self, actor: u8) {
        let thread = ThreadId::at(0);
        let listed = self.call(&Request::ListRuns { thread, page: Page::default() });
        let is_busy = match listed {
            Some(Response::Runs(list)) => list.data.iter().any(|run| run.status.is_active()),
            _ => false,
        };
        let is_bounded = matches!(self.workload, Workload::FullGeneration);
        let is_over = is_bounded && self.now >= self.actors[usize::from(actor)].patience_ends;
        if is_busy && !is_over {
            self.push(2 * LEG.0 + POLL, 2 * LEG.1 + POLL, Event::List(actor));
        } else {
            self.next_call(Event::Add(actor));
        }
    }

    fn add(&mut self, actor: u8) {
        let (thread, role, text) = (ThreadId::at(0), Role::User, TextId(0));
        let is_added = self.call(&Request::AddMessage { thread, role, text }).is_some();
        match self.workload {
            Workload::DoubleClick if !is_added => self.push(LEG.0, LEG.1, Event::End),
            Workload::StressTest if !is_added => self.next_iteration(actor),
            _ => self.next_call(Event::Create(actor)),
        }
    }

    fn create(&mut self, actor: u8) {
        let (thread, assistant) = (ThreadId::at(0), AssistantId::at(0));
        let is_created = self.call(&Request::CreateRun { thread, assistant }).is_some();
        match self.workload {
            Workload::StressTest => self.next_iteration(actor),
            Workload::FullGeneration if is_created => {
                let state = &mut self.actors[usize::from(actor)];
                state.rounds += 1;
                if state.rounds < SECTIONS {
                    state.patience_ends = self.now + PATIENCE;
                    self.next_call(Event::List(actor));
                } else {
                    self.push(LEG.0, LEG.1, Event::End);
                }
            }
            Workload::DoubleClick | Workload::FullGeneration => {
                self.push(LEG.0, LEG.1, Event::End);
            }
        }
    }

    fn next_iteration(&mut self, actor: u8) {
        let state = &mut self.actors[usize::from(actor)];
        state.rounds += 1;
        if state.rounds < ITERATIONS {
            self.next_call(Event::Add(actor));
        } else {
            self.push(LEG.0, LEG.1, Event::End);
        }
    }

    fn call(&mut self, request: &Request) -> Option<Response> {
        let answer =
            self.server.handle(request, &mut || Outcome::Completed.into(), &mut self.effects);
        self.carry_out();
        self.was_refused |= answer.is_err();
        answer.ok()
    }

    fn carry_out(&mut self) {
        for index in 0..self.effects.len() {
            if let Effect::Start(Due::RunEnds(run), window) = self.effects[index] {
                let (earliest, latest) = (window.earliest.as_us(), window.latest.as_us());
                self.push(earliest, latest, Event::Run(run.index() as u32));
            }
        }
        self.effects.clear();
    }
}
