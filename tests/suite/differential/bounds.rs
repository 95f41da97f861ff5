//! Bounds whose moment is worked out by hand, because neither side of a comparison sees what folds
//! on both sides. A time that ties with a bound may come before it or after it.

use std::sync::Arc;

use deadheat::agenda::{Name, Part, Pending, Picked, Span, State, Strategy, Supply, Time, normal};
use deadheat::engine::{Lane, Play};
use deadheat::explore::Walk;
use deadheat::name::Moment;
use deadheat::stage::Stage;
use deadheat_model::history::Operation;
use deadheat_model::id::Actor;
use deadheat_model::property::PropertyId;

use super::{Said, proves_within};
use crate::util::{parse, source};

/// What `prove` must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    Proved,
    Broken,
}

fn check(source: &str, property: PropertyId, right: Right) {
    let said = match proves_within(&parse(source), &[property], 0, 60_000) {
        Said::Proved => Right::Proved,
        Said::Broken(_) => Right::Broken,
        Said::Undecided => panic!("{property} is undecided\n{source}"),
    };
    assert_eq!(said, right, "{property}\n{source}");
}

/// Returns how many of `trials` walks break this property.
fn walks_that_break(source: &str, property: PropertyId, trials: u64) -> u64 {
    let mut lane = Lane::new(Arc::new(Stage::new(parse(source))), Box::new(Walk::default()));
    let breaks = |seed| {
        lane.play(Play::seed(seed));
        lane.judge().0.iter().any(|found| found.property == property)
    };
    (1..=trials).map(breaks).filter(|is_broken| *is_broken).count() as u64
}

const HEAD: &str = "format = 1\nsummary = \"A bound.\"\n";

/// The run is created at C and ends by C + 1 s. Its creator learns about it and begins to wait
/// at C + 5 ms at the earliest. The last poll that can find it active arrives at C + 1 s and is answered
/// at C + 1.080 s at the latest. So the bound can come before that answer if it is 1.075 s long,
/// but not if it is longer. If the bound comes first, the same message is sent again. The run is
/// over when that message arrives.
#[test]
fn a_wait_that_outlasts_the_run_and_its_slowest_reply_never_times_out() {
    let asking = |bound: &str| {
        format!(
            "{HEAD}[server]\nrun_time = \"500ms..1s\"\n[network]\nlatency = \"5ms..80ms\"\n\
             [[thread]]\nname = \"chat\"\n[[process]]\nname = \"tab\"\nthread = \"chat\"\ndo = [\n\
             {{ add_message = \"A question\" }}, \"create_run\",\n{{ try = {{ on = \
             [\"timed_out\"], do = [{{ await_run = {{ for = \"{bound}\", poll = \"100ms\" }} }}], \
             else = [{{ add_message = \"A question\" }}] }} }},\n]\n"
        )
    };
    for (bound, right) in [
        ("1s", Right::Broken),
        ("1073ms", Right::Broken),
        ("1074ms", Right::Broken),
        ("1075ms", Right::Broken),
        ("1076ms", Right::Proved),
        ("2s", Right::Proved),
    ] {
        check(&asking(bound), PropertyId::NoDuplicateMessage, right);
    }
}

/// The wait begins at R, when the reply of `create_run` arrives. Its first poll arrives at R + 1 ms
/// and is answered at R + 2 ms, which is always after the bound at R + 1 ms. So the actor
/// continues, and the message arrives at R + 3 ms. The run was created at R - 1 ms and ends at R +
/// 4 ms. So the message is always refused, and a thread that the row does not name never contains
/// it.
#[test]
fn a_bound_that_is_over_before_the_first_answer_lets_nobody_look_twice() {
    let source = format!(
        "{HEAD}[server]\nrun_time = \"5ms\"\n[network]\nlatency = \"1ms\"\nlocal = \"0ms\"\n\
         [[document]]\nid = 7\nthread = \"none\"\n[[process]]\nname = \"writer\"\ndocument = 7\n\
         do = [\"create_thread\", \"create_run\", {{ safe_add_message = {{ text = \"x\", poll = \
         \"5ms\", for = \"1ms\", then = \"go_on\" }} }}]\n"
    );
    check(&source, PropertyId::OneThreadPerDocument, Right::Proved);
    check(&source, PropertyId::NoRejectedCall, Right::Broken);
    assert_eq!(walks_that_break(&source, PropertyId::NoRejectedCall, 50), 50);
}

