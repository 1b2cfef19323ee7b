//! What the sandbox's pages share: no scripts, nothing from elsewhere, everything escaped.

use std::borrow::Cow;

const STYLE: &str = include_str!("style.css");

/// How a page begins, up to and with its title and what it is about; its header is still open.
pub(crate) fn head(title: &str, about: &str) -> String {
    let (title, about) = (escaped(title), escaped(about));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title} – Course Seats</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>{title}</h1>\n<p class=\"about\">{about}</p>\n"
    )
}

/// The end of every page.
pub(crate) const FOOT: &str = "</main>\n</body>\n</html>\n";

/// Escapes for text and for attributes in quotes.
pub(crate) fn escape(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

/// The same as a value.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut html = String::with_capacity(text.len() + 16);
    escape(&mut html, text);
    Cow::Owned(html)
}
