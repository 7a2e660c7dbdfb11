//! Errors as people see them: all of a file at once, each with its place, the line, what is wrong
//! and what would be right. Nothing that a file says can disturb the terminal: long words are cut,
//! control and bidirectional characters are written out.

use super::source::Source;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// How many findings are shown; the rest are counted.
const SHOWN_MAX: usize = 50;
/// How much of one word or line of the file a message repeats, in characters.
const WORD_MAX: usize = 80;
const MESSAGE_MAX: usize = 600;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    place: Range<usize>,
    problem: String,
    help: Option<String>,
}

impl Finding {
    /// A problem at a place. A problem that says `; ` and a cure at its end has the cure as help.
    pub fn new(place: Range<usize>, problem: impl Into<String>) -> Self {
        let problem: String = problem.into();
        match problem.rsplit_once("; ") {
            Some((problem, help)) => {
                Finding { place, problem: tame(problem), help: Some(tame(help)) }
            }
            None => Finding { place, problem: tame(&problem), help: None },
        }
    }

    /// The same with a cure.
    pub fn help(mut self, help: impl AsRef<str>) -> Self {
        self.help = Some(tame(help.as_ref()));
        self
    }

    /// The same with the nearest of the words that would be right, or all of them.
    pub fn suggest<S: AsRef<str>>(mut self, word: &str, right: &[S]) -> Self {
        self.help = suggestion(word, right).or(self.help);
        self
    }

    /// Points at this place instead if it points elsewhere.
    pub(super) fn keep_within(&mut self, place: &Range<usize>) {
        if self.place.start < place.start || self.place.end > place.end {
            self.place = place.clone();
        }
    }

    /// The problem in words.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// Where it is, in bytes of the text.
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }
}

/// "did you mean" the nearest word, or the list of all.
fn suggestion<S: AsRef<str>>(word: &str, right: &[S]) -> Option<String> {
    if right.is_empty() {
        return None;
    }
    let short: String = word.chars().take(WORD_MAX).collect();
    let nearest = right
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&short, candidate.as_ref()), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| {
            let length = short.chars().count().max(candidate.as_ref().chars().count());
            *distance * 3 <= length.max(3)
        });
    if let Some((_, nearest)) = nearest {
        return Some(format!("did you mean `{}`?", tame(nearest.as_ref())));
    }
    let all: Vec<String> = right.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    Some(tame(&format!("what is known here: {}", all.join(", "))))
}

/// Everything that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errors {
    source: Source,
    placed: bool,
    findings: Vec<Finding>,
}

impl Errors {
    /// These findings, in the order of their places.
    pub fn new(source: Source, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| finding.place.start);
        findings.dedup();
        Errors { source, placed: true, findings }
    }

    /// A finding about a file whose text is not there.
    pub fn unplaced(name: &str, finding: Finding) -> Self {
        Errors { source: Source::new(name, ""), placed: false, findings: vec![finding] }
    }

    /// What is wrong, in the order of the file.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// `file:line:column` of a finding.
    pub fn position(&self, finding: &Finding) -> String {
        let name = tame(self.source.name());
        if !self.placed {
            return name;
        }
        let (line, column) = self.source.position(finding.place.start);
        format!("{name}:{line}:{column}")
    }

    /// All findings as text, without an end of line at the end.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.term_width(120);
        let mut shown: Vec<String> =
            self.findings.iter().take(SHOWN_MAX).map(|f| self.render_one(&renderer, f)).collect();
        if self.findings.len() > SHOWN_MAX {
            shown.push(format!("and {} more", self.findings.len() - SHOWN_MAX));
        }
        shown.join("\n")
    }

    fn render_one(&self, renderer: &Renderer, finding: &Finding) -> String {
        let title = Level::ERROR.primary_title(finding.problem.as_str());
        let name = tame(self.source.name());
        let text = self.source.text();
        let start = self.source.boundary(finding.place.start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[line_start..].split('\n').next().unwrap_or_default();
        let end = self.source.boundary(finding.place.end).clamp(start, line_start + line.len());
        let (number, _) = self.source.position(start);
        let snippet = |line: String, span: Range<usize>| {
            Snippet::source(line)
                .line_start(number)
                .path(name.clone())
                .annotation(AnnotationKind::Primary.span(span))
        };
        let group: Group<'_> = if self.placed {
            let (line, span) = window(line, start - line_start..end - line_start);
            title.element(snippet(line.into_owned(), span))
        } else {
            title.element(annotate_snippets::Origin::path(name.clone()))
        };
        match &finding.help {
            Some(help) => {
                let help = Group::with_title(Level::HELP.secondary_title(help.as_str()));
                renderer.render(&[group, help])
            }
            None => renderer.render(&[group]),
        }
    }
}

/// What is shown of a line: its beginning at least, and never more than a few screens of it, so
/// that a line of a megabyte costs nothing. The columns stay true, because only the end is cut.
fn window(line: &str, span: Range<usize>) -> (Cow<'_, str>, Range<usize>) {
    const LINE_MAX: usize = 4096;
    if line.len() <= LINE_MAX {
        return (tame_line(line), span);
    }
    let mut end = span.start.saturating_add(WORD_MAX).min(line.len());
    while !line.is_char_boundary(end) {
        end += 1;
    }
    (tame_line(&line[..end]), span.start..span.end.min(end))
}

/// The line with everything that could disturb a terminal replaced by marks of the same length.
fn tame_line(line: &str) -> Cow<'_, str> {
    if !line.chars().any(|c| is_wild(c) && c != '\t') {
        return Cow::Borrowed(line);
    }
    let mut tamed = String::with_capacity(line.len());
    for c in line.chars() {
        if is_wild(c) && c != '\t' {
            tamed.extend(std::iter::repeat_n('?', c.len_utf8()));
        } else {
            tamed.push(c);
        }
    }
    Cow::Owned(tamed)
}

/// Control characters, and those that turn the direction of text or have no width.
fn is_wild(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{61c}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// A message in which long words are cut and wild characters are written as escapes.
pub(super) fn tame(message: &str) -> String {
    let mut tamed = String::new();
    let (mut word, mut length) = (0, 0);
    for c in message.chars() {
        word = if c == ' ' || c == '`' { 0 } else { word + 1 };
        if word == WORD_MAX {
            tamed.push('…');
        }
        if word >= WORD_MAX {
            continue;
        }
        length += 1;
        if length > MESSAGE_MAX {
            tamed.push('…');
            break;
        }
        if is_wild(c) {
            tamed.extend(c.escape_unicode());
        } else {
            tamed.push(c);
        }
    }
    tamed
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Errors {}
