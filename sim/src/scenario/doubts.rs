//! Doubts: what can be run, but probably does not mean what it says. All of them are only warnings.

use std::collections::BTreeSet;

use deadheat_model::history::Cause;
use deadheat_model::id::{DocumentId, KindId};
use deadheat_model::property::PropertyId;
use deadheat_model::time::Span;

use super::choice::Asking;
use super::diagnostic::{Diagnostic, Span as Place};
use super::fault::FaultKind;
use super::lower::{Lowering, any, tables};
use super::tree::{Entry, Node, Value, find};
use super::verb::verb;
use super::{Action, Busy, Causes, DocumentThread, Scenario, Then, User, WorksOn};

impl Lowering<'_> {
    /// Returns whether this word is not a verb, but a list under `[do]`.
    pub(super) fn is_named_list(&self, word: &str) -> bool {
        verb(word).is_none() && find(self.lists, word).is_some()
    }

    /// Returns all locals that the verbs in this node can set.
    pub(super) fn sets(&self, node: &Node, depth: usize) -> BTreeSet<super::Local> {
        let mut set = BTreeSet::new();
        if depth > super::lists::DEPTH_MAX {
            return set;
        }
        let of = |word: &str| verb(word).into_iter().flat_map(|verb| verb.sets.iter().copied());
        match &node.value {
            Value::Text(word) => {
                set.extend(of(word));
                if let Some(list) = find(self.lists, word) {
                    set.extend(self.sets(&list.node, depth + 1));
                }
            }
            Value::List(list) => {
                for node in list {
                    set.extend(self.sets(node, depth + 1));
                }
            }
            Value::Table(entries) => {
                for entry in entries {
                    set.extend(of(&entry.key));
                    set.extend(self.sets(&entry.node, depth + 1));
                }
            }
            Value::Whole(_)
            | Value::Fraction(_)
            | Value::Flag(_)
            | Value::Other(_)
            | Value::Broken => {}
        }
        set
    }

    /// Warns about an action after `stop` or `fail`.
    pub(super) fn nobody_gets_to(&mut self, node: &Node, before: &[Action]) {
        let ends = before.last().map_or("stop", Action::verb);
        let message = format!("nobody gets here: `{ends}` in front of it ends the list");
        let help = "leave it out, or put it in front";
        self.tell(Diagnostic::doubtful(&node.span, message, "never done", help));
    }

    /// Notes a question, and warns if the actor has asked it before. Two questions of one actor
    /// that read alike are one.
    pub(super) fn note_question(&mut self, action: &Action, span: &Place) {
        let (Action::AddMessage(message) | Action::SafeAddMessage(message, _)) = action else {
            return;
        };
        if message.asks == Asking::Nothing || self.branches > 0 {
            return;
        }
        let question = (message.text, message.same);
        if self.asked.contains(&question) {
            let message = "this asks for the same as an earlier message of this list".to_owned();
            let help = "give it another text or a key of its own, `same = \"KEY\"`, or say `asks = \
                        \"nothing\"`";
            self.tell(Diagnostic::doubtful(span, message, "the same question again", help));
        }
        self.asked.push(question);
    }

    /// Warns about causes that `on` names and that nothing inside throws.
    pub(super) fn check_causes(&mut self, action: &Action, span: &Place) {
        let (Action::Retry { list, on, .. } | Action::Try { list, on, .. }) = action else {
            return;
        };
        let thrown = throws(list);
        let idle: Vec<&str> = Cause::ALL
            .into_iter()
            .filter(|cause| on.has(*cause) && !thrown.has(*cause))
            .map(Cause::name)
            .collect();
        if !idle.is_empty() {
            let named = super::diagnostic::listed(&idle);
            let message = format!("nothing in this `{}` throws {named}", action.verb());
            let help = "`deadheat actions` says what each action throws, and with which options";
            self.tell(Diagnostic::doubtful(span, message, "never caught", help));
        }
    }

    /// Warns about what is doubtful in a scenario as a whole.
    pub(super) fn doubt(&mut self, entries: &[Entry], scenario: &Scenario) {
        self.doubt_jobs(entries, scenario);
        self.doubt_documents(entries, scenario);
        self.doubt_faults(entries, scenario);
        self.doubt_expectations(entries, scenario);
        for (node, user) in tables(entries, "user").into_iter().zip(&scenario.users) {
            if straddles(user, scenario.intent) {
                let message = format!(
                    "two of these clicks are sometimes one request and sometimes two: `intent` is \
                     {}",
                    scenario.intent
                );
                let help = "give `[expect] intent`, or say `same = \"KEY\"` on the clicks";
                let span = node.table().and_then(|inner| find(inner, "name"));
                let span = span.map_or(&node.span, |entry| &entry.node.span);
                self.tell(Diagnostic::doubtful(span, message, "this user's clicks", help));
            }
        }
    }

    /// Warns about jobs that dispatch themselves.
    fn doubt_jobs(&mut self, entries: &[Entry], scenario: &Scenario) {
        let dispatches = |from: KindId, to: KindId| {
            let is_it =
                |action: &Action| matches!(action, Action::Dispatch { job, .. } if *job == to);
            any(&scenario.jobs[usize::from(from.0)].list, &is_it)
        };
        let kinds: Vec<KindId> = (0..scenario.jobs.len() as u16).map(KindId).collect();
        let table = find(entries, "job").and_then(|entry| entry.node.table()).unwrap_or(&[]);
        for (kind, entry) in kinds.iter().zip(table) {
            let (mut reached, mut open) = (BTreeSet::new(), vec![*kind]);
            while let Some(from) = open.pop() {
                for to in kinds.iter().filter(|to| dispatches(from, **to)) {
                    if reached.insert(*to) {
                        open.push(*to);
                    }
                }
            }
            if reached.contains(kind) {
                let message = format!("the job `{}` comes to dispatch itself", entry.key);
                let help = "a trial with it may never come to rest";
                self.tell(Diagnostic::doubtful(
                    &entry.key_span,
                    message,
                    "dispatches itself",
                    help,
                ));
            }
        }
    }

    /// Warns about documents that no actor works on, and about rows for which no actor creates a
    /// thread.
    fn doubt_documents(&mut self, entries: &[Entry], scenario: &Scenario) {
        let lists = || {
            let users = scenario.users.iter().map(|user| &user.list);
            let processes = scenario.processes.iter().map(|process| &process.list);
            users.chain(processes).chain(scenario.jobs.iter().map(|job| &job.list))
        };
        let creates = |action: &Action| matches!(action, Action::CreateThread);
        let has_creator = lists().any(|list| any(list, &creates));
        let nodes = tables(entries, "document");
        for (index, (node, document)) in nodes.into_iter().zip(&scenario.documents).enumerate() {
            let inner = node.table().unwrap_or(&[]);
            let names = |action: &Action| {
                action.document().is_some_and(|document| usize::from(document.0) == index)
            };
            let is_worked_on = scenario.processes.iter().any(|process| match process.works_on {
                WorksOn::Document(document) | WorksOn::OwnCopy(document) => {
                    usize::from(document.0) == index
                }
                WorksOn::Thread(_) | WorksOn::Nothing => false,
            });
            let place = |key: &str| find(inner, key).map_or(&node.span, |entry| &entry.node.span);
            if !is_worked_on && !lists().any(|list| any(list, &names)) {
                let help = "let a click, a dispatch or a process name it, or leave it out";
                self.tell(Diagnostic::unused(place("id"), "document", &document.id, help));
            } else if document.thread == DocumentThread::None && !has_creator {
                let message = format!("nobody creates a thread for document {}", document.id);
                let help =
                    "let somebody `create_thread` and `save_thread`, or say `thread = \"exists\"`";
                self.tell(Diagnostic::doubtful(place("thread"), message, "no thread, ever", help));
            }
        }
    }

    /// Warns about faults that strike every call.
    fn doubt_faults(&mut self, entries: &[Entry], scenario: &Scenario) {
        for (node, fault) in tables(entries, "fault").into_iter().zip(&scenario.faults) {
            let inner = node.table().unwrap_or(&[]);
            let is_said = find(inner, "chance").is_some() || find(inner, "at").is_some();
            if !is_said && matches!(fault.kind, FaultKind::Call(..)) {
                let message = format!("this {} strikes every such call", fault.name);
                let help = "give a `chance`, or the one call that it strikes: `at`";
                self.tell(Diagnostic::doubtful(&node.span, message, "always strikes", help));
            }
        }
    }

    /// Warns about properties that are expected to break although nothing here can break them.
    fn doubt_expectations(&mut self, entries: &[Entry], scenario: &Scenario) {
        let lists: Vec<&Vec<Action>> = {
            let processes = scenario.processes.iter().map(|process| &process.list);
            processes.chain(scenario.jobs.iter().map(|job| &job.list)).collect()
        };
        let has = |is_it: &dyn Fn(&Action) -> bool| lists.iter().any(|list| any(list, &is_it));
        let asks =
            has(&|action| matches!(action, Action::AddMessage(_) | Action::SafeAddMessage(..)));
        let runs = has(&|action| matches!(action, Action::CreateRun));
        let locks = has(&|action| matches!(action, Action::Lock { .. }));
        let inner = find(entries, "expect").and_then(|entry| entry.node.table()).unwrap_or(&[]);
        for key in ["violates", "always"] {
            let Some(words) = find(inner, key).and_then(|entry| entry.node.list()) else {
                continue;
            };
            for node in words {
                let missing = match node.text() {
                    Some("lock-excludes") if !locks => "nobody takes a lock",
                    Some("every-job-succeeds") if scenario.jobs.is_empty() => "there is no job",
                    Some("right-answer" | "no-duplicate-work" | "no-rejected-call") if !runs => {
                        "nobody creates a run"
                    }
                    Some("no-duplicate-message" | "every-request-answered") if !asks => {
                        "nobody asks for anything"
                    }
                    Some("one-thread-per-document" | "context-kept")
                        if scenario.documents.is_empty() =>
                    {
                        "there is no document"
                    }
                    _ => continue,
                };
                let word = node.text().unwrap_or_default();
                let known = PropertyId::ALL.into_iter().any(|id| id.name() == word);
                debug_assert!(known, "invariant: only properties are named here");
                let message = format!("`{word}` cannot break here: {missing}");
                let help = "leave it out: what is not named must hold";
                self.tell(Diagnostic::doubtful(&node.span, message, "cannot break", help));
            }
        }
    }
}

