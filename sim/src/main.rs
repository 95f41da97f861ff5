//! The `deadheat` program.

#[cfg(not(madsim))]
compile_error!(
    "madsim is off. Deadheat needs `--cfg madsim`, which `.cargo/config.toml` sets; an exported \
     RUSTFLAGS (or a `rustflags` for your target) replaces it. Unset RUSTFLAGS, or add the flag to \
     it: RUSTFLAGS=\"--cfg madsim\". `cargo install --git` reads no config: set it there, too."
);

use std::process::ExitCode;

fn main() -> ExitCode {
    deadheat::cli::main()
}
