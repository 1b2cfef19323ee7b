//! Starts the server, and stops it. The binary, the demo and the tests start the same one.

use crate::config::Config;
use crate::http::{State, around, endpoints, openapi};
use crate::runtime::HandleSpawner;
use crate::seed::{self, Example};
use crate::wiring::{self, DataFolder, WiringError};
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{HttpServer, web};
use course_seats_application::App;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// How long a stop waits for requests that are being answered, in seconds.
const ANSWERS_LIMIT_SECONDS: u64 = 10;

/// How long a stop waits for background tasks to see that they are to end.
const TASKS_LIMIT: Duration = Duration::from_secs(5);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address.
    #[error("cannot listen on {addr}: {source}; BIND_ADDR sets another address or port")]
    Bind {
        /// Which.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The parts that the settings name.
    #[error(transparent)]
    Wiring(#[from] WiringError),
    /// The web server.
    #[error("the web server did not start: {0}")]
    Http(io::Error),
    /// The example.
    #[error("whether the example is to be made cannot be told: {0}")]
    Seed(#[from] seed::SeedError),
}

/// The server.
#[derive(Debug, Clone, Copy)]
pub struct Server;

impl Server {
    /// Opens the parts that the settings name, starts the reconcilers, makes the example if that
    /// is wanted, everything is embedded and the database is empty, and answers. Port 0 takes any
    /// that is free.
    ///
    /// Must be called on the process's own multi-threaded tokio runtime: use cases and sagas run
    /// there, never on a web worker.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let bind = |source| StartError::Bind { addr: config.bind, source };
        let listener = TcpListener::bind(config.bind).map_err(bind)?;
        let addr = listener.local_addr().map_err(bind)?;
        let url = format!("http://{}", reachable(addr));
        let spawner = HandleSpawner::new(Handle::current());
        let wired = wiring::wire(&config, &url, &spawner).await?;
        wired.app.start_reconcilers();
        wired.app.start_drift();
        let state =
            web::Data::new(State::new(wired.app, spawner, wired.sandbox, wired.metrics, &config));
        let example = match config.seed_example && config.parts.all_embedded() {
            true => seed::start(&state, &config.data_dir).await?,
            false => Example::LeftAlone,
        };
        let server = serve(&state, listener, config.web_workers).map_err(StartError::Http)?;
        let stopper = server.handle();
        let served = state.spawner.handle().spawn(server);
        let url = format!("{url}{}", config.base_path);
        tracing::info!(%addr, "answering");
        Ok(Running { addr, url, example, state, stopper, served, folder: wired.folder })
    }
}

fn serve(
    state: &web::Data<State>,
    listener: TcpListener,
    workers: usize,
) -> io::Result<actix_web::dev::Server> {
    let document = openapi::document(&state.base_path, state.sandbox.inside());
    let methods = web::Data::new(openapi::Methods::of(&document));
    let document = openapi::Text::of(&document)?;
    let state = state.clone();
    let server = HttpServer::new(move || {
        let everything = web::scope(&state.base_path)
            .configure(endpoints::configure)
            .configure(|config| state.sandbox.inside().configure(config))
            .configure(|config| openapi::configure(config, &document));
        actix_web::App::new()
            .app_data(state.clone())
            .app_data(methods.clone())
            .wrap(from_fn(around))
            .service(everything)
            .default_service(web::to(openapi::otherwise))
    });
    let server = server
        .workers(workers)
        .shutdown_timeout(ANSWERS_LIMIT_SECONDS)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// An address that somebody on this machine can call.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, addr.port())
}

/// A server that answers.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where it answers, with the base path and no slash at the end.
    pub url: String,
    /// What this start did about the example.
    pub example: Example,
    state: web::Data<State>,
    stopper: ServerHandle,
    served: JoinHandle<io::Result<()>>,
    /// Ours alone until the end, if something is kept there.
    folder: Option<DataFolder>,
}

impl Running {
    /// The application.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.state.app
    }

    /// What the handlers share.
    #[must_use]
    pub fn state(&self) -> &web::Data<State> {
        &self.state
    }

    /// Whether the web server has ended by itself, which it should not.
    pub async fn ended(&mut self) -> String {
        match (&mut self.served).await {
            Ok(Ok(())) => "the web server ended".to_owned(),
            Ok(Err(error)) => format!("the web server ended: {error}"),
            Err(error) => format!("the web server ended: {error}"),
        }
    }

    /// Refuses what is new, finishes the calls under way, hands the leases back, answers what is
    /// being asked, and ends.
    pub async fn stop(self) {
        self.state.app.begin_shutdown();
        let limit = self.state.app.settings.outside_timeout * 2 + TASKS_LIMIT;
        if tokio::time::timeout(limit, self.state.app.drained()).await.is_err() {
            tracing::warn!(
                "some sagas did not stop in time; they are continued after the next start"
            );
        }
        self.stopper.stop(true).await;
        if !self.state.spawner.idle(TASKS_LIMIT).await {
            tracing::warn!("some background tasks did not end in time; nothing is lost by that");
        }
        if let Ok(Err(error)) = self.served.await {
            tracing::warn!(%error, "the web server ended with an error");
        }
        let_go(self.state.into_inner()).await;
        drop(self.folder);
        tracing::info!("stopped");
    }
}

/// Waits until the web workers have let go of what they shared: then the files are closed, and
/// the folder can be opened again in this process.
async fn let_go(state: Arc<State>) {
    let clock = Arc::clone(&state.app.ports().clock);
    let app = Arc::downgrade(&state.app);
    let last = Arc::downgrade(&state);
    drop(state);
    let until = clock.monotonic() + TASKS_LIMIT;
    while (last.strong_count() > 0 || app.strong_count() > 0) && clock.monotonic() < until {
        clock.sleep(Duration::from_millis(5)).await;
    }
}
