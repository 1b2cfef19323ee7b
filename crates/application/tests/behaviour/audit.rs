//! The audit: what the database says, held against the outside. It finds orphan groups, members
//! who should not be or are missing, stranded or doubled credits, stuck seats, half enrolments,
//! lost mail and open sagas.

use crate::database::Database;
use crate::world::World;
use chrono::{DateTime, Utc};
use course_seats_domain::ids::ProjectId;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// SQLite's JSON has numbers for truth.
fn is_true(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value.as_bool() == Some(true) || value.as_i64() == Some(1))
}

/// Whether a saga is open or a mail waits to be sent.
pub fn is_busy(database: &Database) -> bool {
    let sql = "SELECT json_array(1) AS line FROM saga WHERE status IN ('running', 'undoing') \
               UNION ALL SELECT json_array(1) FROM outbox_mail WHERE status = 'queued'";
    !database.rows(sql).is_empty()
}

pub fn looks_due(database: &Database, now: DateTime<Utc>) -> usize {
    let now = database.time(now);
    let sql = format!("SELECT json_array(id) AS line FROM saga WHERE look_at <= {now}");
    database.rows(&sql).len()
}

pub fn looks_left(database: &Database) -> usize {
    database.rows("SELECT json_array(id) AS line FROM saga WHERE look_at IS NOT NULL").len()
}

/// What is open or waits for a look, with its story, for a test that fails.
pub fn open_sagas(database: &Database) -> String {
    let sql = "SELECT json_array(s.kind, s.status, s.error, s.look_at, \
               (SELECT group_concat(event, ' ') FROM saga_event e WHERE e.saga_id = s.id)) \
               AS line FROM saga s WHERE s.status IN ('running', 'undoing') OR look_at IS NOT NULL";
    database.rows(sql).iter().map(|row| format!("{row:?}\n")).collect()
}

/// Every saga with its story, for a test that fails.
pub fn all_sagas(database: &Database) -> String {
    let sql = "SELECT json_array(s.kind, s.status, s.error, \
               (SELECT group_concat(event, ' ') FROM saga_event e WHERE e.saga_id = s.id)) \
               AS line FROM saga s ORDER BY created_at";
    database.rows(sql).iter().map(|row| format!("{row:?}\n")).collect()
}

impl World {
    /// Fails with everything that is not as it should be. Nothing may be open.
    pub fn audit(&self) {
        let findings = self.findings();
        if !findings.is_empty() {
            let story = all_sagas(&self.database);
            panic!("the audit found:\n  {}\n{story}", findings.join("\n  "));
        }
    }

    fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        self.audit_groups(&mut findings);
        self.audit_credits(&mut findings);
        self.audit_seats(&mut findings);
        self.audit_mail(&mut findings);
        self.audit_closings(&mut findings);
        self.audit_attention(&mut findings);
        let open = open_sagas(&self.database);
        if open.contains("\"running\"") || open.contains("\"undoing\"") {
            findings.push(format!("open: {open}"));
        }
        findings
    }

    fn sql(&self, sql: &str) -> Vec<Vec<Value>> {
        self.database.rows(sql)
    }

    /// Exactly the groups that the rows call for, with exactly the members that they call for.
    fn audit_groups(&self, findings: &mut Vec<String>) {
        let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in self.sql("SELECT json_array(id, owner_id) AS line FROM virtual_lab") {
            let (lab, owner) = (text(row.first()), text(row.get(1)));
            wanted.insert(format!("vlab/{lab}/admin"), BTreeSet::from([owner]));
            wanted.insert(format!("vlab/{lab}/member"), BTreeSet::new());
        }
        let invites = "SELECT json_array(virtual_lab_id, role, user_id) AS line \
                       FROM virtual_lab_invite WHERE accepted";
        for row in self.sql(invites) {
            let group = format!("vlab/{}/{}", text(row.first()), text(row.get(1)));
            wanted.entry(group).or_default().insert(text(row.get(2)));
        }
        let projects = "SELECT json_array(p.id, p.virtual_lab_id, e.claimed_by, \
            (e.activated_at IS NOT NULL AND NOT e.is_dropped AND e.dropping_since IS NULL)) AS line \
            FROM project p LEFT JOIN course_enrolment e ON e.project_id = p.id WHERE NOT p.deleted";
        for row in self.sql(projects) {
            let (project, lab) = (text(row.first()), text(row.get(1)));
            let admins = wanted.get(&format!("vlab/{lab}/admin")).cloned().unwrap_or_default();
            wanted.insert(format!("proj/{lab}/{project}/admin"), admins);
            let live = is_true(row.get(3));
            let member = live.then(|| text(row.get(2)));
            if let Some(member) = &member {
                wanted.entry(format!("vlab/{lab}/member")).or_default().insert(member.clone());
            }
            wanted.insert(format!("proj/{lab}/{project}/member"), member.into_iter().collect());
        }
        // Who is left in a lab that the other service has deleted is that service's business.
        let deleted: BTreeSet<String> = self
            .sql("SELECT json_array(id) AS line FROM virtual_lab WHERE deleted")
            .iter()
            .map(|row| format!("vlab/{}/member", text(row.first())))
            .collect();
        let there: BTreeMap<String, BTreeSet<String>> =
            self.sandbox.identity.groups_json()["groups"]
                .as_array()
                .unwrap()
                .iter()
                .map(|group| {
                    let members = group["members"].as_array().unwrap();
                    let members = members.iter().map(|member| text(member.get("id"))).collect();
                    (text(group.get("name")), members)
                })
                .filter(|(name, _): &(String, _)| {
                    name.starts_with("vlab/") || name.starts_with("proj/")
                })
                .collect();
        for name in wanted.keys().filter(|name| !there.contains_key(*name)) {
            findings.push(format!("group {name} is missing"));
        }
        for (name, members) in &there {
            match wanted.get(name) {
                _ if deleted.contains(name) => {}
                None => findings.push(format!("group {name} is an orphan")),
                // An admin who came later is for the drift report.
                Some(wanted) if name.starts_with("proj/") && name.ends_with("/admin") => {
                    if members.is_empty() || !members.is_subset(wanted) {
                        findings.push(format!("group {name} holds {members:?}, not {wanted:?}"));
                    }
                }
                Some(wanted) if wanted != members => {
                    findings.push(format!("group {name} holds {members:?}, not {wanted:?}"));
                }
                Some(_) => {}
            }
        }
    }

    /// Nothing stranded, nothing doubled; the sum over all accounts is zero.
    fn audit_credits(&self, findings: &mut Vec<String>) {
        let accounts = self.sandbox.accounting.accounts_json();
        if accounts["sum"].as_str() != Some("0") {
            findings.push(format!("the accounts add up to {}", accounts["sum"]));
        }
        let mut live: BTreeMap<String, i64> = self
            .sql(
                // The other service keeps no grant.
                "SELECT json_array(e.project_id, CAST(\
                 COALESCE(e.grant_amount, CAST(c.credits_per_seat AS numeric)) AS INTEGER)) AS line \
                 FROM course_enrolment e JOIN course c ON c.id = e.course_id \
                 WHERE NOT e.is_dropped",
            )
            .iter()
            .map(|row| (text(row.first()), row.get(1).and_then(Value::as_i64).unwrap_or(-1)))
            .collect();
        let templates = "SELECT json_array(template_project_id, credits_per_seat) AS line \
                         FROM course WHERE closing IS NULL";
        for row in self.sql(templates) {
            live.insert(text(row.first()), row.get(1).and_then(Value::as_i64).unwrap_or(-1));
        }
        for project in accounts["projects"].as_array().unwrap() {
            let id = text(project.get("id"));
            let account = format!("project/{id}");
            let wanted = live.get(&id).copied().unwrap_or(0);
            let spent: f64 = accounts["journal"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|entry| {
                    text(entry.get("from")) == account && text(entry.get("kind")) == "spend"
                })
                .map(|entry| text(entry.get("amount")).parse::<f64>().unwrap())
                .sum();
            let balance: f64 = text(project.get("balance")).parse().unwrap();
            let right =
                if wanted == 0 { 0.0 } else { f64::from(i32::try_from(wanted).unwrap()) - spent };
            if (balance - right).abs() > 1e-9 {
                findings.push(format!("project {id} holds {balance}, not {right}"));
            }
            live.remove(&id);
        }
        for project in live.keys() {
            findings.push(format!("project {project} has no account"));
        }
    }

    /// No seat stuck or sold twice; no half enrolment; nothing reserved by nobody.
    fn audit_seats(&self, findings: &mut Vec<String>) {
        let held = "SELECT json_array(kind, \"key\") AS line FROM reservation WHERE until IS NULL";
        for row in self.sql(held) {
            findings.push(format!("still reserved: {row:?}"));
        }
        let half = "SELECT json_array(e.id) AS line FROM course_enrolment e \
            LEFT JOIN project p ON p.id = e.project_id LEFT JOIN seat s ON s.enrolment_id = e.id \
            WHERE p.id IS NULL OR (NOT e.is_dropped AND s.id IS NULL) \
            OR (NOT e.is_dropped AND s.is_consumed) OR e.dropping_since IS NOT NULL";
        for row in self.sql(half) {
            findings.push(format!("half enrolment: {row:?}"));
        }
        let dropped = "SELECT json_array(s.id) AS line FROM seat s \
            JOIN course_enrolment e ON s.enrolment_id = e.id WHERE e.is_dropped AND NOT s.is_consumed";
        for row in self.sql(dropped) {
            findings.push(format!("seat of a dropped student is stuck: {row:?}"));
        }
        let nobodys = "SELECT json_array(id) AS line FROM seat \
            WHERE is_consumed AND enrolment_id IS NULL";
        for row in self.sql(nobodys) {
            findings.push(format!("seat consumed by nobody: {row:?}"));
        }
        let shared = "SELECT json_array(enrolment_id) AS line FROM seat \
            WHERE enrolment_id IS NOT NULL GROUP BY enrolment_id HAVING COUNT(*) > 1";
        for row in self.sql(shared) {
            findings.push(format!("one enrolment has several seats: {row:?}"));
        }
    }

    /// What is closed is depleted, and nothing else is.
    fn audit_closings(&self, findings: &mut Vec<String>) {
        let half = "SELECT json_array(id, closing, budget_depleted) AS line FROM course \
            WHERE (closing IS NOT NULL) <> budget_depleted";
        for row in self.sql(half) {
            findings.push(format!("course half closed: {row:?}"));
        }
    }

    /// Nothing needs a person.
    fn audit_attention(&self, findings: &mut Vec<String>) {
        let needy = "SELECT json_array(kind, id, error) AS line FROM saga WHERE needs_attention";
        for row in self.sql(needy) {
            findings.push(format!("needs attention: {row:?}"));
        }
    }

    /// Each claim mail sent at least once for what was settled, never for what was not. The other
    /// service, which keeps no grant, sends its own.
    fn audit_mail(&self, findings: &mut Vec<String>) {
        let enrolments: BTreeMap<String, bool> = self
            .sql("SELECT json_array(id, is_dropped OR grant_amount IS NULL) AS line FROM course_enrolment")
            .iter()
            .map(|row| (text(row.first()), is_true(row.get(1))))
            .collect();
        let mailbox = self.sandbox.mailbox.mailbox_json().to_string();
        // Only who is refused for good is given up.
        let mut dead = BTreeSet::new();
        let died = "SELECT json_array(subject, error) AS line FROM outbox_mail \
            WHERE status = 'dead'";
        for row in self.sql(died) {
            let (subject, why) = (text(row.first()), text(row.get(1)));
            if !why.starts_with("rejected") {
                findings.push(format!("the mail for {subject} is dead: {why}"));
            }
            dead.insert(subject);
        }
        for (enrolment, dropped) in &enrolments {
            let sent = mailbox.contains(&format!("enrolment_id={enrolment}"));
            if !dropped && !sent && !dead.contains(enrolment) {
                findings.push(format!("no mail for enrolment {enrolment}"));
            }
        }
        let settled: BTreeSet<String> = self
            .sql(
                "SELECT json_array(subject) AS line FROM saga \
                 WHERE kind = 'assign_seat' AND status = 'completed'",
            )
            .iter()
            .map(|row| text(row.first()))
            .collect();
        let mentioned = mailbox.split("enrolment_id=").skip(1).filter_map(|rest| rest.get(..36));
        for enrolment in mentioned {
            if !settled.contains(&format!("enrolment:{enrolment}")) {
                findings.push(format!("a mail for {enrolment}, which was never settled"));
            }
        }
    }
}

