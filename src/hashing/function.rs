//! Every placement function by its name, with the sizes that are usual for it.

use super::article::{Article, Reading};
use super::{
    Anchor, Bounded, Division, Dx, Jump, Ketama, Maglev, Memento, Modulo, MultiProbe, Placement,
    Rendezvous, Ring, Straw2,
};

/// Points of each member on a ring: as many as give the shares a deviation of 10 %.
const POINTS: u32 = 100;
/// How much the fullest member may have above the mean, in millionths.
const EPSILON_PPM: u32 = 250_000;

/// A placement function that can be asked for by name.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name, as [`Placement::name`] has it.
    pub name: &'static str,
    /// Where it is from.
    pub source: &'static str,
    make: fn(u32) -> Box<dyn Placement>,
}

impl Function {
    /// All of them, the article's negative controls last.
    pub const ALL: &'static [Function] = &[
        Function {
            name: "modulo",
            source: "folklore: the baseline",
            make: |_| Box::new(Modulo::new()),
        },
        Function {
            name: "ring",
            source: "Karger et al., STOC 1997; 100 points each",
            make: |_| Box::new(Ring::new(POINTS)),
        },
        Function {
            name: "ketama",
            source: "libmemcached, weighted; 160 points each",
            make: |_| Box::new(Ketama::new()),
        },
        Function {
            name: "rendezvous",
            source: "Thaler and Ravishankar, 1998",
            make: |_| Box::new(Rendezvous::plain()),
        },
        Function {
            name: "weighted-rendezvous",
            source: "Schindelhauer and Schomaker, SPAA 2005",
            make: |_| Box::new(Rendezvous::weighted()),
        },
        Function {
            name: "jump",
            source: "Lamping and Veach, 2014",
            make: |_| Box::new(Jump::new(Division::Paper)),
        },
        Function {
            name: "jump-guava",
            source: "Guava, Hashing.consistentHash",
            make: |_| Box::new(Jump::new(Division::Guava)),
        },
        Function {
            name: "maglev",
            source: "Eisenbud et al., NSDI 2016; 65,537 entries",
            make: |_| Box::new(Maglev::new(Maglev::SMALL)),
        },
        Function {
            name: "multi-probe",
            source: "Appleton and O'Reilly, 2015; 21 probes",
            make: |_| Box::new(MultiProbe::new(MultiProbe::PROBES)),
        },
        Function {
            name: "anchor",
            source: "Mendelson et al., 2020; room for twice as many",
            make: |members| Box::new(Anchor::new(members.saturating_mul(2))),
        },
        Function {
            name: "dx",
            source: "Dong and Wang, 2021; room for twice as many",
            make: |members| Box::new(Dx::new(members.saturating_mul(2))),
        },
        Function {
            name: "memento",
            source: "Coluzzi et al., 2023",
            make: |_| Box::new(Memento::new()),
        },
        Function {
            name: "straw2",
            source: "Weil et al., SC 2006, as in Ceph",
            make: |_| Box::new(Straw2::new()),
        },
        Function {
            name: "bounded-loads",
            source: "Mirrokni et al., SODA 2018; epsilon 0.25",
            make: |_| Box::new(Bounded::new(POINTS, EPSILON_PPM)),
        },
        Function {
            name: "article-exact",
            source: "the article: H(x) = H(y)",
            make: |_| Box::new(Article::new(Reading::Exact)),
        },
        Function {
            name: "article-congruent",
            source: "the article: H(x) = H(y) mod M",
            make: |_| Box::new(Article::new(Reading::Congruent)),
        },
    ];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Function> {
        Function::ALL.iter().find(|function| function.name == name).copied()
    }

    /// A placement without members. Where a function needs to know how many there will be, it has
    /// room for twice as many as this.
    pub fn empty(&self, members: u32) -> Box<dyn Placement> {
        (self.make)(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_called_what_its_placement_is_called() {
        for function in Function::ALL {
            assert_eq!(function.empty(8).name(), function.name);
            let found = Function::named(function.name).expect("it is among them");
            assert_eq!(found.source, function.source);
        }
    }
}
