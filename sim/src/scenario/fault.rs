//! The table of faults: what can go wrong, where, and what an author can say about it.

use deadheat_model::history::Operation;
use deadheat_model::id::KindId;
use deadheat_model::server::Outcome;
use deadheat_model::time::{Span, Window};

use super::args::Args;
use super::key::{Key, Kind, words};
use super::read::OUTCOMES;

/// `[[fault]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its verb.
    pub name: &'static str,
    /// What goes wrong.
    pub kind: FaultKind,
    /// The probability that it strikes each time it can, in millionths.
    pub chance: u32,
    /// When it can strike, counted from the start.
    pub during: Window,
    /// The one call that it can strike.
    pub at: Option<At>,
    /// Whether it is acceptable that it strikes in no trial. Otherwise, that is a finding.
    pub optional: bool,
}

impl Fault {
    /// Returns whether it may fail to strike when it can.
    pub fn is_chance(&self) -> bool {
        self.chance < 1_000_000
    }
}

/// What goes wrong, by what it strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It strikes a call of this operation to the server, or any call.
    Call(Option<Operation>, CallFault),
    /// It strikes a run, when the run goes to work.
    Run(RunFault),
    /// It strikes the process of an attempt at this kind of job, this long after the attempt began.
    Attempt(KindId, Window, AttemptFault),
    /// It strikes all actors at once.
    World(WorldFault),
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// The request never reaches the server.
    LoseRequest(SeenAs),
    /// The request takes effect, and its reply never reaches the client.
    LoseReply(SeenAs),
    /// The request reaches the server twice.
    Duplicate,
    /// The server answers with 429.
    RateLimit(Option<Span>),
    /// The server answers with 500.
    Internal,
    /// The server answers with 503.
    Overload,
    /// The reply takes this much longer.
    SlowReply(Window),
}

/// What goes wrong with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunFault {
    /// It ends with this outcome.
    Ends(Outcome),
    /// When it has ended, it keeps its thread locked for this long.
    Lag(Window),
    /// It completes although it is being cancelled.
    CancelLoses,
}

/// What goes wrong with the process of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptFault {
    /// It dies.
    Crash,
    /// It pauses for this long.
    Pause(Window),
}

/// What goes wrong for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorldFault {
    /// The server answers everything with 503 for this long.
    Outage(Window),
    /// The cache loses all locks.
    Failover,
}

/// How a client learns that something was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenAs {
    /// Immediately, because the connection is reset.
    Reset,
    /// At its timeout.
    Silence,
}

impl SeenAs {
    /// Its words in scenario files.
    pub const WORDS: [(&str, SeenAs); 2] =
        [(SeenAs::Reset.word(), SeenAs::Reset), (SeenAs::Silence.word(), SeenAs::Silence)];

    /// Its word in scenario files.
    pub const fn word(self) -> &'static str {
        match self {
            SeenAs::Reset => "reset",
            SeenAs::Silence => "silence",
        }
    }
}

/// A call, as schedules name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The actor that makes it: `generate#1.1`, `stress-worker-2`.
    pub actor: String,
    /// What it does.
    pub operation: Operation,
    /// Its number among the actor's calls of this operation, from 1.
    pub nth: u32,
}

impl FaultKind {
    /// Returns the windows that the scenario sets for it.
    pub(super) fn windows_mut(&mut self) -> Vec<&mut Window> {
        match self {
            FaultKind::Call(_, CallFault::SlowReply(time))
            | FaultKind::Run(RunFault::Lag(time))
            | FaultKind::World(WorldFault::Outage(time)) => vec![time],
            FaultKind::Attempt(_, after, AttemptFault::Crash) => vec![after],
            FaultKind::Attempt(_, after, AttemptFault::Pause(time)) => vec![after, time],
            FaultKind::Call(
                _,
                CallFault::LoseRequest(_)
                | CallFault::LoseReply(_)
                | CallFault::Duplicate
                | CallFault::RateLimit(_)
                | CallFault::Internal
                | CallFault::Overload,
            )
            | FaultKind::Run(RunFault::Ends(_) | RunFault::CancelLoses)
            | FaultKind::World(WorldFault::Failover) => Vec::new(),
        }
    }

    /// Returns how long its effects may last after the end of the time in which it can strike.
    pub fn lasts(mut self) -> Span {
        self.windows_mut().iter().fold(Span::ZERO, |sum, window| sum + window.latest)
    }
}

/// A fault's verb.
pub struct FaultVerb {
    /// Its name.
    pub name: &'static str,
    /// The option that a bare value sets.
    pub main: Option<&'static str>,
    /// Its options.
    pub options: &'static [Key],
    /// What it does, in one line.
    pub help: &'static str,
    pub(super) build: fn(&mut Args) -> FaultKind,
}

/// The calls that a fault can strike.
const CALLS: [(&str, Option<Operation>); 9] = [
    ("any", None),
    called(Operation::CreateThread),
    called(Operation::AddMessage),
    called(Operation::ListMessages),
    called(Operation::CreateRun),
    called(Operation::RetrieveRun),
    called(Operation::ListRuns),
    called(Operation::CancelRun),
    called(Operation::SubmitOutputs),
];

const fn called(operation: Operation) -> (&'static str, Option<Operation>) {
    (operation.name(), Some(operation))
}

