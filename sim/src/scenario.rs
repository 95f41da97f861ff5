//! Scenarios: what an author wrote, checked and resolved. Every name is an index, every default is
//! filled in, every parameter is replaced by its value.
//!
//! A scenario knows nothing about schedules or about what runs it.

mod action;
mod args;
pub mod asks;
pub mod block;
mod brackets;
mod choice;
pub mod diagnostic;
mod doubts;
mod expect;
pub mod fault;
mod faults;
mod guard;
pub mod key;
mod lists;
mod lower;
mod names;
mod params;
mod print;
mod read;
mod reference;
mod schema;
mod shapes;
pub mod shown;
mod smaller;
mod tree;
mod unit;
pub mod verb;
mod written;

pub use self::action::{Action, Causes, Local, Lock, LockKey, NewMessage, Overwrite, Until, Wait};
pub use self::choice::{Asking, Busy, LockPlace, Release, ReplyPick, Sees, Then};
pub use self::fault::{
    At, AttemptFault, CallFault, Fault, FaultKind, RunFault, SeenAs, WorldFault,
};
pub use self::guard::{GUARDS, Guard, Guards, NotApplicable, all_guards};
pub use self::names::{numbered, one_of};
pub use self::params::Settings;
pub use self::print::print;
pub use self::reference::{guards as guards_reference, reference};
pub use self::schema::schema;
pub use self::smaller::{Extent, at_most, reread, retold, smaller};
pub use self::written::{Spot, Written, lines_of};

use self::diagnostic::{Code, Diagnostic};

use deadheat_model::history::{Mark, SameText};
use deadheat_model::id::DocumentId;
use deadheat_model::property::PropertyId;
use deadheat_model::server::{Outcome, Rules};
use deadheat_model::time::{Span, Window};
use xxhash_rust::xxh3::xxh3_64;

/// The version of the format that this program reads and writes.
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
    /// How long messages are in transit.
    pub network: Network,
    /// The application's API client.
    pub client: Client,
    /// The threads that documents and processes refer to by name.
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
    /// The faults.
    pub faults: Vec<Fault>,
    /// Every text, indexed by its id.
    pub texts: Vec<String>,
    /// How much a trial may use.
    pub budget: Budget,
    /// The time within which two clicks of a user ask for the same thing.
    pub intent: Span,
    /// How long everything may take to settle.
    pub settle: Span,
    /// What is expected of it. `None` if it is run with guards or settings for which its file has
    /// no expectation.
    pub expect: Option<Expect>,
}

/// `[server]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerBlock {
    /// The server's times and switches.
    pub rules: Rules,
    /// The possible outcomes of a run, each with a weight.
    pub outcomes: Vec<(Outcome, u32)>,
}

/// `[network]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The one-way latency between the application and the server.
    pub latency: Window,
    /// The one-way latency between the application and its own database and queue.
    pub local: Window,
}

/// `[client]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The library that it resembles.
    pub preset: Preset,
    /// The time between two polls.
    pub poll: Window,
    /// How long it waits for a reply before it times out.
    pub timeout: Span,
    /// How many times it retries a call that was answered with 408, 409, 429 or 5xx, or not at all.
    pub retries: u32,
}

/// The library that an application's API client resembles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// A plain HTTP client.
    PlainHttp,
    /// openai-python.
    OpenaiPython,
    /// openai-node.
    OpenaiNode,
    /// openai-go.
    OpenaiGo,
    /// async-openai.
    AsyncOpenai,
}

/// `[[document]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The id that its author gave it.
    pub id: String,
    /// How many sections it has.
    pub sections: u16,
    /// The thread that its row names at the start.
    pub thread: DocumentThread,
}

/// A document's thread at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentThread {
    /// A thread of its own.
    Exists,
    /// No thread yet.
    None,
    /// The thread at this index in [`Scenario::threads`].
    Named(usize),
}

/// `[[user]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name. If there are several, `-1`, `-2` … is appended.
    pub name: String,
    /// How many there are.
    pub count: u16,
    /// When it starts.
    pub start: Window,
    /// The debounce time: a click that follows the last one sooner than this is ignored.
    pub debounce: Option<Span>,
    /// What it does.
    pub list: Vec<Action>,
}