/// Returns what a list may throw with the options that its actions have.
fn throws(list: &[Action]) -> Causes {
    let mut all = Causes::default();
    for action in list {
        let named = verb(action.verb()).map_or(&[][..], |verb| verb.throws);
        let can = |cause: &Cause| match (action, cause) {
            (Action::AwaitRun { bound, .. }, Cause::TimedOut) => bound.is_some(),
            (Action::WaitIdle(wait) | Action::SafeAddMessage(_, wait), Cause::TimedOut) => {
                wait.bound.is_some() && wait.then == Then::Throw
            }
            (Action::Lock { lock, .. }, Cause::LockBusy) => match lock.busy {
                Busy::Fail => true,
                Busy::Wait => lock.bound.is_some(),
                Busy::Skip => false,
            },
            _ => true,
        };
        for cause in named.iter().filter(|cause| can(cause)) {
            all = all.with(*cause);
        }
        if let Action::Try { list, on, otherwise } = action {
            let inside = throws(list);
            let left = Cause::ALL.into_iter().filter(|one| inside.has(*one) && !on.has(*one));
            all = merged(left.fold(all, Causes::with), throws(otherwise));
        } else {
            all = action.lists().into_iter().map(throws).fold(all, merged);
        }
    }
    all
}

fn merged(one: Causes, other: Causes) -> Causes {
    Cause::ALL.into_iter().filter(|cause| other.has(*cause)).fold(one, Causes::with)
}

/// Returns whether two clicks of a user on the same job and document may happen within this time,
/// but need not.
fn straddles(user: &User, intent: Span) -> bool {
    let mut clicks: Vec<((KindId, DocumentId), Span, Span)> = Vec::new();
    let (mut soonest, mut latest) = (Span::ZERO, Span::ZERO);
    for action in &user.list {
        if let Action::Sleep(window) = action {
            soonest = Span::from_us(soonest.as_us().saturating_add(window.earliest.as_us()));
            latest = Span::from_us(latest.as_us().saturating_add(window.latest.as_us()));
        } else if let Action::Click { job, document, same: None } = action {
            let about = (*job, *document);
            let earlier = clicks.iter().rev().find(|(known, ..)| *known == about);
            if let Some((_, since, until)) = earlier {
                let least = soonest.as_us() - since.as_us();
                let most = latest.as_us() - until.as_us();
                if least < intent.as_us() && intent.as_us() < most {
                    return true;
                }
            }
            clicks.push((about, soonest, latest));
        }
    }
    false
}
