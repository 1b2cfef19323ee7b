//! `course-seats config`: the effective settings, secrets hidden.

use super::Config;
use super::raw::RawSettings;
use super::reader::Reader;
use super::table::SETTINGS;

impl Config {
    /// One line for each setting: its name and what it is now.
    #[must_use]
    pub fn show(&self, raw: &RawSettings) -> String {
        let reader = Reader::new(raw);
        let lines = SETTINGS.iter().map(|setting| {
            let value = match (setting.name, reader.text(setting.name)) {
                (_, Some(_)) if setting.secret => "(hidden)".to_owned(),
                (_, Some(text)) => text.to_owned(),
                ("MULTIPLE_VLABS_ALLOWED_USER_ID", None) => self.rules.course_lab_owner.to_string(),
                ("INVITE_LINK_BASE", None) => "(this server's own address)".to_owned(),
                ("INVITE_JWT_SECRET", None) => "(made once, kept in the data folder)".to_owned(),
                (_, None) => String::new(),
            };
            let origin = if reader.is_set(setting.name) { "" } else { "  # default" };
            format!("{}={value}{origin}\n", setting.name)
        });
        lines.collect()
    }
}
