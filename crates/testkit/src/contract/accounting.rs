//! What every accounting service must do. The suite is patient: a service may commit after it
//! has answered.

use super::patience::eventually;
use crate::runtime::{RandomEntropy, long_lease, no_lease};
use course_seats_application::ports::{Accounting, Entropy, PortError};
use course_seats_domain::ids::{LabId, ProjectId};
use course_seats_domain::values::Credits;

/// Checks everything.
///
/// # Panics
/// If the service breaks a duty of the port.
pub async fn holds(service: &dyn Accounting) {
    new_accounts_are_empty(service).await;
    unknown_accounts_are_not_found(service).await;
    opening_again_changes_nothing(service).await;
    grants_add_up(service).await;
    amounts_are_exact(service).await;
    nothing_cannot_be_granted(service).await;
    a_project_is_depleted_once(service).await;
    a_lab_is_depleted_with_its_projects(service).await;
    a_short_lease_sends_nothing(service).await;
}

/// Opened accounts are there, and empty.
pub async fn new_accounts_are_empty(service: &dyn Accounting) {
    let (lab, project) = opened(service).await;
    assert_eq!(service.lab_balance(lab).await, Ok(Credits::ZERO));
    assert_eq!(service.project_balance(project).await, Ok(Credits::ZERO));
}

/// `NotFound` for accounts that nobody opened; a project of an unknown lab is not opened.
pub async fn unknown_accounts_are_not_found(service: &dyn Accounting) {
    let lease = long_lease();
    let (lab, project) = (new_lab(), new_project());
    let not_found = Err(PortError::NotFound);
    assert_eq!(service.lab_balance(lab).await, not_found);
    assert_eq!(service.project_balance(project).await, not_found);
    assert_eq!(service.deplete_lab(lab, &lease).await, not_found);
    assert_eq!(service.deplete_project(project, &lease).await, not_found);
    let granted = service.grant(project, Credits::whole(200), &lease).await;
    assert_eq!(granted, Err(PortError::NotFound));

    assert!(service.open_project(project, lab, "of an unknown lab", &lease).await.is_err());
    assert_eq!(service.project_balance(project).await, Err(PortError::NotFound));
}

/// Opening an account again may fail, but never definitely, and leaves what is in it.
pub async fn opening_again_changes_nothing(service: &dyn Accounting) {
    let lease = long_lease();
    let (lab, project) = opened(service).await;
    granted(service, project, "200").await;
    for answer in [
        service.open_lab(lab, "again", &lease).await,
        service.open_project(project, lab, "again", &lease).await,
    ] {
        let allowed = matches!(answer, Ok(()) | Err(PortError::Unknown(_) | PortError::Conflict));
        assert!(allowed, "{answer:?}");
    }
    assert_eq!(service.project_balance(project).await, Ok(amount("200")));
}

/// Each grant counts: it is not safe to repeat one. The lab keeps nothing of it.
pub async fn grants_add_up(service: &dyn Accounting) {
    let (lab, project) = opened(service).await;
    granted(service, project, "200").await;
    granted(service, project, "400").await;
    assert_eq!(service.lab_balance(lab).await, Ok(Credits::ZERO));
}

/// Decimals come back as they went.
pub async fn amounts_are_exact(service: &dyn Accounting) {
    let (_, project) = opened(service).await;
    assert_eq!(service.grant(project, amount("0.1"), &long_lease()).await, Ok(()));
    balance_becomes(service, project, "0.1").await;
    assert_eq!(service.grant(project, amount("149.89"), &long_lease()).await, Ok(()));
    balance_becomes(service, project, "149.99").await;
    let taken = service.deplete_project(project, &long_lease()).await;
    assert_eq!(taken, Ok(amount("149.99")));
}

/// A grant of nothing is rejected.
pub async fn nothing_cannot_be_granted(service: &dyn Accounting) {
    let (_, project) = opened(service).await;
    let answer = service.grant(project, Credits::ZERO, &long_lease()).await;
    assert!(matches!(answer, Err(PortError::Rejected(_))), "{answer:?}");
}

