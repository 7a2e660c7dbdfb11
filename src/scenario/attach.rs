//! The file that a scenario may name: the graph of its topology.
//!
//! Nothing here reads files. Whoever reads a scenario from a host asks which file it needs
//! ([`Source::files`]) and attaches its text; from then on the text counts as if it stood where the
//! name does, so that a digest is of all that was said, and what is sent to another process is
//! whole ([`Source::whole`]).

use super::source::Source;
use std::borrow::Cow;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What stands in the place of the graph: `topology.shape.dot`.
fn graph<'t, 'i>(tree: &'t mut DeTable<'i>) -> Option<&'t mut Spanned<DeValue<'i>>> {
    let mut value = tree.get_mut("topology")?;
    for key in ["shape", "dot"] {
        let DeValue::Table(table) = value.get_mut() else { return None };
        value = table.get_mut(key)?;
    }
    Some(value)
}

/// The file that is named there, if it is not the graph itself: a graph has braces.
fn name(value: &DeValue<'_>) -> Option<String> {
    let DeValue::String(text) = value else { return None };
    (!text.contains('{')).then(|| text.clone().into_owned())
}

/// Puts the attached text where the name of its file is.
pub(super) fn put_in(source: &Source, tree: &mut DeTable<'_>) {
    let Some(value) = graph(tree) else { return };
    let Some(Ok(text)) = name(value.get_ref()).and_then(|name| source.attached(&name)) else {
        return;
    };
    *value.get_mut() = DeValue::String(Cow::Owned(text));
}

impl Source {
    /// The files that the text names, as it names them: paths beside its own.
    pub fn files(&self) -> Vec<String> {
        let (mut tree, _) = DeTable::parse_recoverable(self.text());
        let value = graph(tree.get_mut());
        value.and_then(|value| name(value.get_ref())).into_iter().collect()
    }

    /// The text with the texts of its files in it, for a reader that does not have them.
    pub fn whole(&self) -> String {
        let text = self.text();
        let (mut tree, _) = DeTable::parse_recoverable(text);
        let Some(value) = graph(tree.get_mut()) else { return text.to_owned() };
        match name(value.get_ref()).and_then(|name| self.attached(&name)) {
            Some(Ok(file)) => {
                let (before, after) = (&text[..value.span().start], &text[value.span().end..]);
                format!("{before}{}{after}", toml::Value::String(file))
            }
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a = 1\n[topology]\nshape = { dot = 'net.dot' }\nrouting = \"direct\"\n";
    const GRAPH: &str = "graph {\n  n0 -- n1 [latency=\"5ms\"] // \\ '\n}\n";

    #[test]
    fn an_attached_text_counts_as_if_it_stood_where_its_name_does() {
        let source = Source::new("x.toml", TEXT);
        assert_eq!(source.files(), ["net.dot"]);
        assert_eq!(source.whole(), TEXT);
        let source = source.attach("net.dot", Ok(GRAPH.to_owned()));
        let whole = Source::new("whole", &source.whole());
        assert!(whole.files().is_empty() && whole.text() != TEXT);
        let graph_of = |source: &Source| {
            let (mut tree, errors) = DeTable::parse_recoverable(source.text());
            assert!(errors.is_empty(), "{errors:?}");
            put_in(source, tree.get_mut());
            assert!(tree.get_ref().contains_key("a"));
            graph(tree.get_mut()).map(|value| value.get_ref().as_str().unwrap_or("").to_owned())
        };
        assert_eq!(graph_of(&source).as_deref(), Some(GRAPH));
        assert_eq!(graph_of(&whole).as_deref(), Some(GRAPH));
        let failed = Source::new("x.toml", TEXT).attach("net.dot", Err("it is gone".to_owned()));
        assert_eq!(
            (graph_of(&failed).as_deref(), failed.whole().as_str()),
            (Some("net.dot"), TEXT)
        );
    }

    #[test]
    fn a_text_without_a_graph_needs_no_file() {
        for text in ["", "topology = 3", "[topology]\nshape = \"ring\"", "[topology]\nshape = {}"] {
            let source = Source::new("x.toml", text);
            assert!(source.files().is_empty() && source.whole() == text, "{text}");
        }
    }
}
