//! What happened, line by line. Nothing is written down unless somebody wants to read it.

use crate::runtime::lock;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

/// Whether the history is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// Not at all: the fast way.
    #[default]
    Nothing,
    /// To be read at the end.
    Text,
    /// Printed at once, so that it stands among the logs of the application.
    Printed,
}

/// The history of one run.
#[derive(Default)]
pub struct History {
    keep: Keep,
    text: Mutex<String>,
}

impl History {
    /// An empty one.
    #[must_use]
    pub fn new(keep: Keep) -> Self {
        Self { keep, text: Mutex::default() }
    }

    /// Writes down what happened at this moment of simulated time.
    pub fn note(&self, now: Duration, what: impl FnOnce() -> String) {
        if self.keep == Keep::Nothing {
            return;
        }
        let line = format!("{:>14.6} {}\n", now.as_secs_f64(), what());
        match self.keep {
            Keep::Printed => print!("{line}"),
            _ => {
                // A text takes everything.
                let _ = lock(&self.text).write_str(&line);
            }
        }
    }

    /// All of it.
    #[must_use]
    pub fn text(&self) -> String {
        lock(&self.text).clone()
    }
}
