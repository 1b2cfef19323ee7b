//! What arrives, as an independent reader (Python's) understands it.

use crate::world::{mail_to, mailer, settings};
use course_seats_application::ports::{Mail, Mailer};
use course_seats_mailer::MailerSettings;
use course_seats_testkit::smtp::{SmtpServer, header};
use serde_json::Value;

fn text<'a>(mail: &'a Value, name: &str) -> &'a str {
    mail.get(name).unwrap().as_str().unwrap()
}

async fn delivered(server: &SmtpServer, mail: &Mail) -> Value {
    assert_eq!(mailer(&settings(server)).send(mail).await, Ok(()));
    server.mails_to(mail.to.as_str()).pop().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_headers() {
    let server = SmtpServer::start(&[]);
    let mail = mail_to("ada@epfl.example");
    let set = Some("course-seats_1".to_owned());
    let with_set = MailerSettings { ses_configuration_set: set, ..settings(&server) };
    assert_eq!(mailer(&with_set).send(&mail).await, Ok(()));
    let first = server.mails().pop().unwrap();
    assert_eq!(text(&first, "from"), "seats@obi.example");
    assert_eq!(header(&first, "From"), Some("Course Seats <seats@obi.example>"));
    assert_eq!(header(&first, "To"), Some("ada@epfl.example"));
    let id = format!("<{}@obi.example>", mail.id);
    assert_eq!(header(&first, "Message-ID"), Some(id.as_str()));
    assert_eq!(header(&first, "X-SES-CONFIGURATION-SET"), Some("course-seats_1"));
    assert_eq!(header(&first, "MIME-Version"), Some("1.0"));
    assert_eq!(text(&first, "content_type"), "multipart/alternative");
    assert!(header(&first, "Date").is_some());

    let again = delivered(&server, &mail).await;
    assert_eq!(header(&again, "Message-ID"), Some(id.as_str()), "the same for every attempt");
    assert_eq!(header(&again, "X-SES-CONFIGURATION-SET"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_addresses() {
    let server = SmtpServer::start(&[]);
    for address in [
        "\"ada lovelace\"@epfl.example",
        "\"ada@home\"@epfl.example",
        "o'hara+seats=1@epfl.example",
        "zoë@epfl.example",
    ] {
        delivered(&server, &mail_to(address)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_text_arrives_as_it_was_written() {
    let server = SmtpServer::start(&[]);
    let long_word = "x".repeat(5000);
    let long_line = "word ".repeat(2000);
    for (number, body) in [
        "",
        "no end of line",
        "Zoë – “Neuroscience” 🧠 学\n",
        &long_word,
        &long_line,
        &format!("ä{long_line}\nä"),
        ".\n..\n.a line that begins with a dot\n\n.\n",
        "spaces at the end   \n\ttabs\t\n\n\n",
        "From the start\n=3D =\n--\n-- \n--course-seats-\n",
    ]
    .into_iter()
    .enumerate()
    {
        let mail = Mail {
            text: body.to_owned(),
            html: format!("<pre>{body}</pre>"),
            ..mail_to(&format!("reader-{number}@epfl.example"))
        };
        let arrived = delivered(&server, &mail).await;
        assert_eq!(text(&arrived, "text"), mail.text, "{number}");
        assert_eq!(text(&arrived, "html"), mail.html, "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_subject_arrives_as_it_was_written() {
    let server = SmtpServer::start(&[]);
    for (number, subject) in [
        "Your seat in “Neuroscience – Zürich” 🧠 is ready".to_owned(),
        "word ".repeat(100).trim().to_owned(),
        "ä".repeat(500),
    ]
    .into_iter()
    .enumerate()
    {
        let mail = Mail { subject, ..mail_to(&format!("reader-{number}@epfl.example")) };
        let arrived = delivered(&server, &mail).await;
        let lines = text(&arrived, "raw").lines();
        assert!(lines.clone().all(|line| line.len() <= 998), "{number}");
        assert_eq!(header(&arrived, "Subject"), Some(mail.subject.as_str()), "{number}");
    }
}
