//! The rewrites of all guards except the lock, a few lines each.

use deadheat_model::history::Cause;
use deadheat_model::id::DocumentId;
use deadheat_model::time::Window;

use super::options::Options;
use super::walk::{
    adds_message, anywhere, awaits_run, creates_run, creates_thread, each_action, each_list, has,
    is_loop, is_unit, loads_document, saves_thread, touches_thread, worker_lists_mut,
    wrap_refusable,
};
use super::{NotApplicable, poll_of};
use crate::scenario::lower::any;
use crate::scenario::names::like_a_copy;
use crate::scenario::{
    Action, Causes, Overlap, Overwrite, Scenario, Sees, Then, Until, Wait, WorksOn,
};

type Done = Result<(), NotApplicable>;

const NO_JOBS: &str = "the scenario has no jobs";
pub(super) const NO_CALLS: &str = "no job or process adds a message or creates a run";

/// What a fresh thread is created for.
pub(super) const PER: [(&str, bool); 2] = [("job", true), ("iteration", false)];

fn refused() -> Causes {
    Causes::default().with(Cause::Refused)
}

pub(super) fn serial_queue(scenario: &mut Scenario, options: &Options) -> Done {
    NotApplicable::unless(!scenario.jobs.is_empty(), NO_JOBS)?;
    for job in &mut scenario.jobs {
        job.overlap = Overlap::Release;
        // A job that is put back has used an attempt.
        job.tries = job.tries.max(options.count("tries") as u16);
        job.release_after = options.window("release_after").unwrap_or(Window::NOW);
        job.overlap_for = options.span("expires");
    }
    Ok(())
}

pub(super) fn unique_job(scenario: &mut Scenario, options: &Options) -> Done {
    NotApplicable::unless(!scenario.jobs.is_empty(), NO_JOBS)?;
    for job in &mut scenario.jobs {
        (job.unique, job.unique_for) = (true, options.span("ttl"));
    }
    Ok(())
}

pub(super) fn retry(scenario: &mut Scenario, options: &Options) -> Done {
    NotApplicable::unless(anywhere(scenario, is_unit), NO_CALLS)?;
    let (times, wait) = (options.count("times") as u32, options.window("wait"));
    let wait = wait.unwrap_or(Window::NOW);
    let wrap = |action| Action::Retry { list: vec![action], on: refused(), times, wait };
    worker_lists_mut(scenario).for_each(|list| wrap_refusable(list, &wrap));
    Ok(())
}

pub(super) fn cancel_active(scenario: &mut Scenario, _: &Options) -> Done {
    NotApplicable::unless(anywhere(scenario, is_unit), NO_CALLS)?;
    let poll = scenario.client.poll;
    let idle = Wait { bound: None, poll, sees: Sees::All, then: Then::Throw };
    let wrap = |action: Action| Action::Try {
        list: vec![action.clone()],
        on: refused(),
        otherwise: vec![Action::CancelActive, Action::WaitIdle(idle), action],
    };
    worker_lists_mut(scenario).for_each(|list| wrap_refusable(list, &wrap));
    Ok(())
}

pub(super) fn wait(scenario: &mut Scenario, options: &Options) -> Done {
    let acts = |action: &Action| adds_message(action) || creates_run(action);
    NotApplicable::unless(anywhere(scenario, acts), NO_CALLS)?;
    let (bound, poll) = (options.span("for"), poll_of(scenario, options));
    let idle = Wait { bound, poll, sees: Sees::All, then: Then::Throw };
    let mut safer = |action: &mut Action| {
        if let Action::AddMessage(message) = *action {
            *action = Action::SafeAddMessage(message, idle);
        }
    };
    let mut later = |list: &mut Vec<Action>| {
        for at in (0..list.len()).rev().filter(|at| creates_run(&list[*at])).collect::<Vec<_>>() {
            if at == 0 || !matches!(list[at - 1], Action::WaitIdle(_)) {
                list.insert(at, Action::WaitIdle(idle));
            }
        }
    };
    for list in worker_lists_mut(scenario) {
        each_action(list, &mut safer);
        each_list(list, &mut later);
    }
    Ok(())
}

pub(super) fn delay(scenario: &mut Scenario, options: &Options) -> Done {
    let is_loop =
        |action: &Action| matches!(action, Action::Repeat { .. } | Action::ForEachSection { .. });
    let reason = "no job or process goes through sections or repeats anything";
    NotApplicable::unless(anywhere(scenario, is_loop), reason)?;
    let time = options.window("time").unwrap_or(Window::NOW);
    let mut slower = |action: &mut Action| {
        if let Action::Repeat { pause, .. } | Action::ForEachSection { pause, .. } = action {
            *pause = time;
        }
    };
    worker_lists_mut(scenario).for_each(|list| each_action(list, &mut slower));
    Ok(())
}

pub(super) fn await_run(scenario: &mut Scenario, options: &Options) -> Done {
    let reason = "no job or process creates a run";
    NotApplicable::unless(anywhere(scenario, creates_run), reason)?;
    let wait = Action::AwaitRun { bound: options.span("for"), poll: scenario.client.poll };
    worker_lists_mut(scenario).for_each(|list| await_each(list, &wait));
    Ok(())
}

