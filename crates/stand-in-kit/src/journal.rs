use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// The file that a stand-in can be given: one line of JSON a change, written before the call is
/// answered, replayed at the start.
pub struct Journal(File);

impl Journal {
    /// Opens the file and hands over what it holds. A last line without its end is what a killed
    /// process left: nobody was told of it, and it is cut off.
    ///
    /// # Errors
    /// If it cannot be opened or read.
    pub fn open<Change: DeserializeOwned>(
        path: &Path,
        mut each: impl FnMut(Change),
    ) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64)?;
        for line in text.get(..whole).unwrap_or_default().lines() {
            each(serde_json::from_str(line)?);
        }
        Ok(Self(file))
    }

    /// Adds a change behind the others.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn append(&mut self, change: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(change)?;
        line.push(b'\n');
        self.0.write_all(&line)
    }
}
