//! Lowering: from the tree to a scenario, by the tables of blocks and verbs. All mistakes are
//! reported.

use std::collections::BTreeSet;

use deadheat_model::history::SameText;
use deadheat_model::id::{DocumentId, KindId, TextId};
use deadheat_model::server::Rules;
use deadheat_model::time::Window;

use super::args::Args;
use super::asks;
use super::block::{BLOCKS, Block, PRESETS, ROOT};
use super::diagnostic::{Diagnostic, Span as Place};
use super::params::{Settings, shown};
use super::tree::{Entry, Node, Value, find};
use super::verb::Role;
use super::written::{Spot, Written};
use super::{
    Action, Budget, Client, Document, Guards, Job, Local, Network, Overlap, Process, Queue,
    Scenario, ServerBlock, User, WorksOn,
};

/// What is known while a scenario is lowered.
pub(super) struct Lowering<'a> {
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The lists under `[do]`, and which of them are used.
    pub(super) lists: &'a [Entry],
    pub(super) used: BTreeSet<String>,
    /// The named list that is being lowered, and those around it.
    pub(super) path: Vec<String>,
    pub(super) params: &'a [(String, String)],
    pub(super) jobs: Vec<String>,
    pub(super) documents: Vec<String>,
    pub(super) threads: Vec<String>,
    pub(super) texts: Vec<String>,
    pub(super) poll: Window,
    /// The role whose list is being lowered, and the locals that can be set at this point.
    pub(super) role: Option<Role>,
    pub(super) known: BTreeSet<Local>,
    pub(super) depth: usize,
    pub(super) count: usize,
    /// The number of enclosing blocks that may leave out a part of their lists.
    pub(super) branches: usize,
    /// What this actor has asked so far, outside those blocks.
    pub(super) asked: Vec<(TextId, Option<SameText>)>,
    /// Where the actions of each role are, and those of the list that is being lowered.
    written: Vec<Written>,
    pub(super) spots: Vec<Spot>,
    clicks: Vec<(KindId, DocumentId, Place)>,
    dispatched: BTreeSet<KindId>,
    /// Whether something may be missing because its block's name is misspelled. That is already
    /// reported.
    has_unknown_block: bool,
}

