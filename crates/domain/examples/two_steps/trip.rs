//! What the service says about itself: its steps, and the systems that they touch.

use course_seats_domain::saga::Step;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The steps. What they need, such as the payment's id, is chosen before anything is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Trip {
    /// A room, by its number.
    BookRoom(u32),
    /// A payment, by its id: so many euros.
    ChargeCard(Uuid, u32),
}

/// What takes them back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TripUndo {
    CancelRoom(u32),
    Refund(Uuid),
}

/// What is written down *before* a card is charged: charging it again would do harm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Charging;

impl Step for Trip {
    type Undo = TripUndo;
    type Note = Charging;

    fn name(&self) -> &'static str {
        match self {
            Self::BookRoom(_) => "book_room",
            Self::ChargeCard(..) => "charge_card",
        }
    }

    fn undo(&self) -> Option<TripUndo> {
        Some(match *self {
            Self::BookRoom(room) => TripUndo::CancelRoom(room),
            Self::ChargeCard(payment, _) => TripUndo::Refund(payment),
        })
    }
}

/// The hotel and the bank: no transaction spans them.
#[derive(Default)]
pub struct World {
    pub rooms: Vec<u32>,
    pub charges: Vec<Uuid>,
    pub card_declined: bool,
}

impl World {
    /// One step, safe to repeat. `unknown`: an earlier attempt may have had an effect.
    pub fn act(&mut self, step: &Trip, unknown: bool) -> Result<String, String> {
        match *step {
            Trip::BookRoom(room) if self.rooms.contains(&room) => Ok("ours already".into()),
            Trip::BookRoom(room) => {
                self.rooms.push(room);
                Ok(format!("room {room} is booked"))
            }
            // This bank charges twice if it is told twice: ask it first.
            Trip::ChargeCard(payment, _) if unknown && self.charges.contains(&payment) => {
                Ok("the bank says that it has charged already".into())
            }
            Trip::ChargeCard(..) if self.card_declined => Err("the card is declined".into()),
            Trip::ChargeCard(payment, euros) => {
                self.charges.push(payment);
                Ok(format!("{euros} euros are charged"))
            }
        }
    }

    /// One undo, safe also if its step never happened.
    pub fn take_back(&mut self, undo: &TripUndo) {
        match undo {
            TripUndo::CancelRoom(room) => self.rooms.retain(|booked| booked != room),
            TripUndo::Refund(payment) => self.charges.retain(|charged| charged != payment),
        }
    }
}
