//! The example does what it says: its own assertions hold.
#![cfg(test)]

#[path = "../examples/two_steps/main.rs"]
mod two_steps;

#[test]
fn the_example_runs() {
    two_steps::main().unwrap();
}