impl World {
    pub fn count(&self, what: &str) -> usize {
        count(&self.database, what)
    }

    /// The only value of one column.
    pub fn only<T: serde::de::DeserializeOwned>(&self, column: &str, from: &str) -> T {
        let rows = self.sql(&format!("SELECT json_array({column}) AS line FROM {from}"));
        assert_eq!(rows.len(), 1, "{column} FROM {from}");
        serde_json::from_value(rows[0][0].clone()).unwrap()
    }

    pub fn project_named(&self, name: &str) -> ProjectId {
        self.only("id", &format!("project WHERE name = '{name}'"))
    }
}

/// How many rows there are in `what`: a table, and perhaps a `WHERE`.
fn count(database: &Database, what: &str) -> usize {
    database.rows(&format!("SELECT json_array(1) AS line FROM {what}")).len()
}

/// Error and story of every assign that was undone.
pub fn undone_assigns(database: &Database) -> Vec<(String, String)> {
    let sql = "SELECT json_array(s.error, \
               (SELECT group_concat(event, ' ') FROM saga_event e WHERE e.saga_id = s.id)) AS line \
               FROM saga s WHERE kind = 'assign_seat' AND status = 'undone'";
    database.rows(sql).iter().map(|row| (text(row.first()), text(row.get(1)))).collect()
}
