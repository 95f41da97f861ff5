//! The one trait of everything that decides what happens next.

use std::any::Any;

use deadheat_model::time::{Time, Window};

use super::{Keys, Name, Owner, Stop};

/// Decides every trial: which pending occurrence fires next, and which of several options is taken.
///
/// A strategy lives across trials. It sees names and windows, never what an occurrence does.
pub trait Strategy: Any + Send {
    /// Begins a new trial.
    fn begin(&mut self, seed: u64) -> Supply;

    /// Notes that an occurrence was put on the agenda, after all others. The window of `pending` is
    /// the sum of `parts`, of which the last is its own.
    fn added(&mut self, pending: &Pending, parts: &[Part]);

    /// Notes that the occurrence at this index left the agenda, and that the last one took its
    /// place. Either it fired, or it will not happen any more.
    fn gone(&mut self, index: usize, pending: &Pending);

    /// Picks the occurrence that fires next. `pending` is not empty, and is in no particular order.
    /// None means that this trial is of no more use and is abandoned. `state` takes some time to
    /// compute, and a search asks for it.
    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked>;

    /// Chooses one of the options. `weights` says how likely each option is, and is not all zero.
    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize;

    /// Notes that the trial is over.
    fn over(&mut self, _stop: Stop, _state: &mut dyn FnMut() -> State) {}

    /// Returns the strategy that decides, if this one only passes things on.
    fn inner(&self) -> Option<&dyn Strategy> {
        None
    }
}

impl dyn Strategy {
    /// Returns this strategy if it is of this type, or else the one inside it that is.
    pub fn find<S: Strategy>(&self) -> Option<&S> {
        let mut here = self;
        loop {
            let any: &dyn Any = here;
            if let Some(found) = any.downcast_ref() {
                return Some(found);
            }
            here = here.inner()?;
        }
    }
}

/// Returns the option that is taken when nothing goes wrong, which is the first possible one.
pub fn normal(weights: &[u32]) -> usize {
    let normal = weights.iter().position(|weight| *weight > 0);
    normal.expect("invariant: one of the options has a weight")
}

/// What a search must know about a trial before it continues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// A digest of everything that the future depends on, except for times. Two trials continue in
    /// the same way if they agree in this digest and in when the pending occurrences may fire.
    pub digest: u128,
    /// Whether something is already broken.
    pub is_broken: bool,
}

/// Whether a strategy has another trial to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// The trial is to be played.
    Trial,
    /// The trial is to be played, and then this seed once more. This is only the draft of its
    /// trial, in which everything except the times is as it will be.
    Draft,
    /// Nothing is left to try.
    Nothing,
}

/// An occurrence that has not happened yet, as a strategy sees it.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// Its number in the order of starting, from 0. It is unique within a trial.
    pub uid: u32,
    /// Its name.
    pub name: Name,
    /// When it may fire, counted from `since`.
    pub window: Window,
    /// When it was started.
    pub since: Time,
    /// Its owner.
    pub owner: Owner,
    /// What it touches.
    pub keys: Keys,
}

/// One of the waits before an occurrence. A wait whose end no actor can see folds into the
/// occurrence after it. Orders then see the sum of the windows, and the code that draws times draws
/// each part on its own. So folding changes no trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The key of its draw, which is the key of the name that it has when it does not fold.
    pub key: u64,
    /// How long it lasts.
    pub window: Window,
}

/// A strategy's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picked {
    /// The place of the occurrence among the pending ones.
    pub index: usize,
    /// The time at which it fires, or the present if that is later.
    pub at: Time,
}
