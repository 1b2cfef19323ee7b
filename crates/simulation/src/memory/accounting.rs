use super::line::{Call, Line, Operation, read, write};
use crate::runtime::lock;
use async_trait::async_trait;
use course_seats_application::ports::{Accounting, Lease, PortError};
use course_seats_domain::ids::{LabId, ProjectId};
use course_seats_domain::values::Credits;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where credits are. Every one of them is in exactly one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// Where they come from and go to; below zero by what is out.
    System,
    /// A lab's own.
    Lab(LabId),
    /// A project's own: its balance.
    Project(ProjectId),
    /// What running jobs of a project have reserved: not in its balance.
    Reservation(ProjectId),
}

/// Credits that went from one account to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// From where.
    pub from: Account,
    /// To where.
    pub to: Account,
    /// How much.
    pub amount: Decimal,
    /// Why.
    pub why: Why,
}

/// Why credits moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A grant.
    Granted {
        /// How long its call was on its way.
        flight: Duration,
        /// How long after its answer it was committed.
        committed_after: Duration,
    },
    /// A project was depleted, so long after that was sent.
    ProjectDepleted(Duration),
    /// A lab was depleted with its projects, committed so long after that was answered.
    LabDepleted(Duration),
    /// A job.
    Job,
}

/// What the accounting service knows: double entry, so the sum over all accounts is zero.
#[derive(Debug, Default)]
pub struct Books {
    /// Labs that have an account.
    pub labs: BTreeMap<LabId, ()>,
    /// Projects that have one, and their labs.
    pub projects: BTreeMap<ProjectId, LabId>,
    /// All movements, oldest first.
    pub journal: Vec<Movement>,
    balances: BTreeMap<Account, Decimal>,
}

/// How long a change took on its way, and from its answer to its commit.
#[derive(Default, Clone, Copy)]
struct Pace {
    flight: Duration,
    committed_after: Duration,
}

/// A change that was answered; committed at once or a little later.
enum Change {
    OpenLab(LabId),
    OpenProject(ProjectId, LabId),
    Grant(ProjectId, Decimal),
    /// So much from each of these, as far as it is still there; why, once it is known.
    Take(Vec<(Account, Decimal)>, bool),
}

impl Books {
    /// What is in an account.
    #[must_use]
    pub fn balance(&self, account: Account) -> Decimal {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    /// The sum over all accounts: zero, or the books are wrong.
    #[must_use]
    pub fn sum(&self) -> Decimal {
        self.balances.values().copied().sum()
    }

    /// Moves credits.
    pub fn transfer(&mut self, from: Account, to: Account, amount: Decimal, why: Why) {
        *self.balances.entry(from).or_default() -= amount;
        *self.balances.entry(to).or_default() += amount;
        self.journal.push(Movement { from, to, amount, why });
    }

    /// Opens a lab's account.
    ///
    /// # Errors
    /// `Unknown` if there is one: the real one answers 500.
    pub fn open_lab(&mut self, lab: LabId) -> Result<(), PortError> {
        let change = self.lab_opened(lab)?;
        self.apply(change, Pace::default());
        Ok(())
    }

    /// Opens a project's account.
    ///
    /// # Errors
    /// `Unknown` if there is one, or none of its lab.
    pub fn open_project(&mut self, project: ProjectId, lab: LabId) -> Result<(), PortError> {
        let change = self.project_opened(project, lab)?;
        self.apply(change, Pace::default());
        Ok(())
    }

    /// Grants.
    ///
    /// # Errors
    /// `NotFound` or `Rejected`.
    pub fn grant(&mut self, project: ProjectId, amount: Credits) -> Result<(), PortError> {
        let change = self.granted(project, amount)?;
        self.apply(change, Pace::default());
        Ok(())
    }

    /// Takes everything back from a project.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn deplete_project(&mut self, project: ProjectId) -> Result<Credits, PortError> {
        let (amount, change) = self.project_depleted(project)?;
        self.apply(change, Pace::default());
        Ok(amount)
    }

