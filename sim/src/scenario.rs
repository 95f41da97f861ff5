//! Scenarios: what an author wrote, checked and resolved. Every name is an index, every default is filled
//! in, every parameter is replaced by its value.
//!
//! A scenario knows nothing of schedules or of what runs it.

mod actions;
mod args;
pub mod block;
pub mod diagnostic;
pub mod key;
mod lower;
mod params;
mod print;
mod read;
mod reference;
mod schema;
mod tree;
mod unit;
pub mod verb;

pub use self::params::Settings;
pub use self::print::print;
pub use self::reference::reference;
pub use self::schema::schema;

use self::diagnostic::{Code, Diagnostic};

use deadheat_model::history::{Asks, Cause, Mark};
use deadheat_model::id::{DocumentId, KindId, TextId};
use deadheat_model::property::PropertyId;
use deadheat_model::server::{Outcome, Rules};
use deadheat_model::time::{Span, Window};
use xxhash_rust::xxh3::xxh3_64;

/// The format that this program reads and writes.
pub const FORMAT: u64 = 1;

/// A scenario file, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What it is, in a sentence.
    pub summary: String,
    /// Where its situation comes from.
    pub source: String,
    /// The simulated server.
    pub server: ServerBlock,
    /// How long messages are under way.
    pub network: Network,
    /// The application's API client.
    pub client: Client,
    /// The threads that documents and processes name.
    pub threads: Vec<String>,
    /// The documents.
    pub documents: Vec<Document>,
    /// The users.
    pub users: Vec<User>,
    /// Processes that are not queue workers.
    pub processes: Vec<Process>,
    /// The queue.
    pub queue: Queue,
    /// The kinds of job.
    pub jobs: Vec<Job>,
    /// Every text, by [`TextId`].
    pub texts: Vec<String>,
    /// How much a trial may use.
    pub budget: Budget,
    /// Two clicks of a user within this time ask for the same thing.
    pub intent: Span,
    /// How long everything may take to come to rest.
    pub settle: Span,
    /// What is expected of it; nothing if it is run with settings that its file has no expectation for.
    pub expect: Option<Expect>,
}

/// `[server]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerBlock {
    /// Times and switches.
    pub rules: Rules,
    /// What a run may come to, each with a weight.
    pub outcomes: Vec<(Outcome, u32)>,
}

/// `[network]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Between the application and the server, one way.
    pub latency: Window,
    /// Between the application and its own database and queue, one way.
    pub local: Window,
}

/// `[client]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Between two polls.
    pub poll: Window,
}

/// `[[document]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// As its author calls it.
    pub id: String,
    /// How many sections it has.
    pub sections: u16,
    /// The thread that its row names at the beginning.
    pub thread: DocumentThread,
}

/// A document's thread at the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentThread {
    /// One of its own.
    Exists,
    /// None yet.
    None,
    /// The one with this place in [`Scenario::threads`].
    Named(usize),
}

/// `[[user]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name; if there are several, with `-1`, `-2` … behind it.
    pub name: String,
    /// How many there are.
    pub count: u16,
    /// When it starts.
    pub start: Window,
    /// What it does.
    pub list: Vec<Action>,
}

/// `[[process]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its name; if there are several, with `-1`, `-2` … behind it.
    pub name: String,
    /// How many there are.
    pub count: u16,
    /// When it starts.
    pub start: Window,
    /// What it works on.
    pub works_on: WorksOn,
    /// What it does.
    pub list: Vec<Action>,
}

/// What a process works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorksOn {
    /// All of its kind share this document.
    Document(DocumentId),
    /// Each has a copy of this document, with a thread of its own.
    OwnCopy(DocumentId),
    /// All of its kind share the thread with this place in [`Scenario::threads`].
    Thread(usize),
    /// Nothing to begin with.
    Nothing,
}

/// `[queue]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// How many jobs may be at work at a time.
    pub workers: u16,
    /// From a job's dispatch until an idle worker has it.
    pub poll: Window,
}

/// `[job.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// How often it is attempted at the most.
    pub tries: u16,
    /// Between a failure and the next attempt.
    pub backoff: Window,
    /// What it asks for, as its list tells.
    pub asks: Asks,
    /// What it does.
    pub list: Vec<Action>,
}

/// `[budget]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// At most so many occurrences.
    pub picks: u64,
    /// No later than this after the beginning.
    pub time: Span,
}

