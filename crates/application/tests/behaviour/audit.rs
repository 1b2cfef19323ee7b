//! The audit: what the database says, held against the outside. It finds orphan groups, members
//! who should not be or are missing, stranded or doubled credits, stuck seats, half enrolments,
//! lost mail and open sagas.

use crate::world::World;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Rows as JSON arrays: the audit reads the file itself, not through the code that it audits.
fn rows(database: &Path, sql: &str) -> Vec<Vec<Value>> {
    let mut connection = SqliteConnection::establish(&database.to_string_lossy()).unwrap();
    diesel::sql_query("PRAGMA busy_timeout = 5000").execute(&mut connection).unwrap();
    let rows: Vec<Row> = diesel::sql_query(sql).load(&mut connection).unwrap();
    rows.iter().map(|row| serde_json::from_str(&row.line).unwrap()).collect()
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Subject and status of every mail.
pub fn mails(database: &Path) -> Vec<(String, String)> {
    rows(database, "SELECT json_array(subject, status) AS line FROM outbox_mail")
        .iter()
        .map(|row| (text(row.first()), text(row.get(1))))
        .collect()
}

pub fn looks_due(database: &Path, now: DateTime<Utc>) -> usize {
    let now = now.timestamp_micros();
    let sql = format!("SELECT json_array(id) AS line FROM saga WHERE look_at <= {now}");
    rows(database, &sql).len()
}

pub fn looks_left(database: &Path) -> usize {
    rows(database, "SELECT json_array(id) AS line FROM saga WHERE look_at IS NOT NULL").len()
}

/// What is open or waits for a look, with its story, for a test that fails.
pub fn open_sagas(database: &Path) -> String {
    let sql = "SELECT json_array(s.kind, s.status, s.error, s.look_at, \
               (SELECT group_concat(event, ' ') FROM saga_event e WHERE e.saga_id = s.id)) \
               AS line FROM saga s WHERE s.status IN ('running', 'undoing') OR look_at IS NOT NULL";
    rows(database, sql).iter().map(|row| format!("{row:?}\n")).collect()
}

/// Every saga with its story, for a test that fails.
pub fn all_sagas(database: &Path) -> String {
    let sql = "SELECT json_array(s.kind, s.status, s.error, \
               (SELECT group_concat(event, ' ') FROM saga_event e WHERE e.saga_id = s.id)) \
               AS line FROM saga s ORDER BY created_at";
    rows(database, sql).iter().map(|row| format!("{row:?}\n")).collect()
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
        let open = open_sagas(&self.database);
        if open.contains("\"running\"") || open.contains("\"undoing\"") {
            findings.push(format!("open: {open}"));
        }
        findings
    }

    fn sql(&self, sql: &str) -> Vec<Vec<Value>> {
        rows(&self.database, sql)
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
            let live = row.get(3).and_then(Value::as_i64) == Some(1);
            let member = live.then(|| text(row.get(2)));
            if let Some(member) = &member {
                wanted.entry(format!("vlab/{lab}/member")).or_default().insert(member.clone());
            }
            wanted.insert(format!("proj/{lab}/{project}/member"), member.into_iter().collect());
        }
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
                "SELECT json_array(e.project_id, CAST(e.grant_amount AS INTEGER)) AS line \
                 FROM course_enrolment e WHERE NOT e.is_dropped",
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
    }

    /// Each claim mail sent at least once for what was settled, never for what was not.
    fn audit_mail(&self, findings: &mut Vec<String>) {
        let enrolments: BTreeMap<String, bool> = self
            .sql("SELECT json_array(id, is_dropped) AS line FROM course_enrolment")
            .iter()
            .map(|row| (text(row.first()), row.get(1).and_then(Value::as_i64) == Some(1)))
            .collect();
        let mailbox = self.sandbox.mailbox.mailbox_json().to_string();
        let dead: BTreeSet<String> = mails(&self.database)
            .into_iter()
            .filter_map(|(subject, status)| (status == "dead").then_some(subject))
            .collect();
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

/// How many rows there are in `what`: a table, and perhaps a `WHERE`.
pub fn count(database: &Path, what: &str) -> usize {
    rows(database, &format!("SELECT json_array(1) AS line FROM {what}")).len()
}

/// Error and story of every assign that was undone.
pub fn undone_assigns(database: &Path) -> Vec<(String, String)> {
    let sql = "SELECT json_array(s.error, \
               (SELECT group_concat(event, ' ') FROM saga_event e WHERE e.saga_id = s.id)) AS line \
               FROM saga s WHERE kind = 'assign_seat' AND status = 'undone'";
    rows(database, sql).iter().map(|row| (text(row.first()), text(row.get(1)))).collect()
}

/// Somebody else writes to the file.
pub fn execute(database: &Path, sql: &str) {
    let mut connection = SqliteConnection::establish(&database.to_string_lossy()).unwrap();
    diesel::sql_query("PRAGMA busy_timeout = 5000").execute(&mut connection).unwrap();
    diesel::sql_query(sql).execute(&mut connection).unwrap();
}
