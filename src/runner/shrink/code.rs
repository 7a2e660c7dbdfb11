//! Faults as Rust: the expressions that build them through the crate's own types.
//!
//! One line for each type. The match over an enum does not build while a variant is missing.

use crate::conditions::{InFlight, Latency};
use crate::fault::{
    Action, Choice, CutKind, DiskFate, Fault, Filter, Harm, Manner, On, RateChange, Severed,
    Struck, Take, Target, When,
};
use crate::id::{FaultId, NodeId};
use crate::rng::Ratio;
use crate::time::{Drift, Duration, SimTime};
use crate::topology::Cut;

/// Lines are not longer than this, where they can be broken.
const WIDTH: usize = 90;

/// An expression while it is written.
pub(super) enum Code {
    /// What stands in one line.
    Plain(String),
    /// Several in brackets, behind a name. One that has no name of its own stays where they are.
    Several([&'static str; 2], String, Vec<(Option<&'static str>, Code)>),
}

impl Code {
    /// The text, the first line begun already, so far from the left margin.
    pub fn text(&self, margin: usize) -> String {
        let flat = self.flat();
        match self {
            Code::Several([open, close], before, items) if matches!(&items[..], [(None, _)]) => {
                format!("{before}{open}{}{close}", items[0].1.text(margin))
            }
            Code::Several([open, close], before, items)
                if margin + flat.chars().count() > WIDTH && !items.is_empty() =>
            {
                let inner = margin + 4;
                let lines = items.iter().map(|(name, item)| {
                    let name = name.map_or_else(String::new, |name| format!("{name}: "));
                    format!("{:inner$}{name}{},\n", "", item.text(inner))
                });
                let lines: String = lines.collect();
                format!("{before}{}\n{lines}{:margin$}{}", open.trim_end(), "", close.trim_start())
            }
            _ => flat,
        }
    }

