//! The program reacts to any input with a clear answer and the documented code, and never with a
//! panic.

use std::io::Read as _;
use std::process::{Command, Stdio};

use crate::util::{Ran, deadheat, folder, is_long, program, ran, root, source};

/// Runs a file with this content.
fn run(test: &str, content: &[u8]) -> Ran {
    let path = folder(test).join("race.toml");
    std::fs::write(&path, content).unwrap();
    let ran = deadheat(&["run", path.to_str().unwrap(), "--trials", "5"]);
    sane(&ran);
    ran
}

fn sane(ran: &Ran) {
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert!([0, 1, 2, 3, 4, 74].contains(&ran.code), "{} {}", ran.code, ran.stderr);
}

fn refused(args: &[&str], code: i32, said: &str) {
    let ran = deadheat(args);
    sane(&ran);
    assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
    assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
}

#[test]
fn arguments_that_make_no_sense_end_with_2() {
    refused(&["run", "--trials", "0"], 2, "a number from 1 to 1000000000000, such as");
    refused(&["run", "--trials", "-3"], 2, "unexpected argument");
    refused(&["run", "--lanes", "0"], 2, "a number from 1 to 256");
    refused(&["run", "--seed", "9007199254740992"], 2, "a seed is a number below 2^53");
    refused(
        &["run", "one-job", "--seed", "9007199254740991", "--trials", "2"],
        2,
        "leaves room for 1 trials below seed 2^53",
    );
    refused(&["run", "--set", "workers"], 2, "a setting is NAME=VALUE");
    refused(&["run", "--for", "soon"], 2, "a time is a number and a unit");
    refused(&["run", "--for", "1s", "--trials", "5"], 2, "cannot be used with");
    refused(&["replay", "one-job", "--seed", "1", "--digest", "abc"], 2, "a digest looks like");
    refused(&["run", "doubel-click"], 2, "did you mean `double-click`, ");
    refused(
        &["run", "one-job", "--set", "workers=3"],
        2,
        "--set workers: this scenario has no parameter",
    );
    refused(&["replay", "stress-test", "--seed", "1", "--set", "workers=0"], 2, "has a mistake");
    refused(&["frobnicate"], 2, "unrecognized subcommand");
    refused(&["new", "../up"], 2, "is not a name");
}

#[test]
fn files_that_are_not_there_or_cannot_be_read() {
    refused(&["run", "scenarios/nothing.toml"], 2, "there is no file `scenarios/nothing.toml`");
    refused(&["run", "scenarios/"], 2, "is a directory, not a scenario");
    refused(&["lint", "/proc/self/mem.toml"], 2, "there is no file");
    let nowhere = folder("nowhere");
    let ran = ran(program().current_dir(&nowhere).args(["run"]));
    // The program would find a folder of scenarios around this one.
    if ran.code != 0 {
        assert_eq!(ran.code, 4, "{}", ran.stderr);
    }
}

/// Runs the program with two gigabytes of memory. A file without an end must not be read until that
/// is full.
fn bounded(args: &[&str]) -> Ran {
    let limited = "ulimit -v 2000000; exec \"$0\" \"$@\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", limited, env!("CARGO_BIN_EXE_deadheat")]).args(args).current_dir(root());
    ran(&mut shell)
}

