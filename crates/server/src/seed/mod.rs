//! The example of a first start. A start that is killed while it makes the example leaves a part
//! of it; the next one goes on from there.

mod example;

pub use example::LAB_NAME;

use crate::http::State;
use actix_web::web;
use course_seats_application::ports::{Spawner, StoreError};
use course_seats_application::use_cases::institutions::search_institutions;
use example::ExampleError;
use futures::FutureExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a start waits for the example; then it goes on, and the example is made meanwhile.
const START_WAITS: Duration = Duration::from_secs(5);

/// The pause before what could not be made is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// What a start did about the example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Example {
    /// Nothing: there is one, or there is something else.
    LeftAlone,
    /// This start made it, or the rest of it.
    Made,
    /// It is being made.
    OnItsWay,
}

/// Why a start could not tell whether an example is wanted.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file that says how far it is.
    #[error("{path}: {source}", path = path.display())]
    Marker {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Makes the example if there is nothing yet, or if an earlier start began it and did not get to
/// its end.
pub async fn start(state: &web::Data<State>, folder: &Path) -> Result<Example, SeedError> {
    let marker = Marker(folder.join("example"));
    match marker.read()? {
        Some(text) if text == Marker::MADE => return Ok(Example::LeftAlone),
        Some(_) => {}
        None if search_institutions(&state.app, None, None).await?.total > 0 => {
            return Ok(Example::LeftAlone);
        }
        None => marker.write(Marker::BEGUN)?,
    }
    let (told, first) = oneshot::channel();
    state.spawner.spawn(keep_making(state.clone(), marker, told).boxed());
    match tokio::time::timeout(START_WAITS, first).await {
        Ok(Ok(true)) => Ok(Example::Made),
        _ => Ok(Example::OnItsWay),
    }
}

/// Tries until it is made. `told` hears what became of the first try.
async fn keep_making(state: web::Data<State>, marker: Marker, told: oneshot::Sender<bool>) {
    let mut told = Some(told);
    while !state.app.is_shutting_down() {
        let made = match example::make(&state).await {
            Ok(()) => marker.write(Marker::MADE).map_err(|error| error.to_string()),
            Err(ExampleError::UnderWay) => Err("a saga of an earlier start is not done".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = &made {
            tracing::info!(why, "the example is not made yet");
        }
        // A start that no longer waits need not hear it.
        let _ = told.take().map(|told| told.send(made.is_ok()));
        if made.is_ok() {
            return;
        }
        state.app.ports().clock.sleep(PAUSE).await;
    }
}

/// A file that says how far the example is; without it, no start of ours has begun one.
struct Marker(PathBuf);

impl Marker {
    const BEGUN: &str = "begun\n";
    const MADE: &str = "made\n";

    fn read(&self) -> Result<Option<String>, SeedError> {
        match std::fs::read_to_string(&self.0) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.wrong(error)),
        }
    }

    fn write(&self, text: &str) -> Result<(), SeedError> {
        std::fs::write(&self.0, text).map_err(|error| self.wrong(error))
    }

    fn wrong(&self, source: std::io::Error) -> SeedError {
        SeedError::Marker { path: self.0.clone(), source }
    }
}
