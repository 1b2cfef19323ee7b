//! Who lives in the sandbox. Their ids never change, so that an example can name them.

use course_seats_domain::ids::UserId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The owner of course labs, `obi-virtual-lab`: what `MULTIPLE_VLABS_ALLOWED_USER_ID` names.
pub const COURSE_LAB_OWNER: UserId =
    UserId::new(Uuid::from_u128(0x16588c8b_ec88_4a49_a413_a0bb3a7b8541));

/// `service-admin`, a member of [`SERVICE_ADMIN_GROUP`].
pub const SERVICE_ADMIN: UserId = numbered(0);

/// `faculty`.
pub const FACULTY: UserId = numbered(100);

/// The password of everybody.
pub const PASSWORD: &str = "sandbox";

/// The one client that may ask for tokens.
pub const CLIENT_ID: &str = "obpapp";

/// The name of the group of the service's administrators.
pub const SERVICE_ADMIN_GROUP: &str = "service/virtual-lab-svc/admin";

/// `student-1` … `student-9`.
#[must_use]
pub const fn student(number: u8) -> UserId {
    numbered(number as u128)
}

/// `5a4db0c5-0000-4000-8000-000000000000` and those that follow.
const fn numbered(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(0x5a4db0c5_0000_4000_8000_000000000000 + number))
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The id, which never changes.
    pub id: UserId,
    /// Under which to sign in.
    pub username: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
}

impl Person {
    fn new(id: UserId, username: &str, first_name: &str, last_name: &str) -> Self {
        Self {
            id,
            username: username.into(),
            first_name: first_name.into(),
            last_name: last_name.into(),
        }
    }

    /// The address, which counts as verified.
    #[must_use]
    pub fn email(&self) -> String {
        format!("{}@sandbox.example", self.username)
    }

    /// First and last name.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// Everybody who is there at the first start.
pub(crate) fn everybody() -> Vec<Person> {
    let mut people = vec![
        Person::new(COURSE_LAB_OWNER, "obi-virtual-lab", "OBI", "Virtual Lab"),
        Person::new(SERVICE_ADMIN, "service-admin", "Service", "Admin"),
        Person::new(FACULTY, "faculty", "Faculty", "Member"),
    ];
    people.extend((1..=9).map(|number| {
        let username = format!("student-{number}");
        Person::new(student(number), &username, "Student", &number.to_string())
    }));
    people
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn everybody_has_an_id_of_his_own() {
        let ids: BTreeSet<_> = everybody().iter().map(|person| person.id).collect();
        assert_eq!(ids.len(), 12);
        assert_eq!(COURSE_LAB_OWNER.to_string(), "16588c8b-ec88-4a49-a413-a0bb3a7b8541");
        assert_eq!(student(3).to_string(), "5a4db0c5-0000-4000-8000-000000000003");
    }
}
