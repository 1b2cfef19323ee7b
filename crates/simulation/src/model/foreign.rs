//! The service that we replace, which may serve the same database during a switch-over: it writes
//! to the same rows, and does its own work outside, at once and without asking anybody.

use crate::dice::Dice;
use crate::memory::Tables;
use crate::runtime::lock;
use crate::world::{Ground, World, student, student_names};
use course_seats_domain::course::{Course, CourseStatus};
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::group::{GroupId, GroupName, GroupRole};
use course_seats_domain::ids::{EnrolmentId, LabId, ProjectId, UserId};
use course_seats_domain::plans::CourseStep;
use course_seats_domain::project::Project;
use course_seats_domain::seat::{Seat, SeatFate, fate_after_drop, spent};
use course_seats_domain::values::{Credits, ProjectName};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// What the other service does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreign {
    /// It assigns a seat of the course on this lab.
    Assign {
        /// The lab.
        lab: usize,
        /// The student.
        student: u8,
    },
    /// It drops an enrolment.
    Drop {
        /// Which.
        pick: u8,
    },
    /// It lets somebody claim an enrolment.
    Claim {
        /// Which.
        pick: u8,
        /// Who.
        user: u8,
    },
    /// It activates a claimed enrolment.
    Activate {
        /// Which.
        pick: u8,
    },
    /// It voids the course on this lab.
    Void {
        /// The lab.
        lab: usize,
    },
    /// It deletes the course on this lab, if that is not active.
    Delete {
        /// The lab.
        lab: usize,
    },
}

/// What the other service leaves behind, as it does: nobody else can be blamed for it.
#[derive(Debug, Default, Clone)]
pub struct Left {
    /// Projects whose enrolments it deleted.
    pub projects: BTreeSet<ProjectId>,
    /// Members of labs who belonged there by such enrolments.
    pub members: BTreeSet<(LabId, UserId)>,
    /// Enrolments that it dropped.
    pub dropped: BTreeSet<EnrolmentId>,
    /// Their projects: what a job gives back later, it does not look for. And those of students whom
    /// it lets into a course that we have closed: the lab's deplete may still be on its way.
    pub drained: BTreeSet<ProjectId>,
}

impl Foreign {
    /// Anything.
    pub(super) fn any(dice: &mut Dice, labs: usize) -> Self {
        let lab = usize::try_from(dice.below(labs as u64)).unwrap_or(0);
        let mut byte = |end| u8::try_from(dice.below(end)).unwrap_or(0);
        match byte(12) {
            0..=2 => Self::Assign { lab, student: byte(9) },
            3..=5 => Self::Drop { pick: byte(16) },
            6 | 7 => Self::Claim { pick: byte(16), user: byte(6) },
            8 | 9 => Self::Activate { pick: byte(16) },
            10 => Self::Void { lab },
            _ => Self::Delete { lab },
        }
    }

    /// Does it. `false`: somebody is writing, try again.
    pub fn act(&self, world: &World, grounds: &[Ground], left: &mut Left) -> bool {
        let tables = world.tables();
        let done = match self {
            Self::Assign { lab, student } => {
                let course = grounds.get(*lab).and_then(|it| course_on(&tables, it.lab));
                course.map(|course| assign(world, &tables, &course, *student, left))
            }
            Self::Drop { pick } => {
                let found = pick_of(&tables, *pick, |row| !row.dropped);
                found.map(|row| drop_one(world, &tables, row, left))
            }
            Self::Claim { pick, user } => {
                let found = pick_of(&tables, *pick, |row| row.claimed_by.is_none() && !row.dropped);
                found
                    .map(|row| change(world, Enrolment { claimed_by: Some(student(*user)), ..row }))
            }
            Self::Activate { pick } => {
                let waits = |row: &Enrolment| {
                    row.claimed_by.is_some() && row.activated_at.is_none() && !row.dropped
                };
                pick_of(&tables, *pick, waits).map(|row| activate(world, &tables, row, left))
            }
            Self::Void { lab } => {
                let course = grounds.get(*lab).and_then(|it| course_on(&tables, it.lab));
                course.map(|course| {
                    let row = Course { status: CourseStatus::Voided, ..course };
                    let id = row.id;
                    write(world, move |tables| {
                        Arc::make_mut(&mut tables.courses).insert(id, Arc::new(row));
                    })
                })
            }
            Self::Delete { lab } => {
                let course = grounds.get(*lab).and_then(|it| course_on(&tables, it.lab));
                let course = course.filter(|it| it.status != CourseStatus::Active);
                course.map(|course| delete(world, &tables, &course, left))
            }
        };
        // Nothing there to do it with: then nothing is done.
        done.unwrap_or(true)
    }
}

