//! What each call does to the books.

use crate::amount::Amount;
use crate::answer;
use crate::books::{Account, Books, Change, Movement, MovementKind};
use crate::call::{Call, OfBoth};
use crate::ledger::Ledger;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use stand_in_kit::{Answer, time};
use uuid::Uuid;

type Decision = Result<(Answer, Option<Change>), Answer>;

/// Makes a call.
pub(crate) fn act(ledger: &Ledger, call: Call) -> Answer {
    match call {
        Call::OpenLab(open) => ledger.change(|_, latest| {
            if latest.labs.contains_key(&open.id) {
                return Err(answer::crash());
            }
            if open.balance.0 < Decimal::ZERO {
                return Err(answer::invalid("balance must not be below 0"));
            }
            let data = json!({ "id": open.id, "name": open.name, "balance": open.balance });
            let movements = match open.balance.0.is_zero() {
                true => Vec::new(),
                false => vec![moved(
                    MovementKind::TopUp,
                    Account::System,
                    Account::Lab(open.id),
                    open.balance,
                )],
            };
            let change = Change::LabOpened { id: open.id, name: open.name, movements };
            Ok((answer::done(201, "Virtual lab created", data), Some(change)))
        }),
        Call::OpenProject(open) => ledger.change(|visible, latest| {
            let exists = latest.projects.contains_key(&open.id);
            if exists || !visible.labs.contains_key(&open.vlab_id) {
                return Err(answer::crash());
            }
            let data = json!({ "id": open.id, "name": open.name });
            let change = Change::ProjectOpened { id: open.id, lab: open.vlab_id, name: open.name };
            Ok((answer::done(201, "Project created", data), Some(change)))
        }),
        Call::TopUp(top_up) => ledger.change(|visible, _| {
            known_lab(visible, top_up.vlab_id)?;
            let amount = payable(top_up.amount)?;
            let to = Account::Lab(top_up.vlab_id);
            done("Budget topped up", vec![moved(MovementKind::TopUp, Account::System, to, amount)])
        }),
        Call::Assign(both) => ledger.change(|visible, latest| {
            let (lab, project) = (Account::Lab(both.vlab_id), Account::Project(both.proj_id));
            within(visible, &both)?;
            let amount = covered(latest, lab, both.amount)?;
            done("Budget assigned", vec![moved(MovementKind::Assign, lab, project, amount)])
        }),
        Call::Reverse(both) => ledger.change(|visible, latest| {
            let (lab, project) = (Account::Lab(both.vlab_id), Account::Project(both.proj_id));
            within(visible, &both)?;
            let amount = covered(latest, project, both.amount)?;
            done("Budget reversed", vec![moved(MovementKind::Reverse, project, lab, amount)])
        }),
        Call::Grant(grant) => ledger.change(|visible, _| {
            let amount = payable(grant.amount)?;
            let known = visible.projects.get(&grant.proj_id).ok_or_else(answer::unknown_account)?;
            let (lab, project) = (Account::Lab(known.lab), Account::Project(grant.proj_id));
            let movements = vec![
                moved(MovementKind::TopUp, Account::System, lab, amount),
                moved(MovementKind::Assign, lab, project, amount),
            ];
            done("Budget granted", movements)
        }),
        Call::DepleteProject(this) => ledger.change(|visible, latest| {
            known_project(visible, this.proj_id)?;
            depleted(latest, [Account::Project(this.proj_id)])
        }),
        Call::DepleteLab(this) => ledger.change(|visible, latest| {
            known_lab(visible, this.vlab_id)?;
            let projects = latest.projects.iter().filter(|(_, known)| known.lab == this.vlab_id);
            let projects = projects.map(|(id, _)| Account::Project(*id));
            depleted(latest, projects.chain([Account::Lab(this.vlab_id)]))
        }),
        Call::ProjectBalance(id) => ledger.look(|books| match known_project(books, id) {
            Ok(()) => answer::done(200, "Balance for project", project_balance(books, id)),
            Err(unknown) => unknown,
        }),
        Call::LabBalance { lab, with_projects } => ledger.look(|books| {
            if let Err(unknown) = known_lab(books, lab) {
                return unknown;
            }
            let balance = Amount(books.balance(Account::Lab(lab)));
            let mut data = json!({ "vlab_id": lab, "balance": balance });
            if with_projects && let Some(data) = data.as_object_mut() {
                let of_lab = books.projects.iter().filter(|(_, known)| known.lab == lab);
                let projects: Vec<_> = of_lab.map(|(id, _)| project_balance(books, *id)).collect();
                data.insert("projects".into(), projects.into());
            }
            answer::done(200, "Balance for virtual lab", data)
        }),
    }
}

