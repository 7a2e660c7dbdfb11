//! Data placement: which member owns a key, and which hold its replicas.
//!
//! A placement is a pure function of its members and a key; faults do nothing to it. What breaks in
//! production is *who serves a key while views differ*, so every function says on what it depends
//! ([`DependsOn`]): two nodes that agree on who the members are may still disagree on where a key
//! lies, if the function remembers how the members came and went.
//!
//! | function | look-up | memory | depends on | leaves | weights |
//! |---|---|---|---|---|---|
//! | [`Modulo`] | O(1) | n | members | any | no |
//! | [`Ring`] | O(log n k) | n k points | members | any | yes |
//! | [`Ketama`] | O(log n k) | 160 n points | members | any | yes |
//! | [`Rendezvous`] | O(n) | n | members | any | yes |
//! | [`Jump`] | O(ln n) | n names | joins | the last | no |
//! | [`Maglev`] | O(1) | M | members | any | yes |
//! | [`MultiProbe`] | O(p log n) | n points | members | any | no |
//! | [`Anchor`] | 1 + ln(a / n) | 4 a | history | any | no |
//! | [`Dx`] | a / n probes | a bits | joins | any | no |
//! | [`Memento`] | jump and a chain | removed buckets | history | any | no |
//! | [`Straw2`] | O(zones + n of one) | n | members | any | yes |
//! | [`Bounded`] | ring and a directory | keys | arrivals | any | no |
//!
//! Every hash here has a frozen definition ([`hash`]); none depends on the process, the platform or
//! the release of a library.

mod anchor;
pub mod article;
mod bounded;
pub mod compare;
mod dx;
mod function;
pub mod hash;
mod jump;
mod ketama;
mod maglev;
mod memento;
mod modulo;
mod multi_probe;
mod placement;
mod rendezvous;
mod replicas;
mod ring;
mod straw2;

pub use anchor::Anchor;
pub use bounded::Bounded;
pub use dx::Dx;
pub use function::Function;
pub use jump::{Division, Jump, jump};
pub use ketama::Ketama;
pub use maglev::Maglev;
pub use memento::Memento;
pub use modulo::Modulo;
pub use multi_probe::MultiProbe;
pub use placement::{DependsOn, Member, MemberId, Members, Placement, Refused};
pub use rendezvous::Rendezvous;
pub use replicas::{Replicas, Spread};
pub use ring::Ring;
pub use straw2::Straw2;
