//! Performs lists of actions, each action by what it asks of the world.

use std::sync::Arc;

use deadheat_model::api::{ApiError, Page, Request, Response};
use deadheat_model::history::{Cause, Ending, Label, Mark, Operation, SameText, Scope};
use deadheat_model::id::{
    self, AssistantId, DocumentId, Id, KindId, SameKey, ThreadId, ToolCallId,
};
use deadheat_model::run::{Run, RunStatus};
use deadheat_model::thread::Role;

use super::actor::{Actor, Held};
use super::flaw::{Flaw, no_token};
use super::frames::{Catch, Frame, Next, catch};
use super::locals::Locals;
use super::queue::Wanted;
use super::stage::{Part, Stage};
use super::store::Query;
use super::world::{Lost, Word, World};
use crate::agenda::{Gate, Seat, Span, Window};
use crate::scenario::asks::{self, Asks};
use crate::scenario::{Action, Asking, Busy, Lock, NewMessage, ReplyPick, Sees, Then, Wait};

/// Plays an actor from its first occurrence to the end of the trial.
pub async fn play(gate: Arc<Gate<World>>, stage: Arc<Stage>, seat: Seat) {
    let mut actor = Actor::new(gate, stage.clone(), seat);
    let first = actor.rest().await;
    let mut order = match (&stage.parts[seat.0], first) {
        (Part::Worker(_), Word::Job(order)) => order,
        (Part::Solo(solo), Word::Go) => {
            actor.begin_as(solo.actor);
            actor.locals.document = solo.document;
            actor.locals.thread = solo.thread;
            let ending = perform(&mut actor, stage.list(solo.actor)).await;
            actor.end(ending).await
        }
        (part, word) => unreachable!("invariant: {part:?} does not begin with {word:?}"),
    };
    loop {
        let attempt = id::Actor::Attempt(order.job, order.attempt);
        actor.begin_as(attempt);
        actor.locals.document = Some(order.document);
        actor.locals.section = order.section;
        let ending = perform(&mut actor, stage.list(attempt)).await;
        order = actor.end(ending).await;
    }
}

/// Room for the blocks that lists are usually nested in.
const FRAMES: usize = 6;

/// How a list is left before its end.
enum Leave {
    Thrown(Cause),
    Stop,
}

/// Performs a list from its beginning, and returns how that ended.
async fn perform(actor: &mut Actor, list: &[Action]) -> Ending {
    let mut frames = Vec::with_capacity(FRAMES);
    frames.push(Frame::once(actor, list));
    while let Some(frame) = frames.last_mut() {
        let Some(action) = frame.next() else {
            let next = frame.go_on(actor);
            if !matches!(next, Next::Over) && begins_anew(actor, frame, &next).await {
                continue;
            }
            if let Some(frame) = frames.pop() {
                close(actor, frame).await;
            }
            continue;
        };
        if let Some(mut frame) = Frame::open(actor, action) {
            if let Some(bound) = frame.bound() {
                frame.set_deadline(actor.begin_bounded(Operation::Repeat, bound).await);
            }
            frames.push(frame);
            continue;
        }
        let done = match action {
            Action::Lock { lock, list } => match take(actor, lock, list).await {
                Ok(Some(held)) => {
                    frames.push(Frame::locked(actor, list, held));
                    Ok(())
                }
                Ok(None) => Ok(()),
                Err(leave) => Err(leave),
            },
            action => act(actor, action).await,
        };
        if let Err(leave) = done
            && let Some(ending) = unwind(actor, &mut frames, leave).await
        {
            return ending;
        }
    }
    Ending::Done
}

/// Leaves blocks, and releases their locks, until one of them catches what was thrown. Returns how
/// the actor ends if none does.
async fn unwind(actor: &mut Actor, frames: &mut Vec<Frame<'_>>, leave: Leave) -> Option<Ending> {
    let Leave::Thrown(cause) = leave else {
        while let Some(frame) = frames.pop() {
            close(actor, frame).await;
        }
        return Some(Ending::Done);
    };
    loop {
        match catch(actor, frames, cause) {
            Catch::Nobody => return Some(Ending::Failed { cause, last: true }),
            Catch::Locked(frame) => close(actor, frame).await,
            Catch::Otherwise => return None,
            Catch::Again => {
                if let Some(frame) = frames.last_mut() {
                    begins_anew(actor, frame, &Next::Anew).await;
                }
                return None;
            }
        }
    }
}

/// Leaves a block, and releases its lock.
async fn close(actor: &mut Actor, frame: Frame<'_>) {
    let held = frame.held();
    frame.close(actor);
    if let Some(held) = held {
        actor.unlock(held).await;
    }
}