pub(super) fn course_on(tables: &Tables, lab: LabId) -> Option<Course> {
    tables.courses.values().find(|course| course.lab == lab).map(|course| Course::clone(course))
}

/// One of the enrolments that match.
pub(super) fn pick_of(
    tables: &Tables,
    pick: u8,
    matches: impl Fn(&Enrolment) -> bool,
) -> Option<Enrolment> {
    let all: Vec<_> = tables.enrolments.values().filter(|row| matches(row)).collect();
    let at = usize::from(pick) % all.len().max(1);
    all.get(at).map(|row| Enrolment::clone(row))
}

fn write(world: &World, change: impl FnOnce(&mut Tables)) -> bool {
    world.database.write(change).is_some()
}

fn change(world: &World, row: Enrolment) -> bool {
    write(world, move |tables| {
        Arc::make_mut(&mut tables.enrolments).insert(row.id, Arc::new(row));
    })
}

/// As it does it: on any seat that has nobody, reserved or not.
fn assign(world: &World, tables: &Tables, course: &Course, number: u8, left: &mut Left) -> bool {
    let (student_id, email) = student_names(number);
    let taken = tables
        .enrolments
        .values()
        .any(|row| row.course == course.id && (row.student_id == student_id || row.email == email));
    let name = ProjectName::from(&student_id);
    let named = tables
        .projects
        .values()
        .any(|row| row.lab == course.lab && !row.deleted && row.name.folded() == name.folded());
    let mut free: Vec<_> = tables
        .seats
        .values()
        .filter(|seat| seat.course == course.id && seat.enrolment.is_none() && !seat.consumed)
        .collect();
    free.sort_by_key(|seat| seat.order());
    let (Some(seat), Some(lab)) = (free.first(), tables.labs.get(&course.lab)) else { return true };
    if taken || named || course.status != CourseStatus::Active {
        return true;
    }
    let ids: [Uuid; 2] = world
        .runtime
        .dice(|dice| std::array::from_fn(|_| Uuid::from_u64_pair(dice.roll(), dice.roll())));
    let [enrolment, project] = ids;
    let (enrolment, project) = (EnrolmentId::new(enrolment), ProjectId::new(project));
    let seat = Seat { enrolment: Some(enrolment), ..Seat::clone(seat) };
    let now = world.now();
    let mut directory = lock(&world.directory);
    let mut group =
        |role| directory.create(GroupName::of_project(course.lab, project, role).as_str());
    let (Ok(admin_group), Ok(member_group)) = (group(GroupRole::Admin), group(GroupRole::Member))
    else {
        return true;
    };
    let row = Project {
        id: project,
        lab: course.lab,
        name,
        description: None,
        owner: lab.owner,
        admin_group: admin_group.clone(),
        member_group: member_group.clone(),
        deleted: false,
        created_at: now,
        updated_at: now,
    };
    let enrolled = Enrolment {
        id: enrolment,
        course: course.id,
        project,
        student_id,
        email,
        claimed_by: None,
        activated_at: None,
        dropped: false,
        dropping: None,
        grant: None,
        created_at: now,
    };
    let written = write(world, move |tables| {
        Arc::make_mut(&mut tables.projects).insert(project, Arc::new(row));
        Arc::make_mut(&mut tables.enrolments).insert(enrolment, Arc::new(enrolled));
        Arc::make_mut(&mut tables.seats).insert(seat.id, Arc::new(seat));
    });
    if !written {
        directory.groups.remove(&admin_group.0);
        directory.groups.remove(&member_group.0);
        return false;
    }
    if course.budget_depleted {
        left.drained.insert(project);
    }
    let admins = directory.groups.get(&lab.admin_group.0).map(|group| group.members.clone());
    for admin in admins.unwrap_or_default() {
        // Everybody is known.
        let _ = directory.join(admin, &admin_group);
    }
    let mut books = lock(&world.books);
    let _ = books.open_project(project, course.lab);
    let _ = books.grant(project, course.seat_grant());
    true
}

