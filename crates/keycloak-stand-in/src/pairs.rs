use std::collections::HashMap;
use url::form_urlencoded;

/// Names and values, of a query or of a form. Of a name that comes twice, the first counts.
pub(crate) struct Pairs(HashMap<String, String>);

impl Pairs {
    pub(crate) fn read(encoded: &[u8]) -> Self {
        let mut pairs = HashMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            pairs.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        Self(pairs)
    }

    pub(crate) fn of_query(query: Option<&str>) -> Self {
        Self::read(query.unwrap_or_default().as_bytes())
    }

    /// A value, if there is one that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// The part of a list that is asked for by `first` and `max`.
    pub(crate) fn page<T>(&self, all: impl Iterator<Item = T>, most: usize) -> Vec<T> {
        let number = |name| self.get(name).and_then(|value| value.parse::<i64>().ok());
        // Below zero means what is absent: from the start, without an end.
        let first = number("first").and_then(|first| usize::try_from(first).ok()).unwrap_or(0);
        let max = number("max").map_or(most, |max| usize::try_from(max).unwrap_or(usize::MAX));
        all.skip(first).take(max).collect()
    }
}
