//! Locals: what an actor remembers between its actions. No other actor sees them.

use deadheat_model::id::{DocumentId, MessageId, RunId, ThreadId};
use deadheat_model::run::Run;

use crate::scenario::Local;

/// What an actor remembers. Everything is unset until an action, or the actor's beginning, sets it.
#[derive(Clone, Debug, Default)]
pub(super) struct Locals {
    pub(super) document: Option<DocumentId>,
    pub(super) section: Option<u16>,
    pub(super) iteration: Option<u32>,
    pub(super) thread: Option<ThreadId>,
    /// The run that it created last, as it last saw it.
    pub(super) run: Option<Run>,
    pub(super) message: Option<MessageId>,
    /// The message that it read, and the run that wrote it.
    pub(super) reply: Option<(MessageId, Option<RunId>)>,
    pub(super) refused_by: Option<RunId>,
}

impl Locals {
    pub(super) fn is_set(&self, local: Local) -> bool {
        match local {
            Local::Document => self.document.is_some(),
            Local::Section => self.section.is_some(),
            Local::Iteration => self.iteration.is_some(),
            Local::Thread => self.thread.is_some(),
            Local::Run => self.run.is_some(),
            Local::Message => self.message.is_some(),
            Local::Reply => self.reply.is_some(),
            Local::RefusedBy => self.refused_by.is_some(),
        }
    }
}