fn drop_one(world: &World, tables: &Tables, row: Enrolment, left: &mut Left) -> bool {
    let (Some(course), Some(project)) =
        (tables.courses.get(&row.course), tables.projects.get(&row.project))
    else {
        return true;
    };
    let mut books = lock(&world.books);
    let balance = books.balance(crate::memory::Account::Project(row.project));
    let balance = Credits::try_from(balance).unwrap_or(Credits::ZERO);
    let spent = spent(row.grant.unwrap_or_else(|| course.seat_grant()), balance);
    let seat = tables.seats.values().find(|seat| seat.enrolment == Some(row.id));
    let seat = seat.map(|seat| {
        let mut seat = Seat::clone(seat);
        let in_time = course.dates.before_last_drop(world.now());
        let fate: SeatFate = fate_after_drop(seat.previously_dropped, in_time, spent);
        seat.end_drop(fate);
        seat
    });
    let enrolment = Enrolment { dropped: true, ..row.clone() };
    let written = write(world, move |tables| {
        Arc::make_mut(&mut tables.enrolments).insert(enrolment.id, Arc::new(enrolment));
        if let Some(seat) = seat {
            Arc::make_mut(&mut tables.seats).insert(seat.id, Arc::new(seat));
        }
    });
    if !written {
        return false;
    }
    left.dropped.insert(row.id);
    left.drained.insert(row.project);
    let _ = books.deplete_project(row.project);
    let mut directory = lock(&world.directory);
    if let Some(group) = directory.groups.get_mut(&project.member_group.0) {
        group.members.clear();
    }
    let lab = tables.labs.get(&course.lab);
    // It knows of one enrolment a student and lab; who is in by another or an invite stays.
    let other = |user: UserId| {
        let by_invite = tables.invites.values().any(|invite| {
            invite.lab == course.lab
                && invite.accepted
                && invite.user == Some(user)
                && invite.role == GroupRole::Member
        });
        by_invite
            || tables.enrolments.values().any(|it| {
                it.id != row.id
                    && it.member() == Some(user)
                    && tables.courses.get(&it.course).is_some_and(|it| it.lab == course.lab)
            })
    };
    if let (Some(lab), Some(user)) = (lab, row.claimed_by.filter(|user| !other(*user))) {
        let _ = directory.leave(user, &lab.member_group);
        if is_being_let_in(tables, course.lab, user) {
            left.members.insert((course.lab, user));
        }
    }
    true
}

/// Whether he is about to become a member otherwise, which the other service cannot know: he may
/// be in the group already. Then he is missing there, which is for the drift report.
fn is_being_let_in(tables: &Tables, lab: LabId, user: UserId) -> bool {
    let open = tables.sagas.values().filter(|row| row.status.is_open());
    open.flat_map(|row| &row.plan.steps).any(|planned| {
        matches!(&planned.step, CourseStep::JoinLab { lab: of, role: GroupRole::Member, user: who, .. }
            if *of == lab && *who == user)
    })
}

fn activate(world: &World, tables: &Tables, row: Enrolment, left: &mut Left) -> bool {
    let course = tables.courses.get(&row.course).filter(|it| it.status == CourseStatus::Active);
    let (Some(course), Some(user)) = (course, row.claimed_by) else { return true };
    let groups: Option<[GroupId; 2]> = tables
        .projects
        .get(&row.project)
        .zip(tables.labs.get(&course.lab))
        .map(|(project, lab)| [project.member_group.clone(), lab.member_group.clone()]);
    // It knows nothing of a drop that we have marked, nor of the student whom we noted then.
    let unnoted = row.dropping.is_some_and(|drop| drop.student != Some(user));
    if !change(world, Enrolment { activated_at: Some(world.now()), ..row }) {
        return false;
    }
    if unnoted {
        left.members.insert((course.lab, user));
    }
    let mut directory = lock(&world.directory);
    for group in groups.into_iter().flatten() {
        let _ = directory.join(user, &group);
    }
    true
}

/// Its rows go; its projects, their groups and members stay.
fn delete(world: &World, tables: &Tables, course: &Course, left: &mut Left) -> bool {
    let id = course.id;
    let written = write(world, |tables| {
        Arc::make_mut(&mut tables.seats).retain(|_, seat| seat.course != id);
        Arc::make_mut(&mut tables.enrolments).retain(|_, row| row.course != id);
        Arc::make_mut(&mut tables.courses).remove(&id);
    });
    if !written {
        return false;
    }
    for row in tables.enrolments.values().filter(|row| row.course == id) {
        left.projects.insert(row.project);
        left.members.extend(row.claimed_by.map(|user| (course.lab, user)));
    }
    let _ = lock(&world.books).deplete_lab(course.lab);
    true
}