/// What is expected. Every property that is named in no list must hold in each trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// Broken by some trial.
    pub violates: Vec<PropertyId>,
    /// Broken by each trial.
    pub always: Vec<PropertyId>,
    /// Either will do.
    pub allows: Vec<PropertyId>,
    /// Marks that some trial must reach.
    pub reaches: Vec<Mark>,
    /// Marks that no trial may reach.
    pub misses: Vec<Mark>,
}

/// One line of a scenario: something that an actor does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `load_document`.
    LoadDocument,
    /// `create_thread`.
    CreateThread,
    /// `save_thread`.
    SaveThread(Overwrite),
    /// `add_message`.
    AddMessage(NewMessage),
    /// `wait_idle`.
    WaitIdle(Wait),
    /// `safe_add_message`: a wait, then a message. What is checked may have changed when it acts.
    SafeAddMessage(NewMessage, Wait),
    /// `create_run`.
    CreateRun,
    /// `await_run`.
    AwaitRun {
        /// How long at the most.
        bound: Option<Span>,
        /// Between two looks.
        poll: Window,
    },
    /// `cancel_run`.
    CancelRun,
    /// `cancel_active`.
    CancelActive,
    /// `submit_outputs`.
    SubmitOutputs,
    /// `read_reply`.
    ReadReply(ReplyPick),
    /// `save_reply`.
    SaveReply,
    /// `retry`.
    Retry {
        /// What is tried.
        list: Vec<Action>,
        /// What makes it try again.
        on: Causes,
        /// How often it is tried again at the most.
        times: u32,
        /// In front of each further try.
        wait: Window,
    },
    /// `try`.
    Try {
        /// What is tried.
        list: Vec<Action>,
        /// What is caught.
        on: Causes,
        /// What is done when something was caught.
        otherwise: Vec<Action>,
    },
    /// `if`.
    If {
        /// Which local is looked at.
        local: Local,
        /// Whether it has to be set or unset.
        is_set: bool,
        /// What is done then.
        list: Vec<Action>,
        /// What is done otherwise.
        otherwise: Vec<Action>,
    },
    /// `repeat`.
    Repeat {
        /// What is repeated.
        list: Vec<Action>,
        /// Until when.
        until: Until,
        /// Between two iterations.
        pause: Window,
    },
    /// `for_each_section`.
    ForEachSection {
        /// What is done for each.
        list: Vec<Action>,
        /// Between two sections.
        pause: Window,
    },
    /// `click`.
    Click {
        /// The kind of job that the click dispatches.
        job: KindId,
        /// The document that it is about.
        document: DocumentId,
    },
    /// `dispatch`.
    Dispatch {
        /// The kind of job.
        job: KindId,
        /// The document; the actor's own if none is named.
        document: Option<DocumentId>,
    },
    /// `sleep`.
    Sleep(Window),
    /// `stop`.
    Stop,
    /// `fail`.
    Fail,
}

impl Action {
    /// The lists within this action.
    pub fn lists(&self) -> Vec<&[Action]> {
        match self {
            Action::Retry { list, .. }
            | Action::Repeat { list, .. }
            | Action::ForEachSection { list, .. } => vec![list],
            Action::Try { list, otherwise, .. } | Action::If { list, otherwise, .. } => {
                vec![list, otherwise]
            }
            _ => Vec::new(),
        }
    }
}

/// Whether `save_thread` writes over a thread that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// The last writer wins.
    Always,
    /// Compare and set: the loser takes what the row says.
    IfEmpty,
}

/// A message to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// What it says.
    pub text: TextId,
    /// Whether it asks for what its actor is to bring about, or only tells something.
    pub asks: bool,
}

/// A wait for a thread without an active run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// How long at the most.
    pub bound: Option<Span>,
    /// Between two looks.
    pub poll: Window,
    /// How many of the thread's runs it looks at.
    pub sees: Sees,
    /// What happens at the bound.
    pub then: Then,
}

/// How much of a thread a wait looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// The newest twenty runs: a whole page.
    All,
    /// The newest run alone.
    Newest,
}

/// What happens when a wait comes to its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It throws `timed_out`.
    Throw,
    /// It goes on as if the thread were idle.
    GoOn,
}

/// Which message is taken for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyPick {
    /// The one that the actor's own run wrote.
    Run,
    /// The newest one, whoever wrote it.
    Newest,
}

/// How long something is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// So many times.
    Times(u32),
    /// No new iteration after this time; the current one ends.
    During(Span),
}

/// Something that an actor remembers, and that is unset until an action sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Local {
    /// The document that it works on.
    Document,
    /// The section that it works on.
    Section,
    /// The iteration that it is in.
    Iteration,
    /// The thread that it works in.
    Thread,
    /// The run that it created last.
    Run,
    /// The message that it wrote last.
    Message,
    /// The answer that it read last.
    Reply,
    /// The run that was in its way.
    RefusedBy,
}

