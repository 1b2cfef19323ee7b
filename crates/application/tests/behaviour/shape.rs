//! What a world looks like without its random ids: how often there is which row, group and account.
//! Two runs that came to the same end have the same shape.

use crate::world::World;
use course_seats_sandbox::people::COURSE_LAB_OWNER;
use serde_json::Value;
use std::collections::BTreeMap;

/// Lines, and how often each is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape(BTreeMap<String, i64>);

/// What is looked at of each table. What is reserved for a while says only that something was
/// unknown once.
const ROWS: [(&str, &str); 10] = [
    ("virtual_lab", "name, deleted"),
    ("project", "deleted"),
    ("course", "status, closing, budget_depleted"),
    (
        "course_enrolment",
        "is_dropped, claimed_by, activated_at IS NOT NULL, dropping_since IS NOT NULL",
    ),
    ("seat", "is_consumed, previously_dropped, enrolment_id IS NOT NULL"),
    ("virtual_lab_invite", "accepted, role, user_id"),
    ("saga", "kind, status, needs_attention"),
    ("outbox_mail", "kind, status"),
    ("given_up_account", "kind"),
    ("reservation WHERE until IS NULL", "kind"),
];

impl World {
    /// Its rows, and what is outside.
    pub fn shape(&self) -> Shape {
        let mut shape = Shape(BTreeMap::new());
        for (from, columns) in ROWS {
            let table = from.split(' ').next().unwrap_or(from);
            let sql = format!("SELECT json_array({columns}) AS line FROM {from}");
            for row in self.database.rows(&sql) {
                let values: Vec<String> = row.iter().map(plain).collect();
                shape.add(&format!("{table}: {}", values.join(", ")), 1);
            }
        }
        for group in self.sandbox.identity.groups_json()["groups"].as_array().unwrap() {
            let members = group["members"].as_array().unwrap();
            let mut members: Vec<String> =
                members.iter().map(|member| plain(&member["id"])).collect();
            members.sort();
            let name = plain(&group["name"]);
            let parts: Vec<&str> = name.split('/').collect();
            let (first, last) = (parts.first().unwrap(), parts.last().unwrap());
            shape.add(&format!("group: {first} {last} of {}", members.join(", ")), 1);
        }
        let accounts = self.sandbox.accounting.accounts_json();
        for kind in ["labs", "projects"] {
            for account in accounts[kind].as_array().unwrap() {
                shape.add(&format!("{kind}: {}", plain(&account["balance"])), 1);
            }
        }
        shape
    }

    /// How often which amount was moved for what: nothing that is done twice moves anything twice.
    pub fn movements(&self) -> Shape {
        let mut shape = Shape(BTreeMap::new());
        for entry in self.sandbox.accounting.accounts_json()["journal"].as_array().unwrap() {
            shape.add(&format!("moved: {} {}", plain(&entry["kind"]), plain(&entry["amount"])), 1);
        }
        shape
    }
}

/// A value as a word; the databases tell truth differently.
fn plain(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Number(number) if number.as_i64() == Some(1) => "yes".into(),
        Value::Number(number) if number.as_i64() == Some(0) => "no".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Shape {
    fn add(&mut self, line: &str, times: i64) {
        let found = self.0.entry(line.to_owned()).or_default();
        *found += times;
        if *found == 0 {
            self.0.remove(line);
        }
    }

    /// How often a line is there.
    pub fn count(&self, line: &str) -> i64 {
        self.0.get(line).copied().unwrap_or_default()
    }

    /// How many lines are about such a thing.
    pub fn all(&self, about: &str) -> i64 {
        let about = format!("{about}: ");
        self.0.iter().filter(|(line, _)| line.starts_with(&about)).map(|(_, times)| times).sum()
    }

    /// How many sagas have ended, or not, in this way.
    pub fn sagas(&self, status: &str) -> i64 {
        let is_so =
            |line: &str| line.starts_with("saga: ") && line.contains(&format!(", {status}, "));
        self.0.iter().filter(|(line, _)| is_so(line)).map(|(_, times)| times).sum()
    }

    /// The same, had the grants of so many students been in flight when their process died: whether
    /// one arrived is asked, and if it does not show, the account is given up and the seat is free.
    pub fn with_grants_in_flight(&self, students: i64) -> Self {
        let owner = COURSE_LAB_OWNER;
        let mut shape = self.clone();
        for (line, times) in [
            ("saga: assign_seat, completed, no".to_owned(), -1),
            ("saga: assign_seat, undone, no".to_owned(), 1),
            ("course_enrolment: no, null, no, no".to_owned(), -1),
            ("project: no".to_owned(), -1),
            ("seat: no, no, yes".to_owned(), -1),
            ("seat: no, no, no".to_owned(), 1),
            ("outbox_mail: claim, sent".to_owned(), -1),
            ("given_up_account: project".to_owned(), 1),
            (format!("group: proj admin of {owner}"), -1),
            ("group: proj member of ".to_owned(), -1),
            ("projects: 200".to_owned(), -1),
            ("projects: 0".to_owned(), 1),
        ] {
            shape.add(&line, times * students);
        }
        shape
    }

    /// Fails with the lines that are there more often, or less, than in the other.
    #[track_caller]
    pub fn must_be(&self, expected: &Self, what: &str) {
        let lines = self.0.keys().chain(expected.0.keys());
        let mut wrong: Vec<String> = lines
            .filter(|line| self.count(line) != expected.count(line))
            .map(|line| format!("{}, not {} × {line}", self.count(line), expected.count(line)))
            .collect();
        wrong.sort();
        wrong.dedup();
        assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
    }
}
