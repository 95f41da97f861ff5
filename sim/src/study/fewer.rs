//! The same question about fewer actors, where a search of all of them is too large.

use std::sync::Arc;

use super::prove::{Question, decide};
use crate::record::{Cut, FewerActors, Proof, Verdict};
use crate::scenario::at_most;
use crate::stage::Stage;

/// Answers the question, and returns the stage as well. `stop` can end this early, and returns the
/// reason.
pub fn prove(question: &Question, stop: &dyn Fn() -> Option<Cut>) -> (Proof, Arc<Stage>) {
    let (mut proof, stage) = decide(question.clone(), stop);
    proof.fewer_actors = fewer(question, &proof, stop);
    (proof, stage)
}

/// Asks with at most two actors of each kind, then three, and so on, until a search is too large.
/// Returns the answers.
fn fewer(question: &Question, proof: &Proof, stop: &dyn Fn() -> Option<Cut>) -> Vec<FewerActors> {
    let Verdict::Undecided(cuts) = &proof.verdict else { return Vec::new() };
    let is_size = |cut: &Cut| matches!(cut, Cut::States(_) | Cut::Memory(_));
    if !cuts.iter().all(is_size) {
        return Vec::new();
    }
    let mut answers = Vec::new();
    for most in 2.. {
        let Some(scenario) = at_most(question.subject.scenario(), most) else { break };
        let subject = question.subject.clone().on(Arc::new(Stage::new(scenario)));
        let (proof, _) = decide(Question { subject, count_max: 0, ..question.clone() }, stop);
        let is_broken = match proof.verdict {
            Verdict::Proved(_) => false,
            Verdict::Broken(_) => true,
            Verdict::Undecided(_) => break,
        };
        let states = proof.searches.iter().map(|search| search.states).sum();
        answers.push(FewerActors { most, is_broken, states });
    }
    answers
}
