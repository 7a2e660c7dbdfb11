//! A directory on every node: who owns a key each node works out by itself, from the changes of the
//! members that all hear of.
//!
//! It is what a placement function is for, and nothing besides: nobody serves anything. A
//! coordinator numbers the changes; nodes make them in their order, and name the owner and the
//! replicas of some keys. The real functions of [`hashing`](crate::hashing) run here; so do the
//! mistakes that libraries have made (`flawed`), each as it would show on nodes that restart,
//! hear late and are processes of their own.
//!
//! # What it promises
//! Every key has an owner (`every-key-owned`). Who knows the same members names the same owners
//! (`same-members-same-owners`), unless the function says that it has a history. A change moves
//! keys to who comes and from who goes, and no others (`moves-only-what-it-must`), where the
//! function promises that. Replicas are distinct members, and as many as there should be
//! (`replicas-distinct`).

mod every_key_owned;
mod flawed;
mod judges;
mod moves_only_what_it_must;
mod node;
mod replicas_distinct;
mod said;
mod settings;

pub use every_key_owned::EveryKeyOwned;
pub use moves_only_what_it_must::MovesOnlyWhatItMust;
pub use node::{Directory, Message, Shelf, Timer, View};
pub use replicas_distinct::ReplicasDistinct;
pub use said::{Named, Said};
pub use settings::{Config, Settings};
