use crate::compose::Composed;
use crate::failure::{Stage, meaning};
use crate::settings::{MailSecurity, MailerSettings, MailerSetupError};
use course_seats_application::ports::PortError;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use secrecy::ExposeSecret;
use std::time::Duration;
use tokio::net::TcpStream;

/// Makes connections.
pub(crate) struct Connector {
    server: String,
    port: u16,
    security: MailSecurity,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    hello: ClientId,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(settings: &MailerSettings) -> Result<Self, MailerSetupError> {
        let tls = match settings.security {
            MailSecurity::Plain => None,
            MailSecurity::StartTls | MailSecurity::Tls => Some(tls(settings)?),
        };
        let withheld = tls.is_none() && !settings.credentials_over_plain;
        if withheld && settings.credentials.is_some() {
            tracing::warn!("no credentials are sent to the mail server: it is not encrypted");
        }
        let credentials = settings.credentials.as_ref().filter(|_| !withheld).map(|known| {
            Credentials::new(known.username.clone(), known.password.expose_secret().to_owned())
        });
        Ok(Self {
            server: settings.server.clone(),
            port: settings.port,
            security: settings.security,
            tls,
            credentials,
            hello: ClientId::default(),
            timeout: settings.timeout,
        })
    }

    /// A connection that is ready for mail.
    pub(crate) async fn connect(&self) -> Result<Connection, PortError> {
        let server = (self.server.as_str(), self.port);
        let greeted = match self.security {
            MailSecurity::Tls => {
                let (limit, tls) = (Some(self.timeout), self.tls.clone());
                AsyncSmtpConnection::connect_tokio1(server, limit, &self.hello, tls, None).await
            }
            MailSecurity::Plain | MailSecurity::StartTls => {
                let stream = at_once(server).await.map_err(not_connected)?;
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello).await
            }
        };
        let opened = async { self.introduced(greeted?).await };
        opened.await.map(Connection).map_err(|error| meaning(Stage::Opening, &error))
    }

    async fn introduced(
        &self,
        mut connection: AsyncSmtpConnection,
    ) -> Result<AsyncSmtpConnection, Error> {
        if let (MailSecurity::StartTls, Some(tls)) = (self.security, &self.tls) {
            connection.starttls(tls.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        Ok(connection)
    }
}

/// A connection on which what is written leaves at once. A mail is written in two pieces: the second
/// would wait until the first is acknowledged, which the other side puts off for 40 ms.
async fn at_once(server: (&str, u16)) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn not_connected(_: std::io::Error) -> PortError {
    PortError::Unavailable("no connection to the mail server".into())
}

/// A conversation with the mail server.
pub(crate) struct Connection(AsyncSmtpConnection);

/// Why a mail could not be announced.
pub(crate) enum Refused {
    /// The connection was no good: nothing was said about the mail.
    Gone(PortError),
    /// The mail server's word about this mail.
    Mail(PortError),
}

impl Connection {
    /// Whether the mail server still answers.
    pub(crate) async fn ready(&mut self) -> Result<(), PortError> {
        let answer = self.0.command(Noop).await;
        answer.map(drop).map_err(|error| meaning(Stage::Opening, &error))
    }

    /// Says from whom and for whom a mail is, until the server waits for it.
    pub(crate) async fn announce(&mut self, mail: &Composed) -> Result<(), Refused> {
        let options = self.options(mail).map_err(Refused::Mail)?;
        let from = Mail::new(mail.envelope.from().cloned(), options);
        self.0
            .command(from)
            .await
            .map_err(|error| Refused::Gone(meaning(Stage::Opening, &error)))?;
        for to in mail.envelope.to() {
            let answer = self.0.command(Rcpt::new(to.clone(), Vec::new())).await;
            answer.map_err(|error| Refused::Mail(meaning(Stage::Addressed, &error)))?;
        }
        let answer = self.0.command(Data).await;
        answer.map(drop).map_err(|error| Refused::Mail(meaning(Stage::Addressed, &error)))
    }

    /// Sends the mail itself.
    pub(crate) async fn hand_over(&mut self, mail: &Composed) -> Result<(), PortError> {
        let answer = self.0.message(&mail.bytes).await;
        answer.map(drop).map_err(|error| meaning(Stage::Content, &error))
    }

    /// What the server must be able to do for this mail.
    fn options(&self, mail: &Composed) -> Result<Vec<MailParameter>, PortError> {
        let can = |extension| self.0.server_info().supports_feature(extension);
        let mut options = Vec::new();
        if mail.envelope.to().iter().any(|to| !to.to_string().is_ascii()) {
            if !can(Extension::SmtpUtfEight) {
                let why = "the mail server takes no such address (SMTPUTF8)";
                return Err(PortError::Rejected(why.into()));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        if !mail.bytes.is_ascii() && can(Extension::EightBitMime) {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(options)
    }
}

fn tls(settings: &MailerSettings) -> Result<TlsParameters, MailerSetupError> {
    let mut builder = TlsParameters::builder(settings.server.clone());
    if let Some(path) = &settings.ca_file {
        let wrong = |why: String| MailerSetupError::CaFile { path: path.clone(), why };
        let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| wrong(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| MailerSetupError::Tls(error.to_string()))
}
