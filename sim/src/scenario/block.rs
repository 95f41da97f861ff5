//! The table of blocks: what stands in a scenario file beside actions.

use super::Preset;
use super::key::{Key, Kind};

/// A block: `[server]`, `[[user]]`, `[job.NAME]`.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// Its name.
    pub name: &'static str,
    /// How often it may stand there.
    pub shape: Shape,
    /// Its keys.
    pub keys: &'static [Key],
    /// What it describes, in a line.
    pub help: &'static str,
}

/// How often a block may stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Once: `[server]`.
    One,
    /// Any number of times: `[[user]]`.
    Many,
    /// Once for each name: `[job.NAME]`.
    Named,
    /// Names with values of the author's own: `[params]`, `[do]`.
    Free,
}

/// The largest number of users, processes or workers of a kind.
pub const COUNT_MAX: u64 = 1_000;

/// The keys in front of all blocks.
pub const ROOT: &[Key] = &[
    Key::required("format", Kind::Count(1, u64::MAX), "The version of this format: 1."),
    Key::required("summary", Kind::Prose, "What the scenario is, in a sentence."),
    Key::optional("source", Kind::Prose, "\"\"", "Where its situation comes from."),
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
    Block {
        name: "network",
        shape: Shape::One,
        keys: NETWORK,
        help: "How long messages are under way.",
    },
    Block {
        name: "client",
        shape: Shape::One,
        keys: CLIENT,
        help: "The application's API client. It makes a call again that was answered with 408, \
               409, 429 or 5xx, or not at all; never one that was answered with 400.",
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
        help: "Somebody in front of the application, who clicks.",
    },
    Block {
        name: "process",
        shape: Shape::Many,
        keys: PROCESS,
        help: "A process of its own, outside the queue. Without `document` or `thread` it begins \
               with neither.",
    },
    Block {
        name: "queue",
        shape: Shape::One,
        keys: QUEUE,
        help: "The queue that jobs wait in, first come, first served.",
    },
    Block {
        name: "job",
        shape: Shape::Named,
        keys: JOB,
        help: "A kind of job: what a worker does that takes it from the queue.",
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
        help: "What is expected. Every property that is named in no list must hold in each trial.",
    },
];

const SERVER: &[Key] = &[
    Key::optional(
        "queue_time",
        Kind::Window,
        "\"0ms\"",
        "From a run's creation until it is at work.",
    ),
    Key::optional("run_time", Kind::Window, "\"2s..20s\"", "How long a run is at work."),
    Key::optional(
        "cancel_time",
        Kind::Window,
        "\"100ms..5s\"",
        "From a granted cancel until the run has stopped; it locks its thread until then.",
    ),
    Key::optional("expires_after", Kind::Span, "\"10min\"", "How long a run may last."),
    Key::optional(
        "outcomes",
        Kind::Outcomes,
        "{ completed = 1 }",
        "What a run comes to, with weights: completed, failed, incomplete, needs_action, stuck.",
    ),
    Key::optional(
        "tool_turns",
        Kind::Count(1, 1_000),
        "1",
        "How often a run that comes to needs_action asks for tool outputs at the most; then it \
         completes instead.",
    ),
    Key::optional(
        "switches",
        Kind::Switches,
        "{}",
        "What is not known of the real server; `deadheat show --switches` lists them.",
    ),
];

const NETWORK: &[Key] = &[
    Key::optional(
        "latency",
        Kind::Window,
        "\"5ms..80ms\"",
        "Between application and server, one way: each request and each reply.",
    ),
    Key::optional(
        "local",
        Kind::Window,
        "\"0ms..2ms\"",
        "Between the application and its own database and queue, one way.",
    ),
];

/// The presets, with what they say of polls and retries: openai-python 3.3.1, openai-node 7.5.0,
/// openai-go 3.52.0 and async-openai 0.41.3, from their sources (D). async-openai polls nothing by
/// itself, and has retried nothing since 0.38; a plain HTTP client does neither.
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
        "The library that it is like: what `poll` and `retries` are where they are not given.",
    ),
    Key::absent(
        "poll",
        Kind::Window,
        "as the preset says: 1s, or 5s for openai-node",
        "Between two polls, where none is given.",
    ),
    Key::optional("timeout", Kind::Span, "\"10min\"", "How long it waits for a reply."),
    Key::absent(
        "retries",
        Kind::Count(0, 100),
        "as the preset says: 2 for openai-python, openai-node and openai-go, otherwise 0",
        "How often it makes a call again, after min(0.5 s * 2^n, 8 s), up to a quarter less.",
    ),
];

const THREAD: &[Key] = &[Key::required("name", Kind::Name, "Its name.")];

const DOCUMENT: &[Key] = &[
    Key::required("id", Kind::DocumentName, "Its id, as clicks and processes name it."),
    Key::optional("sections", Kind::Count(0, 1_000), "0", "How many sections it has."),
    Key::optional(
        "thread",
        Kind::DocumentThread,
        "\"exists\"",
        "The thread that its row names: \"exists\" (one of its own), \"none\", or a [[thread]].",
    ),
];

const COUNT: Key = Key::optional(
    "count",
    Kind::Count(1, COUNT_MAX),
    "1",
    "How many there are; NAME-1, NAME-2 … if several.",
);

const START: Key = Key::optional(
    "start",
    Kind::Start,
    "\"together\"",
    "When it starts: a time, a window, or \"together\", which is at once.",
);

