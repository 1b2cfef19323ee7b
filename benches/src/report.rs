//! The table.

use std::io::Write;

/// Whether a promise is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Ok,
    /// It is not.
    Missed,
    /// Nothing was promised: told to be known.
    Told,
}

impl Verdict {
    /// Of a condition.
    pub fn of(kept: bool) -> Self {
        if kept { Self::Ok } else { Self::Missed }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missed => "MISSED",
            Self::Told => "",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Row {
    figure: String,
    measured: String,
    bound: String,
    ratio: String,
    promise: String,
    verdict: Verdict,
}

impl Row {
    /// Something that was measured.
    pub fn new(figure: impl Into<String>, measured: impl Into<String>) -> Self {
        Self {
            figure: figure.into(),
            measured: measured.into(),
            bound: String::new(),
            ratio: String::new(),
            promise: String::new(),
            verdict: Verdict::Told,
        }
    }

    /// The bound that it is held against.
    pub fn bound(mut self, bound: impl Into<String>) -> Self {
        self.bound = bound.into();
        self
    }

    /// How it stands to its bound, where nothing is promised.
    pub fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = format!("{ratio:.2}");
        self
    }

    /// A ratio that must not be larger.
    pub fn at_most(self, ratio: f64, limit: f64) -> Self {
        let kept = Verdict::of(ratio <= limit);
        self.ratio(ratio).promised(format!("≤ {limit}"), kept)
    }

    /// A ratio that must be smaller.
    pub fn under(self, ratio: f64, limit: f64) -> Self {
        let kept = Verdict::of(ratio < limit);
        self.ratio(ratio).promised(format!("< {limit}"), kept)
    }

    /// A ratio that must not be smaller.
    pub fn at_least(self, ratio: f64, limit: f64) -> Self {
        let kept = Verdict::of(ratio >= limit);
        self.ratio(ratio).promised(format!("≥ {limit}"), kept)
    }

    /// A promise of its own.
    pub fn promised(mut self, promise: impl Into<String>, verdict: Verdict) -> Self {
        self.promise = promise.into();
        self.verdict = verdict;
        self
    }

    /// Without its promise: what is measured too small says nothing about it.
    pub fn unjudged(self) -> Self {
        self.promised("", Verdict::Told)
    }

    fn cells(&self) -> [&str; 6] {
        let Self { figure, measured, bound, ratio, promise, verdict } = self;
        [figure, measured, bound, ratio, promise, verdict.word()]
    }
}

const HEAD: [&str; 6] = ["figure", "measured", "bound", "ratio", "promise", ""];

/// All lines.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a line, and shows it: a run takes minutes.
    pub fn add(&mut self, row: Row) {
        progress(&format!("  {}", row.cells().join(" | ")));
        self.rows.push(row);
    }

    /// Prints it, as Markdown reads it.
    pub fn print(&self) {
        let lines: Vec<[&str; 6]> =
            std::iter::once(HEAD).chain(self.rows.iter().map(Row::cells)).collect();
        let mut widths = [0_usize; 6];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::from("\n");
        for (number, line) in lines.iter().enumerate() {
            for (cell, width) in line.iter().zip(widths) {
                text.push_str(&format!("| {cell:<width$} "));
            }
            text.push_str("|\n");
            if number == 0 {
                text.push_str(&widths.map(|width| format!("|-{}-", "-".repeat(width))).concat());
                text.push_str("|\n");
            }
        }
        let judged = |verdict| self.rows.iter().filter(|row| row.verdict == verdict).count();
        let (missed, kept) = (judged(Verdict::Missed), judged(Verdict::Ok));
        text.push_str(&match missed + kept {
            0 => "\nnothing was judged\n".to_owned(),
            all => format!("\n{missed} of {all} promises missed\n"),
        });
        // Nobody listens any more? Then there is nobody to tell.
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
    }
}

/// Says what is going on, beside the table.
pub fn progress(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says why it ends.
pub fn complain(text: &str) {
    progress(text);
}
