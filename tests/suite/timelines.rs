//! Timelines as users see them. A page fits into a hundred columns.

use crate::util::{deadheat, scenario_names};

fn timeline(name: &str, seed: &str) -> String {
    let ran = deadheat(&["replay", name, "--seed", seed]);
    assert_eq!(ran.stderr, "");
    // The program is called by its absolute path here, so it names itself plainly.
    ran.stdout
}

#[test]
fn a_double_click_whose_run_is_refused() {
    insta::assert_snapshot!(timeline("double-click", "6"));
}

#[test]
fn a_double_click_that_is_paid_for_twice() {
    insta::assert_snapshot!(timeline("double-click", "1"));
}

#[test]
fn a_first_double_click_that_leaves_an_orphan() {
    insta::assert_snapshot!(timeline("double-click-first", "3"));
}

#[test]
fn a_stress_test_with_a_column_for_each_worker() {
    insta::assert_snapshot!(timeline("stress-test", "1"));
}

#[test]
fn a_page_fits_a_hundred_columns() {
    for name in scenario_names() {
        for seed in ["1", "2", "3"] {
            let page = timeline(&name, seed);
            let again = page.lines().last().unwrap();
            assert!(again.starts_with("again: deadheat replay"), "{again}");
            let long = page
                .lines()
                .find(|line| line.chars().count() > 100 && !line.starts_with("again: "));
            assert_eq!(long, None, "{name}, seed {seed}");
        }
    }
}

#[test]
fn many_actors_share_a_column() {
    let page = deadheat(&["replay", "stress-test", "--seed", "1", "--set", "workers=12"]).stdout;
    assert!(page.contains("who               what"), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 100 || line.starts_with("again: ")));
}

#[test]
fn colours_stand_beside_words_and_only_where_they_are_wanted() {
    let mut program = crate::util::program();
    program.args(["replay", "double-click", "--seed", "6"]);
    let plain = crate::util::ran(&mut program).stdout;
    assert!(!plain.contains('\u{1b}'));
    program.env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1");
    let coloured = crate::util::ran(&mut program).stdout;
    assert!(coloured.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn verbose_tells_spans_on_standard_error_in_virtual_time() {
    let ran = deadheat(&["replay", "double-click", "--seed", "6", "--verbose"]);
    assert_eq!(ran.stdout, timeline("double-click", "6"));
    let refused = ran.stderr.lines().find(|line| line.contains("Refused")).unwrap();
    assert!(
        refused.starts_with("    0.371 actor{name=\"generate#2.1\"} call{name=create_run nth=1} "),
        "{refused}"
    );
    assert!(!ran.stderr.contains("madsim"), "{}", ran.stderr);
}
