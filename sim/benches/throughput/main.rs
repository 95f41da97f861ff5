//! Trials and occurrences per second on one core, with history and all properties. They are
//! measured next to a bare discrete-event loop that plays the same workload over the same server.
//! That loop is the limit of what is possible.
//!
//! `cargo bench` prints criterion's figures for each, and then a table of ratios from paired
//! rounds.

mod bare;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use deadheat::engine::{Lane, Play};
use deadheat::explore::Walk;
use deadheat::record::{Counted, Summary};
use deadheat::scenario::{self, Settings};
use deadheat::stage::Stage;

/// What is measured: a scenario, and the same scenario by hand.
const WORKLOADS: [(&str, bare::Workload); 3] = [
    ("double-click", bare::Workload::DoubleClick),
    ("full-generation", bare::Workload::FullGeneration),
    ("stress-test", bare::Workload::StressTest),
];

/// This many trials are played in a round.
const ROUND: u64 = 4_000;
/// This many rounds of each are played in turn.
const ROUNDS: usize = 15;

fn stage(name: &str) -> Arc<Stage> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(name);
    let source = std::fs::read_to_string(path.with_extension("toml")).expect("a scenario");
    let scenario = scenario::load(&source, &Settings::new()).scenario;
    Arc::new(Stage::new(scenario.expect("a scenario without mistakes")))
}

/// A lane with everything switched on, and what it has added up.
struct Full {
    lane: Lane,
    summary: Summary,
    seed: u64,
}

impl Full {
    fn new(name: &str) -> Full {
        let lane = Lane::new(stage(name), Box::new(Walk::default()));
        Full { lane, summary: Summary::default(), seed: 0 }
    }

    fn trial(&mut self) {
        self.seed += 1;
        self.lane.play(Play::seed(self.seed));
        let (occurrences, end) = (self.lane.occurrences(), self.lane.end());
        let path = self.lane.path();
        let cast = self.lane.cast();
        let (armed, fired) = self.lane.faults();
        let (violations, marks) = self.lane.judge();
        let played = Counted { seed: self.seed, occurrences, path, end, armed, fired };
        self.summary.add_trial(&cast, played, violations, marks);
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .measurement_time(Duration::from_secs(3))
        .warm_up_time(Duration::from_secs(1))
        .configure_from_args();
    for (name, workload) in WORKLOADS {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(1));
        let mut full = Full::new(name);
        group.bench_function("deadheat", |bencher| bencher.iter(|| full.trial()));
        let mut bare = bare::Loop::new(workload);
        group.bench_function("bare loop", |bencher| bencher.iter(|| bare.trial()));
        group.finish();
    }
    criterion.final_summary();
    if std::env::args().any(|arg| arg == "--bench") {
        table();
    }
}

/// Prints the medians of rounds that were played in turn, so that variations of a machine cancel
/// out.
fn table() {
    let mut text = String::from(
        "\none core, history and all properties on; medians of paired rounds\n\
         scenario         trials/s  occurrences/s   bare trials/s  ratio   refused: full, bare\n",
    );
    for (name, workload) in WORKLOADS {
        let (mut full, mut bare) = (Full::new(name), bare::Loop::new(workload));
        let (mut rates, mut bare_rates, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let rate = per_second(|| full.trial());
            let bare_rate = per_second(|| bare.trial());
            rates.push(rate);
            bare_rates.push(bare_rate);
            ratios.push(rate / bare_rate);
        }
        let summary = &full.summary;
        let each = summary.occurrences as f64 / summary.trials as f64;
        let refused = summary.violated[1].trials as f64 / summary.trials as f64;
        let rate = median(rates);
        let _ = writeln!(
            text,
            "{name:<16} {rate:>8.0}  {:>13.0}   {:>13.0}  {:>5.3}   {refused:.3}, {:.3}",
            rate * each,
            median(bare_rates),
            median(ratios),
            black_box(bare.refused as f64 / bare.trials as f64),
        );
    }
    // This is the benchmark's only output of its own.
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()).expect("standard output");
}

fn per_second(mut trial: impl FnMut()) -> f64 {
    let begun = Instant::now();
    for _ in 0..ROUND {
        trial();
    }
    ROUND as f64 / begun.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
