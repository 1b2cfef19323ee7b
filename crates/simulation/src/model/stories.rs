//! Things that belong together: each story is a trace that breaks a ledger with one rule less, told
//! with other times and faults whenever it is told. Alone, chance would put them together too
//! seldom.

use super::script::{Move, What};
use super::writer::Writer;
use crate::memory::Operation;
use crate::world::{Fault, FaultKind, REPLICAS, Target};
use std::time::Duration;

/// What happens, and how long after the story began.
type Story = Vec<(Duration, What)>;

const AT_ONCE: Duration = Duration::ZERO;

fn fault(operation: Operation, kind: FaultKind) -> (Duration, What) {
    (AT_ONCE, What::Fault(Fault { target: Target::Operation(operation), kind, times: 1 }))
}

impl Writer {
    pub(super) fn story(&mut self) -> Story {
        if self.faults == 0 {
            return self.void_while_a_grant_is_committed();
        }
        match self.dice.below(5) {
            0 => self.undone_assign(),
            1 => self.undone_activation(),
            2 => self.void_while_a_grant_is_committed(),
            3 => self.death_in_an_undo(),
            _ => self.next_course(),
        }
    }

    /// An assign is undone, and nobody knows what became of an undo.
    fn undone_assign(&mut self) -> Story {
        let lost = self.lost();
        let assign = self.assign();
        vec![
            fault(Operation::Join, FaultKind::Rejected),
            fault(Operation::DeleteGroup, lost),
            self.asked(assign),
        ]
    }

    /// An activation is undone, and nobody knows whether the student has left.
    fn undone_activation(&mut self) -> Story {
        let lost = self.lost();
        let (claim, activate) = (self.claim(), Move::Activate { pick: self.byte(250) | 1 });
        let (at_once, soon) = (self.asked(claim), self.after(1_000, 3_000_000));
        let (_, activate) = self.asked(activate);
        vec![
            at_once,
            // The project's group is joined, the lab's is not.
            (soon, fault(Operation::Join, FaultKind::Slow(Duration::from_millis(1))).1),
            (soon, fault(Operation::Join, FaultKind::Rejected).1),
            (soon, fault(Operation::Leave, lost).1),
            (soon, activate),
        ]
    }

    /// A grant is answered; while it is committed, the course is voided.
    fn void_while_a_grant_is_committed(&mut self) -> Story {
        let late = FaultKind::CommitsLate(self.after(500_000, 4_500_000));
        let (assign, lab) = (self.assign(), self.lab());
        let (_, void) = self.asked(Move::Void { lab });
        vec![fault(Operation::Grant, late), self.asked(assign), (self.after(20_000, 400_000), void)]
    }

    /// A grant is late, the assign is undone, and its owner dies while the deplete is on its way.
    fn death_in_an_undo(&mut self) -> Story {
        let replica = usize::from(self.byte(2)) % REPLICAS;
        let grant = FaultKind::Late(self.after(10_500_000, 20_000_000));
        let deplete = FaultKind::Late(self.after(40_000_000, 120_000_000));
        let asks = self.assign();
        let (dies, down) = (self.after(10_300_000, 14_500_000), self.seconds(1, 30));
        vec![
            fault(Operation::Grant, grant),
            fault(Operation::DepleteProject, deplete),
            (AT_ONCE, What::Ask { asks, replica, leaves_after: None }),
            (dies, What::Crash { replica, polls: 1, down }),
        ]
    }

    /// A course is closed and deleted, and another one made on its template, while something of the
    /// first one may still land.
    fn next_course(&mut self) -> Story {
        let (lab, template) = (self.lab(), usize::from(self.byte(2)));
        let operations = [Operation::Grant, Operation::DepleteProject, Operation::DepleteLab];
        let operation = self.dice.pick(&operations).copied().unwrap_or(Operation::Grant);
        let late = FaultKind::Late(self.after(6_000_000, 900_000_000));
        let create = |writer: &mut Self| {
            let course = Move::CreateCourse { lab, template, minutes: (9_000, 20_000) };
            writer.asked(course).1
        };
        let mut at = AT_ONCE;
        let mut story = vec![fault(operation, late)];
        for asks in [Move::Void { lab }, Move::Delete { lab }] {
            story.push((at, self.asked(asks).1));
            at += self.after(100_000, 40_000_000);
        }
        for _ in 0..2 {
            story.push((at, create(self)));
            at += self.after(1_000_000, 40_000_000);
        }
        story
    }

    /// What is not heard, whether it has its effect or not.
    fn lost(&mut self) -> FaultKind {
        match self.dice.below(4) {
            0 => FaultKind::ServerError,
            1 => FaultKind::Silent,
            2 => FaultKind::PanicBefore,
            _ => FaultKind::Late(self.seconds(6, 600)),
        }
    }

    fn assign(&mut self) -> Move {
        Move::Assign { lab: self.lab(), picks: vec![self.byte(250) | 1] }
    }

    fn claim(&mut self) -> Move {
        Move::Claim { pick: self.byte(16), user: self.byte(6) }
    }

    fn asked(&mut self, asks: Move) -> (Duration, What) {
        let replica = usize::from(self.byte(2)) % REPLICAS;
        (AT_ONCE, What::Ask { asks, replica, leaves_after: None })
    }

    fn after(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_micros(self.dice.between(low, high))
    }
}
