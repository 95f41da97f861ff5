//! Printing: a scenario as a file with the same meaning. Parameters are filled in, and the defaults
//! of blocks are written out. An action shows only what differs from its defaults.

use std::fmt::Write as _;

use deadheat_model::history::{Cause, Mark, SameText};
use deadheat_model::property::PropertyId;
use deadheat_model::switches::SWITCHES;

use super::block::PRESETS;
use super::fault::{
    At, AttemptFault, CallFault, FAULTS, Fault, FaultKind, RunFault, SeenAs, WorldFault, call_word,
};
use super::key::{Default, Key};
use super::read::OUTCOMES;
use super::verb::verb;
use super::{
    Action, Asking, Busy, Causes, DocumentThread, Expect, FORMAT, Job, Lock, LockPlace, NewMessage,
    Overlap, Overwrite, Process, Release, ReplyPick, Scenario, Sees, Then, Until, User, Wait,
    WorksOn,
};

/// Returns the scenario as a file.
pub fn print(scenario: &Scenario) -> String {
    let mut text = format!(
        "format  = {FORMAT}\nsummary = {}\nsource  = {}\n",
        quoted(&scenario.summary),
        quoted(&scenario.source)
    );
    text.push_str(&behaviour(scenario));
    // A scenario that no expectation covers is not judged, except for the server's own promise.
    let allows = PropertyId::ALL.into_iter().filter(|id| *id != PropertyId::OneActiveRun);
    let unjudged = Expect { allows: allows.collect(), ..Expect::default() };
    write_expect(&mut text, scenario, scenario.expect.as_ref().unwrap_or(&unjudged));
    text
}

fn write_expect(text: &mut String, scenario: &Scenario, expect: &Expect) {
    let properties = |list: &[PropertyId]| array(list, PropertyId::name);
    let marks = |list: &[Mark]| array(list, Mark::name);
    let _ = write!(
        text,
        "\n[expect]\nviolates = {}\nalways   = {}\nallows   = {}\n\
         reaches  = {}\nmisses   = {}\nintent   = \"{}\"\nsettle   = \"{}\"\n",
        properties(&expect.violates),
        properties(&expect.always),
        properties(&expect.allows),
        marks(&expect.reaches),
        marks(&expect.misses),
        scenario.intent,
        scenario.settle,
    );
}

/// Returns the part of the file that decides what happens: everything except prose for readers and
/// expectations.
pub(super) fn behaviour(scenario: &Scenario) -> String {
    let printer = Printer { scenario };
    let mut text = String::new();
    printer.services(&mut text);
    for name in &scenario.threads {
        let _ = write!(text, "\n[[thread]]\nname = {}\n", quoted(name));
    }
    for document in &scenario.documents {
        let thread = match document.thread {
            DocumentThread::Exists => "exists",
            DocumentThread::None => "none",
            DocumentThread::Named(place) => &scenario.threads[place],
        };
        let _ = write!(
            text,
            "\n[[document]]\nid       = {}\nsections = {}\nthread   = {}\n",
            document_id(&document.id),
            document.sections,
            quoted(thread)
        );
    }
    for user in &scenario.users {
        printer.user(&mut text, user);
    }
    for process in &scenario.processes {
        printer.process(&mut text, process);
    }
    for job in &scenario.jobs {
        printer.job(&mut text, job);
    }
    for fault in &scenario.faults {
        printer.fault(&mut text, fault);
    }
    let (picks, time) = (scenario.budget.picks, scenario.budget.time);
    let _ = write!(text, "\n[budget]\npicks = {picks}\ntime  = \"{time}\"\n");
    text
}

struct Printer<'a> {
    scenario: &'a Scenario,
}

/// The value of an option.
enum Shown<'a> {
    Inline(String),
    List(&'a [Action]),
}

