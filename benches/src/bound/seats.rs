//! The queries behind the lists of seats, as the service asks them, on one connection: whoever asks
//! for one list uses one.

use super::database::connect;
use crate::world::wrong;
use chrono::{DateTime, Utc};
use course_seats::demo::Seen;
use futures::future::try_join;
use tokio_postgres::{Client, Row, Statement};
use uuid::Uuid;

const COLUMNS: &str = "SELECT s.id, s.course_id, s.institution_id, s.is_consumed, \
    s.previously_dropped, s.batch_id, s.enrolment_id, s.expiry_date, s.credit_value, s.created_at, \
    e.id, e.course_id, e.project_id, e.contact_email, e.student_id, e.claimed_by, e.is_dropped, \
    e.activated_at, e.created_at, e.email_folded, e.grant_amount::text, e.dropping_since, \
    e.dropping_student, \
    EXISTS (SELECT FROM reservation r WHERE r.kind = 'seat' AND r.scope = '' \
        AND r.key = s.id::text AND (r.until IS NULL OR r.until > now())) \
    FROM seat s LEFT JOIN course_enrolment e ON s.enrolment_id = e.id AND s.course_id = e.course_id \
    WHERE s.course_id = $1 ORDER BY s.expiry_date, s.id";

/// The queries, prepared.
pub struct SeatQueries {
    client: Client,
    course: Uuid,
    rows: Statement,
    page: Statement,
    count: Statement,
}

impl SeatQueries {
    /// On the seats of one course.
    pub async fn open(url: &str, course: Uuid) -> Seen<Self> {
        let client = connect(url).await?;
        let prepare = async |sql: &str| client.prepare(sql).await.map_err(wrong("a query"));
        let rows = prepare(COLUMNS).await?;
        let page = prepare(&format!("{COLUMNS} LIMIT $2 OFFSET $3")).await?;
        let count = prepare("SELECT seats FROM seat_batch WHERE course_id = $1").await?;
        Ok(Self { client, course, rows, page, count })
    }

    /// All of them.
    pub async fn whole(&self) -> Seen<usize> {
        let rows = self.client.query(&self.rows, &[&self.course]).await.map_err(wrong("rows"))?;
        Ok(rows.iter().filter_map(read).count())
    }

    /// Some of them, and how many there are: a page says it.
    pub async fn page(&self, offset: i64, limit: i64) -> Seen<usize> {
        // Sent one behind the other, without waiting between.
        let (rows, batches) = try_join(
            self.client.query(&self.page, &[&self.course, &limit, &offset]),
            self.client.query(&self.count, &[&self.course]),
        )
        .await
        .map_err(wrong("rows"))?;
        let total: i64 = batches.iter().filter_map(|row| get::<i64>(row, 0)).sum();
        Ok(rows.iter().filter_map(read).count().min(usize::try_from(total).unwrap_or(0)))
    }
}

/// A row as values: whoever asks for it wants them.
struct Seat {
    _ids: (Uuid, Uuid, Uuid, Uuid, Option<Uuid>),
    _marks: (bool, bool, i32, bool),
    _times: (DateTime<Utc>, DateTime<Utc>),
    _student: Option<Student>,
}

struct Student {
    _ids: (Uuid, Uuid, Uuid, Option<Uuid>, Option<Uuid>),
    _words: (String, String, String, Option<String>),
    _times: (DateTime<Utc>, Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    _dropped: bool,
}

fn read(row: &Row) -> Option<Seat> {
    Some(Seat {
        _ids: (get(row, 0)?, get(row, 1)?, get(row, 2)?, get(row, 5)?, get(row, 6)?),
        _marks: (get(row, 3)?, get(row, 4)?, get(row, 8)?, get(row, 23)?),
        _times: (get(row, 7)?, get(row, 9)?),
        _student: get::<Option<Uuid>>(row, 10)?.and_then(|id| student(row, id)),
    })
}

fn student(row: &Row, id: Uuid) -> Option<Student> {
    Some(Student {
        _ids: (id, get(row, 11)?, get(row, 12)?, get(row, 15)?, get(row, 22)?),
        _words: (get(row, 13)?, get(row, 14)?, get(row, 19)?, get(row, 20)?),
        _times: (get(row, 18)?, get(row, 17)?, get(row, 21)?),
        _dropped: get(row, 16)?,
    })
}

fn get<'r, T: tokio_postgres::types::FromSql<'r>>(row: &'r Row, at: usize) -> Option<T> {
    row.try_get(at).ok()
}
