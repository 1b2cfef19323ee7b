//! The ledger, in memory. A real one keeps plan and story as JSON, and makes each call one
//! conditional write.

use super::trip::{Charging, Trip};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_domain::saga::recovery::Head;
use course_seats_domain::saga::{
    Claim, Event, Ledger, LedgerError, NewSaga, Plan, Saga, Status, Ticket,
};
use std::collections::HashMap;
use uuid::Uuid;

pub type Told = Event<Charging>;
type Time = DateTime<Utc>;
type Written = Result<(), LedgerError>;

/// One saga.
pub struct Entry {
    plan: Plan<Trip>,
    story: Vec<Told>,
    generation: i64,
    created_at: Time,
    pub head: Head,
}

/// All sagas, and what time it is.
pub struct Notebook {
    pub now: Time,
    pub entries: HashMap<Uuid, Entry>,
}

impl Notebook {
    /// Appends, if the ticket's generation and status are still the saga's; else changes nothing.
    fn write(&mut self, ticket: &Ticket, events: &[Told]) -> Result<&mut Head, LedgerError> {
        let entry = self.entries.get_mut(&ticket.saga).ok_or(LedgerError::Fenced)?;
        if (entry.generation, entry.head.status) != (ticket.generation, ticket.status) {
            return Err(LedgerError::Fenced);
        }
        entry.story.extend_from_slice(events);
        let leads_to = events.iter().filter_map(Event::leads_to).next_back();
        entry.head.status = leads_to.unwrap_or(entry.head.status);
        Ok(&mut entry.head)
    }
}

#[async_trait]
impl Ledger<Trip> for Notebook {
    async fn open(&mut self, saga: NewSaga<Trip>) -> Written {
        let (status, due_at) = (Status::Running, self.now);
        let head = Head { status, lease_until: None, due_at, look_at: None };
        let entry =
            Entry { plan: saga.plan, story: Vec::new(), generation: 0, created_at: self.now, head };
        self.entries.insert(saga.id, entry);
        Ok(())
    }

    async fn claim(&mut self, id: Uuid, lease: TimeDelta) -> Result<Claim<Trip>, LedgerError> {
        let Some(entry) = self.entries.get_mut(&id) else {
            return Ok(Claim::Missing);
        };
        let status = entry.head.status;
        match entry.head.lease_until {
            _ if !status.is_open() => return Ok(Claim::Closed(status)),
            Some(until) if self.now < until => return Ok(Claim::Held),
            // Its owner let the lease run out: what it was doing has an unknown outcome.
            Some(_) => entry.story.push(Event::TakenOver),
            None => {}
        }
        let created_at = entry.created_at;
        entry.generation += 1;
        entry.head.lease_until = Some(self.now + lease);
        let ticket = Ticket { saga: id, generation: entry.generation, status };
        let saga = self.load(id).await?.map(Box::new).ok_or(LedgerError::Fenced)?;
        Ok(Claim::Taken { ticket, saga, created_at })
    }

    async fn record(&mut self, ticket: &Ticket, events: &[Told], lease: TimeDelta) -> Written {
        let until = self.now + lease;
        self.write(ticket, events)?.lease_until = Some(until);
        Ok(())
    }

    async fn release(&mut self, ticket: &Ticket, events: &[Told], due_at: Time) -> Written {
        let head = self.write(ticket, events)?;
        (head.lease_until, head.due_at) = (None, due_at);
        Ok(())
    }

    async fn close(&mut self, ticket: &Ticket, events: &[Told], look: Option<Time>) -> Written {
        let head = self.write(ticket, events)?;
        (head.lease_until, head.look_at) = (None, look);
        Ok(())
    }

    async fn load(&mut self, id: Uuid) -> Result<Option<Saga<Trip>>, LedgerError> {
        let Some(entry) = self.entries.get(&id) else {
            return Ok(None);
        };
        let saga = Saga::replay(entry.plan.clone(), &entry.story);
        saga.map(Some).map_err(|error| LedgerError::Corrupt(error.to_string()))
    }
}
