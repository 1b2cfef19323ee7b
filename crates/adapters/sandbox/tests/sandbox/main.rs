//! The sandbox as its users see it: through the ports, over restarts, and with faults.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

mod accounting;
mod contracts;
mod faults;
mod openid;
mod restart;
mod world;
