//! The table of blocks: what a scenario file contains besides actions.

use super::key::{Key, Kind, words};
use super::{Overlap, Preset};

/// A block: `[server]`, `[[user]]`, `[job.NAME]`.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// Its name.
    pub name: &'static str,
    /// How often it may occur in a file.
    pub shape: Shape,
    /// Its keys.
    pub keys: &'static [Key],
    /// What it describes, in one line.
    pub help: &'static str,
}

/// How often a block may occur in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Once: `[server]`.
    One,
    /// Any number of times: `[[user]]`.
    Many,
    /// Once for each name: `[job.NAME]`.
    Named,
    /// Names and values that the author chooses: `[params]`, `[do]`.
    Free,
}

/// The maximum number of users, processes or workers of a kind.
pub const COUNT_MAX: u64 = 1_000;

/// The keys before all blocks.
pub const ROOT: &[Key] = &[
    Key::required("format", Kind::Count(1, u64::MAX)).help("The version of this format: 1."),
    Key::required("summary", Kind::Prose).help("What the scenario is, in a sentence."),
    Key::optional("source", Kind::Prose, "\"\"").help("Where its situation comes from."),
];

/// All blocks, in the order in which they are printed.
pub const BLOCKS: &[Block] = &[
    Block {
        name: "params",
        shape: Shape::Free,
        keys: &[],
        help: "Parameters with their values, used as \"$NAME\"; --set NAME=VALUE overrides them.",
    },
    Block { name: "server", shape: Shape::One, keys: SERVER, help: "The simulated server." },
    Block { name: "network", shape: Shape::One, keys: NETWORK, help: "How long messages take." },
    Block {
        name: "client",
        shape: Shape::One,
        keys: CLIENT,
        help: "The application's API client. It retries a call that was answered with 408, 409, \
               429 or 5xx, or not at all; it never retries a 400.",
    },
    Block {
        name: "thread",
        shape: Shape::Many,
        keys: THREAD,
        help: "A thread that several documents or processes name.",
    },
    Block {
        name: "document",
        shape: Shape::Many,
        keys: DOCUMENT,
        help: "A document of the application: a row that names its thread.",
    },
    Block {
        name: "user",
        shape: Shape::Many,
        keys: USER,
        help: "A user of the application, who clicks.",
    },
    Block {
        name: "process",
        shape: Shape::Many,
        keys: PROCESS,
        help: "A process outside the queue. Without `document` or `thread` it starts with neither.",
    },
    Block {
        name: "queue",
        shape: Shape::One,
        keys: QUEUE,
        help: "The queue in which jobs wait: first in, first out.",
    },
    Block {
        name: "job",
        shape: Shape::Named,
        keys: JOB,
        help: "A kind of job: what a worker does with it.",
    },
    Block {
        name: "fault",
        shape: Shape::Many,
        keys: FAULT,
        help: "Something that goes wrong: one of FAULTS, and when.",
    },
    Block {
        name: "do",
        shape: Shape::Free,
        keys: &[],
        help: "Lists of actions by name, used as do = \"NAME\".",
    },
    Block { name: "budget", shape: Shape::One, keys: BUDGET, help: "How much a trial may use." },
    Block {
        name: "expect",
        shape: Shape::One,
        keys: EXPECT,
        help: "What is expected. A property that no list names must hold in every trial.",
    },
];

const SERVER: &[Key] = &[
    Key::optional("queue_time", Kind::Window, "\"0ms\"")
        .help("Time from a run's creation until it starts work."),
    Key::optional("run_time", Kind::Window, "\"2s..20s\"").help("How long a run works."),
    Key::optional("cancel_time", Kind::Window, "\"100ms..5s\"").help(
        "Time from an accepted cancel until the run stops; its thread stays locked until then.",
    ),
    Key::optional("expires_after", Kind::Span, "\"10min\"").help("How long a run may last."),
    Key::optional("outcomes", Kind::Outcomes, "{ completed = 1 }")
        .help("How runs end, with weights: completed, failed, incomplete, needs_action, stuck."),
    Key::optional("tool_turns", Kind::Count(1, 1_000), "1").help(
        "How often a run that needs action asks for tool outputs at most; after that it \
         completes instead.",
    ),
    Key::optional("switches", Kind::Switches, "{}")
        .help("Unknowns of the real server; `deadheat show --switches` lists them."),
];

