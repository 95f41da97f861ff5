//! The lock: it is around the smallest piece of a list for which it has to be held. It is named
//! after the thread, or after the document where there is no thread yet.

use deadheat_model::id::TextId;
use deadheat_model::time::Window;

use super::NotApplicable;
use super::options::Options;
use super::rewrites::{NO_CALLS, await_each};
use super::walk::{
    adds_message, anywhere, awaits_run, creates_run, creates_thread, has, is_loop, loads_document,
    saves_thread, touches_thread, worker_lists_mut,
};
use crate::scenario::lower::any;
use crate::scenario::read::{intern, lock_key};
use crate::scenario::{
    Action, Busy, DocumentThread, Lock, LockPlace, Process, Release, Scenario, WorksOn,
};

/// What a lock is held for.
pub(super) const COVERS: [(&str, Covers); 3] =
    [("message", Covers::Message), ("create", Covers::Create), ("run", Covers::Run)];
/// What a lock is named after.
pub(super) const KEYS: [(&str, After); 2] =
    [("thread", After::Thread), ("document", After::Document)];
/// How much of a list a lock is held for.
pub(super) const SCOPES: [(&str, Scope); 2] = [("section", Scope::Section), ("job", Scope::Job)];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Covers {
    Message,
    Create,
    Run,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Section,
    Job,
}

/// Which of the two a lock is named after. A document's jobs exclude each other only if all of them
/// choose the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    Thread,
    Document,
}

/// What an actor has at the start.
#[derive(Clone, Copy)]
struct Ground {
    has_document: bool,
    has_thread: bool,
    /// Whether its document's row names a thread from the start.
    row_has_thread: bool,
}

struct Locking {
    covers: Covers,
    scope: Scope,
    after: After,
    ground: Ground,
    lock: Lock,
    texts: Vec<String>,
    /// Whether some piece begins where there is no thread yet.
    is_early: bool,
    /// The names of the locks that were added.
    taken: Vec<TextId>,
}

/// Puts the lock around each piece.
pub(super) fn lock(scenario: &mut Scenario, options: &Options) -> Result<(), NotApplicable> {
    let reason = "no job or process touches a thread";
    NotApplicable::unless(anywhere(scenario, touches_thread), reason)?;
    let after = options.choose("key", &KEYS);
    let reason = "no job or process has a document that a lock could be called after";
    let has_document = after == After::Thread || grounds(scenario).any(|it| it.has_document);
    NotApplicable::unless(has_document, reason)?;
    let (mut locked, mut locking) = locked(scenario, options, after);
    if locking.is_early && after == After::Thread {
        (locked, locking) = self::locked(scenario, options, After::Document);
    }
    let reason = match locking.covers {
        _ if locking.is_early => "no job or process knows a document or a thread when it begins",
        Covers::Message => "no job or process adds a message",
        Covers::Create | Covers::Run => NO_CALLS,
    };
    NotApplicable::unless(!locking.taken.is_empty(), reason)?;
    // A lock does not know its holder, so the holder would wait for itself.
    let is_taken = |lock: &Lock| locking.taken.contains(&lock.key.text);
    let holds = |action: &Action| matches!(action, Action::Lock { lock, .. } if is_taken(lock));
    NotApplicable::unless(!anywhere(scenario, holds), "a lock of this name is held there already")?;
    *scenario = locked;
    Ok(())
}

/// Returns the scenario with the lock, and what is then known about it.
fn locked(scenario: &Scenario, options: &Options, after: After) -> (Scenario, Locking) {
    let mut locked = scenario.clone();
    let mut locking = Locking {
        covers: options.choose("covers", &COVERS),
        scope: options.choose("scope", &SCOPES),
        after,
        ground: Ground { has_document: false, has_thread: false, row_has_thread: false },
        lock: template(options),
        texts: std::mem::take(&mut locked.texts),
        is_early: false,
        taken: Vec::new(),
    };
    let wait = Action::AwaitRun { bound: None, poll: scenario.client.poll };
    for (list, ground) in worker_lists_mut(&mut locked).zip(grounds(scenario)) {
        locking.ground = ground;
        if locking.covers == Covers::Run {
            await_each(list, &wait);
        }
        locking.list(list, &mut ground.has_thread.clone());
    }
    locked.texts.clone_from(&locking.texts);
    (locked, locking)
}

fn template(options: &Options) -> Lock {
    Lock {
        key: lock_key(TextId(0), ""),
        ttl: options.span("ttl"),
        busy: options.choose("busy", &Busy::WORDS),
        bound: options.span("for"),
        poll: options.window("poll").unwrap_or(Window::NOW),
        release: options.choose("release", &Release::WORDS),
        place: options.choose("in", &LockPlace::WORDS),
    }
}

