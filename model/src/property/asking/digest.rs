//! The digest of requests: what decides how they go on.

use std::hash::Hash as _;

use super::{Intent, Known, Request, Requests, Worker};
use crate::digest::{Digester, hash_set};
use crate::id::{Actor, Job};

impl Requests {
    /// Hashes what decides how requests go on: which there are, what is known about each, and what
    /// will be the same request.
    pub(in crate::property) fn digest<H: Digester>(&self, hasher: &mut H) {
        let fact = |known: &Known| {
            let facts = &known.facts;
            let is_paid = facts.paid_for.is_some();
            let name = self.name(known.request, hasher);
            (name, facts.answered, facts.is_optional, is_paid, facts.message.is_some())
        };
        let facts: Vec<_> = self.all.iter().map(fact).collect();
        hash_set(facts, hasher);
        let open =
            |(place, intent): (usize, &Intent)| (self.intent(place as u32, hasher), intent.is_over);
        let intents: Vec<_> = self.intents.iter().enumerate().map(open).collect();
        hash_set(intents, hasher);
        let of_job = |(job, intent): &(Job, u32)| (*job, self.intent(*intent, hasher));
        let of_jobs: Vec<_> = self.of_jobs.iter().map(of_job).collect();
        hash_set(of_jobs, hasher);
        let last = |(worker, request): &(Worker, Request)| (*worker, self.name(*request, hasher));
        let last: Vec<_> = self.last_asked.iter().map(last).collect();
        hash_set(last, hasher);
    }

    /// Returns the part of a digest that is a request. It does not depend on the order in which
    /// intents began.
    pub(in crate::property) fn name<H: Digester>(&self, request: Request, hasher: &H) -> u64 {
        let mut part = hasher.fresh();
        match request {
            Request::Work { intent, document, section, part: question } => {
                (0_u8, self.intent(intent, hasher), document, section, question).hash(&mut part);
            }
            Request::Iteration(process, iteration, text) => {
                (1_u8, Actor::Process(process), iteration, text).hash(&mut part);
            }
            Request::Shared(key, nth) => (2_u8, key, nth).hash(&mut part),
            Request::Same(key) => (3_u8, key).hash(&mut part),
        }
        part.finish()
    }

    /// Returns the part that is an intent: what it means, and how many meant the same before it.
    fn intent<H: Digester>(&self, place: u32, hasher: &H) -> u64 {
        let (before, from) = self.intents.split_at(place as usize);
        let of = from[0].of;
        let nth = before.iter().filter(|intent| intent.of == of).count();
        let mut part = hasher.fresh();
        (of, nth).hash(&mut part);
        part.finish()
    }
}
