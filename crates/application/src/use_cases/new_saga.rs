use course_seats_domain::ids::{CourseId, RequestId, SagaId};
use course_seats_domain::plans::{CoursePlan, CourseStep, SagaKind, Subject};
use course_seats_domain::saga::NewSaga;

/// A saga to be written down, in the ledger's words. `course`: the one that it belongs to;
/// `request`: the call that asked for it and is remembered.
pub(crate) fn new_saga(
    id: SagaId,
    kind: SagaKind,
    subject: Subject,
    course: Option<CourseId>,
    request: Option<RequestId>,
    plan: CoursePlan,
) -> NewSaga<CourseStep> {
    NewSaga {
        id: id.uuid(),
        kind: kind.as_str().into(),
        subject: subject.to_string(),
        scope: course.map(CourseId::uuid),
        request: request.map(RequestId::uuid),
        plan,
    }
}