    /// Takes everything back from a lab and its projects.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn deplete_lab(&mut self, lab: LabId) -> Result<Credits, PortError> {
        let (amount, change) = self.lab_depleted(lab)?;
        self.apply(change, Pace::default());
        Ok(amount)
    }

    fn lab_opened(&self, lab: LabId) -> Result<Change, PortError> {
        match self.labs.contains_key(&lab) {
            true => Err(crashed()),
            false => Ok(Change::OpenLab(lab)),
        }
    }

    fn project_opened(&self, project: ProjectId, lab: LabId) -> Result<Change, PortError> {
        match self.projects.contains_key(&project) || !self.labs.contains_key(&lab) {
            true => Err(crashed()),
            false => Ok(Change::OpenProject(project, lab)),
        }
    }

    fn granted(&self, project: ProjectId, amount: Credits) -> Result<Change, PortError> {
        if amount.is_zero() {
            return Err(PortError::Rejected("the amount must be above 0".into()));
        }
        self.projects.get(&project).ok_or(PortError::NotFound)?;
        Ok(Change::Grant(project, amount.amount()))
    }

    fn project_depleted(&self, project: ProjectId) -> Result<(Credits, Change), PortError> {
        self.projects.get(&project).ok_or(PortError::NotFound)?;
        self.taken([Account::Project(project)], false)
    }

    fn lab_depleted(&self, lab: LabId) -> Result<(Credits, Change), PortError> {
        self.labs.get(&lab).ok_or(PortError::NotFound)?;
        let projects = self.projects.iter().filter(|(_, of)| **of == lab);
        let projects = projects.map(|(id, _)| Account::Project(*id));
        self.taken(projects.chain([Account::Lab(lab)]), true)
    }

    fn taken(
        &self,
        accounts: impl IntoIterator<Item = Account>,
        whole_lab: bool,
    ) -> Result<(Credits, Change), PortError> {
        let all: Vec<(Account, Decimal)> = accounts
            .into_iter()
            .map(|account| (account, self.balance(account)))
            .filter(|(_, balance)| !balance.is_zero())
            .collect();
        let total = credits(all.iter().map(|(_, balance)| *balance).sum())?;
        Ok((total, Change::Take(all, whole_lab)))
    }

    fn apply(&mut self, change: Change, pace: Pace) {
        match change {
            Change::OpenLab(lab) => {
                self.labs.insert(lab, ());
            }
            Change::OpenProject(project, lab) => {
                self.projects.entry(project).or_insert(lab);
            }
            Change::Grant(project, amount) => {
                let Some(lab) = self.projects.get(&project).copied() else { return };
                let Pace { flight, committed_after } = pace;
                let why = Why::Granted { flight, committed_after };
                self.transfer(Account::System, Account::Lab(lab), amount, why);
                self.transfer(Account::Lab(lab), Account::Project(project), amount, why);
            }
            Change::Take(all, whole_lab) => {
                let why = match whole_lab {
                    true => Why::LabDepleted(pace.committed_after),
                    false => Why::ProjectDepleted(pace.flight),
                };
                for (account, amount) in all {
                    let amount = amount.min(self.balance(account));
                    if amount > Decimal::ZERO {
                        self.transfer(account, Account::System, amount, why);
                    }
                }
            }
        }
    }
}

/// The accounting service, as one process reaches it.
pub struct MemoryAccounting {
    books: Arc<Mutex<Books>>,
    line: Arc<dyn Line>,
}

impl MemoryAccounting {
    /// These books at the end of this line.
    #[must_use]
    pub fn new(books: Arc<Mutex<Books>>, line: Arc<dyn Line>) -> Self {
        Self { books, line }
    }

    /// Decides on a change and answers; it is committed at once, or after the answer.
    async fn change<T: Send + 'static>(
        &self,
        call: Call<'_>,
        lease: &Lease,
        decide: impl FnOnce(&Books) -> Result<(T, Change), PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let books = Arc::clone(&self.books);
        let line = Arc::clone(&self.line);
        let sent = line.clock().monotonic();
        write(&*self.line, call, Some(lease), move |committed_after| {
            let pace = Pace { flight: line.clock().monotonic() - sent, committed_after };
            let mut now = lock(&books);
            let (answer, change) = decide(&now)?;
            if committed_after.is_zero() {
                now.apply(change, pace);
            } else {
                drop(now);
                let commit = move || lock(&books).apply(change, pace);
                line.later(committed_after, Box::new(commit));
            }
            Ok(answer)
        })
        .await
    }
}

#[async_trait]
impl Accounting for MemoryAccounting {
    async fn open_lab(&self, lab: LabId, _: &str, lease: &Lease) -> Result<(), PortError> {
        let call = Call { operation: Operation::OpenLab, about: &lab };
        self.change(call, lease, move |books| Ok(((), books.lab_opened(lab)?))).await
    }

    async fn open_project(
        &self,
        project: ProjectId,
        lab: LabId,
        _: &str,
        lease: &Lease,
    ) -> Result<(), PortError> {
        let call = Call { operation: Operation::OpenProject, about: &project };
        self.change(call, lease, move |books| Ok(((), books.project_opened(project, lab)?))).await
    }

    async fn grant(
        &self,
        project: ProjectId,
        amount: Credits,
        lease: &Lease,
    ) -> Result<(), PortError> {
        let call = Call { operation: Operation::Grant, about: &project };
        self.change(call, lease, move |books| Ok(((), books.granted(project, amount)?))).await
    }

    async fn project_balance(&self, project: ProjectId) -> Result<Credits, PortError> {
        let call = Call { operation: Operation::ProjectBalance, about: &project };
        let look = || {
            let books = lock(&self.books);
            books.projects.get(&project).ok_or(PortError::NotFound)?;
            credits(books.balance(Account::Project(project)))
        };
        read(&*self.line, call, look).await
    }

    async fn lab_balance(&self, lab: LabId) -> Result<Credits, PortError> {
        let call = Call { operation: Operation::LabBalance, about: &lab };
        let look = || {
            let books = lock(&self.books);
            books.labs.get(&lab).ok_or(PortError::NotFound)?;
            credits(books.balance(Account::Lab(lab)))
        };
        read(&*self.line, call, look).await
    }

    async fn deplete_project(
        &self,
        project: ProjectId,
        lease: &Lease,
    ) -> Result<Credits, PortError> {
        let call = Call { operation: Operation::DepleteProject, about: &project };
        self.change(call, lease, move |books| books.project_depleted(project)).await
    }

    async fn deplete_lab(&self, lab: LabId, lease: &Lease) -> Result<Credits, PortError> {
        let call = Call { operation: Operation::DepleteLab, about: &lab };
        self.change(call, lease, move |books| books.lab_depleted(lab)).await
    }
}

fn credits(amount: Decimal) -> Result<Credits, PortError> {
    Credits::try_from(amount).map_err(|error| PortError::Rejected(error.to_string()))
}

/// What the real one answers where a row exists or is missing: plain text, no reason.
fn crashed() -> PortError {
    PortError::Unknown("HTTP 500".into())
}