/// A scenario, and what else its file says.
pub(super) struct Lowered {
    pub(super) scenario: Scenario,
    /// What the file has expectations for, besides the unchanged scenario.
    pub(super) withs: Vec<With>,
    pub(super) written: Vec<Written>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Lowers the tree of a file whose parameters have been replaced. `settings` and `guards` are those
/// of this invocation, and `params` is what the file declares.
pub(super) fn lower(
    entries: &[Entry],
    params: &[(String, String)],
    settings: &Settings,
    guards: &Guards,
) -> Lowered {
    let named = |block: &str| -> Vec<Entry> {
        let table = find(entries, block).and_then(|entry| entry.node.table());
        table.unwrap_or(&[]).to_vec()
    };
    let lists = named("do");
    let mut lowering = Lowering {
        diagnostics: Vec::new(),
        lists: &lists,
        used: BTreeSet::new(),
        path: Vec::new(),
        params,
        jobs: named("job").into_iter().map(|entry| entry.key).collect(),
        documents: Vec::new(),
        threads: Vec::new(),
        texts: Vec::new(),
        poll: Window::NOW,
        role: None,
        known: BTreeSet::new(),
        depth: 0,
        count: 0,
        branches: 0,
        asked: Vec::new(),
        written: Vec::new(),
        spots: Vec::new(),
        clicks: Vec::new(),
        dispatched: BTreeSet::new(),
        has_unknown_block: false,
    };
    let (scenario, withs) = lowering.scenario(entries, settings, guards);
    let Lowering { diagnostics, written, .. } = lowering;
    Lowered { scenario, withs, written, diagnostics }
}

/// The guards and settings that an `[[expect.with]]` applies to.
pub(super) struct With {
    pub(super) guards: Guards,
    pub(super) settings: Settings,
    /// The place of its guard, or else of the whole table.
    pub(super) span: Place,
}

impl Lowering<'_> {
    /// Reports a mistake only once, because a list that is used twice is lowered twice.
    pub(super) fn tell(&mut self, diagnostic: Diagnostic) {
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Remembers what is clicked and dispatched. It is checked when everything is known.
    pub(super) fn note_clicks(&mut self, action: &Action, span: &Place) {
        if let Action::Click { job, document, .. } = action {
            self.clicks.push((*job, *document, span.clone()));
        }
        self.dispatched.extend(action.job());
    }

    fn scenario(
        &mut self,
        entries: &[Entry],
        settings: &Settings,
        guards: &Guards,
    ) -> (Scenario, Vec<With>) {
        self.check_blocks(entries);
        let is_plain = |entry: &&Entry| ROOT.iter().any(|key| key.name == entry.key);
        let plain: Vec<Entry> = entries.iter().filter(is_plain).cloned().collect();
        let mut root = self.args("the file", &(0..0), &[ROOT], &plain);
        self.threads = self.names(entries, "thread", "name");
        self.documents = self.names(entries, "document", "id");
        let client = self.one(entries, "client", client);
        self.poll = client.poll;
        for node in tables(entries, "thread") {
            let inner = node.table().unwrap_or(&[]);
            self.args("[[thread]]", &node.span, &[block("thread").keys], inner);
        }
        let documents = self.documents(entries);
        let users = self.users(entries);
        let processes = self.processes(entries, &documents);
        let jobs = self.jobs(entries);
        let faults = self.faults(entries);
        if users.is_empty() && processes.is_empty() {
            let message = "nobody acts in this scenario".to_owned();
            let help = "add a [[user]] who clicks, or a [[process]]";
            self.tell(Diagnostic::contradiction(&(0..0), message, help));
        }
        self.check_names(entries, &users, &processes, &documents);
        self.check_uses(entries, &documents, &jobs);
        let (expect, intent, settle, withs) = self.expect(entries, settings, guards);
        let has_mistakes = self.diagnostics.iter().any(|one| one.code.is_error());
        let scenario = Scenario {
            summary: root.take("summary"),
            source: root.take("source"),
            server: self.one(entries, "server", server),
            network: self.one(entries, "network", |args| Network {
                latency: args.take("latency"),
                local: args.take("local"),
            }),
            client,
            threads: self.threads.clone(),
            documents,
            users,
            processes,
            queue: self.one(entries, "queue", |args| Queue {
                workers: args.take::<u64>("workers") as u16,
                poll: args.take("poll"),
                retry_after: args.given("retry_after"),
                restart: args.take("restart"),
            }),
            jobs,
            faults,
            texts: std::mem::take(&mut self.texts),
            budget: self.one(entries, "budget", |args| Budget {
                picks: args.take::<u64>("picks"),
                time: args.take("time"),
            }),
            intent,
            settle,
            expect,
        };
        if !has_mistakes {
            self.doubt(entries, &scenario);
        }
        (scenario, withs)
    }

    /// Reports keys that are neither blocks nor keys of the root.
    fn check_blocks(&mut self, entries: &[Entry]) {
        let known: Vec<&str> =
            ROOT.iter().map(|key| key.name).chain(BLOCKS.iter().map(|block| block.name)).collect();
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            self.has_unknown_block = true;
            let known = known.iter().copied();
            self.tell(Diagnostic::unknown_key(&entry.key_span, &entry.key, "the file", known));
        }
    }

    /// Lowers a block that occurs in a file at most once.
    fn one<T>(&mut self, entries: &[Entry], name: &str, build: impl FnOnce(&mut Args) -> T) -> T {
        let block = block(name);
        let entry = find(entries, name);
        let inner = entry.and_then(|entry| entry.node.table()).unwrap_or(&[]);
        let span = entry.map_or(0..0, |entry| entry.key_span.clone());
        let mut args = self.args(&format!("[{name}]"), &span, &[block.keys], inner);
        build(&mut args)
    }

    fn documents(&mut self, entries: &[Entry]) -> Vec<Document> {
        let mut documents = Vec::new();
        for node in tables(entries, "document") {
            let inner = node.table().unwrap_or(&[]);
            let keys = block("document").keys;
            let mut args = self.args("[[document]]", &node.span, &[keys], inner);
            documents.push(Document {
                id: args.take("id"),
                sections: args.take::<u64>("sections") as u16,
                thread: args.take("thread"),
            });
        }
        documents
    }