/// Takes a lock, or finds that the list that it guards is to be skipped.
async fn take(actor: &mut Actor, lock: &Lock, list: &[Action]) -> Result<Option<Held>, Leave> {
    let name = lock_name(actor, lock)?;
    let deadline = match lock.bound {
        Some(bound) => Some(actor.begin_bounded(Operation::Lock, bound).await),
        None => None,
    };
    if lock.busy == Busy::Wait {
        actor.begin_polling(lock.poll, deadline);
    }
    let mut has_waited = false;
    let taken = loop {
        if let Some(token) = actor.lock(lock, name).await {
            break Ok(Some(Held { lock: name, token, release: lock.release }));
        }
        match lock.busy {
            Busy::Skip => {
                let asks = left_out(actor, list);
                actor.skip(asks);
                if actor.stage.flaw == Some(Flaw::UnlocksWithoutLock) {
                    let (token, release) = (no_token(actor.me()), lock.release);
                    actor.unlock(Held { lock: name, token, release }).await;
                }
                break Ok(None);
            }
            Busy::Fail => break Err(Leave::Thrown(Cause::LockBusy)),
            Busy::Wait if !has_waited => actor.mark(Mark::LockWaited),
            Busy::Wait => {}
        }
        if let Some(deadline) = deadline
            && actor.has_run_out(deadline, Operation::Lock).await
        {
            break Err(Leave::Thrown(Cause::LockBusy));
        }
        has_waited = true;
        actor.owe(lock.poll);
    };
    actor.end_polling();
    if let Some(deadline) = deadline {
        actor.leave(deadline);
    }
    taken
}

fn lock_name(actor: &Actor, lock: &Lock) -> Result<id::LockName, Leave> {
    let thread = if lock.key.by_thread { Some(thread(actor)?) } else { None };
    let document = if lock.key.by_document { Some(document(actor)?) } else { None };
    Ok(actor.stage.lock(lock.key, thread, document, actor.locals.section))
}

/// Starts a block's list again, after what has to be waited out. Returns false if its deadline
/// comes first.
async fn begins_anew(actor: &mut Actor, frame: &mut Frame<'_>, next: &Next) -> bool {
    let has_deadline = matches!(next, Next::AnewUnlessLate);
    if has_deadline || frame.is_idle(actor) {
        actor.settle(Operation::Repeat).await;
    }
    if has_deadline && frame.is_late(actor) {
        return false;
    }
    frame.begin_anew(actor);
    true
}

/// Performs an action that is not a block.
async fn act(actor: &mut Actor, action: &Action) -> Result<(), Leave> {
    match action {
        Action::LoadDocument => {
            let document = document(actor)?;
            let query = Query::Load(document);
            actor.locals.thread = actor.query(Operation::LoadDocument, query).await;
        }
        Action::CreateThread => {
            let request = Request::CreateThread;
            let created = actor.call(Operation::CreateThread, request, None).await;
            if let Response::Thread(thread) = accept(actor, created)? {
                actor.locals.thread = Some(thread);
            }
        }
        Action::SaveThread(overwrite) => {
            let query = Query::SaveThread(document(actor)?, thread(actor)?, *overwrite);
            actor.locals.thread = actor.query(Operation::SaveThread, query).await;
        }
        Action::AddMessage(message) => add_message(actor, *message).await?,
        Action::WaitIdle(wait) => wait_idle(actor, *wait).await?,
        Action::SafeAddMessage(message, wait) => {
            wait_idle(actor, *wait).await?;
            add_message(actor, *message).await?;
        }
        Action::CreateRun => {
            let (thread, assistant) = (thread(actor)?, AssistantId::at(0));
            let request = Request::CreateRun { thread, assistant };
            see_run(actor, Operation::CreateRun, request).await?;
        }
        Action::AwaitRun { bound, poll } => await_run(actor, *bound, *poll).await?,
        Action::CancelRun => {
            let Run { thread, id: run, .. } = run(actor)?;
            see_run(actor, Operation::CancelRun, Request::CancelRun { thread, run }).await?;
        }
        Action::CancelActive => cancel_active(actor).await?,
        Action::SubmitOutputs => {
            let Run { thread, id: run, calls, .. } = run(actor)?;
            let calls = (0..usize::from(calls)).map(ToolCallId::at).collect();
            let request = Request::SubmitToolOutputs { thread, run, calls };
            see_run(actor, Operation::SubmitOutputs, request).await?;
        }
        Action::ReadReply(pick) => read_reply(actor, *pick).await?,
        Action::SaveReply => {
            let (document, section) = (document(actor)?, actor.locals.section);
            let (_, run) = actor.locals.reply.ok_or(Leave::Thrown(Cause::NoReply))?;
            let query = Query::SaveReply(document, section, run);
            actor.query(Operation::SaveReply, query).await;
        }
        Action::Click { job, document, same } => {
            actor.click(wanted(actor, *job, *document, *same)).await;
        }
        Action::Dispatch { job, document: named, same } => {
            let document = named.or(actor.locals.document);
            let document = document.ok_or(Leave::Thrown(Cause::NoDocument))?;
            actor.dispatch(wanted(actor, *job, document, *same)).await;
        }
        Action::Sleep(window) => actor.owe(actor.stage.slept(*window, actor)),
        Action::Stop => return Err(Leave::Stop),
        Action::Fail => return Err(Leave::Thrown(Cause::Failed)),
        Action::Lock { .. }
        | Action::Retry { .. }
        | Action::Try { .. }
        | Action::If { .. }
        | Action::Repeat { .. }
        | Action::ForEachSection { .. } => unreachable!("invariant: blocks are opened"),
    }
    Ok(())
}

