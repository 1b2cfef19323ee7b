//! The Admin REST: who may do what.

use crate::answer;
use crate::call::Admin;
use crate::service::Keycloak;
use crate::{groups, users};
use stand_in_kit::{Answer, CallKind, Request};

/// Makes a call, for who may make it.
pub(crate) fn act(service: &Keycloak, call: Admin, request: &Request) -> Answer {
    let Some(claims) = service.holder(request) else { return answer::unauthorized() };
    let roles: &[&str] = match call.operation().is_write() {
        true => &["manage-users"],
        false => &["manage-users", "view-users"],
    };
    let may = service.kept.look(|realm| {
        realm.user(claims.sub).is_some_and(|user| roles.iter().any(|role| user.has_role(role)))
    });
    if !may {
        return answer::forbidden();
    }
    match call {
        Admin::FindGroups => groups::find(service, request),
        Admin::CountGroups => groups::count(service),
        Admin::CreateGroup => groups::create(service, request),
        Admin::ReadGroup(id) => groups::read(service, id),
        Admin::DeleteGroup(id) => groups::delete(service, id),
        Admin::Members(id) => groups::members(service, id, request),
        Admin::Join(user, group) => groups::join(service, user, group),
        Admin::Leave(user, group) => groups::leave(service, user, group),
        Admin::FindUsers => users::find(service, request),
        Admin::CountUsers => users::count(service, request),
        Admin::ReadUser(id) => users::read(service, id),
        Admin::GroupsOfUser(id) => groups::of_user(service, id, request),
    }
}
