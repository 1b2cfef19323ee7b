//! Who may do what (design §6, "Who may"). A refusal is never given on cached groups.

use crate::app::App;
use crate::ports::{AuthError, Caller, Freshness, StoreError};
use course_seats_domain::course::Course;
use course_seats_domain::group::{GroupName, GroupRole};
use course_seats_domain::ids::{CourseId, LabId};

/// Why somebody may not.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// He is not in the group that it takes.
    #[error("not allowed")]
    Denied,
    /// He is no longer signed in, or nobody can say.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The database does not say.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody who is signed in, and the token that shows it.
pub struct Session {
    token: String,
    /// Who it is.
    pub caller: Caller,
}

impl Session {
    /// Signs in with a bearer token.
    ///
    /// # Errors
    /// [`AuthError`] if the token does not count now, or nobody can say.
    pub async fn sign_in(app: &App, token: &str) -> Result<Self, AuthError> {
        let caller = app.ports.identity.authenticate(token, Freshness::Cached).await?;
        Ok(Self { token: token.to_owned(), caller })
    }

    /// Demands a service admin.
    ///
    /// # Errors
    /// [`AccessError`] if the caller is none.
    pub async fn service_admin(&mut self, app: &App) -> Result<(), AccessError> {
        let group = &app.settings.service_admin_group;
        self.demand(app, |caller| caller.groups.contains(group)).await
    }

    /// Demands an admin of the course's lab; a course that does not exist is denied too.
    ///
    /// # Errors
    /// [`AccessError`] if the caller is none.
    pub async fn course_admin(
        &mut self,
        app: &App,
        course: CourseId,
    ) -> Result<Course, AccessError> {
        let course = app.glance().await?.course(course).await?.ok_or(AccessError::Denied)?;
        self.lab_admin(app, course.lab).await?;
        Ok(course)
    }

    /// Demands an admin of the lab.
    ///
    /// # Errors
    /// [`AccessError`] if the caller is none.
    pub async fn lab_admin(&mut self, app: &App, lab: LabId) -> Result<(), AccessError> {
        let path = GroupName::of_lab(lab, GroupRole::Admin).path();
        self.demand(app, |caller| caller.groups.contains(&path)).await
    }

    /// Demands an admin or a member of the lab.
    ///
    /// # Errors
    /// [`AccessError`] if the caller is neither.
    pub async fn lab_reader(&mut self, app: &App, lab: LabId) -> Result<(), AccessError> {
        let paths = GroupRole::ALL.map(|role| GroupName::of_lab(lab, role).path());
        self.demand(app, |caller| paths.iter().any(|path| caller.groups.contains(path))).await
    }

    async fn demand(
        &mut self,
        app: &App,
        allowed: impl Fn(&Caller) -> bool + Send,
    ) -> Result<(), AccessError> {
        if allowed(&self.caller) {
            return Ok(());
        }
        self.caller = app.ports.identity.authenticate(&self.token, Freshness::Fresh).await?;
        if allowed(&self.caller) { Ok(()) } else { Err(AccessError::Denied) }
    }
}