/// Returns what each process, and then each job, has at the start.
fn grounds(scenario: &Scenario) -> impl Iterator<Item = Ground> {
    let documents = &scenario.documents;
    let of = |process: &Process| {
        let (has_document, has_thread) = match process.works_on {
            WorksOn::Document(_) | WorksOn::OwnCopy(_) => (true, false),
            WorksOn::Thread(_) => (false, true),
            WorksOn::Nothing => (false, false),
        };
        let row_has_thread = match process.works_on {
            WorksOn::Document(document) | WorksOn::OwnCopy(document) => {
                documents[usize::from(document.0)].thread != DocumentThread::None
            }
            WorksOn::Thread(_) | WorksOn::Nothing => false,
        };
        Ground { has_document, has_thread, row_has_thread }
    };
    // A job may work on any document.
    let row_has_thread = documents.iter().all(|row| row.thread != DocumentThread::None);
    let job = Ground { has_document: true, has_thread: false, row_has_thread };
    scenario.processes.iter().map(of).chain(scenario.jobs.iter().map(move |_| job))
}

impl Locking {
    /// Puts the lock into a list: once for each section or iteration, and once for each piece
    /// between the loops. `knows_thread` says whether {thread} is set by then.
    fn list(&mut self, list: &mut Vec<Action>, knows_thread: &mut bool) {
        let mut piece = Vec::new();
        for mut action in std::mem::take(list) {
            if self.scope == Scope::Job || !has(&action, is_loop) {
                piece.push(action);
                continue;
            }
            self.piece(&mut piece, knows_thread);
            list.append(&mut piece);
            for inner in action.lists_mut() {
                self.list(inner, knows_thread);
            }
            list.push(action);
        }
        self.piece(&mut piece, knows_thread);
        list.append(&mut piece);
    }

    /// Puts the lock around the part of a piece of a list for which it has to be held.
    fn piece(&mut self, piece: &mut Vec<Action>, knows_thread: &mut bool) {
        let knew_thread = *knows_thread;
        *knows_thread = self.knows_thread(piece, knew_thread);
        let ends = |action: &Action| match self.covers {
            Covers::Message => adds_message(action),
            Covers::Create => adds_message(action) || creates_run(action) || saves_thread(action),
            Covers::Run => adds_message(action) || awaits_run(action) || saves_thread(action),
        };
        let begins = |action: &Action| match self.covers {
            Covers::Message => adds_message(action),
            Covers::Create | Covers::Run => touches_thread(action),
        };
        let first = piece.iter().position(|action| has(action, begins));
        let last = piece.iter().rposition(|action| has(action, ends));
        let (Some(mut first), Some(last)) = (first, last.filter(|last| Some(*last) >= first))
        else {
            return;
        };
        let saves = any(&piece[first..=last], &saves_thread);
        // A thread that is never saved is private: no other actor can interfere with its creator.
        while !saves && first < last && creates_thread(&piece[first]) {
            first += 1;
        }
        let knew_thread = self.knows_thread(&piece[..first], knew_thread);
        let is_early = saves || !knew_thread;
        self.is_early |= is_early;
        if !knew_thread && !self.ground.has_document {
            return;
        }
        let by_document = self.after == After::Document && self.ground.has_document;
        if by_document && is_early {
            // A row that was read before the lock was granted would be stale.
            let loads = piece[..first].iter().position(|action| has(action, loads_document));
            first = loads.unwrap_or(first);
        }
        if first == last
            && let Action::Try { list, otherwise, .. } = &mut piece[first]
            && !any(otherwise, &touches_thread)
        {
            return self.piece(list, &mut knew_thread.clone());
        }
        let mut list: Vec<Action> = piece.drain(first..=last).collect();
        if by_document && saves && !any(&list, &loads_document) {
            list.insert(0, Action::LoadDocument);
        }
        piece.insert(first, Action::Lock { lock: self.named(by_document), list });
    }

    /// Returns whether {thread} is set after these actions if it was, or was not, set before them.
    fn knows_thread(&self, list: &[Action], knew_thread: bool) -> bool {
        list.iter().fold(knew_thread, |knows, action| {
            if has(action, creates_thread) {
                true
            } else if has(action, loads_document) {
                self.ground.row_has_thread
            } else {
                knows
            }
        })
    }

    /// Returns the lock under the name of the thread, or of the document.
    fn named(&mut self, by_document: bool) -> Lock {
        let name = if by_document { "document:{document}" } else { "thread:{thread}" };
        let text = intern(&mut self.texts, name);
        self.taken.push(text);
        Lock { key: lock_key(text, name), ..self.lock }
    }
}
