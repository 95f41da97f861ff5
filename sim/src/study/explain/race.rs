//! The race: what somebody relied on, what came in between, and what they did then; as far as the
//! violation's own history tells.

use deadheat_model::history::{Answer, Event, Mark, What};
use deadheat_model::id::{Actor, RunId, ThreadId};
use deadheat_model::property::{Reason, Violation, Why};
use deadheat_model::run::RunStatus;

use crate::record::Race;

/// The three events, by their places; nothing where a violation is no deed of anybody's.
pub(super) fn race(events: &[Event], violation: &Violation) -> Option<Race> {
    let first = violation.witnesses.first.event.0;
    let second = violation.witnesses.second.map(|witness| witness.event.0);
    let found = Found { events };
    let (acted, between) = match violation.why {
        Why::JobFailed | Why::Unanswered | Why::JobLost | Why::JobDropped => {
            (violation.at, found.obstacle(violation, first))
        }
        Why::AnswersNothing => (first, found.taker(first)),
        Why::LockShared => (first, second.and_then(|taken| found.lost(taken, first)).or(second)),
        Why::LockLeft => (first, found.death(events[first].by, first)),
        Why::Stuck | Why::Late => return None,
        _ => (first, second),
    };
    if violation.why == Why::JobFailed && first != violation.at {
        // A refused call made it fail: that is the deed.
        let run = refused_by(&events[first]);
        let between = run.and_then(|run| found.creation(run));
        return Some(found.told(first, between));
    }
    if violation.why == Why::Unanswered {
        let between = found.obstacle(violation, first);
        let relied = Some(first).filter(|first| between.is_none_or(|between| between != *first));
        return Some(Race { relied, has_waited: false, between, acted: violation.at });
    }
    if violation.why == Why::LockShared {
        return Some(Race { relied: second, has_waited: false, between, acted });
    }
    if matches!(violation.why, Why::PaidTwice | Why::MessageTwice | Why::LockLeft) {
        return Some(Race { relied: None, has_waited: false, between, acted });
    }
    Some(found.told(acted, between))
}

struct Found<'a> {
    events: &'a [Event],
}

