//! The canary: what a few seeds have always played. It changes only in a commit that says why,
//! because every seed that was kept changes with it.

use std::fmt::Write as _;

use deadheat::engine::Play;
use deadheat::explore::Walk;
use deadheat::study::replay;

use crate::util::{root, scenario_names, stage};

fn now() -> String {
    let mut lines = String::new();
    for name in scenario_names() {
        let stage = stage(&name);
        for seed in [1, 2, 3] {
            let trial = replay(&stage, &name, Box::new(Walk::default()), Play::seed(seed));
            let _ = writeln!(lines, "{name} {seed} {}", trial.digest);
        }
    }
    lines
}

#[test]
fn known_seeds_play_what_they_have_always_played() {
    let path = root().join("tests/suite/canary.txt");
    let (known, now) = (std::fs::read_to_string(&path).unwrap_or_default(), now());
    if known != now {
        let fresh = root().join("target/canary.txt");
        std::fs::write(&fresh, &now).unwrap();
        panic!(
            "seeds play other trials than before. If that is meant, say why in the commit, and: \
             cp target/canary.txt tests/suite/canary.txt"
        );
    }
}
