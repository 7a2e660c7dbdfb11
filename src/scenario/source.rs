//! A scenario's text as it was read: at most 16 MiB of UTF-8, without byte order mark, with lines
//! that end in LF - and the places in it that errors point at.

use super::error::{Errors, Finding};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io::Read;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// The size in bytes above which a file is not read.
pub const MAX_BYTES: usize = 16 << 20;

/// A named text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// The files that were attached, by the names that the text has for them, or why they cannot
    /// be.
    files: Vec<(String, Result<String, String>)>,
}

impl Source {
    /// A text that is in memory already. `name` is what errors call it.
    pub fn new(name: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Source { name: name.into(), text: text.replace("\r\n", "\n").into(), files: Vec::new() }
    }

    /// The same with a file that it names: its text, or why it cannot be read.
    pub fn attach(mut self, name: &str, text: Result<String, String>) -> Self {
        self.files.push((name.to_owned(), text.map(|text| text.replace("\r\n", "\n"))));
        self
    }

    /// The files that cannot be read, each with the reason.
    pub(super) fn unread(&self) -> Vec<(String, String)> {
        let failed = |(name, text): &(String, Result<String, String>)| {
            text.as_ref().err().map(|why| (name.clone(), why.clone()))
        };
        self.files.iter().filter_map(failed).collect()
    }

    /// What was attached under a name.
    pub(super) fn attached(&self, name: &str) -> Option<Result<String, String>> {
        self.files.iter().find(|(file, _)| file == name).map(|(_, text)| text.clone())
    }

    /// Reads bytes up to their end, but never more than [`MAX_BYTES`] and one.
    ///
    /// # Errors
    /// If there are more bytes, if they are not UTF-8, or if the reader fails.
    pub fn read(name: &str, reader: impl Read) -> Result<Self, Errors> {
        let mut bytes = Vec::new();
        let failed = reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).err();
        if let Some(error) = failed {
            let problem = format!("the file cannot be read: {error}");
            return Err(Errors::unplaced(name, Finding::new(0..0, problem)));
        }
        Source::from_bytes(name, &bytes)
    }

    /// What is said of a file that has more than [`MAX_BYTES`].
    pub fn too_large(name: &str) -> Errors {
        let finding = Finding::new(0..0, "the file is larger than 16 MiB")
            .help("split it into several scenarios");
        Errors::unplaced(name, finding)
    }

    /// Takes bytes that were read already.
    ///
    /// # Errors
    /// If there are more than [`MAX_BYTES`], or if they are not UTF-8.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, Errors> {
        if bytes.len() > MAX_BYTES {
            return Err(Source::too_large(name));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Source::new(name, text)),
            Err(error) => {
                let at = error.valid_up_to();
                let valid = String::from_utf8_lossy(&bytes[..at]);
                let source = Source::new(name, &valid);
                let end = source.text.len();
                let finding = Finding::new(end..end, "the file is not UTF-8 from here on")
                    .help("save it as UTF-8");
                Err(Errors::new(source, vec![finding]))
            }
        }
    }

    /// What errors call the text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of an offset, both from 1, the column in characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// The nearest offset at or before this one at which a character begins.
    pub(super) fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// A value and the place where it was written.
#[derive(Clone, Debug)]
pub struct Placed<T> {
    value: T,
    place: Range<usize>,
}

impl<T> Placed<T> {
    /// A value that was not written in a file.
    pub const fn nowhere(value: T) -> Self {
        Placed { value, place: 0..0 }
    }

    /// Where it was written, in bytes of the text.
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> From<toml::Spanned<T>> for Placed<T> {
    fn from(spanned: toml::Spanned<T>) -> Self {
        let place = spanned.span();
        Placed { value: spanned.into_inner(), place }
    }
}

impl<T> Deref for Placed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// Places are no part of what was said.
impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Placed<T> {}

impl<T: Ord> PartialOrd for Placed<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Ord for Placed<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

impl<T: Serialize> Serialize for Placed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        toml::Spanned::deserialize(deserializer).map(Placed::from)
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Placed<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}
