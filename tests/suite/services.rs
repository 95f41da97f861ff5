//! Each service alone at a desk: no world, no actors, no trial. What it puts on the agenda is fired
//! by hand.

use deadheat::agenda::{Agenda, Call, Seat, key_of};
use deadheat::explore::Walk;
use deadheat::scenario::LockPlace;
use deadheat::services::{
    Chance, Desk, Expiry, Faults, Holds, Link, LockAsk, Locks, Lost, Message, Packet, Queue, Read,
    Server, Supply, Told, Wanted,
};
use deadheat::stage::Stage;
use deadheat_model::api::Request;
use deadheat_model::history::{Event, Mark, Operation, What as Happened};
use deadheat_model::id::{Actor, DocumentId, Id, KindId, LockName, TextId, ThreadId};
use deadheat_model::server::Due;
use deadheat_model::thread::Role;
use deadheat_model::time::Span;

use crate::util::parse;

/// What the services of these tests have on the agenda.
#[derive(Clone, Debug)]
enum What {
    Packet(Packet),
    Due(Due),
    Supply(Supply),
    Expiry(Expiry),
    Chance(Chance),
}

impl Holds<Packet> for What {
    fn hold(packet: Packet) -> What {
        What::Packet(packet)
    }

    fn held(&self) -> Option<&Packet> {
        if let What::Packet(packet) = self { Some(packet) } else { None }
    }
}

impl Holds<Due> for What {
    fn hold(due: Due) -> What {
        What::Due(due)
    }

    fn held(&self) -> Option<&Due> {
        if let What::Due(due) = self { Some(due) } else { None }
    }
}

impl Holds<Supply> for What {
    fn hold(supply: Supply) -> What {
        What::Supply(supply)
    }

    fn held(&self) -> Option<&Supply> {
        if let What::Supply(supply) = self { Some(supply) } else { None }
    }
}

impl Holds<Expiry> for What {
    fn hold(expiry: Expiry) -> What {
        What::Expiry(expiry)
    }

    fn held(&self) -> Option<&Expiry> {
        if let What::Expiry(expiry) = self { Some(expiry) } else { None }
    }
}

impl Holds<Chance> for What {
    fn hold(chance: Chance) -> What {
        What::Chance(chance)
    }

    fn held(&self) -> Option<&Chance> {
        if let What::Chance(chance) = self { Some(chance) } else { None }
    }
}

/// An agenda and a history.
struct Bench<W> {
    agenda: Agenda<W>,
    events: Vec<Event>,
}

impl<W> Bench<W> {
    fn new() -> Bench<W> {
        let mut agenda = Agenda::new(Box::new(Walk::default()));
        agenda.begin(1, false);
        Bench { agenda, events: Vec::new() }
    }

    fn desk(&mut self) -> Desk<'_, W> {
        Desk::new(&mut self.agenda, &mut self.events)
    }

    fn told(&self) -> Vec<&Happened> {
        self.events.iter().map(|event| &event.what).collect()
    }
}

fn stage(rest: &str) -> Stage {
    Stage::new(parse(&format!(
        r#"
            format = 1
            summary = "services alone"
            source = "none"
            [[document]]
            id = 7
            thread = "exists"
            [[user]]
            name = "user"
            do = [{{ click = {{ job = "generate", document = 7 }} }}]
            [job.generate]
            do = ["load_document", {{ add_message = "Write" }}, "create_run"]
            {rest}
        "#
    )))
}

fn call(operation: Operation, nth: u32) -> Call {
    Call::by(Actor::User(0), key_of("user"), operation, nth)
}

