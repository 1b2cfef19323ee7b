//! How big the measured things are.

use std::time::Duration;

/// The sizes of a run: those of the promises, or tiny ones.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    smoke: bool,
}

impl Scale {
    /// `smoke`: tiny.
    pub fn new(smoke: bool) -> Self {
        Self { smoke }
    }

    /// This many, or a few.
    pub fn of(self, full: u32, few: u32) -> u32 {
        if self.smoke { few } else { full }
    }

    /// How often something is measured; the median counts.
    pub fn runs(self, full: usize) -> usize {
        if self.smoke { 1 } else { full }
    }

    /// For how long a load goes on.
    pub fn load(self) -> Duration {
        if self.smoke { Duration::from_millis(300) } else { Duration::from_secs(4) }
    }

    /// Whether only that it can be measured is to be seen.
    pub fn is_smoke(self) -> bool {
        self.smoke
    }
}
