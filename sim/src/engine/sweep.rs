//! A sweep: many trials over several lanes. Trials are independent, so their total does not depend
//! on how many lanes there are.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::lane::{Host, Lane};
use super::play::Play;
use super::watcher::Watcher;
use crate::agenda::Strategy;
use crate::stage::Stage;

/// A lane takes at most this many trials at a time.
const CHUNK: u64 = 64;

/// A lane takes fewer trials at a time if more occurrences than this would fire in them. It
/// therefore checks often enough whether to stop, however long a trial is.
const CHUNK_OCCURRENCES: u64 = 4_000;

/// Which trials are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The seed of the first trial. Trial `i` has this seed plus `i`.
    pub first_seed: u64,
    /// At most this many trials.
    pub trials: u64,
    /// On this many OS threads.
    pub lanes: usize,
    /// What polls the actors.
    pub host: Host,
    /// madsim's own seed.
    pub madsim_seed: u64,
}

/// What a sweep needs besides its numbers.
pub struct Means<'a, T> {
    /// Creates each lane's strategy.
    pub strategy: &'a (dyn Fn() -> Box<dyn Strategy> + Sync),
    /// Processes the trial that was just played, with its seed. The seeds of a lane's trials
    /// increase.
    pub each: &'a (dyn Fn(&mut Lane, u64, &mut T) + Sync),
    /// A watcher that is called between chunks of trials, and that can end the sweep early.
    pub stop: &'a dyn Watcher,
}

/// A trial in which our own code panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// Its seed.
    pub seed: u64,
    /// What the panic said.
    pub message: String,
}

/// The result of a sweep: the trials from the first seed on, without a gap.
#[derive(Clone, Debug)]
pub struct Swept<T> {
    /// What each lane collected.
    pub parts: Vec<T>,
    /// The first trial that panicked. The sweep ends there.
    pub crash: Option<Crash>,
}

/// Plays the sweep.
pub fn sweep<T: Default + Send>(
    stage: &Arc<Stage>,
    sweep: Sweep,
    means: &Means<'_, T>,
) -> Swept<T> {
    let (next, crashed) = (AtomicU64::new(0), AtomicBool::new(false));
    let lane = || {
        let mut part = T::default();
        let mut lane = Lane::on(sweep.host, stage.clone(), (means.strategy)());
        let mut chunk = 1;
        while !(crashed.load(Ordering::Relaxed) || means.stop.is_over()) {
            let first = next.fetch_add(chunk, Ordering::Relaxed);
            if first >= sweep.trials {
                break;
            }
            let end = sweep.trials.min(first + chunk);
            let seeds = (first..end).map(|trial| sweep.first_seed + trial);
            if let Err(crash) = play(&mut lane, sweep.madsim_seed, seeds, means, &mut part) {
                crashed.store(true, Ordering::Relaxed);
                return (part, Some(crash));
            }
            means.stop.played(end - first);
            chunk = (CHUNK_OCCURRENCES / lane.occurrences().max(1)).clamp(1, CHUNK);
        }
        (part, None)
    };
    let played: Vec<(T, Option<Crash>)> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..sweep.lanes).map(|_| scope.spawn(lane)).collect();
        let join = |lane: std::thread::ScopedJoinHandle<'_, _>| match lane.join() {
            Ok(played) => played,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        lanes.into_iter().map(join).collect()
    });
    let (parts, crashes): (Vec<T>, Vec<Option<Crash>>) = played.into_iter().unzip();
    Swept { parts, crash: crashes.into_iter().flatten().min_by_key(|crash| crash.seed) }
}

fn play<T>(
    lane: &mut Lane,
    madsim_seed: u64,
    seeds: impl Iterator<Item = u64>,
    means: &Means<'_, T>,
    part: &mut T,
) -> Result<(), Crash> {
    for seed in seeds {
        let played = catch_unwind(AssertUnwindSafe(|| {
            lane.play(Play { madsim_seed, ..Play::seed(seed) });
            (means.each)(lane, seed, part);
        }));
        played.map_err(|panic| Crash { seed, message: message(&*panic) })?;
    }
    Ok(())
}

/// Returns the message of a panic.
pub fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}
