//! What the demo says: to the terminal, and without colour to a log file.

use super::wrong::Wrong;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const RESET: &str = "\x1b[0m";

/// Where the demo's lines go.
pub struct Report {
    log: File,
    colour: bool,
    steps: u32,
}

impl Report {
    /// A report that is also written to this file.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn new(log: &Path) -> io::Result<Self> {
        let colour = io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Ok(Self { log: File::create(log)?, colour, steps: 0 })
    }

    /// How many steps there were.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// A step begins: what is done.
    pub fn step(&mut self, what: &str) {
        self.steps += 1;
        self.line(&format!("{:>2}", self.steps), GREEN, what, BOLD);
    }

    /// What the step saw, and the requests that it made with their status.
    pub fn seen(&mut self, exchanges: &[String], what: &str) {
        self.line("  ", "", &short(what), "");
        let requests = together(exchanges);
        if !requests.is_empty() {
            self.line("  ", DIM, &short(&requests), DIM);
        }
    }

    /// A remark within a step.
    pub fn remark(&mut self, text: &str) {
        self.line("  ", DIM, text, DIM);
    }

    /// A bar for so many items, on a terminal; elsewhere nothing shows.
    #[must_use]
    pub fn progress(&self, total: u64) -> ProgressBar {
        if !io::stdout().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stdout());
        let style = ProgressStyle::with_template("    {bar:30} {pos} of {len}");
        match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }

    /// A line of its own.
    pub fn say(&mut self, text: &str) {
        self.line("", "", text, "");
    }

    /// The good end.
    pub fn good(&mut self, text: &str) {
        self.line("ok", GREEN, text, BOLD);
    }

    /// Something is not as it should be.
    pub fn wrong(&mut self, wrong: &Wrong) {
        self.line("!!", RED, "not as it should be", BOLD);
        self.line("  ", "", &format!("expected  {}", wrong.expected), "");
        self.line("  ", "", &format!("saw       {}", wrong.seen), "");
    }

    fn line(&mut self, mark: &str, mark_style: &str, text: &str, style: &str) {
        let gap = if mark.is_empty() { "" } else { "  " };
        // Whoever closed the terminal or filled the disk does not want to hear more of it.
        let _ = writeln!(self.log, "{mark}{gap}{text}");
        let mut out = io::stdout().lock();
        let _ = match self.colour {
            true => {
                writeln!(out, "{mark_style}{mark}{RESET}{gap}{style}{text}{RESET}")
            }
            false => writeln!(out, "{mark}{gap}{text}"),
        };
        let _ = out.flush();
    }
}

/// The requests of a step in one line: those that differ only in ids stand once, with how often.
/// Reads that went well are left out.
fn together(exchanges: &[String]) -> String {
    let mut counted: Vec<(&str, u32)> = Vec::new();
    for exchange in exchanges {
        if exchange.starts_with("GET ") && exchange.ends_with("→ 200") {
            continue;
        }
        match counted.iter_mut().find(|(known, _)| known == exchange) {
            Some((_, count)) => *count += 1,
            None => counted.push((exchange, 1)),
        }
    }
    let told = counted.into_iter().map(|(exchange, count)| match count {
        1 => exchange.to_owned(),
        count => format!("{exchange} ({count}×)"),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// The text with every UUID cut to its first eight digits.
#[must_use]
pub fn short(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((id, behind)) = rest.split_at_checked(36)
            && id.as_bytes().get(8) == Some(&b'-')
            && id.parse::<uuid::Uuid>().is_ok()
        {
            out.extend(id.chars().take(8));
            rest = behind;
        } else {
            out.push(first);
            rest = rest.split_at(first.len_utf8()).1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_cut() {
        let text = "lab 0fbd5cd1-9174-4ef4-8c3f-d51466b76de5/é and 0fbd5cd1-9174";
        assert_eq!(short(text), "lab 0fbd5cd1/é and 0fbd5cd1-9174");
        assert_eq!(short(""), "");
    }

    #[test]
    fn requests_are_counted_and_reads_left_out() {
        let exchanges =
            ["POST /a → 200", "GET /b → 200", "POST /a → 200", "GET /b → 404"].map(String::from);
        assert_eq!(together(&exchanges), "POST /a → 200 (2×), GET /b → 404");
        assert_eq!(together(&[]), "");
    }
}