const USER: &[Key] = &[
    Key::required("name", Kind::Name, "Its name."),
    COUNT,
    START,
    Key::absent(
        "debounce",
        Kind::Span,
        "nothing is ignored",
        "A click that comes sooner than this after the last one is ignored. Two tabs: two users.",
    ),
    Key::required("do", Kind::Actions, "What it does."),
];

const PROCESS: &[Key] = &[
    Key::required("name", Kind::Name, "Its name."),
    COUNT,
    START,
    Key::absent("document", Kind::Document, "none", "The document that all of them work on."),
    Key::optional(
        "own_document",
        Kind::Flag,
        "false",
        "Whether each works on a copy of the document instead, with a thread of its own.",
    ),
    Key::absent("thread", Kind::Thread, "none", "The [[thread]] that all of them work in."),
    Key::absent(
        "same",
        Kind::SameKey,
        "each asks for its own",
        "A key: processes that give the same one ask for the same thing. {thread}, {document} and \
         {iteration} may stand in it.",
    ),
    Key::required("do", Kind::Actions, "What each of them does."),
];

const QUEUE: &[Key] = &[
    Key::optional("workers", Kind::Count(1, COUNT_MAX), "1", "How many workers there are."),
    Key::optional(
        "poll",
        Kind::Window,
        "\"0ms..20ms\"",
        "From a job's dispatch until an idle worker has it.",
    ),
    Key::absent(
        "retry_after",
        Kind::Span,
        "never",
        "How long after it was taken a job is handed out again, if it has not ended by then: \
         beside the copy that is still at work.",
    ),
    Key::optional(
        "restart",
        Kind::Window,
        "\"1s\"",
        "From a worker's death until there is a new one.",
    ),
];

const FAULT: &[Key] = &[
    Key::optional(
        "chance",
        Kind::Chance,
        "1",
        "How likely it is to strike, each time it could: 0 to 1.",
    ),
    Key::optional(
        "during",
        Kind::Window,
        "\"0s..5min\"",
        "When it can strike, counted from the beginning; after that the world is sound.",
    ),
    Key::absent(
        "at",
        Kind::At,
        "anywhere",
        "The one call that it can strike, as schedules name it: \"generate#1.1/create_run#1\".",
    ),
    Key::optional(
        "optional",
        Kind::Flag,
        "false",
        "Whether it is no finding if it strikes in no trial.",
    ),
];

const JOB: &[Key] = &[
    Key::optional("tries", Kind::Count(1, 1_000), "1", "How often it is attempted at the most."),
    Key::optional("backoff", Kind::Window, "\"0ms\"", "Between a failure and the next attempt."),
    Key::absent(
        "timeout",
        Kind::Span,
        "none",
        "How long an attempt may last before its worker kills itself.",
    ),
    Key::optional(
        "unique",
        Kind::Flag,
        "false",
        "Whether a dispatch is ignored while there is such a job for the same document already.",
    ),
    Key::absent(
        "unique_for",
        Kind::Span,
        "until the job has ended",
        "How long that holds at the most.",
    ),
    Key::optional(
        "overlap",
        Kind::Choice(&["allow", "release", "drop"]),
        "\"allow\"",
        "What becomes of a job while another one of its kind is at work on the same document: it \
         is at work, too; it goes back to the queue, which counts as an attempt; or it is dropped.",
    ),
    Key::optional(
        "release_after",
        Kind::Window,
        "\"0ms\"",
        "How long a job that went back for that reason stays away.",
    ),
    Key::absent(
        "overlap_for",
        Kind::Span,
        "until it has ended",
        "How long a job keeps others away at the most; a killed one does so for ever.",
    ),
    Key::required("do", Kind::Actions, "What it does."),
];

const BUDGET: &[Key] = &[
    Key::optional(
        "picks",
        Kind::Count(1, 100_000_000),
        "100000",
        "At most so many occurrences; a trial that needs more is out of budget.",
    ),
    Key::optional("time", Kind::Span, "\"24h\"", "Nothing later than this."),
];

/// The keys of an expectation: of `[expect]`, and of each of its `with`.
pub(super) const EXPECTATION: &[Key] = &[
    Key::optional("violates", Kind::Properties, "[]", "Properties that some trial breaks."),
    Key::optional("always", Kind::Properties, "[]", "Properties that each trial breaks."),
    Key::optional("allows", Kind::Properties, "[]", "Properties that may break or hold."),
    Key::optional("reaches", Kind::Marks, "[]", "Marks that some trial reaches."),
    Key::optional("misses", Kind::Marks, "[]", "Marks that no trial reaches."),
];

const EXPECT: &[Key] = &[
    EXPECTATION[0],
    EXPECTATION[1],
    EXPECTATION[2],
    EXPECTATION[3],
    EXPECTATION[4],
    Key::optional(
        "intent",
        Kind::Span,
        "\"2s\"",
        "Two clicks of a user within this time ask for the same thing.",
    ),
    Key::optional(
        "settle",
        Kind::Span,
        "\"15min\"",
        "How long everything may take to come to rest; longer than a run may last.",
    ),
    Key::optional(
        "with",
        Kind::Withs,
        "[]",
        "[[expect.with]]: what is expected instead under this guard, or when these parameters are \
         set; `guard = GUARD`, `set = { NAME = VALUE }`, or both.",
    ),
];

/// The keys of `[[expect.with]]` beside those of an expectation.
pub(super) const WITH: &[Key] = &[
    Key::absent("guard", Kind::Guard, "none", "The guard, as `--guard` takes it."),
    Key::absent("set", Kind::Settings, "none", "The parameters and their values."),
];
