//! Each property on histories that are made by hand: what keeps it, what breaks it, and in which
//! way.

use deadheat_model::api::ApiError;
use deadheat_model::history::{
    Answer, Asked, Cast, Cause, Death, Document, End, Ending, Event, Freed, Kind, Label, Mark,
    Member, Operation, Question, Scope, What,
};
use deadheat_model::id::{
    Actor, DocumentId, Id, Job, KindId, LockName, MessageId, RunId, TextId, ThreadId,
};
use deadheat_model::property::{Holder, Marks, Properties, PropertyId, Violation, Why};
use deadheat_model::run::RunStatus;
use deadheat_model::time::{Span, Time};

const USER: Actor = Actor::User(0);
const ONE: Actor = Actor::Attempt(Job { kind: KindId(0), number: 1 }, 1);
const ONE_AGAIN: Actor = Actor::Attempt(Job { kind: KindId(0), number: 1 }, 2);
const TWO: Actor = Actor::Attempt(Job { kind: KindId(0), number: 2 }, 1);
const LOCK: LockName = LockName { text: 0, thread: None, document: None, section: None };

/// A history that is being made. 100 ms pass with every event.
#[derive(Default)]
struct Story {
    events: Vec<Event>,
    at: u64,
    messages: usize,
    runs: usize,
}

fn cast() -> Cast {
    let document = Document { name: "7".to_owned(), sections: 2, thread: Some(ThreadId::at(0)) };
    let asked = |by_section| {
        let what = Question::Message { nth: 0, text: TextId(0) };
        vec![Asked { what, by_section, is_optional: false }]
    };
    let member = |name: &str, role: &str| Member {
        name: name.to_owned(),
        role: role.to_owned(),
        first: 0,
        waits: true,
    };
    Cast {
        documents: vec![document],
        users: vec![member("browser", "browser")],
        processes: vec![member("worker-1", "worker"), member("worker-2", "worker")],
        kinds: vec![
            Kind { name: "generate".to_owned(), asks: asked(false), waits: true },
            Kind { name: "generate-all".to_owned(), asks: asked(true), waits: true },
        ],
        locks: vec!["thread:{thread}".to_owned()],
        faults: Vec::new(),
        texts: Vec::new(),
        intent: Span::from_secs(2),
        heals_at: Time::ZERO,
        settle: Span::from_secs(900),
    }
}

impl Story {
    fn wait(mut self, secs: u64) -> Story {
        self.at += secs * 1_000_000;
        self
    }

    fn then(mut self, by: Option<Actor>, what: What) -> Story {
        self.at += 100_000;
        self.events.push(Event { at: Time::from_us(self.at), by, what });
        self
    }

    fn dispatch(self, number: u32) -> Story {
        let job = Job { kind: KindId(0), number };
        let document = DocumentId(0);
        self.then(Some(USER), What::Dispatched { job, document, section: None, same: None })
    }

    fn label(by: Actor) -> Label {
        let scope = match by {
            Actor::Process(_) => Scope::Iteration(1),
            _ => Scope::Work { document: DocumentId(0), section: None },
        };
        Label { scope, nth: 0, text: TextId(0), is_optional: false }
    }

    /// Adds a message that is accepted in this thread.
    fn message(mut self, by: Actor, thread: usize) -> Story {
        self.messages += 1;
        let message = MessageId::at(self.messages - 1);
        let (thread, document) = (ThreadId::at(thread), Some(DocumentId(0)));
        let asks = Some(Story::label(by));
        self.then(Some(by), What::Message { message, thread, document, asks })
    }

    /// Adds a run that is created in this thread and goes to work.
    fn run(mut self, by: Actor, thread: usize) -> Story {
        self.runs += 1;
        let run = RunId::at(self.runs - 1);
        let (thread, document) = (ThreadId::at(thread), Some(DocumentId(0)));
        let created = self.then(Some(by), What::RunCreated { run, thread, document });
        created.then(None, What::RunMoved { run, status: RunStatus::InProgress, spent: true })
    }

    fn ends(self, run: usize, status: RunStatus) -> Story {
        let run = RunId::at(run - 1);
        self.then(None, What::RunMoved { run, status, spent: true })
    }

    fn completes(self, run: usize) -> Story {
        self.ends(run, RunStatus::Completed)
    }