    fn flat(&self) -> String {
        match self {
            Code::Plain(text) => text.clone(),
            Code::Several([open, close], before, items) => {
                let items = items.iter().map(|(name, item)| match name {
                    Some(name) => format!("{name}: {}", item.flat()),
                    None => item.flat(),
                });
                format!("{before}{open}{}{close}", items.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A value that can be written as Rust.
pub(super) trait Coded {
    fn code(&self) -> Code;
}

fn fields(name: &str, fields: Vec<(Option<&'static str>, Code)>) -> Code {
    Code::Several([" { ", " }"], name.to_owned(), fields)
}

fn call(name: &str, value: Code) -> Code {
    Code::Several(["(", ")"], name.to_owned(), vec![(None, value)])
}

macro_rules! coded {
    (struct $type:ident { $($field:ident),* }) => {
        impl Coded for $type {
            fn code(&self) -> Code {
                let $type { $($field),* } = self;
                fields(stringify!($type), vec![$((Some(stringify!($field)), $field.code())),*])
            }
        }
    };
    (enum $type:ident {
        $($unit:ident)*; $($one:ident($value:ident))*; $($rich:ident { $($field:ident),* })*
    }) => {
        impl Coded for $type {
            fn code(&self) -> Code {
                match self {
                    $($type::$unit => {
                        Code::Plain(concat!(stringify!($type), "::", stringify!($unit)).to_owned())
                    })*
                    $($type::$one($value) => {
                        call(concat!(stringify!($type), "::", stringify!($one)), $value.code())
                    })*
                    $($type::$rich { $($field),* } => fields(
                        concat!(stringify!($type), "::", stringify!($rich)),
                        vec![$((Some(stringify!($field)), $field.code())),*],
                    ),)*
                }
            }
        }
    };
    (plain $($type:ident)*) => {
        $(impl Coded for $type {
            fn code(&self) -> Code {
                Code::Plain(self.to_string())
            }
        })*
    };
}

coded!(plain bool u32 u64 i64);
coded!(struct Fault { id, when, who, action, lasts, struck });
coded!(struct Struck { at, event, nodes });
coded!(struct RateChange { after, rate });
coded!(struct Filter { words, to, first, last, chance });
coded!(struct Manner { kind, in_flight, flap });
coded!(struct Choice { role, take });
coded!(struct Ratio { numerator, denominator });
coded!(enum DiskFate { Synced Amnesia Prefix Subset Torn; ; });
coded!(enum InFlight { Drop Deliver Hold; ; });
coded!(enum CutKind { Drop Hold; Slow(latency); });
coded!(enum On { ; Nodes(nodes) Role(role); });
coded!(enum Target { All; Nodes(nodes) Role(role); Chosen { choice, window } });
coded!(enum Severed { Around; Between(cut); By { sends, hears } });
coded!(enum Take {
    Everyone Newest Stale Others; Drawn(count); With { among, least, most }
});
coded!(enum When {
    Heal;
    At(at);
    Milestone { word, nth, after }
    MilestoneOn { on, word, nth, after }
    Service { nth, after }
});
coded!(enum Latency {
    ;
    Constant(length);
    Uniform { min, max }
    Exponential { min, mean }
    LogNormal { median, sigma_ppm }
    LogUniform { min, max }
});
coded!(enum Cut {
    ;
    Groups(groups) Downhill(groups);
    OneWay { from, to }
    Grudge { chance, one_way, dice }
    BridgeLink { dice }
});
coded!(enum Harm {
    Lose Duplicate Corrupt Hold Forge Misdeliver;
    Delay(latency) Reorder(latency) Replay(latency);
    Throttle { spacing, queue }
});
coded!(enum Action {
    Pause Isolate Suspend Freeze LyingDisk StalledDisk FullDisk;
    Partition(cut) Loss(chance) Drift(rate) Jump(by) Wander(changes) SlowDisk(sync)
    FailingDisk(chance);
    Crash { after_effect, disk }
    Mute { sends, hears }
    Sever { links, manner }
    Messages { filter, harm }
    SlewedJump { by, slew }
    Strobe { by, every }
    CrashLoop { after_effect, disk, ups }
    Death { after_effect, disk }
    Stall { after_effect }
    Slow { step }
    Spread { action, offsets }
});

impl Coded for FaultId {
    fn code(&self) -> Code {
        Code::Plain(format!("FaultId({})", self.0))
    }
}

impl Coded for NodeId {
    fn code(&self) -> Code {
        Code::Plain(format!("NodeId::new({})", self.number()))
    }
}

impl Coded for Drift {
    fn code(&self) -> Code {
        Code::Plain(format!("Drift::from_ppm({})", self.ppm()))
    }
}

impl Coded for Duration {
    fn code(&self) -> Code {
        let nanos = self.as_nanos();
        let units = [("secs", 1_000_000_000), ("millis", 1_000_000), ("micros", 1_000)];
        let whole = units.into_iter().find(|(_, unit)| nanos % unit == 0 && nanos > 0);
        let (unit, count) = whole.map_or(("nanos", nanos), |(unit, in_it)| (unit, nanos / in_it));
        Code::Plain(format!("Duration::from_{unit}({})", grouped(count)))
    }
}

impl Coded for SimTime {
    fn code(&self) -> Code {
        let after = self.since(SimTime::ZERO).code().flat();
        Code::Plain(format!("SimTime::ZERO + {after}"))
    }
}

impl Coded for String {
    fn code(&self) -> Code {
        Code::Plain(format!("{self:?}.to_owned()"))
    }
}

impl<T: Coded> Coded for Option<T> {
    fn code(&self) -> Code {
        match self {
            None => Code::Plain("None".to_owned()),
            Some(value) => call("Some", value.code()),
        }
    }
}

impl<T: Coded> Coded for Vec<T> {
    fn code(&self) -> Code {
        let items = self.iter().map(|item| (None, item.code())).collect();
        Code::Several(["[", "]"], "vec!".to_owned(), items)
    }
}

impl<T: Coded> Coded for Box<T> {
    fn code(&self) -> Code {
        call("Box::new", (**self).code())
    }
}

/// A number whose digits stand in threes.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_written_as_it_is_built() {
        let fault = Fault {
            id: FaultId(3),
            when: When::At(SimTime::ZERO + Duration::from_micros(1_234_500)),
            who: Target::Nodes(vec![NodeId::new(1), NodeId::new(2)]),
            action: Action::Crash { after_effect: Some(2), disk: DiskFate::Torn },
            lasts: Some(Duration::from_secs(2)),
            struck: None,
        };
        let wanted = "Fault {\n        id: FaultId(3),\n        \
            when: When::At(SimTime::ZERO + Duration::from_micros(1_234_500)),\n        \
            who: Target::Nodes(vec![NodeId::new(1), NodeId::new(2)]),\n        \
            action: Action::Crash { after_effect: Some(2), disk: DiskFate::Torn },\n        \
            lasts: Some(Duration::from_secs(2)),\n        struck: None,\n    }";
        assert_eq!(fault.code().text(4), wanted);
        let word = When::Milestone { word: "led".into(), nth: 1, after: Duration::ZERO };
        let wanted = "When::Milestone { word: \"led\".to_owned(), nth: 1, \
            after: Duration::from_nanos(0) }";
        assert_eq!(word.code().text(0), wanted);
    }
}
