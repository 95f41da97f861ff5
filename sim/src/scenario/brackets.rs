//! Brackets: which one was never closed. A parser notices only where the text stops making sense,
//! which may be far after the bracket.

/// Returns the place of the innermost bracket that is never closed, or that is closed by a bracket
/// of another kind.
pub(super) fn unclosed(source: &str) -> Option<usize> {
    let bytes = source.as_bytes();
    let mut open: Vec<(u8, usize)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += source[at..].find('\n').unwrap_or(bytes.len() - at),
            quote @ (b'"' | b'\'') => at = string_end(bytes, at, quote),
            bracket @ (b'[' | b'{') => {
                open.push((bracket, at));
                at += 1;
            }
            bracket @ (b']' | b'}') => {
                let opened = if bracket == b']' { b'[' } else { b'{' };
                match open.pop() {
                    Some((kind, place)) if kind != opened => return Some(place),
                    _ => at += 1,
                }
            }
            _ => at += 1,
        }
    }
    open.pop().map(|(_, place)| place)
}

/// Returns the end of the string that begins at `at`. The string ends at the end of its line at the
/// latest, unless it is a long one.
fn string_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let is_long = bytes[at..].starts_with(&[quote; 3]);
    let mut end = at + if is_long { 3 } else { 1 };
    while end < bytes.len() {
        match bytes[end] {
            b'\\' if quote == b'"' => end += 2,
            b'\n' if !is_long => return end,
            byte if byte == quote && !is_long => return end + 1,
            _ if is_long && bytes[end..].starts_with(&[quote; 3]) => return end + 3,
            _ => end += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bracket_that_is_never_closed_is_found() {
        let check = |source: &str, place: Option<usize>| {
            assert_eq!(unclosed(source), place, "{source}");
        };
        check("a = [1, 2]\n[b]", None);
        check("a = [1, 2\n[b]", Some(4));
        check("a = [\n { b = 1 \n]", Some(7));
        check("a = \"[\" # {\nb = '{'", None);
        check("a = \"\"\"\n[\n\"\"\"\nb = [", Some(18));
        check("a = \"\\\"[\"", None);
        check("a = \"[\nb = {", Some(11));
        check("]", None);
    }
}
