//! A mail server that takes everything and keeps nothing. A mail is one call: it answers late once,
//! when it has the whole of it.

use super::wrong;
use course_seats::demo::{Seen, pause};
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;

/// A mail server that runs as long as the process.
pub struct SmtpSink {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    latency_ms: AtomicU64,
    mails: AtomicU64,
}

impl SmtpSink {
    /// Starts one on a free port.
    pub async fn start() -> Seen<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(wrong("a mail server"))?;
        let port = listener.local_addr().map_err(wrong("a mail server"))?.port();
        let state = Arc::new(State::default());
        Handle::current().spawn(listen(listener, Arc::clone(&state)));
        Ok(Self { port, state })
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How long a mail takes from now on.
    pub fn set_latency(&self, latency: Duration) {
        let millis = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        self.state.latency_ms.store(millis, Ordering::Relaxed);
    }

    /// How many mails it took.
    pub fn mails(&self) -> u64 {
        self.state.mails.load(Ordering::Relaxed)
    }
}

async fn listen(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        Handle::current().spawn(async move {
            // A client that goes away is no news.
            let _ = converse(stream, &state).await;
        });
    }
}

async fn converse(stream: TcpStream, state: &State) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 sink\r\n").await?;
    let mut in_mail = false;
    while let Some(line) = lines.next_line().await? {
        if in_mail {
            if line == "." {
                pause(Duration::from_millis(state.latency_ms.load(Ordering::Relaxed))).await;
                state.mails.fetch_add(1, Ordering::Relaxed);
                in_mail = false;
                write.write_all(b"250 taken\r\n").await?;
            }
            continue;
        }
        let word = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
        let answer: &[u8] = match word.as_str() {
            "EHLO" => b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "DATA" => {
                in_mail = true;
                b"354 go on\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"250 ok\r\n",
        };
        write.write_all(answer).await?;
    }
    Ok(())
}
