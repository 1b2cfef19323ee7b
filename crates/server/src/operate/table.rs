//! Lists for people: columns that are as wide as what stands in them.

/// A table under its heads. The last column is as wide as it wants.
pub fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = heads.map(|head| head.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let heads = heads.map(str::to_owned);
    std::iter::once(&heads).chain(rows).map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let padded = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    let line = padded.collect::<Vec<_>>().join("  ");
    format!("{}\n", line.trim_end())
}

/// What may be missing.
pub fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// Of a list in pages, which part it is.
pub fn which_part(shown: usize, total: u64, page: u32, what: &str) -> String {
    match (shown, total) {
        (_, 0) => format!("No {what}.\n"),
        (shown, total) if shown as u64 == total => String::new(),
        (shown, total) => format!("{shown} of {total} {what}: page {page}.\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [
            ["a".to_owned(), "längst".into(), "x".into()],
            ["b".into(), "c".into(), String::new()],
        ];
        let told = table(["ID", "NAME", "E"], &rows);
        assert_eq!(told, "ID  NAME    E\na   längst  x\nb   c\n");
    }

    #[test]
    fn a_part_of_a_list_says_so() {
        assert_eq!(which_part(0, 0, 1, "sagas"), "No sagas.\n");
        assert_eq!(which_part(3, 3, 1, "sagas"), "");
        assert_eq!(which_part(3, 9, 2, "sagas"), "3 of 9 sagas: page 2.\n");
    }
}
