/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Plain(&'a str),
    Link(&'a str),
}

/// The `http` and `https` links of a text, in order.
pub(super) fn links(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter_map(|piece| match piece {
        Piece::Link(link) => Some(link),
        Piece::Plain(_) => None,
    })
}

/// Cuts a text into links and what is between them.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (start, end) = next_link(rest).unwrap_or((rest.len(), rest.len()));
        let (piece, behind) = rest.split_at(if start == 0 { end } else { start });
        rest = behind;
        Some(if start == 0 { Piece::Link(piece) } else { Piece::Plain(piece) })
    })
}

/// Where the next link begins and ends. Punctuation behind it belongs to the sentence.
fn next_link(text: &str) -> Option<(usize, usize)> {
    text.match_indices("http").find_map(|(start, _)| {
        let (_, from) = text.split_at(start);
        let scheme = ["https://", "http://"].into_iter().find(|scheme| from.starts_with(scheme))?;
        let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"'`".contains(c);
        let (link, _) = from.split_at(from.find(ends).unwrap_or(from.len()));
        let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']']);
        (link.len() > scheme.len()).then_some((start, start + link.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_links_without_the_punctuation_of_the_sentence() {
        let text =
            "See https://a.example/x?b=1&c=%2F. Or (http://b.example), or <https://c.example/>!";
        let found: Vec<_> = links(text).collect();
        assert_eq!(
            found,
            ["https://a.example/x?b=1&c=%2F", "http://b.example", "https://c.example/"]
        );
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        assert_eq!(links("http https:// javascript:alert(1) ftp://x http:///").count(), 1);
        assert_eq!(links("").count(), 0);
    }

    #[test]
    fn the_pieces_are_the_text() {
        for text in ["", "ä http://ü.example/ß ö", "http://x", "http://x http://y", "x http://"]
        {
            let joined: String = pieces(text)
                .map(|piece| match piece {
                    Piece::Plain(text) | Piece::Link(text) => text,
                })
                .collect();
            assert_eq!(joined, text);
        }
    }
}