    /// Returns the names of a block's tables, before anything else in them is read.
    fn names(&mut self, entries: &[Entry], block: &str, key: &str) -> Vec<String> {
        let mut names = Vec::new();
        for node in tables(entries, block) {
            let inner = node.table().unwrap_or(&[]);
            let Some(entry) = find(inner, key) else {
                names.push(String::new());
                continue;
            };
            let name = shown(&entry.node.value).unwrap_or_default();
            if names.contains(&name) {
                self.tell(Diagnostic::duplicate_name(&entry.node.span, block, &name));
            }
            names.push(name);
        }
        names
    }

    /// Starts the lowering of a list of this role, with these locals set.
    fn enter(&mut self, role: Role, known: &[Local]) {
        self.role = Some(role);
        self.known = known.iter().copied().collect();
        self.asked.clear();
    }

    /// Notes where the list is that was lowered last.
    fn leave(&mut self, name: &str, head: &Place) {
        let actions = std::mem::take(&mut self.spots);
        self.written.push(Written { name: name.to_owned(), head: head.clone(), actions });
    }

    fn users(&mut self, entries: &[Entry]) -> Vec<User> {
        let mut users = Vec::new();
        for node in tables(entries, "user") {
            self.enter(Role::User, &[]);
            let inner = node.table().unwrap_or(&[]);
            let mut args = self.args("[[user]]", &node.span, &[block("user").keys], inner);
            let name: String = args.take("name");
            self.leave(&name, &node.span);
            users.push(User {
                name,
                count: args.take::<u64>("count") as u16,
                start: args.take("start"),
                debounce: args.given("debounce"),
                list: args.take("do"),
            });
        }
        users
    }

    fn processes(&mut self, entries: &[Entry], documents: &[Document]) -> Vec<Process> {
        let mut processes = Vec::new();
        for node in tables(entries, "process") {
            let inner = node.table().unwrap_or(&[]);
            let given = |name: &str| find(inner, name).map(|entry| &entry.node.span);
            let mut known = Vec::new();
            known.extend(given("document").map(|_| Local::Document));
            known.extend(given("thread").map(|_| Local::Thread));
            self.enter(Role::Process, &known);
            let keys = block("process").keys;
            let mut args = self.args("[[process]]", &node.span, &[keys], inner);
            let (document, thread) = (args.given("document"), args.given("thread"));
            if let (Some(_), Some(span)) = (document, given("thread")) {
                let message = "a process works on a document, or in a thread".to_owned();
                let help = "leave one of them out; `load_document` gives the document's thread";
                self.tell(Diagnostic::contradiction(span, message, help));
            }
            let own = args.take("own_document");
            if let (true, None, Some(span)) = (own, document, given("own_document")) {
                let message = "there is no document to copy".to_owned();
                let help = "name the `document` that each works on a copy of";
                self.tell(Diagnostic::contradiction(span, message, help));
            }
            let works_on = match (document, thread) {
                (Some(document), _) if own => WorksOn::OwnCopy(document),
                (Some(document), _) => WorksOn::Document(document),
                (None, Some(thread)) => WorksOn::Thread(thread),
                (None, None) => WorksOn::Nothing,
            };
            let mut list: Vec<Action> = args.take("do");
            asks::number(&mut list);
            if let (Some(document), Some(span)) = (document, given("document")) {
                self.check_sections(&list, document, documents, span);
            }
            let name: String = args.take("name");
            self.leave(&name, &node.span);
            processes.push(Process {
                name,
                count: args.take::<u64>("count") as u16,
                start: args.take("start"),
                works_on,
                same: args.given("same"),
                list,
            });
        }
        processes
    }

    fn jobs(&mut self, entries: &[Entry]) -> Vec<Job> {
        let mut jobs = Vec::new();
        let table = find(entries, "job").and_then(|entry| entry.node.table());
        for entry in table.unwrap_or(&[]) {
            // A job that another job dispatches has the section of that other job.
            self.enter(Role::Job, &[Local::Document, Local::Section]);
            let inner = entry.node.table().unwrap_or(&[]);
            let (place, keys) = (format!("[job.{}]", entry.key), block("job").keys);
            let mut args = self.args(&place, &entry.key_span, &[keys], inner);
            self.leave(&entry.key, &entry.key_span);
            let mut list: Vec<Action> = args.take("do");
            asks::number(&mut list);
            jobs.push(Job {
                name: entry.key.clone(),
                tries: args.take::<u64>("tries") as u16,
                backoff: args.take("backoff"),
                timeout: args.given("timeout"),
                unique: args.take("unique"),
                unique_for: args.given("unique_for"),
                overlap: args.choose("overlap", &Overlap::WORDS),
                release_after: args.take("release_after"),
                overlap_for: args.given("overlap_for"),
                list,
            });
        }
        jobs
    }

