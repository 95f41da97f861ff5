//! Diagnostics as they are shown: with a piece of the source, on one line each, or as JSON.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::diagnostic::Diagnostic;

/// How diagnostics are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// With a piece of the source, as compilers show it, in colour.
    Coloured,
    /// The same, without colour.
    Plain,
    /// One line each: `file:line:column: error[S07]: message`.
    Short,
    /// One object per line.
    Json,
}

/// Shows what is wrong in `path`, whose text is `source`. The result ends with a newline.
pub fn render(diagnostics: &[Diagnostic], path: &str, source: &str, look: Look) -> String {
    let mut shown = String::new();
    for diagnostic in diagnostics {
        shown.push_str(&match look {
            Look::Coloured => snippet(diagnostic, path, source, &Renderer::styled()),
            Look::Plain => snippet(diagnostic, path, source, &Renderer::plain()),
            Look::Short => short(diagnostic, path, source),
            Look::Json => json(diagnostic, path, source),
        });
        shown.push('\n');
        if matches!(look, Look::Coloured | Look::Plain) {
            shown.push('\n');
        }
    }
    shown
}

fn snippet(diagnostic: &Diagnostic, path: &str, source: &str, renderer: &Renderer) -> String {
    let is_error = diagnostic.code.is_error();
    let level = if is_error { Level::ERROR } else { Level::WARNING };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code.name());
    let mut group = match &diagnostic.span {
        Some(span) => {
            let mark = AnnotationKind::Primary.span(span.clone()).label(&diagnostic.label);
            title.element(Snippet::source(source).path(path).annotation(mark))
        }
        None => title.element(annotate_snippets::Origin::path(path)),
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help));
    }
    let groups: [Group<'_>; 1] = [group];
    renderer.render(&groups)
}

fn severity(diagnostic: &Diagnostic) -> &'static str {
    if diagnostic.code.is_error() { "error" } else { "warning" }
}

fn short(diagnostic: &Diagnostic, path: &str, source: &str) -> String {
    let place = match &diagnostic.span {
        Some(span) => {
            let (line, column) = line_and_column(source, span.start);
            format!("{path}:{line}:{column}")
        }
        None => path.to_owned(),
    };
    let (severity, code) = (severity(diagnostic), diagnostic.code.name());
    let help = diagnostic.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{place}: {severity}[{code}]: {}{help}", diagnostic.message)
}

fn json(diagnostic: &Diagnostic, path: &str, source: &str) -> String {
    #[derive(Serialize)]
    struct Object<'a> {
        file: &'a str,
        line: Option<usize>,
        column: Option<usize>,
        severity: &'a str,
        code: String,
        message: &'a str,
        help: Option<&'a str>,
    }
    let place = diagnostic.span.as_ref().map(|span| line_and_column(source, span.start));
    let object = Object {
        file: path,
        line: place.map(|(line, _)| line),
        column: place.map(|(_, column)| column),
        severity: severity(diagnostic),
        code: diagnostic.code.name(),
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
    };
    serde_json::to_string(&object).expect("invariant: a flat struct of strings is JSON")
}

/// Returns the line and column of a byte, both from 1. A column is a character.
pub fn line_and_column(source: &str, byte: usize) -> (usize, usize) {
    let before = &source[..byte.min(source.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_a_character_not_a_byte() {
        assert_eq!(line_and_column("é = 1\nab = 2", 3), (1, 3));
        assert_eq!(line_and_column("é = 1\nab = 2", 7), (2, 1));
    }
}
