//! Locals: what an actor remembers between its actions. No other actor sees them.

use std::hash::{Hash, Hasher};

use deadheat_model::id::{DocumentId, MessageId, RunId, ThreadId};
use deadheat_model::run::Run;

use crate::scenario::Local;
use crate::stage::Live;

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
    /// Hashes the locals that can still be read.
    pub(super) fn digest<H: Hasher>(&self, live: Live, hasher: &mut H) {
        // Blocks set and restore these, and what an actor asks for depends on them.
        (self.document, self.section, self.iteration).hash(hasher);
        self.thread.filter(|_| live.has(Local::Thread)).hash(hasher);
        self.run.filter(|_| live.has(Local::Run)).hash(hasher);
        // Nothing asks which message it is.
        (self.message.is_some() && live.has(Local::Message)).hash(hasher);
        self.reply.filter(|_| live.has(Local::Reply)).hash(hasher);
        self.refused_by.filter(|_| live.has(Local::RefusedBy)).hash(hasher);
    }

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
