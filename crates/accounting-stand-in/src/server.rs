use crate::answer::{Answer, Body};
use crate::call::{Call, Operation};
use crate::control;
use crate::fault::Fault;
use crate::ledger::Ledger;
use crate::rules;
use crate::world::World;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

/// Bodies have some hundred bytes.
const LARGEST_BODY: usize = 64 * 1024;

/// How a stand-in is started.
#[derive(Debug, Clone)]
pub struct StandInConfig {
    /// Where it listens; port 0 for any.
    pub bind: SocketAddr,
    /// A file that keeps the books over a restart; made if it is not there.
    pub state: Option<PathBuf>,
}

impl Default for StandInConfig {
    /// On any port of the loopback, with nothing kept.
    fn default() -> Self {
        Self { bind: SocketAddr::from(([127, 0, 0, 1], 0)), state: None }
    }
}

/// A running stand-in. It stops when it is dropped.
pub struct StandIn {
    address: SocketAddr,
    world: Arc<World>,
    listening: JoinHandle<()>,
    stop: Arc<Notify>,
}

impl StandIn {
    /// Starts one on the runtime of the caller.
    ///
    /// # Errors
    /// If the address cannot be listened to, or the file not read.
    pub async fn start(config: StandInConfig) -> io::Result<Self> {
        let world = Arc::new(World::new(Ledger::open(config.state.as_deref())?));
        let listener = TcpListener::bind(config.bind).await?;
        let address = listener.local_addr()?;
        let stop = Arc::new(Notify::new());
        let listening =
            Handle::current().spawn(listen(listener, Arc::clone(&world), Arc::clone(&stop)));
        Ok(Self { address, world, listening, stop })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a client takes as its base address.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How long every call takes from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.world.set_latency(latency);
    }

    /// From now on changes show only so long after they were answered.
    pub fn set_commit_delay(&self, delay: Duration) {
        self.world.ledger.set_commit_delay(delay);
    }

    /// Adds a fault behind those that wait.
    ///
    /// # Errors
    /// Why it could never happen.
    pub fn inject(&self, fault: Fault) -> Result<(), &'static str> {
        self.world.inject(fault)
    }

    /// Forgets all faults.
    pub fn clear_faults(&self) {
        self.world.clear_faults();
    }

    /// All accounts with what is in them, the journal, and the sum, as `/_control/accounts`.
    #[must_use]
    pub fn accounts(&self) -> Value {
        rules::report(&self.world.ledger)
    }

    /// How many calls of this kind arrived.
    #[must_use]
    pub fn calls(&self, operation: Operation) -> u64 {
        self.world.counts().0.get(&operation).copied().unwrap_or_default()
    }

    /// How many connections were made.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.world.counts().1
    }

    /// Runs until the process is told to stop.
    pub async fn run(mut self) {
        // An error means that the task was cancelled: it is over all the same.
        let _ = (&mut self.listening).await;
    }

    /// Stops it: its port is free when this returns, and every connection is closed.
    pub async fn stop(mut self) {
        self.stop.notify_one();
        let _ = (&mut self.listening).await;
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Serves until it is told to stop, or the task is dropped: all connections are closed with it.
async fn listen(listener: TcpListener, world: Arc<World>, stop: Arc<Notify>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                world.connected();
                connections.spawn(serve(stream, Arc::clone(&world)));
            },
            Some(_) = connections.join_next() => {}
            () = stop.notified() => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn serve(stream: TcpStream, world: Arc<World>) {
    // Without this an answer may wait for the acknowledgement of the one before.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(move |request| answer(Arc::clone(&world), request));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    // A caller that goes away, or a fault that closes the connection, is no news.
    let _ = connection.await;
}

/// Answers a request; an error closes the connection without an answer.
async fn answer(
    world: Arc<World>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Closed> {
    // In a task of its own: a caller that goes away stops nothing, as with the real one.
    let answered = Handle::current().spawn(async move { decided(&world, request).await }).await;
    match answered {
        Ok(Some(answer)) => Ok(response(answer)),
        Ok(None) | Err(_) => Err(Closed),
    }
}

async fn decided(world: &World, request: Request<Incoming>) -> Option<Answer> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await.ok()?.to_bytes();
    let (method, path) = (head.method.as_str(), head.uri.path());
    if let Some(path) = path.strip_prefix("/_control") {
        return Some(control::answer(world, method, path, &body));
    }
    if path == "/health" {
        return Some(Answer::plain(json!({ "status": "OK" })));
    }
    if !has_bearer(head.headers.get(AUTHORIZATION)) {
        return Some(Answer::refused(401, "NOT_AUTHENTICATED", "A bearer token is required"));
    }
    match Call::read(method, path, head.uri.query(), &body) {
        Ok(call) => world.call(call).await,
        Err(refused) => Some(refused),
    }
}

/// Any token is taken; that there is one is checked.
fn has_bearer(header: Option<&HeaderValue>) -> bool {
    let text = header.and_then(|header| header.to_str().ok()).unwrap_or_default();
    text.split_once(' ').is_some_and(|(scheme, token)| {
        scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()
    })
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let (body, kind) = match answer.body {
        Body::Json(value) => (Bytes::from(value.to_string()), "application/json"),
        Body::Text(text) => (Bytes::from_static(text.as_bytes()), "text/plain; charset=utf-8"),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if answer.status == 401 {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The connection is closed without an answer.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed without an answer")
    }
}

impl std::error::Error for Closed {}
