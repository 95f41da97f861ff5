//! A table of what is wrong on purpose. A mistake that a scenario can make is made by a parameter
//! or a guard. The others are flaws of the stage.

use deadheat_model::history::Mark;
use deadheat_model::property::PropertyId;

use crate::record::Oracle;
use crate::stage::{Flaw, Leak};

/// Something that is wrong on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Specimen {
    /// Its name.
    pub name: &'static str,
    /// What is wrong.
    pub wrong: &'static str,
    /// What has to detect it.
    pub oracle: Oracle,
    /// The scenario in which it shows, as in a file.
    pub scenario: &'static str,
    /// The version with the mistake.
    pub flawed: Version,
    /// Its sound counterpart, which is the same without the mistake.
    pub sound: Version,
}

/// How a scenario is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The parameters that are set.
    pub set: &'static [(&'static str, &'static str)],
    /// What guards it.
    pub guard: Option<&'static str>,
    /// The stage's flaw.
    pub flaw: Option<Flaw>,
}

const PROCESSES: &str = include_str!("processes.toml");
const JOBS: &str = include_str!("jobs.toml");
const CRASH: &str = include_str!("crash.toml");
const CLICKS: &str = include_str!("clicks.toml");

/// The scenario as it is.
const PLAIN: Version = Version { set: &[], guard: None, flaw: None };

const fn flaw(flaw: Flaw) -> Version {
    Version { flaw: Some(flaw), ..PLAIN }
}

const fn set(set: &'static [(&'static str, &'static str)]) -> Version {
    Version { set, ..PLAIN }
}

const fn guard(guard: &'static str) -> Version {
    Version { guard: Some(guard), ..PLAIN }
}

/// All specimens: servers, locks, queues, stores, clients, guards, applications, and leaks.
pub const SPECIMENS: [Specimen; 19] = [
    Specimen {
        name: "looks-then-creates",
        wrong: "the server looks for an active run, and creates its own a moment later",
        oracle: Oracle::Breaks(PropertyId::OneActiveRun),
        scenario: PROCESSES,
        flawed: flaw(Flaw::LooksThenCreates),
        sound: PLAIN,
    },
    Specimen {
        name: "frees-thread-early",
        wrong: "the server lets go of a thread while its run is at work",
        oracle: Oracle::Breaks(PropertyId::OneActiveRun),
        scenario: PROCESSES,
        flawed: flaw(Flaw::FreesThreadEarly),
        sound: PLAIN,
    },
    Specimen {
        name: "lock-without-owner",
        wrong: "a lock is released by any actor that asks, and an actor asks that never had it",
        oracle: Oracle::Breaks(PropertyId::LockExcludes),
        scenario: JOBS,
        flawed: Version {
            set: &[("busy", "skip"), ("release", "any")],
            ..flaw(Flaw::UnlocksWithoutLock)
        },
        sound: Version { set: &[("busy", "skip")], ..flaw(Flaw::UnlocksWithoutLock) },
    },
    Specimen {
        name: "lock-never-expires",
        wrong: "the lock service ignores a lock's time, and its holder dies",
        oracle: Oracle::Breaks(PropertyId::AllSettled),
        scenario: CRASH,
        flawed: flaw(Flaw::NeverExpires),
        sound: PLAIN,
    },
    Specimen {
        name: "expiry-of-anybodys",
        wrong: "a lock's expiry is not called off, and frees the next holder's lock",
        oracle: Oracle::Breaks(PropertyId::LockExcludes),
        scenario: JOBS,
        flawed: Version { set: &[("ttl", "23s")], ..flaw(Flaw::ExpiryFreesAnybodys) },
        sound: set(&[("ttl", "23s")]),
    },
    Specimen {
        name: "lock-too-short",
        wrong: "a lock expires before its holder is done",
        oracle: Oracle::Breaks(PropertyId::LockExcludes),
        scenario: JOBS,
        flawed: set(&[("ttl", "19s")]),
        sound: PLAIN,
    },
    Specimen {
        name: "queue-loses-job",
        wrong: "the queue loses a job that comes while another one is on offer",
        oracle: Oracle::Breaks(PropertyId::AllSettled),
        scenario: CLICKS,
        flawed: flaw(Flaw::LosesJob),
        sound: PLAIN,
    },
    Specimen {
        name: "queue-delivers-twice",
        wrong: "the queue hands out a job again whose worker is only slow",
        oracle: Oracle::Breaks(PropertyId::NoDuplicateWork),
        scenario: JOBS,
        flawed: set(&[("retry_after", "19s")]),
        sound: PLAIN,
    },
    Specimen {
        name: "blind-compare-and-set",
        wrong: "the store's compare-and-set does not compare",
        oracle: Oracle::Breaks(PropertyId::OneThreadPerDocument),
        scenario: CLICKS,
        flawed: set(&[("if_empty", "false")]),
        sound: PLAIN,
    },
    Specimen {
        name: "retries-400",
        wrong: "the client makes a call again that was refused with 400",
        oracle: Oracle::Reaches(Mark::CallRetried),
        scenario: PROCESSES,
        flawed: flaw(Flaw::RetriesRefusals),
        sound: PLAIN,
    },
    Specimen {
        name: "no-guard-at-all",
        wrong: "the application looks whether a run is active, and then acts",
        oracle: Oracle::Breaks(PropertyId::NoRejectedCall),
        scenario: CLICKS,
        flawed: PLAIN,
        sound: guard("lock:covers=run"),
    },
    Specimen {
        name: "released-too-early",
        wrong: "the guard gives its lock back before the run is created",
        oracle: Oracle::Breaks(PropertyId::NoRejectedCall),
        scenario: CLICKS,
        flawed: guard("lock:covers=message"),
        sound: guard("lock:covers=run"),
    },
    Specimen {
        name: "skips-when-busy",
        wrong: "the guard leaves the work out when its lock is busy, and calls it done",
        oracle: Oracle::Breaks(PropertyId::EveryRequestAnswered),
        scenario: JOBS,
        flawed: set(&[("busy", "skip")]),
        sound: PLAIN,
    },
    leak("leak-time-of-day", "an actor reads the time of day", Leak::TimeOfDay),
    leak("leak-nanoseconds", "an actor reads a monotonic clock's nanoseconds", Leak::Nanoseconds),
    leak("leak-hash-order", "an actor goes by the order of a hash set", Leak::HashOrder),
    leak("leak-address", "an actor depends on an address in memory", Leak::Address),
    leak("leak-os-thread", "an actor goes by the OS thread that it is on", Leak::OsThread),
    leak("leak-static", "an actor counts on in a static", Leak::Static),
];

const fn leak(name: &'static str, wrong: &'static str, leak: Leak) -> Specimen {
    Specimen {
        name,
        wrong,
        oracle: Oracle::Differs,
        scenario: CLICKS,
        flawed: flaw(Flaw::Leak(leak)),
        sound: PLAIN,
    }
}
