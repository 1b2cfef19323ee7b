//! The two pages of the faculty portal that the links in the mails lead to, as far as a demo
//! needs them: what the portal would do, in words, and a form that does it. The server knows what
//! is to be said; how it looks is here.

use crate::html::{self, escape, escaped};
use crate::people::Person;
use std::fmt::Write;

/// A page of the stand-in for the portal.
#[derive(Debug, Clone, Default)]
pub struct PortalPage {
    /// What it is about, such as `Your place in a course`.
    pub title: String,
    /// What there is to know, one paragraph each.
    pub paragraphs: Vec<String>,
    /// What can be done.
    pub form: Option<PortalForm>,
    /// Where the mailbox is, if the sandbox has it.
    pub mailbox: Option<String>,
}

/// Somebody of the sandbox does something.
#[derive(Debug, Clone)]
pub struct PortalForm {
    /// Where it is posted to.
    pub action: String,
    /// A field that goes with it unseen: its name and its value.
    pub hidden: (&'static str, String),
    /// Who can be chosen.
    pub people: Vec<Person>,
    /// Who is chosen to begin with: whoever has this address.
    pub suggested_email: Option<String>,
    /// What the button says.
    pub button: &'static str,
}

const ABOUT: &str = "A stand-in for the portal, which is not part of the sandbox.";

impl PortalPage {
    /// The page: no scripts, nothing from elsewhere, everything escaped.
    #[must_use]
    pub fn render(&self) -> String {
        let mut html = html::head(&self.title, ABOUT);
        if let Some(mailbox) = &self.mailbox {
            // Writing into a string cannot fail, here and below.
            let _ = writeln!(
                html,
                "<p class=\"count\"><a href=\"{}\">Mailbox</a></p>",
                escaped(mailbox)
            );
        }
        html.push_str("</header>\n<main>\n<article>\n");
        for text in &self.paragraphs {
            let _ = writeln!(html, "<p>{}</p>", escaped(text));
        }
        if let Some(form) = &self.form {
            form.render(&mut html);
        }
        html.push_str("</article>\n");
        html.push_str(html::FOOT);
        html
    }
}

impl PortalForm {
    fn render(&self, html: &mut String) {
        let (name, value) = &self.hidden;
        let _ = write!(
            html,
            "<form method=\"post\" action=\"{}\">\n\
             <input type=\"hidden\" name=\"{name}\" value=\"{}\">\n\
             <div><label for=\"username\">Sign in as</label>\n\
             <select id=\"username\" name=\"username\" required>\n\
             <option value=\"\">Choose a user of the sandbox</option>\n",
            escaped(&self.action),
            escaped(value),
        );
        for person in &self.people {
            let suggested = self.suggested_email.as_deref().map(str::to_lowercase);
            let chosen = if suggested == Some(person.email()) { " selected" } else { "" };
            let username = escaped(&person.username);
            let _ = write!(html, "<option value=\"{username}\"{chosen}>{username} (");
            escape(html, &person.email());
            html.push_str(")</option>\n");
        }
        let _ = write!(
            html,
            "</select></div>\n<button type=\"submit\">{}</button>\n</form>\n",
            escaped(self.button)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::everybody;

    fn page(title: &str, suggested: Option<&str>) -> String {
        let form = PortalForm {
            action: "sandbox/x?a=\"b".into(),
            hidden: ("token", "\"><script>".into()),
            people: everybody(),
            suggested_email: suggested.map(str::to_owned),
            button: "Claim",
        };
        let paragraphs = vec!["<img src=x> & co".into()];
        let (title, mailbox) = (title.into(), Some("sandbox/mailbox".into()));
        PortalPage { title, paragraphs, form: Some(form), mailbox }.render()
    }

    #[test]
    fn everything_is_escaped() {
        let html = page("<b>", None);
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"));
        assert!(html.contains("action=\"sandbox/x?a=&quot;b\""), "{html}");
        assert!(html.contains("value=\"&quot;&gt;&lt;script&gt;\""), "{html}");
    }

    #[test]
    fn whoever_the_mail_went_to_is_suggested() {
        let html = page("Title", Some("Student-3@Sandbox.example"));
        assert!(html.contains("<option value=\"student-3\" selected>student-3 ("), "{html}");
        assert_eq!(html.matches(" selected").count(), 1);
        assert_eq!(page("Title", Some("x@y.example")).matches(" selected").count(), 0);
        assert_eq!(
            html.matches("<option").count(),
            13,
            "twelve users, and the invitation to choose"
        );
    }
}
