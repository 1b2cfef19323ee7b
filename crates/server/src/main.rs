//! The `course-seats` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    course_seats::cli::run()
}
