use super::tx::MemoryTx;
use async_trait::async_trait;
use course_seats_application::ports::store::{Counted, MailStatus, Statistics, StoreError};
use course_seats_domain::saga::{Event, Status};
use std::collections::BTreeMap;

#[async_trait]
impl Counted for MemoryTx {
    async fn statistics(&mut self) -> Result<Statistics, StoreError> {
        self.statement().await?;
        let (sagas, mails) = (&self.tables.sagas, &self.tables.mails);
        let mut seen = Statistics::default();
        let mut by_kind = BTreeMap::new();
        for saga in sagas.values() {
            let (_, _, count) = by_kind
                .entry((saga.kind.as_str(), saga.status.as_str()))
                .or_insert((saga.kind, saga.status, 0));
            *count += 1;
            seen.needing_attention += u64::from(saga.needs_attention);
            let undo_failed =
                |event| matches!(event, &Event::UndoTried { .. } | &Event::UndoUnknown { .. });
            let failing = saga.status == Status::Undoing && saga.events.iter().any(undo_failed);
            seen.failing_undos += u64::from(failing);
        }
        seen.sagas = by_kind.into_values().collect();
        let open = sagas.values().filter(|saga| saga.status.is_open());
        seen.oldest_open_saga = open.map(|saga| saga.created_at).min();
        seen.given_up_accounts = self.tables.given_up.len() as u64;
        let mut by_status = BTreeMap::new();
        for mail in mails.values() {
            by_status.entry(mail.status.as_str()).or_insert((mail.status, 0)).1 += 1;
        }
        seen.mails = by_status.into_values().collect();
        let queued = mails.values().filter(|mail| mail.status == MailStatus::Queued);
        seen.oldest_queued_mail = queued.map(|mail| mail.created_at).min();
        let mut drift = BTreeMap::new();
        for (kind, _) in self.tables.drift.keys() {
            *drift.entry(kind.clone()).or_insert(0) += 1;
        }
        seen.drift = drift.into_iter().collect();
        Ok(seen)
    }
}
