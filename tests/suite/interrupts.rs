//! Interrupts: a signal soon ends every command, which prints what is known. Also, what is shown in
//! the meantime.

use std::io::Read as _;
use std::process::{Child, Command, Output, Stdio};

use crate::util::{folder, plain, program, ran, source};

/// Starts a command.
fn begin(args: &[&str]) -> Child {
    let mut program = program();
    program.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    program.spawn().unwrap()
}

/// Sends a signal as soon as the process listens, and waits for its end.
fn interrupted(child: Child, signal: &str) -> Output {
    while !listens(child.id()) {
        std::thread::yield_now();
    }
    send(child.id(), signal);
    child.wait_with_output().unwrap()
}

fn send(process: u32, signal: &str) {
    let kill = Command::new("kill").args([signal, &process.to_string()]).status().unwrap();
    assert!(kill.success());
}

/// Returns whether the process already has a handler for SIGTERM.
fn listens(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & 1 << 14 != 0
}

#[test]
fn each_command_ends_with_130_and_blames_nothing_that_it_has_not_played() {
    for args in [
        &["run", "--trials", "1000000"][..],
        &["run", "--for", "1h", "--format", "json"],
        &["run", "stress-test", "--vary", "workers=1..16", "--trials", "10000000"],
        &["compare", "--all-guards", "--trials", "10000000"],
        &["prove", "parallel-workers"],
        &["explain", "double-click", "--seed", "3", "--trials", "1000000"],
        &["selftest"],
        &["selftest", "--format", "json"],
        &["shrink", "stress-test", "--seed", "5", "--set", "workers=10", "--for", "1h"],
    ] {
        for signal in ["-INT", "-TERM"] {
            let output = interrupted(begin(args), signal);
            let said = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output.status.code(), Some(130), "{args:?} {signal}: {said}");
            for wrong in [
                "found it from 0 of",
                "not as expected",
                "all as expected",
                "was not found",
                "\"expectation_met\":true",
                "is expected to",
            ] {
                assert!(!said.contains(wrong), "{args:?} {signal}: {wrong} in {said}");
            }
        }
    }
}

#[test]
fn a_trial_that_is_longer_than_anybody_waits_is_left_with_a_word() {
    let here = folder("long-trial");
    let job = "  \"save_reply\",\n  { dispatch = \"generate\" },\n]";
    let source = source("one-job").replace("  \"save_reply\",\n]", job);
    let budget = "\n[budget]\npicks = 100000000\ntime = \"168h\"\n";
    let source = source.replace("5ms..80ms", "1ms..2ms").replace("2s..20s", "1ms..2ms");
    std::fs::write(here.join("it.toml"), source + budget).unwrap();
    for args in [&["replay", "./it.toml", "--seed", "1"][..], &["run", "./it.toml"]] {
        let mut program = program();
        program.current_dir(&here).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = interrupted(program.spawn().unwrap(), "-TERM");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{args:?}: {said}");
        // The signal may arrive before the first trial. Then there is a report, and no message.
        let is_reported = said.is_empty() && args[0] == "run" && !output.stdout.is_empty();
        assert!(is_reported || said.starts_with("interrupted; "), "{args:?}: {said}");
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let child = begin(&["explain", "stress-test", "--seed", "5", "--trials", "1000000"]);
    while !listens(child.id()) {
        std::thread::yield_now();
    }
    send(child.id(), "-TERM");
    // The process may have ended already.
    let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).output().unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
}

#[test]
fn without_a_terminal_a_line_is_written_every_ten_seconds() {
    let mut child = begin(&["run", "one-job", "--trials", "1000000000000"]);
    let mut stderr = child.stderr.take().unwrap();
    let mut said = Vec::new();
    let mut byte = [0];
    while stderr.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
        said.push(byte[0]);
    }
    let said = String::from_utf8(said).unwrap();
    assert!(said.starts_with("one-job: "), "{said}");
    assert!(said.contains(" of 1,000,000,000,000 trials, "), "{said}");
    assert!(said.contains(" a second, ") && said.ends_with(" s left"), "{said}");
    send(child.id(), "-TERM");
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
}

/// Runs a command on its own terminal. Returns what the terminal shows, and what was written to a
/// file.
fn on_a_terminal(test: &str, command: &str) -> (String, String) {
    let here = folder(test);
    std::fs::write(here.join("it.toml"), plain("double-click")).unwrap();
    let line = format!("{} {command} > out", env!("CARGO_BIN_EXE_deadheat"));
    let mut script = Command::new("script");
    script.current_dir(&here).args(["-q", "-e", "-c", &line, "/dev/null"]);
    let screen = ran(script.env("TERM", "xterm").stdin(Stdio::null())).stdout;
    (screen, std::fs::read_to_string(here.join("out")).unwrap())
}

#[test]
fn on_a_terminal_a_bar_is_drawn_after_two_seconds_and_never_into_the_output() {
    if Command::new("script").arg("--version").output().is_err() {
        return;
    }
    let (screen, out) = on_a_terminal("bar", "run ./it.toml --for 5s");
    assert!(screen.contains("it [") && screen.contains(" a second, "), "{screen}");
    assert!(out.starts_with("it  as expected\n") && !out.contains('\r'), "{out}");
    let (screen, out) = on_a_terminal("no-bar", "run ./it.toml --trials 10");
    assert_eq!(screen, "");
    assert!(out.starts_with("it  "), "{out}");
}
