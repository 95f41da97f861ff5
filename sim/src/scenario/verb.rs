//! The table of actions: what an author can write, what it needs, and what it does to its actor.

use deadheat_model::history::Cause::{self, *};

use super::args::Args;
use super::key::{Default, Key, Kind, words};
use super::{
    Action, Asking, Busy, Local, Lock, LockPlace, NewMessage, Overwrite, Release, ReplyPick, Sees,
    Then, Until, Wait,
};

/// A verb.
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// The option that a bare value sets.
    pub main: Option<&'static str>,
    /// Its options.
    pub options: &'static [Key],
    /// The roles that can do it.
    pub who: &'static [Role],
    /// Two options of which exactly one must be given.
    pub one_of: Option<[&'static str; 2]>,
    /// The locals that it needs.
    pub reads: &'static [Local],
    /// The locals that it may set.
    pub sets: &'static [Local],
    /// The locals that are set only inside it.
    pub inside: &'static [Local],
    /// The causes that it may throw.
    pub throws: &'static [Cause],
    /// What it touches.
    pub touches: Touches,
    /// What it does, in one line.
    pub help: &'static str,
    pub(super) build: fn(&mut Args) -> Action,
}

/// What an action touches besides its own actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touches {
    /// Nothing on its own.
    Nothing,
    /// A thread of the server.
    Thread,
    /// A document's row.
    Document,
    /// The queue.
    Queue,
}

/// The kind of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A user.
    User,
    /// A process outside the queue.
    Process,
    /// A job.
    Job,
}

impl Role {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Process => "process",
            Role::Job => "job",
        }
    }
}

/// What most verbs have in common.
const PLAIN: Verb = Verb {
    name: "",
    main: None,
    options: &[],
    who: WORKERS,
    one_of: None,
    reads: &[],
    sets: &[],
    inside: &[],
    throws: &[],
    touches: Touches::Nothing,
    help: "",
    build: |_| Action::Stop,
};

const WORKERS: &[Role] = &[Role::Process, Role::Job];
const ANYBODY: &[Role] = &[Role::User, Role::Process, Role::Job];

const DO: Key = Key::required("do", Kind::Actions).help("What is done.");
const ELSE: Key = Key::optional("else", Kind::Actions, "[]").help("What is done otherwise.");
const PAUSE: Key = Key::optional("pause", Kind::Window, "\"0ms\"").help("In between.");
const POLL: Key =
    Key::absent("poll", Kind::Window, "as `[client] poll` says").help("Between two looks.");
const TEXT: Key = Key::required("text", Kind::Text).help("What it says.");
const ASKS: Key = Key::optional("asks", Kind::Choice(&words(&Asking::WORDS)), "\"request\"").help(
    "Whether it is a question: it has to be answered, it may be, or it only tells something.",
);
const SAME: Key = Key::absent("same", Kind::SameKey, "as REQUESTS says").help(
    "A key: everything with the same key asks for the same thing. {thread}, {document}, \
     {section} and {iteration} can be part of it.",
);
const SEES: Key = Key::optional("sees", Kind::Choice(&words(&Sees::WORDS)), "\"all\"")
    .help("Whether it looks at a page of runs, or at the newest alone.");
const THEN: Key = Key::optional("then", Kind::Choice(&words(&Then::WORDS)), "\"throw\"")
    .help("At the bound: throw `timed_out`, or go on as if the thread were idle.");
const FOR: Key = Key::absent("for", Kind::Span, "without a bound")
    .help("How long at most; checked when a look has been answered.");
/// What the action and the guard have in common.
pub(super) const TTL: Key =
    Key::absent("ttl", Kind::Span, "forever").help("How long it is held at most.");
pub(super) const TRIES: Key =
    Key::optional("poll", Kind::Window, "\"250ms\"").help("Between two tries.");
pub(super) const RELEASE: Key =
    Key::optional("release", Kind::Choice(&words(&Release::WORDS)), "\"owner\"")
        .help("Whether the release compares the owner, or releases any owner's lock.");
pub(super) const IN: Key =
    Key::optional("in", Kind::Choice(&words(&LockPlace::WORDS)), "\"cache\"")
        .help("Where it is kept: in a cache, which a failover empties, or in a row.");
