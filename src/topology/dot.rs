//! Links from a graph in the DOT language, as Graphviz draws it.
//!
//! What is read: `graph` or `digraph` with statements of nodes and of edges, chains of edges
//! (`n0 -- n1 -- n2`), defaults (`edge [latency="5ms"]`), attributes, quoted names and comments.
//! Nodes are called as everywhere, `n0`, `n1`, ... Of an edge `latency`, `loss`, `spacing` and
//! `queue` are taken; what else it says, and all that is said of nodes and of the graph, is for the
//! eye. Subgraphs, ports and HTML are refused.
//!
//! A parser of our own: the one that petgraph can be built with (dot-parser 0.5) is under the GPL,
//! needs a C compiler, and gives the nodes in the order of a hash map.

use crate::conditions::{Bandwidth, Link};
use crate::id::NodeId;
use crate::rng::Ratio;
use crate::time::Duration;
use crate::units::Span;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// What is wrong with a graph, and in which line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DotError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong; what would be right behind a semicolon, where that can be said.
    pub problem: String,
}

impl fmt::Display for DotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the graph: {}", self.line, self.problem)
    }
}

impl std::error::Error for DotError {}

/// Reads the links of a graph: both directions of an edge of a `graph`, one of a `digraph`.
///
/// # Errors
/// The first thing that cannot be read, or cannot be.
pub fn links_from_dot(text: &str) -> Result<Vec<Link>, DotError> {
    let mut reader = Reader { tokens: tokens(text)?, next: 0, lines: text.lines().count() };
    let is_directed = reader.head()?;
    let mut graph = Graph { is_directed, edge: Style::default(), named: BTreeSet::new() };
    let mut links = Vec::new();
    while !reader.takes(&Token::Sign("}")) {
        reader.statement(&mut graph, &mut links)?;
    }
    match reader.tokens.get(reader.next) {
        Some((line, _)) => Err(error(*line, "there is something behind the graph; end with `}`")),
        None => Ok(links),
    }
}

fn error(line: usize, problem: impl Into<String>) -> DotError {
    DotError { line, problem: problem.into() }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// A word in quotes, which is never a keyword.
    Quoted(String),
    Sign(&'static str),
}

const SIGNS: [&str; 10] = ["--", "->", "{", "}", "[", "]", ";", ",", "=", ":"];

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, DotError> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let taken = if first.is_whitespace() {
            first.len_utf8()
        } else if rest.starts_with("//") || rest.starts_with('#') {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").ok_or_else(|| error(line, "a comment without end; write `*/`"))? + 2
        } else if first == '"' {
            let (word, taken) = quoted(rest).ok_or_else(|| error(line, "a quote without end"))?;
            tokens.push((line, Token::Quoted(word)));
            taken
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            tokens.push((line, Token::Sign(sign)));
            sign.len()
        } else if is_word(first) {
            let taken = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            tokens.push((line, Token::Word(rest[..taken].to_owned())));
            taken
        } else {
            return Err(error(line, format!("`{first}` is no part of a graph that is read here")));
        };
        line += rest[..taken].matches('\n').count();
        rest = &rest[taken..];
    }
    Ok(tokens)
}

/// The text in quotes at the beginning, and how long it is with them.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut word = String::new();
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return Some((word, at + 1)),
            '\\' if !is_escaped => is_escaped = true,
            _ => {
                is_escaped = false;
                word.push(c);
            }
        }
    }
    None
}

/// What edges are like.
#[derive(Clone, Copy, Debug, Default)]
struct Style {
    latency: Option<Span<Duration>>,
    loss: Option<Ratio>,
    spacing: Option<Duration>,
    queue: Option<u32>,
}

struct Graph {
    is_directed: bool,
    edge: Style,
    named: BTreeSet<(NodeId, NodeId)>,
}

struct Reader {
    tokens: Vec<(usize, Token)>,
    next: usize,
    lines: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn line(&self) -> usize {
        self.tokens.get(self.next).map_or(self.lines, |(line, _)| *line)
    }

