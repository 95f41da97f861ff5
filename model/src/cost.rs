//! What a trial cost: the time until its user has what was asked for, the calls, and the runs that
//! were paid for. The cost is a fold like the properties. It shares their ledger but does not
//! judge.

use crate::history::{End, What};
use crate::id::{Actor, RunId};
use crate::property::{PropertyId, Request, Step, Violation};
use crate::run::RunStatus;
use crate::time::{Span, Time};

/// What a history cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The time from the first click, dispatch or start of a process until completed runs had
    /// answered everything that was asked for. None if that never happened, if the trial was cut
    /// off, or if nothing was asked for.
    pub done_after: Option<Span>,
    /// The API calls that reached the server, including those that it refused.
    pub calls: u64,
    /// The runs that spent tokens, however they ended, even if they did not end.
    pub runs: u64,
    /// The runs among them that answered nothing for the first time. Either they did not complete,
    /// or everything that they answered had been answered before.
    pub wasted_runs: u64,
    /// The runs that could not see an earlier answer. See [`crate::property::context_kept`].
    pub context_lost: u64,
}

/// A meter that adds up what a history costs, event by event.
#[derive(Debug, Default)]
pub struct Meter {
    begun_at: Option<Time>,
    answered_at: Option<Time>,
    answered: Vec<Request>,
    paid_for: Vec<RunId>,
    useful_runs: u64,
    calls: u64,
    context_lost: u64,
    is_done: bool,
}

impl Meter {
    /// Forgets everything.
    pub fn start(&mut self) {
        let (mut answered, mut paid_for) =
            (std::mem::take(&mut self.answered), std::mem::take(&mut self.paid_for));
        answered.clear();
        paid_for.clear();
        *self = Meter { answered, paid_for, ..Meter::default() };
    }

    /// Processes the next event. `broken` is what the properties found broken by it.
    pub fn step(&mut self, step: &Step<'_>, broken: &[Violation]) {
        let lost = broken.iter().filter(|one| one.property == PropertyId::ContextKept);
        self.context_lost += lost.count() as u64;
        let at = step.event.at;
        match (&step.event.what, step.event.by) {
            (What::Clicked { .. } | What::Dispatched { .. }, _)
            | (What::Started { .. }, Some(Actor::Process(_))) => {
                self.begun_at.get_or_insert(at);
            }
            (What::Answered { .. }, _) => self.calls += 1,
            (What::RunMoved { run, status, spent }, _) => {
                if *spent && !self.paid_for.contains(run) {
                    self.paid_for.push(*run);
                }
                if *status == RunStatus::Completed {
                    self.completed(step, *run);
                }
            }
            (What::End(end), _) => {
                let mut requests = step.ledger.requests.iter().peekable();
                let is_asked = requests.peek().is_some();
                let is_answered = requests.all(|facts| facts.answered || facts.is_optional);
                self.is_done = is_answered && is_asked && *end != End::OutOfBudget;
            }
            _ => {}
        }
    }

    /// Returns the cost of the history whose last event was processed.
    pub fn finish(&self) -> Cost {
        let runs = self.paid_for.len() as u64;
        let done_after = self.answered_at.zip(self.begun_at).map(|(end, begun)| end - begun);
        Cost {
            done_after: done_after.filter(|_| self.is_done),
            calls: self.calls,
            runs,
            wasted_runs: runs - self.useful_runs,
            context_lost: self.context_lost,
        }
    }