async fn add_message(actor: &mut Actor, message: NewMessage) -> Result<(), Leave> {
    let (thread, role, text) = (thread(actor)?, Role::User, message.text);
    let asks = label(actor, message, actor.locals.section);
    let request = Request::AddMessage { thread, role, text };
    let added = actor.call(Operation::AddMessage, request, asks).await;
    if let Response::Message(message) = accept(actor, added)? {
        actor.locals.message = Some(message.id);
    }
    Ok(())
}

/// Polls until no run is active. The deadline is read when a look has been answered.
async fn wait_idle(actor: &mut Actor, wait: Wait) -> Result<(), Leave> {
    let thread = thread(actor)?;
    let deadline = match wait.bound {
        Some(bound) => Some(actor.begin_bounded(Operation::WaitIdle, bound).await),
        None => None,
    };
    actor.begin_polling(wait.poll, deadline);
    let waited = loop {
        match active_run(actor, thread, wait.sees).await {
            Err(leave) => break Err(leave),
            Ok(None) => break Ok(()),
            Ok(Some(_)) => {}
        }
        if let Some(deadline) = deadline
            && actor.has_run_out(deadline, Operation::ListRuns).await
        {
            break match wait.then {
                Then::Throw => Err(Leave::Thrown(Cause::TimedOut)),
                Then::GoOn => {
                    actor.mark(Mark::WentOn);
                    Ok(())
                }
            };
        }
        actor.owe(wait.poll);
    };
    actor.end_polling();
    if let Some(deadline) = deadline {
        actor.leave(deadline);
    }
    waited
}

/// Polls until the actor's run is over.
async fn await_run(actor: &mut Actor, bound: Option<Span>, poll: Window) -> Result<(), Leave> {
    let Run { thread, id: run, .. } = run(actor)?;
    let deadline = match bound {
        Some(bound) => Some(actor.begin_bounded(Operation::AwaitRun, bound).await),
        None => None,
    };
    actor.begin_polling(poll, deadline);
    let ended = loop {
        let request = Request::RetrieveRun { thread, run };
        let status = match see_run(actor, Operation::RetrieveRun, request).await {
            Err(leave) => break Err(leave),
            Ok(run) => run.status,
        };
        match status {
            RunStatus::Completed => break Ok(()),
            RunStatus::RequiresAction => break Err(Leave::Thrown(Cause::NeedsAction)),
            status if !status.is_active() => break Err(Leave::Thrown(Cause::RunFailed)),
            _ => {}
        }
        if let Some(deadline) = deadline
            && actor.has_run_out(deadline, Operation::RetrieveRun).await
        {
            break Err(Leave::Thrown(Cause::TimedOut));
        }
        actor.owe(poll);
    };
    actor.end_polling();
    if let Some(deadline) = deadline {
        actor.leave(deadline);
    }
    ended
}

/// Cancels whatever run is active. A run that has ended meanwhile, or that another actor is
/// cancelling, counts as cancelled.
async fn cancel_active(actor: &mut Actor) -> Result<(), Leave> {
    let thread = thread(actor)?;
    let Some(Run { id: run, .. }) = active_run(actor, thread, Sees::All).await? else {
        return Ok(());
    };
    let request = Request::CancelRun { thread, run };
    match actor.call(Operation::CancelRun, request, None).await {
        Ok(Err(ApiError::CannotCancel { .. })) => Ok(()),
        answer => accept(actor, answer).map(|_| ()),
    }
}

async fn active_run(actor: &mut Actor, thread: ThreadId, sees: Sees) -> Result<Option<Run>, Leave> {
    let limit = match sees {
        Sees::All => Page::<id::RunId>::default().limit,
        Sees::Newest => 1,
    };
    let request = Request::ListRuns { thread, page: Page { limit, ..Page::default() } };
    let listed = actor.call(Operation::ListRuns, request, None).await;
    let Response::Runs(list) = accept(actor, listed)? else { return Ok(None) };
    Ok(list.data.into_iter().find(|run| run.status.is_active()))
}