/// What other services do when somebody runs a job.
pub(crate) fn job(ledger: &Ledger, kind: MovementKind, project: Uuid, amount: Amount) -> Answer {
    let (own, reserved) = (Account::Project(project), Account::Reservation(project));
    let (from, to) = match kind {
        MovementKind::Reserve => (own, reserved),
        MovementKind::Release => (reserved, own),
        _ => (own, Account::System),
    };
    ledger.change(|visible, latest| {
        known_project(visible, project)?;
        let amount = covered(latest, from, amount)?;
        done("Done", vec![moved(kind, from, to, amount)])
    })
}

/// All accounts with what is in them, every movement, and the sum over all accounts: as they are,
/// whatever is not committed yet.
pub(crate) fn report(ledger: &Ledger) -> Value {
    ledger.look_at_latest(|books| {
        let labs = books.labs.iter().map(|(id, name)| {
            json!({ "id": id, "name": name, "balance": Amount(books.balance(Account::Lab(*id))) })
        });
        let projects = books.projects.iter().map(|(id, project)| {
            json!({
                "id": id,
                "vlab_id": project.lab,
                "name": project.name,
                "balance": Amount(books.balance(Account::Project(*id))),
                "reservation": Amount(books.balance(Account::Reservation(*id))),
            })
        });
        json!({
            "system": { "balance": Amount(books.balance(Account::System)) },
            "labs": labs.collect::<Vec<_>>(),
            "projects": projects.collect::<Vec<_>>(),
            "journal": books.journal,
            "sum": Amount(books.sum()),
        })
    })
}

fn project_balance(books: &Books, id: Uuid) -> Value {
    json!({
        "proj_id": id,
        "balance": Amount(books.balance(Account::Project(id))),
        "reservation": Amount(books.balance(Account::Reservation(id))),
    })
}

/// Everything in these accounts goes back to the system account.
fn depleted(books: &Books, accounts: impl IntoIterator<Item = Account>) -> Decision {
    let movements: Vec<Movement> = accounts
        .into_iter()
        .map(|account| (account, books.balance(account)))
        .filter(|(_, balance)| *balance > Decimal::ZERO)
        .map(|(account, balance)| {
            moved(MovementKind::Deplete, account, Account::System, Amount(balance))
        })
        .collect();
    let total = Amount(movements.iter().map(|movement| movement.amount.0).sum());
    let answer = answer::done(200, "Budget depleted", json!({ "total_amount": total }));
    Ok((answer, (!movements.is_empty()).then_some(Change::Moved { movements })))
}

fn done(message: &str, movements: Vec<Movement>) -> Decision {
    Ok((answer::done(200, message, Value::Null), Some(Change::Moved { movements })))
}

fn moved(kind: MovementKind, from: Account, to: Account, amount: Amount) -> Movement {
    Movement { at: time::now(), kind, from, to, amount }
}

fn known_lab(books: &Books, lab: Uuid) -> Result<(), Answer> {
    books.labs.get(&lab).map(|_| ()).ok_or_else(answer::unknown_account)
}

fn known_project(books: &Books, project: Uuid) -> Result<(), Answer> {
    books.projects.get(&project).map(|_| ()).ok_or_else(answer::unknown_account)
}

fn within(books: &Books, both: &OfBoth) -> Result<(), Answer> {
    let known = books.projects.get(&both.proj_id);
    match known.is_some_and(|known| known.lab == both.vlab_id) {
        true => known_lab(books, both.vlab_id),
        false => Err(answer::unknown_account()),
    }
}

/// An amount that can be moved. The bounds keep every sum of a decimal exact.
fn payable(amount: Amount) -> Result<Amount, Answer> {
    let normal = amount.0.normalize();
    if normal <= Decimal::ZERO {
        return Err(answer::invalid("amount must be above 0"));
    }
    if normal.scale() > 9 || normal > Decimal::from(1_000_000_000_000_u64) {
        return Err(answer::invalid("amount is too large or too fine"));
    }
    Ok(Amount(normal))
}

/// An amount that can be moved and is there.
fn covered(books: &Books, from: Account, amount: Amount) -> Result<Amount, Answer> {
    let amount = payable(amount)?;
    match books.balance(from) >= amount.0 {
        true => Ok(amount),
        false => Err(answer::invalid("Insufficient balance")),
    }
}
