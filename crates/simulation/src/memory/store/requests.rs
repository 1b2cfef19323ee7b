use super::tables::{put, remove};
use super::tx::MemoryTx;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{Request, RequestKey, Requests, StoreError};
use course_seats_domain::ids::RequestId;

impl MemoryTx {
    /// The request that has this key of this caller, however old.
    fn keyed(&self, caller: &str, key: &RequestKey) -> Option<Request> {
        let same = |request: &&std::sync::Arc<Request>| {
            let has = request.key.as_ref().is_some_and(|has| {
                has.method == key.method && has.path == key.path && has.key == key.key
            });
            has && request.caller == caller
        };
        self.tables.requests.values().find(same).map(|request| Request::clone(request))
    }
}

#[async_trait]
impl Requests for MemoryTx {
    async fn insert_request(
        &mut self,
        request: &Request,
        keys_since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.statement().await?;
        let same = request.key.as_ref().and_then(|key| self.keyed(&request.caller, key));
        if let Some(mut earlier) = same {
            if earlier.created_at > keys_since {
                return self.taken("unique_request_key");
            }
            earlier.key = None;
            put(&mut self.tables.requests, earlier.id, earlier);
        }
        if self.tables.requests.contains_key(&request.id) {
            return self.taken("request_pkey");
        }
        put(&mut self.tables.requests, request.id, request.clone());
        Ok(())
    }

    async fn request_by_key(
        &mut self,
        caller: &str,
        key: &RequestKey,
        keys_since: DateTime<Utc>,
    ) -> Result<Option<Request>, StoreError> {
        self.statement().await?;
        Ok(self.keyed(caller, key).filter(|request| request.created_at > keys_since))
    }

    async fn request(&mut self, id: RequestId) -> Result<Option<Request>, StoreError> {
        self.statement().await?;
        Ok(self.tables.requests.get(&id).map(|request| Request::clone(request)))
    }

    async fn requests_to_forget(
        &mut self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<RequestId>, StoreError> {
        self.statement().await?;
        let over = self.tables.requests.values().filter(|request| request.keep_until <= now);
        let mut over: Vec<_> = over.map(|request| (request.keep_until, request.id)).collect();
        over.sort();
        over.truncate(limit as usize);
        Ok(over.into_iter().map(|(_, id)| id).collect())
    }

    async fn forget_requests(&mut self, these: &[RequestId]) -> Result<(), StoreError> {
        self.statement().await?;
        for id in these {
            remove(&mut self.tables.requests, id);
        }
        Ok(())
    }
}