    fn refused(self, by: Actor, operation: Operation, run: usize) -> Story {
        let (thread, run) = (ThreadId::at(0), RunId::at(run - 1));
        let error = match operation {
            Operation::AddMessage => ApiError::MessageWhileRunActive { thread, run },
            _ => ApiError::ThreadHasActiveRun { thread, run },
        };
        let asks = (operation == Operation::AddMessage).then(|| Story::label(by));
        let answer = Answer::Refused(error);
        let thread = Some(thread);
        self.then(Some(by), What::Answered { nth: 1, operation, thread, asks, answer })
    }

    fn done(self, by: Actor) -> Story {
        self.then(Some(by), What::Ended(Ending::Done))
    }

    fn fails(self, by: Actor, cause: Cause, last: bool) -> Story {
        self.then(Some(by), What::Ended(Ending::Failed { cause, last }))
    }

    fn locks(self, by: Actor) -> Story {
        self.then(Some(by), What::LockTaken { lock: LOCK })
    }

    fn unlocks(self, by: Actor, freed: Option<Actor>) -> Story {
        self.then(Some(by), What::LockLeft { lock: LOCK, holder: by, freed })
    }

    fn lock_expires(self, holder: Actor) -> Story {
        self.then(None, What::LockFreed { lock: LOCK, holder, why: Freed::Expired })
    }

    fn dies(self, by: Actor) -> Story {
        self.then(Some(by), What::Killed { death: Death::Crash, last: false })
    }

    fn end(self, end: End) -> Story {
        self.then(None, What::End(end))
    }

    fn judged(&self) -> (Vec<Violation>, Marks) {
        let mut found = Vec::new();
        let marks = Properties::default().judge(&cast(), &self.events, &mut found);
        (found, marks)
    }

