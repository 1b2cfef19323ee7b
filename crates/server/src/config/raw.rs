//! The settings as they were written: from flags and the environment, nothing parsed yet.

use super::table::{SETTINGS, Setting};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use std::collections::BTreeMap;

/// Setting name → what was written.
#[derive(Debug, Clone, Default)]
pub struct RawSettings(BTreeMap<&'static str, String>);

impl RawSettings {
    /// What was written for a setting; nothing but blanks counts as nothing.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// The same with one more; for tests and for whoever embeds the server.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.insert(name, value.into());
        self
    }
}

impl Args for RawSettings {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| command.arg(arg(setting)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn arg(setting: &Setting) -> Arg {
    Arg::new(setting.name)
        .long(setting.flag)
        .env(setting.name)
        .help(match setting.default {
            "" => setting.help.to_owned(),
            default => format!("{} [default: {default}]", setting.help),
        })
        .hide_env_values(true)
        .value_name("VALUE")
        .global(true)
        .allow_hyphen_values(true)
        .help_heading("Settings")
}

impl FromArgMatches for RawSettings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut settings = Self::default();
        settings.update_from_arg_matches(matches)?;
        Ok(settings)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for Setting { name, .. } in SETTINGS {
            if let Some(text) = matches.get_one::<String>(name) {
                self.0.insert(name, text.clone());
            }
        }
        Ok(())
    }
}
