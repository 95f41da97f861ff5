//! Guards: what an application can do against a race, each as a rewrite of the scenario. The result
//! is a scenario like any other: it can be printed, read again, and guarded again.
//!
//! A guard knows the table of verbs, and nothing about how a scenario is played.

mod lock;
mod options;
mod rewrites;
mod walk;

use std::fmt;

use deadheat_model::time::Window;

use self::options::{Options, pieces};
use super::diagnostic::Diagnostic;
use super::key::{Key, Kind, words};
use super::lists::{ACTIONS_MAX, DEPTH_MAX};
use super::verb::{IN, RELEASE, TRIES, TTL};
use super::{Action, Busy, Scenario};

/// A guard.
pub struct Guard {
    /// Its name.
    pub name: &'static str,
    /// Its options: times, numbers and words.
    pub options: &'static [Key],
    /// What it does, in one line.
    pub help: &'static str,
    rewrite: fn(&mut Scenario, &Options) -> Result<(), NotApplicable>,
}

/// Nested guards, such as `debounce+lock:ttl=60s`. The first is outermost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guards {
    outermost_first: Vec<Chosen>,
}

/// A guard, by its place in [`GUARDS`], with its options.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chosen {
    place: usize,
    options: Options,
}

/// Why a guard cannot be put around a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotApplicable {
    /// The reason, in a sentence without a full stop.
    pub reason: String,
}

/// The spelling for no guard.
const NONE: &str = "none";

/// All guards, in the order of the reference.
pub static GUARDS: &[Guard] = &[
    Guard {
        name: "lock",
        options: &[
            TTL,
            Key::optional("busy", Kind::Choice(&words(&Busy::WORDS)), "\"wait\"").help(
                "When somebody else holds it: ask again, leave the block out, or throw \
                 `lock_busy`.",
            ),
            Key::absent("for", Kind::Span, "without a bound").help("How long it is waited for."),
            TRIES,
            Key::optional("covers", Kind::Choice(&words(&lock::COVERS)), "\"create\"").help(
                "What it is held for: the message alone; from the first look at the thread until \
                 the run is created; or until the run is over, which is then awaited.",
            ),
            Key::optional("key", Kind::Choice(&words(&lock::KEYS)), "\"thread\"")
                .help("What it is named after; the document where there is no thread yet."),
            Key::optional("scope", Kind::Choice(&words(&lock::SCOPES)), "\"section\"").help(
                "Whether it is freed after each section or iteration, or held for the whole list.",
            ),
            RELEASE,
            IN,
        ],
        help: "A lock at application level around what is done in a thread.",
        rewrite: lock::lock,
    },
    Guard {
        name: "serial-queue",
        options: &[
            Key::optional("tries", Kind::Count(1, 1_000), "1000").help("How often it is put back."),
            Key::optional("release_after", Kind::Window, "\"1s\"").help("How long it stays away."),
            Key::absent("expires", Kind::Span, "never").help("How long a job keeps others away."),
        ],
        help: "A job goes back to the queue while another one is at work on the same document.",
        rewrite: rewrites::serial_queue,
    },
    Guard {
        name: "unique-job",
        options: &[Key::absent("ttl", Kind::Span, "until the job has ended").help("For how long.")],
        help: "A dispatch is ignored while there is such a job for the same document already.",
        rewrite: rewrites::unique_job,
    },
    Guard {
        name: "retry",
        options: &[
            Key::optional("times", Kind::Count(1, 1_000), "5").help("How often at most."),
            Key::optional("wait", Kind::Window, "\"1s\"").help("In front of each further try."),
        ],
        help: "Retries what is refused because a run is active.",
        rewrite: rewrites::retry,
    },
    Guard {
        name: "wait",
        options: &[
            Key::absent("for", Kind::Span, "without a bound").help("How long; then `timed_out`."),
            Key::absent("poll", Kind::Window, "as `[client] poll` says").help("Between two looks."),
        ],
        help: "Before each message and each run it is waited until no run is active.",
        rewrite: rewrites::wait,
    },
    Guard {
        name: "cancel-active",
        options: &[],
        help: "A refused actor cancels the active run, waits until it has stopped, and tries \
               once more.",
        rewrite: rewrites::cancel_active,
    },
    Guard {
        name: "delay",
        options: &[Key::optional("time", Kind::Window, "\"5s\"").help("How long.")],
        help: "A pause between two sections, and between two iterations.",
        rewrite: rewrites::delay,
    },
    Guard {
        name: "await-run",
        options: &[Key::absent("for", Kind::Span, "without a bound").help("How long at most.")],
        help: "Whatever creates a run waits until the run is over.",
        rewrite: rewrites::await_run,
    },
    Guard {
        name: "debounce",
        options: &[Key::optional("window", Kind::Span, "\"1s\"").help("How soon is too soon.")],
        help: "A click that comes too soon after the last one is ignored.",
        rewrite: rewrites::debounce,
    },
    Guard {
        name: "fresh-thread",
        options: &[Key::optional("per", Kind::Choice(&words(&rewrites::PER)), "\"job\"")
            .help("A thread for each job or process, or for each section or iteration.")],
        help: "Work is done in a new thread that nobody else knows, and that no row names.",
        rewrite: rewrites::fresh_thread,
    },
    Guard {
        name: "own-document",
        options: &[],
        help: "Each process works on a copy of its document, with a thread of its own.",
        rewrite: rewrites::own_document,
    },
    Guard {
        name: "claim-thread",
        options: &[],
        help: "A thread is saved only into a row that names none: compare and set.",
        rewrite: rewrites::claim_thread,
    },
];

