use super::line::{Call, Line, Operation, write};
use crate::runtime::lock;
use async_trait::async_trait;
use course_seats_application::ports::{Mail, Mailer, PortError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A mail that arrived. One that was sent twice arrived twice.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// When, on the monotonic clock.
    pub at: Duration,
    /// The mail.
    pub mail: Mail,
}

/// Everybody's mailbox.
#[derive(Debug, Default)]
pub struct Mailbox {
    /// All that arrived, oldest first.
    pub deliveries: Vec<Delivery>,
}

/// The mail server, as one process reaches it.
pub struct MemoryMailbox {
    mailbox: Arc<Mutex<Mailbox>>,
    line: Arc<dyn Line>,
}

impl MemoryMailbox {
    /// This mailbox at the end of this line.
    #[must_use]
    pub fn new(mailbox: Arc<Mutex<Mailbox>>, line: Arc<dyn Line>) -> Self {
        Self { mailbox, line }
    }
}

#[async_trait]
impl Mailer for MemoryMailbox {
    async fn send(&self, mail: &Mail) -> Result<(), PortError> {
        let (mailbox, letter) = (Arc::clone(&self.mailbox), mail.clone());
        let at = self.line.clock().monotonic();
        let call = Call { operation: Operation::Send, about: &mail.id };
        let deliver = move |_| {
            if !letter.to.as_str().contains('@') {
                return Err(PortError::Rejected("no such address".into()));
            }
            lock(&mailbox).deliveries.push(Delivery { at, mail: letter });
            Ok(())
        };
        write(&*self.line, call, None, deliver).await
    }
}
