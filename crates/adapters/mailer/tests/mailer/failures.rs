//! What a failure says about the mail, by how far the conversation had come.

use crate::world::{mail_to, mailer, settings};
use course_seats_application::ports::{Mailer, PortError};
use course_seats_mailer::{MailerSettings, SmtpMailer};
use course_seats_testkit::smtp::SmtpServer;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn to(mailer: &SmtpMailer, address: &str) -> Result<(), PortError> {
    mailer.send(&mail_to(address)).await
}

fn hasty(server: &SmtpServer) -> SmtpMailer {
    mailer(&MailerSettings { timeout: Duration::from_secs(2), ..settings(server) })
}

fn is(expected: &str, answer: &Result<(), PortError>) {
    let kind = match answer {
        Ok(()) => "done",
        Err(PortError::Rejected(_)) => "rejected",
        Err(PortError::Unavailable(_)) => "unavailable",
        Err(PortError::Unknown(_)) => "unknown",
        Err(_) => "something else",
    };
    assert_eq!(kind, expected, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permanent_refusal_is_rejected_and_a_passing_one_is_unavailable() {
    let server = SmtpServer::start(&[]);
    let mailer = mailer(&settings(&server));
    for (code, expected) in [
        (550, "rejected"),
        (553, "rejected"),
        (552, "rejected"),
        (554, "rejected"),
        (450, "unavailable"),
        (451, "unavailable"),
        (452, "unavailable"),
        (421, "unavailable"),
        // About us, not about the mail.
        (530, "unavailable"),
        (535, "unavailable"),
    ] {
        for stage in ["rcpt", "content"] {
            is(expected, &to(&mailer, &format!("{stage}-{code}@epfl.example")).await);
        }
    }
    assert!(server.mails().is_empty());
    is("done", &to(&mailer, "ada@epfl.example").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_tells_nothing_but_its_code() {
    let server = SmtpServer::start(&[]);
    let mailer = mailer(&settings(&server));
    for stage in ["rcpt", "content"] {
        let answer = to(&mailer, &format!("{stage}-550@epfl.example")).await;
        assert_eq!(answer, Err(PortError::Rejected("SMTP 550".into())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_before_the_mail_is_unavailable_and_after_it_unknown() {
    let server = SmtpServer::start(&[]);
    let mailer = mailer(&settings(&server));
    is("unavailable", &to(&mailer, "cut@epfl.example").await);
    is("unknown", &to(&mailer, "lost@epfl.example").await);
    assert_eq!(server.mails().len(), 1, "it was taken");
    is("done", &to(&mailer, "ada@epfl.example").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_before_the_mail_is_unavailable_and_after_it_unknown() {
    let server = SmtpServer::start(&[]);
    is("unavailable", &to(&hasty(&server), "slow-rcpt@epfl.example").await);
    is("unknown", &to(&hasty(&server), "slow@epfl.example").await);
    is("done", &to(&mailer(&settings(&server)), "ada@epfl.example").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_unavailable_and_is_found_again() {
    let mut server = SmtpServer::start(&[]);
    let mailer = mailer(&settings(&server));
    is("done", &to(&mailer, "ada@epfl.example").await);
    server.stop();
    is("unavailable", &to(&mailer, "ada@epfl.example").await);
    is("unavailable", &mailer.ready().await);
    server.start_again();
    is("done", &to(&mailer, "ada@epfl.example").await);
    assert_eq!(mailer.ready().await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_connection_that_was_closed_harms_no_mail() {
    let mut server = SmtpServer::start(&[]);
    let mailer = mailer(&settings(&server));
    for _ in 0..3 {
        is("done", &to(&mailer, "bye@epfl.example").await);
    }
    server.stop();
    server.start_again();
    is("done", &to(&mailer, "ada@epfl.example").await);
    assert_eq!(server.mails().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_used_again_and_limited() {
    let server = SmtpServer::start(&[]);
    let mailer = mailer(&MailerSettings { connections: 2, ..settings(&server) });
    let mails: Vec<_> = (0..20).map(|number| mail_to(&format!("s{number}@epfl.example"))).collect();
    let sent = futures::future::join_all(mails.iter().map(|mail| mailer.send(mail))).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    let mut peers: Vec<_> = server.mails().iter().map(|mail| mail.get("peer").cloned()).collect();
    assert_eq!(peers.len(), 20);
    peers.dedup();
    peers.sort_by_key(|peer| peer.as_ref().and_then(serde_json::Value::as_u64));
    peers.dedup();
    assert_eq!(peers.len(), 2, "two connections for twenty mails");
}

/// Behind mails that hang nobody waits for longer than a mail may take.
#[tokio::test(flavor = "multi_thread")]
async fn the_wait_for_a_connection_ends_too() {
    let server = SmtpServer::start(&[]);
    let timeout = Duration::from_secs(2);
    let mailer = mailer(&MailerSettings { connections: 1, timeout, ..settings(&server) });
    let slow = mail_to("slow-rcpt@epfl.example");
    let sent = futures::future::join_all((0..5).map(|_| mailer.send(&slow))).await;
    let busy = Err(PortError::Unavailable("too many mails at once".into()));
    // The first one has the connection; the second may get it at the last moment.
    assert!(sent.iter().filter(|answer| **answer == busy).count() >= 3, "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_this_server_cannot_take_is_rejected() {
    let server = SmtpServer::start(&["--no-utf8"]);
    let mailer = mailer(&settings(&server));
    is("rejected", &to(&mailer, "zoë@epfl.example").await);
    is("done", &to(&mailer, "zoe@universität.example").await);
    is("rejected", &to(&mailer, "nobody").await);
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_unavailable() {
    for greeting in ["", "HTTP/1.1 400 Bad Request\r\n\r\n", "554 go away\r\n", "421 later\r\n"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::runtime::Handle::current().spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(greeting.as_bytes()).await.unwrap();
            let _ = stream.shutdown().await;
            let _ = stream.read(&mut [0; 64]).await;
        });
        let settings = MailerSettings {
            server: "127.0.0.1".into(),
            port,
            security: course_seats_mailer::MailSecurity::Plain,
            credentials: None,
            credentials_over_plain: false,
            from: "seats@obi.example".into(),
            ses_configuration_set: None,
            timeout: Duration::from_secs(5),
            connections: 1,
            ca_file: None,
        };
        is("unavailable", &to(&mailer(&settings), "ada@epfl.example").await);
    }
}
