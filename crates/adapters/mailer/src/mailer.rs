use crate::compose::{Composed, Composer};
use crate::connection::{Connection, Connector, Refused};
use crate::failure::{Stage, too_slow};
use crate::pool::Pool;
use crate::settings::{MailerSettings, MailerSetupError};
use async_trait::async_trait;
use course_seats_application::ports::{Clock, Mail, Mailer, PortError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Hands mails to an SMTP server.
pub struct SmtpMailer {
    composer: Composer,
    connector: Connector,
    pool: Pool,
    permits: Semaphore,
    timeout: Duration,
    clock: Arc<dyn Clock>,
}

impl SmtpMailer {
    /// A mailer with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(settings: &MailerSettings, clock: Arc<dyn Clock>) -> Result<Self, MailerSetupError> {
        Ok(Self {
            composer: Composer::new(settings)?,
            connector: Connector::new(settings)?,
            pool: Pool::default(),
            permits: Semaphore::new(settings.connections.clamp(1, Semaphore::MAX_PERMITS)),
            timeout: settings.timeout,
            clock,
        })
    }

    /// Whether the mail server is there, speaks TLS as it should and takes our credentials.
    ///
    /// # Errors
    /// Why not.
    pub async fn ready(&self) -> Result<(), PortError> {
        let _permit = self.permit().await?;
        let asked = async {
            let mut connection = self.connector.connect().await?;
            connection.ready().await?;
            self.pool.put(connection, self.clock.monotonic());
            Ok(())
        };
        timeout(self.timeout, asked).await.unwrap_or_else(|_| Err(too_slow(Stage::Opening)))
    }

    /// Waits for one of the connections, for at most as long as a mail may take.
    async fn permit(&self) -> Result<SemaphorePermit<'_>, PortError> {
        let unavailable = |why: &str| PortError::Unavailable(why.into());
        match timeout(self.timeout, self.permits.acquire()).await {
            Ok(permit) => permit.map_err(|_| unavailable("closed")),
            Err(_) => Err(unavailable("too many mails at once")),
        }
    }

    /// A connection on which the server waits for this mail. One that was used before may have
    /// been closed meanwhile: then the next one is tried, as nothing was said yet.
    async fn announced(&self, mail: &Composed) -> Result<Connection, PortError> {
        while let Some(mut used) = self.pool.take(self.clock.monotonic()) {
            match used.announce(mail).await {
                Ok(()) => return Ok(used),
                Err(Refused::Mail(why)) => return Err(why),
                Err(Refused::Gone(_)) => {}
            }
        }
        let mut fresh = self.connector.connect().await?;
        match fresh.announce(mail).await {
            Ok(()) => Ok(fresh),
            Err(Refused::Mail(why) | Refused::Gone(why)) => Err(why),
        }
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), PortError> {
        let composed = self.composer.compose(mail, self.clock.now().into())?;
        let _permit = self.permit().await?;
        let began = self.clock.monotonic();
        let mut connection = timeout(self.timeout, self.announced(&composed))
            .await
            .unwrap_or_else(|_| Err(too_slow(Stage::Opening)))?;
        let left = self.timeout.saturating_sub(self.clock.monotonic().saturating_sub(began));
        timeout(left, connection.hand_over(&composed))
            .await
            .unwrap_or_else(|_| Err(too_slow(Stage::Content)))?;
        self.pool.put(connection, self.clock.monotonic());
        Ok(())
    }
}
