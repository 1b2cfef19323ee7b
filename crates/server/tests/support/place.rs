//! A data folder with everything embedded, on which the binary is started again and again.

use crate::binary::{Serving, ready, wrong};
use course_seats::demo::{Client, Wrong};
use tempfile::TempDir;

/// A data folder with everything embedded, and what the processes on it said.
pub struct Place {
    folder: TempDir,
    settings: &'static [(&'static str, &'static str)],
}

impl Place {
    /// A new folder; the binary is started with these settings.
    pub fn new(settings: &'static [(&'static str, &'static str)]) -> Result<Self, Wrong> {
        let folder = tempfile::tempdir().map_err(wrong("a temporary folder"))?;
        Ok(Self { folder, settings })
    }

    /// What the processes wrote to stderr.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> std::path::PathBuf {
        self.folder.path().join("serve.log")
    }

    /// Starts the binary on a free port and waits until it is ready.
    pub async fn serve(&self, latency_ms: u64) -> Result<Serving, Wrong> {
        let data = self.folder.path().join("data").to_string_lossy().into_owned();
        let latency = latency_ms.to_string();
        let ours = [
            ("DATA_DIR", data.as_str()),
            ("SEED_EXAMPLE", "false"),
            ("SANDBOX_LATENCY_MS", &latency),
        ];
        let settings = ours.into_iter().chain(self.settings.iter().copied());
        let serving = Serving::start(settings, &self.log_path(), |url| Client::new(url)).await?;
        let late =
            |wrong: Wrong| Wrong::new(wrong.expected, format!("{}\n{}", wrong.seen, self.log()));
        ready(&serving.client).await.map_err(late)?;
        Ok(serving)
    }
}
