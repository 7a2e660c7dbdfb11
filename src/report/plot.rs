//! A probability over time as SVG, with what happened below it: dark on light, to be read in a
//! browser or a page. Integers only, so that two machines draw the same bytes.

use crate::time::SimTime;
use std::fmt;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When, in nanoseconds.
    pub at: u64,
    /// What.
    pub said: String,
    /// Whether it was a fault.
    pub is_fault: bool,
}

/// A curve; it prints as SVG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plot {
    /// What it shows.
    pub title: String,
    /// Time in nanoseconds, and how many of how many.
    pub points: Vec<(u64, u64, u64)>,
    /// What happened, below the curve.
    pub marks: Vec<Mark>,
    /// Times that are named in the curve.
    pub named: Vec<(u64, &'static str)>,
}

/// The sides of the box in which the curve is.
const LEFT: u64 = 80;
const RIGHT: u64 = 920;
const TOP: u64 = 80;
const BOTTOM: u64 = 340;
/// Names below it take turns in so many rows.
const ROWS: usize = 10;

impl Plot {
    fn end(&self) -> u64 {
        self.points.last().map_or(1, |point| point.0).max(1)
    }

    fn x(&self, at: u64) -> u64 {
        let wide = u128::from(RIGHT - LEFT);
        LEFT + (u128::from(at.min(self.end())) * wide / u128::from(self.end())) as u64
    }

    /// The distance of the times that are written: the shortest round one of which eight suffice.
    fn tick(&self) -> u64 {
        let tens = std::iter::successors(Some(1_u64), |ten| ten.checked_mul(10));
        let mut round = tens.flat_map(|ten| [1, 2, 5].map(|n| ten.saturating_mul(n)));
        round.find(|tick| self.end() / tick <= 8).unwrap_or(u64::MAX)
    }

    fn axes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for percent in (0..=100).step_by(25) {
            let y = BOTTOM - (BOTTOM - TOP) * percent / 100;
            writeln!(f, "<path d='M{LEFT} {y}H{RIGHT}' stroke='#ddd'/>")?;
            let (x, y) = (LEFT - 8, y + 4);
            writeln!(f, "<text x='{x}' y='{y}' text-anchor='end'>{percent} %</text>")?;
        }
        let tick = self.tick();
        for at in (0..=self.end() / tick).map(|nth| nth * tick) {
            let (x, y, ms) = (self.x(at), BOTTOM + 18, SimTime::from_nanos(at));
            writeln!(f, "<path d='M{x} {BOTTOM}v5' stroke='#222'/>")?;
            writeln!(f, "<text x='{x}' y='{y}' text-anchor='middle'>{ms}</text>")?;
        }
        writeln!(f, "<path d='M{LEFT} {TOP}V{BOTTOM}H{RIGHT}' fill='none' stroke='#222'/>")?;
        let (x, y) = ((LEFT + RIGHT) / 2, BOTTOM + 38);
        writeln!(f, "<text x='{x}' y='{y}' text-anchor='middle'>time in the run</text>")?;
        let y = (TOP + BOTTOM) / 2;
        let turned = format!("transform='rotate(-90 22 {y})' text-anchor='middle'");
        writeln!(f, "<text x='22' y='{y}' {turned}>continuations that violate it</text>")
    }

    fn happened(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, mark) in self.marks.iter().enumerate() {
            let (x, y) = (self.x(mark.at), BOTTOM + 64 + 16 * (nth % ROWS) as u64);
            let colour = if mark.is_fault { "#b3261e" } else { "#1a5276" };
            let (anchor, by) =
                if x > (LEFT + RIGHT) / 2 { ("end", x - 5) } else { ("start", x + 5) };
            let end = y + 3;
            writeln!(f, "<path d='M{x} {BOTTOM}V{end}' stroke='{colour}' stroke-opacity='.35'/>")?;
            let said = mark.said.replace('&', "&amp;").replace('<', "&lt;");
            writeln!(
                f,
                "<text x='{by}' y='{y}' fill='{colour}' text-anchor='{anchor}'>{said}</text>"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Plot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let high = BOTTOM + 80 + 16 * ROWS.min(self.marks.len()) as u64;
        let size = format!("width='960' height='{high}' viewBox='0 0 960 {high}'");
        let font = "font-family='sans-serif' font-size='12'";
        writeln!(f, "<svg xmlns='http://www.w3.org/2000/svg' {size} {font}>")?;
        writeln!(f, "<rect width='960' height='{high}' fill='#fff'/>")?;
        let title = self.title.replace('&', "&amp;").replace('<', "&lt;");
        writeln!(f, "<text x='{LEFT}' y='28' font-weight='bold'>{title}</text>")?;
        self.axes(f)?;
        self.happened(f)?;
        for (nth, (at, name)) in self.named.iter().enumerate() {
            let (x, y) = (self.x(*at), TOP - 8 - 14 * (nth % 3) as u64);
            writeln!(f, "<path d='M{x} {y}V{BOTTOM}' stroke='#666' stroke-dasharray='4 3'/>")?;
            let anchor = if x > (LEFT + RIGHT) / 2 { "end" } else { "start" };
            writeln!(f, "<text x='{x}' y='{y}' text-anchor='{anchor}'>{name}</text>")?;
        }
        let place = |(at, found, runs): &(u64, u64, u64)| {
            let y = BOTTOM - (BOTTOM - TOP) * found / (*runs).max(1);
            format!("{},{y}", self.x(*at))
        };
        let places: Vec<String> = self.points.iter().map(place).collect();
        let style = "fill='none' stroke='#111' stroke-width='2'";
        writeln!(f, "<polyline points='{}' {style}/>\n</svg>", places.join(" "))
    }
}
