//! Bounds whose moment is worked out by hand: what folds on both sides of a comparison is seen by
//! neither. A time that ties with a bound may come before it or after it.

use std::sync::Arc;

use deadheat::agenda::{
    Moment, Name, Part, Pending, Picked, Span, State, Strategy, Supply, normal,
};
use deadheat::app::Stage;
use deadheat::engine::{Lane, Play};
use deadheat::explore::Walk;
use deadheat_model::history::Operation;
use deadheat_model::id::Actor;
use deadheat_model::property::PropertyId;

use super::{Said, proves_within};
use crate::util::{parse, source};

/// What `prove` is to say.
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

/// How many of so many walks break this.
fn walks_that_break(source: &str, property: PropertyId, trials: u64) -> u64 {
    let mut lane = Lane::new(Arc::new(Stage::new(parse(source))), Box::new(Walk::default()));
    let breaks = |seed| {
        lane.play(Play::seed(seed));
        lane.judge().0.iter().any(|found| found.property == property)
    };
    (1..=trials).map(breaks).filter(|is_broken| *is_broken).count() as u64
}

const HEAD: &str = "format = 1\nsummary = \"A bound.\"\n";

/// The run is created at C and ends by C + 1 s. Its creator knows of it, and begins to wait, at C +
/// 5 ms at the soonest. The last look that can find it active arrives at C + 1 s, and is answered
/// at C + 1.080 s at the latest. So the bound can come before that answer if it is 1.075 s long,
/// and not if it is longer; then the same message is sent again, and by the time it arrives the run
/// is over.
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

/// The wait begins at R, when the reply of `create_run` comes. Its first look arrives at R + 1 ms
/// and is answered at R + 2 ms: always after the bound at R + 1 ms. So its actor goes on, and the
/// message arrives at R + 3 ms. The run was created at R - 1 ms, so that it ends at R + 4 ms: the
/// message is always refused, and never stands in a thread that the row does not name.
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

/// The holder's lock arrives at 20 ms and is answered at 40, its release arrives at 40 + 130 + 20 =
/// 190 ms. The job begins to wait at 1 ms, so that its bound is at 121 ms. It tries at 21 ms, which
/// is answered at 41; it tries again at 41 + 50 + 20 = 111 ms, which is answered at 131 ms, after
/// the bound.
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

/// The shipped scenario of a lock that expires too soon, with another lifetime.
fn living(ttl: &str) -> String {
    let scenario = source("lock-ttl-too-short");
    let living = scenario.replace("ttl     = \"5s\"", &format!("ttl     = \"{ttl}\""));
    assert_ne!(living, scenario);
    // What is expected within guards and settings is nothing to this.
    let living = living.split("\n[[expect.with]]").next().unwrap().to_owned() + "\n";
    living.replace("release = \"any\"", "release = \"owner\"")
}

/// From the grant of the lock to the arrival of its release, at the longest: the way back (2 ms), a
/// look (160), a message (160), a run's creation up to its arrival (80), the run (20,000), a poll
/// that just missed its end: its reply, a second, another look (80 + 1,000 + 160); reading (160),
/// saving (4), the release's way (2). That is 21,808 ms. A lock that ends then, at the same moment,
/// may end first, and somebody else may take it before the release.
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
/// second look. 2 + 160 + 160 + 80 + 4,200 + (80 + 4,000 + 160) + 160 + 4 + 2 = 9,008 ms.
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

/// The longest holder of that lock, and whoever takes it at the first moment. Everything takes as
/// long as it may, but for the polls of the run: the first look arrives 160 ms after its creation,
/// and eighteen polls later one arrives right before its end. Each customer's lock is asked for
/// 26 ms after the customer starts: 20 for the queue, 4 for the row, 2 on the way.
#[derive(Default)]
struct Longest {
    polls: u64,
}

impl Longest {
    fn wait(&mut self, pending: &Pending) -> Span {
        let Name { call, moment, .. } = pending.name;
        let latest = pending.window.latest;
        match (call.actor, call.operation, moment) {
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
        self.polls = 0;
        Supply::Trial
    }

    fn added(&mut self, pending: &mut Pending, _: &[Part]) {
        pending.at = pending.since + self.wait(pending);
        // What ties: a lock ends, somebody takes it, its holder frees it; a look, a run's end.
        pending.tie = match (pending.name.moment, pending.name.call.operation) {
            (Moment::Expires, _) => 0,
            (Moment::Arrives, Operation::Lock) => 1,
            (Moment::Arrives, _) => 2,
            _ => 3,
        };
    }

    fn gone(&mut self, _: &Pending) {}

    fn pick(&mut self, pending: &[Pending], _: &mut dyn FnMut() -> State) -> Option<Picked> {
        let first = pending.iter().enumerate().min_by_key(|(_, one)| (one.at, one.tie));
        first.map(|(index, one)| Picked { index, at: one.at })
    }

    fn fate(&mut self, _: &Name, weights: &[u32]) -> usize {
        normal(weights)
    }
}

/// A bound within a bound. Every way takes 10 ms. The run is created at 10 ms and ends at 165 ms;
/// its creator knows of it at 20 ms, and there the repetition begins. Each iteration looks 10 ms
/// after it has begun, and 40 ms after: answered 20 and 50 ms after. The second answer comes after
/// the inner bound of 45 ms, so that an iteration takes 50 ms: they begin at 20, 70 and 120 ms. The
/// third begins if the outer bound, counted from 20 ms, is not over at 120 ms. With it the message
/// is sent at 170 ms and arrives at 180, when the run is over; without it, at 130 ms: refused. An
/// outer bound of 100 ms ties.
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

/// A bound that is begun again. Every way takes 10 ms. The holder's lock arrives at 10 ms and is
/// answered at 20, its release arrives at 30 ms and the sleep. The job begins to wait at 1 ms,
/// until 56; it tries at 11 and, 20 ms after that answer, at 51 ms, which is answered at 61: too
/// late. 5 ms later, at 66, it begins to wait again, until 121; it tries at 76 and at 116 ms, which
/// is answered at 126: too late. So it gets the lock if that is free by 116 ms: if the sleep takes
/// 85 ms, and perhaps if it takes 86.
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
