//! The command line: one file per command. Only this module prints, or reads the environment, files
//! and the wall clock.

mod actions;
mod args;
mod automation;
mod branch;
mod built_in;
mod candidates;
mod cases;
mod compare;
mod complete;
mod exit_code;
mod explain;
mod files;
mod follow;
mod format;
mod history;
mod init;
mod interrupt;
mod keep;
mod least;
mod lint;
mod list;
mod meant;
mod merge;
mod new;
mod output;
mod pace;
mod pictures;
mod plan;
mod progress;
mod prove;
mod question;
mod range;
mod replay;
mod run;
mod schema;
mod screen;
mod selftest;
mod show;
mod shrink;
mod trace;
mod values;
mod vary;
mod way;
mod words;

pub use self::exit_code::ExitCode;

use std::ffi::OsString;

use clap::Parser as _;

use self::args::{Args, Command};
use self::output::Output;

/// The reason why a command could not do its work. The message says what to do.
struct Failure {
    code: ExitCode,
    message: String,
}

impl Failure {
    fn usage(message: impl Into<String>) -> Failure {
        Failure { code: ExitCode::Usage, message: message.into() }
    }

    fn io(message: impl Into<String>) -> Failure {
        Failure { code: ExitCode::Io, message: message.into() }
    }
}

/// Runs the program on the arguments of this process.
pub fn main() -> std::process::ExitCode {
    complete::complete();
    let spelled = spelled_out(std::env::args_os());
    let is_json = spelled.iter().any(|arg| arg == "--format=json" || arg == "json");
    let args = match Args::try_parse_from(spelled) {
        Ok(args) => args,
        Err(error) => return usage(&error).into(),
    };
    if is_json {
        files::name_program();
    }
    let done = std::panic::catch_unwind(|| command(args));
    let code = done.unwrap_or_else(|panic| {
        let said = crate::engine::message(&*panic);
        output::complain(&format!("this is a bug in Deadheat, please report it: {said}"));
        ExitCode::Bug
    });
    code.into()
}

/// Expands `--json` to `--format json`, for every command that has it.
fn spelled_out(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut is_option = true;
    let spelled = |arg: OsString| {
        is_option &= arg != "--";
        if is_option && arg == "--json" { "--format=json".into() } else { arg }
    };
    args.map(spelled).collect()
}

fn usage(error: &clap::Error) -> ExitCode {
    // Help and version are not errors. A closed pipe that would have read them is not an error
    // either.
    let is_error = error.use_stderr();
    let _ = error.print();
    if is_error { ExitCode::Usage } else { ExitCode::Expected }
}

fn command(args: Args) -> ExitCode {
    interrupt::listen();
    output::color(args.color);
    let mut output = Output::new();
    let done = match args.command {
        Command::Run(args) => run::run(&args, &mut output),
        Command::Merge(args) => merge::merge(&args, &mut output),
        Command::Replay(args) => replay::replay(&args, &mut output),
        Command::Prove(args) => prove::prove(&args, &mut output),
        Command::Explain(args) => explain::explain(&args, &mut output),
        Command::Shrink(args) => shrink::shrink(&args, &mut output),
        Command::Keep(args) => keep::keep(&args, &mut output),
        Command::Compare(args) => compare::compare(&args, &mut output),
        Command::Selftest(args) => selftest::selftest(&args, &mut output),
        Command::Lint(args) => lint::lint(&args, &mut output),
        Command::List(args) => list::list(&args, &mut output),
        Command::Words { format } => words::words(format, &mut output),
        Command::Show(args) => show::show(&args, &mut output),
        Command::Schema { of } => schema::schema(of, &mut output),
        Command::Actions { format } => actions::actions(format, &mut output),
        Command::New(args) => new::new(&args, &mut output),
        Command::Init(args) => init::init(&args.dir, &mut output),
        Command::Automation => automation::automation(&mut output),
        Command::Man { dir } => complete::man(&dir, &mut output),
        Command::Completions { shell } => complete::completions(shell, &mut output),
    };
    let flushed = output.flush();
    progress::clear();
    match done.and_then(|code| flushed.map(|()| code)) {
        Ok(code) => code,
        Err(failure) => {
            output::complain(&failure.message);
            failure.code
        }
    }
}