async fn read_reply(actor: &mut Actor, pick: ReplyPick) -> Result<(), Leave> {
    let (thread, run, limit) = match pick {
        ReplyPick::Run => {
            let Run { thread, id, .. } = run(actor)?;
            (thread, Some(id), Page::<id::MessageId>::default().limit)
        }
        ReplyPick::Newest => (thread(actor)?, None, 1),
    };
    let page = Page { limit, ..Page::default() };
    let request = Request::ListMessages { thread, run, page };
    let listed = actor.call(Operation::ListMessages, request, None).await;
    let Response::Messages(list) = accept(actor, listed)? else { return Ok(()) };
    let newest = list.data.first().ok_or(Leave::Thrown(Cause::NoReply))?;
    actor.locals.reply = Some((newest.id, newest.run));
    Ok(())
}

/// Makes a call whose answer is a run, and remembers that run.
async fn see_run(actor: &mut Actor, operation: Operation, request: Request) -> Result<Run, Leave> {
    let answer = actor.call(operation, request, None).await;
    match accept(actor, answer)? {
        Response::Run(run) => {
            actor.locals.run = Some(run);
            Ok(run)
        }
        response => unreachable!("invariant: {operation} answers with a run, not {response:?}"),
    }
}

/// Throws a refusal, or the fact that there is no answer.
fn accept(
    actor: &mut Actor,
    answer: Result<Result<Response, ApiError>, Lost>,
) -> Result<Response, Leave> {
    let error = match answer {
        Ok(Ok(response)) => return Ok(response),
        Ok(Err(error)) => error,
        Err(Lost) => return Err(Leave::Thrown(Cause::NoAnswer)),
    };
    if let Some(run) = error.active_run() {
        actor.locals.refused_by = Some(run);
        return Err(Leave::Thrown(Cause::Refused));
    }
    let is_passing = matches!(error.status(), 429 | 500..);
    Err(Leave::Thrown(if is_passing { Cause::Unavailable } else { Cause::Rejected }))
}

fn thread(actor: &Actor) -> Result<ThreadId, Leave> {
    actor.locals.thread.ok_or(Leave::Thrown(Cause::NoThread))
}

fn run(actor: &Actor) -> Result<Run, Leave> {
    actor.locals.run.ok_or(Leave::Thrown(Cause::NoRun))
}

fn document(actor: &Actor) -> Result<DocumentId, Leave> {
    actor.locals.document.ok_or(Leave::Thrown(Cause::NoDocument))
}

/// Returns what a message asks for if it is about this section.
fn label(actor: &Actor, message: NewMessage, section: Option<u16>) -> Option<Label> {
    let locals = &actor.locals;
    let is_optional = match message.asks {
        Asking::Request => false,
        Asking::Optional => true,
        Asking::Nothing => return None,
    };
    let scope = match (message.same, actor.me()) {
        (Some(same), _) => Scope::Same(same_key(actor, same, section)),
        (None, id::Actor::Attempt(..)) => Scope::Work { document: locals.document?, section },
        (None, id::Actor::Process(index)) => match actor.stage.same(index) {
            Some(same) => Scope::Shared(same_key(actor, same, section)),
            None => Scope::Iteration(locals.iteration.unwrap_or(0)),
        },
        (None, id::Actor::User(_) | id::Actor::Fault(_)) => return None,
    };
    Some(Label { scope, nth: message.nth, text: message.text, is_optional })
}

/// Returns what is not asked for when this list is skipped.
fn left_out(actor: &Actor, list: &[Action]) -> Vec<Label> {
    let document = actor.locals.document.map(|document| actor.stage.cast.document(document));
    let sections = document.map_or(0, |document| document.sections);
    let mut labels = Vec::new();
    for Asks { message, by_section, .. } in asks::left_out(list) {
        if by_section {
            labels.extend((1..=sections).filter_map(|one| label(actor, message, Some(one))));
        } else {
            labels.extend(label(actor, message, actor.locals.section));
        }
    }
    labels
}

/// Returns the key with the values of these locals.
fn same_key(actor: &Actor, same: SameText, section: Option<u16>) -> SameKey {
    let Locals { thread, document, iteration, .. } = actor.locals;
    same.key(SameKey { thread, document, section, iteration, ..SameKey::of(same.text) })
}

/// Returns the job that an actor wants.
fn wanted(actor: &Actor, kind: KindId, document: DocumentId, same: Option<SameText>) -> Wanted {
    let section = actor.locals.section;
    let same = same.map(|same| {
        let locals = SameKey { document: Some(document), ..same_key(actor, same, section) };
        same.key(locals)
    });
    Wanted { kind, document, section, same }
}
