//! Lists of seats, against the same queries without HTTP.

use crate::bound::SeatQueries;
use crate::load::{Connection, Target, all_good};
use crate::measure::{median, ms, ratio, timed};
use crate::report::{Row, Verdict};
use crate::scale::Scale;
use crate::world::{Into, World, fill};
use course_seats::demo::Seen;
use course_seats::demo::api::LAB_OWNER;

/// The most memory that reading the list may take, in MB.
const MEMORY: f64 = 40.0;

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    let service = world.serve(&[]).await?;
    let made = service.course(0).await?;
    let seats = scale.of(10_000, 300);
    fill(&service.database, &Into::This(&made), seats, seats / 2);
    let queries = SeatQueries::open(&service.database.url(), made.course).await?;
    let token = service.client.token(LAB_OWNER).await?;
    let path = format!("/seats/courses/{}", made.course);
    let mut connection =
        Connection::open(Target::new(service.url(), "", "").address.as_str()).await?;
    let mut rows = Vec::new();
    let whole = Target::new(service.url(), path.clone(), token.clone());
    let page = Target::new(service.url(), format!("{path}?page=7&page_size=100"), token);

    // Before anything big was read: memory that was once used is not given back at once.
    let small = connection.ask(&page).await?;
    all_good(&[small])?;
    let idle = service.process.memory()?;
    service.process.forget_peak()?;
    let answer = connection.ask(&whole).await?;
    all_good(&[answer])?;
    let above = service.process.peak()? - idle;

    for (name, target, is_page) in [
        (format!("list of {seats} seats, whole"), &whole, false),
        (format!("page of 100 of {seats} seats"), &page, true),
    ] {
        let (mut measured, mut bound) = (Vec::new(), Vec::new());
        // By turns, so that whatever else goes on hits both.
        for _ in 0..scale.runs(if is_page { 200 } else { 25 }) {
            let answer = connection.ask(target).await?;
            all_good(&[answer])?;
            measured.push(answer.took);
            let query = async {
                match is_page {
                    true => queries.page(600, 100).await,
                    false => queries.whole().await,
                }
            };
            bound.push(timed(query).await?.0);
        }
        let (measured, bound) = (median(&measured), median(&bound));
        let row =
            Row::new(name, format!("{:.2} ms", ms(measured))).bound(format!("{:.2} ms", ms(bound)));
        let ratio = ratio(measured, bound);
        rows.push(if is_page { row.under(ratio, 2.0) } else { row.at_most(ratio, 3.0) });
    }
    rows.push(
        Row::new(
            "  memory while the whole list is read",
            format!("{above:.1} MB above {idle:.1} MB; {} kB of JSON", answer.bytes / 1000),
        )
        .promised(format!("≤ {MEMORY} MB"), Verdict::of(above <= MEMORY)),
    );
    Ok(rows)
}
