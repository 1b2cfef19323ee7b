//! Database and outside in memory, with the rules of the real ones. What goes wrong on the way to
//! them is decided by whoever gives the [`Weather`] and the [`Line`].

mod accounting;
mod identity;
mod line;
mod mailbox;
mod store;

pub use accounting::{Account, Books, MemoryAccounting, Movement, Why};
pub use identity::{Directory, Group, MemoryIdentity};
pub use line::{Answer, Call, CalmLine, Effect, Fate, Line, Operation, Outside};
pub use mailbox::{Delivery, Mailbox, MemoryMailbox};
pub use store::{
    CalmWeather, CommitFate, MailRow, MemoryDatabase, MemoryStore, Pace, ReservedRow, Rules,
    SagaRow, Tables, Weather,
};