    fn takes(&mut self, token: &Token) -> bool {
        let is_it = self.peek() == Some(token);
        self.next += usize::from(is_it);
        is_it
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Word(it)) if it.eq_ignore_ascii_case(word));
        self.next += usize::from(is_it);
        is_it
    }

    fn name(&mut self) -> Option<String> {
        let (Token::Word(name) | Token::Quoted(name)) = self.peek()? else { return None };
        let name = name.clone();
        self.next += 1;
        Some(name)
    }

    fn wrong<T>(&self, problem: impl Into<String>) -> Result<T, DotError> {
        Err(error(self.line(), problem))
    }

    /// `strict graph name {`: whether it is directed.
    fn head(&mut self) -> Result<bool, DotError> {
        self.takes_word("strict");
        let is_directed = self.takes_word("digraph");
        if !is_directed && !self.takes_word("graph") {
            return self.wrong("this is no graph; write `graph { n0 -- n1 }`");
        }
        self.name();
        if !self.takes(&Token::Sign("{")) {
            return self.wrong("a graph without `{`; write `graph { n0 -- n1 }`");
        }
        Ok(is_directed)
    }

    fn statement(&mut self, graph: &mut Graph, links: &mut Vec<Link>) -> Result<(), DotError> {
        if self.takes(&Token::Sign(";")) {
            return Ok(());
        }
        if self.takes_word("graph") || self.takes_word("node") {
            return self.attributes(&mut Style::default());
        }
        if self.takes_word("edge") {
            return self.attributes(&mut graph.edge);
        }
        if self.takes_word("subgraph") || self.takes(&Token::Sign("{")) {
            return self.wrong("subgraphs are not read here; name each link");
        }
        let line = self.line();
        let Some(first) = self.name() else {
            return self.wrong("neither a node nor the end of the graph; write `}` at its end");
        };
        if self.takes(&Token::Sign("=")) {
            return self.name().map_or_else(|| self.wrong("no value behind `=`"), |_| Ok(()));
        }
        let mut chain = vec![node(line, &first)?];
        while let Some(&Token::Sign(sign @ ("--" | "->" | ":"))) = self.peek() {
            let right = if graph.is_directed { "->" } else { "--" };
            if sign == ":" {
                return self.wrong("ports are not read here; leave them out");
            }
            if sign != right {
                return self
                    .wrong(format!("`{sign}` in a graph of the other kind; write `{right}`"));
            }
            self.next += 1;
            let line = self.line();
            let Some(name) = self.name() else {
                return self.wrong("a link that leads to no node; name one, as in `n0 -- n1`");
            };
            chain.push(node(line, &name)?);
        }
        let mut style = graph.edge;
        self.attributes(&mut style)?;
        for pair in chain.windows(2) {
            graph.link(line, (pair[0], pair[1]), style, links)?;
        }
        Ok(())
    }

    /// Any number of `[key=value, key=value]`.
    fn attributes(&mut self, style: &mut Style) -> Result<(), DotError> {
        while self.takes(&Token::Sign("[")) {
            while !self.takes(&Token::Sign("]")) {
                let line = self.line();
                let Some(key) = self.name() else {
                    return self.wrong("no attribute; write them as in `[latency=\"5ms\"]`");
                };
                let value = if self.takes(&Token::Sign("=")) { self.name() } else { None };
                let Some(value) = value else {
                    return self.wrong(format!("`{key}` has no value; write `{key}=\"...\"`"));
                };
                style.set(line, &key, &value)?;
                let _ = self.takes(&Token::Sign(",")) || self.takes(&Token::Sign(";"));
            }
        }
        Ok(())
    }
}

impl Style {
    fn set(&mut self, line: usize, key: &str, value: &str) -> Result<(), DotError> {
        fn read<T: FromStr<Err: fmt::Display>>(
            line: usize,
            value: &str,
        ) -> Result<Option<T>, DotError> {
            value.parse().map(Some).map_err(|problem: T::Err| error(line, problem.to_string()))
        }
        match key {
            "latency" => self.latency = read(line, value)?,
            "loss" => self.loss = read(line, value)?,
            "spacing" => self.spacing = read(line, value)?,
            "queue" => self.queue = read(line, value)?,
            _ => {}
        }
        Ok(())
    }

    fn bandwidth(self, line: usize) -> Result<Option<Bandwidth>, DotError> {
        match (self.spacing, self.queue) {
            (Some(Duration::ZERO), _) => {
                Err(error(line, "a link without limit; leave `spacing` out"))
            }
            (Some(spacing), Some(queue)) => Ok(Some(Bandwidth { spacing, queue })),
            (None, None) => Ok(None),
            _ => Err(error(line, "half a bandwidth; give both `spacing` and `queue`, or neither")),
        }
    }
}

impl Graph {
    fn link(
        &mut self,
        line: usize,
        (from, to): (NodeId, NodeId),
        style: Style,
        links: &mut Vec<Link>,
    ) -> Result<(), DotError> {
        if from == to {
            return Err(error(line, format!("a link from {from} to itself; name two nodes")));
        }
        let ways = [(from, to), (to, from)];
        for (from, to) in ways.into_iter().take(if self.is_directed { 1 } else { 2 }) {
            if !self.named.insert((from, to)) {
                return Err(error(
                    line,
                    format!("{from} and {to} are linked twice; leave one out"),
                ));
            }
            let bandwidth = style.bandwidth(line)?;
            let latency = style.latency.map(Into::into);
            links.push(Link { from, to, latency, loss: style.loss, bandwidth });
        }
        Ok(())
    }
}

