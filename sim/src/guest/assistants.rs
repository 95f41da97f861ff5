//! The simulated Assistants server as a service, and its clients.

use std::hash::{Hash, Hasher};

use deadheat_model::api::{ApiError, Page, Request, Response};
use deadheat_model::id::{AssistantId, Id as _, MessageId, RunId, TextId, ThreadId};
use deadheat_model::run::{Run, RunStatus};
use deadheat_model::server::{Assistant, Due, Effect, Outcome, Plan, Rules, Server};
use deadheat_model::thread::Role;

use super::me::Me;
use super::service::{Desk, Port, Service};
use super::sim::Sim;
use super::words::variant;
use crate::agenda::{Window, key_of};

/// A simulated Assistants server, on which at most one run is active in each thread. It answers as
/// the real one did, to the word.
pub struct Assistants {
    server: Server,
    rules: Rules,
    threads: usize,
    outcomes: Vec<(Outcome, u32)>,
}

impl Default for Assistants {
    /// Returns a server with one thread. A run takes 2 to 20 s, and completes.
    fn default() -> Assistants {
        let outcomes = vec![(Outcome::Completed, 1)];
        Assistants::new(Rules::default(), 1, outcomes)
    }
}

/// A call that the server has refused because a run was active. The server tells it: see
/// [`State::facts`](super::State::facts).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refused(
    /// What it has answered.
    pub ApiError,
);

impl Assistants {
    fn new(rules: Rules, threads: usize, outcomes: Vec<(Outcome, u32)>) -> Assistants {
        let mut server = Server::new(rules.clone(), vec![Assistant { has_instructions: true }]);
        for _ in 0..threads {
            let mut plan = || unreachable!("invariant: a new thread sets no run to work");
            let made = server.handle(&Request::CreateThread, &mut plan, &mut Vec::new());
            made.expect("invariant: a thread can be created");
        }
        Assistants { server, rules, threads, outcomes }
    }

    /// Sets how many threads there are from the beginning.
    #[must_use]
    pub fn threads(self, threads: usize) -> Assistants {
        Assistants::new(self.rules, threads, self.outcomes)
    }

    /// Sets how long a run works.
    #[must_use]
    pub fn run_time(self, window: impl Into<Window>) -> Assistants {
        let rules = Rules { run_time: window.into(), ..self.rules };
        Assistants::new(rules, self.threads, self.outcomes)
    }

    /// Sets how the server behaves.
    #[must_use]
    pub fn rules(self, rules: Rules) -> Assistants {
        Assistants::new(rules, self.threads, self.outcomes)
    }

    /// Sets how runs end, each outcome with its weight. The first one is the normal one.
    #[must_use]
    pub fn outcomes(self, outcomes: &[(Outcome, u32)]) -> Assistants {
        Assistants::new(self.rules, self.threads, outcomes.to_vec())
    }

    /// Does what the server has said besides its answer.
    fn carry_out(effects: Vec<Effect>, desk: &mut Desk<'_, Assistants>) {
        for effect in effects {
            match effect {
                Effect::Start(due, window) => desk.start(window, due),
                Effect::Clear(run) => desk.cancel(move |due| due.run() == run),
                Effect::Moved { .. } => {}
            }
        }
    }
}

impl Hash for Assistants {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.server.hash(hasher);
    }
}

impl Service for Assistants {
    type Request = Request;
    type Reply = Result<Response, ApiError>;
    type Due = Due;

    fn handle(&mut self, request: Request, desk: &mut Desk<'_, Self>) -> Option<Self::Reply> {
        let mut effects = Vec::new();
        let Assistants { server, outcomes, .. } = self;
        let mut plan = || {
            let weights: Vec<u32> = outcomes.iter().map(|(_, weight)| *weight).collect();
            let place = if weights.len() == 1 { 0 } else { desk.chance(&weights) };
            Plan::from(outcomes[place].0)
        };
        let answer = server.handle(&request, &mut plan, &mut effects);
        if let Err(error) = &answer
            && error.active_run().is_some()
        {
            desk.tell(Refused(error.clone()));
        }
        Assistants::carry_out(effects, desk);
        Some(answer)
    }

    fn fire(&mut self, due: Due, desk: &mut Desk<'_, Self>) {
        let mut effects = Vec::new();
        self.server.fire(due, &mut effects);
        Assistants::carry_out(effects, desk);
    }

    fn touches(request: &Request) -> u16 {
        request.thread().map_or(0, |thread| thread.index() as u16 + 1)
    }