/// `[[process]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its name. If there are several, `-1`, `-2` … is appended.
    pub name: String,
    /// How many there are.
    pub count: u16,
    /// When it starts.
    pub start: Window,
    /// What it works on.
    pub works_on: WorksOn,
    /// The key of what it asks for.
    pub same: Option<SameText>,
    /// What it does.
    pub list: Vec<Action>,
}

/// What a process works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorksOn {
    /// A document that all processes of the block share.
    Document(DocumentId),
    /// A document of which each process has its own copy, with a thread of its own.
    OwnCopy(DocumentId),
    /// A thread that all processes of the block share, at this index in [`Scenario::threads`].
    Thread(usize),
    /// Nothing at the start.
    Nothing,
}

/// `[queue]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// How many jobs may be running at the same time.
    pub workers: u16,
    /// The time from a job's dispatch until an idle worker has it.
    pub poll: Window,
    /// How long after a worker took a job the job is handed out again, if it has not ended by then.
    pub retry_after: Option<Span>,
    /// The time from a worker's death until a new worker exists.
    pub restart: Window,
}

/// `[job.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// The maximum number of attempts.
    pub tries: u16,
    /// The time between a failure and the next attempt.
    pub backoff: Window,
    /// How long an attempt may last before its worker kills itself.
    pub timeout: Option<Span>,
    /// Whether a dispatch is ignored while a job of this kind already exists for the same document.
    pub unique: bool,
    /// The maximum time for which that holds. If `None`, it holds until the job has ended.
    pub unique_for: Option<Span>,
    /// What happens to a job while another job of its kind is running on the same document.
    pub overlap: Overlap,
    /// How long a job that was released for that reason stays away.
    pub release_after: Window,
    /// The maximum time for which a job keeps others away. If `None`, it does so until it has
    /// ended.
    pub overlap_for: Option<Span>,
    /// What it does.
    pub list: Vec<Action>,
}

/// What happens to a job while another job of its kind is running on the same document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// It runs as well.
    Allow,
    /// It goes back to the queue. That counts as an attempt.
    Release,
    /// It is dropped.
    Drop,
}

impl Overlap {
    /// Its words in scenario files.
    pub const WORDS: [(&str, Overlap); 3] = [
        (Overlap::Allow.word(), Overlap::Allow),
        (Overlap::Release.word(), Overlap::Release),
        (Overlap::Drop.word(), Overlap::Drop),
    ];

    /// Its word in scenario files.
    pub const fn word(self) -> &'static str {
        match self {
            Overlap::Allow => "allow",
            Overlap::Release => "release",
            Overlap::Drop => "drop",
        }
    }
}

/// `[budget]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The maximum number of occurrences.
    pub picks: u64,
    /// The maximum time since the start.
    pub time: Span,
}

/// What is expected. Every property that no list names must hold in each trial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// Properties that some trial breaks.
    pub violates: Vec<PropertyId>,
    /// Properties that each trial breaks.
    pub always: Vec<PropertyId>,
    /// Properties that may break or hold.
    pub allows: Vec<PropertyId>,
    /// Properties that may break, but not in more than this many of a million trials.
    pub at_most: Vec<(PropertyId, u32)>,
    /// Marks that at least one trial must reach.
    pub reaches: Vec<Mark>,
    /// Marks that no trial may reach.
    pub misses: Vec<Mark>,
}

impl Expect {
    /// Expects nothing of other properties, nor of marks.
    pub fn only(&mut self, named: &[PropertyId]) {
        self.violates.retain(|property| named.contains(property));
        self.always.retain(|property| named.contains(property));
        self.at_most.retain(|(property, _)| named.contains(property));
        self.allows = PropertyId::ALL
            .into_iter()
            .filter(|property| self.allows.contains(property) || !named.contains(property))
            .collect();
        self.reaches.clear();
        self.misses.clear();
    }
}