impl Printer<'_> {
    fn services(&self, text: &mut String) {
        let (server, network) = (&self.scenario.server, &self.scenario.network);
        let rules = &server.rules;
        let outcomes: Vec<String> = server
            .outcomes
            .iter()
            .map(|(outcome, weight)| {
                let word = OUTCOMES.iter().find(|(_, known)| known == outcome);
                let (word, _) = word.expect("invariant: every outcome has a word");
                format!("{word} = {weight}")
            })
            .collect();
        let switches: Vec<String> = SWITCHES
            .iter()
            .map(|switch| {
                let choice = switch.choices[(switch.chosen)(&rules.switches)];
                format!("{} = \"{choice}\"", switch.name)
            })
            .collect();
        let _ = write!(
            text,
            "\n[server]\nqueue_time    = \"{}\"\nrun_time      = \"{}\"\ncancel_time   = \"{}\"\n\
             expires_after = \"{}\"\ntool_turns    = {}\n\
             outcomes      = {{ {} }}\nswitches      = {{ {} }}\n",
            rules.queue_time,
            rules.run_time,
            rules.cancel_time,
            rules.expires_after,
            rules.tool_turns,
            outcomes.join(", "),
            switches.join(", "),
        );
        let (latency, local) = (network.latency, network.local);
        let _ = write!(text, "\n[network]\nlatency = \"{latency}\"\nlocal   = \"{local}\"\n");
        let client = &self.scenario.client;
        let (preset, ..) = PRESETS[client.preset as usize];
        let _ = write!(
            text,
            "\n[client]\npreset  = \"{preset}\"\npoll    = \"{}\"\ntimeout = \"{}\"\n\
             retries = {}\n",
            client.poll, client.timeout, client.retries,
        );
        let queue = &self.scenario.queue;
        let (workers, poll) = (queue.workers, queue.poll);
        let _ = write!(text, "\n[queue]\nworkers = {workers}\npoll    = \"{poll}\"\n");
        if let Some(after) = queue.retry_after {
            let _ = writeln!(text, "retry_after = \"{after}\"");
        }
        let _ = writeln!(text, "restart = \"{}\"", queue.restart);
    }

    fn user(&self, text: &mut String, user: &User) {
        let (name, count, start) = (quoted(&user.name), user.count, user.start);
        let _ = write!(text, "\n[[user]]\nname  = {name}\ncount = {count}\nstart = \"{start}\"\n");
        if let Some(debounce) = user.debounce {
            let _ = writeln!(text, "debounce = \"{debounce}\"");
        }
        self.list(text, "do", &user.list);
    }

    fn process(&self, text: &mut String, process: &Process) {
        let (name, count, start) = (quoted(&process.name), process.count, process.start);
        let _ =
            write!(text, "\n[[process]]\nname  = {name}\ncount = {count}\nstart = \"{start}\"\n");
        let id = |document: deadheat_model::id::DocumentId| {
            document_id(&self.scenario.documents[usize::from(document.0)].id)
        };
        match process.works_on {
            WorksOn::Document(document) => {
                let _ = writeln!(text, "document = {}", id(document));
            }
            WorksOn::OwnCopy(document) => {
                let _ = writeln!(text, "document = {}\nown_document = true", id(document));
            }
            WorksOn::Thread(place) => {
                let _ = writeln!(text, "thread = {}", quoted(&self.scenario.threads[place]));
            }
            WorksOn::Nothing => {}
        }
        if let Some(same) = process.same {
            let same = quoted(&self.scenario.texts[same.text.0 as usize]);
            let _ = writeln!(text, "same = {same}");
        }
        self.list(text, "do", &process.list);
    }

    fn job(&self, text: &mut String, job: &Job) {
        let (name, tries, backoff) = (&job.name, job.tries, job.backoff);
        let _ = write!(text, "\n[job.{name}]\ntries   = {tries}\nbackoff = \"{backoff}\"\n");
        let spans = [
            ("timeout", job.timeout),
            ("unique_for", job.unique_for),
            ("overlap_for", job.overlap_for),
        ];
        for (key, span) in spans {
            if let Some(span) = span {
                let _ = writeln!(text, "{key} = \"{span}\"");
            }
        }
        let overlap = match job.overlap {
            Overlap::Allow => "allow",
            Overlap::Release => "release",
            Overlap::Drop => "drop",
        };
        let _ = write!(
            text,
            "unique  = {}\noverlap = \"{overlap}\"\nrelease_after = \"{}\"\n",
            job.unique, job.release_after,
        );
        self.list(text, "do", &job.list);
    }

    fn list(&self, text: &mut String, key: &str, list: &[Action]) {
        let _ = write!(text, "{key} = ");
        self.actions(text, list, 0);
        text.push('\n');
    }

    fn actions(&self, text: &mut String, list: &[Action], depth: usize) {
        if list.is_empty() {
            text.push_str("[]");
            return;
        }
        text.push_str("[\n");
        for action in list {
            text.push_str(&"  ".repeat(depth + 1));
            self.action(text, action, depth + 1);
            text.push_str(",\n");
        }
        text.push_str(&"  ".repeat(depth));
        text.push(']');
    }

    fn action(&self, text: &mut String, action: &Action, depth: usize) {
        let (name, options) = (action.verb(), self.parts(action));
        let known = verb(name).expect("invariant: every action has a row in the table");
        let differs = |(key, value): &(&str, Shown<'_>)| {
            let key = known.options.iter().find(|option| option.name == *key);
            !is_default(key.expect("invariant: the table has every option"), value)
        };
        let options: Vec<(&str, Shown<'_>)> = options.into_iter().filter(differs).collect();
        match options.as_slice() {
            [] => text.push_str(&quoted(name)),
            [(key, value)] if known.main == Some(*key) => {
                let _ = write!(text, "{{ {name} = ");
                self.shown(text, value, depth);
                text.push_str(" }");
            }
            options => {
                let _ = write!(text, "{{ {name} = {{ ");
                for (index, (key, value)) in options.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    let _ = write!(text, "{comma}{key} = ");
                    self.shown(text, value, depth);
                }
                text.push_str(" } }");
            }
        }
    }

    fn shown(&self, text: &mut String, value: &Shown<'_>, depth: usize) {
        match value {
            Shown::Inline(value) => text.push_str(value),
            Shown::List(list) => self.actions(text, list, depth),
        }
    }

    /// Returns all options of an action that have a value.
    fn parts<'a>(&self, action: &'a Action) -> Vec<(&'static str, Shown<'a>)> {
        let list = |key, list: &'a [Action]| (key, Shown::List(list));
        let plain = |key, value: String| (key, Shown::Inline(value));
        let time = |key, value: &dyn std::fmt::Display| plain(key, format!("\"{value}\""));
        let bound = |bound: &Option<deadheat_model::time::Span>| {
            bound.iter().map(|bound| time("for", bound)).collect::<Vec<_>>()
        };
        let document = |document: &deadheat_model::id::DocumentId| {
            let id = &self.scenario.documents[usize::from(document.0)].id;
            plain("document", document_id(id))
        };
        let job = |kind: &deadheat_model::id::KindId| {
            plain("job", quoted(&self.scenario.jobs[usize::from(kind.0)].name))
        };
        match action {
            Action::LoadDocument
            | Action::CreateThread
            | Action::CreateRun
            | Action::CancelRun
            | Action::CancelActive
            | Action::SubmitOutputs
            | Action::SaveReply
            | Action::Stop
            | Action::Fail => Vec::new(),
            Action::SaveThread(overwrite) => {
                vec![plain("if_empty", (*overwrite == Overwrite::IfEmpty).to_string())]
            }
            Action::AddMessage(message) => self.message(*message),
            Action::WaitIdle(wait) => self.wait(*wait),
            Action::SafeAddMessage(message, wait) => {
                let mut options = self.message(*message);
                options.extend(self.wait(*wait));
                options
            }
            Action::AwaitRun { bound: limit, poll } => {
                let mut options = bound(limit);
                options.extend(self.poll(*poll));
                options
            }
            Action::ReadReply(pick) => {
                let pick = match pick {
                    ReplyPick::Run => "run",
                    ReplyPick::Newest => "newest",
                };
                vec![plain("pick", quoted(pick))]
            }
            Action::Lock { lock, list: held } => {
                let mut options = self.lock(lock);
                options.push(list("do", held));
                options
            }
            Action::Retry { list: tried, on, times, wait } => vec![
                plain("times", times.to_string()),
                time("wait", wait),
                plain("on", causes(*on)),
                list("do", tried),
            ],
            Action::Try { list: tried, on, otherwise } => {
                vec![plain("on", causes(*on)), list("do", tried), list("else", otherwise)]
            }
            Action::If { local, is_set, list: then, otherwise } => {
                let key = if *is_set { "set" } else { "unset" };
                let local = plain(key, quoted(local.name()));
                vec![local, list("do", then), list("else", otherwise)]
            }
            Action::Repeat { list: again, until, pause } => {
                let until = match until {
                    Until::Times(times) => plain("times", times.to_string()),
                    Until::During(bound) => time("during", bound),
                };
                vec![until, time("pause", pause), list("do", again)]
            }
            Action::ForEachSection { list: each, pause } => {
                vec![time("pause", pause), list("do", each)]
            }
            Action::Click { job: kind, document: about, same } => {
                [job(kind), document(about)].into_iter().chain(self.same(*same)).collect()
            }
            Action::Dispatch { job: kind, document: about, same } => {
                let mut options = vec![job(kind)];
                options.extend(about.iter().map(document));
                options.extend(self.same(*same));
                options
            }
            Action::Sleep(window) => vec![time("time", window)],
        }
    }

    fn lock(&self, lock: &Lock) -> Vec<(&'static str, Shown<'static>)> {
        let word = |key, word: &str| (key, Shown::Inline(quoted(word)));
        let span = |key, span: Option<deadheat_model::time::Span>| {
            span.map(|span| (key, Shown::Inline(format!("\"{span}\""))))
        };
        let busy = match lock.busy {
            Busy::Wait => "wait",
            Busy::Skip => "skip",
            Busy::Fail => "fail",
        };
        let release = match lock.release {
            Release::Owner => "owner",
            Release::Any => "any",
        };
        let place = match lock.place {
            LockPlace::Cache => "cache",
            LockPlace::Row => "row",
        };
        let key = word("key", &self.scenario.texts[lock.key.text.0 as usize]);
        let poll = ("poll", Shown::Inline(format!("\"{}\"", lock.poll)));
        let rest = [word("busy", busy), poll, word("release", release), word("in", place)];
        [key]
            .into_iter()
            .chain(span("ttl", lock.ttl))
            .chain(span("for", lock.bound))
            .chain(rest)
            .collect()
    }

    fn fault(&self, text: &mut String, fault: &Fault) {
        let verb = FAULTS.iter().find(|verb| verb.name == fault.name);
        let verb = verb.expect("invariant: every fault has a row in the table");
        let options = self.fault_options(fault.kind);
        let shown: Vec<String> = options
            .into_iter()
            .filter(|(key, value)| {
                let key = verb.options.iter().find(|option| option.name == *key);
                let key = key.expect("invariant: the table has every option");
                !matches!(key.default, Default::Is(literal) if literal == value)
            })
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        let shown = shown.join(", ");
        let _ = write!(text, "\n[[fault]]\n{} = {{ {shown} }}\n", fault.name);
        let chance = f64::from(fault.chance) / 1e6;
        let _ = writeln!(text, "chance = {chance}\nduring = \"{}\"", fault.during);
        if let Some(At { actor, operation, nth }) = &fault.at {
            let _ = writeln!(text, "at     = \"{actor}/{operation}#{nth}\"");
        }
        let _ = writeln!(text, "optional = {}", fault.optional);
    }

    fn fault_options(&self, kind: FaultKind) -> Vec<(&'static str, String)> {
        let call = |call| ("call", quoted(call_word(call)));
        let time = |key, time: &dyn std::fmt::Display| (key, format!("\"{time}\""));
        let job = |kind: deadheat_model::id::KindId| {
            ("job", quoted(&self.scenario.jobs[usize::from(kind.0)].name))
        };
        let seen = |seen| {
            let word = match seen {
                SeenAs::Reset => "reset",
                SeenAs::Silence => "silence",
            };
            ("seen_as", quoted(word))
        };
        match kind {
            FaultKind::Call(which, what) => match what {
                CallFault::LoseRequest(as_) | CallFault::LoseReply(as_) => {
                    vec![call(which), seen(as_)]
                }
                CallFault::Duplicate | CallFault::Internal | CallFault::Overload => {
                    vec![call(which)]
                }
                CallFault::RateLimit(after) => {
                    let after = after.map(|after| time("retry_after", &after));
                    [call(which)].into_iter().chain(after).collect()
                }
                CallFault::SlowReply(window) => vec![time("time", &window), call(which)],
            },
            FaultKind::Attempt(kind, after, AttemptFault::Crash) => {
                vec![job(kind), time("after", &after)]
            }
            FaultKind::Attempt(kind, after, AttemptFault::Pause(window)) => {
                vec![job(kind), time("after", &after), time("time", &window)]
            }
            FaultKind::World(WorldFault::Outage(window))
            | FaultKind::Run(RunFault::Lag(window)) => {
                vec![time("time", &window)]
            }
            FaultKind::World(WorldFault::Failover) | FaultKind::Run(RunFault::CancelLoses) => {
                Vec::new()
            }
            FaultKind::Run(RunFault::Ends(outcome)) => {
                let word = OUTCOMES.iter().find(|(_, known)| *known == outcome);
                let (word, _) = word.expect("invariant: every outcome has a word");
                vec![("outcome", quoted(word))]
            }
        }
    }

    fn message(&self, message: NewMessage) -> Vec<(&'static str, Shown<'static>)> {
        let text = &self.scenario.texts[message.text.0 as usize];
        let asks = match message.asks {
            Asking::Request => "request",
            Asking::Optional => "optional",
            Asking::Nothing => "nothing",
        };
        let words = [("text", Shown::Inline(quoted(text))), ("asks", Shown::Inline(quoted(asks)))];
        words.into_iter().chain(self.same(message.same)).collect()
    }

    fn same(&self, same: Option<SameText>) -> Option<(&'static str, Shown<'static>)> {
        same.map(|same| ("same", Shown::Inline(quoted(&self.scenario.texts[same.text.0 as usize]))))
    }

    fn wait(&self, wait: Wait) -> Vec<(&'static str, Shown<'static>)> {
        let bound = wait.bound.map(|bound| ("for", Shown::Inline(format!("\"{bound}\""))));
        let sees = match wait.sees {
            Sees::All => "all",
            Sees::Newest => "newest",
        };
        let then = match wait.then {
            Then::Throw => "throw",
            Then::GoOn => "go_on",
        };
        let words = [("sees", Shown::Inline(quoted(sees))), ("then", Shown::Inline(quoted(then)))];
        bound.into_iter().chain(self.poll(wait.poll)).chain(words).collect()
    }

    /// Returns the poll interval, unless it is the client's own.
    fn poll(&self, poll: deadheat_model::time::Window) -> Option<(&'static str, Shown<'static>)> {
        let is_own = poll == self.scenario.client.poll;
        (!is_own).then(|| ("poll", Shown::Inline(format!("\"{poll}\""))))
    }
}

fn is_default(key: &Key, value: &Shown<'_>) -> bool {
    match (key.default, value) {
        (Default::Is(literal), Shown::Inline(value)) => literal == value,
        (Default::Is("[]"), Shown::List(list)) => list.is_empty(),
        _ => false,
    }
}

fn causes(causes: Causes) -> String {
    let named: Vec<Cause> = Cause::ALL.into_iter().filter(|cause| causes.has(*cause)).collect();
    array(&named, Cause::name)
}

fn array<T: Copy>(list: &[T], name: impl Fn(T) -> &'static str) -> String {
    let words: Vec<String> = list.iter().map(|one| quoted(name(*one))).collect();
    format!("[{}]", words.join(", "))
}

/// Returns an id as its author wrote it: as a number if it reads like one.
fn document_id(id: &str) -> String {
    match id.parse::<i64>() {
        Ok(number) if number.to_string() == id => id.to_owned(),
        _ => quoted(id),
    }
}

/// Returns the text as a basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