    fn shown(request: &Request) -> String {
        let at = request.thread().map(|thread| format!(" in {thread}")).unwrap_or_default();
        let run = request.run().map(|run| format!(" {run}")).unwrap_or_default();
        format!("{}{run}{at}", variant(request))
    }

    fn shown_reply(reply: &Self::Reply) -> String {
        match reply {
            Ok(Response::Thread(thread)) => thread.to_string(),
            Ok(Response::Message(message)) => message.id.to_string(),
            Ok(Response::Run(run)) => format!("{}: {}", run.id, run.status),
            Ok(Response::Messages(list)) => {
                let ids = list.data.iter().map(|message| message.id.to_string());
                format!("[{}]", ids.collect::<Vec<_>>().join(", "))
            }
            Ok(Response::Runs(list)) => {
                let runs = list.data.iter().map(|run| format!("{}: {}", run.id, run.status));
                format!("[{}]", runs.collect::<Vec<_>>().join(", "))
            }
            Err(error) => format!("{} {error}", error.status()),
        }
    }
}

impl Sim {
    /// Adds an Assistants server. A call and its reply take 5 to 80 ms each, unless
    /// [`Sim::latency`] says otherwise.
    pub fn assistants(&mut self, server: Assistants) -> Api {
        let port = self.service("assistants", server);
        self.latency(port, super::millis(5)..=super::millis(80));
        Api(port)
    }
}

/// A client of an Assistants server.
#[derive(Clone, Copy)]
pub struct Api(
    /// The way to the server.
    pub Port<Assistants>,
);

impl Api {
    /// Returns one of the threads that are there from the beginning, counted from 1.
    pub fn thread(self, number: usize) -> ThreadId {
        ThreadId::at(number - 1)
    }

    /// Adds a user's message to a thread.
    pub async fn add_message(
        self,
        me: &Me,
        thread: ThreadId,
        text: &str,
    ) -> Result<MessageId, ApiError> {
        let text = TextId(key_of(text) as u32);
        let request = Request::AddMessage { thread, role: Role::User, text };
        let Response::Message(message) = me.call(self.0, request).await? else {
            unreachable!("invariant: a message is answered with itself")
        };
        Ok(message.id)
    }

    /// Sets the assistant to work in a thread.
    pub async fn create_run(self, me: &Me, thread: ThreadId) -> Result<RunId, ApiError> {
        let request = Request::CreateRun { thread, assistant: AssistantId::at(0) };
        self.run(me, request).await.map(|run| run.id)
    }

    /// Returns a run as it is now.
    pub async fn retrieve_run(
        self,
        me: &Me,
        thread: ThreadId,
        run: RunId,
    ) -> Result<Run, ApiError> {
        self.run(me, Request::RetrieveRun { thread, run }).await
    }

    /// Asks the server to stop a run.
    pub async fn cancel_run(self, me: &Me, thread: ThreadId, run: RunId) -> Result<Run, ApiError> {
        self.run(me, Request::CancelRun { thread, run }).await
    }

    /// Returns the run that is active in a thread, if there is one among its newest twenty.
    pub async fn active_run(self, me: &Me, thread: ThreadId) -> Result<Option<Run>, ApiError> {
        let request = Request::ListRuns { thread, page: Page::default() };
        let Response::Runs(list) = me.call(self.0, request).await? else {
            unreachable!("invariant: runs are answered with a list")
        };
        Ok(list.data.into_iter().find(|run| run.status.is_active()))
    }

    /// Looks again and again, with this pause, until no run is active in a thread.
    pub async fn wait_idle(
        self,
        me: &Me,
        thread: ThreadId,
        pause: impl Into<Window>,
    ) -> Result<(), ApiError> {
        let pause = pause.into();
        while self.active_run(me, thread).await?.is_some() {
            me.sleep(pause).await;
        }
        Ok(())
    }

    /// Looks again and again, with this pause, until a run is over. Returns how it has ended.
    pub async fn await_run(
        self,
        me: &Me,
        thread: ThreadId,
        run: RunId,
        pause: impl Into<Window>,
    ) -> Result<RunStatus, ApiError> {
        let pause = pause.into();
        loop {
            me.sleep(pause).await;
            let status = self.retrieve_run(me, thread, run).await?.status;
            if !status.is_active() {
                return Ok(status);
            }
        }
    }

    async fn run(self, me: &Me, request: Request) -> Result<Run, ApiError> {
        let Response::Run(run) = me.call(self.0, request).await? else {
            unreachable!("invariant: a run is answered with itself")
        };
        Ok(run)
    }
}
