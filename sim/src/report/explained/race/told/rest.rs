//! The sentences about locks, threads and answers.

use deadheat_model::history::{Event, Freed, What};

use super::super::{ACTED, BETWEEN};
use super::{Told, apart};

impl Told<'_> {
    pub(in super::super) fn lock_shared(&self) -> String {
        let Some(relied) = self.relied() else { return self.other() };
        let me = self.me();
        let first = self.relied_on().map_or_else(String::new, |event| self.name(event.by));
        let lost = self.between().filter(|_| self.race.between != self.race.relied);
        let held = |event: &Event| {
            self.relied_on().map_or_else(String::new, |taken| apart(taken.at, event.at))
        };
        let how = match lost {
            Some(event @ Event { what: What::LockFreed { why: Freed::Expired, .. }, .. }) => {
                format!("it expired after {} {BETWEEN}", held(event))
            }
            Some(Event { what: What::LockFreed { .. }, .. }) => format!("it was lost {BETWEEN}"),
            Some(Event { what: What::LockLeft { .. }, .. }) => {
                format!("somebody else released it {BETWEEN}")
            }
            _ => "it was granted again".to_owned(),
        };
        format!("{relied}; {how}, and {me} took it {ACTED} while {first} was still inside.")
    }

    pub(in super::super) fn lock_left(&self) -> String {
        let event = self.acted();
        let What::LockTaken { lock } = &event.what else { return self.other() };
        let (who, lock) = (self.name(event.by), self.cast.lock(*lock));
        match self.between() {
            Some(_) => format!(
                "{who} took the lock {lock} {ACTED} and died {BETWEEN}, so nobody releases it."
            ),
            None => format!("{who} took the lock {lock} {ACTED} and never released it."),
        }
    }

    pub(in super::super) fn orphan(&self) -> String {
        let (me, acted) = (self.me(), self.acted());
        let (
            Some(relied),
            Some(Event { by, what: What::ThreadSaved { thread, .. }, .. }),
            What::Message { message, thread: there, .. },
        ) = (self.relied(), self.between(), &acted.what)
        else {
            return self.other();
        };
        let same = self.relied_on().is_some_and(|read| read.by == *by);
        let saver = if same { "and".to_owned() } else { format!("and {}", self.name(*by)) };
        let since = self.race.relied.unwrap_or(0)..self.race.between.unwrap_or(0);
        let overwritten = self.events[since].iter().rev().find_map(|event| {
            if let What::ThreadSaved { thread, .. } = event.what { Some(thread) } else { None }
        });
        let saved = match overwritten {
            Some(old) => format!("overwrote {old} with {thread}"),
            None => format!("saved {thread} for it"),
        };
        format!(
            "{relied} {saver} {saved} {BETWEEN}; {me} added {message} to {there} {ACTED}, which \
             the document does not name."
        )
    }

    pub(in super::super) fn context_lost(&self) -> String {
        let (me, acted) = (self.me(), self.acted());
        let (
            What::RunCreated { run, thread, .. },
            Some(Event { by, what: What::RunCreated { run: earlier, thread: there, .. }, .. }),
        ) = (&acted.what, self.between())
        else {
            return self.other();
        };
        let whose = self.run_of(*earlier, *by, acted.by);
        format!(
            "{whose} answered in {there} {BETWEEN}, and {me} created {run} in {thread} {ACTED}, \
             which does not contain that answer."
        )
    }
}
