//! What the system says about a process.

use course_seats::demo::{Seen, Stopwatch, Wrong};
use std::time::Duration;

/// A process, by its id.
#[derive(Debug, Clone, Copy)]
pub struct Process {
    id: u32,
}

/// What a process and the machine used between two moments.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    watch: Stopwatch,
    used: Duration,
}

impl Process {
    /// The one with this id.
    pub fn new(id: u32) -> Self {
        Self { id }
    }

    /// The memory that it has now, in MB.
    pub fn memory(self) -> Seen<f64> {
        self.status("VmRSS:")
    }

    /// The most that it had since [`Process::forget_peak`], in MB.
    pub fn peak(self) -> Seen<f64> {
        self.status("VmHWM:")
    }

    /// The most counts from here on.
    pub fn forget_peak(self) -> Seen<()> {
        let path = format!("/proc/{}/clear_refs", self.id);
        std::fs::write(path, "5").map_err(|error| Wrong::new("clear_refs", error.to_string()))
    }

    /// From here on its CPU time is counted.
    pub fn usage(self) -> Seen<Usage> {
        Ok(Usage { watch: Stopwatch::start(), used: self.cpu()? })
    }

    /// How much of one CPU it had since.
    pub fn share(self, since: Usage) -> Seen<f64> {
        let used = self.cpu()?.saturating_sub(since.used);
        Ok(used.as_secs_f64() / since.watch.elapsed().as_secs_f64().max(f64::EPSILON))
    }

    /// CPU time so far, its own and the system's for it.
    fn cpu(self) -> Seen<Duration> {
        let text = self.read("stat")?;
        // After the name, which may hold anything: user and system time are the 14th and 15th field.
        let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 =
            fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        // A hundred a second on every Linux that we know.
        Ok(Duration::from_millis(ticks * 10))
    }

    fn status(self, wanted: &str) -> Seen<f64> {
        let text = self.read("status")?;
        let line = text.lines().find_map(|line| line.strip_prefix(wanted));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kilobytes.map(|kb| kb / 1024.0).ok_or_else(|| Wrong::new(wanted, "nothing"))
    }

    fn read(self, file: &str) -> Seen<String> {
        let path = format!("/proc/{}/{file}", self.id);
        std::fs::read_to_string(&path).map_err(|error| Wrong::new(path, error.to_string()))
    }
}
