//! The command line.

fn main() -> std::process::ExitCode {
    driftscope::cli::main()
}
