//! The README is true: its commands run, its tables are those of the program, its map names what is
//! there.

use crate::util::{folder, program, ran, root, scenario_names, source};

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// The commands in its blocks of shell.
fn commands() -> Vec<String> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in readme().lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside => {
                let command = line.split('#').next().unwrap().trim();
                commands.push(command.to_owned());
            }
            _ => {}
        }
    }
    commands.retain(|command| !command.is_empty());
    commands
}

#[test]
fn the_commands_of_the_readme_do_what_it_says() {
    let commands = commands();
    assert!(commands.contains(&"cargo run --release -- run".to_owned()));
    assert!(commands.contains(&"cargo test --workspace".to_owned()));
    // Some of them write files, which have no business among those of the project.
    let here = folder("readme");
    std::fs::create_dir(here.join("scenarios")).unwrap();
    for name in scenario_names() {
        std::fs::write(here.join(format!("scenarios/{name}.toml")), source(&name)).unwrap();
    }
    let mut run = 0;
    for command in &commands {
        let Some(args) = command
            .strip_prefix("deadheat ")
            .or_else(|| command.strip_prefix("cargo run --release -- "))
        else {
            assert!(command.starts_with("cargo ") || command.starts_with("git "), "{command}");
            continue;
        };
        if args.contains('…') || args.contains('$') {
            continue;
        }
        let args: Vec<&str> = args.split_whitespace().collect();
        let done = ran(program().current_dir(&here).args(&args));
        let code = if args.contains(&"--digest") { [0, 0] } else { [0, 1] };
        assert!(code.contains(&done.code), "{command}: {} {}", done.code, done.stderr);
        run += 1;
    }
    assert!(run >= 12, "{run}");
}

#[test]
fn the_exit_codes_of_the_readme_are_those_of_the_program() {
    let readme = readme();
    for code in deadheat::cli::ExitCode::ALL {
        let row = format!("| {} | {} |", code as u8, code.meaning());
        assert!(readme.contains(&row), "{row}");
    }
}

#[test]
fn the_readme_names_every_scenario_and_every_module() {
    let readme = readme();
    for name in scenario_names() {
        assert!(readme.contains(&format!("`{name}`")), "{name}");
    }
    for module in std::fs::read_dir(root().join("sim/src")).unwrap() {
        let name = module.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        if name != "lib" && name != "main" {
            assert!(readme.contains(&name), "{name}");
        }
    }
}

#[test]
fn the_timeline_in_the_readme_is_the_one_that_is_printed() {
    let page = ran(program().args(["replay", "double-click", "--seed", "6"])).stdout;
    let table: Vec<&str> = page.lines().take_while(|line| !line.starts_with("legend")).collect();
    assert!(readme().contains(&table.join("\n")), "{}", table.join("\n"));
}