    /// Checks what is clicked against what exists, and reports what nothing uses.
    fn check_uses(&mut self, entries: &[Entry], documents: &[Document], jobs: &[Job]) {
        for (job, document, span) in std::mem::take(&mut self.clicks) {
            if documents.is_empty() && !self.has_unknown_block {
                let message = "there is no document to click on".to_owned();
                let help = "add a [[document]]";
                self.tell(Diagnostic::contradiction(&span, message, help));
            }
            if let Some(job) = jobs.get(usize::from(job.0)) {
                self.check_sections(&job.list, document, documents, &span);
            }
        }
        let table = find(entries, "job").and_then(|entry| entry.node.table());
        for (index, entry) in table.unwrap_or(&[]).iter().enumerate() {
            if !self.dispatched.contains(&KindId(index as u16)) {
                let help = "let a user click it, or a job or a process dispatch it";
                self.tell(Diagnostic::unused(&entry.key_span, "job", &entry.key, help));
            }
        }
        let unused = |entry: &&Entry| !self.used.contains(&entry.key);
        for entry in self.lists.iter().filter(unused).cloned().collect::<Vec<_>>() {
            let help = format!("use it as do = \"{}\", or leave it out", entry.key);
            self.tell(Diagnostic::unused(&entry.key_span, "list", &entry.key, &help));
            (self.role, self.known) = (None, BTreeSet::new());
            self.path.push(entry.key.clone());
            self.actions(&entry.node);
            self.path.pop();
        }
    }

    fn check_sections(
        &mut self,
        list: &[Action],
        document: DocumentId,
        documents: &[Document],
        span: &Place,
    ) {
        let Some(document) = documents.get(usize::from(document.0)) else { return };
        let is_by_section = |action: &Action| matches!(action, Action::ForEachSection { .. });
        if document.sections == 0 && any(list, &is_by_section) {
            let message = format!("document {} has no sections to go through", document.id);
            let help = "give the [[document]] its number of `sections`";
            self.tell(Diagnostic::contradiction(span, message, help));
        }
    }
}

pub(super) fn block(name: &str) -> &'static Block {
    let found = BLOCKS.iter().find(|block| block.name == name);
    found.expect("invariant: the table has every block that is lowered")
}

pub(super) fn tables<'a>(entries: &'a [Entry], name: &str) -> Vec<&'a Node> {
    match find(entries, name).map(|entry| &entry.node.value) {
        Some(Value::List(list)) => list.iter().filter(|node| node.table().is_some()).collect(),
        _ => Vec::new(),
    }
}

fn client(args: &mut Args) -> Client {
    let (_, preset, poll, retries) = PRESETS[args.take::<usize>("preset")];
    let poll = super::unit::window(poll);
    Client {
        preset,
        poll: args
            .given("poll")
            .unwrap_or_else(|| poll.expect("invariant: a preset's poll is a window")),
        timeout: args.take("timeout"),
        retries: args.given::<u64>("retries").map_or(retries, |retries| retries as u32),
    }
}

fn server(args: &mut Args) -> ServerBlock {
    ServerBlock {
        rules: Rules {
            queue_time: args.take("queue_time"),
            run_time: args.take("run_time"),
            cancel_time: args.take("cancel_time"),
            expires_after: args.take("expires_after"),
            tool_turns: args.take::<u64>("tool_turns") as u32,
            switches: args.take("switches"),
        },
        outcomes: args.take("outcomes"),
    }
}

/// Returns whether an action is found in the list, or in a list within it.
pub(super) fn any(list: &[Action], found: &impl Fn(&Action) -> bool) -> bool {
    list.iter().any(|action| found(action) || action.lists().iter().any(|list| any(list, found)))
}

/// Passes each action of the list, and of the lists within it, to `see`.
pub(super) fn every(list: &[Action], see: &mut impl FnMut(&Action)) {
    for action in list {
        see(action);
        action.lists().into_iter().for_each(|list| every(list, see));
    }
}
