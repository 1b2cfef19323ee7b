//! What the adapter makes of what it sees, on stand-ins that say one thing each.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed check panics")]

mod callers;
mod groups;
mod mapping;
mod published;
mod raw;
mod service_token;
mod world;
