use super::Delivery;
use super::links::{Piece, pieces};
use crate::html::{self, escape};
use std::fmt::Write;

/// How many mails the page shows; the JSON has all.
const SHOWN: usize = 200;

const ABOUT: &str = "Every mail that Course Seats has sent. Nothing leaves this machine.";

/// The page. Everything that came in a mail is escaped, and only `http` links can be followed.
pub(super) fn page(deliveries: &[Delivery]) -> String {
    let mut html = html::head("Sandbox mailbox", ABOUT);
    let total = deliveries.len();
    html.push_str("<p class=\"count\">");
    html.push_str(&match total {
        0 => "No mails".to_owned(),
        1 => "1 mail".to_owned(),
        _ if total > SHOWN => format!("The newest {SHOWN} of {total} mails"),
        _ => format!("{total} mails, newest first"),
    });
    html.push_str(
        " <span class=\"links\"><a href=\"mailbox\">Refresh</a> \
         <a href=\"mailbox.json\">As JSON</a></span></p>\n</header>\n<main>\n",
    );
    if deliveries.is_empty() {
        html.push_str(
            "<div class=\"empty\"><h2>The mailbox is empty</h2>\
             <p>Nothing has been sent yet. Mails to anybody show up here, newest first, \
             as soon as a seat is assigned or somebody is invited.</p></div>\n",
        );
    }
    for mail in deliveries.iter().rev().take(SHOWN) {
        article(&mut html, mail);
    }
    html.push_str(html::FOOT);
    html
}

fn article(html: &mut String, mail: &Delivery) {
    html.push_str("<article>\n<h2>");
    match mail.subject.trim() {
        "" => html.push_str("(no subject)"),
        subject => escape(html, subject),
    }
    html.push_str("</h2>\n<dl><div><dt>To</dt><dd>");
    escape(html, &mail.to);
    // Writing into a string cannot fail.
    let _ = writeln!(
        html,
        "</dd></div><div><dt>Sent</dt><dd><time datetime=\"{}\">{}</time></dd></div></dl>",
        mail.at.format("%Y-%m-%dT%H:%M:%SZ"),
        mail.at.format("%-d %B %Y, %H:%M:%S UTC"),
    );
    html.push_str("<div class=\"text\">");
    for piece in pieces(mail.text.trim_end()) {
        match piece {
            Piece::Plain(text) => escape(html, text),
            Piece::Link(link) => {
                html.push_str("<a rel=\"noopener noreferrer\" href=\"");
                escape(html, link);
                html.push_str("\">");
                escape(html, link);
                html.push_str("</a>");
            }
        }
    }
    html.push_str("</div>\n</article>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use course_seats_domain::ids::MailId;

    fn mail(subject: &str, text: &str) -> Delivery {
        Delivery {
            id: MailId::new(uuid::Uuid::nil()),
            at: "2026-09-01T08:30:00.5Z".parse().unwrap(),
            to: "\"<b>\"@sandbox.example".into(),
            subject: subject.into(),
            text: text.into(),
            html: "<p>never shown</p>".into(),
        }
    }

    #[test]
    fn everything_that_came_in_a_mail_is_escaped() {
        let text = "<script>alert('x')</script> https://a.example/\"onclick=alert(1) & more";
        let html = page(&[mail("<img src=x onerror=alert(1)> & co", text)]);
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"));
        assert!(html.contains("<h2>&lt;img src=x onerror=alert(1)&gt; &amp; co</h2>"));
        assert!(html.contains("href=\"https://a.example/\">https://a.example/</a>&quot;onclick"));
        assert!(!html.contains("never shown"));
    }

    #[test]
    fn links_can_be_followed_whole() {
        let html = page(&[mail("Hello", "Claim: http://here/claim?a=1&b=2.")]);
        let link = "href=\"http://here/claim?a=1&amp;b=2\">http://here/claim?a=1&amp;b=2</a>.";
        assert!(html.contains(link), "{html}");
        assert!(html.contains("1 September 2026, 08:30:00 UTC"));
    }

    #[test]
    fn the_newest_comes_first_and_an_empty_one_says_so() {
        let html = page(&[mail("first", ""), mail("second", "")]);
        assert!(html.find(">second<").unwrap() < html.find(">first<").unwrap());
        assert!(page(&[]).contains("The mailbox is empty"));
        let many: Vec<_> = (0..300).map(|number| mail(&format!("no. {number}."), "")).collect();
        let html = page(&many);
        assert!(html.contains("The newest 200 of 300 mails"));
        assert!(html.contains("no. 299.") && !html.contains("no. 99."));
    }
}