#[test]
fn a_lock_is_held_until_its_owner_releases_it_or_its_time_is_over() {
    let stage = stage("");
    let (mut locks, mut bench) = (Locks::default(), Bench::<Expiry>::new());
    let lock = LockName { text: 0, thread: None, document: None, section: None };
    let ask = LockAsk::once(lock, Some(Span::from_secs(30)), LockPlace::Cache);
    assert!(locks.handle(&stage, call(Operation::Lock, 1), ask, &mut bench.desk()).is_some());
    assert!(locks.handle(&stage, call(Operation::Lock, 2), ask, &mut bench.desk()).is_none());
    let [expiry] = *bench.agenda.whats() else { panic!("{:?}", bench.agenda.whats()) };
    locks.fire(&stage, expiry, &mut bench.desk());
    assert!(locks.is_free(lock));
    // An expiry that comes too late frees nobody's lock.
    assert!(locks.handle(&stage, call(Operation::Lock, 3), ask, &mut bench.desk()).is_some());
    locks.fire(&stage, expiry, &mut bench.desk());
    assert!(!locks.is_free(lock));
    locks.lose(&mut bench.desk());
    assert!(locks.is_free(lock) && bench.agenda.whats() == [expiry], "it cancels its own expiry");
    let freed =
        bench.told().iter().filter(|what| matches!(what, Happened::LockFreed { .. })).count();
    assert_eq!(freed, 2);
}

#[test]
fn a_job_that_lasts_too_long_is_handed_out_beside_its_first_copy() {
    let stage = stage("[queue]\nworkers = 2\nretry_after = \"60s\"");
    let (mut queue, mut locks, mut bench) =
        (Queue::default(), Locks::default(), Bench::<What>::new());
    queue.start(1, [Seat(1), Seat(2)].into_iter());
    let wanted = Wanted { kind: KindId(0), document: DocumentId(0), section: None, same: None };
    assert!(queue.handle(&stage, Actor::User(0), wanted, &mut locks, &mut bench.desk()));
    let (first, worker) = queue.take();
    assert_eq!((first.attempt, worker), (1, Seat(1)));
    queue.reserve(&stage, first, &mut bench.desk());
    let is_due = |what: &What| matches!(what, What::Supply(Supply::Redeliver(of)) if *of == first);
    assert!(bench.agenda.whats().iter().any(is_due), "{:?}", bench.agenda.whats());
    queue.redeliver(&stage, first, true, &mut bench.desk());
    let (second, worker) = queue.take();
    assert_eq!((second.job, second.attempt, worker), (first.job, 2, Seat(2)));
    assert!(bench.told().contains(&&Happened::Marked(Mark::Redelivered)));
}

#[test]
fn a_lost_reply_leaves_its_effect_behind() {
    let stage = stage("[[fault]]\nlose_reply = { call = \"add_message\", seen_as = \"reset\" }");
    let (mut link, mut server, mut faults, mut bench) =
        (Link::default(), Server::new(&stage), Faults::default(), Bench::<What>::new());
    link.start(1);
    server.start(&stage);
    faults.start(&stage, &mut bench.desk());
    let (thread, role, text) = (ThreadId::at(0), Role::User, TextId(0));
    let request = Request::AddMessage { thread, role, text };
    let message = Message { request, asks: None, document: None, poll: None };
    let (seat, call) = (Seat(0), call(Operation::AddMessage, 1));
    link.wait_for(&stage, seat, call, &mut bench.desk());
    let to = (&mut server, &mut faults);
    assert!(link.deliver(&stage, (seat, call), message, to, &mut bench.desk()));
    let told: Vec<_> = bench.agenda.whats().iter().filter_map(Holds::<Packet>::held).collect();
    let Some(Packet::Returns(_, answer)) = told.last() else { panic!("{told:?}") };
    assert_eq!(*answer, Err(Lost));
    let told = link.returns(seat, call, Err(Lost), &mut bench.desk());
    assert!(matches!(told, Some(Told::Lost)));
    assert!(link.returns(seat, call, Err(Lost), &mut bench.desk()).is_none(), "it waits no longer");
    let page = deadheat_model::api::Page::default();
    let list = Request::ListMessages { thread, run: None, page };
    assert!(matches!(server.peek(&list), Ok(Read::Messages(Some(_)))), "the message is there");
}
