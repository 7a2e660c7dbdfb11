//! Words from files and from protocols, made harmless: nothing in them moves a cursor, turns the
//! direction of text, or becomes a formula when a table is opened.

use std::borrow::Cow;

/// Control characters, and those that turn the direction of text or have no width.
fn is_wild(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{61c}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with every wild character written out: `\u{1b}`.
pub fn terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_wild) {
        return Cow::Borrowed(text);
    }
    let mut tamed = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_wild(c) {
            tamed.extend(c.escape_unicode());
        } else {
            tamed.push(c);
        }
    }
    Cow::Owned(tamed)
}

/// The text as a cell of a table: harmless, and with an apostrophe before what a spreadsheet
/// would take for a formula.
pub fn cell(text: &str) -> Cow<'_, str> {
    let tamed = terminal(text);
    if tamed.starts_with(['=', '+', '-', '@']) { format!("'{tamed}").into() } else { tamed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_cursors_or_turns_text_is_written_out() {
        assert_eq!(terminal("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(terminal("a\u{202e}b\r\n"), "a\\u{202e}b\\u{d}\\u{a}");
        assert!(matches!(terminal("plain \u{e9}"), Cow::Borrowed(_)));
    }

    #[test]
    fn formulas_are_text() {
        assert_eq!(cell("=cmd|x"), "'=cmd|x");
        assert_eq!(cell("@a"), "'@a");
        assert_eq!(cell("\t=a"), "\\u{9}=a");
        assert_eq!(cell("a=b"), "a=b");
    }
}