/// How a run can end other than completed.
const ENDS: [(&str, Outcome); 4] = [OUTCOMES[1], OUTCOMES[2], OUTCOMES[3], OUTCOMES[4]];

const CALL: Key = Key::optional("call", Kind::Choice(&words(&CALLS)), "\"any\"")
    .help("Which calls it can strike.");
const SEEN_AS: Key = Key::optional("seen_as", Kind::Choice(&words(&SeenAs::WORDS)), "\"reset\"")
    .help("Whether the client knows at once, or at its timeout.");
const JOB: Key = Key::required("job", Kind::Job).help("The job whose attempts it can strike.");
const AFTER: Key = Key::optional("after", Kind::Window, "\"0s..10s\"")
    .help("How long after an attempt has begun; with `at`, right at that call.");

/// All faults, in the order of the reference.
pub static FAULTS: &[FaultVerb] = &[
    FaultVerb {
        name: "lose_request",
        main: Some("call"),
        options: &[CALL, SEEN_AS],
        help: "A request never reaches the server.",
        build: |args| FaultKind::Call(call(args), CallFault::LoseRequest(seen_as(args))),
    },
    FaultVerb {
        name: "lose_reply",
        main: Some("call"),
        options: &[CALL, SEEN_AS],
        help: "A request takes effect, and its reply never reaches the client.",
        build: |args| FaultKind::Call(call(args), CallFault::LoseReply(seen_as(args))),
    },
    FaultVerb {
        name: "duplicate",
        main: Some("call"),
        options: &[CALL],
        help: "A request reaches the server twice; the client sees the first answer.",
        build: |args| FaultKind::Call(call(args), CallFault::Duplicate),
    },
    FaultVerb {
        name: "rate_limit",
        main: Some("call"),
        options: &[
            CALL,
            Key::absent("retry_after", Kind::Span, "no such header")
                .help("What the answer asks for."),
        ],
        help: "The server answers with 429, and does nothing.",
        build: |args| FaultKind::Call(call(args), CallFault::RateLimit(args.given("retry_after"))),
    },
    FaultVerb {
        name: "internal_error",
        main: Some("call"),
        options: &[CALL],
        help: "The server answers with 500, and does nothing.",
        build: |args| FaultKind::Call(call(args), CallFault::Internal),
    },
    FaultVerb {
        name: "overload",
        main: Some("call"),
        options: &[CALL],
        help: "The server answers with 503, and does nothing.",
        build: |args| FaultKind::Call(call(args), CallFault::Overload),
    },
    FaultVerb {
        name: "slow_reply",
        main: Some("time"),
        options: &[Key::required("time", Kind::Window).help("How much longer it takes."), CALL],
        help: "A reply takes longer; longer than the client waits, perhaps.",
        build: |args| FaultKind::Call(call(args), CallFault::SlowReply(args.take("time"))),
    },
    FaultVerb {
        name: "outage",
        main: Some("time"),
        options: &[Key::required("time", Kind::Window).help("How long it lasts.")],
        help: "From some moment on, the server answers everything with 503 for a time. Runs go on.",
        build: |args| FaultKind::World(WorldFault::Outage(args.take("time"))),
    },
    FaultVerb {
        name: "crash",
        main: Some("job"),
        options: &[JOB, AFTER],
        help: "The worker of an attempt at the job dies. What it has sent is under way; its locks \
               stay; `[queue] restart` later there is a new worker.",
        build: |args| FaultKind::Attempt(args.take("job"), args.take("after"), AttemptFault::Crash),
    },
    FaultVerb {
        name: "pause",
        main: Some("job"),
        options: &[JOB, AFTER, Key::required("time", Kind::Window).help("How long it is paused.")],
        help: "The worker of an attempt at the job is paused for a time, and does not notice.",
        build: |args| {
            let (job, after) = (args.take("job"), args.take("after"));
            FaultKind::Attempt(job, after, AttemptFault::Pause(args.take("time")))
        },
    },
    FaultVerb {
        name: "failover",
        main: None,
        options: &[],
        help: "At some moment, the cache loses every lock that is kept in it.",
        build: |_| FaultKind::World(WorldFault::Failover),
    },
    FaultVerb {
        name: "run",
        main: Some("outcome"),
        options: &[
            Key::required("outcome", Kind::Choice(&words(&ENDS))).help("What the run comes to.")
        ],
        help: "A run does not complete.",
        build: |args| FaultKind::Run(RunFault::Ends(args.choose("outcome", &ENDS))),
    },
    FaultVerb {
        name: "lag",
        main: Some("time"),
        options: &[Key::required("time", Kind::Window).help("How long.")],
        help: "A run that has ended keeps its thread locked for a time.",
        build: |args| FaultKind::Run(RunFault::Lag(args.take("time"))),
    },
    FaultVerb {
        name: "cancel_loses",
        main: None,
        options: &[],
        help: "A run that is at work completes although it is cancelled.",
        build: |_| FaultKind::Run(RunFault::CancelLoses),
    },
];

fn call(args: &mut Args) -> Option<Operation> {
    args.choose("call", &CALLS)
}

fn seen_as(args: &mut Args) -> SeenAs {
    args.choose("seen_as", &SeenAs::WORDS)
}

/// Returns the word for the calls that a fault can strike.
pub(super) fn call_word(call: Option<Operation>) -> &'static str {
    call.map_or(CALLS[0].0, Operation::name)
}
