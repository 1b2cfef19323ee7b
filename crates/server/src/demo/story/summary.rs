use super::{SEATS, Tale};
use crate::demo::api::Seen;
use crate::demo::audit::{Seen as SeenCourse, Snapshot};
use crate::demo::wrong::same;
use rust_decimal::Decimal;
use std::collections::HashSet;
use uuid::Uuid;

/// No seat was lost or sold twice: all that were provisioned are somewhere.
pub fn check_seats(ended: &Snapshot) -> Seen<()> {
    let count = |state| ended.courses.iter().map(|seen| seen.seats_in(state)).sum::<usize>();
    let all = count("free") + count("assigned") + count("consumed");
    same("free + assigned + consumed seats", all, SEATS as usize)?;
    same(
        "(free, assigned, consumed)",
        (count("free"), count("assigned"), count("consumed")),
        (4, 0, 6),
    )
}

/// Every credit that was granted was spent or taken back.
pub fn check_credits(deleted: &Snapshot) -> Seen<()> {
    let granted = moved(deleted, "top_up");
    let gone = moved(deleted, "spend") + moved(deleted, "deplete");
    same("credits spent and taken back", gone, granted)
}

type Count = fn(&SeenCourse) -> usize;

/// What came of it.
pub fn table(tale: &mut Tale<'_>, ended: &Snapshot) {
    tale.report.say("");
    tale.report.say(&row("", ended.courses.iter().map(|seen| seen.watched.lab_name.clone())));
    let counts: [(&str, Count); 6] = [
        ("seats", |seen| seen.seats.len()),
        ("  free", |seen| seen.seats_in("free")),
        ("  used up", |seen| seen.seats_in("consumed")),
        ("students", |seen| seen.enrolments.len()),
        ("  let in", |seen| {
            seen.enrolments.iter().filter(|enrolment| enrolment.activated_at.is_some()).count()
        }),
        ("  dropped", |seen| {
            seen.enrolments.iter().filter(|enrolment| enrolment.is_dropped).count()
        }),
    ];
    for (name, count) in counts {
        let line = row(name, ended.courses.iter().map(|seen| count(seen).to_string()));
        tale.report.say(&line);
    }
    let [granted, spent, back] = ["top_up", "spend", "deplete"].map(|kind| moved(ended, kind));
    tale.report.say(&format!(
        "credits granted {granted} = spent {spent} + taken back {back}; nothing is left anywhere\n"
    ));
}

fn row(name: &str, cells: impl Iterator<Item = String>) -> String {
    cells.fold(format!("{name:<10}"), |row, cell| format!("{row}{cell:>18}"))
}

/// What was moved to or from the accounts of these labs: others may use accounting, too.
fn moved(snapshot: &Snapshot, kind: &str) -> Decimal {
    let labs: HashSet<Uuid> = snapshot.courses.iter().map(|seen| seen.watched.lab).collect();
    let projects = snapshot.accounts.projects.iter();
    let projects = projects.filter(|project| project.lab_id.is_some_and(|id| labs.contains(&id)));
    let mut ours: HashSet<String> = projects.map(|it| format!("project/{}", it.id)).collect();
    ours.extend(labs.iter().map(|id| format!("lab/{id}")));
    let journal = snapshot.accounts.journal.iter().filter(|moved| moved.kind == kind);
    let journal = journal.filter(|moved| ours.contains(&moved.from) || ours.contains(&moved.to));
    journal.map(|moved| moved.amount).sum::<Decimal>().normalize()
}
