//! A real SMTP server for tests: `scripts/smtp_server.py` in a process of its own, which says what
//! it does to which recipient.

use crate::contract::mailer::Inbox;
use async_trait::async_trait;
use course_seats_application::ports::Mail;
use course_seats_domain::ids::MailId;
use course_seats_domain::values::EmailAddress;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A running SMTP server. It stops when it is dropped.
#[derive(Debug)]
pub struct SmtpServer {
    child: Child,
    port: u16,
    arguments: Vec<String>,
    folder: TempDir,
}

impl SmtpServer {
    /// Starts one on a free port; the arguments are those of `scripts/smtp_server.py`, such as
    /// `--security tls`. The first start on a machine installs it.
    ///
    /// # Panics
    /// If it cannot be installed or started.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        let (child, port) = spawn(folder.path(), 0, &arguments);
        Self { child, port, arguments, folder }
    }

    /// Where it listens, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The authority of its certificate.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("client.pem")
    }

    /// The file in which it keeps its mails, one a line.
    #[must_use]
    pub fn mails_file(&self) -> PathBuf {
        mails_file(self.folder.path())
    }

    /// All mails that it took, oldest first.
    ///
    /// # Panics
    /// If the file cannot be read.
    #[must_use]
    pub fn mails(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(mails_file(self.folder.path())).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// All mails that it took for this address, oldest first.
    #[must_use]
    pub fn mails_to(&self, address: &str) -> Vec<Value> {
        let mut mails = self.mails();
        mails.retain(|mail| mail.pointer("/to/0").and_then(Value::as_str) == Some(address));
        mails
    }

    /// Stops it; every connection is closed.
    pub fn stop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again, on the same port, after a stop.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_again(&mut self) {
        (self.child, self.port) = spawn(self.folder.path(), self.port, &self.arguments);
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.stop();
    }
}

#[async_trait]
impl Inbox for SmtpServer {
    async fn mails_to(&self, address: &EmailAddress) -> Vec<Mail> {
        self.mails_to(address.as_str()).iter().map(read).collect()
    }
}

/// The value of a header, as it was understood.
#[must_use]
pub fn header<'a>(mail: &'a Value, name: &str) -> Option<&'a str> {
    let headers = mail.get("headers")?.as_array()?;
    let found = headers.iter().find(|header| header.get(0).is_some_and(|known| known == name))?;
    found.get(1)?.as_str()
}

fn read(mail: &Value) -> Mail {
    let text = |name: &str| mail.get(name).and_then(Value::as_str).unwrap().to_owned();
    let id = header(mail, "Message-ID").unwrap();
    let id = id.trim_start_matches('<').split('@').next().unwrap();
    Mail {
        id: MailId::new(id.parse().unwrap()),
        to: EmailAddress::adopted(mail.pointer("/to/0").and_then(Value::as_str).unwrap()),
        subject: header(mail, "Subject").unwrap().to_owned(),
        text: text("text"),
        html: text("html"),
    }
}

fn spawn(folder: &Path, port: u16, arguments: &[String]) -> (Child, u16) {
    let mut child = Command::new(python())
        .arg(scripts().join("smtp_server.py"))
        .args(["--port", &port.to_string()])
        .arg("--mails")
        .arg(mails_file(folder))
        .arg("--certificates")
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
    assert!(port.is_some(), "the SMTP server did not start; what it said is above");
    (child, port.unwrap_or_default())
}

/// The Python that has the server; installed if it is not there yet.
fn python() -> PathBuf {
    let output =
        Command::new(scripts().join("smtp")).arg("install").stderr(Stdio::inherit()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "`scripts/smtp install` failed; what it said is above");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts")
}

fn mails_file(folder: &Path) -> PathBuf {
    folder.join("mails.jsonl")
}