impl Local {
    /// Every local.
    pub const ALL: [Local; 8] = [
        Local::Document,
        Local::Section,
        Local::Iteration,
        Local::Thread,
        Local::Run,
        Local::Message,
        Local::Reply,
        Local::RefusedBy,
    ];

    /// As scenario files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Local::Document => "document",
            Local::Section => "section",
            Local::Iteration => "iteration",
            Local::Thread => "thread",
            Local::Run => "run",
            Local::Message => "message",
            Local::Reply => "reply",
            Local::RefusedBy => "refused_by",
        }
    }
}

/// A set of causes: an `on` list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Causes(u16);

impl Causes {
    /// Whatever is thrown.
    pub const ANY: Causes = Causes((1 << Cause::ALL.len()) - 1);

    /// The set with this one in it, too.
    #[must_use]
    pub const fn with(self, cause: Cause) -> Causes {
        Causes(self.0 | 1 << cause as u16)
    }

    /// Whether the cause is in the set.
    pub const fn has(self, cause: Cause) -> bool {
        self.0 & (1 << cause as u16) != 0
    }
}

/// The largest scenario file that is read.
pub const FILE_MAX: usize = 1 << 20;

/// What a file came to.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The scenario; nothing if the file has mistakes.
    pub scenario: Option<Scenario>,
    /// The file's parameters with the values that it gives them.
    pub params: Settings,
    /// The settings that the file has expectations for, beside none.
    pub variants: Vec<Settings>,
    /// What is wrong, and what looks wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a scenario as it is with these settings.
pub fn load(source: &str, settings: &Settings) -> Loaded {
    let mut diagnostics = Vec::new();
    let nothing = |diagnostics| Loaded {
        scenario: None,
        params: Vec::new(),
        variants: Vec::new(),
        diagnostics,
    };
    let mut entries = tree::parse(source, &mut diagnostics);
    let is_toml = diagnostics.is_empty();
    if !is_toml && entries.is_empty() {
        return nothing(diagnostics);
    }
    if let Some(made) = other_format(&entries) {
        return nothing(vec![made]);
    }
    let params = params::declared(&entries);
    params::substitute(&mut entries, settings, &mut diagnostics);
    let lowered = lower::lower(&entries, &params, settings);
    diagnostics.extend(lowered.diagnostics);
    if !is_toml {
        // What could not be read is missing elsewhere; that is no mistake of its own.
        let follows = [Code::MissingKey, Code::Unused, Code::UnsetLocal, Code::Contradiction];
        diagnostics.retain(|diagnostic| !follows.contains(&diagnostic.code));
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.as_ref().map(|span| span.start));
    let is_sound = !diagnostics.iter().any(|diagnostic| diagnostic.code.is_error());
    let scenario = is_sound.then_some(lowered.scenario);
    Loaded { scenario, params, variants: lowered.variants, diagnostics }
}

/// What the scenario's behaviour hashes to. Comments, words for people and expectations have no part in it.
pub fn digest(scenario: &Scenario) -> u32 {
    xxh3_64(print::behaviour(scenario).as_bytes()) as u32
}

/// Reads a length of time, as scenario files and the command line have it.
pub fn parse_span(text: &str) -> Option<Span> {
    unit::span(text).ok()
}

/// Reads a file's bytes as text.
pub fn text(bytes: Vec<u8>) -> Result<String, Diagnostic> {
    if bytes.len() > FILE_MAX {
        let message =
            format!("the file has {} bytes, and at most {FILE_MAX} are read", bytes.len());
        return Err(Diagnostic::not_text(
            message,
            "a scenario is a short text; is this the right file?",
        ));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        let help = "`deadheat new NAME` writes one to begin with";
        return Err(Diagnostic::not_text("the file is empty".to_owned(), help));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let message = format!("the file is not text: byte {at} is zero");
        return Err(Diagnostic::not_text(message, "a scenario is TOML, in UTF-8"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("the file is not UTF-8: byte {at} belongs to no character");
        Diagnostic::not_text(message, "save it as UTF-8")
    })
}

fn other_format(entries: &[tree::Entry]) -> Option<Diagnostic> {
    let entry = tree::find(entries, "format")?;
    match entry.node.value {
        tree::Value::Whole(number) if u64::try_from(number) != Ok(FORMAT) => {
            Some(Diagnostic::format(&entry.node.span, &number.to_string()))
        }
        _ => None,
    }
}