    fn completed(&mut self, step: &Step<'_>, run: RunId) {
        let before = self.answered.len();
        for request in step.ledger.window(run).filter_map(|message| message.request) {
            if !self.answered.contains(&request) {
                self.answered.push(request);
            }
        }
        if self.answered.len() == before {
            return;
        }
        self.answered_at = Some(step.event.at);
        if self.paid_for.contains(&run) {
            self.useful_runs += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ApiError;
    use crate::history::{
        Answer, Asked, Cast, Document, Event, Kind, Label, Member, Operation, Question, Scope,
    };
    use crate::id::{DocumentId, Id as _, Job, KindId, MessageId, TextId, ThreadId};
    use crate::property::Properties;

    const ONE: Actor = Actor::Attempt(Job { kind: KindId(0), number: 1 }, 1);
    const TWO: Actor = Actor::Attempt(Job { kind: KindId(0), number: 2 }, 1);
    const PROCESS: Actor = Actor::Process(0);

    /// A history under construction. One second passes with every event.
    #[derive(Default)]
    struct Story(Vec<Event>);

    fn cast() -> Cast {
        let member =
            || Member { name: "one".to_owned(), role: "one".to_owned(), first: 0, waits: true };
        let what = Question::Message { nth: 0, text: TextId(0) };
        let asks = vec![Asked { what, by_section: false, is_optional: false }];
        Cast {
            documents: vec![Document { name: "7".to_owned(), sections: 0, thread: None }],
            users: vec![member()],
            processes: vec![member()],
            kinds: vec![Kind { name: "generate".to_owned(), asks, waits: true }],
            intent: Span::from_secs(2),
            ..Cast::default()
        }
    }

    impl Story {
        fn then(mut self, by: Option<Actor>, what: What) -> Story {
            let at = Time::from_us((self.0.len() as u64 + 5) * 1_000_000);
            self.0.push(Event { at, by, what });
            self
        }

        fn dispatch(self, number: u32) -> Story {
            let job = Job { kind: KindId(0), number };
            let what = What::Dispatched { job, document: DocumentId(0), section: None, same: None };
            self.then(Some(Actor::User(0)), what)
        }

        /// Makes an actor add its message and create a run, which goes to work.
        fn run(self, by: Actor, run: usize, thread: usize) -> Story {
            let thread = ThreadId::at(thread);
            let (document, message) = (Some(DocumentId(0)), MessageId::at(run));
            let scope = match by {
                Actor::Process(_) => Scope::Iteration(1),
                _ => Scope::Work { document: DocumentId(0), section: None },
            };
            let asks = Some(Label { scope, nth: 0, text: TextId(0), is_optional: false });
            let run = RunId::at(run);
            self.then(Some(by), What::Message { message, thread, document, asks })
                .then(Some(by), What::RunCreated { run, thread, document })
                .moved(run, RunStatus::InProgress)
        }

        fn moved(self, run: RunId, status: RunStatus) -> Story {
            self.then(None, What::RunMoved { run, status, spent: true })
        }

        fn ends(self, run: usize, status: RunStatus) -> Story {
            self.moved(RunId::at(run), status)
        }

        fn costs(self, end: End, done_secs: Option<u64>, rest: [u64; 4]) {
            let story = self.then(None, What::End(end));
            let (mut properties, mut meter) = (Properties::default(), Meter::default());
            let cast = cast();
            // Runs twice, because nothing may be left over from one trial to the next.
            for _ in 0..2 {
                let mut found = Vec::new();
                properties.start(&cast);
                meter.start();
                for (index, event) in story.0.iter().enumerate() {
                    let known = found.len();
                    properties.step(&cast, index, event, &mut found);
                    let step = Step { cast: &cast, ledger: properties.ledger(), index, event };
                    meter.step(&step, &found[known..]);
                }
                let cost = meter.finish();
                let Cost { done_after, calls, runs, wasted_runs, context_lost } = cost;
                assert_eq!(done_after, done_secs.map(Span::from_secs), "{:#?}", story.0);
                assert_eq!([calls, runs, wasted_runs, context_lost], rest, "{:#?}", story.0);
            }
        }
    }

    fn story() -> Story {
        Story::default()
    }

    #[test]
    fn one_run_that_completes_is_the_cheapest_answer() {
        let story = story().dispatch(1).run(ONE, 0, 0).ends(0, RunStatus::Completed);
        story.costs(End::Settled, Some(4), [0, 1, 0, 0]);
    }

    #[test]
    fn a_process_is_on_its_way_from_its_start() {
        let started = story().then(Some(PROCESS), What::Started { worker: None });
        let story = started.run(PROCESS, 0, 0).ends(0, RunStatus::Completed);
        story.costs(End::Settled, Some(4), [0, 1, 0, 0]);
    }

    #[test]
    fn what_is_never_answered_is_never_done() {
        story().costs(End::Settled, None, [0; 4]);
        story().dispatch(1).costs(End::Stuck, None, [0; 4]);
        let story = || story().dispatch(1).run(ONE, 0, 0);
        story().costs(End::OutOfBudget, None, [0, 1, 1, 0]);
        story().ends(0, RunStatus::Failed).costs(End::Settled, None, [0, 1, 1, 0]);
        let answered = || story().ends(0, RunStatus::Completed);
        answered().costs(End::OutOfBudget, None, [0, 1, 0, 0]);
        answered().costs(End::Stuck, Some(4), [0, 1, 0, 0]);
        let more = answered().then(Some(PROCESS), What::Started { worker: None });
        let more = more.run(PROCESS, 1, 0);
        more.costs(End::Settled, None, [0, 2, 1, 0]);
    }

    #[test]
    fn a_run_that_answers_nothing_new_is_wasted() {
        let twice = || story().dispatch(1).dispatch(2).run(ONE, 0, 0);
        let answered = twice().ends(0, RunStatus::Completed).run(TWO, 1, 0);
        answered.ends(1, RunStatus::Completed).costs(End::Settled, Some(5), [0, 2, 1, 0]);
        // The run that failed is wasted. The run that makes up for it is not.
        let failed = twice().ends(0, RunStatus::Failed).run(TWO, 1, 0);
        failed.ends(1, RunStatus::Completed).costs(End::Settled, Some(9), [0, 2, 1, 0]);
    }

    #[test]
    fn a_run_in_another_thread_has_lost_its_context() {
        let one = story().dispatch(1).dispatch(2).run(ONE, 0, 0).ends(0, RunStatus::Completed);
        let two = one.run(TWO, 1, 1).ends(1, RunStatus::Completed);
        two.costs(End::Settled, Some(5), [0, 2, 1, 1]);
    }

    #[test]
    fn a_call_that_is_refused_is_a_call() {
        let (thread, run) = (ThreadId::at(0), RunId::at(0));
        let answer = Answer::Refused(ApiError::ThreadHasActiveRun { thread, run });
        let operation = Operation::CreateRun;
        let call = What::Answered { nth: 1, operation, thread: Some(thread), asks: None, answer };
        let story = story().dispatch(1).run(ONE, 0, 0).then(Some(TWO), call);
        story.ends(0, RunStatus::Completed).costs(End::Settled, Some(5), [1, 1, 0, 0]);
    }
}
