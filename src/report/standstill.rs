//! The story of a service that did not come back: how it fared, whose fault that is, and how the
//! run left the world.

use super::story::wrapped;
use crate::observe::{Orders, Pace, Remainder, Scene, Seat, Standstill};
use crate::time::Duration;
use crate::world::Condition;
use std::fmt;

/// Tells what is known of a standstill, behind the line that names the verdict.
pub(super) fn tell(f: &mut fmt::Formatter<'_>, late: &Standstill, bound: Duration) -> fmt::Result {
    let longest = late.longest_visit;
    let came = match late.visits {
        0 => "it did not come".to_owned(),
        1 => format!("it came once, for {longest}"),
        times => format!("it came {times} times, for {longest} at most"),
    };
    let gone = match late.gone {
        Some(gone) => format!("at the end it had been gone for {gone}"),
        None => "at the end it was there".to_owned(),
    };
    wrapped(f, "    ", &format!("In {bound} after the heal {came}; {gone}."))?;
    let pace = match late.pace {
        Pace::Slow(after) => {
            format!("Slow: in a run with ten times the bound it was back {after} after the heal.")
        }
        Pace::Stuck => "Stuck: it was not back in a run with ten times the bound.".to_owned(),
    };
    wrapped(f, "    ", &pace)?;
    let blame = match late.remainder {
        Remainder::Nobody => "Nobody was left out of the heal.".to_owned(),
        Remainder::ToBlame(after) => {
            format!("With everybody healed it is back {after} after the heal.")
        }
        Remainder::Blameless => "With everybody healed it is not back in time either.".to_owned(),
    };
    wrapped(f, "    ", &blame)?;
    let blame = match late.orders {
        Orders::Nobody => None,
        Orders::ToBlame(commands, after) => Some(format!(
            "Without the {commands} commands that are given after the heal it is back {after} \
             after it."
        )),
        Orders::Blameless(commands) => Some(format!(
            "Without the {commands} commands that are given after the heal it is not back in time \
             either."
        )),
    };
    blame.map_or(Ok(()), |blame| wrapped(f, "    ", &blame))?;
    let needs = late.requires.sentence();
    match (late.is_met, late.is_excused()) {
        (true, _) => wrapped(f, "    ", &format!("Progress needs {needs}: so it was.")),
        (false, true) => {
            let text = format!("Progress needs {needs}: so it was not, and that is an excuse.");
            wrapped(f, "    ", &text)
        }
        (false, false) => {
            let text = format!("Progress needs {needs}: so it was not, but it is not to blame.");
            wrapped(f, "    ", &text)
        }
    }
}

/// Tells how the run left its nodes.
pub(super) fn tell_scene(f: &mut fmt::Formatter<'_>, scene: &Scene) -> fmt::Result {
    writeln!(f, "  the nodes at the end, {} of {} up", scene.up, scene.size)?;
    for seat in &scene.seats {
        let view = seat.view.as_deref().map_or_else(String::new, |view| format!("; {view}"));
        let head = format!("    {:<5} ", seat.node.to_string());
        wrapped(f, &head, &format!("{}{view}", state(seat, scene)))?;
    }
    match scene.size - scene.seats.len() {
        0 => Ok(()),
        more => writeln!(f, "    and {more} more"),
    }
}

fn state(seat: &Seat, scene: &Scene) -> String {
    let others = scene.up - usize::from(seat.condition == Condition::Up);
    let links = match (seat.hears, seat.heard_by) {
        (hears, heard) if hears == others && heard == others => "hears all".to_owned(),
        (0, 0) => "cut off".to_owned(),
        (0, heard) => format!("hears nobody, heard by {heard} of {others}"),
        (hears, 0) => format!("hears {hears} of {others}, heard by nobody"),
        (hears, heard) => format!("hears {hears}, heard by {heard} of {others}"),
    };
    let condition = match seat.condition {
        Condition::Up => links,
        Condition::Paused => format!("paused, {links}"),
        Condition::Down => "down".to_owned(),
    };
    match seat.in_core {
        true => condition,
        false => format!("not healed: {condition}"),
    }
}