impl Scenario {
    /// Returns whether anything besides times is left to chance.
    pub fn has_fates(&self) -> bool {
        let is_chance = |fault: &Fault| fault.is_chance();
        self.server.outcomes.len() > 1 || self.faults.iter().any(is_chance)
    }

    /// Removes the faults that need not strike.
    pub fn drop_chances(&mut self) {
        self.faults.retain(|fault| !fault.is_chance());
    }
}

/// The size in bytes of the largest scenario file that is read.
pub const FILE_MAX: usize = 1 << 20;

/// The result of reading a file.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The scenario. `None` if the file has mistakes.
    pub scenario: Option<Scenario>,
    /// The file's parameters, with the values that it gives them.
    pub params: Settings,
    /// The guards and settings that the file has expectations for, besides the case without either.
    pub variants: Vec<(Guards, Settings)>,
    /// Where the actions of users, processes and jobs are in the text, in this order.
    pub written: Vec<Written>,
    /// What is wrong and what looks wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a scenario with these settings.
pub fn load(source: &str, settings: &Settings) -> Loaded {
    load_guarded(source, settings, &Guards::none())
}

/// Reads a scenario with these settings, and with what is expected of it under these guards. It
/// does not apply the guards: [`Guards::apply`] does that.
pub fn load_guarded(source: &str, settings: &Settings, guards: &Guards) -> Loaded {
    let mut diagnostics = Vec::new();
    let nothing = |diagnostics| Loaded {
        scenario: None,
        params: Vec::new(),
        variants: Vec::new(),
        written: Vec::new(),
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
    shapes::mend(&mut entries, &mut diagnostics);
    let params = params::declared(&entries);
    params::substitute(&mut entries, settings, &mut diagnostics);
    let lowered = lower::lower(&entries, &params, settings, guards);
    diagnostics.extend(lowered.diagnostics);
    if !is_toml {
        // A part that could not be read is missing elsewhere. That is not a separate mistake.
        let follows = [Code::MissingKey, Code::Unused, Code::UnsetLocal, Code::Contradiction];
        diagnostics.retain(|diagnostic| !follows.contains(&diagnostic.code));
    }
    let is_sound = |all: &[Diagnostic]| !all.iter().any(|diagnostic| diagnostic.code.is_error());
    if is_sound(&diagnostics) {
        // Other settings make another scenario, which is checked when it is read.
        let is_here = |with: &&lower::With| expect::same_settings(&with.settings, settings);
        let told = |with: &lower::With| {
            let why = with.guards.apply(lowered.scenario.clone()).err()?;
            Some(Diagnostic::not_applicable(&with.span, &with.guards.to_string(), &why.reason))
        };
        diagnostics.extend(lowered.withs.iter().filter(is_here).filter_map(told));
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.as_ref().map(|span| span.start));
    let scenario = is_sound(&diagnostics).then_some(lowered.scenario);
    let variants = lowered.withs.into_iter().map(|with| (with.guards, with.settings)).collect();
    Loaded { scenario, params, variants, written: lowered.written, diagnostics }
}

/// Returns the hash of the scenario's behaviour. Comments, prose for readers and expectations do
/// not affect it.
pub fn digest(scenario: &Scenario) -> u32 {
    xxh3_64(print::behaviour(scenario).as_bytes()) as u32
}

/// Reads a length of time as scenario files and the command line spell it.
pub fn parse_span(text: &str) -> Option<Span> {
    unit::span(text).ok()
}

/// Returns the diagnostic for a file of this many bytes, which is too large for a scenario.
pub fn too_large(bytes: u64) -> Diagnostic {
    let message = format!("the file has {bytes} bytes, and at most {FILE_MAX} are read");
    Diagnostic::not_text(message, "a scenario is a short text; is this the right file?")
}

/// Reads a file's bytes as text.
pub fn text(bytes: Vec<u8>) -> Result<String, Diagnostic> {
    if bytes.len() > FILE_MAX {
        return Err(too_large(bytes.len() as u64));
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
    let tree::Value::Whole(number) = entry.node.value else { return None };
    let is_other = u64::try_from(number) != Ok(FORMAT);
    is_other.then(|| Diagnostic::format(&entry.node.span, &number.to_string()))
}
