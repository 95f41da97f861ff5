//! Playing a list of actions: blocks nest on a stack of frames, and what is thrown unwinds it.

use std::sync::Arc;

use deadheat_model::api::{ApiError, Page, Request, Response};
use deadheat_model::history::{Cause, Ending, Label, Mark, Operation};
use deadheat_model::id::{self, AssistantId, DocumentId, Id, ThreadId, ToolCallId};
use deadheat_model::run::{Run, RunStatus};
use deadheat_model::thread::Role;

use super::actor::Actor;
use super::stage::{Part, Stage};
use super::world::{Depth, Query, Word, World};
use crate::agenda::{Gate, Seat, Span, Window};
use crate::scenario::{Action, Causes, NewMessage, ReplyPick, Sees, Then, Until, Wait};

/// What an actor does from its first occurrence to the end of the trial.
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

/// Something that is being done: a list, how far it is, and what happens at its end.
struct Frame<'a> {
    list: &'a [Action],
    next: usize,
    block: Block<'a>,
    /// How often the actor had parked when the list was begun.
    parks: u64,
}

enum Block<'a> {
    /// Nothing more.
    Once,
    /// It begins anew.
    Repeat { iteration: u32, until: Until, pause: Window, deadline: Depth, outer: Option<u32> },
    /// It begins anew with the next section.
    Sections { last: u16, pause: Window, outer: Option<u16> },
    /// It catches what is thrown in it.
    Try { on: Causes, otherwise: &'a [Action] },
    /// It catches what is thrown in it, and begins anew.
    Retry { on: Causes, left: u32, wait: Window },
}

/// How a list is left before its end.
enum Leave {
    Thrown(Cause),
    Stop,
}

impl<'a> Frame<'a> {
    fn new(actor: &Actor, list: &'a [Action], block: Block<'a>) -> Frame<'a> {
        Frame { list, next: 0, block, parks: actor.parks }
    }

    /// Begins the list anew. If the actor parked nowhere in it, it is made to, so that the trial's budget
    /// bounds every loop.
    async fn begin_anew(&mut self, actor: &mut Actor) {
        if self.parks == actor.parks {
            actor.settle(Operation::Repeat).await;
        }
        self.parks = actor.parks;
        self.next = 0;
    }
}

/// Performs a list from its beginning, and says how that ended.
async fn perform(actor: &mut Actor, list: &[Action]) -> Ending {
    let mut frames = vec![Frame::new(actor, list, Block::Once)];
    while let Some(frame) = frames.last_mut() {
        let Some(action) = frame.list.get(frame.next) else {
            if goes_on(actor, frame).await {
                frame.begin_anew(actor).await;
            } else {
                close(actor, frames.pop());
            }
            continue;
        };
        frame.next += 1;
        let done = match open(actor, action).await {
            Some(frame) => {
                frames.push(frame);
                continue;
            }
            None => act(actor, action).await,
        };
        match done {
            Ok(()) => {}
            Err(Leave::Stop) => return Ending::Done,
            Err(Leave::Thrown(cause)) => {
                if !catch(actor, &mut frames, cause).await {
                    return Ending::Failed { cause, last: true };
                }
            }
        }
    }
    Ending::Done
}

/// Enters a block; nothing if the action is none.
async fn open<'a>(actor: &mut Actor, action: &'a Action) -> Option<Frame<'a>> {
    let (list, block): (&[Action], _) = match action {
        Action::Try { list, on, otherwise } => (list, Block::Try { on: *on, otherwise }),
        Action::Retry { list, on, times, wait } => {
            (list, Block::Retry { on: *on, left: *times, wait: *wait })
        }
        Action::If { local, is_set, list, otherwise } => {
            let list = if actor.locals.is_set(*local) == *is_set { list } else { otherwise };
            (list, Block::Once)
        }
        Action::Repeat { list, until, pause } => {
            let deadline = match until {
                Until::Times(_) => 0,
                Until::During(bound) => actor.begin_bounded(Operation::Repeat, *bound).await,
            };
            let outer = actor.locals.iteration.replace(1);
            let (until, pause) = (*until, *pause);
            let list = if until == Until::Times(0) { &[] } else { list.as_slice() };
            (list, Block::Repeat { iteration: 1, until, pause, deadline, outer })
        }
        Action::ForEachSection { list, pause } => {
            let document = actor.locals.document;
            let last = document.map_or(0, |document| actor.stage.cast.document(document).sections);
            let outer = actor.locals.section.replace(1);
            let list = if last == 0 { &[] } else { list.as_slice() };
            (list, Block::Sections { last, pause: *pause, outer })
        }
        _ => return None,
    };
    Some(Frame::new(actor, list, block))
}

