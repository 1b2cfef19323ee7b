//! What only a running process has: entropy, tasks, logs.

mod entropy;
mod logging;
mod spawner;

pub use entropy::{OsEntropy, new_reference};
pub use logging::init as init_logging;
pub use spawner::HandleSpawner;
