//! Pages of lists.

use super::fields::Fields;
use super::parse;
use course_seats_application::ports::store::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// The most items of one page.
pub const MAX_PAGE_SIZE: u32 = 1000;

/// How many items a page has if nobody says.
const DEFAULT_PAGE_SIZE: u32 = 50;

/// Which part of a list an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Pagination {
    /// From 1.
    pub page: u32,
    /// How many a page.
    pub page_size: u64,
    /// How many in all.
    pub total_items: u64,
    /// How many pages in all.
    pub total_pages: u64,
}

impl Pagination {
    /// Of a list of so many items in all.
    #[must_use]
    pub fn of(page: Page, total_items: u64) -> Self {
        let page_size = u64::from(page.size.max(1));
        Self {
            page: page.number,
            page_size,
            total_items,
            total_pages: total_items.div_ceil(page_size),
        }
    }

    /// Of a list that is shown whole.
    #[must_use]
    pub fn whole(total_items: u64) -> Self {
        let total_pages = u64::from(total_items > 0);
        Self { page: 1, page_size: total_items, total_items, total_pages }
    }
}

/// Reads `page` and `page_size`: with either there is a page, without both the whole list.
pub fn read(fields: &mut Fields<'_>) -> Option<Option<Page>> {
    let number = fields.optional("page", |value| parse::between(value, 1, u32::MAX));
    let size = fields.optional("page_size", |value| parse::between(value, 1, MAX_PAGE_SIZE));
    Some(match (number?, size?) {
        (None, None) => None,
        (number, size) => {
            Some(Page { number: number.unwrap_or(1), size: size.unwrap_or(DEFAULT_PAGE_SIZE) })
        }
    })
}

/// Reads `page` and `page_size` of a list that always has pages.
pub fn always(fields: &mut Fields<'_>) -> Option<Page> {
    read(fields).map(|page| page.unwrap_or(Page { number: 1, size: DEFAULT_PAGE_SIZE }))
}

/// Of what is shown: nothing, unless a page was asked for.
#[must_use]
pub fn shown(page: Option<Page>, total: u64) -> Option<Pagination> {
    page.map(|page| Pagination::of(page, total))
}