fn node(line: usize, name: &str) -> Result<NodeId, DotError> {
    let number = name.strip_prefix('n').and_then(|digits| digits.parse::<u32>().ok());
    let node = number.map(NodeId::new).filter(|node| node.to_string() == name);
    node.ok_or_else(|| {
        error(line, format!("`{name}` is not a node; nodes are `n0`, `n1` and so on"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::Latency;

    const fn n(number: u32) -> NodeId {
        NodeId::new(number)
    }

    fn pairs(text: &str) -> Vec<(u32, u32)> {
        let links = links_from_dot(text).expect("a graph");
        links.iter().map(|link| (link.from.number(), link.to.number())).collect()
    }

    fn problem(text: &str) -> (usize, String) {
        let error = links_from_dot(text).expect_err(text);
        (error.line, error.problem)
    }

    #[test]
    fn edges_become_links_in_one_direction_or_in_both() {
        assert_eq!(pairs("graph { n0 -- n1 }"), [(0, 1), (1, 0)]);
        assert_eq!(pairs("digraph x { n0 -> n1; n1 -> n0 -> n2 }"), [(0, 1), (1, 0), (0, 2)]);
        let text = "# made by hand\nstrict GRAPH \"my net\" {\n  rankdir=LR; node [shape=box] n3\n\
            /* two\n links */ n0--n1--\"n2\" // the end\n}\n";
        assert_eq!(pairs(text), [(0, 1), (1, 0), (1, 2), (2, 1)]);
        assert_eq!(pairs("graph{}"), []);
    }

    #[test]
    fn an_edge_says_what_its_link_is_like_and_a_default_what_all_are_from_then_on() {
        let text = "graph { n0 -- n1 [color=red]\nedge [latency=\"5ms\"; spacing=\"1ms\" queue=4]\n\
            n1 -- n2 [loss=\"2%\", latency=\"1ms..2ms\"] n2 -- n3 }";
        let links = links_from_dot(text).expect("a graph");
        let ms = Duration::from_millis;
        let wide = Some(Bandwidth { spacing: ms(1), queue: 4 });
        assert_eq!(links[0], Link::new(n(0), n(1)));
        let latency = Some(Latency::Uniform { min: ms(1), max: ms(2) });
        let loss = Some(Ratio { numerator: 2, denominator: 100 });
        let rest = Link { latency, loss, bandwidth: wide, ..Link::new(n(2), n(1)) };
        assert_eq!(links[3], rest);
        let latency = Some(Latency::Constant(ms(5)));
        assert_eq!(links[4], Link { latency, bandwidth: wide, ..Link::new(n(2), n(3)) });
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_line() {
        for (text, line, words) in [
            ("", 0, "no graph"),
            ("grape { }", 1, "no graph"),
            ("graph n0 -- n1", 1, "without `{`"),
            ("graph {\n n0 -- n1\n", 2, "end of the graph"),
            ("graph {\n n0 -> n1 }", 2, "write `--`"),
            ("digraph {\n n0 -- n1 }", 2, "write `->`"),
            ("graph { n0 -- }", 1, "no node"),
            ("graph { a -- n1 }", 1, "`a` is not a node"),
            ("graph { n01 -- n1 }", 1, "`n01` is not a node"),
            ("graph { n0 -- n1\n n1 -- n0 }", 2, "linked twice"),
            ("graph { n0 -- n0 }", 1, "to itself"),
            ("graph { { n0 n1 } -- n2 }", 1, "subgraphs"),
            ("graph { subgraph a { n0 } }", 1, "subgraphs"),
            ("graph { n0:w -- n2 }", 1, "ports"),
            ("graph { n0 -- n1 [latency=5] }", 1, "has no unit"),
            ("graph { n0 -- n1 [loss=\"150%\"] }", 1, "more than certain"),
            ("graph { n0 -- n1 [latency] }", 1, "no value"),
            ("graph { n0 -- n1 [=] }", 1, "no attribute"),
            ("graph { n0 -- n1 [queue=4] }", 1, "half a bandwidth"),
            ("graph { n0 -- n1 [queue=4 spacing=\"0s\"] }", 1, "without limit"),
            ("graph { n0 -- n1 [queue=x spacing=\"1s\"] }", 1, "invalid digit"),
            ("graph { } graph { }", 1, "behind the graph"),
            ("graph { n0 -- n1 /* }", 1, "comment without end"),
            ("graph { \"n0 }", 1, "quote without end"),
            ("graph { n0 -- <b> }", 1, "`<` is no part"),
            ("graph {\nx = ; }", 2, "no value"),
        ] {
            let (at, problem) = problem(text);
            assert!(problem.contains(words) && at == line, "{text}: line {at}: {problem}");
        }
    }
}
