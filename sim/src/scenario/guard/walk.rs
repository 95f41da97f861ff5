//! Walking through lists: what guards ask about actions, and how they reach every list.

use deadheat_model::history::Cause;

use crate::scenario::lower::any;
use crate::scenario::read::intern;
use crate::scenario::verb::{Touches, verb};
use crate::scenario::{Action, Lock, LockKey, NewMessage, Scenario};

/// Returns what processes and jobs do. Users touch no thread on their own.
pub(super) fn worker_lists(scenario: &Scenario) -> impl Iterator<Item = &Vec<Action>> {
    let processes = scenario.processes.iter().map(|process| &process.list);
    processes.chain(scenario.jobs.iter().map(|job| &job.list))
}

/// Returns the same, so that it can be rewritten.
pub(super) fn worker_lists_mut(scenario: &mut Scenario) -> impl Iterator<Item = &mut Vec<Action>> {
    let processes = scenario.processes.iter_mut().map(|process| &mut process.list);
    processes.chain(scenario.jobs.iter_mut().map(|job| &mut job.list))
}

/// Returns whether some process or job does such an action.
pub(super) fn anywhere(scenario: &Scenario, found: impl Fn(&Action) -> bool) -> bool {
    worker_lists(scenario).any(|list| any(list, &found))
}

/// Returns whether the action is such an action, or has one within it.
pub(super) fn has(action: &Action, found: impl Fn(&Action) -> bool) -> bool {
    any(std::slice::from_ref(action), &found)
}

/// Rewrites each action in the list, and in the lists within it.
pub(super) fn each_action(list: &mut [Action], rewrite: &mut impl FnMut(&mut Action)) {
    for action in list {
        action.lists_mut().into_iter().for_each(|list| each_action(list, rewrite));
        rewrite(action);
    }
}

/// Rewrites the list, after the lists within it.
pub(super) fn each_list(list: &mut Vec<Action>, rewrite: &mut impl FnMut(&mut Vec<Action>)) {
    for action in &mut *list {
        action.lists_mut().into_iter().for_each(|list| each_list(list, rewrite));
    }
    rewrite(list);
}

/// Puts the texts into the order of their use, as they are when a file is read. A scenario that is
/// printed and read again is then the same one.
pub(super) fn sort_texts(scenario: &mut Scenario) {
    let texts = std::mem::take(&mut scenario.texts);
    let mut used = Vec::new();
    worker_lists_mut(scenario).for_each(|list| use_texts(list, &texts, &mut used));
    scenario.texts = used;
}

fn use_texts(list: &mut [Action], texts: &[String], used: &mut Vec<String>) {
    for action in list {
        if let Action::AddMessage(NewMessage { text, .. })
        | Action::SafeAddMessage(NewMessage { text, .. }, _)
        | Action::Lock { lock: Lock { key: LockKey { text, .. }, .. }, .. } = action
        {
            *text = intern(used, &texts[text.0 as usize]);
        }
        action.lists_mut().into_iter().for_each(|list| use_texts(list, texts, used));
    }
}

/// Wraps each action that can be refused. An action that already handles refusals is wrapped as a
/// whole, and so is a lock. A guard is around what existed before it.
pub(super) fn wrap_refusable(list: &mut [Action], wrap: &impl Fn(Action) -> Action) {
    for action in list {
        if is_unit(action) {
            *action = wrap(action.clone());
        } else {
            action.lists_mut().into_iter().for_each(|list| wrap_refusable(list, wrap));
        }
    }
}

/// Returns whether a guard that wraps actions takes this one as a whole.
pub(super) fn is_unit(action: &Action) -> bool {
    let is_whole = if let Action::Retry { on, .. } = action {
        on.has(Cause::Refused)
    } else if let Action::Try { on, otherwise, .. } = action {
        // A refusal that is only caught here has to be handled inside.
        on.has(Cause::Refused) && otherwise.iter().any(lets_refusals_out)
    } else {
        action.lists().is_empty() || matches!(action, Action::Lock { .. })
    };
    is_whole && lets_refusals_out(action)
}

/// Returns whether `refused` may be thrown out of the action.
fn lets_refusals_out(action: &Action) -> bool {
    if let Action::Try { list, on, otherwise } = action {
        let inside: &[Action] = if on.has(Cause::Refused) { &[] } else { list };
        return inside.iter().chain(otherwise).any(lets_refusals_out);
    }
    let row = verb(action.verb()).expect("invariant: every action has a row in the table");
    let inside = action.lists().into_iter().flatten();
    row.throws.contains(&Cause::Refused) || inside.into_iter().any(lets_refusals_out)
}

pub(super) fn touches_thread(action: &Action) -> bool {
    verb(action.verb()).is_some_and(|verb| verb.touches == Touches::Thread)
}

pub(super) fn adds_message(action: &Action) -> bool {
    matches!(action, Action::AddMessage(_) | Action::SafeAddMessage(..))
}

pub(super) fn creates_run(action: &Action) -> bool {
    matches!(action, Action::CreateRun)
}

pub(super) fn awaits_run(action: &Action) -> bool {
    matches!(action, Action::AwaitRun { .. })
}

pub(super) fn creates_thread(action: &Action) -> bool {
    matches!(action, Action::CreateThread)
}

pub(super) fn saves_thread(action: &Action) -> bool {
    matches!(action, Action::SaveThread(_))
}

pub(super) fn loads_document(action: &Action) -> bool {
    matches!(action, Action::LoadDocument)
}

/// Returns whether it is done once for each section or iteration, and touches a thread each time.
pub(super) fn is_loop(action: &Action) -> bool {
    matches!(action, Action::Repeat { .. } | Action::ForEachSection { .. })
        && has(action, touches_thread)
}
