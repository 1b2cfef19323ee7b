#![doc = include_str!("../README.md")]

mod binary;
mod bound;
mod figures;
mod load;
mod measure;
mod report;
mod scale;
mod world;

use clap::{Parser, Subcommand};
use course_seats::demo::{Seen, Wrong};
use figures::Figure;
use report::Table;
use scale::Scale;
use std::path::PathBuf;
use std::process::ExitCode;
use world::World;

/// Measures the service: each figure is a ratio to a bound that is measured in the same run.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Tiny sizes, on the binary of the same profile: shows that every figure can be taken.
    #[arg(long)]
    smoke: bool,
    /// Another binary of the service than that of our own profile: to compare.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Only these (default: all but `limits`).
    figures: Vec<Figure>,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What the harness starts of itself, in processes of their own.
#[derive(Debug, Clone, Subcommand)]
enum Part {
    /// The bound of requests: verifies tokens, and may run one query.
    #[command(hide = true)]
    BoundServer(bound::BoundServer),
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let done = match options.part {
        Some(Part::BoundServer(server)) => server.run().await,
        None => measure_all(&options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            report::complain(&format!("bench: {wrong}"));
            ExitCode::FAILURE
        }
    }
}

/// Takes the figures one after the other and prints the table as it grows. A promise that is missed
/// is no failure of the harness: the table says it.
async fn measure_all(options: &Options) -> Seen<()> {
    let scale = Scale::new(options.smoke);
    // It is started in a folder of its own.
    let binary = options.binary.as_ref().map(std::path::absolute).transpose();
    let binary = binary.map_err(|error| Wrong::new("the binary's path", error.to_string()))?;
    let mut table = Table::default();
    for figure in Figure::of(&options.figures) {
        report::progress(&format!("{figure:?} …"));
        // Of its own: what one figure leaves in Keycloak is not there for the next.
        let world = World::start(binary.clone()).await?;
        for row in figure.take(&world, &scale).await? {
            table.add(if scale.is_smoke() { row.unjudged() } else { row });
        }
    }
    table.print();
    Ok(())
}
