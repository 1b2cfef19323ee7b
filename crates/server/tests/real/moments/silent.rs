//! A mail server that takes connections, and never says a word.

use crate::binary::wrong;
use course_seats::demo::Wrong;
use course_seats_testkit::smtp::SmtpServer;
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;

pub struct Silent {
    listener: TcpListener,
    /// Kept open: whoever waits for a greeting goes on waiting.
    callers: Mutex<Vec<TcpStream>>,
}

impl Silent {
    /// Stops the mail server, and listens where it was.
    pub fn in_place_of(smtp: &Mutex<SmtpServer>) -> Result<Self, Wrong> {
        let mut smtp = smtp.lock().unwrap();
        tokio::task::block_in_place(|| smtp.stop());
        let listener =
            TcpListener::bind(("127.0.0.1", smtp.port())).map_err(wrong("the port of the mail"))?;
        listener.set_nonblocking(true).map_err(wrong("a listener that does not wait"))?;
        Ok(Self { listener, callers: Mutex::default() })
    }

    /// How many have called so far.
    pub fn callers(&self) -> u64 {
        let mut callers = self.callers.lock().unwrap();
        while let Ok((caller, _)) = self.listener.accept() {
            callers.push(caller);
        }
        callers.len() as u64
    }

    /// The mail server is there again.
    pub fn go_away(self, smtp: &Mutex<SmtpServer>) {
        drop(self);
        tokio::task::block_in_place(|| smtp.lock().unwrap().start_again());
    }
}
