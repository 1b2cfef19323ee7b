//! Parses settings one by one and collects *all* that is wrong.

use super::raw::RawSettings;
use super::table::{SETTINGS, Setting};
use std::fmt;

/// Every wrong setting, in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongSettings(Vec<String>);

impl fmt::Display for WrongSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let plural = if count == 1 { "" } else { "s" };
        writeln!(f, "{count} wrong setting{plural}:")?;
        self.0.iter().try_for_each(|wrong| writeln!(f, "  - {wrong}"))
    }
}

impl std::error::Error for WrongSettings {}

/// Reads settings.
#[derive(Debug)]
pub struct Reader<'a> {
    raw: &'a RawSettings,
    wrong: Vec<String>,
}

impl<'a> Reader<'a> {
    /// A reader of these.
    #[must_use]
    pub fn new(raw: &'a RawSettings) -> Self {
        Self { raw, wrong: Vec::new() }
    }

    /// What was written for a setting, or its default, if it has one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        let default = || {
            let setting = SETTINGS.iter().find(|setting| setting.name == name)?;
            Some(setting.default).filter(|default| !default.is_empty())
        };
        self.raw.get(name).or_else(default)
    }

    /// Whether somebody wrote it.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.raw.get(name).is_some()
    }

    /// A setting that is there or has a default. `wanted` says what to write.
    pub fn parse<T>(
        &mut self,
        name: &'static str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name).unwrap_or_default();
        let parsed = parse(text);
        if parsed.is_none() {
            let secret =
                SETTINGS.iter().any(|Setting { name: n, secret, .. }| *n == name && *secret);
            let shown = if secret { "(hidden)".into() } else { format!("`{text}`") };
            self.wrong.push(format!("{name} is {shown}: write {wanted}"));
        }
        parsed
    }

    /// A setting that must be set, because one of these is.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        because: &[&str],
        wanted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if self.text(name).is_some() {
            return self.parse(name, wanted, parse);
        }
        let set = because.iter().find(|name| self.is_set(name)).unwrap_or(&"another");
        self.wrong(format!("{name} is not set, but {set} is: write {wanted}"));
        None
    }

    /// A setting that may be left out: then `Some(None)`.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.text(name) {
            Some(_) => self.parse(name, wanted, parse).map(Some),
            None => Some(None),
        }
    }

    /// A whole number in a range.
    pub fn number(&mut self, name: &'static str, least: u64, most: u64) -> Option<u64> {
        self.parse(name, &format!("a whole number from {least} to {most}"), |text| {
            text.parse().ok().filter(|number| (least..=most).contains(number))
        })
    }

    /// Says that something is wrong.
    pub fn wrong(&mut self, why: impl Into<String>) {
        self.wrong.push(why.into());
    }

    /// All that was read, if nothing is wrong.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, WrongSettings> {
        match read {
            Some(read) if self.wrong.is_empty() => Ok(read),
            _ => Err(WrongSettings(self.wrong)),
        }
    }
}
