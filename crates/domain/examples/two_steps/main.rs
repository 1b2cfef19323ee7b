//! Another service's saga on this crate alone: book a room, charge a card.
//!
//! `cargo run -p course-seats-domain --example two_steps`
//!
//! There is no runtime, database or network: a notebook in memory plays the ledger, a struct plays
//! the hotel and the bank. The loop in [`work`] is what a service has to write.

mod notebook;
mod trip;

use chrono::{DateTime, TimeDelta};
use course_seats_domain::saga::recovery::decide;
use course_seats_domain::saga::{
    Claim, Event, Ledger, LedgerError, NewSaga, Next, Plan, Step, StepState, Ticket,
};
use futures::executor::block_on;
use notebook::{Notebook, Told};
use std::collections::HashMap;
use trip::{Charging, Trip, World};
use uuid::Uuid;

const LEASE: TimeDelta = TimeDelta::seconds(20);

/// Works on a saga until it is closed. `dies`: the process is killed after the card was charged
/// and before that is written down; what it then still holds is its ticket.
async fn work(
    book: &mut Notebook,
    world: &mut World,
    id: Uuid,
    dies: bool,
) -> Result<Option<Ticket>, LedgerError> {
    let Claim::Taken { mut ticket, mut saga, .. } = book.claim(id, LEASE).await? else {
        return Ok(None);
    };
    loop {
        let records = &saga.steps;
        let state = |step: usize| records.get(step).map(|record| record.state);
        let events: Vec<Told> = match saga.next() {
            Next::Do(step, Trip::ChargeCard { .. }) if state(step) == Some(StepState::Pending) => {
                println!("   note  a card is about to be charged");
                vec![Event::Noted { step, note: Charging }]
            }
            Next::Do(step, what) => {
                let outcome = world.act(what, state(step) == Some(StepState::Unknown));
                println!(
                    "   do    {}: {}",
                    what.name(),
                    outcome.as_ref().unwrap_or_else(|why| why)
                );
                if dies && step == 1 {
                    println!("   dead  before that was written down");
                    return Ok(Some(ticket));
                }
                match outcome {
                    Ok(_) => vec![Event::Done { step, note: None }],
                    Err(why) => {
                        vec![Event::Tried { step, why: why.clone() }, Event::TurnedToUndo { why }]
                    }
                }
            }
            Next::Undo(undos) => {
                let take_back = |(step, undo)| {
                    world.take_back(undo);
                    println!("   undo  {undo:?}");
                    Event::Undone { step }
                };
                undos.into_iter().map(take_back).collect()
            }
            // Here nothing lands late; else an uncertain saga is closed with a time to look again.
            Next::Complete => vec![Event::Completed],
            Next::CloseUndone => vec![Event::AllUndone],
            Next::Nothing => return Ok(None),
        };
        for event in &events {
            saga.apply(event).map_err(|error| LedgerError::Corrupt(error.to_string()))?;
        }
        if saga.status.is_open() {
            book.record(&ticket, &events, LEASE).await?;
        } else {
            book.close(&ticket, &events, None).await?;
            println!("   end   {}", saga.status.as_str());
        }
        // Whoever turns a saga to undo goes on under its new status.
        ticket.status = saga.status;
    }
}

/// A trip written down, before anything of it is done.
async fn planned(book: &mut Notebook, number: u128) -> Result<Uuid, LedgerError> {
    let (id, payment) = (Uuid::from_u128(number), Uuid::from_u128(1000 + number));
    let steps = vec![Trip::BookRoom(12), Trip::ChargeCard(payment, 90)];
    let (kind, subject) = ("trip".to_owned(), "guest 7".to_owned());
    let plan = Plan::undoable(steps);
    book.open(NewSaga { id, kind, subject, scope: None, request: None, plan }).await?;
    Ok(id)
}

async fn story() -> Result<(), LedgerError> {
    let mut book = Notebook { now: DateTime::UNIX_EPOCH, entries: HashMap::new() };

    println!("The second step fails: the first is taken back.");
    let mut world = World { card_declined: true, ..World::default() };
    let id = planned(&mut book, 1).await?;
    work(&mut book, &mut world, id, false).await?;
    assert!(world.rooms.is_empty() && world.charges.is_empty());

    println!("A process is killed between effect and record.");
    let mut world = World::default();
    let id = planned(&mut book, 2).await?;
    let old_ticket = work(&mut book, &mut world, id, true).await?;
    for seconds in [5, 15] {
        book.now += TimeDelta::seconds(seconds);
        let head = book.entries.get(&id).map(|entry| entry.head);
        let decision = head.map(|head| decide(&head, LEASE, book.now));
        println!("   {seconds} s later, another process decides: {decision:?}");
    }
    work(&mut book, &mut world, id, false).await?;
    assert_eq!((world.rooms.len(), world.charges.len()), (1, 1), "charged once");

    println!("The first process was only paused: it wakes, and its ticket is worth nothing.");
    if let Some(ticket) = old_ticket {
        let late = book.record(&ticket, &[Event::Done { step: 1, note: None }], LEASE).await;
        println!("   {late:?}");
        assert_eq!(late, Err(LedgerError::Fenced));
    }
    Ok(())
}

/// Tells the story.
pub fn main() -> Result<(), LedgerError> {
    block_on(story())
}