/// The holder's lock request arrives at 20 ms and is answered at 40 ms. Its release arrives at 40 +
/// 130 + 20 = 190 ms. The job begins to wait at 1 ms, so its bound is at 121 ms. Its first try
/// arrives at 21 ms and is answered at 41 ms. Its second try arrives at 41 + 50 + 20 = 111 ms and
/// is answered at 131 ms, which is after the bound.
#[test]
fn a_lock_is_not_waited_for_beyond_its_bound() {
    let source = format!(
        "{HEAD}[network]\nlatency = \"1ms\"\nlocal = \"20ms\"\n[[document]]\nid = 7\n[[process]]\n\
         name = \"holder\"\ndo = [{{ lock = {{ key = \"k\", do = [{{ sleep = \"130ms\" }}] }} }}]\n\
         [[user]]\nname = \"user\"\ndo = [{{ click = \"work\" }}]\n[queue]\npoll = \"1ms\"\n\
         [job.work]\ndo = [{{ lock = {{ key = \"k\", for = \"120ms\", poll = \"50ms\", do = \
         [\"load_document\"] }} }}]\n"
    );
    check(&source, PropertyId::EveryJobSucceeds, Right::Broken);
    assert_eq!(walks_that_break(&source, PropertyId::EveryJobSucceeds, 100), 100);
}

/// Returns the shipped scenario of a lock that expires too soon, with another lifetime.
fn living(ttl: &str) -> String {
    let scenario = source("lock-ttl-too-short");
    let living = scenario.replace("ttl     = \"5s\"", &format!("ttl     = \"{ttl}\""));
    assert_ne!(living, scenario);
    // This test does not need the expectations for guards and settings.
    let living = living.split("\n[[expect.with]]").next().unwrap().to_owned() + "\n";
    living.replace("release = \"any\"", "release = \"owner\"")
}

/// The longest time from the grant of the lock to the arrival of its release is 21,808 ms. It
/// begins with the reply to the lock request (2 ms), a poll (160), a message (160), and a run's
/// creation until its arrival (80). The run follows (20,000), and a poll that just missed its end:
/// its reply, a second, and another poll (80 + 1,000 + 160). The rest is reading (160), saving (4)
/// and the release request (2). A lock that expires at that same moment may expire first, and
/// another actor may take it before the release.
#[test]
fn a_lock_has_to_live_as_long_as_its_longest_holder() {
    check(&living("21809ms"), PropertyId::LockExcludes, Right::Proved);
    let is_shared = |ttl: &str| {
        let stage = Arc::new(Stage::new(parse(&living(ttl))));
        let mut lane = Lane::new(stage, Box::new(Longest::default()));
        lane.play(Play::seed(0));
        lane.judge().0.iter().any(|found| found.property == PropertyId::LockExcludes)
    };
    assert!(is_shared("21808ms"), "the longest holder is not outlived");
    assert!(!is_shared("21809ms"), "the longest holder is outlived");
}

/// The same where all orders can be searched: two customers, and a run that is over before the
/// second poll. 2 + 160 + 160 + 80 + 4,200 + (80 + 4,000 + 160) + 160 + 4 + 2 = 9,008 ms.
#[test]
fn the_shortest_sound_life_of_a_lock_is_found_to_the_millisecond() {
    let living = |ttl: &str| {
        let scenario = living(ttl).replace("count = 3 ", "count = 2 ");
        let scenario = scenario.replace("workers = 3", "workers = 2");
        let scenario = scenario.replace("0s..40s", "0s..12s");
        scenario.replace("\"2s..20s\"", "\"2s..4200ms\"\n[client]\npoll = \"4s\"")
    };
    check(&living("9008ms"), PropertyId::LockExcludes, Right::Broken);
    check(&living("9009ms"), PropertyId::LockExcludes, Right::Proved);
}

/// A strategy for the longest holder of that lock, and for the actor that takes it at the first
/// moment. Everything takes the maximum time, except the polls of the run. The first poll arrives
/// 160 ms after the run's creation, and eighteen polls later one arrives right before its end. Each
/// customer's lock request arrives 26 ms after the customer starts: 20 for the queue, 4 for the
/// row, and 2 for the request.
#[derive(Default)]
struct Longest {
    polls: u64,
    /// When each pending occurrence fires, and what breaks a tie.
    drawn: Vec<(Time, u64)>,
}

impl Longest {
    fn wait(&mut self, pending: &Pending) -> Span {
        let (call, moment) = (pending.name.call, pending.name.moment());
        let latest = pending.window.latest;
        match (call.actor(), call.operation(), moment) {
            (Actor::User(index), Operation::Life, Moment::Starts) => {
                Span::from_ms([0, 21_808, 40_000][usize::from(index)])
            }
            (_, Operation::RetrieveRun, Moment::Arrives) if latest == Span::from_ms(1_160) => {
                self.polls += 1;
                match self.polls {
                    0..18 => Span::from_us(1_102_222),
                    18 => Span::from_us(19_840_000 - 17 * 1_102_222),
                    _ => latest,
                }
            }
            _ => latest,
        }
    }
}

impl Strategy for Longest {
    fn begin(&mut self, _: u64) -> Supply {
        *self = Longest::default();
        Supply::Trial
    }