impl Guards {
    /// Reads a composition: `NAME:OPTION=VALUE,OPTION=VALUE+NAME`, or `none`. The place of a
    /// mistake is counted from the beginning of the text.
    pub fn parse(text: &str) -> Result<Guards, Diagnostic> {
        if text == NONE {
            return Ok(Guards::none());
        }
        let chosen = |(piece, at): (&str, usize)| {
            let (name, options) = match piece.split_once(':') {
                Some((name, options)) => (name, Some(options)),
                None => (piece, None),
            };
            let place = GUARDS.iter().position(|guard| guard.name == name).ok_or_else(|| {
                let known = GUARDS.iter().map(|guard| guard.name);
                Diagnostic::unknown_name(&(at..at + name.len()), "guard", name, known)
            })?;
            let options = Options::read(&GUARDS[place], options, at + name.len() + 1)?;
            Ok(Chosen { place, options })
        };
        let outermost_first =
            pieces(text, 0, '+').map(chosen).collect::<Result<_, Diagnostic>>()?;
        Ok(Guards { outermost_first })
    }

    /// Returns no guard at all.
    pub fn none() -> Guards {
        Guards::default()
    }

    /// Returns whether there is no guard at all.
    pub fn is_none(&self) -> bool {
        self.outermost_first.is_empty()
    }

    /// Nests all of these guards. The first is outermost.
    pub fn compose<'a>(all: impl IntoIterator<Item = &'a Guards>) -> Guards {
        let all = all.into_iter().flat_map(|guards| guards.outermost_first.iter().cloned());
        Guards { outermost_first: all.collect() }
    }

    /// Puts the guards around the scenario, the innermost first. The expectations stay.
    pub fn apply(&self, mut scenario: Scenario) -> Result<Scenario, NotApplicable> {
        for chosen in self.outermost_first.iter().rev() {
            scenario = chosen.apply(&scenario).map_err(|why| match self.outermost_first.len() {
                1 => why,
                _ => NotApplicable::new(format!("`{chosen}`: {}", why.reason)),
            })?;
        }
        Ok(scenario)
    }
}

/// The locks that applications use. One is around the message alone. The lock of the original
/// system skips what it guards when it is busy. The last one waits for the run. The wait alone is
/// also included, because it is half of what the last lock does.
const LOCKS: [&str; 5] =
    ["lock", "lock:covers=message", "lock:ttl=30s,busy=skip", "lock:covers=run", "await-run"];

/// Returns every guard with its defaults, and some more locks.
pub fn all_guards() -> Vec<Guards> {
    let others = GUARDS.iter().map(|guard| guard.name).filter(|name| !LOCKS.contains(name));
    let parsed = |text| Guards::parse(text).expect("invariant: every guard can go by its name");
    LOCKS.into_iter().chain(others).map(parsed).collect()
}

impl Chosen {
    fn guard(&self) -> &'static Guard {
        &GUARDS[self.place]
    }

    fn apply(&self, before: &Scenario) -> Result<Scenario, NotApplicable> {
        let mut after = before.clone();
        (self.guard().rewrite)(&mut after, &self.options)?;
        if after == *before {
            return Err(NotApplicable::new("the scenario has all of it already"));
        }
        walk::sort_texts(&mut after);
        if is_too_large(&after) {
            let what = "the guarded scenario would nest too deeply, or have too many actions";
            return Err(NotApplicable::new(what));
        }
        Ok(after)
    }
}

