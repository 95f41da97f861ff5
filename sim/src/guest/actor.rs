//! Actors as they are kept: futures, and what wakes them.

use std::cell::RefCell;
use std::fmt::Debug;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::me::{Me, Slot};
use super::place::{Over, Told, Wants};
use super::quiet::quietly;

/// What an actor may return: nothing, or a result whose error says why it has failed.
pub trait Ends {
    /// Returns why the actor has failed, if it has.
    fn ends(self) -> Result<(), String>;
}

impl Ends for () {
    fn ends(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: Debug> Ends for Result<(), E> {
    fn ends(self) -> Result<(), String> {
        self.map_err(|error| format!("{error:?}"))
    }
}

/// What an actor does.
pub(super) type Body = Rc<dyn Fn(Me) -> Life>;

/// An actor that goes on whenever it is polled.
pub(super) type Life = Pin<Box<dyn Future<Output = Result<(), String>>>>;

/// An actor.
pub(super) struct Acting {
    name: Rc<str>,
    body: Body,
    slot: Rc<RefCell<Slot>>,
    life: Option<Life>,
}

impl Acting {
    pub(super) fn new(name: &str, body: Body) -> Acting {
        Acting { name: name.into(), body, slot: Rc::default(), life: None }
    }

    /// Kills the actor. What is in its hands is dropped, and nobody sees that.
    pub(super) fn kill(&mut self) {
        let life = self.life.take();
        // A destructor may panic.
        let _ = quietly(|| drop(life));
        self.slot.borrow_mut().forget();
    }

    /// Tells an actor what it has waited for, and lets it go on until it waits again.
    pub(super) fn wake(&mut self, told: Told) -> Wants {
        match told {
            Told::Start => {
                let me = Me::new(self.name.clone(), self.slot.clone());
                self.life = Some((self.body)(me));
            }
            Told::Reply(wait, reply) => self.slot.borrow_mut().tell(wait, reply),
        }
        let over = match &mut self.life {
            Some(life) => {
                let mut context = Context::from_waker(Waker::noop());
                match quietly(|| life.as_mut().poll(&mut context)) {
                    Ok(Poll::Pending) => None,
                    Ok(Poll::Ready(Ok(()))) => Some(Over::Done),
                    Ok(Poll::Ready(Err(error))) => Some(Over::Failed(error)),
                    Err(message) => Some(Over::Panicked(message)),
                }
            }
            None => Some(Over::Done),
        };
        if over.is_some() {
            let life = self.life.take();
            let _ = quietly(|| drop(life));
        }
        self.slot.borrow_mut().take_wants(over)
    }
}
