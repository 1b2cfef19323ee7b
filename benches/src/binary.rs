//! The service's binary, beside our own.

use course_seats::demo::{Seen, Wrong};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The binary of our own profile, built again if it is not what the sources say. A smoke run takes
/// the one that is there.
pub fn find() -> Seen<PathBuf> {
    let own = std::env::current_exe().map_err(|error| Wrong::new("our path", error.to_string()))?;
    let folder = own.parent().unwrap_or(Path::new("."));
    let binary = folder.join("course-seats");
    if cfg!(debug_assertions) && binary.exists() {
        return Ok(binary);
    }
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut build = Command::new(cargo);
    // Together with us: with the same features of what both use, nothing is compiled twice.
    build.args(["build", "--locked", "-p", "course-seats", "-p", "course-seats-benches"]);
    build.args(["--bin", "course-seats"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let built = build.status().map_err(|error| Wrong::new("cargo", error.to_string()))?;
    match built.success() && binary.exists() {
        true => Ok(binary),
        false => Err(Wrong::new("the service's binary", built.to_string())),
    }
}

/// Its size.
pub fn size(binary: &Path) -> Seen<u64> {
    let file = std::fs::metadata(binary);
    file.map(|file| file.len()).map_err(|error| Wrong::new("the binary", error.to_string()))
}