/// A deplete says how much it took; the next one takes nothing.
pub async fn a_project_is_depleted_once(service: &dyn Accounting) {
    let (lab, project) = opened(service).await;
    granted(service, project, "200").await;
    assert_eq!(service.deplete_project(project, &long_lease()).await, Ok(amount("200")));
    balance_becomes(service, project, "0").await;
    assert_eq!(service.deplete_project(project, &long_lease()).await, Ok(Credits::ZERO));
    assert_eq!(service.lab_balance(lab).await, Ok(Credits::ZERO), "nothing goes to the lab");
}

/// A lab is depleted with all its projects, and nobody else's.
pub async fn a_lab_is_depleted_with_its_projects(service: &dyn Accounting) {
    let (lab, first) = opened(service).await;
    let second = open_project(service, lab).await;
    let (_, stranger) = opened(service).await;
    granted(service, first, "200").await;
    granted(service, second, "50.5").await;
    granted(service, stranger, "7").await;
    assert_eq!(service.deplete_lab(lab, &long_lease()).await, Ok(amount("250.5")));
    balance_becomes(service, first, "0").await;
    balance_becomes(service, second, "0").await;
    assert_eq!(service.deplete_lab(lab, &long_lease()).await, Ok(Credits::ZERO));
    assert_eq!(service.project_balance(stranger).await, Ok(amount("7")));
}

/// Without enough of a lease nothing is sent.
pub async fn a_short_lease_sends_nothing(service: &dyn Accounting) {
    let short = no_lease();
    let (lab, project) = opened(service).await;
    granted(service, project, "200").await;
    let (other_lab, other_project) = (new_lab(), new_project());

    unavailable(service.open_lab(other_lab, "x", &short).await);
    unavailable(service.open_project(other_project, lab, "x", &short).await);
    unavailable(service.grant(project, amount("1"), &short).await);
    unavailable(service.deplete_project(project, &short).await);
    unavailable(service.deplete_lab(lab, &short).await);

    assert_eq!(service.lab_balance(other_lab).await, Err(PortError::NotFound));
    assert_eq!(service.project_balance(other_project).await, Err(PortError::NotFound));
    assert_eq!(service.project_balance(project).await, Ok(amount("200")));
}

async fn opened(service: &dyn Accounting) -> (LabId, ProjectId) {
    let lab = new_lab();
    service.open_lab(lab, "A lab", &long_lease()).await.unwrap();
    eventually("the lab", Ok(Credits::ZERO), async || service.lab_balance(lab).await).await;
    (lab, open_project(service, lab).await)
}

async fn open_project(service: &dyn Accounting, lab: LabId) -> ProjectId {
    let project = new_project();
    service.open_project(project, lab, "A project", &long_lease()).await.unwrap();
    balance_becomes(service, project, "0").await;
    project
}

/// Grants, and waits until it shows.
async fn granted(service: &dyn Accounting, project: ProjectId, text: &str) {
    let before = service.project_balance(project).await.unwrap();
    assert_eq!(service.grant(project, amount(text), &long_lease()).await, Ok(()));
    let after = before.plus(amount(text)).to_string();
    balance_becomes(service, project, &after).await;
}

async fn balance_becomes(service: &dyn Accounting, project: ProjectId, text: &str) {
    let ask = async || service.project_balance(project).await;
    eventually("the balance", Ok(amount(text)), ask).await;
}

fn amount(text: &str) -> Credits {
    text.parse().unwrap()
}

fn new_lab() -> LabId {
    LabId::new(RandomEntropy.uuid())
}

fn new_project() -> ProjectId {
    ProjectId::new(RandomEntropy.uuid())
}

fn unavailable<T: std::fmt::Debug>(answer: Result<T, PortError>) {
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
}
