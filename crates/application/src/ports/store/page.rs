/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// From 1.
    pub number: u32,
    /// How many a page.
    pub size: u32,
}

impl Page {
    /// How many items come before it.
    #[must_use]
    pub fn offset(self) -> i64 {
        i64::from(self.number.saturating_sub(1)) * i64::from(self.size)
    }

    /// How many there are in all, if so many items on this page tell it: on the last page there are
    /// fewer than fit. `None`: they must be counted.
    #[must_use]
    pub fn told_by(self, items: usize) -> Option<u64> {
        let items = u32::try_from(items).ok()?;
        let last = items < self.size && (items > 0 || self.number <= 1);
        let before = u64::try_from(self.offset()).ok()?;
        last.then_some(before + u64::from(items))
    }
}

/// A part of a list, and how many there are in all.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// The items asked for.
    pub items: Vec<T>,
    /// How many match, on all pages.
    pub total: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_tells_how_many_there_are() {
        let told = |number, items| Page { number, size: 10 }.told_by(items);
        assert_eq!((told(1, 0), told(1, 9), told(3, 1)), (Some(0), Some(9), Some(21)));
        assert_eq!(told(1, 10), None, "perhaps there are more");
        assert_eq!(told(2, 0), None, "behind the end");
    }
}
