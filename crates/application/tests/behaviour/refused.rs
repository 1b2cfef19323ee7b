//! What is refused so late that all of it is undone.

use crate::world::World;
use course_seats_sandbox::people::student;

/// Which act; labs and projects are called [`NAME`].
#[derive(Debug, Clone, Copy)]
pub enum Refused {
    Lab,
    Project,
    Invite,
    Assign,
    Activation,
}

/// The name that somebody else takes in the last moment.
pub const NAME: &str = "Another";

impl Refused {
    /// From now on its settle is refused, because the other service is faster.
    pub fn begin(self, world: &World) {
        let somebody = student(9);
        let folded = NAME.to_lowercase();
        let (kind, deed) = match self {
            Self::Lab => ("create_lab", format!("UPDATE virtual_lab SET name = '{NAME}'")),
            Self::Project => {
                let deed = format!("UPDATE project SET name = '{NAME}', name_folded = '{folded}'");
                ("create_project", deed)
            }
            Self::Invite => ("accept_invite", "DELETE FROM virtual_lab_invite".to_owned()),
            Self::Assign => ("assign_seat", "DELETE FROM seat".to_owned()),
            Self::Activation => {
                ("activate", format!("UPDATE course_enrolment SET claimed_by = '{somebody}'"))
            }
        };
        world.database.whenever("AFTER INSERT ON saga", &format!("new.kind = '{kind}'"), &deed);
    }
}