/// Returns whether a scenario could not be read again after it is printed.
fn is_too_large(scenario: &Scenario) -> bool {
    fn size(list: &[Action]) -> (usize, usize) {
        let within = list.iter().flat_map(Action::lists).map(size);
        let (depth, count) =
            within.fold((0, 0), |(depth, count), (deeper, more)| (depth.max(deeper), count + more));
        (depth + 1, count + list.len())
    }
    let users = scenario.users.iter().map(|user| &user.list);
    let sizes: Vec<(usize, usize)> =
        users.chain(walk::worker_lists(scenario)).map(|list| size(list)).collect();
    let count: usize = sizes.iter().map(|(_, count)| count).sum();
    count >= ACTIONS_MAX || sizes.iter().any(|(depth, _)| *depth > DEPTH_MAX)
}

impl NotApplicable {
    fn new(reason: impl Into<String>) -> NotApplicable {
        NotApplicable { reason: reason.into() }
    }

    /// Returns this reason for why the guard does not apply, unless `is_so`.
    fn unless(is_so: bool, reason: &str) -> Result<(), NotApplicable> {
        if is_so { Ok(()) } else { Err(NotApplicable::new(reason)) }
    }
}

impl fmt::Display for NotApplicable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for NotApplicable {}

impl fmt::Display for Guards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str(NONE);
        }
        for (index, chosen) in self.outermost_first.iter().enumerate() {
            write!(f, "{}{chosen}", if index > 0 { "+" } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.guard().name, self.options)
    }
}

/// Returns the poll interval for the waits that a guard adds: the guard's own, or else the
/// client's.
fn poll_of(scenario: &Scenario, options: &Options) -> Window {
    options.window("poll").unwrap_or(scenario.client.poll)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_composition_has_one_canonical_spelling() {
        let check = |text: &str, shown: &str| {
            let guards = Guards::parse(text).expect(text);
            assert_eq!(guards.to_string(), shown, "{text}");
            assert_eq!(Guards::parse(shown), Ok(guards), "{text}");
        };
        check("lock", "lock");
        check("lock:busy=wait", "lock");
        check("lock:busy=skip,ttl=60s", "lock:ttl=1min,busy=skip");
        check("debounce+lock:ttl=1min", "debounce+lock:ttl=1min");
        check("lock:ttl=60s", "lock:ttl=1min");
        check("delay:time=2s..3s", "delay:time=2s..3s");
        check("retry:times=2,wait=0ms+retry:times=5", "retry:times=2,wait=0ms+retry");
        check("none", "none");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_what_was_meant() {
        let check = |text: &str, place: std::ops::Range<usize>, told: &str| {
            let made = Guards::parse(text).expect_err(text);
            assert_eq!(made.to_string(), told, "{text}");
            assert_eq!(made.span, Some(place), "{text}");
        };
        check("lokc", 0..4, "there is no guard `lokc`; did you mean `lock`?");
        check(
            "retry+serial_queue",
            6..18,
            "there is no guard `serial_queue`; did you mean `serial-queue`?",
        );
        check("lock:tll=60s", 5..8, "`lock` has no key `tll`; did you mean `ttl`?");
        check(
            "lock:ttl=60s,busy=skpi",
            18..22,
            "`skpi` is not a choice for `busy`; did you mean `skip`?",
        );
        check("lock:skip", 5..9, "`skip` is not OPTION=VALUE; did you mean `busy=skip`?");
        check("delay:9s", 6..8, "`9s` is not OPTION=VALUE; did you mean `time=9s`?");
        check("retry:times=0", 12..13, "`times` must be 1 to 1000, not 0");
        check("lock:ttl=1s,ttl=2s", 12..15, "there are two options `ttl`; name it once");
        check("claim-thread:x=1", 13..14, "`claim-thread` has no key `x`");
        check(
            "lock:",
            5..5,
            "`` is not OPTION=VALUE; there is `ttl`, `busy`, `for`, `poll`, `covers`, \
             `key`, `scope`, `release` or `in`",
        );
        let made = Guards::parse("lock:ttl=60").expect_err("a time without a unit");
        assert!(made.to_string().starts_with("`60` is not a time; a number and a unit"), "{made}");
    }
}
