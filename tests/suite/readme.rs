//! The documents are correct: their commands run, their output is what the program prints, their
//! tables are those of the program, and they name what exists.

use std::path::{Path, PathBuf};

use crate::util::{folder, program, ran, root, scenario_names, source};

const DOCUMENTS: [&str; 3] = ["README.md", "scenarios/README.md", "sim/README.md"];

fn read(document: &str) -> String {
    std::fs::read_to_string(root().join(document)).unwrap()
}

/// Returns the lines of the blocks of this kind, block by block.
fn blocks(document: &str, kind: &str) -> Vec<Vec<String>> {
    let mut blocks: Vec<Vec<String>> = Vec::new();
    let mut is_inside = false;
    for line in read(document).lines() {
        if line == format!("```{kind}") {
            is_inside = true;
            blocks.push(Vec::new());
        } else if line == "```" {
            is_inside = false;
        } else if is_inside {
            blocks.last_mut().unwrap().push(line.to_owned());
        }
    }
    blocks
}

/// Returns the arguments of a command line for Deadheat. `None` if it is for another program.
fn args(command: &str) -> Option<Vec<&str>> {
    let command = command.split('#').next().unwrap().trim();
    let args = command.strip_prefix("deadheat ");
    let args = args.or_else(|| command.strip_prefix("cargo run --release -- "))?;
    (!args.contains('$')).then(|| args.split_whitespace().collect())
}

/// Creates a folder with all scenarios, in which commands may write.
fn project(test: &str) -> PathBuf {
    let here = folder(test);
    std::fs::create_dir(here.join("scenarios")).unwrap();
    for name in scenario_names() {
        std::fs::write(here.join(format!("scenarios/{name}.toml")), source(&name)).unwrap();
    }
    here
}

fn run(here: &Path, args: &[&str]) -> crate::util::Ran {
    ran(program().current_dir(here).args(args))
}

#[test]
fn the_commands_of_the_documents_do_what_they_say() {
    let commands: Vec<String> = DOCUMENTS
        .iter()
        .flat_map(|document| blocks(document, "sh").concat())
        .filter(|command| !command.trim().is_empty())
        .collect();
    for known in ["cargo run --release -- run", "cargo test --workspace"] {
        assert!(commands.iter().any(|command| command.starts_with(known)), "{known}");
    }
    let here = project("documents");
    let mut played = 0;
    let mut known = Vec::new();
    for command in &commands {
        let Some(args) = args(command) else {
            assert!(command.starts_with("cargo ") || command.starts_with("git "), "{command}");
            continue;
        };
        let done = run(&here, &args);
        if known.contains(&args) {
            continue;
        }
        let is_case = args.iter().any(|arg| arg.contains("target/deadheat/"));
        assert_eq!(
            done.code,
            i32::from(args[0] == "replay" && is_case),
            "{command}: {}",
            done.stderr
        );
        known.push(args);
        played += 1;
    }
    assert!(played >= 12, "{played}");
}

#[test]
fn the_questions_of_the_readme_are_answered_by_their_commands() {
    let here = project("questions");
    let readme = read("README.md");
    let rows = readme.lines().filter(|line| line.contains("? | `deadheat "));
    let mut played = 0;
    for row in rows {
        let command = row.split('`').nth(1).unwrap();
        let done = run(&here, &args(command).unwrap());
        assert_eq!(done.code, 0, "{command}: {}", done.stderr);
        played += 1;
    }
    assert!(played >= 9, "{played}");
}

/// Returns a line without what differs between runs: times, rates, and the number of lanes.
fn stable(line: &str) -> &str {
    match line.find(" occurrences each;") {
        Some(at) => &line[..at],
        None => line.trim_end(),
    }
}

#[test]
fn the_output_in_the_documents_is_what_the_program_prints() {
    let here = project("output");
    let mut shown = 0;
    for document in DOCUMENTS {
        for block in blocks(document, "console") {
            let command = block[0].strip_prefix("$ ").unwrap();
            let printed = run(&here, &args(command).unwrap()).stdout;
            let mut printed = printed.lines().map(stable);
            let mut may_skip = false;
            for line in &block[1..] {
                if line.trim() == "…" {
                    may_skip = true;
                    continue;
                }
                let is_it = |other: &str| other == stable(line);
                let found =
                    if may_skip { printed.any(is_it) } else { printed.next().is_some_and(is_it) };
                assert!(found, "{document}: `{command}` does not print this there: {line}");
                may_skip = false;
            }
            assert!(may_skip || printed.next().is_none(), "{document}: `{command}` prints more");
            shown += 1;
        }
    }
    assert!(shown >= 5, "{shown}");
}

#[test]
fn the_readme_is_short_and_has_the_exit_codes_of_the_program() {
    let readme = read("README.md");
    assert!(readme.lines().count() <= 200, "{}", readme.lines().count());
    for code in deadheat::cli::ExitCode::ALL {
        let row = format!("| {} | {} |", code as u8, code.meaning());
        assert!(readme.contains(&row), "{row}");
    }
}

#[test]
fn the_documents_name_every_scenario_and_every_module() {
    let (readme, scenarios) = (read("README.md"), read("scenarios/README.md"));
    for name in scenario_names() {
        assert!(scenarios.contains(&format!("`{name}`")), "{name}");
    }
    let map: Vec<&str> = readme.lines().filter(|line| line.starts_with("  ")).collect();
    for module in std::fs::read_dir(root().join("sim/src")).unwrap() {
        let name = module.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        let is_named = map.iter().any(|line| line.trim_start().starts_with(&format!("{name} ")));
        assert!(is_named || name == "lib" || name == "main", "{name}");
    }
}

#[test]
fn the_glossary_is_the_same_everywhere() {
    let words = ran(program().arg("words")).stdout;
    assert!(read("scenarios/README.md").contains(words.trim_end()), "{words}");
    let help = ran(program().args(["help", "words"])).stdout;
    assert!(help.contains("way of breaking") && help.contains("paid twice"), "{help}");
}
