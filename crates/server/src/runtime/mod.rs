//! What only a running process has: time, entropy, tasks, logs.

mod clock;
mod entropy;
mod logging;
mod spawner;

pub use clock::SystemClock;
pub use entropy::{OsEntropy, new_reference};
pub use logging::init as init_logging;
pub use spawner::HandleSpawner;
