//! A page: how wide it is, and how a text goes on in the next line.

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// How much the report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Every way in which a property breaks, and everything that was covered.
    Verbose,
    /// Every way in which a property breaks.
    Full,
    /// Only the ways that are not expected.
    Brief,
}

/// A page has this many columns, unless the reader's terminal says otherwise.
pub const WIDTH: usize = 100;

/// Breaks a text into lines of at most this many characters, if its words are short enough. A
/// percent sign stays with its number.
pub fn lines(text: &str, width: usize) -> Vec<String> {
    wrap(text, options(width))
}

/// Breaks a heading into lines. It may also be broken after hyphens.
pub fn heading(text: &str, width: usize) -> Vec<String> {
    wrap(text, options(width).word_splitter(WordSplitter::HyphenSplitter))
}

/// Wraps a paragraph to the width of a page. Its first line and its other lines are indented by
/// this much. It ends with a line break.
pub fn paragraph(text: &str, indents: (usize, usize)) -> String {
    paragraph_to(text, indents, WIDTH)
}

/// Does the same for another width.
pub fn paragraph_to(text: &str, (first, rest): (usize, usize), width: usize) -> String {
    let (first, rest) = (" ".repeat(first), " ".repeat(rest));
    let options = options(width).initial_indent(&first).subsequent_indent(&rest);
    wrap(text, options).iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

fn options<'a>(width: usize) -> Options<'a> {
    Options::new(width)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
}

fn wrap(text: &str, options: Options<'_>) -> Vec<String> {
    let kept = text.replace(" %", "\u{a0}%");
    textwrap::wrap(&kept, options).into_iter().map(|line| line.replace('\u{a0}', " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_at_spaces_and_a_heading_behind_hyphens_too() {
        assert_eq!(heading("every-request-answered", 14), ["every-request-", "answered"]);
        assert_eq!(heading("done: median", 20), ["done: median"]);
        assert_eq!(heading("done: median", 7), ["done:", "median"]);
        assert_eq!(heading("", 7), [""]);
        assert_eq!(lines("all-settled, too", 9), ["all-settled,", "too"]);
        assert_eq!(lines("one 50 %", 6), ["one", "50 %"]);
    }

    #[test]
    fn a_paragraph_has_two_indents() {
        let text = paragraph(&"word ".repeat(30), (2, 4));
        assert!(text.lines().all(|line| line.len() <= WIDTH && !line.ends_with(' ')));
        assert!(text.starts_with("  word") && text.ends_with("word\n"));
        assert!(text.lines().nth(1).is_some_and(|line| line.starts_with("    word")));
    }
}
