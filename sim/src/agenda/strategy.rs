//! The one trait of everything that decides what happens next.

use deadheat_model::time::{Time, Window};

use super::{Keys, Name, Owner, Stop};

/// Decides every trial: which pending occurrence fires next, and which of several options is taken.
///
/// A strategy lives across trials. It sees names and windows, never what an occurrence does.
pub trait Strategy: Send {
    /// A new trial begins.
    fn begin(&mut self, seed: u64) -> Supply;

    /// An occurrence was put on the agenda. A strategy that knows its time at once notes it in
    /// there. Its window is the sum of `parts`, of which the last is its own.
    fn added(&mut self, pending: &mut Pending, parts: &[Part]);

    /// An occurrence left the agenda: it fired, or it will not happen any more.
    fn gone(&mut self, pending: &Pending);

    /// Which one fires next. `pending` is not empty, and in no particular order. Nothing: this
    /// trial is of no more use, and is abandoned. `state` costs some time; a search asks for it.
    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked>;

    /// Which of the options is taken; `weights` says how likely each is, and is not all zero.
    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize;

    /// The trial is over.
    fn over(&mut self, _stop: Stop, _state: &mut dyn FnMut() -> State) {}
}

/// The option that is taken when nothing goes wrong: the first that is possible.
pub fn normal(weights: &[u32]) -> usize {
    let normal = weights.iter().position(|weight| *weight > 0);
    normal.expect("invariant: one of the options has a weight")
}

/// What a search has to know of a trial before it goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// A digest of everything that the future depends on, but for times: two trials that agree in
    /// it, and in when what is pending may fire, go on alike.
    pub digest: u128,
    /// Whether something is broken already.
    pub is_broken: bool,
}

/// Whether a strategy has another trial to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// Go on.
    Trial,
    /// Go on, and then play this seed once more: this is only the draft of its trial, in which
    /// everything is as it will be, but for times.
    Draft,
    /// Nothing is left to try.
    Nothing,
}

/// An occurrence that has not happened yet, as a strategy sees it.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// Its number in the order of starting, from 0; unique within a trial.
    pub uid: u32,
    /// Its name.
    pub name: Name,
    /// When it may fire, counted from `since`.
    pub window: Window,
    /// When it was started.
    pub since: Time,
    /// Whose it is.
    pub owner: Owner,
    /// What it touches.
    pub keys: Keys,
    /// For the strategy's own use: when it is going to fire.
    pub at: Time,
    /// For the strategy's own use: what breaks a tie.
    pub tie: u64,
}

/// One of the waits that stand in front of an occurrence. Where nobody can see the end of a wait,
/// it folds into the occurrence behind it: orders see the sum of the windows, and the code that
/// draws times draws each part on its own. So what folds changes no trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// What its draw is keyed by: the name that it has where it does not fold.
    pub key: u64,
    /// How long it lasts.
    pub window: Window,
}

/// A strategy's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picked {
    /// The place of the occurrence in what was pending.
    pub index: usize,
    /// The time at which it fires; the present, if that is later.
    pub at: Time,
}
