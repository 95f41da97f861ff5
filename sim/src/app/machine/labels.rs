//! Labels: what an actor's messages, clicks and dispatches ask for.

use deadheat_model::history::{Label, SameText, Scope};
use deadheat_model::id::{self, DocumentId, KindId, SameKey};

use super::{Locals, Machine, Stage};
use crate::scenario::asks::Asks;
use crate::scenario::{Asking, NewMessage};
use crate::services::Wanted;

impl Machine {
    /// Returns what a message asks for if it is about this section.
    pub(super) fn label(
        &self,
        stage: &Stage,
        message: NewMessage,
        section: Option<u16>,
    ) -> Option<Label> {
        let is_optional = match message.asks {
            Asking::Request => false,
            Asking::Optional => true,
            Asking::Nothing => return None,
        };
        let scope = match (message.same, self.me()) {
            (Some(same), _) => Scope::Same(self.same_key(same, section)),
            (None, id::Actor::Attempt(..)) => {
                Scope::Work { document: self.locals.document?, section }
            }
            (None, id::Actor::Process(index)) => match stage.same(index) {
                Some(same) => Scope::Shared(self.same_key(same, section)),
                None => Scope::Iteration(self.locals.iteration.unwrap_or(0)),
            },
            (None, id::Actor::User(_) | id::Actor::Fault(_)) => return None,
        };
        Some(Label { scope, nth: message.nth, text: message.text, is_optional })
    }

    /// Returns what is not asked for when these questions are left out.
    pub(super) fn labels(&self, stage: &Stage, left_out: &[Asks]) -> Vec<Label> {
        let document = self.locals.document.map(|document| stage.cast.document(document));
        let sections = document.map_or(0, |document| document.sections);
        let mut labels = Vec::new();
        for Asks { message, by_section, .. } in left_out {
            if *by_section {
                let of = |section| self.label(stage, *message, Some(section));
                labels.extend((1..=sections).filter_map(of));
            } else {
                labels.extend(self.label(stage, *message, self.locals.section));
            }
        }
        labels
    }

    /// Returns the job that an actor wants.
    pub(super) fn wanted(
        &self,
        kind: KindId,
        document: DocumentId,
        same: Option<SameText>,
    ) -> Wanted {
        let section = self.locals.section;
        let same = same.map(|same| {
            let locals = SameKey { document: Some(document), ..self.same_key(same, section) };
            same.key(locals)
        });
        Wanted { kind, document, section, same }
    }

    /// Returns the key with the values of these locals.
    fn same_key(&self, same: SameText, section: Option<u16>) -> SameKey {
        let Locals { thread, document, iteration, .. } = self.locals;
        same.key(SameKey { thread, document, section, iteration, ..SameKey::of(same.text) })
    }
}
