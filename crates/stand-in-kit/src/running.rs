use crate::answer::Answer;
use crate::call::gone_wrong;
use crate::chaos::Chaos;
use crate::control;
use crate::fault::Fault;
use crate::mood::Mood;
use crate::request::Request;
use crate::service::Service;
use crate::time;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Response;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

/// Bodies have some hundred bytes.
const LARGEST_BODY: usize = 64 * 1024;

/// A stand-in that runs. It stops when it is dropped.
pub struct Running<S: Service> {
    address: SocketAddr,
    world: Arc<World<S>>,
    listening: JoinHandle<()>,
    stop: Arc<Notify>,
}

struct World<S: Service> {
    service: Arc<S>,
    mood: Mood<S::Kind>,
}

impl<S: Service> Running<S> {
    /// Starts it on the runtime of the caller.
    ///
    /// # Errors
    /// If the address cannot be listened to.
    pub async fn start(service: S, bind: SocketAddr) -> io::Result<Self> {
        let world = Arc::new(World { service: Arc::new(service), mood: Mood::new() });
        let listener = TcpListener::bind(bind).await?;
        let address = listener.local_addr()?;
        let stop = Arc::new(Notify::new());
        let listening =
            Handle::current().spawn(listen(listener, Arc::clone(&world), Arc::clone(&stop)));
        Ok(Self { address, world, listening, stop })
    }

    /// What it stands in for.
    #[must_use]
    pub fn service(&self) -> &S {
        &self.world.service
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
        self.world.mood.set_latency(latency);
    }

    /// Adds a fault behind those that wait.
    ///
    /// # Errors
    /// Why it could never happen.
    pub fn inject(&self, fault: Fault<S::Kind>) -> Result<(), &'static str> {
        self.world.mood.inject(fault)
    }

    /// From now on a share of the calls goes wrong.
    ///
    /// # Errors
    /// Why it could never happen.
    pub fn set_chaos(&self, chaos: Chaos) -> Result<(), &'static str> {
        self.world.mood.set_chaos(chaos)
    }

    /// Forgets all faults and ends the chaos.
    pub fn clear_faults(&self) {
        self.world.mood.clear();
    }

    /// How many calls of this kind arrived.
    #[must_use]
    pub fn calls(&self, kind: S::Kind) -> u64 {
        self.world.mood.counts().calls.get(&kind).copied().unwrap_or_default()
    }

    /// How many calls of any kind went wrong, on demand.
    #[must_use]
    pub fn gone_wrong(&self) -> u64 {
        self.world.mood.counts().gone_wrong
    }

    /// How many connections were made.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.world.mood.counts().connections
    }

    /// Runs as the whole of a process: prints where it is, and returns when it is told to stop.
    ///
    /// # Errors
    /// If signals cannot be listened to, or nothing be printed.
    pub async fn run(self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // The first line tells who started it where it is: port 0 is any port.
        writeln!(io::stdout().lock(), "{}", self.base_url())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    }

    /// Stops it: its port is free when this returns, and every connection is closed.
    pub async fn stop(mut self) {
        self.stop.notify_one();
        // An error means that the task was cancelled: it is over all the same.
        let _ = (&mut self.listening).await;
    }
}

impl<S: Service> Drop for Running<S> {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Serves until it is told to stop, or the task is dropped: all connections are closed with it.
async fn listen<S: Service>(listener: TcpListener, world: Arc<World<S>>, stop: Arc<Notify>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                world.mood.connected();
                connections.spawn(serve(stream, Arc::clone(&world)));
            },
            Some(_) = connections.join_next() => {}
            () = stop.notified() => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn serve<S: Service>(stream: TcpStream, world: Arc<World<S>>) {
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
async fn answer<S: Service>(
    world: Arc<World<S>>,
    request: hyper::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Closed> {
    // In a task of its own: a caller that goes away stops nothing, as with the real one.
    let answered = Handle::current().spawn(async move { decided(&world, request).await }).await;
    match answered {
        Ok(Some(answer)) => Ok(answer.into_response()),
        Ok(None) | Err(_) => Err(Closed),
    }
}

async fn decided<S: Service>(
    world: &World<S>,
    request: hyper::Request<Incoming>,
) -> Option<Answer> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await.ok()?.to_bytes();
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body,
    };
    if let Some(path) = request.path.strip_prefix("/_control") {
        return Some(control::answer(&*world.service, &world.mood, path, &request));
    }
    if request.path == "/health" {
        return Some(Answer::json(200, json!({ "status": "OK" })));
    }
    let call = match world.service.read(request) {
        Ok(call) => call,
        Err(refused) => return Some(refused),
    };
    let (latency, mishap) = world.mood.begin(call.kind);
    time::sleep(latency).await;
    let Some(mishap) = mishap else { return Some((call.act)()) };
    let refusal = |status| world.service.refusal(status, "A fault that was asked for");
    gone_wrong(call.act, mishap, refusal).await
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
