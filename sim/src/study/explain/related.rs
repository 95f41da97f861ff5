//! The events that concern a violation: its witnesses, the runs, locks and jobs that these are
//! about, and what became of them.

use deadheat_model::history::{Answer, Ending, Event, Operation, What};
use deadheat_model::id::{Actor, Job, RunId, ThreadId};
use deadheat_model::property::Violation;

/// Returns their places, sorted.
pub(super) fn related(events: &[Event], violation: &Violation) -> Vec<usize> {
    let mut related = Related { events, found: vec![violation.at] };
    let witnesses = [Some(violation.witnesses.first), violation.witnesses.second];
    for witness in witnesses.into_iter().flatten() {
        related.found.push(witness.event.0);
        related.around(witness.event.0);
    }
    if let What::Ended(Ending::Failed { .. } | Ending::Exhausted) = events[violation.at].what {
        related.obstacle(violation.at);
    }
    let mut found = related.found;
    found.sort_unstable();
    found.dedup();
    found
}

struct Related<'a> {
    events: &'a [Event],
    found: Vec<usize>,
}

impl Related<'_> {
    fn take(&mut self, is_it: impl Fn(&Event) -> bool) {
        let found = (0..self.events.len()).filter(|index| is_it(&self.events[*index]));
        self.found.extend(found);
    }

    /// Adds what a witness is about.
    fn around(&mut self, index: usize) {
        let event = &self.events[index];
        match &event.what {
            What::RunCreated { run, .. } | What::ReplySaved { run: Some(run), .. } => {
                self.run(*run);
            }
            What::Message { thread, .. } => self.run_behind(index, *thread),
            What::Answered { answer: Answer::Refused(error), .. } => {
                if let Some(run) = error.active_run() {
                    self.run(run);
                }
            }
            What::Dispatched { job, .. } => self.job(*job),
            What::LockTaken { .. } => self.holder(event.by, index),
            What::Clicked { .. }
            | What::Started { .. }
            | What::Ended(_)
            | What::Answered { .. }
            | What::RunMoved { .. }
            | What::RowRead { .. }
            | What::ThreadSaved { .. }
            | What::ReplySaved { .. }
            | What::Marked(_)
            | What::End(_)
            | What::LockBusy { .. }
            | What::LockLeft { .. }
            | What::LockFreed { .. }
            | What::Killed { .. }
            | What::Paused
            | What::Resumed
            | What::Ignored { .. }
            | What::Skipped { .. }
            | What::Fault { .. }
            | What::IntentOver { .. } => {}
        }
    }

    /// Adds the first run that can see what this thread holds by then.
    fn run_behind(&mut self, index: usize, of: ThreadId) {
        let run = self.events[index..].iter().find_map(|event| {
            if let What::RunCreated { run, thread, .. } = event.what
                && thread == of
            {
                Some(run)
            } else {
                None
            }
        });
        if let Some(run) = run {
            self.run(run);
        }
    }

    /// Adds a run's creation, what struck it then, its cancellation, and its end.
    fn run(&mut self, of: RunId) {
        let creation = self.events.iter().find(|event| event.creates(of));
        let creation = creation.map(|event| (event.at, event.by));
        self.take(|event| {
            if let What::Answered {
                operation: Operation::CancelRun,
                answer: Answer::Run(run, _),
                ..
            } = &event.what
            {
                *run == of
            } else if let What::Fault { .. } = &event.what {
                creation == Some((event.at, event.by))
            } else {
                event.creates(of) || event.ends(of)
            }
        });
    }

    /// Adds what became of a job.
    fn job(&mut self, of: Job) {
        let is_its = |event: &Event| matches!(event.by, Some(Actor::Attempt(job, _)) if job == of);
        self.take(|event| {
            is_its(event)
                && matches!(
                    event.what,
                    What::Started { .. }
                        | What::Skipped { .. }
                        | What::Killed { .. }
                        | What::Ended(_)
                )
        });
        let end = self.events.iter().rposition(|event| {
            is_its(event) && matches!(event.what, What::LockBusy { .. } | What::Ended(_))
        });
        if let Some(end) = end {
            self.obstacle(end);
        }
    }

    /// Adds when an actor that took a lock ran out of time, and when it left the block.
    fn holder(&mut self, by: Option<Actor>, taken: usize) {
        let rest = self.events.iter().enumerate().skip(taken);
        let mut found = Vec::new();
        for (index, event) in rest {
            if let What::LockFreed { holder, .. } = event.what
                && Some(holder) == by
            {
                found.push(index);
            } else if let What::LockLeft { holder, .. } = event.what
                && Some(holder) == by
            {
                found.push(index);
                break;
            }
        }
        self.found.extend(found);
    }

    /// Adds what was in the way of an actor before this: a lock with its holder, or a run.
    fn obstacle(&mut self, before: usize) {
        let by = self.events[before].by;
        let own = self.events[..=before].iter().rev().filter(|event| event.by == by);
        for event in own {
            if let What::LockBusy { holder, .. } = &event.what {
                let holder = *holder;
                self.take(|event| {
                    event.by == Some(holder)
                        && matches!(
                            event.what,
                            What::LockTaken { .. }
                                | What::LockLeft { .. }
                                | What::Killed { .. }
                                | What::Fault { .. }
                        )
                });
                return;
            } else if let What::Answered { answer: Answer::Runs(Some(run)), .. } = &event.what {
                return self.run(*run);
            } else if let What::Answered { answer: Answer::Refused(error), .. } = &event.what {
                if let Some(run) = error.active_run() {
                    self.run(run);
                }
                return;
            }
        }
    }
}
