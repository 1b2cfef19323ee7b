//! Which web origins may call.

use regex::Regex;

/// An allow-list of web origins.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    /// Exactly these; `*` is everybody.
    pub origins: Vec<String>,
    /// And those that match this, from first to last character.
    pub pattern: Option<Regex>,
}

impl Cors {
    /// A JSON list, or a list with commas.
    #[must_use]
    pub fn parse_origins(text: &str) -> Option<Vec<String>> {
        let origins: Vec<String> = if text.starts_with('[') {
            serde_json::from_str(text).ok()?
        } else {
            text.split(',').map(|origin| origin.trim().to_owned()).collect()
        };
        let origins = origins.iter().map(|origin| origin.trim_end_matches('/').to_owned());
        let origins: Vec<_> = origins.filter(|origin| !origin.is_empty()).collect();
        origins.iter().all(|origin| is_origin(origin)).then_some(origins)
    }

    /// A pattern that must match the whole origin.
    #[must_use]
    pub fn parse_pattern(text: &str) -> Option<Option<Regex>> {
        match text {
            "" => Some(None),
            text => Regex::new(&format!("^(?:{text})$")).ok().map(Some),
        }
    }

    /// Whether this origin may call.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed == "*" || allowed == origin)
            || self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(origin))
    }
}

fn is_origin(text: &str) -> bool {
    text == "*"
        || url::Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/"
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_a_json_list_or_commas() {
        let wanted = Some(vec!["https://a.ch".to_owned(), "http://b.ch:3000".to_owned()]);
        assert_eq!(Cors::parse_origins(r#"["https://a.ch", "http://b.ch:3000/"]"#), wanted);
        assert_eq!(Cors::parse_origins("https://a.ch, http://b.ch:3000"), wanted);
        assert_eq!(Cors::parse_origins(""), Some(vec![]));
        assert_eq!(Cors::parse_origins("a.ch"), None, "an origin begins with a scheme");
        assert_eq!(Cors::parse_origins("[1"), None);
    }

    #[test]
    fn a_pattern_matches_the_whole_origin() {
        let pattern = Cors::parse_pattern(r"https://[a-z]+\.epfl\.ch").unwrap();
        let cors = Cors { origins: vec![], pattern };
        assert!(cors.allows("https://www.epfl.ch"));
        assert!(!cors.allows("https://www.epfl.ch.evil.com"));
        assert!(Cors::parse_pattern("(").is_none());
    }
}