const NETWORK: &[Key] = &[
    Key::optional("latency", Kind::Window, "\"5ms..80ms\"")
        .help("Between the application and the server, one way: each request and each reply."),
    Key::optional("local", Kind::Window, "\"0ms..2ms\"")
        .help("Between the application and its own database and queue, one way."),
];

/// The presets, with their polls and retries: openai-python 3.3.1, openai-node 7.5.0, openai-go
/// 3.52.0 and async-openai 0.41.3, from their sources (D). async-openai polls nothing on its own,
/// and has retried nothing since 0.38. A plain HTTP client does neither.
pub(super) const PRESETS: [(&str, Preset, &str, u32); 5] = [
    ("plain-http", Preset::PlainHttp, "1s", 0),
    ("openai-python", Preset::OpenaiPython, "1s", 2),
    ("openai-node", Preset::OpenaiNode, "5s", 2),
    ("openai-go", Preset::OpenaiGo, "1s", 2),
    ("async-openai", Preset::AsyncOpenai, "1s", 0),
];

const CLIENT: &[Key] = &[
    Key::optional(
        "preset",
        Kind::Choice(&[PRESETS[0].0, PRESETS[1].0, PRESETS[2].0, PRESETS[3].0, PRESETS[4].0]),
        "\"plain-http\"",
    )
    .help("The library that it behaves like; sets the defaults of `poll` and `retries`."),
    Key::absent("poll", Kind::Window, "as the preset says: 1s, or 5s for openai-node")
        .help("Time between two polls, unless an action sets its own."),
    Key::optional("timeout", Kind::Span, "\"10min\"").help("How long it waits for a reply."),
    Key::absent(
        "retries",
        Kind::Count(0, 100),
        "as the preset says: 2 for openai-python, openai-node and openai-go, otherwise 0",
    )
    .help("How often it retries a call, after min(0.5 s * 2^n, 8 s), minus up to a quarter."),
];

const THREAD: &[Key] = &[Key::required("name", Kind::Name).help("Its name.")];

const DOCUMENT: &[Key] = &[
    Key::required("id", Kind::DocumentName).help("Its id, as clicks and processes name it."),
    Key::optional("sections", Kind::Count(0, 1_000), "0").help("How many sections it has."),
    Key::optional("thread", Kind::DocumentThread, "\"exists\"").help(
        "The thread that its row names: \"exists\" (one of its own), \"none\", or a [[thread]].",
    ),
];

const COUNT: Key = Key::optional("count", Kind::Count(1, COUNT_MAX), "1")
    .help("How many there are; if several, they are called NAME-1, NAME-2 …");

const START: Key = Key::optional("start", Kind::Start, "\"together\"")
    .help("When it starts: a time, a window, or \"together\", which is at once.");

const USER: &[Key] = &[
    Key::required("name", Kind::Name).help("Its name."),
    COUNT,
    START,
    Key::absent("debounce", Kind::Span, "nothing is ignored")
        .help("A click sooner than this after the last one is ignored. Two tabs are two users."),
    Key::required("do", Kind::Actions).help("What it does."),
];

const PROCESS: &[Key] = &[
    Key::required("name", Kind::Name).help("Its name."),
    COUNT,
    START,
    Key::absent("document", Kind::Document, "none").help("The document that all of them work on."),
    Key::optional("own_document", Kind::Flag, "false")
        .help("Whether each works on its own copy of the document, with its own thread."),
    Key::absent("thread", Kind::Thread, "none").help("The [[thread]] that all of them work in."),
    Key::absent("same", Kind::SameKey, "each asks for its own").help(
        "A key: processes with the same key ask for the same thing. {thread}, {document} and \
         {iteration} can be part of it.",
    ),
    Key::required("do", Kind::Actions).help("What each of them does."),
];

