//! The migrations are part of the program, and a folder that is new among them is no change of a file.

fn main() {
    println!("cargo:rerun-if-changed=../../../migrations/postgres");
}
