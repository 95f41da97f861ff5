//! The race: what an actor relied on, what came in between, and what the actor did then. It is only
//! known as far as the violation's own history shows it.

use deadheat_model::history::{Answer, Ending, Event, Mark, Operation, What};
use deadheat_model::id::{Actor, RunId, ThreadId};
use deadheat_model::property::{Reason, Violation, Why};
use deadheat_model::run::RunStatus;

use crate::record::Race;

/// Returns the three events, by their places. Returns `None` if the violation is not an actor's
/// action.
pub fn race(events: &[Event], violation: &Violation) -> Option<Race> {
    let first = violation.witnesses.first.event.0;
    let second = violation.witnesses.second.map(|witness| witness.event.0);
    let found = Found { events };
    let plain = |relied, between, acted| Race { relied, between, acted };
    Some(match violation.why {
        Why::Stuck | Why::Late => return None,
        Why::JobFailed if first != violation.at => {
            // A refused call made the job fail, so this call is the action.
            let run = events[first].refused_by();
            found.told_of_run(first, run.and_then(|run| found.creation(run)))
        }
        Why::JobFailed | Why::JobLost | Why::JobDropped => {
            plain(None, found.obstacle(violation, first), violation.at)
        }
        Why::Unanswered => {
            let between = found.obstacle(violation, first);
            let relied =
                Some(first).filter(|first| between.is_none_or(|between| between != *first));
            let gave_up = between.and_then(|_| found.failure_of(first));
            plain(relied, between, gave_up.unwrap_or(violation.at))
        }
        Why::Refused => {
            let how = violation.reason.filter(|how| is_of_creation(*how));
            match second.zip(how) {
                Some((creation, how)) => found.retried(creation, how, first),
                None => found.told_of_run(first, second),
            }
        }
        Why::AnswersNothing => found.told(first, found.taker(first)),
        Why::LockShared => {
            let lost = second.and_then(|taken| found.lost(taken, first));
            plain(second, lost.or(second), first)
        }
        Why::LockLeft => plain(None, found.death(events[first].by, first), first),
        Why::PaidTwice => {
            let seen = second.and_then(|earlier| found.sight(earlier, first));
            plain(seen, second, first)
        }
        Why::MessageTwice => plain(None, second, first),
        Why::OrphanThread => {
            let read = second.and_then(|saved| found.read_before(saved));
            plain(read, second, first)
        }
        Why::SavedOthers if second.is_none() => {
            let read = found.read_of(first);
            plain(read, read.and_then(|read| found.written(read)), first)
        }
        Why::SecondRun
        | Why::MessageDuringRun
        | Why::AnswersOthers
        | Why::SavedOthers
        | Why::ContextLost => found.told(first, second),
    })
}

/// Returns whether a run was in its own creator's way because of what happened to its creation.
const fn is_of_creation(reason: Reason) -> bool {
    matches!(reason, Reason::ReplyLost | Reason::SentTwice)
}

struct Found<'a> {
    events: &'a [Event],
}

