//! One request, as a handler sees it: first who calls and whether he may, then what he wants.

use super::auth::{self, Demand};
use super::error::{Failure, code};
use super::fields::Fields;
use super::parse;
use super::state::State;
use actix_web::body::{BodyStream, to_bytes_limited};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpRequest, dev, web};
use course_seats_application::App;
use course_seats_application::ports::Caller;
use course_seats_application::{AccessError, Session};
use course_seats_domain::ids::{CourseId, LabId};
use futures::future::{BoxFuture, Ready, ready};
use serde_json::{Map, Value};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The biggest body that is read.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// How long a body may take: a place among the requests that are answered at once is not kept for one
/// that never comes.
const BODY_TIME: Duration = Duration::from_secs(10);

/// One request.
pub struct Call {
    request: HttpRequest,
    payload: dev::Payload,
    state: web::Data<State>,
}

impl FromRequest for Call {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        ready(match request.app_data::<web::Data<State>>() {
            Some(state) => {
                Ok(Self { request: request.clone(), payload: payload.take(), state: state.clone() })
            }
            None => Err(Failure::internal("the server was wired without its state")),
        })
    }
}

impl Call {
    /// What all handlers share.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Runs a use case on the process's own runtime, where a caller that goes away stops nothing.
    ///
    /// # Errors
    /// 500 if it panicked, 503 if the process ends before it.
    pub async fn run<T: Send + 'static, F>(
        &self,
        task: impl FnOnce(Arc<App>) -> F + Send,
    ) -> Result<T, Failure>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let task = task(Arc::clone(&self.state.app));
        self.state.spawner.handle().spawn(task).await.map_err(|error| match error.is_panic() {
            // What it panicked with stays out of the log: it may be anything.
            true => Failure::internal("a use case panicked"),
            false => Failure::unavailable(),
        })
    }

    /// Somebody who is signed in.
    ///
    /// # Errors
    /// 401, or 503 if nobody can say.
    pub async fn signed_in(&self) -> Result<Caller, Failure> {
        Ok(self.session(Demand::SignedIn).await?.caller)
    }

    /// A service admin.
    ///
    /// # Errors
    /// 401, 403 or 503.
    pub async fn service_admin(&self) -> Result<Caller, Failure> {
        let admin = self.demand(Demand::ServiceAdmin, |app, session| {
            Box::pin(async move { session.service_admin(app).await })
        });
        Ok(admin.await?.0)
    }

    /// An admin of the course that `{course_id}` names, and that course's id.
    ///
    /// # Errors
    /// 401, 403 (also if there is no such course), 422 or 503.
    pub async fn course_admin(&self) -> Result<(Caller, CourseId), Failure> {
        match self.id("course_id") {
            Ok(course) => Ok((self.admin_of(course).await?, course)),
            Err(fault) => self.told_if_signed_in(fault).await,
        }
    }

    /// The same, and another id that the path has under this name.
    ///
    /// # Errors
    /// 401, 403, 422 or 503.
    pub async fn course_admin_of<T: From<Uuid>>(
        &self,
        name: &str,
    ) -> Result<(Caller, CourseId, T), Failure> {
        // Both before the check: an id that is none is told to any signed-in caller.
        match self.id("course_id").and_then(|course| Ok((course, self.id(name)?))) {
            Ok((course, other)) => Ok((self.admin_of(course).await?, course, other)),
            Err(fault) => self.told_if_signed_in(fault).await,
        }
    }

    /// An admin of the lab that `{virtual_lab_id}` names, and that lab's id.
    ///
    /// # Errors
    /// 401, 403 or 422; also 503.
    pub async fn lab_admin(
        &self,
        demand: impl FnOnce(LabId) -> Demand,
    ) -> Result<(Caller, LabId), Failure> {
        let session = self.session(Demand::SignedIn).await?;
        let lab: LabId = self.id("virtual_lab_id")?;
        let admin = self.check(demand(lab), session, move |app, session| {
            Box::pin(async move { session.lab_admin(app, lab).await })
        });
        Ok((admin.await?.0, lab))
    }

    /// An admin or a member of the lab that `{virtual_lab_id}` names; `exists` has its say
    /// between the two, so that a lab that is not there is told as such.
    ///
    /// # Errors
    /// 401, 403, 422 or 503, or what `exists` says.
    pub async fn lab_reader<F>(
        &self,
        exists: impl FnOnce(Arc<App>, LabId) -> F + Send,
    ) -> Result<LabId, Failure>
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let session = self.session(Demand::SignedIn).await?;
        let lab: LabId = self.id("virtual_lab_id")?;
        self.run(|app| exists(app, lab)).await??;
        let reader = self.check(Demand::LabReader, session, move |app, session| {
            Box::pin(async move { session.lab_reader(app, lab).await })
        });
        reader.await?;
        Ok(lab)
    }

    async fn admin_of(&self, course: CourseId) -> Result<Caller, Failure> {
        let admin = self.demand(Demand::CourseAdmin, move |app, session| {
            Box::pin(async move { session.course_admin(app, course).await })
        });
        Ok(admin.await?.0)
    }

    /// A fault in the path, for who is signed in.
    async fn told_if_signed_in<T>(&self, fault: Failure) -> Result<T, Failure> {
        self.session(Demand::CourseAdmin).await?;
        Err(fault)
    }

    fn token(&self) -> Result<String, Failure> {
        Ok(self.bearer().ok_or_else(auth::no_token)?.to_owned())
    }

    async fn session(&self, demand: Demand) -> Result<Session, Failure> {
        let token = self.token()?;
        let session =
            self.run(move |app| async move { Session::sign_in(&app, &token).await }).await?;
        session.map_err(|error| auth::not_signed_in(&error, demand))
    }

    /// Signs in and checks, in one go.
    async fn demand<T, C>(&self, demand: Demand, check: C) -> Result<(Caller, T), Failure>
    where
        T: Send + 'static,
        C: Check<T>,
    {
        let token = self.token()?;
        let checked = self.run(move |app| async move {
            let mut session = Session::sign_in(&app, &token).await?;
            let value = check(&app, &mut session).await?;
            Ok((session.caller, value))
        });
        checked.await?.map_err(|error| auth::refused(error, demand))
    }

    async fn check<T, C>(
        &self,
        demand: Demand,
        mut session: Session,
        check: C,
    ) -> Result<(Caller, T), Failure>
    where
        T: Send + 'static,
        C: Check<T>,
    {
        let checked = self.run(move |app| async move {
            let checked = check(&app, &mut session).await;
            checked.map(|value| (session.caller, value))
        });
        checked.await?.map_err(|error| auth::refused(error, demand))
    }

    /// An id in the path.
    ///
    /// # Errors
    /// 422 if it is no UUID.
    pub fn id<T: From<Uuid>>(&self, name: &str) -> Result<T, Failure> {
        let text = self.request.match_info().query(name);
        parse::uuid(text).map(T::from).map_err(|fault| Failure::invalid_field(name, fault))
    }

    /// The parameters of the query, each as a JSON string; the last of several counts.
    #[must_use]
    pub fn query(&self) -> Map<String, Value> {
        self.query_pairs().map(|(name, value)| (name, Value::String(value))).collect()
    }

    /// All values of one parameter of the query.
    #[must_use]
    pub fn query_all(&self, wanted: &str) -> Vec<Value> {
        let wanted = self.query_pairs().filter(|(name, _)| name == wanted);
        wanted.map(|(_, value)| Value::String(value)).collect()
    }

    fn query_pairs(&self) -> impl Iterator<Item = (String, String)> + '_ {
        url::form_urlencoded::parse(self.request.query_string().as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
    }

    /// Reads something from the body, which is not touched before.
    ///
    /// # Errors
    /// 408, 413 or 422.
    pub async fn body<T>(
        &mut self,
        read: impl FnOnce(Fields<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        read(Fields::of(&self.json().await?)?)
    }

    /// The body as a JSON value.
    ///
    /// # Errors
    /// 408, 413 or 422.
    pub async fn json(&mut self) -> Result<Value, Failure> {
        if !self.is_json() {
            return Err(Failure::invalid_field(
                "body",
                "Input should be declared as application/json",
            ));
        }
        let bytes = self.bytes().await?;
        if bytes.is_empty() {
            return Err(Failure::invalid_field("body", "Field required"));
        }
        serde_json::from_slice(&bytes).map_err(|error| {
            let at = position(&bytes, error.line(), error.column());
            Failure::invalid_field(&at.to_string(), "JSON decode error")
        })
    }

    /// The body as it is.
    ///
    /// # Errors
    /// 413 if it is too big, 408 if it does not come.
    pub async fn bytes(&mut self) -> Result<web::Bytes, Failure> {
        let payload = BodyStream::new(self.payload.take());
        match timeout(BODY_TIME, to_bytes_limited(payload, BODY_LIMIT)).await {
            Ok(Ok(Ok(bytes))) => Ok(bytes),
            Ok(Ok(Err(_))) => {
                Err(Failure::invalid_field("body", "It could not be read to its end"))
            }
            Ok(Err(_)) => Err(Failure::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                code::PAYLOAD_TOO_LARGE,
                format!("The body has more than {BODY_LIMIT} bytes"),
            )),
            Err(_) => Err(Failure::new(
                StatusCode::REQUEST_TIMEOUT,
                code::REQUEST_TIMEOUT,
                format!("The body did not come within {} s", BODY_TIME.as_secs()),
            )),
        }
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        self.request.method().as_str()
    }

    /// The path, as the endpoints are named: without what everything is served under.
    #[must_use]
    pub fn path(&self) -> &str {
        self.state.below_base(self.request.path())
    }

    fn is_json(&self) -> bool {
        let declared = self.request.headers().get(CONTENT_TYPE);
        let declared = declared.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"))
    }

    /// The bearer token, if there is one.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        auth::bearer(self.request.headers())
    }
}

/// A check of a session that asks the application.
trait Check<T>:
    for<'a> FnOnce(&'a App, &'a mut Session) -> BoxFuture<'a, Result<T, AccessError>> + Send + 'static
{
}

impl<T, C> Check<T> for C where
    C: for<'a> FnOnce(&'a App, &'a mut Session) -> BoxFuture<'a, Result<T, AccessError>>
        + Send
        + 'static
{
}

/// The offset of a place in a text that is told as line and column.
fn position(bytes: &[u8], line: usize, column: usize) -> usize {
    let before: usize = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    before + column.saturating_sub(1)
}
