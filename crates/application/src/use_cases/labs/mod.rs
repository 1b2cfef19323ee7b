//! Virtual labs, their projects and the invitations into them.

mod accept_invite;
mod create;
mod create_project;
mod get;
mod invite_token;
mod send_invite;
mod show_invite;

pub use accept_invite::{AcceptedInvite, accept_invite};
pub use create::{CreateLabError, create_lab};
pub use create_project::{CreateProjectError, CreatedProject, NewProject, create_project};
pub use get::{GetLabError, LabExpand, LabView, get_lab};
pub(crate) use invite_token::issue;
pub use send_invite::{SendInviteError, send_invite};
pub use show_invite::{InviteError, InviteView, show_invite};
