//! What the ledger knows about runs.

use std::ops::Range;

use super::super::Reason;
use super::super::asking::Request;
use super::{Ledger, MessageFacts, RunFacts, works_for_the_same};
use crate::history::{Cast, EventIndex};
use crate::id::{Actor, DocumentId, Id as _, RunId, ThreadId};
use crate::run::RunStatus;

impl Ledger {
    /// Returns why a run was still active when an actor was refused.
    pub(in crate::property) fn activity(
        &self,
        cast: &Cast,
        run: RunId,
        refused: Option<Actor>,
    ) -> Reason {
        let facts = &self.runs[run.index()];
        let left = facts.left;
        match facts.status {
            RunStatus::RequiresAction => Reason::WaitsForTools,
            RunStatus::Cancelling => Reason::Cancelling,
            RunStatus::Cancelled
            | RunStatus::Failed
            | RunStatus::Completed
            | RunStatus::Incomplete
            | RunStatus::Expired => Reason::Ended,
            RunStatus::Queued | RunStatus::InProgress if refused == Some(facts.by) => {
                left.unwrap_or(Reason::NotAwaited)
            }
            RunStatus::Queued | RunStatus::InProgress if !cast.waits(facts.by) => {
                Reason::NotAwaited
            }
            RunStatus::Queued | RunStatus::InProgress => left.unwrap_or(Reason::AtWork),
        }
    }

    pub(super) fn run_created(
        &mut self,
        event: EventIndex,
        by: Actor,
        run: RunId,
        thread: ThreadId,
        document: Option<DocumentId>,
    ) {
        assert_eq!(run.index(), self.runs.len(), "invariant: runs are numbered as they come");
        self.wrote(by, thread);
        let from = self.windows.len();
        let window = std::mem::take(&mut self.thread(thread).window);
        self.windows.extend_from_slice(&window);
        let facts = self.thread(thread);
        facts.window = window;
        facts.active = Some(run);
        let window = from..self.windows.len();
        let again = self.asked_before(by, &window);
        let status = RunStatus::Queued;
        let struck = self.struck.take_if(|(who, _)| *who == by);
        let left = struck.map(|(_, how)| how);
        self.runs.push(RunFacts { event, by, thread, document, status, left, window, again });
    }

    /// Returns what an actor asked for last, if this window contains nothing that the actor asked
    /// for.
    fn asked_before(&self, by: Actor, window: &Range<usize>) -> Option<Request> {
        // The last message is usually the actor's own.
        let mut within =
            self.windows[window.clone()].iter().rev().map(|place| &self.messages[*place]);
        let is_own = |message: &MessageFacts| {
            message.request.is_some() && works_for_the_same(message.by, by)
        };
        if within.any(is_own) {
            return None;
        }
        self.requests.last_of(by)
    }

    /// Returns what a run is paid for: what it is to answer, and what its creator makes it answer
    /// again.
    pub fn paid_for(&self, run: RunId) -> impl Iterator<Item = Request> {
        let again = self.runs[run.index()].again;
        self.window(run).filter_map(|message| message.request).chain(again)
    }

    pub(super) fn run_moved(&mut self, run: RunId, status: RunStatus, spent: bool) {
        let facts = &mut self.runs[run.index()];
        let before = std::mem::replace(&mut facts.status, status);
        if status.is_active() {
            return;
        }
        let reason = match status {
            RunStatus::Cancelled => Reason::Cancelled,
            RunStatus::Expired if before == RunStatus::RequiresAction => Reason::WaitsForTools,
            RunStatus::Queued
            | RunStatus::InProgress
            | RunStatus::RequiresAction
            | RunStatus::Cancelling
            | RunStatus::Failed
            | RunStatus::Completed
            | RunStatus::Incomplete
            | RunStatus::Expired => Reason::RunFailed,
        };
        let (thread, window, again) = (facts.thread, facts.window.clone(), facts.again);
        let completed = status == RunStatus::Completed;
        let is_paid = spent && (completed || status == RunStatus::Cancelled);
        for place in window.clone() {
            let Some(request) = self.messages[self.windows[place]].request else { continue };
            self.requests.settle(request, (!completed).then_some(reason), is_paid.then_some(run));
        }
        if let Some(request) = again {
            let facts = self.requests.facts_mut(request);
            facts.paid_for = facts.paid_for.or(is_paid.then_some(run));
        }
        let facts = self.thread(thread);
        if facts.active == Some(run) {
            facts.active = None;
        }
        if completed {
            let answered = window.len().min(facts.window.len());
            facts.window.drain(..answered);
        }
    }
}
