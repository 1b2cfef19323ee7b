//! Many requests at once, over connections that are kept.

use course_seats::demo::{Seen, Stopwatch, Wrong, pause};
use futures::future::try_join_all;
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, HOST, HeaderValue, RETRY_AFTER};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::Handle;

/// What everybody asks for.
#[derive(Debug, Clone)]
pub struct Target {
    /// The host and port, such as `127.0.0.1:8000`.
    pub address: String,
    /// The path, with its query.
    pub path: String,
    /// The bearer token.
    pub token: String,
}

impl Target {
    /// On the server at this address.
    pub fn new(url: &str, path: impl Into<String>, token: impl Into<String>) -> Self {
        let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Self { address, path: path.into(), token: token.into() }
    }

    fn request(&self) -> Seen<Request<Empty<Bytes>>> {
        Request::get(&self.path)
            .header(HOST, &self.address)
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Empty::new())
            .map_err(wrong)
    }
}

/// One answer.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// Its status.
    pub status: StatusCode,
    /// How long it took.
    pub took: Duration,
    /// When to come again, if it says so.
    pub retry_after: Option<Duration>,
    /// The size of its body.
    pub bytes: usize,
}

/// A connection that is kept. One that the server has closed meanwhile is opened again.
pub struct Connection {
    address: String,
    sender: SendRequest<Empty<Bytes>>,
}

impl Connection {
    /// Opens one.
    pub async fn open(address: &str) -> Seen<Self> {
        let stream = TcpStream::connect(address).await.map_err(wrong)?;
        stream.set_nodelay(true).map_err(wrong)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(wrong)?;
        Handle::current().spawn(connection);
        Ok(Self { address: address.to_owned(), sender })
    }

    /// Asks once, and reads the whole answer.
    pub async fn ask(&mut self, target: &Target) -> Seen<Answered> {
        let watch = Stopwatch::start();
        if self.sender.ready().await.is_err() {
            *self = Self::open(&self.address).await?;
        }
        let answer = match self.sender.send_request(target.request()?).await {
            Ok(answer) => answer,
            // Closed in the very moment: a request that was not taken is asked again.
            Err(error) if error.is_canceled() || error.is_incomplete_message() => {
                *self = Self::open(&self.address).await?;
                self.sender.send_request(target.request()?).await.map_err(wrong)?
            }
            Err(error) => return Err(wrong(error)),
        };
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.into_body().collect().await.map_err(wrong)?.to_bytes();
        Ok(Answered {
            status,
            took: watch.elapsed(),
            retry_after: headers.get(RETRY_AFTER).and_then(seconds),
            bytes: body.len(),
        })
    }
}

/// This many connections, opened.
pub async fn connections(address: &str, count: u32) -> Seen<Vec<Connection>> {
    try_join_all((0..count).map(|_| Connection::open(address))).await
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

/// Every connection asks again and again until the time is over, and comes again when it is told to
/// if it was refused. All answers.
pub async fn ask_for(
    duration: Duration,
    connections: &mut [Connection],
    target: &Target,
) -> Seen<Vec<Answered>> {
    let watch = Stopwatch::start();
    let asking = connections.iter_mut().map(|connection| async move {
        let mut answers = Vec::new();
        while watch.elapsed() < duration {
            let answer = connection.ask(target).await?;
            answers.push(answer);
            if let Some(later) = answer.retry_after {
                pause(later.min(duration.saturating_sub(watch.elapsed()))).await;
            }
        }
        Ok::<_, Wrong>(answers)
    });
    Ok(try_join_all(asking).await?.into_iter().flatten().collect())
}

/// Every connection asks once, all at the same moment.
pub async fn ask_once(connections: &mut [Connection], target: &Target) -> Seen<Vec<Answered>> {
    try_join_all(connections.iter_mut().map(|connection| connection.ask(target))).await
}

/// The times of those with this status.
pub fn times(answers: &[Answered], status: StatusCode) -> Vec<Duration> {
    answers.iter().filter(|answer| answer.status == status).map(|answer| answer.took).collect()
}

/// Demands that all were answered with 200.
pub fn all_good(answers: &[Answered]) -> Seen<()> {
    match answers.iter().find(|answer| answer.status != StatusCode::OK) {
        None => Ok(()),
        Some(other) => Err(Wrong::new("nothing but 200", other.status.to_string())),
    }
}

fn wrong(error: impl std::fmt::Display) -> Wrong {
    Wrong::new("a connection that answers", error.to_string())
}
