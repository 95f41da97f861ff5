//! Printing: a scenario as a file with the same meaning. Parameters are filled in, and the defaults
//! of blocks are written out. An action shows only what differs from its defaults.

use std::fmt::{Display, Write as _};

use deadheat_model::history::{Cause, Mark, SameText};
use deadheat_model::id::{DocumentId, KindId, TextId};
use deadheat_model::property::PropertyId;
use deadheat_model::switches::SWITCHES;
use deadheat_model::time::Window;

use super::block::PRESETS;
use super::fault::{
    At, AttemptFault, CallFault, FAULTS, Fault, FaultKind, RunFault, WorldFault, call_word,
};
use super::key::{Default, Key};
use super::read::outcome_word;
use super::verb::verb;
use super::{
    Action, Causes, DocumentThread, Expect, FORMAT, Job, NewMessage, Overwrite, Process, Scenario,
    Until, User, Wait, WorksOn,
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
    let rate = |(property, rate): &(PropertyId, u32)| {
        format!("{property} = \"{} %\"", f64::from(*rate) / 1e4)
    };
    let at_most: Vec<String> = expect.at_most.iter().map(rate).collect();
    let at_most =
        if at_most.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", at_most.join(", ")) };
    let _ = write!(
        text,
        "\n[expect]\nviolates = {}\nalways   = {}\nallows   = {}\n\
         at_most  = {}\nreaches  = {}\nmisses   = {}\nintent   = \"{}\"\nsettle   = \"{}\"\n",
        properties(&expect.violates),
        properties(&expect.always),
        properties(&expect.allows),
        at_most,
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

/// The options of an action or a fault that have a value, as TOML.
#[derive(Default)]
struct Parts(Vec<(&'static str, String)>);

impl Parts {
    fn plain(mut self, key: &'static str, value: String) -> Parts {
        self.0.push((key, value));
        self
    }

    fn quoted(self, key: &'static str, value: impl Display + Copy) -> Parts {
        self.plain(key, quoted(&value.to_string()))
    }

    fn given(self, key: &'static str, value: Option<impl Display + Copy>) -> Parts {
        match value {
            Some(value) => self.quoted(key, value),
            None => self,
        }
    }

    /// Returns the options that differ from their defaults.
    fn differing(self, known: &[Key]) -> Vec<(&'static str, String)> {
        let differs = |(name, value): &(&str, String)| {
            let key = known.iter().find(|key| key.name == *name);
            let key = key.expect("invariant: the table has every option");
            !matches!(key.default, Default::Is(literal) if literal == value)
        };
        self.0.into_iter().filter(differs).collect()
    }
}

fn braced(options: &[(&str, String)]) -> String {
    let shown: Vec<String> =
        options.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{{ {} }}", shown.join(", "))
}

impl Printer<'_> {
    fn services(&self, text: &mut String) {
        let (server, network) = (&self.scenario.server, &self.scenario.network);
        let rules = &server.rules;
        let outcomes: Vec<String> = server
            .outcomes
            .iter()
            .map(|(outcome, weight)| format!("{} = {weight}", outcome_word(*outcome)))
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
        match process.works_on {
            WorksOn::Document(document) => {
                let _ = writeln!(text, "document = {}", self.document(document));
            }
            WorksOn::OwnCopy(document) => {
                let _ =
                    writeln!(text, "document = {}\nown_document = true", self.document(document));
            }
            WorksOn::Thread(place) => {
                let _ = writeln!(text, "thread = {}", quoted(&self.scenario.threads[place]));
            }
            WorksOn::Nothing => {}
        }
        if let Some(same) = self.same(process.same) {
            let _ = writeln!(text, "same = {}", quoted(same));
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
        let overlap = job.overlap.word();
        let _ = write!(
            text,
            "unique  = {}\noverlap = \"{overlap}\"\nrelease_after = \"{}\"\n",
            job.unique, job.release_after,
        );
        self.list(text, "do", &job.list);
    }

    fn list(&self, text: &mut String, key: &str, list: &[Action]) {
        let _ = writeln!(text, "{key} = {}", self.actions(list, 0));
    }

    fn actions(&self, list: &[Action], depth: usize) -> String {
        if list.is_empty() {
            return "[]".to_owned();
        }
        let indent = "  ".repeat(depth);
        let lines = list.iter().map(|action| self.action(action, depth + 1));
        let lines: Vec<String> = lines.map(|action| format!("{indent}  {action},\n")).collect();
        format!("[\n{}{indent}]", lines.concat())
    }

    fn action(&self, action: &Action, depth: usize) -> String {
        let known = verb(action.verb()).expect("invariant: every action has a row in the table");
        let lists = ["do", "else"].into_iter().zip(action.lists());
        let parts = lists.fold(self.parts(action), |parts, (key, list)| {
            parts.plain(key, self.actions(list, depth))
        });
        match parts.differing(known.options).as_slice() {
            [] => quoted(known.name),
            [(key, value)] if known.main == Some(*key) => format!("{{ {} = {value} }}", known.name),
            options => format!("{{ {} = {} }}", known.name, braced(options)),
        }
    }

    /// Returns the options of an action, without its lists.
    fn parts(&self, action: &Action) -> Parts {
        let parts = Parts::default();
        match action {
            Action::LoadDocument
            | Action::CreateThread
            | Action::CreateRun
            | Action::CancelRun
            | Action::CancelActive
            | Action::SubmitOutputs
            | Action::SaveReply
            | Action::Stop
            | Action::Fail => parts,
            Action::SaveThread(overwrite) => {
                parts.plain("if_empty", (*overwrite == Overwrite::IfEmpty).to_string())
            }
            Action::AddMessage(message) => self.message(parts, *message),
            Action::WaitIdle(wait) => self.wait(parts, *wait),
            Action::SafeAddMessage(message, wait) => {
                self.wait(self.message(parts, *message), *wait)
            }
            Action::AwaitRun { bound, poll } => self.poll(parts.given("for", *bound), *poll),
            Action::ReadReply(pick) => parts.quoted("pick", pick.word()),
            Action::Lock { lock, .. } => parts
                .quoted("key", self.text(lock.key.text))
                .given("ttl", lock.ttl)
                .given("for", lock.bound)
                .quoted("busy", lock.busy.word())
                .quoted("poll", lock.poll)
                .quoted("release", lock.release.word())
                .quoted("in", lock.place.word()),
            Action::Retry { on, times, wait, .. } => parts
                .plain("times", times.to_string())
                .quoted("wait", wait)
                .plain("on", causes(*on)),
            Action::Try { on, .. } => parts.plain("on", causes(*on)),
            Action::If { local, is_set, .. } => {
                parts.quoted(if *is_set { "set" } else { "unset" }, local.name())
            }
            Action::Repeat { until: Until::Times(times), pause, .. } => {
                parts.plain("times", times.to_string()).quoted("pause", pause)
            }
            Action::Repeat { until: Until::During(bound), pause, .. } => {
                parts.quoted("during", bound).quoted("pause", pause)
            }
            Action::ForEachSection { pause, .. } => parts.quoted("pause", pause),
            Action::Click { job, document, same } => parts
                .quoted("job", self.job_name(*job))
                .plain("document", self.document(*document))
                .given("same", self.same(*same)),
            Action::Dispatch { job, document, same } => {
                let parts = parts.quoted("job", self.job_name(*job));
                let parts = match document {
                    Some(document) => parts.plain("document", self.document(*document)),
                    None => parts,
                };
                parts.given("same", self.same(*same))
            }
            Action::Sleep(window) => parts.quoted("time", window),
        }
    }

    fn fault(&self, text: &mut String, fault: &Fault) {
        let verb = FAULTS.iter().find(|verb| verb.name == fault.name);
        let verb = verb.expect("invariant: every fault has a row in the table");
        let options = braced(&self.fault_parts(fault.kind).differing(verb.options));
        let chance = f64::from(fault.chance) / 1e6;
        let _ = write!(
            text,
            "\n[[fault]]\n{} = {options}\nchance = {chance}\nduring = \"{}\"\n",
            fault.name, fault.during,
        );
        if let Some(At { actor, operation, nth }) = &fault.at {
            let _ = writeln!(text, "at     = \"{actor}/{operation}#{nth}\"");
        }
        let _ = writeln!(text, "optional = {}", fault.optional);
    }

    fn fault_parts(&self, kind: FaultKind) -> Parts {
        let parts = Parts::default();
        match kind {
            FaultKind::Call(call, what) => {
                let call = call_word(call);
                match what {
                    CallFault::LoseRequest(seen) | CallFault::LoseReply(seen) => {
                        parts.quoted("call", call).quoted("seen_as", seen.word())
                    }
                    CallFault::Duplicate | CallFault::Internal | CallFault::Overload => {
                        parts.quoted("call", call)
                    }
                    CallFault::RateLimit(after) => {
                        parts.quoted("call", call).given("retry_after", after)
                    }
                    CallFault::SlowReply(window) => {
                        parts.quoted("time", window).quoted("call", call)
                    }
                }
            }
            FaultKind::Attempt(job, after, what) => {
                let parts = parts.quoted("job", self.job_name(job)).quoted("after", after);
                match what {
                    AttemptFault::Crash => parts,
                    AttemptFault::Pause(window) => parts.quoted("time", window),
                }
            }
            FaultKind::World(WorldFault::Outage(window))
            | FaultKind::Run(RunFault::Lag(window)) => parts.quoted("time", window),
            FaultKind::World(WorldFault::Failover) | FaultKind::Run(RunFault::CancelLoses) => parts,
            FaultKind::Run(RunFault::Ends(outcome)) => {
                parts.quoted("outcome", outcome_word(outcome))
            }
        }
    }

    fn message(&self, parts: Parts, message: NewMessage) -> Parts {
        parts
            .quoted("text", self.text(message.text))
            .quoted("asks", message.asks.word())
            .given("same", self.same(message.same))
    }

    fn wait(&self, parts: Parts, wait: Wait) -> Parts {
        self.poll(parts.given("for", wait.bound), wait.poll)
            .quoted("sees", wait.sees.word())
            .quoted("then", wait.then.word())
    }

    /// Adds the poll interval, unless it is the client's own.
    fn poll(&self, parts: Parts, poll: Window) -> Parts {
        parts.given("poll", (poll != self.scenario.client.poll).then_some(poll))
    }

    fn text(&self, text: TextId) -> &str {
        &self.scenario.texts[text.0 as usize]
    }

    fn same(&self, same: Option<SameText>) -> Option<&str> {
        same.map(|same| self.text(same.text))
    }

    fn job_name(&self, job: KindId) -> &str {
        &self.scenario.jobs[usize::from(job.0)].name
    }

    fn document(&self, document: DocumentId) -> String {
        document_id(&self.scenario.documents[usize::from(document.0)].id)
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
