//! The one list of endpoints: what is routed is what is documented.

use super::handlers::portal::{claim as claim_page, invite as invite_page};
use super::handlers::{
    courses, enrolments, health, institutions, invites, labs, openid, operator, projects, sandbox,
    seats,
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
    seats::provision,
    seats::transfer,
    seats::search_batches,
    seats::show_batch,
    seats::list,
    seats::assign_students,
    seats::drop_students,
    labs::create,
    labs::get,
    projects::create,
    invites::send,
    invites::show,
    invites::accept,
    operator::expire,
    operator::sagas,
    operator::saga,
    health::health,
    health::live,
    health::ready,
}

endpoints! { configure_sandbox, SandboxDocument:
    openid::show_discovery,
    openid::show_certs,
    openid::issue_token,
    openid::show_userinfo,
    openid::end_session,
    sandbox::show_mailbox_page,
    sandbox::show_mailbox,
    claim_page::show,
    claim_page::submit,
    invite_page::show,
    invite_page::submit,
    sandbox::show_accounts,
    sandbox::show_groups,
    sandbox::show_clock,
    sandbox::turn_clock,
    sandbox::list_faults,
    sandbox::inject_fault,
    sandbox::clear_faults,
    sandbox::spend_credits,
}
