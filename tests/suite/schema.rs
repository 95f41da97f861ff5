//! The JSON Schema is that of the tables, is committed, and distinguishes a scenario from what is
//! not one.

use crate::util::{deadheat, root, scenario_names, source};

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(&deadheat::scenario::schema()).unwrap();
    jsonschema::draft7::new(&schema).unwrap()
}

fn json(source: &str) -> serde_json::Value {
    let table: toml::Table = toml::from_str(source).unwrap();
    serde_json::to_value(table).unwrap()
}

#[test]
fn the_committed_schema_is_the_one_that_the_program_prints() {
    let committed = std::fs::read_to_string(root().join("scenarios/scenario.schema.json")).unwrap();
    let printed = deadheat(&["schema"]).stdout;
    assert!(
        committed == printed,
        "the tables have changed: cargo run -- schema > scenarios/scenario.schema.json"
    );
}

#[test]
fn every_scenario_fits_the_schema() {
    let validator = validator();
    for name in scenario_names() {
        let errors: Vec<String> =
            validator.iter_errors(&json(&source(&name))).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn what_is_no_scenario_does_not_fit() {
    let validator = validator();
    let source = source("stress-test");
    assert!(validator.is_valid(&json(&source)));
    for (right, wrong) in [
        ("count    = ", "cuont    = "),
        ("\"create_run\"", "\"create_rnu\""),
        ("run_time = \"2s..20s\"", "run_time = \"2..20\""),
        ("iterations = 10", "iterations = [10]"),
        ("always   = [\"no-rejected-call\"", "always   = [\"no-rejected-cal\""),
        ("format  = 1", "format  = \"one\""),
        ("times = \"$iterations\", ", ""),
    ] {
        let changed = source.replace(right, wrong);
        assert_ne!(changed, source, "{right}");
        assert!(!validator.is_valid(&json(&changed)), "{wrong}");
    }
}
