//! `course-seats sagas|outbox|drift`: what operators do, without a running server or beside one: the
//! same use cases on the parts that the settings name.

mod drift;
mod outbox;
mod sagas;
mod table;

pub use drift::DriftArgs;
pub use outbox::OutboxArgs;
pub use sagas::SagasArgs;

use crate::config::Config;
use crate::runtime::HandleSpawner;
use crate::wiring::{self, Commanded};
use clap::Args;
use course_seats_application::ports::StoreError;
use course_seats_application::ports::store::Page;
use serde::Serialize;
use tokio::runtime::Handle;

/// Who did it, in the audit log.
const ACTOR: &str = "command line";

/// Which part of a list.
#[derive(Debug, Clone, Copy, Args)]
pub struct PageArgs {
    /// Which page.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
    /// How many a page.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    page_size: u32,
}

impl Default for PageArgs {
    fn default() -> Self {
        Self { page: 1, page_size: 50 }
    }
}

impl PageArgs {
    fn page(self) -> Page {
        Page { number: self.page, size: self.page_size }
    }
}

/// Opens what a command needs. `outside`: also the systems outside.
async fn open(config: &Config, outside: bool) -> Result<Commanded, String> {
    let spawner = HandleSpawner::new(Handle::current());
    wiring::open_for_command(config, &spawner, outside).await.map_err(|error| error.to_string())
}

/// What a command says: for people, or for programs.
fn told<T: Serialize>(
    json: bool,
    value: &T,
    text: impl FnOnce() -> String,
) -> Result<String, String> {
    match json {
        true => serde_json::to_string_pretty(value)
            .map(|text| format!("{text}\n"))
            .map_err(|error| error.to_string()),
        false => Ok(text()),
    }
}

fn database(error: StoreError) -> String {
    error.to_string()
}