impl Found<'_> {
    /// What came in between and what was done then, with what that relied on.
    fn told(&self, acted: usize, between: Option<usize>) -> Race {
        let by = self.events[acted].by;
        let thread = thread_of(&self.events[acted].what);
        let is_own = |index: &usize| self.events[*index].by == by;
        let from = self.birth(acted);
        let waited = between.and_then(|between| {
            let mut since = (between..acted).rev().filter(is_own);
            since.find(|index| matches!(self.events[*index].what, What::Marked(Mark::WentOn)))
        });
        if waited.is_some() {
            return Race { relied: waited, has_waited: true, between, acted };
        }
        if let Some(own) = between.filter(is_own) {
            // What is in its own way it knows of, unless it has seen the end of it.
            let mut since = (own..acted).rev().filter(is_own);
            let relied = since.find(|index| is_look(&self.events[*index].what, thread));
            return Race { relied, has_waited: false, between, acted };
        }
        let end = between.unwrap_or(acted);
        let before = || (from..end).rev().filter(is_own);
        // A look is what people check by; what is accepted says as much.
        let relied = before()
            .find(|index| is_look(&self.events[*index].what, thread))
            .or_else(|| before().find(|index| is_grant(&self.events[*index].what, thread)));
        Race { relied, has_waited: false, between, acted }
    }

    /// Where whoever acts here began.
    fn birth(&self, acted: usize) -> usize {
        let by = self.events[acted].by;
        let is_start = |event: &Event| event.by == by && matches!(event.what, What::Started { .. });
        self.events[..acted].iter().rposition(is_start).unwrap_or(0)
    }

    fn creation(&self, run: RunId) -> Option<usize> {
        let is_it =
            |event: &Event| matches!(event.what, What::RunCreated { run: made, .. } if made == run);
        self.events.iter().position(is_it)
    }

    /// The creation of the run that took in what the creator of this one had asked.
    fn taker(&self, created: usize) -> Option<usize> {
        let by = self.events[created].by;
        let is_message = |event: &Event| {
            event.by == by && matches!(event.what, What::Message { asks: Some(_), .. })
        };
        let message = self.events[..created].iter().rposition(is_message)?;
        let What::Message { thread: of, .. } = self.events[message].what else { return None };
        let is_run =
            |event: &Event| matches!(event.what, What::RunCreated { thread, .. } if thread == of);
        let behind = self.events[message..created].iter().position(is_run)?;
        Some(message + behind)
    }

    /// How somebody lost a lock before they had left its block.
    fn lost(&self, taken: usize, until: usize) -> Option<usize> {
        let (by, What::LockTaken { lock: of }) = (self.events[taken].by, &self.events[taken].what)
        else {
            return None;
        };
        let is_it = |event: &Event| match event.what {
            What::LockFreed { lock, holder, .. } => lock == *of && Some(holder) == by,
            What::LockLeft { lock, freed, .. } => lock == *of && freed == by,
            _ => false,
        };
        (taken..until).rev().find(|index| is_it(&self.events[*index]))
    }

    fn death(&self, by: Option<Actor>, from: usize) -> Option<usize> {
        let is_it = |event: &Event| event.by == by && matches!(event.what, What::Killed { .. });
        // A lock may have been granted after the death of whoever asked for it.
        let after = self.events[from..].iter().position(is_it).map(|index| from + index);
        after.or_else(|| self.events[..from].iter().rposition(is_it))
    }

    /// What came between a request or a job and its good end.
    fn obstacle(&self, violation: &Violation, first: usize) -> Option<usize> {
        let worker =
            self.events[first].by.filter(|by| matches!(by, Actor::Attempt(..) | Actor::Process(_)));
        let job = match &self.events[first].what {
            What::Dispatched { job, .. } => Some(*job),
            _ => worker.and_then(Actor::job),
        };
        let is_its = |event: &Event| match (job, event.by) {
            (Some(job), Some(by)) => by.job() == Some(job),
            (None, by) => by.is_some() && by == worker,
            (Some(_), None) => false,
        };
        let last = |is_it: &dyn Fn(&Event) -> bool| {
            (0..=violation.at).rev().find(|index| is_it(&self.events[*index]))
        };
        match violation.reason? {
            Reason::Refused | Reason::Rejected => {
                let refused = last(&|event| is_its(event) && refused_by(event).is_some())?;
                refused_by(&self.events[refused])
                    .and_then(|run| self.creation(run))
                    .or(Some(refused))
            }
            Reason::RunFailed | Reason::Cancelled | Reason::WaitsForTools => {
                let run = self.run_behind(first)?;
                last(&|event| match event.what {
                    What::RunMoved { run: of, status, .. } => {
                        of == run && (!status.is_active() || status == RunStatus::RequiresAction)
                    }
                    _ => false,
                })
            }
            Reason::LockBusy | Reason::Skipped => {
                let busy =
                    last(&|event| is_its(event) && matches!(event.what, What::LockBusy { .. }))?;
                let What::LockBusy { lock: of, holder } = self.events[busy].what else {
                    return None;
                };
                let is_taking = |event: &Event| {
                    event.by == Some(holder)
                        && matches!(event.what, What::LockTaken { lock } if lock == of)
                };
                self.events[..busy].iter().rposition(is_taking).or(Some(busy))
            }
            Reason::Crashed | Reason::Killed => {
                last(&|event| is_its(event) && matches!(event.what, What::Killed { .. }))
            }
            Reason::Ignored => Some(first),
            _ => last(&|event| is_its(event) && matches!(event.what, What::Ended(_))),
        }
    }

    /// The first run that can see what stands here.
    fn run_behind(&self, message: usize) -> Option<RunId> {
        let thread = match &self.events[message].what {
            What::Message { thread, .. } => Some(*thread),
            _ => None,
        };
        self.events[message..].iter().find_map(|event| match event.what {
            What::RunCreated { run, thread: of, .. }
                if thread.is_none_or(|thread| thread == of) =>
            {
                Some(run)
            }
            _ => None,
        })
    }
}

fn refused_by(event: &Event) -> Option<RunId> {
    match &event.what {
        What::Answered { answer: Answer::Refused(error), .. } => error.active_run(),
        _ => None,
    }
}

fn thread_of(what: &What) -> Option<ThreadId> {
    match what {
        What::Answered { thread, .. } => *thread,
        What::RunCreated { thread, .. } | What::Message { thread, .. } => Some(*thread),
        _ => None,
    }
}

/// Whether somebody has looked there, and found nothing in the way.
fn is_look(what: &What, thread: Option<ThreadId>) -> bool {
    match what {
        What::Answered { thread: of, answer: Answer::Runs(None), .. } => *of == thread,
        What::Answered { thread: of, answer: Answer::Run(_, status), .. } => {
            *of == thread && !status.is_active()
        }
        _ => false,
    }
}

/// Whether something was granted there, or a row was read.
fn is_grant(what: &What, thread: Option<ThreadId>) -> bool {
    match what {
        What::Message { thread: of, .. } => Some(*of) == thread,
        What::RowRead { .. } => true,
        _ => false,
    }
}