/// At the end of a block's list: whether there is another iteration.
async fn goes_on(actor: &mut Actor, frame: &mut Frame<'_>) -> bool {
    match &mut frame.block {
        Block::Once | Block::Try { .. } | Block::Retry { .. } => false,
        Block::Repeat { iteration, until, pause, deadline, .. } => {
            if *until == Until::Times(*iteration) {
                return false;
            }
            *iteration += 1;
            actor.locals.iteration = Some(*iteration);
            actor.owe(*pause);
            if let Until::During(_) = until {
                // The deadline may come before the next iteration does.
                actor.settle(Operation::Repeat).await;
                return !actor.is_late(*deadline);
            }
            true
        }
        Block::Sections { last, pause, .. } => {
            let section = actor.locals.section.unwrap_or(*last);
            if section >= *last {
                return false;
            }
            actor.locals.section = Some(section + 1);
            actor.owe(*pause);
            true
        }
    }
}

/// Leaves a block: what it changed is as it was outside.
fn close(actor: &mut Actor, frame: Option<Frame<'_>>) {
    match frame.map(|frame| frame.block) {
        Some(Block::Repeat { until, deadline, outer, .. }) => {
            actor.locals.iteration = outer;
            if matches!(until, Until::During(_)) {
                actor.leave(deadline);
            }
        }
        Some(Block::Sections { outer, .. }) => actor.locals.section = outer,
        _ => {}
    }
}

/// Unwinds to the block that catches `cause`; false if there is none.
async fn catch(actor: &mut Actor, frames: &mut Vec<Frame<'_>>, cause: Cause) -> bool {
    while let Some(frame) = frames.last_mut() {
        match &mut frame.block {
            Block::Retry { on, left, wait } if on.has(cause) && *left > 0 => {
                *left -= 1;
                actor.owe(*wait);
                frame.begin_anew(actor).await;
                return true;
            }
            Block::Try { on, otherwise } if on.has(cause) => {
                *frame = Frame::new(actor, otherwise, Block::Once);
                return true;
            }
            _ => close(actor, frames.pop()),
        }
    }
    false
}

/// Performs an action that is no block.
async fn act(actor: &mut Actor, action: &Action) -> Result<(), Leave> {
    match action {
        Action::LoadDocument => {
            let document = document(actor)?;
            let query = Query::Load(document);
            actor.locals.thread = actor.query(Operation::LoadDocument, query).await;
        }
        Action::CreateThread => {
            let created = actor.call(Operation::CreateThread, Request::CreateThread, None).await;
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
        Action::Click { job, document } => actor.click(*job, *document).await,
        Action::Dispatch { job, document: named } => {
            let document = named.or(actor.locals.document);
            actor.dispatch(*job, document.ok_or(Leave::Thrown(Cause::NoDocument))?).await;
        }
        Action::Sleep(window) => actor.owe(*window),
        Action::Stop => return Err(Leave::Stop),
        Action::Fail => return Err(Leave::Thrown(Cause::Failed)),
        Action::Retry { .. }
        | Action::Try { .. }
        | Action::If { .. }
        | Action::Repeat { .. }
        | Action::ForEachSection { .. } => unreachable!("invariant: blocks are opened"),
    }
    Ok(())
}

async fn add_message(actor: &mut Actor, message: NewMessage) -> Result<(), Leave> {
    let (thread, role, text) = (thread(actor)?, Role::User, message.text);
    let asks = message.asks.then(|| label(actor)).flatten();
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
    let waited = loop {
        match active_run(actor, thread, wait.sees).await {
            Err(leave) => break Err(leave),
            Ok(None) => break Ok(()),
            Ok(Some(_)) => {}
        }
        if deadline.is_some_and(|deadline| actor.is_late(deadline)) {
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
        if deadline.is_some_and(|deadline| actor.is_late(deadline)) {
            break Err(Leave::Thrown(Cause::TimedOut));
        }
        actor.owe(poll);
    };
    if let Some(deadline) = deadline {
        actor.leave(deadline);
    }
    ended
}

/// Cancels whatever run is active. A run that has ended meanwhile, or that somebody else is cancelling, is
/// as good as cancelled.
async fn cancel_active(actor: &mut Actor) -> Result<(), Leave> {
    let thread = thread(actor)?;
    let Some(Run { id: run, .. }) = active_run(actor, thread, Sees::All).await? else {
        return Ok(());
    };
    let request = Request::CancelRun { thread, run };
    match actor.call(Operation::CancelRun, request, None).await {
        Err(ApiError::CannotCancel { .. }) => Ok(()),
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

/// A refusal is thrown.
fn accept(actor: &mut Actor, answer: Result<Response, ApiError>) -> Result<Response, Leave> {
    let error = match answer {
        Ok(response) => return Ok(response),
        Err(error) => error,
    };
    match error.active_run() {
        Some(run) => {
            actor.locals.refused_by = Some(run);
            Err(Leave::Thrown(Cause::Refused))
        }
        None => Err(Leave::Thrown(Cause::Rejected)),
    }
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

/// What this actor's messages ask for.
fn label(actor: &Actor) -> Option<Label> {
    let locals = &actor.locals;
    match actor.me() {
        id::Actor::Attempt(..) => {
            let (document, section) = (locals.document?, locals.section);
            Some(Label::Work { document, section })
        }
        id::Actor::Process(_) => Some(Label::Iteration(locals.iteration.unwrap_or(0))),
        id::Actor::User(_) => None,
    }
}