const ANY_CAUSE: &str = "[\"refused\", \"rejected\", \"no_document\", \"no_thread\", \
                         \"no_run\", \"timed_out\", \"run_failed\", \"needs_action\", \
                         \"no_reply\", \"failed\", \"lock_busy\", \"unavailable\", \
                         \"no_answer\"]";

const CALL: &[Cause] = &[NoThread, Rejected, Unavailable, NoAnswer];
const REFUSABLE: &[Cause] = &[NoThread, Refused, Rejected, Unavailable, NoAnswer];

/// All verbs, in the order of the reference.
pub static VERBS: &[Verb] = &[
    Verb {
        name: "load_document",
        reads: &[Local::Document],
        sets: &[Local::Thread],
        throws: &[NoDocument],
        touches: Touches::Document,
        help: "Reads the document's row: {thread} is what the row says now, perhaps nothing.",
        build: |_| Action::LoadDocument,
        ..PLAIN
    },
    Verb {
        name: "create_thread",
        sets: &[Local::Thread],
        throws: &[Rejected, Unavailable, NoAnswer],
        touches: Touches::Thread,
        help: "Creates a thread. The row does not know it until `save_thread`.",
        build: |_| Action::CreateThread,
        ..PLAIN
    },
    Verb {
        name: "save_thread",
        main: Some("if_empty"),
        options: &[Key::optional("if_empty", Kind::Flag, "false").help(
            "Compare and set: if the row names a thread already, {thread} becomes that one.",
        )],
        reads: &[Local::Document, Local::Thread],
        sets: &[Local::Thread],
        throws: &[NoDocument, NoThread],
        touches: Touches::Document,
        help: "Writes {thread} into the document's row; the last writer wins.",
        build: |args| {
            let is_careful: bool = args.take("if_empty");
            Action::SaveThread(if is_careful { Overwrite::IfEmpty } else { Overwrite::Always })
        },
        ..PLAIN
    },
    Verb {
        name: "add_message",
        main: Some("text"),
        options: &[TEXT, ASKS, SAME],
        reads: &[Local::Thread],
        sets: &[Local::Message, Local::RefusedBy],
        throws: REFUSABLE,
        touches: Touches::Thread,
        help: "Adds a message to the thread, whether a run is active or not.",
        build: |args| Action::AddMessage(new_message(args)),
        ..PLAIN
    },
    Verb {
        name: "wait_idle",
        main: Some("for"),
        options: &[FOR, POLL, SEES, THEN],
        reads: &[Local::Thread],
        throws: &[NoThread, Rejected, Unavailable, NoAnswer, TimedOut],
        touches: Touches::Thread,
        help: "Lists the thread's runs again and again, until none is active.",
        build: |args| Action::WaitIdle(wait(args)),
        ..PLAIN
    },
    Verb {
        name: "safe_add_message",
        main: Some("text"),
        options: &[TEXT, ASKS, SAME, FOR, POLL, SEES, THEN],
        reads: &[Local::Thread],
        sets: &[Local::Message, Local::RefusedBy],
        throws: &[NoThread, Refused, Rejected, Unavailable, NoAnswer, TimedOut],
        touches: Touches::Thread,
        help: "`wait_idle`, then `add_message`: it checks, then acts.",
        build: |args| Action::SafeAddMessage(new_message(args), wait(args)),
        ..PLAIN
    },
    Verb {
        name: "create_run",
        reads: &[Local::Thread],
        sets: &[Local::Run, Local::RefusedBy],
        throws: REFUSABLE,
        touches: Touches::Thread,
        help: "Sets the assistant to work on the thread, and does not wait for it.",
        build: |_| Action::CreateRun,
        ..PLAIN
    },
    Verb {
        name: "await_run",
        main: Some("for"),
        options: &[FOR, POLL],
        reads: &[Local::Run],
        sets: &[Local::Run],
        throws: &[NoRun, Rejected, Unavailable, NoAnswer, RunFailed, NeedsAction, TimedOut],
        touches: Touches::Thread,
        help: "Retrieves {run} again and again, until it is over; completed is the only good end.",
        build: |args| Action::AwaitRun { bound: args.given("for"), poll: args.poll("poll") },
        ..PLAIN
    },
    Verb {
        name: "cancel_run",
        reads: &[Local::Run],
        sets: &[Local::Run],
        throws: &[NoRun, Rejected, Unavailable, NoAnswer],
        touches: Touches::Thread,
        help: "Cancels {run}. It locks its thread until it has stopped.",
        build: |_| Action::CancelRun,
        ..PLAIN
    },
    Verb {
        name: "cancel_active",
        reads: &[Local::Thread],
        throws: CALL,
        touches: Touches::Thread,
        help: "Cancels the active run in the thread, of any actor.",
        build: |_| Action::CancelActive,
        ..PLAIN
    },
    Verb {
        name: "submit_outputs",
        reads: &[Local::Run],
        sets: &[Local::Run],
        throws: &[NoRun, Rejected, Unavailable, NoAnswer],
        touches: Touches::Thread,
        help: "Answers every tool call that {run} waited for when it was seen last.",
        build: |_| Action::SubmitOutputs,
        ..PLAIN
    },
    Verb {
        name: "read_reply",
        main: Some("pick"),
        options: &[Key::optional("pick", Kind::Choice(&words(&ReplyPick::WORDS)), "\"run\"")
            .help("The message that {run} wrote, or the newest message of any writer.")],
        reads: &[Local::Thread],
        sets: &[Local::Reply],
        throws: &[NoThread, NoRun, Rejected, Unavailable, NoAnswer, NoReply],
        touches: Touches::Thread,
        help: "Reads the answer.",
        build: |args| Action::ReadReply(args.choose("pick", &ReplyPick::WORDS)),
        ..PLAIN
    },
    Verb {
        name: "save_reply",
        reads: &[Local::Document, Local::Reply],
        throws: &[NoDocument, NoReply],
        touches: Touches::Document,
        help: "Writes {reply} into the document's row: now the user has it.",
        build: |_| Action::SaveReply,
        ..PLAIN
    },
    Verb {
        name: "lock",
        options: &[
            Key::required("key", Kind::LockKey).help(
                "Its name; {thread}, {document} and {section} can be part of it. Locks are the \
                 same if their keys are spelled the same and these are the same.",
            ),
            TTL,
            Key::optional("busy", Kind::Choice(&words(&Busy::WORDS)), "\"wait\"").help(
                "When somebody else holds it: ask again, leave the block out (mark \
                 `lock-skipped`), or throw `lock_busy`.",
            ),
            Key::absent("for", Kind::Span, "without a bound").help(
                "How long it is waited for; read when a try has been answered; then `lock_busy`.",
            ),
            TRIES,
            RELEASE,
            IN,
            DO,
        ],
        throws: &[NoThread, NoDocument, LockBusy],
        help: "Does something while it holds a lock. What is thrown inside releases it; a kill \
               does not.",
        build: |args| Action::Lock {
            lock: Lock {
                key: args.take("key"),
                ttl: args.given("ttl"),
                busy: args.choose("busy", &Busy::WORDS),
                bound: args.given("for"),
                poll: args.take("poll"),
                release: args.choose("release", &Release::WORDS),
                place: args.choose("in", &LockPlace::WORDS),
            },
            list: args.take("do"),
        },
        ..PLAIN
    },
    Verb {
        name: "retry",
        main: Some("do"),
        options: &[
            DO,
            Key::optional("on", Kind::Causes, "[\"refused\"]").help("What makes it try again."),
            Key::optional("times", Kind::Count(1, 1_000), "3").help("How often at most."),
            Key::optional("wait", Kind::Window, "\"1s\"").help("In front of each further try."),
        ],
        who: ANYBODY,
        help: "Does something, and does it again from its beginning when something is thrown.",
        build: |args| Action::Retry {
            list: args.take("do"),
            on: args.take("on"),
            times: args.take::<u64>("times") as u32,
            wait: args.take("wait"),
        },
        ..PLAIN
    },
    Verb {
        name: "try",
        main: Some("do"),
        options: &[DO, Key::optional("on", Kind::Causes, ANY_CAUSE).help("What is caught."), ELSE],
        who: ANYBODY,
        help: "Does something; when something is thrown, leaves it and does `else`.",
        build: |args| Action::Try {
            list: args.take("do"),
            on: args.take("on"),
            otherwise: args.take("else"),
        },
        ..PLAIN
    },
    Verb {
        name: "if",
        one_of: Some(["set", "unset"]),
        options: &[
            Key::either("set", Kind::Local, "unset").help("Do it if this local is set."),
            Key::either("unset", Kind::Local, "set").help("Do it if this local is unset."),
            DO,
            ELSE,
        ],
        who: ANYBODY,
        help: "Does something if a local is set, or unset; otherwise does `else`.",
        build: |args| {
            let (set, unset) = (args.given("set"), args.given("unset"));
            let is_set = set.is_some() || unset.is_none();
            let local = set.or(unset).unwrap_or(Local::Thread);
            Action::If { local, is_set, list: args.take("do"), otherwise: args.take("else") }
        },
        ..PLAIN
    },
    Verb {
        name: "repeat",
        one_of: Some(["times", "during"]),
        options: &[
            Key::either("times", Kind::Count(0, 1_000_000), "during").help("This many times."),
            Key::either("during", Kind::Span, "times")
                .help("For so long: no new iteration after that, and the current one ends."),
            PAUSE,
            DO,
        ],
        who: ANYBODY,
        inside: &[Local::Iteration],
        help: "Does something again and again; {iteration} counts from 1.",
        build: |args| {
            let times = args.given::<u64>("times").map(|times| Until::Times(times as u32));
            let during = Until::During(args.given("during").unwrap_or_default());
            let until = times.unwrap_or(during);
            Action::Repeat { list: args.take("do"), until, pause: args.take("pause") }
        },
        ..PLAIN
    },
    Verb {
        name: "for_each_section",
        main: Some("do"),
        options: &[DO, PAUSE],
        reads: &[Local::Document],
        inside: &[Local::Section],
        help: "Does something for each of the document's sections; {section} counts from 1.",
        build: |args| Action::ForEachSection { list: args.take("do"), pause: args.take("pause") },
        ..PLAIN
    },
    Verb {
        name: "click",
        main: Some("job"),
        options: &[
            Key::required("job", Kind::Job).help("The job that the click dispatches."),
            Key {
                name: "document",
                kind: Kind::Document,
                default: Default::OnlyDocument,
                help: "The document that it is about.",
            },
            SAME,
        ],
        who: &[Role::User],
        touches: Touches::Queue,
        help: "Clicks: the application dispatches a job.",
        build: |args| Action::Click {
            job: args.take("job"),
            document: args.take("document"),
            same: args.given("same"),
        },
        ..PLAIN
    },
    Verb {
        name: "dispatch",
        main: Some("job"),
        options: &[
            Key::required("job", Kind::Job).help("The job."),
            Key::absent("document", Kind::Document, "the actor's own")
                .help("The document that it is about."),
            SAME,
        ],
        throws: &[NoDocument],
        touches: Touches::Queue,
        help: "Puts a job on the queue, for the actor's document and section.",
        build: |args| Action::Dispatch {
            job: args.take("job"),
            document: args.given("document"),
            same: args.given("same"),
        },
        ..PLAIN
    },
    Verb {
        name: "sleep",
        main: Some("time"),
        options: &[Key::required("time", Kind::Window).help("How long.")],
        who: ANYBODY,
        help: "Waits.",
        build: |args| Action::Sleep(args.take("time")),
        ..PLAIN
    },
    Verb {
        name: "stop",
        who: ANYBODY,
        help: "Ends its actor here; a job that stops is done.",
        build: |_| Action::Stop,
        ..PLAIN
    },
    Verb {
        name: "fail",
        who: ANYBODY,
        throws: &[Failed],
        help: "Throws `failed`.",
        build: |_| Action::Fail,
        ..PLAIN
    },
];

/// Returns the verb with this name.
pub fn verb(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}

fn new_message(args: &mut Args) -> NewMessage {
    NewMessage {
        text: args.take("text"),
        asks: args.choose("asks", &Asking::WORDS),
        same: args.given("same"),
        nth: 0,
    }
}

fn wait(args: &mut Args) -> Wait {
    Wait {
        bound: args.given("for"),
        poll: args.poll("poll"),
        sees: args.choose("sees", &Sees::WORDS),
        then: args.choose("then", &Then::WORDS),
    }
}
