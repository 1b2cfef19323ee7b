//! Groups, and who is in them. All groups are at the top.

use crate::answer;
use crate::ids;
use crate::openid;
use crate::pairs::Pairs;
use crate::realm::{Change, Group, Realm};
use crate::service::Keycloak;
use serde::Deserialize;
use serde_json::{Value, json};
use stand_in_kit::header::LOCATION;
use stand_in_kit::{Answer, Request};
use uuid::Uuid;

/// The longest name; a database column past it.
const NAME_CHARS: usize = 255;

/// So many members are told at once, unless asked for otherwise.
const MEMBERS: usize = 100;

#[derive(Deserialize)]
struct NewGroup {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    name: String,
}

pub(crate) fn create(service: &Keycloak, request: &Request) -> Answer {
    let Ok(wanted) = request.json::<NewGroup>() else {
        return answer::oauth(400, "invalid_request", "Cannot parse the JSON");
    };
    let NewGroup { id, name } = wanted;
    if name.trim().is_empty() {
        return answer::error_message(400, "Group name is missing");
    }
    if id.is_some() {
        // Taken for one that is there and shall be moved to the top.
        return answer::error(404, "Could not find child by id");
    }
    if name.chars().count() > NAME_CHARS {
        return answer::crash();
    }
    let id = ids::new();
    let location = openid::administered(service, request, &format!("groups/{id}"));
    service.kept.change(|realm| {
        if realm.group_named(&name).is_some() {
            let why = format!("Top level group named '{name}' already exists.");
            return Err(answer::error_message(409, &why));
        }
        let made = Answer::empty(201).with_header(LOCATION, location);
        Ok((made, Some(Change::GroupCreated { id, name })))
    })
}

pub(crate) fn find(service: &Keycloak, request: &Request) -> Answer {
    let query = Pairs::of_query(request.query.as_deref());
    service.kept.look(|realm| {
        let found: Vec<(Uuid, &Group)> = match query.get("search") {
            Some(name) if query.is_true("exact") => {
                let id = realm.group_named(name);
                id.and_then(|id| Some((id, realm.group(id)?))).into_iter().collect()
            }
            Some(part) => {
                let part = part.to_lowercase();
                let is_in = |group: &Group| group.name.to_lowercase().contains(&part);
                realm.all_groups().filter(|(_, group)| is_in(group)).collect()
            }
            None => realm.all_groups().collect(),
        };
        let page = query.page(found.into_iter(), usize::MAX);
        Answer::json(200, page.into_iter().map(|(id, group)| shown(id, group)).collect())
    })
}

pub(crate) fn count(service: &Keycloak) -> Answer {
    let count = service.kept.look(|realm| realm.all_groups().count());
    Answer::json(200, json!({ "count": count }))
}

pub(crate) fn read(service: &Keycloak, id: Option<Uuid>) -> Answer {
    service.kept.look(|realm| match known(realm, id) {
        Some((id, group)) => Answer::json(200, shown(id, group)),
        None => answer::unknown_group(),
    })
}

pub(crate) fn delete(service: &Keycloak, id: Option<Uuid>) -> Answer {
    service.kept.change(|realm| {
        let (id, _) = known(realm, id).ok_or_else(answer::unknown_group)?;
        Ok((Answer::empty(204), Some(Change::GroupDeleted { id })))
    })
}

pub(crate) fn members(service: &Keycloak, id: Option<Uuid>, request: &Request) -> Answer {
    let query = Pairs::of_query(request.query.as_deref());
    service.kept.look(|realm| {
        let Some((_, group)) = known(realm, id) else { return answer::unknown_group() };
        let page = query.page(group.members.values(), MEMBERS);
        let users = page.into_iter().filter_map(|id| realm.user(*id));
        Answer::json(200, users.map(|user| user.shown()).collect())
    })
}

pub(crate) fn join(service: &Keycloak, user: Option<Uuid>, group: Option<Uuid>) -> Answer {
    membership(service, user, group, |is_in, user, group| {
        (!is_in).then_some(Change::Joined { user, group })
    })
}

pub(crate) fn leave(service: &Keycloak, user: Option<Uuid>, group: Option<Uuid>) -> Answer {
    membership(service, user, group, |is_in, user, group| {
        is_in.then_some(Change::Left { user, group })
    })
}

/// The groups of one user.
pub(crate) fn of_user(service: &Keycloak, id: Option<Uuid>, request: &Request) -> Answer {
    let query = Pairs::of_query(request.query.as_deref());
    service.kept.look(|realm| {
        let Some(user) = id.and_then(|id| realm.user(id)) else { return answer::unknown_user() };
        let ids = realm.groups_of(user.id).filter_map(|name| realm.group_named(name));
        let groups = ids.filter_map(|id| Some(shown(id, realm.group(id)?)));
        Answer::json(200, query.page(groups, usize::MAX).into())
    })
}

/// Every group with its members, by name: as the sandbox tells them.
pub(crate) fn report(service: &Keycloak) -> Value {
    service.kept.look(|realm| {
        let groups = realm.all_groups().map(|(id, group)| {
            let members = group.members.iter();
            let members = members.map(|(username, id)| json!({ "id": id, "username": username }));
            json!({
                "id": id,
                "name": group.name,
                "path": format!("/{}", group.name),
                "members": members.collect::<Value>(),
            })
        });
        json!({ "groups": groups.collect::<Value>() })
    })
}

fn membership(
    service: &Keycloak,
    user: Option<Uuid>,
    group: Option<Uuid>,
    change: impl FnOnce(bool, Uuid, Uuid) -> Option<Change>,
) -> Answer {
    service.kept.change(|realm| {
        let user = user.and_then(|id| realm.user(id)).ok_or_else(answer::unknown_user)?;
        let (id, group) =
            known(realm, group).ok_or_else(|| answer::error(404, "Group not found"))?;
        let is_in = group.members.contains_key(&user.username);
        Ok((Answer::empty(204), change(is_in, user.id, id)))
    })
}

fn known(realm: &Realm, id: Option<Uuid>) -> Option<(Uuid, &Group)> {
    let id = id?;
    Some((id, realm.group(id)?))
}

fn shown(id: Uuid, group: &Group) -> Value {
    json!({
        "id": id,
        "name": group.name,
        "path": format!("/{}", group.name),
        "subGroupCount": 0,
        "subGroups": [],
    })
}