    /// Checks that exactly these properties are broken, each in this way.
    fn breaks(&self, expected: &[(PropertyId, Why)]) {
        let mut found: Vec<(PropertyId, Why)> =
            self.judged().0.iter().map(|violation| (violation.property, violation.why)).collect();
        found.sort_unstable();
        found.dedup();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{:#?}", self.events);
    }
}

fn story() -> Story {
    Story::default()
}

/// Returns the history of one job that does everything right.
fn innocent() -> Story {
    story().dispatch(1).message(ONE, 0).run(ONE, 0).done(ONE).completes(1)
}

#[test]
fn an_innocent_history_keeps_every_property() {
    innocent().end(End::Settled).breaks(&[]);
}

#[test]
fn one_active_run_is_broken_by_a_second_run_and_by_a_message_during_one() {
    let id = PropertyId::OneActiveRun;
    let second = innocent().dispatch(2).message(TWO, 0).run(TWO, 0).run(TWO, 0);
    let twice = (PropertyId::NoDuplicateMessage, Why::MessageTwice);
    second.breaks(&[(id, Why::SecondRun), twice]);
    let during = story().dispatch(1).message(ONE, 0).run(ONE, 0).message(ONE, 0);
    during.breaks(&[(id, Why::MessageDuringRun), twice]);
    let elsewhere = story().dispatch(1).message(ONE, 0).run(ONE, 0).message(ONE, 1).run(ONE, 1);
    elsewhere.breaks(&[twice]);
}

#[test]
fn no_rejected_call_is_broken_by_a_refusal_and_names_who_was_in_the_way() {
    let story = story()
        .dispatch(1)
        .message(ONE, 0)
        .run(ONE, 0)
        .refused(ONE, Operation::CreateRun, 1)
        .refused(ONE_AGAIN, Operation::AddMessage, 1)
        .dispatch(2)
        .refused(TWO, Operation::AddMessage, 1);
    story.breaks(&[(PropertyId::NoRejectedCall, Why::Refused)]);
    let holders: Vec<Holder> = story
        .judged()
        .0
        .iter()
        .map(|violation| violation.fingerprint(&cast()).second.unwrap().2)
        .collect();
    assert_eq!(holders, [Holder::Itself, Holder::OtherAttempt, Holder::Other]);
}

#[test]
fn a_refusal_for_another_reason_is_no_rejected_call() {
    let answer = Answer::Refused(ApiError::NoThread(ThreadId::at(4)));
    let what = What::Answered {
        nth: 1,
        operation: Operation::CreateRun,
        thread: Some(ThreadId::at(4)),
        asks: None,
        answer,
    };
    innocent().then(Some(ONE), what).breaks(&[]);
}

#[test]
fn every_job_succeeds_is_broken_by_a_last_failure_and_by_a_lost_job() {
    let id = PropertyId::EveryJobSucceeds;
    let failed = innocent().fails(ONE, Cause::Failed, true).end(End::Settled);
    failed.breaks(&[(id, Why::JobFailed)]);
    let tried_again = story()
        .dispatch(1)
        .fails(ONE, Cause::Failed, false)
        .message(ONE_AGAIN, 0)
        .run(ONE_AGAIN, 0)
        .done(ONE_AGAIN)
        .completes(1)
        .end(End::Settled);
    tried_again.breaks(&[]);
    // The request is the same as the first one, which is answered.
    let lost = innocent().dispatch(2).end(End::Settled);
    lost.breaks(&[(id, Why::JobLost)]);
}

#[test]
fn a_failed_job_is_blamed_on_its_refused_call() {
    let story = innocent()
        .dispatch(2)
        .message(TWO, 0)
        .run(TWO, 0)
        .dispatch(3)
        .refused(ONE, Operation::AddMessage, 2)
        .fails(ONE, Cause::Refused, true);
    let (found, _) = story.judged();
    let failed = found.iter().find(|found| found.why == Why::JobFailed).unwrap();
    assert_eq!(failed.fingerprint(&cast()).first.0, Operation::AddMessage);
}

#[test]
fn every_request_answered_is_broken_by_what_nobody_answered() {
    let id = PropertyId::EveryRequestAnswered;
    let no_run = story().dispatch(1).message(ONE, 0).done(ONE).end(End::Settled);
    no_run.breaks(&[(id, Why::Unanswered)]);
    let failed_run = story().dispatch(1).message(ONE, 0).run(ONE, 0).done(ONE);
    failed_run.ends(1, RunStatus::Failed).end(End::Settled).breaks(&[(id, Why::Unanswered)]);
    let never_sent = story().dispatch(1).done(ONE).end(End::Settled);
    never_sent.breaks(&[(id, Why::Unanswered)]);
    // The same intent a moment later is one request, whichever job answers it.
    innocent().dispatch(2).done(TWO).end(End::Settled).breaks(&[]);
    // It is another request after that intent is over.
    let over = What::IntentOver { kind: KindId(0), document: DocumentId(0) };
    let later = innocent().then(Some(USER), over).dispatch(2).done(TWO).end(End::Settled);
    later.breaks(&[(id, Why::Unanswered)]);
    // A run that was created before the message does not answer it.
    let too_early = story().dispatch(1).run(ONE, 0).message(ONE, 1).done(ONE).completes(1);
    let (found, _) = too_early.end(End::Settled).judged();
    assert!(found.iter().any(|found| found.property == id));
}

#[test]
fn every_section_of_a_document_is_a_request() {
    let all = Actor::Attempt(Job { kind: KindId(1), number: 1 }, 1);
    let job = Job { kind: KindId(1), number: 1 };
    let document = DocumentId(0);
    let mut story =
        story().then(Some(USER), What::Dispatched { job, document, section: None, same: None });
    for section in 1..=2 {
        let scope = Scope::Work { document, section: Some(section) };
        let asks = Some(Label { scope, nth: 0, text: TextId(0), is_optional: false });
        let (message, thread) = (MessageId::at(usize::from(section) - 1), ThreadId::at(0));
        let document = Some(document);
        story = story
            .then(Some(all), What::Message { message, thread, document, asks })
            .run(all, 0)
            .completes(usize::from(section));
        let (found, _) = Story { events: story.events.clone(), at: story.at, ..Story::default() }
            .done(all)
            .end(End::Settled)
            .judged();
        assert_eq!(found.len(), 2 - usize::from(section), "{found:?}");
    }
}

#[test]
fn no_duplicate_work_is_broken_by_a_second_run_that_did_not_fail() {
    let (id, message) = (PropertyId::NoDuplicateWork, PropertyId::NoDuplicateMessage);
    let again = || innocent().dispatch(2).message(TWO, 0).run(TWO, 0).done(TWO);
    let twice = (message, Why::MessageTwice);
    for paid in [RunStatus::Completed, RunStatus::Cancelled] {
        again().ends(2, paid).end(End::Settled).breaks(&[(id, Why::PaidTwice), twice]);
    }
    for failed in [RunStatus::Failed, RunStatus::Expired, RunStatus::Incomplete] {
        again().ends(2, failed).end(End::Settled).breaks(&[twice]);
    }
    // A second run makes up for one that failed, but one that was cancelled was paid for.
    let after = |status| story().dispatch(1).message(ONE, 0).run(ONE, 0).ends(1, status);
    let made_up = |status| after(status).run(ONE, 0).completes(2).done(ONE).end(End::Settled);
    made_up(RunStatus::Failed).breaks(&[]);
    made_up(RunStatus::Cancelled).breaks(&[(id, Why::PaidTwice)]);
    // This is a second run for a question that is already answered.
    let nothing = (PropertyId::RightAnswer, Why::AnswersNothing);
    innocent().run(ONE, 0).completes(2).breaks(&[(id, Why::PaidTwice), nothing]);
    // A run that never went to work has cost nothing.
    let unspent = innocent().dispatch(2).message(TWO, 0).then(
        Some(TWO),
        What::RunCreated {
            run: RunId::at(1),
            thread: ThreadId::at(0),
            document: Some(DocumentId(0)),
        },
    );
    let (run, status) = (RunId::at(1), RunStatus::Cancelled);
    let unspent = unspent.then(None, What::RunMoved { run, status, spent: false }).done(TWO);
    unspent.end(End::Settled).breaks(&[twice]);
    // Two messages for one request are paid once if one run answers both.
    let once = story().dispatch(1).dispatch(2).message(ONE, 0).message(TWO, 0).run(ONE, 0);
    let once = once.done(ONE).done(TWO).completes(1).end(End::Settled);
    once.breaks(&[(PropertyId::RightAnswer, Why::AnswersOthers), twice]);
}

#[test]
fn right_answer_is_broken_by_answering_others_nothing_or_saving_anothers() {
    let id = PropertyId::RightAnswer;
    let swallowed = story()
        .dispatch(1)
        .dispatch(2)
        .message(ONE, 0)
        .message(TWO, 0)
        .run(ONE, 0)
        .completes(1)
        .run(TWO, 0)
        .completes(2);
    swallowed.breaks(&[
        (id, Why::AnswersOthers),
        (id, Why::AnswersNothing),
        (PropertyId::NoDuplicateMessage, Why::MessageTwice),
        (PropertyId::NoDuplicateWork, Why::PaidTwice),
    ]);
    let save = |run| What::ReplySaved { document: DocumentId(0), section: None, run };
    let own = Some(RunId::at(0));
    innocent().then(Some(ONE), save(own)).breaks(&[]);
    innocent().then(Some(ONE_AGAIN), save(own)).breaks(&[]);
    innocent().dispatch(2).then(Some(TWO), save(own)).breaks(&[(id, Why::SavedOthers)]);
    innocent().then(Some(ONE), save(None)).breaks(&[(id, Why::SavedOthers)]);
}

#[test]
fn one_thread_per_document_is_broken_by_a_message_elsewhere() {
    let id = PropertyId::OneThreadPerDocument;
    let orphan = story().dispatch(1).message(ONE, 1).run(ONE, 1).done(ONE).completes(1);
    orphan.end(End::Settled).breaks(&[(id, Why::OrphanThread)]);
    // Only the row at the end counts.
    let saved = What::ThreadSaved { document: DocumentId(0), thread: ThreadId::at(1) };
    let moved = story().dispatch(1).message(ONE, 1).run(ONE, 1).then(Some(ONE), saved.clone());
    moved.done(ONE).completes(1).end(End::Settled).breaks(&[]);
    let both = innocent().then(Some(ONE), saved);
    both.end(End::Settled).breaks(&[(id, Why::OrphanThread)]);
}

#[test]
fn context_kept_is_broken_by_a_run_that_cannot_see_an_earlier_answer() {
    let id = PropertyId::ContextKept;
    let lost = innocent().dispatch(2).message(TWO, 1).run(TWO, 1);
    let twice = (PropertyId::NoDuplicateMessage, Why::MessageTwice);
    lost.breaks(&[(id, Why::ContextLost), twice]);
    // There is no answer to see while the first run is still at work.
    let at_once = story().dispatch(1).dispatch(2).message(ONE, 0).message(TWO, 1);
    at_once.run(ONE, 0).run(TWO, 1).breaks(&[twice]);
}

#[test]
fn lock_excludes_is_broken_by_a_block_that_somebody_is_still_in() {
    let id = PropertyId::LockExcludes;
    let in_turn = || story().locks(ONE).unlocks(ONE, Some(ONE)).locks(TWO);
    in_turn().unlocks(TWO, Some(TWO)).breaks(&[]);
    // The lock has expired, and its holder does not know that.
    let expired = || story().locks(ONE).lock_expires(ONE);
    expired().locks(TWO).breaks(&[(id, Why::LockShared)]);
    expired().unlocks(ONE, None).locks(TWO).breaks(&[]);
    expired().locks(ONE_AGAIN).breaks(&[(id, Why::LockShared)]);
    // A dead holder is not in a block, even if its lock was granted only after its death.
    expired().dies(ONE).locks(TWO).breaks(&[]);
    story().dies(ONE).locks(ONE).lock_expires(ONE).locks(ONE_AGAIN).breaks(&[]);
}

#[test]
fn all_settled_is_broken_by_a_lock_that_nobody_gives_back() {
    let left = (PropertyId::AllSettled, Why::LockLeft);
    story().locks(ONE).dies(ONE).end(End::Settled).breaks(&[left]);
    story().dies(ONE).locks(ONE).end(End::Settled).breaks(&[left]);
    story().locks(ONE).dies(ONE).lock_expires(ONE).end(End::Settled).breaks(&[]);
    story().locks(ONE).unlocks(ONE, Some(ONE)).end(End::Settled).breaks(&[]);
    // Another actor has released it.
    story().locks(ONE).dies(ONE).unlocks(TWO, Some(ONE)).end(End::Settled).breaks(&[]);
}

#[test]
fn all_settled_is_broken_by_a_wait_without_end_and_by_lateness() {
    let id = PropertyId::AllSettled;
    innocent().end(End::Stuck).breaks(&[(id, Why::Stuck)]);
    let late = story().dispatch(1).message(ONE, 0).run(ONE, 0).done(ONE).wait(900);
    late.completes(1).end(End::Settled).breaks(&[(id, Why::Late)]);
    // Later events that settle nothing do not count.
    innocent().wait(10_000).end(End::Settled).breaks(&[]);
    innocent().wait(10_000).end(End::OutOfBudget).breaks(&[(id, Why::Late)]);
}

#[test]
fn out_of_budget_judges_nothing_that_the_end_would_have_to_tell() {
    story().dispatch(1).message(ONE, 1).end(End::OutOfBudget).breaks(&[]);
}

#[test]
fn marks_say_what_was_exercised() {
    let marks = |story: Story| -> Vec<Mark> {
        let (_, marks) = story.judged();
        Mark::ALL.into_iter().filter(|mark| marks.has(*mark)).collect()
    };
    assert_eq!(marks(innocent()), []);
    let looked = What::Answered {
        nth: 1,
        operation: Operation::ListRuns,
        thread: Some(ThreadId::at(0)),
        asks: None,
        answer: Answer::Runs(Some(RunId::at(0))),
    };
    assert_eq!(marks(innocent().then(Some(ONE), looked.clone())), [Mark::Waited]);
    let other = innocent().dispatch(2).then(Some(TWO), looked);
    assert_eq!(marks(other), [Mark::Waited, Mark::Contended]);
    assert_eq!(marks(innocent().dispatch(2).message(TWO, 0)), [Mark::ThreadShared]);
    let again = story().dispatch(1).then(Some(ONE_AGAIN), What::Started { worker: Some(1) });
    assert_eq!(marks(again), [Mark::TriedAgain]);
    let everybody =
        innocent().done(USER).done(Actor::Process(0)).done(Actor::Process(1)).end(End::Settled);
    assert_eq!(marks(everybody), [Mark::EverybodyFinished]);
    let one_failed = innocent()
        .done(USER)
        .done(Actor::Process(0))
        .fails(Actor::Process(1), Cause::Failed, true)
        .end(End::Settled);
    assert_eq!(marks(one_failed), []);
}
