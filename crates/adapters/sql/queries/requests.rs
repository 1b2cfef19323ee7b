use super::KEYS_A_QUERY;
use super::saga_rows::{from_json, to_json};
use crate::columns::{DbJson, DbTime, DbUuid, key, keys};
use crate::db::{Backend, Tx};
use crate::errors::failed;
use crate::schema::request;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{Request, RequestKey, Requests, StoreError};
use course_seats_domain::ids::RequestId;
use diesel::prelude::{Insertable, OptionalExtension, Queryable, Selectable};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = request, check_for_backend(Backend))]
#[diesel(treat_none_as_default_value = false)]
struct RequestRow {
    id: DbUuid,
    caller: String,
    method: Option<String>,
    path: Option<String>,
    key: Option<String>,
    body_hash: Option<String>,
    kind: String,
    course_id: Option<DbUuid>,
    work: DbJson,
    created_at: DbTime,
    answer_due_at: DbTime,
    keep_until: DbTime,
}

impl RequestRow {
    fn of(request: &Request) -> Result<Self, StoreError> {
        let known_by = request.key.as_ref();
        Ok(Self {
            id: key(request.id),
            caller: request.caller.clone(),
            method: known_by.map(|key| key.method.clone()),
            path: known_by.map(|key| key.path.clone()),
            key: known_by.map(|key| key.key.clone()),
            body_hash: known_by.map(|key| key.body_hash.clone()),
            kind: request.work.kind().to_owned(),
            course_id: request.course.map(key),
            work: to_json(&request.work)?,
            created_at: DbTime(request.created_at),
            answer_due_at: DbTime(request.answer_due_at),
            keep_until: DbTime(request.keep_until),
        })
    }

    fn request(self) -> Result<Request, StoreError> {
        let key = match (self.method, self.path, self.key, self.body_hash) {
            (Some(method), Some(path), Some(key), Some(body_hash)) => {
                Some(RequestKey { method, path, key, body_hash })
            }
            _ => None,
        };
        Ok(Request {
            id: self.id.into(),
            caller: self.caller,
            key,
            course: self.course_id.map(Into::into),
            work: from_json(self.work, "what a request did")?,
            created_at: self.created_at.0,
            answer_due_at: self.answer_due_at.0,
            keep_until: self.keep_until.0,
        })
    }
}

/// The one row that has this key of this caller.
macro_rules! keyed {
    ($caller:expr, $key:expr) => {
        request::table
            .filter(request::caller.eq($caller))
            .filter(request::method.eq(&$key.method))
            .filter(request::path.eq(&$key.path))
            .filter(request::key.eq(&$key.key))
    };
}

#[async_trait]
impl Requests for Tx {
    async fn insert_request(
        &mut self,
        request: &Request,
        keys_since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if let Some(key) = &request.key {
            diesel::update(
                keyed!(&request.caller, key).filter(request::created_at.le(DbTime(keys_since))),
            )
            .set(request::key.eq(None::<String>))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        }
        diesel::insert_into(request::table)
            .values(RequestRow::of(request)?)
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn request_by_key(
        &mut self,
        caller: &str,
        key: &RequestKey,
        keys_since: DateTime<Utc>,
    ) -> Result<Option<Request>, StoreError> {
        let row: Option<RequestRow> = keyed!(caller, key)
            .filter(request::created_at.gt(DbTime(keys_since)))
            .select(RequestRow::as_select())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        row.map(RequestRow::request).transpose()
    }

    async fn request(&mut self, id: RequestId) -> Result<Option<Request>, StoreError> {
        let row: Option<RequestRow> = request::table
            .find(key(id))
            .select(RequestRow::as_select())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        row.map(RequestRow::request).transpose()
    }

    async fn requests_to_forget(
        &mut self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<RequestId>, StoreError> {
        let over: Vec<DbUuid> = request::table
            .filter(request::keep_until.le(DbTime(now)))
            .order((request::keep_until, request::id))
            .limit(i64::from(limit))
            .select(request::id)
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(over.into_iter().map(Into::into).collect())
    }

    async fn forget_requests(&mut self, these: &[RequestId]) -> Result<(), StoreError> {
        for some in these.chunks(KEYS_A_QUERY) {
            diesel::delete(request::table.filter(request::id.eq_any(keys(some))))
                .execute(self.conn()?)
                .await
                .map_err(failed)?;
        }
        Ok(())
    }
}
