//! What an actor asks for when it parks, as plain data, and how that is put on the agenda.

use deadheat_model::history::{Operation, What as Happened};
use smallvec::SmallVec;

use super::what::{Agenda, What};
use super::world::World;
use crate::agenda::{Keys, Owner, Part, Seat, Window, mix};
use crate::name::Moment;
use crate::services::{Desk, Packet};

/// What an actor asks for when it parks.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The bounded waits that it has left since it last parked, as one bit per depth.
    pub(super) left: u32,
    /// What the history records.
    pub(super) note: Option<Happened>,
    /// The waits that fold into its occurrence.
    pub(super) owed: Parts,
    /// The occurrence that it waits for.
    pub(super) turn: Turn,
}

/// The occurrence that an actor waits for.
#[derive(Clone, Debug, Default)]
pub(super) enum Turn {
    /// None of its own. It waits until another occurrence concerns it.
    #[default]
    Rest,
    /// What is owed is over. The name is that of a new call, or of the last one if it `Returns`.
    Wait { operation: Operation, moment: Moment, what: What },
    /// What is sent now has arrived at a service, or its reply has come back if replies travel on
    /// their own. `is_sent` says that the call has its name already.
    Arrive { operation: Operation, is_sent: bool, way: Window, keys: Keys, what: What },
}

impl Ask {
    /// Puts the occurrence on the agenda.
    pub fn begin(self, seat: Seat, world: &mut World, agenda: &mut Agenda) {
        let Ask { left, note, mut owed, turn } = self;
        if left != 0 {
            world.forget_deadlines(agenda, seat, left);
        }
        if let Some(note) = note {
            world.record(agenda, Some(agenda.actor(seat)), note);
        }
        match turn {
            Turn::Rest => {}
            Turn::Wait { operation, moment, what } => {
                let call = if moment == Moment::Returns {
                    agenda.last_call(seat, operation)
                } else {
                    agenda.call(seat, operation)
                };
                let name = call.at(moment);
                key_pauses(&mut owed, name.key());
                if owed.last().is_none_or(|last| last.key != name.key()) {
                    owed.push(Part { key: name.key(), window: Window::NOW });
                }
                agenda.start_after(name, &owed, Owner::Actor(seat), [None; 2], what);
            }
            Turn::Arrive { operation, is_sent, way, keys, what } => {
                let call = if is_sent {
                    agenda.last_call(seat, operation)
                } else {
                    agenda.call(seat, operation)
                };
                if matches!(what, What::Link(Packet::Request(..))) && world.stage.unfolds {
                    let mut desk = Desk::new(agenda, &mut world.events);
                    world.link.wait_for(&world.stage, seat, call, &mut desk);
                }
                let name = call.at(Moment::Arrives);
                if !owed.is_empty() {
                    key_pauses(&mut owed, call.at(Moment::Sends).key());
                }
                owed.push(Part { key: name.key(), window: way });
                agenda.start_after(name, &owed, Owner::Link, keys, what);
            }
        }
    }
}

/// What is owed, in order. It is hardly ever more than a reply and a pause.
pub(super) type Parts = SmallVec<[Part; 4]>;

/// The key of a pause whose successor is not known yet.
pub(super) const PAUSE: u64 = 0;

/// Keys the pauses by `own`, the key of the occurrence that they are the last part of if they do
/// not fold.
fn key_pauses(owed: &mut Parts, own: u64) {
    for (behind, part) in owed.iter_mut().rev().enumerate() {
        if part.key == PAUSE {
            // The last part has the key itself, and the others count down to it.
            part.key = if behind == 0 { own } else { mix(own, behind as u64) };
        }
    }
}