#[test]
fn what_is_no_regular_file_is_refused_before_it_is_read() {
    let folder = folder("no-file");
    let pipe = folder.join("pipe.toml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.to_str().unwrap().to_owned();
    // A program that opens it gets something, and does not wait forever.
    let written = pipe.clone();
    std::thread::spawn(move || std::fs::write(written, "format = 1"));
    let large = folder.join("large.toml");
    let folder = format!("{}/", folder.display());
    for (file, said) in [
        ("/dev/zero", "`/dev/zero` is not a regular file; a scenario is one, of at most 1048576"),
        (pipe.as_str(), "is not a regular file; a scenario is one"),
        (&folder, "is a directory, not a scenario"),
    ] {
        for args in [
            vec!["run", file, "--lanes", "1"],
            vec!["replay", file, "--seed", "1"],
            vec!["prove", file],
        ] {
            let ran = bounded(&args);
            assert_eq!(ran.code, 2, "{args:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
        }
    }
    // This file has a terabyte that was never written.
    std::fs::File::create(&large).unwrap().set_len(1 << 40).unwrap();
    let ran = bounded(&["run", large.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("has 1099511627776 bytes, and at most"), "{}", ran.stderr);
}

#[test]
fn files_that_are_no_scenario() {
    let empty = run("empty", b"");
    assert_eq!(empty.code, 2);
    assert!(empty.stderr.contains("the file is empty"), "{}", empty.stderr);
    let large = run("large", &vec![b'#'; (1 << 20) + 1]);
    assert_eq!(large.code, 2);
    assert!(large.stderr.contains("at most 1048576 are read"), "{}", large.stderr);
    let binary = run("binary", b"format = 1\n\0\x01\x02");
    assert_eq!(binary.code, 2);
    assert!(binary.stderr.contains("byte 11 is zero"), "{}", binary.stderr);
    let latin = run("latin", b"summary = \"caf\xe9\"");
    assert_eq!(latin.code, 2);
    assert!(latin.stderr.contains("not UTF-8: byte 14"), "{}", latin.stderr);
    let comment = run("comment", b"# nothing here\n");
    assert_eq!(comment.code, 2);
    assert!(comment.stderr.contains("the file needs the key `format`"), "{}", comment.stderr);
    let nested = run("nested", "a = ".to_owned().as_bytes());
    assert_eq!(nested.code, 2);
    let deep = format!("format = 1\nx = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(run("deep", deep.as_bytes()).code, 2);
    let mark = run("mark", format!("\u{feff}{}", source("one-job")).as_bytes());
    assert_eq!(mark.code, 0, "a byte-order mark is no mistake: {}", mark.stderr);
    let windows = run("windows", source("one-job").replace('\n', "\r\n").as_bytes());
    assert_eq!(windows.code, 0, "{}", windows.stderr);
}

#[test]
fn absurd_numbers_are_refused_where_they_stand() {
    for (value, said) in [
        ("0", "`count` must be 1 to 1000, not 0"),
        ("1000000", "`count` must be 1 to 1000, not 1000000"),
        ("-1", "`count` must be 1 to 1000, not -1"),
        ("99999999999999999999999", "expected a whole number, found a number that is too large"),
        ("1.5", "expected a whole number, found the number 1.5"),
        ("five", "expected a whole number, found the text \"five\""),
    ] {
        let setting = format!("workers={value}");
        refused(&["run", "stress-test", "--set", &setting], 2, said);
        let ran = deadheat(&["run", "stress-test", "--set", &setting]);
        assert!(ran.stderr.contains("scenarios/stress-test.toml:26:12"), "{}", ran.stderr);
    }
    let many = if is_long() { "workers=1000" } else { "workers=200" };
    let ran = deadheat(&["run", "stress-test", "--set", many, "--trials", "1"]);
    sane(&ran);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// Returns a scenario in which a user clicks once for a job that does this, within a small budget.
fn one_job(body: &str) -> String {
    let source = source("one-job");
    let (before, _) = source.split_once("[job.generate]").unwrap();
    format!("{before}[job.generate]\ndo = [{body}]\n[budget]\npicks = 2000\n")
}

#[test]
fn a_job_that_dispatches_itself_is_ended_by_the_budget() {
    let source = one_job("{ dispatch = \"generate\" }");
    let ran = run("endless", source.as_bytes());
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("5 trials were out of budget"), "{}", ran.stdout);
    let path = folder("endless_replay").join("race.toml");
    std::fs::write(&path, source).unwrap();
    let replayed = deadheat(&["replay", path.to_str().unwrap(), "--seed", "1"]);
    assert_eq!(replayed.code, 3);
    assert!(
        replayed.stdout.contains("still pending at the end:\n  generate#"),
        "{}",
        replayed.stdout
    );
}

#[test]
fn loops_that_do_nothing_are_ended_by_the_budget() {
    for body in [
        "{ repeat = { times = 1000000, do = [{ repeat = { times = 1000000, do = [] } }] } }",
        "{ repeat = { times = 1000000, do = [{ try = [\"fail\"] }] } }",
        "{ retry = { on = [\"failed\"], times = 1000, do = [{ retry = { on = [\"failed\"], times = 1000, wait = \"0ms\", do = [\"fail\"] } }] } }",
    ] {
        let ran = run("idle_loops", one_job(body).as_bytes());
        assert_eq!(ran.code, 3, "{body}\n{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_work_that_nobody_will_read() {
    let mut child = program()
        .args(["run", "--trials", "20"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(crate::util::complaints(&said), "");
    // Not everything was played. Twenty trials are too few for what is rare, so what was played may
    // be a finding.
    assert!(matches!(output.status.code(), Some(1 | 3)), "{:?}", output.status);
}

#[test]
fn a_full_disk_is_told() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let ran = ran_into(full);
    assert_eq!(ran.code, 74, "{}", ran.stderr);
    assert!(ran.stderr.contains("could not write to standard output"), "{}", ran.stderr);
}

fn ran_into(file: std::fs::File) -> Ran {
    let output = program()
        .args(["replay", "one-job", "--seed", "1"])
        .stdout(file)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::new(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn an_interrupt_ends_with_130_after_a_report() {
    let child = program()
        .args(["run", "one-job", "--for", "1h", "--lanes", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while !catches_interrupts(child.id()) {
        std::thread::yield_now();
    }
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("one-job  interrupted"), "{report}");
}

/// Returns whether the process already has a handler for SIGINT.
fn catches_interrupts(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & 0b10 != 0
}