    fn added(&mut self, pending: &Pending, _: &[Part]) {
        let at = pending.since + self.wait(pending);
        // Two groups can tie: a lock's expiry, its acquisition by another actor and its release by
        // its holder; and a poll and a run's end.
        let tie = match (pending.name.moment(), pending.name.call.operation()) {
            (Moment::Expires, _) => 0,
            (Moment::Arrives, Operation::Lock) => 1,
            (Moment::Arrives, _) => 2,
            _ => 3,
        };
        self.drawn.push((at, tie));
    }

    fn gone(&mut self, index: usize, _: &Pending) {
        self.drawn.swap_remove(index);
    }

    fn pick(&mut self, _: &[Pending], _: &mut dyn FnMut() -> State) -> Option<Picked> {
        let first = self.drawn.iter().enumerate().min_by_key(|(_, drawn)| **drawn);
        first.map(|(index, (at, _))| Picked { index, at: *at })
    }

    fn fate(&mut self, _: &Name, weights: &[u32]) -> usize {
        normal(weights)
    }
}

/// A bound within a bound. Every one-way trip takes 10 ms. The run is created at 10 ms and ends at
/// 165 ms. Its creator learns about it at 20 ms, and the repetition begins then. In each iteration,
/// polls arrive 10 and 40 ms after its beginning, and they are answered 20 and 50 ms after its
/// beginning. The second answer comes after the inner bound of 45 ms, so an iteration takes 50 ms.
/// The iterations begin at 20, 70 and 120 ms. The third begins if the outer bound, counted from 20
/// ms, is not over at 120 ms. With it, the message is sent at 170 ms and arrives at 180 ms, when
/// the run is over. Without it, the message arrives at 130 ms and is refused. An outer bound of 100
/// ms ties.
#[test]
fn a_bound_within_a_bound_is_read_when_its_look_has_been_answered() {
    let asking = |outer: &str| {
        format!(
            "{HEAD}[server]\nrun_time = \"155ms\"\n[network]\nlatency = \"10ms\"\n[[thread]]\n\
             name = \"chat\"\n[[process]]\nname = \"agent\"\nthread = \"chat\"\ndo = \
             [\"create_run\", {{ repeat = {{ during = \"{outer}\", do = [{{ try = {{ on = \
             [\"timed_out\"], do = [{{ await_run = {{ for = \"45ms\", poll = \"10ms\" }} }}] }} \
             }}] }} }}, {{ add_message = \"x\" }}]\n"
        )
    };
    for (outer, right) in [
        ("90ms", Right::Broken),
        ("99ms", Right::Broken),
        ("100ms", Right::Broken),
        ("101ms", Right::Proved),
    ] {
        check(&asking(outer), PropertyId::NoRejectedCall, right);
    }
}

/// A bound that begins again. Every one-way trip takes 10 ms. The holder's lock request arrives at
/// 10 ms and is answered at 20 ms. Its release arrives 30 ms plus the sleep after the start. The
/// job waits from 1 ms until 56 ms. Its first try arrives at 11 ms. Its second try arrives at 51
/// ms, 20 ms after the answer to the first, and is answered at 61 ms, which is too late. It begins
/// to wait again 5 ms later, at 66 ms, until 121 ms. Its tries arrive at 76 ms and at 116 ms. The
/// second is answered at 126 ms, which is too late. So the job gets the lock if the lock is free by
/// 116 ms. It is free if the sleep takes 85 ms, and perhaps if it takes 86 ms.
#[test]
fn a_bound_that_is_begun_again_is_counted_from_there() {
    let sleeping = |sleep: &str| {
        format!(
            "{HEAD}[network]\nlatency = \"1ms\"\nlocal = \"10ms\"\n[[document]]\nid = 7\n\
             [[process]]\nname = \"holder\"\ndo = [{{ lock = {{ key = \"k\", do = [{{ sleep = \
             \"{sleep}\" }}] }} }}]\n[[user]]\nname = \"user\"\ndo = [{{ click = \"work\" }}]\n\
             [queue]\npoll = \"1ms\"\n[job.work]\ndo = [{{ retry = {{ times = 1, on = \
             [\"lock_busy\"], wait = \"5ms\", do = [{{ lock = {{ key = \"k\", for = \"55ms\", poll \
             = \"20ms\", do = [\"load_document\"] }} }}] }} }}]\n"
        )
    };
    for (sleep, right) in [
        ("80ms", Right::Proved),
        ("85ms", Right::Proved),
        ("86ms", Right::Broken),
        ("87ms", Right::Broken),
        ("110ms", Right::Broken),
    ] {
        check(&sleeping(sleep), PropertyId::EveryJobSucceeds, right);
    }
    assert_eq!(walks_that_break(&sleeping("87ms"), PropertyId::EveryJobSucceeds, 50), 50);
    assert_eq!(walks_that_break(&sleeping("85ms"), PropertyId::EveryJobSucceeds, 50), 0);
}