const QUEUE: &[Key] = &[
    Key::optional("workers", Kind::Count(1, COUNT_MAX), "1").help("How many workers there are."),
    Key::optional("poll", Kind::Window, "\"0ms..20ms\"")
        .help("Time from a job's dispatch until an idle worker takes it."),
    Key::absent("retry_after", Kind::Span, "never").help(
        "How long after a worker took it an unfinished job is handed out again, while the first \
         copy may still be at work.",
    ),
    Key::optional("restart", Kind::Window, "\"1s\"")
        .help("Time from a worker's death until a new one starts."),
];

const FAULT: &[Key] = &[
    Key::optional("chance", Kind::Chance, "1")
        .help("Probability of striking, each time it could: 0 to 1."),
    Key::optional("during", Kind::Window, "\"0s..5min\"")
        .help("When it can strike, counted from the start of the trial."),
    Key::absent("at", Kind::At, "anywhere").help(
        "The only call that it can strike, as schedules name it: \"generate#1.1/create_run#1\".",
    ),
    Key::optional("optional", Kind::Flag, "false")
        .help("Whether it may never strike; otherwise that is a finding."),
];

const JOB: &[Key] = &[
    Key::optional("tries", Kind::Count(1, 1_000), "1").help("How often it is attempted at most."),
    Key::optional("backoff", Kind::Window, "\"0ms\"")
        .help("Between a failure and the next attempt."),
    Key::absent("timeout", Kind::Span, "none")
        .help("How long an attempt may take before its worker is killed."),
    Key::optional("unique", Kind::Flag, "false")
        .help("Whether a dispatch is ignored while such a job for the same document exists."),
    Key::absent("unique_for", Kind::Span, "until the job has ended")
        .help("How long that holds at most."),
    Key::optional("overlap", Kind::Choice(&words(&Overlap::WORDS)), "\"allow\"").help(
        "What happens to a job while another one of its kind works on the same document: it runs \
         as well, it goes back to the queue (which counts as an attempt), or it is dropped.",
    ),
    Key::optional("release_after", Kind::Window, "\"0ms\"")
        .help("How long a job that went back to the queue waits."),
    Key::absent("overlap_for", Kind::Span, "until it has ended").help(
        "How long a job keeps others away at most; without it, a killed job does so forever.",
    ),
    Key::required("do", Kind::Actions).help("What it does."),
];

const BUDGET: &[Key] = &[
    Key::optional("picks", Kind::Count(1, 100_000_000), "100000")
        .help("At most this many occurrences; a trial that needs more is out of budget."),
    Key::optional("time", Kind::Span, "\"24h\"").help("Nothing later than this."),
];

/// The keys of an expectation, both in `[expect]` and in each of its `with` tables.
pub(super) const EXPECTATION: &[Key] = &[
    Key::optional("violates", Kind::Properties, "[]").help("Properties that some trial breaks."),
    Key::optional("always", Kind::Properties, "[]").help("Properties that each trial breaks."),
    Key::optional("allows", Kind::Properties, "[]").help("Properties that may break or hold."),
    Key::optional("at_most", Kind::Rates, "{}").help(
        "Properties that may break, but not more often than this, such as \
         `{ no-rejected-call = \"5 %\" }`; a finding is a rate whose 95 % interval is above it.",
    ),
    Key::optional("reaches", Kind::Marks, "[]").help("Marks that some trial reaches."),
    Key::optional("misses", Kind::Marks, "[]").help("Marks that no trial reaches."),
];

const EXPECT: &[Key] = &[
    EXPECTATION[0],
    EXPECTATION[1],
    EXPECTATION[2],
    EXPECTATION[3],
    EXPECTATION[4],
    EXPECTATION[5],
    Key::optional("intent", Kind::Span, "\"2s\"")
        .help("Two clicks of a user within this time ask for the same thing."),
    Key::optional("settle", Kind::Span, "\"15min\"")
        .help("How long everything may take to come to rest; longer than a run may last."),
    Key::optional("with", Kind::Withs, "[]").help(
        "[[expect.with]]: what is expected instead under this guard, or when these parameters are \
         set; `guard = GUARD`, `set = { NAME = VALUE }`, or both.",
    ),
];

/// The keys of `[[expect.with]]` besides those of an expectation.
pub(super) const WITH: &[Key] = &[
    Key::absent("guard", Kind::Guard, "none").help("The guard, as `--guard` takes it."),
    Key::absent("set", Kind::Settings, "none").help("The parameters and their values."),
];
