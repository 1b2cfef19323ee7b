use super::SandboxAccounting;
use super::books::Account;
use serde_json::{Value, json};

impl SandboxAccounting {
    /// All accounts with what is in them, every movement, oldest first, and the sum over all
    /// accounts, which is zero. Amounts are texts, as the real service writes them.
    #[must_use]
    pub fn accounts_json(&self) -> Value {
        self.ledger.look(|books| {
            let labs = books.labs.iter().map(|(id, lab)| {
                json!({
                    "id": id,
                    "name": lab.name,
                    "balance": books.balance(Account::Lab(*id)),
                })
            });
            let projects = books.projects.iter().map(|(id, project)| {
                json!({
                    "id": id,
                    "lab_id": project.lab,
                    "name": project.name,
                    "balance": books.balance(Account::Project(*id)),
                    "reservation": books.balance(Account::Reservation(*id)),
                })
            });
            json!({
                "system": {"balance": books.balance(Account::System)},
                "labs": labs.collect::<Vec<_>>(),
                "projects": projects.collect::<Vec<_>>(),
                "journal": books.journal,
                "sum": books.sum().normalize(),
            })
        })
    }
}
