//! The one list of endpoints: what is routed is what is documented.

use super::handlers::portal::{claim as claim_page, invite as invite_page};
use super::handlers::{
    courses, drift, enrolments, health, institutions, invites, jobs, labs, metrics, openid,
    operator, outbox, projects, sandbox, seats,
};
use actix_web::web::ServiceConfig;
use utoipa::OpenApi;

macro_rules! endpoints {
    ($configure:ident, $document:ident: $($module:ident::$handler:ident),+ $(,)?) => {
        /// Routes every endpoint of the list.
        pub fn $configure(config: &mut ServiceConfig) {
            $(config.service($module::$handler);)+
        }

        /// Documents every endpoint of the list.
        #[derive(OpenApi)]
        #[openapi(paths($($module::$handler),+))]
        pub struct $document;
    };
}

// Of two paths that fit, the first one counts: words go before ids.
endpoints! { configure, Document:
    institutions::create,
    institutions::search,
    institutions::get,
    institutions::update,
    courses::search,
    courses::create,
    enrolments::claim,
    enrolments::activate,
    courses::get,
    courses::update,
    courses::delete,
    courses::activate,
    courses::void,
    enrolments::claim_of_course,
    enrolments::list,
    enrolments::resend,
    seats::provision,
    seats::transfer,
    seats::search_batches,
    seats::show_batch,
    seats::list,
    seats::assign_students,
    seats::drop_students,
    jobs::show,
    labs::create,
    labs::get,
    projects::create,
    invites::send,
    invites::show,
    invites::accept,
    operator::expire,
    operator::sagas,
    operator::saga,
    operator::retry,
    operator::settle,
    outbox::list,
    outbox::retry,
    drift::report,
    drift::repair,
    health::health,
    health::live,
    health::ready,
    metrics::show,
}

// Of the sandbox, each part has its own: it is there only if that part is.
endpoints! { configure_identity, IdentityDocument:
    openid::show_discovery,
    openid::show_certs,
    openid::issue_token,
    openid::show_userinfo,
    openid::end_session,
    claim_page::show,
    claim_page::submit,
    invite_page::show,
    invite_page::submit,
    sandbox::show_groups,
    sandbox::show_clock,
    sandbox::turn_clock,
}

endpoints! { configure_mailbox, MailboxDocument:
    sandbox::show_mailbox_page,
    sandbox::show_mailbox,
}

endpoints! { configure_accounting, AccountingDocument:
    sandbox::show_accounts,
    sandbox::spend_credits,
}

endpoints! { configure_faults, FaultsDocument:
    sandbox::list_faults,
    sandbox::inject_fault,
    sandbox::clear_faults,
}

/// Which parts of the world are the sandbox's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inside {
    /// The identity provider.
    pub identity: bool,
    /// The mail server.
    pub mailbox: bool,
    /// Accounting.
    pub accounting: bool,
}

impl Inside {
    /// All of them.
    pub const ALL: Self = Self { identity: true, mailbox: true, accounting: true };

    /// Whether any is.
    #[must_use]
    pub fn any(self) -> bool {
        self.identity || self.mailbox || self.accounting
    }

    /// Routes what of the sandbox is there.
    pub fn configure(self, config: &mut ServiceConfig) {
        let lists = [
            (self.identity, configure_identity as fn(&mut ServiceConfig)),
            (self.mailbox, configure_mailbox),
            (self.accounting, configure_accounting),
            (self.any(), configure_faults),
        ];
        for (_, configure) in lists.into_iter().filter(|(there, _)| *there) {
            configure(config);
        }
    }

    /// Documents what of the sandbox is there.
    pub fn document(self, document: &mut utoipa::openapi::OpenApi) {
        let lists = [
            (self.identity, IdentityDocument::openapi as fn() -> utoipa::openapi::OpenApi),
            (self.mailbox, MailboxDocument::openapi),
            (self.accounting, AccountingDocument::openapi),
            (self.any(), FaultsDocument::openapi),
        ];
        for (_, part) in lists.into_iter().filter(|(there, _)| *there) {
            document.merge(part());
        }
    }
}