/// Puts the wait after each action that creates a run, if nothing waits for that run before the
/// next one is created.
pub(super) fn await_each(list: &mut Vec<Action>, wait: &Action) {
    let mut at = 0;
    while at < list.len() {
        let action = &mut list[at];
        at += 1;
        if !is_unit(action) {
            action.lists_mut().into_iter().for_each(|list| await_each(list, wait));
            continue;
        }
        let creates = |action: &Action| has(action, creates_run);
        if !creates(action) || has(action, awaits_run) {
            continue;
        }
        let mut rest = list[at..].iter().take_while(|action| !creates(action));
        if !rest.any(awaits_run) {
            list.insert(at, wait.clone());
            at += 1;
        }
    }
}

pub(super) fn debounce(scenario: &mut Scenario, options: &Options) -> Done {
    let clicks = |action: &Action| matches!(action, Action::Click { .. });
    let mut clicking = scenario.users.iter_mut().filter(|user| any(&user.list, &clicks)).peekable();
    NotApplicable::unless(clicking.peek().is_some(), "no user clicks")?;
    clicking.for_each(|user| user.debounce = options.span("window"));
    Ok(())
}

pub(super) fn fresh_thread(scenario: &mut Scenario, options: &Options) -> Done {
    let reason = "no job or process touches a thread";
    NotApplicable::unless(anywhere(scenario, touches_thread), reason)?;
    let per_job = options.choose("per", &PER);
    worker_lists_mut(scenario).for_each(|list| fresh(list, per_job));
    Ok(())
}

/// Creates a thread before the first action that touches one. `load_document` would replace it by
/// the row's thread, so the creation has to come after that.
fn fresh(list: &mut Vec<Action>, per_job: bool) {
    if !per_job && any(list, &is_loop) {
        let inner = list.iter_mut().flat_map(Action::lists_mut);
        return inner.for_each(|list| fresh(list, per_job));
    }
    let Some(first) = list.iter().position(|action| has(action, touches_thread)) else { return };
    if has(&list[first], loads_document) {
        list[first].lists_mut().into_iter().for_each(|list| fresh(list, per_job));
    } else if !creates_thread(&list[first]) {
        list.insert(first, Action::CreateThread);
    }
}

pub(super) fn own_document(scenario: &mut Scenario, _: &Options) -> Done {
    let clicks = |document: DocumentId| {
        let of = |user: &super::super::User| {
            u64::from(user.count).saturating_mul(clicks_on(&user.list, document))
        };
        scenario.users.iter().map(of).fold(0, u64::saturating_add)
    };
    let documents: Vec<DocumentId> =
        (0..scenario.documents.len()).map(|index| DocumentId(index as u16)).collect();
    if let Some(twice) = documents.iter().find(|document| clicks(**document) > 1) {
        let id = &scenario.documents[usize::from(twice.0)].id;
        let reason = format!("document {id} is clicked more than once, and a click has no copy");
        return Err(NotApplicable::new(reason));
    }
    let sharing = |document: DocumentId| {
        let sharing = scenario.processes.iter();
        let sharing = sharing.filter(|process| process.works_on == WorksOn::Document(document));
        sharing.map(|process| u64::from(process.count)).sum::<u64>()
    };
    let is_shared = |document: &&DocumentId| {
        sharing(**document) > 0 && sharing(**document) + clicks(**document) > 1
    };
    let shared: Vec<DocumentId> = documents.iter().filter(is_shared).copied().collect();
    NotApplicable::unless(!shared.is_empty(), "no process shares its document with anybody")?;
    for process in &mut scenario.processes {
        if let WorksOn::Document(document) = process.works_on
            && shared.contains(&document)
        {
            process.works_on = WorksOn::OwnCopy(document);
        }
    }
    if let Some((like, _)) = like_a_copy(&scenario.documents, &scenario.processes) {
        let id = &scenario.documents[usize::from(like.0)].id;
        return Err(NotApplicable::new(format!("a copy would be called {id}, as a document is")));
    }
    Ok(())
}

/// Returns the maximum number of times that a list clicks on the document. It is only precise
/// enough to decide whether that is more than once.
fn clicks_on(list: &[Action], document: DocumentId) -> u64 {
    let clicks = |action: &Action| {
        if let Action::Click { document: clicked, .. } = action {
            return u64::from(*clicked == document);
        }
        let times = if let Action::Repeat { until: Until::Times(times), .. } = action {
            u64::from(*times)
        } else {
            1 + u64::from(matches!(action, Action::Repeat { .. }))
        };
        let inner = action.lists().into_iter().map(|list| clicks_on(list, document));
        times.saturating_mul(inner.fold(0, u64::saturating_add))
    };
    list.iter().map(clicks).fold(0, u64::saturating_add)
}

pub(super) fn claim_thread(scenario: &mut Scenario, _: &Options) -> Done {
    let reason = "no job or process saves a thread";
    NotApplicable::unless(anywhere(scenario, saves_thread), reason)?;
    let mut claim = |action: &mut Action| {
        if let Action::SaveThread(overwrite) = action {
            *overwrite = Overwrite::IfEmpty;
        }
    };
    worker_lists_mut(scenario).for_each(|list| each_action(list, &mut claim));
    Ok(())
}