impl Found<'_> {
    /// Returns what came in between and what was done then, with what the action relied on.
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
            return Race { relied: waited, between, acted };
        }
        if let Some(own) = between.filter(is_own) {
            // An actor knows what of its own is in its way, unless it has seen the end of it.
            let mut since = (own..acted).rev().filter(is_own);
            let relied = since.find(|index| is_look(&self.events[*index].what, thread));
            return Race { relied, between, acted };
        }
        let end = between.unwrap_or(acted);
        let before = || (from..end).rev().filter(is_own);
        // Applications check by a look. What is accepted says as much.
        let relied = before()
            .find(|index| is_look(&self.events[*index].what, thread))
            .or_else(|| before().find(|index| is_grant(&self.events[*index].what, thread)));
        Race { relied, between, acted }
    }

    /// Returns the same for a call that a run was in the way of. The end of the run was in the way
    /// if the run has ended by then.
    fn told_of_run(&self, refused: usize, creation: Option<usize>) -> Race {
        let race = self.told(refused, creation);
        let end = self.events[refused]
            .refused_by()
            .and_then(|run| self.events[..refused].iter().rposition(|event| event.ends(run)));
        Race { between: end.or(race.between), ..race }
    }

    /// Returns the race of a creation whose reply was lost, where the fault came in between, or of
    /// a creation that was sent twice.
    fn retried(&self, creation: usize, how: Reason, refused: usize) -> Race {
        let by = self.events[creation].by;
        let is_fault = |event: &Event| event.by == by && matches!(event.what, What::Fault { .. });
        let struck = self.events[..refused].iter().rposition(is_fault);
        let between = if how == Reason::ReplyLost { struck } else { Some(creation) };
        Race { relied: None, between, acted: refused }
    }

    /// Returns where an actor sees, after the run was created, that it is active.
    fn sight(&self, created: usize, acted: usize) -> Option<usize> {
        let What::RunCreated { run: of, .. } = self.events[created].what else { return None };
        let by = self.events[acted].by;
        (created..acted).find(|index| {
            let event = &self.events[*index];
            let sees = matches!(
                event.what,
                What::Answered { answer: Answer::Runs(Some(run)), .. } if run == of
            );
            event.by == by && sees
        })
    }

    /// Returns where the actor that saved a thread had read the row before.
    fn read_before(&self, saved: usize) -> Option<usize> {
        let by = self.events[saved].by;
        let is_read = |event: &Event| event.by == by && matches!(event.what, What::RowRead { .. });
        self.events[..saved].iter().rposition(is_read)
    }

    /// Returns where an actor read the message that it saved.
    fn read_of(&self, saved: usize) -> Option<usize> {
        let by = self.events[saved].by;
        let is_read = |event: &Event| {
            let is_it =
                matches!(event.what, What::Answered { answer: Answer::Messages(Some(_)), .. });
            event.by == by && is_it
        };
        self.events[..saved].iter().rposition(is_read)
    }

    /// Returns where a client wrote the message that was read here.
    fn written(&self, read: usize) -> Option<usize> {
        let What::Answered { answer: Answer::Messages(Some(of)), .. } = self.events[read].what
        else {
            return None;
        };
        let is_it =
            |event: &Event| matches!(event.what, What::Message { message, .. } if message == of);
        self.events[..read].iter().position(is_it)
    }

    /// Returns where the actor that asked here fails afterwards.
    fn failure_of(&self, asked: usize) -> Option<usize> {
        let by = self.events[asked].by.filter(|by| !matches!(by, Actor::User(_)))?;
        let is_it = |event: &Event| {
            event.by == Some(by) && matches!(event.what, What::Ended(Ending::Failed { .. }))
        };
        self.events[asked..].iter().position(is_it).map(|behind| asked + behind)
    }

    /// Returns where the actor that acts here began.
    fn birth(&self, acted: usize) -> usize {
        let by = self.events[acted].by;
        let is_start = |event: &Event| event.by == by && matches!(event.what, What::Started { .. });
        self.events[..acted].iter().rposition(is_start).unwrap_or(0)
    }

    fn creation(&self, run: RunId) -> Option<usize> {
        self.events.iter().position(|event| event.creates(run))
    }

    /// Returns the creation of the run that took in what the creator of this run had asked.
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

    /// Returns how an actor lost a lock before it had left the lock's block.
    fn lost(&self, taken: usize, until: usize) -> Option<usize> {
        let (by, What::LockTaken { lock: of }) = (self.events[taken].by, &self.events[taken].what)
        else {
            return None;
        };
        let is_it = |event: &Event| {
            if let What::LockFreed { lock, holder, .. } = event.what {
                lock == *of && Some(holder) == by
            } else if let What::LockLeft { lock, freed, .. } = event.what {
                lock == *of && freed == by
            } else {
                false
            }
        };
        (taken..until).rev().find(|index| is_it(&self.events[*index]))
    }

    fn death(&self, by: Option<Actor>, from: usize) -> Option<usize> {
        let is_it = |event: &Event| event.by == by && matches!(event.what, What::Killed { .. });
        // A lock may have been granted after the death of the actor that asked for it.
        let after = self.events[from..].iter().position(is_it).map(|index| from + index);
        after.or_else(|| self.events[..from].iter().rposition(is_it))
    }

    /// Returns what came between a request or a job and its good end.
    fn obstacle(&self, violation: &Violation, first: usize) -> Option<usize> {
        let worker =
            self.events[first].by.filter(|by| matches!(by, Actor::Attempt(..) | Actor::Process(_)));
        let job = if let What::Dispatched { job, .. } = &self.events[first].what {
            Some(*job)
        } else {
            worker.and_then(Actor::job)
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
                let refused = last(&|event| is_its(event) && event.refused_by().is_some())?;
                self.events[refused]
                    .refused_by()
                    .and_then(|run| self.creation(run))
                    .or(Some(refused))
            }
            reason @ (Reason::RunFailed | Reason::Cancelled | Reason::WaitsForTools) => {
                self.failure_behind(first, violation.at, reason)
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
            Reason::Exhausted => last(&|event| {
                is_its(event) && matches!(event.what, What::Marked(Mark::Redelivered))
            }),
            Reason::TimedOut => {
                let seen = last(&|event| is_its(event) && active_run(event).is_some());
                let run = seen.and_then(|seen| active_run(&self.events[seen]))?;
                last(&|event| event.creates(run) || asks_for_tools(event, run))
            }
            Reason::Dropped
            | Reason::Unavailable
            | Reason::Missing
            | Reason::Failed
            | Reason::NoRun
            | Reason::AtWork
            | Reason::NotAwaited
            | Reason::Cancelling
            | Reason::Ended
            | Reason::ReplyLost
            | Reason::SentTwice => {
                last(&|event| is_its(event) && matches!(event.what, What::Ended(_)))
            }
        }
    }

    /// Returns what happened to the run that was to answer this event: its cancellation, or its
    /// end.
    fn failure_behind(&self, message: usize, until: usize, reason: Reason) -> Option<usize> {
        let run = self.run_behind(message)?;
        let last = |is_it: &dyn Fn(&What) -> bool| {
            (0..=until).rev().find(|index| is_it(&self.events[*index].what))
        };
        let cancel = last(&|what| {
            if let What::Answered { operation, answer: Answer::Run(of, _), .. } = what {
                *operation == Operation::CancelRun && *of == run
            } else {
                false
            }
        });
        let end = || {
            last(&|what| {
                if let What::RunMoved { run: of, status, .. } = what {
                    *of == run && (!status.is_active() || *status == RunStatus::RequiresAction)
                } else {
                    false
                }
            })
        };
        cancel.filter(|_| reason == Reason::Cancelled).or_else(end)
    }

    /// Returns the first run that can see this event.
    fn run_behind(&self, message: usize) -> Option<RunId> {
        let thread = if let What::Message { thread, .. } = &self.events[message].what {
            Some(*thread)
        } else {
            None
        };
        self.events[message..].iter().find_map(|event| {
            if let What::RunCreated { run, thread: of, .. } = event.what
                && thread.is_none_or(|thread| thread == of)
            {
                Some(run)
            } else {
                None
            }
        })
    }
}

/// Returns the active run that an actor sees here.
fn active_run(event: &Event) -> Option<RunId> {
    if let What::Answered { answer: Answer::Runs(run), .. } = event.what {
        run
    } else if let What::Answered { answer: Answer::Run(run, status), operation, .. } = event.what
        && status.is_active()
        && operation == Operation::RetrieveRun
    {
        Some(run)
    } else {
        None
    }
}

fn thread_of(what: &What) -> Option<ThreadId> {
    if let What::Answered { thread, .. } = what {
        *thread
    } else if let What::RunCreated { thread, .. } | What::Message { thread, .. } = what {
        Some(*thread)
    } else {
        None
    }
}

/// Returns whether an actor looked there and found nothing in the way.
fn is_look(what: &What, thread: Option<ThreadId>) -> bool {
    if let What::Answered { thread: of, answer: Answer::Runs(None), .. } = what {
        *of == thread
    } else if let What::Answered { thread: of, answer: Answer::Run(_, status), .. } = what {
        *of == thread && !status.is_active()
    } else {
        false
    }
}

/// Returns whether this run begins to wait for tool outputs here.
fn asks_for_tools(event: &Event, run: RunId) -> bool {
    let status = RunStatus::RequiresAction;
    matches!(event.what, What::RunMoved { run: of, status: now, .. } if of == run && now == status)
}

/// Returns whether something was granted there, or a row was read.
fn is_grant(what: &What, thread: Option<ThreadId>) -> bool {
    if let What::Message { thread: of, .. } = what {
        Some(*of) == thread
    } else {
        matches!(what, What::RowRead { .. })
    }
}
